"""A chapter becomes slides: figures alone, text evenly, all of the text in the notes, authors obeyed."""

import json

import pytest
from docutils import nodes
from docutils.utils import new_document
from hypothesis import given
from hypothesis import strategies as st

from tests.slides.conftest import bold, code_cell, figure_cell, paragraph, printed, section, widget_cell
from whyattention.slides.cells import MetadataError, slide_types
from whyattention.slides.chapters import slides_of
from whyattention.slides.layout import ROOM, TIGHT, balance
from whyattention.slides.pieces import LONGEST_CODE, READABLE, Piece, pieces_of, size_of_code

SENTENCE = "This sentence is long enough to stand for itself on a slide. And this one is said."


def cut(*sections: nodes.Node, types: dict[int, str] | None = None):
    page = new_document("chapter")
    page += section("7 · A chapter", *sections)
    return slides_of(page, types or {})


def kinds(slides) -> list[list[str]]:
    return [[piece.kind for piece in slide.pieces] for slide in slides]


def test_the_title_slide_shows_minutes_and_objectives_and_says_the_rest():
    objectives = nodes.bullet_list("", nodes.list_item("", paragraph("compute scores;")))
    title, *_ = cut(paragraph("Reading: 45 minutes."), objectives, paragraph("You need softmax."))
    assert title.kind == "title"
    assert [piece.text for piece in title.pieces if piece.shown] == [
        "Reading: 45 minutes.",
        "compute scores;",
    ]
    assert title.pieces[-1].told[0].astext() == "You need softmax."


def test_a_section_is_a_column_and_its_subsection_is_not():
    slides = cut(
        section("One", paragraph(SENTENCE), section("Part", paragraph(SENTENCE))),
        section("Two", paragraph(SENTENCE)),
    )
    found = [
        (slide.heading.astext(), slide.above and slide.above.astext(), slide.column) for slide in slides[1:]
    ]
    assert found == [("One", None, True), ("Part", "One", False), ("Two", None, True)]


def test_a_section_without_text_of_its_own_begins_its_column_with_its_first_part():
    slides = cut(section("One", section("Part", paragraph(SENTENCE))))
    assert [(slide.heading.astext(), slide.column) for slide in slides[1:]] == [("Part", True)]


def test_a_figure_has_a_slide_with_its_caption_and_its_code_folded():
    caption = paragraph(bold("Figure 7.1."), " The claim. " + "Small print. " * 20)
    slides = cut(
        section("One", *[paragraph(SENTENCE)] * 3, figure_cell(), caption, *[paragraph(SENTENCE)] * 2)
    )
    figure = slides[2]
    assert kinds(slides[1:]) == [["text"] * 3, ["figure", "fold"], ["text"] * 2]
    assert figure.look == "figure"
    assert figure.pieces[0].caption.astext().startswith("Figure 7.1. The claim.")
    assert len(figure.pieces[0].caption.astext()) < 200
    assert figure.pieces[0].told == [caption]


def test_a_caption_finds_its_figure_behind_what_the_cell_has_printed():
    cell = code_cell("plot()", nodes.image(uri="a.svg"), printed("0.5\n" * 9), tags=("hide-input",))
    slides = cut(section("One", cell, paragraph(bold("Figure 7.2."), " Found.")))
    assert slides[1].pieces[0].caption.astext().strip() == "Figure 7.2. Found."
    assert kinds(slides[1:]) == [["figure", "fold"], ["output"]]


def test_a_widget_has_a_slide_and_its_code_is_not_shown():
    slides = cut(section("One", paragraph("Set the scores yourself."), widget_cell()))
    assert kinds(slides[1:]) == [["text", "widget"]]
    assert len(slides[1].pieces[1].shown) == 3


def test_short_code_is_shown_with_its_output_and_long_code_is_folded():
    short, long = (code_cell("x = 1\n" * lines, printed("1")) for lines in (3, LONGEST_CODE + 1))
    assert [piece.kind for piece in pieces_of(section("One", short), {})] == ["code", "output"]
    assert [piece.kind for piece in pieces_of(section("One", long), {})] == ["output", "fold"]


def test_cells_that_only_import_are_left_out():
    assert pieces_of(section("One", code_cell("import torch\n\nset_seed(7)\nuse_style()")), {}) == []
    assert pieces_of(section("One", code_cell("import torch\nx = 1\ny = 2\nz = 3")), {}) != []


def test_a_solution_is_folded_and_a_stub_is_shown_without_its_complaint():
    stub = code_cell("def f(): ...\ncheck(f)", printed("✗ f: not written yet."))
    solution = code_cell("def f(): return 1", printed("✓ f: right."), tags=("hide-input",), prompt="Solution")
    slides = cut(section("Exercises", section("7.1 Write it", paragraph(SENTENCE), stub, solution)))
    assert kinds(slides[1:]) == [["text", "code", "fold"]]
    assert slides[1].pieces[0].text == SENTENCE
    assert slides[1].pieces[2].label == "Solution"


def test_an_answer_comes_with_the_next_step():
    folded = [
        nodes.raw("", text, format="html") for text in ("<details><summary>Answer</summary>", "</details>")
    ]
    question = paragraph(bold("1."), " Which weights, to one digit? Say why.")
    slides = cut(section("Check yourself", question, folded[0], paragraph(SENTENCE), folded[1]))
    shown, answer = slides[1].pieces
    assert shown.text == "1. Which weights, to one digit? Say why."
    assert (answer.kind, answer.step, answer.label, answer.text) == ("answer", True, "Answer", SENTENCE)


def test_each_question_has_a_slide_with_its_answer():
    folded = [
        nodes.raw("", text, format="html") for text in ("<details><summary>Answer</summary>", "</details>")
    ]
    blocks = [
        block.deepcopy()
        for _ in range(3)
        for block in (paragraph(SENTENCE), folded[0], paragraph("No."), folded[1])
    ]
    assert kinds(cut(section("Check yourself", *blocks))[1:]) == [["text", "answer"]] * 3


def test_the_notes_have_every_word_of_the_prose():
    said = [
        f"Sentence {number} is long enough to stand for itself here. Detail {number}." for number in range(9)
    ]
    slides = cut(section("One", *map(paragraph, said), figure_cell()))
    told = [node.astext() for slide in slides for piece in slide.pieces for node in piece.told]
    assert told == said


@given(st.lists(st.tuples(st.integers(20, 600), st.booleans()), max_size=12))
def test_pieces_stay_in_order_and_no_slide_is_too_full(drawn):
    pieces = [Piece("other", [], height=height, joined=joined) for height, joined in drawn]
    slides = balance(pieces)
    assert [piece for slide in slides for piece in slide] == pieces
    for slide in slides:
        # What is joined is not divided, so only a slide of several groups has to keep to the room.
        groups = 1 + sum(not piece.joined for piece in slide[:-1])
        assert groups == 1 or sum(piece.height for piece in slide) <= ROOM * TIGHT


def test_text_is_divided_evenly():
    pieces = [Piece("other", [], height=ROOM / 4) for _ in range(6)]
    assert [len(slide) for slide in balance(pieces)] == [3, 3]


def test_what_leads_in_stays_with_what_follows():
    pieces = [
        Piece("other", [], height=ROOM * 0.9),
        Piece("text", [], height=60, joined=True),
        Piece("table", [], height=300),
    ]
    assert [len(slide) for slide in balance(pieces)] == [1, 2]


@given(st.integers(1, 20), st.integers(1, 88))
def test_code_is_set_in_type_that_fits_and_can_be_read(lines, columns):
    size = size_of_code("\n".join(["x" * columns] * lines))
    assert READABLE - 2 <= size <= 24
    assert size == READABLE - 2 or size * 0.602 * columns <= 1080


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("skip", [["text"], ["text"]]),
        ("notes", [["text", "notes", "text"]]),
        ("subslide", [["text"], ["text", "text"]]),
        ("slide", [["text"], ["text", "text"]]),
        ("fragment", [["text", "text", "text"]]),
    ],
)
def test_an_author_decides(said, found):
    cells = [paragraph(SENTENCE, cell=number) for number in (1, 2, 3)]
    slides = cut(section("One", *cells, cell=1), types={2: said})[1:]
    if said == "skip":
        assert kinds(slides) == [["text", "text"]]
        return
    assert kinds(slides) == found
    middle = [piece for slide in slides for piece in slide.pieces][1]
    assert middle.step == (said == "fragment")
    if said != "notes":
        assert middle.text == SENTENCE  # in full
    assert slides[-1].column == (said == "slide" or len(slides) == 1)


@pytest.mark.parametrize(
    ("value", "names"), [({"slide_type": "slyde"}, "'slyde'"), ("slide", "slideshow must hold")]
)
def test_bad_metadata_is_named_with_its_cell(tmp_path, value, names):
    cells = [
        {"cell_type": "markdown", "metadata": {}},
        {"cell_type": "code", "metadata": {"slideshow": value}},
    ]
    path = tmp_path / "chapter.ipynb"
    path.write_text(json.dumps({"cells": cells}))
    with pytest.raises(MetadataError, match=f"cell 2: .*{names}"):
        slide_types(path)


def test_a_page_without_a_title_is_refused():
    page = new_document("chapter")
    page += paragraph("No title.")
    with pytest.raises(ValueError, match="no title"):
        slides_of(page, {})
