"""GatedCell in a page without a kernel: its numbers are the library's, stored states are shown or told."""

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.widgets.cell_reading import READ, agrees
from tests.widgets.cell_states import PRESET_STATES, library_run, states
from tests.widgets.held import hold
from whyattention.widgets import GatedCell
from whyattention.widgets.cell import KEPT, PRESETS


@settings(
    max_examples=4,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(st.lists(states(), min_size=12, max_size=12))
def test_the_page_shows_the_numbers_of_the_library(open_widgets, drawn):
    page = open_widgets(*[GatedCell(**state) for state in drawn])
    for state, root in zip(drawn, page.locator(".wa-cell").all(), strict=True):
        cell = agrees(root)
        assert {key: getattr(cell, key) for key in state} == state
        shown = root.evaluate(READ)["table"]
        expected = library_run(state["kind"], state["inputs"], state["weights"])
        assert shown["h"] == pytest.approx(expected["h"], rel=1e-10, abs=1e-10)
        kept = shown[KEPT[state["kind"]]["state"]]
        assert kept == pytest.approx(expected["kept"], rel=1e-10, abs=1e-10)
        assert shown["all"] == pytest.approx(expected["all"], rel=1e-10, abs=1e-10)
    assert page.console_problems == []


def test_every_preset_is_shown_and_marked(open_widgets):
    page = open_widgets(*[GatedCell(**state) for state in PRESET_STATES])
    for state, root in zip(PRESET_STATES, page.locator(".wa-cell").all(), strict=True):
        assert agrees(root).weights == state["weights"]
        marked = root.locator(".wa-preset[aria-current=true]")
        assert marked.count() == 1
        assert PRESETS[marked.get_attribute("data-preset")]["inputs"] == state["inputs"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"kind": "<b>rnn</b>"}, "do not fit"),
        ({"kind": "constructor"}, "do not fit"),
        ({"kind": "gru"}, "do not fit"),
        ({"inputs": ["NaN", 1]}, "do not fit"),
        ({"inputs": []}, "The last step stays"),
        ({"inputs": [0] * 100}, "room for 12"),
        ({"inputs": [0, 1e308], "step": 1}, "Inputs go from"),
        ({"weights": {"i": [0, 0, 0]}}, "do not fit"),
        ({"weights": PRESETS["count"]["lstm"] | {"f": [0, 0]}}, "do not fit"),
        ({"weights": PRESETS["count"]["lstm"] | {"f": [0, 0, 99]}}, "biases go from"),
        ({"weights": PRESETS["count"]["lstm"] | {"f": [0, 0, "-Infinity"]}}, "do not fit"),
        ({"step": 13}, "do not fit"),
        ({"step": 1.5}, "do not fit"),
        ({"step": "<img src=x onerror=alert(1)>"}, "do not fit"),
    ],
)
def test_a_hostile_stored_state_is_told_and_does_not_stop_the_figure(open_widgets, change, says):
    page = open_widgets(GatedCell(), change=change)
    root = page.locator(".wa-cell")
    assert says in root.locator(".wa-message").inner_text()
    assert agrees(root).inputs == PRESETS["remember"]["inputs"]
    root.locator("[data-preset=reset]").click()
    assert agrees(root).inputs == PRESETS["reset"]["inputs"]
    assert root.locator(".wa-message").inner_text() == ""
    assert page.console_problems == []


def test_a_stored_state_returns(open_widgets):
    weights = PRESETS["reset"]["gru"] | {"n": [0.5, -1.25, 0.125, 3.0]}
    page = open_widgets(GatedCell("gru", [0.5, -0.25, 1.0], weights, 2))
    cell = agrees(page.locator(".wa-cell"))
    assert (cell.kind, cell.inputs, cell.weights, cell.step) == ("gru", [0.5, -0.25, 1.0], weights, 2)


# Changes the model trait by trait, and says what the figure told meanwhile and in the end.
CHANGED = """
async ([change, pause]) => {
  const text = (name) => document.querySelector(name).textContent;
  const between = [];
  for (const [name, value] of Object.entries(change)) {
    held.set(name, value);
    if (pause) await new Promise((done) => setTimeout(done, pause));
    between.push(text(".wa-message"));
  }
  await new Promise((done) => setTimeout(done, 400));
  const told = { finding: text(".wa-finding"), message: text(".wa-message"), between };
  document.querySelector("[data-preset=count]").click();
  return { told, saved: held.saved, state: held.state };
}
"""


def synced(page, change, pause=0):
    hold(page, GatedCell.preset("remember"))
    return page.evaluate(CHANGED, [change, pause])


@pytest.mark.parametrize("pause", [0, 40])
def test_the_model_is_followed_both_ways(open_widgets, pause):
    """Also where traits that belong together come one by one, and do not fit each other in between."""
    page, reset, count = open_widgets(GatedCell()), PRESETS["reset"], PRESETS["count"]
    change = {"kind": "gru", "weights": reset["gru"], "inputs": reset["inputs"]}
    done = synced(page, change, pause)
    assert set(done["told"]["between"]) == {""}
    assert "the reset gate shuts" in done["told"]["finding"]
    assert done["told"]["message"] == ""
    written = {name: done["state"][name] for name in ("kind", "inputs", "weights", "step")}
    expected = {"kind": "gru", "inputs": count["inputs"], "weights": count["gru"], "step": count["step"]}
    assert written == expected
    assert done["saved"] == 1


def test_a_change_that_does_not_fit_is_told_and_the_last_good_state_stays(open_widgets):
    page = open_widgets(GatedCell())
    done = synced(page, {"kind": "gru"})
    assert "still holds" in done["told"]["finding"]
    assert "do not fit" in done["told"]["message"]
    assert (done["state"]["kind"], done["state"]["weights"]) == ("lstm", PRESETS["count"]["lstm"])
