"""Checking: run the cases of a specification against an answer, and explain the first that fails.

The hint comes from the mistake that fails in the same way as the answer and passed the same cases before; if
there is none, from the case.
"""

from __future__ import annotations

import textwrap
import traceback
from pathlib import Path
from typing import Any, NoReturn

import torch
from torch import Generator, Tensor

from whyattention.exercises import (
    attention,
    decoder,
    gradients,
    gru,
    lags,
    lstm,
    measures,
    self_attention,
    sequences,
)
from whyattention.exercises.specification import Answer, Exercise, Inputs
from whyattention.exercises.words import MESSAGES

EXERCISES: dict[str, Exercise] = {}
for _concept in (sequences, measures, gradients, lstm, gru, lags, attention, decoder, self_attention):
    EXERCISES |= _concept.EXERCISES


def check(name: str, answer: object) -> None:
    """Run an exercise's specification against an answer, print the verdict, and explain the first failure.

    A wrong answer never raises. What is printed says what was given, what came, what was expected, and the
    likely reason.

    Args:
        name: Name of the exercise, as its chapter gives it.
        answer: The learner's function.

    Raises:
        ValueError: There is no exercise of that name.

    Example:
        >>> check("scores_for_weights", lambda weights: weights.log())
        ✓ scores_for_weights: right in all 6 cases.
    """
    _, report = examine(name, answer)
    print(report)


def examine(name: str, answer: object) -> tuple[bool, str]:
    """Return whether an answer is right, and the report that ``check`` prints.

    Args:
        name: Name of the exercise.
        answer: The learner's function.

    Raises:
        ValueError: There is no exercise of that name.

    Example:
        >>> right, report = examine("scores_for_weights", lambda weights: weights)
        >>> right
        False
    """
    if name not in EXERCISES:
        raise ValueError(f"name must be one of {sorted(EXERCISES)}, got {name!r}")
    try:
        count = _run(name, EXERCISES[name], answer)
    except _WrongAnswerError as wrong:
        report = [_wrapped(MESSAGES["wrong"].format(name=name, problem=wrong), hang=2)]
        margin = max((len(label) for label in wrong.lines), default=0) + 4
        for label, line in wrong.lines.items():
            report.append(_wrapped(f"  {label + ':':{margin - 2}}{line}", hang=margin))
        return False, "\n".join(report)
    return True, MESSAGES["right"].format(name=name, count=count)


def _wrapped(line: str, hang: int) -> str:
    """Break a line where the column of a page ends; what follows is indented by ``hang``."""
    return textwrap.fill(line, width=76, subsequent_indent=" " * hang, break_long_words=False)


class _WrongAnswerError(Exception):
    """The problem with an answer, and the lines to print below it, by their labels."""

    def __init__(self, problem: str, lines: dict[str, str]) -> None:
        super().__init__(problem)
        self.lines = lines


def _fail(problem: str, lines: dict[str, str], hint: str, **fields: object) -> NoReturn:
    lines = lines | {MESSAGES["hint"]: MESSAGES[hint].format(**fields)}
    raise _WrongAnswerError(MESSAGES[problem].format(**fields), lines)


def _fresh_generator() -> Generator:
    """Return random numbers apart from the global ones, which a check must leave as they are."""
    generator = Generator()
    generator.seed()
    return generator


def _run(name: str, exercise: Exercise, answer: object) -> int:
    """Run the cases up to the first that fails; return their number."""
    if answer is None or answer is ...:
        raise _WrongAnswerError(MESSAGES["unwritten"], {})
    if not callable(answer):
        raise _WrongAnswerError(MESSAGES["not a function"].format(got=_kind(answer)), {})
    passed: list[Inputs] = []
    for hint, inputs in exercise.cases(_fresh_generator()):
        lines = {_label(key, value): _show(value, digits=6) for key, value in inputs.items()}
        copies = {key: value.clone() for key, value in inputs.items()}
        returned = _call(name, answer, copies, lines)
        parts = _require_parts(exercise, inputs, returned, passed, hint, lines)
        _require_numbers(exercise, inputs, parts, passed, hint, lines)
        for key, value in inputs.items():
            if not torch.equal(copies[key], value):
                _fail("modified", lines, "in place", argument=key)
        passed.append(inputs)
    return len(passed)


def _call(name: str, answer: Answer, inputs: Inputs, lines: dict[str, str]) -> Any:
    """Call the answer; of an exception show the line of the learner's code, and no traceback."""
    try:
        return answer(*inputs.values())
    except NotImplementedError:
        raise _WrongAnswerError(MESSAGES["unwritten"], {}) from None
    except Exception as error:
        message = f"{type(error).__name__}: {str(error).partition(chr(10))[0][:200]}".rstrip(".")
        torch_folder = str(Path(torch.__file__).parent)
        frames = [
            frame
            for frame in traceback.extract_tb(error.__traceback__)[1:]
            if not frame.filename.startswith(torch_folder)
        ]
        if not frames:  # the call itself failed, before the first line of the answer
            call = f"{name}({', '.join(inputs)})"
            _fail("stopped", lines, "signature", error=message, count=len(inputs), call=call)
        last = [frame for frame in frames if frame.filename == frames[0].filename][-1]
        lines = lines | {MESSAGES["line"].format(number=last.lineno): last.line or ""}
        _fail("stopped", lines, "look at the line", error=message)


def _require_parts(
    exercise: Exercise,
    inputs: Inputs,
    returned: object,
    passed: list[Inputs],
    hint: str,
    lines: dict[str, str],
) -> list[Tensor]:
    """Return the tensors of an answer, of the right number, shapes and dtypes."""
    if returned is None or returned is ...:
        raise _WrongAnswerError(MESSAGES["unwritten"], {})
    names = [MESSAGES[part] for part in exercise.parts]
    if len(names) > 1 and not (isinstance(returned, tuple | list) and len(returned) == len(names)):
        _fail("not parts", lines, hint, count=len(names), parts=", ".join(names), got=_kind(returned))
    parts = list(returned) if isinstance(returned, tuple | list) and len(names) > 1 else [returned]
    expected = _results(exercise.solve, inputs)
    # Where yes or no is asked for, Python's own will do: ``torch.allclose`` returns one.
    parts = [
        torch.tensor(part) if isinstance(part, bool) and right.dtype == torch.bool else part
        for part, right in zip(parts, expected, strict=True)
    ]
    for name, part in zip(names, parts, strict=True):
        if not isinstance(part, Tensor) or part.is_meta or part.layout != torch.strided:
            _fail("not a tensor", lines, "return tensors", part=name, got=_kind(part))
    parts = [part.detach().cpu() for part in parts]
    for name, part, right in zip(names, parts, expected, strict=True):
        if part.shape != right.shape:
            if [other.shape for other in reversed(parts)] == [other.shape for other in expected]:
                hint = "swapped"
            elif part.squeeze().shape == right.squeeze().shape:
                hint = "extra axis"
            hint = _mistake(exercise, inputs, parts, passed) or hint
            shapes = {"expected": tuple(right.shape), "got": tuple(part.shape)}
            _fail("wrong shape", lines, hint, part=name, **shapes)
        if part.dtype != right.dtype:
            hint = _mistake(exercise, inputs, parts, passed) or "result dtype"
            as_given = any(value.dtype == right.dtype for value in inputs.values())
            dtypes = {"expected": right.dtype, "got": part.dtype}
            _fail("wrong dtype" if as_given else "other dtype", lines, hint, part=name, **dtypes)
    return parts


def _require_numbers(
    exercise: Exercise,
    inputs: Inputs,
    parts: list[Tensor],
    passed: list[Inputs],
    hint: str,
    lines: dict[str, str],
) -> None:
    """Compare the tensors of an answer with the right ones."""
    label, compared = exercise.compare or ("returned", _as_it_is)
    # From the last to the first: where weights are wrong, so is the value that they give.
    for i in reversed(range(len(parts))):
        got, right = compared(parts[i]), compared(_results(exercise.solve, inputs)[i])
        name = MESSAGES[exercise.parts[i]]
        close, not_zero = _agree(got, right), got[(right == 0) & (got != 0)]
        if close and not (exercise.exact_zeros and len(not_zero)):
            continue
        digits = 9 if _show(got) == _show(right) else 4
        for key, tensor in (("returned", parts[i]), (label, got), ("expected", right)):
            lines = lines | {MESSAGES[key]: _show(tensor, digits)}
        if close:
            _fail("not zero", lines, "exact zero", part=name, got=not_zero[0].item())
        hint = _mistake(exercise, inputs, parts, passed, first=i) or hint
        _fail("wrong numbers" if got.isfinite().all() else "not finite", lines, hint, part=name)


def _mistake(
    exercise: Exercise, inputs: Inputs, parts: list[Tensor], passed: list[Inputs], first: int = 0
) -> str | None:
    """Return the hint of the mistake whose parts, from ``first`` on, are those of a wrong answer, if any."""
    for hint, make in exercise.mistakes:
        if _alike(exercise, _results(make, inputs)[first:], parts[first:]) and all(
            _alike(exercise, _results(make, case), _results(exercise.solve, case)) for case in passed
        ):
            return hint
    return None


def _as_it_is(part: Tensor) -> Tensor:
    return part


def _results(answer: Answer, inputs: Inputs) -> list[Tensor]:
    """Return the tensors of an answer that is known to run."""
    returned = answer(*inputs.values())
    return list(returned) if isinstance(returned, tuple) else [returned]


def _alike(exercise: Exercise, found: list[Tensor], expected: list[Tensor]) -> bool:
    """Return whether tensors have the same shapes and dtypes, and what is compared of them agrees."""
    _, compared = exercise.compare or ("returned", _as_it_is)
    return all(
        one.shape == other.shape and one.dtype == other.dtype and _agree(compared(one), compared(other))
        for one, other in zip(found, expected, strict=True)
    )


def _agree(found: Tensor, expected: Tensor) -> bool:
    return torch.allclose(found, expected, rtol=1e-4, atol=1e-6, equal_nan=True)


def _kind(thing: object) -> str:
    count = f" of {len(thing)}" if isinstance(thing, tuple | list) else ""
    return f"{type(thing).__module__}.{type(thing).__name__}{count}".removeprefix("builtins.")


def _show(tensor: Tensor, digits: int = 4) -> str:
    def text(value: Any) -> str:
        if isinstance(value, list):
            return f"[{', '.join(map(text, value))}]"
        return f"{value:.{digits}g}" if isinstance(value, float) else str(value)

    return text(tensor.tolist())


def _label(name: str, tensor: Tensor) -> str:
    shape = f", {MESSAGES['shape']} {tuple(tensor.shape)}" if tensor.ndim > 1 else ""
    return f"{MESSAGES['given']} {name}{shape}"
