"""Decks, built once for a run, and pages of chapters made by hand for the rules."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from docutils import nodes
from filelock import FileLock
from playwright.sync_api import Page

from whyattention.slides.cells import LINES_OF_A_CELL

ROOT = Path(__file__).parents[2]
READY = "document.documentElement.dataset.deck === 'ready'"
ALIVE = "[...document.querySelectorAll('.wa-host')].every((host) => host.dataset.widget === 'ready')"
GO = "(slide) => { const { h, v } = Reveal.getIndices(Reveal.getSlides()[slide]); Reveal.slide(h, v, 99); }"


def run_slides(*words: object, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess:
    """The command as make runs it."""
    command = [sys.executable, "-m", "whyattention.slides", *map(str, words)]
    return subprocess.run(
        command, cwd=cwd, env=os.environ | environment, capture_output=True, text=True, timeout=400
    )


def build(chapter: str | None, out: Path, mark: str) -> Path:
    """Build decks once, whatever the number of workers, beside the book, whose parse is used again."""
    with FileLock(f"{out}.lock"):
        if not (out / mark).exists():
            done = run_slides(*([chapter] if chapter else []), "--out", out)
            if done.returncode:
                pytest.fail(f"the slides do not build:\n{done.stderr}", pytrace=False)
            (out / mark).touch()
    return out / "_build" / "slides"


@pytest.fixture(scope="session")
def deck(built_book: Path) -> Path:
    """The deck of chapter 7 and what lies beside it."""
    return build("book/07_dot_product_attention.ipynb", built_book.parents[1], "deck") / (
        "07_dot_product_attention.html"
    )


@pytest.fixture(scope="session")
def decks(built_book: Path) -> Path:
    """The folder of all decks."""
    return build(None, built_book.parents[1], "decks")


@pytest.fixture
def open_deck(new_page) -> Callable[..., Page]:
    """``open_deck(path, query, **options of new_page)`` opens a deck from its file, all of it alive."""

    def open_page(path: Path, query: str = "", **options: object) -> Page:
        page = new_page(**({"viewport": {"width": 1280, "height": 720}, "color_scheme": "light"} | options))
        page.requests = []
        page.on("request", lambda request: page.requests.append(request.url))
        page.goto(path.as_uri() + query)
        page.wait_for_function(READY)
        page.wait_for_function(ALIVE)
        return page

    return open_page


def at(node: nodes.Element, cell: int) -> nodes.Element:
    """A node that stands in a cell, counted from 0."""
    node.line = (cell + 1) * LINES_OF_A_CELL + 2
    return node


def paragraph(*children: str | nodes.Node, cell: int = 0) -> nodes.paragraph:
    """A paragraph of texts and inline nodes."""
    made = nodes.paragraph()
    made += [nodes.Text(child) if isinstance(child, str) else child for child in children]
    return at(made, cell)


def bold(text: str) -> nodes.strong:
    return nodes.strong(text, text)


def section(title: str, *children: nodes.Node, cell: int = 0) -> nodes.section:
    """A section with a heading."""
    made = nodes.section("", at(nodes.title(title, title), cell), *children)
    made["ids"] = [title.lower().replace(" ", "-")]
    return made


def code_cell(
    source: str, *outputs: nodes.Node, cell: int = 0, tags: tuple[str, ...] = (), prompt: str = ""
) -> nodes.container:
    """A code cell as a resolved page holds it."""
    block = at(nodes.literal_block(source, source), cell)
    inside = nodes.container("", block, nb_element="cell_code_source")
    made = nodes.container("", inside, nb_element="cell_code", classes=[f"tag_{tag}" for tag in tags])
    made["cell_metadata"] = {"mystnb": {"code_prompt_show": prompt}} if prompt else {}
    if outputs:
        made += nodes.container("", *outputs, nb_element="cell_code_output")
    return at(made, cell)


def printed(text: str) -> nodes.literal_block:
    return nodes.literal_block(text, text)


def figure_cell(cell: int = 0) -> nodes.container:
    return code_cell("plot()", nodes.image(uri="a.svg", alt="a curve"), cell=cell, tags=("hide-input",))


def widget_cell(cell: int = 0) -> nodes.container:
    view = [
        nodes.raw("", text, format="html")
        for text in ('<div class="wa-host" data-model="m">', "<p></p>", "</div>")
    ]
    return code_cell("Scores()", *view, cell=cell)
