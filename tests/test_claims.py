"""The headline claims that chapters rest on stored results, by chapter: see ``tests/claims``.

Each is asserted in its chapter, too. Here they are together, so that a new measurement says at once which
chapters no longer hold.
"""

import copy
import re

import nbformat
import pytest

from tests.chapter_rules import ROOT, code
from tests.claims import chapter_02, chapter_03, chapter_04, chapter_05, chapter_06, chapter_08, chapter_09
from tests.claims.claim import Claim, Result
from whyattention.execute import chapters
from whyattention.experiments import load_result
from whyattention.experiments.results import AXES

CHAPTERS = (chapter_02, chapter_03, chapter_04, chapter_05, chapter_06, chapter_08, chapter_09)
CLAIMS = [claim for chapter in CHAPTERS for claim in chapter.CLAIMS]


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
