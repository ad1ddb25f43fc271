"""Exercises: ``check`` runs an exercise's specification against an answer and explains the first failure.

A specification is an ``Exercise``: a right answer, a function that yields cases, the simplest first, and the
likely mistakes, each as a function that makes it. The hint comes from the mistake that fails in the same way
as the answer and passed the same cases before; if there is none, from the case. The inputs are drawn anew at
each call, so that no answer can be learned by heart.

- ``checking``: what a specification is, and how an answer is held against it;
- ``words``: all that a check can say;
- ``sequences`` (chapters 1 and 2), ``gradients`` (chapter 3), ``attention`` (chapter 7): the specifications.
"""

from __future__ import annotations

from whyattention.exercises import attention, gradients, sequences
from whyattention.exercises.checking import Exercise, WrongAnswerError, run, wrapped
from whyattention.exercises.words import MESSAGES

__all__ = ["EXERCISES", "MESSAGES", "Exercise", "check", "examine"]

#: All exercises by name.
EXERCISES: dict[str, Exercise] = sequences.EXERCISES | gradients.EXERCISES | attention.EXERCISES


def check(name: str, answer: object) -> None:
    """Run an exercise's specification against an answer, print the verdict, and explain the first failure.

    A wrong answer never raises. What is printed says what was given, what came, what was expected, and the
    likely reason.

    Args:
        name: Name of the exercise, as its chapter gives it.
        answer: The learner's function.

    Raises:
        ValueError: There is no exercise of that name.

    Example:
        >>> check("scores_for_weights", lambda weights: weights.log())
        ✓ scores_for_weights: right in all 6 cases.
    """
    _, report = examine(name, answer)
    print(report)


def examine(name: str, answer: object) -> tuple[bool, str]:
    """Return whether an answer is right, and the report that ``check`` prints.

    Args:
        name: Name of the exercise.
        answer: The learner's function.

    Raises:
        ValueError: There is no exercise of that name.

    Example:
        >>> right, report = examine("scores_for_weights", lambda weights: weights)
        >>> right
        False
    """
    if name not in EXERCISES:
        raise ValueError(f"name must be one of {sorted(EXERCISES)}, got {name!r}")
    try:
        count = run(name, EXERCISES[name], answer)
    except WrongAnswerError as wrong:
        report = [wrapped(MESSAGES["wrong"].format(name=name, problem=wrong), hang=2)]
        margin = max((len(label) for label in wrong.lines), default=0) + 4
        for label, line in wrong.lines.items():
            report.append(wrapped(f"  {label + ':':{margin - 2}}{line}", hang=margin))
        return False, "\n".join(report)
    return True, MESSAGES["right"].format(name=name, count=count)
