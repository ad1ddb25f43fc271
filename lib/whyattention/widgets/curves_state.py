"""The state of Curves: what is accepted. The same rules stand in curves_state.js."""

import unicodedata
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from whyattention.widgets import validation
from whyattention.widgets._base import StateError
from whyattention.widgets.validation import listed, number, require_count, whole

# What both halves accept. JavaScript reads the same tables.
LIMITS = {
    "charts": 8,
    "curves": 24,
    "points": [2, 60],
    "seeds": 12,
    "number": 1_000_000,
    "settings": 6,
    "label": 48,
    "text": 240,
}
HUES = [
    "weight",
    "query",
    "state",
    "value",
    "score",
    "sum",
    "ink",
    "shade-1",
    "shade-2",
    "shade-3",
    "shade-4",
]
DASHES = {"solid": "", "dash": "7 4", "dot": "1.5 4", "dashdot": "9 4 1.5 4", "long": "15 4"}
MARKERS = [
    "circle",
    "square",
    "triangle",
    "diamond",
    "cross",
    "circle-open",
    "square-open",
    "triangle-open",
    "diamond-open",
]
# Left out, a curve looks as its place says; the shades are for widths.
_PLAIN_HUES = HUES[:7]
_DEFAULTS: dict[str, Any] = {
    "name": "",
    "x": None,
    "curves": None,
    "x_label": "x",
    "y_label": "y",
    "unit": "",
    "trained": None,
    "alphabet": None,
    "tokens": "",
    "one_of": [],
    "threshold": None,
    "note": "",
}
_KEYS = _DEFAULTS.keys()


def checked(state: Mapping[str, Any]) -> dict[str, Any]:
    """The state with all that was left out filled in, if its parts are right and fit each other.

    Args:
        state: "charts", "chart", "at" and "shown".

    Raises:
        StateError: Something is wrong; it says what.
    """
    given = listed("charts", state["charts"])
    # A figure of one chart was most likely made from x and curves: name these.
    charts = [_chart(f"charts[{i}] " if len(given) > 1 else "", one) for i, one in enumerate(given)]
    require_count("charts", charts, 1, LIMITS["charts"])
    if len(charts) > 1 and len({chart["name"] or None for chart in charts} - {None}) < len(charts):
        raise StateError("charts must each have a name of their own, two or more have not")
    return {
        "charts": charts,
        "chart": whole("chart", state["chart"], 0, len(charts) - 1, "the index of a chart,"),
        "at": None if state["at"] is None else _number("at", state["at"]),
        "shown": _shown(state["shown"], charts),
    }


def groups(chart: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The settings of a chart that differ between curves, with their values.

    Numbers rise; words stay as they came. "one" says whether one value is shown at a time.

    >>> chart = {"curves": [{"settings": {"H": 16}}, {"settings": {"H": 32}}], "one_of": []}
    >>> groups(chart)
    [{'name': 'H', 'options': [16, 32], 'one': False}]
    """
    options: dict[str, list] = {}
    for curve in chart["curves"]:
        for name, value in curve["settings"].items():
            if value not in options.setdefault(name, []):
                options[name].append(value)
    for values in options.values():
        if not any(isinstance(value, str) for value in values):
            values.sort()
    return [
        {"name": name, "options": values, "one": name in chart["one_of"]}
        for name, values in options.items()
        if len(values) > 1
    ]


def chosen(chart: Mapping[str, Any], shown: Mapping[str, list], name: str) -> list:
    """The values of a setting that are shown: all, or the first one, where nothing that is there is named."""
    options, one = next((g["options"], g["one"]) for g in groups(chart) if g["name"] == name)
    named = [value for value in options if value in shown.get(name, [])] or options
    return named[:1] if one else named


def _chart(name: str, given: object) -> dict[str, Any]:
    if not isinstance(given, Mapping):
        raise StateError(f"{name or 'charts[0] '}is {given!r}, expected a dictionary with x and curves")
    if unknown := given.keys() - _KEYS:
        keys = ", ".join(sorted(_KEYS))
        raise StateError(f"{name or 'charts[0] '}has {sorted(map(str, unknown))}, expected {keys}")
    chart = _DEFAULTS | dict(given)
    for key, most in (("name", "label"), ("unit", "label"), ("tokens", "label")):
        chart[key] = _text(f"{name}{key}", chart[key], most, empty=True)
    for key in ("x_label", "y_label", "note"):
        chart[key] = _text(f"{name}{key}", chart[key], "text", empty=key == "note")
    chart["x"] = [_number(f"{name}x[{i}]", at) for i, at in enumerate(listed(f"{name}x", chart["x"]))]
    require_count(f"{name}x", chart["x"], *LIMITS["points"])
    if any(a >= b for a, b in pairwise(chart["x"])):
        raise StateError(f"{name}x is {chart['x']}, expected rising numbers")
    curves = listed(f"{name}curves", chart["curves"])
    require_count(f"{name}curves", curves, 1, LIMITS["curves"])
    chart["curves"] = [
        _curve(f"{name}curves[{i}]", i, curve, len(chart["x"])) for i, curve in enumerate(curves)
    ]
    chart["one_of"] = [
        _text(f"{name}one_of[{i}]", one, "label")
        for i, one in enumerate(listed(f"{name}one_of", chart["one_of"]))
    ]
    if chart["threshold"] is not None:
        chart["threshold"] = _number(f"{name}threshold", chart["threshold"])
    if chart["trained"] is not None:
        trained = [_number(f"{name}trained", at) for at in listed(f"{name}trained", chart["trained"])]
        if len(trained) != 2 or trained[0] > trained[1]:
            raise StateError(f"{name}trained is {trained}, expected the shortest and the longest x")
        chart["trained"] = trained
    _check_tokens(name, chart)
    return chart


def _check_tokens(name: str, chart: Mapping[str, Any]) -> None:
    """Bits can be counted: shares of right symbols, and how many symbols there are."""
    alphabet, tokens = chart["alphabet"], chart["tokens"]
    if alphabet is None:
        return
    whole(f"{name}alphabet", alphabet, 2, LIMITS["number"], "a number of symbols")
    shares = [value for curve in chart["curves"] for seed in curve["values"] for value in seed]
    if not 0 <= min(shares) <= max(shares) <= 1:
        problem = f"values are from {min(shares)} to {max(shares)}, expected shares of right tokens"
        raise StateError(f"{name}alphabet is {alphabet} and {problem}")
    counts = [curve["settings"].get(tokens) for curve in chart["curves"]] if tokens else chart["x"]
    for n in counts:
        if isinstance(n, str) or n is None or n < 1:
            problem = f"{tokens or 'x'} is {n!r}, expected a number of tokens"
            raise StateError(f"{name}alphabet is {alphabet} and {problem}")


def _curve(name: str, place: int, given: object, points: int) -> dict[str, Any]:
    if not isinstance(given, Mapping) or not {"label", "values"} <= given.keys():
        raise StateError(f"{name} is {given!r}, expected a dictionary with label and values")
    if unknown := given.keys() - {"label", "values", "settings", "look"}:
        raise StateError(f"{name} has {sorted(map(str, unknown))}, expected label, settings, values, look")
    settings = given.get("settings", {})
    if not isinstance(settings, Mapping) or len(settings) > LIMITS["settings"]:
        raise StateError(f"{name} settings is {settings!r}, expected at most {LIMITS['settings']} by name")
    values = listed(f"{name} values", given["values"])
    require_count(f"{name} values", values, 1, LIMITS["seeds"])
    rows = []
    for seed, row in enumerate(values):
        row = listed(f"{name} values[{seed}]", row)
        if len(row) != points:
            raise StateError(
                f"{name} values[{seed}] has {len(row)} entries, expected {points}, one for each x"
            )
        rows.append([_number(f"{name} values[{seed}][{i}]", value) for i, value in enumerate(row)])
    return {
        "label": _text(f"{name} label", given["label"], "label"),
        "settings": {
            _text(f"{name} settings", key, "label"): _setting(f"{name} settings[{key!r}]", value)
            for key, value in settings.items()
        },
        "look": _look(f"{name} look", given.get("look", _look_of(place))),
        "values": rows,
    }


def _look_of(place: int) -> list[str]:
    """Hue, dashes and marker of the curve at a place: no two of the first 24 have all three in common."""
    dashes = list(DASHES)
    return [
        _PLAIN_HUES[place % len(_PLAIN_HUES)],
        dashes[place % len(dashes)],
        MARKERS[place % len(MARKERS)],
    ]


def _look(name: str, look: object) -> list[str]:
    parts = listed(name, look)
    kinds = (HUES, list(DASHES), MARKERS)
    if len(parts) != 3 or not all(part in kind for part, kind in zip(parts, kinds, strict=True)):
        raise StateError(f"{name} is {look!r}, expected a hue, dashes and a marker of {kinds}")
    return parts


def _shown(given: object, charts: list[dict[str, Any]]) -> dict[str, list]:
    if not isinstance(given, Mapping):
        raise StateError(f"shown is {given!r}, expected for names of settings the values to show")
    options: dict[str, list] = {}
    for chart in charts:
        for group in groups(chart):
            options.setdefault(group["name"], []).extend(group["options"])
    shown = {}
    for name, values in given.items():
        if name not in options:
            raise StateError(f"shown has {name!r}, expected settings that differ: {', '.join(options)}")
        values = [_setting(f"shown[{name!r}]", value) for value in listed(f"shown[{name!r}]", values)]
        if not values or not all(value in options[name] for value in values):
            raise StateError(f"shown[{name!r}] is {values}, expected one or more of {options[name]}")
        shown[name] = values
    return shown


def _setting(name: str, value: object) -> str | int | float:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return _text(name, value, "label") if isinstance(value, str) else _number(name, value)


def _number(name: str, value: object) -> int | float:
    number(name, value, -LIMITS["number"], LIMITS["number"])
    return value  # what came as a whole number stays one


def _text(name: str, text: object, most: str, empty: bool = False) -> str:
    """Printable text: no control characters, and none that turns the line around."""
    if len(validation.text(name, text)) > LIMITS[most] or not (text.strip() or empty):
        raise StateError(
            f"{name} is {text[:60]!r}, expected {0 if empty else 1} to {LIMITS[most]} characters"
        )
    # The joiners shape letters of some scripts; the other format characters can hide or reverse text.
    if any(unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co") and c not in "\u200c\u200d" for c in text):
        raise StateError(f"{name} is {text!r}, expected printable text")
    return text
