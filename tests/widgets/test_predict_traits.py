"""Predict in Python: a question is a choice or a slider, and its answer stays folded away."""

import math

import pytest
import traitlets

from whyattention.widgets import Predict

CHOICE = {"key": "07-shift", "question": "What happens?", "options": ["more", "<b>less</b>"], "answer": 1}
SLIDER = {"key": "07-x", "question": "How much?", "low": 0, "high": 1, "answer": 0.37}


@pytest.mark.parametrize(
    ("question", "named"),
    [
        (CHOICE | {"key": "07 shift"}, "key is '07 shift'"),
        (CHOICE | {"question": " "}, "question is empty"),
        (CHOICE | {"question": 3}, "question is 3"),
        (CHOICE | {"options": "more"}, "options is 'more'"),
        (CHOICE | {"options": ["more"], "answer": 0}, "options has 1"),
        (CHOICE | {"options": ["more", 2]}, r"options\[1\] is 2"),
        (CHOICE | {"answer": 2}, "answer is 2"),
        (CHOICE | {"answer": True}, "answer is True"),
        (CHOICE | {"answer": None}, "answer is None"),
        (CHOICE | {"low": 0, "high": 1}, "low and high came with options"),
        (SLIDER | {"low": None}, "low is None"),
        (SLIDER | {"high": math.inf}, "high is inf"),
        (SLIDER | {"low": 2}, "expected low < high"),
        (SLIDER | {"answer": 2}, "answer is 2"),
        (SLIDER | {"answer": math.nan}, "answer is nan"),
        (SLIDER | {"step": 0}, "step is 0"),
        (SLIDER | {"tolerance": -1}, "tolerance is -1"),
    ],
)
def test_a_bad_argument_is_named(question, named):
    with pytest.raises(ValueError, match=named):
        Predict(**question)


def test_a_stored_question_is_not_committed():
    state = Predict(**CHOICE).get_state()
    assert (state["guess"], state["committed"]) == (None, False)


def test_one_cannot_commit_to_nothing_or_to_what_was_not_asked():
    widget = Predict(**SLIDER)
    with pytest.raises(traitlets.TraitError, match="committed is True without"):
        widget.committed = True
    with pytest.raises(traitlets.TraitError, match="guess is 3"):
        widget.guess = 3
    widget.set_state({"guess": 0.5, "committed": True})
    assert (widget.guess, widget.committed) == (0.5, True)


def test_the_fallback_folds_the_answer_away_and_escapes():
    html = Predict(**CHOICE, explanation="because 1 < 2").fallback()
    before, after = html.split("<details>")
    assert before.count("<li>") == 2
    assert "because 1 &lt; 2" in after
    assert "<b>" not in html
    assert "0.37" not in Predict(**SLIDER).fallback().split("<details>")[0]


def test_the_repr_is_stable():
    assert repr(Predict(**CHOICE)) == "Predict(key='07-shift')"
