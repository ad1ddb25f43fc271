"""A notebook without a kernel, and what the real assignment builds."""

import io
import linecache
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

from tests.grading.submissions import PILOT
from whyattention.grading.build import build


class Notebook:
    """Runs cells as Jupyter does: in one namespace, the text of each cell to be read again by its name."""

    def __init__(self) -> None:
        self.names: dict[str, object] = {"__name__": "__main__"}
        self.cells = 0

    def run(self, code: str) -> str:
        """Run a cell and return what it prints."""
        self.cells += 1
        place = f"<cell {self.cells} of {id(self)}>"
        linecache.cache[place] = (len(code), None, code.splitlines(keepends=True), place)
        printed = io.StringIO()
        with redirect_stdout(printed):
            exec(compile(code, place, "exec"), self.names)
        return printed.getvalue()

    def check(self, body: str, parameters: str = "answer") -> str:
        """Run a check with a body, and return what it prints."""
        lines = [f"    {line}" for line in body.strip().split("\n")]
        head = "from whyattention.grading.guard import check\n\n@check\n"
        return self.run(f"{head}def the_answer_is_right({parameters}):\n" + "\n".join(lines))


@pytest.fixture
def notebook() -> Notebook:
    return Notebook()


@pytest.fixture
def pilot() -> NotebookNode:
    """The source of the assignment on dot-product attention; a test may change it."""
    return nbformat.read(PILOT, as_version=4)


@pytest.fixture
def cell_of(pilot) -> Callable[..., NotebookNode]:
    """``cell_of("q1", "hidden", 1)`` is the second hidden check of question 1."""

    def find(question: str, part: str, number: int = 0) -> NotebookNode:
        wanted = {"question": question, "part": part}
        cells = [c for c in pilot.cells if wanted.items() <= c.metadata.get("whyattention", {}).items()]
        return cells[number]

    return find


@pytest.fixture
def stored(pilot, tmp_path) -> Callable[[], Path]:
    """``stored()`` writes the source, as it is then, and returns where."""

    def write() -> Path:
        path = tmp_path / "sources" / PILOT.name
        path.parent.mkdir(exist_ok=True)
        nbformat.write(pilot, path)
        return path

    return write


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    """The folder that `whyattention assignments build` writes."""
    out = tmp_path_factory.mktemp("assignments")
    build([PILOT], out)
    return out
