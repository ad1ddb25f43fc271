"""Half-right submissions: for each assignment answers that contain likely mistakes, and what they must get.

The module of an assignment has its name without the number. It holds ``SUBMISSIONS``: by a name, answers to
some questions (the others stay blank), and the points of each question that checks grade.
"""

from importlib import import_module

Submission = tuple[dict[str, str], dict[str, float]]


def submissions(assignment: str) -> dict[str, Submission]:
    """Return the half-right submissions to an assignment, by their names."""
    return import_module(f"{__name__}.{assignment.partition('_')[2]}").SUBMISSIONS
