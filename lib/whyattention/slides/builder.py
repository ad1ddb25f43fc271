"""The Sphinx builder ``slides``: reads the book as for its pages, and writes a deck for each chapter."""

import os
import re
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from docutils import nodes
from sphinx.builders.html import StandaloneHTMLBuilder
from sphinx.errors import SphinxError
from sphinx.util import logging

from whyattention.execute import chapters
from whyattention.slides.cells import MetadataError, slide_types
from whyattention.slides.chapters import slides_of
from whyattention.slides.export import Book, Deck, write_decks
from whyattention.slides.layout import Slide
from whyattention.slides.markup import without_links, write_deck
from whyattention.sphinx.notebooks import STATE

#: The environment variable that names the chapters, as docnames with spaces between; empty for all.
CHOSEN = "WHYATTENTION_SLIDES"
MESSAGES = {"not listed": "no chapter {name} in _toc.yml"}

logger = logging.getLogger(__name__)

_MATHML = re.compile(r"<math.*?</math>", re.DOTALL)
_NUMBERED = re.compile(r"\d\d_")


def numbered(names: Iterable[str]) -> list[str]:
    """The chapters among the notebooks of a book: those with a number, or all where none has one."""
    names = list(names)
    return [name for name in names if _NUMBERED.match(PurePosixPath(name).name)] or names


class _Spoken:
    """Writes formulas as MathML alone: the speaker's window has no stylesheet of KaTeX's."""

    def __init__(self, renderer: object) -> None:
        self.renderer = renderer

    def render(self, tex: str, display: bool) -> str:
        return _MATHML.search(self.renderer.render(tex, display))[0]


class SlidesBuilder(StandaloneHTMLBuilder):
    """Writes decks in place of pages."""

    name = "slides"
    search = False
    epilog = ""
    html_scaled_image_link = False

    def init(self) -> None:
        """Find the chapters that are asked for."""
        super().init()
        root = Path(self.srcdir)
        notebooks = [path.relative_to(root).with_suffix("").as_posix() for path in chapters(root)]
        self.listed = numbered(notebooks)
        self.chosen = os.environ.get(CHOSEN, "").split() or self.listed
        for name in self.chosen:
            if name not in notebooks:
                raise SphinxError(MESSAGES["not listed"].format(name=name))
        self.decks: dict[str, Deck] = {}

    def get_outdated_docs(self) -> list[str]:
        """All that are asked for: writing them takes seconds."""
        return list(self.chosen)

    def get_target_uri(self, docname: str, typ: str | None = None) -> str:
        """Decks lie side by side."""
        return PurePosixPath(docname).name + ".html"

    def copy_assets(self) -> None:
        """A deck loads nothing of the theme's."""

    def write_doc_serialized(self, docname: str, doctree: nodes.document) -> None:
        """Pages are not searched."""

    def write_doc(self, docname: str, doctree: nodes.document) -> None:
        """Cut a chapter into slides, and keep its deck until all are there."""
        if docname not in self.chosen:
            return
        self.imgpath = "_images"
        self.secnumbers, self.fignumbers = {}, {}
        self.current_docname = docname
        self.post_process_images(doctree)
        doctree.settings = self.docsettings
        try:
            slides = slides_of(doctree, slide_types(Path(self.env.doc2path(docname))))
        except (MetadataError, ValueError) as error:
            logger.warning("%s", error, location=docname, type="whyattention")
            return
        self.decks[docname] = Deck(
            name=PurePosixPath(docname).name,
            title=slides[0].heading.astext(),
            about=next((piece.text for piece in slides[0].pieces if piece.kind == "text"), ""),
            notebook=write_deck(slides, lambda made, spoken: self._render(made, doctree, spoken), _Names()),
            state=next((raw.astext() for raw in doctree.findall(nodes.raw) if STATE in raw.astext()), ""),
        )

    def _render(self, made: Iterable[nodes.Node], doctree: nodes.document, spoken: bool) -> str:
        pages = {self.get_target_uri(name): self.get_target_uri(name) for name in self.listed}
        copies = [without_links(node, pages) for node in made]
        inline = any(isinstance(copy, nodes.Text | nodes.Inline) for copy in copies)
        around = (nodes.inline if inline else nodes.container)()
        around.extend(copies)
        visitor = self.create_translator(doctree, self)
        renderer = self.app.tex_renderer
        self.app.tex_renderer = _Spoken(renderer) if spoken else renderer
        try:
            for node in around.children:
                node.walkabout(visitor)
        finally:
            self.app.tex_renderer = renderer
        return "".join(visitor.body).strip()

    def finish(self) -> None:
        """Write all that was made, or nothing."""
        if self.app._warncount and (self.app.warningiserror or self.app.keep_going):
            return
        pictures = {Path(self.srcdir, source): name for source, name in self.images.items()}
        order = [PurePosixPath(name).name for name in self.listed]
        book = Book(self.config.html_title, self.config.author, self.config.language or "en")
        write_decks(Path(self.outdir), list(self.decks.values()), pictures, order, book)


class _Names:
    """Gives slides ids: that of the section, with a number from the second slide on."""

    def __init__(self) -> None:
        self.given: dict[str, int] = {}

    def __call__(self, slide: Slide) -> str:
        section = slide.heading.parent if slide.heading is not None else None
        own = section["ids"][0] if section is not None and section["ids"] else "slide"
        self.given[own] = self.given.get(own, 0) + 1
        return own if self.given[own] == 1 else f"{own}-{self.given[own]}"
