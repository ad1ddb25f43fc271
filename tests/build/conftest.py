"""A small book for the tests of the build, written file by file so that a test can break one thing in it."""

import re
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from whyattention.sphinx.notebooks import STATE
from whyattention.widgets import Scores

ROOT = Path(__file__).parents[2]
KERNEL = {
    "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
    "language_info": {"name": "python"},
}
SQUARE = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><path d="M0 0h9v9H0z"/></svg>'
INDEX = """# A small book

It opens with a sentence, cites {cite:t}`someone2020`, and shows ![a square](square.svg).

$$e_{t,i} = s_t^\\top h_i$$ (score)

Equation {eq}`score` is a score. See [the chapter](chapter.ipynb).
"""
REFERENCES = (
    """@book{someone2020, title={A title}, author={Someone, Anna}, publisher={A publisher}, year={2020}}"""
)


class SmallBook:
    """A good book in a folder: an index, a notebook with a widget and a figure, and a list of references."""

    def __init__(self, source: Path, build: Callable[[Path, Path], CompletedProcess]) -> None:
        self.source = source
        self._build = build
        self.out = source.with_name("out")
        self.html = self.out / "_build" / "html"
        config = (ROOT / "_config.yml").read_text(encoding="utf-8")
        # The library's reference page is the real book's, and takes most of the time of a small one.
        self.write("_config.yml", re.sub(r".*(autoapi[._]|autosummary_|suppress_warnings).*\n", "", config))
        self.write(
            "_toc.yml",
            "format: jb-book\nroot: book/index\nchapters:\n- file: book/chapter\n- file: book/references\n",
        )
        self.write("book/index.md", INDEX)
        self.write("book/references.md", "# References\n\n```{bibliography}\n```\n")
        self.write("book/references.bib", REFERENCES)
        self.write("book/square.svg", SQUARE)
        self.widget = Scores.preset("logarithms")
        self.notebook = new_notebook(metadata=KERNEL)
        self.notebook.cells = [
            new_markdown_cell("# A chapter\n\nA sentence with $x$ in it."),
            self.cell("print('hello')", new_output("stream", name="stdout", text="hello\n")),
            self.cell("Scores()", new_output("display_data", data=self.widget._repr_mimebundle_()[0])),
            self.cell(
                "plot()", new_output("display_data", data={"image/svg+xml": SQUARE, "text/plain": "<Figure>"})
            ),
        ]
        self.figure.metadata["mystnb"] = {"image": {"alt": "a square"}}
        self.notebook.metadata["widgets"] = {
            STATE: self.widget.get_manager_state(widgets=[self.widget, self.widget.code])
        }

    @staticmethod
    def cell(source: str, *outputs: nbformat.NotebookNode) -> nbformat.NotebookNode:
        return new_code_cell(source, execution_count=1, outputs=list(outputs))

    @property
    def figure(self) -> nbformat.NotebookNode:
        """The cell whose output is a picture."""
        return self.notebook.cells[3]

    @property
    def stored(self) -> dict:
        """The widget's stored model."""
        return self.notebook.metadata["widgets"][STATE]["state"][self.widget.model_id]

    @property
    def stored_code(self) -> dict:
        """The stored state of its code."""
        return self.notebook.metadata["widgets"][STATE]["state"][self.widget.code.model_id]["state"]

    def write(self, path: str, text: str) -> None:
        file = self.source / path
        file.parent.mkdir(parents=True, exist_ok=True)
        # A file that is written again looks changed to Sphinx.
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            file.write_text(text, encoding="utf-8")

    def append(self, path: str, text: str) -> None:
        self.write(path, (self.source / path).read_text(encoding="utf-8") + text)

    def build(self) -> CompletedProcess:
        """Write the notebook and build the book."""
        self.write("book/chapter.ipynb", nbformat.writes(self.notebook))
        return self._build(self.source, self.out)


@pytest.fixture
def small_book(tmp_path: Path, build_book) -> SmallBook:
    """A good book, not built yet."""
    return SmallBook(tmp_path / "a book", build_book)
