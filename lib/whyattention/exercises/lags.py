"""Exercises on load and lag, of chapter 6: the task, the way from word to word, and what came through."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Generator, Tensor
from torch.nn import functional

from whyattention.batches import BOS, EOS, FIRST_TOKEN, PAD
from whyattention.exercises.specification import Answer, Exercise, Inputs, draw_words

_SYMBOLS, _DISTRACTORS = 20, 4


def _column(tokens: Tensor, token: int) -> Tensor:
    """Return one token for each row."""
    return tokens.new_full((len(tokens), 1), token)


def _source(symbols: Tensor, delay: Tensor) -> Tensor:
    return torch.cat([symbols, delay], dim=1)


def _target(symbols: Tensor, delay: Tensor) -> Tensor:
    return torch.cat([symbols, _column(symbols, EOS)], dim=1)


def _task(source: Answer, target: Answer) -> Answer:
    """Return the task with sources and targets made by functions of symbols and delay."""
    return lambda symbols, delay: (source(symbols, delay), target(symbols, delay))


def _blank_target(symbols: Tensor, delay: Tensor) -> Tensor:
    """Return targets that wait for the source to end, as in a network without a decoder."""
    return functional.pad(_target(symbols, delay), (symbols.size(1) + delay.size(1), 0), value=PAD)


def _delayed_copy_batch_cases(generator: Generator) -> Iterator[tuple[str, Inputs]]:
    def case(hint: str, count: int, load: int, lag: int) -> tuple[str, Inputs]:
        symbols = torch.tensor(draw_words(generator, count * load, _SYMBOLS)).reshape(count, load)
        first = FIRST_TOKEN + _SYMBOLS
        delay = torch.randint(first, first + _DISTRACTORS, (count, lag), generator=generator)
        return hint, {"symbols": symbols, "delay": delay}

    yield case("delayed copy", 1, 2, 4)
    yield case("delayed copy", 2, 3, 2)
    yield case("no delay", 2, 3, 0)
    yield case("delayed copy", 3, 1, 5)
    yield case("delayed copy", 4, 5, 3)


def _positions(source_words: Tensor, target_words: Tensor) -> tuple[Tensor, Tensor]:
    """Return i, (S, 1), and t, (1, T), both counted from 1."""
    i = torch.arange(1, int(source_words) + 1).unsqueeze(1)
    return i, torch.arange(1, int(target_words) + 1).unsqueeze(0)


def _of_positions(steps: Answer) -> Answer:
    """Return the matrix of ``steps(S, T, i, t)``, of shape (S, T)."""

    def matrix(source_words: Tensor, target_words: Tensor) -> Tensor:
        i, t = _positions(source_words, target_words)
        return steps(source_words, target_words, i, t).expand(int(source_words), int(target_words))

    return matrix


def _steps_between_cases(generator: Generator) -> Iterator[tuple[str, Inputs]]:
    def case(source_words: int, target_words: int) -> tuple[str, Inputs]:
        words = {"source_words": torch.tensor(source_words), "target_words": torch.tensor(target_words)}
        return "steps", words

    yield case(4, 2)
    yield case(1, 1)
    yield case(3, 3)
    yield case(2, 5)
    longest = torch.randint(6, 10, (2,), generator=generator).tolist()
    yield case(*longest)


def _symbols_known(accuracy: Tensor, load: Tensor, alphabet: Tensor) -> Tensor:
    return (load * (accuracy - 1 / alphabet) / (1 - 1 / alphabet)).clamp(min=0)


def _symbols_known_cases(generator: Generator) -> Iterator[tuple[str, Inputs]]:
    def case(hint: str, alphabet: int, *cells: tuple[float, int]) -> tuple[str, Inputs]:
        accuracy, load = zip(*cells, strict=True)
        return hint, {
            "accuracy": torch.tensor(accuracy),
            "load": torch.tensor(load),
            "alphabet": torch.tensor(alphabet),
        }

    def between(low: float, high: float) -> float:
        return low + (high - low) * torch.rand(1, generator=generator).item()

    yield case("symbols known", 16, (between(0.4, 0.9), 20))
    yield case("none known", 4, (0.25, 8))
    yield case("all known", 8, (1.0, 5))
    yield case("below chance", 16, (between(0.01, 0.05), 20))
    cells = (between(0.5, 0.9), 12), (1.0, 1), (between(0.01, 0.03), 30), (between(0.2, 0.4), 7)
    yield case("symbols known", 26, *cells)


EXERCISES = {
    "delayed_copy_batch": Exercise(
        parts=("sources", "targets"),
        solve=_task(_source, _target),
        cases=_delayed_copy_batch_cases,
        mistakes=[
            ("delay first", _task(lambda symbols, delay: torch.cat([delay, symbols], 1), _target)),
            ("no end", _task(_source, lambda symbols, delay: symbols)),
            ("delay answered", _task(_source, lambda s, d: _target(_source(s, d), d))),
            ("delay answered", _task(_source, lambda s, d: _target(d, s))),
            ("delay answered", _task(_source, _source)),
            ("end last", _task(_source, lambda s, d: torch.cat([_column(s, EOS), s], 1))),
            ("target begins", _task(_source, lambda s, d: torch.cat([_column(s, BOS), s], 1))),
            (
                "target begins",
                _task(_source, lambda s, d: torch.cat([_column(s, BOS), s, _column(s, EOS)], 1)),
            ),
            ("target waits", _task(_source, _blank_target)),
            ("same order", _task(_source, lambda s, d: _target(s.flip(1), d))),
            ("source ends", _task(lambda s, d: _target(_source(s, d), d), _target)),
            ("float tokens", _task(_source, lambda s, d: _target(s, d).float())),
            ("swapped", _task(_target, _source)),
        ],
    ),
    "steps_between": Exercise(
        parts=("steps between",),
        solve=_of_positions(lambda S, T, i, t: S - i + t),
        cases=_steps_between_cases,
        mistakes=[
            ("hand over", _of_positions(lambda S, T, i, t: S - i + t - 1)),
            ("arrows", _of_positions(lambda S, T, i, t: S - i + t + 1)),
            ("shortcut", _of_positions(lambda S, T, i, t: (t - i).abs())),
            ("shortcut", _of_positions(lambda S, T, i, t: t - i)),
            ("only the decoder", _of_positions(lambda S, T, i, t: t)),
            ("only the encoder", _of_positions(lambda S, T, i, t: S - i)),
            ("steps to go", _of_positions(lambda S, T, i, t: i + t)),
            ("source to its end", _of_positions(lambda S, T, i, t: T - i + t)),
            ("whole way", _of_positions(lambda S, T, i, t: S + t)),
            ("whole way", _of_positions(lambda S, T, i, t: S + T - i)),
            ("whole way", _of_positions(lambda S, T, i, t: S + T)),
            ("rows are sources", lambda S, T: _of_positions(lambda S, T, i, t: S - i + t)(S, T).T),
        ],
    ),
    "symbols_known": Exercise(
        parts=("known symbols",),
        solve=_symbols_known,
        cases=_symbols_known_cases,
        mistakes=[
            ("guessed too", lambda accuracy, load, alphabet: load * accuracy),
            ("not all", lambda accuracy, load, alphabet: load * (accuracy - 1 / alphabet)),
            ("not all", lambda accuracy, load, alphabet: (load * (accuracy - 1 / alphabet)).clamp(min=0)),
            (
                "below chance",
                lambda accuracy, load, alphabet: load * (accuracy - 1 / alphabet) / (1 - 1 / alphabet),
            ),
            ("times load", lambda accuracy, load, alphabet: _symbols_known(accuracy, 1, alphabet)),
            (
                "not bits",
                lambda accuracy, load, alphabet: _symbols_known(accuracy, load, alphabet) * alphabet.log2(),
            ),
            ("each cell", lambda *inputs: _symbols_known(*inputs).sum()),
            ("each cell", lambda *inputs: _symbols_known(*inputs).mean()),
            ("fractions", lambda *inputs: _symbols_known(*inputs).round()),
            ("fractions", lambda *inputs: _symbols_known(*inputs).floor()),
            ("fractions", lambda *inputs: _symbols_known(*inputs).long()),
        ],
    ),
}
