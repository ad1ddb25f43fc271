"""How good is it? Measures of translations and of alignments.

A translation is measured **free-running**: the model reads its own words, never the reference. Sequences here
are lists of words or of token numbers without ``BOS``, ``EOS`` and ``PAD``; a prediction comes before its
reference. All rates are from 0 to 1, except BLEU, which by custom is from 0 to 100.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from jaxtyping import Float
from torch import Tensor

from whyattention.batches import Batch, length_mask

Words = Sequence[str] | Sequence[int]


def token_accuracy(predictions: Sequence[Words], references: Sequence[Words]) -> float:
    """Return the share of positions at which prediction and reference have the same word.

    ::

        Σ [p_t = r_t] / Σ max(len(p), len(r))        over all sentences

    A missing word is wrong, and so is one too many: the accuracy is 1 only if everything is right. A word
    left out shifts all behind it; ``edit_distance`` is not so strict.

    Args:
        predictions: For each sentence what the model said, free-running.
        references: For each sentence what it should have said, at least one word.

    Returns:
        The accuracy, over the positions of all sentences together.

    Raises:
        ValueError: There is no sentence, the lists differ in length, or a reference is empty.

    Taught in:
        Chapter 2.

    Example:
        >>> token_accuracy([["je", "suis"], ["il", "est", "petit"]], [["je", "suis", "petit"], ["il", "est"]])
        0.6666666666666666
    """
    _require_sentences(predictions, references)
    positions = right = 0
    for prediction, reference in zip(predictions, references, strict=True):
        positions += max(len(prediction), len(reference))
        right += sum(said == expected for said, expected in zip(prediction, reference, strict=False))
    return right / positions


def exact_match(predictions: Sequence[Words], references: Sequence[Words]) -> float:
    """Return the share of sentences that are right as a whole.

    It falls with the length by itself: set it beside ``expected_exact_match``.

    Args:
        predictions: For each sentence what the model said, free-running.
        references: For each sentence what it should have said, at least one word.

    Raises:
        ValueError: There is no sentence, the lists differ in length, or a reference is empty.

    Taught in:
        Chapter 2.
    """
    _require_sentences(predictions, references)
    pairs = zip(predictions, references, strict=True)
    return sum(list(said) == list(expected) for said, expected in pairs) / len(references)


def expected_exact_match(accuracy: float, length: int) -> float:
    """Return the exact match of a model whose ``length`` words are right independently of each other: p^L.

    Args:
        accuracy: Probability p that a word is right.
        length: Words in a sentence, L.

    Raises:
        ValueError: ``accuracy`` is not from 0 to 1, or ``length`` is below one.

    Taught in:
        Chapter 2.

    Example:
        >>> round(expected_exact_match(0.95, 20), 2)
        0.36
    """
    if not 0 <= accuracy <= 1:
        raise ValueError(f"accuracy must be from 0 to 1, got {accuracy}")
    _require_positive("length", length)
    return accuracy**length


def edit_distance(prediction: Words, reference: Words) -> int:
    """Return the fewest words to insert, delete or replace that turn a prediction into its reference.

    Source:
        Levenshtein 1966.

    Taught in:
        Chapter 2.

    Example:
        >>> edit_distance(["je", "suis", "petit"], ["je", "ne", "suis", "pas", "petit"])
        2
    """
    # distances[j]: from the words of the prediction read so far to the first j words of the reference.
    distances = list(range(len(reference) + 1))
    for i, said in enumerate(prediction, start=1):
        diagonal, distances[0] = distances[0], i
        for j, expected in enumerate(reference, start=1):
            replaced = diagonal + (said != expected)
            diagonal = distances[j]
            distances[j] = min(replaced, distances[j] + 1, distances[j - 1] + 1)
    return distances[-1]


def edit_rate(prediction: Words, reference: Words) -> float:
    """Return the edit distance as a share of the longer of the two: 0 for equal, 1 for nothing in common.

    Example:
        >>> edit_rate(["je", "suis", "petit"], ["je", "ne", "suis", "pas", "petit"])
        0.4
    """
    return edit_distance(prediction, reference) / max(len(prediction), len(reference), 1)


def bleu(predictions: Sequence[Words], references: Sequence[Words]) -> float:
    """Return the corpus BLEU of tokenized translations, as sacrebleu computes it, from 0 to 100.

    The tokens are ours: sacrebleu cuts no further. Its signature is
    ``nrefs:1|case:mixed|eff:no|tok:none|smooth:exp``. BLEU looks at up to four words in a row: a corpus none
    of whose sentences has four words scores 0, however good.

    Args:
        predictions: For each sentence what the model said, as words.
        references: For each sentence one reference, at least one word.

    Raises:
        ValueError: There is no sentence, the lists differ in length, or a reference is empty.

    Source:
        Papineni et al. 2002; Post 2018 for sacrebleu.

    Taught in:
        Chapter 8.
    """
    from sacrebleu.metrics import BLEU  # slow to import, and needed here alone

    _require_sentences(predictions, references)
    said, expected = ([" ".join(map(str, words)) for words in side] for side in (predictions, references))
    # force: our tokens end sentences in " .", which sacrebleu takes for a mistake otherwise.
    return BLEU(tokenize="none", force=True).corpus_score(said, [expected]).score


def alignment_error_rate(weights: Float[Tensor, "batch target_steps source_steps"], batch: Batch) -> float:
    """Compare the source word with the largest weight, at each target word, with the gold alignment.

    ::

        AER = 1 - 2 |A ∩ G| / (|A| + |G|)

    ``G`` are the gold links, all of them sure. ``A`` has one link for each target word: to the real source
    word of the largest weight, the first of equals. ``EOS`` is left out. Both are counted over the whole
    batch. A target word without a gold link counts in ``A`` alone, so any link of it is an error; a source
    word without a counterpart ("a" before a profession, "does") is right if nothing points to it.

    Args:
        weights: Attention weights under teacher forcing: row t of a sentence belongs to the step that
            predicts word t of ``batch.target``. Those of padding and ``EOS`` are not looked at.
        batch: The batch that was read, with alignments.

    Returns:
        The error rate, from 0 (all links right) to 1 (none).

    Raises:
        ValueError: The shapes differ, the batch has no alignments or no link, or a weight is NaN.

    Source:
        Och and Ney 2003, with sure links only.

    Taught in:
        Chapter 8.
    """
    expected = (len(batch), batch.target.size(1), batch.source.size(1))
    if weights.shape != expected:
        raise ValueError(f"weights must have shape {expected}, got {tuple(weights.shape)}")
    if batch.alignments is None:
        raise ValueError("batch must have gold alignments, got None")
    weights = weights.detach().to(batch.source.device)
    weights = weights.masked_fill(~batch.source_mask.unsqueeze(1), -math.inf)
    words = length_mask(batch.target_lengths - 1, weights.size(1))  # without EOS
    if weights[words].isnan().any():
        raise ValueError("weights must be numbers at every target word, got NaN")
    largest = weights.argmax(dim=-1).tolist()
    found = gold = agreed = 0
    for row, (alignment, length) in enumerate(
        zip(batch.alignments, batch.target_lengths.tolist(), strict=True)
    ):
        links = {(largest[row][t], t) for t in range(length - 1)}
        found += len(links)
        gold += len(alignment)
        agreed += len(links & alignment)
    if gold == 0:
        raise ValueError("batch must have at least one gold link, got none")
    return 1 - 2 * agreed / (found + gold)


def bits_needed(length: int, alphabet: int) -> float:
    """Return the bits that tell a sequence of independent, uniform symbols from all others: L · log2(V).

    Args:
        length: Symbols in the sequence, L.
        alphabet: Different symbols, V.

    Raises:
        ValueError: A size is below one.

    Taught in:
        Chapter 2.

    Example:
        >>> bits_needed(length=20, alphabet=16)
        80.0
    """
    _require_positive("length", length)
    return length * math.log2(_require_positive("alphabet", alphabet))


def chance_rate(alphabet: int) -> float:
    """Return the token accuracy of guessing among ``alphabet`` equally likely symbols: 1 / V.

    For the adding problem see ``tasks.adding_chance_rate``.

    Raises:
        ValueError: ``alphabet`` is below one.

    Taught in:
        Chapter 2.

    Example:
        >>> chance_rate(16)
        0.0625
    """
    return 1 / _require_positive("alphabet", alphabet)


def _require_sentences(predictions: Sequence[Words], references: Sequence[Words]) -> None:
    if len(references) == 0 or len(predictions) != len(references):
        got = f"{len(predictions)} predictions and {len(references)} references"
        raise ValueError(f"predictions and references must be equally many, at least one each, got {got}")
    for row, reference in enumerate(references):
        if len(reference) == 0:
            raise ValueError(f"references[{row}] must hold at least one word, got none")


def _require_positive(name: str, size: int) -> int:
    if size < 1:
        raise ValueError(f"{name} must be at least 1, got {size}")
    return size
