"""What a page of the book loads, beside Jupyter's html-manager, and how fast its sliders are."""

import gzip
import json
import re
import statistics
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import nbformat
from playwright.sync_api import Page, Response, sync_playwright

from tests import install_browser
from tests.conftest import FLAGS
from whyattention.execute import STATE

ROOT = Path(__file__).parents[2]
Row = tuple[str, str]
# What MyST-NB has a page with widgets load from a CDN; anywidget is fetched when the first one is shown.
STOCK = (
    "requirejs/require.js",
    "@jupyter-widgets/html-manager/dist/embed-amd.js",
    "anywidget/dist/index.js",
)
EVENTS = 200
# The second frame begins when the first one, which shows the new weights, has been painted.
SLIDE = """
async (count) => {
  const root = document.querySelector(".wa-scores");
  const slider = root.querySelector("input[type=range]");
  const weights = () => [...root.querySelectorAll("data.wa-weight")].map((node) => node.value).join();
  const frame = () => new Promise(requestAnimationFrame);
  const [script, painted] = [[], []];
  for (let i = 0; i < count; i++) {
    // At any moment of a frame, as a reader's hand.
    await new Promise((done) => setTimeout(done, 20 * Math.random()));
    const before = weights();
    slider.value = i % 2 ? -1 : 1 + i / count;
    const begin = performance.now();
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    script.push(performance.now() - begin);
    await frame();
    await frame();
    painted.push(performance.now() - begin);
    if (weights() === before) throw new Error("the slider did not change the weights");
  }
  return [script, painted];
}
"""


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


def weigh(files: list[bytes]) -> tuple[int, int]:
    """Bytes as they are, and as a server sends them: compressed, where that makes them smaller."""
    return sum(map(len, files)), sum(min(len(gzip.compress(file, 6)), len(file)) for file in files)


def load(page: Page, url: str) -> dict[str, bytes]:
    """Open a page, wait until its widgets stand, and return the files that it loaded, by address."""
    responses: list[Response] = []
    page.on("response", lambda response: responses.append(response))
    page.goto(url, wait_until="networkidle")
    page.locator(".wa-scores").first.scroll_into_view_if_needed()
    page.wait_for_load_state("networkidle")
    return {response.url: response.body() for response in responses if response.ok}


def with_stock_manager(files: dict[str, bytes], chapter: Path) -> list[bytes]:
    """The files of the same page if Jupyter's own manager showed its widgets."""
    state = nbformat.read(chapter, as_version=4).metadata.widgets[STATE]
    stock = json.dumps(state).replace("</script>", r"<\\/script>").encode()
    pattern = rb'(<script type="' + re.escape(STATE.encode()) + rb'">).*?(</script>)'
    own = [
        re.sub(pattern, lambda found: found[1] + stock + found[2], file, flags=re.S)
        for url, file in files.items()
        if not url.endswith("host.js") and "/host.js?" not in url
    ]
    if len(own) != len(files) - 1 or not any(stock in file for file in own):
        raise RuntimeError("the page must load host.js and hold the state of its widgets; it does not")
    return own + [(ROOT / "node_modules" / name).read_bytes() for name in STOCK]


def rows(out: Path, chapter: Path) -> list[Row]:
    """Measure.

    Args:
        out: Folder that holds the built book.
        chapter: The notebook of the page to load; it shows a `Scores`.

    Returns:
        What was measured, and the figure with its unit.
    """
    handler = partial(_Quiet, directory=str(out / "_build/html"))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = chapter.relative_to(ROOT).with_suffix(".html").as_posix()
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=install_browser.install(), args=FLAGS)
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            files = load(page, f"http://127.0.0.1:{server.server_port}/{address}")
            script, painted = page.evaluate(SLIDE, EVENTS)
            browser.close()
    finally:
        server.shutdown()
        server.server_close()
    own, stock = weigh(list(files.values())), weigh(with_stock_manager(files, chapter))
    return [
        (f"{chapter.stem}, page, {len(files)} files", sizes(own)),
        ("the same page with html-manager", sizes(stock)),
        (f"slider to computed weights, {EVENTS} events", times(script)),
        ("slider to painted weights", times(painted)),
    ]


def sizes(weight: tuple[int, int]) -> str:
    return f"{weight[0] / 1000:.0f} kB, {weight[1] / 1000:.0f} kB compressed"


def times(milliseconds: list[float]) -> str:
    median, p95 = statistics.median(milliseconds), statistics.quantiles(milliseconds, n=20)[-1]
    return f"{median:.1f} ms median, {p95:.1f} ms p95"
