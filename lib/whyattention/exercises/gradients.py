"""Exercises on gradients through time, of chapter 3: the Jacobian of a step, clipping, and the way back.

The step is that of a tanh network, h_t = tanh(W x_t + U h_{t-1} + b), and U is ``hidden_weight``.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Generator, Tensor

from whyattention.exercises.specification import Answer, Exercise, Inputs, draw

# Wrong slopes of tanh, as functions of its result.
_WRONG_SLOPES: list[tuple[str, Answer]] = [
    ("slope missing", torch.ones_like),
    ("logistic slope", lambda state: state * (1 - state)),
    ("square", lambda state: 1 - state),
    ("square", lambda state: 1 - state.abs()),
    ("tanh again", lambda state: 1 - state.tanh() ** 2),
    ("one slope", lambda state: (1 - state @ state).expand_as(state)),
    ("one slope", lambda state: (1 - state @ state / len(state)).expand_as(state)),
]


def _slope(state: Tensor) -> Tensor:
    return 1 - state**2


def _draw_states(generator: Generator, *shape: int) -> Tensor:
    """Draw results of tanh, from 0.18 to 0.9 in size: where a state is near 0, its slope hides a mistake."""
    numbers = draw(generator, *shape)
    return 0.8 * numbers + 0.1 * numbers.sign()


def _jacobian_with(slope: Answer) -> Answer:
    return lambda hidden_weight, state: slope(state).unsqueeze(1) * hidden_weight


def _rnn_jacobian_cases(generator: Generator) -> Iterator[tuple[str, Inputs]]:
    def case(state: Tensor) -> tuple[str, Inputs]:
        return "Jacobian", {"hidden_weight": draw(generator, len(state), len(state)), "state": state}

    yield case(_draw_states(generator, 2))
    yield case(torch.zeros(2))
    yield case(0.99 * _draw_states(generator, 3).sign())
    yield case(_draw_states(generator, 1))
    yield case(_draw_states(generator, 5))


def _clipped(gradient: Tensor, limit: Tensor) -> Tensor:
    norm = gradient.norm()
    return gradient * limit / norm if norm > limit else gradient


def _clipped_cases(generator: Generator) -> Iterator[tuple[str, Inputs]]:
    def case(hint: str, gradient: Tensor, limit: Tensor) -> tuple[str, Inputs]:
        return hint, {"gradient": gradient, "limit": limit}

    yield case("clip", 10 * draw(generator, 2), draw(generator).abs() / 2)
    yield case("short", draw(generator, 2), 2 + draw(generator).abs())
    yield case("clip", 10 * draw(generator, 1), draw(generator).abs() / 2)
    yield case("zero norm", torch.zeros(3), draw(generator).abs())
    numbers = draw(generator, 12)  # below the limit one by one, and above it together
    yield case("clip", 0.5 * numbers.sign() + 0.1 * numbers, torch.tensor(1.5))
    numbers = draw(generator, 12)  # above the limit only if their sizes are added up
    yield case("short", 0.2 * numbers.sign() + 0.1 * numbers, torch.tensor(1.5))


def _carried_back(carry: Answer) -> Answer:
    """Return the gradients by all states, where a function carries one back from a state to the earlier one.

    It is given U, the gradient g by the later state, that state, and the earlier one.
    """

    def backward(hidden_weight: Tensor, states: Tensor, gradient: Tensor) -> Tensor:
        gradients = [gradient]
        for t in range(len(states) - 1, 0, -1):
            gradients.append(carry(hidden_weight, gradients[-1], states[t], states[t - 1]))
        return torch.stack(gradients[::-1])

    return backward


def _back_with(slope: Answer) -> Answer:
    return _carried_back(lambda U, g, later, earlier: U.t() @ (slope(later) * g))


_backward_through_time = _back_with(_slope)


def _one_step_more(hidden_weight: Tensor, states: Tensor, gradient: Tensor) -> Tensor:
    """Return the gradients with one more row on top, for the state before the first."""
    return _backward_through_time(hidden_weight, torch.cat([states[:1], states]), gradient)


def _in_other_rows(rearrange: Answer) -> Answer:
    return lambda *inputs: rearrange(_backward_through_time(*inputs))


def _backward_through_time_cases(generator: Generator) -> Iterator[tuple[str, Inputs]]:
    def case(hint: str, states: Tensor) -> tuple[str, Inputs]:
        width = states.size(1)
        hidden_weight, gradient = draw(generator, width, width), draw(generator, width)
        return hint, {"hidden_weight": hidden_weight, "states": states, "gradient": gradient}

    yield case("last row", _draw_states(generator, 1, 2))
    yield case("step back", _draw_states(generator, 2, 2))
    yield case("step back", _draw_states(generator, 3, 2))
    yield case("step back", _draw_states(generator, 4, 1))
    yield case("step back", _draw_states(generator, 5, 3))


EXERCISES = {
    "rnn_jacobian": Exercise(
        parts=("matrix",),
        solve=_jacobian_with(_slope),
        cases=_rnn_jacobian_cases,
        mistakes=[
            *((hint, _jacobian_with(slope)) for hint, slope in _WRONG_SLOPES),
            ("columns", lambda hidden_weight, state: hidden_weight * _slope(state)),
            ("transposed", lambda hidden_weight, state: hidden_weight.t() * _slope(state)),
            ("transposed", lambda hidden_weight, state: hidden_weight.t() * _slope(state).unsqueeze(1)),
            ("vector", lambda hidden_weight, state: hidden_weight @ _slope(state)),
            ("vector", lambda hidden_weight, state: _slope(state) @ hidden_weight),
        ],
    ),
    "clipped": Exercise(
        parts=("clipped gradient",),
        solve=_clipped,
        cases=_clipped_cases,
        mistakes=[
            ("not clipped", lambda gradient, limit: gradient),
            ("direction", lambda gradient, limit: gradient.clamp(-limit, limit)),
            ("short", lambda gradient, limit: gradient * limit / gradient.norm()),
            ("unit norm", lambda gradient, limit: gradient / gradient.norm()),
            ("times limit", lambda gradient, limit: gradient * limit),
            ("other norm", lambda gradient, limit: gradient * limit / gradient.abs().max()),
            ("other norm", lambda gradient, limit: gradient * limit / gradient.abs().sum()),
            ("other norm", lambda gradient, limit: gradient * limit / (gradient @ gradient)),
        ],
    ),
    "backward_through_time": Exercise(
        parts=("gradients",),
        solve=_backward_through_time,
        cases=_backward_through_time_cases,
        mistakes=[
            *((hint, _back_with(slope)) for hint, slope in _WRONG_SLOPES),
            ("last row", lambda *inputs: _one_step_more(*inputs)[:-1]),
            ("one row too many", _one_step_more),
            ("every state", _in_other_rows(lambda gradients: gradients[0])),
            ("newest first", _in_other_rows(lambda gradients: gradients.flip(0))),
            ("running sum", _in_other_rows(lambda gradients: gradients.cumsum(0))),
            ("running sum", _in_other_rows(lambda gradients: gradients.flip(0).cumsum(0).flip(0))),
            ("forward weight", _carried_back(lambda U, g, later, earlier: U @ (_slope(later) * g))),
            ("earlier slope", _carried_back(lambda U, g, later, earlier: U.t() @ (_slope(earlier) * g))),
            ("slope after", _carried_back(lambda U, g, later, earlier: _slope(later) * (U.t() @ g))),
            ("slope after", _carried_back(lambda U, g, later, earlier: _slope(earlier) * (U.t() @ g))),
            ("diagonal", _carried_back(lambda U, g, later, earlier: U.diagonal() * _slope(later) * g)),
        ],
    ),
}
