"""Cells and their unrolling: PyTorch's numbers, padding that does not matter, and clear errors."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from whyattention.cells import GRUCell, LSTMCell, RNNCell
from whyattention.recurrent import Recurrent, padding_mask

KINDS = {"RNN": (nn.RNN, RNNCell), "LSTM": (nn.LSTM, LSTMCell), "GRU": (nn.GRU, GRUCell)}
CELLS = [RNNCell, LSTMCell, GRUCell]

sizes = st.fixed_dictionaries(
    {name: st.integers(1, most) for name, most in (("batch", 5), ("steps", 7), ("inputs", 5), ("hidden", 6))}
)


def close(ours: torch.Tensor, theirs: torch.Tensor) -> None:
    assert ours.shape == theirs.shape
    assert (ours - theirs).norm() <= 1e-12 * max(1.0, theirs.norm().item())


def names(bidirectional: bool) -> dict[str, str]:
    ours = ("input_weight", "hidden_weight", "input_bias", "hidden_bias")
    theirs = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    table = {f"cell.{o}": f"{t}_l0" for o, t in zip(ours, theirs, strict=True)}
    if bidirectional:
        pairs = zip(ours, theirs, strict=True)
        table |= {f"backward_cell.{o}": f"{t}_l0_reverse" for o, t in pairs}
    return table


@given(
    kind=st.sampled_from(sorted(KINDS)),
    size=sizes,
    bidirectional=st.booleans(),
    seed=st.integers(0, 2**31),
    data=st.data(),
)
@settings(max_examples=60)
def test_outputs_states_and_every_gradient_are_those_of_torch_on_packed_sequences(
    kind, size, bidirectional, seed, data
):
    torch.manual_seed(seed)
    B, S, E, H = size["batch"], size["steps"], size["inputs"], size["hidden"]
    lengths = torch.tensor(data.draw(st.lists(st.integers(1, S), min_size=B, max_size=B)))
    module_type, _ = KINDS[kind]
    theirs = module_type(E, H, batch_first=True, bidirectional=bidirectional).double()
    ours = Recurrent.from_torch(theirs)
    inputs = torch.randn(B, S, E, dtype=torch.float64)
    directions = 1 + bidirectional
    start = tuple(torch.randn(B, directions * H, dtype=torch.float64) for _ in range(ours.cell.state_size))

    our_inputs, our_start = inputs.clone().requires_grad_(), tuple(s.clone().requires_grad_() for s in start)
    outputs, state = ours(our_inputs, lengths, our_start)

    their_inputs = inputs.clone().requires_grad_()
    their_start = tuple(s.clone().requires_grad_() for s in start)
    stacked = tuple(s.view(B, directions, H).transpose(0, 1).contiguous() for s in their_start)
    packed = pack_padded_sequence(their_inputs, lengths, batch_first=True, enforce_sorted=False)
    packed_outputs, final = theirs(packed, stacked if kind == "LSTM" else stacked[0])
    expected, _ = pad_packed_sequence(packed_outputs, batch_first=True, total_length=S)
    final = final if isinstance(final, tuple) else (final,)
    final = tuple(f.transpose(0, 1).reshape(B, directions * H) for f in final)

    close(outputs, expected)
    for mine, reference in zip(state, final, strict=True):
        close(mine, reference)

    # A random functional of everything that comes out, so that no gradient is zero by symmetry.
    probes = [torch.randn_like(t) for t in (outputs, *state)]
    sum((t * p).sum() for t, p in zip((outputs, *state), probes, strict=True)).backward()
    sum((t * p).sum() for t, p in zip((expected, *final), probes, strict=True)).backward()
    close(our_inputs.grad, their_inputs.grad)
    for mine, reference in zip(our_start, their_start, strict=True):
        close(mine.grad, reference.grad)
    for our_name, their_name in names(bidirectional).items():
        close(ours.get_parameter(our_name).grad, theirs.get_parameter(their_name).grad)


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("bidirectional", [False, True])
def test_weights_survive_the_way_to_torch_and_back(kind, bidirectional):
    module_type, _ = KINDS[kind]
    first = Recurrent.from_torch(module_type(3, 4, bidirectional=bidirectional))
    second = Recurrent.from_torch(first.to_torch())
    for (name, ours), (_, again) in zip(first.named_parameters(), second.named_parameters(), strict=True):
        assert torch.equal(ours, again), name
    inputs = torch.randn(2, 5, 3)
    torch.testing.assert_close(first(inputs)[0], first.to_torch()(inputs)[0])


@pytest.mark.parametrize("cell_type", CELLS)
@pytest.mark.parametrize("both", [False, True])
@given(
    lengths=st.lists(st.integers(1, 6), min_size=1, max_size=4),
    filling=st.sampled_from([0.0, 7.0, float("nan")]),
)
@settings(max_examples=15)
def test_padding_changes_no_real_position_and_no_gradient(cell_type, both, lengths, filling):
    torch.manual_seed(0)
    network = Recurrent(cell_type(3, 4), cell_type(3, 4) if both else None).double()
    alone = [torch.randn(1, n, 3, dtype=torch.float64) for n in lengths]
    outputs, states, gradients = [], [], []
    for sequence in alone:
        output, state = network(sequence)
        outputs.append(output[0])
        states.append(state)
        gradients.append(
            torch.autograd.grad((output.sin().sum() + state[-1].cos().sum()), network.parameters())
        )

    padded = torch.full((len(lengths), max(lengths) + 2, 3), filling, dtype=torch.float64)
    for row, sequence in zip(padded, alone, strict=True):
        row[: sequence.size(1)] = sequence[0]
    output, state = network(padded, torch.tensor(lengths))
    for i, n in enumerate(lengths):
        close(output[i, :n], outputs[i])
        assert output[i, n:].count_nonzero() == 0
        for whole, single in zip(state, states[i], strict=True):
            close(whole[i], single[0])
    # The cosine of a padded output would add a constant, the sine adds nothing.
    total = torch.autograd.grad(output.sin().sum() + state[-1].cos().sum(), network.parameters())
    for batched, singles in zip(total, zip(*gradients, strict=True), strict=True):
        close(batched, sum(singles))


def written_out(cell, x, state):
    """One step, unit by unit, from the equations."""
    H = cell.hidden_width

    def gate(k, reset=None):
        rows = slice(k * H, (k + 1) * H)
        inner = cell.input_weight[rows] @ x + cell.input_bias[rows]
        if reset is None:
            return inner + cell.hidden_weight[rows] @ state[0] + cell.hidden_bias[rows]
        if cell.reset == "after":
            return inner + reset * (cell.hidden_weight[rows] @ state[0] + cell.hidden_bias[rows])
        return inner + cell.hidden_weight[rows] @ (reset * state[0]) + cell.hidden_bias[rows]

    if isinstance(cell, RNNCell):
        return (torch.tanh(gate(0)),)
    if isinstance(cell, LSTMCell):
        i, f, o = (torch.sigmoid(gate(k)) for k in (0, 1, 3))
        c = f * state[1] + i * torch.tanh(gate(2))
        return o * torch.tanh(c), c
    r, u = torch.sigmoid(gate(0)), torch.sigmoid(gate(1))
    return (u * state[0] + (1 - u) * torch.tanh(gate(2, reset=r)),)


@pytest.mark.parametrize(
    "make",
    [RNNCell, LSTMCell, GRUCell, lambda i, h: GRUCell(i, h, reset="before")],
    ids=["rnn", "lstm", "gru", "before"],
)
def test_one_step_is_the_equations_written_out(make):
    torch.manual_seed(1)
    cell = make(3, 4).double()
    x = torch.randn(5, 3, dtype=torch.float64)
    state = tuple(torch.randn(5, 4, dtype=torch.float64) for _ in range(cell.state_size))
    after = cell(x, state)
    for row in range(5):
        expected = written_out(cell, x[row], tuple(s[row] for s in state))
        for ours, theirs in zip(after, expected, strict=True):
            close(ours[row], theirs)


def test_the_two_gru_equations_differ_for_the_same_weights():
    torch.manual_seed(2)
    after, before = GRUCell(3, 4), GRUCell(3, 4, reset="before")
    before.load_state_dict(after.state_dict())
    x, h = torch.randn(1, 3), torch.randn(1, 4)
    assert (after(x, (h,))[0] - before(x, (h,))[0]).abs().max() > 1e-3


def test_an_open_update_gate_keeps_the_state():
    cell = GRUCell(3, 4, update_bias=50.0)
    h = torch.randn(2, 4)
    torch.testing.assert_close(cell(torch.randn(2, 3), (h,))[0], h)


@pytest.mark.parametrize(("cell_type", "name"), [(LSTMCell, "forget_bias"), (GRUCell, "update_bias")])
def test_a_bias_asked_for_is_what_both_biases_add_up_to(cell_type, name):
    torch.manual_seed(3)
    cell = cell_type(3, 4, **{name: 2.5})
    total = (cell.input_bias + cell.hidden_bias).view(cell.gates, 4)
    assert torch.equal(total[1], torch.full((4,), 2.5))
    assert total[0].abs().max() <= 1.0


@pytest.mark.parametrize("cell_type", CELLS)
def test_parameters_start_uniform_between_one_over_root_hidden(cell_type):
    torch.manual_seed(4)
    cell = cell_type(50, 64)
    for parameter in cell.parameters():
        assert parameter.abs().max() <= 1 / 8
    assert cell.hidden_weight.std().item() == pytest.approx(1 / 8 / 3**0.5, rel=0.05)


def test_the_gru_has_three_quarters_of_the_lstm_s_parameters():
    count = {kind: sum(p.numel() for p in kind(7, 11).parameters()) for kind in (GRUCell, LSTMCell)}
    assert 4 * count[GRUCell] == 3 * count[LSTMCell]


def test_an_empty_batch_gives_empty_outputs():
    outputs, (h,) = Recurrent(GRUCell(3, 4))(torch.zeros(0, 5, 3), torch.zeros(0, dtype=torch.long))
    assert outputs.shape == (0, 5, 4)
    assert h.shape == (0, 4)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda n: n(torch.zeros(2, 5, 4)),
            r"inputs must have shape \(batch, steps >= 1, 3\), got \(2, 5, 4\)",
        ),
        (lambda n: n(torch.zeros(2, 0, 3)), r"inputs must have shape"),
        (lambda n: n(torch.zeros(2, 5, 3), torch.tensor([5])), r"lengths must have shape \(2,\), got \(1,\)"),
        (
            lambda n: n(torch.zeros(2, 5, 3), torch.tensor([0, 5])),
            r"lengths must lie between 1 and 5, got \[0, 5\]",
        ),
        (lambda n: n(torch.zeros(2, 5, 3), torch.tensor([6, 5])), r"lengths must lie between 1 and 5"),
        (lambda n: n(torch.zeros(2, 5, 3), state=(torch.zeros(2, 5),)), r"state must .* shape \(2, 4\)"),
        (lambda n: n(torch.zeros(2, 5, 3), state=(torch.zeros(2, 4),) * 2), r"state must be a tuple of 1"),
        (lambda n: n.cell(torch.zeros(2, 4), (torch.zeros(2, 4),)), r"inputs must have shape \(batch, 3\)"),
        (lambda n: GRUCell(3, 4, reset="between"), r'reset must be "after" or "before", got \'between\''),
        (lambda n: GRUCell(0, 4), r"input_width must be at least 1, got 0"),
        (lambda n: Recurrent(GRUCell(3, 4), GRUCell(2, 4)), r"one input width, got 3 and 2"),
        (lambda n: Recurrent.from_torch(nn.GRU(3, 4, num_layers=2)), r"num_layers=1, got 2"),
        (
            lambda n: Recurrent.from_torch(nn.RNN(3, 4, nonlinearity="relu")),
            r"nonlinearity='tanh', got 'relu'",
        ),
        (lambda n: Recurrent(GRUCell(3, 4, reset="before")).to_torch(), r'no GRU with reset="before"'),
        (lambda n: Recurrent(GRUCell(3, 4), GRUCell(3, 5)).to_torch(), r"one hidden width"),
        (lambda n: padding_mask(torch.tensor([[1]]), 1, 2), r"lengths must have shape \(1,\)"),
    ],
)
def test_what_does_not_fit_is_a_value_error_that_names_it(call, message):
    with pytest.raises(ValueError, match=message):
        call(Recurrent(GRUCell(3, 4)))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda n: n(torch.zeros(2, 5, 3), torch.tensor([5.0, 5.0])), "lengths must be integers"),
        (lambda n: Recurrent(nn.GRUCell(3, 4)), "cell must be a Cell, got GRUCell"),
        (
            lambda n: Recurrent(GRUCell(3, 4), LSTMCell(3, 4)),
            "backward must be a GRUCell like cell, got LSTMCell",
        ),
        (lambda n: Recurrent.from_torch(nn.Linear(3, 4)), "module must be a torch.nn.RNN, LSTM or GRU"),
        (lambda n: LSTMCell(3, 4.0), "hidden_width must be an integer, got float"),
    ],
)
def test_what_is_of_the_wrong_kind_is_a_type_error_that_names_it(call, message):
    with pytest.raises(TypeError, match=message):
        call(Recurrent(GRUCell(3, 4)))
