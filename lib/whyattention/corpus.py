"""The book's translation task: sentences of its English-French grammar, with gold alignments.

Sentences are clauses of 3 to 11 English words, joined by "and" to any length. Training, validation and test
have not one clause in common: the part of a clause is read off a hash of its English words, so it depends on
no seed, run or machine. "i am a student" is a test sentence: a model that translates it has never met it.

Whatever else has to do with sentence pairs (files, vocabularies, batches) can be imported from here, too.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import cache
from typing import get_args

from whyattention.grammar import Clause, NounPhrase, parse_clause, render
from whyattention.lexicon import (
    ADJECTIVES,
    BE,
    NOUNS,
    PERSON,
    PRONOUNS,
    VERBS,
    Noun,
    source_words,
    target_words,
)
from whyattention.pairs import (
    Pair,
    Split,
    detokenize,
    encode_batches,
    encode_pairs,
    length_buckets,
    load_pairs,
    split_of,
    split_pairs,
    tokenize,
)
from whyattention.vocabulary import Vocabulary

__all__ = [
    "Pair",
    "Split",
    "Vocabulary",
    "detokenize",
    "encode_batches",
    "encode_pairs",
    "grammar_vocabularies",
    "length_buckets",
    "load_pairs",
    "sample_pairs",
    "split_of",
    "split_pairs",
    "tokenize",
    "translate",
]

SHORTEST_CLAUSE, LONGEST_CLAUSE = 3, 11

# What follows the subject, by its length in words: (kind of complement, negated, adjectives of an object).
_PREDICATES = {
    2: [("adjective", False, 0)],
    3: [("adjective", True, 0), ("profession", False, 0), ("object", False, 0)],
    4: [("profession", True, 0), ("object", False, 1)],
    5: [("object", False, 2), ("object", True, 0)],
    6: [("object", True, 1)],
    7: [("object", True, 2)],
}


def translate(sentence: str) -> Pair:
    """Translate an English sentence of the grammar, and link each French word to an English one.

    Args:
        sentence: Words of the grammar, in small letters, separated by spaces.

    Returns:
        The pair, with its gold alignment: links (source position, target position).

    Raises:
        ValueError: The sentence is not of the grammar.

    Taught in:
        Chapter 1.

    Example:
        >>> pair = translate("she does not eat an apple")
        >>> print(pair)
        she does not eat an apple → elle ne mange pas de pomme
        >>> sorted(pair.alignment)
        [(0, 0), (2, 1), (2, 3), (3, 2), (4, 4), (5, 5)]
    """
    clauses: list[list[str]] = [[]]
    for word in sentence.split():
        if word == "and":
            clauses.append([])
        else:
            clauses[-1].append(word)
    return _make_pair([parse_clause(words) for words in clauses])


def sample_pairs(
    count: int, seed: int, split: Split = "train", min_length: int = 3, max_length: int = 12
) -> list[Pair]:
    """Draw sentences of the grammar, with their translations and gold alignments.

    The number of English words is drawn first, each as likely as another; then clauses that add up to it.
    Sentences may repeat: of three words there are only 25.

    Args:
        count: Number of pairs.
        seed: Seed of the drawing: one seed gives the same pairs on every machine.
        split: "train", "validation" or "test".
        min_length: Fewest English words, "and" included; at least 3.
        max_length: Most English words; there is no upper limit.

    Returns:
        The pairs, in the order in which they were drawn.

    Raises:
        ValueError: ``count`` is negative, the lengths are not 3 ≤ min ≤ max, or the split is unknown.

    Taught in:
        Chapter 1; the lengths in chapter 2.

    Example:
        >>> for pair in sample_pairs(2, seed=0, max_length=8):
        ...     print(pair)
        he does not like the girl → il n'aime pas la fille
        a small student sees a red house → un petit étudiant voit une maison rouge
    """
    if count < 0:
        raise ValueError(f"count must be at least 0, got {count}")
    if split not in get_args(Split):
        raise ValueError(f"split must be one of {', '.join(get_args(Split))}, got {split!r}")
    if not SHORTEST_CLAUSE <= min_length <= max_length:
        got = f"min_length {min_length} and max_length {max_length}"
        raise ValueError(f"lengths must be {SHORTEST_CLAUSE} ≤ min_length ≤ max_length, got {got}")
    numbers = random.Random(seed)
    pairs = []
    for _ in range(count):
        lengths = _draw_clause_lengths(numbers.randint(min_length, max_length), numbers)
        pairs.append(_make_pair([_draw_clause_of(split, length, numbers) for length in lengths]))
    return pairs


def grammar_vocabularies() -> tuple[Vocabulary, Vocabulary]:
    """Return the English and the French vocabulary of the whole grammar.

    Example:
        >>> [len(vocabulary) for vocabulary in grammar_vocabularies()]
        [54, 79]
    """
    return Vocabulary(source_words()), Vocabulary(target_words())


def _make_pair(clauses: Sequence[Clause]) -> Pair:
    english, french = render(clauses)
    links = frozenset((position, t) for t, (_, position) in enumerate(french))
    return Pair(tuple(english), tuple(word for word, _ in french), links)


def _draw_clause_lengths(length: int, numbers: random.Random) -> list[int]:
    """Draw lengths of clauses that, with an "and" between them, add up to ``length``."""
    lengths = []
    while length:
        # A clause ends the sentence, or leaves room for "and" and one more.
        longest = min(length - 1 - SHORTEST_CLAUSE, LONGEST_CLAUSE)
        choices = [*range(SHORTEST_CLAUSE, longest + 1), *([length] if length <= LONGEST_CLAUSE else [])]
        lengths.append(numbers.choice(choices))
        length -= lengths[-1] + (lengths[-1] < length)
    return lengths


def _draw_clause_of(split: Split, length: int, numbers: random.Random) -> Clause:
    while True:
        clause = _draw_clause(length, numbers)
        if split_of(render([clause])[0]) == split:
            return clause


@cache
def _shapes(length: int) -> list[tuple[int, str, bool, int]]:
    """Return how a clause may be built: the adjectives of its subject, -1 for a pronoun, and a predicate."""
    return [
        (adjectives, *predicate)
        for adjectives in range(-1, 3)
        for predicate in _PREDICATES.get(length - (2 + adjectives if adjectives >= 0 else 1), [])
        # "The small red apple is …": there is no third adjective for food.
        if adjectives < 2 or predicate[0] != "adjective"
    ]


def _draw_clause(length: int, numbers: random.Random) -> Clause:
    """Draw a clause of ``length`` English words, each of its possible shapes as likely as another."""
    adjectives, predicate, negated, object_adjectives = numbers.choice(_shapes(length))
    verb = numbers.choice(VERBS) if predicate == "object" else BE
    if adjectives < 0:
        subject = numbers.choice([p for p in PRONOUNS if predicate != "profession" or p.person < 2])
        taken, said = None, []
    else:
        kinds = (PERSON,) if predicate == "profession" else verb.subjects
        nouns = [noun for noun in NOUNS if noun.kind in kinds]
        subject = _draw_noun_phrase(nouns, adjectives, numbers)
        taken, said = subject.noun, [adjective.group for adjective in subject.adjectives]
    if predicate == "adjective":
        fitting = [a for a in ADJECTIVES if subject.kind in a.kinds and a.group not in said]
        return Clause(subject, verb, numbers.choice(fitting), negated)
    # "The student is a student" and "the cat sees the cat" are left out.
    others = [noun for noun in NOUNS if noun is not taken]
    if predicate == "profession":
        return Clause(subject, verb, numbers.choice([n for n in others if n.said_of_woman]), negated)
    nouns = [noun for noun in others if noun.kind in verb.objects]
    complement = _draw_noun_phrase(nouns, object_adjectives, numbers, verb.definite_objects)
    return Clause(subject, verb, complement, negated)


def _draw_noun_phrase(
    nouns: Sequence[Noun], adjectives: int, numbers: random.Random, definite: bool = False
) -> NounPhrase:
    """Draw a noun, an article unless it must be definite, and 0 to 2 adjectives that suit the noun."""
    noun = numbers.choice(nouns)
    fitting = [adjective for adjective in ADJECTIVES if noun.kind in adjective.kinds]
    drawn = [numbers.choice(fitting)] if adjectives else []
    if adjectives == 2:  # one on each side of the French noun
        drawn.append(numbers.choice([a for a in fitting if a.before_noun != drawn[0].before_noun]))
    return NounPhrase(noun, definite or numbers.random() < 0.5, tuple(sorted(drawn, key=ADJECTIVES.index)))
