"""A build stops where a file for students shows a solution, a hidden check or a rubric."""

import copy

import nbformat
import pytest

from tests.grading.submissions import PILOT
from whyattention.grading import build as building
from whyattention.grading import formats
from whyattention.grading.build import LeakError, build
from whyattention.grading.formats import instructor_notebook, student_notebook
from whyattention.grading.leaks import leaks
from whyattention.grading.source import read

ASSIGNMENT = read(PILOT)


@pytest.fixture
def student():
    return copy.deepcopy(student_notebook(ASSIGNMENT))


def test_the_file_for_students_shows_nothing(student):
    assert leaks(ASSIGNMENT, student) == []


def line_of(question, part, words):
    """The line of a part of the source that holds some words."""
    cells = [
        cell
        for cell in ASSIGNMENT.cells
        if cell.metadata.get("whyattention", {}).get("question") == question
        and cell.metadata["whyattention"]["part"] == part
    ]
    (line,) = [line for cell in cells for line in cell.source.split("\n") if words in line]
    return line


SECRETS = {
    "a solution": line_of("q2", "answer", "~real[:, None, :], -torch.inf"),
    "a hidden check": line_of("q1", "hidden", "math.log(others)"),
    "a model answer": line_of("q6", "answer", "derivative of a weight"),
    "a rubric": line_of("q6", "rubric", "cancels that factor"),
    "a marker": "### BEGIN SOLUTION",
    "a hidden marker": "### END HIDDEN TESTS",
    "a private variable": 'bug = "axis"',
}


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("place", ["code", "metadata", "attachment", "output"])
def test_a_secret_is_found_wherever_it_stands(student, secret, place):
    text = SECRETS[secret]
    cell = student.cells[4]
    if place == "code":
        student.cells.append(nbformat.v4.new_code_cell(f"x = 1\n{text}\n"))
    elif secret == "a private variable":
        return  # that one is a name in code
    elif place == "metadata":
        cell.metadata["note"] = {"deep": ["x", f"y\n{text}"]}
    elif place == "attachment":
        student.metadata["old"] = {text: 1}
    else:
        student.cells[2].outputs = [nbformat.v4.new_output("stream", text=text)]
    found = leaks(ASSIGNMENT, student)
    assert found
    assert any(text.strip() in each or "private variable 'bug'" in each for each in found)


def test_any_output_is_a_leak(student):
    student.cells[2].outputs = [nbformat.v4.new_output("stream", text="0.7")]
    assert leaks(ASSIGNMENT, student) == ["outputs of cell 3; they may show what a solution returned"]


def test_the_instructors_copy_is_full_of_leaks():
    found = "\n".join(leaks(ASSIGNMENT, instructor_notebook(ASSIGNMENT)))
    for question in ASSIGNMENT.questions[:6]:
        assert f"{question.name} (" in found


@pytest.mark.parametrize("broken", ["blanked", "hidden"])
def test_a_build_that_would_leak_writes_nothing(monkeypatch, tmp_path, broken):
    if broken == "blanked":
        monkeypatch.setattr(formats.blanks, "blanked", formats.blanks.solved)
    else:
        monkeypatch.setattr(building, "student_notebook", instructor_notebook)
    with pytest.raises(LeakError, match="the file for students was not written, it holds a"):
        build([PILOT], tmp_path / "out")
    assert not (tmp_path / "out").exists()
