"""Predict in the built book: commit, see what was measured, find it again after a reload."""

import pytest
from playwright.sync_api import Locator, Page, expect

CHAPTER = "book/07_dot_product_attention.html"


@pytest.fixture
def questions(page: Page, served_book: str):
    page.goto(f"{served_book}/{CHAPTER}")
    page.locator(".wa-predict").first.wait_for()
    yield page.locator(".wa-predict")
    assert page.console_problems == []
    assert page.foreign_requests == []


def predict(question: Locator) -> None:
    """Take the first answer, or the slider one step up."""
    question.locator(".wa-commit").wait_for()
    if question.locator(".wa-option").count():
        question.locator(".wa-option input").first.check()
    else:
        question.locator(".wa-slider").focus()
        question.page.keyboard.press("ArrowRight")
    question.locator(".wa-commit").click()


def test_the_answer_is_nowhere_before_the_commitment(questions):
    for question in questions.all():
        assert question.locator(".wa-result").inner_html() == ""
        assert question.locator("data, .wa-right").count() == 0


def test_one_cannot_commit_to_nothing(questions):
    question = questions.first
    question.locator(".wa-commit").click()
    expect(question.locator(".wa-message")).to_contain_text("first")
    assert question.locator(".wa-result").is_hidden()


def test_a_commitment_reveals_the_measurement_and_takes_the_focus_there(questions):
    question = questions.first
    predict(question)
    expect(question.locator(".wa-result")).to_be_focused()
    assert question.locator("data.wa-guess").get_attribute("value")
    assert question.locator("data.wa-answer").get_attribute("value")
    assert question.locator(".wa-verdict-line").inner_text()
    assert question.locator(".wa-question input").first.is_disabled()


def test_a_prediction_is_remembered_until_the_reader_tries_again(questions):
    question, page = questions.first, questions.page
    predict(question)
    guess = question.locator("data.wa-guess").get_attribute("value")
    page.reload()
    expect(question.locator("data.wa-guess")).to_have_attribute("value", guess)
    question.locator(".wa-again").click()
    assert question.locator(".wa-result").inner_html() == ""
    page.reload()
    expect(question.locator(".wa-commit")).to_be_visible()


def test_questions_and_figures_do_not_disturb_each_other(questions):
    assert questions.count() >= 2
    page = questions.page
    weights = page.locator(".wa-scores data.wa-weight").evaluate_all("(all) => all.map((one) => one.value)")
    predict(questions.nth(1))
    expect(questions.nth(1).locator(".wa-result")).to_be_visible()
    assert questions.nth(0).locator(".wa-result").is_hidden()
    after = page.locator(".wa-scores data.wa-weight").evaluate_all("(all) => all.map((one) => one.value)")
    assert weights == after


def test_the_keyboard_alone_is_enough(questions):
    question, page = questions.first, questions.page
    control = question.locator("input").first
    control.focus()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(question.locator(".wa-verdict-line")).to_be_visible()


def test_the_same_from_a_file(page: Page, built_book):
    page.goto((built_book / CHAPTER).as_uri())
    question = page.locator(".wa-predict").first
    predict(question)
    expect(question.locator(".wa-verdict-line")).to_be_visible()
    assert page.foreign_requests == []
