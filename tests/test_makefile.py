"""make says in one line what a machine lacks, and on a machine that is ready it installs nothing."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture
def make(tmp_path):
    """Run make on a copy of the Makefile, in an empty folder."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    for name in ("pyproject.toml", "requirements.txt", "package.json", "package-lock.json", ".npmrc"):
        (tmp_path / name).touch()

    def run(*arguments: str) -> subprocess.CompletedProcess:
        # The tests may themselves run under make, whose variables are not meant for this one.
        inherited = (
            "MAKEFLAGS",
            "MFLAGS",
            "MAKELEVEL",
            "PYTHON",
            "SOURCE",
            "OUT",
            "PYTEST",
            "CHAPTER",
            "VARIANT",
            "OVERLAY",
            "LAB",
        )
        environment = {name: value for name, value in os.environ.items() if name not in inherited}
        command = ["make", "--no-print-directory", *arguments]
        return subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60
        )

    return run


def python(folder: Path, body: str) -> str:
    """Write a program that answers as some python3 would, and return its path."""
    path = folder / "python3"
    path.write_text(f'#!/bin/sh\n{body}\nexec "{sys.executable}" "$@"\n')
    path.chmod(0o755)
    return str(path)


def complaint(done: subprocess.CompletedProcess) -> str:
    """The line that make test or make book ends with, but for the line that make itself adds."""
    assert done.returncode != 0
    (line,) = [line for line in done.stderr.splitlines() if not line.startswith("make: ***")]
    return line


@pytest.mark.parametrize("target", ["book", "test", "lab"])
def test_a_missing_python_is_named_in_one_line(make, tmp_path, target):
    assert complaint(make(target, "PYTHON=no-such-python")).startswith(
        "no-such-python not found: install Python 3.11"
    )
    assert not (tmp_path / ".venv").exists()


def test_a_python_that_is_too_old_is_named_in_one_line(make, tmp_path):
    old = python(tmp_path, 'case "$*" in *version_info*) exit 1;; --version) echo Python 3.9.2; exit;; esac')
    assert complaint(make("book", f"PYTHON={old}")).startswith("Python 3.9.2 is too old: install Python 3.11")
    assert not (tmp_path / ".venv").exists()


def test_a_python_without_its_venv_module_is_told_what_to_install(make, tmp_path):
    bare = python(tmp_path, 'case "$*" in *ensurepip*) echo "no module named ensurepip" >&2; exit 1;; esac')
    assert "apt install python3-venv" in complaint(make("book", f"PYTHON={bare}"))
    assert not (tmp_path / ".venv").exists()


def ready(tmp_path: Path) -> None:
    """Leave the traces of `make test` and `make book`."""
    for name in ("python", "torch", "book", "lab", "grading", "test"):
        (tmp_path / ".venv/stamps").mkdir(parents=True, exist_ok=True)
        (tmp_path / ".venv/stamps" / name).touch()
    (tmp_path / "node_modules").mkdir()
    for name in (".book", ".test"):
        (tmp_path / "node_modules" / name).touch()


@pytest.mark.parametrize("target", ["book", "slides", "test", "lab", "chapters", "assignments", "bench"])
def test_a_second_call_installs_nothing(make, tmp_path, target):
    ready(tmp_path)
    planned = make("-n", target)
    assert planned.returncode == 0
    assert "pip" not in planned.stdout.replace("pipefail", "")
    assert "npm" not in planned.stdout


@pytest.mark.parametrize(
    ("changed", "installer"),
    [("requirements.txt", "pip"), ("pyproject.toml", "pip"), ("package-lock.json", "npm")],
)
def test_a_changed_list_of_packages_is_installed(make, tmp_path, changed, installer):
    ready(tmp_path)
    later = (tmp_path / "node_modules/.test").stat().st_mtime + 10
    os.utime(tmp_path / changed, (later, later))
    assert installer in make("-n", "book").stdout
    assert installer in make("-n", "test").stdout


def test_building_the_book_never_installs_torch(make):
    planned = make("-n", "book").stdout
    assert "pip" in planned
    assert "torch" not in planned
    assert "torch" in make("-n", "lab").stdout


def test_building_slides_never_installs_torch_and_takes_one_chapter(make, tmp_path):
    assert "torch" not in make("-n", "slides").stdout
    ready(tmp_path)
    planned = make("-n", "slides", "CHAPTER=book/07 x.ipynb").stdout
    assert '-m whyattention.slides "book/07 x.ipynb"' in planned


def test_variant_and_overlay_reach_the_command(make, tmp_path):
    ready(tmp_path)
    assert make("-n", "assignments").stdout.strip() == ".venv/bin/whyattention assignments build"
    planned = make("-n", "assignments", "VARIANT=autumn", "OVERLAY=my checks").stdout.strip()
    assert planned.endswith('build --variant "autumn" --overlay "my checks"')


def test_only_the_second_tier_has_the_slow_tests(make, tmp_path):
    ready(tmp_path)
    assert '-m "not slow"' in make("-n", "test").stdout
    assert "slow" not in make("-n", "test-all").stdout
