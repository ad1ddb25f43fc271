"""What Curves computes: JavaScript, Python, the library and the chapters agree; labels never collide."""

import json
import math
from itertools import pairwise

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.widgets.curves_drawn import LABEL, SHARE, figures
from whyattention import metrics
from whyattention.widgets import Curves
from whyattention.widgets.curves_arithmetic import (
    bits_at_least,
    bits_needed,
    nearest,
    place_labels,
    reach,
    spread,
)
from whyattention.widgets.curves_fallback import decimals, fixed

NUMBER = st.floats(-1e6, 1e6)
STATE = ("charts", "chart", "at", "shown", "seeds", "count")


@st.composite
def labels(draw):
    count = draw(st.integers(1, 24))
    wanted = draw(st.lists(st.floats(-50, 400), min_size=count, max_size=count))
    heights = draw(st.lists(st.sampled_from([14, 16, 31]), min_size=count, max_size=count))
    return wanted, heights


def close(ours, theirs):
    return theirs == pytest.approx(ours, rel=1e-12, abs=1e-9)


@given(st.integers(1, 6).flatmap(lambda n: st.lists(st.lists(NUMBER, min_size=n, max_size=n), min_size=1)))
def test_mean_and_range_are_the_same_in_both_languages(javascript, values):
    ours = spread(values)
    assert ours == javascript("curves_arithmetic", "spread", values)
    points = torch.tensor(values, dtype=torch.float64)
    assert close(points.mean(0).tolist(), ours["mean"])
    assert (points.amin(0).tolist(), points.amax(0).tolist()) == (ours["low"], ours["high"])


@given(st.integers(1, 1000), st.integers(2, 100_000))
def test_bits_needed_are_those_of_the_library(javascript, tokens, alphabet):
    assert bits_needed(tokens, alphabet) == metrics.bits_needed(tokens, alphabet)
    assert close(
        bits_needed(tokens, alphabet), javascript("curves_arithmetic", "bitsNeeded", tokens, alphabet)
    )


def bits_recovered(accuracy, alphabet):
    """The cell of chapter 2, equation (2.2)."""
    p = accuracy.double().clamp(1e-12, 1 - 1e-12)
    wrong = (1 - p) * ((1 - p) / (alphabet - 1)).log2()
    return (math.log2(alphabet) + p * p.log2() + wrong).sum()


@given(SHARE, st.integers(1, 100), st.integers(2, 1000))
def test_bits_that_came_back_are_counted_as_in_chapter_2(javascript, accuracy, tokens, alphabet):
    ours = bits_at_least(accuracy, tokens, alphabet)
    if accuracy <= 1 / alphabet:
        assert ours == 0
    else:
        positions = torch.full((tokens,), accuracy, dtype=torch.float64)
        assert ours == pytest.approx(bits_recovered(positions, alphabet).item(), abs=1e-6 * tokens)
    assert close(ours, javascript("curves_arithmetic", "bitsAtLeast", accuracy, tokens, alphabet))
    assert -1e-9 <= ours <= bits_needed(tokens, alphabet) + 1e-9


@given(st.lists(SHARE, min_size=1, max_size=30), st.integers(2, 100))
def test_the_mean_accuracy_gives_no_more_bits_than_the_positions_do(accuracies, alphabet):
    mean = math.fsum(accuracies) / len(accuracies)
    positions = torch.tensor(accuracies, dtype=torch.float64)
    bound = bits_recovered(positions, alphabet).item()
    assert bits_at_least(mean, len(accuracies), alphabet) <= bound + 1e-6


@given(st.lists(SHARE, min_size=1, max_size=10), SHARE, st.floats(-5, 40))
def test_the_reach_and_the_ruler_are_the_same_in_both_languages(javascript, means, threshold, at):
    x = [3 * i + 1 for i in range(len(means))]
    ours = reach(x, means, threshold)
    assert ours == javascript("curves_arithmetic", "reach", x, means, threshold)
    held = [place for place, mean in zip(x, means, strict=True) if mean >= threshold]
    assert ours is None if means[0] < threshold else ours in held
    assert nearest(x, at) == javascript("curves_arithmetic", "nearest", x, at)
    assert abs(x[nearest(x, at)] - at) == min(abs(place - at) for place in x)


@given(labels(), st.sampled_from([200, 800]))
def test_labels_stand_near_their_lines_and_never_collide(javascript, drawn, room):
    wanted, heights = drawn
    places = place_labels(wanted, heights, 0, room)
    assert close(places, javascript("curves_arithmetic", "placeLabels", wanted, heights, 0, room))
    order = sorted(range(len(wanted)), key=lambda i: (wanted[i], i))
    for above, below in pairwise(order):
        assert places[below] - places[above] >= (heights[above] + heights[below]) / 2 - 1e-9
    if sum(heights) <= room:
        assert places[order[0]] - heights[order[0]] / 2 >= -1e-9
        assert places[order[-1]] + heights[order[-1]] / 2 <= room + 1e-9


def test_labels_with_room_stay_where_they_are():
    assert place_labels([30, 100, 61], [20, 20, 20], 0, 200) == [30, 100, 61]


@given(NUMBER, st.floats(1e-3, 1e6), st.integers(3, 9))
def test_ticks_are_few_round_and_inside(javascript, low, extent, most):
    high = low + extent
    ticks = javascript("curves_arithmetic", "ticks", low, high, most)
    assert 1 <= len(ticks) <= most
    slack = 1e-8 * max(abs(low), abs(high), extent)
    assert all(low - slack <= tick <= high + slack for tick in ticks)
    steps = [b - a for a, b in pairwise(ticks)]
    assert all(step == pytest.approx(steps[0], rel=1e-5) for step in steps)


@given(st.lists(NUMBER, min_size=1, max_size=8))
def test_the_axis_holds_every_value(javascript, values):
    low, high = javascript("curves_arithmetic", "bounds", values)
    slack = 1e-8 * max(1.0, *map(abs, values))
    assert low - slack <= min(values)
    assert max(values) <= high + slack
    assert low < high


@given(st.lists(NUMBER, min_size=1, max_size=5))
def test_numbers_are_written_the_same_in_both_languages(javascript, values):
    count = decimals(values)
    assert count == javascript("curves_words", "decimals", values)
    assert fixed(values[0], count) == javascript("curves_words", "fixed", values[0], count)


@given(LABEL, st.integers(40, 200))
def test_a_name_takes_at_most_two_lines_that_fit(javascript, label, most):
    lines = javascript("curves_frame", "fitLabel", label, most)
    assert 1 <= len(lines) <= 2
    for line in lines:
        assert javascript("curves_frame", "textWidth", line) <= most or len(line) <= 3


@settings(max_examples=150)
@given(figures())
def test_javascript_reads_a_figure_as_python_does(javascript, figure):
    state = json.loads(json.dumps({name: getattr(figure, name) for name in STATE}))
    assert javascript("curves_state", "stateProblem", state) is None
    derived = javascript("curves_state", "derive", state)
    assert derived["at"] == figure.ruler
    assert [curve["label"] for curve in derived["curves"]] == [curve["label"] for curve in figure.visible]
    ours = figure.readings()
    assert len(ours) == len(derived["rows"])
    for mine, row in zip(ours, derived["rows"], strict=True):
        reading = row["reading"]
        assert mine["label"] == row["label"]
        assert mine.get("reach") == reading["reach"]
        for name in mine.keys() - {"label", "reach"}:
            assert close(mine[name], reading[name])


@pytest.mark.parametrize(
    ("name", "state", "says"),
    [
        ("length_curve", {}, "up to 2\u00a0symbols with H\u00a0=\u00a016; 4 with H\u00a0=\u00a032"),
        ("length_curve", {"chart": 1}, "up to 6\u00a0words with H\u00a0=\u00a064; 10 with H\u00a0=\u00a0128"),
        (
            "delayed_copy",
            {"shown": {"attention": ["without"]}},
            "up to 5\u00a0symbols with RNN, LSTM and GRU.",
        ),
        ("delayed_copy", {}, "20, the most measured, with RNN + attention and LSTM + attention (default"),
        ("translation_length", {}, "15 with attention and attention (both ways)."),
        (
            "delayed_copy",
            {"chart": 1, "shown": {"symbols K": [20], "cell": ["GRU"]}},
            "below 0.9 from the start",
        ),
    ],
)
def test_the_finding_says_up_to_where_each_curve_holds(javascript, name, state, says):
    figure = Curves.of(name, **state)
    derived = javascript("curves_state", "derive", {key: getattr(figure, key) for key in STATE})
    assert says in javascript("curves_words", "finding", derived, None)
