"""How the pieces of a section become slides: figures and widgets alone, the rest evenly."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from docutils import nodes

from whyattention.slides.pieces import Piece
from whyattention.slides.sentences import key

ROOM = 520  # pixels beneath the heading
TIGHT = 1.12  # times the room: what smaller type still brings in
LEAD = 130  # characters of a sentence that has room above a figure
SPARSE = 0.5  # of the room: a slide that can take more of its paragraphs
# Slides that a lone sentence, and smaller type, are as bad as.
LONE, SMALLER = 0.5, 0.6
LINES = 150  # pixels of numbers that have room beneath their figure
RICH = 130  # characters of a paragraph on a sparse slide


@dataclass
class Slide:
    """One slide.

    Attributes:
        heading: The title of its section; None where the page has none.
        above: The title of the section around it, if there is one.
        pieces: What it shows, from top to bottom.
        column: Whether it begins a column.
        kind: "title" or "" for all others.
    """

    heading: nodes.title | None
    above: nodes.title | None
    pieces: list[Piece] = field(default_factory=list)
    column: bool = False
    kind: str = ""

    @property
    def look(self) -> str:
        """The class of its main piece, or "statement" where it shows one sentence and nothing else."""
        if self.kind:
            return self.kind
        alone = [piece.kind for piece in self.pieces if piece.alone]
        visible = [piece for piece in self.pieces if piece.kind not in ("notes", "fold")]
        if alone:
            return alone[0]
        if len(visible) == 1 and visible[0].kind == "text" and len(visible[0].text) < 240:
            return "statement"
        return "text"


def arrange(pieces: Sequence[Piece], room: float = ROOM) -> list[list[Piece]]:
    """Divide the pieces of a section among slides.

    Args:
        pieces: The pieces, in order.
        room: Pixels that a slide has.

    Returns:
        For each slide its pieces; none is empty.
    """
    slides: list[list[Piece]] = []
    waiting: list[Piece] = []
    for piece in pieces:
        if piece.begins and waiting:
            slides += balance(waiting, room)
            waiting = []
        if piece.kind in ("fold", "notes") and not waiting and slides and not piece.begins:
            slides[-1].append(piece)
            continue
        if not piece.alone:
            waiting.append(piece)
            continue
        lead = []
        if len(waiting) == 1 and waiting[0].kind == "text" and len(waiting[0].text) <= LEAD:
            lead, waiting = waiting, []
        elif waiting and waiting[-1].joined and waiting[-1].kind == "text" and len(waiting[-1].text) <= LEAD:
            lead = [waiting.pop()]
        slides += balance(waiting, room)
        waiting = []
        slides.append([*lead, piece])
    slides += balance(waiting, room)
    slides = _without_bare_folds(slides)
    for slide in slides:
        _enrich(slide, room)
    return slides


def balance(pieces: Sequence[Piece], room: float = ROOM) -> list[list[Piece]]:
    """Divide pieces among as few slides as hold them, and these as evenly as can be.

    Args:
        pieces: Pieces of which none wants a slide of its own.
        room: Pixels that a slide has.

    Returns:
        For each slide its pieces.
    """
    groups = _groups(pieces)
    heights = [sum(piece.height for piece in group) for group in groups]
    if not groups:
        return []
    # best[n]: the least cost of slides for the first n groups, the least sum of squares there, the last cut.
    best: list[tuple[float, float, int]] = [(0, 0.0, 0)]
    for end in range(1, len(groups) + 1):
        options = []
        for start in range(end):
            height = sum(heights[start:end])
            # Answers come behind all that a slide shows: two questions on one would mix them.
            asks = any(piece.kind == "answer" for group in groups[start:end] for piece in group)
            if end - start == 1 or (height <= room * TIGHT and not asks):
                cost, squares, _ = best[start]
                cost += 1 + SMALLER * (height > room) + LONE * _is_lone(groups[start:end])
                options.append((cost, squares + height**2, start))
        best.append(min(options))
    cuts, end = [], len(groups)
    while end:
        start = best[end][2]
        cuts.append([piece for group in groups[start:end] for piece in group])
        end = start
    return cuts[::-1]


def _groups(pieces: Sequence[Piece]) -> list[list[Piece]]:
    """Pieces that stay together: what leads in with what follows, a question with its answer."""
    groups: list[list[Piece]] = []
    open_group = False
    for piece in pieces:
        if groups and (
            open_group or piece.kind in ("answer", "fold", "notes") or (piece.step and not piece.begins)
        ):
            groups[-1].append(piece)
        else:
            groups.append([piece])
        open_group = piece.joined
    return groups


def _is_lone(groups: Sequence[Sequence[Piece]]) -> bool:
    shown = [piece for group in groups for piece in group if piece.kind not in ("fold", "notes")]
    return len(shown) == 1 and shown[0].kind == "text"


def _enrich(slide: Sequence[Piece], room: float) -> None:
    """Show more of the paragraphs of a slide that has little else."""
    used = sum(piece.height for piece in slide)
    if used > room * SPARSE or any(piece.alone for piece in slide):
        return
    for piece in slide:
        paragraph = piece.told[0] if piece.told else None
        if (
            piece.kind == "text"
            and paragraph is not piece.shown[0]
            and isinstance(paragraph, nodes.paragraph)
        ):
            piece.shown = [key(paragraph, short=RICH, enough=2 * RICH)]


def _visible(pieces: Sequence[Piece]) -> bool:
    return any(piece.kind not in ("fold", "notes") for piece in pieces)


def _is_a_line(slide: Sequence[Piece]) -> bool:
    shown = [piece for piece in slide if piece.kind not in ("fold", "notes")]
    return [piece.kind for piece in shown] == ["output"] and shown[0].height < LINES


def _without_bare_folds(slides: list[list[Piece]]) -> list[list[Piece]]:
    """Put what is too little for a slide on the one before: folded code, notes, a figure's numbers."""
    kept: list[list[Piece]] = []
    before: list[Piece] = []
    for slide in slides:
        if kept and _is_a_line(slide) and any(piece.alone for piece in kept[-1]):
            kept[-1] += slide
        elif _visible(slide):
            kept.append([*before, *slide] if not kept else slide)
            before = []
        elif kept:
            kept[-1] += slide
        else:
            before += slide
    return kept or ([before] if before else [])
