"""A source for otter, whose autograder runs on Gradescope: a notebook, and what its zip needs.

``otter assign NAME.ipynb dist`` makes the students' notebook and the zip. The zip brings this package along
as a wheel, so that Gradescope needs no access to the course; it fetches PyTorch and otter when it builds its
image. Each check is a test case with its own points, so that otter and nbgrader give the same.
"""

from __future__ import annotations

import importlib.metadata
import io
import json
import zipfile
from base64 import urlsafe_b64encode
from hashlib import sha256
from pathlib import Path

import nbformat
from nbformat import NotebookNode

import whyattention
from whyattention.grading import blanks
from whyattention.grading.assignment import Assignment, Question, about, part_of
from whyattention.grading.formats import given_source, new_cell, new_notebook, shown_text, student_answer

#: Where Gradescope unpacks the files of an autograder.
FILES = "file:///autograder/source/files"
PLUGIN = "whyattention.grading.otter_plugin.Guard"
TORCH_CPU = "https://download.pytorch.org/whl/cpu"
#: Files of the package that a check can need. Weights and figures for readers are not among them.
SUFFIXES = (".py", ".js", ".css", ".mplstyle")


def otter_notebook(assignment: Assignment, wheel: str) -> NotebookNode:
    """Return the source notebook for ``otter assign``, with solutions and hidden checks.

    Args:
        assignment: The assignment.
        wheel: Name of the file of ``wheel_of_this_package``.
    """
    cells = [_raw("# ASSIGNMENT CONFIG", _config(assignment, wheel))]
    for question, group in _groups(assignment):
        if question is None or question.kind == "open":
            cells += [_given(assignment, question, cell) for cell in group]
            continue
        cells.append(_raw("# BEGIN QUESTION", _question(question)))
        for cell in group:
            part = part_of(cell)
            if part == "answer":
                cells += _answer(assignment, question, cell)
            elif part not in ("check", "hidden", "rubric"):
                cells.append(_given(assignment, question, cell))
        if question.checks:
            cells.append(_raw("# BEGIN TESTS"))
            cells += [_test(assignment, cell) for cell in group if part_of(cell) in ("check", "hidden")]
            cells.append(_raw("# END TESTS"))
        cells.append(_raw("# END QUESTION"))
    return new_notebook(assignment, [cell for cell in cells if cell.source])


def requirements(wheel: str) -> str:
    """Return what Gradescope's image is to install: PyTorch for a processor, and this package."""
    version = importlib.metadata.version("torch").partition("+")[0] if _has("torch") else None
    torch = f"torch=={version}" if version else "torch"
    return f"--extra-index-url {TORCH_CPU}\n{torch}\nwhyattention @ {FILES}/{wheel}\n"


def wheel_of_this_package() -> tuple[str, bytes]:
    """Return the package as a wheel: its name, and its bytes. Two calls return the same."""
    root = Path(whyattention.__file__).parent
    name, version = "whyattention", whyattention.__version__
    metadata = importlib.metadata.distribution(name).read_text("METADATA")
    if metadata is None:
        metadata = importlib.metadata.distribution(name).read_text("PKG-INFO")
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}/{path.relative_to(root).as_posix()}": path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.suffix in SUFFIXES and "__pycache__" not in path.parts
    }
    files[f"{info}/METADATA"] = metadata.encode()
    files[f"{info}/WHEEL"] = (
        b"Wheel-Version: 1.0\nGenerator: whyattention\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    )
    record = "".join(f"{path},sha256={_digest(data)},{len(data)}\n" for path, data in files.items())
    files[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n".encode()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in files.items():
            entry = zipfile.ZipInfo(path, date_time=(2026, 1, 1, 0, 0, 0))
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, data, zipfile.ZIP_DEFLATED)
    return f"{name}-{version}-py3-none-any.whl", buffer.getvalue()


def _has(name: str) -> bool:
    try:
        importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def _digest(data: bytes) -> str:
    return urlsafe_b64encode(sha256(data).digest()).rstrip(b"=").decode()


def _groups(assignment: Assignment) -> list[tuple[Question | None, list[NotebookNode]]]:
    """Return the cells in groups: those of a question, up to its last part, and those between."""
    groups: list[tuple[Question | None, list[NotebookNode]]] = []
    for cell in assignment.cells:
        question = assignment.question_of(cell)
        last = groups[-1] if groups else (None, [])
        if question is not None and last[0] is not question:
            groups.append((question, []))
        elif (question is None and last[0] is not None and _is_done(last[0], last[1])) or not groups:
            groups.append((None, []))
        groups[-1][1].append(cell)
    return groups


def _is_done(question: Question, cells: list[NotebookNode]) -> bool:
    parts = {id(part) for part in (question.text, question.answer, question.rubric) if part is not None}
    parts |= {id(check.cell) for check in question.checks}
    return parts <= {id(cell) for cell in cells}


def _raw(head: str, config: dict | None = None) -> NotebookNode:
    # JSON is YAML, which otter reads.
    lines = [f"{key}: {json.dumps(value)}" for key, value in (config or {}).items()]
    cell = nbformat.v4.new_raw_cell("\n".join([head, *lines]))
    cell.id = "raw"  # not a drawn one: two builds are to write the same
    return cell


def _config(assignment: Assignment, wheel: str) -> dict:
    return {
        "name": assignment.name,
        "requirements": "requirements.txt",
        "python_version": "3.11",
        "autograder_files": [wheel],
        "export_cell": False,
        "tests": {"ok_format": False},
        "plugins": [PLUGIN],
    }


def _question(question: Question) -> dict:
    if question.by_hand:
        return {"name": question.name, "manual": True, "points": question.points}
    return {"name": question.name}


def _given(assignment: Assignment, question: Question | None, cell: NotebookNode) -> NotebookNode:
    part = part_of(cell)
    if part == "text":
        return new_cell(cell, shown_text(assignment, question))
    if part == "answer":
        return new_cell(cell, student_answer(assignment, question), {"whyattention": about(cell)})
    return new_cell(cell, given_source(assignment, cell))


def _answer(assignment: Assignment, question: Question, cell: NotebookNode) -> list[NotebookNode]:
    """Return what students start from, and the solution, of which otter leaves nothing in their notebook."""
    student = new_cell(cell, student_answer(assignment, question), {"whyattention": about(cell)})
    source = cell.source
    if not question.by_hand:
        code = blanks.solved(assignment.answer_code(question))
        source = f"# BEGIN SOLUTION NO PROMPT\n{code}\n# END SOLUTION"
    solution = new_cell(cell, source)
    solution.id = f"{student.id}-solution"
    return [
        _raw("# BEGIN PROMPT"),
        student,
        _raw("# END PROMPT"),
        _raw("# BEGIN SOLUTION"),
        solution,
        _raw("# END SOLUTION"),
    ]


def _test(assignment: Assignment, cell: NotebookNode) -> NotebookNode:
    """Return a test case: it runs the check's code in a copy of the notebook's names."""
    check = assignment.check_of(cell)
    lines = [
        '""" # BEGIN TEST CONFIG',
        f"points: {check.points}",
        f"hidden: {str(check.hidden).lower()}",
        '""" # END TEST CONFIG',
        f"def {check.name}(env):",
        f"    code = {assignment.check_code(check)!r}",
        "    exec(code, dict(env))",
    ]
    return new_cell(cell, "\n".join(lines))
