"""A course folder for nbgrader: one source notebook for each assignment, and the configuration.

``nbgrader generate_assignment``, ``autograde`` and ``generate_feedback`` run in that folder. The
configuration puts steps of our own into nbgrader's (see ``nbgrader_steps``). Every check is a cell of its own
with its own points. A given cell is locked: nbgrader restores it if a submission has changed it.
"""

from __future__ import annotations

import nbformat
from nbformat import NotebookNode

from whyattention.grading.assignment import Assignment, about, part_of
from whyattention.grading.formats import (
    WORDS,
    given_source,
    headed_check,
    new_cell,
    new_notebook,
    points_in_words,
    shown_text,
)

CONFIG = '''\
"""nbgrader's configuration, written by `whyattention assignments build`. Run nbgrader in this folder.

What configure() changes, and why, stands in whyattention/grading/nbgrader_steps.py: blanks instead of
nbgrader's own stubs, cells that break the rules are not run, deleted checks come back, feedback without
hidden checks. Answers run in a sandbox where bwrap is installed: sandbox=True demands it, sandbox=False never
uses it.
"""

from whyattention.grading.nbgrader_steps import configure

c = get_config()
c.CourseDirectory.course_id = "why-attention"
configure(c, sandbox=None)
'''


def nbgrader_notebook(assignment: Assignment) -> NotebookNode:
    """Return the source notebook for nbgrader, with solutions and hidden checks."""
    cells = []
    for number, cell in enumerate(assignment.cells):
        part, question = part_of(cell), assignment.question_of(cell)
        mine = {key: value for key, value in about(cell).items() if key in ("question", "part")}
        if part == "text":
            cells.append(new_cell(cell, shown_text(assignment, question), {"whyattention": mine}))
        elif part == "answer":
            source = cell.source if question.by_hand else assignment.answer_code(question)
            role = _role(f"{question.name}-answer", cell, solution=True)
            if question.by_hand and question.points:
                role |= {"grade": True, "points": question.points}
            cells.append(new_cell(cell, source, {"whyattention": mine, "nbgrader": role}))
        elif part in ("check", "hidden"):
            check = assignment.check_of(cell)
            source = headed_check(assignment, cell)
            if check.hidden:
                words = WORDS["hidden"].format(question=question.name, points=points_in_words(check.points))
                source = (
                    f"{words}\n### BEGIN HIDDEN TESTS\n{assignment.check_code(check)}\n### END HIDDEN TESTS"
                )
            role = _role(f"{question.name}-{check.name}", cell, locked=True)
            role |= {"grade": True, "points": check.points}
            cells.append(new_cell(cell, source, {"whyattention": mine, "nbgrader": role}))
        elif part != "rubric":
            source = given_source(assignment, cell)
            locked = _role(f"given-{number}", cell, locked=True) if cell.cell_type == "code" else None
            if source:
                cells.append(new_cell(cell, source, {"nbgrader": locked} if locked else {}))
    return new_notebook(assignment, cells)


def _role(name: str, cell: NotebookNode, *, solution: bool = False, locked: bool = False) -> dict:
    return {
        "grade": False,
        "grade_id": name,
        "locked": locked,
        "schema_version": 3,
        "solution": solution,
        "task": False,
        "cell_type": cell.cell_type,
    }


def points_of_cells(notebook: NotebookNode) -> dict[str, int]:
    """Return the points of each cell that nbgrader grades, by its name."""
    roles = [cell.metadata.get("nbgrader", {}) for cell in notebook.cells]
    return {role["grade_id"]: role["points"] for role in roles if role.get("grade")}


def write_notebook(notebook: NotebookNode) -> bytes:
    """Return a notebook as the bytes of a file."""
    nbformat.validate(notebook)
    return (nbformat.writes(notebook) + "\n").encode()
