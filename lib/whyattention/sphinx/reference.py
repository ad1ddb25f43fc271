"""The library's reference page by static analysis: sphinx-autoapi reads our source, nothing is imported.

autoapi's analyzer follows each import into the installed packages, torch among them where it is installed.
That took most of the time of a build and could make the page depend on the machine, so it is held inside of
the library.
"""

import sys
from pathlib import Path

from astroid import AstroidImportError
from astroid.manager import AstroidManager
from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx

LIBRARY = Path(__file__).parents[1]

_follow = AstroidManager.ast_from_module_name


def _follow_inside(self: AstroidManager, modname: str | None, *args, **kwargs) -> nodes.Node:
    package = (modname or "").partition(".")[0]
    if package and package != LIBRARY.name and package not in sys.stdlib_module_names:
        raise AstroidImportError("not followed: outside of the library", modname=modname)
    return _follow(self, modname, *args, **kwargs)


def configure(app: Sphinx, config) -> None:
    """Show autoapi the library, and keep its analyzer there."""
    if "autoapi.extension" in config.extensions:
        AstroidManager.ast_from_module_name = _follow_inside
        config.autoapi_dirs = config.autoapi_dirs or [str(LIBRARY)]


def depend_on_library(app: Sphinx, doctree: nodes.document) -> None:
    """Read a page that documents the library again when the library has changed."""
    if any(node.get("domain") == "py" for node in doctree.findall(addnodes.desc)):
        for path in LIBRARY.rglob("*.py"):
            app.env.note_dependency(str(path))


def setup(app: Sphinx) -> None:
    """Connect the reference page to the build.

    Args:
        app: The Sphinx application that builds the book.
    """
    app.connect("config-inited", configure, priority=700)
    app.connect("doctree-read", depend_on_library)
