"""What a section of a chapter is made of, seen as the material of slides."""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from docutils import nodes

from whyattention.slides.cells import Code, cell_of, read_code
from whyattention.slides.sentences import ENOUGH, join, key, leads_in, sentences, text_of

# Pixels on a slide of 1280 by 720; `static/slides.css` sets the same sizes.
LINE, COLUMNS, GAP = 40, 78, 18  # a line of text, the characters in it, the space between two pieces
ROW, CELL = 34, 106  # a line of a table, the characters that its cells have together
READABLE = 18  # the smallest type of code
LONGEST_CODE = 20  # lines that have room in that type

WORDS = {
    "code": "Code, {lines} lines",
    "code of": "Code, {lines} lines: {names}",
    "one line": "Code, one line",
    "answer": "Answer",
}

_CAPTION = re.compile(r"^Figure [\d.]+\d\.")
_NUMBERED = re.compile(r"^[A-Z]?\d*\.?\d+[.) ]")
_DETAILS = re.compile(r"<details[^>]*>\s*<summary[^>]*>(.*?)</summary>", re.DOTALL)
_DROPPED = (nodes.comment, nodes.target, nodes.substitution_definition, nodes.transition)


@dataclass
class Piece:
    """Something that is not divided between two slides.

    Attributes:
        kind: "text", "list", "table", "formula", "code", "output", "figure", "widget", "answer", "fold",
            "notes" or "other"; its class on the slide.
        shown: What the slide shows.
        told: What the notes say of it: all of it where the slide shows a part.
        height: Pixels that it will take, about.
        caption: Of a figure, what stands beneath.
        label: Of a fold or an answer, the words above it.
        step: Whether it appears at the next step only.
        joined: Whether it stays with the piece that follows.
        begins: "slide" or "subslide" where the author has a slide begin here.
        prepares: Whether it is code that only imports and sets up.
    """

    kind: str
    shown: list[nodes.Node]
    told: list[nodes.Node] = field(default_factory=list)
    height: float = 0
    caption: nodes.Node | None = None
    label: str = ""
    step: bool = False
    joined: bool = False
    begins: str = ""

    @property
    def alone(self) -> bool:
        """Whether it has a slide of its own."""
        return self.kind in ("figure", "widget")

    @property
    def text(self) -> str:
        """The words that are shown."""
        return text_of(self.shown)


def pieces_of(section: nodes.Element, types: Mapping[int, str], task: bool = False) -> list[Piece]:
    """Take a section apart.

    Args:
        section: A section of a resolved page; sections within it are left out.
        types: What the author says of cells, by index, see ``cells.slide_types``.
        task: Whether it sets a task, whose text is shown in full.

    Returns:
        Its pieces, in order.
    """
    found: list[Piece] = []
    previous = None
    for block, following in _blocks(section):
        cell = cell_of(block[0])
        kind = types.get(cell, "") if cell is not None else ""
        if kind == "skip":
            continue
        made = list(_made(block, following, full=task or bool(kind)))
        if kind == "notes":
            told = [node for piece in made for node in piece.told or piece.shown]
            made = [Piece("notes", [], told)]
        elif kind == "fragment":
            for piece in made:
                piece.step = True
        if kind in ("slide", "subslide") and cell != previous and made:
            made[0].begins = kind
        previous = cell
        found += made
    return list(_captioned(found))


def _blocks(section: nodes.Element) -> Iterator[tuple[list[nodes.Node], nodes.Node | None]]:
    """The blocks of a section, each with the one behind it; what a raw ``<details>`` folds is one block."""
    grouped: list[list[nodes.Node]] = []
    open_details = False
    for child in section.children:
        if isinstance(child, (nodes.section, nodes.title, *_DROPPED)):
            continue
        raw = child.astext() if isinstance(child, nodes.raw) else ""
        if open_details:
            grouped[-1].append(child)
            open_details = "</details>" not in raw
        elif "<script" not in raw:
            grouped.append([child])
            open_details = bool(_DETAILS.search(raw)) and "</details>" not in raw
    for number, block in enumerate(grouped, start=1):
        yield block, grouped[number][0] if number < len(grouped) else None


def _made(block: list[nodes.Node], following: nodes.Node | None, full: bool) -> Iterator[Piece]:
    node = block[0]
    if len(block) > 1:
        yield _answer(block)
    elif isinstance(node, nodes.paragraph):
        yield _text(node, following, full)
    elif isinstance(node, nodes.bullet_list | nodes.enumerated_list | nodes.definition_list):
        yield _list(node, full)
    elif isinstance(node, nodes.table):
        yield Piece("table", [node], height=_height_of_table(node))
    elif isinstance(node, nodes.math_block):
        yield Piece("formula", [node], height=_height_of_formula(node.astext()))
    elif isinstance(node, nodes.Admonition | nodes.admonition):
        yield _admonition(node, full)
    elif isinstance(node, nodes.container) and node.get("nb_element") == "cell_code":
        yield from _cell(read_code(node))
    elif isinstance(node, nodes.container) and node.children:
        for child in node.children:
            yield from _made([child], None, full)
    elif isinstance(node, nodes.literal_block):
        yield _literal("code", node)
    elif isinstance(node, nodes.figure):
        images = list(node.findall(nodes.image))
        caption = next(iter(node.findall(nodes.caption)), None)
        yield Piece("figure", images, [caption] if caption else [], caption=caption)
    else:
        yield Piece("other", [node], height=_height_of_text(node.astext()))


def _text(node: nodes.paragraph, following: nodes.Node | None, full: bool) -> Piece:
    if _CAPTION.match(node.astext()):
        return Piece("caption", [node], [node])
    # The number of a question stays with its text.
    shown = node if full or _NUMBERED.match(node.astext()) else key(node)
    together = leads_in(node) and following is not None
    return Piece("text", [shown], [node], _height_of_text(shown.astext()), joined=together)


def _list(node: nodes.Element, full: bool) -> Piece:
    shown = node.deepcopy()
    if not full:
        for item in shown.children:
            paragraphs = [child for child in item.children if isinstance(child, nodes.paragraph)]
            if paragraphs and len(paragraphs[0].astext()) > ENOUGH:
                paragraphs[0].replace_self(key(paragraphs[0]))
            for more in paragraphs[1:]:
                item.remove(more)
    height = sum(_height_of_text(item.astext()) - 6 for item in shown.children)
    return Piece("list", [shown], [node], height)


def _admonition(node: nodes.Element, full: bool) -> Piece:
    shown = node.deepcopy()
    if not full:
        for paragraph in [child for child in shown.children if isinstance(child, nodes.paragraph)]:
            paragraph.replace_self(key(paragraph))
    return Piece("other", [shown], [node], _height_of_text(shown.astext()) + 60)


def _answer(block: list[nodes.Node]) -> Piece:
    summary = _DETAILS.search(block[0].astext())
    inner = [node for node in block[1:] if not isinstance(node, nodes.raw)]
    height = sum(_height_of_text(node.astext()) for node in inner) * 0.85 + 50
    return Piece("answer", inner, inner, height, label=summary[1] if summary else WORDS["answer"], step=True)


def _cell(code: Code) -> Iterator[Piece]:
    if code.only_prepares or code.tags & {"hide-cell"}:
        return
    if code.prompt and code.hidden and not (code.figures or code.widgets):
        yield Piece("fold", _of(code.source) + code.texts, height=46, label=code.prompt)
        return
    folded = Piece("fold", _of(code.source), height=46, label=_label(code)) if code.source else None
    if code.widgets:
        # The code of a prediction holds its answer, the call of a figure says little.
        folded = None
    stub = [text for text in code.texts if text.astext().startswith("✗")]
    texts = [text for text in code.texts if text not in stub]
    outputs = [_literal("output", text) for text in texts]
    rows = len(code.source.astext().splitlines()) if code.source else 0
    rows += sum(len(text.astext().splitlines()) for text in texts)
    shows_code = folded and not code.hidden and not code.figures and not code.others and rows <= LONGEST_CODE
    if shows_code:
        yield _literal("code", code.source, joined=bool(outputs))
    for picture in code.figures:
        yield Piece("figure", [picture])
    if code.figures and folded:
        yield folded
    for view in code.widgets:
        yield Piece("widget", view)
    yield from outputs
    yield from (Piece("other", [node], height=470) for node in code.others)
    if folded and not shows_code and not code.figures:
        yield folded


def _of(source: nodes.Node | None) -> list[nodes.Node]:
    return [source] if source is not None else []


def _label(code: Code) -> str:
    lines = len(code.source.astext().splitlines())
    if lines == 1:
        return WORDS["one line"]
    names = ", ".join(code.defined[:3])
    return WORDS["code of" if names else "code"].format(lines=lines, names=names)


def _captioned(pieces: list[Piece]) -> Iterator[Piece]:
    """Give each figure the caption behind it; what its cell has printed may stand between."""
    figure: Piece | None = None
    for piece in pieces:
        if piece.kind == "figure":
            figure = piece
        elif piece.kind == "caption":
            if figure is not None:
                figure.told, figure.caption = piece.told, _short_caption(piece.shown[0])
                figure = None
                continue
            piece.kind, piece.height = "text", _height_of_text(piece.text)
        elif piece.kind not in ("output", "fold"):
            figure = None
        yield piece


def _short_caption(node: nodes.paragraph) -> nodes.paragraph:
    """The number of the figure and as many sentences as make two lines."""
    number, *rest = sentences(node)
    shown = [number]
    for sentence in rest:
        if len(shown) > 1 and sum(len(text_of(one)) for one in [*shown, sentence]) > ENOUGH:
            break
        shown.append(sentence)
    return join(shown)


def size_of_code(text: str, room: float = LONGEST_CODE * READABLE * 1.4) -> int:
    """The type in which code is set: as large as its lines and its longest line allow.

    Args:
        text: The code.
        room: Pixels from top to bottom.

    Returns:
        Pixels.
    """
    lines = text.rstrip("\n").splitlines() or [""]
    wide = 1080 / (0.602 * max(10, *map(len, lines)))
    return int(max(READABLE - 2, min(24, wide, room / (1.4 * len(lines)))))


def _literal(kind: str, node: nodes.literal_block, joined: bool = False) -> Piece:
    text = node.astext()
    if kind == "code" and "\n\n\n" in text:
        text = text.replace("\n\n\n", "\n\n")
        node = nodes.literal_block(text, text, **node.non_default_attributes())
    return Piece(kind, [node], height=len(text.splitlines()) * 1.4 * size_of_code(text) + 30, joined=joined)


def _height_of_text(text: str) -> float:
    return math.ceil(len(text) / COLUMNS) * LINE + GAP


def _height_of_formula(tex: str) -> float:
    rows = tex.count(r"\\") + 1
    return 40 + rows * (62 if r"\frac" in tex or r"\sum" in tex or r"\prod" in tex else 46)


def _height_of_table(table: nodes.table) -> float:
    height = 20.0
    for row in table.findall(nodes.row):
        entries = [len(entry.astext()) for entry in row.findall(nodes.entry)]
        share = CELL / max(1, len(entries))
        height += max((math.ceil(length / max(share, 1) * 0.75) for length in entries), default=1) * ROW + 16
    return height
