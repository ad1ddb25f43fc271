"""How the book draws: one color and one symbol for one quantity, and the few pictures that chapters share."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch
from matplotlib_inline.backend_inline import set_matplotlib_formats

#: The color of each quantity; the widgets' style sheet has the same ones.
COLORS = {
    "state": "#009E73",
    "query": "#D55E00",
    "score": "#767676",
    "weight": "#0072B2",
    "sum": "#E69F00",
    "value": "#AA3377",
}

#: Words that stand in figures.
TEXT = {
    "score": "score  $e_i = s \\cdot h_i$",
    "weight": "weight  $\\alpha_i$",
    "state": "encoder state  $h_i$",
    "value": "attention value\n$a = \\sum_i \\alpha_i\\, h_i$",
    "query": "decoder state,\nhas just read “{word}”",
    "softmax": "softmax",
    "encoder": "encoder",
    "decoder": "decoder",
    "context": "context vector",
    "reads": "reads",
    "writes": "writes",
}


def use_style() -> None:
    """Draw in the book's style, as SVG whose bytes are the same on every run.

    Call it once, in the first cell of a chapter.
    """
    plt.style.use(Path(__file__).with_name("whyattention.mplstyle"))
    set_matplotlib_formats("svg", metadata={"Date": None})


def draw_lookup(
    axes: Axes, words: Sequence[str], scores: Sequence[float], weights: Sequence[float], query_word: str
) -> None:
    """Draw one soft look-up: states, their scores against the query, the weights, and the value.

    Args:
        axes: where to draw; its own axes are switched off.
        words: the source words, S of them.
        scores: one score for each word.
        weights: one weight for each word; they sum to one.
        query_word: the word that the decoder has just read.

    Raises:
        ValueError: if words, scores and weights differ in length.
    """
    if not len(words) == len(scores) == len(weights):
        lengths = f"{len(words)}, {len(scores)} and {len(weights)}"
        raise ValueError(f"words, scores and weights must have one length, got {lengths}")
    axes.set(xlim=(-2.7, len(words) + 1.9), ylim=(-0.65, 4.3))
    axes.axis("off")
    rows = {"state": 0.0, "score": 1.25, "weight": 2.5}
    for name, y in rows.items():
        axes.text(-0.75, y, TEXT[name], ha="right", va="center", color=COLORS[name])
    center = (len(words) - 1) / 2
    for i, (word, score, weight) in enumerate(zip(words, scores, weights, strict=True)):
        _box(axes, i, rows["state"], f"$h_{{{i + 1}}}$", COLORS["state"])
        axes.text(i, rows["state"] - 0.42, word, ha="center", va="center", color="#444444")
        axes.text(i, rows["score"], f"{score:g}", ha="center", va="center", color="#444444")
        axes.bar(i, 0.75 * weight, 0.62, bottom=rows["weight"] - 0.3, color=COLORS["weight"], zorder=2)
        axes.text(i, rows["weight"] - 0.52, f"{weight:.2f}", ha="center", va="center", color=COLORS["weight"])
        _arrow(axes, (i, 0.35), (i, 0.97), COLORS["score"], 1.2)
        _arrow(axes, (i, 1.52), (i, 1.78), COLORS["weight"], 1.2)
        _arrow(axes, (i, 3.05), (center, 3.6), COLORS["value"], 0.4 + 4 * weight)
    axes.plot([-0.45, len(words) - 0.55], [rows["weight"] - 0.3] * 2, color="#999999", linewidth=0.8)
    axes.scatter([center], [3.85], marker="D", s=90, color=COLORS["value"], zorder=3)
    axes.text(center + 0.28, 3.88, TEXT["value"], ha="left", va="center", color=COLORS["value"])
    right = len(words) + 0.75
    _box(axes, right, rows["score"], "$s$", COLORS["query"])
    query = TEXT["query"].format(word=query_word)
    axes.text(right, rows["score"] - 0.35, query, ha="center", va="top", color=COLORS["query"])
    _arrow(axes, (right - 0.5, rows["score"]), (len(words) - 0.6, rows["score"]), COLORS["query"], 1.6)
    axes.text(-0.75, 1.77, TEXT["softmax"], ha="right", va="center", color="#555555", style="italic")


def draw_one_vector(axes: Axes, source: Sequence[str], target: Sequence[str], begin: str, end: str) -> None:
    """Draw an encoder and a decoder with one vector between them.

    Args:
        axes: where to draw; its own axes are switched off.
        source: the words that the encoder reads, at least one.
        target: the words that the decoder writes.
        begin: the symbol that the decoder reads first.
        end: the symbol that the decoder writes last.

    Raises:
        ValueError: if there is no source word.
    """
    if not source:
        raise ValueError("source must hold at least one word, got none")
    gap = 2.1
    right = [len(source) - 1 + gap + t for t in range(len(target) + 1)]
    axes.set(xlim=(-1.1, right[-1] + 0.7), ylim=(-1.05, 1.35))
    axes.axis("off")
    for i, word in enumerate(source):
        last = i == len(source) - 1
        _box(axes, i, 0, f"$h_{{{i + 1}}}$", COLORS["state"], filled=last)
        _arrow(axes, (i, -0.58), (i, -0.27), COLORS["state"], 1.2)
        axes.text(i, -0.75, word, ha="center", va="center", color="#444444")
        if not last:
            _arrow(axes, (i + 0.44, 0), (i + 0.56, 0), COLORS["state"], 1.6)
    for t, x in enumerate(right):
        _box(axes, x, 0, f"$s_{{{t + 1}}}$", COLORS["query"])
        _arrow(axes, (x, -0.58), (x, -0.27), COLORS["query"], 1.2)
        _arrow(axes, (x, 0.24), (x, 0.62), COLORS["query"], 1.2)
        axes.text(x, -0.75, [begin, *target][t], ha="center", va="center", color="#444444")
        axes.text(x, 0.78, [*target, end][t], ha="center", va="center", color="#222222", weight="bold")
        if t:
            _arrow(axes, (x - 0.56, 0), (x - 0.44, 0), COLORS["query"], 1.6)
    _arrow(axes, (len(source) - 0.55, 0), (right[0] - 0.45, 0), COLORS["state"], 5)
    axes.text(
        len(source) - 1 + gap / 2, 0.36, TEXT["context"], ha="center", color=COLORS["state"], weight="bold"
    )
    for name, x, color in (("encoder", 0, "state"), ("decoder", right[0], "query")):
        axes.text(x - 0.42, 1.2, TEXT[name], ha="left", va="center", color=COLORS[color], weight="bold")
    for name, y in (("reads", -0.75), ("writes", 0.78)):
        axes.text(-0.6, y, TEXT[name], ha="right", va="center", color="#555555", style="italic")


def _box(axes: Axes, x: float, y: float, text: str, color: str, filled: bool = False) -> None:
    axes.add_patch(
        FancyBboxPatch(
            (x - 0.42, y - 0.2),
            0.84,
            0.4,
            boxstyle="round,pad=0.02,rounding_size=0.1",
            fc=color if filled else "white",
            ec=color,
            lw=1.6,
        )
    )
    axes.text(x, y, text, ha="center", va="center", color="white" if filled else "#222222")


def _arrow(
    axes: Axes, start: tuple[float, float], end: tuple[float, float], color: str, width: float
) -> None:
    axes.annotate(
        "",
        xy=end,
        xytext=start,
        arrowprops={"arrowstyle": "-|>", "color": color, "lw": width, "shrinkA": 0, "shrinkB": 2},
    )
