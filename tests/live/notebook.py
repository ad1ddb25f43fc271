"""A notebook that is open in a browser: run its cells, wait for them, read what they have printed."""

import contextlib
import re

from playwright.sync_api import Page, TimeoutError, expect

from tests.conftest import PATIENCE


class OpenNotebook:
    """The notebook at an address of a running Jupyter.

    Args:
        page: The tab to open it in.
        url: Its address.
        cells: How many code cells it has.
    """

    def __init__(self, page: Page, url: str, cells: int) -> None:
        self.page, self.runs = page, 0
        page.goto(url)
        self.cells = page.locator(".jp-Notebook .jp-CodeCell")
        expect(self.cells).to_have_count(cells)
        # A cell that is run before that has Jupyter ask which kernel it is to be run by.
        expect(page.locator(".jp-KernelName")).not_to_have_text("No Kernel")

    def has_run(self, cell: int) -> None:
        self.runs += 1
        expect(self.cells.nth(cell).locator(".jp-InputPrompt")).to_have_text(f"[{self.runs}]:")

    def run_all(self) -> None:
        """Run the notebook; until the page has found its kernel, Jupyter forgets the order to do so."""
        taken = self.cells.first.locator(".jp-InputPrompt").get_by_text(re.compile(r"\[[*\d]+\]"))
        for _ in range(PATIENCE // 2_000):
            self.page.get_by_role("menuitem", name="Run", exact=True).click()
            self.page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
            with contextlib.suppress(TimeoutError):
                taken.wait_for(timeout=2_000)
                break
        for cell in range(self.cells.count()):
            self.has_run(cell)

    def run(self, cell: int) -> None:
        self.cells.nth(cell).locator(".cm-content").click()
        self.page.keyboard.press("Control+Enter")
        self.has_run(cell)

    def printed(self, cell: int) -> str:
        """Run a cell and return what it prints."""
        self.run(cell)
        return self.cells.nth(cell).locator(".jp-OutputArea-output").inner_text()
