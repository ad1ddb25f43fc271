"""The real otter, on the source as it is built."""

import json
import zipfile

import nbformat
import pytest

from tests.grading.submissions import CHEATING, PILOT, QUIET_PATCH, filled, right_answers
from whyattention.grading.leaks import leaks
from whyattention.grading.otter_source import PLUGIN
from whyattention.grading.source import read
from whyattention.grading.verify import OtterTrial


@pytest.fixture(scope="module")
def trial(built, tmp_path_factory):
    return OtterTrial(built, PILOT.stem, tmp_path_factory.mktemp("otter"))


def test_what_otter_hands_out_shows_nothing_and_has_our_blanks(trial):
    student = trial.copies["student"]
    assert leaks(read(PILOT), student) == []
    text = "\n".join(cell.source for cell in student.cells)
    assert "scores.softmax(1)" in text
    assert all(cell.source.strip() for cell in student.cells)


def test_the_zip_for_gradescope_brings_the_package_and_the_guard(trial):
    with zipfile.ZipFile(trial.zip) as archive:
        (wheel,) = [name for name in archive.namelist() if name.endswith(".whl")]
        config = json.loads(archive.read("otter_config.json"))
        environment = archive.read("environment.yml").decode()
    assert wheel.startswith("files/whyattention-")
    assert f"whyattention @ file:///autograder/source/{wheel}" in environment
    (plugin,) = config["plugins"]
    assert len(plugin[PLUGIN]["own"]) > 5


def test_the_instructors_copy_gets_all_points(trial):
    assert trial.grade("instructor", trial.copies["instructor"]) == trial.points
    assert sum(trial.points.values()) == 26


def test_the_empty_copy_gets_none(trial):
    assert trial.grade("student", trial.copies["student"]) == dict.fromkeys(trial.points, 0)


@pytest.mark.slow
def test_dishonest_answers_get_nothing(trial):
    assert trial.grade("cheat", filled(trial.copies["student"], CHEATING)) == dict.fromkeys(trial.points, 0)


@pytest.mark.slow
def test_what_is_replaced_before_the_first_check_is_noticed(trial):
    answers = right_answers()
    answers["q1"] = QUIET_PATCH + answers["q1"]
    assert trial.grade("patcher", filled(trial.copies["student"], answers)) == dict.fromkeys(trial.points, 0)


@pytest.mark.slow
def test_deleted_checks_are_run_all_the_same(trial):
    submission = filled(trial.copies["student"], right_answers())
    submission.cells = [cell for cell in submission.cells if "grader.check" not in cell.source]
    assert trial.grade("deleter", submission) == trial.points


@pytest.mark.slow
def test_a_module_beside_the_notebook_is_removed(trial):
    answers = filled(trial.copies["student"], {})
    place = trial.place / "shadow"
    place.mkdir()
    with zipfile.ZipFile(place / "submission.zip", "w") as archive:
        archive.writestr(f"{PILOT.stem}.ipynb", nbformat.writes(answers))
        archive.writestr("whyattention/__init__.py", "")
        archive.writestr("whyattention/grading/__init__.py", "")
        archive.writestr("whyattention/grading/guard.py", "def check(function):\n    pass\n")
        archive.writestr("torch.py", "raise SystemError\n")
    assert trial.grade_file(place / "submission.zip") == dict.fromkeys(trial.points, 0)
    assert "removed from the submission: torch.py, whyattention" in trial.log
