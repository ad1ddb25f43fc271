"""The arithmetic of Reach, step for step that of reach_arithmetic.js: one unit, and how far back it feels.

Norms are kept as decimal logarithms: over 200 steps they leave the range of float64.
"""

import math
from collections.abc import Sequence

LIMITS = {"weight": [0, 5], "drive": [0, 3], "forget_bias": [-3, 8], "lag": [1, 200], "limit": [0.01, 1000]}
RNNS = ("linear", "tanh", "logistic")
GATED = ("lstm", "gru")
#: The steepest slope γ of each nonlinearity.
STEEPEST = {"linear": 1.0, "tanh": 1.0, "logistic": 0.25}
#: Under this logarithm a gradient counts as gone; rounding must not decide about 0.1 · 0.1 · 0.1.
GONE, ROUNDING = -3, 1e-12
#: PyTorch's clip_grad_norm_ adds this to the norm that it divides by.
CLIP_EPSILON = 1e-6
#: The signs of the inputs, the last step's first: the binary digits of √3 behind the point, + for 1.
SIGNS = "".join("+" if digit == "1" else "-" for digit in bin(math.isqrt(3 << 2 * LIMITS["lag"][1]))[3:])


def step_factors(
    cell: str, weight: float, drive: float, forget_bias: float, lag: int
) -> tuple[list[float], list[float] | None]:
    """The derivative of each state by the one before, ∂h_t/∂h_{t-1}, or ∂c_t/∂c_{t-1} of the LSTM.

    ::

        linear, tanh, logistic    h_t = φ(w h_{t-1} + x_t)                  factor w φ'
        lstm    c_t = f c_{t-1} + ½ g_t    g_t = tanh(w h_{t-1} + x_t)      h_t = ½ tanh(c_t)    f = σ(b)
        gru     h_t = u h_{t-1} + (1 - u) n_t    n_t = tanh(½ w h_{t-1} + x_t)                   u = σ(b)

    The network starts from states of 0 and reads L inputs of one size, whose signs are fixed. Gates stand
    at their biases: input, output and reset gate at ½.

    Args:
        cell: One of ``RNNS`` or ``GATED``.
        weight: The recurrent weight w ≥ 0, into the candidate where the cell has gates.
        drive: The size of all inputs.
        forget_bias: b, the bias of the gate that keeps: the LSTM's forget gate, the GRU's update gate.
        lag: L, the number of steps.

    Returns:
        The factors of the steps by lag, that of the last step first, of length L; and of a gated cell the
        part of each that is the gate itself, else None.
    """
    kept = _logistic(forget_bias)
    state, factors = 0.0, []
    for t in range(lag):
        x = drive if SIGNS[lag - 1 - t] == "+" else -drive
        if cell == "linear":
            factor = weight
        elif cell == "lstm":
            squashed = math.tanh(state)
            candidate = math.tanh(weight * 0.5 * squashed + x)
            slope = (1 - candidate * candidate) * (1 - squashed * squashed)
            # h_0 is given and does not follow from c_0: in the first step only the gate leads on.
            factor = kept + (0.25 * weight * slope if t else 0)
            state = kept * state + 0.5 * candidate
        elif cell == "gru":
            candidate = math.tanh(0.5 * weight * state + x)
            factor = kept + (1 - kept) * 0.5 * weight * (1 - candidate * candidate)
            state = kept * state + (1 - kept) * candidate
        else:
            total = weight * state + x
            state = math.tanh(total) if cell == "tanh" else _logistic(total)
            factor = weight * (1 - state * state if cell == "tanh" else state * (1 - state))
        factors.append(factor)
    return factors[::-1], [kept] * lag if cell in GATED else None


def log_norms(factors: Sequence[float]) -> list[float]:
    """The decimal logarithms of the products of the first 0, 1, … factors; -inf where one is 0.

    Args:
        factors: One factor a step, by lag.

    Returns:
        One logarithm more than there are factors; 0 at lag 0.
    """
    logs = [0.0]
    for factor in factors:
        logs.append(logs[-1] + (math.log10(factor) if factor > 0 else -math.inf))
    return logs


def first_under(logs: Sequence[float]) -> int | None:
    """The first lag at which less than 10⁻³ is left, or None.

    Args:
        logs: Decimal logarithms by lag.

    Returns:
        The lag.

    >>> first_under(log_norms([0.9] * 100)), first_under(log_norms([0.1] * 4)), first_under([0.0])
    (66, 4, None)
    """
    return next((lag for lag, log in enumerate(logs) if log < GONE - ROUNDING), None)


def clipping(logs: Sequence[float], limit: float) -> tuple[float, float]:
    """What PyTorch's ``clip_grad_norm_`` does to these numbers as one gradient.

    ::

        g ← g · min(1, limit / (‖g‖ + 10⁻⁶))

    Args:
        logs: Decimal logarithms of the numbers.
        limit: The largest norm.

    Returns:
        The norm before, and the factor for all of them.
    """
    largest = max(logs)
    norm = 10**largest * math.sqrt(math.fsum(10 ** (2 * (log - largest)) for log in logs))
    return norm, min(1.0, limit / (norm + CLIP_EPSILON))


def _logistic(number: float) -> float:
    return 1 / (1 + math.exp(-number))
