"""What is shown of a paragraph is whole sentences of it: the bold one, else the first."""

import pytest
from docutils import nodes
from hypothesis import given
from hypothesis import strategies as st

from tests.slides.conftest import bold, paragraph
from whyattention.slides.sentences import key, sentences, text_of

LONG = "This first sentence is long enough to stand for itself on a slide."


def texts(node: nodes.paragraph) -> list[str]:
    return [text_of(sentence) for sentence in sentences(node)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("One. Two.", ["One.", "Two."]),
        ("See e.g. Fig. 3 and eq. 4. Then stop.", ["See e.g. Fig. 3 and eq. 4.", "Then stop."]),
        ("At 0.5 it is 1.25 times. Done!", ["At 0.5 it is 1.25 times.", "Done!"]),
        ("“Is it?” she asked. Yes.", ["“Is it?” she asked.", "Yes."]),
        ("Does it? It does.", ["Does it?", "It does."]),
        ("(So it is.) And more", ["(So it is.)", "And more"]),
        ("", []),
    ],
)
def test_sentences_end_where_a_reader_ends_them(text, found):
    assert texts(paragraph(text)) == found


def test_a_formula_begins_a_sentence_and_stays_in_one():
    node = paragraph("It is small. ", nodes.math("", "x"), " grows. By ", nodes.math("", "y"), " in all.")
    assert texts(node) == ["It is small.", "x grows.", "By y in all."]


def test_bold_words_that_end_with_a_mark_are_a_sentence():
    assert texts(paragraph(bold("It is measured."), " Then it is drawn.")) == [
        "It is measured.",
        "Then it is drawn.",
    ]


@given(
    st.lists(
        st.sampled_from(["One. ", "two ", "Three? ", "four", bold("Five."), nodes.math("", "x")]), max_size=8
    )
)
def test_no_word_is_lost_or_doubled(children):
    node = paragraph(*(child if isinstance(child, str) else child.deepcopy() for child in children))
    assert "".join("".join(texts(node)).split()) == "".join(node.astext().split())


def test_the_first_sentence_is_shown():
    assert key(paragraph(f"{LONG} A second one.")).astext().strip() == LONG


def test_a_bold_sentence_is_shown_in_its_place():
    node = paragraph(f"{LONG} ", bold("The measured claim of this paragraph stands here in bold."), " More.")
    assert key(node).astext().strip() == "The measured claim of this paragraph stands here in bold."


def test_a_short_sentence_takes_the_next_along():
    assert key(
        paragraph("It does. The two states differ by a lot in all of this. Third.")
    ).astext().strip() == ("It does. The two states differ by a lot in all of this.")


def test_what_leads_in_is_shown_with_the_bold_sentence():
    node = paragraph(
        "A ",
        bold("score"),
        " says how well one encoder state fits the query. Other words. The simplest is this:",
    )
    assert key(node).astext() == (
        "A score says how well one encoder state fits the query. The simplest is this:"
    )


def test_a_paragraph_is_not_changed():
    node = paragraph(f"{LONG} ", bold("Bold words are here."), " More.")
    before = node.pformat()
    key(node)
    assert node.pformat() == before
