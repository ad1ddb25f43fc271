"""Translate in a page: it shows what PyTorch computes, and whatever is typed leaves the figure whole."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import Page, expect

from tests.widgets.pages import MOUNTED, write_page
from whyattention.corpus import sample_pairs
from whyattention.lexicon import source_words
from whyattention.pairs import Pair, encode_pairs
from whyattention.translator import Translator
from whyattention.widgets import Translate
from whyattention.widgets.translate import EXAMPLES, LONGER, OTHERS, SENTENCE
from whyattention.widgets.translate_sentence import compare, reference
from whyattention.widgets.translators import NAMES

READY = ".wa-translate-word"
ROW = """(row) => {
  const chips = [...row.querySelectorAll("[data-kind]")];
  const words = chips.filter((one) => one.dataset.kind !== "missing");
  return {
    words: words.map((one) => one.querySelector(".wa-translate-text").textContent),
    kinds: chips.map((one) => one.dataset.kind),
    probabilities: words.map((one) => Number(one.querySelector("data").value)),
    right: row.querySelector(".wa-translate-right").value,
    verdict: row.querySelector(".wa-translate-verdict").textContent,
  };
}"""
CELLS = '(all) => all.map((one) => Number(one.getAttribute("fill-opacity")))'


class Figure:
    """The figure of a page, as a reader meets it."""

    def __init__(self, page: Page, nth: int = 0) -> None:
        self.page, self.root = page, page.locator(".wa-translate").nth(nth)
        self.field, self.message = self.find("textarea"), self.find(".wa-message")

    def find(self, selector: str):
        return self.root.locator(selector)

    def row(self, name: str) -> dict:
        return self.find(f".wa-translate-{name}").first.evaluate(ROW)

    def weights(self) -> torch.Tensor:
        columns = self.find(".wa-translate-column").count()
        return torch.tensor(self.find(".wa-translate-cell").evaluate_all(CELLS)).view(-1, columns)

    def take(self, word: str) -> None:
        """Tap on a word that is offered."""
        self.find(".wa-translate-option:visible").get_by_text(word, exact=True).click()

    def offers(self) -> list[str]:
        return self.find(".wa-translate-option:visible").all_inner_texts()

    def finding(self) -> str:
        return self.find(".wa-finding").inner_text()

    def said(self) -> str:
        """Both translations, to see whether anything has moved."""
        return str([self.row(name) for name in NAMES])


@pytest.fixture
def figure(open_widgets):
    page = open_widgets(Translate(), ready=READY)
    yield Figure(page)
    assert page.console_problems == []
    assert page.foreign_requests == []


@pytest.fixture(scope="module")
def rounded() -> dict[str, Translator]:
    return {name: Translator.shipped(name).in_int8() for name in NAMES}


SENTENCES = st.one_of(
    st.integers(0, 10**6).map(lambda seed: sample_pairs(1, seed, "test", max_length=16)[0].source),
    st.integers(0, 10**6).map(lambda seed: sample_pairs(1, seed, "test", 13, 40)[0].source),
    st.lists(st.sampled_from(source_words()), min_size=1, max_size=20),
)


def test_words_probabilities_weights_and_marks_are_those_of_python(figure, rounded):
    @settings(max_examples=40)
    @given(words=SENTENCES)
    def check(words):
        figure.field.fill(" ".join(words))
        known = reference(words)
        for name, translator in rounded.items():
            (python,) = translator.translate_words([words])
            row = figure.row(name)
            assert row["words"] == list(python.target)
            assert row["probabilities"] == pytest.approx(probabilities(translator, words, python), abs=1e-4)
            figure.find(f"input[type=radio][value={name}]").check()
            if python.target:
                assert (figure.weights() - python.weights).abs().max() < 1e-4
            if known is None:
                assert set(row["kinds"]) <= {"plain"}
                assert row["right"] == ""
                continue
            edits = compare(python.target, known[0])
            assert [kind for kind in row["kinds"] if kind != "missing"] == [
                edit.kind for edit in edits if edit.kind != "missing"
            ]
            right = sum(edit.kind == "right" for edit in edits)
            assert float(row["right"]) == pytest.approx(right / len(known[0]))
            assert row["verdict"].startswith(f"{right} of {len(known[0])} right")
        gold = figure.find(".wa-translate-reference-words").inner_text()
        assert gold == (" ".join(known[0]) if known else "none: not a sentence of this grammar")

    check()


def probabilities(translator: Translator, words, python) -> list[float]:
    """The probability of each word that was written."""
    pair = Pair(tuple(words), python.target)
    batch = encode_pairs([pair], translator.source_vocabulary, translator.target_vocabulary)
    with torch.no_grad():
        logits, _ = translator.model(batch.source, batch.source_lengths, batch.target_inputs)
    written = logits[0].softmax(-1).gather(1, batch.target[0][:, None])[:, 0]
    return written[: len(python.target)].tolist()


def test_one_look_tells_that_one_vector_breaks_and_attention_holds(figure):
    assert figure.finding() == "One vector keeps 6 of 11 French words. With attention all 11 are right."
    assert set(figure.row("attention")["kinds"]) == {"right"}
    assert {"wrong", "right"} < set(figure.row("control")["kinds"])
    expect(figure.find(".wa-translate-control [data-kind=wrong] .wa-hidden").first).to_have_text(
        " (wrong: the reference has étudiant)"
    )
    figure.find("[data-preset=short]").click()
    assert figure.finding() == "Both translate these 4 words without a mistake."


def test_longer_than_in_training_both_lose_the_thread_and_the_figure_says_so(figure):
    figure.find("[data-preset=long]").click()
    assert "20 words, and training ended at 12: both lose the thread" in figure.finding()
    expect(figure.find(".wa-translate-count")).to_have_text("20 words, longer than in training (3 to 12)")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "we are old and she does not eat an apple",
            "One vector has all 10 French words, but adds 2 that do not belong. "
            "With attention all 10 are right, and none is too many.",
        ),
        (
            "the big tired bird likes the old man",
            "For once it is the other way around: one vector gets everything right. "
            "Attention has all 8 words, but adds 1 that does not belong.",
        ),
        (
            "the boy likes the tired student and i am a student",
            "Both make mistakes. "
            "Of 10 French words attention has 10 right and 1 too many, one vector 9 right.",
        ),
        (
            "the student is tired and she does not like the young bird and we are old",
            "16 words, and training ended at 12: both lose the thread. "
            "Of 16 French words attention has 16 right and 1 too many, one vector 8 right.",
        ),
    ],
)
def test_words_too_many_are_told_where_all_others_are_right(figure, text, says):
    figure.field.fill(text)
    assert figure.finding() == says


@pytest.mark.parametrize(
    "text", ["", "he is zebra and we are old", "he is happy and she is stud", "the " * 41]
)
def test_what_cannot_be_read_is_neither_lengthened_nor_shortened(figure, text):
    buttons = [figure.find(".wa-translate-lengthen"), figure.find(".wa-translate-shorten")]
    figure.field.fill(text)
    for button in buttons:
        expect(button).to_be_disabled()
    figure.field.fill("he is happy and we are old")
    for button in buttons:
        expect(button).to_be_enabled()


def without_models(folder, page):
    """A figure whose page finds no models, and what puts them where it looks for them."""
    path = write_page(folder, [Translate()], [None])
    (script,) = folder.glob("translators-*.js")
    away = script.rename(folder / "away")
    page.goto(path.as_uri())
    page.wait_for_function(MOUNTED)
    return Figure(page), lambda: away.rename(script)


def test_buttons_stay_off_when_the_models_come_while_the_field_is_empty(tmp_path, new_page):
    figure, bring_models = without_models(tmp_path, new_page())
    expect(figure.message).to_contain_text("The models are not here")
    figure.find(".wa-translate-clear").click()
    bring_models()
    figure.find(".wa-translate-again").click()
    expect(figure.find(READY).first).to_be_visible()
    expect(figure.find(".wa-translate-lengthen")).to_be_disabled()


@pytest.mark.parametrize("text", ["I am happy and", "I am happy and, "])
def test_an_and_that_stands_there_is_not_said_twice(figure, text):
    figure.field.fill(text)
    figure.find(".wa-translate-lengthen").click()
    expect(figure.field).to_have_value(f"I am happy and {LONGER[0]}")


@pytest.mark.parametrize("text", ["the cat", "he is happy and she", "student a am i", "and", "he is and and"])
def test_only_a_whole_sentence_is_lengthened(figure, text):
    figure.field.fill(text)
    expect(figure.find(".wa-translate-lengthen")).to_be_disabled()
    expect(figure.find(".wa-translate-lengthen")).to_have_text("Lengthen (a whole sentence only)")


def test_commas_do_not_matter(figure):
    figure.field.fill("I am a student, and she is happy.")
    assert figure.finding() == "Both translate these 8 words without a mistake."
    assert figure.find(".wa-translate-word-behind").all_inner_texts()[:5] == [
        "I",
        "am",
        "a",
        "student",
        "and",
    ]


@pytest.mark.parametrize("width", [320, 375, 700])
def test_no_mark_of_a_preset_lies_on_a_name_in_the_chart(open_widgets, width):
    page = open_widgets(Translate(), ready=READY, viewport={"width": width, "height": 900})
    figure = Figure(page)
    for name in EXAMPLES:
        figure.find(f"[data-preset={name}]").click()
    names = [one.bounding_box() for one in figure.find(".wa-translate-end").all()]
    marks = [one.bounding_box() for one in figure.find(".wa-translate-mark").all()]
    assert len(marks) == 8
    for name in names:
        for mark in marks:
            beside = mark["x"] > name["x"] + name["width"] or mark["x"] + mark["width"] < name["x"]
            above = mark["y"] > name["y"] + name["height"] or mark["y"] + mark["height"] < name["y"]
            assert beside or above


def test_a_sentence_grows_to_the_limit_and_shrinks_again(figure):
    figure.find("[data-preset=short]").click()
    button, words = figure.find(".wa-translate-lengthen"), EXAMPLES["short"]
    assert figure.find(".wa-translate-shorten").is_disabled()
    for clause in LONGER:
        expect(button).to_have_text(f"Lengthen … and {clause}")
        button.click()
        words += f" and {clause}"
        expect(figure.field).to_have_value(words.replace("i ", "I ", 1))
    assert len(words.split()) == 39
    assert button.is_disabled()
    marks = figure.find(".wa-translate-mark-attention").evaluate_all(
        "(all) => all.map((m) => Number(m.dataset.length))"
    )
    assert sorted(marks) == [4, 8, 12, 18, 24, 31, 39]
    assert figure.find(".wa-translate-now").count() == 2
    for _ in LONGER:
        figure.find(".wa-translate-shorten").click()
    expect(figure.field).to_have_value("I am a student")


def test_other_sentences_come_in_turn(figure):
    for sentence in [*OTHERS, OTHERS[0]]:
        figure.find(".wa-translate-another").click()
        expect(figure.field).to_have_value(sentence.replace("i ", "I ") if sentence[0] == "i" else sentence)


def test_a_sentence_is_composed_by_tapping_alone(figure):
    figure.find(".wa-translate-clear").click()
    for word in ["the", "red", "car", "is", "not", "small"]:
        assert word in figure.offers()
        figure.take(word)
    expect(figure.field).to_have_value("the red car is not small ")
    assert figure.row("attention")["words"] == ["la", "voiture", "rouge", "n'", "est", "pas", "petite"]
    assert figure.offers() == ["and"]


def test_a_sentence_is_composed_by_keys_alone(figure):
    figure.field.focus()
    figure.page.keyboard.press("Control+A")
    figure.page.keyboard.type("she ea")
    assert figure.offers() == ["eats"]
    figure.page.keyboard.press("ArrowDown")
    active = figure.field.get_attribute("aria-activedescendant")
    assert figure.find(f"#{active}").inner_text() == "eats"
    figure.page.keyboard.press("Escape")
    assert figure.field.get_attribute("aria-activedescendant") is None
    figure.page.keyboard.press("Enter")
    expect(figure.field).to_have_value("she ea")
    figure.page.keyboard.press("ArrowDown")
    figure.page.keyboard.press("Enter")
    expect(figure.field).to_have_value("she eats ")
    figure.page.keyboard.type("an app")
    figure.page.keyboard.press("ArrowDown")
    figure.page.keyboard.press("ArrowDown")  # from the last to the first
    figure.page.keyboard.press("Enter")
    expect(figure.field).to_have_value("she eats an apple ")
    assert figure.row("attention")["words"] == ["elle", "mange", "une", "pomme"]


def test_a_word_that_is_being_typed_is_no_complaint_yet(figure):
    before = figure.said()
    figure.field.fill("the stud")
    assert figure.message.inner_text() == ""
    assert figure.offers() == ["student"]
    assert figure.said() == before
    figure.field.fill("the stud ")
    assert "“stud” is no word that the models have met" in figure.message.inner_text()


def test_a_form_that_does_not_agree_is_offered_its_right_one(figure):
    figure.field.fill("he eat")
    assert figure.offers() == ["eats"]
    assert "no such sentence" in figure.finding()


def test_the_beginning_of_a_sentence_has_no_reference_yet(figure):
    figure.field.fill("the small")
    assert "the beginning of a sentence" in figure.finding()
    assert "cat" in figure.offers()
    assert "big" not in figure.offers()


@pytest.mark.parametrize(
    ("text", "says", "offers"),
    [
        ("the zebra is old ", "“zebra” is no word", []),
        ("the hose is old", "“hose” is no word", ["house", "he", "does"]),
        ("the xyzzy and the cta", "“xyzzy” and 1 more are no words", ["cat"]),
        ("i don’t like the dog", "“don't” is no word", ["do not"]),
        ("", "Nothing to translate", ["i", "he", "she", "we", "they", "the", "a", "an"]),
        (" ... ", "Nothing to translate", ["i", "he", "she", "we", "they", "the", "a", "an"]),
        ("the " * 41, "41 words are too many", []),
        ("x" * 10_000, "too long", []),
        ("<b>the</b> <script>alert(1)</script>", "“<” and", []),
        ("😀 😀", "“😀” is no word", []),
        ("طالب", "طالب", []),
        ("‮the", "is no word", []),
        ("constructor", "“constructor” is no word", []),
    ],
)
def test_what_cannot_be_translated_is_told_and_leaves_the_last_translation(figure, text, says, offers):
    before = figure.said()
    figure.field.fill(text)
    assert says in figure.message.inner_text().replace("\u2068", "").replace("\u2069", "")
    assert figure.field.get_attribute("aria-invalid") == "true"
    if offers or "no word" in says:
        assert figure.offers()[: len(offers)] == offers
    assert figure.said() == before
    assert figure.find("script, b").count() == 0
    assert figure.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    figure.field.fill("he is happy")
    assert figure.message.inner_text() == ""
    assert figure.row("attention")["words"] == ["il", "est", "heureux"]


def test_a_stop_at_the_end_gives_way_to_the_next_word(figure):
    figure.field.fill("He is happy.")
    figure.take("and")
    expect(figure.field).to_have_value("He is happy and ")


def test_an_unknown_word_is_marked_and_another_takes_its_place(figure):
    figure.field.fill("The hose is old.")
    assert figure.find(".wa-translate-unknown").all_inner_texts() == ["hose"]
    figure.take("house")
    expect(figure.field).to_have_value("The house is old. ")
    assert figure.row("attention")["words"] == ["la", "maison", "est", "vieille"]
    assert figure.find(".wa-translate-unknown").count() == 0


def test_a_pasted_text_of_several_lines_is_one_sentence(figure):
    figure.field.fill("he is\nhappy\n\nand we are old")
    expect(figure.field).to_have_value("he is happy and we are old")


def test_a_word_shows_where_its_model_looks(figure):
    shares = "(all) => all.map((one) => Number(getComputedStyle(one).getPropertyValue('--wa-share')))"
    figure.find(".wa-translate-attention li").nth(9).hover()
    behind = figure.find(".wa-translate-word-behind").evaluate_all(shares)
    assert behind == pytest.approx(figure.weights()[9].tolist(), abs=1e-6)
    reading = figure.find(".wa-translate-result .wa-translate-reading")
    assert "“maison”: probability 0.99" in reading.inner_text()
    assert "looks at “house” with weight 0.9" in reading.inner_text()
    figure.find(".wa-translate-control li").first.focus()
    for key in ["ArrowRight", "ArrowRight"]:
        figure.page.keyboard.press(key)
    assert "“médecin”" in reading.inner_text()
    assert "the reference has “étudiant”" in reading.inner_text()
    assert "all weight on the last word, “house”" in reading.inner_text()
    assert figure.find(".wa-translate-word-behind").evaluate_all(shares) == [0] * 11 + [1]
    figure.page.keyboard.press("End")
    assert figure.page.evaluate("document.activeElement.textContent").startswith("1 missing")
    assert figure.find("li[tabindex='0']").count() == 2


def test_the_weights_are_read_by_keys_and_by_the_pointer(figure):
    heat = figure.find(".wa-translate-heat")
    reading = heat.locator(".wa-translate-reading")
    figure.find(".wa-translate-map").focus()
    figure.page.keyboard.press("ArrowDown")
    assert reading.inner_text().startswith("“je” looks at “i” with weight 0.99")
    assert reading.inner_text().endswith("They belong together.")
    for key in ["ArrowDown", "ArrowRight", "ArrowRight", "ArrowLeft", "ArrowUp", "ArrowUp"]:
        figure.page.keyboard.press(key)
    assert reading.inner_text().startswith("“je” looks at “am”")
    box = figure.find(".wa-translate-picture").bounding_box()
    figure.page.mouse.move(box["x"] + box["width"] - 5, box["y"] + box["height"] * 9.5 / 11)
    assert reading.inner_text().startswith("“maison” looks at “house”")
    assert figure.find(".wa-translate-left.wa-translate-pointed").inner_text() == "maison"


def test_gold_links_stand_where_the_reference_has_them(figure):
    _, places = reference(SENTENCE.split())
    read = "(all) => all.map((one) => [Number(one.getAttribute('y')), Number(one.getAttribute('x'))])"
    assert figure.find(".wa-translate-link").evaluate_all(read) == [[t, i] for t, i in enumerate(places)]


def test_the_switch_shows_the_look_up_that_is_none(figure):
    figure.find("input[type=radio][value=control]").check()
    weights = figure.weights()
    assert (weights[:, -1] == 1).all()
    assert (weights[:, :-1] == 0).all()


def test_what_the_reader_does_is_the_state_and_another_view_follows(open_widgets):
    page = open_widgets(Translate(), ready=READY)
    page.evaluate("""() => {
      const point = Object.assign(document.createElement("div"), { className: "wa-host" });
      point.dataset.model = "w0";
      document.querySelector("main").append(point);
      return window.whyattentionHost.mount(point);
    }""")
    one, other = Figure(page), Figure(page, 1)
    one.field.fill("He is happy.")
    one.find("input[type=radio][value=control]").check()
    expect(other.field).to_have_value("he is happy")
    expect(one.field).to_have_value("He is happy.")
    assert other.row("attention") == one.row("attention")
    assert other.find("input[type=radio][value=control]").is_checked()
    one.field.fill("he is zebra")
    expect(other.field).to_have_value("he is happy")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"sentence": None}, "cannot be read"),
        ({"sentence": ["the"]}, "cannot be read"),
        ({"sentence": "<img src=x onerror=alert(1)>"}, "no words that the models"),
        ({"sentence": "the " * 100}, "100 words are too many"),
        ({"sentence": ""}, "Nothing to translate"),
    ],
)
def test_a_hostile_stored_sentence_is_told_and_another_stands_there(open_widgets, change, says):
    figure = Figure(open_widgets(Translate(), change=change, ready=READY))
    assert says in figure.message.inner_text()
    expect(figure.field).to_have_value(SENTENCE.replace("i ", "I ", 1))
    figure.find("[data-preset=short]").click()
    assert figure.message.inner_text() == ""
    assert figure.page.console_problems == []


def test_a_stored_state_is_shown(open_widgets):
    widget = Translate("a dog eats a cake", heatmap="control")
    figure = Figure(open_widgets(widget, ready=READY))
    expect(figure.field).to_have_value("a dog eats a cake")
    assert figure.find("input[type=radio][value=control]").is_checked()


def test_the_compact_figure_and_the_one_without_weights_leave_the_rest_out(open_widgets):
    page = open_widgets(Translate(compact=True), Translate(show_heatmap=False), ready=READY)
    small, plain = Figure(page), Figure(page, 1)
    for part in (".wa-presets", ".wa-translate-chart", ".wa-translate-heat", ".wa-translate-about"):
        assert small.find(part).is_hidden()
    assert small.find(".wa-translate-lengthen").is_visible()
    assert plain.find(".wa-translate-heat").is_hidden()
    assert plain.find(".wa-translate-chart").is_visible()


@pytest.mark.parametrize("width", [320, 700])
def test_a_sentence_of_40_words_fits_the_page(open_widgets, width):
    words = " and ".join([EXAMPLES["short"], *LONGER])
    page = open_widgets(Translate(words), ready=READY, viewport={"width": width, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    field = Figure(page).field
    assert field.evaluate("(one) => one.scrollHeight <= one.clientHeight + 1")


def test_without_the_models_the_figure_says_so_and_tries_again(tmp_path, new_page):
    figure, bring_models = without_models(tmp_path, new_page())
    expect(figure.message).to_contain_text("The models are not here")
    figure.field.fill("he is happy")  # nothing throws
    assert figure.find(READY).count() == 0
    bring_models()
    figure.find(".wa-translate-again").click()
    expect(figure.find(READY).first).to_be_visible()
    assert figure.row("attention")["words"] == ["il", "est", "heureux"]
    assert figure.message.inner_text() == ""
