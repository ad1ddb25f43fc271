"""The real nbgrader, in the course folder as it is built."""

import copy
import re

import pytest

from tests.grading.submissions import CHEATING, PILOT, QUIET_PATCH, filled, right_answers
from whyattention.grading.leaks import leaks
from whyattention.grading.source import read
from whyattention.grading.verify import NbgraderTrial


@pytest.fixture(scope="module")
def trial(built, tmp_path_factory):
    return NbgraderTrial(built, PILOT.stem, tmp_path_factory.mktemp("nbgrader"))


def errors(notebook):
    return [o for cell in notebook.cells for o in cell.get("outputs", []) if o.output_type == "error"]


def test_what_nbgrader_hands_out_shows_nothing_and_has_our_blanks(trial):
    student = trial.copies["student"]
    assert leaks(read(PILOT), student) == []
    text = "\n".join(cell.source for cell in student.cells)
    assert "scores.softmax(1)" in text
    assert "YOUR CODE HERE" not in text
    assert text.count("# Hidden check of q2: 2 points.") == 2


def test_the_instructors_copy_gets_all_points(trial):
    assert trial.grade("instructor", trial.copies["instructor"]) == trial.points
    assert sum(trial.points.values()) == 26
    assert errors(trial.graded("instructor")) == []


def test_the_empty_copy_gets_none(trial):
    assert trial.grade("student", trial.copies["student"]) == dict.fromkeys(trial.points, 0)


@pytest.mark.slow
def test_dishonest_answers_get_nothing_and_the_grader_is_told(trial):
    assert trial.grade("cheat", filled(trial.copies["student"], CHEATING)) == dict.fromkeys(trial.points, 0)
    assert "is not run: This cell was not run: line 1 imports whyattention.attention" in trial.log
    graded = trial.graded("cheat")
    texts = [cell.source for cell in graded.cells]
    assert CHEATING["q2"].strip() in texts, "the notebook keeps what the student wrote"
    page = trial.feedback("cheat")
    assert "line 1 imports whyattention.attention" in page


@pytest.mark.slow
def test_what_is_replaced_before_the_first_check_is_noticed(trial):
    answers = right_answers()
    answers["q1"] = QUIET_PATCH + answers["q1"]
    assert trial.grade("patcher", filled(trial.copies["student"], answers)) == dict.fromkeys(trial.points, 0)


@pytest.mark.slow
def test_deleted_checks_come_back_and_the_grader_is_told(trial):
    submission = filled(trial.copies["student"], right_answers())
    graded = [cell for cell in submission.cells if cell.metadata.get("nbgrader", {}).get("grade")]
    assert graded
    submission.cells = [cell for cell in submission.cells if cell not in graded]
    assert trial.grade("deleter", submission) == trial.points
    assert trial.log.count("Missing grade cell") == len(graded)


@pytest.mark.slow
def test_changed_checks_and_given_cells_are_restored(trial):
    submission = copy.deepcopy(trial.copies["student"])
    for cell in submission.cells:
        if "nbgrader" in cell.metadata and cell.metadata.nbgrader["locked"]:
            cell.source = "pass"
    assert trial.grade("changer", submission) == dict.fromkeys(trial.points, 0)
    assert trial.grade("changer", filled(submission, right_answers())) == trial.points


@pytest.mark.slow
def test_feedback_shows_no_hidden_check_and_no_traceback(trial):
    trial.grade("reader", trial.copies["student"])
    page = trial.feedback("reader")
    assert "lead_needed is not written yet" in page
    assert "Traceback (most recent call last)" not in page
    code = re.sub("<[^>]+>", "", page)  # without its colors
    for question in read(PILOT).questions:
        for check in question.checks:
            assert (f"def {check.name}(" in code) is not check.hidden


@pytest.mark.slow
def test_a_module_beside_the_notebook_takes_no_librarys_place(trial, built):
    place = trial.course / "submitted" / "shadow" / PILOT.stem
    (place / "whyattention" / "grading").mkdir(parents=True)
    for path in (place / "torch.py", place / "whyattention" / "__init__.py", place / "math.py"):
        path.write_text("raise SystemError('shadowed')\n")
    fake = "def check(function):\n    pass\n"
    (place / "whyattention" / "grading" / "__init__.py").write_text("")
    (place / "whyattention" / "grading" / "guard.py").write_text(fake)
    assert trial.grade("shadow", filled(trial.copies["student"], right_answers())) == trial.points
    assert trial.grade("shadow", trial.copies["student"]) == dict.fromkeys(trial.points, 0)


@pytest.mark.slow
def test_an_endless_cell_costs_no_other_question(trial):
    config = trial.course / "nbgrader_config.py"
    config.write_text(config.read_text() + "c.Guarded.timeout = 5\n")
    answers = right_answers() | {"q2": "while True:\n    pass"}
    expected = trial.points | {"q2": 0}
    assert trial.grade("endless", filled(trial.copies["student"], answers)) == expected
