"""Curves of the book's stored results: which rows make a chart, and how each curve looks."""

from collections.abc import Callable
from typing import Any

Row = dict[str, Any]
Chart = dict[str, Any]

RESULTS = ("length_curve", "reversal", "translation_length", "delayed_copy", "ablations", "self_attention")
FIGURES = {
    "token_accuracy": "token accuracy",
    "exact_match": "share of whole messages right",
    "edit_accuracy": "edit accuracy",
}
THRESHOLD = 0.9
# A test set has 256 messages: one token more or less changes a figure in the fourth decimal at most.
DIGITS = 4

TEXT = {
    "copy": {"x_label": "symbols in the message", "unit": "symbols"},
    "translation": {"x_label": "words in the source", "unit": "words"},
    "load": {"name": "more symbols K", "x_label": "symbols to keep, K", "unit": "symbols"},
    "delay": {"name": "more distractors D", "x_label": "distractors behind them, D", "unit": "distractors"},
    "by_length": "{cells}trained for {steps:,} steps on {low} to {high} {unit}.",
    "delayed_copy": "Each point was trained by itself, for {steps:,} steps. RNN is the tanh network.",
}
CELLS = {"rnn": "RNN", "lstm": "LSTM", "gru": "GRU", "self-attention": "self-attention"}
NAMES = {
    "fixed vector, given once": "one vector",
    "fixed vector, at every step": "one vector (every step)",
    "attention, both directions": "attention (both ways)",
    "copy": "read forward",
    "translation": "read forward",
    "copy, source reversed": "read backward",
    "translation, source reversed": "read backward",
    "RNN with attention": "RNN + attention",
    "LSTM with attention": "LSTM + attention",
    "LSTM with attention, default bias": "LSTM + attention (default bias)",
}
# Hue, dashes, marker: those of the chapter's own figures. Open marks and broken lines have one vector alone.
LOOKS = {
    "H = 16": ["shade-1", "dot", "circle"],
    "H = 32": ["shade-2", "dash", "square"],
    "H = 64": ["shade-3", "dashdot", "triangle"],
    "H = 128": ["shade-4", "solid", "diamond"],
    "RNN": ["score", "dot", "circle-open"],
    "LSTM": ["weight", "dash", "square-open"],
    "GRU": ["state", "dashdot", "triangle-open"],
    "RNN + attention": ["score", "solid", "circle"],
    "LSTM + attention": ["weight", "solid", "square"],
    "LSTM + attention (default bias)": ["value", "long", "diamond"],
    "attention": ["weight", "solid", "circle"],
    "attention (both ways)": ["value", "long", "diamond"],
    "last-state control": ["query", "dash", "square-open"],
    "one vector": ["ink", "dot", "triangle-open"],
    "one vector (every step)": ["state", "dashdot", "cross"],
    "read forward": ["score", "dash", "circle-open"],
    "read backward": ["state", "solid", "square"],
}


def charts(rows: list[Row], figure: str) -> list[Chart]:
    """One chart for each task that was measured over lengths, and one for each knob of delayed copy.

    Args:
        rows: Of a stored result.
        figure: A key of ``FIGURES``.

    Returns:
        Charts as ``Curves`` takes them.
    """
    made = []
    for task in ("copy", "translation"):
        of_task = [row for row in rows if row["settings"]["task"]["name"] == task]
        if of_task := [row for row in of_task if "by_length" in row["tables"]]:
            made.append(_over_lengths(task, of_task, figure))
    grid = [row for row in rows if row["settings"]["task"]["name"] == "delayed_copy"]
    for knob in ("load", "delay"):
        if chart := _over_knob(knob, grid, figure):
            made.append(chart)
    return made


def _over_lengths(task: str, rows: list[Row], figure: str) -> Chart:
    trained = rows[0]["settings"]["task"]
    lengths = rows[0]["tables"]["by_length"]["lengths"]
    cells = {CELLS[row["settings"]["model"]["kind"]] for row in rows}
    curves = []
    for row in rows:
        name = row["label"].removeprefix(f"{task}, ") if "H = " in row["label"] else row["label"]
        seeds = row["tables"]["by_length"][figure]["seeds"]
        curves.append(_curve(name, row, [[round(value, DIGITS) for value in seed] for seed in seeds]))
    note = TEXT["by_length"].format(
        cells=f"{cells.pop()}, " if len(cells) == 1 else "",
        steps=rows[0]["settings"]["steps"],
        low=trained["min_length"],
        high=trained["max_length"],
        unit=TEXT[task]["unit"],
    )
    return TEXT[task] | {
        "name": task,
        "x": lengths,
        "y_label": FIGURES[figure],
        "trained": [trained["min_length"], trained["max_length"]],
        # A sentence has words that grammar foretells: its bits cannot be counted as those of random symbols.
        "alphabet": trained.get("alphabet") if figure == "token_accuracy" else None,
        "threshold": THRESHOLD,
        "note": note[0].upper() + note[1:],
        "curves": curves,
    }


def _over_knob(knob: str, rows: list[Row], figure: str) -> Chart | None:
    """Accuracy against one of K and D; the other one is a setting, of which one value is shown at a time."""
    other = {"load": "distractors D", "delay": "symbols K"}[knob]
    values = {
        "load": lambda row: row["settings"]["task"]["load"],
        "delay": lambda row: row["settings"]["task"]["lag"],
    }
    along: Callable[[Row], int] = values.pop(knob)
    (across,) = values.values()
    x = sorted({along(row) for row in rows})
    grouped: dict[tuple[str, int], dict[int, Row]] = {}
    for row in rows:
        grouped.setdefault((row["label"].split(", K = ")[0], across(row)), {})[along(row)] = row
    curves = []
    for (name, value), found in grouped.items():
        if sorted(found) == x and len(x) > 1:
            measured = [found[at]["tables"]["final"][figure]["seeds"] for at in x]
            seeds = [[round(value, DIGITS) for value in seed] for seed in zip(*measured, strict=True)]
            curves.append(_curve(name, found[x[0]], seeds, {other: value}))
    if not curves:
        return None
    return TEXT[knob] | {
        "x": x,
        "y_label": FIGURES[figure],
        "alphabet": rows[0]["settings"]["task"]["alphabet"] if figure == "token_accuracy" else None,
        "tokens": "" if knob == "load" else other,
        "one_of": [other],
        "threshold": THRESHOLD,
        "note": TEXT["delayed_copy"].format(steps=rows[0]["settings"]["steps"]),
        "curves": curves,
    }


def _curve(label: str, row: Row, values: list[list[float]], more: dict[str, int] | None = None) -> dict:
    name = NAMES.get(label, label)
    look = {"look": LOOKS[name]} if name in LOOKS else {}
    return {"label": name, "settings": _settings(row) | (more or {}), "values": values} | look


def _settings(row: Row) -> dict[str, str | int]:
    """What a reader can choose by; what is the same in all curves of a chart makes no control."""
    model = row["settings"]["model"]
    attention = model.get("attention")
    settings: dict[str, str | int] = {"cell": CELLS[model["kind"]]}
    if model["kind"] == "self-attention":
        return settings | {"heads": model["heads"]}
    settings["hidden size"] = model["hidden"]
    if attention is None:
        settings["attention"] = "without"
    else:
        settings["attention"] = "control" if attention.get("last_state_control") else "with"
    return settings
