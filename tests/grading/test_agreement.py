"""Both graders give the same points for the same answers, however much of them is right."""

import nbformat
import pytest

from tests.grading.submissions import PARTIAL, PILOT, filled
from whyattention.grading.build import build
from whyattention.grading.verify import NbgraderTrial, OtterTrial

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=["nbgrader", "otter"])
def trial(request, built, tmp_path_factory):
    make = {"nbgrader": NbgraderTrial, "otter": OtterTrial}[request.param]
    return make(built, PILOT.stem, tmp_path_factory.mktemp(request.param))


@pytest.mark.parametrize("name", PARTIAL)
def test_partial_answers_get_what_they_are_worth_from_either_grader(trial, name):
    answers, expected = PARTIAL[name]
    assert trial.grade(name, filled(trial.copies["student"], answers)) == expected


@pytest.mark.parametrize("grader", [NbgraderTrial, OtterTrial])
def test_a_variant_with_a_private_check_is_graded_by_either_grader(grader, tmp_path):
    code = (
        "from whyattention.grading.guard import check\n\n\n@check\n"
        "def one_other_score_needs_the_logarithm_of_the_odds(lead_needed, draw):\n"
        "    share = draw.number(0.1, 0.9)\n"
        "    same(lead_needed(share, 1), math.log(share / (1 - share)))\n"
    )
    about = {"question": "q1", "part": "hidden", "points": 2}
    cell = nbformat.v4.new_code_cell(code, metadata={"whyattention": about})
    (tmp_path / "private").mkdir()
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), tmp_path / "private" / PILOT.name)
    build([PILOT], tmp_path / "out", variant="autumn", overlay=tmp_path / "private")
    trial = grader(tmp_path / "out", PILOT.stem, tmp_path)
    assert trial.points["q1"] == 7
    assert trial.grade("instructor", trial.copies["instructor"]) == trial.points
