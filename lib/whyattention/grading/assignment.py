"""The model of an assignment: its cells, its questions, the checks of each, and its variables.

``source`` reads one from a notebook and says what is wrong with it; the formats are written from it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from whyattention.grading import blanks
from whyattention.grading.variants import Variables

#: Kinds of questions that no check grades: one is graded by hand, the other not at all.
BY_HAND = ("written", "open")


@dataclass(frozen=True)
class Check:
    """A check of a question: its cell, its points, and what its code says of it."""

    cell: NotebookNode
    number: int
    hidden: bool
    points: int
    name: str
    parameters: tuple[str, ...]


@dataclass
class Question:
    """A question: its parts, as cells of the source."""

    name: str
    kind: str
    points: int
    minutes: int
    text: NotebookNode
    answer: NotebookNode | None = None
    checks: list[Check] = field(default_factory=list)
    rubric: NotebookNode | None = None

    @property
    def by_hand(self) -> bool:
        """Whether no check grades it."""
        return self.kind in BY_HAND


@dataclass
class Assignment:
    """An assignment: its cells in their order, its questions, and its variables."""

    name: str
    path: Path
    cells: list[NotebookNode]
    questions: list[Question]
    variables: Variables

    @property
    def points(self) -> int:
        """All points, those that are given by hand included."""
        return sum(question.points for question in self.questions)

    @property
    def minutes(self) -> int:
        """Minutes for all questions."""
        return sum(question.minutes for question in self.questions)

    @property
    def words(self) -> dict[str, object]:
        """What a text cell may write in double braces."""
        public = {k: v for k, v in self.variables.values.items() if k not in self.variables.private}
        return public | {"points": self.points, "minutes": self.minutes}

    def question_of(self, cell: NotebookNode) -> Question | None:
        """Return the question that a cell is part of."""
        name = about(cell).get("question")
        return next((question for question in self.questions if question.name == name), None)

    def check_of(self, cell: NotebookNode) -> Check:
        """Return the check that a cell holds."""
        return next(check for q in self.questions for check in q.checks if check.cell is cell)

    def check_code(self, check: Check) -> str:
        """Return a check's code, behind the values of the variables that it takes."""
        taken = [name for name in check.parameters if name in self.variables.values]
        return "\n".join(filter(None, [self.variables.code(taken) if taken else "", check.cell.source]))

    def answer_code(self, question: Question) -> str:
        """Return the code of an answer with its conditions settled; see ``blanks``."""
        return blanks.resolve(question.answer.source, self.variables.values)


def about(cell: NotebookNode) -> dict[str, Any]:
    """Return what the metadata of a cell say to this course."""
    found = cell.metadata.get("whyattention", {})
    return found if isinstance(found, dict) else {"part": found}


def part_of(cell: NotebookNode) -> str | None:
    """Return the part that a cell is, or None for one that is for everyone."""
    return about(cell).get("part")
