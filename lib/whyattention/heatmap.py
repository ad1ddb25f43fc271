"""Attention weights as a table of text, or as a picture: target words in rows, source words in columns."""

from __future__ import annotations

import io
from collections.abc import Sequence
from os import PathLike
from pathlib import Path

from jaxtyping import Float
from torch import Tensor

from whyattention.files import write_whole

#: A picture of more words could not be read.
LONGEST_PICTURE = 60

TEXT = {
    "source": "source words",
    "target": "target words, as they are written",
    "weight": "attention weight  $\\alpha$",
    "description": "Attention weights. {rows}.",
    "row": "{target}: most on {source}, {weight:.2f}",
}

# From a tenth on, so that a row shows at a glance where its weight lies.
_SHADES = ((0.75, "█"), (0.5, "▓"), (0.25, "▒"), (0.1, "░"), (0.0, " "))


def heatmap_text(
    source: Sequence[str], target: Sequence[str], weights: Float[Tensor, "target_words source_words"]
) -> str:
    """Write attention weights as a table; the darker the mark behind a number, the larger the weight.

    Args:
        source: The source words.
        target: The target words.
        weights: The weights, of shape (target words, source words).

    Returns:
        Lines of equal width, without a line end behind the last.

    Raises:
        ValueError: The weights have another shape.

    Taught in:
        Chapter 8.

    Example:
        >>> from torch import tensor
        >>> print(heatmap_text(["i", "like"], ["j'", "aime"], tensor([[0.9, 0.1], [0.0, 1.0]])))
                   i    like
          j'  0.90 █  0.10 ░
        aime  0.00    1.00 █
    """
    _require_shape(source, target, weights)
    left = max(map(len, target), default=0)
    widths = [max(len(word), len("0.00 █")) for word in source]
    columns = list(zip(source, widths, strict=True))
    lines = [" " * left + "".join(f"  {word:>{width}}" for word, width in columns)]
    for word, row in zip(target, weights.tolist(), strict=True):
        cells = (f"  {_cell(weight):>{width}}" for weight, width in zip(row, widths, strict=True))
        lines.append(f"{word:>{left}}" + "".join(cells))
    return "\n".join(lines)


def save_heatmap(
    path: str | PathLike[str],
    source: Sequence[str],
    target: Sequence[str],
    weights: Float[Tensor, "target_words source_words"],
) -> None:
    """Draw attention weights as a PNG file: the darker, the larger.

    The file appears whole or not at all, and equal weights give equal bytes. What the picture shows stands
    in it as a description, too.

    Args:
        path: The file, which must not exist.
        source: The source words.
        target: The target words, at least one.
        weights: The weights, of shape (target words, source words).

    Raises:
        FileExistsError: There is a file already.
        OSError: The file cannot be written.
        ValueError: The weights have another shape; a side has no word, or more than ``LONGEST_PICTURE``.

    Taught in:
        Chapter 8.
    """
    # Slow to import, and needed here alone. Not pyplot: that would keep the figure and choose a window.
    import matplotlib as mpl
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.figure import Figure

    from whyattention.plotting import COLORS

    _require_shape(source, target, weights)
    for name, words in (("source", source), ("target", target)):
        if not 1 <= len(words) <= LONGEST_PICTURE:
            raise ValueError(f"{name} must hold 1 to {LONGEST_PICTURE} words for a picture, got {len(words)}")
    path = Path(path)
    if path.exists():
        raise FileExistsError(f"path must not exist, got {path}")
    with mpl.rc_context(fname=Path(__file__).with_name("whyattention.mplstyle")):
        figure = Figure(figsize=(2.4 + 0.5 * len(source), 1.3 + 0.4 * len(target)))
        axes = figure.subplots()
        shades = LinearSegmentedColormap.from_list("weight", ["white", COLORS["weight"]])
        image = axes.imshow(weights.tolist(), cmap=shades, vmin=0, vmax=1, aspect="auto")
        axes.grid(False)
        # A dollar sign would begin a formula.
        axes.set_xticks(range(len(source)), [_plain(word) for word in source], rotation=45, ha="right")
        axes.set_yticks(range(len(target)), [_plain(word) for word in target])
        axes.set(xlabel=TEXT["source"], ylabel=TEXT["target"])
        figure.colorbar(image, label=TEXT["weight"])
        drawing = io.BytesIO()
        about = {"Software": None, "Description": describe(source, target, weights)}
        figure.savefig(drawing, format="png", dpi=150, metadata=about)
    write_whole(path, drawing.getvalue())


def describe(
    source: Sequence[str], target: Sequence[str], weights: Float[Tensor, "target_words source_words"]
) -> str:
    """Say in words where most of each row's weight lies: the alternative text of a picture.

    Raises:
        ValueError: The weights have another shape.
    """
    _require_shape(source, target, weights)
    rows = [
        TEXT["row"].format(
            target=word, source=source[max(range(len(row)), key=row.__getitem__)], weight=max(row)
        )
        for word, row in zip(target, weights.tolist(), strict=True)
    ]
    return TEXT["description"].format(rows="; ".join(rows))


def _cell(weight: float) -> str:
    return f"{weight:.2f} {next(shade for least, shade in _SHADES if weight >= least)}"


def _plain(word: str) -> str:
    return word.replace("$", r"\$")


def _require_shape(source: Sequence[str], target: Sequence[str], weights: Tensor) -> None:
    expected = (len(target), len(source))
    if weights.shape != expected:
        raise ValueError(f"weights must have shape {expected}, got {tuple(weights.shape)}")
