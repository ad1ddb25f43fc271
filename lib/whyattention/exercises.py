"""Exercises: ``check`` runs an exercise's specification against an answer and explains the first failure.

A specification is an ``Exercise``: a right answer, a function that yields cases, the simplest first, and the
likely mistakes, each as a function that makes it. The hint comes from the mistake that fails in the same way
as the answer and passed the same cases before; if there is none, from the case. The inputs are drawn anew at
each call, so that no answer can be learned by heart. A later chapter adds its exercises to ``EXERCISES``, and
their words to ``MESSAGES``.
"""

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

from whyattention.attention import attend, masked_softmax

MESSAGES = {
    "right": "✓ {name}: right in all {count} cases.",
    "wrong": "✗ {name}: {problem}",
    "given": "given",
    "shape": "shape",
    "returned": "returned",
    "softmax of it": "its softmax",
    "expected": "expected",
    "line": "line {number}",
    "hint": "hint",
    # What is wrong.
    "unwritten": "not written yet. It returns nothing: write your code, and return its result at the end.",
    "not a function": "give check the function itself, without calling it; this is {got}.",
    "stopped": "your function stopped with {error}.",
    "not parts": "return {count} things, {parts}; it returned {got}.",
    "not a tensor": "{part}: expected a torch.Tensor, got {got}.",
    "wrong shape": "{part}: expected the shape {expected}, got {got}.",
    "wrong dtype": "{part}: expected {expected}, as in the input, got {got}.",
    "wrong numbers": "{part}: wrong numbers.",
    "not finite": "{part}: not all numbers are finite.",
    "not zero": "{part}: what is masked must be exactly 0, got {got:.3g}.",
    "modified": "the answer is right, but the function changed its argument {argument}.",
    # Why that may be: in any exercise …
    "look at the line": "Go through the line above with the shapes of what was given.",
    "signature": "It is called with {count} arguments: {call}.",
    "return tensors": "Compute with torch from start to end: a number, a list or a NumPy array is no tensor.",
    "result dtype": "Convert nothing, or convert the result back with .to(dtype).",
    "extra axis": "A dimension of length 1 is too many or missing: see squeeze, unsqueeze and keepdim.",
    "swapped": "These are the right shapes in the wrong order.",
    "in place": "x[i] = …, x -= … and methods that end in _ write into their argument. Work on a copy.",
    "exact zero": "exp of a large negative number is small, exp of -inf is 0: fill with float('-inf').",
    # … in one about weights …
    "one key": "One key gets the weight 1, whatever its score.",
    "softmax": "A weight is exp(score), divided by the sum of exp(score) over the keys.",
    "mask": "What is masked gets the weight 0, the rest the softmax of its own scores.",
    "overflow": "exp of a score above 89 is inf, and inf / inf is NaN. Subtract the largest score first.",
    "underflow": "exp of a score below -104 is 0, and 0 / 0 is NaN. Subtract the largest score first.",
    "masked maximum": "The largest score is a masked one here. Mask first, then take the maximum.",
    "fill": "No fill value is below all scores: here they are as low as yours. Fill with float('-inf').",
    "dividing by the sum": "That divides each score by their sum. Softmax does so with exp(score).",
    "inverted mask": "The mask is upside down: True says that a key MAY be attended.",
    "ignored mask": "Those are the weights without a mask. Mask the scores before the softmax.",
    "masked after": "Masking after the softmax leaves a sum below 1. Mask the scores, then take the softmax.",
    "zero fill": "A score of 0 is not masked, for exp(0) is 1. Fill with float('-inf').",
    "not normalized": "Those are the exponentials. Divide them by their sum.",
    "hard": "That gives all to the largest score. Softmax gives every key that is not masked a share.",
    "zero times infinity": "0 × inf is NaN: do not multiply by -inf, choose with masked_fill or torch.where.",
    # … in soft_lookup …
    "lookup": "Scores: query · state. Weights: softmax over the steps. Value: the sum of weight × state.",
    "each length": "Each sentence of the batch has a length of its own.",
    "scaled": "Here the plain dot product is asked for, not divided by √H.",
    "one too many": "A padding step is attended too: steps count from 0, so the words are step < length.",
    "one too few": "The last word is left out: steps count from 0, so the words are step < length.",
    "wrong axis": "Take the softmax over the steps of one sentence, the last axis, not over the batch.",
    "uniform": "All words have the same weight: the query is not compared with the states.",
    "unmasked value": "The weights are right, but the value is summed with others, and padding is in it.",
    "unweighted value": "The weights are right, but the value is the sum of the states without them.",
    # … in scores_for_weights.
    "any score": "For one key any finite score is right.",
    "inverse": "weight = exp(score) / sum, and only differences of scores count. Which function undoes exp?",
    "weights as scores": "The softmax of the weights is not the weights: exp comes in between.",
    "proportional": "That suits dividing by the sum, which looks at ratios. Softmax looks at differences.",
    "base": "exp is undone by the logarithm to base e, torch.log.",
    "sign": "The sign is wrong: the greater weight needs the greater score.",
    "logit": "log(w / (1 - w)) undoes the logistic function, not softmax.",
    # What the parts of an answer are called.
    "weights": "the weights",
    "value": "the value",
    "scores": "the scores",
}

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
    exercise: Exercise, inputs: Inputs, returned: object, hint: str, lines: dict[str, str]
) -> list[Tensor]:
    """Return the tensors of an answer, of the right number, shapes and dtypes."""
    if returned is None or returned is ...:
        raise _WrongAnswerError(MESSAGES["unwritten"], {})
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


def _draw(generator: Generator, *shape: int) -> Tensor:
    """Draw numbers of two decimals, positive or negative, of sizes that all differ, from 0.1 to about 1."""
    count = math.prod(shape)
    sizes = torch.randperm(max(count, 91), generator=generator)[:count] + 10
    signs = torch.randint(2, (count,), generator=generator) * 2 - 1
    return (sizes * signs / 100).reshape(shape)


# Chapter 7. A mistake with weights is a function of scores (*batch, keys) and mask, whichever the exercise.


def _filled(scores: Tensor, mask: Tensor, value: float = -math.inf, dim: int = -1) -> Tensor:
    return scores.masked_fill(~mask, value).softmax(dim)


def _share(parts: Tensor) -> Tensor:
    return parts / parts.sum(-1, keepdim=True)


_WEIGHT_MISTAKES: list[tuple[str, Answer]] = [
    ("dividing by the sum", lambda scores, mask: _share(scores * mask)),
    ("dividing by the sum", lambda scores, mask: _share(scores)),
    ("inverted mask", lambda scores, mask: _filled(scores, ~mask)),
    ("ignored mask", lambda scores, mask: scores.softmax(-1)),
    ("masked after", lambda scores, mask: scores.softmax(-1) * mask),
    ("zero fill", lambda scores, mask: _filled(scores, mask, 0.0)),
    ("zero fill", lambda scores, mask: _filled(scores, mask, 0.0) * mask),
    ("not normalized", lambda scores, mask: scores.exp() * mask),
    ("not normalized", lambda scores, mask: scores.exp()),
    ("hard", lambda scores, mask: _filled(scores * 1e6, mask)),
    ("hard", lambda scores, mask: (scores * 1e6).softmax(-1)),
    ("zero times infinity", lambda scores, mask: (scores + ~mask * -math.inf).softmax(-1)),
]
_LENGTH_MISTAKES: list[tuple[str, Answer]] = [
    ("uniform", lambda scores, mask: _share(mask.float())),
    ("one too many", lambda scores, mask: _filled(scores, mask | mask.roll(1, -1))),
    ("one too few", lambda scores, mask: _filled(scores, mask & mask.roll(-1, -1))),
    ("each length", lambda scores, mask: _filled(scores, mask[:1])),
    ("each length", lambda scores, mask: _filled(scores, mask.any(0))),
    ("wrong axis", lambda scores, mask: _filled(scores, mask, dim=0)),
    ("wrong axis", lambda scores, mask: scores.softmax(0) * mask),
    ("wrong axis", lambda scores, mask: scores.softmax(0)),
]


def _masked_softmax_cases(generator: Generator) -> Iterator[tuple[str, Inputs]]:
    def case(hint: str, scores: Tensor, kept: int) -> tuple[str, Inputs]:
        return hint, {"scores": scores, "mask": torch.randperm(len(scores), generator=generator) < kept}

    yield case("mask", _draw(generator, 2), 1)
    yield case("softmax", _draw(generator, 2), 2)
    yield case("one key", _draw(generator, 1), 1)
    yield case("mask", _draw(generator, 4), 2)
    yield case("overflow", 2 * _draw(generator, 2) + 1e4, 2)
    yield case("underflow", 2 * _draw(generator, 2) - 1e4, 2)
    hint, inputs = case("masked maximum", _draw(generator, 3), 2)
    yield hint, inputs | {"scores": inputs["scores"].masked_fill(~inputs["mask"], 1e4)}
    yield case("fill", 2 * _draw(generator, 2) - 1e4, 1)
    yield case("fill", torch.full((2,), -1e10), 1)
    yield case("mask", 20 * _draw(generator, 12), 7)


def _soft_lookup(query: Tensor, states: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
    mask = torch.arange(states.size(1)) < lengths.unsqueeze(1)
    value, weights = attend(query.unsqueeze(1), states, mask=mask.unsqueeze(1))
    return value.squeeze(1), weights.squeeze(1)


def _lookup_with(weigh: Answer, weigh_value: Answer | None = None) -> Answer:
    """Return a soft look-up with other weights, or with other weights in its value alone."""

    def lookup(query: Tensor, states: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        mask = torch.arange(states.size(1)) < lengths.unsqueeze(1)
        scores = (states @ query.unsqueeze(2)).squeeze(2)
        summed = (weigh_value or weigh)(scores, mask)
        return (summed.unsqueeze(1) @ states).squeeze(1), weigh(scores, mask)

    return lookup


def _soft_lookup_cases(generator: Generator) -> Iterator[tuple[str, Inputs]]:
    def case(hint: str, states: Tensor, *lengths: int) -> tuple[str, Inputs]:
        query = _draw(generator, len(lengths), states.size(2))
        return hint, {"query": query, "states": states, "lengths": torch.tensor(lengths)}

    def case_like_query(hint: str, factor: float, steps: slice, length: int) -> tuple[str, Inputs]:
        _, inputs = case(hint, _draw(generator, 1, 3, 2), length)
        inputs["states"][:, steps] = factor * inputs["query"].unsqueeze(1)
        return hint, inputs

    yield case("mask", _draw(generator, 1, 5, 2), 3)
    yield case("lookup", _draw(generator, 1, 2, 3), 2)
    yield case("one key", _draw(generator, 1, 1, 2), 1)
    yield case("each length", _draw(generator, 2, 4, 3), 1, 3)
    yield case("each length", _draw(generator, 2, 4, 3), 4, 2)
    yield case_like_query("overflow", 1e4, slice(0, 2), 2)
    yield case_like_query("masked maximum", 1e4, slice(2, 3), 2)
    yield case_like_query("fill", -1e12, slice(0, 3), 1)
    yield case("each length", _draw(generator, 4, 6, 5), 6, 1, 3, 5)


def _scores_for_weights_cases(generator: Generator) -> Iterator[tuple[str, Inputs]]:
    def case(hint: str, parts: Tensor) -> tuple[str, Inputs]:
        return hint, {"weights": _share(parts[torch.randperm(len(parts), generator=generator)])}

    yield case("inverse", _draw(generator, 2).abs() + torch.tensor([0.0, 4.0]))
    yield case("inverse", torch.tensor([2.0, 1.0, 1.0, 16.0]))
    yield case("any score", torch.ones(1))
    yield case("inverse", _draw(generator, 3).abs())
    yield case("inverse", torch.tensor([1e-20, 1.0, 2.0]))
    yield case("inverse", _draw(generator, 12).abs())


EXERCISES = {
    "masked_softmax": Exercise(
        parts=("weights",),
        solve=masked_softmax,
        cases=_masked_softmax_cases,
        mistakes=_WEIGHT_MISTAKES,
    ),
    "soft_lookup": Exercise(
        parts=("value", "weights"),
        solve=_soft_lookup,
        cases=_soft_lookup_cases,
        mistakes=[
            *((hint, _lookup_with(weigh)) for hint, weigh in _WEIGHT_MISTAKES + _LENGTH_MISTAKES),
            ("scaled", lambda query, *others: _soft_lookup(query / query.size(1) ** 0.5, *others)),
            ("unmasked value", _lookup_with(_filled, lambda scores, mask: scores.softmax(-1))),
            ("unweighted value", _lookup_with(_filled, lambda scores, mask: mask.float())),
            ("unweighted value", _lookup_with(_filled, lambda scores, mask: torch.ones_like(scores))),
        ],
    ),
    "scores_for_weights": Exercise(
        parts=("scores",),
        solve=torch.log,
        cases=_scores_for_weights_cases,
        mistakes=[
            ("weights as scores", lambda weights: weights),
            ("weights as scores", lambda weights: weights.softmax(-1)),
            ("proportional", lambda weights: 100 * weights),
            ("proportional", lambda weights: 400 * weights),
            ("base", torch.log2),
            ("base", torch.log10),
            ("base", torch.log1p),
            ("sign", lambda weights: -weights.log()),
            ("logit", torch.logit),
        ],
        compare=("softmax of it", lambda scores: scores.softmax(-1)),
    ),
}
