"""The guide for instructors: its numbers are those of the course, and its commands do what it says."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from tests.grading.submissions import ROOT
from tests.test_repository import files
from whyattention.grading.build import sources
from whyattention.grading.source import read

GUIDE = (ROOT / "book" / "instructors.md").read_text("utf-8")
ASSIGNMENTS = [read(path) for path in sources(ROOT / "assignments")]


def section(heading: str, level: int = 2) -> str:
    """The text below a heading, up to the next one of its level or above."""
    found = re.search(
        rf"^{'#' * level} {re.escape(heading)}\n(.*?)(?=^#{{2,{level}}} |\Z)", GUIDE, re.M | re.S
    )
    assert found, f"the guide has no section {heading!r}"
    return found[1]


def rows(text: str) -> list[list[str]]:
    """The cells of a table's rows, without its head."""
    lines = [line.strip().strip("|").split("|") for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line] for line in lines[2:]]


def test_the_minutes_of_the_chapters_are_those_that_they_state_themselves():
    stated = []
    for path in sorted((ROOT / "book").glob("0*.ipynb")):
        text = "\n".join(cell.source for cell in nbformat.read(path, as_version=4).cells)
        stated.append((path.stem, re.search(r"\*Reading: (\d+) minutes", text)[1]))
    listed = [
        (re.search(r"<(\w+)>", name)[1], minutes)
        for name, minutes, *_ in rows(section("Chapters and minutes"))
    ]
    assert len(listed) == 9
    assert listed == stated


def test_the_table_of_assignments_has_their_numbers():
    listed = rows(section("The assignments"))
    assert [row[0] for row in listed] == [f"`{each.name}`" for each in ASSIGNMENTS]
    for row, each in zip(listed, ASSIGNMENTS, strict=True):
        by_hand = sum(question.points for question in each.questions if question.by_hand)
        assert row[2:] == [str(n) for n in (len(each.questions), each.points, by_hand, each.minutes)]


@pytest.mark.parametrize("assignment", ASSIGNMENTS, ids=lambda each: each.name)
def test_each_question_has_its_common_errors(assignment):
    text = section("Common errors, question by question")
    found = re.search(rf"^### `{assignment.name}`\n(.*?)(?=^### |\Z)", text, re.M | re.S)
    assert found, "no section of its own"
    expected = [f"{question.name[1:]}, {question.kind}" for question in assignment.questions]
    assert re.findall(r"^\*\*Question (\d+, \w+)\.\*\* \S", found[1], re.M) == expected


def blocks() -> list[tuple[str, str]]:
    """The commands of the walk-through, and what the guide shows of their output."""
    return re.findall(r"^```(bash|text)\n(.*?)^```$", section("From a fresh clone to grades"), re.M | re.S)


def clone(place: Path) -> None:
    """Copy what git would track."""
    for path in files():
        (place / path.relative_to(ROOT)).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, place / path.relative_to(ROOT))


def installed(checkout: Path) -> None:
    """Give a checkout this environment, as if `make` had just made it."""
    stamps = checkout / ".venv" / "stamps"
    stamps.mkdir(parents=True)
    (checkout / ".venv" / "bin").symlink_to(Path(sys.prefix, "bin"))
    for name in ("python", "torch", "book", "lab", "grading", "test"):
        (stamps / name).touch()


def run(commands: str, folder: Path) -> str:
    """Run commands, stop at the first that fails, and return what they print."""
    inherited = ("VIRTUAL_ENV", "MAKEFLAGS", "MAKELEVEL", "MFLAGS")
    done = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", commands],
        cwd=folder,
        env={name: value for name, value in os.environ.items() if name not in inherited},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=1800,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def walk(course: Path) -> None:
    """Follow the guide in a fresh clone."""
    mark = "<end of a block>"
    commands = "".join(text if kind == "bash" else f"echo '{mark}'\n" for kind, text in blocks())
    said = run(commands, course).split(f"{mark}\n")
    shown = [text for kind, text in blocks() if kind == "text"]
    assert len(shown) == len(said) - 1 > 0
    for before, expected in zip(said, shown, strict=False):
        assert before.endswith(expected)
    build = course.parent / "class"
    assert (course / "_build/assignments/instructor/04_dot_product_attention.ipynb").is_file()
    assert (build / "nbgrader/feedback/ben/04_dot_product_attention/04_dot_product_attention.html").is_file()
    assert len(list((build / "otter/04_dot_product_attention/dist/autograder").glob("*.zip"))) == 1
    private = "one_other_score_needs_the_logarithm_of_the_odds"
    assert private in (build / "instructor/04_dot_product_attention.ipynb").read_text("utf-8")
    assert private not in (build / "student/04_dot_product_attention.ipynb").read_text("utf-8")


def test_the_walk_through_does_what_it_says(tmp_path):
    clone(tmp_path / "course")
    installed(tmp_path / "course")
    walk(tmp_path / "course")


@pytest.mark.slow
def test_the_walk_through_begins_with_nothing_but_python_and_make(tmp_path):
    """Installs everything anew, from a package index."""
    clone(tmp_path / "course")
    walk(tmp_path / "course")
