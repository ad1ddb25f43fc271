"""One source, and in each format what its readers need."""

import json
import re
import subprocess
import sys
import zipfile

import nbformat
import pytest

from tests.grading.submissions import PILOT
from whyattention.grading.build import build
from whyattention.grading.formats import instructor_notebook, student_notebook
from whyattention.grading.otter_source import wheel_of_this_package
from whyattention.grading.source import read

NAME = PILOT.stem


def texts(path):
    return [cell.source for cell in nbformat.read(path, as_version=4).cells]


def test_students_read_what_a_question_is_worth():
    text = "\n".join(cell.source for cell in student_notebook(read(PILOT)).cells)
    assert (
        "## Question 2: a look-up that fails without a sound\n\n*Debug · 6 points · about 15 minutes*\n"
        in text
    )
    assert "*Open · no points · about 10 minutes*" in text
    assert text.startswith("# Assignment 4 · Dot-product attention\n\n*30 points, about 113 minutes.")
    assert "{{" not in text


def test_a_check_takes_its_variables_along():
    notebook = instructor_notebook(read(PILOT, "v1"))
    values = read(PILOT, "v1").variables.values
    (check,) = [cell.source for cell in notebook.cells if "def the_predictions_come_true" in cell.source]
    assert f"\nshift = {values['shift']}\nfactor = {values['factor']}\n" in check


def test_the_course_folder_has_each_check_as_a_cell_of_its_own(built):
    notebook = nbformat.read(built / "nbgrader" / "source" / NAME / f"{NAME}.ipynb", as_version=4)
    roles = {
        cell.metadata.nbgrader["grade_id"]: cell.metadata.nbgrader
        for cell in notebook.cells
        if "nbgrader" in cell.metadata
    }
    assignment = read(PILOT)
    for question in assignment.questions:
        for check in question.checks:
            role = roles[f"{question.name}-{check.name}"]
            assert (role["points"], role["locked"], role["grade"]) == (check.points, True, True)
    assert roles["q6-answer"]["points"] == 4
    assert roles["q6-answer"]["solution"]
    hidden = [cell.source for cell in notebook.cells if "loop_over_windows" in cell.source]
    assert hidden[0].split("\n")[1] == "### BEGIN HIDDEN TESTS"
    assert not any("Rubric" in cell.source for cell in notebook.cells)


def test_the_source_for_otter_has_points_hidden_tests_and_a_question_graded_by_hand(built):
    folder = built / "otter" / NAME
    source = texts(folder / f"{NAME}.ipynb")
    assert any('# BEGIN QUESTION\nname: "q6"\nmanual: true\npoints: 4' in text for text in source)
    tests = [text for text in source if text.startswith('""" # BEGIN TEST CONFIG')]
    hidden = [text for text in tests if "\nhidden: true\n" in text]
    checks = [check for question in read(PILOT).questions for check in question.checks]
    assert len(tests) == len(checks)
    assert len(hidden) == sum(check.hidden for check in checks)
    points = [int(re.search(r"^points: (\d+)$", text, re.M)[1]) for text in tests]
    assert points == [check.points for check in checks]
    wheel = next(folder.glob("*.whl"))
    assert (
        f"whyattention @ file:///autograder/source/files/{wheel.name}"
        in (folder / "requirements.txt").read_text()
    )


def test_the_wheel_can_be_installed_and_holds_no_weights(tmp_path):
    name, data = wheel_of_this_package()
    assert wheel_of_this_package() == (name, data)
    (tmp_path / name).write_bytes(data)
    with zipfile.ZipFile(tmp_path / name) as archive:
        assert archive.testzip() is None
        assert not [
            entry for entry in archive.namelist() if entry.endswith((".safetensors", ".pyc", ".ipynb"))
        ]
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
        "--disable-pip-version-check",
    ]
    done = subprocess.run(
        [*command, "--target", tmp_path / "site", tmp_path / name], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    code = "import whyattention.grading.guard as g; print(g.__file__)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path / "site")},
        capture_output=True,
        text=True,
    )
    assert done.stdout.startswith(str(tmp_path / "site")), done.stderr


def test_two_builds_write_the_same_bytes(tmp_path, built):
    build([PILOT], tmp_path)
    files = {path.relative_to(built): path.read_bytes() for path in built.rglob("*") if path.is_file()}
    assert len(files) >= 7
    assert {
        path.relative_to(tmp_path): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()
    } == files


def test_a_build_touches_nothing_else_in_its_folder(tmp_path):
    build([PILOT], tmp_path)
    mine = {
        "nbgrader/nbgrader_config.py": "c = get_config()  # edited\n",
        "nbgrader/gradebook.db": "points",
        f"nbgrader/submitted/ada/{NAME}/{NAME}.ipynb": "{}",
        f"otter/{NAME}/dist/notes.txt": "mine",
    }
    for path, text in mine.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    build([PILOT], tmp_path, variant="v1")
    assert {path: (tmp_path / path).read_text() for path in mine} == mine
    assert texts(tmp_path / "student" / PILOT.name) == [
        c.source for c in student_notebook(read(PILOT, "v1")).cells
    ]


def test_every_notebook_is_valid_and_has_no_outputs(built):
    for path in built.rglob("*.ipynb"):
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
        assert not any(cell.get("outputs") for cell in notebook.cells), path
        assert len({cell.id for cell in notebook.cells}) == len(notebook.cells)


def test_building_needs_no_torch_and_no_grader(tmp_path):
    code = (
        "import sys\n"
        "for name in ('torch', 'nbgrader', 'otter', 'jupyter_client', 'nbclient', 'numpy'):\n"
        "    sys.modules[name] = None\n"
        "from whyattention.cli import main\n"
        f"words = ['assignments', 'build', '--source', {str(PILOT.parent)!r}, '--out', {str(tmp_path)!r}]\n"
        "sys.exit(main(words))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "student" / PILOT.name).is_file()


@pytest.mark.parametrize("folder", ["student", "instructor"])
def test_notebooks_for_readers_carry_no_choices_and_no_grader(built, folder):
    text = json.dumps(nbformat.read(built / folder / PILOT.name, as_version=4))
    assert "nbgrader" not in text
    assert '"choices"' not in text
