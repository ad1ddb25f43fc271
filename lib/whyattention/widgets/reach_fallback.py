"""Reach where no script runs: the lines as a drawing, and their values as a table."""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from whyattention.widgets import plain_html
from whyattention.widgets.formatting import format_number
from whyattention.widgets.reach_arithmetic import GATED, GONE, first_under

# The words of the fallback; those of the live figure stand in reach*.js.
TEXT = {
    "caption": "What becomes of a gradient of 1 after some steps back: {settings}",
    "settings": "{cell}, recurrent weight {weight}, inputs ±{drive}",
    "bias": ", bias {bias} of the {gate} gate",
    "gates": {"lstm": "forget", "gru": "update"},
    "cells": {
        "linear": "one linear unit",
        "tanh": "one tanh unit",
        "logistic": "one logistic unit",
        "lstm": "an LSTM of one unit",
        "gru": "a GRU of one unit",
    },
    "steps": "steps back",
    "names": {
        "gradient": "gradient",
        "all": "all paths",
        "bound": "bound",
        "direct": "direct path",
        "clipped": "clipped at {limit}",
        "kept": "kept",
    },
    "kept": "Kept to compare with: {settings}.",
    "under": "under 10⁻³ after {lag}",
    "never": "not under 10⁻³ yet",
    "start": "under 10⁻³ from the start",
    "plot": "Logarithmic plot of the table’s numbers against the steps back, from 10⁻¹⁶ to 10⁶.",
}

STROKES = {
    "gradient": 'stroke="#D55E00" stroke-width="2.75"',
    "all": 'stroke="#D55E00" stroke-width="2.75"',
    "bound": 'stroke="#767676" stroke-width="2" stroke-dasharray="7 4"',
    "direct": 'stroke="#0072B2" stroke-width="2" stroke-dasharray="7 4"',
    "clipped": 'stroke="#D55E00" stroke-width="2.25" stroke-dasharray="2 4"',
    "kept": 'stroke="#767676" stroke-width="3"',
}
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


class Line(NamedTuple):
    """One line of the plot.

    Attributes:
        kind: A key of ``STROKES``.
        logs: Decimal logarithms by lag.
    """

    kind: str
    logs: Sequence[float]


def draw(lines: Sequence[Line], state: Mapping, kept: Mapping | None, limit: float) -> str:
    """Draw the lines, and write down what they are at ten lags.

    Args:
        lines: What to draw, the gradient first.
        state: Cell, weight, drive and forget_bias of the gradient.
        kept: The same of the line to compare with, if there is one.
        limit: The norm that is clipped at.

    Returns:
        HTML without scripts and styles.
    """
    lag = len(lines[0].logs) - 1
    names = [TEXT["names"][line.kind].format(limit=format_number(limit)) for line in lines]
    caption = TEXT["caption"].format(settings=_settings(state))
    rows = [
        [str(k), *(format_log(line.logs[k]) for line in lines)]
        for k in sorted({round(lag * tenth / 10) for tenth in range(11)})
    ]
    unders = "".join(f"<td>{_under(line)}</td>" for line in lines)
    note = f"<p>{TEXT['kept'].format(settings=_settings(kept))}</p>" if kept else ""
    table = plain_html.table(caption, [TEXT["steps"], *names], rows, f"<td></td>{unders}")
    return f"{_plot(lines, names, lag)}{table}{note}"


def format_log(log: float) -> str:
    """A positive number given by its decimal logarithm, to two digits; 0 for -inf.

    >>> format_log(-13.6), format_log(-0.432), format_log(-407.5), format_log(-math.inf)
    ('2.5 × 10⁻¹⁴', '0.37', '3.2 × 10⁻⁴⁰⁸', '0')
    """
    if log == -math.inf:
        return "0"
    if -2.5 <= log < 4:
        return format_number(float(f"{10**log:.2g}"))
    power = math.floor(log)
    digits = f"{10 ** (log - power):.1f}"
    if digits == "10.0":
        digits, power = "1.0", power + 1
    return f"{digits} × 10{str(power).translate(_SUPERSCRIPT)}"


def _settings(state: Mapping) -> str:
    text = TEXT["settings"].format(
        cell=TEXT["cells"][state["cell"]],
        weight=format_number(state["weight"]),
        drive=format_number(state["drive"]),
    )
    if state["cell"] in GATED:
        bias = format_number(state["forget_bias"])
        text += TEXT["bias"].format(bias=bias, gate=TEXT["gates"][state["cell"]])
    return text


def _under(line: Line) -> str:
    lag = first_under(line.logs)
    if lag is None:
        return TEXT["never"]
    return TEXT["under"].format(lag=lag) if lag else TEXT["start"]


def _plot(lines: Sequence[Line], names: Sequence[str], lag: int) -> str:
    """The lines from 10⁻¹⁶ to 10⁶, cut at both; their names below, two in a row."""
    left, top, width, height, high, low = 46, 8, 500, 264, 6, -16
    grid, paths, legend = [], [], []
    for power in (4, 0, GONE, -8, -12, -16):
        y = top + height * (high - power) / (high - low)
        name = "1" if power == 0 else f"10{str(power).translate(_SUPERSCRIPT)}"
        dash = ' stroke-dasharray="4 3"' if power == GONE else ""
        grid.append(
            f'<path d="M{left} {y:.1f}h{width}" stroke="currentColor" stroke-opacity="0.4"{dash}/>'
            + plain_html.words(left - 6, y + 4, name, "end")
        )
    for i, (line, name) in enumerate(zip(lines, names, strict=True)):
        points = [
            f"{width * k / lag:.1f} {height * (high - max(log, -400)) / (high - low):.1f}"
            for k, log in enumerate(line.logs)
        ]
        paths.append(f'<path d="M{"L".join(points)}" fill="none" {STROKES[line.kind]}/>')
        x, y = left + 200 * (i % 2), 312 + 20 * (i // 2)
        legend.append(f'<path d="M{x} {y}h30" {STROKES[line.kind]}/>{plain_html.words(x + 38, y + 4, name)}')
    lags = plain_html.words(left, 290, "0")
    lags += plain_html.words(left + width, 290, f"{lag} {TEXT['steps']}", "end")
    bottom = 302 + 20 * math.ceil(len(lines) / 2)
    return (
        f'<svg viewBox="0 0 560 {bottom}" width="100%" role="img" '
        f'aria-label="{TEXT["plot"]}">{"".join(grid)}'
        f'<svg x="{left}" y="{top}" width="{width}" height="{height}">{"".join(paths)}</svg>'
        f"{lags}{''.join(legend)}</svg>"
    )
