"""Blanks: the lines of an answer that students do not get, and the lines that they get in their place.

An answer is code that runs as it stands. What students must write stands between two markers::

    def lookup(query, states):
        ### BEGIN SOLUTION
        weights = (states @ query).softmax(0)
        ### END SOLUTION
        return weights @ states

Students read ``raise NotImplementedError`` there. Where they are to start from something else, a broken line,
say, it follows ``### GIVEN`` as a comment, of which the first ``# `` of each line is taken away::

        ### BEGIN SOLUTION
        weights = (states @ query).softmax(0)
        ### GIVEN
        # weights = (states @ query) / (states @ query).sum()
        ### END SOLUTION

Behind ``BEGIN SOLUTION`` and ``GIVEN`` may stand a condition on a variable of the variant, ``bug=sum`` or
``bug=sum|axis``. A solution whose condition does not hold is no blank: students get its lines. A ``GIVEN``
whose condition does not hold is left out. ``resolve`` settles the conditions.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field

MESSAGES = {
    "nested": "line {line}: BEGIN SOLUTION inside a solution; expected END SOLUTION first",
    "outside": "line {line}: {marker} outside a solution; expected BEGIN SOLUTION first",
    "open": "line {line}: BEGIN SOLUTION without END SOLUTION",
    "empty": "line {line}: a solution without a line",
    "bare": "line {line}: every line behind GIVEN must be a comment of the marker's depth, got {got!r}",
    "unknown": "line {line}: unknown variable {name!r} in a condition, expected one of {known}",
    "twice": "line {line}: more than one GIVEN is left of a solution, expected at most one",
    "condition": "line {line}: expected NAME=VALUE behind {marker}, got {got!r}",
}

_MARKER = re.compile(r"^(?P<indent>\s*)### (?P<marker>BEGIN SOLUTION|GIVEN|END SOLUTION)(?P<condition>.*)$")
_CONDITION = re.compile(r"^\s*(?P<name>\w+)=(?P<values>[\w|-]+)\s*$")
#: What students get where nothing is given.
STUB = "raise NotImplementedError"


class BlankError(ValueError):
    """The markers of an answer do not fit together."""


@dataclass
class Given:
    """Lines that students get in place of a solution."""

    marker: str
    line: int
    lines: list[str] = field(default_factory=list)

    def text(self, indent: str) -> list[str]:
        """Return the lines without their comment signs."""
        found = []
        for offset, line in enumerate(self.lines, start=1):
            start = re.match(rf"{indent}# ?", line)
            if not start:
                raise BlankError(MESSAGES["bare"].format(line=self.line + offset, got=line))
            found.append((indent + line[start.end() :]).rstrip())
        return found


@dataclass
class Solution:
    """A region between ``BEGIN SOLUTION`` and ``END SOLUTION``."""

    marker: str
    indent: str
    line: int
    lines: list[str] = field(default_factory=list)
    given: list[Given] = field(default_factory=list)


def parse(code: str) -> list[str | Solution]:
    """Divide an answer into lines that everyone gets, and solutions.

    Raises:
        BlankError: The markers do not fit together.
    """
    parts: list[str | Solution] = []
    open_solution: Solution | None = None
    for number, line in enumerate(code.split("\n"), start=1):
        found = _MARKER.match(line)
        if not found:
            if open_solution is None:
                parts.append(line)
            elif open_solution.given:
                open_solution.given[-1].lines.append(line)
            else:
                open_solution.lines.append(line)
            continue
        marker = found["marker"]
        if marker == "BEGIN SOLUTION":
            if open_solution:
                raise BlankError(MESSAGES["nested"].format(line=number))
            open_solution = Solution(line.strip(), found["indent"], number)
        elif open_solution is None:
            raise BlankError(MESSAGES["outside"].format(line=number, marker=marker))
        elif marker == "GIVEN":
            open_solution.given.append(Given(line.strip(), number))
        else:
            if not any(line.strip() for line in open_solution.lines):
                raise BlankError(MESSAGES["empty"].format(line=open_solution.line))
            for given in open_solution.given:
                given.text(open_solution.indent)
            parts.append(open_solution)
            open_solution = None
    if open_solution:
        raise BlankError(MESSAGES["open"].format(line=open_solution.line))
    return parts


def resolve(code: str, values: Mapping[str, object]) -> str:
    """Return the answer with its conditions settled: what is left has none.

    Args:
        code: An answer.
        values: The variables of the variant.

    Raises:
        BlankError: The markers do not fit together, or a condition names no variable.

    Example:
        >>> print(resolve("### BEGIN SOLUTION blank=mask\\nmask = 1\\n### END SOLUTION", {"blank": "score"}))
        mask = 1
    """
    lines: list[str] = []
    for part in parse(code):
        if isinstance(part, str):
            lines.append(part)
            continue
        if not _holds(part.marker, part.line, values):
            lines += part.lines
            continue
        left = [given for given in part.given if _holds(given.marker, given.line, values)]
        if len(left) > 1:
            raise BlankError(MESSAGES["twice"].format(line=part.line))
        lines += [part.indent + "### BEGIN SOLUTION", *part.lines]
        for given in left:
            lines += [part.indent + "### GIVEN", *given.lines]
        lines.append(part.indent + "### END SOLUTION")
    return "\n".join(lines)


def blanked(code: str) -> str:
    """Return what students get of an answer whose conditions are settled: solutions in a row are one blank.

    Example:
        >>> print(blanked("### BEGIN SOLUTION\\nx = 1\\n### GIVEN\\n# x = ...\\n### END SOLUTION"))
        x = ...
    """
    lines: list[str] = []
    before = None  # the stub of a solution that has just ended
    for part in parse(code):
        if isinstance(part, str):
            kept = [part]
        else:
            kept = [line for given in part.given for line in given.text(part.indent)]
        stub = None if kept else part.indent + STUB
        if kept:
            lines += kept
        elif stub != before:
            lines.append(stub)
        before = stub
    return "\n".join(lines)


def solved(code: str) -> str:
    """Return the answer without markers and without what students would start from.

    Example:
        >>> print(solved("### BEGIN SOLUTION\\nx = 1\\n### GIVEN\\n# x = ...\\n### END SOLUTION"))
        x = 1
    """
    lines: list[str] = []
    for part in parse(code):
        lines += [part] if isinstance(part, str) else part.lines
    return "\n".join(lines)


def solutions(code: str) -> list[str]:
    """Return the text of each solution."""
    return [textwrap.dedent("\n".join(part.lines)) for part in parse(code) if isinstance(part, Solution)]


def _holds(marker: str, line: int, values: Mapping[str, object]) -> bool:
    found = _MARKER.match(marker)
    condition = found["condition"].strip()
    if not condition:
        return True
    terms = _CONDITION.match(condition)
    if not terms:
        raise BlankError(MESSAGES["condition"].format(line=line, marker=found["marker"], got=condition))
    if terms["name"] not in values:
        raise BlankError(MESSAGES["unknown"].format(line=line, name=terms["name"], known=sorted(values)))
    return str(values[terms["name"]]) in terms["values"].split("|")
