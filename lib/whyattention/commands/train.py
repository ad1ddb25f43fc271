"""`whyattention train`: a translator of one's own, from a pair file or from the course's grammar."""

from __future__ import annotations

import argparse
import hashlib
import os
import platform
import shlex
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from whyattention import __version__
from whyattention.attention_decoder import SCORES
from whyattention.commands import (
    FAILED,
    INTERRUPTED,
    OUTPUT,
    UNREADABLE,
    USAGE,
    CommandError,
    explain,
    integer_up_to,
    learning_rate,
    positive_integer,
    seed_number,
)
from whyattention.corpus import SHORTEST_CLAUSE, grammar_vocabularies, sample_pairs
from whyattention.pairs import Pair, Split, load_pairs, split_pairs
from whyattention.seq2seq import KINDS
from whyattention.training import History
from whyattention.translator import Translator
from whyattention.translator_training import Quality, evaluate, train_translator
from whyattention.vocabulary import Vocabulary

#: Pairs drawn from the grammar.
GRAMMAR_PAIRS: dict[Split, int] = {"train": 20_000, "validation": 512, "test": 1000}
#: What describes a recurrent model, and means nothing to one of self-attention.
RECURRENT = ("kind", "embedding", "score", "forward")
HEADS = 4
#: A wider model would fill the memory instead of being trained.
WIDEST = 4096
#: Pairs of a file that the report is made from.
TEST_PAIRS = 1000

TEXT = {
    "pairs": "sentence pairs, such as a deck of Anki: English, tab, French (default: the course's grammar)",
    "out": "where to write the weights (default: %(default)s); a file that exists is not overwritten",
    "steps": "batches to train on (default: %(default)s)",
    "batch": "sentences in a batch (default: %(default)s)",
    "rate": "learning rate of Adam (default: %(default)s)",
    "kind": "the cell of encoder and decoder (default: %(default)s)",
    "hidden": "width of the states (default: %(default)s)",
    "embedding": "width of the embeddings (default: %(default)s)",
    "score": "how a query is compared with a state (default: %(default)s)",
    "forward": "an encoder that reads forward only, not in both directions",
    "control": "the same model without look-up: all weight on the last encoder state",
    "no_attention": "a model that reads one context vector only",
    "self_attention": "attention alone, four heads and no recurrent state; --hidden is the width of a word",
    "longest": "leave longer English sentences out (default: %(default)s words)",
    "words": "words of each language at most, the most frequent ones (default: %(default)s)",
    "min_count": "leave out words of the file that are met less often (default: %(default)s)",
    "seed": "seed of everything that is drawn (default: %(default)s)",
    "data": "{origin}: {train} pairs for training, {validation} for validation, {test} held out\n",
    "model": "{parameters} parameters, {source} English and {target} French words\n",
    "trained": "{steps} steps in {seconds:.0f} s, validation loss {loss:.4f}\n",
    "quality": (
        "held out, {pairs} pairs: token accuracy {token_accuracy:.3f}, exact match {exact_match:.3f}, "
        "BLEU {bleu:.1f}{alignment}\n"
    ),
    "alignment": ", alignment error rate {rate:.3f}",
    "written": "written: {path} ({size} kB)\n",
}

MESSAGES = {
    "exists": "{path} exists and is not overwritten; name another file with --out",
    "folder": "{path}: there is no such folder",
    "folder_locked": "{path}: this folder cannot be written to",
    "few": (
        "{path}: expected pairs of at most {longest} words for training, validation and test, "
        "got {train}, {validation} and {test}"
    ),
    "interrupted": "interrupted after {steps} steps; nothing was written",
    "hidden": "--hidden must be even, half for each direction, got {hidden}; or take --forward",
    "heads": "--hidden must be a multiple of {heads}, a part for each head, got {hidden}",
    "recurrent": "--self-attention has no recurrent part for {options}",
    "longest": "--longest must be at least {least} for the grammar, got {longest}",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    add = parser.add_argument
    add("--pairs", type=Path, metavar="FILE", help=TEXT["pairs"])
    add("--out", type=Path, default=Path("translator.safetensors"), metavar="FILE", help=TEXT["out"])
    add("--steps", type=positive_integer, default=2000, metavar="N", help=TEXT["steps"])
    add("--batch-size", type=positive_integer, default=64, metavar="N", help=TEXT["batch"])
    add("--learning-rate", type=learning_rate, default=3e-3, metavar="X", help=TEXT["rate"])
    add("--kind", choices=KINDS, default="gru", help=TEXT["kind"])
    add("--hidden", type=integer_up_to(WIDEST), default=64, metavar="N", help=TEXT["hidden"])
    add("--embedding", type=integer_up_to(WIDEST), default=32, metavar="N", help=TEXT["embedding"])
    add("--score", choices=SCORES, default="dot", help=TEXT["score"])
    add("--forward", action="store_true", help=TEXT["forward"])
    look_up = parser.add_mutually_exclusive_group()
    look_up.add_argument("--control", action="store_true", help=TEXT["control"])
    look_up.add_argument("--no-attention", action="store_true", help=TEXT["no_attention"])
    look_up.add_argument("--self-attention", action="store_true", help=TEXT["self_attention"])
    add("--longest", type=positive_integer, default=12, metavar="N", help=TEXT["longest"])
    add("--max-words", type=positive_integer, default=10_000, metavar="N", help=TEXT["words"])
    add("--min-count", type=positive_integer, default=2, metavar="N", help=TEXT["min_count"])
    add("--seed", type=seed_number, default=0, metavar="N", help=TEXT["seed"])


def run(options: argparse.Namespace) -> int:
    """Train, report on held-out pairs, and write the weights.

    Returns:
        The exit code, 0.

    Raises:
        CommandError: A file cannot be read or written, training diverged, or it was interrupted.
    """
    _require_model(options)
    if options.pairs is None and options.longest < SHORTEST_CLAUSE:
        raise CommandError(MESSAGES["longest"].format(least=SHORTEST_CLAUSE, longest=options.longest), USAGE)
    _require_place(options.out)
    origin, parts, vocabularies = _read(options)
    counts = {split: len(pairs) for split, pairs in parts.items()}
    _say("data", origin=origin["name"], **counts)
    history = History()
    translator = _train(options, parts, vocabularies, _about(options, origin | {"counts": counts}), history)
    parameters = sum(parameter.numel() for parameter in translator.model.parameters())
    _say("model", parameters=parameters, source=len(vocabularies[0]), target=len(vocabularies[1]))
    _say("trained", steps=history.steps, seconds=history.seconds, loss=min(history.validation))
    quality = evaluate(translator, parts["test"][:TEST_PAIRS])
    _report(quality)
    measured = {
        "validation": {"steps": history.validated_at, "loss": history.validation},
        "held_out": vars(quality),
    }
    translator = replace(translator, training=translator.training | measured)
    try:
        translator.save(options.out)
    except FileExistsError as error:  # somebody else wrote it while this trained
        raise CommandError(MESSAGES["exists"].format(path=options.out), OUTPUT) from error
    except OSError as error:
        raise CommandError(explain(error), OUTPUT) from error
    _say("written", path=options.out, size=round(options.out.stat().st_size / 1000))
    return 0


def _require_model(options: argparse.Namespace) -> None:
    """Notice options that no model can be made of."""
    if options.self_attention:
        if odd := [words[0] for words in _changed(options) if words[0] in map(_option, RECURRENT)]:
            raise CommandError(MESSAGES["recurrent"].format(options=", ".join(odd)), USAGE)
        if options.hidden % HEADS:
            raise CommandError(MESSAGES["heads"].format(heads=HEADS, hidden=options.hidden), USAGE)
    elif options.hidden % 2 and not options.forward:
        raise CommandError(MESSAGES["hidden"].format(hidden=options.hidden), USAGE)


def _require_place(path: Path) -> None:
    """Notice before training, and not after, that the weights cannot be written."""
    if path.exists():
        raise CommandError(MESSAGES["exists"].format(path=path), OUTPUT)
    if not path.parent.is_dir():
        raise CommandError(MESSAGES["folder"].format(path=path.parent), OUTPUT)
    if not os.access(path.parent, os.W_OK):
        raise CommandError(MESSAGES["folder_locked"].format(path=path.parent), OUTPUT)


def _read(
    options: argparse.Namespace,
) -> tuple[dict[str, Any], dict[Split, list[Pair]], tuple[Vocabulary, Vocabulary]]:
    """Return where the pairs come from, the pairs of each part, and the vocabularies."""
    if options.pairs is None:
        parts = {
            split: sample_pairs(count, options.seed, split, max_length=options.longest)
            for split, count in GRAMMAR_PAIRS.items()
        }
        return {"name": "grammar"}, parts, grammar_vocabularies()
    try:
        pairs = load_pairs(options.pairs)
        checksum = hashlib.sha256(options.pairs.read_bytes()).hexdigest()
    except OSError as error:
        raise CommandError(explain(error), UNREADABLE) from error
    except ValueError as error:
        raise CommandError(str(error), UNREADABLE) from error
    parts = split_pairs(pair for pair in pairs if len(pair.source) <= options.longest)
    if not all(parts.values()):
        counts = {split: len(members) for split, members in parts.items()}
        message = MESSAGES["few"].format(path=options.pairs, longest=options.longest, **counts)
        raise CommandError(message, UNREADABLE)
    source, target = (
        Vocabulary.from_sentences(sentences, options.min_count, options.max_words)
        for sentences in ([pair.source for pair in parts["train"]], [pair.target for pair in parts["train"]])
    )
    return {"name": options.pairs.name, "sha256": checksum}, parts, (source, target)


def _train(
    options: argparse.Namespace,
    parts: dict[Split, list[Pair]],
    vocabularies: tuple[Vocabulary, Vocabulary],
    about: dict[str, Any],
    history: History,
) -> Translator:
    attention = self_attention = None
    if options.self_attention:
        self_attention = {"width": options.hidden, "heads": HEADS}
    elif not options.no_attention:
        attention = {"score": options.score, "last_state_control": options.control}
    try:
        return train_translator(
            parts,
            vocabularies,
            kind=options.kind,
            hidden=options.hidden,
            embedding=options.embedding,
            attention=attention,
            bidirectional=not options.forward,
            self_attention=self_attention,
            steps=options.steps,
            batch_size=options.batch_size,
            learning_rate=options.learning_rate,
            seed=options.seed,
            about=about,
            history=history,
        )
    except FloatingPointError as error:
        raise CommandError(str(error), FAILED) from error
    except KeyboardInterrupt:
        raise CommandError(MESSAGES["interrupted"].format(steps=history.steps), INTERRUPTED) from None


def _about(options: argparse.Namespace, origin: dict[str, Any]) -> dict[str, Any]:
    """Return what made the weights: no date and no time, so that a second run writes the same bytes."""
    versions = {"whyattention": __version__, "torch": torch.__version__, "python": platform.python_version()}
    return {"command": command_line(options), "pairs": origin, "seed": options.seed, "versions": versions}


def command_line(options: argparse.Namespace) -> str:
    """Return the command that trains the same weights: what differs from the defaults, but not the file."""
    words = [word for option in _changed(options) if option[0] != _option("out") for word in option]
    return shlex.join(["whyattention", "train", *words])


def _changed(options: argparse.Namespace) -> list[list[str]]:
    """Return the words of each option that differs from its default."""
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    changed = []
    for name, value in sorted(vars(options).items()):
        if value == parser.get_default(name):
            continue
        changed.append([_option(name)])
        if value is not True:
            changed[-1].append(value.name if isinstance(value, Path) else str(value))
    return changed


def _option(name: str) -> str:
    return "--" + name.replace("_", "-")


def _report(quality: Quality) -> None:
    rate = quality.alignment_error_rate
    alignment = "" if rate is None else TEXT["alignment"].format(rate=rate)
    _say("quality", alignment=alignment, **vars(quality))


def _say(name: str, **values: Any) -> None:
    sys.stdout.write(TEXT[name].format(**values))
    sys.stdout.flush()
