"""A source is read as it is meant; of a wrong one, file, cell, what came and what was expected are named."""

import copy

import nbformat
import pytest

from tests.grading.submissions import PILOT
from whyattention.grading.source import SourceError, read


def test_an_assignment_is_its_questions_with_their_parts():
    assignment = read(PILOT)
    assert assignment.name == "04_dot_product_attention"
    assert [q.name for q in assignment.questions] == [f"q{n}" for n in range(1, 8)]
    kinds = ["predict", "debug", "code", "predict", "interpret", "written", "open"]
    assert [q.kind for q in assignment.questions] == kinds
    first = assignment.questions[0]
    assert [(c.points, c.hidden) for c in first.checks] == [(1, False), (0, False), (1, True), (3, True)]
    assert first.checks[0].parameters == ("lead_needed", "draw")
    assert assignment.points == sum(q.points for q in assignment.questions) == 30
    assert assignment.questions[5].rubric is not None


def test_at_least_half_of_the_points_come_from_thinking():
    questions = read(PILOT).questions
    thinking = sum(q.points for q in questions if q.kind in ("debug", "predict", "interpret"))
    assert 2 * thinking >= sum(q.points for q in questions)


def change(place, **metadata):
    def apply(pilot, cell_of):
        question, _, part = place.rpartition(" ")
        cell_of(question or "q1", part).metadata["whyattention"].update(metadata)

    return apply


def rewrite(question, part, old, new, number=0):
    def apply(pilot, cell_of):
        cell = cell_of(question, part, number)
        assert old in cell.source
        cell.source = cell.source.replace(old, new)

    return apply


def remove(question, part, number=0):
    def apply(pilot, cell_of):
        pilot.cells.remove(cell_of(question, part, number))

    return apply


def with_outputs(pilot, cell_of):
    cell_of("q1", "check").outputs = [nbformat.v4.new_output("stream", text="1")]


def second_variant(pilot, cell_of):
    pilot.cells.append(copy.deepcopy(pilot.cells[2]))
    pilot.cells[-1].id = "another"


def swapped(pilot, cell_of):
    cells = pilot.cells
    one, other = cells.index(cell_of("q1", "check")), cells.index(cell_of("q1", "hidden"))
    cells[one], cells[other] = cells[other], cells[one]


def as_markdown(pilot, cell_of):
    cell = cell_of("q1", "answer")
    cell.cell_type = "markdown"
    del cell["outputs"], cell["execution_count"]


def all_code(pilot, cell_of):
    for question in ("q2", "q4"):
        cell_of(question, "text").metadata["whyattention"]["kind"] = "code"


def only_three(pilot, cell_of):
    keep = [
        c
        for c in pilot.cells
        if c.metadata.get("whyattention", {}).get("question", "q1") in ("q1", "q2", "q3")
    ]
    pilot.cells = keep


def no_objectives(pilot, cell_of):
    pilot.cells[0].source = "# Assignment\n\n{{points}} points, {{minutes}} minutes"


DEFECTS = {
    "part": (change("check", part="checks"), r"cell \d+: part must be one of .*got 'checks'"),
    "keys": (change("answer", points=2), r"part 'answer' must have the keys .*got \['part', 'points'"),
    "kind": (change("text", kind="essay"), "kind must be one of .*got 'essay'"),
    "points": (change("check", points="1"), "points must be a whole number from 0 on, got '1'"),
    "negative": (change("text", points=-1), "points must be a whole number from 1 on, got -1"),
    "minutes": (change("text", minutes=0), "minutes must be a whole number from 1 on, got 0"),
    "sum": (change("hidden", points=2), "q1: its checks are worth 6 points, the text says 5"),
    "id": (change("text", question="q9"), "question must be 'q1' here.*got 'q9'"),
    "another question": (change("check", question="q2"), "question must be 'q1' here.*got 'q2'"),
    "order": (swapped, "q1: 'check' after 'hidden'; expected the order"),
    "type": (as_markdown, "answer must be a code cell, got markdown"),
    "outputs": (with_outputs, "a source carries no outputs"),
    "heading": (rewrite("q1", "text", "## Question 1", "Question 1"), "must start with a heading"),
    "syntax": (
        rewrite("q2", "answer", "def batch_lookup(", "def batch_lookup(("),
        "not valid Python: line 1",
    ),
    "no end": (rewrite("q2", "answer", "### END SOLUTION", ""), "BEGIN SOLUTION without END SOLUTION"),
    "no blank": (rewrite("q3", "answer", "### ", "# "), "an answer must hold a solution"),
    "two checks": (
        rewrite("q1", "check", "@check", "x = 1\n@check"),
        "one function under @check, got .*x = 1",
    ),
    "another import": (rewrite("q1", "check", "import check", "import *"), "one function under @check"),
    "no promise": (
        rewrite("q1", "check", "a_lead_gives_the_share_that_was_asked_for", "test"),
        "a promise.*'test'",
    ),
    "parameter": (
        rewrite("q1", "check", "(lead_needed,", "(lead_neded,"),
        "parameter 'lead_neded' of a check",
    ),
    "private": (rewrite("q4", "check", "(largest_weight)", "(largest_weight, bug)"), "cannot use a private"),
    "condition": (rewrite("q2", "answer", "GIVEN bug=sum", "GIVEN bog=sum"), "unknown variable 'bog'"),
    "condition form": (rewrite("q2", "answer", "GIVEN bug=sum", "GIVEN bug:sum"), "expected NAME=VALUE"),
    "two given": (rewrite("q2", "answer", "GIVEN bug=sum", "GIVEN bug=axis"), "more than one GIVEN"),
    "bare given": (
        rewrite("q2", "answer", "# weights = scores.softmax(1)", "weights = 1"),
        "must be a comment",
    ),
    "place": (rewrite("q4", "text", "{{shift}}", "{{shfit}}"), r"text names \{\{shfit\}\}"),
    "no hidden": (remove("q4", "hidden"), "q4: .* needs an answer, a check and a hidden check"),
    "no rubric": (remove("q6", "rubric"), "q6: .* needs an answer and a rubric"),
    "no open": (remove("q7", "text"), "has a question of kind 'open'"),
    "open with points": (change("q7 text", points=2), "0 points if open; got 2 points"),
    "too few": (only_three, "an assignment has 4 to 8 questions, got 3"),
    "all code": (all_code, "must make at least half of the points, got 11 of 30"),
    "no objectives": (no_objectives, "cell 1: the first cell must hold a title"),
    "variants": (second_variant, "there is a variant cell already"),
}


@pytest.mark.parametrize("defect", DEFECTS)
def test_what_is_wrong_with_a_source_is_named(pilot, cell_of, stored, defect):
    apply, message = DEFECTS[defect]
    apply(pilot, cell_of)
    path = stored()
    with pytest.raises(SourceError, match=message) as raised:
        read(path)
    assert str(raised.value).startswith(str(path))


def test_a_file_that_is_no_notebook_is_named(tmp_path):
    path = tmp_path / "x.ipynb"
    for text in ("", "{}", '{"cells": 3, "nbformat": 4, "nbformat_minor": 5, "metadata": {}}', "[1]"):
        path.write_text(text)
        with pytest.raises(SourceError, match=r"x\.ipynb: expected a notebook of format 4, got "):
            read(path)
