"""How a slide is written: nodes of a resolved page become HTML, and slides the cells of a notebook."""

from collections.abc import Callable, Iterable, Mapping
from html import escape

import nbformat
from docutils import nodes
from nbformat import NotebookNode
from nbformat.v4 import new_notebook, new_raw_cell

from whyattention.slides.layout import Slide
from whyattention.slides.pieces import Piece, size_of_code

#: Writes nodes: ``render(nodes, spoken)``, spoken for the notes, whose window has no stylesheet of ours.
Render = Callable[[Iterable[nodes.Node], bool], str]

# How nbconvert's slide types follow each other on one slide.
_BEGINS, _WITHIN, _NOTES, _STEP = ("slide", "subslide"), "-", "notes", "fragment"


def without_links(node: nodes.Node, pages: Mapping[str, str]) -> nodes.Node:
    """A copy of a node for a slide: no ids, which a deck may hold twice, and no links to what it lacks.

    Args:
        node: The node; it is not changed.
        pages: The decks by the address that the page links them by.

    Returns:
        The copy.
    """
    copy = node.deepcopy()
    if not isinstance(copy, nodes.Element):
        return copy
    for part in list(copy.findall(nodes.Element)):
        part["ids"] = []
        if isinstance(part, nodes.reference):
            address = part.get("refuri", "")
            deck = pages.get(address.partition("#")[0])
            if deck:
                part["refuri"] = deck
            elif part.get("internal") or part.get("refid") or "://" not in address:
                words = nodes.inline("", "", *part.children, classes=part["classes"])
                if part is copy:
                    copy = words
                else:
                    part.replace_self(words)
    return copy


def write_piece(piece: Piece, render: Render) -> str:
    """The HTML of a piece."""
    inner = render(piece.shown, False)
    if piece.kind == "figure":
        caption = render(piece.caption.children, False) if piece.caption is not None else ""
        return f'<figure class="wa-figure">{inner}' + (
            f"<figcaption>{caption}</figcaption></figure>" if caption else "</figure>"
        )
    if piece.kind in ("code", "output"):
        size = size_of_code(piece.shown[0].astext())
        return f'<div class="wa-{piece.kind}" style="--size: {size}px">{inner}</div>'
    label = escape(piece.label)
    if piece.kind == "fold":
        panel = f'<div class="wa-unfolded" tabindex="0" role="group" aria-label="{label}">{inner}</div>'
        return f'<details class="wa-fold"><summary>{label}</summary>{panel}</details>'
    if piece.kind == "answer":
        return f'<div class="wa-answer"><p class="wa-label">{label}</p>{inner}</div>'
    return f'<div class="wa-{piece.kind}">{inner}</div>'


def write_slide(slide: Slide, render: Render, identifier: str) -> list[NotebookNode]:
    """The cells of a slide: what it shows, the notes, and a cell for each step.

    Args:
        slide: The slide.
        render: Writes nodes.
        identifier: The slide's id in the deck, which is its address.

    Returns:
        Raw cells with nbconvert's slide types.
    """
    heading = render(slide.heading.children, False) if slide.heading is not None else ""
    above = (
        f'<p class="wa-above">{render(slide.above.children, False)}</p>' if slide.above is not None else ""
    )
    top = f'<header class="wa-top">{above}<h2>{heading}</h2></header>'
    now = [piece for piece in slide.pieces if not piece.step and piece.kind not in ("notes", "fold")]
    folds = [piece for piece in slide.pieces if piece.kind == "fold"]
    later = [piece for piece in slide.pieces if piece.step and piece.kind != "fold"]
    body = f'<div class="wa-body">{"".join(write_piece(piece, render) for piece in now)}</div>'
    body += "".join(write_piece(piece, render) for piece in folds)
    cells = [_cell(top + body, _BEGINS[not slide.column], {"id": identifier, "look": slide.look})]
    told = [node for piece in slide.pieces for node in piece.told]
    if told:
        cells.append(_cell(render(told, True), _NOTES))
    cells += [_cell(write_piece(piece, render), _STEP) for piece in later]
    return cells


def write_deck(slides: Iterable[Slide], render: Render, names: Callable[[Slide], str]) -> NotebookNode:
    """The notebook of a deck, for nbconvert's exporter.

    Args:
        slides: The slides in order.
        render: Writes nodes.
        names: Gives a slide its id.

    Returns:
        A notebook of raw cells.
    """
    cells = [cell for slide in slides for cell in write_slide(slide, render, names(slide))]
    for number, cell in enumerate(cells):
        cell.id = f"slide-{number}"  # by chance else, and so another one for each build
    return new_notebook(cells=cells)


def _cell(html: str, slide_type: str, own: Mapping[str, str] | None = None) -> NotebookNode:
    metadata = {"format": "text/html", "slideshow": {"slide_type": slide_type}}
    return new_raw_cell(html, metadata=nbformat.from_dict(metadata | {"whyattention": dict(own or {})}))
