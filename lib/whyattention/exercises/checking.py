"""The engine behind ``check``: a specification, an answer, and the first thing that is wrong with it."""

from __future__ import annotations

import math
import textwrap
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import torch
from torch import Generator, Tensor

from whyattention.exercises.words import MESSAGES

Inputs = dict[str, Tensor]
Answer = Callable[..., Any]


@dataclass(frozen=True)
class Exercise:
    """The specification of an exercise; all its words are names in ``MESSAGES``.

    Attributes:
        parts: What an answer returns: one name for a tensor, several for a tuple of tensors.
        solve: A right answer.
        cases: Yields the cases, the simplest first: a hint, and the inputs by name in the order of the call.
        mistakes: The likely mistakes: a hint, and a function that makes the mistake.
        compare: What is compared of an answer's tensors, by the name it is shown under; where it is left out,
            the tensors themselves.
    """

    parts: tuple[str, ...]
    solve: Answer
    cases: Callable[[Generator], Iterator[tuple[str, Inputs]]]
    mistakes: list[tuple[str, Answer]]
    compare: tuple[str, Callable[[Tensor], Tensor]] | None = None


def wrapped(line: str, hang: int) -> str:
    """Break a line where the column of a page ends; what follows is indented by ``hang``."""
    return textwrap.fill(line, width=76, subsequent_indent=" " * hang, break_long_words=False)


class WrongAnswerError(Exception):
    """The problem with an answer, and the lines to print below it, by their labels."""

    def __init__(self, problem: str, lines: dict[str, str]) -> None:
        super().__init__(problem)
        self.lines = lines


def _fail(problem: str, lines: dict[str, str], hint: str, **fields: object) -> NoReturn:
    lines = lines | {MESSAGES["hint"]: MESSAGES[hint].format(**fields)}
    raise WrongAnswerError(MESSAGES[problem].format(**fields), lines)


def fresh_generator() -> Generator:
    """Return random numbers apart from the global ones, which a check must leave as they are."""
    generator = Generator()
    generator.seed()
    return generator


def run(name: str, exercise: Exercise, answer: object) -> int:
    """Run the cases up to the first that fails; return their number."""
    if answer is None or answer is ...:
        raise WrongAnswerError(MESSAGES["unwritten"], {})
    if not callable(answer):
        raise WrongAnswerError(MESSAGES["not a function"].format(got=_kind(answer)), {})
    passed: list[Inputs] = []
    for hint, inputs in exercise.cases(fresh_generator()):
        lines = {_label(key, value): _show(value, digits=6) for key, value in inputs.items()}
        copies = {key: value.clone() for key, value in inputs.items()}
        returned = _call(name, answer, copies, lines)
        parts = _require_parts(exercise, inputs, returned, hint, lines)
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
        raise WrongAnswerError(MESSAGES["unwritten"], {}) from None
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
    exercise: Exercise, inputs: Inputs, returned: object, hint: str, lines: dict[str, str]
) -> list[Tensor]:
    """Return the tensors of an answer, of the right number, shapes and dtypes."""
    if returned is None or returned is ...:
        raise WrongAnswerError(MESSAGES["unwritten"], {})
    names = [MESSAGES[part] for part in exercise.parts]
    if len(names) > 1 and not (isinstance(returned, tuple | list) and len(returned) == len(names)):
        _fail("not parts", lines, hint, count=len(names), parts=", ".join(names), got=_kind(returned))
    parts = list(returned) if isinstance(returned, tuple | list) and len(names) > 1 else [returned]
    for name, part in zip(names, parts, strict=True):
        if not isinstance(part, Tensor) or part.is_meta or part.layout != torch.strided:
            _fail("not a tensor", lines, "return tensors", part=name, got=_kind(part))
    expected = _results(exercise, exercise.solve, inputs)
    for name, part, right in zip(names, parts, expected, strict=True):
        if part.shape != right.shape:
            if [other.shape for other in reversed(parts)] == [other.shape for other in expected]:
                hint = "swapped"
            elif part.squeeze().shape == right.squeeze().shape:
                hint = "extra axis"
            shapes = {"expected": tuple(right.shape), "got": tuple(part.shape)}
            _fail("wrong shape", lines, hint, part=name, **shapes)
        if part.dtype != right.dtype:
            _fail("wrong dtype", lines, "result dtype", part=name, expected=right.dtype, got=part.dtype)
    return [part.detach().cpu() for part in parts]


def _require_numbers(
    exercise: Exercise,
    inputs: Inputs,
    parts: list[Tensor],
    passed: list[Inputs],
    hint: str,
    lines: dict[str, str],
) -> None:
    """Compare the tensors of an answer with the right ones, and a wrong answer with the likely mistakes."""
    label, compared = exercise.compare or ("returned", _as_it_is)
    found = [compared(part) for part in parts]
    expected = _results(exercise, exercise.solve, inputs)
    # From the last to the first: where weights are wrong, so is the value that they give.
    for i in reversed(range(len(parts))):
        got, right, name = found[i], expected[i], MESSAGES[exercise.parts[i]]
        close, not_zero = _agree([got], [right]), got[(right == 0) & (got != 0)]
        if close and not len(not_zero):
            continue
        digits = 9 if _show(got) == _show(right) else 4
        for key, tensor in (("returned", parts[i]), (label, got), ("expected", right)):
            lines = lines | {MESSAGES[key]: _show(tensor, digits)}
        if close:
            _fail("not zero", lines, "exact zero", part=name, got=not_zero[0].item())
        for mistake, make in exercise.mistakes:
            if _agree(_results(exercise, make, inputs)[i:], found[i:]) and all(
                _agree(_results(exercise, make, case), _results(exercise, exercise.solve, case))
                for case in passed
            ):
                hint = mistake
                break
        _fail("wrong numbers" if got.isfinite().all() else "not finite", lines, hint, part=name)


def _as_it_is(part: Tensor) -> Tensor:
    return part


def _results(exercise: Exercise, answer: Answer, inputs: Inputs) -> list[Tensor]:
    """Return what is compared of an answer that is known to run."""
    _, compared = exercise.compare or ("returned", _as_it_is)
    returned = answer(*inputs.values())
    return [compared(part) for part in (returned if isinstance(returned, tuple) else (returned,))]


def _agree(found: list[Tensor], expected: list[Tensor]) -> bool:
    pairs = zip(found, expected, strict=True)
    return all(torch.allclose(one, other, rtol=1e-4, atol=1e-6, equal_nan=True) for one, other in pairs)


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


def draw(generator: Generator, *shape: int) -> Tensor:
    """Draw numbers of two decimals, positive or negative, of sizes that all differ, from 0.1 to about 1."""
    count = math.prod(shape)
    sizes = torch.randperm(max(count, 91), generator=generator)[:count] + 10
    signs = torch.randint(2, (count,), generator=generator) * 2 - 1
    return (sizes * signs / 100).reshape(shape)


def share(parts: Tensor) -> Tensor:
    """Divide by the sum over the last axis."""
    return parts / parts.sum(-1, keepdim=True)
