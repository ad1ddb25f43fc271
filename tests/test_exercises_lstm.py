"""Exercises on the LSTM: right and wrong answers, and agreement with the library."""

import math

import numpy as np
import torch
from torch import nn

from tests.exercise_answers import collectors, judging
from whyattention.cells import LSTMCell
from whyattention.exercises import EXERCISES

RIGHT, WRONG, right, wrong = collectors()


# --------------------------------------------------------------------------------------------- lstm_step


@right("lstm_step")
def by_chunks(x, h, c, W, U, b):
    i, f, g, o = (W @ x + U @ h + b).chunk(4)
    c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(c), c


@right("lstm_step")
def gate_by_gate(x, h, c, W, U, b):
    H = len(h)

    def total(k):
        rows = slice(k * H, (k + 1) * H)
        return W[rows] @ x + U[rows] @ h + b[rows]

    new_c = total(1).sigmoid() * c + total(0).sigmoid() * total(2).tanh()
    return total(3).sigmoid() * new_c.tanh(), new_c


@right("lstm_step")
def as_a_list_of_rows(x, h, c, W, U, b):
    both = torch.cat([W, U], dim=1) @ torch.cat([x, h])
    i, f, g, o = (both + b).reshape(4, -1)
    c = c / (1 + torch.exp(-f)) + g.tanh() / (1 + torch.exp(-i))
    return [c.tanh() / (1 + torch.exp(-o)), c]


@right("lstm_step")
def by_the_cell_of_pytorch(x, h, c, W, U, b):
    cell = nn.LSTMCell(len(x), len(h))
    with torch.no_grad():
        for parameter, value in zip(cell.parameters(), (W, U, b, torch.zeros_like(b)), strict=True):
            parameter.copy_(value)
    h, c = cell(x[None], (h[None], c[None]))
    return h[0], c[0]


def in_other_order(*order):
    """Return a step that takes the four blocks for these gates."""

    def step(x, h, c, W, U, b):
        gates = dict(zip(order, (W @ x + U @ h + b).chunk(4), strict=True))
        c = gates["f"].sigmoid() * c + gates["i"].sigmoid() * gates["g"].tanh()
        return gates["o"].sigmoid() * c.tanh(), c

    return step


def from_sums(make):
    """Return a step whose four sums and old cell state a function makes into the new states."""
    return lambda x, h, c, W, U, b: make(c, *(W @ x + U @ h + b).chunk(4))


@wrong("lstm_step", "unwritten")
def is_a_stub_of_a_step(x, h, c, W, U, b): ...


@wrong("lstm_step", "wrong numbers", "gate order")
def takes_the_output_gate_third(*inputs):
    return in_other_order(*"ifog")(*inputs)


@wrong("lstm_step", "wrong numbers", "gate order")
def takes_the_forget_gate_first(*inputs):
    return in_other_order(*"figo")(*inputs)


@wrong("lstm_step", "wrong numbers", "gate order")
def takes_the_order_of_another_library(*inputs):
    return in_other_order(*"fiog")(*inputs)


@wrong("lstm_step", "wrong numbers", "gate order")
def takes_the_candidate_second(*inputs):
    return in_other_order(*"igfo")(*inputs)


@wrong("lstm_step", "wrong numbers", "gates are logistic")
def squashes_all_by_tanh(x, h, c, W, U, b):
    i, f, g, o = (W @ x + U @ h + b).tanh().chunk(4)
    c = f * c + i * g
    return o * c.tanh(), c


@wrong("lstm_step", "wrong numbers", "candidate tanh")
def squashes_all_by_the_logistic_function(x, h, c, W, U, b):
    i, f, g, o = (W @ x + U @ h + b).sigmoid().chunk(4)
    c = f * c + i * g
    return o * c.tanh(), c


@wrong("lstm_step", "wrong numbers", "candidate tanh")
def leaves_the_candidate_linear(*inputs):
    return from_sums(
        lambda c, i, f, g, o: by_sigmoids(c=f.sigmoid() * c + i.sigmoid() * g, o=o),
    )(*inputs)


def by_sigmoids(c, o):
    return o.sigmoid() * c.tanh(), c


@wrong("lstm_step", "wrong numbers", "no gate functions")
def uses_the_sums_themselves(x, h, c, W, U, b):
    i, f, g, o = (W @ x + U @ h + b).chunk(4)
    c = f * c + i * g
    return o * c.tanh(), c


@wrong("lstm_step", "wrong numbers", "no forget gate")
def rides_the_carousel(*inputs):
    return from_sums(lambda c, i, f, g, o: by_sigmoids(c + i.sigmoid() * g.tanh(), o))(*inputs)


@wrong("lstm_step", "wrong numbers", "no input gate")
def writes_everything(*inputs):
    return from_sums(lambda c, i, f, g, o: by_sigmoids(f.sigmoid() * c + g.tanh(), o))(*inputs)


@wrong("lstm_step", "wrong numbers", "coupled gates")
def couples_the_gates(*inputs):
    return from_sums(
        lambda c, i, f, g, o: by_sigmoids(f.sigmoid() * c + (1 - f.sigmoid()) * g.tanh(), o),
    )(*inputs)


@wrong("lstm_step", "wrong numbers", "no bias")
def forgets_the_bias(x, h, c, W, U, b):
    return by_chunks(x, h, c, W, U, torch.zeros_like(b))


@wrong("lstm_step", "wrong numbers", "states mixed up")
def multiplies_the_cell_state(x, h, c, W, U, b):
    return by_chunks(x, c, h, W, U, b)


@wrong("lstm_step", "wrong numbers", "order of states")
def returns_the_cell_state_first(*inputs):
    return by_chunks(*inputs)[::-1]


@wrong("lstm_step", "wrong numbers", "old cell state")
def shows_the_old_cell_state(x, h, c, W, U, b):
    o = (W @ x + U @ h + b).chunk(4)[3]
    return o.sigmoid() * c.tanh(), by_chunks(x, h, c, W, U, b)[1]


@wrong("lstm_step", "wrong numbers", "state tanh")
def shows_the_cell_state_without_tanh(x, h, c, W, U, b):
    o = (W @ x + U @ h + b).chunk(4)[3]
    c = by_chunks(x, h, c, W, U, b)[1]
    return o.sigmoid() * c, c


@wrong("lstm_step", "wrong numbers", "no output gate")
def shows_everything(*inputs):
    _, c = by_chunks(*inputs)
    return c.tanh(), c


@wrong("lstm_step", "wrong numbers", "gates are logistic")
def squashes_the_output_gate_by_tanh(x, h, c, W, U, b):
    o = (W @ x + U @ h + b).chunk(4)[3]
    c = by_chunks(x, h, c, W, U, b)[1]
    return o.tanh() * c.tanh(), c


@wrong("lstm_step", "wrong numbers", "LSTM step")
def adds_the_products(x, h, c, W, U, b):
    i, f, g, o = (W @ x + U @ h + b).chunk(4)
    c = f.sigmoid() + c + i.sigmoid() + g.tanh()
    return o.sigmoid() * c.tanh(), c


@wrong("lstm_step", "not parts", "LSTM step")
def returns_the_hidden_state_alone(*inputs):
    return by_chunks(*inputs)[0]


@wrong("lstm_step", "wrong dtype", "result dtype")
def returns_a_double(*inputs):
    return tuple(state.double() for state in by_chunks(*inputs))


@wrong("lstm_step", "stopped", "look at the line")
def multiplies_the_wrong_way(x, h, c, W, U, b):
    return by_chunks(x, h, c, W.T @ torch.ones(len(W) + 1), U, b)


@wrong("lstm_step", "modified", "in place")
def overwrites_the_cell_state(x, h, c, W, U, b):
    h, new = by_chunks(x, h, c, W, U, b)
    c.copy_(new)
    return h, new


def test_a_step_is_that_of_the_library():
    torch.manual_seed(0)
    cell = LSTMCell(3, 5, forget_bias=1.0)
    x, h, c = torch.randn(3), torch.randn(5), torch.randn(5)
    expected = cell(x[None], (h[None], c[None]))
    bias = cell.input_bias + cell.hidden_bias
    found = EXERCISES["lstm_step"].solve(x, h, c, cell.input_weight, cell.hidden_weight, bias)
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other[0])


# ----------------------------------------------------------------------------------------- bias_for_half


@right("bias_for_half")
def by_the_odds(steps):
    gate = 0.5 ** (1 / steps)
    return torch.log(gate / (1 - gate))


@right("bias_for_half")
def by_the_logit(steps):
    return torch.logit(2 ** (-1 / steps))


@right("bias_for_half")
def in_one_logarithm(steps):
    return -torch.log(2 ** (1 / steps) - 1)


@right("bias_for_half")
def by_bisection(steps):
    low, high = torch.full_like(steps, -1), torch.full_like(steps, 12)
    for _ in range(60):
        middle = (low + high) / 2
        too_much = middle.double().sigmoid() ** steps > 0.5
        low, high = torch.where(too_much, low, middle), torch.where(too_much, middle, high)
    return (low + high) / 2


@right("bias_for_half")
def with_numpy_and_back(steps):
    gate = np.exp2(-1 / steps.double().numpy())
    return torch.from_numpy(np.log(gate / (1 - gate))).to(steps.dtype)


@wrong("bias_for_half", "unwritten")
def passes(steps):
    pass


@wrong("bias_for_half", "wrong numbers", "one step")
def adds_one_to_the_logarithm(steps):
    return 1 + steps.log()


@wrong("bias_for_half", "wrong numbers", "ln L")
def takes_the_logarithm_of_the_lag(steps):
    return steps.log()


@wrong("bias_for_half", "wrong numbers", "gate not bias")
def returns_the_gate(steps):
    return 0.5 ** (1 / steps)


@wrong("bias_for_half", "wrong numbers", "half gate")
def keeps_half_in_every_step(steps):
    return torch.full_like(steps, math.log(0.5 / (1 - 0.5)))


@wrong("bias_for_half", "wrong numbers", "ln of the gate")
def undoes_an_exponential(steps):
    return (0.5 ** (1 / steps)).log()


@wrong("bias_for_half", "wrong numbers", "one step of decay")
def loses_equal_parts(steps):
    return torch.logit(1 - 0.5 / steps)


@wrong("bias_for_half", "wrong numbers", "bias sign")
def divides_the_wrong_way(steps):
    return -by_the_odds(steps)


@wrong("bias_for_half", "wrong numbers", "half to the power")
def takes_the_power(steps):
    return torch.logit(0.5**steps)


@wrong("bias_for_half", "wrong numbers", "root")
def shares_the_half(steps):
    return torch.logit(0.5 / steps)


@wrong("bias_for_half", "wrong numbers", "one step")
def takes_the_logarithm_to_base_two(steps):
    return steps.log2() + 1


@wrong("bias_for_half", "not a tensor", "return tensors")
def returns_a_number(steps):
    return math.log(2)


@wrong("bias_for_half", "stopped", "look at the line")
def takes_math_of_a_tensor(steps):
    return torch.tensor(math.log(steps.tolist()))


def test_the_bias_for_half_keeps_half():
    for steps in (1, 7, 100, 1000):
        bias = EXERCISES["bias_for_half"].solve(torch.tensor(float(steps), dtype=torch.float64))
        assert math.isclose(bias.sigmoid() ** steps, 0.5, rel_tol=1e-9)


# --------------------------------------------------------------------------------------- set_forget_bias


@right("set_forget_bias")
def by_slices(biases, value):
    H = biases.size(1) // 4
    biases = biases.clone()
    biases[0, H : 2 * H] = value
    biases[1, H : 2 * H] = 0
    return biases


@right("set_forget_bias")
def half_in_each(biases, value):
    i, f, g, o = biases.chunk(4, dim=1)
    return torch.cat([i, (value / 2).expand_as(f), g, o], dim=1)


@right("set_forget_bias")
def makes_up_for_the_other(biases, value):
    result = biases.clone()
    result.view(2, 4, -1)[0, 1] = value - biases.view(2, 4, -1)[1, 1]
    return result


@right("set_forget_bias")
def by_a_mask(biases, value):
    gate = torch.arange(biases.size(1)) // (biases.size(1) // 4)
    return torch.stack([torch.where(gate == 1, value, biases[0]), biases[1] * (gate != 1)])


@right("set_forget_bias")
def by_the_library(biases, value):
    cell = LSTMCell(1, biases.size(1) // 4)
    cell.input_bias.data, cell.hidden_bias.data = biases.clone()
    cell._start_bias(1, value)
    return torch.stack([cell.input_bias, cell.hidden_bias])


def written(gate, first, second=None):
    """Return an answer that writes into one gate of the first bias, and of the second unless it is None."""

    def answer(biases, value):
        blocks = biases.clone().reshape(2, 4, -1)
        blocks[0, gate] = first * value
        if second is not None:
            blocks[1, gate] = second * value
        return blocks.reshape(biases.shape)

    return answer


@wrong("set_forget_bias", "unwritten")
def is_not_implemented(biases, value):
    raise NotImplementedError


@wrong("set_forget_bias", "wrong numbers", "both biases")
def sets_both_to_the_value(biases, value):
    return written(1, 1, 1)(biases, value)


@wrong("set_forget_bias", "wrong numbers", "hidden bias left")
def forgets_the_hidden_bias(biases, value):
    return written(1, 1)(biases, value)


@wrong("set_forget_bias", "wrong numbers", "hidden bias left")
def adds_to_what_was_there(biases, value):
    i, f, g, o = biases.chunk(4, dim=1)
    return torch.cat([i, f + value / 2, g, o], dim=1)


@wrong("set_forget_bias", "wrong numbers", "other gate")
def sets_the_first_block(biases, value):
    return written(0, 1, 0)(biases, value)


@wrong("set_forget_bias", "wrong numbers", "other gate")
def sets_the_candidate(biases, value):
    return written(2, 0.5, 0.5)(biases, value)


@wrong("set_forget_bias", "wrong numbers", "other gate")
def sets_both_of_the_last_block(biases, value):
    return written(3, 1, 1)(biases, value)


@wrong("set_forget_bias", "wrong numbers", "other gate")
def counts_blocks_from_one(biases, value):
    H = biases.size(1) // 4
    biases = biases.clone()
    biases[0, 2 * H : 3 * H] = value
    return biases


@wrong("set_forget_bias", "wrong numbers", "all gates")
def fills_the_whole_vector(biases, value):
    biases = torch.zeros_like(biases)
    biases[0] = value
    return biases


@wrong("set_forget_bias", "wrong numbers", "all gates")
def fills_both_vectors(biases, value):
    return torch.full_like(biases, value.item())


@wrong("set_forget_bias", "wrong numbers", "other gates kept")
def starts_from_zeros(biases, value):
    return by_slices(torch.zeros_like(biases), value)


@wrong("set_forget_bias", "wrong numbers", "blocks")
def takes_every_fourth(biases, value):
    biases = biases.clone()
    biases[0, 1::4], biases[1, 1::4] = value, 0
    return biases


@wrong("set_forget_bias", "wrong numbers", "nothing done")
def returns_what_was_given(biases, value):
    return biases


@wrong("set_forget_bias", "wrong numbers", "forget block")
def clears_the_gate(biases, value):
    return written(1, 0, 0)(biases, value)


@wrong("set_forget_bias", "wrong shape", "forget block")
def returns_the_sum(biases, value):
    return by_slices(biases, value).sum(0)


@wrong("set_forget_bias", "not a tensor", "return tensors")
def returns_two_vectors(biases, value):
    return tuple(by_slices(biases, value))


@wrong("set_forget_bias", "modified", "in place")
def writes_in_place(biases, value):
    H = biases.size(1) // 4
    biases[0, H : 2 * H], biases[1, H : 2 * H] = value, 0
    return biases


def test_the_forget_bias_is_set_as_in_the_library():
    cell, value = LSTMCell(2, 3), torch.tensor(4.6)
    biases = torch.stack([cell.input_bias, cell.hidden_bias]).detach()
    found = EXERCISES["set_forget_bias"].solve(biases, value)
    torch.testing.assert_close(found, by_the_library(biases, value).detach())


# -------------------------------------------------------------------------------------------------- tests


test_a_right_answer_passes, test_a_wrong_answer_fails = judging(RIGHT, WRONG)
