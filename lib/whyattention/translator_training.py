"""Train a translator on sentence pairs, and say how well it translates pairs that it has not met."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch

from whyattention.batches import UNK
from whyattention.metrics import alignment_error_rate, bleu, exact_match, token_accuracy
from whyattention.pairs import Pair, Split, encode_batches, encode_pairs
from whyattention.seq2seq import build
from whyattention.training import History, set_seed, token_loss, train
from whyattention.transformer import Transformer
from whyattention.translator import Translator
from whyattention.vocabulary import Vocabulary

VALIDATE_EVERY = 100
#: Pairs that a validation takes; more would cost more time than they tell.
VALIDATION_PAIRS = 512


@dataclass(frozen=True)
class Quality:
    """How well a translator does on some pairs, free-running and by greedy decoding.

    Attributes:
        pairs: How many there were.
        token_accuracy: Share of positions with the right word.
        exact_match: Share of sentences that are right as a whole.
        bleu: Corpus BLEU, from 0 to 100.
        alignment_error_rate: Under teacher forcing; None without attention or without gold alignments.
    """

    pairs: int
    token_accuracy: float
    exact_match: float
    bleu: float
    alignment_error_rate: float | None


def train_translator(
    pairs: Mapping[Split, Sequence[Pair]],
    vocabularies: tuple[Vocabulary, Vocabulary],
    *,
    kind: Literal["rnn", "lstm", "gru"] = "gru",
    hidden: int = 64,
    embedding: int = 32,
    attention: dict[str, str | bool] | None = None,
    bidirectional: bool = True,
    self_attention: dict[str, int | str] | None = None,
    steps: int = 2000,
    batch_size: int = 64,
    learning_rate: float = 3e-3,
    seed: int = 0,
    about: Mapping[str, Any] | None = None,
    progress: bool | None = None,
    history: History | None = None,
) -> Translator:
    """Train a translator on pairs of sentences; equal arguments give equal bytes on the same machine.

    After every hundred steps, and after the last, the loss on validation pairs is taken; the weights of the
    best validation are kept.

    Args:
        pairs: The pairs of "train" and "validation"; see ``pairs.split_pairs``.
        vocabularies: Of the source and of the target. A word of the pairs that is in neither is unknown.
        kind: See ``seq2seq.build``; so are the next four.
        hidden: Width H of the states.
        embedding: Width E of the embeddings.
        attention: The switches of ``AttentionDecoder``, {} for their defaults; None for no attention.
        bidirectional: Whether the encoder reads in both directions, with H/2 each.
        self_attention: The arguments of ``Transformer`` without the vocabularies, {} for its defaults, which
            is then trained in the place of what the five before describe; None for a recurrent model.
        steps: Batches to train on.
        batch_size: Pairs in a batch.
        learning_rate: Adam's.
        seed: Seed of the weights at the start, of the batches and of their order.
        about: What to write into ``Translator.training``.
        progress: Whether to show a progress bar; see ``training.train``.
        history: An empty history to fill; see ``training.train``.

    Returns:
        The translator.

    Raises:
        FloatingPointError: Training diverged.
        ValueError: There are no pairs for training or for validation, or an option is out of range.

    Taught in:
        Chapter 1; with attention chapter 8, with self-attention chapter 9.
    """
    for split in ("train", "validation"):
        if not pairs[split]:
            raise ValueError(f"pairs must hold at least one pair for {split}, got none")
    source_vocabulary, target_vocabulary = vocabularies
    batches = encode_batches(pairs["train"], *vocabularies, size=batch_size, seed=seed)
    validation = encode_batches(pairs["validation"][:VALIDATION_PAIRS], *vocabularies, size=VALIDATION_PAIRS)
    set_seed(seed)
    sizes = len(source_vocabulary), len(target_vocabulary)
    if self_attention is None:
        model = build(
            *sizes,
            kind=kind,
            hidden=hidden,
            embedding=embedding,
            attention=attention,
            bidirectional=bidirectional,
        )
    else:
        model = Transformer(*sizes, **self_attention)
    train(
        model,
        token_loss,
        batches,
        steps=steps,
        learning_rate=learning_rate,
        seed=seed,
        validate=lambda model: float(token_loss(model, validation[0])),
        validate_every=VALIDATE_EVERY,
        keep_best=True,
        progress=progress,
        history=history,
    )
    return Translator(
        model,
        source_vocabulary,
        target_vocabulary,
        longest_source=max(len(pair.source) for pair in pairs["train"]),
        knows_unknown=any(bool((batch.source == UNK).any()) for batch in batches),
        training=dict(about or {}),
    )


@torch.no_grad()
def evaluate(translator: Translator, pairs: Sequence[Pair]) -> Quality:
    """Translate the sources of pairs and compare with their targets.

    Args:
        translator: The translator.
        pairs: At least one pair, none of them met in training.

    Returns:
        The measures of ``whyattention.metrics``.

    Raises:
        ValueError: There is no pair.

    Taught in:
        Chapters 2 and 8.
    """
    if not pairs:
        raise ValueError("pairs must hold at least one pair, got none")
    renderings = translator.translate_words([pair.source for pair in pairs])
    said = [rendering.target for rendering in renderings]
    expected = [pair.target for pair in pairs]
    error_rate = None
    if translator.has_weights and all(pair.alignment is not None for pair in pairs):
        batch = encode_pairs(pairs, translator.source_vocabulary, translator.target_vocabulary)
        weights = translator.model(batch.source, batch.source_lengths, batch.target_inputs).weights
        error_rate = alignment_error_rate(weights, batch)
    return Quality(
        pairs=len(pairs),
        token_accuracy=token_accuracy(said, expected),
        exact_match=exact_match(said, expected),
        bleu=bleu(said, expected),
        alignment_error_rate=error_rate,
    )
