"""The adding problem: add two marked numbers out of a long sequence of numbers."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from whyattention.batches import length_mask

#: An answer is right if its absolute error is below this.
ADDING_TOLERANCE = 0.04
#: The first ten pairs, where X1 may be, then leave out the last.
SHORTEST_LENGTH = 12


@dataclass(frozen=True, eq=False)
class AddingBatch:
    """Sequences of the adding problem; ``adding_problem`` draws them.

    Args:
        inputs: Pairs of a number and a mark, of shape (batch, steps, 2); padding is zero.
        lengths: Real pairs of each sequence, of shape (batch,).
        targets: What is to be answered after the last pair, from 0 to 1, of shape (batch,).
    """

    inputs: Float[Tensor, "batch steps 2"]
    lengths: Int[Tensor, " batch"]
    targets: Float[Tensor, " batch"]

    @property
    def mask(self) -> Bool[Tensor, "batch steps"]:
        """True where a pair is real."""
        return length_mask(self.lengths, self.inputs.size(1))

    def to(self, device: torch.device | str) -> AddingBatch:
        """Return the batch on ``device``."""
        return replace(
            self,
            inputs=self.inputs.to(device),
            lengths=self.lengths.to(device),
            targets=self.targets.to(device),
        )

    def __len__(self) -> int:
        """Return the number of sequences."""
        return self.inputs.size(0)


def adding_problem(count: int, length: int, *, generator: torch.Generator) -> AddingBatch:
    """Draw sequences of numbers, two of them marked; the answer is their sum, scaled to 0 … 1.

    ::

        target = 0.5 + (X1 + X2) / 4        X1, X2 uniform from -1 to 1

    The mark of X1 is on one of the first ten pairs, that of X2 on another one of the first length/2 - 1. A
    mark is 1, no mark 0; the first and the last pair have -1. If the first pair is chosen, its number becomes
    0 and its -1 stays.

    Args:
        count: Sequences in the batch.
        length: Shortest length, at least 12; each is drawn from ``length`` to ``length + length // 10``.
        generator: Source of the random numbers.

    Returns:
        The batch.

    Raises:
        TypeError: ``generator`` is not a ``torch.Generator``.
        ValueError: ``count`` is below one or ``length`` below 12.

    Source:
        Hochreiter and Schmidhuber 1997, "LSTM can solve hard long time lag problems" (NIPS 9), experiment 1.

    Differs from the paper:
        It sets X1 to zero if the first pair is chosen, and leaves open what happens if it is chosen for X2
        and which mark it bears: here both are treated alike.

    Taught in:
        Chapter 4.
    """
    if count < 1:
        raise ValueError(f"count must be at least 1, got {count}")
    _require_length(length)
    if not isinstance(generator, torch.Generator):
        raise TypeError(f"generator must be a torch.Generator, got {type(generator).__name__}")
    lengths = torch.randint(length, length + length // 10 + 1, (count,), generator=generator)
    rows = torch.arange(count)
    inputs = torch.zeros(count, int(lengths.max()), 2)
    inputs[..., 0] = torch.rand(inputs.shape[:2], generator=generator) * 2 - 1
    first = torch.randint(10, (count,), generator=generator)
    # X2's place is drawn among the unmarked ones: from the first mark on, each is one further.
    half = lengths // 2 - 1
    candidates = half - (first < half).long()
    second = (torch.rand(count, generator=generator) * candidates).long()
    second += (second >= first).long()
    inputs[rows, first, 1] = 1
    inputs[rows, second, 1] = 1
    inputs[rows[(first == 0) | (second == 0)], 0, 0] = 0
    targets = 0.5 + (inputs[rows, first, 0] + inputs[rows, second, 0]) / 4
    inputs[:, 0, 1] = -1
    inputs[rows, lengths - 1, 1] = -1
    return AddingBatch(inputs * length_mask(lengths, inputs.size(1)).unsqueeze(-1), lengths, targets)


def adding_accuracy(answers: Float[Tensor, " batch"], targets: Float[Tensor, " batch"]) -> float:
    """Return the share of answers whose absolute error is below 0.04.

    Args:
        answers: A number for each sequence, of shape (batch,).
        targets: The right numbers, of shape (batch,).

    Raises:
        ValueError: The shapes differ.

    Source:
        Hochreiter and Schmidhuber 1997, as ``adding_problem``.

    Example:
        >>> adding_accuracy(torch.tensor([0.53, 0.55]), torch.tensor([0.5, 0.5]))
        0.5
    """
    if answers.shape != targets.shape:
        raise ValueError(
            f"answers must have the shape of targets, {tuple(targets.shape)}, got {tuple(answers.shape)}"
        )
    return ((answers - targets).abs() < ADDING_TOLERANCE).double().mean().item()


def adding_chance_rate(length: int) -> float:
    """Return the accuracy of the best constant answer to the adding problem, 0.5: computed, not drawn.

    The sum of two numbers uniform from -1 to 1 is within ±z of zero with probability 1 - (1 - z/2)², one
    number alone with probability z; here z = 4 · 0.04.

    Args:
        length: As for ``adding_problem``. It matters a little: in a short sequence the first pair, which
            counts as zero, is chosen more often.

    Returns:
        The probability that ``|target - 0.5|`` < 0.04, over sequences of exactly ``length`` pairs.

    Raises:
        ValueError: ``length`` is below 12.

    Taught in:
        Chapter 4.

    Example:
        >>> round(adding_chance_rate(100), 3)
        0.154
    """
    _require_length(length)
    reach = 4 * ADDING_TOLERANCE
    half = length // 2 - 1
    # The first pair is chosen first, or second among what the first choice has left of the half.
    second = sum(1 / (half - (first < half)) for first in range(1, 10))
    zeroed = (1 + second) / 10
    return (1 - zeroed) * (1 - (1 - reach / 2) ** 2) + zeroed * reach


def _require_length(length: int) -> None:
    if length < SHORTEST_LENGTH:
        raise ValueError(f"length must be at least {SHORTEST_LENGTH}, got {length}")
