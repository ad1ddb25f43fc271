"""What a claim is, and how its stored result is read."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from whyattention.experiments.results import AXES

Result = dict[str, Any]


@dataclass(frozen=True)
class Claim:
    """A sentence of a chapter, the stored result it rests on, and whether that supports it with a margin."""

    chapter: int
    sentence: str
    sweep: str
    holds: Callable[[Result], bool]


def mean(result: Result, label: str, table: str, figure: str, at: int | None = None) -> float:
    """Return the mean over seeds of one figure; ``at`` is its place on the table's axis, if it has one."""
    entry = row_of(result, label)["tables"][table]
    if at is None:
        return entry[figure]["mean"]
    (axis,) = (entry[name] for name in AXES if name in entry)
    return entry[figure]["mean"][axis.index(at)]


def row_of(result: Result, label: str) -> Result:
    (row,) = (row for row in result["rows"] if row["label"] == label)
    return row


def grows(values: list[float], margin: float) -> bool:
    return all(after - before > margin for before, after in pairwise(values))
