"""Curves where no script runs: a drawing with names at the lines, and a table."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from html import escape
from typing import Any

from whyattention.widgets import plain_html
from whyattention.widgets.curves_arithmetic import bits_needed, place_labels, spread
from whyattention.widgets.curves_state import DASHES
from whyattention.widgets.formatting import format_number

TEXT = {
    "caption": "{y} against {x}: mean over seeds, and from the least to the largest",
    "drawing": "The means of the table below as lines.",
    "none": "No curve was measured with these settings.",
    "trained": "trained",
    "beyond": "not trained",
    "bits": "bits needed",
}
# On white and on dark paper.
COLORS = {
    "weight": "#0072B2",
    "query": "#D55E00",
    "state": "#009E73",
    "value": "#AA3377",
    "score": "#767676",
    "sum": "#E69F00",
    "ink": "currentColor",
    "shade-1": "#6DBFA8",
    "shade-2": "#3FAE8F",
    "shade-3": "#00805D",
    "shade-4": "#00664A",
}
LEFT, RIGHT, TOP, BOTTOM = 40, 410, 36, 236
LINE = 16


def decimals(values: Sequence[float]) -> int:
    """Decimals for values: two for shares, else so many that a hundredth of their range can be seen.

    >>> decimals([0.0, 0.2]), decimals([0, 100]), decimals([2, 30])
    (2, 0, 1)
    """
    least, most = min(values), max(values)
    if least >= 0 and most <= 1:
        return 2
    count = 0
    while count < 4 and (most - least) * 10**count < 100:
        count += 1
    return count


def fixed(number: float, count: int) -> str:
    """A number with so many decimals and a true minus sign.

    >>> fixed(-0.125, 2)
    '−0.13'
    """
    text = f"{Decimal(abs(number)).quantize(Decimal(1).scaleb(-count), ROUND_HALF_UP):f}"
    return f"−{text}" if number < 0 and float(text) else text


def chart_html(chart: dict[str, Any], curves: list[dict[str, Any]]) -> str:
    """The curves of a chart as plain HTML.

    Args:
        chart: As ``Curves`` holds it.
        curves: Those of its curves that are shown.

    Returns:
        HTML without scripts and styles, everything in it escaped.
    """
    if not curves:
        return f"<p>{TEXT['none']}</p>"
    note = f"<p>{escape(chart['note'])}</p>" if chart["note"] else ""
    return f"<div>{_drawing(chart, curves)}{_table(chart, curves)}{note}</div>"


def _table(chart: dict[str, Any], curves: list[dict[str, Any]]) -> str:
    count = decimals([value for curve in chart["curves"] for seed in curve["values"] for value in seed])
    over = [spread(curve["values"]) for curve in curves]
    with_bits = chart["alphabet"] is not None and not chart["tokens"]
    heads = [chart["x_label"], *([TEXT["bits"]] if with_bits else []), *(curve["label"] for curve in curves)]
    rows = []
    for i, x in enumerate(chart["x"]):
        trained = chart["trained"] or [x, x]
        beyond = "" if trained[0] <= x <= trained[1] else f" ({TEXT['beyond']})"
        cells = [f"{format_number(x)}{beyond}"]
        if with_bits:
            cells.append(format_number(round(bits_needed(x, chart["alphabet"]), 1)))
        for one in over:
            low, high = fixed(one["low"][i], count), fixed(one["high"][i], count)
            between = f" ({low} to {high})" if low != high else ""
            cells.append(f"{fixed(one['mean'][i], count)}{between}")
        rows.append(cells)
    caption = escape(TEXT["caption"].format(y=chart["y_label"], x=chart["x_label"]))
    return plain_html.table(caption, [escape(head) for head in heads], rows)


def _drawing(chart: dict[str, Any], curves: list[dict[str, Any]]) -> str:
    """The means as lines; names at their ends, moved apart."""
    values = [value for curve in chart["curves"] for seed in curve["values"] for value in seed]
    low, high = min(0.0, *values), max(values)
    if low == 0:
        high = max(high, 1.0)
    if low == high:
        high = low + 1
    x, count = chart["x"], decimals(values)

    def across(at: float) -> float:
        return LEFT + 4 + (RIGHT - LEFT - 8) * (at - x[0]) / (x[-1] - x[0])

    def up(value: float) -> float:
        return BOTTOM - (BOTTOM - TOP) * (value - low) / (high - low)

    means = [spread(curve["values"])["mean"] for curve in curves]
    bottom = max(BOTTOM, TOP + LINE * len(curves))
    ends = place_labels(
        [up(mean[-1]) for mean in means], [LINE] * len(curves), TOP - LINE / 2, bottom + LINE / 2
    )
    parts = []
    if chart["trained"]:
        first, last = (across(max(x[0], min(x[-1], at))) for at in chart["trained"])
        parts.append(
            f'<rect x="{first:.1f}" y="{TOP}" width="{last - first:.1f}" height="{BOTTOM - TOP}" '
            f'fill="currentColor" fill-opacity="0.07"/>{_words(last, TOP - 4, "end", TEXT["trained"])}'
        )
    parts.append(f'<path d="M{LEFT} {TOP}V{BOTTOM}H{RIGHT}" fill="none" stroke="currentColor"/>')
    for value in (low, (low + high) / 2, high):
        parts.append(_words(LEFT - 5, up(value) + 4, "end", fixed(value, count)))
    for at in (x[0], x[len(x) // 2], x[-1]):
        parts.append(_words(across(at), BOTTOM + 16, "middle", format_number(at)))
    parts.append(_words(0, 12, "start", chart["y_label"]))
    parts.append(_words((LEFT + RIGHT) / 2, BOTTOM + 34, "middle", chart["x_label"]))
    for curve, mean, end in zip(curves, means, ends, strict=True):
        hue, dashes, _ = curve["look"]
        line = " ".join(f"{across(at):.1f},{up(value):.1f}" for at, value in zip(x, mean, strict=True))
        dashed = f' stroke-dasharray="{DASHES[dashes]}"' if DASHES[dashes] else ""
        parts.append(
            f'<polyline points="{line}" fill="none" stroke="{COLORS[hue]}" stroke-width="2"{dashed}/>'
            f'<path d="M{across(x[-1]):.1f} {up(mean[-1]):.1f}L{RIGHT + 10} {end:.1f}" fill="none" '
            f'stroke="{COLORS[hue]}"/>{_words(RIGHT + 14, end + 4, "start", curve["label"])}'
        )
    height = max(BOTTOM + 42, bottom + LINE)
    return plain_html.picture(660, height, TEXT["drawing"], *parts)


def _words(x: float, y: float, anchor: str, text: str) -> str:
    return plain_html.words(x, y, escape(text), anchor)
