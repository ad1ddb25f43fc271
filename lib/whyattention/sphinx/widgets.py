"""Puts the stored widgets of a notebook into its page, to be mounted by ``static/host.js`` without a kernel.

MyST-NB alone would write the state of all models and ask a CDN for require.js and Jupyter's html-manager.
Here each view becomes an element that holds the widget's ``text/html`` (seen until the host has mounted,
and where no script runs), and the page ends with one JSON script: the models in use, each module and
stylesheet once.
"""

import json

from docutils import nodes
from myst_nb.sphinx_ import NbMetadataCollector
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

from whyattention.sphinx.notebooks import STATE, VIEW, reachable

HOST = "host.js"


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


def page_state(models: dict[str, dict], views: list[str]) -> str:
    """Write the models of a page as JSON that may stand inside a script element.

    Args:
        models: Stored models by id, as Jupyter writes them.
        views: Ids of the models that the page shows.

    Returns:
        ``{"modules": [text, …], "state": {id: model, …}}``; in a model's state, ``_esm`` and ``_css`` are
        ``{"module": index}``, so that a text which many widgets share is there once.
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
    text = json.dumps({"modules": modules, "state": state}, ensure_ascii=False, separators=(",", ":"))
    # "<!-- <script>" inside a module would swallow the rest of the page.
    return text.replace("<", "\\u003c")


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
        doctree.append(_raw(f'<script type="{STATE}">{page_state(models, views)}</script>'))
        doctree["has_widgets"] = True


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
    app.add_post_transform(MountPoints)
