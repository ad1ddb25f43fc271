"""Exercises on measures: the loss of a batch, the accuracy of what was said, and the bits that came through.

Chapter 1 asks for the first, chapter 2 for the others.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import Generator, Tensor
from torch.nn import functional

from whyattention import metrics
from whyattention.batches import EOS, FIRST_TOKEN, PAD
from whyattention.exercises.specification import (
    Answer,
    Exercise,
    Inputs,
    draw,
    draw_target,
    draw_words,
    padded,
)


def _by_sentence(numbers: Tensor, real: Tensor) -> Tensor:
    """Return the mean of the real numbers of each row."""
    return (numbers * real).sum(1) / real.sum(1)


def _masked_token_loss(logits: Tensor, target: Tensor) -> Tensor:
    return functional.cross_entropy(logits.flatten(0, 1), target.flatten(), ignore_index=PAD)


def _of_targets(numbers: Answer) -> Answer:
    """Return the mean of other numbers than losses, made of the logits and picked where the target is."""

    def mean(logits: Tensor, target: Tensor) -> Tensor:
        return numbers(logits).gather(2, target.unsqueeze(2)).squeeze(2)[target != PAD].mean()

    return mean


def _of_losses(average: Answer) -> Answer:
    """Return another average of the losses of all tokens; it is also given which of them are real."""

    def loss(logits: Tensor, target: Tensor) -> Tensor:
        losses = functional.cross_entropy(logits.transpose(1, 2), target, reduction="none")
        return average(losses, target != PAD)

    return loss


def _without_ends(logits: Tensor, target: Tensor) -> Tensor:
    return _masked_token_loss(logits, target.masked_fill(target == EOS, PAD))


def _masked_token_loss_cases(generator: Generator) -> Iterator[tuple[str, Inputs]]:
    def case(hint: str, steps: int, *lengths: int, symbols: int = 2) -> tuple[str, Inputs]:
        target = padded([draw_target(generator, length, symbols) for length in lengths], steps)
        return hint, {"logits": draw(generator, *target.shape, FIRST_TOKEN + symbols), "target": target}

    def case_of_the_unlikely(hint: str, stretch: Answer) -> tuple[str, Inputs]:
        _, inputs = case(hint, 2, 2)
        logits, target = inputs.values()
        # So unlikely a target that exp of its logit's distance to the largest is 0.
        return hint, inputs | {"logits": stretch(logits).scatter(2, target.unsqueeze(2), -2e4)}

    yield case("loss", 1, 1)
    yield case("mean loss", 3, 3, 3)
    yield case("no token", 3, 2)
    yield case("mean loss", 3, 1, 3)
    yield case_of_the_unlikely("log of zero", lambda logits: 1e4 * logits)
    yield case_of_the_unlikely("log of zero", lambda logits: -1e4 * logits.abs())
    yield case("mean loss", 5, 5, 2, 4, symbols=4)


def _token_accuracy(said: Tensor, expected: Tensor) -> Tensor:
    sides = [[row[row != PAD].tolist() for row in side] for side in (said, expected)]
    return torch.tensor(metrics.token_accuracy(*sides))


def _of_counts(share: Answer) -> Answer:
    """Return another share, of the right words and of where anything was said and expected, all (B, T)."""

    def accuracy(said: Tensor, expected: Tensor) -> Tensor:
        return share((said == expected) & (said != PAD), said != PAD, expected != PAD)

    return accuracy


_accuracies = _of_counts(lambda right, said, expected: _by_sentence(right, said | expected))


def _token_accuracy_cases(generator: Generator) -> Iterator[tuple[str, Inputs]]:
    def case(hint: str, steps: int, *sentences: tuple[int, int, int]) -> tuple[str, Inputs]:
        """Draw a case, for each sentence of so many words said, so many expected, so many of them right."""
        sides: tuple[list[list[int]], list[list[int]]] = ([], [])
        for said_count, expected_count, right in sentences:
            words = draw_words(generator, said_count + expected_count)
            said, expected = words[:said_count], words[said_count:]
            order = torch.randperm(min(said_count, expected_count), generator=generator)
            for i in order[:right].tolist():
                said[i] = expected[i]
            sides[0].append(said)
            sides[1].append(expected)
        return hint, {"said": padded(sides[0], steps), "expected": padded(sides[1], steps)}

    yield case("share", 4, (4, 4, 3))
    yield case("share", 5, (3, 3, 1))
    yield case("either", 5, (5, 3, 2))
    yield case("either", 5, (2, 4, 1))
    yield case("share", 4, (1, 1, 1), (4, 4, 1))
    yield case("share", 3, (2, 2, 2), (3, 3, 3))
    yield case("share", 3, (3, 3, 0), (2, 2, 0))
    yield case("either", 4, (0, 2, 0), (3, 3, 2))
    yield case("either", 6, (6, 4, 3), (2, 5, 1), (3, 3, 3), (1, 2, 0))


def _doubt(accuracy: Tensor, wrong_symbols: Tensor | float) -> Tensor:
    """Return the bits that are open at each position; 0 · log 0 is 0."""
    wrong = 1 - accuracy
    return -(torch.xlogy(accuracy, accuracy) + torch.xlogy(wrong, wrong / wrong_symbols)) / math.log(2)


def _bits(accuracy: Tensor, alphabet: Tensor) -> Tensor:
    """Return the bits that are recovered at each position."""
    return alphabet.log2() - _doubt(accuracy, alphabet - 1)


def _in_proportion(accuracy: Tensor, alphabet: Tensor) -> Tensor:
    """Return the bits as if they grew evenly from chance on."""
    return ((accuracy - 1 / alphabet) / (1 - 1 / alphabet) * alphabet.log2()).sum()


def _of_bits(summary: Answer) -> Answer:
    return lambda accuracy, alphabet: summary(_bits(accuracy, alphabet))


def _bits_recovered_cases(generator: Generator) -> Iterator[tuple[str, Inputs]]:
    def case(hint: str, alphabet: int, *accuracy: float) -> tuple[str, Inputs]:
        return hint, {"accuracy": torch.tensor(accuracy), "alphabet": torch.tensor(alphabet)}

    def between(lowest: float, highest: float) -> float:
        return lowest + (highest - lowest) * draw(generator, 1).abs().item()

    yield case("bits", 16, between(0.2, 0.9))
    yield case("at chance", 4, 0.25)
    yield case("bits", 8, between(0.2, 0.4), between(0.5, 0.7), between(0.8, 0.9))
    yield case("zero log zero", 16, 1.0)
    yield case("zero log zero", 16, 0.0)
    yield case("bits", 26, 1.0, between(0.8, 0.9), between(0.5, 0.7), between(0.2, 0.4), 1 / 26, 0.0)


EXERCISES = {
    "masked_token_loss": Exercise(
        parts=("mean token loss",),
        solve=_masked_token_loss,
        cases=_masked_token_loss_cases,
        mistakes=[
            ("no softmax", _of_targets(lambda logits: -logits)),
            ("no softmax", _of_targets(lambda logits: logits)),
            ("no logarithm", _of_targets(lambda logits: 1 - logits.softmax(2))),
            ("no logarithm", _of_targets(lambda logits: -logits.softmax(2))),
            ("no logarithm", _of_targets(lambda logits: logits.softmax(2))),
            ("positive loss", _of_targets(lambda logits: logits.log_softmax(2))),
            ("base", _of_targets(lambda logits: -logits.log_softmax(2) / math.log(2))),
            ("base", _of_targets(lambda logits: -logits.log_softmax(2) / math.log(10))),
            ("second softmax", _of_targets(lambda logits: -logits.softmax(2).log_softmax(2))),
            ("vocabulary axis", _of_targets(lambda logits: -logits.log_softmax(1))),
            ("vocabulary axis", _of_targets(lambda logits: -logits.log_softmax(0))),
            ("end counts", _without_ends),
            ("padding counted", _of_losses(lambda losses, real: losses.mean())),
            ("padding counted", _of_losses(lambda losses, real: (losses * real).mean())),
            ("padding counted", _of_losses(lambda losses, real: losses.sum() / real.sum())),
            ("mean of means", _of_losses(lambda losses, real: _by_sentence(losses, real).mean())),
            ("not divided", _of_losses(lambda losses, real: (losses * real).sum())),
            ("other divisor", _of_losses(lambda losses, real: (losses * real).sum() / losses.size(0))),
            ("other divisor", _of_losses(lambda losses, real: (losses * real).sum() / losses.size(1))),
            ("one number", _of_losses(lambda losses, real: losses)),
            ("one number", _of_losses(lambda losses, real: losses * real)),
            ("one number", _of_losses(lambda losses, real: losses[real])),
            ("one number", _of_losses(lambda losses, real: _by_sentence(losses, real))),
            ("one number", _of_losses(lambda losses, real: (losses * real).sum(1))),
        ],
    ),
    "token_accuracy": Exercise(
        parts=("accuracy",),
        solve=_token_accuracy,
        cases=_token_accuracy_cases,
        mistakes=[
            ("padding counted", lambda said, expected: (said == expected).float().mean()),
            ("padding counted", _of_counts(lambda right, said, expected: right.float().mean())),
            ("either", _of_counts(lambda right, said, expected: right.sum() / expected.sum())),
            ("either", _of_counts(lambda right, said, expected: right.sum() / said.sum())),
            ("either", _of_counts(lambda right, said, expected: right.sum() / (said & expected).sum())),
            ("mean of means", lambda said, expected: _accuracies(said, expected).mean()),
            ("whole sentences", lambda said, expected: (said == expected).all(1).float().mean()),
            ("integer", _of_counts(lambda right, said, expected: right.sum() // (said | expected).sum())),
            ("count", _of_counts(lambda right, said, expected: right.sum())),
            ("count", _of_counts(lambda right, said, expected: right.sum().float())),
            ("errors", lambda said, expected: 1 - _token_accuracy(said, expected)),
            ("one number", _accuracies),
        ],
    ),
    "bits_recovered": Exercise(
        parts=("recovered bits",),
        solve=_of_bits(torch.sum),
        cases=_bits_recovered_cases,
        mistakes=[
            ("in proportion", lambda accuracy, alphabet: (accuracy * alphabet.log2()).sum()),
            ("in proportion", _in_proportion),
            ("base two", _of_bits(lambda bits: bits.sum() * math.log(2))),
            ("base two", _of_bits(lambda bits: bits.sum() * math.log10(2))),
            ("wrong symbols", lambda accuracy, alphabet: (alphabet.log2() - _doubt(accuracy, 1)).sum()),
            (
                "wrong symbols",
                lambda accuracy, alphabet: (alphabet.log2() - _doubt(accuracy, alphabet)).sum(),
            ),
            (
                "entropy sign",
                lambda accuracy, alphabet: (alphabet.log2() + _doubt(accuracy, alphabet - 1)).sum(),
            ),
            ("doubt", lambda accuracy, alphabet: _doubt(accuracy, alphabet - 1).sum()),
            ("doubt", lambda accuracy, alphabet: -_doubt(accuracy, alphabet - 1).sum()),
            ("bits sent", lambda accuracy, alphabet: len(accuracy) * alphabet.log2()),
            ("add up", _of_bits(lambda bits: bits)),
            ("mean of bits", _of_bits(lambda bits: bits.mean())),
            ("mean accuracy", lambda accuracy, alphabet: _bits(accuracy.mean(), alphabet)),
            ("mean accuracy", lambda accuracy, alphabet: len(accuracy) * _bits(accuracy.mean(), alphabet)),
        ],
    ),
}
