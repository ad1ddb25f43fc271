"""Figures inside boxes in a real JupyterLab, and in a notebook that was saved and opened again."""

import json

from playwright.sync_api import Page, expect

from tests.live.notebook import OpenNotebook

SHOW = """\
from ipywidgets import HBox, Tab, VBox
from whyattention.widgets import Curves, DecoderStep, GatedCell, Heads, Predict, Reach, Scores, Translate

scores, cell = Scores.preset("logarithms"), GatedCell.preset("count")
asked = Predict(key="a", question="Which?", options=["this", "that"], answer=0)
models = [Translate("he is happy"), DecoderStep(), Heads()]
tab = Tab([HBox([Reach()]), VBox([Curves.of("length_curve")])])
VBox([scores, VBox([cell, asked]), *models, tab])"""
PRINT = "import json\nprint(json.dumps([scores.scores, cell.kind]))"
KINDS = ("scores", "cell", "predict", "translate", "decoder-step", "heads", "reach", "curves")
SHOWN = ".wa-scores, .wa-cell, .wa-predict, .wa-translate, .wa-decoder-step, .wa-heads, .wa-reach"


def shown(page: Page) -> None:
    """Wait until every figure but that of the closed tab stands, and those with a trained model have it."""
    expect(page.locator(SHOWN)).to_have_count(len(KINDS) - 1)
    assert page.locator(".jp-OutputArea-output .wa-message:not(:empty)").all_inner_texts() == []


def test_figures_work_in_boxes_and_keep_what_was_set_when_the_notebook_is_opened_again(jupyter, new_page):
    url = jupyter("lab", SHOW, PRINT)
    page = new_page()
    notebook = OpenNotebook(page, url, 2)
    notebook.run_all()
    shown(page)
    expect(page.locator(".wa-translate .wa-translate-word").first).to_be_visible()
    expect(page.locator(".wa-heads .wa-heads-cell").first).to_be_visible()
    page.get_by_role("tab", name="1", exact=True).or_(page.locator(".lm-TabBar-tab").nth(1)).last.click()

    page.locator(".wa-scores .wa-row .wa-number").first.fill("7")
    page.locator(".wa-cell input[type=radio]").nth(1).check()
    assert json.loads(notebook.printed(1)) == [[7.0, 0.0, 0.0, 2.772588722239781], "gru"]

    page.get_by_role("menuitem", name="Settings", exact=True).click()
    page.get_by_role("menuitem", name="Save Widget State Automatically").click()
    notebook.cells.nth(1).locator(".cm-content").click()
    page.keyboard.press("Control+s")
    expect(page.locator(".jp-mod-dirty")).to_have_count(0)
    page.get_by_role("menuitem", name="Kernel", exact=True).click()
    page.get_by_role("menuitem", name="Shut Down Kernel", exact=True).click()
    expect(page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]")).to_have_count(0)
    page.close()

    page = new_page()
    OpenNotebook(page, url, 2)
    shown(page)
    expect(page.locator(".wa-scores .wa-row .wa-number").first).to_have_attribute("data-value", "7")
    expect(page.locator(".wa-cell input[type=radio]").nth(1)).to_be_checked()
    # What needs no trained model works without a kernel of its own.
    page.locator(".wa-scores .wa-row .wa-number").first.fill("ln 16")
    weights = page.locator(".wa-scores data.wa-weight")
    expect(weights.first).to_have_attribute("value", weights.last.get_attribute("value"))
