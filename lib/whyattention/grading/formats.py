"""The notebooks that students and instructors open: the same cells, with and without solutions.

Each format is made of the same few pieces: ``shown_text`` of a question, ``student_answer``, ``given_code``.
"""

from __future__ import annotations

import copy
from collections.abc import Callable

import nbformat
from nbformat import NotebookNode

from whyattention.grading import blanks
from whyattention.grading.assignment import Assignment, Question, about, part_of
from whyattention.grading.variants import filled

WORDS = {
    "about": "*{kind} · {points} · about {minutes} minutes*",
    "points": "{points} points",
    "point": "1 point",
    "no_points": "no points",
    "write": "*Write your answer here, in place of this line.*",
    "instructor": (
        "> **Instructor's copy**, with solutions, hidden checks and rubrics. Do not hand it out.\n"
        "> In place of what follows `### BEGIN SOLUTION`, students read what follows `### GIVEN`, without "
        "its `#`; where nothing is given, `{stub}`."
    ),
    "variables": "# The numbers of this assignment.",
    "hidden": "# Hidden check of {question}: {points}.",
    "check": "# Check of {question}: {points}.",
}


def points_in_words(points: int) -> str:
    """Return points in words.

    Example:
        >>> points_in_words(1), points_in_words(3)
        ('1 point', '3 points')
    """
    if points == 0:
        return WORDS["no_points"]
    return WORDS["point"] if points == 1 else WORDS["points"].format(points=points)


def shown_text(assignment: Assignment, question: Question) -> str:
    """Return the text of a question: below its heading stand its kind, its points and its minutes."""
    heading, _, rest = filled(question.text.source, assignment.words).partition("\n")
    line = WORDS["about"].format(
        kind=question.kind.capitalize(), points=points_in_words(question.points), minutes=question.minutes
    )
    return f"{heading}\n\n{line}\n\n{rest.strip()}"


def student_answer(assignment: Assignment, question: Question) -> str:
    """Return what students find in the cell of their answer."""
    if question.by_hand:
        return WORDS["write"]
    return blanks.blanked(assignment.answer_code(question))


def given_source(assignment: Assignment, cell: NotebookNode) -> str:
    """Return the text of a cell that is for everyone, or of the cell of variables."""
    if part_of(cell) == "variant":
        code = assignment.variables.code()
        return f"{WORDS['variables']}\n{code}" if code else ""
    return filled(cell.source, assignment.words) if cell.cell_type == "markdown" else cell.source


def headed_check(assignment: Assignment, cell: NotebookNode) -> str:
    """Return the code of a check below a line that says what it is worth."""
    found = assignment.check_of(cell)
    words = WORDS["hidden" if found.hidden else "check"]
    head = words.format(question=about(cell)["question"], points=points_in_words(found.points))
    return f"{head}\n{assignment.check_code(found)}"


def new_cell(like: NotebookNode, source: str, metadata: dict | None = None) -> NotebookNode:
    """Return a cell of the same type with another text; nothing else of the old one is kept but its name."""
    make = nbformat.v4.new_code_cell if like.cell_type == "code" else nbformat.v4.new_markdown_cell
    cell = make(source, metadata=copy.deepcopy(metadata or {}))
    cell.id = like.get("id") or cell.id
    return cell


def new_notebook(assignment: Assignment, cells: list[NotebookNode]) -> NotebookNode:
    """Return a notebook of these cells; two builds write the same bytes."""
    metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
        "whyattention": {"assignment": assignment.name},
    }
    seen: set[str] = set()
    for number, cell in enumerate(cells):
        if cell.id in seen or len(cell.id) < 3:
            cell.id = f"cell-{number}"
        seen.add(cell.id)
    return nbformat.v4.new_notebook(cells=cells, metadata=metadata)


def student_notebook(assignment: Assignment) -> NotebookNode:
    """Return what students get who have no grader: texts, blanks, and the checks that they may see."""
    return _notebook(assignment, _student_cell)


def instructor_notebook(assignment: Assignment) -> NotebookNode:
    """Return everything: solutions, hidden checks and rubrics. It runs from start to end without an error."""
    notebook = _notebook(assignment, _instructor_cell)
    notice = nbformat.v4.new_markdown_cell(WORDS["instructor"].format(stub=blanks.STUB))
    notice.id = "instructor-notice"
    notebook.cells.insert(0, notice)
    return notebook


Writer = Callable[[Assignment, NotebookNode], str | None]


def _notebook(assignment: Assignment, write: Writer) -> NotebookNode:
    cells = []
    for cell in assignment.cells:
        source = write(assignment, cell)
        if source is not None:
            cells.append(new_cell(cell, source, _kept(cell)))
    return new_notebook(assignment, cells)


def _kept(cell: NotebookNode) -> dict:
    """Return the metadata that readers of a notebook need; choices of variants are not among them."""
    mine = {key: value for key, value in about(cell).items() if key in ("question", "part")}
    kept = {key: cell.metadata[key] for key in ("tags", "mystnb") if key in cell.metadata}
    return kept | ({"whyattention": mine} if mine else {})


def _student_cell(assignment: Assignment, cell: NotebookNode) -> str | None:
    part, question = part_of(cell), assignment.question_of(cell)
    if part == "text":
        return shown_text(assignment, question)
    if part == "answer":
        return student_answer(assignment, question)
    if part == "check":
        return headed_check(assignment, cell)
    if part in ("hidden", "rubric"):
        return None
    return given_source(assignment, cell) or None


def _instructor_cell(assignment: Assignment, cell: NotebookNode) -> str | None:
    part, question = part_of(cell), assignment.question_of(cell)
    if part == "answer":
        return cell.source if question.by_hand else assignment.answer_code(question)
    if part == "hidden":
        return headed_check(assignment, cell)
    if part == "rubric":
        return filled(cell.source, assignment.words)
    return _student_cell(assignment, cell)
