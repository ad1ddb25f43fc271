"""Exercises on attention inside the decoder, of chapter 8: one step, and tests that catch broken look-ups.

A look-up is called as ``look_up(query, states, mask)``, for a query (B, H), states (B, S, H) and a mask
(B, S), and returns the value (B, H) and the weights (B, S).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import torch
from torch import Generator, Tensor

from whyattention.attention import attend
from whyattention.exercises.specification import Answer, Exercise, Inputs, draw

LookUp = Callable[[Tensor, Tensor, Tensor], tuple[Tensor, Tensor]]


def _attentional_state(s: Tensor, states: Tensor, mask: Tensor, W_c: Tensor, b_c: Tensor) -> tuple:
    value, weights = attend(s.unsqueeze(1), states, mask=mask.unsqueeze(1))
    return _joined(value.squeeze(1), s, W_c, b_c), weights.squeeze(1)


def _joined(value: Tensor, s: Tensor, W_c: Tensor, b_c: Tensor) -> Tensor:
    return (torch.cat([value, s], 1) @ W_c.t() + b_c).tanh()


def _from_value(change: Callable[..., Tensor]) -> Answer:
    """Return a step with the right look-up, whose attentional state is made otherwise from what was found."""

    def step(s: Tensor, states: Tensor, mask: Tensor, W_c: Tensor, b_c: Tensor) -> tuple[Tensor, Tensor]:
        value, weights = attend(s.unsqueeze(1), states, mask=mask.unsqueeze(1))
        return change(value.squeeze(1), s, W_c, b_c), weights.squeeze(1)

    return step


def _with_weights(weigh: Callable[[Tensor, Tensor], Tensor]) -> Answer:
    """Return a step whose weights are made otherwise from scores (B, S) and mask."""

    def step(s: Tensor, states: Tensor, mask: Tensor, W_c: Tensor, b_c: Tensor) -> tuple[Tensor, Tensor]:
        weights = weigh(_dots(s, states), mask)
        return _joined(_mix(weights, states), s, W_c, b_c), weights

    return step


def _attentional_state_cases(generator: Generator) -> Iterator[tuple[str, Inputs]]:
    def case(hint: str, width: int, steps: int, *lengths: int) -> tuple[str, Inputs]:
        B = len(lengths)
        return hint, {
            "s": draw(generator, B, width),
            "states": draw(generator, B, steps, width),
            "mask": torch.arange(steps) < torch.tensor(lengths).unsqueeze(1),
            "W_c": draw(generator, width, 2 * width),
            "b_c": draw(generator, width),
        }

    yield case("attentional", 1, 1, 1)
    yield case("attentional", 2, 2, 2)
    yield case("mask", 2, 3, 2)
    yield case("attentional", 2, 2, 2, 2)
    yield case("each length", 2, 4, 1, 3)
    yield case("attentional", 3, 5, 5, 2, 4)


# Look-ups for tests to be tried on: first the right ones, then the broken ones.


def _dots(query: Tensor, states: Tensor) -> Tensor:
    return (states @ query.unsqueeze(2)).squeeze(2)


def _mix(weights: Tensor, states: Tensor) -> Tensor:
    return (weights.unsqueeze(1) @ states).squeeze(1)


def _normal(like: Tensor, *shape: int) -> Tensor:
    """Return the same normal numbers for the same shape each time."""
    return torch.randn(shape, generator=Generator().manual_seed(0)).to(like)


def _general(query: Tensor, states: Tensor) -> Tensor:
    H = states.size(2)
    return _dots(query @ _normal(query, H, H) / H**0.5, states)


def _additive(query: Tensor, states: Tensor) -> Tensor:
    H = states.size(2)
    W_s, W_h = _normal(query, 2, 4 * H, H) / H**0.5
    hidden = (query.unsqueeze(1) @ W_s.t() + states @ W_h.t()).tanh()
    return hidden @ _normal(query, 8 * H)[4 * H :]


def _masked(scores: Tensor, mask: Tensor, fill: float = -math.inf) -> Tensor:
    return scores.masked_fill(~mask, fill).softmax(1)


def _scored(score: Callable[[Tensor, Tensor], Tensor], fill: float = -math.inf) -> LookUp:
    """Return a right look-up with a score of its own."""

    def look_up(query: Tensor, states: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        weights = _masked(score(query, states), mask, fill)
        return _mix(weights, states), weights

    return look_up


def _weighted(weigh: Callable[[Tensor, Tensor], Tensor]) -> LookUp:
    """Return a look-up whose weights are made from the dot products (B, S) and the mask."""

    def look_up(query: Tensor, states: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        weights = weigh(_dots(query, states), mask)
        return _mix(weights, states), weights

    return look_up


def _value_alone_unmasked(query: Tensor, states: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    scores = _dots(query, states)
    return _mix(scores.softmax(1), states), _masked(scores, mask)


def _by_location(query: Tensor, states: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    W_a = _normal(query, states.size(1), query.size(1))
    weights = _masked(query @ W_a.t(), mask)
    return _mix(weights, states), weights


def _share(parts: Tensor) -> Tensor:
    return parts / parts.sum(1, keepdim=True)


def _last(scores: Tensor, mask: Tensor) -> Tensor:
    steps = torch.arange(mask.size(1)).expand_as(mask)
    return (steps == mask.sum(1, keepdim=True) - 1).to(scores)


def _nearest_first(scores: Tensor, mask: Tensor) -> Tensor:
    return _masked(torch.arange(mask.size(1)).to(scores).expand_as(scores), mask)


def _scaled(s: Tensor, states: Tensor, mask: Tensor, W_c: Tensor, b_c: Tensor) -> tuple[Tensor, Tensor]:
    weights = _masked(_dots(s, states) / s.size(1) ** 0.5, mask)
    return _joined(_mix(weights, states), s, W_c, b_c), weights


#: Each look-up that a test is tried on, by the name under which it is shown.
LOOK_UPS: dict[str, LookUp] = {
    "right: dot product": _scored(_dots),
    "right: scaled dot product": _scored(lambda query, states: _dots(query, states) / query.size(1) ** 0.5),
    "right: general score": _scored(_general),
    "right: additive score": _scored(_additive),
    "right: mask filled with -1e9": _scored(_dots, fill=-1e9),
    "broken: softmax over the batch": _weighted(
        lambda scores, mask: scores.masked_fill(~mask, -1e9).softmax(0)
    ),
    "broken: softmax over batch and words": _weighted(
        lambda scores, mask: scores.masked_fill(~mask, -math.inf).flatten().softmax(0).view_as(scores)
    ),
    "broken: softmax over the batch, then divided by the sum over the words": _weighted(
        lambda scores, mask: _share(scores.softmax(0) * mask)
    ),
    "broken: no mask": _weighted(lambda scores, mask: scores.softmax(1)),
    "broken: masked scores set to 0": _weighted(lambda scores, mask: _masked(scores, mask, 0.0)),
    "broken: the mask of the first sentence for all": _weighted(
        lambda scores, mask: _masked(scores, mask[:1])
    ),
    "broken: masked after the softmax": _weighted(lambda scores, mask: scores.softmax(1) * mask),
    "broken: the weights masked, the value not": _value_alone_unmasked,
    "broken: equal weights": _weighted(lambda scores, mask: _share(mask.to(scores))),
    "broken: all weight on the last word": _weighted(_last),
    "broken: the later the word, the more": _weighted(_nearest_first),
    "broken: scores from the query alone": _by_location,
}


class LookUpUnderTest(Tensor):
    """A look-up as an input of an exercise.

    ``check`` copies, compares and shows what it gives to an answer the way one does with tensors. So this is
    a tensor, the number of a look-up in ``LOOK_UPS``, which can be called and shows its name.
    """

    def __call__(self, query: Tensor, states: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Look up; see ``LOOK_UPS``."""
        return list(LOOK_UPS.values())[int(self)](query, states, mask)

    def tolist(self) -> str:
        """Return the name of the look-up, which is what ``check`` shows of it."""
        return list(LOOK_UPS)[int(self)]

    @property
    def is_right(self) -> bool:
        """Whether it keeps every promise."""
        return self.tolist().startswith("right")


def _under_test(name: str) -> LookUpUnderTest:
    return torch.tensor(list(LOOK_UPS).index(name)).as_subclass(LookUpUnderTest)


def _catches(*broken: tuple[str, str]) -> Exercise:
    """Return the exercise of a test that is to tell right look-ups from broken ones.

    Args:
        broken: Hint and name of each broken look-up, the easiest to catch first.
    """
    right = [name for name in LOOK_UPS if name.startswith("right")]

    def cases(generator: Generator) -> Iterator[tuple[str, Inputs]]:
        order = torch.randperm(len(right), generator=generator).tolist()
        kept, left = [("refused", right[i]) for i in order], list(broken)
        # Two right ones behind the first broken one: to say no and yes in turn is no answer.
        drawn = [left.pop(0), kept.pop(), kept.pop()]
        while kept or left:
            coin = torch.randint(len(kept) + len(left), (), generator=generator)
            drawn.append(kept.pop() if coin < len(kept) else left.pop(0))
        for hint, name in drawn:
            yield hint, {"look_up": _under_test(name)}

    return Exercise(
        parts=("verdict",),
        solve=lambda look_up: torch.tensor(look_up.is_right),
        cases=cases,
        mistakes=[],
    )


EXERCISES: dict[str, Exercise] = {
    "attentional_state": Exercise(
        parts=("attentional state", "weights"),
        solve=_attentional_state,
        cases=_attentional_state_cases,
        mistakes=[
            ("swapped", lambda *inputs: _attentional_state(*inputs)[::-1]),
            ("state first", _from_value(lambda a, s, W_c, b_c: _joined(s, a, W_c, b_c))),
            ("no tanh", _from_value(lambda a, s, W_c, b_c: torch.cat([a, s], 1) @ W_c.t() + b_c)),
            ("no b_c", _from_value(lambda a, s, W_c, b_c: _joined(a, s, W_c, torch.zeros_like(b_c)))),
            ("value unused", _from_value(lambda a, s, W_c, b_c: _joined(s, s, W_c, b_c))),
            ("value unused", _from_value(lambda a, s, W_c, b_c: _joined(torch.zeros_like(a), s, W_c, b_c))),
            ("state unused", _from_value(lambda a, s, W_c, b_c: _joined(a, a, W_c, b_c))),
            ("state unused", _from_value(lambda a, s, W_c, b_c: _joined(a, torch.zeros_like(s), W_c, b_c))),
            ("value returned", _from_value(lambda a, s, W_c, b_c: a)),
            ("not joined", _from_value(lambda a, s, W_c, b_c: torch.cat([a, s], 1))),
            ("ignored mask", _with_weights(lambda scores, mask: scores.softmax(1))),
            ("masked after", _with_weights(lambda scores, mask: scores.softmax(1) * mask)),
            ("inverted mask", _with_weights(lambda scores, mask: _masked(scores, ~mask))),
            ("zero fill", _with_weights(lambda scores, mask: _masked(scores, mask, 0.0))),
            ("wrong axis", _with_weights(lambda scores, mask: scores.masked_fill(~mask, -1e9).softmax(0))),
            ("wrong axis", _with_weights(lambda scores, mask: scores.softmax(0))),
            (
                "wrong axis",
                _with_weights(lambda scores, mask: scores.masked_fill(~mask, -math.inf).softmax(0)),
            ),
            ("scaled", _scaled),
            ("uniform", _with_weights(lambda scores, mask: _share(mask.to(scores)))),
        ],
        exact_zeros=True,
    ),
    "catches_wrong_axis": _catches(
        ("mixed sentences", "broken: softmax over the batch"),
        ("mixed sentences", "broken: softmax over batch and words"),
        ("sum is not enough", "broken: softmax over the batch, then divided by the sum over the words"),
    ),
    "catches_no_mask": _catches(
        ("padding matters", "broken: no mask"),
        ("weight of padding", "broken: masked scores set to 0"),
        ("own length", "broken: the mask of the first sentence for all"),
        ("padding takes its share", "broken: masked after the softmax"),
        ("look at the value", "broken: the weights masked, the value not"),
    ),
    "catches_blind_weights": _catches(
        ("blind", "broken: equal weights"),
        ("blind", "broken: all weight on the last word"),
        ("blind", "broken: the later the word, the more"),
        ("blind but asking", "broken: scores from the query alone"),
    ),
}
