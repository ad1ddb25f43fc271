"""Decoding: write a target sentence word by word, when none is known.

Greedy decoding takes the likeliest next word each time. Beam search keeps several beginnings and takes the
best whole sentence among those it completes. The symbols for padding and for the begin of a sentence are
never written.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

from whyattention.batches import BOS, EOS, PAD
from whyattention.decoder import StepState, check_size
from whyattention.seq2seq import Seq2Seq
from whyattention.transformer import Transformer


class Translation(NamedTuple):
    """What decoding answers, for each sentence of a batch.

    Attributes:
        tokens: The words of each translation, without the end-of-sentence symbol.
        log_probability: The natural logarithm of the model's probability of each translation, of shape (B,):
            the sum over its words and, where it is finished, its end-of-sentence symbol.
        finished: Whether each translation came to its end, or was cut off at ``max_steps``.
        weights: For each translation the attention weights, of shape (words, real source words), one row for
            each word of ``tokens``; None without attention.
    """

    tokens: list[list[int]]
    log_probability: Float[Tensor, " B"]
    finished: list[bool]
    weights: list[Float[Tensor, "words source_words"]] | None


@torch.no_grad()
def greedy(
    model: Seq2Seq | Transformer, source: Int[Tensor, "B S"], lengths: Int[Tensor, " B"], max_steps: int
) -> Translation:
    """Translate by taking the likeliest word at each step; of equally likely ones the first.

    ::

        y_t = argmax_y P(y | y_1 … y_{t-1}, source)        until y_t is the end of the sentence

    A finished sentence leaves the batch, so that a long one does not compute for all.

    Args:
        model: The model.
        source: Source words, of shape (B, S); padding is not read.
        lengths: Real words of each source sentence.
        max_steps: The most symbols to write, the end of the sentence included.

    Returns:
        The translations, in the order of the batch.

    Raises:
        TypeError: ``source`` or ``lengths`` are not integers, or ``max_steps`` is none.
        ValueError: A shape or length does not fit, a word is not in the vocabulary, ``max_steps`` is below
            one, or the model predicts NaN.

    Taught in:
        Chapter 1.

    Example:
        >>> from whyattention.seq2seq import build
        >>> source, lengths = torch.tensor([[4, 5, 6], [7, 0, 0]]), torch.tensor([3, 1])
        >>> translation = greedy(build(9, 11, attention={}), source, lengths, max_steps=5)
        >>> len(translation.tokens), translation.log_probability.shape, translation.weights[1].size(1)
        (2, torch.Size([2]), 1)
    """
    token, total, state = _begin(model, source, lengths, max_steps)
    done = [_Hypothesis() for _ in range(len(source))]
    active = list(range(len(source)))  # the sentence in each row
    for _ in range(max_steps):
        log_probability, weights, state = _predict(model, token, state)
        best, token = log_probability.max(dim=1)  # of equal ones PyTorch promises the first
        total = total + best
        for row, (word, value) in enumerate(zip(token.tolist(), total.tolist(), strict=True)):
            done[active[row]] = done[active[row]].extended(word, value, weights, row)
        going = token != EOS
        active = [sentence for sentence in active if not done[sentence].finished]
        if not active:
            break
        token, total, state = token[going], total[going], state.select(going)
    return _collect(done, lengths, total, weights)


@torch.no_grad()
def beam_search(
    model: Seq2Seq | Transformer,
    source: Int[Tensor, "B S"],
    lengths: Int[Tensor, " B"],
    beam: int,
    max_steps: int,
    length_penalty: float = 0.0,
) -> Translation:
    """Translate by keeping the ``beam`` likeliest beginnings at each step.

    Each beginning is continued by every word; the ``beam`` likeliest continuations of a sentence stay, of
    equally likely ones those of the better beginning, then of the lower word number. One that ends is
    complete and gives up its place. When ``beam`` are complete, or no other can become better, the best by ::

        log P(y | source) / ((5 + |y|) / 6) ** length_penalty

    is the translation, ``|y|`` being its symbols with the end of the sentence. If none is complete after
    ``max_steps``, it is the likeliest beginning, cut off.

    Guaranteed: ``beam=1`` is greedy decoding, whatever the penalty; a beam with room for every sentence up to
    ``max_steps`` finds the best of all. Not guaranteed: that a wider beam finds a likelier sentence than a
    narrower one, or than greedy decoding. The likelier sentence's beginning may be crowded out by others
    whose continuations then disappoint.

    Args:
        model: The model.
        source: Source words, of shape (B, S); padding is not read.
        lengths: Real words of each source sentence.
        beam: Beginnings to keep for each sentence.
        max_steps: The most symbols to write, the end of the sentence included.
        length_penalty: The exponent above, at least zero. Zero compares by probability alone, which favors
            short sentences. Wu et al. choose it on validation data.

    Returns:
        The translations, in the order of the batch. ``log_probability`` is not divided by anything.

    Raises:
        TypeError: ``source`` or ``lengths`` are not integers, or ``beam`` or ``max_steps`` is none.
        ValueError: A shape or length does not fit, a word is not in the vocabulary, ``beam`` or ``max_steps``
            is below one, ``length_penalty`` is negative or not finite, or the model predicts NaN.

    Source:
        Sutskever, Vinyals & Le 2014, section 3.2; the penalty: Wu et al. 2016, section 7.

    Differs from the paper:
        Sutskever et al. do not say whether a completed sentence gives up its place. Wu et al. also reward
        coverage of the source, and prune by two thresholds.

    Taught in:
        Chapter 1.
    """
    check_size("beam", beam)
    if not (math.isfinite(length_penalty) and length_penalty >= 0):
        raise ValueError(f"length_penalty must be a finite number from zero on, got {length_penalty!r}")

    def penalized(log_probability: float, length: int) -> float:
        return log_probability / ((5 + length) / 6) ** length_penalty

    def rank(hypothesis: _Hypothesis) -> float:
        return penalized(hypothesis.log_probability, hypothesis.length)

    token, total, state = _begin(model, source, lengths, max_steps)
    live = [[_Hypothesis()] for _ in range(len(source))]  # a row for each, sentence after sentence
    complete: list[list[_Hypothesis]] = [[] for _ in range(len(source))]
    for _ in range(max_steps):
        log_probability, weights, state = _predict(model, token, state)
        widths = [len(beginnings) for beginnings in live]
        candidates = (total[:, None] + log_probability).split(widths)
        rows, first = [], 0
        for sentence, width in enumerate(widths):
            continued = []
            for row, word, value in _best(candidates[sentence], beam - len(complete[sentence])):
                hypothesis = live[sentence][row].extended(word, value, weights, first + row)
                if hypothesis.finished:
                    complete[sentence].append(hypothesis)
                else:
                    continued.append((first + row, hypothesis))
            # The best that a beginning can come to: more words cost nothing, and length divides by most.
            if complete[sentence] and continued:
                hope = penalized(continued[0][1].log_probability, max_steps)
                if max(map(rank, complete[sentence])) >= hope:
                    continued = []
            rows += [row for row, _ in continued]
            live[sentence] = [hypothesis for _, hypothesis in continued]
            first += width
        if not rows:
            break
        going = [hypothesis for beginnings in live for hypothesis in beginnings]
        token = token.new_tensor([hypothesis.tokens[-1] for hypothesis in going])
        total = total.new_tensor([hypothesis.log_probability for hypothesis in going])
        state = state.select(token.new_tensor(rows))
    # Of equal ones, max takes the first: what was complete earlier, or stood higher in the beam.
    chosen = [max(ended or begun, key=rank) for ended, begun in zip(complete, live, strict=True)]
    return _collect(chosen, lengths, total, weights)


@dataclass(frozen=True)
class _Hypothesis:
    """The beginning of a translation, or a whole one."""

    tokens: list[int] = field(default_factory=list)
    log_probability: float = 0.0
    finished: bool = False
    weights: list[Tensor] = field(default_factory=list)

    @property
    def length(self) -> int:
        return len(self.tokens) + self.finished

    def extended(self, word: int, log_probability: float, weights: Tensor | None, row: int) -> _Hypothesis:
        if word == EOS:
            return _Hypothesis(self.tokens, log_probability, True, self.weights)
        looked = self.weights if weights is None else [*self.weights, weights[row]]
        return _Hypothesis([*self.tokens, word], log_probability, False, looked)


def _begin(
    model: Seq2Seq | Transformer, source: Tensor, lengths: Tensor, max_steps: int
) -> tuple[Int[Tensor, " B"], Float[Tensor, " B"], StepState]:
    """Return the first words to read, log probabilities of zero, and the decoder's first state."""
    check_size("max_steps", max_steps)
    if model.decoder.vocabulary_size <= EOS:
        raise ValueError(
            f"model must have a target vocabulary with the end-of-sentence symbol, number {EOS}, "
            f"got {model.decoder.vocabulary_size} words"
        )
    state = model.encode(source, lengths)
    token = torch.full((len(source),), BOS, device=source.device)
    return token, state.cell[0].new_zeros(len(source)), state


def _predict(
    model: Seq2Seq | Transformer, token: Tensor, state: StepState
) -> tuple[Float[Tensor, "rows V"], Float[Tensor, "rows S"] | None, StepState]:
    """Take a step; return the log probabilities, padding and begin of sentence made impossible."""
    logits, weights, state = model.decoder.step(token, state)
    if logits.isnan().any():
        raise ValueError("model must predict numbers, got NaN: are its weights finite?")
    log_probability = logits.log_softmax(dim=1)
    log_probability[:, [PAD, BOS]] = -math.inf
    return log_probability, weights, state


def _best(candidates: Float[Tensor, "width V"], room: int) -> list[tuple[int, int, float]]:
    """Return row, word and value of the ``room`` best candidates; of equal ones, the earlier ones."""
    # Not topk, which does not say which of equal values it takes.
    values, order = candidates.flatten().sort(descending=True, stable=True)
    pairs = zip(order[:room].tolist(), values[:room].tolist(), strict=True)
    V = candidates.size(1)
    return [(index // V, index % V, value) for index, value in pairs if value > -math.inf]


def _collect(
    hypotheses: list[_Hypothesis], lengths: Tensor, total: Tensor, weights: Tensor | None
) -> Translation:
    if weights is not None:
        looked = [
            torch.stack(hypothesis.weights)[:, :length] if hypothesis.tokens else weights.new_zeros(0, length)
            for hypothesis, length in zip(hypotheses, lengths.tolist(), strict=True)
        ]
    return Translation(
        tokens=[hypothesis.tokens for hypothesis in hypotheses],
        log_probability=total.new_tensor([hypothesis.log_probability for hypothesis in hypotheses]),
        finished=[hypothesis.finished for hypothesis in hypotheses],
        weights=None if weights is None else looked,
    )
