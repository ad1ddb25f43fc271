"""A batch of sequence pairs: token numbers, padding, lengths, and gold alignments where they are known.

The conventions of every model, task and metric of the book:

- Batch first. A sequence is padded behind its end with ``PAD``; a mask is True where a token is real.
- A source holds its tokens alone. A target ends with ``EOS``, which its length counts.
- A decoder reads ``target_inputs`` and predicts ``target``: the same tokens, one step later.
- An alignment is a set of links (source position, target position), both counted from 0. ``EOS`` is never
  linked, and a word without a counterpart has no link.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import torch
from jaxtyping import Bool, Int
from torch import Tensor

#: The first four numbers of every vocabulary: padding, begin of sentence, end of sentence, unknown word.
PAD, BOS, EOS, UNK = 0, 1, 2, 3
#: The number of the first ordinary token.
FIRST_TOKEN = 4

Alignment = frozenset[tuple[int, int]]


@dataclass(frozen=True, eq=False)
class Batch:
    """Pairs of sequences, padded to one length on each side; ``make_batch`` makes one from lists.

    Args:
        source: Token numbers, of shape (batch, source_steps), padded with ``PAD``.
        source_lengths: Real tokens of each source, of shape (batch,).
        target: Token numbers, of shape (batch, target_steps): each row ends with ``EOS``, then ``PAD``.
        target_lengths: Real tokens of each target, of shape (batch,); ``EOS`` is counted.
        alignments: Gold links of each pair, or None where they are not known.

    Taught in:
        Chapter 1.
    """

    source: Int[Tensor, "batch source_steps"]
    source_lengths: Int[Tensor, " batch"]
    target: Int[Tensor, "batch target_steps"]
    target_lengths: Int[Tensor, " batch"]
    alignments: tuple[Alignment, ...] | None = None

    @property
    def source_mask(self) -> Bool[Tensor, "batch source_steps"]:
        """True where a source token is real."""
        return length_mask(self.source_lengths, self.source.size(1))

    @property
    def target_mask(self) -> Bool[Tensor, "batch target_steps"]:
        """True where a target token is real; ``EOS`` is."""
        return length_mask(self.target_lengths, self.target.size(1))

    @property
    def target_inputs(self) -> Int[Tensor, "batch target_steps"]:
        """What a decoder reads under teacher forcing: ``BOS``, then the target without its ``EOS``."""
        shifted = self.target.roll(1, dims=1)
        shifted[:, 0] = BOS
        # One step later, the EOS of a short row lies behind that row's end.
        return shifted.masked_fill(~self.target_mask, PAD)

    def to(self, device: torch.device | str) -> Batch:
        """Return the batch with its tensors on ``device``."""
        return replace(
            self,
            source=self.source.to(device),
            source_lengths=self.source_lengths.to(device),
            target=self.target.to(device),
            target_lengths=self.target_lengths.to(device),
        )

    def __len__(self) -> int:
        """Return the number of pairs."""
        return self.source.size(0)


def length_mask(lengths: Int[Tensor, " batch"], steps: int) -> Bool[Tensor, "batch steps"]:
    """Return a mask that is True at the first ``lengths[b]`` of ``steps`` positions of row b.

    Example:
        >>> length_mask(torch.tensor([1, 3]), steps=3)
        tensor([[ True, False, False],
                [ True,  True,  True]])
    """
    return torch.arange(steps, device=lengths.device) < lengths.unsqueeze(1)


def make_batch(
    sources: Sequence[Sequence[int]],
    targets: Sequence[Sequence[int]],
    alignments: Iterable[Iterable[tuple[int, int]]] | None = None,
) -> Batch:
    """Pad lists of token numbers to a batch, and end each target with ``EOS``.

    Args:
        sources: For each pair the source's token numbers, at least one, without ``PAD``, ``BOS`` and ``EOS``.
        targets: For each pair the target's token numbers, likewise; a target may be empty.
        alignments: For each pair its links (source position, target position).

    Returns:
        The batch, on the CPU, in the order of the lists.

    Raises:
        TypeError: A token is not an integer.
        ValueError: There is no pair; the lists differ in length; a source is empty; a token is negative or
            marks padding, begin or end; a link points outside of its pair.

    Taught in:
        Chapter 1.

    Example:
        >>> batch = make_batch([[7, 8, 9], [5]], [[6, 4], [7]])
        >>> batch.source
        tensor([[7, 8, 9],
                [5, 0, 0]])
        >>> batch.target
        tensor([[6, 4, 2],
                [7, 2, 0]])
        >>> batch.target_inputs
        tensor([[1, 6, 4],
                [1, 7, 0]])
    """
    if len(sources) == 0 or len(sources) != len(targets):
        got = f"{len(sources)} sources and {len(targets)} targets"
        raise ValueError(f"sources and targets must be equally many, at least one each, got {got}")
    for name, rows in (("sources", sources), ("targets", targets)):
        for row, tokens in enumerate(rows):
            _require_tokens(f"{name}[{row}]", tokens)
    for row, tokens in enumerate(sources):
        if len(tokens) == 0:
            raise ValueError(f"sources[{row}] must hold at least one token, got none")
    source, source_lengths = _pad([list(tokens) for tokens in sources])
    target, target_lengths = _pad([[*tokens, EOS] for tokens in targets])
    if alignments is None:
        return Batch(source, source_lengths, target, target_lengths)
    links = tuple(frozenset(alignment) for alignment in alignments)
    if len(links) != len(sources):
        raise ValueError(f"alignments must be as many as the pairs, {len(sources)}, got {len(links)}")
    for row, alignment in enumerate(links):
        for i, t in sorted(alignment):
            if not (0 <= i < len(sources[row]) and 0 <= t < len(targets[row])):
                sizes = f"{len(sources[row])} source and {len(targets[row])} target tokens"
                raise ValueError(f"alignments[{row}] must link positions of {sizes}, got ({i}, {t})")
    return Batch(source, source_lengths, target, target_lengths, links)


def reverse_sources(batch: Batch) -> Batch:
    """Return the batch with the real tokens of each source in reverse order; alignments follow.

    Padding stays behind the end. Twice reversed, a batch is what it was.

    Args:
        batch: The batch; it is not modified.

    Returns:
        A batch with the same targets.

    Source:
        Sutskever et al. 2014, section 3.3.

    Taught in:
        Chapter 2.

    Example:
        >>> reverse_sources(make_batch([[7, 8, 9], [5, 6]], [[4], [4]])).source
        tensor([[9, 8, 7],
                [6, 5, 0]])
    """
    steps = torch.arange(batch.source.size(1), device=batch.source.device)
    # Position i of a source of length n is read from n - 1 - i; padding is read from where it is.
    mirrored = batch.source_lengths.unsqueeze(1) - 1 - steps
    source = batch.source.gather(1, torch.where(mirrored >= 0, mirrored, steps))
    if batch.alignments is None:
        return replace(batch, source=source)
    lengths = batch.source_lengths.tolist()
    links = tuple(
        frozenset((length - 1 - i, t) for i, t in alignment)
        for length, alignment in zip(lengths, batch.alignments, strict=True)
    )
    return replace(batch, source=source, alignments=links)


def _pad(rows: list[list[int]]) -> tuple[Tensor, Tensor]:
    longest = max(map(len, rows))
    padded = [row + [PAD] * (longest - len(row)) for row in rows]
    return torch.tensor(padded, dtype=torch.int64), torch.tensor([len(row) for row in rows])


def _require_tokens(name: str, tokens: Sequence[int]) -> None:
    for token in tokens:
        if not isinstance(token, int) or isinstance(token, bool):
            raise TypeError(f"{name} must hold integers, got {type(token).__name__}")
        if token < UNK:
            expected = f"words, numbers from {UNK} on (the batch adds padding, begin and end)"
            raise ValueError(f"{name} must hold {expected}, got {token}")
