"""Exercises on padded sequences: what a decoder reads, context vectors, and sources in reverse order.

Chapter 1 asks for the first two, chapter 2 for the third.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Generator, Tensor
from torch.nn import functional

from whyattention.batches import BOS, EOS, PAD, UNK, Batch, length_mask
from whyattention.batches import reverse_sources as reverse_batch
from whyattention.exercises.specification import (
    Answer,
    Exercise,
    Inputs,
    draw,
    draw_target,
    draw_words,
    padded,
)


def _decoder_inputs(target: Tensor) -> Tensor:
    lengths = (target != PAD).sum(1)
    return Batch(target, lengths, target, lengths).target_inputs


def _after(token: int, words: Tensor) -> Tensor:
    return torch.cat([words.new_full((len(words), 1), token), words], dim=1)


def _inputs_after(token: int) -> Answer:
    return lambda target: _after(token, _decoder_inputs(target)[:, 1:])


def _decoder_inputs_cases(generator: Generator) -> Iterator[tuple[str, Inputs]]:
    def case(hint: str, steps: int, *lengths: int) -> tuple[str, Inputs]:
        return hint, {"target": padded([draw_target(generator, length) for length in lengths], steps)}

    yield case("shift", 4, 4)
    yield case("end unread", 5, 3)
    yield case("end unread", 4, 2, 4)
    yield case("begin", 1, 1)
    yield case("end unread", 6, 5, 1, 6, 3)


def _states_at(states: Tensor, steps: Tensor) -> Tensor:
    """Return a state of each sentence; a step before the first or behind the last counts as that one."""
    return states[torch.arange(len(states)), steps.clamp(0, states.size(1) - 1)]


def _context_vectors(states: Tensor, lengths: Tensor) -> Tensor:
    return _states_at(states, lengths - 1)


def _gathered(states: Tensor, lengths: Tensor) -> Tensor:
    return states.gather(1, (lengths - 1)[:, None, None])


def _real(states: Tensor, lengths: Tensor) -> Tensor:
    return states * length_mask(lengths, states.size(1)).unsqueeze(2)


def _context_vectors_cases(generator: Generator) -> Iterator[tuple[str, Inputs]]:
    def case(hint: str, states: Tensor, *lengths: int) -> tuple[str, Inputs]:
        return hint, {"states": states, "lengths": torch.tensor(lengths)}

    # Two sentences at first: with one, taking every last step from every sentence is only an axis too many.
    yield case("last word", draw(generator, 2, 5, 3), 3, 3)
    yield case("last word", draw(generator, 1, 3, 2), 3)
    yield case("last word", draw(generator, 1, 1, 2), 1)
    yield case("each length", draw(generator, 2, 4, 3), 1, 3)
    yield case("each length", draw(generator, 2, 4, 3), 4, 2)
    yield case("each length", draw(generator, 4, 6, 5), 6, 1, 3, 5)


def _turned(source: Tensor, lengths: Tensor) -> Tensor:
    """Return each row with its first ``lengths`` tokens in reverse order."""
    lengths = lengths.clamp(max=source.size(1))
    return reverse_batch(Batch(source, lengths, source, lengths)).source


def _reverse_sources_cases(generator: Generator) -> Iterator[tuple[str, Inputs]]:
    def case(hint: str, steps: int, *lengths: int) -> tuple[str, Inputs]:
        words = [draw_words(generator, length) for length in lengths]
        return hint, {"source": padded(words, steps), "lengths": torch.tensor(lengths)}

    # Two sentences at first: with one, turning the order of sentences would change nothing.
    yield case("backward", 3, 3, 3)
    yield case("backward", 5, 3)
    yield case("backward", 1, 1)
    yield case("each length", 5, 2, 4)
    yield case("each length", 4, 4, 1)
    yield case("each length", 6, 3, 6, 1, 5)


EXERCISES = {
    "decoder_inputs": Exercise(
        parts=("inputs",),
        solve=_decoder_inputs,
        cases=_decoder_inputs_cases,
        mistakes=[
            ("reads the answer", lambda target: target),
            ("reads the answer", lambda target: _after(BOS, target[:, 1:])),
            ("wrong way", lambda target: target[:, 1:]),
            ("wrong way", lambda target: target.roll(-1, 1)),
            ("wrong way", lambda target: functional.pad(target[:, 1:], (0, 1), value=PAD)),
            ("begin", lambda target: target[:, :-1]),
            ("begin", lambda target: target.roll(1, 1)),
            *(("begin", _inputs_after(token)) for token in (PAD, EOS, UNK)),
            ("end unread", lambda target: _after(BOS, target[:, :-1])),
            ("one step longer", lambda target: _after(BOS, target)),
            ("one step longer", lambda target: _after(BOS, target.masked_fill(target == EOS, PAD))),
            ("float tokens", lambda target: _decoder_inputs(target).float()),
            ("float tokens", lambda target: _after(BOS, target[:, :-1]).float()),
        ],
    ),
    "context_vectors": Exercise(
        parts=("context vectors",),
        solve=_context_vectors,
        cases=_context_vectors_cases,
        mistakes=[
            ("last step", lambda states, lengths: states[:, -1]),
            ("next step", lambda states, lengths: _states_at(states, lengths)),
            ("next step", lambda states, lengths: _states_at(states, lengths - 2)),
            ("first state", lambda states, lengths: states[:, 0]),
            ("mixed states", lambda states, lengths: states.mean(1)),
            ("mixed states", lambda states, lengths: _real(states, lengths).sum(1) / lengths.unsqueeze(1)),
            ("mixed states", lambda states, lengths: states.sum(1)),
            ("mixed states", lambda states, lengths: _real(states, lengths).sum(1)),
            ("mixed states", lambda states, lengths: states.amax(1)),
            ("each length", lambda states, lengths: states[:, lengths[0] - 1]),
            ("each length", lambda states, lengths: states[:, lengths.max() - 1]),
            ("pairs", lambda states, lengths: states[:, lengths - 1]),
            ("gathered", _gathered),
            ("gathered", lambda states, lengths: _gathered(states, lengths).squeeze(1)),
            ("gathered", lambda states, lengths: _gathered(states, lengths).flatten()),
        ],
    ),
    "reverse_sources": Exercise(
        parts=("reversed sources",),
        solve=_turned,
        cases=_reverse_sources_cases,
        mistakes=[
            ("nothing done", lambda source, lengths: source),
            ("sentence order", lambda source, lengths: source.flip(0)),
            ("sentence order", lambda source, lengths: source.flip(0, 1)),
            ("padding first", lambda source, lengths: source.flip(1)),
            ("padding first", lambda source, lengths: _turned(source, lengths + 1)),
            ("last word left", lambda source, lengths: _turned(source, lengths - 1)),
            (
                "last word left",
                lambda source, lengths: functional.pad(_turned(source, lengths)[:, 1:], (0, 1)),
            ),
            (
                "not padding",
                lambda source, lengths: _turned(source, lengths).where(source != PAD, source[:, :1]),
            ),
            ("each length", lambda source, lengths: _turned(source, lengths[:1].expand_as(lengths))),
            ("each length", lambda source, lengths: _turned(source, lengths.max().expand_as(lengths))),
        ],
    ),
}
