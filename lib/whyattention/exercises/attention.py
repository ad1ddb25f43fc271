"""Exercises on attention, of chapter 7: softmax with a mask, softmax backward, and a look-up for a batch.

A mistake with weights is a function of scores (*batch, keys) and mask, whichever the exercise.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import Generator, Tensor

from whyattention.attention import attend, masked_softmax
from whyattention.exercises.specification import Answer, Exercise, Inputs, draw


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

    yield case("mask", draw(generator, 2), 1)
    yield case("softmax", draw(generator, 2), 2)
    yield case("one key", draw(generator, 1), 1)
    yield case("mask", draw(generator, 4), 2)
    yield case("overflow", 2 * draw(generator, 2) + 1e4, 2)
    yield case("underflow", 2 * draw(generator, 2) - 1e4, 2)
    hint, inputs = case("masked maximum", draw(generator, 3), 2)
    yield hint, inputs | {"scores": inputs["scores"].masked_fill(~inputs["mask"], 1e4)}
    yield case("fill", 2 * draw(generator, 2) - 1e4, 1)
    yield case("fill", torch.full((2,), -1e10), 1)
    yield case("mask", 20 * draw(generator, 12), 7)


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
        query = draw(generator, len(lengths), states.size(2))
        return hint, {"query": query, "states": states, "lengths": torch.tensor(lengths)}

    def case_like_query(hint: str, factor: float, steps: slice, length: int) -> tuple[str, Inputs]:
        _, inputs = case(hint, draw(generator, 1, 3, 2), length)
        inputs["states"][:, steps] = factor * inputs["query"].unsqueeze(1)
        return hint, inputs

    yield case("mask", draw(generator, 1, 5, 2), 3)
    yield case("lookup", draw(generator, 1, 2, 3), 2)
    yield case("one key", draw(generator, 1, 1, 2), 1)
    yield case("each length", draw(generator, 2, 4, 3), 1, 3)
    yield case("each length", draw(generator, 2, 4, 3), 4, 2)
    yield case_like_query("overflow", 1e4, slice(0, 2), 2)
    yield case_like_query("masked maximum", 1e4, slice(2, 3), 2)
    yield case_like_query("fill", -1e12, slice(0, 3), 1)
    yield case("each length", draw(generator, 4, 6, 5), 6, 1, 3, 5)


def _scores_for_weights_cases(generator: Generator) -> Iterator[tuple[str, Inputs]]:
    def case(hint: str, parts: Tensor) -> tuple[str, Inputs]:
        return hint, {"weights": _share(parts[torch.randperm(len(parts), generator=generator)])}

    yield case("inverse", draw(generator, 2).abs() + torch.tensor([0.0, 4.0]))
    yield case("inverse", torch.tensor([2.0, 1.0, 1.0, 16.0]))
    yield case("any score", torch.ones(1))
    yield case("inverse", draw(generator, 3).abs())
    yield case("inverse", torch.tensor([1e-20, 1.0, 2.0]))
    yield case("inverse", draw(generator, 12).abs())


EXERCISES = {
    "masked_softmax": Exercise(
        parts=("weights",),
        solve=masked_softmax,
        cases=_masked_softmax_cases,
        mistakes=_WEIGHT_MISTAKES,
        exact_zeros=True,
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
        exact_zeros=True,
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
