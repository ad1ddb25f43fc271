"""Make sure that the browser tests have a Chromium to drive; `make test` runs this first.

A browser that is there is taken: the one named by CHROMIUM, one on PATH, or Playwright's own. Otherwise it
is installed: by apt for root on Debian, else by Playwright. Where that fails too, one line says what to do.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

MESSAGES = {
    "named": "CHROMIUM must name a browser that starts, got {path}",
    "installing": "Installing Chromium by {way}; this is done once.",
    "failed": "no browser to test with: install Chromium or Google Chrome, or name one with CHROMIUM=",
}


class BrowserError(RuntimeError):
    """There is no browser, and none could be installed."""


def starts(path: str) -> bool:
    """Say whether the browser runs; a name on PATH may be a stub, and a download may lack libraries."""
    try:
        done = subprocess.run([path, "--version"], capture_output=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def playwrights_own() -> str:
    """Return the path at which Playwright keeps its Chromium, whether or not it is there."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        return playwright.chromium.executable_path


def find() -> str | None:
    """Return the path of a browser that starts, or None.

    Raises:
        BrowserError: CHROMIUM names something that does not start: the reader's choice is not overruled.
    """
    named = os.environ.get("CHROMIUM")
    if named:
        if not starts(named):
            raise BrowserError(MESSAGES["named"].format(path=named))
        return named
    on_path = filter(None, map(shutil.which, NAMES))
    return next(filter(starts, on_path), None) or next(filter(starts, [playwrights_own()]), None)


def ways(release: Path = Path("/etc/os-release")) -> dict[str, list[list[str]]]:
    """Return the commands that may bring a browser to this machine, by name, the best first."""
    playwright = {"Playwright": [[sys.executable, "-m", "playwright", "install", "chromium"]]}
    lines = release.read_text("utf-8").splitlines() if release.is_file() else []
    # Ubuntu's package of that name only points to a snap.
    if "ID=debian" in lines and hasattr(os, "geteuid") and os.geteuid() == 0:
        packages = [
            "apt-get",
            "install",
            "-qq",
            "--yes",
            "--no-install-recommends",
            "chromium",
            "chromium-driver",
        ]
        return {"apt": [["apt-get", "update", "-qq"], packages]} | playwright
    return playwright


def install() -> str:
    """Find or install a browser and return its path.

    Raises:
        BrowserError: None is there and none could be installed.
    """
    path = find()
    if path:
        return path
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for way, commands in ways().items():
        print(MESSAGES["installing"].format(way=way), flush=True)
        for command in commands:
            # Both ways are talkative, and a way that fails is followed by another one or by our own line.
            subprocess.run(
                command, env=quiet, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False
            )
        path = find()
        if path:
            return path
    raise BrowserError(MESSAGES["failed"])


if __name__ == "__main__":
    try:
        install()
    except BrowserError as error:
        sys.exit(str(error))
