"""Both graders give the same points for the same answers, however much of them is right."""

import nbformat
import pytest

from tests.grading.half_right import submissions
from tests.grading.submissions import PILOT, ROOT, filled
from whyattention.grading.build import build, sources
from whyattention.grading.verify import NbgraderTrial, OtterTrial

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("grader", [NbgraderTrial, OtterTrial])
@pytest.mark.parametrize("path", sources(ROOT / "assignments"), ids=lambda path: path.stem)
def test_half_right_answers_get_what_they_are_worth_from_either_grader(path, grader, tmp_path):
    build([path], tmp_path / "built")
    trial = grader(tmp_path / "built", path.stem, tmp_path / "trial")
    for name, (answers, expected) in submissions(path.stem).items():
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
