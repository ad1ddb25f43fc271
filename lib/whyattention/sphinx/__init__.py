"""The book's Sphinx extension: live widgets, formulas and light pages, without a kernel or another host.

Each part is a module with a ``setup`` of its own: ``notebooks`` refuses notebooks whose stored outputs a
reader should not see, ``widgets`` mounts the stored widgets, ``formulas`` renders TeX while the book is
built, ``pages`` and ``markup`` trim what the theme loads and mend its accessibility, ``reference`` documents
the library from its source. Nothing here imports torch: a book is built from stored outputs.
"""

from pathlib import Path

from sphinx.application import Sphinx

from whyattention.sphinx import formulas, markup, notebooks, pages, reference, widgets

STATIC = Path(__file__).parent / "static"


def setup(app: Sphinx) -> dict:
    """Register the extension.

    Args:
        app: The Sphinx application that builds the book.

    Returns:
        What Sphinx asks of an extension: a version, and that it may run in parallel.
    """
    app.connect("config-inited", lambda app, config: config.html_static_path.append(str(STATIC)))
    app.connect("build-finished", forget_failed_build, priority=900)
    for part in (notebooks, widgets, formulas, markup, pages, reference):
        part.setup(app)
    # Written by one process: there is one renderer of formulas.
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": False}


def forget_failed_build(app: Sphinx, exception: Exception | None) -> None:
    """Drop the cached environment of a build that had warnings.

    Sphinx does not read an unchanged page again, and so does not repeat its warning: without this, the
    second of two identical builds would succeed on a book whose first build failed.
    """
    if app._warncount or exception:
        Path(app.doctreedir, "environment.pickle").unlink(missing_ok=True)
