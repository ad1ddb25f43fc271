"""Exercises on the GRU: right and wrong answers, and agreement with the library and with PyTorch."""

import math

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from tests.exercise_answers import collectors, judging
from whyattention.cells import GRUCell, LSTMCell
from whyattention.exercises import EXERCISES

RIGHT, WRONG, right, wrong = collectors()


# ---------------------------------------------------------------------------------------------- gru_step


@right("gru_step")
def with_chunks(inputs, state, input_weight, hidden_weight, input_bias, hidden_bias):
    r_x, u_x, n_x = (inputs @ input_weight.T + input_bias).chunk(3, dim=1)
    r_h, u_h, n_h = (state @ hidden_weight.T + hidden_bias).chunk(3, dim=1)
    r, u = torch.sigmoid(r_x + r_h), torch.sigmoid(u_x + u_h)
    return u * state + (1 - u) * torch.tanh(n_x + r * n_h)


@right("gru_step")
def with_slices_and_lerp(inputs, state, input_weight, hidden_weight, input_bias, hidden_bias):
    H = state.shape[1]
    projected = functional.linear(inputs, input_weight, input_bias)
    hidden = functional.linear(state, hidden_weight, hidden_bias)
    gates = (projected[:, : 2 * H] + hidden[:, : 2 * H]).sigmoid()
    candidate = (projected[:, 2 * H :] + gates[:, :H] * hidden[:, 2 * H :]).tanh()
    return torch.lerp(candidate, state, gates[:, H:])


@right("gru_step")
def gate_by_gate(inputs, state, input_weight, hidden_weight, input_bias, hidden_bias):
    sums = []
    for W, U, b, c in zip(
        input_weight.chunk(3),
        hidden_weight.chunk(3),
        input_bias.chunk(3),
        hidden_bias.chunk(3),
        strict=True,
    ):
        sums.append((inputs @ W.T + b, state @ U.T + c))
    r = sum(sums[0]).sigmoid()
    u = sum(sums[1]).sigmoid()
    n = (sums[2][0] + r * sums[2][1]).tanh()
    return n + u * (state - n)


@right("gru_step")
def by_pytorch(inputs, state, input_weight, hidden_weight, input_bias, hidden_bias):
    cell = nn.GRUCell(inputs.shape[1], state.shape[1])
    weights = (input_weight, hidden_weight, input_bias, hidden_bias)
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    return torch.func.functional_call(cell, dict(zip(names, weights, strict=True)), (inputs, state))


@right("gru_step")
def sequence_by_sequence(inputs, state, input_weight, hidden_weight, input_bias, hidden_bias):
    rows = []
    for x, h in zip(inputs, state, strict=True):
        H = len(h)
        a, b = input_weight @ x + input_bias, hidden_weight @ h + hidden_bias
        r, u = 1 / (1 + (-(a + b)[: 2 * H]).exp()).reshape(2, H)
        rows.append(u * h + (1 - u) * (a[2 * H :] + r * b[2 * H :]).tanh())
    return torch.stack(rows)


def step(order="run", combine=None, keeps=True, biases=lambda b, c: (b, c), through=torch.tanh):
    """Return a step with one thing changed; ``combine`` makes the sum of the candidate."""
    combine = combine or (lambda r, n_x, n_h, state, U, c: n_x + r * n_h)

    def answer(inputs, state, input_weight, hidden_weight, input_bias, hidden_bias):
        b, c = biases(input_bias, hidden_bias)
        x = dict(zip(order, (inputs @ input_weight.T + b).chunk(3, dim=1), strict=True))
        h = dict(zip(order, (state @ hidden_weight.T + c).chunk(3, dim=1), strict=True))
        r, u = (x["r"] + h["r"]).sigmoid(), (x["u"] + h["u"]).sigmoid()
        n = through(combine(r, x["n"], h["n"], state, hidden_weight.chunk(3)[2], c.chunk(3)[2]))
        return u * state + (1 - u) * n if keeps else (1 - u) * state + u * n

    return answer


@wrong("gru_step", "unwritten")
def is_a_stub(inputs, state, input_weight, hidden_weight, input_bias, hidden_bias): ...


@wrong("gru_step", "wrong numbers", "reset product")
def resets_the_state(*inputs):
    return step(combine=lambda r, n_x, n_h, state, U, c: n_x + (r * state) @ U.T + c)(*inputs)


@wrong("gru_step", "wrong numbers", "reset product")
def leaves_the_bias_out_of_the_reset(*inputs):
    return step(combine=lambda r, n_x, n_h, state, U, c: n_x + r * (n_h - c) + c)(*inputs)


@wrong("gru_step", "wrong numbers", "reset all")
def resets_the_input_too(*inputs):
    return step(combine=lambda r, n_x, n_h, state, U, c: r * (n_x + n_h))(*inputs)


@wrong("gru_step", "wrong numbers", "no reset")
def does_not_reset(*inputs):
    return step(combine=lambda r, n_x, n_h, state, U, c: n_x + n_h)(*inputs)


@wrong("gru_step", "wrong numbers", "replaces")
def lets_the_gate_replace(*inputs):
    return step(keeps=False)(*inputs)


@wrong("gru_step", "wrong numbers", "rows of gates")
def takes_the_update_gate_first(*inputs):
    return step(order="urn")(*inputs)


@wrong("gru_step", "wrong numbers", "rows of gates")
def takes_the_candidate_second(*inputs):
    return step(order="rnu")(*inputs)


@wrong("gru_step", "wrong numbers", "new through tanh")
def forgets_the_tanh(*inputs):
    return step(through=lambda n: n)(*inputs)


@wrong("gru_step", "wrong numbers", "new through tanh")
def takes_a_logistic_candidate(*inputs):
    return step(through=torch.sigmoid)(*inputs)


@wrong("gru_step", "wrong numbers", "bias missing")
def forgets_the_hidden_bias(*inputs):
    return step(biases=lambda b, c: (b, 0 * c))(*inputs)


@wrong("gru_step", "wrong numbers", "bias missing")
def forgets_the_input_bias(*inputs):
    return step(biases=lambda b, c: (0 * b, c))(*inputs)


@wrong("gru_step", "wrong numbers", "bias missing")
def forgets_both_biases(*inputs):
    return step(biases=lambda b, c: (0 * b, 0 * c))(*inputs)


@wrong("gru_step", "wrong numbers", "reset product")
def adds_the_biases_first(*inputs):
    return step(biases=lambda b, c: (b + c, 0 * c))(*inputs)


@wrong("gru_step", "wrong numbers", "reset all")
def resets_both_biases(*inputs):
    return step(biases=lambda b, c: (0 * b, b + c))(*inputs)


@wrong("gru_step", "wrong numbers", "GRU step")
def returns_the_state(inputs, state, *weights):
    return state


@wrong("gru_step", "wrong numbers", "GRU step")
def forgets_what_is_kept(inputs, state, *weights):
    return with_chunks(inputs, state, *weights) * 2 - state


@wrong("gru_step", "wrong shape", "extra axis")
def adds_an_axis(*inputs):
    return with_chunks(*inputs)[:, None]


@wrong("gru_step", "stopped", "look at the line")
def does_not_transpose(inputs, state, input_weight, hidden_weight, input_bias, hidden_bias):
    return (inputs @ input_weight + state @ hidden_weight).chunk(3)[0] @ torch.ones(7)


@wrong("gru_step", "wrong dtype", "result dtype")
def returns_doubles(*inputs):
    return with_chunks(*inputs).double()


@wrong("gru_step", "modified", "in place")
def writes_into_the_state(inputs, state, *weights):
    after = with_chunks(inputs, state, *weights)
    state.copy_(after)
    return after


def test_the_step_of_the_exercise_is_that_of_the_cell():
    torch.manual_seed(0)
    cell = GRUCell(3, 5).double()
    inputs, state = torch.randn(4, 3).double(), torch.randn(4, 5).double()
    weights = (cell.input_weight, cell.hidden_weight, cell.input_bias, cell.hidden_bias)
    found = EXERCISES["gru_step"].solve(inputs, state, *weights)
    torch.testing.assert_close(found, cell(inputs, (state,))[0])


# --------------------------------------------------------------------------------- to_keeping_convention


@right("to_keeping_convention")
def with_chunks_of_rows(stacked):
    r, u, n = stacked.chunk(3)
    return torch.cat([r, -u, n])


@right("to_keeping_convention")
def on_a_copy(stacked):
    H = len(stacked) // 3
    turned = stacked.clone()
    turned[H : 2 * H] *= -1
    return turned


@right("to_keeping_convention")
def by_signs(stacked):
    H = stacked.size(0) // 3
    signs = torch.tensor([1.0, -1.0, 1.0]).repeat_interleave(H)
    return (stacked.T * signs).T if stacked.ndim == 2 else stacked * signs


@right("to_keeping_convention")
def folded_by_gate(stacked):
    by_gate = stacked.reshape(3, -1)
    return torch.stack([by_gate[0], -by_gate[1], by_gate[2]]).reshape(stacked.shape)


@wrong("to_keeping_convention", "unwritten")
def returns_nothing(stacked):
    stacked.chunk(3)


@wrong("to_keeping_convention", "wrong numbers", "nothing done")
def leaves_it_as_it_is(stacked):
    return stacked.clone()


@wrong("to_keeping_convention", "wrong numbers", "one minus weights")
def subtracts_the_weights_from_one(stacked):
    r, u, n = stacked.chunk(3)
    return torch.cat([r, 1 - u, n])


@wrong("to_keeping_convention", "wrong numbers", "all rows")
def turns_everything(stacked):
    return -stacked


@wrong("to_keeping_convention", "wrong numbers", "reset rows")
def turns_the_first_block(stacked):
    r, u, n = stacked.chunk(3)
    return torch.cat([-r, u, n])


@wrong("to_keeping_convention", "wrong numbers", "candidate rows")
def turns_the_last_block(stacked):
    r, u, n = stacked.chunk(3)
    return torch.cat([r, u, -n])


@wrong("to_keeping_convention", "wrong numbers", "candidate rows")
def turns_the_candidate_too(stacked):
    r, u, n = stacked.chunk(3)
    return torch.cat([r, -u, -n])


@wrong("to_keeping_convention", "wrong numbers", "both gates")
def turns_both_gates(stacked):
    H = len(stacked) // 3
    return torch.cat([-stacked[: 2 * H], stacked[2 * H :]])


@wrong("to_keeping_convention", "wrong numbers", "rows moved")
def swaps_two_blocks(stacked):
    r, u, n = stacked.chunk(3)
    return torch.cat([u, r, n])


@wrong("to_keeping_convention", "wrong shape", "update alone")
def returns_one_block(stacked):
    return -stacked.chunk(3)[1]


@wrong("to_keeping_convention", "wrong numbers", "update rows")
def turns_every_third_row(stacked):
    turned = stacked.clone()
    turned[1::3] *= -1
    return turned


@wrong("to_keeping_convention", "wrong numbers", "update rows")
def turns_one_row(stacked):
    turned = stacked.clone()
    turned[1] *= -1
    return turned


@wrong("to_keeping_convention", "modified", "in place")
def turns_in_place(stacked):
    H = len(stacked) // 3
    stacked[H : 2 * H] *= -1
    return stacked.clone()


@wrong("to_keeping_convention", "not a tensor", "return tensors")
def returns_three_blocks(stacked):
    r, u, n = stacked.chunk(3)
    return r, -u, n


@wrong("to_keeping_convention", "stopped", "look at the line")
def adds_columns_to_a_bias(stacked):
    return torch.cat(stacked.chunk(3, dim=1))


def test_converted_weights_give_the_states_of_the_gate_that_replaces():
    torch.manual_seed(0)
    inputs, state = torch.randn(4, 3), torch.randn(4, 5)
    cell = GRUCell(3, 5)
    weights = (cell.input_weight, cell.hidden_weight, cell.input_bias, cell.hidden_bias)
    kept = EXERCISES["gru_step"].solve(inputs, state, *map(EXERCISES["to_keeping_convention"].solve, weights))
    torch.testing.assert_close(kept, step(keeps=False)(inputs, state, *weights))


# ------------------------------------------------------------------------------------ matching_gru_width


def count(products, input_width, width, biases=2):
    return products * width * (input_width + width + biases)


@right("matching_gru_width")
def counting_up(input_width, lstm_width):
    width = lstm_width
    while count(3, input_width, width + 1) <= count(4, input_width, lstm_width):
        width = width + 1
    return width


@right("matching_gru_width")
def counting_down(input_width, lstm_width):
    width = 2 * lstm_width
    while count(3, input_width, width) > count(4, input_width, lstm_width):
        width = width - 1
    return width


@right("matching_gru_width")
def with_python_numbers(input_width, lstm_width):
    E, H = input_width.item(), lstm_width.item()
    return torch.tensor(max(W for W in range(1, 2 * H + 1) if count(3, E, W) <= count(4, E, H)))


@right("matching_gru_width")
def all_widths_at_once(input_width, lstm_width):
    widths = torch.arange(1, 2 * int(lstm_width) + 1)
    fits = count(3, input_width, widths) <= count(4, input_width, lstm_width)
    return widths[fits].max()


@right("matching_gru_width")
def by_the_quadratic_formula(input_width, lstm_width):
    half = (int(input_width) + 2) / 2
    most = count(4, int(input_width), int(lstm_width)) / 3
    return torch.tensor(math.floor(math.sqrt(half**2 + most) - half + 1e-9))


@wrong("matching_gru_width", "unwritten")
def is_not_written(input_width, lstm_width):
    pass


@wrong("matching_gru_width", "wrong numbers", "no more")
def takes_the_first_with_more(input_width, lstm_width):
    return counting_up(input_width, lstm_width) + 1


@wrong("matching_gru_width", "wrong numbers", "not the widest")
def stops_one_early(input_width, lstm_width):
    return counting_up(input_width, lstm_width) - 1


@wrong("matching_gru_width", "wrong numbers", "equally many")
def demands_fewer(input_width, lstm_width):
    width = lstm_width
    while count(3, input_width, width + 1) < count(4, input_width, lstm_width):
        width = width + 1
    return width


@wrong("matching_gru_width", "wrong numbers", "same width")
def returns_the_same_width(input_width, lstm_width):
    return lstm_width


@wrong("matching_gru_width", "wrong numbers", "one bias")
def counts_one_bias(input_width, lstm_width):
    width = lstm_width
    while count(3, input_width, width + 1, 1) <= count(4, input_width, lstm_width, 1):
        width = width + 1
    return width


@wrong("matching_gru_width", "wrong numbers", "one bias")
def counts_no_bias(input_width, lstm_width):
    width = lstm_width
    while count(3, input_width, width + 1, 0) <= count(4, input_width, lstm_width, 0):
        width = width + 1
    return width


@wrong("matching_gru_width", "wrong numbers", "four thirds")
def takes_four_thirds(input_width, lstm_width):
    return lstm_width * 4 // 3


@wrong("matching_gru_width", "wrong numbers", "four thirds")
def rounds_four_thirds(input_width, lstm_width):
    return torch.round(lstm_width * 4 / 3).long()


@wrong("matching_gru_width", "wrong numbers", "root of four thirds")
def takes_the_root(input_width, lstm_width):
    return (lstm_width * math.sqrt(4 / 3)).long()


@wrong("matching_gru_width", "wrong numbers", "three quarters")
def takes_three_quarters(input_width, lstm_width):
    return lstm_width * 3 // 4


@wrong("matching_gru_width", "wrong numbers", "width")
def doubles_the_width(input_width, lstm_width):
    return 2 * lstm_width


@wrong("matching_gru_width", "wrong numbers", "width")
def returns_the_parameters(input_width, lstm_width):
    return count(3, input_width, lstm_width)


@wrong("matching_gru_width", "not a tensor", "return tensors")
def returns_a_number(input_width, lstm_width):
    return int(counting_up(input_width, lstm_width))


@wrong("matching_gru_width", "not a tensor", "return tensors")
def returns_an_array(input_width, lstm_width):
    return np.array(int(counting_up(input_width, lstm_width)))


@wrong("matching_gru_width", "wrong dtype", "result dtype")
def returns_a_float(input_width, lstm_width):
    return counting_up(input_width, lstm_width).float()


@wrong("matching_gru_width", "wrong shape", "extra axis")
def returns_a_row(input_width, lstm_width):
    return counting_up(input_width, lstm_width)[None]


@wrong("matching_gru_width", "modified", "in place")
def counts_in_place(input_width, lstm_width):
    most = count(4, input_width, lstm_width.clone())
    while count(3, input_width, lstm_width + 1) <= most:
        lstm_width += 1
    return lstm_width.clone()


def test_the_width_is_the_widest_of_the_library_cells():
    def size(kind, width):
        return sum(weight.numel() for weight in kind(32, width).parameters())

    width = int(EXERCISES["matching_gru_width"].solve(torch.tensor(32), torch.tensor(64)))
    assert size(GRUCell, width) <= size(LSTMCell, 64) < size(GRUCell, width + 1)


# -------------------------------------------------------------------------------------------------- tests


test_a_right_answer_passes, test_a_wrong_answer_fails = judging(RIGHT, WRONG)
