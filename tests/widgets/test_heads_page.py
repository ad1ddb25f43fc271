"""Heads in a browser: PyTorch's weights, keys and pointer, what is refused, what a notebook has stored."""

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from playwright.sync_api import expect

from tests.widgets.heads_drawn import states, weights_in_torch
from tests.widgets.held import hold
from whyattention.widgets import Heads
from whyattention.widgets.heads import SENTENCES

READY = ".wa-heads-cell"
READ = """(hosts) => hosts.map((host) => {
  const shown = (all) => [...all].filter((one) => !one.closest("[hidden]"));
  const rows = shown(host.querySelectorAll(".wa-heads-table tbody tr"));
  const numbers = (kind) => rows.map((row) => Number(row.querySelector(`.wa-heads-${kind}`).value));
  return {
    weights: rows.map((row) => shown(row.querySelectorAll(".wa-heads-weight")).map((one) => +one.value)),
    words: rows.map((row) => row.querySelector(".wa-heads-word").textContent),
    chosen: rows.findIndex((row) => row.querySelector("input").checked),
    head: [...host.querySelectorAll(".wa-heads-thumb input")].findIndex((one) => one.checked),
    scaled: numbers("scaled"), plain: numbers("plain"), later: numbers("later"),
    crossed: rows.map((row) => shown(row.querySelectorAll(".wa-heads-out")).length),
  };
})"""


def read(page) -> list[dict]:
    return page.locator(".wa-heads").evaluate_all(READ)


def agrees(found: dict, widget: Heads) -> None:
    """Every number of a figure in the page, beside PyTorch's weights and Python's sums of them."""
    expected = weights_in_torch(widget)[widget.head].tolist()
    assert found["words"] == widget.words
    assert (found["chosen"], found["head"]) == (widget.query, widget.head)
    for row, other in zip(expected, found["weights"], strict=True):
        assert other == pytest.approx(row, abs=1e-5)
        assert sum(other) == pytest.approx(1, abs=1e-9)
    assert found["scaled" if widget.scaled else "plain"] == pytest.approx(widget.bits, abs=1e-9)
    assert found["later"] == pytest.approx(widget.later, abs=1e-9)
    count = len(widget.words)
    assert found["crossed"] == [count - 1 - i if widget.causal else 0 for i in range(count)]


@settings(
    max_examples=2,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(st.lists(states(), min_size=20, max_size=20))
def test_the_page_shows_pytorchs_weights_to_one_in_a_hundred_thousand(open_widgets, drawn):
    widgets = [Heads(**state) for state in drawn]
    page = open_widgets(*widgets, ready=READY)
    for found, widget in zip(read(page), widgets, strict=True):
        agrees(found, widget)
    assert page.console_problems == []
    page.close()


@pytest.fixture
def figure(open_widgets):
    page = open_widgets(Heads(), ready=READY)
    yield page
    assert page.console_problems == []


def shows(page, **state: object) -> None:
    """The one figure of the page shows a state."""
    (found,) = read(page)
    agrees(found, Heads(**state))


def test_switches_act_at_once(figure):
    figure.check(".wa-heads-causal-switch")
    shows(figure, causal=True)
    figure.uncheck(".wa-heads-scaled-switch")
    shows(figure, causal=True, scaled=False)
    assert "A what-if" in figure.locator(".wa-heads-note").inner_text()
    figure.uncheck(".wa-heads-causal-switch")
    shows(figure, scaled=False)
    figure.check(".wa-heads-scaled-switch")
    shows(figure)
    expect(figure.locator(".wa-heads-note")).to_have_text("Both switches stand as in training.")


def test_arrow_keys_choose_the_word_that_asks_and_the_head(figure):
    figure.locator(".wa-heads-table input:checked").focus()
    figure.keyboard.press("ArrowDown")
    shows(figure, query=4)
    figure.keyboard.press("ArrowUp")
    figure.keyboard.press("ArrowUp")
    shows(figure, query=2)
    figure.locator(".wa-heads-thumb input:checked").focus()
    figure.keyboard.press("ArrowLeft")
    shows(figure, query=2, head=2)


def test_the_keyboard_reaches_every_part_in_the_order_of_the_page(figure):
    stops = []
    for _ in range(12):
        figure.keyboard.press("Tab")
        stops.append(figure.evaluate("document.activeElement.className || document.activeElement.localName"))
    assert stops[:3] == ["wa-button wa-preset"] * 3
    assert stops[3] == "wa-new-word wa-heads-field"
    assert stops[5:7] == ["summary", "input"]
    assert stops[7:11] == [
        "wa-heads-scaled-switch",
        "wa-heads-causal-switch",
        "wa-heads-pick",
        "wa-heads-pick",
    ]


@pytest.mark.parametrize("touch", [False, True])
def test_a_word_is_chosen_by_pointer_in_its_row_and_above_its_column(open_widgets, touch):
    page = open_widgets(Heads(), ready=READY, has_touch=touch)

    def press(locator) -> None:
        locator.tap() if touch else locator.click()

    press(page.locator(".wa-heads-table tbody tr").nth(1).locator("label"))
    shows(page, query=1)
    press(page.locator(".wa-heads-table tbody tr").nth(5).locator(READY).nth(2))
    shows(page, query=5)
    press(page.locator(".wa-heads-name").nth(2))
    shows(page, query=2)
    press(page.locator(".wa-heads-thumb").nth(0))
    shows(page, query=2, head=0)


def test_the_other_layer_shows_the_same_sentence_as_it_was_trained(figure):
    figure.locator(".wa-preset").nth(2).click()
    shows(figure, sentence=SENTENCES[2]["encoder"], query=3)
    figure.locator(".wa-heads-layer").nth(1).click()
    shows(figure, layer="decoder", sentence=SENTENCES[2]["decoder"], query=3)
    assert figure.is_checked(".wa-heads-causal-switch")
    figure.locator(".wa-preset").nth(1).click()
    shows(figure, layer="decoder", sentence=SENTENCES[1]["decoder"], query=3)
    figure.locator(".wa-heads-layer").nth(0).click()
    shows(figure, sentence=SENTENCES[1]["encoder"], query=3)
    assert not figure.is_checked(".wa-heads-causal-switch")


def type_sentence(page, text: str) -> None:
    page.fill(".wa-heads-field", text)
    page.press(".wa-heads-field", "Enter")


def test_a_typed_sentence_is_shown_and_what_is_left_over_is_gone(figure):
    type_sentence(figure, "I do not like the red car and he is a Doctor.")
    shows(figure, sentence="i do not like the red car and he is a doctor", query=3)
    assert figure.locator("[aria-current=true]").count() == 0
    type_sentence(figure, "the cat")
    shows(figure, sentence="the cat", query=1)
    assert figure.input_value(".wa-heads-field") == ""
    type_sentence(figure, "cat")
    shows(figure, sentence="cat", query=0)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "Nothing was typed"),
        ("the zebra sees", "does not know the English word “zebra”"),
        ("le chat", "does not know the English word “le”"),
        ("<img src=x onerror=alert(1)>", "“<img”"),
        ("\u202etac eht", "does not know"),
        ("😀", "“😀”"),
        ("cat " * 13, "That is 13 words"),
        ("x" * 10_000, "…”"),
        ("<pad>", "“<pad>”"),
    ],
)
def test_a_sentence_that_the_model_cannot_read_is_refused_and_the_last_one_stays(figure, text, says):
    type_sentence(figure, text)
    expect(figure.locator(".wa-message")).to_contain_text(says)
    assert len(figure.locator(".wa-message").inner_text()) < 120
    shows(figure)
    assert figure.locator(".wa-heads img").count() == 0
    assert figure.evaluate("document.documentElement.scrollWidth <= innerWidth")
    figure.locator(".wa-heads-thumb").nth(0).click()
    assert figure.locator(".wa-message").inner_text() == ""


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"sentence": "the zebra"}, "“zebra”"),
        ({"sentence": None}, "do not fit"),
        ({"sentence": "le chat"}, "“le”"),
        ({"layer": "decoder"}, "French word “the”"),
        ({"layer": "constructor"}, "do not fit"),
        ({"head": 4}, "do not fit"),
        ({"head": "0"}, "do not fit"),
        ({"query": 7}, "do not fit"),
        ({"query": 1.5}, "do not fit"),
        ({"scaled": 1}, "do not fit"),
        ({"causal": None}, "do not fit"),
    ],
)
def test_a_stored_state_that_does_not_fit_is_told_and_the_figure_still_works(open_widgets, change, says):
    page = open_widgets(Heads(), change=change, ready=READY)
    expect(page.locator(".wa-message")).to_contain_text(says)
    shows(page)
    page.check(".wa-heads-causal-switch")
    assert page.locator(".wa-message").inner_text() == ""
    shows(page, causal=True)
    assert page.console_problems == []


def test_a_stored_state_comes_back(open_widgets):
    state = {"layer": "decoder", "sentence": "Le chat voit l’orange.", "head": 1, "query": 2}
    page = open_widgets(Heads(), change=state | {"scaled": False, "causal": True}, ready=READY)
    shows(page, **state, scaled=False)
    assert page.console_problems == []


def test_the_figure_follows_python_and_python_follows_the_figure(open_widgets):
    page = open_widgets(Heads(), ready=READY)
    hold(page, Heads())
    page.locator(READY).first.wait_for()
    changes = {"layer": "decoder", "sentence": "il lit la lettre", "query": 4, "causal": True}
    for name, value in changes.items():
        page.evaluate("([name, value]) => held.set(name, value)", [name, value])
    page.locator(".wa-heads-scaled-switch").click()
    shows(page, **changes, scaled=False)
    assert page.evaluate("held.saved") == 1
    assert page.evaluate("held.state.scaled") is False
    assert page.evaluate("held.end()") == 0
    assert page.locator(".wa").count() == 0


def test_where_no_weights_come_the_figure_says_so(open_widgets):
    widget = Heads()
    page = open_widgets(widget, ready=READY)
    page.evaluate(
        """async (source) => {
          window.whyattentionHost.asset = () => Promise.reject(new Error("no kernel"));
          const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
          const { default: widget } = await import(url);
          const el = document.querySelector("main");
          el.replaceChildren();
          widget.render({ model: { get() {}, on() {}, off() {}, send() {} }, el });
        }""",
        widget.module_text,
    )
    expect(page.locator(".wa-heads")).to_contain_text("Run the cell, or open the book")


def test_a_screen_reader_hears_the_finding_once_it_has_come_to_rest(figure):
    figure.locator(".wa-heads-layer").nth(1).click()
    expect(figure.locator(".wa-live")).to_contain_text("must predict")
    name = figure.locator(".wa-heads-table input").nth(2).get_attribute("aria-label")
    assert name == "Word 3, petit, asks"


@pytest.mark.parametrize("width", [320, 768, 1280])
def test_twelve_long_words_are_not_wider_than_the_page(open_widgets, width):
    sentence = " ".join(["professeure"] * 12)
    page = open_widgets(
        Heads(sentence, layer="decoder"), ready=READY, viewport={"width": width, "height": 900}
    )
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    heights = page.locator(".wa-heads-table label").evaluate_all(
        "(all) => all.map((one) => one.getBoundingClientRect().height)"
    )
    assert min(heights) >= 24


def test_a_narrow_page_shows_the_numbers_of_the_cells_without_their_0(open_widgets):
    page = open_widgets(Heads(layer="decoder"), ready=READY, viewport={"width": 320, "height": 900})
    cells = page.locator(".wa-heads-cell:not(.wa-heads-out) data")
    short = cells.evaluate_all("(all) => all.map((one) => getComputedStyle(one, '::before').content)")
    numbers = {0.0: "0", 1.0: "1"}
    for content, text in zip(short, cells.all_text_contents(), strict=True):
        assert content.split(" / ")[0].strip('"') == numbers.get(float(text), text[1:])
    assert {'"0" / ""', '"1" / ""'} < set(short)
