"""Exercises on padded sequences, their loss and their measures, of chapters 1 and 2."""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import Generator, Tensor
from torch.nn import functional

from whyattention.batches import BOS, EOS, FIRST_TOKEN, PAD, length_mask
from whyattention.exercises.checking import Answer, Exercise, Inputs, draw


def _tokens(generator: Generator, steps: int, *lengths: int) -> Tensor:
    """Draw tokens of shape (sentences, steps), no two of a sentence alike, padded behind their lengths."""
    rows = [torch.randperm(16, generator=generator)[:steps] + FIRST_TOKEN for _ in lengths]
    return torch.stack(rows).masked_fill(~length_mask(torch.tensor(lengths), steps), PAD)


def _targets(generator: Generator, steps: int, *lengths: int) -> Tensor:
    """Draw targets: tokens whose last one is ``EOS``."""
    target = _tokens(generator, steps, *lengths)
    return target.scatter(1, torch.tensor(lengths).unsqueeze(1) - 1, EOS)


# What the decoder reads


def _inputs_with(begin: int, end_is_read: bool) -> Answer:
    def shift(target: Tensor) -> Tensor:
        words = target[:, :-1] if end_is_read else target[:, :-1].masked_fill(target[:, :-1] == EOS, PAD)
        return torch.cat([torch.full_like(target[:, :1], begin), words], dim=1)

    return shift


def _decoder_inputs_cases(generator: Generator) -> Iterator[tuple[str, Inputs]]:
    yield "one step later", {"target": _targets(generator, 3, 3)}
    yield "one step later", {"target": _targets(generator, 1, 1)}
    yield "end is read", {"target": _targets(generator, 4, 4, 2)}
    yield "end is read", {"target": _targets(generator, 5, 1, 5, 3)}


# The last real state


def _context_vectors(states: Tensor, lengths: Tensor) -> Tensor:
    return states[torch.arange(len(states)), lengths - 1]


def _words_of(states: Tensor, lengths: Tensor) -> Tensor:
    return states * length_mask(lengths, states.size(1)).unsqueeze(2)


def _context_vectors_cases(generator: Generator) -> Iterator[tuple[str, Inputs]]:
    def case(hint: str, steps: int, *lengths: int) -> tuple[str, Inputs]:
        return hint, {"states": draw(generator, len(lengths), steps, 2), "lengths": torch.tensor(lengths)}

    yield case("last word", 3, 3)
    yield case("last word", 4, 2)
    yield case("last word", 2, 1)
    yield case("each length", 4, 3, 1)
    yield case("each length", 5, 2, 5, 4)


# The loss without padding


def _log_probabilities(logits: Tensor, target: Tensor) -> Tensor:
    """Return the log-probability of each target token, of shape (sentences, steps)."""
    return logits.log_softmax(-1).gather(-1, target.unsqueeze(-1)).squeeze(-1)


def _masked_token_loss(logits: Tensor, target: Tensor) -> Tensor:
    return -_log_probabilities(logits, target)[target != PAD].mean()


def _mean_over_words(values: Tensor, target: Tensor) -> Tensor:
    return values[target != PAD].mean()


def _mean_of_means(logits: Tensor, target: Tensor) -> Tensor:
    words = target != PAD
    return -((_log_probabilities(logits, target) * words).sum(1) / words.sum(1)).mean()


def _score_of_target(logits: Tensor, target: Tensor) -> Tensor:
    return logits.gather(-1, target.unsqueeze(-1)).squeeze(-1)


def _masked_token_loss_cases(generator: Generator) -> Iterator[tuple[str, Inputs]]:
    def case(hint: str, scale: float, steps: int, *lengths: int) -> tuple[str, Inputs]:
        target = _targets(generator, steps, *lengths)
        target = target.where(target < FIRST_TOKEN, FIRST_TOKEN + target % 2)  # six different tokens
        return hint, {"logits": scale * draw(generator, len(lengths), steps, 6), "target": target}

    yield case("token loss", 1, 1, 1)
    yield case("token loss", 1, 2, 2)
    yield case("padding counted", 1, 3, 2)
    yield case("every word alike", 1, 4, 4, 1)
    yield case("overflow", 1e4, 2, 2)
    yield case("every word alike", 2, 5, 5, 2, 3)


# Token accuracy


def _token_accuracy(said: Tensor, expected: Tensor) -> Tensor:
    return (said == expected)[(said != PAD) | (expected != PAD)].float().mean()


def _accuracy_by_sentence(said: Tensor, expected: Tensor) -> Tensor:
    position = (said != PAD) | (expected != PAD)
    return (((said == expected) & position).sum(1) / position.sum(1)).mean()


def _token_accuracy_cases(generator: Generator) -> Iterator[tuple[str, Inputs]]:
    def case(hint: str, steps: int, *rows: tuple[int, int, int]) -> tuple[str, Inputs]:
        """Draw rows of (words expected, words said, wrong ones at the start)."""
        expected_lengths, said_lengths, wrong = (torch.tensor(row) for row in zip(*rows, strict=True))
        tokens = _tokens(generator, steps, *[steps] * len(rows))
        other = tokens.roll(1, 1)  # tokens of one sentence all differ
        said = torch.where(length_mask(wrong, steps), other, tokens)
        return hint, {
            "said": said.masked_fill(~length_mask(said_lengths, steps), PAD),
            "expected": tokens.masked_fill(~length_mask(expected_lengths, steps), PAD),
        }

    yield case("right positions", 3, (3, 3, 1))
    yield case("padding is no position", 4, (2, 2, 1))
    yield case("one too many said", 4, (2, 4, 0))
    yield case("one missing", 4, (4, 1, 0))
    yield case("every position alike", 5, (5, 5, 1), (2, 2, 1))
    yield case("every position alike", 6, (5, 4, 0), (2, 4, 1), (3, 3, 3))


# A source backward


def _reverse_sources(source: Tensor, lengths: Tensor) -> Tensor:
    steps = torch.arange(source.size(1))
    mirrored = lengths.unsqueeze(1) - 1 - steps
    return source.gather(1, torch.where(mirrored < 0, steps, mirrored))


def _reverse_first(source: Tensor, counts: Tensor) -> Tensor:
    """Turn around the first tokens of each row, whatever they are."""
    return _reverse_sources(source, counts.clamp(0, source.size(1)))


def _reverse_sources_cases(generator: Generator) -> Iterator[tuple[str, Inputs]]:
    def case(hint: str, steps: int, *lengths: int) -> tuple[str, Inputs]:
        return hint, {"source": _tokens(generator, steps, *lengths), "lengths": torch.tensor(lengths)}

    yield case("backward", 3, 3, 3)
    yield case("padding first", 5, 3)
    yield case("backward", 2, 1)
    yield case("each length", 5, 5, 3)
    yield case("each length", 6, 2, 6, 4)


# Bits


def _bits_recovered(accuracy: Tensor, alphabet: Tensor) -> Tensor:
    wrong = 1 - accuracy
    unknown = -torch.xlogy(accuracy, accuracy) - torch.xlogy(wrong, wrong) + wrong * (alphabet - 1).log()
    return ((alphabet.log() - unknown) / math.log(2)).sum()


def _bits_recovered_cases(generator: Generator) -> Iterator[tuple[str, Inputs]]:
    def case(hint: str, alphabet: int, accuracy: Tensor) -> tuple[str, Inputs]:
        return hint, {"accuracy": accuracy, "alphabet": torch.tensor(alphabet)}

    def between(count: int) -> Tensor:
        return draw(generator, count).abs() * 0.6 + 0.3

    yield case("formula of bits", 16, between(1))
    yield case("no bits", 4, torch.tensor([0.25]))
    yield case("add up", 8, between(3))
    yield case("zero log zero", 16, torch.tensor([1.0]))
    yield case("zero log zero", 16, torch.tensor([1.0, 0.0]))
    yield case("add up", 32, between(6))


EXERCISES: dict[str, Exercise] = {
    "decoder_inputs": Exercise(
        parts=("what is read",),
        solve=_inputs_with(BOS, end_is_read=False),
        cases=_decoder_inputs_cases,
        mistakes=[
            ("not shifted", lambda target: target),
            ("shifted forward", lambda target: functional.pad(target[:, 1:], (0, 1), value=PAD)),
            ("rolled", lambda target: target.roll(1, 1)),
            ("begin is missing", _inputs_with(PAD, end_is_read=False)),
            ("begin is missing", _inputs_with(PAD, end_is_read=True)),
            ("end is read", _inputs_with(BOS, end_is_read=True)),
        ],
    ),
    "context_vectors": Exercise(
        parts=("context vectors",),
        solve=_context_vectors,
        cases=_context_vectors_cases,
        mistakes=[
            ("padding is last", lambda states, lengths: states[:, -1]),
            (
                "one state too late",
                lambda states, lengths: _context_vectors(states, (lengths + 1).clamp(max=states.size(1))),
            ),
            (
                "one state too early",
                lambda states, lengths: _context_vectors(states, (lengths - 1).clamp(min=1)),
            ),
            ("first state", lambda states, lengths: states[:, 0]),
            (
                "average state",
                lambda states, lengths: _words_of(states, lengths).sum(1) / lengths.unsqueeze(1),
            ),
            ("average state", lambda states, lengths: states.mean(1)),
            ("average state", lambda states, lengths: _words_of(states, lengths).sum(1)),
            ("each length", lambda states, lengths: states[:, lengths[0] - 1]),
            ("each length", lambda states, lengths: states[:, lengths.max() - 1]),
        ],
    ),
    "masked_token_loss": Exercise(
        parts=("loss",),
        solve=_masked_token_loss,
        cases=_masked_token_loss_cases,
        mistakes=[
            ("padding counted", lambda logits, target: -_log_probabilities(logits, target).mean()),
            (
                "padding as zero",
                lambda logits, target: _masked_token_loss(logits, target) * (target != PAD).float().mean(),
            ),
            ("every word alike", _mean_of_means),
            (
                "sum of losses",
                lambda logits, target: _masked_token_loss(logits, target) * (target != PAD).sum(),
            ),
            (
                "sum of losses",
                lambda logits, target: (
                    _masked_token_loss(logits, target) * (target != PAD).sum() / len(target)
                ),
            ),
            (
                "no softmax",
                lambda logits, target: -_mean_over_words(_score_of_target(logits, target), target),
            ),
            (
                "no logarithm",
                lambda logits, target: 1 - _mean_over_words(_log_probabilities(logits, target).exp(), target),
            ),
            (
                "no logarithm",
                lambda logits, target: -_mean_over_words(_log_probabilities(logits, target).exp(), target),
            ),
            ("minus", lambda logits, target: -_masked_token_loss(logits, target)),
            ("nats", lambda logits, target: _masked_token_loss(logits, target) / math.log(2)),
        ],
    ),
    "token_accuracy": Exercise(
        parts=("accuracy",),
        solve=_token_accuracy,
        cases=_token_accuracy_cases,
        mistakes=[
            ("padding is no position", lambda said, expected: (said == expected).float().mean()),
            ("one too many said", lambda said, expected: (said == expected)[expected != PAD].float().mean()),
            ("one missing", lambda said, expected: (said == expected)[said != PAD].float().mean()),
            ("every position alike", _accuracy_by_sentence),
            ("whole sentences", lambda said, expected: (said == expected).all(1).float().mean()),
            ("wrong positions", lambda said, expected: 1 - _token_accuracy(said, expected)),
        ],
    ),
    "reverse_sources": Exercise(
        parts=("reversed source",),
        solve=_reverse_sources,
        cases=_reverse_sources_cases,
        mistakes=[
            ("padding first", lambda source, lengths: source.flip(1)),
            ("not reversed", lambda source, lengths: source),
            ("batch reversed", lambda source, lengths: source.flip(0)),
            ("each length", lambda source, lengths: _reverse_first(source, lengths[:1].expand(len(source)))),
            ("last word stays", lambda source, lengths: _reverse_first(source, lengths - 1)),
            ("padding comes in", lambda source, lengths: _reverse_first(source, lengths + 1)),
        ],
    ),
    "bits_recovered": Exercise(
        parts=("bits",),
        solve=_bits_recovered,
        cases=_bits_recovered_cases,
        mistakes=[
            ("share of bits", lambda accuracy, alphabet: (accuracy * alphabet.log2()).sum()),
            ("nats not bits", lambda accuracy, alphabet: _bits_recovered(accuracy, alphabet) * math.log(2)),
            (
                "which wrong one",
                lambda accuracy, alphabet: (
                    _bits_recovered(accuracy, alphabet) + ((1 - accuracy) * (alphabet - 1).log2()).sum()
                ),
            ),
            ("average bits", lambda accuracy, alphabet: _bits_recovered(accuracy, alphabet) / len(accuracy)),
        ],
    ),
}
