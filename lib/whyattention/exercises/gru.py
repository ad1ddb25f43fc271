"""Exercises on the GRU, of chapter 5: a step, the two conventions of the update gate, and a fair width.

Weights are stacked in the order reset, update, candidate, as in ``whyattention.cells.GRUCell``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

import torch
from torch import Generator, Tensor

from whyattention.exercises.specification import Answer, Exercise, Inputs, draw

Width = TypeVar("Width", int, Tensor)


def _gru_step(
    inputs: Tensor,
    state: Tensor,
    input_weight: Tensor,
    hidden_weight: Tensor,
    input_bias: Tensor,
    hidden_bias: Tensor,
    reset: str = "after",
    order: str = "run",
    candidate_tanh: Answer = torch.tanh,
) -> Tensor:
    """Take a step; ``order`` names the gates in the order of the rows, and ``reset`` is where r acts."""
    projected = dict(zip(order, (inputs @ input_weight.t() + input_bias).chunk(3, dim=-1), strict=True))
    hidden = dict(zip(order, (state @ hidden_weight.t() + hidden_bias).chunk(3, dim=-1), strict=True))
    r, u = ((projected[gate] + hidden[gate]).sigmoid() for gate in "ru")
    if reset == "after":
        n = projected["n"] + r * hidden["n"]
    elif reset == "product":  # the hidden bias left out of it
        bias = hidden_bias.chunk(3)[order.index("n")]
        n = projected["n"] + r * (hidden["n"] - bias) + bias
    elif reset == "before":
        weight = hidden_weight.chunk(3)[order.index("n")]
        n = projected["n"] + (r * state) @ weight.t() + hidden_bias.chunk(3)[order.index("n")]
    elif reset == "both":
        n = r * (projected["n"] + hidden["n"])
    else:
        n = projected["n"] + hidden["n"]
    return u * state + (1 - u) * candidate_tanh(n)


def _step_with(**changes: object) -> Answer:
    return lambda *inputs: _gru_step(*inputs, **changes)


def _replacing(inputs: Tensor, state: Tensor, *weights: Tensor) -> Tensor:
    """Take a step in which the update gate replaces."""
    input_weight, hidden_weight, input_bias, hidden_bias = map(_to_keeping, weights)
    return _gru_step(inputs, state, input_weight, hidden_weight, input_bias, hidden_bias)


def _biased_with(change: Answer) -> Answer:
    """Return the step with other biases; ``change`` is given both and returns both."""
    return lambda inputs, state, W, U, b, c: _gru_step(inputs, state, W, U, *change(b, c))


def _without_tanh(*inputs: Tensor) -> Tensor:
    return _gru_step(*inputs, candidate_tanh=lambda n: n)


def _logistic_candidate(*inputs: Tensor) -> Tensor:
    return _gru_step(*inputs, candidate_tanh=torch.sigmoid)


def _gru_step_cases(generator: Generator) -> Iterator[tuple[str, Inputs]]:
    def case(batch: int, input_width: int, width: int, **changed: Tensor) -> tuple[str, Inputs]:
        # No gate shall saturate, so numbers are from 0.5 to 1; and where there are many, a report must stay
        # short, so they have one decimal.
        scale = 100 if width == 1 else 10

        def numbers(*shape: int) -> Tensor:
            drawn = draw(generator, *shape)
            return (scale * (drawn + drawn.sign()) / 2).round() / scale

        weights = {
            "inputs": numbers(batch, input_width),
            "state": numbers(batch, width),
            "input_weight": numbers(3 * width, input_width),
            "hidden_weight": numbers(3 * width, width),
            "input_bias": numbers(3 * width),
            "hidden_bias": numbers(3 * width),
        }
        return "GRU step", weights | changed

    # Where the hidden bias is zero, only the next case can tell what r multiplies.
    yield case(1, 1, 1, hidden_bias=torch.zeros(3))
    yield case(1, 1, 1)
    yield case(1, 1, 2)
    yield case(2, 3, 2)
    yield case(2, 2, 3, state=torch.zeros(2, 3))
    yield case(3, 2, 4)


def _to_keeping(stacked: Tensor) -> Tensor:
    r, u, n = stacked.chunk(3)
    return torch.cat([r, -u, n])


def _rows_changed(change: Answer) -> Answer:
    """Return an answer that puts the rows of the three gates through ``change`` and stacks them again."""
    return lambda stacked: torch.cat(change(*stacked.chunk(3)))


def _to_keeping_cases(generator: Generator) -> Iterator[tuple[str, Inputs]]:
    yield "update rows", {"stacked": draw(generator, 3)}
    yield "update rows", {"stacked": draw(generator, 6)}
    yield "update rows", {"stacked": draw(generator, 6, 1)}
    yield "update rows", {"stacked": draw(generator, 6, 3)}
    yield "update rows", {"stacked": draw(generator, 9, 3)}


def _parameters(products: int, input_width: Width, width: Width, biases: int = 2) -> Width:
    return products * width * (input_width + width + biases)


def _matching(input_width: Tensor, lstm_width: Tensor, biases: int = 2, more: int = 0) -> Tensor:
    """Return the widest GRU with at most as many parameters as the LSTM, and as many ``more``."""
    width = lstm_width.clone()
    most = _parameters(4, input_width, lstm_width, biases) + more
    while _parameters(3, input_width, width + 1, biases) <= most:
        width = width + 1
    return width


def _nearest(input_width: Tensor, lstm_width: Tensor) -> Tensor:
    """Return the width whose parameters are the nearest, be they more or fewer."""
    below = _matching(input_width, lstm_width)
    most = _parameters(4, input_width, lstm_width)
    under = most - _parameters(3, input_width, below)
    over = _parameters(3, input_width, below + 1) - most
    return below + 1 if over < under else below


def _scaled(factor: float, rounding: Answer) -> Answer:
    return lambda input_width, lstm_width: rounding(lstm_width * factor).long()


def _matching_gru_width_cases(generator: Generator) -> Iterator[tuple[str, Inputs]]:
    def case(input_width: int, lstm_width: int) -> tuple[str, Inputs]:
        widths = {"input_width": torch.tensor(input_width), "lstm_width": torch.tensor(lstm_width)}
        return "width", widths

    def drawn(least: int, most: int) -> int:
        return int(torch.randint(least, most, (), generator=generator))

    yield case(64, 64)
    yield case(32, 64)  # here, and rarely elsewhere, a bias that is left out makes a difference
    yield case(32, 32)
    yield case(1, 1)
    yield "equally many", case(*_equally_many(generator))[1]
    yield case(drawn(100, 200), drawn(20, 60))
    yield case(drawn(4, 20), drawn(100, 200))


def _equally_many(generator: Generator) -> tuple[int, int]:
    """Draw an input and an LSTM width for which some GRU has exactly as many parameters."""
    found = []
    for input_width in range(1, 60):
        sizes = {_parameters(3, input_width, width) for width in range(1, 90)}
        found += [
            (input_width, width) for width in range(4, 60) if _parameters(4, input_width, width) in sizes
        ]
    return found[int(torch.randint(len(found), (), generator=generator))]


EXERCISES: dict[str, Exercise] = {
    "gru_step": Exercise(
        parts=("next state",),
        solve=_gru_step,
        cases=_gru_step_cases,
        mistakes=[
            ("GRU step", lambda inputs, state, *weights: state),
            ("reset product", _step_with(reset="before")),
            ("reset product", _step_with(reset="product")),
            ("reset all", _step_with(reset="both")),
            ("no reset", _step_with(reset="none")),
            ("replaces", _replacing),
            ("rows of gates", _step_with(order="urn")),
            ("rows of gates", _step_with(order="nru")),
            ("rows of gates", _step_with(order="nur")),
            ("rows of gates", _step_with(order="rnu")),
            ("rows of gates", _step_with(order="unr")),
            ("new through tanh", _without_tanh),
            ("new through tanh", _logistic_candidate),
            ("bias missing", _biased_with(lambda b, c: (b, torch.zeros_like(c)))),
            ("bias missing", _biased_with(lambda b, c: (torch.zeros_like(b), c))),
            ("bias missing", _biased_with(lambda b, c: (torch.zeros_like(b), torch.zeros_like(c)))),
            ("reset product", _biased_with(lambda b, c: (b + c, torch.zeros_like(c)))),
            ("reset all", _biased_with(lambda b, c: (torch.zeros_like(b), b + c))),
        ],
    ),
    "to_keeping_convention": Exercise(
        parts=("converted rows",),
        solve=_to_keeping,
        cases=_to_keeping_cases,
        mistakes=[
            ("nothing done", lambda stacked: stacked),
            ("one minus weights", _rows_changed(lambda r, u, n: (r, 1 - u, n))),
            ("all rows", lambda stacked: -stacked),
            ("reset rows", _rows_changed(lambda r, u, n: (-r, u, n))),
            ("candidate rows", _rows_changed(lambda r, u, n: (r, u, -n))),
            ("candidate rows", _rows_changed(lambda r, u, n: (r, -u, -n))),
            ("both gates", _rows_changed(lambda r, u, n: (-r, -u, n))),
            ("rows moved", _rows_changed(lambda r, u, n: (u, r, n))),
            ("rows moved", _rows_changed(lambda r, u, n: (-u, r, n))),
            ("rows moved", _rows_changed(lambda r, u, n: (r, n, u))),
            ("update alone", lambda stacked: -stacked.chunk(3)[1]),
        ],
    ),
    "matching_gru_width": Exercise(
        parts=("matching width",),
        solve=_matching,
        cases=_matching_gru_width_cases,
        mistakes=[
            ("no more", lambda input_width, lstm_width: _matching(input_width, lstm_width) + 1),
            ("no more", _nearest),
            ("not the widest", lambda input_width, lstm_width: _matching(input_width, lstm_width) - 1),
            ("equally many", lambda input_width, lstm_width: _matching(input_width, lstm_width, more=-1)),
            ("same width", lambda input_width, lstm_width: lstm_width),
            ("one bias", lambda input_width, lstm_width: _matching(input_width, lstm_width, biases=1)),
            ("one bias", lambda input_width, lstm_width: _matching(input_width, lstm_width, biases=0)),
            ("four thirds", _scaled(4 / 3, torch.floor)),
            ("four thirds", _scaled(4 / 3, torch.round)),
            ("root of four thirds", _scaled((4 / 3) ** 0.5, torch.floor)),
            ("root of four thirds", _scaled((4 / 3) ** 0.5, torch.round)),
            ("three quarters", _scaled(3 / 4, torch.floor)),
        ],
    ),
}
