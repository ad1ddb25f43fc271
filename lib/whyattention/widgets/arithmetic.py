"""The arithmetic of the widgets, step for step that of arithmetic.js: a page has no kernel to ask."""

import math
from collections.abc import Sequence


def softmax(
    scores: Sequence[float], mask: Sequence[bool] | None = None, temperature: float = 1.0
) -> list[float]:
    """Softmax weights, α_i = exp(e_i / T) / Σ_j exp(e_j / T) over the words that may be attended.

    Args:
        scores: One score e_i a word.
        mask: True where a word may be attended; all may if left out.
        temperature: T > 0.

    Returns:
        The weights; exactly 0 where masked. They sum to 1.
    """
    mask = [True] * len(scores) if mask is None else mask
    scaled = [score / temperature for score in scores]
    largest = max(value for value, attended in zip(scaled, mask, strict=True) if attended)
    powers = [
        math.exp(value - largest) if attended else 0.0 for value, attended in zip(scaled, mask, strict=True)
    ]
    total = _sum(powers)
    return [power / total for power in powers]


def sum_normalized(scores: Sequence[float], mask: Sequence[bool] | None = None) -> list[float] | None:
    """Each score divided by the sum of the scores that may be attended.

    Args:
        scores: One score a word.
        mask: True where a word may be attended; all may if left out.

    Returns:
        The quotients, 0 where masked; None where the scores cancel, and there is nothing to divide by.
    """
    mask = [True] * len(scores) if mask is None else mask
    attended = [score if on else 0.0 for score, on in zip(scores, mask, strict=True)]
    total = _sum(attended)
    # Scores that cancel leave a rounding error, as 0.1 + 0.2 - 0.3 does: no number to divide by.
    if abs(total) <= 1e-12 * _sum([abs(score) for score in attended]):
        return None
    return [score / total for score in attended]


def weighted_sum(weights: Sequence[float], states: Sequence[Sequence[float]]) -> list[float]:
    """The weighted sum Σ_i α_i h_i.

    Args:
        weights: One weight a word.
        states: One state [x, y] a word.

    Returns:
        The sum [x, y].
    """
    return [
        _sum([weight * state[axis] for weight, state in zip(weights, states, strict=True)]) for axis in (0, 1)
    ]


def _sum(numbers: Sequence[float]) -> float:
    """Added from left to right, as JavaScript does: ``sum`` of newer Pythons compensates."""
    total = 0.0
    for number in numbers:
        total += number
    return total
