"""Draws: the values that a check draws anew each time it runs, so that no output can be learned by heart."""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from typing import TypeVar

import torch
from torch import Generator, Tensor

Thing = TypeVar("Thing")
#: Set before the kernel starts, it makes every check draw what a failure has reported.
VARIABLE = "WHYATTENTION_SEED"
# Read once, before any answer runs: an answer must not choose what it is asked.
_SEED = os.environ.get(VARIABLE)


class Draw:
    """Draws values for one run of a check, from a seed that the operating system gives.

    A failed check reports the seed. With it in the environment variable ``WHYATTENTION_SEED``, set before the
    kernel starts, every check draws the same again.

    Args:
        seed: Seed, or None for a new one.

    Example:
        >>> draw = Draw(seed=3)
        >>> draw.normal(2, 3).shape, 2 <= draw.integer(2, 5) <= 5
        (torch.Size([2, 3]), True)
    """

    def __init__(self, seed: int | None = None) -> None:
        if seed is None:
            seed = int(_SEED) if _SEED else secrets.randbelow(2**32)
        self.seed = seed
        self._generator = Generator().manual_seed(seed)

    def normal(self, *shape: int) -> Tensor:
        """Return normal numbers of mean 0 and variance 1."""
        return torch.randn(*shape, generator=self._generator)

    def uniform(self, low: float, high: float, *shape: int) -> Tensor:
        """Return numbers between ``low`` and ``high``; without a shape, a tensor of one number."""
        return low + (high - low) * torch.rand(*shape, generator=self._generator)

    def number(self, low: float, high: float) -> float:
        """Return a number between ``low`` and ``high``."""
        return low + (high - low) * torch.rand((), generator=self._generator).item()

    def integer(self, low: int, high: int) -> int:
        """Return a whole number from ``low`` to ``high``, both included."""
        return int(torch.randint(low, high + 1, (), generator=self._generator))

    def integers(self, low: int, high: int, *shape: int) -> Tensor:
        """Return whole numbers from ``low`` to ``high``, both included."""
        return torch.randint(low, high + 1, shape, generator=self._generator)

    def lengths(self, batch: int, longest: int) -> Tensor:
        """Return lengths of sequences from 1 to ``longest``; one of them is the longest."""
        lengths = self.integers(1, longest, batch)
        lengths[self.integer(0, batch - 1)] = longest
        return lengths

    def shuffled(self, things: Sequence[Thing]) -> list[Thing]:
        """Return the things in a drawn order."""
        order = torch.randperm(len(things), generator=self._generator).tolist()
        return [things[i] for i in order]

    def one_of(self, things: Sequence[Thing]) -> Thing:
        """Return one of the things."""
        return things[self.integer(0, len(things) - 1)]
