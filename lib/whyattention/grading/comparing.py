"""Comparing: how a check judges what an answer returned, and says what is wrong with it.

Nothing here trusts what an answer returned to compare itself: only tensors, numbers, text and plain
collections are compared, by their values.
"""

from __future__ import annotations

import math

import numpy
import torch
from torch import Tensor, nn

#: As close as float32 comes after a few operations.
RELATIVE, ABSOLUTE = 1e-4, 1e-6
#: Tensors of more numbers are not printed.
SHOWN = 20

MESSAGES = {
    "unwritten": "{what} is not written yet.",
    "type": "{what} must be {expected}, got {got}.",
    "shape": "{what} must have the shape {expected}, got {got}.",
    "kind": "{what} must hold {expected}, got {got}.",
    "length": "{what} must hold {expected} items, got {got}.",
    "keys": "{what} must have the keys {expected}, got {got}.",
    "numbers": "{what}: wrong numbers.",
    "not_finite": "{what}: not all numbers are finite.",
    "value": "{what}: wrong.",
    "got": "returned: {value}",
    "expected": "expected: {value}",
    "hint": "hint:     {hint}",
    "tensor": "a torch.Tensor",
    "whole": "a whole number",
    "number": "a number",
    "collection": "a list or a tuple",
    "item": "{what}, item {key!r}",
}


class CheckFailed(AssertionError):
    """A check found an answer wrong; Jupyter shows its lines and no traceback.

    Args:
        lines: What was wrong, then what may help.
    """

    def __init__(self, *lines: str) -> None:
        super().__init__("\n".join(lines))
        self.lines = list(lines)

    def _render_traceback_(self) -> list[str]:
        return str(self).split("\n")


def same(
    found: object,
    expected: object,
    what: str = "the answer",
    hint: str = "",
    *,
    show: bool = True,
    relative: float = RELATIVE,
    absolute: float = ABSOLUTE,
) -> None:
    """Require that an answer returned what is right.

    Args:
        found: What came.
        expected: What is right: a tensor, a number, text, a truth value, None, or a list, tuple or dictionary
            of these. Lists and tuples are not told apart.
        what: What it is, for the message: "the weights".
        hint: What may help, if it is wrong.
        show: Whether to print what was expected. Say no where that would be the answer to the question.
        relative: Largest difference, as a share of the right number.
        absolute: Largest difference; 0 together with ``relative=0`` demands equal numbers.

    Raises:
        CheckFailed: It is not; says what came and what was expected.

    Example:
        >>> same(torch.tensor([0.5, 0.5]), torch.tensor([0.5, 0.5]), "the weights")
        >>> same(2, 3, "the number of keys")
        Traceback (most recent call last):
        whyattention.grading.comparing.CheckFailed: the number of keys: wrong.
        returned: 2
        expected: 3
    """
    problem = _difference(found, expected, what, relative, absolute)
    if problem is None:
        return
    lines = [problem]
    if show:
        lines.append(MESSAGES["got"].format(value=shown(found)))
        lines.append(MESSAGES["expected"].format(value=shown(expected)))
    if hint:
        lines.append(MESSAGES["hint"].format(hint=hint))
    raise CheckFailed(*lines)


def require(condition: object, message: str, hint: str = "") -> None:
    """Require a truth; the message says what is wrong without it.

    Raises:
        CheckFailed: The condition does not hold.

    Example:
        >>> require(1 < 2, "one must be less than two")
    """
    if not isinstance(condition, bool | Tensor | numpy.bool_) or not bool(condition):
        raise CheckFailed(message, *([MESSAGES["hint"].format(hint=hint)] if hint else []))


def shown(value: object, digits: int = 4) -> str:
    """Return a value in a few words: numbers rounded, large tensors by their shape.

    Example:
        >>> shown(torch.tensor([0.5, 1 / 3])), shown({"a": 2.0}), shown(torch.zeros(9, 9))
        ('[0.5, 0.3333]', "{'a': 2}", 'a tensor of shape (9, 9)')
    """
    if isinstance(value, Tensor):
        if value.numel() > SHOWN:
            return f"a tensor of shape {tuple(value.shape)}"
        value = value.detach().tolist()
    if isinstance(value, float):
        return f"{value:.{digits}g}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(shown(item, digits) for item in value)}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key!r}: {shown(item, digits)}" for key, item in value.items()) + "}"
    text = repr(value)
    return text if len(text) <= 200 else f"{text[:200]}…"


def _difference(found: object, expected: object, what: str, relative: float, absolute: float) -> str | None:
    """Return what is wrong with what came, or None."""
    if found is ... or (found is None and expected is not None):
        return MESSAGES["unwritten"].format(what=what)
    if isinstance(expected, Tensor):
        return _tensor_difference(found, expected, what, relative, absolute)
    if isinstance(expected, dict):
        if type(found) is not dict or set(found) != set(expected):
            got = list(found) if type(found) is dict else type(found).__name__
            return MESSAGES["keys"].format(what=what, expected=list(expected), got=got)
        pairs = {key: (found[key], expected[key]) for key in expected}
    elif isinstance(expected, list | tuple):
        if not isinstance(found, list | tuple):
            return _wrong_type(what, MESSAGES["collection"], found)
        if len(found) != len(expected):
            return MESSAGES["length"].format(what=what, expected=len(expected), got=len(found))
        pairs = dict(enumerate(zip(found, expected, strict=True), start=1))
    else:
        return _plain_difference(found, expected, what, relative, absolute)
    for key, (one, other) in pairs.items():
        name = MESSAGES["item"].format(what=what, key=key)
        problem = _difference(one, other, name, relative, absolute)
        if problem:
            return problem
    return None


def _tensor_difference(
    found: object, expected: Tensor, what: str, relative: float, absolute: float
) -> str | None:
    # A class of the student's own could answer any comparison as it likes.
    if type(found) not in (Tensor, nn.Parameter):
        return _wrong_type(what, MESSAGES["tensor"], found)
    if found.shape != expected.shape:
        shapes = {"expected": tuple(expected.shape), "got": tuple(found.shape)}
        return MESSAGES["shape"].format(what=what, **shapes)
    found = found.detach().cpu()
    if (found.dtype == torch.bool) != (expected.dtype == torch.bool):
        return MESSAGES["kind"].format(what=what, expected=expected.dtype, got=found.dtype)
    if found.is_floating_point() and not found.isfinite().all() and expected.isfinite().all():
        return MESSAGES["not_finite"].format(what=what)
    pairs = zip(found.double().flatten().tolist(), expected.double().flatten().tolist(), strict=True)
    if all(_close(one, other, relative, absolute) for one, other in pairs):
        return None
    return MESSAGES["numbers"].format(what=what)


def _plain_difference(
    found: object, expected: object, what: str, relative: float, absolute: float
) -> str | None:
    if isinstance(found, numpy.generic) or (type(found) is Tensor and found.numel() == 1):
        found = found.item()
    if isinstance(expected, bool) or not isinstance(expected, int | float):
        if type(found) is not type(expected):
            name = "None" if expected is None else f"of type {type(expected).__name__}"
            return _wrong_type(what, name, found)
        return None if found == expected else MESSAGES["value"].format(what=what)
    if type(found) not in (int, float):
        return _wrong_type(what, MESSAGES["whole" if isinstance(expected, int) else "number"], found)
    if _close(found, expected, relative, absolute):
        return None
    return MESSAGES["value"].format(what=what)


def _wrong_type(what: str, expected: str, found: object) -> str:
    return MESSAGES["type"].format(what=what, expected=expected, got=f"{type(found).__name__}")


def _close(found: float, expected: float, relative: float, absolute: float) -> bool:
    if math.isnan(expected):
        return math.isnan(found)
    return found == expected or abs(found - expected) <= max(absolute, relative * abs(expected))
