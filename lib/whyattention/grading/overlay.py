"""An overlay: hidden checks in a private folder, which the build merges into the public sources.

A public repository shows its hidden checks to everyone. Put others into a folder of your own, in notebooks of
the same names. Each code cell there is of part ``hidden``: question, points, and one check. A check with the
name of a hidden check of that question replaces it; any other is added behind the question's checks. The
question is then worth what its checks are worth together.
"""

from __future__ import annotations

import ast
import copy
from pathlib import Path

from nbformat import NotebookNode

from whyattention.grading.assignment import Assignment, about, part_of
from whyattention.grading.source import SourceError, defined_names, read, read_notebook

MESSAGES = {
    "folder": "{path}: there is no such folder",
    "none": "{path}: holds no notebook",
    "unknown": "{path}: there is no assignment of that name, expected one of {known}",
    "part": "{path}, cell {cell}: an overlay holds code cells of part 'hidden', got {got!r}",
    "question": "{path}, cell {cell}: question must be one with checks, {known}, got {got!r}",
}


def require_names(folder: Path, names: list[str]) -> None:
    """Require that each notebook of an overlay is for an assignment that there is.

    Raises:
        SourceError: There is no such folder, or a notebook is for none.
    """
    if not folder.is_dir():
        raise SourceError(MESSAGES["folder"].format(path=folder))
    found = sorted(folder.glob("*.ipynb"))
    if not found:
        raise SourceError(MESSAGES["none"].format(path=folder))
    for path in found:
        if path.stem not in names:
            raise SourceError(MESSAGES["unknown"].format(path=path, known=names))


def read_with(path: Path, folder: Path | None, variant: str | None = None) -> Assignment:
    """Read an assignment, with the hidden checks of an overlay where it has some for it.

    Args:
        path: The source.
        folder: The overlay, or None.
        variant: Name of a variant, or None.

    Raises:
        SourceError: The source, or what the overlay makes of it, is not what it should be.
        OSError: A file cannot be read.
    """
    assignment = read(path, variant)
    extra = None if folder is None else folder / path.name
    if extra is None or not extra.is_file():
        return assignment
    overlay = read_notebook(extra)
    notebook = NotebookNode(cells=copy.deepcopy(assignment.cells))
    known = [question.name for question in assignment.questions if question.checks]
    for number, cell in enumerate(overlay.cells, start=1):
        if cell.cell_type == "markdown" and not about(cell):
            continue  # a note of the overlay's author
        if cell.cell_type != "code" or part_of(cell) != "hidden":
            got = part_of(cell)
            raise SourceError(MESSAGES["part"].format(path=extra, cell=number, got=got))
        if about(cell).get("question") not in known:
            got = about(cell).get("question")
            raise SourceError(MESSAGES["question"].format(path=extra, cell=number, known=known, got=got))
        _merge(notebook.cells, cell)
    _count_points(notebook.cells)
    try:
        return read(path, variant, extra=notebook)
    except SourceError as error:
        raise SourceError(f"{extra} in {error}") from None


def _merge(cells: list[NotebookNode], new: NotebookNode) -> None:
    question = about(new)["question"]
    mine = [i for i, cell in enumerate(cells) if about(cell).get("question") == question]
    for i in mine:
        if part_of(cells[i]) == "hidden" and _name(cells[i]) == _name(new):
            cells[i] = new
            return
    last = max(i for i in mine if part_of(cells[i]) in ("check", "hidden"))
    cells.insert(last + 1, new)


def _name(cell: NotebookNode) -> str | None:
    try:
        names = defined_names(ast.parse(cell.source))
    except SyntaxError:
        return None
    return names[-1] if names else None


def _count_points(cells: list[NotebookNode]) -> None:
    for cell in cells:
        if part_of(cell) == "text" and about(cell)["kind"] not in ("written", "open"):
            checks = [
                about(other).get("points", 0)
                for other in cells
                if about(other).get("question") == about(cell)["question"]
                and part_of(other) in ("check", "hidden")
            ]
            cell.metadata["whyattention"]["points"] = sum(n for n in checks if isinstance(n, int))
