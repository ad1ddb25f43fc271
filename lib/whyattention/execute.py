"""Run notebooks and store what they show: `python -m whyattention.execute`.

Two runs store the same bytes, so that a difference in git is a difference in the book. Whatever a run adds
by chance or by the clock is taken out: model ids of widgets are numbered in the order of their creation,
and the time of execution, the version of Python and the way in which a stream was cut are dropped.
"""

import argparse
import hashlib
import json
import os
import re
import sys
import tempfile
from pathlib import Path

import nbformat
import yaml
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpecManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from traitlets import default

from whyattention.files import write_whole
from whyattention.svg import compact

STATE = "application/vnd.jupyter.widget-state+json"
VIEW = "application/vnd.jupyter.widget-view+json"
SVG = "image/svg+xml"
ANSI = re.compile(r"\x1b\[[0-9;]*m")

MESSAGES = {
    "stored": "{path}: {cells} code cells run, {widgets} widget models stored",
    "current": "{path}: outputs belong to the code",
    "raised": "{path}: cell {number} of {cells} raised; the file is as it was\n{traceback}",
    "slow": "{path}: cell {number} of {cells} took more than {timeout} s; the file is as it was",
    "died": "{path}: the kernel died in cell {number} of {cells}; the file is as it was",
    "counts": "{path}: cells were not run in order from 1 (counts {counts})",
    "stale": "{path}: the code has changed since its outputs were stored",
    "no_toc": "{path}: no table of contents here; expected _toc.yml at the root of the course",
    "no_notebook": "notebook must be an existing .ipynb file, got {path}",
}


class NotebookError(RuntimeError):
    """A notebook did not run to its end; nothing was stored."""


def chapters(root: Path) -> list[Path]:
    """List the notebooks of the book, in reading order.

    Args:
        root: Folder that holds `_toc.yml`, the one place where the chapters are listed.

    Returns:
        Paths of the notebooks, each below `root`; pages that are not notebooks are left out.

    Raises:
        ValueError: There is no `_toc.yml` in `root`.
    """
    toc = root / "_toc.yml"
    if not toc.is_file():
        raise ValueError(MESSAGES["no_toc"].format(path=root))
    return [
        page for page in map(root.joinpath, _pages(yaml.safe_load(toc.read_text("utf-8")))) if page.is_file()
    ]


def _pages(entry: object) -> list[str]:
    """Collect `root` and `file` entries of a table of contents at any depth, as names of notebooks."""
    if isinstance(entry, list):
        return [name for item in entry for name in _pages(item)]
    if not isinstance(entry, dict):
        return []
    own = [entry[key].removesuffix(".ipynb") + ".ipynb" for key in ("root", "file") if key in entry]
    return own + [name for value in entry.values() for name in _pages(value)]


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    """Return the code cells that hold code, in order."""
    return [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]


def code_sha256(notebook: NotebookNode) -> str:
    """Return a digest of the code alone; text, outputs and tags may change without a run."""
    sources = json.dumps([cell.source for cell in code_cells(notebook)])
    return hashlib.sha256(sources.encode()).hexdigest()


def freshness(notebook: NotebookNode, path: str | Path) -> str | None:
    """Say why the stored outputs are not those of the code.

    Args:
        notebook: A notebook as stored.
        path: Its name, for the message.

    Returns:
        One line, or None where every cell was run in order and the code has not changed since.
    """
    counts = [cell.execution_count for cell in code_cells(notebook)]
    if counts != list(range(1, len(counts) + 1)):
        return MESSAGES["counts"].format(path=path, counts=counts)
    if notebook.metadata.get("whyattention", {}).get("code_sha256") != code_sha256(notebook):
        return MESSAGES["stale"].format(path=path)
    return None


class OwnKernel(AsyncKernelManager):
    """The kernel of this environment: no folder is searched for another one named `python3`."""

    @default("kernel_spec_manager")
    def _no_other_kernels(self) -> KernelSpecManager:
        return KernelSpecManager(kernel_dirs=[])


def run(notebook: NotebookNode, folder: Path, timeout: int, path: str | Path) -> None:
    """Run all cells in a kernel of this very environment, and keep the outputs in the notebook.

    Args:
        notebook: Notebook to run; changed in place.
        folder: Working folder of the kernel.
        timeout: Seconds that one cell may take.
        path: Name of the notebook, for messages.

    Raises:
        NotebookError: A cell raised or took too long, or the kernel died.
    """
    notebook.metadata.pop("widgets", None)  # a model that is no longer created must not stay
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    started: list[NotebookNode] = []
    client = NotebookClient(
        notebook,
        kernel_name="python3",
        kernel_manager_class=OwnKernel,
        timeout=timeout,
        record_timing=False,
        # At every start the kernel says that it listens without encryption; it listens on this machine alone.
        extra_arguments=["--IPKernelApp.log_level=40"],
        on_cell_execute=lambda cell, cell_index: started.append(cell),
        resources={"metadata": {"path": str(folder)}},
    )
    with tempfile.TemporaryDirectory() as profile:
        # A profile of one's own may print or import at the start of every kernel.
        try:
            client.execute(env=os.environ | {"IPYTHONDIR": profile})
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
            names = {
                "path": path,
                "number": len(started),
                "cells": len(code_cells(notebook)),
                "timeout": timeout,
            }
            raise NotebookError(_explain(error, names)) from error


def _explain(error: Exception, names: dict[str, object]) -> str:
    if isinstance(error, CellTimeoutError):
        return MESSAGES["slow"].format(**names)
    if isinstance(error, DeadKernelError):
        return MESSAGES["died"].format(**names)
    return MESSAGES["raised"].format(traceback=ANSI.sub("", error.traceback).strip(), **names)


def settle(notebook: NotebookNode, name: str) -> NotebookNode:
    """Return the notebook without anything that differs from run to run.

    Args:
        notebook: A notebook that has just been run.
        name: Prefix for the ids of its widget models.

    Returns:
        A new notebook; `notebook` itself may be changed.
    """
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        cell.metadata.pop("lines_to_next_cell", None)  # a note of jupytext's to itself
        if cell.cell_type == "code":
            cell.outputs = _joined_streams(cell.outputs)
            for output in cell.outputs:
                if SVG in output.get("data", {}):
                    output.data[SVG] = compact(output.data[SVG])
    notebook.metadata.kernelspec = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook.metadata.language_info = {
        "name": "python",
        "file_extension": ".py",
        "mimetype": "text/x-python",
        "pygments_lexer": "ipython3",
        "codemirror_mode": {"name": "ipython", "version": 3},
    }
    notebook.metadata.setdefault("whyattention", {})["code_sha256"] = code_sha256(notebook)
    # Ids are 32 random digits: the text can be replaced wherever it stands, in states, views and references.
    text = nbformat.writes(notebook)
    for number, model_id in enumerate(models(notebook)):
        text = text.replace(model_id, f"{name}-{number:03d}")
    return nbformat.reads(text, as_version=4)


def models(notebook: NotebookNode) -> dict:
    """Return the stored widget models by their id, in the order in which they were created or stored."""
    return notebook.metadata.get("widgets", {}).get(STATE, {}).get("state", {})


def _joined_streams(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """Join neighboring pieces of one stream: where the kernel cuts it depends on the clock."""
    joined: list[NotebookNode] = []
    for output in outputs:
        last = joined[-1] if joined else None
        if last and output.output_type == last.output_type == "stream" and output.name == last.name:
            last.text += output.text
        else:
            joined.append(output)
    return joined


def store(notebook: NotebookNode, path: Path) -> None:
    """Write the notebook in one step, so that a stop in between leaves the old file whole."""
    write_whole(path, (nbformat.writes(notebook) + "\n").encode())


def execute(path: Path, timeout: int = 120) -> str:
    """Run one notebook from start to end and store it.

    Args:
        path: The notebook; it is run in its own folder.
        timeout: Seconds that one cell may take.

    Returns:
        A line that says what was stored.

    Raises:
        NotebookError: The notebook did not run to its end; the file is unchanged.
    """
    notebook = nbformat.read(path, as_version=4)
    run(notebook, path.parent, timeout, path)
    notebook = settle(notebook, path.stem)
    store(notebook, path)
    return MESSAGES["stored"].format(
        path=path, cells=len(code_cells(notebook)), widgets=len(models(notebook))
    )


def main(arguments: list[str] | None = None) -> int:
    """Run, check or list the notebooks named, or all of the book; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m whyattention.execute", description=__doc__.splitlines()[0]
    )
    parser.add_argument("notebooks", nargs="*", type=Path, help="default: the chapters of ./_toc.yml")
    parser.add_argument("--timeout", type=int, default=120, help="seconds for one cell (default: 120)")
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument(
        "--check", action="store_true", help="run nothing; fail where outputs are missing or old"
    )
    mode.add_argument("--list", action="store_true", help="run nothing; print the notebooks")
    options = parser.parse_args(arguments)
    try:
        paths = options.notebooks or chapters(Path("."))
    except ValueError as error:
        parser.error(str(error))
    for path in paths:
        if path.suffix != ".ipynb" or not path.is_file():
            parser.error(MESSAGES["no_notebook"].format(path=path))
    if options.list:
        print(*paths, sep="\n")
        return 0
    failed = False
    for path in paths:
        try:
            if options.check:
                problem = freshness(nbformat.read(path, as_version=4), path)
                line = problem or MESSAGES["current"].format(path=path)
                failed = failed or problem is not None
            else:
                line = execute(path, options.timeout)
        except NotebookError as error:
            line, failed = str(error), True
        print(line, flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
