"""`whyattention assignments` says what it did, and in one line what it could not do."""

import nbformat
import pytest

from tests.grading.submissions import PILOT
from whyattention import cli
from whyattention.grading import verify


@pytest.fixture
def run(capsys):
    def call(*words):
        code = cli.main(["assignments", *map(str, words)])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


SOURCE = ("--source", PILOT.parent)


def test_a_build_says_what_it_has_written_and_how_to_verify_it(run, tmp_path):
    code, out, errors = run("build", *SOURCE, "--out", tmp_path / "out", PILOT.stem)
    assert (code, errors) == (0, "")
    assert out.split("\n")[0] == f"{PILOT.stem}: 30 points, 113 minutes, 7 questions"
    assert f"whyattention assignments verify {tmp_path / 'out'}" in out


def test_a_variant_has_a_folder_of_its_own(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run("build", *SOURCE)[0] == run("build", *SOURCE, "--variant", "autumn")[0] == 0
    assert {path.name for path in (tmp_path / "_build").iterdir()} == {"assignments", "assignments-autumn"}


def test_a_rehearsal_reports_each_variant(run):
    code, out, errors = run("rehearse", *SOURCE, "--variants", "1", PILOT.stem)
    assert (code, errors) == (0, "")
    assert [line[0] for line in out.splitlines()] == ["✓", "✓"]


def test_a_rehearsal_that_goes_wrong_ends_with_exit_code_1(run, cell_of, stored):
    cell_of("q3", "answer").source = cell_of("q3", "answer").source.replace("/ temperature", "")
    code, out, _ = run("rehearse", "--source", stored().parent, "--variants", "1")
    assert code == 1
    assert out.startswith("✗")


@pytest.mark.parametrize(
    ("words", "exit_code", "message"),
    [
        ([], 2, "the following arguments are required: ACTION"),
        (["bild"], 2, "invalid choice: 'bild'"),
        (["build", "--source", "nowhere"], 3, "nowhere: there is no such folder"),
        (["build", "05"], 3, "05: there is no such assignment, expected one of"),
        (["build", "--variant", "../x"], 3, "a variant's name must be of letters"),
        (["build", "--overlay", "nowhere"], 3, "nowhere: there is no such folder"),
        (["build", "--out", "/dev/null/x"], 4, "Not a directory"),
        (["rehearse", "--overlay", "nowhere"], 3, "nowhere: there is no such folder"),
        (["rehearse", "--variants", "many"], 2, "expected an integer from 1 to 1000, got 'many'"),
        (
            ["verify", "nowhere"],
            3,
            "nowhere: expected a folder that `whyattention assignments build` has written",
        ),
        (["verify", "--only", "me"], 2, "invalid choice: 'me'"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_an_exit_code(run, tmp_path, words, exit_code, message):
    if words and words[0] in ("build", "rehearse") and "--source" not in words:
        words = [*words, *SOURCE]
    if words and words[0] == "build" and "--out" not in words:
        words = [*words, "--out", tmp_path]
    code, out, errors = run(*words)
    assert (code, out) == (exit_code, "")
    assert message in errors
    assert errors.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_an_empty_folder_of_sources_is_named(run, tmp_path):
    code, _, errors = run("build", "--source", tmp_path)
    assert code == 3
    assert "holds no notebook" in errors


def test_a_grader_that_is_missing_or_fails_is_named(run, built, monkeypatch):
    code, _, errors = run("verify", built, "--name", "99")
    assert code == 3
    assert "holds no assignment '99'" in errors
    with monkeypatch.context() as patch:
        patch.setattr(verify, "find_spec", lambda name: None)
        code, _, errors = run("verify", built)
    assert code == 1
    assert "nbgrader is not installed; make assignments installs it" in errors
    config = built / "nbgrader" / "nbgrader_config.py"
    text = config.read_text()
    config.write_text("raise SystemError('broken')\n")
    try:
        code, _, errors = run("verify", built, "--only", "nbgrader")
    finally:
        config.write_text(text)
    assert code == 1
    assert "nbgrader generate_assignment ended with exit code" in errors


class Trial:
    """A grader that gives what a test wants."""

    given = None

    def __init__(self, *arguments):
        self.points = {"q1": 5.0, "q2": 6.0}
        self.copies = dict.fromkeys(("instructor", "student"), nbformat.v4.new_notebook())

    def grade(self, who, submission):
        return self.given[who]


@pytest.mark.parametrize(
    ("given", "exit_code", "lines"),
    [
        ({"instructor": {"q1": 5.0, "q2": 6.0}, "student": {"q1": 0.0, "q2": 0.0}}, 0, ["✓", "✓"]),
        (
            {"instructor": {"q1": 5.0, "q2": 2.0}, "student": {"q1": 0.0, "q2": 0.0}},
            1,
            ["✗", "    q2: 2 of 6", "✓"],
        ),
        (
            {"instructor": {"q1": 5.0, "q2": 6.0}, "student": {"q1": 1.0, "q2": 0.0}},
            1,
            ["✓", "✗", "    q1: 1 of 5"],
        ),
        ({"instructor": {"q1": 5.0}, "student": {"q1": 0.0, "q2": 0.0}}, 1, ["✗", "    q2: 0 of 6", "✓"]),
    ],
)
def test_points_that_are_not_as_expected_are_shown_by_question(
    run, built, monkeypatch, given, exit_code, lines
):
    monkeypatch.setattr(Trial, "given", given)
    monkeypatch.setattr(verify, "NbgraderTrial", Trial)
    code, out, _ = run("verify", built, "--only", "nbgrader")
    assert code == exit_code
    assert [line if line.startswith(" ") else line[0] for line in out.splitlines()] == lines
