"""A widget in a real Jupyter: what the reader moves reaches Python, what Python sets reaches the page."""

import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import psutil
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import Locator, Page, TimeoutError, expect

SHOW = 'from whyattention.widgets import Scores\nw = Scores.preset("logarithms")\nw'
PRINT = "import json\nprint(json.dumps([w.scores, w.weights]))"
SET = "w.scores = [1.0, 2.0, 3.0, -4.0]"
PATIENCE = 60_000  # ms; a cold kernel on a busy machine
# A first start asks whether news may be fetched, in a box over the notebook.
NO_NEWS = {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}

FOLDERS = (
    "IPYTHONDIR",
    "JUPYTER_CONFIG_DIR",
    "JUPYTER_DATA_DIR",
    "JUPYTER_RUNTIME_DIR",
    "JUPYTERLAB_SETTINGS_DIR",
    "JUPYTERLAB_WORKSPACES_DIR",
)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(url: str, server: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and server.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"Jupyter did not start:\n{log.read_text()}", pytrace=False)


def stop(server: subprocess.Popen) -> None:
    """End the server and its kernels, which live in process groups of their own."""
    family = [psutil.Process(server.pid)] if server.poll() is None else []
    family += [child for process in family for child in process.children(recursive=True)]
    server.terminate()
    _, alive = psutil.wait_procs(family, timeout=10)
    for process in alive:
        process.kill()
    server.wait(10)


@pytest.fixture
def jupyter(tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """``jupyter("lab")`` starts the server, with settings and folders of its own, and returns its address."""
    servers = []

    def start(application: str) -> str:
        port = free_port()
        folders = {name: str(tmp_path / name.lower()) for name in FOLDERS}
        page_config = Path(folders["JUPYTER_CONFIG_DIR"], "labconfig", "page_config.json")
        page_config.parent.mkdir(parents=True)
        page_config.write_text(json.dumps(NO_NEWS))
        log = tmp_path / "jupyter.log"
        with log.open("w") as output:
            server = subprocess.Popen(
                [
                    *(sys.executable, "-m", "jupyter", application, "--no-browser", "--allow-root"),
                    *("--ip=127.0.0.1", f"--port={port}", "--ServerApp.port_retries=0"),
                    *("--IdentityProvider.token=", f"--ServerApp.root_dir={tmp_path / 'notebooks'}"),
                ],
                env=os.environ | folders,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        servers.append(server)
        address = f"http://127.0.0.1:{port}"
        wait_for(f"{address}/api", server, log)
        return address

    (tmp_path / "notebooks").mkdir()
    cells = [new_code_cell(source) for source in (SHOW, PRINT, SET)]
    # Without a kernel's name Jupyter asks for one.
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    nbformat.write(new_notebook(cells=cells, metadata=kernel), tmp_path / "notebooks" / "small.ipynb")
    try:
        yield start
    finally:
        for server in servers:
            stop(server)


class Notebook:
    """A notebook in a browser: a widget, a cell that prints what Python has of it, a cell that sets it."""

    def __init__(self, page: Page, url: str) -> None:
        self.page, self.runs = page, 0
        page.goto(url)
        self.cells = page.locator(".jp-Notebook .jp-CodeCell")
        expect(self.cells).to_have_count(3, timeout=PATIENCE)
        self.widget = page.locator(".wa-scores")
        self.weights = self.widget.locator("data.wa-weight")

    def has_run(self, cell: int) -> None:
        self.runs += 1
        expect(self.cells.nth(cell).locator(".jp-InputPrompt")).to_have_text(
            f"[{self.runs}]:", timeout=PATIENCE
        )

    def run_all(self) -> None:
        """Run the notebook; until the page has found its kernel, Jupyter forgets the order to do so."""
        taken = self.cells.first.locator(".jp-InputPrompt").get_by_text(re.compile(r"\[[*\d]+\]"))
        for _ in range(PATIENCE // 2_000):
            self.page.get_by_role("menuitem", name="Run", exact=True).click()
            self.page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
            with contextlib.suppress(TimeoutError):
                taken.wait_for(timeout=2_000)
                break
        for cell in range(3):
            self.has_run(cell)

    def run(self, cell: int) -> None:
        self.cells.nth(cell).locator(".cm-content").click()
        self.page.keyboard.press("Control+Enter")
        self.has_run(cell)

    def in_python(self) -> tuple[list[float], list[float]]:
        self.run(1)
        scores, weights = json.loads(self.cells.nth(1).locator(".jp-OutputArea-output").inner_text())
        return scores, weights

    def in_page(self) -> tuple[list[float], list[float]]:
        scores = [
            float(field.get_attribute("data-value"))
            for field in self.widget.locator(".wa-row .wa-number").all()
        ]
        return scores, [float(node.get_attribute("value")) for node in self.weights.all()]

    def agree(self) -> list[float]:
        """Assert that both halves hold the same scores and weights, and return the scores."""
        scores, weights = self.in_python()
        shown_scores, shown_weights = self.in_page()
        assert shown_scores == scores
        assert shown_weights == pytest.approx(weights, abs=1e-9)
        return scores

    def slider(self, word: int) -> Locator:
        return self.widget.locator(".wa-row input[type=range]").nth(word)

    def active_cell(self) -> int:
        return self.cells.evaluate_all(
            "cells => cells.findIndex(cell => cell.classList.contains('jp-mod-active'))"
        )


def drive(notebook: Notebook) -> None:
    """Change the widget from all sides; after each, both halves must tell the same."""
    notebook.run_all()
    expect(notebook.weights).to_have_count(4, timeout=PATIENCE)
    assert notebook.agree() == [1.0, 2.0, 3.0, -4.0]

    # By keyboard. The arrows are the slider's: Jupyter's selection stays where it is.
    slider = notebook.slider(0)
    step = float(slider.get_attribute("step"))
    slider.focus()
    active = notebook.active_cell()
    for key in ("ArrowRight", "ArrowUp", "ArrowRight", "ArrowLeft", "ArrowDown", "ArrowUp"):
        notebook.page.keyboard.press(key)
        expect(slider).to_be_focused()
    assert notebook.active_cell() == active
    assert notebook.agree()[0] == pytest.approx(1.0 + 2 * step)

    # By pointer, from where the handle is to the right end.
    slider = notebook.slider(3)
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    notebook.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    notebook.page.mouse.down()
    notebook.page.mouse.move(box["x"] + box["width"] + 5, box["y"] + box["height"] / 2, steps=8)
    notebook.page.mouse.up()
    assert notebook.agree()[3] == float(slider.get_attribute("max")) > 0

    # By Python: no cell but this one runs, and the page follows.
    notebook.run(2)
    expect(notebook.widget.locator(".wa-row .wa-number").nth(3)).to_have_attribute("data-value", "-4")
    assert notebook.agree() == [1.0, 2.0, 3.0, -4.0]


def test_a_widget_in_jupyterlab_and_its_python_half_stay_the_same(jupyter, page):
    drive(Notebook(page, f"{jupyter('lab')}/lab/tree/small.ipynb"))


@pytest.mark.slow
def test_a_widget_in_notebook_7_and_its_python_half_stay_the_same(jupyter, page):
    drive(Notebook(page, f"{jupyter('notebook')}/notebooks/small.ipynb"))
