"""Verifying: the real graders, on the instructor's copy and the empty one, before others' work is graded.

Where a package is missing or a version differs, a grader may take points from a perfect notebook and say
nothing. The instructor's copy must get all points, the students' copy none.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from whyattention.grading.build import CONFIG_FILE, INSTRUCTOR, NBGRADER, OTTER
from whyattention.grading.nbgrader_course import points_of_cells
from whyattention.grading.source import SourceError

GRADERS = {"nbgrader": "nbgrader", "otter": "otter-grader"}
#: Seconds that a grader may take for one step.
PATIENCE = 600

MESSAGES = {
    "folder": "{path}: expected a folder that `whyattention assignments build` has written",
    "name": "{path}: holds no assignment {name!r}, expected one of {known}",
    "installed": "{package} is not installed; make assignments installs it",
    "failed": "{command} ended with exit code {code}: {line}",
    "line": "{mark} {grader:<8} {name}, {who}: {got:g}/{points:g}, expected {expected:g} ({seconds:.0f} s)",
    "lost": "    {question}: {got:g} of {points:g}",
}
WHO = {"instructor": "instructor", "student": "empty"}

Points = dict[str, float]


class GraderError(RuntimeError):
    """A grader did not come to its end."""


def verify(folder: Path, graders: list[str], names: list[str] | None = None) -> tuple[list[str], bool]:
    """Grade the instructor's copy and the empty one of each assignment.

    Args:
        folder: What ``build`` has written; it is not changed.
        graders: Names of ``GRADERS``.
        names: Which assignments; None for all.

    Returns:
        A line for each result, with lines for each question that differs; and whether all is as expected.

    Raises:
        SourceError: The folder is not what ``build`` writes.
        GraderError: A grader is not installed, or did not come to its end.
    """
    known = sorted(path.stem for path in (folder / INSTRUCTOR).glob("*.ipynb"))
    if not known or not (folder / NBGRADER / CONFIG_FILE).is_file():
        raise SourceError(MESSAGES["folder"].format(path=folder))
    for name in names or []:
        if name not in known:
            raise SourceError(MESSAGES["name"].format(path=folder, name=name, known=known))
    lines, right = [], True
    for grader in graders:
        if find_spec(grader) is None:
            raise GraderError(MESSAGES["installed"].format(package=GRADERS[grader]))
        for name in names or known:
            with tempfile.TemporaryDirectory() as scratch:
                begun = time.perf_counter()
                make = NbgraderTrial if grader == "nbgrader" else OtterTrial
                trial = make(folder, name, Path(scratch))
                for who in WHO:
                    got = trial.grade(who, trial.copies[who])
                    expected = trial.points if who == "instructor" else dict.fromkeys(trial.points, 0.0)
                    new, same = _report(grader, name, who, got, trial.points, expected, begun)
                    lines, right, begun = lines + new, right and same, time.perf_counter()
    return lines, right


def _report(
    grader: str, name: str, who: str, got: Points, points: Points, expected: Points, begun: float
) -> tuple[list[str], bool]:
    lost = [name for name in points if got.get(name, -1) != expected[name]]
    line = MESSAGES["line"].format(
        mark="✗" if lost else "✓",
        grader=grader,
        name=name,
        who=WHO[who],
        got=sum(got.values()),
        points=sum(points.values()),
        expected=sum(expected.values()),
        seconds=time.perf_counter() - begun,
    )
    details = [MESSAGES["lost"].format(question=q, got=got.get(q, 0), points=points[q]) for q in lost]
    return [line, *details], not lost


class NbgraderTrial:
    """A copy of a course folder, in which nbgrader releases an assignment and grades submissions.

    Args:
        folder: What ``build`` has written.
        name: The assignment.
        scratch: An empty folder.

    Attributes:
        points: What the checks of each question are worth.
        copies: The notebooks of ``instructor`` and ``student``, as nbgrader hands them out.
        log: What nbgrader wrote while it graded the last submission.
    """

    def __init__(self, folder: Path, name: str, scratch: Path) -> None:
        self.name, self.course = name, scratch / "course"
        self.log = ""
        source = folder / NBGRADER / "source" / name
        shutil.copytree(source, self.course / "source" / name)
        shutil.copy(folder / NBGRADER / CONFIG_FILE, self.course)
        self._run("generate_assignment", name, "--force")
        paths = {
            "instructor": self.course / "source" / name / f"{name}.ipynb",
            "student": self.course / "release" / name / f"{name}.ipynb",
        }
        self.copies = {who: nbformat.read(path, as_version=4) for who, path in paths.items()}
        self._checks = _checks(self.copies["instructor"])
        self.points = _by_question(self._checks)

    def grade(self, who: str, submission: NotebookNode) -> Points:
        """Return the points of each question for a submission.

        Args:
            who: A name for the student.
            submission: The notebook.
        """
        place = self.course / "submitted" / who / self.name
        place.mkdir(parents=True, exist_ok=True)
        nbformat.write(submission, place / f"{self.name}.ipynb")
        self.log = self._run("autograde", self.name, "--student", who, "--force")
        from nbgrader.api import Gradebook

        with closing(Gradebook(f"sqlite:///{self.course}/gradebook.db")) as book:
            notebook = book.find_submission_notebook(self.name, self.name, who)
            scores = {grade.name: grade.auto_score or 0.0 for grade in notebook.grades}
        return _by_question({name: scores.get(name, 0.0) for name in self._checks})

    def feedback(self, who: str) -> str:
        """Return the page that a student reads."""
        self._run("generate_feedback", self.name, "--student", who, "--force")
        return (self.course / "feedback" / who / self.name / f"{self.name}.html").read_text("utf-8")

    def graded(self, who: str) -> NotebookNode:
        """Return the notebook that nbgrader has run."""
        path = self.course / "autograded" / who / self.name / f"{self.name}.ipynb"
        return nbformat.read(path, as_version=4)

    def _run(self, *words: str) -> str:
        return _call(["-m", "nbgrader", *words], self.course)


class OtterTrial:
    """A folder in which otter makes its autograder and grades submissions; see ``NbgraderTrial``.

    Args:
        folder: What ``build`` has written.
        name: The assignment.
        scratch: An empty folder.
    """

    def __init__(self, folder: Path, name: str, scratch: Path) -> None:
        self.name, self.place = name, scratch / "otter"
        shutil.copytree(folder / OTTER / name, self.place)
        # otter would grade its own copy of the solution here: grade() is to do that.
        self.log = _call(["-m", "otter", "assign", "--no-run-tests", f"{name}.ipynb", "dist"], self.place)
        paths = {
            "instructor": self.place / "dist" / "autograder" / f"{name}.ipynb",
            "student": self.place / "dist" / "student" / f"{name}.ipynb",
        }
        self.copies = {who: nbformat.read(path, as_version=4) for who, path in paths.items()}
        (self.zip,) = (self.place / "dist" / "autograder").glob("*.zip")
        source = folder / NBGRADER / "source" / name / f"{name}.ipynb"
        self.points = _by_question(_checks(nbformat.read(source, as_version=4)))

    def grade(self, who: str, submission: NotebookNode) -> Points:
        """Return the points of each question for a submission; see ``NbgraderTrial.grade``."""
        path = self.place / who / f"{self.name}.ipynb"
        path.parent.mkdir(exist_ok=True)
        nbformat.write(submission, path)
        return self.grade_file(path)

    def grade_file(self, path: Path) -> Points:
        """Return the points of each question for a file: a notebook, or a zip with one and more."""
        place = path.parent
        words = ["-m", "otter", "run", str(path), "-a", str(self.zip), "-o", str(place)]
        self.log = _call(words, place)
        self.results = json.loads((place / "results.json").read_text("utf-8"))
        found = {each["name"]: each.get("score", 0.0) for each in self.results["tests"]}
        return {question: found.get(question, 0.0) for question in self.points}


def _checks(source: NotebookNode) -> Points:
    """Return the points of each check; written answers, which are graded by hand, are left out."""
    return {
        name: float(points)
        for name, points in points_of_cells(source).items()
        if not name.endswith("-answer")
    }


def _by_question(points: Points) -> Points:
    found: Points = {}
    for name, number in points.items():
        question = name.partition("-")[0]
        found[question] = found.get(question, 0.0) + number
    return found


def _call(words: list[str], folder: Path) -> str:
    environment = os.environ | {"PYTHONWARNINGS": "ignore", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE,
    )
    if done.returncode:
        lines = [line for line in done.stdout.strip().split("\n") if line.strip()] or [""]
        command = " ".join(words[1:3])
        raise GraderError(MESSAGES["failed"].format(command=command, code=done.returncode, line=lines[-1]))
    return done.stdout
