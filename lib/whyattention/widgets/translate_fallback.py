"""The figure of the translators as plain HTML: what GitHub, print and a page without scripts show."""

from html import escape

from whyattention.widgets import plain_html
from whyattention.widgets.translate_sentence import Edit, Said, compare, reference, say

TEXT = {
    "caption": "Two trained translators on one sentence",
    "source": "English",
    "control": "One vector (control)",
    "attention": "Attention",
    "reference": "Reference",
    "none": "none: not a sentence of this grammar",
    "right": "{right} of {all} right",
    "missing": "[{words} missing]",
    "wrong": "Struck out: words that differ from the reference.",
    "weights": "Attention weights of “{name}”: a row for each French word, a column for each English one, "
    "the darker the larger. Outlined: the words that belong together.",
}

_WEIGHT, _LINK = "#0072B2", "#D55E00"
_CELL, _LEFT, _TOP = 24, 100, 84


def fallback(source: list[str], drawn: str | None) -> str:
    """Both translations in a table, and the weights of one model as a picture.

    Args:
        source: English words that the models know.
        drawn: Whose weights are drawn, or None.

    Returns:
        HTML without scripts and styles, everything in it escaped.
    """
    known = reference(source)
    rows = [(TEXT["source"], escape(" ".join(source)), "")]
    for name in ("control", "attention"):
        said = say(name, " ".join(source))
        if known is None:
            rows.append((TEXT[name], escape(" ".join(said.words)), ""))
            continue
        edits = compare(said.words, known[0])
        right = sum(edit.kind == "right" for edit in edits)
        rows.append((TEXT[name], _marked(said, edits), TEXT["right"].format(right=right, all=len(known[0]))))
    rows.append((TEXT["reference"], escape(" ".join(known[0]) if known else TEXT["none"]), ""))
    picture = _picture(source, drawn, known[1] if known else None) if drawn else ""
    note = f"<p>{TEXT['wrong']}</p>" if known else ""
    return f"{plain_html.table(TEXT['caption'], (), rows)}{note}{picture}"


def _marked(said: Said, edits: list[Edit]) -> str:
    """The model's words, those struck out that are wrong, and how many are missing where."""
    parts, missing = [], 0
    for edit in [*edits, None]:
        if edit and edit.kind == "missing":
            missing += 1
            continue
        if missing:
            parts.append(TEXT["missing"].format(words=missing))
            missing = 0
        if edit:
            word = escape(said.words[edit.said])
            parts.append(word if edit.kind == "right" else f"<del>{word}</del>")
    return " ".join(parts)


def _picture(source: list[str], name: str, links: list[int] | None) -> str:
    """Weights as squares; the gold link of each word that stands for one of the reference is outlined."""
    said = say(name, " ".join(source))
    width, height = _LEFT + _CELL * len(source) + 40, _TOP + _CELL * len(said.words) + 4
    parts = [
        f'<text transform="translate({_LEFT + _CELL * i + 16} {_TOP - 6}) rotate(-50)" font-size="13" '
        f'fill="currentColor">{escape(word)}</text>'
        for i, word in enumerate(source)
    ]
    for t, (word, weights) in enumerate(zip(said.words, said.weights, strict=True)):
        y = _TOP + _CELL * t
        parts.append(plain_html.words(_LEFT - 6, y + 17, escape(word), "end", size=13))
        parts += [
            f'<rect x="{_LEFT + _CELL * i}" y="{y}" width="{_CELL}" height="{_CELL}" fill="{_WEIGHT}" '
            f'fill-opacity="{weight:.3f}" stroke="currentColor" stroke-opacity="0.15"/>'
            for i, weight in enumerate(weights)
        ]
    expected = reference(source)
    if links and expected:
        for edit in compare(said.words, expected[0]):
            if edit.kind in ("right", "wrong"):
                parts.append(
                    f'<rect x="{_LEFT + _CELL * links[edit.expected] + 1.5}" '
                    f'y="{_TOP + _CELL * edit.said + 1.5}" width="{_CELL - 3}" height="{_CELL - 3}" '
                    f'fill="none" stroke="{_LINK}" stroke-width="2"/>'
                )
    label = escape(TEXT["weights"].format(name=TEXT[name]))
    return f"{plain_html.picture(width, height, label, *parts)}<p>{label}</p>"
