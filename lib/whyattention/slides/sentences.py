"""Which sentences of a paragraph are shown, when the whole of it is left to the speaker's notes."""

import re
from collections.abc import Iterable

from docutils import nodes

SHORT = 45  # characters: a sentence that does not stand for itself
ENOUGH = 170  # characters: what two sentences together may have
ABBREVIATIONS = {
    "e.g.",
    "i.e.",
    "al.",
    "eq.",
    "eqs.",
    "fig.",
    "sec.",
    "vs.",
    "cf.",
    "no.",
    "p.",
    "pp.",
    "approx.",
}

Sentence = list[nodes.Node]

# Behind the mark may stand what closes a quotation or a bracket.
_END = re.compile(r"[.!?…][\"”’)\]]*(?=\s)")
_CLOSED = re.compile(r"[.!?…][\"”’)\]]*\s*$")


def sentences(paragraph: nodes.Element) -> list[Sentence]:
    """Divide a paragraph into its sentences.

    Args:
        paragraph: A paragraph; it is not changed.

    Returns:
        For each sentence the inline nodes that it is made of; together they are the paragraph.
    """
    found: list[Sentence] = [[]]
    for child in paragraph.children:
        if not isinstance(child, nodes.Text):
            found[-1].append(child.deepcopy())
            # "**It is measured.** Then …": what is set off as a sentence is one.
            if isinstance(child, nodes.strong | nodes.emphasis) and _CLOSED.search(child.astext()):
                found.append([])
            continue
        *whole, rest = _cut(str(child))
        for text in whole:
            found[-1].append(nodes.Text(text))
            found.append([])
        if rest.strip() or (rest and found[-1]):
            found[-1].append(nodes.Text(rest))
    return [sentence for sentence in found if text_of(sentence)]


def _cut(text: str) -> list[str]:
    """The sentences of a text; the last one is open, and may be empty."""
    parts, start = [], 0
    for match in _END.finditer(text):
        before = text[start : match.end()].split()
        after = text[match.end() :].lstrip()
        if (before and before[-1].lower().lstrip("(") in ABBREVIATIONS) or after[:1].islower():
            continue
        end = len(text) - len(after)
        parts.append(text[start:end])
        start = end
    return [*parts, text[start:]]


def text_of(sentence: Iterable[nodes.Node]) -> str:
    """The text of a sentence, on one line."""
    return " ".join("".join(node.astext() for node in sentence).split())


def leads_in(paragraph: nodes.Element) -> bool:
    """Whether a paragraph ends with a colon, and so belongs to what follows."""
    return paragraph.astext().rstrip().endswith(":")


def key(paragraph: nodes.Element, short: int = SHORT, enough: int = ENOUGH) -> nodes.paragraph:
    """What a slide shows of a paragraph.

    Its sentence in bold type, else its first one; a second one where the first is too short to stand for
    itself; and its last one, if that leads in what follows.

    Args:
        paragraph: A paragraph; it is not changed.
        short: Characters below which the next sentence is shown, too.
        enough: Characters that all of it may have.

    Returns:
        A paragraph of whole sentences.
    """
    every = sentences(paragraph)
    chosen = [_main(every)] if every else []
    while chosen and sum(len(text_of(every[number])) for number in chosen) < short:
        if not _fits(every, [*chosen, chosen[-1] + 1], enough):
            break
        chosen.append(chosen[-1] + 1)
    last = len(every) - 1
    if leads_in(paragraph) and last not in chosen:
        chosen = (
            [*chosen, last] if _fits(every, [*chosen, last], enough) or _is_bold(every[chosen[0]]) else [last]
        )
    shown = join(every[number] for number in chosen)
    shown.line = paragraph.line
    return shown


def join(chosen: Iterable[Sentence]) -> nodes.paragraph:
    """A paragraph of sentences, with a space between two of them."""
    shown = nodes.paragraph()
    for sentence in chosen:
        begins = "".join(node.astext() for node in sentence)[:1]
        if shown.astext() and not shown.astext()[-1].isspace() and not begins.isspace():
            shown += nodes.Text(" ")
        shown += sentence
    return shown


def _main(every: list[Sentence]) -> int:
    bold = [number for number, sentence in enumerate(every) if _is_bold(sentence)]
    return bold[0] if bold else 0


def _is_bold(sentence: Sentence) -> bool:
    """Whether a sentence holds bold words that are more than a term or the number of a figure."""
    strong = [node.astext() for node in sentence if isinstance(node, nodes.strong)]
    return any(len(text) > 2 for text in strong)


def _fits(every: list[Sentence], numbers: list[int], enough: int) -> bool:
    return numbers[-1] < len(every) and sum(len(text_of(every[number])) for number in numbers) <= enough
