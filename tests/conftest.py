"""The built book and a browser for all tests that need them. What is missing fails; nothing is skipped."""

import os
import random
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from filelock import FileLock
from hypothesis import HealthCheck, settings
from playwright.sync_api import Browser, Error, Page, expect, sync_playwright

ROOT = Path(__file__).parents[1]
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
OF_MAKE = {"MAKEFLAGS", "MFLAGS", "MAKELEVEL"}
LOOPBACK = {"127.0.0.1", "localhost"}
PATIENCE = 60_000  # ms; for a busy machine, since no test is about time
NO_CHROMIUM = "no Chromium: apt install chromium, or playwright install chromium, or name one in CHROMIUM"

expect.set_options(timeout=PATIENCE)
# The same draws in every run, however long one takes.
settings.register_profile(
    "course", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("course")


@pytest.fixture(scope="session")
def build_book() -> Callable[[Path, Path], subprocess.CompletedProcess]:
    """``build_book(source, out)`` runs the very command that `make book` runs, and returns how it ended."""

    def build(source: Path, out: Path) -> subprocess.CompletedProcess:
        # The tests may themselves run under make, whose variables are not meant for this one.
        env = {
            name: value
            for name, value in os.environ.items()
            if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")
        }
        command = ["make", "--no-print-directory", "book", f"SOURCE={source}", f"OUT={out}"]
        return subprocess.run(
            command,
            cwd=ROOT,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
        )

    return build


@pytest.fixture(scope="session")
def built_book(build_book, tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The folder of the real book's HTML: built once for a run, whatever the number of workers."""
    base = tmp_path_factory.getbasetemp()
    # With xdist, each worker has a folder of its own below the one of the run.
    out = (base if worker_id == "master" else base.parent) / "book"
    html = out / "_build" / "html"
    with FileLock(f"{out}.lock"):
        if not (out / "built").exists():
            done = build_book(ROOT, out)
            if done.returncode:
                pytest.fail(f"the book does not build:\n{done.stdout}", pytrace=False)
            (out / "built").touch()
    return html


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def own_randomness() -> Iterator[None]:
    """Give back the threads and the random numbers that other tests rely on."""
    import numpy as np
    import torch

    threads = torch.get_num_threads()
    state = random.getstate(), np.random.get_state(), torch.get_rng_state()
    cudnn = torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark
    yield
    torch.set_num_threads(threads)
    random.setstate(state[0])
    np.random.set_state(state[1])
    torch.set_rng_state(state[2])
    torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark = cudnn


@pytest.fixture(scope="session")
def serve() -> Iterator[Callable[[Path], str]]:
    """``serve(folder)`` serves a folder on loopback and returns its URL, without a slash at the end."""
    servers: list[ThreadingHTTPServer] = []

    def start(folder: Path) -> str:
        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="session")
def served_book(built_book: Path, serve) -> str:
    """The URL of the real book, without a slash at the end."""
    return serve(built_book)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium: $CHROMIUM, one on the PATH, or the one that Playwright has downloaded."""
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUM)), None)
    with sync_playwright() as playwright:
        try:
            chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
        except Error as error:
            pytest.fail(f"{NO_CHROMIUM} ({error.message.splitlines()[0]})", pytrace=False)
        yield chromium
        chromium.close()


@pytest.fixture
def new_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """``new_page(**context options)`` opens a tab in a fresh profile.

    The page has two lists: ``console_problems``, its warnings, errors and uncaught exceptions, and
    ``foreign_requests``, the addresses of requests that left loopback.
    """
    contexts = []

    def open_page(**options: object) -> Page:
        context = browser.new_context(**({"viewport": {"width": 1280, "height": 900}} | options))
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()
        page.console_problems, page.foreign_requests = [], []
        page.on("console", lambda message: _note_console(page, message))
        page.on("pageerror", lambda error: page.console_problems.append(str(error)))
        context.on("request", lambda request: _note_foreign(page, request.url))
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def page(new_page) -> Page:
    """A tab of 1280 by 900 pixels, see ``new_page``."""
    return new_page()


def _note_console(page: Page, message) -> None:
    if message.type in ("warning", "error"):
        page.console_problems.append(f"{message.type}: {message.text} ({message.location.get('url', '')})")


def _note_foreign(page: Page, url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme in ("http", "https", "ws", "wss") and parts.hostname not in LOOPBACK:
        page.foreign_requests.append(url)
