"""Writes decks by nbconvert's slides exporter, with what they load beside them, all or nothing."""

import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape, unescape
from pathlib import Path

from nbconvert.exporters import SlidesExporter
from nbformat import NotebookNode
from pygments.formatters import HtmlFormatter
from sphinx.errors import ExtensionError

from whyattention.sphinx import STATIC as OF_THE_BOOK
from whyattention.sphinx.formulas import node_modules

HERE = Path(__file__).parent
REVEAL = ("reveal.js", "reveal.css", "plugin/notes.js")
# The styles of the book's pages.
STYLES = {"light": "a11y-high-contrast-light", "dark": "a11y-high-contrast-dark"}

WORDS = {
    "slides": "slides",
    "index": "Slides",
    "intro": "One deck for each chapter. They need no network and no kernel; interactive figures work.",
    "keys": "Keys",
    "print": "to print, or to save as PDF, open this in Chrome or Edge and print it from there",
    "help": [
        ("Space, →, ↓", "go on: → is the next section, ↓ the next slide of this one"),
        ("S", "opens the speaker's window: notes with the text of the book, a clock, the next slide"),
        ("O", "shows all slides"),
        ("F", "full screen"),
        ("B", "black screen"),
        ("?", "all keys"),
        ("Esc", "leaves an interactive figure, which keeps the keys that are pressed in it"),
    ],
    "dark": "dark",
    "light": "light",
    "pdf": "for print",
}
MESSAGES = {
    "no reveal": "reveal.js is not at {path}; install it with `npm ci` in the repository, or name the folder "
    "that holds it in the environment variable WHYATTENTION_NODE_MODULES",
}

# nbconvert writes a page anew, with its attributes in the order of the alphabet.
_HEAD = re.compile(r'<title>(.*?)</title>\s*<meta content="(.*?)" name="description"/>', re.DOTALL)


@dataclass
class Book:
    """What all decks share: the title of the book, its authors, its language."""

    title: str
    author: str
    language: str


@dataclass
class Deck:
    """A deck that is not written yet.

    Attributes:
        name: The name of its file, without ``.html``.
        title: The title of the chapter.
        about: One line: what it takes to read and to run the chapter.
        notebook: Its slides, one raw cell or more for each.
        state: The script element with the state of its widgets; empty where it has none.
    """

    name: str
    title: str
    about: str
    notebook: NotebookNode
    state: str


class DeckExporter(SlidesExporter):
    """nbconvert's exporter with the template of this folder: every file that a deck loads lies beside it."""

    def __init__(self, **options: object) -> None:
        super().__init__(
            template_name="whyattention",
            extra_template_basedirs=[str(HERE / "templates")],
            **options,
        )


def export(deck: Deck, book: Book) -> str:
    """The HTML of a deck.

    Args:
        deck: The deck.
        book: The book that it belongs to.

    Returns:
        A page that loads what ``write_decks`` puts beside it.
    """
    own = {"title": deck.title, "about": deck.about, "state": deck.state, "book": book, "words": WORDS}
    body, _ = DeckExporter().from_notebook_node(deck.notebook, resources={"deck": own})
    return body


def write_decks(
    folder: Path, decks: list[Deck], pictures: Mapping[Path, str], order: list[str], book: Book
) -> None:
    """Write decks, what they load, and the page that lists them, in one step.

    Args:
        folder: Where to. Where not all decks are given, the others that are there stay.
        decks: The decks.
        pictures: Their pictures, and the name that each has in ``_images``.
        order: The names of all decks, in the order of the book.
        book: The book.

    Raises:
        ExtensionError: reveal.js is not installed.
    """
    new, old = folder.with_name(f".{folder.name}-new"), folder.with_name(f".{folder.name}-old")
    for left in (new, old):
        shutil.rmtree(left, ignore_errors=True)
    try:
        new.mkdir(parents=True)
        if (folder / "_static" / "katex").is_dir():
            shutil.copytree(folder / "_static" / "katex", new / "_static" / "katex")
        if not {deck.name for deck in decks} >= set(order):
            for page in folder.glob("*.html"):
                shutil.copyfile(page, new / page.name)
            if (folder / "_images").is_dir():
                shutil.copytree(folder / "_images", new / "_images")
        for deck in decks:
            (new / f"{deck.name}.html").write_text(export(deck, book), encoding="utf-8")
        (new / "_images").mkdir(exist_ok=True)
        for source, name in pictures.items():
            shutil.copyfile(source, new / "_images" / name)
        _write_static(new / "_static")
        (new / "index.html").write_text(_index(new, order, book), encoding="utf-8")
        if folder.exists():
            folder.replace(old)
        new.replace(folder)
    finally:
        shutil.rmtree(new, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def _write_static(static: Path) -> None:
    """What decks load; KaTeX's stylesheet and the data of widgets come from ``whyattention.sphinx``."""
    source = node_modules() / "reveal.js" / "dist"
    if not (source / "reveal.js").is_file():
        raise ExtensionError(MESSAGES["no reveal"].format(path=source))
    (static / "reveal").mkdir(parents=True, exist_ok=True)
    for file in REVEAL:
        shutil.copyfile(source / file, static / "reveal" / Path(file).name)
    for file in (*sorted((HERE / "static").iterdir()), OF_THE_BOOK / "host.js", OF_THE_BOOK / "favicon.svg"):
        shutil.copyfile(file, static / file.name)
    sheets = (
        HtmlFormatter(style=style).get_style_defs(f'html[data-theme="{theme}"] .highlight')
        for theme, style in STYLES.items()
    )
    (static / "code.css").write_text("\n".join(sheets) + "\n", encoding="utf-8")


def _index(folder: Path, order: list[str], book: Book) -> str:
    """The page that lists the decks of a folder."""
    rows = []
    there = [name for name in order if (folder / f"{name}.html").is_file()]
    more = sorted(page.stem for page in folder.glob("*.html") if page.stem not in {*order, "index"})
    for name in (*there, *more):
        title, about = map(unescape, _HEAD.search((folder / f"{name}.html").read_text("utf-8")).groups())
        links = " · ".join(
            f'<a href="{name}.html?{query}">{WORDS[word]}<span class="wa-unseen">: {escape(title)}</span></a>'
            for query, word in (("dark", "dark"), ("light", "light"), ("print-pdf", "pdf"))
        )
        rows.append(
            f'<li><a class="wa-deck" href="{name}.html">{escape(title)}</a>'
            f"<p>{escape(about)}</p><p>{links}</p></li>"
        )
    keys = "".join(f"<dt><kbd>{escape(key)}</kbd></dt><dd>{escape(says)}</dd>" for key, says in WORDS["help"])
    return (
        f'<!doctype html>\n<html lang="{escape(book.language)}" data-theme="light">\n<head>\n'
        '<meta charset="utf-8">\n'
        f"<title>{WORDS['index']} · {escape(book.title)}</title>\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<link rel="icon" href="_static/favicon.svg">\n<link rel="stylesheet" href="_static/slides.css">\n'
        '<script src="_static/theme.js"></script>\n</head>\n<body class="wa-index">\n<main>\n'
        f"<h1>{escape(book.title)}</h1>\n<p>{WORDS['intro']}</p>\n<ol>\n{chr(10).join(rows)}\n</ol>\n"
        f"<h2>{WORDS['keys']}</h2>\n<dl>{keys}</dl>\n<p>{WORDS['pdf'].capitalize()}: {WORDS['print']}.</p>\n"
        "</main>\n</body>\n</html>\n"
    )
