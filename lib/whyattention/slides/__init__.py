"""Chapters as slide decks: a Sphinx builder that cuts the book's pages, and nbconvert's reveal.js exporter.

The book's parse is used again, so that formulas, citations, references, figures and widgets are on a slide
what they are on a page. `cells` says what a cell of a chapter gives to a deck, `sentences` which words of a
paragraph are shown, `pieces` what a section is made of, `layout` how pieces become slides, `markup` how a
slide is written, `builder` does all of that for each chapter and `export` writes the deck.

`python -m whyattention.slides` is the command. Nothing here imports torch.
"""

from sphinx.application import Sphinx
from sphinx.config import Config


def setup(app: Sphinx) -> dict:
    """Register the builder ``slides``.

    Args:
        app: The Sphinx application.

    Returns:
        What Sphinx asks of an extension: a version, and that it may run in parallel.
    """
    from whyattention.slides.builder import SlidesBuilder

    app.add_builder(SlidesBuilder)
    app.connect("config-inited", choose_outputs)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": False}


def choose_outputs(app: Sphinx, config: Config) -> None:
    """Have MyST-NB choose among the forms of an output as it does for pages, whose builder it knows by name.

    Args:
        app: The Sphinx application.
        config: Its configuration.
    """
    from myst_nb.core.render import base_render_priority

    wanted = base_render_priority()["html"].items()
    config.nb_mime_priority_overrides = [
        *config.nb_mime_priority_overrides,
        *(("slides", mime, priority) for mime, priority in wanted if priority is not None),
    ]
