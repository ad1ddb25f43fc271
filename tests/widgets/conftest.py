"""Node for the pure functions, and a page with the book's own host for the widgets."""

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from whyattention.sphinx import STATIC
from whyattention.sphinx.formulas import node_executable
from whyattention.sphinx.notebooks import STATE
from whyattention.sphinx.widgets import page_state
from whyattention.widgets import CourseWidget, bundle
from whyattention.widgets.scores import Scores

# One call a line, one result a line: starting Node for each drawn example takes too long.
SERVER = """
import { createInterface } from "node:readline";
const modules = new Map();
for await (const line of createInterface({ input: process.stdin })) {
  const { source, name, args } = JSON.parse(line);
  if (!modules.has(source)) {
    const text = Buffer.from(source).toString("base64");
    modules.set(source, await import(`data:text/javascript;base64,${text}`));
  }
  process.stdout.write(JSON.stringify({ result: modules.get(source)[name](...args) ?? null }) + "\\n");
}
"""


@pytest.fixture(scope="session")
def javascript() -> Iterator[Callable]:
    """``javascript(module, function, *args)`` calls an exported function of a widget's module in Node."""
    command = [str(node_executable()), "--input-type=module", "--eval", SERVER]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8") as node:

        def call(module: str, name: str, *args: object) -> object:
            source = bundle(module, Scores.CONSTANTS)
            node.stdin.write(json.dumps({"source": source, "name": name, "args": args}) + "\n")
            node.stdin.flush()
            return json.loads(node.stdout.readline())["result"]

        yield call
        node.stdin.close()


def stored(widget: CourseWidget, change: dict) -> dict:
    """A widget's model as a notebook stores it, with a changed state where a test wants one."""
    state = {name: value for name, value in widget.get_state().items() if name != "layout"} | change
    return {"model_name": "AnyModel", "model_module": "anywidget", "state": state}


@pytest.fixture
def open_widgets(tmp_path: Path, new_page) -> Callable:
    """``open_widgets(*widgets, change={})`` opens a page that shows them through the book's host."""

    def open_page(*widgets: CourseWidget, change: dict | None = None, **options: object):
        models = {f"w{i}": stored(widget, change or {}) for i, widget in enumerate(widgets)}
        points = "".join(
            f'<div class="wa-host" data-model="w{i}">{w.fallback()}</div>' for i, w in enumerate(widgets)
        )
        html = (
            '<!doctype html><html lang="en"><meta charset="utf-8"><title>widgets</title>'
            f'<script defer src="{(STATIC / "host.js").as_uri()}"></script><main>{points}</main>'
            f'<script type="{STATE}">{page_state(models, list(models))}</script></html>'
        )
        (tmp_path / "page.html").write_text(html, encoding="utf-8")
        page = new_page(**options)
        page.goto((tmp_path / "page.html").as_uri())
        page.wait_for_function(
            "[...document.querySelectorAll('.wa-host')].every((e) => e.dataset.widget === 'ready')"
        )
        return page

    return open_page
