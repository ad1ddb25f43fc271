"""Exercises on attention inside the decoder: right and wrong answers, and agreement with the library.

The answers to three of them are tests: they are tried on right and on broken look-ups.
"""

import math

import pytest
import torch
from torch.nn import functional

from tests.exercise_answers import collectors, examine_drawn, judging, unwrapped
from whyattention.attention import attend
from whyattention.attention_decoder import AttentionDecoder
from whyattention.cells import GRUCell
from whyattention.exercises import EXERCISES
from whyattention.exercises.decoder import LOOK_UPS

RIGHT, WRONG, right, wrong = collectors()


# ------------------------------------------------------------------------------------- attentional_state


@right("attentional_state")
def with_attend(s, states, mask, W_c, b_c):
    value, weights = attend(s[:, None], states, mask=mask[:, None])
    return (torch.cat([value[:, 0], s], dim=1) @ W_c.T + b_c).tanh(), weights[:, 0]


@right("attentional_state")
def by_hand(s, states, mask, W_c, b_c):
    scores = (states * s[:, None]).sum(2).masked_fill(~mask, -torch.inf)
    weights = torch.softmax(scores, dim=-1)
    value = (weights[:, :, None] * states).sum(1)
    return torch.tanh(functional.linear(torch.hstack([value, s]), W_c, b_c)), weights


@right("attentional_state")
def with_the_two_halves_of_the_matrix(s, states, mask, W_c, b_c):
    weights = torch.einsum("bsh,bh->bs", states, s).masked_fill(~mask, -math.inf).softmax(1)
    H = s.shape[1]
    value = torch.einsum("bs,bsh->bh", weights, states)
    return [(value @ W_c[:, :H].T + s @ W_c[:, H:].T + b_c).tanh(), weights]


@right("attentional_state")
def sentence_by_sentence(s, states, mask, W_c, b_c):
    outputs, rows = [], []
    for b in range(len(s)):
        weights = torch.zeros(states.shape[1])
        weights[mask[b]] = (states[b, mask[b]] @ s[b]).softmax(0)
        outputs.append(torch.tanh(W_c @ torch.cat([weights @ states[b], s[b]]) + b_c))
        rows.append(weights)
    return torch.stack(outputs), torch.stack(rows)


def step(weigh=None, make=None):
    """Return an answer with other weights, from scores and mask, or made otherwise from value and state."""

    def answer(s, states, mask, W_c, b_c):
        scores = (states @ s[:, :, None])[:, :, 0]
        weights = weigh(scores, mask) if weigh else scores.masked_fill(~mask, -torch.inf).softmax(1)
        value = (weights[:, None] @ states)[:, 0]
        if make:
            return make(value, s, W_c, b_c), weights
        return (torch.cat([value, s], 1) @ W_c.T + b_c).tanh(), weights

    return answer


def joined(first, second, W_c, b_c):
    return (torch.cat([first, second], 1) @ W_c.T + b_c).tanh()


@wrong("attentional_state", "unwritten")
def is_a_stub(s, states, mask, W_c, b_c): ...


@wrong("attentional_state", "wrong numbers", "state first")
def puts_the_state_first(*inputs):
    return step(make=lambda a, s, W_c, b_c: joined(s, a, W_c, b_c))(*inputs)


@wrong("attentional_state", "wrong numbers", "no tanh")
def forgets_tanh(*inputs):
    return step(make=lambda a, s, W_c, b_c: torch.cat([a, s], 1) @ W_c.T + b_c)(*inputs)


@wrong("attentional_state", "wrong numbers", "no b_c")
def forgets_the_bias(*inputs):
    return step(make=lambda a, s, W_c, b_c: joined(a, s, W_c, 0))(*inputs)


@wrong("attentional_state", "wrong numbers", "value unused")
def joins_the_state_with_itself(*inputs):
    return step(make=lambda a, s, W_c, b_c: joined(s, s, W_c, b_c))(*inputs)


@wrong("attentional_state", "wrong numbers", "state unused")
def joins_the_value_with_itself(*inputs):
    return step(make=lambda a, s, W_c, b_c: joined(a, a, W_c, b_c))(*inputs)


@wrong("attentional_state", "wrong shape", "not joined")
def stops_before_the_layer(*inputs):
    return step(make=lambda a, s, W_c, b_c: torch.cat([a, s], 1))(*inputs)


@wrong("attentional_state", "wrong numbers", "value returned")
def returns_the_value(*inputs):
    return step(make=lambda a, s, W_c, b_c: a)(*inputs)


@wrong("attentional_state", "wrong numbers", "attentional")
def adds_in_place_of_joining(*inputs):
    return step(make=lambda a, s, W_c, b_c: ((a + s) @ W_c[:, : s.shape[1]].T + b_c).tanh())(*inputs)


@wrong("attentional_state", "wrong numbers", "ignored mask")
def ignores_the_mask(*inputs):
    return step(lambda scores, mask: scores.softmax(1))(*inputs)


@wrong("attentional_state", "wrong numbers", "masked after")
def masks_after_the_softmax(*inputs):
    return step(lambda scores, mask: scores.softmax(1) * mask)(*inputs)


@wrong("attentional_state", "not finite", "inverted mask")
def turns_the_mask_around(*inputs):
    return step(lambda scores, mask: scores.masked_fill(mask, -torch.inf).softmax(1))(*inputs)


@wrong("attentional_state", "wrong numbers", "zero fill")
def fills_with_zero(*inputs):
    return step(lambda scores, mask: (scores * mask).softmax(1))(*inputs)


@wrong("attentional_state", "wrong axis")
def takes_the_softmax_over_the_batch(*inputs):
    return step(lambda scores, mask: scores.softmax(0))(*inputs)


@wrong("attentional_state", "wrong axis")
def masks_and_takes_the_softmax_over_the_batch(*inputs):
    return step(lambda scores, mask: scores.masked_fill(~mask, -torch.inf).softmax(0))(*inputs)


@wrong("attentional_state", "wrong numbers", "scaled")
def divides_by_the_root_of_the_width(s, *others):
    _, weights = step()(s / s.shape[1] ** 0.5, *others)
    states, _, W_c, b_c = others
    return joined((weights[:, None] @ states)[:, 0], s, W_c, b_c), weights


@wrong("attentional_state", "wrong numbers", "uniform")
def takes_the_mean(*inputs):
    return step(lambda scores, mask: mask / mask.sum(1, keepdim=True))(*inputs)


@wrong("attentional_state", "not parts")
def returns_the_state_alone(*inputs):
    return step()(*inputs)[0]


@wrong("attentional_state", "swapped")
def returns_them_in_the_wrong_order(*inputs):
    return step()(*inputs)[::-1]


@wrong("attentional_state", "stopped", "look at the line")
def transposes_the_wrong_matrix(*inputs):
    return step(make=lambda a, s, W_c, b_c: (torch.cat([a, s], 1) @ W_c + b_c).tanh())(*inputs)


def test_an_attentional_state_is_that_of_the_decoder():
    torch.manual_seed(0)
    decoder = AttentionDecoder(vocabulary_size=9, embedding_width=3, cell=GRUCell(3 + 4, 4))
    states, mask = torch.randn(2, 5, 4), torch.tensor([[True] * 5, [True] * 3 + [False] * 2])
    before = decoder.start(states, mask, final=(states[:, -1],))
    features, weights, after = decoder.advance(torch.randn(2, 3), before)
    layer = decoder.attentional
    found = EXERCISES["attentional_state"].solve(after.cell[0], states, mask, layer.weight, layer.bias)
    torch.testing.assert_close(found, (features, weights))


# ------------------------------------------------------------------------ tests that catch broken look-ups


def sentences(*lengths, width=8):
    mask = torch.arange(max(lengths)) < torch.tensor(lengths)[:, None]
    return torch.randn(len(lengths), width), torch.randn(len(lengths), max(lengths), width), mask


@right("catches_wrong_axis")
def compares_alone_with_together(look_up):
    query, states, mask = sentences(5, 5, 3)
    _, together = look_up(query, states, mask)
    _, alone = look_up(query[:1], states[:1], mask[:1])
    return ((together[:1] - alone).abs() < 1e-5).all()


@right("catches_wrong_axis")
def changes_the_neighbor(look_up):
    query, states, mask = sentences(4, 4)
    value, weights = look_up(query, states, mask)
    other_states, other_query = states.clone(), query.clone()
    other_states[1], other_query[1] = torch.randn(4, 8), torch.randn(8)
    other_value, other_weights = look_up(other_query, other_states, mask)
    return torch.tensor(
        torch.allclose(value[0], other_value[0], atol=1e-5)
        and torch.allclose(weights[0], other_weights[0], atol=1e-5)
    )


@right("catches_wrong_axis")
def compares_the_values_in_double_precision(look_up):
    query, states, mask = (
        tensor.double() if tensor.is_floating_point() else tensor for tensor in sentences(6, 2, 4)
    )
    value, _ = look_up(query, states, mask)
    alone = [look_up(query[b : b + 1], states[b : b + 1], mask[b : b + 1])[0] for b in range(3)]
    return (value - torch.cat(alone)).abs().max() < 1e-9


@wrong("catches_wrong_axis", "wrong numbers", "sum is not enough")
def adds_up_the_weights(look_up):
    _, weights = look_up(*sentences(5, 5, 3))
    return ((weights.sum(1) - 1).abs() < 1e-5).all()


@wrong("catches_wrong_axis", "wrong numbers", "mixed sentences")
def checks_the_shape_alone(look_up):
    _, weights = look_up(*sentences(5, 5, 3))
    return torch.tensor(weights.shape == (3, 5))


@wrong("catches_wrong_axis", "wrong numbers", "mixed sentences")
def checks_that_weights_are_shares(look_up):
    _, weights = look_up(*sentences(5, 5, 3))
    return ((weights >= 0) & (weights <= 1)).all()


@right("catches_no_mask")
def changes_the_padding(look_up):
    query, states, mask = sentences(5, 3)
    other = torch.where(mask[:, :, None], states, torch.randn(2, 5, 8))
    (value, weights), (value_2, weights_2) = (look_up(query, changed, mask) for changed in (states, other))
    change = torch.cat([value - value_2, weights - weights_2], dim=1)
    return (change.abs() < 1e-5).all()


@right("catches_no_mask")
def makes_the_padding_large(look_up):
    query, states, mask = sentences(6, 2, 4)
    loud = states + 5 * ~mask[:, :, None] * states.sign()
    values = [look_up(query, changed, mask)[0] for changed in (states, loud)]
    return (values[0] - values[1]).abs().max() < 1e-4


@right("catches_no_mask")
def cuts_the_padding_off(look_up):
    query, states, mask = sentences(5, 3)
    value, _ = look_up(query, states, mask)
    short, _ = look_up(query[1:], states[1:, :3], mask[1:, :3])
    return torch.tensor(torch.allclose(value[1:], short, atol=1e-5))


@wrong("catches_no_mask", "wrong numbers", "padding takes its share")
def looks_at_the_weights_of_padding(look_up):
    query, states, mask = sentences(5, 3)
    _, weights = look_up(query, states, mask)
    return (weights[~mask] == 0).all()


@wrong("catches_no_mask", "wrong numbers", "weight of padding")
def compares_the_weights_alone(look_up):
    query, states, mask = sentences(5, 3)
    other = torch.where(mask[:, :, None], states, torch.randn(2, 5, 8))
    weights = [look_up(query, changed, mask)[1] for changed in (states, other)]
    return (weights[0] - weights[1]).abs().max() < 1e-5


@wrong("catches_no_mask", "wrong numbers", "look at the value")
def looks_at_the_weights_and_their_sum(look_up):
    query, states, mask = sentences(5, 3)
    _, weights = look_up(query, states, mask)
    return (weights[~mask] == 0).all() & ((weights.sum(1) - 1).abs() < 1e-5).all()


@wrong("catches_no_mask", "wrong numbers", "padding matters")
def has_no_padding(look_up):
    query, states, mask = sentences(5, 5)
    _, weights = look_up(query, states, mask)
    return (weights[~mask] == 0).all()


@wrong("catches_no_mask", "wrong numbers", "own length")
def puts_the_shortest_first(look_up):
    query, states, mask = sentences(3, 5)
    other = torch.where(mask[:, :, None], states, torch.randn(2, 5, 8))
    values = [look_up(query, changed, mask)[0] for changed in (states, other)]
    return (values[0] - values[1]).abs().max() < 1e-5


@right("catches_blind_weights")
def draws_other_states(look_up):
    query, states, mask = sentences(5, 3)
    _, weights = look_up(query, states, mask)
    _, others = look_up(query, torch.randn_like(states), mask)
    return ((weights - others).abs() > 1e-3).any()


@right("catches_blind_weights")
def turns_the_states_around(look_up):
    query, states, mask = sentences(6, 6, 6)
    _, weights = look_up(query, states, mask)
    _, turned = look_up(query, states.flip(1), mask)
    alike = torch.allclose(weights, turned.flip(1), atol=1e-5)
    return torch.tensor(alike and weights.std().item() > 1e-3)


@right("catches_blind_weights")
def asks_for_a_gradient(look_up):
    query, states, mask = sentences(5, 3)
    states.requires_grad_()
    _, weights = look_up(query, states, mask)
    if not weights.requires_grad:
        return torch.tensor(False)
    return torch.autograd.grad((weights * torch.randn(2, 5)).sum(), states)[0].abs().max() > 1e-6


@wrong("catches_blind_weights", "wrong numbers", "blind but asking")
def draws_another_query(look_up):
    query, states, mask = sentences(5, 3)
    weights = [look_up(asking, states, mask)[1] for asking in (query, torch.randn(2, 8))]
    return (weights[0] - weights[1]).abs().max() > 1e-3


@wrong("catches_blind_weights", "wrong numbers", "blind")
def looks_at_the_value(look_up):
    query, states, mask = sentences(5, 3)
    values = [look_up(query, changed, mask)[0] for changed in (states, torch.randn_like(states))]
    return (values[0] - values[1]).abs().max() > 1e-3


@wrong("catches_blind_weights", "wrong numbers", "blind")
def looks_for_unequal_weights(look_up):
    _, weights = look_up(*sentences(5, 3))
    return weights[0].std() > 1e-3


for name in ("catches_wrong_axis", "catches_no_mask", "catches_blind_weights"):

    @wrong(name, "unwritten")
    def is_not_written(look_up): ...

    @wrong(name, "wrong numbers", "refused")
    def refuses_all(look_up):
        return torch.tensor(False)

    @wrong(name, "wrong numbers")
    def lets_all_through(look_up):
        return torch.tensor(True)

    @wrong(name, "wrong numbers")
    def says_no_and_yes_in_turn(look_up, said=[]):  # noqa: B006
        said.append(len(said) % 2 == 1)
        return torch.tensor(said[-1])

    @wrong(name, "wrong numbers")
    def lets_all_through_without_a_tensor(look_up):
        return True

    @wrong(name, "not a tensor", "return tensors")
    def returns_a_word(look_up):
        return "yes"

    @wrong(name, "other dtype")
    def returns_a_number(look_up):
        return torch.tensor(0.5)

    @wrong(name, "stopped", "look at the line")
    def forgets_the_mask(look_up):
        query, states, _ = sentences(5, 3)
        return look_up(query, states)

    @wrong(name, "stopped")
    def asserts(look_up):
        raise AssertionError("padding has weight")


@right("catches_no_mask")
def answers_with_allclose(look_up):
    query, states, mask = sentences(5, 3)
    other = torch.where(mask[..., None], states, torch.randn_like(states))
    found, again = look_up(query, states, mask), look_up(query, other, mask)
    return all(torch.allclose(one, two, atol=1e-5) for one, two in zip(found, again, strict=True))


@wrong("catches_no_mask", "wrong numbers", "refused")
def compares_with_the_dot_product(look_up):
    query, states, mask = sentences(5, 3)
    expected = (states @ query[:, :, None])[:, :, 0].masked_fill(~mask, -torch.inf).softmax(1)
    value, weights = look_up(query, states, mask)
    right_value = torch.allclose(value, (expected[:, None] @ states)[:, 0], atol=1e-5)
    return torch.tensor(right_value and torch.allclose(weights, expected, atol=1e-5))


def test_a_report_names_the_look_up_that_was_judged_wrongly():
    passed, report = examine_drawn("catches_no_mask", looks_at_the_weights_and_their_sum, seed=0)
    assert not passed
    assert "broken: the weights masked, the value not" in unwrapped(report)


@pytest.mark.parametrize("name", [name for name in LOOK_UPS if name.startswith("right")])
def test_a_right_look_up_keeps_all_promises(name):
    torch.manual_seed(0)
    for test in (compares_alone_with_together, changes_the_padding, draws_other_states):
        assert test(LOOK_UPS[name])


@pytest.mark.parametrize("name", [name for name in LOOK_UPS if name.startswith("broken")])
def test_a_broken_look_up_breaks_a_promise(name):
    torch.manual_seed(0)
    tests = (compares_alone_with_together, changes_the_padding, draws_other_states)
    assert not all(test(LOOK_UPS[name]) for test in tests)


@pytest.mark.parametrize("name", LOOK_UPS)
def test_a_look_up_returns_what_it_promises_in_the_dtype_of_the_states(name):
    query, states, mask = sentences(5, 3)
    value, weights = LOOK_UPS[name](query.double(), states.double(), mask)
    assert (value.shape, weights.shape) == ((2, 8), (2, 5))
    assert value.dtype == weights.dtype == torch.float64


# -------------------------------------------------------------------------------------------------- tests


test_a_right_answer_passes, test_a_wrong_answer_fails = judging(RIGHT, WRONG)
