"""The deck of chapter 7 in a browser: nothing overflows, nothing is fetched, keys and pointers arrive."""

import re
from urllib.parse import urlsplit

import pytest

from tests.slides.conftest import ALIVE, GO, READY
from tests.test_sphinx_pages import AXE, barriers

# Of the slide that is seen: what lies below its margin or beside the slide, and how it was made to fit.
MEASURED = """() => {
  const slide = Reveal.getCurrentSlide();
  const box = slide.getBoundingClientRect();
  const margin = parseFloat(getComputedStyle(slide).paddingBottom) / slide.clientHeight;
  const end = box.top + box.height * (1 - margin);
  const parts = ":scope > :not(.notes), .wa-body > *, .wa-figure > *, .wa-answer, pre";
  const shown = [...slide.querySelectorAll(parts)];
  return {
    id: slide.id,
    below: Math.round(Math.max(0, ...shown.filter((one) => one.checkVisibility())
      .filter((one) => !one.closest(".wa-widget, .wa-unfolded"))
      .map((one) => one.getBoundingClientRect().bottom - end))),
    beside: Math.round(Math.max(0, ...shown.map((one) => one.getBoundingClientRect().right - box.right))),
    scrolled: [...slide.querySelectorAll(".wa-formula, pre, .wa-table")]
      .filter((one) => !one.closest(".wa-widget, .wa-unfolded"))
      .some((one) => one.scrollWidth > one.clientWidth + 1),
    fit: Number(slide.dataset.fit),
    scrolls: Boolean(slide.querySelector(".wa-scrolls")),
    words: slide.innerText.length,
    notes: slide.querySelector("aside.notes")?.textContent.trim().length ?? 0,
  };
}"""


def measured(page) -> list[dict]:
    """The measures of all slides."""
    found = []
    for number in range(page.evaluate("Reveal.getTotalSlides()")):
        page.evaluate(GO, number)
        found.append(page.evaluate(MEASURED))
    return found


def slide_with(page, selector: str) -> None:
    """Turn to the first slide that has such an element."""
    page.evaluate(
        """(selector) => {
          const { h, v } = Reveal.getIndices(document.querySelector(selector).closest(".wa-slide"));
          Reveal.slide(h, v, 99);
        }""",
        selector,
    )


def number_of_slide(page) -> int:
    return page.evaluate("Reveal.getSlidePastCount()")


@pytest.mark.parametrize("size", [(1280, 720), (1024, 768)])
def test_nothing_overflows_and_every_slide_says_something(deck, open_deck, size):
    page = open_deck(deck, viewport={"width": size[0], "height": size[1]})
    slides = measured(page)
    assert len(slides) > 30
    assert [one for one in slides if one["below"] > 1 or one["beside"] > 1 or one["scrolled"]] == []
    assert [one["id"] for one in slides if one["words"] < 25] == []
    assert min(one["fit"] for one in slides) >= 0.65
    assert sum(one["scrolls"] for one in slides) <= 1


def test_nothing_is_fetched_and_nothing_complains(deck, open_deck, serve):
    page = open_deck(deck)
    measured(page)
    assert {urlsplit(url).scheme for url in page.requests} <= {"file", "blob", "data"}
    assert page.console_problems == []
    assert page.locator(".katex-error").count() == 0
    assert page.locator(".slides .katex").count() > 50
    served = serve(deck.parent)
    page.goto(f"{served}/{deck.name}")
    page.wait_for_function(READY)
    page.wait_for_function(ALIVE)
    assert page.foreign_requests == page.console_problems == []
    assert page.evaluate("document.fonts.check('16px KaTeX_Main')")


def test_the_notes_have_the_text_of_the_book(deck, open_deck):
    page = open_deck(deck)
    notes = page.locator("aside.notes").all_inner_texts()
    text = " ".join(" ".join(page.locator("aside.notes").all_text_contents()).split())
    assert len(notes) > 25
    assert "We had it, and we threw it away." in text
    # The window of the speaker has no stylesheet of KaTeX's.
    assert page.locator("aside.notes .katex-html").count() == 0
    assert page.locator("aside.notes math").count() > 30


def test_the_speaker_has_a_window_with_notes(deck, open_deck):
    page = open_deck(deck)
    with page.expect_popup() as opened:
        page.keyboard.press("s")
    speaker = opened.value
    page.keyboard.press("ArrowRight")
    speaker.wait_for_function(
        "document.querySelector('.speaker-controls-notes .value').innerText.includes('reads')"
    )


def test_keys_pressed_in_a_figure_stay_there(deck, open_deck):
    page = open_deck(deck)
    slide_with(page, ".wa-look-widget:has(.wa-number) .wa-host")
    slide = number_of_slide(page)
    slider = page.locator("section.present > section.present input[type=range]:visible").first
    before = slider.input_value()
    slider.focus()
    for key in ("ArrowRight", "ArrowUp", "Home", "s", "f", "o", "b", "5", " "):
        page.keyboard.press(key)
    assert number_of_slide(page) == slide
    assert slider.input_value() != before
    assert not page.evaluate(
        "Reveal.isOverview() || Reveal.isPaused() || Boolean(document.fullscreenElement)"
    )
    field = page.locator("section.present > section.present input.wa-number:visible").first
    field.fill("")
    field.press_sequentially("1.5")
    assert field.input_value() == "1.5"
    assert number_of_slide(page) == slide


def test_escape_leaves_a_figure_and_page_keys_turn_slides_from_within(deck, open_deck):
    page = open_deck(deck)
    slide_with(page, ".wa-look-widget:has(.wa-number) .wa-host")
    slide = number_of_slide(page)
    page.locator("section.present > section.present input[type=range]:visible").first.focus()
    page.keyboard.press("Escape")
    page.wait_for_function("document.activeElement === document.body")
    assert not page.evaluate("Reveal.isOverview()")
    page.locator("section.present > section.present input[type=range]:visible").first.focus()
    page.keyboard.press("PageDown")
    assert number_of_slide(page) == slide + 1
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Space")
    assert number_of_slide(page) != slide + 1


@pytest.mark.parametrize("size", [(1280, 720), (1024, 768), (900, 420)])
def test_a_pointer_arrives_where_it_points_whatever_the_scale(deck, open_deck, size):
    page = open_deck(deck, viewport={"width": size[0], "height": size[1]})
    slide_with(page, ".wa-look-widget:has(.wa-number) .wa-host")
    assert size[0] == 1280 or page.evaluate("Reveal.getScale()") != 1
    slider = page.locator("section.present > section.present input[type=range]:visible").first
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    low, high = (float(slider.get_attribute(name)) for name in ("min", "max"))
    y = box["y"] + box["height"] / 2
    now = (float(slider.input_value()) - low) / (high - low)
    page.mouse.move(box["x"] + box["width"] * now, y)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.75, y, steps=4)
    page.mouse.up()
    value = (float(slider.input_value()) - low) / (high - low)
    assert value == pytest.approx(0.75, abs=0.05)


def test_only_the_slide_that_is_seen_takes_the_focus(deck, open_deck):
    page = open_deck(deck)
    assert (
        page.evaluate("[...document.querySelectorAll('section.wa-slide')].filter((one) => !one.inert).length")
        == 1
    )
    page.keyboard.press("o")
    page.wait_for_function("Reveal.isOverview()")
    assert page.evaluate("document.querySelectorAll('section.wa-slide[inert]').length") == 0


def test_an_answer_comes_with_the_next_step_and_a_solution_is_folded(deck, open_deck):
    page = open_deck(deck)
    page.evaluate("location.hash = '#/check-yourself'")
    page.wait_for_function("Reveal.getCurrentSlide().id === 'check-yourself'")
    answer = page.locator("section.present > section.present .wa-answer").first
    assert answer.evaluate("(one) => getComputedStyle(one.closest('.fragment')).visibility") == "hidden"
    page.keyboard.press("Space")
    assert answer.evaluate("(one) => getComputedStyle(one.closest('.fragment')).visibility") == "visible"
    slide_with(page, "#backward-through-softmax h2")
    solution = page.locator("section.present > section.present .wa-unfolded").first
    assert not solution.is_visible()
    summary = page.locator("section.present > section.present summary").first
    summary.focus()
    slide = number_of_slide(page)
    page.keyboard.press("Space")
    assert solution.is_visible()
    assert number_of_slide(page) == slide


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_barrier_that_axe_knows(deck, open_deck, theme):
    page = open_deck(deck, f"?{theme}")
    assert page.evaluate("document.documentElement.dataset.theme") == theme
    assert page.title().startswith("7 · ")
    assert page.get_attribute("html", "lang") == "en"
    page.evaluate(AXE.read_text(encoding="utf-8"))
    # In the dark only the colors are others.
    run = "axe.run(document)" if theme == "light" else "axe.run(document, { runOnly: ['color-contrast'] })"
    for selector in (".wa-look-title", ".wa-look-text .wa-formula", ".wa-look-widget", ".wa-look-figure"):
        slide_with(page, f"section.wa-slide{selector}" if " " not in selector else f"section{selector}")
        assert barriers(page, run) == [], selector
    assert page.locator(".slides img:not([alt]), .slides img[alt='']").count() == 0


def test_a_deck_prints_one_page_for_each_slide(deck, open_deck):
    page = open_deck(deck, "?print-pdf")
    page.wait_for_selector(".pdf-page")
    slides = page.evaluate("document.querySelectorAll('.pdf-page').length")
    printed = page.pdf(prefer_css_page_size=True)
    assert (
        len(re.findall(rb"/Type\s*/Page\b(?!s)", printed))
        == slides
        == page.evaluate("Reveal.getTotalSlides()")
    )
    assert page.console_problems == []


def test_the_list_of_decks_has_no_barrier_and_leads_to_them(deck, new_page):
    page = new_page()
    page.goto((deck.parent / "index.html").as_uri())
    page.evaluate(AXE.read_text(encoding="utf-8"))
    assert barriers(page, "axe.run(document)") == []
    for link in page.locator("main a").all():
        assert (deck.parent / link.get_attribute("href").partition("?")[0]).is_file()
