"""Steps that this course puts into nbgrader's, by ``configure`` in the configuration of a course folder.

- ``Blank``: students get what the source gives them, and not nbgrader's one stub for everything.
- ``Guarded``: a cell that breaks the rules (see ``review``) is not run. The kernel starts in an empty folder,
  so that no hidden check lies within reach and no submitted file takes the place of a library. The guard is
  imported before the first cell. Where bwrap is installed, the kernel runs in a sandbox (see ``kernel``).
- Checks that a student has deleted come back, with a warning; nbgrader alone would grade them 0 in silence.
- ``Short``: feedback shows no hidden check, and of an error its last line: nbgrader alone shows both.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from nbconvert.preprocessors import CSSHTMLHeaderPreprocessor
from nbformat import NotebookNode
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import (
    CheckCellMetadata,
    ClearHiddenTests,
    ClearOutput,
    ComputeChecksums,
    Execute,
    GetGrades,
    LockCells,
    NbGraderPreprocessor,
    SaveCells,
)
from nbgrader.utils import is_solution
from traitlets import Bool, Unicode
from traitlets.config import Config

from whyattention.execute import OwnKernel
from whyattention.grading import blanks
from whyattention.grading.formats import WORDS
from whyattention.grading.kernel import SandboxedKernel, sandbox_problem
from whyattention.grading.review import START, digest, refusal, withheld

#: Seconds that one cell of a submission may take.
TIMEOUT = 120

MESSAGES = {
    "not_run": "cell {number} is not run: {problem}",
    "no_sandbox": (
        "no sandbox: {problem}. Submissions run with your rights, and can read and change your files. "
        "On Linux install bubblewrap, or grade in a container."
    ),
    "sandbox": "sandbox=True, but {problem}",
}

#: What stands above a check that has come back.
RESTORED = "This check was missing from the submission; it was added again.\n\n"

_ANSI = re.compile(r"\x1b\[[0-9;]*m")


def configure(config: Config, sandbox: bool | None = None) -> None:
    """Put the steps of this course into nbgrader's configuration.

    Args:
        config: What ``get_config()`` returns.
        sandbox: True to demand it, False to do without; None for a sandbox wherever its tools are installed.

    Raises:
        ValueError: A sandbox is demanded, and its tools are not installed.
    """
    # nbgrader calls a program that is installed beside it, even where its environment is not activated.
    programs = os.path.dirname(sys.executable)
    if programs not in os.environ.get("PATH", "").split(os.pathsep):
        os.environ["PATH"] = os.pathsep.join([programs, os.environ.get("PATH", "")])
    problem = None if sandbox is False else sandbox_problem()
    if sandbox and problem:
        raise ValueError(MESSAGES["sandbox"].format(problem=problem))
    config.GenerateAssignment.preprocessors = [
        LockCells,
        Blank,
        ClearOutput,
        CheckCellMetadata,
        ComputeChecksums,
        SaveCells,
        ClearHiddenTests,
        ComputeChecksums,
        CheckCellMetadata,
    ]
    config.OverwriteCells.add_missing_cells = True
    config.OverwriteCells.missing_cell_notification = RESTORED
    config.Autograde.autograde_preprocessors = _with_guard()
    config.Guarded.timeout = TIMEOUT
    config.Guarded.sandbox = sandbox is not False and problem is None
    config.Guarded.problem = problem or ""
    config.GenerateFeedback.preprocessors = [GetGrades, ClearHiddenTests, Short, CSSHTMLHeaderPreprocessor]
    config.ClearHiddenTests.enforce_metadata = False


def _with_guard() -> list[type]:
    from nbgrader.converters import Autograde

    steps = Autograde.class_traits()["autograde_preprocessors"].default()
    return [Guarded if step is Execute else step for step in steps]


class Blank(NbGraderPreprocessor):
    """Leaves of each answer what students are given; see ``blanks``."""

    def preprocess_cell(
        self, cell: NotebookNode, resources: dict[str, Any], index: int
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Replace solutions in the cell of an answer."""
        if is_solution(cell):
            cell.source = blanks.blanked(cell.source) if cell.cell_type == "code" else WORDS["write"]
        return cell, resources


class Guarded(Execute):
    """Runs a submission; a cell that breaks the rules fails with a line that says why, and is not run."""

    sandbox = Bool(False, help="Whether the kernel runs under bwrap.").tag(config=True)
    problem = Unicode("", help="Why there is no sandbox, where there was to be one.").tag(config=True)

    def preprocess(
        self, notebook: NotebookNode, resources: dict[str, Any], km: object = None
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Run the notebook in an empty folder."""
        self.kernel_manager_class = SandboxedKernel if self.sandbox else OwnKernel
        if self.problem:
            self.log.warning(MESSAGES["no_sandbox"].format(problem=self.problem))
        self.extra_arguments = [*self.extra_arguments, f"--IPKernelApp.exec_lines={START}"]
        refused = withheld(notebook, self._own(resources))
        texts = {}
        for index, problem in refused.items():
            self.log.warning(MESSAGES["not_run"].format(number=index + 1, problem=problem))
            texts[index] = notebook.cells[index].source
            notebook.cells[index].source = refusal(problem)
        place = dict(resources.get("metadata", {}))
        with tempfile.TemporaryDirectory() as folder:
            resources["metadata"] = place | {"path": folder}
            try:
                notebook, resources = super().preprocess(notebook, resources, km)
            finally:
                resources["metadata"] = place
        for index, text in texts.items():
            notebook.cells[index].source = text
        return notebook, resources

    def _own(self, resources: dict[str, Any]) -> set[str]:
        """Return the digests of the cells that the assignment brought along."""
        about = resources["nbgrader"]
        course = CourseDirectory(parent=self.parent)
        folder = course.format_path(course.source_directory, ".", about["assignment"])
        source = nbformat.read(Path(folder, f"{about['notebook']}.ipynb"), as_version=4)
        texts = [cell.source for cell in source.cells if not is_solution(cell)]
        return {digest(text) for text in texts} | {digest(f"# {RESTORED}{text}") for text in texts}


class Short(NbGraderPreprocessor):
    """Leaves of an error what it says, and cuts the way to it, which runs through hidden checks."""

    def preprocess_cell(
        self, cell: NotebookNode, resources: dict[str, Any], index: int
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Cut the tracebacks of a cell's outputs."""
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                output.traceback = [_ANSI.sub("", f"{output.ename}: {output.evalue}")]
        return cell, resources
