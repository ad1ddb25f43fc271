"""Puts the stored widgets of a notebook into its page, to be mounted by ``static/host.js`` without a kernel.

MyST-NB alone would write the state of all models and ask a CDN for require.js and Jupyter's html-manager.
Here each view becomes an element that holds the widget's ``text/html`` (seen until the host has mounted,
and where no script runs), and the page ends with one JSON script: the models in use, each module and
stylesheet once.
"""

import functools
import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from docutils import nodes
from myst_nb.sphinx_ import NbMetadataCollector
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

from whyattention.sphinx.notebooks import STATE, VIEW, reachable

HOST = "host.js"
NEEDED = "whyattention_assets"


class MountPoints(SphinxPostTransform):
    """Make a mount point of each widget view, with the widget's own HTML inside."""

    default_priority = 3  # MyST-NB's SelectMimeType keeps one mime type of each output at 4
    formats = ("html",)

    def run(self, **kwargs) -> None:
        """Replace the views of the document."""
        for bundle in list(self.document.findall(_is_output)):
            by_mime = {child["mime_type"]: child for child in bundle.children}
            view = by_mime.get(VIEW)
            if view is None:
                continue
            fallback = by_mime.get("text/html")
            start = f'<div class="wa-host" data-model="{_model_id(view)}">'
            inner = [child.deepcopy() for child in fallback.children] if fallback else []
            view.children = [_raw(start), *inner, _raw("</div>")]


def page_state(models: dict[str, dict], views: list[str], assets: Mapping[str, str] | None = None) -> str:
    """Write the models of a page as JSON that may stand inside a script element.

    Args:
        models: Stored models by id, as Jupyter writes them.
        views: Ids of the models that the page shows.
        assets: The scripts of the data that they may ask for, by its name, each beside ``host.js``.

    Returns:
        ``{"modules": [text, …], "state": {id: model, …}, "assets": {name: file, …}}``; in a model's state,
        ``_esm`` and ``_css`` are ``{"module": index}``, so that a text which many share is there once.
    """
    ids = dict.fromkeys(found for view in views if view in models for found in reachable(view, models))
    modules: list[str] = []
    state = {}
    for model_id in ids:
        model = dict(models[model_id], state=dict(models[model_id]["state"]))
        for part in ("_esm", "_css"):
            text = model["state"].get(part)
            if text:
                if text not in modules:
                    modules.append(text)
                model["state"][part] = {"module": modules.index(text)}
        state[model_id] = model
    page = {"modules": modules, "state": state, "assets": dict(assets or {})}
    text = json.dumps(page, ensure_ascii=False, separators=(",", ":"))
    # "<!-- <script>" inside a module would swallow the rest of the page.
    return text.replace("<", "\\u003c")


@functools.cache
def asset_script(widget: type, name: str) -> tuple[str, str]:
    """The script of a widget's data, and a file name that changes with it, so that no old copy is taken.

    Args:
        widget: The widget's class.
        name: A key of its ``ASSETS``.

    Returns:
        The file's name and its text.
    """
    value = json.dumps(widget.ASSETS[name](), ensure_ascii=False, separators=(",", ":"))
    text = f"(window.whyattentionAssets ??= {{}})[{json.dumps(name)}] = {value};\n"
    return f"{name}-{hashlib.sha256(text.encode()).hexdigest()[:12]}.js", text


def _with_assets(models: Iterable[Mapping]) -> dict[str, type]:
    """The names of what these models may ask for, and the widget that makes it."""
    from whyattention.widgets import registry  # late: ipywidgets is slow to import, most builds need none

    widgets = [registry().get(model["state"].get("_anywidget_id")) for model in models]
    return {name: widget for widget in widgets if widget for name in widget.ASSETS}


def store_state(app: Sphinx, doctree: nodes.document) -> None:
    """Take the widget state from MyST-NB and end the page with the part of it that the page needs."""
    scripts = NbMetadataCollector.get_js_files(app.env, app.env.docname)
    embedded = scripts.pop("ipywidgets_state", None)
    views = [
        _model_id(child)
        for bundle in doctree.findall(_is_output)
        for child in bundle.children
        if child["mime_type"] == VIEW
    ]
    if views and embedded:
        models = json.loads(embedded[1]["body"])["state"]
        shown = {found for view in views if view in models for found in reachable(view, models)}
        scripts = {
            name: asset_script(widget, name)
            for name, widget in _with_assets(models[model_id] for model_id in shown).items()
        }
        state = page_state(models, views, {name: file for name, (file, _) in scripts.items()})
        doctree.append(_raw(f'<script type="{STATE}">{state}</script>'))
        app.env.metadata[app.env.docname][NEEDED] = dict(scripts.values())
        doctree["has_widgets"] = True


def write_assets(app: Sphinx, exception: Exception | None) -> None:
    """Put the data that the pages may ask for beside host.js, also for pages that were not read anew."""
    for metadata in app.env.metadata.values():
        for file, text in metadata.get(NEEDED, {}).items():
            Path(app.outdir, "_static", file).write_text(text, encoding="utf-8")


def load_host(app: Sphinx, pagename: str, templatename: str, context: dict, doctree: nodes.document) -> None:
    """Load the host on pages that show a widget, and there alone."""
    if doctree is not None and doctree.get("has_widgets"):
        app.add_js_file(HOST, loading_method="defer")


def _is_output(node: nodes.Node) -> bool:
    return isinstance(node, nodes.container) and node.get("nb_element") == "mime_bundle"


def _model_id(view: nodes.container) -> str:
    text = view.astext()
    return json.loads(text[text.index("{") : text.rindex("}") + 1])["model_id"]


def _raw(text: str) -> nodes.raw:
    return nodes.raw("", text, format="html")


def _no_scripts_of_jupyter(app: Sphinx, config) -> None:
    config.nb_ipywidgets_js = {}


def setup(app: Sphinx) -> None:
    """Connect the widgets to the build.

    Args:
        app: The Sphinx application that builds the book.
    """
    app.connect("config-inited", _no_scripts_of_jupyter)
    app.connect("doctree-read", store_state)
    app.connect("html-page-context", load_host)
    app.connect("build-finished", write_assets)
    app.add_post_transform(MountPoints)
