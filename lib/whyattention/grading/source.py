"""What the source of an assignment holds, and what is wrong with one.

A source is a notebook without outputs. A cell says in its metadata, under ``whyattention``, what it is part
of::

    {"question": "q1", "part": "text", "kind": "debug", "points": 4, "minutes": 12}
    {"question": "q1", "part": "answer"}
    {"question": "q1", "part": "check", "points": 1}
    {"question": "q1", "part": "hidden", "points": 3}

- ``text``: the question, in Markdown, with a heading first. ``kind`` is one of ``KINDS``.
- ``answer``: code, with blanks (see ``blanks``); or Markdown, all of which students replace.
- ``check``: a check that students see and run. ``hidden``: one that only the graders run.
- ``rubric``: for instructors, how to grade a written answer.
- ``variant``: the variables of the assignment (see ``variants``); without a question.

A cell without such metadata is for everyone. A check is one function under ``@check`` (see ``guard``); its
name is its promise, and its parameters are what it needs: names that answers define, variables of the
variant, and ``draw``.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from whyattention.grading import blanks
from whyattention.grading.assignment import BY_HAND, Assignment, Check, Question, about, part_of
from whyattention.grading.variants import Variables, VariantError, filled, read_variables

#: What a question asks for. Written answers are graded by hand; open ones are not graded.
KINDS = ("code", "debug", "predict", "interpret", "written", "open")
#: At least half of the points come from these: the library's source is public, so code alone proves little.
THINKING = ("debug", "predict", "interpret")
#: The parts of a question, in their order; the keys that each one's metadata have.
PARTS = {
    "text": {"question", "part", "kind", "points", "minutes"},
    "answer": {"question", "part"},
    "check": {"question", "part", "points"},
    "hidden": {"question", "part", "points"},
    "rubric": {"question", "part"},
}
FEWEST, MOST = 4, 8
#: Where a check comes from, and what it may import besides: nothing.
IMPORT = "from whyattention.grading.guard import check"

MESSAGES = {
    "at": "{path}, cell {cell}: {problem}",
    "in": "{path}: {problem}",
    "read": "expected a notebook of format 4, got {got}",
    "outputs": "a source carries no outputs; clear them",
    "metadata": "metadata of part {part!r} must have the keys {expected}, got {got}",
    "part": "part must be one of {expected}, got {got!r}",
    "id": "question must be {expected!r} here: questions are q1, q2, … in their order, got {got!r}",
    "order": "{question}: {got!r} after {last!r}; expected the order {expected}, and one text and one answer",
    "kind": "kind must be one of {expected}, got {got!r}",
    "number": "{name} must be a whole number from {least} on, got {got!r}",
    "type": "{part} must be a {expected} cell, got {got}",
    "heading": "the text of a question must start with a heading, '## …', got {got!r}",
    "answer": "{question}: a question of kind {kind!r} needs {expected}",
    "none": "{question}: a question of kind {kind!r} has no checks and 0 points if open; got {got}",
    "sum": "{question}: its checks are worth {got} points, the text says {expected}",
    "syntax": "is not valid Python: line {line}: {problem}",
    "blank": "{problem}",
    "no_blank": "an answer must hold a solution: '### BEGIN SOLUTION' … '### END SOLUTION'",
    "check": "a check must be the line {expected!r} and one function under @check, got {got}",
    "promise": "a check's name must be a promise, as each_row_adds_up_to_one, and not taken, got {got!r}",
    "parameter": "parameter {got!r} of a check: expected draw, a variable or a name of an answer: {known}",
    "private": "parameter {got!r}: a check that students see cannot use a private variable",
    "count": "an assignment has {least} to {most} questions, got {got}",
    "missing": "an assignment has a question of kind {kind!r}, got {got}",
    "thinking": "debug, predict and interpret must make at least half of the points, got {got} of {total}",
    "first": "the first cell must hold a title '# …', {{{{points}}}}, {{{{minutes}}}} and objectives '- …'",
    "variants": "there is a variant cell already",
}


class SourceError(ValueError):
    """A source notebook is not what it should be; says where, what came and what was expected."""


def read_notebook(path: Path) -> NotebookNode:
    """Read a notebook.

    Raises:
        SourceError: The file is none.
        OSError: The file cannot be read.
    """
    try:
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
    except OSError:
        raise
    except Exception as error:  # nbformat raises whatever it stumbles over
        got = f"{type(error).__name__}: {error}".partition("\n")[0][:120]
        raise SourceError(_at(path, None, "read", got=got)) from None
    return notebook


def read(path: Path, variant: str | None = None, extra: NotebookNode | None = None) -> Assignment:
    """Read and validate the source of an assignment.

    Args:
        path: The notebook.
        variant: Name of a variant, or None for the source's own values.
        extra: Its cells, in place of those of the file; the overlay passes them.

    Raises:
        SourceError: Something is not what it should be.
        OSError: The file cannot be read.
    """
    notebook = read_notebook(path) if extra is None else extra
    reader = _Reader(path)
    questions = reader.questions(notebook.cells)
    assignment = Assignment(path.stem, path, notebook.cells, questions, reader.variables)
    _require_whole(assignment)
    try:
        variables = assignment.variables.named(assignment.name, variant)
    except VariantError as error:
        raise SourceError(str(error)) from None
    assignment = replace(assignment, variables=variables)
    _require_settled(assignment)
    return assignment


class _Reader:
    """Reads the cells one after the other; each error says in which one."""

    def __init__(self, path: Path) -> None:
        self.path, self.number = path, 0
        self.variables, self.has_variables = Variables(), False
        self.defined: list[str] = []
        self.promises: list[str] = []

    def fail(self, message: str, **fields: object) -> SourceError:
        return SourceError(_at(self.path, self.number, message, **fields))

    def questions(self, cells: list[NotebookNode]) -> list[Question]:
        found: list[Question] = []
        last = "rubric"
        for self.number, cell in enumerate(cells, start=1):
            if cell.get("outputs"):
                raise self.fail("outputs")
            metadata = about(cell)
            part = metadata.get("part")
            if not metadata:
                continue
            if part == "variant":
                self._read_variables(cell)
                continue
            self._require_metadata(part, metadata)
            if part == "text":
                self._require_id(metadata["question"], f"q{len(found) + 1}")
                found.append(self._text(cell, metadata))
            elif not found:
                raise self.fail("id", expected="text", got=part)
            else:
                question = found[-1]
                self._require_id(metadata["question"], question.name)
                order = list(PARTS)
                once = part in ("answer", "rubric")
                if order.index(part) < order.index(last) or (once and part == last):
                    raise self.fail(
                        "order", question=question.name, got=part, last=last, expected=", ".join(order)
                    )
                self._part(question, part, cell, metadata)
            last = part
        return found

    def _require_id(self, got: str, expected: str) -> None:
        if got != expected:
            raise self.fail("id", expected=expected, got=got)

    def _require_metadata(self, part: object, metadata: dict[str, Any]) -> None:
        if part not in PARTS:
            raise self.fail("part", expected=[*PARTS, "variant"], got=part)
        if set(metadata) != PARTS[part]:
            raise self.fail("metadata", part=part, expected=sorted(PARTS[part]), got=sorted(metadata))

    def _whole(self, metadata: dict[str, Any], name: str, least: int) -> int:
        number = metadata[name]
        if not isinstance(number, int) or isinstance(number, bool) or number < least:
            raise self.fail("number", name=name, least=least, got=number)
        return number

    def _require_type(self, part: str, cell: NotebookNode, expected: str) -> None:
        if cell.cell_type != expected:
            raise self.fail("type", part=part, expected=expected, got=cell.cell_type)

    def _read_variables(self, cell: NotebookNode) -> None:
        self._require_type("variant", cell, "code")
        if self.has_variables:
            raise self.fail("variants")
        try:
            self.variables, self.has_variables = read_variables(cell.source, about(cell)), True
        except VariantError as error:
            raise self.fail("blank", problem=error) from None

    def _text(self, cell: NotebookNode, metadata: dict[str, Any]) -> Question:
        self._require_type("text", cell, "markdown")
        kind = metadata["kind"]
        if kind not in KINDS:
            raise self.fail("kind", expected=KINDS, got=kind)
        first = cell.source.partition("\n")[0]
        if not re.match(r"#{2,4} \S", first):
            raise self.fail("heading", got=first)
        points = self._whole(metadata, "points", 0 if kind == "open" else 1)
        return Question(metadata["question"], kind, points, self._whole(metadata, "minutes", 1), cell)

    def _part(self, question: Question, part: str, cell: NotebookNode, metadata: dict[str, Any]) -> None:
        if part == "answer":
            self._require_type(part, cell, "markdown" if question.by_hand else "code")
            question.answer = cell
            if not question.by_hand:
                self._require_answer(cell.source)
        elif part == "rubric":
            self._require_type(part, cell, "markdown")
            question.rubric = cell
        else:
            self._require_type(part, cell, "code")
            if question.by_hand:
                raise self.fail("none", question=question.name, kind=question.kind, got="a check")
            # A check that only looks at the form of a prediction is worth nothing.
            points = self._whole(metadata, "points", 0)
            name, parameters = self._require_check(cell.source, part == "hidden")
            question.checks.append(Check(cell, self.number, part == "hidden", points, name, parameters))

    def _tree(self, code: str) -> ast.Module:
        try:
            return ast.parse(code)
        except SyntaxError as error:
            raise self.fail("syntax", line=error.lineno, problem=error.msg) from None

    def _require_answer(self, code: str) -> None:
        try:
            parts = blanks.parse(code)
        except blanks.BlankError as error:
            raise self.fail("blank", problem=error) from None
        if all(isinstance(part, str) for part in parts):
            raise self.fail("no_blank")
        self.defined += defined_names(self._tree(code))

    def _require_check(self, code: str, hidden: bool) -> tuple[str, tuple[str, ...]]:
        tree = self._tree(code)
        functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
        others = [ast.unparse(node) for node in tree.body if not isinstance(node, ast.FunctionDef)]
        decorators = [ast.unparse(each) for function in functions for each in function.decorator_list]
        if len(functions) != 1 or others != [IMPORT] or decorators != ["check"]:
            got = [*others, *(f"@{each}" for each in decorators), *(f"def {each.name}" for each in functions)]
            raise self.fail("check", expected=IMPORT, got="; ".join(got) or "nothing")
        (function,) = functions
        if function.name.count("_") < 2 or function.name in self.promises:
            raise self.fail("promise", got=function.name)
        self.promises.append(function.name)
        parameters = tuple(each.arg for each in function.args.args)
        for name in parameters:
            known = ["draw", *self.variables.values, *self.defined]
            if name not in known:
                raise self.fail("parameter", got=name, known=known)
            if name in self.variables.private and not hidden:
                raise self.fail("private", got=name)
        return function.name, parameters


def defined_names(tree: ast.Module) -> list[str]:
    """Return the names that code defines at its top: functions, classes, and what it assigns to.

    Example:
        >>> defined_names(ast.parse("def f(): pass\\nx = y = 1\\na, b = 1, 2"))
        ['f', 'x', 'y', 'a', 'b']
    """
    return list(_defined(tree))


def _defined(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                yield from (each.id for each in ast.walk(target) if isinstance(each, ast.Name))


def _require_whole(assignment: Assignment) -> None:
    """Require what no single cell can show: the questions together, and each with all its parts."""
    path, questions = assignment.path, assignment.questions
    if not FEWEST <= len(questions) <= MOST:
        raise SourceError(_at(path, None, "count", least=FEWEST, most=MOST, got=len(questions)))
    for question in questions:
        _require_parts(assignment, question)
    kinds = [question.kind for question in questions]
    for kind in BY_HAND:
        if kind not in kinds:
            raise SourceError(_at(path, None, "missing", kind=kind, got=kinds))
    thinking = sum(question.points for question in questions if question.kind in THINKING)
    if 2 * thinking < assignment.points:
        raise SourceError(_at(path, None, "thinking", got=thinking, total=assignment.points))
    first = assignment.cells[0].source
    if not (
        first.startswith("# ")
        and "{{points}}" in first
        and "{{minutes}}" in first
        and len(re.findall(r"^- ", first, re.M)) >= 3
    ):
        raise SourceError(_at(path, 1, "first"))


def _require_parts(assignment: Assignment, question: Question) -> None:
    def fail(message: str, **fields: object) -> SourceError:
        number = assignment.cells.index(question.text) + 1
        fields = {"question": question.name, "kind": question.kind} | fields
        return SourceError(_at(assignment.path, number, message, **fields))

    if question.kind == "open":
        if question.points:
            raise fail("none", got=f"{question.points} points")
    elif question.kind == "written":
        if not question.answer or not question.rubric:
            raise fail("answer", expected="an answer and a rubric")
    elif not question.answer or {check.hidden for check in question.checks} != {True, False}:
        raise fail("answer", expected="an answer, a check and a hidden check")
    elif sum(check.points for check in question.checks) != question.points:
        got = sum(check.points for check in question.checks)
        raise fail("sum", got=got, expected=question.points)


def _require_settled(assignment: Assignment) -> None:
    """Require that blanks and texts can be settled with the variables of this variant."""
    for number, cell in enumerate(assignment.cells, start=1):
        question = assignment.question_of(cell)
        try:
            if cell.cell_type == "markdown":
                filled(cell.source, assignment.words)
            elif part_of(cell) == "answer":
                code = assignment.answer_code(question)
                if not blanks.solutions(code):
                    raise SourceError(_at(assignment.path, number, "no_blank"))
                ast.parse(blanks.blanked(code))
        except (VariantError, blanks.BlankError) as error:
            raise SourceError(_at(assignment.path, number, "blank", problem=error)) from None
        except SyntaxError as error:
            raise SourceError(
                _at(assignment.path, number, "syntax", line=error.lineno, problem=error.msg)
            ) from None


def _at(path: Path, cell: int | None, message: str, **fields: object) -> str:
    problem = MESSAGES[message].format(**fields)
    return MESSAGES["in" if cell is None else "at"].format(path=path, cell=cell, problem=problem)
