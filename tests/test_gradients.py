"""Measured gradients equal the products of Jacobians written by hand, and clipping keeps the direction."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional

from whyattention import seq2seq
from whyattention.batches import make_batch
from whyattention.cells import GRUCell, LSTMCell, RNNCell
from whyattention.gradients import (
    clip_norm,
    gradient_reach,
    kept_share,
    mean_tanh_slope,
    spectrum,
    state_gradient_norms,
    state_jacobians,
    vanishing_bound,
)

CELLS = [RNNCell, LSTMCell, GRUCell]
steady = settings(max_examples=25)
sizes = {
    "batch": st.integers(1, 3),
    "steps": st.integers(1, 6),
    "inputs": st.integers(1, 4),
    "hidden": st.integers(1, 5),
    "seed": st.integers(0, 2**31),
}


def close(ours: torch.Tensor, theirs: torch.Tensor) -> None:
    assert ours.shape == theirs.shape
    assert (ours - theirs).norm() <= 1e-12 * max(1.0, theirs.norm().item())


def drawn(cell_type, batch, steps, inputs, hidden, seed, **options):
    """A float64 cell with weights large enough to bend its functions, and what it reads."""
    torch.manual_seed(seed)
    cell = cell_type(inputs, hidden, **options).double()
    for parameter in cell.parameters():
        nn.init.normal_(parameter, std=0.8)
    return cell, torch.randn(batch, steps, inputs, dtype=torch.float64)


# One step's Jacobian of each cell, from its equations, for one sequence: x (inputs), h and c (hidden).


def rnn_jacobian(cell, x, h):
    U = cell.hidden_weight
    after = torch.tanh(cell.input_weight @ x + cell.input_bias + U @ h + cell.hidden_bias)
    return torch.diag(1 - after**2) @ U, after


def gru_jacobian(cell, x, h):
    U_r, U_u, U_n = cell.hidden_weight.chunk(3)
    b_r, b_u, b_n = cell.hidden_bias.chunk(3)
    x_r, x_u, x_n = (cell.input_weight @ x + cell.input_bias).chunk(3)
    r, u = torch.sigmoid(x_r + U_r @ h + b_r), torch.sigmoid(x_u + U_u @ h + b_u)
    r_by_h, u_by_h = torch.diag(r * (1 - r)) @ U_r, torch.diag(u * (1 - u)) @ U_u
    if cell.reset == "after":
        n = torch.tanh(x_n + r * (U_n @ h + b_n))
        inner = torch.diag(r) @ U_n + torch.diag(U_n @ h + b_n) @ r_by_h
    else:
        n = torch.tanh(x_n + U_n @ (r * h) + b_n)
        inner = U_n @ (torch.diag(r) + torch.diag(h) @ r_by_h)
    n_by_h = torch.diag(1 - n**2) @ inner
    jacobian = torch.diag(u) + torch.diag(1 - u) @ n_by_h + torch.diag(h - n) @ u_by_h
    return jacobian, u * h + (1 - u) * n


def lstm_jacobian(cell, x, h, c):
    """Four blocks: the new c and the new h, each by the old c and by the old h; and the new state."""
    U_i, U_f, U_g, U_o = cell.hidden_weight.chunk(4)
    i, f, g, o = (cell.input_weight @ x + cell.input_bias + cell.hidden_weight @ h + cell.hidden_bias).chunk(
        4
    )
    i, f, g, o = torch.sigmoid(i), torch.sigmoid(f), torch.tanh(g), torch.sigmoid(o)
    new_c = f * c + i * g
    squashed = torch.tanh(new_c)
    c_by_h = (
        torch.diag(c * f * (1 - f)) @ U_f
        + torch.diag(g * i * (1 - i)) @ U_i
        + torch.diag(i * (1 - g**2)) @ U_g
    )
    h_by_new_c = torch.diag(o * (1 - squashed**2))
    h_by_h = h_by_new_c @ c_by_h + torch.diag(squashed * o * (1 - o)) @ U_o
    blocks = {"c/c": torch.diag(f), "c/h": c_by_h, "h/c": h_by_new_c @ torch.diag(f), "h/h": h_by_h}
    return blocks, o * squashed, new_c, h_by_new_c


@torch.no_grad()
def analytic(cell, sequence, part):
    """The Jacobians by lag, for one sequence, as products of the above."""
    H = cell.hidden_width
    h = c = torch.zeros(H, dtype=torch.float64)
    eye, zeros = torch.eye(H, dtype=torch.float64), torch.zeros(H, H, dtype=torch.float64)
    if not isinstance(cell, LSTMCell):
        one_step, steps = rnn_jacobian if isinstance(cell, RNNCell) else gru_jacobian, []
        for x in sequence:
            jacobian, h = one_step(cell, x, h)
            steps.append(jacobian)
        products = [eye]
        for jacobian in reversed(steps):
            products.append(products[-1] @ jacobian)
        return torch.stack(products)
    # The pair (c, h) as one state of width 2H; h is made from c, so that a change of c comes with one of h.
    steps, made = [], [zeros]
    for x in sequence:
        blocks, h, c, h_by_c = lstm_jacobian(cell, x, h, c)
        steps.append(
            torch.cat(
                [torch.cat([blocks["c/c"], blocks["c/h"]], 1), torch.cat([blocks["h/c"], blocks["h/h"]], 1)]
            )
        )
        made.append(h_by_c)
    products, product = [eye], torch.eye(2 * H, dtype=torch.float64)
    for t in range(len(steps) - 1, -1, -1):
        product = product @ steps[t]
        if part == "cell":
            products.append(product[:H, :H] + product[:H, H:] @ made[t])
        else:
            products.append(product[H:, H:])
    return torch.stack(products)


@pytest.mark.parametrize(
    ("cell_type", "part", "options"),
    [
        (RNNCell, "hidden", {}),
        (GRUCell, "hidden", {"reset": "after"}),
        (GRUCell, "hidden", {"reset": "before"}),
        (LSTMCell, "hidden", {}),
        (LSTMCell, "cell", {}),
    ],
    ids=["RNN", "GRU, reset after", "GRU, reset before", "LSTM, hidden state", "LSTM, cell state"],
)
@given(**sizes)
@steady
def test_jacobians_are_the_products_of_the_steps_jacobians(
    cell_type, part, options, batch, steps, inputs, hidden, seed
):
    cell, x = drawn(cell_type, batch, steps, inputs, hidden, seed, **options)
    jacobians = state_jacobians(cell, x, part)
    expected = torch.stack([analytic(cell, sequence, part) for sequence in x])
    close(jacobians, expected)
    close(state_gradient_norms(cell, x, part), torch.linalg.matrix_norm(expected, ord=2))
    close(state_gradient_norms(cell, x, part, norm="frobenius"), expected.square().sum((-2, -1)).sqrt())


@given(**sizes)
@steady
def test_one_step_of_the_cell_state_is_the_forget_gate_and_the_paths_through_the_hidden_state(
    batch, steps, inputs, hidden, seed
):
    cell, x = drawn(LSTMCell, batch, steps, inputs, hidden, seed)
    with torch.no_grad():
        cell.hidden_weight.zero_()  # now no gate listens to the hidden state: only the direct path is left
    shares = kept_share(cell, x)
    close(state_jacobians(cell, x, "cell"), torch.diag_embed(shares))
    close(state_gradient_norms(cell, x, "cell"), shares.amax(-1))


@pytest.mark.parametrize("cell_type", [LSTMCell, GRUCell])
@given(**sizes)
@steady
def test_kept_share_is_the_product_of_the_gates_that_keep(cell_type, batch, steps, inputs, hidden, seed):
    cell, x = drawn(cell_type, batch, steps, inputs, hidden, seed)
    shares = kept_share(cell, x)
    close(shares[:, 0], torch.ones(batch, hidden, dtype=torch.float64))
    with torch.no_grad():
        gates, state = [], cell.initial_state(x)
        for x_t in x.unbind(1):
            products = functional.linear(x_t, cell.input_weight, cell.input_bias + cell.hidden_bias)
            products = products + functional.linear(state[0], cell.hidden_weight)
            gates.append(products[:, hidden : 2 * hidden].sigmoid())
            state = cell(x_t, state)
    for lag in range(1, steps + 1):
        close(shares[:, lag], torch.stack(gates[-lag:]).prod(0))


@given(**sizes)
@steady
def test_norms_of_an_rnn_stay_below_the_bound_of_its_largest_singular_value(
    batch, steps, inputs, hidden, seed
):
    cell, x = drawn(RNNCell, batch, steps, inputs, hidden, seed)
    bound = vanishing_bound(cell.hidden_weight) ** torch.arange(steps + 1, dtype=torch.float64)
    assert (state_gradient_norms(cell, x) <= bound * (1 + 1e-9)).all()


def test_gradients_of_pytorchs_default_rnn_vanish_although_its_largest_singular_value_is_above_one():
    for seed in range(3):
        torch.manual_seed(seed)
        cell = RNNCell(32, 64)  # the same numbers as torch.nn.RNN's: uniform between ±1/√64
        inputs = torch.randn(1, 51, 32)
        values, radius = spectrum(cell.hidden_weight)
        assert 1.05 < values[0] < 1.2
        assert 0.5 < radius < 0.75
        assert 0.7 < mean_tanh_slope(cell, inputs).mean() < 0.95
        assert 1e-17 < state_gradient_norms(cell, inputs)[0, 50] < 1e-10


def test_a_large_orthogonal_weight_explodes_where_the_units_do_not_saturate():
    cell = RNNCell(1, 4)
    with torch.no_grad():
        for parameter in cell.parameters():
            parameter.zero_()
        cell.hidden_weight.copy_(1.5 * nn.init.orthogonal_(torch.empty(4, 4)))
    norms = state_gradient_norms(cell, torch.zeros(1, 20, 1))
    torch.testing.assert_close(norms[0], 1.5 ** torch.arange(21, dtype=torch.float64), rtol=1e-5, atol=0)
    assert vanishing_bound(cell.hidden_weight) == pytest.approx(1.5)


def test_a_norm_that_float32_cannot_hold_is_still_measured():
    cell = RNNCell(1, 2)
    with torch.no_grad():
        cell.hidden_weight.copy_(1e-3 * torch.eye(2))
    norm = state_gradient_norms(cell, torch.zeros(1, 30, 1))[0, 30]
    assert norm.dtype == torch.float64
    assert 0 < norm <= 1.01e-90


@given(**sizes)
@steady
def test_the_slope_of_tanh_is_the_mean_diagonal_of_a_step(batch, steps, inputs, hidden, seed):
    cell, x = drawn(RNNCell, batch, steps, inputs, hidden, seed)
    with torch.no_grad():
        state, slopes = cell.initial_state(x), []
        for x_t in x.unbind(1):
            state = cell(x_t, state)
            slopes.append((1 - state[0] ** 2).mean(1))
    close(mean_tanh_slope(cell, x), torch.stack(slopes, 1))


def test_a_nilpotent_matrix_stretches_once_and_then_nothing_is_left():
    values, radius = spectrum(torch.tensor([[0.0, 3.0], [0.0, 0.0]]))
    assert values.tolist() == pytest.approx([3, 0])
    assert radius == 0


def test_a_rotation_has_a_spectral_radius_although_its_eigenvalues_are_complex():
    values, radius = spectrum(torch.tensor([[0.0, -2.0], [2.0, 0.0]]))
    assert values.tolist() == pytest.approx([2, 2])
    assert radius == pytest.approx(2)


@pytest.mark.parametrize("cell_type", CELLS)
def test_measuring_changes_nothing_in_the_cell(cell_type):
    cell = cell_type(2, 3)
    inputs = torch.randn(2, 4, 2, requires_grad=True)
    before = {name: value.clone() for name, value in cell.state_dict().items()}
    state_gradient_norms(cell, inputs)
    assert all(p.requires_grad and p.grad is None and p.dtype == torch.float32 for p in cell.parameters())
    assert inputs.grad is None
    assert all(torch.equal(value, before[name]) for name, value in cell.state_dict().items())


# The reach of a loss


BATCH = make_batch([[4, 5, 6, 7], [5, 6]], [[4, 5], [6, 7, 4]])


def small_model(**options):
    torch.manual_seed(0)
    return seq2seq.build(9, 8, hidden=6, embedding=3, **options).double()


MODELS = {
    "no attention": {},
    "context at every step": {"kind": "rnn", "context": "every"},
    "attention": {"attention": {}},
    "attention, all in one product": {"kind": "lstm", "attention": {"input_feeding": False}},
    "both directions": {"attention": {"score": "general"}, "bidirectional": True},
}


@pytest.mark.parametrize("options", MODELS.values(), ids=MODELS.keys())
def test_the_reach_is_the_slope_of_each_words_loss_along_each_embedding(options):
    model = small_model(**options)
    reach = gradient_reach(model, BATCH)
    assert reach.shape == (2, 4, 4)
    assert reach.dtype == torch.float64

    # The slope again, by finite differences: word i of every sentence is moved along one axis.
    def losses(i, shift):
        def move(module, arguments, output):
            output = output.clone()
            output[:, i] += shift
            return output

        hook = model.encoder.embedding.register_forward_hook(move)
        with torch.no_grad():
            logits = model(BATCH.source, BATCH.source_lengths, BATCH.target_inputs).logits
        hook.remove()
        picked = logits.log_softmax(-1).gather(2, BATCH.target.unsqueeze(2)).squeeze(2)
        return -picked.masked_fill(~BATCH.target_mask, 0)

    step = 1e-5
    shifts = step * torch.eye(3, dtype=torch.float64)
    for i in range(4):
        slopes = torch.stack([(losses(i, shift) - losses(i, -shift)) / (2 * step) for shift in shifts])
        torch.testing.assert_close(reach[:, :, i], slopes.norm(dim=0), rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("options", MODELS.values(), ids=MODELS.keys())
def test_nothing_reaches_padding_and_padding_reaches_nothing(options):
    reach = gradient_reach(small_model(**options), BATCH)
    real = BATCH.target_mask[:, :, None] & BATCH.source_mask[:, None, :]
    assert (reach[~real] == 0).all()
    assert (reach[real] > 0).all()


def test_attention_reaches_the_first_word_of_a_long_sentence_where_one_vector_does_not():
    torch.manual_seed(0)
    words = torch.randint(4, 9, (60,)).tolist()
    batch = make_batch([words], [[4, 5]])
    plain = gradient_reach(seq2seq.build(9, 9, kind="rnn", hidden=16), batch)
    attentive = gradient_reach(seq2seq.build(9, 9, kind="rnn", hidden=16, attention={}), batch)
    assert plain[0, :, 0].max() < 1e-8
    assert attentive[0, :, 0].min() > 1e-6


def test_measuring_the_reach_changes_nothing_in_the_model():
    model = small_model(attention={})
    first = gradient_reach(model, BATCH)
    assert all(parameter.requires_grad and parameter.grad is None for parameter in model.parameters())
    assert not model.encoder.embedding._forward_hooks
    assert torch.equal(gradient_reach(model, BATCH), first)


# Clipping


@given(
    scale=st.floats(1e-3, 1e3),
    limit=st.floats(1e-2, 1e2),
    shapes=st.lists(st.lists(st.integers(1, 3), min_size=1, max_size=2), min_size=1, max_size=4),
    seed=st.integers(0, 2**31),
)
@steady
def test_clipping_is_pytorchs(scale, limit, shapes, seed):
    torch.manual_seed(seed)
    ours = [nn.Parameter(torch.zeros(shape, dtype=torch.float64)) for shape in shapes]
    for parameter in ours:
        parameter.grad = scale * torch.randn_like(parameter)
    theirs = [nn.Parameter(parameter.detach().clone()) for parameter in ours]
    for parameter, other in zip(ours, theirs, strict=True):
        other.grad = parameter.grad.clone()
    before = [parameter.grad.clone() for parameter in ours]

    norm = clip_norm(ours, limit)
    assert norm == pytest.approx(nn.utils.clip_grad_norm_(theirs, limit).item(), rel=1e-12)
    for parameter, other in zip(ours, theirs, strict=True):
        # PyTorch adds 1e-6 to the norm by which it divides.
        torch.testing.assert_close(parameter.grad, other.grad, rtol=2e-6 / limit, atol=0)
    if norm <= limit:
        assert all(torch.equal(p.grad, b) for p, b in zip(ours, before, strict=True))
    else:
        after = torch.cat([parameter.grad.flatten() for parameter in ours])
        assert after.norm().item() == pytest.approx(limit, rel=1e-12)
        cosine = torch.cosine_similarity(after, torch.cat([b.flatten() for b in before]), dim=0)
        assert cosine.item() == pytest.approx(1, abs=1e-12)


def test_clipping_leaves_alone_what_has_no_gradient_and_what_is_not_finite():
    assert clip_norm([nn.Parameter(torch.ones(2))], 1.0) == 0
    weight = nn.Parameter(torch.zeros(2))
    weight.grad = torch.tensor([math.inf, 1.0])
    assert clip_norm([weight], 1.0) == math.inf
    assert weight.grad.tolist() == [math.inf, 1.0]


def test_the_limit_infinity_only_measures():
    weight = nn.Parameter(torch.zeros(2))
    weight.grad = torch.tensor([3e10, 4e10])
    assert clip_norm([weight], math.inf) == pytest.approx(5e10)
    assert weight.grad.tolist() == pytest.approx([3e10, 4e10])


# What the arguments must be


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: state_jacobians(RNNCell(2, 3), torch.zeros(1, 4, 2), "cell"), "part of a RNNCell"),
        (lambda: state_jacobians(LSTMCell(2, 3), torch.zeros(1, 4, 2), "both"), "part|Literal"),
        (lambda: state_jacobians(RNNCell(2, 3), torch.zeros(1, 4, 5)), r"inputs must have shape .*2\), got"),
        (lambda: state_gradient_norms(RNNCell(2, 3), torch.zeros(1, 0, 2)), r"steps >= 1.*got \(1, 0, 2\)"),
        (lambda: state_gradient_norms(RNNCell(2, 3), torch.zeros(0, 4, 2)), r"batch >= 1.*got \(0, 4, 2\)"),
        (lambda: state_gradient_norms(RNNCell(2, 3), torch.zeros(1, 4, 2), norm="max"), "norm|Literal"),
        (lambda: spectrum(torch.zeros(2, 3)), r"matrix must be square, got shape \(2, 3\)|matrix"),
        (lambda: vanishing_bound(torch.eye(2), steepest=0.0), "steepest must be above 0, got 0"),
        (lambda: clip_norm([], 0.0), "limit must be above 0, got 0"),
        (lambda: kept_share(RNNCell(2, 3), torch.zeros(1, 4, 2)), "LSTMCell or a GRUCell, got RNNCell|cell"),
        (lambda: mean_tanh_slope(GRUCell(2, 3), torch.zeros(1, 4, 2)), "RNNCell, got GRUCell|cell"),
    ],
)
def test_a_wrong_argument_is_named(call, message):
    with pytest.raises((ValueError, TypeError), match=message):
        call()
