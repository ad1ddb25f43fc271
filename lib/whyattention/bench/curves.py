"""Token accuracy against length: several curves in one picture, in words and in a table.

Nothing here needs pyplot or torch. A picture may be drawn in any thread, beside cells that draw others.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from urllib.parse import quote

from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from whyattention.svg import compact

TEXT = {
    "length": "length of the source (symbols or words)",
    "accuracy": "token accuracy",
    "trained": "trained lengths ",
    "alt": "Line chart of token accuracy against the length of the source, trained up to {longest}. {curves}",
    "alt curve": "{name}: {points}.",
    "alt point": "{accuracy:.2f} at {length}",
    "alt none": "Nothing is measured yet.",
}

#: A curve is told from another by color, mark and label; the first curve always has the first of them.
LOOKS = (
    ("#0072B2", "o"),
    ("#D55E00", "s"),
    ("#009E73", "^"),
    ("#AA3377", "D"),
    ("#767676", "v"),
    ("#000000", "P"),
)
# In inches: right of the axes is room for labels of two lines, or for short ones of one.
_SIZE, _NARROW_SIZE = (7.2, 3.3), (5.0, 3.3)
_PLACE = {"left": 0.085, "right": 0.7, "bottom": 0.155, "top": 0.97}
_NARROW_PLACE = _PLACE | {"left": 0.122, "right": 0.74}
# So much of the axis is a label of two lines high.
_LABEL_HEIGHT = 0.155
_TOP = 1.12
# Two figures may be drawn at the same time, but Matplotlib promises nothing about it.
_DRAWING = threading.Lock()


@dataclass(frozen=True)
class LengthCurve:
    """How much of a sequence is right, by its length.

    Args:
        title: What was trained, such as "LSTM 64".
        detail: On what, and for how long; "" where that is said elsewhere.
        lengths: Source lengths, ascending.
        accuracy: The token accuracy at each of them.
        look: Which of ``LOOKS`` it is drawn in, counted from 0, again and again.
        heavy: Whether it stands out from the others.
    """

    title: str
    detail: str
    lengths: Sequence[int]
    accuracy: Sequence[float]
    look: int = 0
    heavy: bool = False


def draw_length_curves(axes: Axes, curves: Sequence[LengthCurve], trained_to: int) -> None:
    """Draw the curves, each with a label at its end.

    Args:
        axes: Where to draw.
        curves: None are allowed: the empty axes say what is to come.
        trained_to: The longest length that the networks were trained on.
    """
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.grid(visible=True, color="#e4e4e4", linewidth=0.7)
    axes.set_axisbelow(True)
    axes.axvspan(1, trained_to, color="#f2f2f2", zorder=0, linewidth=0)
    axes.text(trained_to, _TOP - 0.01, TEXT["trained"], ha="right", va="top", color="#666666", fontsize=9)
    longest = max((curve.lengths[-1] for curve in curves), default=2 * trained_to)
    axes.set_xlim(0.5, longest + 0.5)
    axes.set_xticks([1, *range(5, longest + 1, 5)])
    axes.set_ylim(0, _TOP)
    axes.tick_params(colors="#444444", labelsize=9)
    axes.set_xlabel(TEXT["length"], color="#222222", fontsize=10)
    axes.set_ylabel(TEXT["accuracy"], color="#222222", fontsize=10)
    heights = spread_apart([curve.accuracy[-1] for curve in curves], _LABEL_HEIGHT, 0.03, 0.96)
    for curve, height in zip(curves, heights, strict=True):
        _draw(axes, curve, height)


def _draw(axes: Axes, curve: LengthCurve, height: float) -> None:
    color, mark = LOOKS[curve.look % len(LOOKS)]
    width, size = (2.6, 6) if curve.heavy else (1.6, 5)
    order = 3 if curve.heavy else 2
    style = {"color": color, "marker": mark, "markersize": size, "linewidth": width, "zorder": order}
    axes.plot(curve.lengths, curve.accuracy, clip_on=False, **style)
    end, right = curve.lengths[-1], axes.get_xlim()[1]
    label = 1.055 * (right - 0.5) + 0.5
    # From the end of the curve to its label.
    leader = {"color": color, "linewidth": 0.8, "linestyle": ":", "clip_on": False}
    axes.plot([end, label], [curve.accuracy[-1], height], **leader)
    axes.plot([label], [height], mark, color=color, markersize=size, clip_on=False)
    text = {"xy": (label, height), "va": "center", "textcoords": "offset points", "annotation_clip": False}
    weight = "bold" if curve.heavy else "normal"
    above, below = (5, -6) if curve.detail else (0, 0)
    axes.annotate(curve.title, xytext=(8, above), color="#222222", fontsize=9, weight=weight, **text)
    axes.annotate(curve.detail, xytext=(8, below), color="#444444", fontsize=8, **text)


def spread_apart(values: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Move values down, and at the bottom up, until they lie ``gap`` apart, in the order in which they were.

    Args:
        values: Heights of what is labeled.
        gap: The least distance of two labels.
        low: The lowest place; room for all of them above it is not checked.
        high: The highest place.

    Example:
        >>> spread_apart([0.5, 0.5, 0.0], gap=0.25, low=0.0, high=1.0)
        [0.5, 0.25, 0.0]
    """
    order = sorted(range(len(values)), key=lambda i: -values[i])
    places = list(values)
    ceiling = high
    for i in order:
        places[i] = min(places[i], ceiling)
        ceiling = places[i] - gap
    floor = low
    for i in reversed(order):
        places[i] = max(places[i], floor)
        floor = places[i] + gap
    return places


def describe(curves: Sequence[LengthCurve], trained_to: int) -> str:
    """Return the picture in words, every number in it."""
    sentences = [
        TEXT["alt curve"].format(
            name=", ".join(filter(None, (curve.title, curve.detail))),
            points=", ".join(
                TEXT["alt point"].format(length=length, accuracy=accuracy)
                for length, accuracy in zip(curve.lengths, curve.accuracy, strict=True)
            ),
        )
        for curve in curves
    ]
    return TEXT["alt"].format(longest=trained_to, curves=" ".join(sentences) or TEXT["alt none"])


def picture(curves: Sequence[LengthCurve], trained_to: int, narrow: bool = False) -> str:
    """Return an HTML ``img`` that holds the drawn curves, and says them in words.

    In an image of its own no id of a drawing meets that of another on the page.

    Args:
        curves: None are allowed.
        trained_to: The longest length that the networks were trained on.
        narrow: Whether all labels are short titles, so that the picture can be read on a phone.
    """
    size, place = (_NARROW_SIZE, _NARROW_PLACE) if narrow else (_SIZE, _PLACE)
    with _DRAWING:
        figure = Figure(figsize=size, facecolor="white", layout="none")
        figure.subplots_adjust(**place)
        draw_length_curves(figure.subplots(), curves, trained_to)
        file = io.StringIO()
        FigureCanvasSVG(figure).print_svg(file, metadata={"Date": None})
    # Half as long as base64 would be. Text is drawn as outlines: there is no quotation mark but those of SVG.
    data = quote(compact(file.getvalue()), safe=" '/:;=,.()-")
    width, height = (round(96 * inches) for inches in size)
    words = escape(describe(curves, trained_to))
    return (
        f'<img src="data:image/svg+xml,{data}" width="{width}" height="{height}" '
        f'style="display: block; max-width: 100%; height: auto; margin-bottom: 12px" alt="{words}">'
    )
