"""Mends the HTML of single elements that screen readers and keyboards stumble over.

Each visitor lets the writer do its work and changes only the tag that it has just written.
"""

from docutils import nodes
from myst_nb.sphinx_ import HideCodeCellNode, visit_HideCellInput
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

TEXT = {"table": "Table"}

TABLE_BOX = 'class="pst-scrollable-table-container"'


def visit_table(self: HTML5Translator, node: nodes.table) -> None:
    """Let a table that is too wide take the focus, so that arrow keys scroll it (see ``book.js``)."""
    start = len(self.body)
    type(self).visit_table(self, node)
    focusable = f'{TABLE_BOX} tabindex="0" role="group" aria-label="{TEXT["table"]}"'
    self.body[start:] = [text.replace(TABLE_BOX, focusable) for text in self.body[start:]]


def visit_entry(self: HTML5Translator, node: nodes.entry) -> None:
    """Write an empty cell in a table's head as what it is: a cell, and the header of nothing."""
    type(self).visit_entry(self, node)
    if not node.astext().strip() and self.body[-1].startswith("<th"):
        self.body[-1] = "<td" + self.body[-1].removeprefix("<th")
        self.context[-1] = self.context[-1].replace("</th>", "</td>")


def visit_citation(self: HTML5Translator, node: nodes.citation) -> None:
    """Make an entry of the bibliography an item of the list that it stands in."""
    type(self).visit_citation(self, node)
    self.body[-1] = self.body[-1].replace('role="doc-biblioentry"', 'role="listitem"')


def visit_hidden_cell(self: HTML5Translator, node: HideCodeCellNode) -> None:
    """Name the switch of a hidden cell by the words that stand on it."""
    start = len(self.body)
    visit_HideCellInput(self, node)
    label = ' aria-label="Toggle hidden content"'
    self.body[start:] = [text.replace(label, "") for text in self.body[start:]]


def setup(app: Sphinx) -> None:
    """Put the visitors before the writer's own.

    Args:
        app: The Sphinx application that builds the book.
    """

    def depart(name: str):
        return lambda self, node: getattr(type(self), f"depart_{name}")(self, node)

    app.add_node(nodes.table, override=True, html=(visit_table, depart("table")))
    app.add_node(nodes.entry, override=True, html=(visit_entry, depart("entry")))
    app.add_node(nodes.citation, override=True, html=(visit_citation, depart("citation")))
    app.add_node(HideCodeCellNode, override=True, html=(visit_hidden_cell, _end_hidden_cell))


def _end_hidden_cell(self: HTML5Translator, node: HideCodeCellNode) -> None:
    self.body.append("</details>\n")
