"""Light, accessible pages: what a static page does not use is not loaded, what axe reports is mended.

Everything that names the repository (launch, source and report buttons) is derived from ``repository.url``
in ``_config.yml``. JupyterHub has no address that fits all readers: its button leads to a small page that
asks for one.
"""

import re
from collections.abc import Iterator
from html import escape
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging

FOLDER = Path(__file__).parent
LAUNCH_PAGE, LAUNCH_SCRIPT = "launch", "launch.js"
NOT_USED = ("graphviz.css",)  # comes with autoapi; the book draws no graphs
SOURCE_ICON = "fas fa-code-branch"  # in place of the provider's brand, which needs a font of its own, 118 kB
DESCRIPTION_LENGTH = 160  # characters: what a search engine shows

TEXT = {
    "hub button": "JupyterHub",
    "description": "{title}, a page of the book {book}",
    "report button": "Report an error",
    "report title": "Error on page {page}",
    "launch title": "Open in your JupyterHub",
}
MESSAGES = {"no alt": "picture {uri} has no alternative text"}

logger = logging.getLogger(__name__)

# Font Awesome's script draws once more what its stylesheet and fonts draw; a preload saves nothing here.
_NOT_NEEDED = re.compile(r'<script[^>]*fontawesome[^>]*></script>\s*|<link rel="preload"[^>]*>\s*')


def without_extras(html: str) -> str:
    """Cut Font Awesome's script and all preloads out of the theme's asset tags."""
    return _NOT_NEEDED.sub("", html)


def describe(doctree: nodes.document) -> str:
    """The first paragraph of a page that holds no formula, cut at a word to what a search engine shows."""
    for paragraph in doctree.findall(nodes.paragraph):
        inside = nodes.section, nodes.document
        if isinstance(paragraph.parent, inside) and not list(paragraph.findall(nodes.math)):
            text = " ".join(paragraph.astext().split())
            if len(text) <= DESCRIPTION_LENGTH:
                return text
            return text[: DESCRIPTION_LENGTH - 1].rsplit(" ", 1)[0] + "…"
    return ""


def configure(app: Sphinx, config) -> None:
    """Fill in what every book of this project shares and no author should have to repeat."""
    config.templates_path.insert(0, str(FOLDER / "templates"))
    config.html_favicon = config.html_favicon or str(FOLDER / "static" / "favicon.svg")


def add_filter(app: Sphinx) -> None:
    """Give the templates the filter ``without_extras``."""
    if app.builder.format == "html":
        app.builder.templates.environment.filters["without_extras"] = without_extras


def check_pictures(app: Sphinx, doctree: nodes.document) -> None:
    """Warn of pictures without words; those that a cell has drawn are checked with their notebook."""
    for image in doctree.findall(nodes.image):
        drawn = isinstance(image.parent, nodes.container) and "mime_type" in image.parent
        if not drawn and not image.get("alt", "").strip():
            message = MESSAGES["no alt"].format(uri=image["uri"])
            logger.warning(message, location=image, type="whyattention")


def finish_page(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Trim and describe one page, and mend its buttons."""
    used = [file for file in context["css_files"] if not str(file.filename).endswith(NOT_USED)]
    context["css_files"] = used
    if doctree is not None and 'name="description"' not in context["metatags"]:
        fallback = TEXT["description"].format(title=context["pagetitle"], book=app.config.html_title)
        description = escape(describe(doctree) or fallback)
        context["metatags"] += f'\n<meta name="description" content="{description}" />'
    for group in context.get("header_buttons", []):
        for button in [group, *group.get("buttons", [])]:
            _mend_button(button, context)


def _mend_button(button: dict, context: dict) -> None:
    if button.get("icon", "").startswith("fab "):
        button["icon"] = SOURCE_ICON
    if button.get("text") == TEXT["hub button"]:
        query = button["url"].partition("?")[2]
        button["url"] = context["pathto"](LAUNCH_PAGE) + "#" + query
    elif button.get("label") == "source-issues-button":
        title = TEXT["report title"].format(page=context["pagename"]).replace(" ", "%20").replace("/", "%2F")
        button["text"] = button["tooltip"] = TEXT["report button"]
        button["url"] = button["url"].partition("?")[0] + "?title=" + title


def launch_page(app: Sphinx) -> Iterator[tuple[str, dict, str]]:
    """Add the page that asks for a reader's JupyterHub."""
    options = app.config.html_theme_options
    if options.get("launch_buttons", {}).get("jupyterhub_url"):
        context = {"title": TEXT["launch title"], "repository": options["repository_url"]}
        yield LAUNCH_PAGE, context, "launch.html"


def load_launch(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Load the launch page's script there alone."""
    if pagename == LAUNCH_PAGE:
        app.add_js_file(LAUNCH_SCRIPT, loading_method="defer")


def setup(app: Sphinx) -> None:
    """Connect the pages to the build.

    Args:
        app: The Sphinx application that builds the book.
    """
    app.add_css_file("book.css", priority=900)
    app.add_js_file("book.js", priority=900, loading_method="defer")
    app.connect("config-inited", configure, priority=700)
    app.connect("builder-inited", add_filter)
    app.connect("doctree-read", check_pictures)
    app.connect("html-collect-pages", launch_page)
    app.connect("html-page-context", load_launch)
    app.connect("html-page-context", finish_page, priority=950)
