"""A widget in a real Jupyter: what the reader moves reaches Python, what Python sets reaches the page."""

import json

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.live.notebook import OpenNotebook

SHOW = 'from whyattention.widgets import Scores\nw = Scores.preset("logarithms")\nw'
PRINT = "import json\nprint(json.dumps([w.scores, w.weights]))"
SET = "w.scores = [1.0, 2.0, 3.0, -4.0]"
CELLS = (SHOW, PRINT, SET)


class Notebook(OpenNotebook):
    """A widget, a cell that prints what Python has of it, a cell that sets it."""

    def __init__(self, page: Page, url: str) -> None:
        super().__init__(page, url, len(CELLS))
        self.widget = page.locator(".wa-scores")
        self.weights = self.widget.locator("data.wa-weight")

    def in_python(self) -> tuple[list[float], list[float]]:
        scores, weights = json.loads(self.printed(1))
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
    expect(notebook.weights).to_have_count(4)
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
    drive(Notebook(page, jupyter("lab", *CELLS)))


@pytest.mark.slow
def test_a_widget_in_notebook_7_and_its_python_half_stay_the_same(jupyter, page):
    drive(Notebook(page, jupyter("notebook", *CELLS)))
