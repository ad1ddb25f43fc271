"""The training bench in a real JupyterLab: started and stopped there, and a view that goes ends its run."""

import json
import re

from playwright.sync_api import expect

from tests.conftest import PATIENCE
from tests.live.notebook import OpenNotebook

SHOW = "from whyattention.bench import TrainingBench\nbench = TrainingBench(hidden=16, steps=20_000)\nbench"
# Every bench that this kernel has shown, by the runs that its widgets hold.
LOOK = """
import gc, json, threading
from whyattention.bench import TrainingRun
runs = [one for one in gc.get_objects() if type(one) is TrainingRun]
threads = [one.name for one in threading.enumerate() if one.name == "training run"]
print(json.dumps([[one.state for one in runs], sum(one.history.steps for one in runs), len(threads)]))
"""
BENCH, STATE = 0, 1


class Bench(OpenNotebook):
    """A bench, and a cell that prints what goes on behind it."""

    def state(self) -> tuple[list[str], int, int]:
        """The states of all runs, sorted, their steps together, threads of runs."""
        states, steps, threads = json.loads(self.printed(STATE))
        return sorted(states), steps, threads

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def train(self) -> None:
        self.press("Start")
        expect(self.page.get_by_text(re.compile(r"step [\d,]+ of 20,000, loss .* left"))).to_be_visible()

    def wait_for_the_end(self) -> None:
        for _ in range(PATIENCE // 500):
            states, _, threads = self.state()
            if threads == 0:
                break
            self.page.wait_for_timeout(500)
        assert (set(states), threads) == ({"stopped"}, 0)


def test_a_bench_trains_beside_the_cells_and_ends_with_its_button_or_its_view(jupyter, page):
    notebook = Bench(page, jupyter("lab", SHOW, LOOK), 2)
    notebook.run_all()
    figure = page.get_by_role("img", name="Line chart of token accuracy")
    expect(figure).to_have_attribute("alt", re.compile("Nothing is measured yet"))
    for label in ("Task", "Cell", "Hidden units", "Attention", "Steps", "Seed"):
        expect(page.get_by_label(label, exact=True)).to_be_enabled()
    assert notebook.state() == ([], 0, 0)

    notebook.train()
    states, steps, threads = notebook.state()  # the kernel answers while it trains
    assert (states, threads) == (["running"], 1)
    expect(figure).to_have_attribute("alt", re.compile("LSTM 16, copy, [1-9]"))
    notebook.press("Stop")
    expect(page.get_by_role("alert").filter(has_text="Stopped at step")).to_be_visible()
    states, stopped_at, threads = notebook.state()
    assert (states, threads) == (["stopped"], 0)
    assert stopped_at > steps

    notebook.train()
    assert notebook.state()[0] == ["running", "stopped"]
    notebook.run(BENCH)  # a new bench in the place of the old one
    expect(figure).to_have_attribute("alt", re.compile("Nothing is measured yet"))
    notebook.wait_for_the_end()
    assert notebook.state() == notebook.state()

    notebook.train()
    page.get_by_role("menuitem", name="Edit", exact=True).click()
    page.get_by_role("menuitem", name="Clear Outputs of All Cells", exact=True).click()
    notebook.wait_for_the_end()
    assert page.console_problems == []
