"""Node for the pure functions, and a page with the book's own host for the widgets."""

import json
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from tests.widgets.pages import MOUNTED, write_page
from whyattention.sphinx.formulas import node_executable
from whyattention.widgets import CourseWidget, bundle, registry

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
            # "scores_state" belongs to the figure "scores", and reads its constants.
            kinds = [kind for kind in registry().values() if module.startswith(kind.MODULE)]
            source = bundle(module, kinds[0].CONSTANTS if kinds else None)
            node.stdin.write(json.dumps({"source": source, "name": name, "args": args}) + "\n")
            node.stdin.flush()
            return json.loads(node.stdout.readline())["result"]

        yield call
        node.stdin.close()


@pytest.fixture
def open_widgets(tmp_path: Path, new_page) -> Callable:
    """``open_widgets(*widgets)`` opens a page that shows them through the book's host.

    ``change`` replaces parts of the state of all of them, ``changes`` of each; ``ready`` selects what each
    shows once it can be used; other options are those of ``new_page``.
    """

    def open_page(
        *widgets: CourseWidget,
        change: dict | None = None,
        changes: Sequence[dict] | None = None,
        theme: str = "light",
        ready: str | None = ".wa",
        **options: object,
    ):
        path = write_page(tmp_path, widgets, changes or [change] * len(widgets), theme)
        page = new_page(**options)
        page.goto(path.as_uri())
        if options.get("java_script_enabled", True):
            page.wait_for_function(MOUNTED)
            if ready:
                hosts = "[...document.querySelectorAll('.wa-host')]"
                page.wait_for_function(f"(ready) => {hosts}.every((e) => e.querySelector(ready))", arg=ready)
        return page

    return open_page
