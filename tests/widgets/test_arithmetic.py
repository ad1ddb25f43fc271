"""The arithmetic of the widgets: JavaScript, Python and the library agree, and the invariants hold."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from whyattention.attention import masked_softmax
from whyattention.widgets.arithmetic import softmax, sum_normalized, weighted_sum
from whyattention.widgets.formatting import format_number, format_weight

SCORE = st.one_of(st.floats(-10_000, 10_000), st.integers(-10_000, 10_000).map(float), st.floats(-5, 5))
TEMPERATURE = st.floats(0.01, 10_000)
NUMBER = st.one_of(st.floats(-2, 2), st.floats(allow_nan=False, allow_infinity=False))


@st.composite
def lists(draw):
    """Scores, a mask that leaves at least one word, and states, all of one length."""
    length = draw(st.integers(1, 12))
    scores = draw(st.lists(SCORE, min_size=length, max_size=length))
    mask = draw(st.lists(st.booleans(), min_size=length, max_size=length).filter(any))
    pair = st.lists(st.floats(-1000, 1000), min_size=2, max_size=2)
    return scores, mask, draw(st.lists(pair, min_size=length, max_size=length))


def close(numbers, others):
    return others == pytest.approx(numbers, rel=1e-12, abs=1e-300)


@given(lists(), TEMPERATURE)
def test_softmax_of_javascript_is_that_of_python(javascript, drawn, temperature):
    scores, mask, _ = drawn
    assert close(
        softmax(scores, mask, temperature), javascript("arithmetic", "softmax", scores, mask, temperature)
    )


@given(lists())
def test_dividing_by_the_sum_is_the_same_in_both_languages(javascript, drawn):
    scores, mask, _ = drawn
    ours, theirs = sum_normalized(scores, mask), javascript("arithmetic", "sumNormalized", scores, mask)
    assert (ours is None) == (theirs is None)
    assert ours is None or close(ours, theirs)


@given(lists())
def test_the_weighted_sum_is_the_same_in_both_languages(javascript, drawn):
    scores, mask, states = drawn
    weights = softmax(scores, mask)
    assert close(weighted_sum(weights, states), javascript("arithmetic", "weightedSum", weights, states))


@given(lists(), TEMPERATURE)
def test_softmax_of_the_widgets_is_that_of_the_library(drawn, temperature):
    scores, mask, _ = drawn
    ours = torch.tensor(softmax(scores, mask, temperature), dtype=torch.float64)
    theirs = masked_softmax(torch.tensor(scores, dtype=torch.float64) / temperature, torch.tensor(mask))
    torch.testing.assert_close(ours, theirs, rtol=1e-12, atol=1e-12)


@given(lists())
def test_the_attention_value_is_always_inside_the_hull(javascript, drawn):
    scores, mask, states = drawn
    value = weighted_sum(softmax(scores, mask), states)
    attended = [state for state, on in zip(states, mask, strict=True) if on]
    assert javascript("arithmetic", "insideHull", value, attended)


@given(st.lists(st.integers(-1000, 1000), min_size=1, max_size=12), st.integers(-1000, 1000))
def test_softmax_ignores_a_shift_of_all_scores(scores, shift):
    assert softmax([score + shift for score in scores]) == softmax(scores)


@given(st.lists(st.integers(1, 1000), min_size=1, max_size=12), st.sampled_from([0.5, 2.0, 8.0]))
def test_dividing_by_the_sum_ignores_a_factor(scores, factor):
    assert sum_normalized([factor * score for score in scores]) == sum_normalized(scores)


def test_scores_that_cancel_have_no_quotients(javascript):
    for scores in ([0.1, 0.2, -0.3], [0.0], [5.0, -5.0]):
        assert sum_normalized(scores) is None
        assert javascript("arithmetic", "sumNormalized", scores) is None


def test_a_point_outside_the_hull_is_seen_to_be_outside(javascript):
    square = [[0, 0], [1, 0], [1, 1], [0, 1], [0.5, 0.5]]
    assert len(javascript("arithmetic", "convexHull", square)) == 4
    assert javascript("arithmetic", "insideHull", [0.5, 0.99], square)
    assert not javascript("arithmetic", "insideHull", [0.5, 1.01], square)
    assert javascript("arithmetic", "insideHull", [0.5, 0.5], [[0, 0], [1, 1]])
    assert not javascript("arithmetic", "insideHull", [2, 2], [[0, 0], [1, 1]])
    assert not javascript("arithmetic", "insideHull", [1, 0], [[0, 0]])


@given(st.lists(SCORE, min_size=1, max_size=12))
def test_the_slider_holds_every_score_and_its_steps_are_fine_enough(javascript, scores):
    limits = javascript("arithmetic", "sliderLimits", scores, 10_000)
    assert max(map(abs, scores)) <= limits["bound"] <= 10_000
    assert 100 <= limits["bound"] / limits["step"] <= 1000 * (1 + 1e-9)


@given(NUMBER)
def test_numbers_are_written_the_same_in_both_languages(javascript, number):
    assert javascript("formatting", "formatWeight", number) == format_weight(number)
    assert javascript("formatting", "formatNumber", number) == format_number(number)


def test_tiny_weights_are_written_as_powers_of_ten(javascript):
    weights = softmax([40, 20, 20, 320])
    assert [format_weight(w) for w in weights] == ["2.5 × 10⁻¹²²", "5.1 × 10⁻¹³¹", "5.1 × 10⁻¹³¹", "1.000"]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("2.5", 2.5),
        (" -3 ", -3),
        ("−3", -3),
        ("1e3", 1000),
        (".5", 0.5),
        ("ln 16", math.log(16)),
        ("ln(2)", math.log(2)),
    ],
)
def test_typed_numbers_are_read(javascript, text, number):
    assert javascript("formatting", "parseNumber", text) == pytest.approx(number, rel=1e-15)


@pytest.mark.parametrize(
    "text", ["", "abc", "NaN", "Infinity", "1e999", "-1e999", "0x10", "1,5", "2 3", "<b>1</b>"]
)
def test_what_is_no_finite_number_is_not_read_as_one(javascript, text):
    assert javascript("formatting", "parseNumber", text) is None  # JSON has neither NaN nor Infinity
