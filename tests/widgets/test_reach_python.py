"""Reach in Python: what it derives, what it refuses, and that a refused change leaves nothing behind."""

import math
import re

import pytest
import traitlets

from whyattention.widgets import Reach
from whyattention.widgets.reach import PRESETS

KEPT = {"cell": "lstm", "weight": 0.5, "drive": 1.0, "forget_bias": 2.0}


def test_the_default_vanishes_sooner_than_its_weight_says():
    widget = Reach()
    assert (widget.cell, widget.weight, widget.reach) == ("tanh", 0.9, 14)
    assert widget.direct_norms is None
    assert Reach(cell="linear").reach == 66 == math.ceil(math.log(1e-3) / math.log(0.9))
    assert Reach(drive=0.0).reach == 66


@pytest.mark.parametrize("name", list(PRESETS))
def test_every_preset_is_a_good_state(name):
    widget = Reach.preset(name)
    assert len(widget.norms) == widget.lag + 1 == 101
    assert widget.norms[0] == 1
    assert all(getattr(widget, key) == value for key, value in PRESETS[name].items())


def test_the_presets_show_what_they_are_named_for():
    assert Reach.preset("balanced").norms == [1.0] * 101
    assert Reach.preset("exploding").norms[100] == pytest.approx(1.1**100)
    assert Reach.preset("latch").reach <= 2
    assert Reach.preset("lstm-one").direct_norms[100] == pytest.approx(2.5e-14, rel=0.01)
    assert Reach.preset("lstm-log").direct_norms[100] == pytest.approx(0.37, abs=0.001)
    assert Reach.preset("lstm-log").reach is None


def test_an_unknown_preset_names_those_there_are():
    with pytest.raises(ValueError, match="vanishing, balanced"):
        Reach.preset("vanish")


def test_what_is_too_small_for_float64_still_has_a_logarithm():
    widget = Reach(weight=5, drive=3, lag=200)
    assert widget.log_norms[-1] < -400
    assert widget.norms[-1] == 0
    assert Reach(weight=0).log_norms[1] == -math.inf


def test_clipping_cuts_what_explodes_and_leaves_what_vanished():
    assert Reach(cell="linear", weight=1.1, clipping=True).clip_factor < 1e-3
    assert Reach(clipping=True).clip_factor == 1


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"cell": "relu"}, "cell is 'relu', expected one of linear, tanh"),
        ({"cell": None}, "cell is None"),
        ({"cell": ["tanh"]}, r"cell is \['tanh'\]"),
        ({"weight": -0.1}, "weight is -0.1, expected a finite number from 0 to 5"),
        ({"weight": math.nan}, "weight is nan"),
        ({"weight": math.inf}, "weight is inf"),
        ({"weight": "1"}, "weight is '1', expected a number"),
        ({"weight": True}, "weight is True"),
        ({"drive": 4}, "drive is 4"),
        ({"drive": 1e308}, r"drive is 1e\+308"),
        ({"forget_bias": -4}, "forget_bias is -4"),
        ({"forget_bias": None}, "forget_bias is None"),
        ({"lag": 0}, "lag is 0, expected a whole number from 1 to 200"),
        ({"lag": 201}, "lag is 201"),
        ({"lag": 10.5}, "lag is 10.5"),
        ({"lag": True}, "lag is True"),
        ({"lag": None}, "lag is None"),
        ({"clipping": 1}, "clipping is 1, expected True or False"),
        ({"limit": 0}, "limit is 0"),
        ({"limit": math.nan}, "limit is nan"),
        ({"kept": "tanh"}, "kept is 'tanh', expected None or a dictionary"),
        ({"kept": {"cell": "tanh"}}, "kept is "),
        ({"kept": KEPT | {"lag": 1}}, "kept is "),
        ({"kept": KEPT | {"weight": 9}}, r"kept\.weight is 9"),
        ({"kept": KEPT | {"cell": "<b>"}}, r"kept\.cell is '<b>'"),
    ],
)
def test_a_bad_argument_is_named_and_a_bad_change_leaves_the_last_good_state(change, named):
    with pytest.raises(ValueError, match=named):
        Reach(**change)
    widget = Reach(kept=KEPT)
    before = {name: getattr(widget, name) for name in change}
    with pytest.raises(traitlets.TraitError, match=named):
        setattr(widget, *next(iter(change.items())))
    assert {name: getattr(widget, name) for name in change} == before


def test_a_message_of_the_front_end_is_taken():
    widget = Reach()
    widget.set_state({"cell": "gru", "weight": 1, "forget_bias": 3, "lag": 50, "kept": KEPT})
    assert (widget.cell, widget.weight, widget.lag, widget.kept) == ("gru", 1.0, 50, KEPT)
    with pytest.raises(traitlets.TraitError):
        widget.set_state({"lag": 12.5})
    assert widget.lag == 50


def test_whole_numbers_are_kept_as_floats():
    assert isinstance(Reach(weight=1).weight, float)
    assert isinstance(Reach(kept=KEPT | {"drive": 1}).kept["drive"], float)


def test_the_repr_is_stable_and_says_what_matters():
    assert repr(Reach()) == "Reach(cell='tanh', weight=0.9, drive=0.5, lag=100)"
    assert repr(Reach(cell="lstm")) == "Reach(cell='lstm', weight=0.9, drive=0.5, forget_bias=1, lag=100)"


def test_the_output_holds_a_plot_and_a_table_for_places_without_scripts():
    widget = Reach(cell="lstm", forget_bias=1.0, kept=KEPT, clipping=True, limit=0.5)
    data, _ = widget._repr_mimebundle_()
    html = data["text/html"]
    assert data["text/plain"] == repr(widget)
    for text in ("<table>", "<svg", "2.5 × 10⁻¹⁴", "direct path", "clipped at 0.5", "under 10⁻³ after 23"):
        assert text in html
    assert "an LSTM of one unit, recurrent weight 0.5, inputs ±1, bias 2 of the forget gate" in html
    assert html.count('fill="none"') == 4
    assert not any(bad in html for bad in ("<script", "<style", "style=", "class="))


@pytest.mark.parametrize("state", [{"weight": 0.0}, {"lag": 1}, {"lag": 3}, {"weight": 5, "cell": "linear"}])
def test_the_fallback_of_an_extreme_state_is_a_table_all_the_same(state):
    html = Reach(**state).fallback()
    assert html.count("<tr>") == 2 + min(11, state.get("lag", 10) + 1)
    assert not re.search(r"\binf|\bnan|\de[-+]\d", html)
