"""Exercises on gradients through time, of chapter 3."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Generator, Tensor

from whyattention.exercises.checking import Answer, Exercise, Inputs, draw


def _rnn_jacobian(hidden_weight: Tensor, state: Tensor) -> Tensor:
    return (1 - state**2).unsqueeze(1) * hidden_weight


def _states(generator: Generator, *shape: int) -> Tensor:
    """Draw states of a tanh network: between -1 and 1, and none near 0."""
    return 0.9 * draw(generator, *shape)


def _rnn_jacobian_cases(generator: Generator) -> Iterator[tuple[str, Inputs]]:
    for width in (1, 2, 3):
        yield "jacobian", {"hidden_weight": draw(generator, width, width), "state": _states(generator, width)}
    saturated = torch.tensor([0.9999, -0.5])
    yield "jacobian", {"hidden_weight": draw(generator, 2, 2), "state": saturated}


def _clipped(gradient: Tensor, limit: Tensor) -> Tensor:
    norm = gradient.norm()
    return gradient * (limit / norm) if norm > limit else gradient.clone()


def _clipped_cases(generator: Generator) -> Iterator[tuple[str, Inputs]]:
    def case(hint: str, gradient: Tensor, limit: float) -> tuple[str, Inputs]:
        return hint, {"gradient": gradient, "limit": torch.tensor(limit)}

    yield case("clip", 30 * draw(generator, 2), 2.0)
    yield case("short stays", 0.1 * draw(generator, 2), 1.0)
    yield case("short stays", torch.tensor([0.6, -0.6, 0.3]), 1.0)  # shorter than 1; its sum of sizes is not
    yield case("zero gradient", torch.zeros(3), 1.0)
    yield case("clip", 20 * draw(generator, 4), 5.0)
    yield case("short stays", draw(generator, 3), 4.0)


def _backward_with(
    step: Callable[[Tensor, Tensor, Tensor], Tensor], states_of: Answer = lambda states: states
) -> Answer:
    """Return a pass back through time that takes another step, or looks at other states."""

    def backward(hidden_weight: Tensor, states: Tensor, gradient: Tensor) -> Tensor:
        found = [gradient]
        for state in states_of(states)[1:].flip(0):
            found.append(step(hidden_weight, state, found[-1]))
        return torch.stack(found[::-1])

    return backward


def _step_back(hidden_weight: Tensor, state: Tensor, gradient: Tensor) -> Tensor:
    return hidden_weight.t() @ ((1 - state**2) * gradient)


_backward_through_time = _backward_with(_step_back)


def _one_step_further(hidden_weight: Tensor, states: Tensor, gradient: Tensor) -> Tensor:
    """Return the gradients of h_0 … h_{L-1} in place of those of h_1 … h_L."""
    found = _backward_through_time(hidden_weight, states, gradient)
    return torch.cat([_step_back(hidden_weight, states[0], found[0]).unsqueeze(0), found[:-1]])


def _backward_through_time_cases(generator: Generator) -> Iterator[tuple[str, Inputs]]:
    for steps, width in ((1, 2), (2, 1), (2, 2), (4, 3)):
        yield (
            "last row" if steps == 1 else "one step back",
            {
                "hidden_weight": draw(generator, width, width),
                "states": _states(generator, steps, width),
                "gradient": draw(generator, width),
            },
        )


EXERCISES: dict[str, Exercise] = {
    "rnn_jacobian": Exercise(
        parts=("jacobian matrix",),
        solve=_rnn_jacobian,
        cases=_rnn_jacobian_cases,
        mistakes=[
            ("columns scaled", lambda hidden_weight, state: hidden_weight * (1 - state**2)),
            ("transposed", lambda hidden_weight, state: _rnn_jacobian(hidden_weight, state).t()),
            (
                "logistic slope",
                lambda hidden_weight, state: (state * (1 - state)).unsqueeze(1) * hidden_weight,
            ),
            ("squared state", lambda hidden_weight, state: (1 - state).unsqueeze(1) * hidden_weight),
            ("tanh twice", lambda hidden_weight, state: _rnn_jacobian(hidden_weight, state.tanh())),
            ("slope is missing", lambda hidden_weight, state: hidden_weight),
            ("only the slope", lambda hidden_weight, state: torch.diag(1 - state**2)),
        ],
    ),
    "clipped": Exercise(
        parts=("clipped gradient",),
        solve=_clipped,
        cases=_clipped_cases,
        mistakes=[
            ("each by itself", lambda gradient, limit: torch.minimum(torch.maximum(gradient, -limit), limit)),
            ("always scaled", lambda gradient, limit: gradient * limit / gradient.norm()),
            ("unit length", lambda gradient, limit: gradient / gradient.norm()),
            ("unit length", lambda gradient, limit: _clipped(gradient, torch.ones(()))),
            ("other norm", lambda gradient, limit: gradient * (limit / gradient.abs().sum()).clamp(max=1)),
            ("other norm", lambda gradient, limit: gradient * (limit / gradient.abs().max()).clamp(max=1)),
            (
                "squared norm",
                lambda gradient, limit: gradient * (limit / gradient.square().sum()).clamp(max=1),
            ),
            ("not clipped", lambda gradient, limit: gradient),
        ],
    ),
    "backward_through_time": Exercise(
        parts=("gradients of states",),
        solve=_backward_through_time,
        cases=_backward_through_time_cases,
        mistakes=[
            ("not transposed", _backward_with(lambda U, state, g: U @ ((1 - state**2) * g))),
            ("slope after", _backward_with(lambda U, state, g: (1 - state**2) * (U.t() @ g))),
            ("no slope", _backward_with(lambda U, state, g: U.t() @ g)),
            ("slope of the one before", _backward_with(_step_back, lambda states: states.roll(1, 0))),
            ("newest first", lambda U, states, g: _backward_through_time(U, states, g).flip(0)),
            ("one step further", _one_step_further),
            ("added up", lambda U, states, g: _backward_through_time(U, states, g).flip(0).cumsum(0).flip(0)),
        ],
    ),
}
