"""The steps of GatedCell and their derivative: JavaScript, Python and the library with autograd agree."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.widgets.cell_states import PRESET_STATES, library_cell, library_run, states
from whyattention.widgets.cell import GATES, KEPT, PRESETS
from whyattention.widgets.cell_steps import derivatives, sigmoid, unrolled

near = {"rel": 1e-10, "abs": 1e-10}


def check_against_the_library(state, quantities, direct, everything):
    expected = library_run(state["kind"], state["inputs"], state["weights"])
    assert quantities["h"] == pytest.approx(expected["h"], **near)
    assert quantities[KEPT[state["kind"]]["state"]] == pytest.approx(expected["kept"], **near)
    assert direct == pytest.approx(expected["direct"], rel=1e-10, abs=1e-300)
    assert everything == pytest.approx(expected["all"], **near)


@given(states())
def test_python_takes_the_steps_of_the_library(state):
    quantities = unrolled(state["kind"], state["inputs"], state["weights"])
    check_against_the_library(state, quantities, *derivatives(state["kind"], state["weights"], quantities))


@given(states())
def test_javascript_takes_the_steps_of_the_library(javascript, state):
    quantities = javascript("cell_steps", "unrolled", state["kind"], state["inputs"], state["weights"])
    found = javascript("cell_steps", "derivatives", state["kind"], state["weights"], quantities)
    check_against_the_library(state, quantities, found["direct"], found["all"])


@given(states())
def test_every_gate_is_the_same_in_both_languages(javascript, state):
    ours = unrolled(state["kind"], state["inputs"], state["weights"])
    theirs = javascript("cell_steps", "unrolled", state["kind"], state["inputs"], state["weights"])
    assert list(theirs) == list(ours)
    for name, numbers in ours.items():
        assert theirs[name] == pytest.approx(numbers, **near)


@given(states())
def test_gates_are_what_their_rows_of_the_library_make(state):
    """Not only the states agree, but each gate: its weights are those of its row, in the library's order."""
    kind, inputs = state["kind"], state["inputs"]
    quantities = unrolled(kind, inputs, state["weights"])
    cell = library_cell(kind, state["weights"])
    before = torch.tensor([0.0, *quantities["h"][:-1]], dtype=torch.float64)
    sums = torch.tensor(inputs, dtype=torch.float64)[:, None] * cell.input_weight.detach().T
    sums = sums + cell.input_bias.detach() + before[:, None] * cell.hidden_weight.detach().T
    sums = (sums + cell.hidden_bias.detach()).T
    for row, gate in enumerate(GATES[kind]):
        if gate != "n":  # where r stands between the two halves
            made = sums[row].tanh() if gate == "g" else sums[row].sigmoid()
            assert quantities[gate] == pytest.approx(made.tolist(), **near)


@pytest.mark.parametrize("state", PRESET_STATES, ids=lambda state: state["kind"])
def test_the_presets_agree_with_the_library(javascript, state):
    quantities = javascript("cell_steps", "unrolled", state["kind"], state["inputs"], state["weights"])
    found = javascript("cell_steps", "derivatives", state["kind"], state["weights"], quantities)
    check_against_the_library(state, quantities, found["direct"], found["all"])


@given(states())
def test_a_gru_never_leaves_the_range_and_an_lstm_gains_at_most_one_a_step(state):
    quantities = unrolled(state["kind"], state["inputs"], state["weights"])
    for t, number in enumerate(quantities[KEPT[state["kind"]]["state"]], start=1):
        assert abs(number) <= (1 if state["kind"] == "gru" else t) + 1e-12


@given(st.floats(-12, 12), st.integers(1, 12))
def test_the_forget_bias_alone_sets_how_long_the_direct_path_lasts(bias, length):
    weights = {"i": [0, 0, 0], "f": [0, 0, bias], "g": [1, 1, 0], "o": [0, 0, 0]}
    direct, _ = derivatives("lstm", weights, unrolled("lstm", [1.0] * length, weights))
    assert direct[0] == pytest.approx(sigmoid(bias) ** (length - 1), rel=1e-12)


@pytest.mark.parametrize("x", [-1e4, -745.2, -1, 0, 1, 745.2, 1e4])
def test_the_logistic_function_does_not_overflow(javascript, x):
    expected = torch.tensor(x, dtype=torch.float64).sigmoid().item()
    assert sigmoid(x) == pytest.approx(expected, rel=1e-15, abs=5e-324)
    assert javascript("cell_steps", "sigmoid", x) == pytest.approx(expected, rel=1e-15, abs=5e-324)


def test_repeated_factors_are_written_as_powers(javascript):
    assert javascript("cell_state", "factorsText", [0.5, 0.5, 1, 0.25]) == "0.5² · 1 · 0.25"
    assert javascript("cell_state", "factorsText", [1e-5, 1e-5]) == "(1.0 × 10⁻⁵)²"
    assert javascript("cell_state", "factorsText", [sigmoid(1)] * 11) == "0.7311¹¹"
    assert math.isclose(0.7311**11, sigmoid(1) ** 11, rel_tol=1e-3)


@pytest.mark.parametrize(
    ("kind", "length", "text"),
    [("lstm", 2, "f₂"), ("lstm", 3, "f₂ f₃"), ("gru", 12, "u₂ ⋯ u₁₂")],
)
def test_a_product_names_its_first_and_its_last_gate(javascript, kind, length, text):
    assert javascript("cell_state", "productText", kind, length) == text


@given(states())
def test_every_row_has_room_for_its_numbers(javascript, state):
    quantities = unrolled(state["kind"], state["inputs"], state["weights"])
    for name, numbers in quantities.items():
        low, high = javascript("cell_rows", "scaleOf", name, numbers)
        assert low - 1e-9 <= min(numbers) <= max(numbers) <= high + 1e-9
        assert [low, high] == ([0, 1] if name in "iforu" else [-1, 1]) or name == "c"
    paths = derivatives(state["kind"], state["weights"], quantities)
    numbers = [*paths[0], *paths[1]]
    low, high = javascript("cell_rows", "derivativeScale", numbers)
    assert low - 0.01 <= min(numbers) <= max(numbers) <= high * (1 + 1e-9)
    assert high < 2 * max(1, *numbers) + 1e-9


@pytest.mark.parametrize(
    ("number", "factor", "share"),
    [
        (1, "1", "1.000"),
        (0.9997, "0.9997", "0.9997"),
        (sigmoid(10), "0.99995", "0.99995"),
        (sigmoid(20), "0.999999998", "0.999999998"),
        (1.00004, "1.00004", "1.00004"),
        (1 - 2**-53, "0.9999999999999999", "0.9999999999999999"),
        (0.996, "0.996", "0.996"),
        (0, "0", "0"),
        (sigmoid(-12), "6.1 × 10⁻⁶", "6.1 × 10⁻⁶"),
    ],
)
def test_only_one_reads_as_one(javascript, number, factor, share):
    assert javascript("cell_state", "factorText", number) == factor
    assert javascript("cell_state", "shareText", number) == share


def test_an_equality_is_one_as_written(javascript):
    assert javascript("cell_state", "equality", [0.5, "0.500"], [-1, "−1.000"]) == "="
    assert javascript("cell_state", "equality", [0.5, "0.500"], [0.0319, "0.032"]) == "≈"
    assert javascript("cell_state", "equality", [1e-5, "1.0 × 10⁻⁵"]) == "≈"


@pytest.mark.parametrize(
    ("kind", "gate", "weights", "text"),
    [
        ("lstm", "f", {}, "= σ(0 · 0.000 + 0 · 0.746 + 1) ≈ 0.731"),
        ("lstm", "f", {"f": [0.0, 0.0, 0.0]}, "= σ(0 · 0.000 + 0 · 0.746 + 0) = 0.500"),
        ("lstm", "g", {}, "≈ tanh(2 · 0.000 + 1 · 0.746 + 0) ≈ 0.633"),
        ("gru", "n", {"n": [1.0, 0.0, 0.0, 0.0]}, "= tanh(1 · 0.000 + 0 + 1.000 · (0 · 0.762 + 0)) = 0.000"),
        ("gru", "n", {"n": [1.0, 0.0, 0.0, 1.0]}, "≈ tanh(1 · 0.000 + 0 + 1.000 · (0 · 0.964 + 1)) ≈ 0.762"),
    ],
)
def test_a_gate_says_where_its_numbers_are_rounded(javascript, kind, gate, weights, text):
    preset = PRESETS["forget"]
    state = {"kind": kind, "inputs": preset["inputs"], "weights": preset[kind] | weights, "step": 2}
    derived = javascript("cell_state", "derive", state)
    said = javascript("cell_state", "gateText", state, derived, gate)
    assert said.replace("\u00a0", " ").strip() == text


def finding(javascript, kind, preset, **gates):
    """The sentence of a preset with other biases."""
    weights = PRESETS[preset][kind] | {gate: [*PRESETS[preset][kind][gate]] for gate in gates}
    for gate, bias in gates.items():
        weights[gate][2] = bias
    state = {"kind": kind, "inputs": PRESETS[preset]["inputs"], "weights": weights, "step": 1}
    said = javascript("cell_state", "finding", state, javascript("cell_state", "derive", state))
    return said.replace("\u00a0", " ").replace("\u2060", "")


@pytest.mark.parametrize(("bias", "counts"), [(10, True), (5, True), (4, False), (3, False), (0, False)])
def test_a_cell_counts_only_if_it_ends_near_the_number_of_ticks(javascript, bias, counts):
    said = finding(javascript, "lstm", "count", f=bias)
    assert ("no bound" in said) == counts
    assert ("the gates leave f₂ ⋯ f₁₂" in said) != counts


@pytest.mark.parametrize(
    ("kind", "preset", "gates", "says"),
    [
        (
            "lstm",
            "forget",
            {"f": -5},
            "The forget gate stays shut: each step drops the state. On the direct path ∂c₁₂/∂c₁ is "
            "1.2 × 10⁻²⁴. All paths together carry 3.8 × 10⁻¹¹.",
        ),
        (
            "gru",
            "forget",
            {"u": -5},
            "The update gate stays shut: each step replaces the state by the candidate.",
        ),
        (
            "lstm",
            "reset",
            {},
            "Step 6: the forget gate shuts and drops the state. On the direct path ∂c₁₂/∂c₁",
        ),
        # Shut at step 1 too, where there is nothing to drop, and open at step 6.
        ("lstm", "mark", {}, "Step 2: the forget gate is shut and drops the state."),
    ],
)
def test_a_gate_shuts_only_if_it_was_open(javascript, monkeypatch, kind, preset, gates, says):
    turned = PRESETS["reset"]["lstm"] | {"f": [-20.0, 0.0, -10.0]}
    monkeypatch.setitem(PRESETS, "mark", PRESETS["reset"] | {"lstm": turned})
    assert says in finding(javascript, kind, preset, **gates)


@given(states())
def test_there_is_a_finding_for_every_state(javascript, state):
    derived = javascript("cell_state", "derive", state)
    sentence = javascript("cell_state", "finding", state, derived)
    assert 20 < len(sentence) < 200
    assert not any(word in sentence for word in ("undefined", "NaN", "null", "Infinity"))
