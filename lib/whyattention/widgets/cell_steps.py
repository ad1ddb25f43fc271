"""The steps of a one-unit LSTM or GRU and the derivative back through them, as in cell_steps.js."""

import math
from collections.abc import Mapping, Sequence

Weights = Mapping[str, Sequence[float]]


def unrolled(kind: str, inputs: Sequence[float], weights: Weights) -> dict[str, list[float]]:
    """Every gate, candidate and state of a cell of one unit that starts from zeros.

    ::

        i, f, o = σ(W x_t + U h_{t-1} + b)       g = tanh(W x_t + U h_{t-1} + b)         "lstm"
        c_t = f c_{t-1} + i g                    h_t = o tanh(c_t)

        r, u = σ(W x_t + U h_{t-1} + b)          n = tanh(W x_t + b + r (U h_{t-1} + b'))  "gru"
        h_t = u h_{t-1} + (1 - u) n

    Args:
        kind: "lstm" or "gru".
        inputs: x_1 … x_L, one number a step.
        weights: [W, U, b] by gate; of a GRU's candidate [W, U, b, b'].

    Returns:
        A list of L numbers for each of i, f, g, o, c, h or of r, u, n, h.
    """
    return _lstm(inputs, weights) if kind == "lstm" else _gru(inputs, weights)


def derivatives(
    kind: str, weights: Weights, quantities: Mapping[str, Sequence[float]]
) -> tuple[list[float], list[float]]:
    """The derivative of the last state by the state after each step: ∂c_L/∂c_t, of a GRU ∂h_L/∂h_t.

    Args:
        kind: "lstm" or "gru".
        weights: As in :func:`unrolled`.
        quantities: What :func:`unrolled` returns.

    Returns:
        Two lists of L numbers, the last of each 1: on the direct path alone, the product of the later forget
        or update gates; and on all paths.
    """
    keeping = quantities["f" if kind == "lstm" else "u"]
    direct = [1.0] * len(keeping)
    for t in range(len(keeping) - 2, -1, -1):
        direct[t] = direct[t + 1] * keeping[t + 1]
    everything = _lstm_back(weights, quantities) if kind == "lstm" else _gru_back(weights, quantities)
    return direct, everything


def sigmoid(x: float) -> float:
    """The logistic function, 1 / (1 + exp(-x)), without overflow."""
    if x >= 0:
        return 1 / (1 + math.exp(-x))
    power = math.exp(x)
    return power / (1 + power)


def _lstm(inputs: Sequence[float], weights: Weights) -> dict[str, list[float]]:
    taken: dict[str, list[float]] = {name: [] for name in "ifgoch"}
    c = h = 0.0
    for x in inputs:
        i, f, g, o = (W * x + U * h + b for W, U, b in (weights[gate] for gate in "ifgo"))
        i, f, g, o = sigmoid(i), sigmoid(f), math.tanh(g), sigmoid(o)
        c = f * c + i * g
        h = o * math.tanh(c)
        for name, number in zip(taken, (i, f, g, o, c, h), strict=True):
            taken[name].append(number)
    return taken


def _gru(inputs: Sequence[float], weights: Weights) -> dict[str, list[float]]:
    taken: dict[str, list[float]] = {name: [] for name in "runh"}
    h = 0.0
    for x in inputs:
        r, u = (sigmoid(W * x + U * h + b) for W, U, b in (weights["r"], weights["u"]))
        W, U, b, hidden_bias = weights["n"]
        n = math.tanh(W * x + b + r * (U * h + hidden_bias))
        h = u * h + (1 - u) * n
        for name, number in zip(taken, (r, u, n, h), strict=True):
            taken[name].append(number)
    return taken


def _lstm_back(weights: Weights, quantities: Mapping[str, Sequence[float]]) -> list[float]:
    i, f, g, o, c = (quantities[name] for name in "ifgoc")
    U = {gate: weights[gate][1] for gate in "ifgo"}
    back = [1.0] * len(c)
    to_h = 0.0  # the derivative of c_L by h_t, c_t held
    for t in range(len(c) - 1, 0, -1):
        to_h = (
            back[t] * c[t - 1] * f[t] * (1 - f[t]) * U["f"]
            + back[t] * g[t] * i[t] * (1 - i[t]) * U["i"]
            + back[t] * i[t] * (1 - g[t] ** 2) * U["g"]
            + to_h * math.tanh(c[t]) * o[t] * (1 - o[t]) * U["o"]
        )
        back[t - 1] = back[t] * f[t] + to_h * o[t - 1] * (1 - math.tanh(c[t - 1]) ** 2)
    return back


def _gru_back(weights: Weights, quantities: Mapping[str, Sequence[float]]) -> list[float]:
    r, u, n, h = (quantities[name] for name in "runh")
    _, U_n, _, hidden_bias = weights["n"]
    back = [1.0] * len(h)
    for t in range(len(h) - 1, 0, -1):
        candidate = (1 - n[t] ** 2) * (
            r[t] * U_n + r[t] * (1 - r[t]) * weights["r"][1] * (U_n * h[t - 1] + hidden_bias)
        )
        update = u[t] * (1 - u[t]) * weights["u"][1]
        back[t - 1] = back[t] * (u[t] + (h[t - 1] - n[t]) * update + (1 - u[t]) * candidate)
    return back
