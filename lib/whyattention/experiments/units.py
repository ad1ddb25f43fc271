"""What a sweep is made of: rows, each measured once from every seed, and what was measured.

A *unit* is one training from one seed, with all its settings as plain JSON. Nothing passes from one unit to
another, so that they can run in any order, on any number of machines, and again after an interruption.
"""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

SEEDS = (0, 1, 2)

#: What decides about a unit's figures. Another digest of these modules is another experiment.
_MODULES = (
    "adding",
    "attention",
    "attention_decoder",
    "batches",
    "cells",
    "corpus",
    "decoder",
    "decoding",
    "experiments.curves",
    "experiments.draws",
    "experiments.measures",
    "gradients",
    "grammar",
    "lexicon",
    "metrics",
    "pairs",
    "recurrent",
    "seq2seq",
    "tasks",
    "training",
    "transformer",
    "vocabulary",
)


@dataclass(frozen=True)
class Unit:
    """One training from one seed.

    Args:
        measure: Name of a function of ``whyattention.experiments.measures``.
        settings: Its keyword arguments, without seed and device; JSON.
        seed: Seed of the weights and of the training data. The test data are the same for all seeds.
    """

    measure: str
    settings: Mapping[str, Any]
    seed: int

    def key(self, device: str) -> str:
        """Return a name for what this unit measures on ``device`` by the code as it is now."""
        identity = {
            "measure": self.measure,
            "settings": self.settings,
            "seed": self.seed,
            "device": device,
            "code": code_digest(),
        }
        return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:24]


@dataclass(frozen=True)
class Row:
    """What a sweep varies: one setting, measured from every seed.

    Args:
        label: What tells it from the other rows, for a table or a legend.
        measure: As in ``Unit``.
        settings: As in ``Unit``.
    """

    label: str
    measure: str
    settings: Mapping[str, Any]

    def units(self, seeds: tuple[int, ...] = SEEDS) -> list[Unit]:
        """Return one unit for each seed."""
        return [Unit(self.measure, self.settings, seed) for seed in seeds]

    def shortened(self, steps: int) -> Row:
        """Return the row with fewer steps of training.

        What it measures up to there is what the whole row measures up to there.

        Raises:
            ValueError: ``steps`` is not a step at which the row is checked, so nothing could be compared.
        """
        if not 0 < steps <= self.settings["steps"] or steps % self.settings["check_every"]:
            raise ValueError(
                f"steps must be a multiple of {self.settings['check_every']} up to {self.settings['steps']}, "
                f"got {steps}"
            )
        return Row(self.label, self.measure, {**self.settings, "steps": steps})


@dataclass(frozen=True)
class Sweep:
    """A named experiment: rows, each from three seeds.

    Args:
        name: The name of the command line, and of the file in book/results.
        about: One sentence on what is measured.
        chapters: Chapters that show it.
        rows: All rows.
        small: Some of them, shortened: seconds, from the first seed.
    """

    name: str
    about: str
    chapters: tuple[int, ...]
    rows: tuple[Row, ...]
    small: tuple[Row, ...]

    def units(self, small: bool = False) -> list[Unit]:
        """Return all units, row by row; of the small version, those of the first seed."""
        rows, seeds = (self.small, SEEDS[:1]) if small else (self.rows, SEEDS)
        return [unit for row in rows for unit in row.units(seeds)]


@cache
def code_digest() -> str:
    """Return a digest of the code that decides about the figures; comments and docstrings do not count."""
    library = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for name in _MODULES:
        tree = ast.parse((library / f"{name.replace('.', '/')}.py").read_text("utf-8"))
        digest.update(f"{name}\n{ast.dump(_without_docstrings(tree))}\n".encode())
    return digest.hexdigest()[:12]


def _without_docstrings(tree: ast.Module) -> ast.Module:
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
            and ast.get_docstring(node) is not None
        ):
            del node.body[0]
    return tree
