"""What this course adds to otter, as a plugin that the source notebook names.

It reviews a submission before it runs (see ``review``), and imports the guard before the first cell. otter
has no sandbox and no time limit of its own: it is made for a container that is thrown away, as Gradescope's
is.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from otter.plugins import AbstractOtterPlugin

from whyattention.grading.otter_source import PLUGIN
from whyattention.grading.review import START, digest, refusal, withheld

MESSAGES = {"removed": "removed from the submission: {names}; an assignment is one notebook"}

#: Tag of the cells that students write in.
ANSWER = "otter_answer_cell"


class Guard(AbstractOtterPlugin):
    """Reviews submissions, and lets the guard in first."""

    def during_generate(self, otter_config: dict[str, Any], assignment: Any) -> None:
        """Note which cells the assignment brings along, so that only the student's are reviewed."""
        path = assignment.master.parent / assignment.get_stu_path(assignment.master.name)
        notebook = nbformat.read(path, as_version=4)
        # Of a solution otter leaves an empty cell behind.
        notebook.cells = [cell for cell in notebook.cells if cell.source.strip()]
        nbformat.write(notebook, path)
        own = [
            digest(cell.source)
            for cell in notebook.cells
            if cell.cell_type == "code" and ANSWER not in cell.metadata.get("tags", [])
        ]
        others = [each for each in otter_config.get("plugins", []) if each != PLUGIN]
        otter_config["plugins"] = [*others, {PLUGIN: {"own": own}}]

    def before_grading(self, config: Any) -> None:
        """Remove what a submission brought besides its notebook: a module there could pose as a library."""
        removed = []
        for entry in sorted(Path(self.submission_path).parent.iterdir()):
            if entry.name in ("tests", "__init__.py") or entry.suffix in (".ipynb", ".whl"):
                continue
            shutil.rmtree(entry) if entry.is_dir() else os.remove(entry)
            removed.append(entry.name)
        if removed:
            print(MESSAGES["removed"].format(names=", ".join(removed)))

    def before_execution(self, submission: NotebookNode) -> NotebookNode:
        """Replace the cells that break the rules, and put the guard first."""
        for index, problem in withheld(submission, set(self.plugin_config.get("own", []))).items():
            submission.cells[index].source = refusal(problem)
        submission.cells.insert(0, nbformat.v4.new_code_cell(START))
        return submission
