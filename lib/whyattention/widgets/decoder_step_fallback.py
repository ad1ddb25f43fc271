"""DecoderStep where no script runs: its pieces as a table, its weights as bars, the best words."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from whyattention.widgets import plain_html

if TYPE_CHECKING:
    from whyattention.widgets.decoder_step import Moment

# The words of the fallback; those of the live figure stand in decoder_step*.js.
TEXT = {
    "caption": "Decoding step {t} for “{sentence}”: it has read {read} and predicts {word} ({probability}).",
    "by_hand": " With its own weights it would predict {word} ({probability}).",
    "read": "“{word}”",
    "begin": "the mark that begins a sentence",
    "end": "the end of the sentence",
    "heads": ("piece", "tensor", "shape", "its first numbers"),
    "weights": "Attention weights α of this step",
    "weights_by_hand": "Attention weights α of this step, set by hand; outlined: the model's own",
    "words": "Most probable next words",
    "word": "word",
    "probability": "probability",
    "own": "with its own weights",
}
PIECES = (
    ("(0) decode", "decoder state s", "s"),
    ("(1) scores", "scores e", "scores"),
    ("(2) weights", "weights α", "weights"),
    ("(3) value", "attention value a", "value"),
    ("(4) join, tanh", "[a; s]", "joined"),
    ("(4) join, tanh", "attentional state s̃", "attentional"),
    ("(5) predict", "logits", "logits"),
)
BEST = 6


def html(words: list[str], names: list[str], t: int, own: Moment, by_hand: Moment | None) -> str:
    """The HTML of one step.

    Args:
        words: The source words.
        names: The target words, by number.
        t: The step.
        own: The step with the model's own weights.
        by_hand: The step with weights that were set, if there are any.
    """
    shown = by_hand or own
    parts = [_pieces(words, names, t, own, by_hand), _bars(words, own, by_hand)]
    heads = [TEXT["word"], TEXT["probability"]] + ([TEXT["own"]] if by_hand else [])
    rows = [
        [_said(names, k), share(shown.probabilities[k])] + ([share(own.probabilities[k])] if by_hand else [])
        for k in ranked(own.probabilities, shown.probabilities)
    ]
    return "".join([*parts, _table(TEXT["words"], heads, rows)])


def ranked(own: Sequence[float], shown: Sequence[float]) -> list[int]:
    """The word that the model would say by itself, then the most probable others.

    >>> ranked([0.1, 0.2, 0.7], [0.6, 0.3, 0.1])
    [2, 0, 1]
    """
    first = max(range(len(own)), key=own.__getitem__)
    others = sorted((k for k in range(len(own)) if k != first), key=lambda k: -shown[k])
    return [first, *others[: BEST - 1]]


def share(number: float) -> str:
    """A weight or probability with three decimals, and never 0 or 1 where it is not.

    >>> share(0.25), share(1e-9), share(0), share(0.9999)
    ('0.250', '< 0.001', '0', '> 0.999')
    """
    if number in (0, 1):
        return str(int(number))
    return "< 0.001" if number < 0.0005 else "> 0.999" if number > 0.9995 else f"{number:.3f}"


def _pieces(words: list[str], names: list[str], t: int, own: Moment, by_hand: Moment | None) -> str:
    shown = by_hand or own
    read = TEXT["begin"] if t == 1 else TEXT["read"].format(word=names[own.token])
    caption = TEXT["caption"].format(
        t=t,
        sentence=" ".join(words),
        read=read,
        word=_said(names, shown.best),
        probability=share(shown.probabilities[shown.best]),
    )
    if by_hand:
        said, probability = _said(names, own.best), share(own.probabilities[own.best])
        caption += TEXT["by_hand"].format(word=said, probability=probability)
    rows = []
    for piece, symbol, field in PIECES:
        numbers = getattr(shown.found, field)
        first = ", ".join(f"{number:.2f}".replace("-", "−") for number in numbers[:4])
        rows.append([piece, symbol, f"({len(numbers)})", first + (", …" if len(numbers) > 4 else "")])
    return _table(caption, TEXT["heads"], rows)


def _table(caption: str, heads: Sequence[str], rows: list[list[str]]) -> str:
    return plain_html.table(escape(caption), heads, [[escape(cell) for cell in row] for row in rows])


def _bars(words: list[str], own: Moment, by_hand: Moment | None) -> str:
    shown, drawn = by_hand or own, []
    for i, (word, weight) in enumerate(zip(words, shown.found.weights, strict=True)):
        y = 6 + 22 * i
        drawn.append(
            plain_html.words(78, y + 12, escape(word), "end", size=13)
            + f'<rect x="86" y="{y}" width="{200 * weight:.1f}" height="14" fill="#0072B2"/>'
        )
        if by_hand:
            drawn.append(
                f'<rect x="86" y="{y}" width="{200 * own.found.weights[i]:.1f}" height="14" fill="none" '
                f'stroke="currentColor" stroke-dasharray="4 3"/>'
            )
        drawn.append(plain_html.words(296, y + 12, escape(share(weight)), size=13))
    height, label = 12 + 22 * len(words), escape(TEXT["weights_by_hand" if by_hand else "weights"])
    axis = f'<path d="M86 0V{height}" stroke="currentColor"/>'
    return f"<p>{label}</p>{plain_html.picture(350, height, label, axis, *drawn)}"


def _said(names: list[str], number: int) -> str:
    return TEXT["end"] if names[number] == "<eos>" else f"“{names[number]}”"
