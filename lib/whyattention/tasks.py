"""Synthetic tasks that ask one thing of a network: to remember much, to remember long, or both.

- ``copy`` and ``reverse``: say the sequence again, forward or backward. The *load* grows with the length.
- ``delayed_copy``: K symbols to keep, D distractors to sit through. *Load* and *lag* apart.
- ``first_symbol``: keep one symbol, over a sequence of symbols like it. Lag alone.
- ``adding_problem``: add two marked numbers out of a long sequence. Lag alone, and numbers, not symbols; its
  parts are in ``whyattention.adding``.

Symbols are drawn independently and uniformly, so that a symbol of an alphabet of V takes log2(V) bits, and
guessing is right one time in V. They are numbered from ``FIRST_TOKEN`` on; ``vocabulary_size`` says how many
numbers a model must know. Each task takes a ``torch.Generator``: the same seed gives the same batch.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from whyattention.adding import AddingBatch, adding_accuracy, adding_chance_rate, adding_problem
from whyattention.batches import EOS, FIRST_TOKEN, PAD, Alignment, Batch, length_mask

__all__ = [
    "AddingBatch",
    "adding_accuracy",
    "adding_chance_rate",
    "adding_problem",
    "copy",
    "delayed_copy",
    "first_symbol",
    "reverse",
    "vocabulary_size",
]


def vocabulary_size(alphabet: int, distractors: int = 0) -> int:
    """Return how many token numbers a task uses, the four special ones included.

    Example:
        >>> vocabulary_size(alphabet=16)
        20
    """
    return FIRST_TOKEN + alphabet + distractors


def copy(
    count: int, min_length: int, max_length: int, alphabet: int = 16, *, generator: torch.Generator
) -> Batch:
    """Draw sequences to be said again in the same order.

    Args:
        count: Sequences in the batch.
        min_length: Fewest symbols; each length up to ``max_length`` is as likely as another.
        max_length: Most symbols.
        alphabet: Different symbols.
        generator: Source of the random numbers.

    Returns:
        The batch. Target position t is linked to source position t.

    Raises:
        TypeError: ``generator`` is not a ``torch.Generator``.
        ValueError: A size is below one, or the lengths are out of order.

    Taught in:
        Chapter 2.

    Example:
        >>> batch = copy(count=1, min_length=3, max_length=3, generator=torch.Generator().manual_seed(0))
        >>> batch.source
        tensor([[19,  9,  4]])
        >>> batch.target
        tensor([[19,  9,  4,  2]])
    """
    source, lengths = _draw_sequences(count, min_length, max_length, alphabet, generator)
    return _make_batch(source, lengths, source, lengths, lambda length: {(t, t) for t in range(length)})


def reverse(
    count: int, min_length: int, max_length: int, alphabet: int = 16, *, generator: torch.Generator
) -> Batch:
    """Draw sequences to be said again from the last symbol to the first.

    Not to be confused with ``batches.reverse_sources``, which turns the source of any batch around.

    Args:
        count: Sequences in the batch.
        min_length: Fewest symbols; each length up to ``max_length`` is as likely as another.
        max_length: Most symbols.
        alphabet: Different symbols.
        generator: Source of the random numbers.

    Returns:
        The batch. Target position t is linked to the source position as far from the end.

    Raises:
        TypeError: ``generator`` is not a ``torch.Generator``.
        ValueError: A size is below one, or the lengths are out of order.

    Taught in:
        Chapter 2.
    """
    source, lengths = _draw_sequences(count, min_length, max_length, alphabet, generator)
    steps = torch.arange(source.size(1))
    mirrored = (lengths.unsqueeze(1) - 1 - steps).clamp(min=0)
    target = source.gather(1, mirrored)
    return _make_batch(
        source, lengths, target, lengths, lambda length: {(length - 1 - t, t) for t in range(length)}
    )


def delayed_copy(
    count: int,
    load: int,
    lag: int,
    alphabet: int = 16,
    distractors: int = 4,
    *,
    generator: torch.Generator,
) -> Batch:
    """Draw sequences of which the first ``load`` symbols are to be said again after ``lag`` distractors.

    There is no cue in the source: the symbols come first, and distractors are symbols of their own, drawn
    anew at each step. What tells the network to answer is ``BOS``, the first input of its decoder. From the
    step that reads a symbol to the step that says it again lie always ``load + lag`` steps.

    Args:
        count: Sequences in the batch.
        load: Symbols to remember, K.
        lag: Distractors after them, D; may be 0.
        alphabet: Different symbols to remember, numbered from ``FIRST_TOKEN`` on.
        distractors: Different distractors, numbered behind the symbols.
        generator: Source of the random numbers.

    Returns:
        The batch: sources of ``load + lag`` tokens, targets of ``load``, position t linked to position t.

    Raises:
        TypeError: ``generator`` is not a ``torch.Generator``.
        ValueError: ``lag`` is negative, or another size below one.

    Taught in:
        Chapter 6; with attention in chapter 8.

    Differs from the paper:
        The copying memory problem of Arjovsky et al. 2016 fills the delay with one blank and ends it with a
        cue in the input: its network has no decoder.
    """
    if lag < 0:
        raise ValueError(f"lag must be at least 0, got {lag}")
    _require_sizes(distractors=distractors)
    symbols, lengths = _draw_sequences(count, load, load, alphabet, generator, names=("load", "load"))
    low = FIRST_TOKEN + alphabet
    delay = torch.randint(low, low + distractors, (count, lag), generator=generator)
    source = torch.cat([symbols, delay], dim=1)
    return _make_batch(
        source, lengths + lag, symbols, lengths, lambda length: {(t, t) for t in range(length - lag)}
    )


def first_symbol(
    count: int, min_length: int, max_length: int, alphabet: int = 16, *, generator: torch.Generator
) -> Batch:
    """Draw sequences of which only the first symbol is to be said again.

    The others are of the same alphabet, so that nothing but its position tells the first.

    Args:
        count: Sequences in the batch.
        min_length: Fewest symbols; each length up to ``max_length`` is as likely as another.
        max_length: Most symbols.
        alphabet: Different symbols.
        generator: Source of the random numbers.

    Returns:
        The batch; each target is one symbol, linked to source position 0.

    Raises:
        TypeError: ``generator`` is not a ``torch.Generator``.
        ValueError: A size is below one, or the lengths are out of order.

    Taught in:
        Chapter 3; with gates in chapter 4.
    """
    source, lengths = _draw_sequences(count, min_length, max_length, alphabet, generator)
    return _make_batch(source, lengths, source[:, :1], torch.ones_like(lengths), lambda _: {(0, 0)})


def _draw_sequences(
    count: int,
    min_length: int,
    max_length: int,
    alphabet: int,
    generator: torch.Generator,
    names: tuple[str, str] = ("min_length", "max_length"),
) -> tuple[Tensor, Tensor]:
    """Draw symbols of shape (count, longest), padded, and their lengths."""
    _require_sizes(**{"count": count, names[0]: min_length, names[1]: max_length, "alphabet": alphabet})
    _require_generator(generator)
    if min_length > max_length:
        raise ValueError(f"min_length must be at most max_length, {max_length}, got {min_length}")
    lengths = torch.randint(min_length, max_length + 1, (count,), generator=generator)
    shape = (count, int(lengths.max()))
    symbols = torch.randint(FIRST_TOKEN, FIRST_TOKEN + alphabet, shape, generator=generator)
    return symbols.masked_fill(~length_mask(lengths, shape[1]), PAD), lengths


def _make_batch(
    source: Tensor,
    source_lengths: Tensor,
    target: Tensor,
    target_lengths: Tensor,
    link: Callable[[int], set[tuple[int, int]]],
) -> Batch:
    """End the targets with ``EOS`` and link each pair by the length of its source."""
    target = torch.nn.functional.pad(target, (0, 1), value=PAD)
    steps = torch.arange(target.size(1))
    ends = target_lengths.unsqueeze(1)
    target = target.masked_fill(steps > ends, PAD).masked_fill(steps == ends, EOS)
    lengths = source_lengths.tolist()
    links: dict[int, Alignment] = {length: frozenset(link(length)) for length in set(lengths)}
    alignments = tuple(links[length] for length in lengths)
    return Batch(source, source_lengths, target, target_lengths + 1, alignments)


def _require_sizes(**sizes: int) -> None:
    for name, size in sizes.items():
        if size < 1:
            raise ValueError(f"{name} must be at least 1, got {size}")


def _require_generator(generator: torch.Generator) -> None:
    if not isinstance(generator, torch.Generator):
        raise TypeError(f"generator must be a torch.Generator, got {type(generator).__name__}")
