"""A browser that is there is found, one that is missing is installed, and a failure is one line."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent / "install_browser.py"


@pytest.fixture
def machine(tmp_path):
    """A machine whose PATH holds only what the test puts there, and whose Playwright has no browser."""
    programs = tmp_path / "bin"
    programs.mkdir()

    class Machine:
        """Programs are shell scripts, the log tells which of them ran."""

        log = tmp_path / "log"

        def program(self, name: str, body: str) -> Path:
            path = programs / name
            path.write_text(f'#!/bin/sh\necho "{name} $*" >>"{self.log}"\n{body}\n')
            path.chmod(0o755)
            return path

        def run(self, **variables: str) -> subprocess.CompletedProcess:
            environment = os.environ | {
                "PATH": str(programs),
                "PLAYWRIGHT_BROWSERS_PATH": str(tmp_path / "browsers"),
                # Playwright's download must fail at once, and must not reach the network.
                "PLAYWRIGHT_DOWNLOAD_HOST": "http://127.0.0.1:9",
            }
            environment.pop("CHROMIUM", None)
            return subprocess.run(
                [sys.executable, SCRIPT],
                env=environment | variables,
                capture_output=True,
                text=True,
                timeout=120,
            )

        def ran(self) -> list[str]:
            return self.log.read_text().splitlines() if self.log.exists() else []

    return Machine()


@pytest.mark.parametrize("name", ["chromium", "chromium-browser", "google-chrome"])
def test_a_browser_on_path_is_taken_and_nothing_is_installed(machine, name):
    machine.program(name, "exit 0")
    machine.program("apt-get", "exit 0")
    done = machine.run()
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert machine.ran() == [f"{name} --version"]


def test_a_stub_is_not_a_browser(machine):
    machine.program("chromium", "exit 1")
    machine.program("google-chrome", "exit 0")
    assert machine.run().returncode == 0
    assert machine.ran() == ["chromium --version", "google-chrome --version"]


def test_the_named_browser_comes_before_those_on_path(machine):
    machine.program("chromium", "exit 0")
    mine = machine.program("mine", "exit 0")
    assert machine.run(CHROMIUM=str(mine)).returncode == 0
    assert machine.ran() == ["mine --version"]


def test_a_named_browser_that_does_not_start_is_an_error_even_beside_a_good_one(machine):
    machine.program("chromium", "exit 0")
    done = machine.run(CHROMIUM="/nowhere/chromium")
    assert done.returncode == 1
    assert done.stderr == "CHROMIUM must name a browser that starts, got /nowhere/chromium\n"


def test_no_browser_and_no_way_to_get_one_is_one_line_that_says_what_to_install(machine):
    machine.program("apt-get", "exit 100")
    done = machine.run()
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "install Chromium or Google Chrome" in done.stderr


def test_root_on_debian_gets_the_packages_of_debian(monkeypatch, tmp_path):
    from tests import install_browser

    release = tmp_path / "os-release"
    release.write_text("NAME=Debian\nID=debian\n")
    monkeypatch.setattr(install_browser.os, "geteuid", lambda: 0, raising=False)
    update, packages = install_browser.ways(release)["apt"]
    assert update[:2] == ["apt-get", "update"]
    assert packages[-2:] == ["chromium", "chromium-driver"]
    monkeypatch.setattr(install_browser.os, "geteuid", lambda: 1000, raising=False)
    assert list(install_browser.ways(release)) == ["Playwright"]
    release.write_text("NAME=Ubuntu\nID=ubuntu\nID_LIKE=debian\n")
    monkeypatch.setattr(install_browser.os, "geteuid", lambda: 0, raising=False)
    assert list(install_browser.ways(release)) == ["Playwright"]
