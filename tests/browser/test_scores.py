"""Scores in the built book: what the reader does, and that the page shows Python's numbers."""

import math
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Locator, Page, expect

from whyattention.widgets import Scores
from whyattention.widgets.scores import PRESETS

ROOT = Path(__file__).parents[2]
CHAPTER = "book/07_dot_product_attention.html"


class Figure:
    """The first Scores of a page, as a reader meets it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.root = page.locator(".wa-scores").first
        self.root.wait_for()

    def find(self, selector: str) -> Locator:
        return self.root.locator(selector)

    def numbers(self, selector: str) -> list[float | None]:
        return [float(v) if v else None for v in self._attributes(selector, "value")]

    def _attributes(self, selector: str, name: str) -> list[str]:
        return self.find(selector).evaluate_all(f"(all) => all.map((one) => one.getAttribute('{name}'))")

    def state(self) -> Scores:
        """Python's widget for what the fields of the page say."""
        return Scores(
            words=self.find(".wa-word").all_inner_texts(),
            scores=[float(v) for v in self._attributes(".wa-row .wa-number", "data-value")],
            mask=self.find(".wa-mask").evaluate_all("(all) => all.map((one) => one.checked)"),
            temperature=float(self._attributes(".wa-heat .wa-number", "data-value")[0]),
        )

    def agrees(self) -> Scores:
        """Compare every number of the page to Python's."""
        widget = self.state()
        assert self.numbers("data.wa-weight") == pytest.approx(widget.weights, abs=1e-9)
        quotients = self.numbers("data.wa-sum")
        if widget.sum_normalized is None:
            assert quotients == [None] * len(widget.words)
        else:
            assert quotients == pytest.approx(widget.sum_normalized, abs=1e-9)
        return widget

    def preset(self, name: str) -> None:
        self.find(f"[data-preset={name}]").click()

    def refuses(self, says: str, before: Scores) -> None:
        """A message stands there, and everything else is as it was."""
        expect(self.find(".wa-message")).to_contain_text(says)
        after = self.agrees()
        assert (after.words, after.scores, after.mask) == (before.words, before.scores, before.mask)
        assert after.temperature == before.temperature


def states_of_the_chapter() -> list[list[float]]:
    """The states that the chapter's own cell gave to its first Scores."""
    notebook = nbformat.read(ROOT / CHAPTER.replace(".html", ".ipynb"), as_version=4)
    models = notebook.metadata.widgets["application/vnd.jupyter.widget-state+json"]["state"].values()
    return next(model["state"]["states"] for model in models if "states" in model["state"])


@pytest.fixture
def figure(page: Page, served_book: str):
    page.goto(f"{served_book}/{CHAPTER}")
    figure = Figure(page)
    figure.preset("worked-example")
    yield figure
    assert page.console_problems == []
    assert page.foreign_requests == []


def drag(figure: Figure, row: int, part: float) -> None:
    """Take a slider's thumb where it is and let it go elsewhere."""
    slider = figure.find(".wa-row .wa-slider").nth(row)
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    now, most = slider.evaluate("(one) => [Number(one.value), Number(one.max)]")
    middle = box["y"] + box["height"] / 2
    inner = box["width"] - 20  # the thumb's middle does not reach the ends
    figure.page.mouse.move(box["x"] + 10 + inner * (now + most) / (2 * most), middle)
    figure.page.mouse.down()
    figure.page.mouse.move(box["x"] + 10 + inner * part, middle, steps=8)
    figure.page.mouse.up()


def test_the_worked_example_stands_side_by_side(figure):
    widget = figure.agrees()
    assert widget.scores == [40, 20, 20, 320]
    assert figure.numbers("data.wa-sum") == pytest.approx([0.1, 0.05, 0.05, 0.8], abs=1e-12)
    assert figure.find("data.wa-weight").first.inner_text() == "2.5 × 10⁻¹²²"


@pytest.mark.parametrize("name", list(PRESETS))
def test_every_preset_shows_its_scores(figure, name):
    figure.preset(name)
    assert figure.agrees().scores == PRESETS[name]["scores"]
    assert figure.find(f"[data-preset={name}]").get_attribute("aria-current") == "true"


def test_the_pointer_moves_a_score(figure):
    drag(figure, 3, 0.55)
    moved = figure.agrees().scores
    assert moved[:3] == [40, 20, 20]
    assert moved[3] == pytest.approx(50, abs=25)


def test_the_range_stays_while_a_score_is_dragged(figure):
    slider = figure.find(".wa-row .wa-slider").nth(3)
    bound = slider.get_attribute("max")
    drag(figure, 3, 0.505)
    assert slider.get_attribute("max") == bound
    assert abs(figure.agrees().scores[3]) < 30


def test_arrow_keys_move_a_score(figure):
    figure.preset("logarithms")
    slider = figure.find(".wa-row .wa-slider").nth(1)
    slider.focus()
    for key in ["ArrowRight"] * 3 + ["ArrowLeft"]:
        figure.page.keyboard.press(key)
    assert figure.agrees().scores[1] == pytest.approx(0.02)
    figure.page.keyboard.press("Home")
    assert figure.agrees().scores[1] == -5


@pytest.mark.parametrize(
    ("text", "score"), [("2.5", 2.5), ("-7", -7), ("1e3", 1000), ("ln 16", math.log(16))]
)
def test_a_typed_number_is_a_score(figure, text, score):
    figure.find(".wa-row .wa-number").nth(1).fill(text)
    assert figure.agrees().scores[1] == pytest.approx(score, rel=1e-15)


def test_the_slider_grows_for_a_typed_number(figure):
    figure.find(".wa-row .wa-number").nth(1).fill("9000")
    assert figure.agrees().scores[1] == 9000
    assert float(figure.find(".wa-row .wa-slider").nth(1).input_value()) == 9000


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "Nothing was typed"),
        ("abc", "not a number"),
        ("NaN", "not a number"),
        ("Infinity", "not a number"),
        ("1e308", "too far from 0"),
        ("-1e308", "too far from 0"),
        ("10001", "too far from 0"),
        ("<b>1</b>", "not a number"),
    ],
)
def test_a_bad_score_is_refused(figure, text, says):
    before = figure.agrees()
    field = figure.find(".wa-row .wa-number").nth(0)
    field.fill(text)
    figure.refuses(says, before)
    field.press("Tab")
    expect(field).to_have_value("40")
    figure.refuses(says, before)


@pytest.mark.parametrize("text", ["0", "-1", "", "hot", "1e308"])
def test_a_bad_temperature_is_refused(figure, text):
    before = figure.agrees()
    figure.find(".wa-heat .wa-number").fill(text)
    figure.find(".wa-heat .wa-number").press("Enter")
    says = {"": "Nothing was typed", "hot": "not a number"}.get(text, "above 0")
    figure.refuses(says, before)


@pytest.mark.parametrize(
    ("label", "says"),
    [
        ("", "Nothing was typed"),
        ("<b>bold</b>", "not a word"),
        ("<img src=x onerror=alert(1)>", "not a word"),
        ('"quoted"', "not a word"),
        ("\u202eevil", "not a word"),
        ("😀", "not a word"),
        ("x" * 17, "too long"),
        (" ".join(["word"] * 100), "104 words"),
    ],
)
def test_a_bad_word_is_refused(figure, label, says):
    before = figure.agrees()
    figure.find(".wa-new-word").fill(label)
    figure.find(".wa-new-word").press("Enter")
    figure.refuses(says, before)


def test_words_come_and_go(figure):
    figure.find(".wa-new-word").fill("today")
    figure.find(".wa-new-word").press("Enter")
    assert figure.agrees().words == ["I", "am", "a", "student", "today"]
    figure.find(".wa-remove").nth(1).click()
    assert figure.agrees().words == ["I", "a", "student", "today"]
    focused = figure.page.evaluate("document.activeElement.getAttribute('aria-label')")
    assert focused == "Remove word 2, a"
    figure.find(".wa-remove").nth(3).click()
    assert (
        figure.page.evaluate("document.activeElement.getAttribute('aria-label')") == "Remove word 3, student"
    )


def test_the_last_word_stays(figure):
    for _ in range(3):
        figure.find(".wa-remove").first.click()
    before = figure.agrees()
    figure.find(".wa-remove").first.click()
    figure.refuses("The last word stays", before)


def test_a_masked_word_has_no_weight(figure):
    figure.find(".wa-mask").nth(3).uncheck()
    widget = figure.agrees()
    assert (widget.mask, widget.weights[3]) == ([True, True, True, False], 0)
    assert figure.numbers("data.wa-sum") == pytest.approx([0.5, 0.25, 0.25, 0], abs=1e-12)


def test_not_all_words_can_be_masked(figure):
    for row in range(3):
        figure.find(".wa-mask").nth(row).uncheck()
    before = figure.agrees()
    figure.find(".wa-mask").nth(3).click()
    figure.refuses("At least one word", before)
    assert figure.find(".wa-mask").nth(3).is_checked()


def test_temperature_softens_softmax_and_leaves_the_quotients(figure):
    figure.find(".wa-heat .wa-number").fill("200")
    assert figure.agrees().temperature == 200
    assert figure.numbers("data.wa-weight")[3] < 0.6
    assert figure.numbers("data.wa-sum") == pytest.approx([0.1, 0.05, 0.05, 0.8], abs=1e-12)
    figure.find(".wa-temperature").focus()
    figure.page.keyboard.press("ArrowRight")
    assert figure.agrees().temperature > 200


def test_a_shift_moves_only_the_quotients_and_a_factor_only_softmax(figure):
    figure.preset("logarithms")
    weights, quotients = figure.numbers("data.wa-weight"), figure.numbers("data.wa-sum")
    figure.find(".wa-shift").click()
    figure.agrees()
    assert figure.numbers("data.wa-weight") == pytest.approx(weights, abs=1e-12)
    assert figure.numbers("data.wa-sum") != pytest.approx(quotients, abs=1e-2)
    figure.preset("logarithms")
    figure.find(".wa-scale").click()
    figure.agrees()
    assert figure.numbers("data.wa-sum") == pytest.approx(quotients, abs=1e-12)
    assert figure.numbers("data.wa-weight") != pytest.approx(weights, abs=1e-2)


def test_where_the_scores_cancel_dividing_is_undefined(figure):
    figure.preset("logarithms")
    for row, text in enumerate(["1", "-1", "2", "-2"]):
        figure.find(".wa-row .wa-number").nth(row).fill(text)
    assert figure.agrees().sum_normalized is None
    expect(figure.find(".wa-finding")).to_contain_text("undefined")


def test_the_attention_value_is_drawn_where_python_puts_it(figure):
    figure.preset("negative")
    drawn = figure.state()
    widget = Scores(words=drawn.words, scores=drawn.scores, states=states_of_the_chapter())
    value, sum_value = (
        [float(part) for part in figure.find(selector).get_attribute("value").split()]
        for selector in ("data.wa-value", "data.wa-sum-value")
    )
    assert value == pytest.approx(widget.value, abs=1e-9)
    assert sum_value == pytest.approx(widget.sum_value, abs=1e-9)
    expect(figure.find(".wa-verdict")).to_have_text("outside the hull of the states")


def test_a_screen_reader_hears_of_a_change_once_it_has_come_to_rest(figure):
    figure.find(".wa-row .wa-number").nth(0).fill("321")
    expect(figure.find(".wa-live")).to_contain_text("Word 1, I: softmax 0.731")


def test_the_same_from_a_file(page: Page, built_book):
    page.goto((built_book / CHAPTER).as_uri())
    figure = Figure(page)
    figure.preset("logarithms")
    figure.find(".wa-row .wa-number").nth(0).fill("3")
    assert figure.agrees().scores[0] == 3
    assert page.foreign_requests == []
