"""Leaks: whether anything that students must not see stands in a file for students.

It does not trust the code that made the file. It takes every line of solutions, hidden checks, rubrics and
model answers from the source, leaves out those that the source also shows to everyone, and looks for the rest
in everything that the file holds: texts, outputs, metadata.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from nbformat import NotebookNode

from whyattention.grading.assignment import Assignment, about, part_of

MESSAGES = {
    "line": "a secret line of {question} ({part}): {line}",
    "marker": "a marker: {line}",
    "outputs": "outputs of cell {number}; they may show what a solution returned",
    "private": "the private variable {name!r}",
}

#: A shorter line says nothing: `return value`, `)`.
SHORTEST = 12
_MARKER = re.compile(r"(BEGIN|END) (SOLUTION|HIDDEN TESTS|MARK SCHEME)|### GIVEN")
_BEGIN, _GIVEN, _END = "### BEGIN SOLUTION", "### GIVEN", "### END SOLUTION"


def leaks(assignment: Assignment, notebook: NotebookNode) -> list[str]:
    """Return what a notebook for students must not hold and does, one line for each finding.

    Args:
        assignment: The assignment that it was made of.
        notebook: The notebook, as it was written.
    """
    secrets = _secrets(assignment)
    found = []
    for text in _texts(notebook):
        for line in map(str.strip, text.split("\n")):
            if line in secrets:
                found.append(MESSAGES["line"].format(line=line, **secrets[line]))
            elif _MARKER.search(line):
                found.append(MESSAGES["marker"].format(line=line))
    for number, cell in enumerate(notebook.cells, start=1):
        if cell.get("outputs"):
            found.append(MESSAGES["outputs"].format(number=number))
        for name in assignment.variables.private:
            if cell.cell_type == "code" and re.search(rf"^{name} = ", cell.source, re.M):
                found.append(MESSAGES["private"].format(name=name))
    return list(dict.fromkeys(found))


def _secrets(assignment: Assignment) -> dict[str, dict[str, str]]:
    """Return the lines that students must not see, and where each one is from."""
    shown: set[str] = set()
    secrets: dict[str, dict[str, str]] = {}
    for cell in assignment.cells:
        part, question = part_of(cell), assignment.question_of(cell)
        place = {"part": part or "", "question": about(cell).get("question", "")}
        if part in ("hidden", "rubric") or (part == "answer" and question.by_hand):
            secret, public = cell.source.split("\n"), []
        elif part == "answer":
            secret, public = _sides(assignment.answer_code(question))
        else:
            secret, public = [], cell.source.split("\n")
        secrets |= {line.strip(): place for line in secret}
        shown |= {line.strip() for line in public}
    return {
        line: place
        for line, place in secrets.items()
        if line not in shown
        and len(line) >= SHORTEST
        and not line.startswith("from whyattention.grading.guard")
    }


def _sides(code: str) -> tuple[list[str], list[str]]:
    """Return the lines of an answer that are secret, and those that are not."""
    secret: list[str] = []
    public: list[str] = []
    now = public
    for line in code.split("\n"):
        start = line.strip()
        if start.startswith(_BEGIN):
            now = secret
        elif start.startswith(_GIVEN):
            now = []  # students get these without their comment signs
        elif start.startswith(_END):
            now = public
        else:
            now.append(line)
            if now is not secret and now is not public:
                public.append(start.removeprefix("# "))
    return secret, public


def _texts(thing: Any) -> Iterator[str]:
    if isinstance(thing, str):
        yield thing
    elif isinstance(thing, dict):
        for key, value in thing.items():
            yield key
            yield from _texts(value)
    elif isinstance(thing, list):
        for item in thing:
            yield from _texts(item)
