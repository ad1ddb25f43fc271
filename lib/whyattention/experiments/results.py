"""From the records of units to one file in book/results: mean and spread over seeds, and where from.

::

    {"name", "about", "chapters",
     "provenance": {"command", "seeds", "date", "machines": [...], "seconds"},
     "rows": [{"label", "measure", "settings", "parameters", "seconds": SPREAD, "tables": {NAME: TABLE}}]}

    SPREAD = {"mean": m, "min": a, "max": b, "seeds": [one for each seed]}
    TABLE  = {FIGURE: SPREAD} and perhaps the axis: "steps", "lengths" or "lags", a list

With an axis, each of m, a, b and each seed's is a list along it.
"""

from __future__ import annotations

import importlib.metadata
import json
import re
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from whyattention.experiments.runner import Record
from whyattention.experiments.units import Sweep

Result = dict[str, Any]

#: What tells the entries of a table apart is one of these.
AXES = ("steps", "lengths", "lags")
#: A fresh figure may be this far outside of the stored spread: rates are from 0 to 1, norms are in log10.
MARGIN = 0.05
# With fewer steps, or other lengths to be tested, the curve up to there is the same.
_MAY_DIFFER = ("steps", "test_lengths")
_DIGITS = 5
# Where the results lie in a checkout; a package installed from the repository carries them with it.
_CHECKOUT = Path(__file__).parents[3] / "book" / "results"


def join(sweep: Sweep, records: Sequence[Record], small: bool = False) -> Result:
    """Join the records of a sweep's units, in the order of ``sweep.units(small)``.

    The same records give the same result: its date is that of the last one.

    Raises:
        ValueError: The records are not those of the units, or in another order.
    """
    rows = sweep.small if small else sweep.rows
    seeds = sorted({record["unit"]["seed"] for record in records})
    machines = {json.dumps(record["made_with"], sort_keys=True) for record in records}
    joined = []
    for row, start in zip(rows, range(0, len(records), len(seeds)), strict=True):
        of_row = records[start : start + len(seeds)]
        if any(record["unit"]["settings"] != row.settings for record in of_row):
            raise ValueError(f"records must be in the order of the sweep's units, {row.label} is not")
        measured = [record["measured"] for record in of_row]
        names = measured[0]["tables"]
        joined.append(
            {
                "label": row.label,
                "measure": row.measure,
                "settings": dict(row.settings),
                "parameters": measured[0]["parameters"],
                "seconds": spread([one["seconds"] for one in measured]),
                "tables": {name: _join_tables([one["tables"][name] for one in measured]) for name in names},
            }
        )
    provenance = {
        "command": f"whyattention experiments {sweep.name}{' --small' if small else ''}",
        "seeds": seeds,
        "date": max(record["date"] for record in records),
        "machines": [json.loads(machine) for machine in sorted(machines)],
        "seconds": round(sum(record["measured"]["seconds"] for record in records), 1),
    }
    head = {"name": sweep.name, "about": sweep.about, "chapters": list(sweep.chapters)}
    return {**head, "provenance": provenance, "rows": joined}


def spread(each: Sequence[Any]) -> dict[str, Any]:
    """Return mean, least and largest over seeds, and each seed's: of numbers, or of lists entry by entry.

    Example:
        >>> spread([1.0, 2.0])
        {'mean': 1.5, 'min': 1.0, 'max': 2.0, 'seeds': [1.0, 2.0]}
        >>> spread([[1, 5], [3, 4]])["max"]
        [3, 5]
    """

    def over_seeds(reduce) -> Any:
        if isinstance(each[0], list):
            return [_rounded(reduce(entries)) for entries in zip(*each, strict=True)]
        return _rounded(reduce(each))

    return {
        "mean": over_seeds(lambda values: sum(values) / len(values)),
        "min": over_seeds(min),
        "max": over_seeds(max),
        "seeds": [[_rounded(v) for v in one] if isinstance(one, list) else _rounded(one) for one in each],
    }


def to_text(result: Result) -> str:
    """Return the result as JSON, each list of numbers on one line."""
    text = json.dumps(result, indent=1, ensure_ascii=False, allow_nan=False)
    return re.sub(r"\[\n[^\[\]{}\"]*\]", lambda found: re.sub(r"\s+", " ", found[0]), text) + "\n"


def load_result(path: str | Path) -> Result:
    """Read a file of book/results.

    Args:
        path: The file.

    Returns:
        The result, as ``whyattention.experiments.results`` describes it.

    Raises:
        FileNotFoundError: The sweep has not been run yet.
        ValueError: The file is no result.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(
            f"path must be a result, got {path}: `whyattention experiments {path.stem}` makes it"
        )
    try:
        result = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is not JSON: {error}") from error
    if (
        not isinstance(result, dict)
        or not {"name", "about", "chapters", "provenance", "rows"} <= result.keys()
    ):
        raise ValueError(f"{path} must hold name, about, chapters, provenance and rows")
    return result


def stored_result(name: str) -> Result:
    """Read what a sweep of the book has measured, from book/results or from what was installed.

    Args:
        name: The sweep, such as "length_curve".

    Returns:
        As ``load_result``.

    Raises:
        FileNotFoundError: There is no such sweep, or it has not been run yet.
        ValueError: The file is no result.

    Example:
        >>> stored_result("training_curve")["about"]
        '20 symbols of 16 through an LSTM of 64 units: quality against steps of training'
    """
    if _CHECKOUT.is_dir():
        return load_result(_CHECKOUT / f"{name}.json")
    for file in importlib.metadata.files("whyattention") or []:
        if file.parts[-2:] == ("results", f"{name}.json"):
            return load_result(Path(file.locate()))
    raise FileNotFoundError(f"name must be that of a stored result, got {name!r}")


def disagreements(fresh: Result, stored: Result) -> list[str]:
    """Compare a small run with the stored one, row by row, where both have measured the same.

    That is the curve up to the last common step, and all from before training; the rest too if both trained
    as long. A figure agrees if it is within the stored spread, widened on both sides by its own width and
    ``MARGIN``: another processor may round differently.

    Args:
        fresh: A small run.
        stored: The whole one.

    Returns:
        One line for each row and figure that disagrees, or that is missing in ``stored``; none if all agree.
    """
    found = []
    for row in fresh["rows"]:
        same = [other for other in stored["rows"] if _same_row(row, other)]
        if not same:
            found.append(f"{row['label']}: not in the stored result")
            continue
        for name, table in row["tables"].items():
            whole = row["settings"]["steps"] == same[0]["settings"]["steps"]
            if name == "curve" or name.startswith("start") or whole:
                where = f"{row['label']}, {name}"
                found += _compare(where, table, same[0]["tables"].get(name, {}))
    return found


def _same_row(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    def identity(row: Mapping[str, Any]) -> tuple:
        kept = {name: value for name, value in row["settings"].items() if name not in _MAY_DIFFER}
        return row["label"], row["measure"], json.dumps(kept, sort_keys=True)

    return identity(one) == identity(other)


def _compare(where: str, fresh: Mapping[str, Any], stored: Mapping[str, Any]) -> list[str]:
    axis = next((name for name in AXES if name in fresh), None)
    found = []
    for figure in fresh.keys() - {axis}:
        if figure not in stored:
            found.append(f"{where}: no {figure} in the stored result")
            continue
        mine, low, high = fresh[figure]["mean"], stored[figure]["min"], stored[figure]["max"]
        if axis is None:
            points = [("", mine, low, high)]
        else:
            place = {at: index for index, at in enumerate(stored[axis])}
            common = [(at, index) for index, at in enumerate(fresh[axis]) if at in place]
            points = [(f" at {axis} {at}", mine[i], low[place[at]], high[place[at]]) for at, i in common]
            if not points:
                found.append(f"{where}: {axis} {fresh[axis]} are not in the stored result")
        for at, value, least, most in points:
            slack = (most - least) + MARGIN
            if not least - slack <= value <= most + slack:
                found.append(f"{where}: {figure}{at} is {value}, stored are {least} to {most}")
    return sorted(found)


def _join_tables(tables: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    joined: dict[str, Any] = {}
    for name, first in tables[0].items():
        each = [table[name] for table in tables]
        if name in AXES:
            if len(list(groupby(each))) > 1:
                raise ValueError(f"{name} must be equal for all seeds, got {each}")
            joined[name] = first
        else:
            joined[name] = spread(each)
    return joined


def _rounded(value: float) -> float:
    return value if isinstance(value, int) else float(f"{value:.{_DIGITS}g}")
