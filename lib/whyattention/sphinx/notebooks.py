"""What a stored notebook must not show: errors, cells never run, figures without words, widgets out of date.

The book runs no code, so a cell that raised is seen only in its stored output. All notebooks are read at
each build, also those whose pages Sphinx holds in its cache: a widget's source may have changed since.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.util import logging

VIEW = "application/vnd.jupyter.widget-view+json"
STATE = "application/vnd.jupyter.widget-state+json"
SOURCE = "whyattention.widgets._base.Source"
IMAGES = ("image/svg+xml", "image/png", "image/jpeg", "image/gif")

MESSAGES = {
    "never run": "the cell was never run",
    "raised": "the cell raised {name}: {value}",
    "stderr": "the cell wrote to stderr: {text}",
    "no alt": "a figure has no alternative text; set the cell's metadata mystnb.image.alt",
    "no state": "the state of widget {model} is not stored; run the notebook again with its widgets saved",
    "not ours": "widget {name} cannot be shown in the book: it is not an anywidget of whyattention.widgets",
    "stale": "widget {name} is stored with an older {part} than its source; run the notebook again",
    "not finite": "widget {name} holds a number that JSON cannot ({error})",
}

logger = logging.getLogger(__name__)


def problems(notebook: Mapping, registry: Mapping[str, type]) -> Iterator[tuple[int, str]]:
    """Find what keeps a stored notebook out of the book.

    Args:
        notebook: The notebook, as read from its JSON.
        registry: The package's widget classes by ``_anywidget_id``.

    Yields:
        The number of a cell, counted from 1 over all cells, and what is wrong with it.
    """
    models = stored_models(notebook)
    for number, cell in enumerate(notebook["cells"], start=1):
        if cell["cell_type"] != "code":
            continue
        if cell.get("execution_count") is None and "".join(cell["source"]).strip():
            yield number, MESSAGES["never run"]
        for output in cell.get("outputs", []):
            for message in _output_problems(output, cell.get("metadata", {}), models, registry):
                yield number, message


def stored_models(notebook: Mapping) -> dict[str, dict]:
    """The stored widget models of a notebook by model id; empty where none is stored."""
    return notebook.get("metadata", {}).get("widgets", {}).get(STATE, {}).get("state", {})


def reachable(model_id: str, models: Mapping[str, dict]) -> list[str]:
    """The ids of a view's model and of the anywidgets that its state refers to, parents first."""
    found = [model_id]
    for current in found:
        text = json.dumps(models[current]["state"])
        for other, model in models.items():
            named = f'"IPY_MODEL_{other}"' in text or f'"anywidget:{other}"' in text
            if named and other not in found and model["model_module"] == "anywidget":
                found.append(other)
    return found


def _output_problems(output: Mapping, metadata: Mapping, models: Mapping, registry: Mapping) -> Iterator[str]:
    kind, data = output["output_type"], output.get("data", {})
    if kind == "error":
        yield MESSAGES["raised"].format(name=output["ename"], value=output["evalue"])
    elif kind == "stream" and output["name"] == "stderr":
        yield MESSAGES["stderr"].format(text="".join(output["text"]).strip()[:200])
    elif VIEW in data:
        yield from _widget_problems(data[VIEW]["model_id"], models, registry)
    elif "text/html" not in data and any(mime in data for mime in IMAGES):
        alt = metadata.get("mystnb", {}).get("image", {}).get("alt", "")
        hidden = {"remove-cell", "remove-output"} & set(metadata.get("tags", []))
        if not str(alt).strip() and not hidden:
            yield MESSAGES["no alt"]


def _widget_problems(view: str, models: Mapping, registry: Mapping) -> Iterator[str]:
    if view not in models:
        yield MESSAGES["no state"].format(model=view)
        return
    for model_id in reachable(view, models):
        model = models[model_id]
        state = model["state"]
        if state.get("_anywidget_id") == SOURCE:
            continue  # held to what the figures that refer to it should have
        name = state.get("_anywidget_id") or model["model_name"]
        widget = registry.get(state.get("_anywidget_id", ""))
        if model["model_module"] != "anywidget" or widget is None:
            yield MESSAGES["not ours"].format(name=name)
            continue
        for part in ("_esm", "_css"):
            if state.get(part, "") != str(getattr(widget, part, "")):
                yield MESSAGES["stale"].format(name=name, part=part)
        if hasattr(widget, "module_text"):
            source = models.get(state.get("code", "").removeprefix("IPY_MODEL_"), {"state": {}})["state"]
            yield from _source_problems(name, source.get("packed", ""), widget)
        try:
            json.dumps(state, allow_nan=False)
        except ValueError as error:
            yield MESSAGES["not finite"].format(name=name, error=error)


def _source_problems(name: str, packed: str, widget: type) -> Iterator[str]:
    from whyattention.widgets import Source  # late, as below

    try:
        texts = Source.unpack(packed)
    except ValueError:
        texts = ("", "")
    for part, stored, current in zip(
        ("module", "style"), texts, (widget.module_text, widget.style_text), strict=True
    ):
        if stored != current:
            yield MESSAGES["stale"].format(name=name, part=part)


def check_notebooks(app: Sphinx, env: object) -> None:
    """Warn of every problem in every notebook of the book; with ``-W`` the build then fails."""
    paths = {docname: Path(env.doc2path(docname)) for docname in sorted(env.found_docs)}
    notebooks = {
        docname: json.loads(path.read_text(encoding="utf-8"))
        for docname, path in paths.items()
        if path.suffix == ".ipynb"
    }
    known = {}
    if any(stored_models(notebook) for notebook in notebooks.values()):
        from whyattention.widgets import registry  # late: ipywidgets is slow to import, most builds need none

        known = registry()
    for docname, notebook in notebooks.items():
        for number, message in problems(notebook, known):
            logger.warning("cell %d: %s", number, message, location=docname, type="whyattention")


def setup(app: Sphinx) -> None:
    """Connect the check to the build.

    Args:
        app: The Sphinx application that builds the book.
    """
    app.connect("env-updated", check_notebooks)
