"""What students do not get of an answer, and what they get in its place."""

from textwrap import indent

import pytest

from whyattention.grading.blanks import STUB, BlankError, blanked, parse, resolve, solutions, solved

ANSWER = """\
def lookup(scores):
    shifted = scores - scores.max()
    ### BEGIN SOLUTION
    weights = shifted.exp()
    weights = weights / weights.sum()
    ### GIVEN bug=sum
    # weights = scores / scores.sum()
    ### GIVEN bug=none
    # if True:
    #     weights = scores
    ### END SOLUTION
    return weights"""


def test_students_get_what_is_given_at_the_depth_of_the_marker():
    lines = ANSWER.split("\n")
    assert blanked(resolve(ANSWER, {"bug": "sum"})).split("\n") == [
        *lines[:2],
        "    weights = scores / scores.sum()",
        lines[-1],
    ]
    given = blanked(resolve(ANSWER, {"bug": "none"})).split("\n")
    assert given[2:4] == ["    if True:", "        weights = scores"]


def test_where_nothing_is_given_students_get_an_error_to_replace():
    assert blanked(resolve(ANSWER, {"bug": "other"})).split("\n")[2] == "    raise NotImplementedError"


def test_solutions_in_a_row_are_one_blank():
    blank = "### BEGIN SOLUTION\nx = 1\n### END SOLUTION"
    given = "### BEGIN SOLUTION\nx = 1\n### GIVEN\n# x = 2\n### END SOLUTION"
    assert blanked(f"{blank}\n{blank}") == STUB
    assert blanked(f"{blank}\ny = 2\n{blank}") == f"{STUB}\ny = 2\n{STUB}"
    assert blanked(f"{blank}\n{given}\n{blank}") == f"{STUB}\nx = 2\n{STUB}"
    assert blanked(f"if x:\n{indent(blank, '    ')}\n{blank}") == f"if x:\n    {STUB}\n{STUB}"


def test_the_solution_has_no_marker_and_nothing_that_is_given():
    assert solved(ANSWER).split("\n") == [line for line in ANSWER.split("\n") if "#" not in line]
    assert solutions(ANSWER) == ["weights = shifted.exp()\nweights = weights / weights.sum()"]


def test_a_solution_whose_condition_does_not_hold_is_no_blank():
    one = "### BEGIN SOLUTION blank=a|both\nx = 1\n### END SOLUTION"
    code = f"{one}\n{one.replace('=a', '=b').replace('x = 1', 'y = 2')}"
    assert blanked(resolve(code, {"blank": "a"})) == "raise NotImplementedError\ny = 2"
    assert blanked(resolve(code, {"blank": "b"})) == "x = 1\nraise NotImplementedError"
    assert "1" not in blanked(resolve(code, {"blank": "both"}))


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("### BEGIN SOLUTION\n### BEGIN SOLUTION", "line 2: BEGIN SOLUTION inside a solution"),
        ("### END SOLUTION", "line 1: END SOLUTION outside a solution"),
        ("x = 1\n### GIVEN", "line 2: GIVEN outside a solution"),
        ("### BEGIN SOLUTION\nx = 1", "line 1: BEGIN SOLUTION without END SOLUTION"),
        ("### BEGIN SOLUTION\n\n### END SOLUTION", "line 1: a solution without a line"),
        ("### BEGIN SOLUTION\nx = 1\n### GIVEN\nx = 2\n### END SOLUTION", "line 4: .* got 'x = 2'"),
    ],
)
def test_markers_that_do_not_fit_together_are_named_by_their_line(code, message):
    with pytest.raises(BlankError, match=message):
        parse(code)
