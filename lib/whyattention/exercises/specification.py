"""What an exercise is: a right answer, cases, and the mistakes that are likely.

The inputs of cases are drawn anew at each check, so that no answer can be learned by heart.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Generator, Tensor

from whyattention.batches import EOS, FIRST_TOKEN, PAD

Inputs = dict[str, Tensor]
Answer = Callable[..., Any]


@dataclass(frozen=True)
class Exercise:
    """The specification of an exercise; all its words are names in ``MESSAGES``.

    Attributes:
        parts: What an answer returns: one name for a tensor, several for a tuple of tensors.
        solve: A right answer.
        cases: Yields the cases, the simplest first: a hint, and the inputs by name in the order of the call.
        mistakes: The likely mistakes: a hint, and a function that makes the mistake. It runs on every case.
        compare: What is compared of an answer's tensors, by the name it is shown under; where it is left out,
            the tensors themselves.
        exact_zeros: True where a zero is the share of something masked, and almost zero is wrong.
    """

    parts: tuple[str, ...]
    solve: Answer
    cases: Callable[[Generator], Iterator[tuple[str, Inputs]]]
    mistakes: list[tuple[str, Answer]]
    compare: tuple[str, Callable[[Tensor], Tensor]] | None = None
    exact_zeros: bool = False


def draw(generator: Generator, *shape: int) -> Tensor:
    """Draw numbers of two decimals, positive or negative, of sizes that all differ, from 0.1 to about 1."""
    count = math.prod(shape)
    sizes = torch.randperm(max(count, 91), generator=generator)[:count] + 10
    signs = torch.randint(2, (count,), generator=generator) * 2 - 1
    return (sizes * signs / 100).reshape(shape)


def draw_words(generator: Generator, count: int, symbols: int = 20) -> list[int]:
    """Draw the numbers of words that all differ; a vocabulary of so many symbols has four numbers more."""
    return (torch.randperm(symbols, generator=generator)[:count] + FIRST_TOKEN).tolist()


def draw_target(generator: Generator, count: int, symbols: int = 20) -> list[int]:
    """Draw a target of so many tokens, the last of which is the end of the sentence."""
    return [*draw_words(generator, count - 1, symbols), EOS]


def padded(rows: list[list[int]], steps: int) -> Tensor:
    """Return rows of token numbers as a tensor of so many steps."""
    return torch.tensor([row + [PAD] * (steps - len(row)) for row in rows])
