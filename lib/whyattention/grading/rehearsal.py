"""Rehearsing: the checks of an assignment on its own solutions and on its blanks, here and without a grader.

It takes seconds, for authors who change a check ten times. Answers run in this process: it is for your own
sources, and never for submissions.
"""

from __future__ import annotations

import contextlib
import io
import linecache
from collections.abc import Iterable, Mapping
from pathlib import Path

from whyattention.grading import blanks
from whyattention.grading.assignment import Assignment, Check, part_of
from whyattention.grading.comparing import CheckFailed
from whyattention.grading.formats import given_source, student_answer
from whyattention.grading.overlay import read_with

MESSAGES = {
    "good": "✓ {name}{variant}: {points} points; {checks} checks pass for solutions, none for blanks",
    "solution": "✗ {name}{variant}: a solution fails: {problem}",
    "blank": "✗ {name}{variant}: a blank gets {points} points from {check}",
    "variant": ", variant {name}",
}


def rehearse(
    path: Path, variants: Iterable[str | None] = (None,), overlay: Path | None = None
) -> tuple[list[str], bool]:
    """Run all checks on the solutions, which must pass, and on the blanks, which must get no point.

    Args:
        path: The source.
        variants: Names of variants; None for the source's own values.
        overlay: A folder of private hidden checks, or None.

    Returns:
        A line for each variant, with what is wrong; and whether nothing is.

    Raises:
        SourceError: The source is not what it should be.
    """
    lines, right = [], True
    for variant in variants:
        assignment = read_with(path, overlay, variant)
        words = {
            "name": assignment.name,
            "variant": MESSAGES["variant"].format(name=variant) if variant else "",
        }
        solutions = {
            question.name: blanks.solved(assignment.answer_code(question))
            for question in assignment.questions
            if question.checks
        }
        problems = [
            MESSAGES["solution"].format(problem=problem, **words)
            for problem in run_checks(assignment, solutions).values()
            if problem
        ]
        for check, problem in run_checks(assignment, {}).items():
            points = next(c.points for q in assignment.questions for c in q.checks if c.name == check)
            if problem is None and points:
                problems.append(MESSAGES["blank"].format(points=points, check=check, **words))
        count = sum(len(question.checks) for question in assignment.questions)
        good = MESSAGES["good"].format(checks=count, points=assignment.points, **words)
        lines += problems or [good]
        right = right and not problems
    return lines, right


def run_checks(assignment: Assignment, answers: Mapping[str, str]) -> dict[str, str | None]:
    """Run an assignment's cells with some answers, and return what each check says.

    Args:
        assignment: The assignment.
        answers: Code by question; a question that is left out keeps its blank.

    Returns:
        By the name of each check: why it failed, or None.
    """
    notebook: dict[str, object] = {"__name__": "__main__"}
    found: dict[str, str | None] = {}
    for number, cell in enumerate(assignment.cells, start=1):
        if cell.cell_type != "code":
            continue
        question, part = assignment.question_of(cell), part_of(cell)
        place = f"<{assignment.name}, cell {number}>"
        if part in ("check", "hidden"):
            check = assignment.check_of(cell)
            found[check.name] = _failure(assignment, check, place, notebook)
            continue
        if part == "answer":
            code = answers.get(question.name, student_answer(assignment, question))
        else:
            code = given_source(assignment, cell)
        with contextlib.suppress(NotImplementedError):
            _run(code, place, notebook)
    return found


def _failure(assignment: Assignment, check: Check, place: str, notebook: dict[str, object]) -> str | None:
    try:
        _run(assignment.check_code(check), place, notebook)
    except CheckFailed as failed:
        return str(failed)
    return None


def _run(code: str, place: str, notebook: dict[str, object]) -> None:
    # As a notebook does it: the text of a cell can be read again by its name.
    linecache.cache[place] = (len(code), None, code.splitlines(keepends=True), place)
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(code, place, "exec"), notebook)
