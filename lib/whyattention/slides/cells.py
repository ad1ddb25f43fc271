"""What a cell of a chapter gives to a deck: its type by the author's metadata, its code, its outputs."""

import ast
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from docutils import nodes

LINES_OF_A_CELL = 10_000  # MyST-NB counts lines as cell * 10,000 + line, cells from 1
TYPES = ("-", "slide", "subslide", "fragment", "skip", "notes")
TAGS_HIDDEN = {"hide-cell", "remove-cell"}
MOUNT = 'class="wa-host"'

MESSAGES = {
    "type": "cell {number}: slideshow.slide_type must be one of {types}, got {value!r}",
    "slideshow": "cell {number}: slideshow must hold slide_type, got {value!r}",
}


class MetadataError(ValueError):
    """A cell says something of its slide that is not understood."""


def slide_types(notebook: Path) -> dict[int, str]:
    """Read what authors say of the cells of a chapter.

    Args:
        notebook: The chapter.

    Returns:
        ``slideshow.slide_type`` by the cell's index, from 0; cells that say nothing are left out.

    Raises:
        MetadataError: A type that nbconvert does not know, or metadata that are no table.
    """
    found = {}
    for number, cell in enumerate(json.loads(notebook.read_text(encoding="utf-8"))["cells"]):
        said = cell["metadata"].get("slideshow", {})
        if not isinstance(said, Mapping):
            raise MetadataError(MESSAGES["slideshow"].format(number=number + 1, value=said))
        value = said.get("slide_type", "-")
        if value not in TYPES:
            raise MetadataError(
                MESSAGES["type"].format(number=number + 1, types=", ".join(TYPES), value=value)
            )
        if value != "-":
            found[number] = value
    return found


def cell_of(node: nodes.Node) -> int | None:
    """The index of the cell that a node comes from; None for what no cell has written."""
    lines = (part.line for part in node.findall() if isinstance(part, nodes.Element) and part.line)
    line = next(lines, None)
    return None if line is None or line < LINES_OF_A_CELL else line // LINES_OF_A_CELL - 1


@dataclass
class Code:
    """A code cell.

    Attributes:
        source: Its code, as the page shows it.
        hidden: Whether the page folds the code.
        prompt: The words under which the page folds it, if they are the author's own.
        figures: Pictures that it draws.
        widgets: Widget views, each a list of nodes.
        texts: What it prints.
        others: Outputs of another kind, such as HTML.
        tags: The cell's tags.
    """

    source: nodes.literal_block | None = None
    hidden: bool = False
    prompt: str = ""
    figures: list[nodes.image] = field(default_factory=list)
    widgets: list[list[nodes.Node]] = field(default_factory=list)
    texts: list[nodes.literal_block] = field(default_factory=list)
    others: list[nodes.Node] = field(default_factory=list)
    tags: set[str] = field(default_factory=set)

    @property
    def only_prepares(self) -> bool:
        """Whether it imports, sets a seed or a style, and shows nothing."""
        if self.figures or self.widgets or self.texts or self.others or self.source is None:
            return False
        try:
            statements = ast.parse(self.source.astext()).body
        except SyntaxError:
            return False
        imports = [one for one in statements if isinstance(one, ast.Import | ast.ImportFrom)]
        calls = [one for one in statements if isinstance(one, ast.Expr) and isinstance(one.value, ast.Call)]
        return bool(imports) and len(imports) + len(calls) >= len(statements) / 2 and not self.defined

    @property
    def defined(self) -> list[str]:
        """The functions and classes that it defines."""
        return re.findall(r"^(?:def|class) (\w+)", self.source.astext() if self.source else "", re.MULTILINE)


def read_code(cell: nodes.container) -> Code:
    """Take a code cell of a resolved page apart.

    Args:
        cell: The container that MyST-NB makes of a cell.

    Returns:
        Its parts.
    """
    code = Code(tags={name.removeprefix("tag_") for name in cell["classes"] if name.startswith("tag_")})
    code.hidden = bool(code.tags & {"hide-input", "hide-cell"})
    code.prompt = str(cell.get("cell_metadata", {}).get("mystnb", {}).get("code_prompt_show", ""))
    for part in cell.findall(nodes.container):
        if part.get("nb_element") == "cell_code_source":
            code.source = next(iter(part.findall(nodes.literal_block)), None)
        elif part.get("nb_element") == "cell_code_output":
            view: list[nodes.Node] = []
            for output in (leaf for child in part.children for leaf in _leaves(child)):
                if MOUNT in output.astext() and isinstance(output, nodes.raw):
                    view = [output]
                    code.widgets.append(view)
                elif view:
                    view.append(output)
                    view = [] if output.astext() == "</div>" else view
                else:
                    _read_output(output, code)
    return code


def _read_output(output: nodes.Node, code: Code) -> None:
    if isinstance(output, nodes.image):
        code.figures.append(output)
    elif isinstance(output, nodes.literal_block):
        code.texts.append(output)
    elif output.astext().strip():
        code.others.append(output)


def _leaves(node: nodes.Node) -> Iterator[nodes.Node]:
    """What stands in the containers of an output."""
    if isinstance(node, nodes.container):
        for child in node.children:
            yield from _leaves(child)
    else:
        yield node
