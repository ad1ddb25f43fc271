"""From the page of a chapter to its slides."""

import re
from collections.abc import Iterator, Mapping

from docutils import nodes

from whyattention.slides.cells import cell_of
from whyattention.slides.layout import Slide, arrange
from whyattention.slides.pieces import Piece, pieces_of

_TASK = re.compile(r"^\d+\.\d+\s")  # "7.1 Backward through softmax": an exercise


def slides_of(page: nodes.document, types: Mapping[int, str]) -> list[Slide]:
    """Cut a chapter into slides.

    Args:
        page: The page, resolved as for the book.
        types: What the author says of cells, see ``cells.slide_types``.

    Returns:
        The slides in order: the title with what will be learned, then a column for each section.

    Raises:
        ValueError: The page has no title.
    """
    chapter = next(iter(page.findall(nodes.section)), None)
    if chapter is None or not isinstance(chapter[0], nodes.title):
        raise ValueError("the page has no title")
    slides = list(_title(chapter, types))
    for section in chapter.children:
        if isinstance(section, nodes.section):
            slides += _column(section, types)
    return slides


def _title(chapter: nodes.section, types: Mapping[int, str]) -> Iterator[Slide]:
    pieces = pieces_of(chapter, types, task=True)
    first = next((number for number, piece in enumerate(pieces) if piece.alone or piece.begins), len(pieces))
    front = pieces[:first]
    listed = next((number for number, piece in enumerate(front) if piece.kind == "list"), None)
    if listed is not None:
        # What stands behind the objectives is for the notes: the slide has a title and a list.
        for piece in front[listed + 1 :]:
            piece.kind, piece.told, piece.shown = "notes", piece.told or piece.shown, []
    yield Slide(chapter[0], None, front, column=True, kind="title")
    for pieces_of_slide in arrange(pieces[first:]):
        yield Slide(chapter[0], None, pieces_of_slide)


def _column(section: nodes.section, types: Mapping[int, str]) -> list[Slide]:
    slides = list(_slides(section, None, types))
    if slides:
        slides[0].column = True
    return slides


def _slides(section: nodes.section, above: nodes.title | None, types: Mapping[int, str]) -> Iterator[Slide]:
    heading = section[0] if isinstance(section[0], nodes.title) else None
    if heading is not None and types.get(cell_of(heading)) in ("skip", "notes"):
        heading, above = above, None
    task = heading is not None and bool(_TASK.match(heading.astext()))
    for pieces in arrange(pieces_of(section, types, task)):
        yield Slide(heading, above, pieces, column=_begins_column(pieces))
    for inner in section.children:
        if isinstance(inner, nodes.section):
            yield from _slides(inner, heading, types)


def _begins_column(pieces: list[Piece]) -> bool:
    return any(piece.begins == "slide" for piece in pieces)
