"""What Curves derives from its measurements, step for step as in curves_arithmetic.js."""

import math
from collections.abc import Sequence


def spread(values: Sequence[Sequence[float]]) -> dict[str, list[float]]:
    """Mean, least and largest over seeds, at each point.

    Args:
        values: One list along x for each seed.

    Returns:
        "mean", "low" and "high", each a list along x.

    >>> spread([[1.0, 0.5], [1.0, 0.0]])
    {'mean': [1.0, 0.25], 'low': [1.0, 0.0], 'high': [1.0, 0.5]}
    """
    points = list(zip(*values, strict=True))
    means = []
    for point in points:
        total = 0.0
        for value in point:  # from left to right, as JavaScript does
            total += value
        means.append(total / len(point))
    return {"mean": means, "low": [min(p) for p in points], "high": [max(p) for p in points]}


def bits_needed(tokens: float, alphabet: int) -> float:
    """Bits in a message of independent, uniform symbols: n · log2(V), equation (2.1) of chapter 2.

    >>> bits_needed(20, 16)
    80.0
    """
    return tokens * math.log2(alphabet)


def bits_at_least(accuracy: float, tokens: float, alphabet: int) -> float:
    """Bits of a message that came back at the least: Fano's bound, equation (2.2) of chapter 2.

    ::

        n · (log2 V + p log2 p + (1 − p) log2 ((1 − p) / (V − 1)))

    The bound curves upward. So with the mean accuracy of all positions in the place of each one's it is
    smaller still, and holds; chapter 6 uses it in the same way, and counts chance and below as nothing.

    Args:
        accuracy: Share p of the tokens that are right, from 0 to 1.
        tokens: Tokens in the message, n.
        alphabet: Different symbols, V, equally likely.

    >>> bits_at_least(1.0, 20, 16), bits_at_least(1 / 16, 20, 16)
    (80.0, 0.0)
    """
    if accuracy <= 1 / alphabet:
        return 0.0
    bits = math.log2(alphabet) + accuracy * math.log2(accuracy)
    if accuracy < 1:
        bits += (1 - accuracy) * math.log2((1 - accuracy) / (alphabet - 1))
    return tokens * bits


def reach(x: Sequence[float], means: Sequence[float], threshold: float) -> float | None:
    """The largest measured x up to which no mean is below the threshold, None if the first one is.

    >>> reach([2, 4, 8], [1.0, 0.95, 0.5], 0.9)
    4
    """
    reached = None
    for at, mean in zip(x, means, strict=True):
        if mean < threshold:
            break
        reached = at
    return reached


def nearest(x: Sequence[float], at: float) -> int:
    """The index of the x that is nearest, the smaller of two.

    >>> nearest([1, 5, 20], 12)
    1
    """
    return min(range(len(x)), key=lambda i: abs(x[i] - at))


def place_labels(wanted: Sequence[float], heights: Sequence[float], low: float, high: float) -> list[float]:
    """Centers of labels, as near to where they are wanted as they can be without overlapping.

    The least sum of squared moves: labels that would overlap form a block, which stands at the mean of what
    its members want.

    Args:
        wanted: The center that each label would like, top down.
        heights: The height of each.
        low: Nothing begins above this.
        high: Nothing ends below this, as far as all of them fit.

    >>> place_labels([10, 10, 40], [10, 10, 10], 0, 100)
    [5.0, 15.0, 40.0]
    """
    order = sorted(range(len(wanted)), key=lambda i: (wanted[i], i))
    offsets: list[float] = []
    for k, i in enumerate(order):
        gap = (heights[order[k - 1]] + heights[i]) / 2 if k else 0.0
        offsets.append(offsets[-1] + gap if k else 0.0)
    blocks: list[list[float]] = []  # sum of what the members want, and how many they are
    for k, i in enumerate(order):
        blocks.append([wanted[i] - offsets[k], 1])
        while len(blocks) > 1 and blocks[-2][0] / blocks[-2][1] >= blocks[-1][0] / blocks[-1][1]:
            total, count = blocks.pop()
            blocks[-1][0] += total
            blocks[-1][1] += count
    places = [0.0] * len(wanted)
    if order:
        least = low + heights[order[0]] / 2
        most = high - heights[order[-1]] / 2 - offsets[-1]
    k = 0
    for total, count in blocks:
        for _ in range(int(count)):
            places[order[k]] = max(least, min(most, total / count)) + offsets[k]
            k += 1
    return places
