"""Scores and Predict in a page without a kernel: hostile state, neighbors, and what is left when one goes."""

import pytest

from whyattention.widgets import Predict, Scores

CHOICE = {"key": "t-choice", "question": "Which?", "options": ["first", "second"], "answer": 1}
SECRET = "the explanation of the answer"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"scores": ["NaN", 1, 2, 3]}, "not a number"),
        ({"scores": [1e308, 1, 2, 3]}, "too far from 0"),
        ({"scores": [1, 2]}, "do not fit"),
        ({"scores": None}, "do not fit"),
        ({"words": ["<b>x</b>", "b", "c", "d"]}, "not a word"),
        ({"words": [], "scores": [], "states": [], "mask": []}, "without words"),
        (
            {"words": ["w"] * 100, "scores": [0] * 100, "states": [[0, 1]] * 100, "mask": [True] * 100},
            "100 words",
        ),
        ({"mask": [False] * 4}, "At least one word"),
        ({"mask": ["x"] * 4}, "do not fit"),
        ({"states": [["a", 1]] * 4}, "hidden state is two numbers"),
        ({"temperature": 0}, "above 0"),
        ({"temperature": "-Infinity"}, "above 0"),
    ],
)
def test_a_hostile_stored_state_is_told_and_does_not_stop_the_figure(open_widgets, change, says):
    page = open_widgets(Scores(), change=change)
    assert says in page.locator(".wa-message").inner_text()
    page.click("[data-preset=logarithms]")
    assert float(page.locator("data.wa-weight").last.get_attribute("value")) == pytest.approx(0.8, abs=1e-12)
    assert page.locator(".wa-message").inner_text() == ""
    assert page.console_problems == []


@pytest.mark.parametrize(
    "change", [{"options": [1, 2]}, {"answer": 9}, {"question": None}, {"options": None}]
)
def test_a_hostile_stored_question_is_told(open_widgets, change):
    page = open_widgets(Predict(**CHOICE), change=change)
    assert "cannot be asked" in page.locator(".wa-message").inner_text()
    assert page.console_problems == []


def test_a_hostile_stored_prediction_counts_as_none(open_widgets):
    page = open_widgets(Predict(**CHOICE), change={"guess": "NaN", "committed": True})
    assert page.locator(".wa-commit").is_visible()
    assert page.locator(".wa-result").is_hidden()


def test_the_host_releases_one_widget_and_the_other_lives_on(open_widgets):
    page = open_widgets(Scores(), Scores.preset("logarithms"))
    page.evaluate("window.whyattentionHost.unmount(document.querySelector('.wa-host'))")
    assert page.locator(".wa-scores").count() == 1
    page.locator(".wa-scores .wa-number").first.fill("ln 16")
    weights = [float(e.get_attribute("value")) for e in page.locator("data.wa-weight").all()]
    assert weights[0] == pytest.approx(weights[3], rel=1e-12)


def test_labels_are_text_whatever_they_hold(open_widgets):
    page = open_widgets(Scores(words=["<eos>", "l'homme", "طالب", "학생"], scores=[1, 2, 3, 4]))
    assert page.locator(".wa-word").all_inner_texts() == ["<eos>", "l'homme", "طالب", "학생"]


def test_states_are_drawn_only_where_they_are_wanted(open_widgets):
    page = open_widgets(Scores(show_states=False), Scores())
    assert page.locator("svg.wa-plane").nth(0).is_hidden()
    assert page.locator("svg.wa-plane").nth(1).is_visible()


def test_a_slider_prediction_is_measured_against_the_answer(open_widgets):
    page = open_widgets(Predict(key="t-x", question="?", low=0, high=1, answer=0.37, explanation=SECRET))
    page.click(".wa-commit")
    assert "Move the slider" in page.locator(".wa-message").inner_text()
    assert SECRET not in page.locator(".wa-predict").inner_text()
    page.locator(".wa-number").fill("7")
    page.click(".wa-commit")
    assert "from 0 to 1" in page.locator(".wa-message").inner_text()
    page.locator(".wa-predict .wa-slider").focus()
    page.keyboard.press("ArrowRight")
    page.click(".wa-commit")
    assert page.locator(".wa-verdict-line").inner_text() == (
        "You predicted 0.51, the measurement says 0.37: 0.14 too high."
    )
    assert page.locator("data.wa-answer").get_attribute("value") == "0.37"
    assert SECRET in page.locator(".wa-result").inner_text()


@pytest.mark.parametrize(
    "remembered",
    [
        "{",
        "null",
        '{"guess": 7}',
        '{"question": "Which?", "guess": "0"}',
        "[1]",
        '{"question": "Another?", "guess": 1}',
    ],
)
def test_a_spoiled_memory_is_ignored(open_widgets, remembered):
    page = open_widgets(Predict(**CHOICE, explanation=SECRET))
    page.evaluate("(text) => localStorage.setItem('whyattention:predict:t-choice', text)", remembered)
    page.reload()
    page.wait_for_selector(".wa-commit")
    assert SECRET not in page.locator(".wa-predict").inner_text()
    assert page.console_problems == []


def test_without_storage_a_prediction_still_works(open_widgets):
    page = open_widgets(Predict(**CHOICE, explanation=SECRET))
    page.evaluate("Object.defineProperty(window, 'localStorage', { get() { throw new Error('denied'); } })")
    page.locator(".wa-option input").nth(1).check()
    page.click(".wa-commit")
    assert SECRET in page.locator(".wa-result").inner_text()
    page.click(".wa-again")
    assert SECRET not in page.locator(".wa-predict").inner_text()
    assert page.console_problems == []


@pytest.mark.parametrize("width", [320, 768, 1280])
def test_nothing_is_wider_than_the_page(open_widgets, width):
    words = ["Wassermelone", "é" * 16, "m" * 16, "student"]
    widgets = [Scores(words=words, scores=[40, -9999, 20, 0.0001]), Predict(**CHOICE)]
    page = open_widgets(*widgets, viewport={"width": width, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_bad_number_is_not_committed_in_the_place_of_an_earlier_good_one(open_widgets):
    page = open_widgets(Predict(key="t-x", question="?", low=0, high=1, answer=0.37))
    page.locator(".wa-number").fill("0.4")
    page.locator(".wa-number").fill("7")
    page.click(".wa-commit")
    assert "from 0 to 1" in page.locator(".wa-message").inner_text()
    assert page.locator(".wa-result").is_hidden()
