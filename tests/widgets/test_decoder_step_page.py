"""DecoderStep as a reader meets it: hand, keys, what is told, what is stored."""

import math

import pytest
from playwright.sync_api import expect

from tests.widgets.held import hold
from whyattention.widgets import DecoderStep
from whyattention.widgets.decoder_step import SENTENCES, moments
from whyattention.widgets.translation import shipped
from whyattention.widgets.translators import translators

READY = ".wa-decoder-body:not([hidden])"
NAMES = shipped("attention").target_words
BOOK, CAKE = 3, 8


@pytest.fixture
def open_step(open_widgets):
    """``open_step(**state)`` opens a page with one figure."""

    def open_page(**state: object):
        options = {key: state.pop(key) for key in ("change", "viewport", "has_touch") if key in state}
        return open_widgets(DecoderStep(**state), ready=READY, **options)

    return open_page


def weights(page) -> list[float]:
    return page.locator("data.wa-decoder-weight").evaluate_all("(all) => all.map((one) => Number(one.value))")


def probability(page, word: str) -> float:
    return float(page.locator(f"[data-word='{word}']").get_attribute("value"))


def finding(page):
    return page.locator(".wa-finding")


def test_all_weight_on_another_word_moves_the_prediction(open_step):
    page = open_step()
    assert probability(page, "livre") > 0.99
    page.get_by_role("button", name="All weight on word 9, cake").click()
    assert weights(page) == [0] * 8 + [1]
    assert probability(page, "gâteau") > 0.99
    assert probability(page, "livre") < 0.01
    expect(finding(page)).to_have_text(
        "With the weight on “cake”, the model predicts “gâteau” (0.996) instead of “livre” (0.999)."
    )
    assert page.locator(".wa-decoder-your-words").inner_text().split("\n")[3:5] == ["gâteau", "et"]
    expect(page.locator(".wa-decoder-word").nth(CAKE)).to_have_attribute("aria-pressed", "true")


def test_equal_weights_blur_the_distribution_and_the_own_ones_come_back(open_step):
    page = open_step()
    before = weights(page)
    page.get_by_role("button", name="all equal").click()
    assert weights(page) == pytest.approx([1 / 9] * 9, abs=1e-15)
    assert 0.3 < probability(page, "livre") < 0.7
    assert "With all weights equal, the model still predicts “livre”" in finding(page).inner_text()
    assert page.locator(".wa-decoder-row .wa-decoder-ghost:not([hidden])").count() == 1
    page.get_by_role("button", name="the model's own").click()
    assert weights(page) == before
    assert page.locator(".wa-decoder-ghost:not([hidden])").count() == 0
    expect(page.locator(".wa-decoder-your-words")).to_be_hidden()


def test_the_pointer_moves_a_weight_and_the_others_follow(open_step):
    page = open_step()
    box = page.locator(".wa-decoder-slider").nth(CAKE).bounding_box()
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 10, y)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.3, y, steps=3)
    page.mouse.move(box["x"] + box["width"] + 30, y, steps=3)
    assert weights(page)[CAKE] == 1
    page.mouse.move(box["x"] + box["width"] * 0.5, y, steps=3)
    page.mouse.up()
    after = weights(page)
    assert after[CAKE] == pytest.approx(0.5, abs=0.06)
    # Back from 1, the others are in the proportions that they had where the hand began.
    own = moments(SENTENCES[0])[3].found.weights
    rest = math.fsum(own) - own[CAKE]
    assert after[BOOK] == pytest.approx((1 - after[CAKE]) * own[BOOK] / rest, abs=1e-6)
    assert math.fsum(after) == pytest.approx(1, abs=1e-12)
    expect(finding(page)).to_contain_text("With your weights")


@pytest.mark.parametrize(("key", "to"), [("ArrowRight", 0.01), ("ArrowUp", 0.01), ("End", 1)])
def test_keys_move_a_weight(open_step, key, to):
    page = open_step()
    page.locator(".wa-decoder-slider").nth(CAKE).focus()
    page.keyboard.press(key)
    assert weights(page)[CAKE] == to
    assert math.fsum(weights(page)) == pytest.approx(1, abs=1e-12)


def test_a_weight_set_by_hand_runs_the_step_to_its_end(open_step):
    page = open_step(piece=2)
    expect(page.locator(".wa-decoder-p").first).to_be_hidden()
    page.locator(".wa-decoder-slider").nth(CAKE).press("End")
    expect(page.locator(".wa-decoder-step")).to_have_attribute("data-piece", "5")
    expect(page.locator(".wa-decoder-p").first).to_be_visible()


def test_the_pieces_appear_in_their_order(open_step):
    page = open_step(piece=0)
    shown = [
        ".wa-decoder-vector-s .wa-decoder-query",
        ".wa-decoder-score",
        ".wa-decoder-slider",
        ".wa-decoder-vector-value .wa-decoder-value",
        ".wa-decoder-vector-attentional .wa-decoder-attentional",
        ".wa-decoder-p",
    ]
    slider = page.get_by_role("slider", name="Piece of the step")
    slider.focus()
    findings = set()
    for piece in range(6):
        for k, selector in enumerate(shown):
            visibility = page.locator(selector).first.evaluate("(one) => getComputedStyle(one).visibility")
            assert (visibility == "visible") == (k <= piece), (piece, selector)
        expect(page.locator(".wa-decoder-active")).to_contain_text(f"({piece})")
        expect(page.locator(".wa-decoder-equation:visible")).to_have_count(1)
        findings.add(finding(page).inner_text())
        page.keyboard.press("ArrowRight")
    assert len(findings) == 6
    page.keyboard.press("Home")
    expect(page.locator(".wa-decoder-active")).to_contain_text("(0)")


def test_the_pipeline_is_taken_by_the_pointer(open_step):
    page = open_step()
    for k in (1, 4, 0):
        box = page.locator(".wa-decoder-chip").nth(k).bounding_box()
        for part in (0.05, 0.95):
            page.get_by_role("slider", name="Piece of the step").press("End")
            page.mouse.click(box["x"] + box["width"] * part, box["y"] + box["height"] / 2)
            expect(page.locator(".wa-decoder-step")).to_have_attribute("data-piece", str(k))


def test_the_buttons_walk_through_all_pieces_of_all_steps_and_stop_at_both_ends(open_step):
    page = open_step(sentence="i am a student", t=1, piece=0)
    back, on = (page.get_by_role("button", name=name, exact=True) for name in ("Piece back", "Piece on"))
    back.dispatch_event("click")
    expect(page.locator(".wa-decoder-where")).to_have_text("1 of 4")
    assert back.get_attribute("aria-disabled") == "true"
    for _ in range(6 * 4 + 2):
        on.dispatch_event("click")
    expect(page.locator(".wa-decoder-where")).to_have_text("4 of 4")
    expect(page.locator(".wa-decoder-active")).to_contain_text("(5)")
    assert on.get_attribute("aria-disabled") == "true"
    for _ in range(6):
        back.dispatch_event("click")
    expect(page.locator(".wa-decoder-where")).to_have_text("3 of 4")


def test_the_steps_are_scrubbed_clicked_and_walked(open_step):
    page = open_step()
    where = page.locator(".wa-decoder-where")
    slider = page.get_by_role("slider", name="Step: which word")
    slider.press("ArrowLeft")
    expect(where).to_have_text("3 of 10")
    slider.press("End")
    expect(where).to_have_text("10 of 10")
    expect(finding(page)).to_contain_text("the end")
    page.get_by_role("button", name="Step back", exact=True).click()
    expect(where).to_have_text("9 of 10")
    page.locator(".wa-decoder-own-words li").nth(1).click()
    expect(where).to_have_text("2 of 10")
    assert slider.get_attribute("aria-valuetext") == "2 of 10, the own word is lit"


def test_another_step_begins_with_the_models_own_weights(open_step):
    page = open_step(override=[0] * 8 + [1])
    page.get_by_role("button", name="Step on", exact=True).click()
    own = moments(SENTENCES[0])[4].found.weights
    assert weights(page) == pytest.approx(own, abs=1e-9)
    expect(page.locator(".wa-decoder-your-words")).to_be_hidden()


def test_another_sentence_begins_at_its_first_step(open_step):
    page = open_step(override=[0] * 8 + [1])
    page.locator(".wa-decoder-select").select_option("i am a student")
    expect(page.locator(".wa-decoder-row button")).to_have_text(["i", "am", "a", "student"])
    expect(page.locator(".wa-decoder-where")).to_have_text("1 of 4")
    assert len(weights(page)) == 4
    page.locator(".wa-decoder-select").select_option(SENTENCES[0])
    assert len(weights(page)) == 9


def test_the_weights_are_taken_from_where_they_are_after_another_step_or_sentence(open_step):
    """A hand that never let go must not carry weights of one step to another."""
    page = open_step()
    move = """([i, to]) => {
      const slider = document.querySelectorAll(".wa-decoder-slider")[i];
      slider.value = to;
      slider.dispatchEvent(new Event("input", { bubbles: true }));
    }"""
    page.evaluate(move, [CAKE, 0.5])
    page.locator(".wa-decoder-select").select_option("i am a student")
    page.evaluate(move, [1, 0.5])
    assert len(weights(page)) == 4
    own = moments("i am a student")[0].found.weights
    assert weights(page)[0] == pytest.approx(0.5 * own[0] / (1 - own[1]), abs=1e-6)


def test_a_sentence_of_the_notebook_can_be_chosen_again(open_step):
    page = open_step(sentence="the dog sees a bird")
    options = page.locator(".wa-decoder-select option").evaluate_all("(all) => all.map((one) => one.value)")
    assert options == [*SENTENCES, "the dog sees a bird"]
    expect(page.locator(".wa-decoder-select")).to_have_value("the dog sees a bird")


def test_one_word_has_one_weight_that_cannot_be_moved(open_step):
    page = open_step(sentence="she", t=1)
    page.locator(".wa-decoder-slider").press("Home")
    assert weights(page) == [1]
    for _ in range(5):
        page.get_by_role("button", name="Piece back", exact=True).click()
        assert finding(page).inner_text()
    assert page.console_problems == []


def test_what_changed_is_marked_in_the_second_sentence(open_step):
    page = open_step(override=[0] * 8 + [1])
    changed = page.locator(".wa-decoder-your-words .wa-decoder-changed")
    assert changed.all_inner_texts() == ["gâteau"]


def test_words_that_stand_twice_are_told_apart(open_step):
    page = open_step(sentence=SENTENCES[1], t=6, override=[1] + [0] * 7)
    expect(finding(page)).to_contain_text("With the weight on “the” (word 1), the model predicts “le”")
    page.get_by_role("button", name="the model's own").click()
    expect(finding(page)).to_contain_text("on “the” (word 6), the model predicts “la”")


def test_a_screen_reader_hears_of_a_change_once_it_has_come_to_rest(open_step):
    page = open_step()
    page.locator(".wa-decoder-slider").nth(CAKE).press("End")
    expect(page.locator(".wa-live")).to_contain_text("With the weight on “cake”")


# ---- what is stored, and what does not fit ----
def test_a_stored_state_is_restored(open_step):
    override = [0, 0, 0, 0.25, 0, 0, 0, 0, 0.75]
    page = open_step(piece=4, override=override)
    assert weights(page) == override
    expect(page.locator(".wa-decoder-step")).to_have_attribute("data-piece", "4")


BAD = [
    ({"sentence": None}, "A sentence is 1 to 12 words"),
    ({"sentence": ""}, "A sentence is 1 to 12 words"),
    ({"sentence": "i " * 40}, "A sentence is 1 to 12 words"),
    ({"sentence": "x" * 10_000}, "does not know “xxxxxxxxxxxxxxxxxxxxxxxx…”"),
    ({"sentence": '<b>bold</b> "text"'}, "does not know “<b>bold</b>”"),
    ({"sentence": "\u202eevil"}, "does not know"),
    ({"sentence": "i am 😀"}, "does not know “😀”"),
    ({"sentence": "<eos>"}, "does not know “<eos>”"),
    ({"t": 0}, "from 1 to 10"),
    ({"t": "NaN"}, "from 1 to 10"),
    ({"t": 1e308}, "from 1 to 10"),
    ({"t": 2.5}, "from 1 to 10"),
    ({"piece": 6}, "from 0 to 5"),
    ({"piece": None}, "from 0 to 5"),
    ({"override": [1, 0]}, "9 numbers from 0 to 1"),
    ({"override": ["NaN"] * 9}, "9 numbers from 0 to 1"),
    ({"override": [1e308] * 9}, "9 numbers from 0 to 1"),
    ({"override": "text"}, "9 numbers from 0 to 1"),
    ({"override": [1] * 9}, "9 numbers from 0 to 1"),
]


def test_a_stored_state_that_does_not_fit_is_told_and_the_default_shown(open_widgets):
    changes = [change for change, _ in BAD]
    page = open_widgets(*[DecoderStep() for _ in BAD], changes=changes, ready=READY)
    for i, (_, says) in enumerate(BAD):
        root = page.locator(".wa-decoder-step").nth(i)
        assert says in root.locator(".wa-message").inner_text()
        assert root.locator(".wa-decoder-row button").count() == 9
        assert "predicts “livre”" in root.locator(".wa-finding").inner_text()
    root = page.locator(".wa-decoder-step").first
    root.get_by_role("button", name="all equal").click()
    assert root.locator(".wa-message").inner_text() == ""
    assert page.locator("main b").count() == 0
    assert page.console_problems == []


@pytest.fixture
def held(new_page):
    """A page whose figure hangs on a model that the test holds, as a kernel would."""

    def open_page(stored: bool = True, **state: object):
        page = new_page()
        page.clock.install()
        page.goto("data:text/html,<title>empty</title>")
        hold(page, DecoderStep(**state), {"translators": translators()} if stored else None)
        return page

    return open_page


def test_changes_of_the_model_are_drawn_and_those_of_the_reader_written(held):
    page = held()
    page.locator(READY).wait_for()
    page.evaluate("held.change({ sentence: 'i am a student', t: 3, override: [0, 0, 1, 0], piece: 3 })")
    assert weights(page) == [0, 0, 1, 0]
    expect(page.locator(".wa-decoder-select")).to_have_value("i am a student")
    page.locator(".wa-decoder-word").nth(3).click()
    assert page.evaluate("held.state") == {
        "sentence": "i am a student",
        "t": 3,
        "piece": 5,
        "override": [0, 0, 0, 1],
    }


def test_a_change_that_does_not_fit_keeps_the_last_good_state_and_is_told_later(held):
    page = held()
    page.locator(READY).wait_for()
    page.evaluate("held.change({ override: [1, 2] })")
    assert page.locator(".wa-message").inner_text() == ""
    page.clock.run_for(300)
    expect(page.locator(".wa-message")).to_contain_text("9 numbers from 0 to 1")
    assert len(weights(page)) == 9
    page.evaluate("held.change({ override: null })")
    expect(page.locator(".wa-message")).to_have_text("")


def test_traits_that_come_one_after_another_are_no_error(held):
    page = held()
    page.locator(READY).wait_for()
    page.evaluate("held.change({ sentence: 'i am a student', t: 9 })")
    page.clock.run_for(100)
    page.evaluate("held.change({ t: 2 })")
    page.clock.run_for(1000)
    expect(page.locator(".wa-decoder-where")).to_have_text("2 of 4")
    expect(page.locator(".wa-message")).to_have_text("")


def test_without_the_trained_model_the_figure_says_so(held):
    page = held(stored=False)
    expect(page.locator(".wa-finding")).to_contain_text("being loaded")
    page.clock.run_for(11_000)
    expect(page.locator(".wa-message")).to_contain_text("did not arrive")
    expect(page.locator(READY)).to_have_count(0)
    assert page.console_problems == []


# ---- the page around it ----
@pytest.mark.parametrize("width", [320, 560, 768, 1280])
@pytest.mark.parametrize("piece", [0, 5])
def test_nothing_is_wider_than_the_page(open_step, width, piece):
    sentence = "the young teacher does not see the happy student"
    page = open_step(sentence=sentence, piece=piece, viewport={"width": width, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    wide = (
        """(all) => all.filter((one) => one.scrollWidth > one.clientWidth + 1).map((one) => one.className)"""
    )
    assert page.locator(".wa-decoder-word, .wa-decoder-next, .wa-decoder-note").evaluate_all(wide) == []


def test_targets_are_large_enough_for_a_finger(open_step):
    page = open_step(viewport={"width": 320, "height": 800}, has_touch=True)
    small = """(all) => all.filter((one) => {
      const { width, height } = one.getBoundingClientRect();
      return Math.min(width, height) < 24;
    }).map((one) => one.className)"""
    controls = page.locator(".wa :is(input, button, select), .wa-decoder-own-words li:not([hidden])")
    assert controls.evaluate_all(small) == []


def test_a_narrow_page_folds_all_vectors_but_those_of_the_piece(open_step):
    page = open_step(piece=3, viewport={"width": 320, "height": 800})
    folded = page.locator(".wa-decoder-vector:visible, .wa-decoder-strip:visible")
    assert folded.evaluate_all("(all) => all.map((one) => one.classList[1] ?? '')") == [
        "wa-decoder-vector-value",
        "",
    ]
    unfold = page.get_by_role("button", name="vectors")
    expect(unfold).to_have_attribute("aria-expanded", "false")
    unfold.click()
    expect(unfold).to_have_attribute("aria-expanded", "true")
    assert page.locator(".wa-decoder-strip:visible").count() == 4 + 9
    page.set_viewport_size({"width": 1280, "height": 800})
    expect(unfold).to_be_hidden()
    assert page.locator(".wa-decoder-strip:visible").count() == 4 + 9


def test_weights_move_under_a_finger(open_step):
    page = open_step(viewport={"width": 390, "height": 800}, has_touch=True)
    slider = page.locator(".wa-decoder-slider").nth(CAKE)
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    page.touchscreen.tap(box["x"] + 0.7 * box["width"], box["y"] + box["height"] / 2)
    assert weights(page)[CAKE] == pytest.approx(0.7, abs=0.08)
