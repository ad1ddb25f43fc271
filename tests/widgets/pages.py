"""A page with the book's own host and some figures, without the book around it."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from anywidget import AnyWidget

from whyattention.sphinx import STATIC
from whyattention.sphinx.notebooks import STATE
from whyattention.sphinx.widgets import asset_script, page_state
from whyattention.widgets import CourseWidget

# The colors that the book gives to its pages.
THEMES = (
    "html { color: #1f2328; background: #fff; font-family: sans-serif } body { margin: 0 } "
    'html[data-theme="dark"] { color: #dfe3e8; background: #15181c }'
)
MOUNTED = "[...document.querySelectorAll('.wa-host')].every((e) => e.dataset.widget === 'ready')"


def stored(widget: AnyWidget, change: dict | None = None) -> dict:
    """A widget's model as a notebook stores it, with a changed state where a test wants one."""
    state = {name: value for name, value in widget.get_state().items() if name != "layout"} | (change or {})
    return {"model_name": "AnyModel", "model_module": "anywidget", "state": state}


def write_page(
    folder: Path, widgets: Sequence[CourseWidget], changes: Sequence[dict | None], theme: str = "light"
) -> Path:
    """Write the page and what it loads.

    Args:
        folder: Where to.
        widgets: The figures, in their order on the page.
        changes: Of each, the parts of its state that are replaced, or None.
        theme: "light" or "dark".

    Returns:
        The page's path.
    """
    models = {f"w{i}": stored(widget, changes[i]) for i, widget in enumerate(widgets)}
    sources = {widget.code.model_id: stored(widget.code) for widget in widgets}
    scripts = {name: asset_script(type(widget), name) for widget in widgets for name in widget.ASSETS}
    for file, text in scripts.values():
        (folder / file).write_text(text, encoding="utf-8")
    shutil.copy(STATIC / "host.js", folder)
    state = page_state(models | sources, list(models), {name: file for name, (file, _) in scripts.items()})
    points = "".join(
        f'<div class="wa-host" data-model="w{i}">{w.fallback()}</div>' for i, w in enumerate(widgets)
    )
    page = folder / "page.html"
    page.write_text(
        f'<!doctype html><html lang="en" data-theme="{theme}"><meta charset="utf-8"><title>widgets</title>'
        f'<meta name="viewport" content="width=device-width"><style>{THEMES}</style>'
        f'<script defer src="host.js"></script><main>{points}</main>'
        f'<script type="{STATE}">{state}</script></html>',
        encoding="utf-8",
    )
    return page
