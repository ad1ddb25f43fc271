"""Curves in Python: what it takes, what it refuses, and that the book's curves are what was measured."""

import json
import math
import subprocess
import sys

import pytest
import torch
import traitlets

from whyattention.experiments import stored_result
from whyattention.widgets import Curves
from whyattention.widgets.curves_stored import RESULTS

CURVES = [
    {"label": "GRU", "settings": {"cell": "GRU", "attention": False}, "values": [[1.0, 0.5], [0.9, 0.3]]},
    {"label": "LSTM", "settings": {"cell": "LSTM", "attention": True}, "values": [[1.0, 0.7]]},
]
STATE = ("charts", "chart", "at", "shown", "seeds", "count")


def own(**change) -> Curves:
    return Curves(**({"x": [5, 20], "curves": CURVES} | change))


def curve(**change) -> list[dict]:
    return [CURVES[0] | change]


def test_the_classes_own_measurements_are_read_at_the_ruler():
    widget = own(unit="symbols", alphabet=16, threshold=0.9, trained=[1, 20])
    best, other = widget.readings()
    assert (best["label"], best["mean"], best["reach"], best["of"]) == ("LSTM", 0.7, 5, 20)
    assert (other["mean"], other["low"], other["high"]) == (0.4, 0.3, 0.5)
    assert (best["needed"], best["tokens"]) == (80, 14)
    assert 0 < other["bits"] < best["bits"] < 4 * 14


def test_settings_choose_curves():
    assert [one["label"] for one in own(shown={"attention": [True]}).visible] == ["LSTM"]
    assert own(shown={"attention": [True], "cell": ["GRU"]}).visible == []
    assert [one["label"] for one in own(one_of=["cell"]).visible] == ["GRU"]
    assert [one["label"] for one in own(one_of=["cell"], shown={"cell": ["LSTM"]}).visible] == ["LSTM"]


def test_a_curve_without_a_setting_is_not_chosen_away_by_it():
    widget = own(curves=[*CURVES, {"label": "none", "values": [[0.0, 0.0]]}], shown={"cell": ["GRU"]})
    assert [one["label"] for one in widget.visible] == ["GRU", "none"]


def test_the_ruler_stands_at_what_was_measured():
    assert own().ruler == 1
    assert own(trained=[1, 5]).ruler == 0
    assert own(at=-3).ruler == 0
    assert own(at=13).ruler == 1


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"x": None}, "x is None"),
        ({"x": [5]}, "x has 1 entries"),
        ({"x": [20, 5]}, r"x is \[20, 5\], expected rising"),
        ({"x": [5, 5]}, "expected rising"),
        ({"x": [5, math.nan]}, r"x\[1\] is nan"),
        ({"x": "ab"}, "x is 'ab'"),
        ({"x": list(range(61))}, "x has 61 entries"),
        ({"curves": []}, "curves has 0"),
        ({"curves": CURVES * 13}, "curves has 26"),
        ({"curves": ["GRU"]}, r"curves\[0\] is 'GRU'"),
        ({"curves": curve(values=[[1.0]])}, r"curves\[0\] values\[0\] has 1 entries, expected 2"),
        ({"curves": curve(values=[])}, r"curves\[0\] values has 0"),
        ({"curves": curve(values=[[1.0, math.inf]])}, r"curves\[0\] values\[0\]\[1\] is inf"),
        ({"curves": curve(values=[[1.0, True]])}, "is True"),
        ({"curves": curve(values=[[1.0, 1e308]])}, "1e[+]308"),
        ({"curves": curve(label="")}, r"curves\[0\] label is ''"),
        ({"curves": curve(label="x" * 49)}, r"curves\[0\] label"),
        ({"curves": curve(label="\u202eevil")}, "expected printable text"),
        ({"curves": curve(label=3)}, r"curves\[0\] label is 3"),
        ({"curves": curve(settings="GRU")}, r"curves\[0\] settings is 'GRU'"),
        ({"curves": curve(settings={"cell": None})}, r"settings\['cell'\] is None"),
        ({"curves": curve(look=["pink", "solid", "circle"])}, r"curves\[0\] look"),
        ({"curves": curve(color="red")}, r"curves\[0\] has \['color'\]"),
        ({"x_label": ""}, "x_label is ''"),
        ({"unit": None}, "unit is None"),
        ({"trained": [1]}, r"trained is \[1\]"),
        ({"trained": [9, 1]}, r"trained is \[9, 1\]"),
        ({"threshold": "high"}, "threshold is 'high'"),
        ({"alphabet": 1}, "alphabet is 1"),
        ({"alphabet": 16.0}, "alphabet is 16.0"),
        ({"alphabet": 16, "curves": curve(values=[[1.0, 1.5]])}, "values are from 1.0 to 1.5"),
        ({"alphabet": 16, "x": [0, 5]}, "x is 0, expected a number of tokens"),
        ({"alphabet": 16, "tokens": "K"}, "K is None, expected a number of tokens"),
        ({"chart": 1}, "chart is 1"),
        ({"at": "here"}, "at is 'here'"),
        ({"shown": {"size": [1]}}, "shown has 'size'"),
        ({"shown": {"cell": []}}, r"shown\['cell'\] is \[\]"),
        ({"shown": {"cell": ["RNN"]}}, r"shown\['cell'\] is \['RNN'\]"),
        ({"shown": ["cell"]}, r"shown is \['cell'\]"),
        ({"charts": [{}]}, "charts came with x"),
    ],
)
def test_a_bad_argument_is_named(change, named):
    with pytest.raises(ValueError, match=named):
        own(**change)


@pytest.mark.parametrize(
    ("charts", "named"),
    [
        ([], "charts has 0"),
        ("ab", "charts is 'ab'"),
        (["a"], r"charts\[0\] is 'a'"),
        ([{"x": [1, 2], "curves": CURVES, "title": "t"}], "has \\['title'\\]"),
        ([{"x": [1, 2], "curves": CURVES}] * 2, "a name of their own"),
        (
            [{"name": "a", "x": [1, 2], "curves": CURVES}, {"name": "b", "x": [2, 1], "curves": CURVES}],
            r"charts\[1\] x",
        ),
    ],
)
def test_bad_charts_are_named(charts, named):
    with pytest.raises(ValueError, match=named):
        Curves(charts=charts)


@pytest.mark.parametrize("label", ["<b>bold</b>", "a&b", '"q"', "학생", "طالب", "😀", "x" * 48])
def test_a_label_is_any_printable_text(label):
    assert own(curves=curve(label=label)).visible[0]["label"] == label
    assert "<b>bold" not in own(curves=curve(label=label)).fallback()


def test_tensors_are_taken_as_lists():
    values = torch.tensor([[1.0, 0.5], [0.5, 0.25]], dtype=torch.float64)
    assert (
        own(x=torch.tensor([1, 2]), curves=[{"label": "a", "values": values}]).readings()[0]["mean"] == 0.375
    )


def test_a_refused_change_leaves_the_last_good_state():
    widget = own(shown={"cell": ["GRU"]})
    for name, value in {
        "chart": 3,
        "at": math.nan,
        "shown": {"cell": ["x"]},
        "charts": [],
        "seeds": "yes",
    }.items():
        before = getattr(widget, name)
        with pytest.raises(traitlets.TraitError):
            setattr(widget, name, value)
        assert getattr(widget, name) == before


def test_curves_without_a_look_differ_in_more_than_hue():
    many = [{"label": str(i), "values": [[0.0, 1.0]]} for i in range(24)]
    looks = [tuple(one["look"]) for one in own(curves=many).visible]
    assert len(set(looks)) == 24
    assert len({look[1:] for look in looks}) == 24


def rows_of(widget: Curves) -> list[tuple[dict, dict]]:
    return [(chart, one) for chart in widget.charts for one in chart["curves"]]


@pytest.mark.parametrize("name", RESULTS)
@pytest.mark.parametrize("figure", ["token_accuracy", "exact_match"])
def test_the_curves_of_a_stored_result_are_what_was_measured(name, figure):
    """Every seed of every row with lengths is there once, and each mean is the stored mean."""
    widget = Curves.of(name, figure)
    shown = {json.dumps([chart["x"], one["values"]]) for chart, one in rows_of(widget)}
    means = [
        [math.fsum(point) / len(point) for point in zip(*one["values"], strict=True)]
        for _, one in rows_of(widget)
    ]
    rows = [row for row in stored_result(name)["rows"] if "by_length" in row["tables"]]
    for row in rows:
        table = row["tables"]["by_length"]
        seeds = [[round(value, 4) for value in seed] for seed in table[figure]["seeds"]]
        assert json.dumps([table["lengths"], seeds]) in shown
        assert any(mean == pytest.approx(table[figure]["mean"], abs=1e-4) for mean in means)
    charts = [chart for chart in widget.charts if chart["trained"]]
    assert sum(len(chart["curves"]) for chart in charts) == len(rows)


@pytest.mark.parametrize(("chart", "other"), [(0, "distractors D"), (1, "symbols K")])
def test_delayed_copy_against_either_knob_is_what_was_measured(chart, other):
    drawn = Curves.of("delayed_copy").charts[chart]
    found = {}
    for one in drawn["curves"]:
        for i, x in enumerate(drawn["x"]):
            pair = (x, one["settings"][other])
            load, lag = pair if chart == 0 else pair[::-1]
            found[one["label"], load, lag] = [seed[i] for seed in one["values"]]
    rows = stored_result("delayed_copy")["rows"]
    assert len(found) == len(rows)
    for row in rows:
        task = row["settings"]["task"]
        kind = (
            row["label"].split(", K")[0].replace(" with ", " + ").replace(", default bias", " (default bias)")
        )
        stored = row["tables"]["final"]["token_accuracy"]["seeds"]
        assert found[kind, task["load"], task["lag"]] == [round(value, 4) for value in stored]


def test_what_the_stored_settings_say_is_what_the_figure_says():
    copy, translation = Curves.of("length_curve").charts
    assert (copy["trained"], copy["alphabet"], translation["alphabet"]) == ([1, 20], 16, None)
    assert [one["settings"]["hidden size"] for one in copy["curves"]] == [16, 32, 64, 128]
    assert copy["note"] == "LSTM, trained for 8,000 steps on 1 to 20 symbols."
    (only,) = Curves.of("translation_length").charts
    with_attention = [one["label"] for one in only["curves"] if one["settings"]["attention"] == "with"]
    assert with_attention == ["attention", "attention (both ways)"]
    assert Curves.of("length_curve", "exact_match").charts[0]["alphabet"] is None


@pytest.mark.parametrize("name", RESULTS)
def test_the_stored_state_is_small(name):
    widget = Curves.of(name)
    state = json.dumps({key: getattr(widget, key) for key in STATE})
    assert len(state) < 25_000


def test_an_unknown_result_or_figure_names_those_there_are():
    with pytest.raises(ValueError, match="length_curve"):
        Curves.of("gradient_reach")
    with pytest.raises(ValueError, match="exact_match"):
        Curves.of("length_curve", "bleu")


def test_stored_results_are_read_without_torch():
    code = "from whyattention.widgets import Curves; Curves.of('length_curve')"
    code += "; import sys; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_the_repr_is_stable():
    assert repr(own()) == "Curves(x=[5, 20])"
    assert repr(Curves.of("delayed_copy")) == "Curves(charts=['more symbols K', 'more distractors D'])"


def test_the_fallback_is_a_table_of_the_shown_curves_with_a_drawing():
    html = own(shown={"cell": ["GRU"]}, alphabet=16, trained=[1, 5], note="1 < 2").fallback()
    for text in (
        "<table>",
        "<svg",
        "GRU",
        "0.40 (0.30 to 0.50)",
        "20 (not trained)",
        "<td>80</td>",
        "1 &lt; 2",
    ):
        assert text in html
    assert "LSTM" not in html
    assert not any(bad in html for bad in ("<script", "<style", "style=", "class=", "id="))
    assert "No curve" in own(shown={"cell": ["GRU"], "attention": [True]}).fallback()
