"""The repository says each thing once, and what it says twice agrees."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

from whyattention import execute

ROOT = Path(__file__).parents[1]
BUILT = {
    "_build",
    "node_modules",
    ".venv",
    "__pycache__",
    ".ipynb_checkpoints",
    ".pytest_cache",
    ".ruff_cache",
}
CONFIGURATION = {".yml", ".yaml", ".toml", ".json", ".cfg", ".ini", ".txt", ""}
LARGEST = 600_000


def files() -> list[Path]:
    """What git tracks or would track; without git, what is not built."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout.splitlines()
    except (OSError, subprocess.CalledProcessError):
        found = (path.relative_to(ROOT) for path in ROOT.rglob("*"))
        listed = [path for path in found if not BUILT & set(path.parts) and "egg-info" not in str(path)]
    return [path for path in map(ROOT.joinpath, listed) if path.is_file()]


def pins(path: Path) -> dict[str, list[Requirement]]:
    """The pinned versions of each package: one, or one for each Python or platform."""
    found: dict[str, list[Requirement]] = {}
    for line in path.read_text("utf-8").splitlines():
        if line and not line.startswith(("#", "--")):
            requirement = Requirement(line)
            found.setdefault(requirement.name.lower(), []).append(requirement)
    return found


def version(requirement: Requirement) -> str:
    (specifier,) = requirement.specifier
    assert specifier.operator == "=="
    return specifier.version


def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def targets() -> set[str]:
    return set(re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text("utf-8"), re.M)[1].split())


def dependencies() -> list[Requirement]:
    """Everything that pyproject.toml asks for, but for the tool that makes the pins."""
    groups = project()["dependency-groups"]
    listed = [
        item for name, items in groups.items() if name != "pins" for item in items if isinstance(item, str)
    ]
    return [Requirement(line) for line in project()["project"]["dependencies"] + listed]


def test_no_build_output_is_tracked():
    tracked = [path.relative_to(ROOT) for path in files()]
    assert len(tracked) > 20
    assert [path for path in tracked if BUILT & set(path.parts) or path.suffix == ".pyc"] == []


def test_no_file_is_large():
    assert {path: path.stat().st_size for path in files() if path.stat().st_size > LARGEST} == {}


def test_the_chapters_are_listed_in_one_place():
    names = [path.stem for path in execute.chapters(ROOT)]
    assert names
    others = [path for path in files() if path.suffix in CONFIGURATION and path != ROOT / "_toc.yml"]
    # Names such as "widgets" are words as well: those with a number, and paths.
    found = re.compile(
        "|".join(f"book/{name}\\b|{name}" if name[0].isdigit() else f"book/{name}\\b" for name in names)
    )
    listing = [path for path in others if found.search(path.read_text("utf-8"))]
    assert listing == []


def test_the_address_of_the_repository_stands_in_one_place():
    url = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))["repository"]["url"]
    name = url.removeprefix("https://")
    # The notebooks repeat it for Colab, which has no other way to know; test_chapters.py holds them to it.
    others = [
        path for path in files() if path.suffix not in (".ipynb", ".svg") and path != ROOT / "_config.yml"
    ]
    assert [path for path in others if name in path.read_text("utf-8", errors="replace")] == []


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md"])
def test_every_command_of_a_page_is_a_target(page):
    text = (ROOT / page).read_text("utf-8")
    named = set(re.findall(r"(?:^|`|^ +)make ([a-z-]+)", text, re.M))
    assert {"book", "test"} <= named <= targets()


def test_every_target_is_explained_by_make_help():
    done = subprocess.run(["make", "-s", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert {line.split()[1] for line in done.stdout.splitlines() if line.startswith("make ")} == targets()


def test_every_dependency_is_pinned_to_a_version_in_its_range():
    pinned = pins(ROOT / "requirements.txt")
    wrong = [
        str(wanted)
        for wanted in dependencies()
        if not pinned.get(wanted.name.lower())
        or not all(wanted.specifier.contains(version(pin)) for pin in pinned[wanted.name.lower()])
    ]
    assert wrong == []


def test_the_pins_name_the_command_that_made_them_and_no_cuda_package():
    lines = (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    assert lines[0] == "# make pins"
    assert [line for line in lines if re.match(r"nvidia-|cuda-|triton", line)] == []


def test_torch_is_pinned_once_for_all():
    (constraint,) = project()["tool"]["uv"]["constraint-dependencies"]
    (pinned,) = pins(ROOT / "requirements.txt")["torch"]
    assert str(pinned) == constraint


def test_binder_has_the_pinned_versions_of_all_that_the_library_needs():
    python = (ROOT / ".binder/runtime.txt").read_text("utf-8").strip().removeprefix("python-")
    pinned, binder = pins(ROOT / "requirements.txt"), pins(ROOT / ".binder/requirements.txt")
    assert python in project()["project"]["requires-python"]
    assert {Requirement(line).name for line in project()["project"]["dependencies"]} <= set(binder)
    environment = {"python_version": python, "python_full_version": f"{python}.9", "sys_platform": "linux"}
    for name, (mine,) in binder.items():
        (theirs,) = [pin for pin in pinned[name] if not pin.marker or pin.marker.evaluate(environment)]
        assert version(mine).removesuffix("+cpu") == version(theirs), name
    assert version(binder["torch"][0]).endswith("+cpu")


def test_the_npm_lock_is_in_step_and_names_no_registry():
    lock = (ROOT / "package-lock.json").read_text("utf-8")
    wanted = json.loads((ROOT / "package.json").read_text("utf-8"))
    locked = json.loads(lock)["packages"]
    assert "resolved" not in lock
    for kind in ("dependencies", "devDependencies"):
        assert locked[""][kind] == wanted[kind]
        assert {name: locked[f"node_modules/{name}"]["version"] for name in wanted[kind]} == wanted[kind]


def test_what_the_build_imports_needs_no_torch():
    modules = ("whyattention", "whyattention.widgets", "whyattention.sphinx", "whyattention.execute")
    # None in sys.modules makes an import fail as if the package were not there.
    script = f"import sys; sys.modules['torch'] = None\nimport {', '.join(modules)}"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    script = script.replace(f"import {', '.join(modules)}", "import whyattention.attention")
    assert subprocess.run([sys.executable, "-c", script], capture_output=True).returncode != 0


def test_every_push_is_held_to_make_test_and_only_a_tested_book_is_published():
    runner = (ROOT / ".ci/run").read_text("utf-8")
    assert [line for line in runner.splitlines() if "make" in line] == ["make test"]
    jobs = yaml.safe_load((ROOT / ".github/workflows/pages.yml").read_text("utf-8"))["jobs"]
    commands = [step["run"] for step in jobs["test"]["steps"] if "run" in step]
    assert commands.index(".ci/run") < commands.index("make book")
    assert jobs["deploy"]["needs"] == "test"
    assert "refs/heads/main" in jobs["deploy"]["if"]
    assert any("upload-pages-artifact" in step.get("uses", "") for step in jobs["test"]["steps"])
    assert f">={jobs['test']['strategy']['matrix']['python'][0]}" == project()["project"]["requires-python"]


@pytest.mark.parametrize("script", [".ci/run", ".binder/postBuild"])
def test_a_script_can_be_run_and_stops_at_its_first_failure(script):
    path = ROOT / script
    assert path.stat().st_mode & 0o111
    assert "set -euo pipefail" in path.read_text("utf-8")
