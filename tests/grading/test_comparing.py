"""What an answer returned is compared by its values, and a difference is told in plain words."""

import math

import numpy
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from whyattention.grading.comparing import CheckFailed, require, same, shown

ONE = torch.tensor([0.5, 0.25])


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (ONE.clone(), ONE),
        (ONE.double(), ONE),
        (nn.Parameter(ONE), ONE),
        (ONE + 1e-7, ONE),
        (torch.tensor([math.nan]), torch.tensor([math.nan])),
        (torch.tensor([math.inf]), torch.tensor([math.inf])),
        (torch.tensor([1, 2]), torch.tensor([1.0, 2.0])),
        (torch.tensor([True]), torch.tensor([True])),
        (3, 3),
        (3.0, 3),
        (torch.tensor(3.0), 3),
        (numpy.float64(0.5), 0.5),
        ("stays", "stays"),
        (None, None),
        ((1, [2.0, "x"]), [1, (2.0, "x")]),
        ({"b": 2, "a": ONE}, {"a": ONE, "b": 2}),
    ],
)
def test_what_is_equal_passes(found, expected):
    same(found, expected)


@pytest.mark.parametrize(
    ("found", "expected", "message"),
    [
        (ONE + 1e-3, ONE, "wrong numbers"),
        (ONE[:1], ONE, r"must have the shape \(2,\), got \(1,\)"),
        (ONE.tolist(), ONE, "must be a torch.Tensor, got list"),
        (ONE > 0, ONE, "must hold torch.float32, got torch.bool"),
        (torch.tensor([math.nan, 0.25]), ONE, "not all numbers are finite"),
        (2, 3, "wrong"),
        (True, 1, "must be a whole number, got bool"),
        (1, True, "must be of type bool, got int"),
        ("3", 3.5, "must be a number, got str"),
        ("falls", "stays", "wrong"),
        (0, None, "must be None, got int"),
        (None, 3, "is not written yet"),
        (..., "x", "is not written yet"),
        ([1], [1, 2], "must hold 2 items, got 1"),
        (1, [1, 2], "must be a list or a tuple, got int"),
        ({"a": 1}, {"b": 1}, r"must have the keys \['b'\], got \['a'\]"),
        ([1], {"b": 1}, "got list"),
        ({"a": [1, 9]}, {"a": [1, 2]}, "the answer, item 'a', item 2: wrong"),
    ],
)
def test_what_differs_is_told(found, expected, message):
    with pytest.raises(CheckFailed, match=message):
        same(found, expected)


class Sly(torch.Tensor):
    """Zeros that claim to be ones."""

    def tolist(self):
        return [1.0]

    def __getattribute__(self, name):
        return (
            (lambda *_: torch.ones(1))
            if name in ("double", "detach", "cpu")
            else super().__getattribute__(name)
        )


def test_a_tensor_of_another_class_cannot_speak_for_itself():
    with pytest.raises(CheckFailed, match=r"must be a torch\.Tensor, got Sly"):
        same(torch.zeros(1).as_subclass(Sly), torch.ones(1))


def test_what_was_expected_is_not_shown_where_it_is_the_answer():
    with pytest.raises(CheckFailed) as raised:
        same({"a": 3}, {"a": 4711}, "the rows", "think again", show=False)
    assert str(raised.value).split("\n") == ["the rows, item 'a': wrong.", "hint:     think again"]


def test_exactly_zero_is_not_almost_zero():
    same(torch.tensor([1e-9]), torch.zeros(1))
    with pytest.raises(CheckFailed, match="wrong numbers"):
        same(torch.tensor([1e-9]), torch.zeros(1), relative=0, absolute=0)


@given(st.floats(-1e6, 1e6), st.floats(-1e-7, 1e-7))
def test_a_difference_within_the_tolerance_passes(value, difference):
    same(value + difference, value)


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e3))
def test_a_difference_beyond_the_tolerance_fails(value, difference):
    wrong = value + difference + 1e-3 * abs(value)
    with pytest.raises(CheckFailed):
        same(wrong, value)


def test_a_requirement_takes_truths_and_nothing_else():
    require(torch.tensor(True), "no")
    require(numpy.bool_(True), "no")
    for untrue in (False, torch.tensor(False), 1, "yes", [1], None):
        with pytest.raises(CheckFailed, match="say so\nhint:     why"):
            require(untrue, "say so", "why")


def test_what_is_shown_is_short():
    assert shown(torch.zeros(3, 9)) == "a tensor of shape (3, 9)"
    assert shown([1, 2.00001, "a"]) == "[1, 2, 'a']"
    assert len(shown("x" * 1000)) < 210
