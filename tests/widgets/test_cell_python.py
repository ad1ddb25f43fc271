"""GatedCell in Python: what its examples show, what it refuses, and that a refused change leaves no trace."""

import math

import pytest
import torch
import traitlets
from hypothesis import given

from tests.widgets.cell_states import library_run, states
from whyattention.widgets import GatedCell
from whyattention.widgets.cell import GATES, PRESETS

GRU = PRESETS["remember"]["gru"]
BOTH = pytest.mark.parametrize("kind", ["lstm", "gru"])


@BOTH
def test_remember_carries_a_value_past_what_else_is_read(kind):
    cell = GatedCell.preset("remember", kind=kind)
    assert max(map(abs, cell.inputs[1:])) > 0.5
    assert cell.states[-1] == pytest.approx(cell.states[0], abs=0.02)
    assert cell.direct_derivative > 0.98
    assert cell.derivative == pytest.approx(cell.direct_derivative, rel=0.01)


@BOTH
def test_forget_lets_state_and_derivative_fade_together(kind):
    cell = GatedCell.preset("forget", kind=kind)
    assert cell.direct_derivative == pytest.approx((1 / (1 + math.exp(-1))) ** 11, rel=1e-9)
    assert cell.states[-1] < 0.25 * cell.states[0]
    assert cell.derivative > 3 * cell.direct_derivative  # the candidate hands some of it on


def test_reset_drops_the_state_of_an_lstm_and_its_derivative():
    cell = GatedCell.preset("reset")
    at = cell.inputs.index(-1)
    assert cell.quantities["f"][at] < 1e-4
    assert cell.states[at - 1] > 0.9
    assert abs(cell.states[at]) < 1e-3
    assert cell.derivative < 1e-4


def test_reset_blanks_the_past_of_a_gru_for_the_candidate_alone():
    cell = GatedCell.preset("reset", kind="gru")
    at = cell.inputs.index(-1)
    assert cell.quantities["r"][at] < 1e-4
    assert cell.quantities["n"][at - 1] > 0.9
    assert abs(cell.quantities["n"][at]) < 1e-3
    assert cell.states[at] == pytest.approx(cell.states[at - 1], abs=1e-3)
    assert cell.derivative > 0.99


def test_an_lstm_counts_its_ticks_and_a_gru_gets_nearer_to_one():
    lstm, gru = GatedCell.preset("count"), GatedCell.preset("count", kind="gru")
    ticks = 0
    for t, x in enumerate(lstm.inputs):
        ticks += x == 1
        assert lstm.states[t] == pytest.approx(ticks, abs=0.01)
        assert gru.states[t] == pytest.approx(1 - 0.5**ticks, abs=0.01)
    assert ticks == 8
    assert lstm.derivative > 0.99
    assert gru.derivative == pytest.approx(0.5**7, rel=0.01)


@given(states())
def test_states_and_derivatives_are_those_of_the_library(state):
    cell, expected = GatedCell(**state), library_run(state["kind"], state["inputs"], state["weights"])
    assert cell.states == pytest.approx(expected["kept"], rel=1e-10, abs=1e-10)
    assert cell.derivatives == pytest.approx(expected["all"], rel=1e-10, abs=1e-10)
    assert cell.derivative == cell.derivatives[0]
    assert cell.direct_derivative == pytest.approx(expected["direct"][0], rel=1e-10, abs=1e-300)


def test_an_unknown_example_or_kind_names_those_there_are():
    with pytest.raises(ValueError, match="remember, forget, reset, count"):
        GatedCell.preset("latch")
    with pytest.raises(ValueError, match="kind is 'rnn', expected one of lstm, gru"):
        GatedCell.preset("count", kind="rnn")


def test_tensors_are_taken_as_lists():
    cell = GatedCell(inputs=torch.tensor([1.0, 0.5]))
    assert cell.inputs == [1.0, 0.5]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"kind": "rnn"}, "kind is 'rnn'"),
        ({"kind": None}, "kind is None"),
        ({"kind": ["lstm"]}, r"kind is \['lstm'\]"),
        ({"inputs": []}, "inputs has 0"),
        ({"inputs": [0.0] * 13}, "inputs has 13"),
        ({"inputs": "11"}, "inputs is '11'"),
        ({"inputs": [0.0, math.nan]}, r"inputs\[1\] is nan"),
        ({"inputs": [0.0, math.inf]}, r"inputs\[1\] is inf"),
        ({"inputs": [0.0, -1e308]}, r"inputs\[1\] is -1e\+308"),
        ({"inputs": [0.0, "1"]}, r"inputs\[1\] is '1'"),
        ({"inputs": [True]}, r"inputs\[0\] is True"),
        ({"weights": GRU}, "weights has r, u, n, expected i, f, g, o"),
        ({"weights": [1, 2]}, r"weights is \[1, 2\]"),
        ({"kind": "gru", "weights": GRU | {"z": [0, 0, 0]}}, "weights has r, u, n, z"),
        ({"kind": "gru", "weights": GRU | {"n": [0, 0, 0]}}, r"weights\['n'\] has 3 .*b'"),
        ({"kind": "gru", "weights": GRU | {"u": [0, 0, 21]}}, r"weights\['u'\]\[2\] is 21"),
        ({"kind": "gru", "weights": GRU | {"u": [0, 0, None]}}, r"weights\['u'\]\[2\] is None"),
        ({"kind": "gru", "weights": GRU | {"u": 3}}, r"weights\['u'\] is 3"),
        ({"step": 0}, "step is 0"),
        ({"step": 13}, "step is 13, expected a whole number from 1 to 12"),
        ({"step": 1.5}, "step is 1.5"),
        ({"step": True}, "step is True"),
    ],
)
def test_a_bad_argument_is_named(change, named):
    with pytest.raises(ValueError, match=named):
        GatedCell(**change)


def test_a_refused_change_leaves_the_last_good_state():
    cell = GatedCell.preset("count")
    weights = cell.weights
    with pytest.raises(traitlets.TraitError, match="change kind and weights together"):
        cell.kind = "gru"
    with pytest.raises(traitlets.TraitError, match="step is 12"):
        cell.inputs = [1.0]
    with pytest.raises(traitlets.TraitError, match="inputs has 13"), cell.hold_trait_notifications():
        cell.inputs, cell.step = [0.0] * 13, 13
    assert (cell.kind, len(cell.inputs), cell.step, cell.weights) == ("lstm", 12, 12, weights)


def test_traits_that_belong_together_change_together():
    cell = GatedCell.preset("count")
    with cell.hold_sync(), cell.hold_trait_notifications():
        cell.kind, cell.weights = "gru", PRESETS["count"]["gru"]
    assert cell.states == GatedCell.preset("count", kind="gru").states


def test_a_message_of_the_front_end_is_taken_whole_or_not_at_all():
    cell = GatedCell.preset("count")
    cell.set_state({"kind": "gru", "weights": GRU, "inputs": [1, 0], "step": 2})
    assert (cell.kind, cell.inputs, cell.step) == ("gru", [1.0, 0.0], 2)
    with pytest.raises(traitlets.TraitError):
        cell.set_state({"inputs": [1], "step": 2})
    assert (cell.inputs, cell.step) == ([1.0, 0.0], 2)


def test_the_weights_keep_the_order_of_the_library():
    shuffled = dict(reversed(list(PRESETS["count"]["lstm"].items())))
    assert list(GatedCell(weights=shuffled).weights) == list(GATES["lstm"])


def test_the_repr_is_stable():
    assert repr(GatedCell(kind="gru", inputs=[1, 0])) == "GatedCell(kind='gru', inputs=[1.0, 0.0])"


@BOTH
def test_the_output_holds_a_table_with_the_numbers_for_places_without_scripts(kind):
    cell = GatedCell.preset("count", kind=kind)
    data, _ = cell._repr_mimebundle_()
    assert data["text/plain"] == repr(cell)
    html = data["text/html"]
    assert html.count("<tr>") == 13
    assert f"<td>{cell.states[-1]:.3f}</td>" in html
    assert "<svg" in html
    assert not any(bad in html for bad in ("<script", "<style", "style=", "class="))


def test_the_fallback_writes_true_minus_signs_and_no_negative_zero():
    weights = PRESETS["reset"]["lstm"]
    html = GatedCell(inputs=[-1.0, 0.0], weights=weights).fallback()
    assert "<td>−0.964</td>" in html
    assert "-0." not in html.replace("y=", "")
