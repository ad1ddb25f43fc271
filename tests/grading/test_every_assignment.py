"""What is promised of every assignment: each variant can be solved, nothing leaks, both graders agree."""

import pytest

from tests.grading.half_right import submissions
from tests.grading.submissions import ROOT, filled, right_answers
from whyattention.grading import review
from whyattention.grading.build import build, sources
from whyattention.grading.formats import student_notebook
from whyattention.grading.leaks import leaks
from whyattention.grading.rehearsal import rehearse, run_checks
from whyattention.grading.source import read
from whyattention.grading.verify import NbgraderTrial, OtterTrial

PATHS = sources(ROOT / "assignments")
every_assignment = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)


def covering(path) -> list[str]:
    """Names of variants that together have every choice of every variable."""
    variables = read(path).variables
    missing = {(name, str(value)) for name, values in variables.choices.items() for value in values}
    names = []
    for number in range(500):
        values = variables.named(path.stem, f"v{number}").values
        new = {(name, str(value)) for name, value in values.items()} & missing
        if new:
            names.append(f"v{number}")
            missing -= new
    assert missing == set()
    return names


def points(assignment, answers) -> dict[str, float]:
    said = run_checks(assignment, answers)
    return {
        question.name: sum(check.points for check in question.checks if said[check.name] is None)
        for question in assignment.questions
        if question.checks
    }


def points_of(path) -> list[float]:
    return [question.points for question in read(path).questions if question.checks]


@every_assignment
def test_every_choice_can_be_solved_and_its_blanks_earn_nothing(path):
    lines, right = rehearse(path, [None, *covering(path)])
    assert right, "\n".join(lines)


@every_assignment
def test_right_answers_pass_whatever_is_drawn(path):
    assignment = read(path)
    expected = {q.name: q.points for q in assignment.questions if q.checks}
    for _ in range(10):
        assert points(assignment, right_answers(assignment)) == expected


@pytest.mark.filterwarnings("ignore:this is printed")
@every_assignment
def test_half_right_answers_get_the_same_points_whatever_is_drawn(path):
    assert len(submissions(path.stem)) >= 2
    for answers, expected in submissions(path.stem).values():
        assert any(0 < got < of for got, of in zip(expected.values(), points_of(path), strict=True))
        for _ in range(10):
            assert points(read(path), answers) == expected


@every_assignment
def test_there_are_variants_and_none_of_them_shows_a_solution(path):
    names = covering(path)
    assert len(names) >= 2
    for name in [None, *names]:
        assignment = read(path, name)
        assert leaks(assignment, student_notebook(assignment)) == []


@every_assignment
def test_solutions_keep_to_the_rules_for_answers(path):
    for answer in right_answers(read(path)).values():
        assert review.findings(answer) == []


@pytest.mark.slow
@every_assignment
@pytest.mark.parametrize("grader", [NbgraderTrial, OtterTrial])
def test_the_graders_give_all_points_none_and_those_of_every_other_question(path, grader, tmp_path):
    build([path], tmp_path / "built")
    trial = grader(tmp_path / "built", path.stem, tmp_path / "trial")
    assert trial.grade("instructor", trial.copies["instructor"]) == trial.points
    student = trial.copies["student"]
    assert leaks(read(path), student) == []
    assert trial.grade("student", student) == dict.fromkeys(trial.points, 0)
    answers = right_answers(read(path))
    some = dict(list(answers.items())[::2])
    expected = {question: points * (question in some) for question, points in trial.points.items()}
    assert trial.grade("partial", filled(student, some)) == expected
