"""The headline claims that chapters rest on stored results, by chapter.

Each is asserted in its chapter, too. Here they are together, so that a new measurement says at once which
chapters no longer hold.
"""

import copy
import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import nbformat
import pytest

from tests.chapter_rules import ROOT, code
from whyattention.execute import chapters
from whyattention.experiments import load_result
from whyattention.experiments.results import AXES

Result = dict[str, Any]
WIDTHS = (16, 32, 64, 128)


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


# Chapter 2


def recovered(result: Result, width: int, length: int) -> float:
    return length * mean(result, f"copy, H = {width}", "by_length", "token_accuracy", length)


def translated(result: Result, width: int, length: int, figure: str = "token_accuracy") -> float:
    return mean(result, f"translation, H = {width}", "by_length", figure, length)


def patience(result: Result, steps: int) -> float:
    return mean(result, "LSTM, H = 64", "curve", "token_accuracy", steps)


def reversal_gain(result: Result, task: str, steps: int | None = None) -> float:
    table = "final" if steps is None else "curve"
    forward, backward = (
        mean(result, label, table, "token_accuracy", steps) for label in (task, f"{task}, source reversed")
    )
    return backward - forward


def translated_from(result: Result, label: str, length: int) -> float:
    return mean(result, f"fixed vector, {label}", "by_length", "token_accuracy", length)


# Chapter 3


def tanh_network(result: Result, when: str, figure: str) -> float:
    return mean(result, "RNN", f"{when}_spectrum", figure)


def orders_of_magnitude(result: Result, when: str, lag: int) -> float:
    return mean(result, "RNN", f"{when}_states", "hidden", lag)


CLAIMS = [
    Claim(
        2,
        "Every vector carries two symbols.",
        "length_curve",
        lambda result: all(recovered(result, width, 2) > 1.94 for width in WIDTHS),
    ),
    Claim(
        2,
        "Each doubling of the width moves the fall to longer messages.",
        "length_curve",
        lambda result: grows([recovered(result, width, 20) / 20 for width in WIDTHS], 0.08),
    ),
    Claim(
        2,
        "With 16 units as many symbols come back of 8 as of 20: about four.",
        "length_curve",
        lambda result: (
            3 < recovered(result, 16, 20) < 6
            and abs(recovered(result, 16, 20) - recovered(result, 16, 8)) < 1.5
        ),
    ),
    Claim(
        2,
        "With 32 units about 7 of 20 symbols come back, with 64 units about 14.",
        "length_curve",
        lambda result: 5 < recovered(result, 32, 20) < 9 and 12 < recovered(result, 64, 20) < 18,
    ),
    Claim(
        2,
        "Wider vectors translate longer sentences.",
        "length_curve",
        lambda result: grows([translated(result, width, 12) for width in WIDTHS], 0.05),
    ),
    Claim(
        2,
        "No sentence of 20 words is right at any width.",
        "length_curve",
        lambda result: all(translated(result, width, 20, "exact_match") < 0.02 for width in WIDTHS),
    ),
    Claim(
        2,
        "64 units still learn to copy 20 symbols after 10,000 steps, and are not done after 20,000.",
        "training_curve",
        lambda result: (
            patience(result, 20_000) - patience(result, 10_000) > 0.1 and patience(result, 20_000) < 0.95
        ),
    ),
    Claim(
        2,
        "The same vector is worth more when the decoder sees it at every step.",
        "translation_length",
        lambda result: (
            translated_from(result, "at every step", 12) - translated_from(result, "given once", 12) > 0.08
        ),
    ),
    Claim(
        2,
        "On copy, reading the source backward wins and keeps its lead.",
        "reversal",
        lambda result: reversal_gain(result, "copy", 500) > 0.1 and reversal_gain(result, "copy") > 0.04,
    ),
    Claim(
        2,
        "On translation it is a head start, of which nothing is left at the end.",
        "reversal",
        lambda result: (
            reversal_gain(result, "translation", 500) > 0.04
            and abs(reversal_gain(result, "translation")) < 0.04
        ),
    ),
    Claim(
        3,
        "After 1,000 steps on rows of 30 a tanh network is at chance.",
        "gradient_reach",
        lambda result: mean(result, "RNN", "curve", "token_accuracy", 1000) < 0.15,
    ),
    Claim(
        3,
        "Training raises the largest singular value and the spectral radius far above one.",
        "gradient_reach",
        lambda result: (
            tanh_network(result, "start", "spectral_radius") < 0.8
            and tanh_network(result, "trained", "spectral_radius") > 1.3
            and tanh_network(result, "trained", "largest_singular_value") > 1.5
        ),
    ),
    Claim(
        3,
        "And yet gradients reach less far than before, for the units are saturated.",
        "gradient_reach",
        lambda result: (
            orders_of_magnitude(result, "trained", 30) < orders_of_magnitude(result, "start", 30) - 3
            and tanh_network(result, "trained", "mean_tanh_slope")
            < tanh_network(result, "start", "mean_tanh_slope") - 0.2
        ),
    ),
]


def stored(sweep: str) -> Result:
    return load_result(ROOT / "book" / "results" / f"{sweep}.json")


def all_alike(result: Result) -> Result:
    """Return the result with one value for every figure."""
    result = copy.deepcopy(result)
    for row in result["rows"]:
        for table in row["tables"].values():
            for figure in set(table) - set(AXES):
                values = table[figure]["mean"]
                table[figure]["mean"] = [0.5] * len(values) if isinstance(values, list) else 0.5
    return result


def under_other_labels(result: Result) -> Result:
    """Return the result with the tables of each row under the label of the next."""
    result = copy.deepcopy(result)
    labels = [row["label"] for row in result["rows"]]
    for row, label in zip(result["rows"], labels[1:] + labels[:1], strict=True):
        row["label"] = label
    return result


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: f"{claim.chapter}: {claim.sentence}")
def test_the_stored_result_supports_the_claim(claim):
    assert claim.holds(stored(claim.sweep))


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: f"{claim.chapter}: {claim.sentence}")
def test_another_result_would_not_support_the_claim(claim):
    others = [all_alike(stored(claim.sweep)), under_other_labels(stored(claim.sweep))]
    assert not all(supports(claim, other) for other in others)


def supports(claim: Claim, result: Result) -> bool:
    try:
        return claim.holds(result)
    except KeyError:  # a row that has no such table
        return False


def test_every_stored_result_that_a_chapter_draws_has_a_claim():
    drawn = set()
    for path in chapters(ROOT):
        chapter = re.match(r"(\d\d)_", path.name)
        cells = code(nbformat.read(path, as_version=4))
        names = {name for cell in cells for name in re.findall(r'stored_result\(\s*"(\w+)"', cell.source)}
        assert chapter or not names, f"{path.name} draws {names} and is no chapter"
        drawn |= {(int(chapter[1]), name) for name in names}
    assert drawn == {(claim.chapter, claim.sweep) for claim in CLAIMS}
