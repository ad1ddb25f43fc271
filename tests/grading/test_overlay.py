"""Private hidden checks are merged into the public source, and what does not fit is refused."""

import nbformat
import pytest

from tests.grading.submissions import PILOT, right_answers
from whyattention.grading.build import build
from whyattention.grading.overlay import read_with, require_names
from whyattention.grading.rehearsal import rehearse, run_checks
from whyattention.grading.source import SourceError, read

HEAD = "from whyattention.grading.guard import check\n\n\n@check\n"
NEW = (
    HEAD
    + """def a_second_lookup_finds_the_same(batch_lookup, draw):
    queries, states = draw.normal(1, 3, 2), draw.normal(1, 2, 2)
    for _ in range(2):
        same(batch_lookup(queries, states, torch.tensor([2]))[1].sum(-1), torch.ones(1, 3))
"""
)
REPLACED = (
    HEAD
    + "def the_table_is_read_as_its_numbers_say(score_lead):\n    same(score_lead, 2.0149, absolute=1e-3)\n"
)


@pytest.fixture
def overlay(tmp_path):
    """``overlay(*cells)`` stores an overlay for the assignment; a cell is (question, part, points, code)."""

    def write(*cells, name=PILOT.name):
        notebook = nbformat.v4.new_notebook()
        for question, part, points, code in cells:
            about = {"question": question, "part": part, "points": points}
            notebook.cells.append(nbformat.v4.new_code_cell(code, metadata={"whyattention": about}))
        folder = tmp_path / "private"
        folder.mkdir(exist_ok=True)
        nbformat.write(notebook, folder / name)
        return folder

    return write


def test_a_check_with_a_new_name_is_added_and_its_points_count(overlay):
    folder = overlay(("q2", "hidden", 3, NEW))
    assignment = read_with(PILOT, folder)
    names = [check.name for check in assignment.questions[1].checks]
    assert names[-1] == "a_second_lookup_finds_the_same"
    assert assignment.questions[1].points == read(PILOT).questions[1].points + 3
    assert run_checks(assignment, right_answers())["a_second_lookup_finds_the_same"] is None
    assert rehearse(PILOT, overlay=folder)[1]


def test_a_private_check_that_gives_points_to_a_blank_is_found(overlay):
    cheap = HEAD + "def two_things_come_back(batch_lookup, draw):\n"
    cheap += "    arguments = draw.normal(1, 1, 2), draw.normal(1, 2, 2), torch.tensor([2])\n"
    cheap += "    same(len(batch_lookup(*arguments)), 2)\n"
    lines, right = rehearse(PILOT, overlay=overlay(("q2", "hidden", 3, cheap)))
    assert not right
    assert lines == [f"✗ {PILOT.stem}: a blank gets 3 points from two_things_come_back"]


def test_a_check_with_the_name_of_another_takes_its_place(overlay):
    assignment = read_with(PILOT, overlay(("q5", "hidden", 4, REPLACED)))
    question, before = assignment.questions[4], read(PILOT).questions[4]
    assert [c.name for c in question.checks] == [c.name for c in before.checks]
    assert (
        question.checks[2].cell.source == REPLACED.rstrip("\n") or question.checks[2].cell.source == REPLACED
    )
    assert question.points == before.points + 1


def test_a_private_check_reaches_graders_and_no_student(overlay, tmp_path):
    build([PILOT], tmp_path / "out", overlay=overlay(("q2", "hidden", 3, NEW)))
    holding = {
        path.relative_to(tmp_path / "out").parts[0]
        for path in (tmp_path / "out").rglob("*.ipynb")
        if "a_second_lookup_finds_the_same" in path.read_text("utf-8")
    }
    assert holding == {"instructor", "nbgrader", "otter"}


def test_an_assignment_without_an_overlay_stays_as_it_is(overlay):
    folder = overlay(("q1", "hidden", 1, NEW), name="other.ipynb")
    assert read_with(PILOT, folder).points == read(PILOT).points


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        (("q2", "check", 1, NEW), "cell 1: an overlay holds code cells of part 'hidden', got 'check'"),
        (("q9", "hidden", 1, NEW), "cell 1: question must be one with checks, .*got 'q9'"),
        (("q6", "hidden", 1, NEW), "question must be one with checks, .*got 'q6'"),
        (("q2", "hidden", 1, "x = 1"), "one function under @check, got"),
        (("q1", "hidden", 1, NEW), "parameter 'batch_lookup' of a check"),
        (("q2", "hidden", "3", NEW), "points must be a whole number"),
        (("q2", "hidden", 1, "def f(:"), "is not valid Python"),
    ],
)
def test_a_cell_that_does_not_fit_is_refused(overlay, cell, message):
    folder = overlay(cell)
    with pytest.raises(SourceError, match=message) as raised:
        read_with(PILOT, folder)
    assert str(folder) in str(raised.value)


def test_an_overlay_for_no_assignment_is_refused(overlay, tmp_path):
    with pytest.raises(
        SourceError, match=r"other\.ipynb: there is no assignment of that name, expected one of \['04"
    ):
        require_names(overlay(("q1", "hidden", 1, NEW), name="other.ipynb"), [PILOT.stem])
    with pytest.raises(SourceError, match="there is no such folder"):
        require_names(tmp_path / "nowhere", [PILOT.stem])
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceError, match="holds no notebook"):
        require_names(tmp_path / "empty", [PILOT.stem])
