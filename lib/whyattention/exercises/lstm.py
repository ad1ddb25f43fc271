"""Exercises on the LSTM, of chapter 4: one step, the forget bias that a lag asks for, and where to write it.

The rows of stacked weights and biases are in PyTorch's order: input, forget, candidate, output.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import torch
from torch import Generator, Tensor

from whyattention.exercises.specification import Answer, Exercise, Inputs, draw

#: From c_{t-1} and the four sums i, f, g, o before any function, to h_t and c_t.
_Cell = Callable[[Tensor, Tensor, Tensor, Tensor, Tensor], tuple[Tensor, Tensor]]


def _step_with(cell: _Cell, bias: bool = True) -> Answer:
    """Return a step whose four sums a function makes into the new states."""

    def step(x: Tensor, h: Tensor, c: Tensor, W: Tensor, U: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
        sums = W @ x + U @ h + (b if bias else 0)
        return cell(c, *sums.chunk(4))

    return step


def _cell(c: Tensor, i: Tensor, f: Tensor, g: Tensor, o: Tensor) -> tuple[Tensor, Tensor]:
    c = f.sigmoid() * c + i.sigmoid() * g.tanh()
    return o.sigmoid() * c.tanh(), c


def _with_old_state(c: Tensor, i: Tensor, f: Tensor, g: Tensor, o: Tensor) -> tuple[Tensor, Tensor]:
    return o.sigmoid() * c.tanh(), _cell(c, i, f, g, o)[1]


def _without_functions(c: Tensor, i: Tensor, f: Tensor, g: Tensor, o: Tensor) -> tuple[Tensor, Tensor]:
    c = f * c + i * g
    return o * c.tanh(), c


def _hidden(output: Callable[[Tensor, Tensor], Tensor]) -> _Cell:
    """Return a cell with the right c_t, whose h_t a function makes of o and c_t."""

    def cell(c: Tensor, i: Tensor, f: Tensor, g: Tensor, o: Tensor) -> tuple[Tensor, Tensor]:
        _, c = _cell(c, i, f, g, o)
        return output(o, c), c

    return cell


def _carried(carry: Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]) -> _Cell:
    """Return a cell whose c_t a function makes of c_{t-1} and the sums i, f and g."""

    def cell(c: Tensor, i: Tensor, f: Tensor, g: Tensor, o: Tensor) -> tuple[Tensor, Tensor]:
        c = carry(c, i, f, g)
        return o.sigmoid() * c.tanh(), c

    return cell


def _swapped(c: Tensor, i: Tensor, f: Tensor, g: Tensor, o: Tensor) -> tuple[Tensor, Tensor]:
    return _cell(c, i, f, g, o)[::-1]


def _mixed_up(x: Tensor, h: Tensor, c: Tensor, W: Tensor, U: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    return _step_with(_cell)(x, c, h, W, U, b)


def _lstm_step_cases(generator: Generator) -> Iterator[tuple[str, Inputs]]:
    def case(width: int, hidden: int, zero: bool = False) -> tuple[str, Inputs]:
        states = [torch.zeros(hidden) if zero else draw(generator, hidden) for _ in range(2)]
        return "LSTM step", {
            "x": draw(generator, width),
            "h": states[0],
            "c": 3 * states[1],
            "W": draw(generator, 4 * hidden, width),
            "U": draw(generator, 4 * hidden, hidden),
            "b": draw(generator, 4 * hidden),
        }

    yield case(1, 1)
    yield case(2, 1, zero=True)
    yield case(1, 2)
    yield case(3, 2)
    yield case(2, 3)


def _kept_half(steps: Tensor) -> Tensor:
    """Return ln(f / (1 - f)) for f^steps = 1/2, without cancellation."""
    log = -math.log(2) / steps  # ln f
    return log - torch.log(-torch.expm1(log))


def _logit(gate: Tensor) -> Tensor:
    return torch.log(gate / (1 - gate))


def _bias_for_half_cases(generator: Generator) -> Iterator[tuple[str, Inputs]]:
    def case(low: int, high: int, count: int) -> tuple[str, Inputs]:
        steps = torch.randperm(high - low, generator=generator)[:count] + low
        return "kept half", {"steps": steps.float()}

    yield "one step", {"steps": torch.ones(1)}
    yield case(3, 9, 1)
    yield case(10, 60, 3)
    yield case(60, 200, 4)


def _written(gate: int, first: float = 1.0, second: float | None = 0.0) -> Answer:
    """Return an answer that writes ``first`` times the value into one gate of the first bias.

    Into the second it writes ``second`` times the value; None writes nothing there.
    """

    def answer(biases: Tensor, value: Tensor) -> Tensor:
        biases = biases.clone()
        blocks = biases.view(2, 4, -1)
        blocks[0, gate] = first * value
        if second is not None:
            blocks[1, gate] = second * value
        return biases

    return answer


def _added(biases: Tensor, value: Tensor) -> Tensor:
    biases = biases.clone()
    biases.view(2, 4, -1)[0, 1] += value
    return biases


def _everywhere(biases: Tensor, value: Tensor) -> Tensor:
    return torch.stack([value.expand_as(biases[0]), torch.zeros_like(biases[1])])


def _every_fourth(biases: Tensor, value: Tensor) -> Tensor:
    biases = biases.clone()
    biases[0, 1::4], biases[1, 1::4] = value, 0
    return biases


def _set_forget_bias_cases(generator: Generator) -> Iterator[tuple[str, Inputs]]:
    for hidden in (1, 2, 3, 5):
        yield "forget block", {"biases": draw(generator, 2, 4 * hidden), "value": 3 + draw(generator)}


EXERCISES: dict[str, Exercise] = {
    "lstm_step": Exercise(
        parts=("hidden state", "cell state"),
        solve=_step_with(_cell),
        cases=_lstm_step_cases,
        mistakes=[
            ("gate order", _step_with(lambda c, i, f, o, g: _cell(c, i, f, g, o))),
            ("gate order", _step_with(lambda c, f, i, g, o: _cell(c, i, f, g, o))),
            ("gate order", _step_with(lambda c, f, i, o, g: _cell(c, i, f, g, o))),
            ("gate order", _step_with(lambda c, i, g, f, o: _cell(c, i, f, g, o))),
            ("gate order", _step_with(lambda c, i, o, f, g: _cell(c, i, f, g, o))),
            ("no gate functions", _step_with(_without_functions)),
            ("candidate tanh", _step_with(_carried(lambda c, i, f, g: f.sigmoid() * c + i.sigmoid() * g))),
            (
                "candidate tanh",
                _step_with(_carried(lambda c, i, f, g: f.sigmoid() * c + i.sigmoid() * g.sigmoid())),
            ),
            (
                "gates are logistic",
                _step_with(_carried(lambda c, i, f, g: f.tanh() * c + i.tanh() * g.tanh())),
            ),
            ("no forget gate", _step_with(_carried(lambda c, i, f, g: c + i.sigmoid() * g.tanh()))),
            (
                "coupled gates",
                _step_with(_carried(lambda c, i, f, g: f.sigmoid() * c + (1 - f.sigmoid()) * g.tanh())),
            ),
            ("no input gate", _step_with(_carried(lambda c, i, f, g: f.sigmoid() * c + g.tanh()))),
            ("no bias", _step_with(_cell, bias=False)),
            ("states mixed up", _mixed_up),
            ("order of states", _step_with(_swapped)),
            ("old cell state", _step_with(_with_old_state)),
            ("state tanh", _step_with(_hidden(lambda o, c: o.sigmoid() * c))),
            ("no output gate", _step_with(_hidden(lambda o, c: c.tanh()))),
            ("gates are logistic", _step_with(_hidden(lambda o, c: o.tanh() * c.tanh()))),
            ("gates are logistic", _step_with(_hidden(lambda o, c: o * c.tanh()))),
        ],
    ),
    "bias_for_half": Exercise(
        parts=("forget bias",),
        solve=_kept_half,
        cases=_bias_for_half_cases,
        mistakes=[
            ("ln L", torch.log),
            ("gate not bias", lambda steps: 0.5 ** (1 / steps)),
            ("one step of decay", lambda steps: _logit(1 - 1 / steps)),
            ("one step of decay", lambda steps: _logit(1 - 0.5 / steps)),
            ("ln of the gate", lambda steps: torch.log(0.5 ** (1 / steps))),
            ("bias sign", lambda steps: -_kept_half(steps)),
            ("half gate", torch.zeros_like),
            ("half to the power", lambda steps: _logit(0.5**steps)),
            ("root", lambda steps: _logit(0.5 / steps)),
            ("base", lambda steps: _kept_half(steps) / math.log(2)),
        ],
    ),
    "set_forget_bias": Exercise(
        parts=("biases",),
        solve=_written(1),
        cases=_set_forget_bias_cases,
        compare=("sum of both", lambda biases: biases.sum(0)),  # any two that add up are right
        mistakes=[
            ("both biases", _written(1, second=1.0)),
            ("hidden bias left", _written(1, second=None)),
            ("hidden bias left", _added),
            *(("other gate", _written(gate, second=second)) for gate in (0, 2, 3) for second in (0, 1, None)),
            ("all gates", _everywhere),
            ("all gates", lambda biases, value: value.expand_as(biases)),
            ("other gates kept", lambda biases, value: _written(1)(torch.zeros_like(biases), value)),
            ("blocks", _every_fourth),
            ("nothing done", lambda biases, value: biases),
        ],
    ),
}
