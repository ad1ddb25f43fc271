"""The still picture of the training bench: what the book has measured, for a page that nobody can run.

It is plain HTML: a drawing, the same numbers in words and in a table, and a link to where the page runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from whyattention.bench.curves import LengthCurve, picture
from whyattention.experiments import stored_result
from whyattention.experiments.sweeps import WIDTHS

TEXT = {
    "without": "Token accuracy by length: LSTMs of {widths} units, without attention, trained for {steps:,} "
    "steps to copy up to {longest} symbols. Means of {seeds} seeds.",
    "with": "Token accuracy by length: GRUs of {hidden} units, trained for {steps:,} steps to translate up "
    "to {longest} words. Means of {seeds} seeds.",
    "width": "LSTM {hidden}",
    "attention": "attention",
    "last-state control": "control",
    "fixed vector, given once": "one vector",
    "live": "In Jupyter this cell is a bench: choose a task, a network and its attention, press Start, and "
    "watch such a curve grow while the network learns.",
    "launch": "Open this page on Binder to train a network",
    "table": "The numbers",
    "length": "length",
}

#: The rows of the stored result that stand for the bench with attention.
_TRANSLATORS = ("attention", "last-state control", "fixed vector, given once")


def still(attention: bool, link: str | None) -> str:
    """Return the picture with its caption and its table.

    Args:
        attention: Whether to show translators with attention and without, or copies through one vector.
        link: Where the page can be run; None: no link.
    """
    if attention:
        rows = {row["label"]: row for row in stored_result("translation_length")["rows"]}
        chosen = {TEXT[label]: rows[label] for label in _TRANSLATORS}
    else:
        rows = {row["label"]: row for row in stored_result("length_curve")["rows"]}
        chosen = {TEXT["width"].format(hidden=width): rows[f"copy, H = {width}"] for width in WIDTHS}
    settings = [row["settings"] for row in chosen.values()]
    trained_to = settings[0]["task"]["max_length"]
    curves = _curves(chosen, 2 * trained_to)
    first = next(iter(chosen.values()))["tables"]["by_length"]["token_accuracy"]
    caption = TEXT["with" if attention else "without"].format(
        widths=", ".join(str(one["model"]["hidden"]) for one in settings),
        hidden=settings[0]["model"]["hidden"],
        steps=settings[0]["steps"],
        longest=trained_to,
        seeds=len(first["seeds"]),
    )
    launch = f'<p><a href="{escape(link)}">{escape(TEXT["launch"])}</a></p>' if link else ""
    drawn = picture(curves, trained_to, narrow=True)
    return (
        f"<div>{drawn}<p>{escape(caption)}</p><p>{escape(TEXT['live'])}</p>{launch}"
        f"<details><summary>{escape(TEXT['table'])}</summary>{_table(curves)}</details></div>"
    )


def _curves(rows: Mapping[str, Mapping[str, Any]], longest: int) -> list[LengthCurve]:
    curves = []
    for look, (title, row) in enumerate(rows.items()):
        table = row["tables"]["by_length"]
        lengths = [length for length in table["lengths"] if length <= longest]
        accuracy = table["token_accuracy"]["mean"][: len(lengths)]
        curves.append(LengthCurve(title, "", lengths, accuracy, look))
    return curves


def _table(curves: list[LengthCurve]) -> str:
    head = "".join(f'<th scope="col">{escape(curve.title)}</th>' for curve in curves)
    rows = "".join(
        f'<tr><th scope="row">{length}</th>'
        + "".join(f"<td>{curve.accuracy[place]:.2f}</td>" for curve in curves)
        + "</tr>"
        for place, length in enumerate(curves[0].lengths)
    )
    name, length = escape(TEXT["table"]), escape(TEXT["length"])
    # The classes are the theme's: "dataframe" keeps it from putting all of this on a pale card in the dark.
    # On a phone the table is wider than the page, and is scrolled by keys, too.
    return (
        f'<div role="region" tabindex="0" aria-label="{name}" style="overflow-x: auto">'
        f'<table class="table dataframe"><thead><tr><th scope="col">{length}</th>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )
