"""What each kind of figure costs: bytes, time until it can be used, time from an event to paint, memory."""

import gzip
import statistics
from base64 import b64decode
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests import install_browser
from tests.benchmarks.bench_page import Row, times
from tests.conftest import FLAGS
from tests.widgets.examples import EXAMPLES, Example
from tests.widgets.pages import write_page
from whyattention.sphinx.widgets import asset_script

LOADS = 7
EVENTS = 200
UPDATES = 1000
# Set before the page's own scripts run: when the figure could be used, in ms since the page was asked for.
WATCH = """
new MutationObserver((_, observer) => {
  if (!document.querySelector(READY)) return;
  observer.disconnect();
  requestAnimationFrame(() => requestAnimationFrame((now) => { window.readyAt = now; }));
}).observe(document, { childList: true, subtree: true });
"""
# Frames begin as soon as there is something to draw: what is measured is work, and not the screen's clock.
UNLIMITED = ["--disable-frame-rate-limit", "--disable-gpu-vsync", "--enable-precise-memory-info"]
# A message that is posted when a frame begins arrives when it has been drawn.
ACT = """
async (count) => {
  const root = document.querySelector(".wa");
  const act = ACTION;
  const channel = new MessageChannel();
  const frame = () => new Promise((done) => requestAnimationFrame(() => {
    channel.port1.onmessage = done;
    channel.port2.postMessage(null);
  }));
  const painted = [];
  for (let i = 0; i < count; i++) {
    // At any moment of a frame, as a reader's hand.
    await new Promise((done) => setTimeout(done, 20 * Math.random()));
    const begin = performance.now();
    act(root, i);
    await frame();
    painted.push(performance.now() - begin);
  }
  return painted;
}
"""


def rows(out: Path) -> list[Row]:
    """Measure every kind of figure, each alone on a page.

    Args:
        out: A folder for the pages.

    Returns:
        What was measured, and the figure with its unit.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=install_browser.install(), args=[*FLAGS, *UNLIMITED]
        )
        found = []
        for name, example in EXAMPLES.items():
            folder = out / name
            folder.mkdir()
            widget = example.make()
            address = write_page(folder, [widget], [None]).as_uri()
            ready = [_ready(browser.new_page(), address, example) for _ in range(LOADS)]
            page = browser.new_page()
            _ready(page, address, example)
            action = ACT.replace("ACTION", example.update)
            page.evaluate(action, 20)
            painted = page.evaluate(action, EVENTS)
            before = _heap(page)
            page.evaluate(action, UPDATES - EVENTS)
            after = _heap(page)
            assets = [asset_script(type(widget), asset)[1].encode() for asset in widget.ASSETS]
            data = sum(len(gzip.compress(script, 6)) for script in assets)
            found += [
                (f"{name}, code, compressed", f"{len(b64decode(widget.code.packed)) / 1000:.1f} kB"),
                *([(f"{name}, data, compressed", f"{data / 1000:.0f} kB")] if data else []),
                (f"{name}, page to ready, {LOADS} loads", f"{statistics.median(ready):.0f} ms median"),
                (f"{name}, event to paint, {EVENTS} events", times(painted)),
                (f"{name}, memory, {UPDATES} events", f"{before / 1e6:.2f} MB, then {after / 1e6:.2f} MB"),
            ]
        browser.close()
    return found


def _ready(page: Page, address: str, example: Example) -> float:
    """Open the page and return the milliseconds until the figure could be used."""
    page.add_init_script(WATCH.replace("READY", repr(example.ready)))
    page.goto(address)
    return page.wait_for_function("window.readyAt").json_value()


def _heap(page: Page) -> int:
    """Bytes of JavaScript in use after a garbage collection."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    return session.send("Runtime.getHeapUsage")["usedSize"]
