"""The tasks of the sweeps by name: what is drawn for training, and what for tests."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import torch

from whyattention import tasks
from whyattention.batches import Batch, reverse_sources
from whyattention.corpus import encode_batches, encode_pairs, grammar_vocabularies, sample_pairs

Settings = dict[str, Any]

#: Sentence pairs that a translator is trained on, again and again.
TRAINING_PAIRS = 20_000


def vocabulary_sizes(task: Settings) -> tuple[int, int]:
    """Return how many source and target tokens a task has."""
    if task["name"] == "translation":
        source, target = grammar_vocabularies()
        return len(source), len(target)
    size = tasks.vocabulary_size(task["alphabet"], task.get("distractors", 0))
    return size, size


def draw_batch(task: Settings, count: int, seed: int, split: str) -> Batch:
    """Draw one batch of a task; a translation from the sentences of ``split``."""
    if task["name"] == "translation":
        pairs = sample_pairs(count, seed, split, task["min_length"], task["max_length"])
        batch = encode_pairs(pairs, *grammar_vocabularies())
    else:
        batch = _draw_symbols(task, count, seeded(seed))
    return reverse_sources(batch) if task.get("reverse_source") else batch


def _draw_symbols(task: Settings, count: int, generator: torch.Generator) -> Batch:
    arguments = {name: value for name, value in task.items() if name not in ("name", "reverse_source")}
    if task["name"] == "delayed_copy":
        return tasks.delayed_copy(count, **arguments, generator=generator)
    draw = {"copy": tasks.copy, "reverse": tasks.reverse, "first_symbol": tasks.first_symbol}[task["name"]]
    return draw(count, **arguments, generator=generator)


def training_batches(task: Settings, size: int, seed: int, device: str) -> Iterable[Batch]:
    """Return what ``train`` takes: of a translation a list of batches, of another task new ones for ever."""
    if task["name"] == "translation":
        pairs = sample_pairs(TRAINING_PAIRS, seed, "train", task["min_length"], task["max_length"])
        batches = encode_batches(pairs, *grammar_vocabularies(), size=size, seed=seed)
        if task.get("reverse_source"):
            batches = [reverse_sources(batch) for batch in batches]
        return [batch.to(device) for batch in batches]
    generator = seeded(seed)

    def draw() -> Batch:
        batch = _draw_symbols(task, size, generator)
        return reverse_sources(batch) if task.get("reverse_source") else batch

    return endless(draw, device)


def seeded(seed: int) -> torch.Generator:
    """Return a generator of random numbers that starts from ``seed``."""
    return torch.Generator().manual_seed(seed)


def endless(draw: Callable[[], Any], device: str) -> Iterator[Any]:
    """Draw batches for ever."""
    while True:
        yield draw().to(device)
