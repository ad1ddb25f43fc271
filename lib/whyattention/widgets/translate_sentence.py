"""What the figure of the translators knows of a sentence: its words, the reference, which words are right.

translate_grammar.js and translate_edits.js do the same in a page. No torch: the book is built without.
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

from whyattention.grammar import parse_clause, render
from whyattention.widgets.translation import EOS, shipped, translate, words

#: Marks between words and at the end, which the models have not met.
MARKS = (",", ";", ".", "!", "?", "…")
_TOKEN = re.compile(r"\d+(?:[.,]\d+)+|\w+(?:[-']\w+)*|[^\w\s]")


class Edit(NamedTuple):
    """One step of the way from a translation to its reference.

    Attributes:
        kind: Whether a word is right, stands for another, is one too many, or is missing.
        said: The place of the model's word, or None.
        expected: The place of the reference's word, or None.
    """

    kind: Literal["right", "wrong", "extra", "missing"]
    said: int | None
    expected: int | None


class Said(NamedTuple):
    """What one model says, word by word, without the end of the sentence.

    Attributes:
        words: French words.
        probabilities: The probability that the model gave to each.
        weights: The attention weights with which it found each, one for each English word.
        finished: Whether it came to an end by itself.
    """

    words: list[str]
    probabilities: list[float]
    weights: list[list[float]]
    finished: bool


def read_words(text: str) -> list[str]:
    """Cut a sentence into the words that a model reads: small letters, no commas, no stops.

    Args:
        text: The sentence. ``whyattention.pairs.tokenize`` cuts it the same way and keeps the marks.

    >>> read_words("I’m not a STUDENT, he is!")
    ["i'm", 'not', 'a', 'student', 'he', 'is']
    """
    plain = unicodedata.normalize("NFC", text).replace("’", "'").replace("ʼ", "'")
    return [word for word in _TOKEN.findall(plain.lower()) if word not in MARKS]


def reference(source: Sequence[str]) -> tuple[list[str], list[int]] | None:
    """The French of a sentence of the grammar, and for each French word the place of its English one.

    Args:
        source: The English words.

    Returns:
        Words and places, or None where the words are no sentence of the grammar.

    >>> reference("i am a student".split())
    (['je', 'suis', 'étudiant'], [0, 1, 3])
    """
    clauses: list[list[str]] = [[]]
    for word in source:
        if word == "and":
            clauses.append([])
        else:
            clauses[-1].append(word)
    try:
        _, french = render([parse_clause(clause) for clause in clauses])
    except ValueError:
        return None
    return [word for word, _ in french], [place for _, place in french]


def compare(said: Sequence[str], expected: Sequence[str]) -> list[Edit]:
    """The fewest edits that turn a translation into its reference, in the order of the words.

    Of several ways with as few edits it takes one that leaves most words as they are.

    Args:
        said: The model's words.
        expected: The words of the reference.

    >>> [edit.kind for edit in compare(["il", "est", "le"], ["elle", "est"])]
    ['wrong', 'right', 'extra']
    """
    # Of each pair of beginnings: (edits, minus the words that are right, the last step).
    best = [[(0, 0, "")] + [(t, 0, "extra") for t in range(1, len(said) + 1)]]
    for g, word in enumerate(expected, start=1):
        row = [(g, 0, "missing")]
        for t, other in enumerate(said, start=1):
            same = word == other
            edits, right, _ = best[-1][t - 1]
            both = (edits + (not same), right - same, "right" if same else "wrong")
            edits, right, _ = best[-1][t]
            missing = (edits + 1, right, "missing")
            edits, right, _ = row[-1]
            extra = (edits + 1, right, "extra")
            # Of equals the last one here comes first in the sentence.
            row.append(min(extra, missing, both, key=lambda way: way[:2]))
        best.append(row)
    t, g, way = len(said), len(expected), []
    while t or g:
        kind = best[g][t][2]
        t, g = t - (kind != "missing"), g - (kind != "extra")
        way.append(Edit(kind, None if kind == "missing" else t, None if kind == "extra" else g))
    return way[::-1]


@lru_cache(maxsize=64)
def say(name: str, sentence: str) -> Said:
    """Let one of the two shipped models translate.

    Args:
        name: "attention" or "control".
        sentence: Words that it knows, at least one, with spaces between them.
    """
    model = shipped(name)
    found = translate(model, [model.source_words.index(word) for word in sentence.split()])
    kept = [i for i, token in enumerate(found.tokens) if words(model, [token])]
    return Said(
        words=words(model, found.tokens),
        probabilities=[found.probabilities[i] for i in kept],
        weights=[found.weights[i] for i in kept],
        finished=found.tokens[-1] == EOS,
    )
