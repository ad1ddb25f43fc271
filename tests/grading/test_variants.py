"""A variant is the same every time it is named, differs from others, and can be solved."""

import ast
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.grading.submissions import PILOT
from whyattention.grading.formats import student_notebook
from whyattention.grading.rehearsal import run_checks
from whyattention.grading.source import SourceError, read
from whyattention.grading.variants import Variables, VariantError, filled, read_variables

LAG = Variables({"lag": 20, "word": "cat"}, {"lag": [20, 30, 50], "word": ["cat", "dog"]}, ("word",))


def text(assignment):
    return [cell.source for cell in student_notebook(assignment).cells]


def test_a_name_always_gives_the_same_variant_and_names_differ():
    names = [f"group-{n}" for n in range(12)]
    texts = [text(read(PILOT, name)) for name in names]
    assert texts == [text(read(PILOT, name)) for name in names]
    assert len({str(each) for each in texts}) > 6
    assert text(read(PILOT)) == text(read(PILOT, None))


def test_a_variant_is_drawn_by_what_it_is_named_after():
    # Another value here would give a class another assignment than last year.
    assert LAG.named("gates", "autumn").values == {"lag": 30, "word": "cat"}
    assert LAG.named("gates", None).values == {"lag": 20, "word": "cat"}


@given(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]*", fullmatch=True))
def test_every_value_is_one_of_the_choices(name):
    drawn = LAG.named("gates", name)
    assert all(drawn.values[key] in LAG.choices[key] for key in LAG.values)


def test_each_choice_is_drawn_by_some_name():
    drawn = [LAG.named("gates", f"group-{n}").values for n in range(50)]
    for name, choices in LAG.choices.items():
        assert {values[name] for values in drawn} == set(choices)


def test_the_solution_of_one_variant_does_not_solve_another():
    one = read(PILOT)
    variants = (read(PILOT, f"v{number}") for number in range(50))
    other = next(each for each in variants if each.variables.values["rows"] != one.variables.values["rows"])
    written = {"q1": f"over_half = {_over_half(one)}\ndef lead_needed(share, others):\n    return 0.0"}
    promise = "the_positions_with_more_than_half_of_the_weight_are_found"
    assert run_checks(one, written)[promise] is None
    assert run_checks(other, written)[promise] is not None


def _over_half(assignment):
    found = {}
    for name, row in assignment.variables.values["rows"].items():
        best = max(range(len(row)), key=row.__getitem__)
        share = 1 / sum(math.exp(e - row[best]) for e in row)
        found[name] = best + 1 if share > 0.5 else 0
    return found


def test_what_is_private_is_not_shown():
    assert LAG.code() == "lag = 20"
    shown = "\n".join(text(read(PILOT)))
    assert "bug =" not in shown
    assert "blank =" not in shown
    assert "choices" not in str(student_notebook(read(PILOT)))


def test_a_long_value_is_written_over_several_lines_that_python_reads():
    rows = [[0.5] * 6] * 5
    code = Variables({"rows": rows}).code()
    assert max(map(len, code.split("\n"))) < 90
    assert ast.literal_eval(code.removeprefix("rows = ")) == rows


@pytest.mark.parametrize(
    ("code", "metadata", "message"),
    [
        (
            "lag = 10 * 2",
            {"choices": {"lag": [20]}},
            r"plain assignments NAME = LITERAL, got 'lag = 10 \* 2'",
        ),
        ("print(1)", {"choices": {}}, "plain assignments"),
        ("a = b = 1", {"choices": {"a": [1, 2]}}, "plain assignments"),
        ("lag = (", {"choices": {}}, "plain assignments"),
        ("lag = 20", {}, "choices must name exactly the variables of the cell, .*got None"),
        ("lag = 20", {"choices": {"lag": [20, 30], "x": [1, 2]}}, r"got \['lag', 'x'\]"),
        ("lag = 20", {"choices": {"lag": [30, 50]}}, "its own value 20 among them, got"),
        ("lag = 20", {"choices": {"lag": [20]}}, "a list of two or more"),
        ("lag = 20", {"choices": {"lag": [20, 30]}, "private": ["x"]}, "private must list variables"),
    ],
)
def test_a_variant_cell_that_is_wrong_is_explained(code, metadata, message):
    with pytest.raises(VariantError, match=message):
        read_variables(code, metadata)


@pytest.mark.parametrize("name", ["", "../x", "a b", ".hidden", "é"])
def test_a_name_that_is_no_folder_is_refused(name):
    with pytest.raises(SourceError, match="a variant's name must be"):
        read(PILOT, name)


def test_one_pair_of_braces_is_latex_and_two_are_a_place():
    assert filled(r"$\frac{1}{2}$ and {{lag}}", {"lag": 20}) == r"$\frac{1}{2}$ and 20"
    with pytest.raises(VariantError, match=r"text names \{\{lga\}\}, expected one of \['lag'\]"):
        filled("{{lga}}", {"lag": 20})
