"""A small English grammar whose sentences are put into French word by word, so that each link is known.

A clause is a subject, a verb and what follows; ``Clause`` refuses what makes no sense in these words ("the
car reads"). ``render`` says it in both languages and links them. What makes French more than a word list:

- agreement: articles and adjectives with the noun, verb and predicate with the subject ("elle est grande");
- order: most adjectives stand behind the noun ("la voiture rouge"), a few before ("la petite voiture");
- negation in two words ("ne … pas"), both linked to "not"; "do" and "does" are linked to nothing;
- after a negation, an indefinite object takes "de" ("il ne voit pas de voiture");
- a profession without article ("je suis étudiant"): "a" is linked to nothing;
- elision before a vowel or the mute h of "homme" ("j'aime", "l'homme", "n'est", "d'orange"), and "vieil".

Where English leaves a gender open, the masculine stands: for "i", "we", "they" and "the student".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from whyattention.lexicon import (
    ADJECTIVES,
    BE,
    ELIDED,
    FRENCH_VOWELS,
    NOUNS,
    PERSON,
    PRONOUNS,
    VERBS,
    Adjective,
    Noun,
    Pronoun,
    Verb,
)

Entry = TypeVar("Entry", Noun, Adjective, Pronoun)
#: French words, each with the position of the English word that it translates.
Linked = list[tuple[str, int]]


@dataclass(frozen=True)
class NounPhrase:
    """Article, adjectives in their English order, noun.

    Raises:
        ValueError: An adjective is not said of such a noun, or there are two on one side of the French noun.
    """

    noun: Noun
    definite: bool
    adjectives: tuple[Adjective, ...] = ()

    def __post_init__(self) -> None:
        for adjective in self.adjectives:
            _require(self.noun.kind in adjective.kinds, f"{adjective.english} {self.noun.english}")
        sides = [adjective.before_noun for adjective in self.adjectives]
        ordered = sorted(self.adjectives, key=ADJECTIVES.index) == list(self.adjectives)
        said = " ".join(adjective.english for adjective in self.adjectives)
        _require(ordered and len(set(sides)) == len(sides), f"{said} {self.noun.english}")

    @property
    def person(self) -> int:
        """The form of the verb: that of "he"."""
        return 1

    @property
    def feminine(self) -> bool:
        """Whether the French noun is feminine."""
        return self.noun.feminine

    @property
    def kind(self) -> str:
        """What the noun means: a person, an animal, …"""
        return self.noun.kind


@dataclass(frozen=True)
class Clause:
    """Who does what: after "be" an adjective or a profession, after another verb an object.

    Raises:
        ValueError: The words make no sense together.
    """

    subject: Pronoun | NounPhrase
    verb: Verb
    complement: Adjective | Noun | NounPhrase
    negated: bool = False

    def __post_init__(self) -> None:
        subject, verb, complement = self.subject, self.verb, self.complement
        name = subject.english if isinstance(subject, Pronoun) else subject.noun.english
        if isinstance(complement, NounPhrase):
            _require(subject.kind in verb.subjects, f"{name} {verb.english[0]}")
            _require(complement.noun.kind in verb.objects, f"{verb.english[0]} {complement.noun.english}")
            _require(complement.definite or not verb.definite_objects, f"{verb.english[0]} a …")
        else:
            _require(verb is BE, f"{verb.english[0]} {complement.english}")
            kinds = complement.kinds if isinstance(complement, Adjective) else (PERSON,)
            _require(subject.kind in kinds, f"{name} be {complement.english}")
            if isinstance(complement, Noun):
                singular = subject.person < 2  # "we are a student" is no English
                _require(complement.said_of_woman is not None and singular, f"{name} be {complement.english}")


def render(clauses: Sequence[Clause]) -> tuple[list[str], Linked]:
    """Say clauses in English and in French, joined by "and" and "et".

    Args:
        clauses: At least one clause.

    Returns:
        The English words, and the French words in their own order, each with the position of its English
        word. Every French word has one.

    Example:
        >>> english, french = render([parse_clause("the cat does not eat the red apple".split())])
        >>> [(word, english[position]) for word, position in french]  # doctest: +NORMALIZE_WHITESPACE
        [('le', 'the'), ('chat', 'cat'), ('ne', 'not'), ('mange', 'eat'), ('pas', 'not'), ('la', 'the'),
         ('pomme', 'apple'), ('rouge', 'red')]
    """
    english: list[str] = []
    french: Linked = []
    for clause in clauses:
        if english:
            french.append(("et", len(english)))
            english.append("and")
        french += _say_clause(clause, english)
    followers = [word for word, _ in french[1:]] + [""]
    return english, [
        (ELIDED[word] if word in ELIDED and follower.startswith(FRENCH_VOWELS) else word, position)
        for (word, position), follower in zip(french, followers, strict=True)
    ]


def parse_clause(words: Sequence[str]) -> Clause:
    """Read an English clause of the grammar.

    Raises:
        ValueError: The words are no clause of the grammar; the message says where reading ended.

    Example:
        >>> parse_clause(["i", "am", "a", "student"]).complement.french
        'étudiant'
    """
    rest = list(words)
    subject = _take(PRONOUNS, rest) or _parse_noun_phrase(rest)
    negated = rest[:2] in (["do", "not"], ["does", "not"])
    del rest[: 2 * negated]
    verb = next((verb for verb in (BE, *VERBS) if rest and rest[0] in verb.english), None)
    if subject is None or verb is None:
        raise ValueError(_describe_unread(words, rest))
    del rest[0]
    if verb is BE and rest[:1] == ["not"]:
        negated = True
        del rest[0]
    complement = (_take(ADJECTIVES, rest) if verb is BE else None) or _parse_noun_phrase(rest)
    if complement is None or rest:
        raise ValueError(_describe_unread(words, rest))
    if verb is BE and isinstance(complement, NounPhrase):
        complement = complement.noun
    clause = Clause(subject, verb, complement, negated)
    # A form that does not agree was read like one that does: said again, the clause shows it.
    said = render([clause])[0]
    if said != list(words):
        raise ValueError(f"expected {' '.join(said)!r}, got {' '.join(words)!r}")
    return clause


def _say_clause(clause: Clause, english: list[str]) -> Linked:
    """Append the clause to ``english`` and return its French words, not yet elided."""
    subject, verb, complement = clause.subject, clause.verb, clause.complement
    if isinstance(subject, Pronoun):
        french = [(subject.french, _append(english, subject.english))]
    else:
        french = _say_noun_phrase(subject, english)
    if verb is BE or not clause.negated:
        verb_position = _append(english, verb.english[subject.person])
        not_position = _append(english, "not") if clause.negated else -1
    else:
        english.append("does" if subject.person == 1 else "do")
        not_position = _append(english, "not")
        verb_position = _append(english, verb.english[0])
    said = [(verb.french[subject.person], verb_position)]
    french += [("ne", not_position), *said, ("pas", not_position)] if clause.negated else said
    if isinstance(complement, NounPhrase):
        return french + _say_noun_phrase(complement, english, after_negation=clause.negated)
    if isinstance(complement, Adjective):
        form = complement.feminine if subject.feminine else complement.masculine
        if subject.person > 1:
            form = complement.plural
    else:
        english.append(_indefinite(complement.english))
        form = complement.said_of_woman if subject.feminine else complement.french
    return [*french, (form, _append(english, complement.english))]


def _say_noun_phrase(phrase: NounPhrase, english: list[str], after_negation: bool = False) -> Linked:
    noun = phrase.noun
    words = [*(adjective.english for adjective in phrase.adjectives), noun.english]
    article = ("le", "la") if phrase.definite else ("de", "de") if after_negation else ("un", "une")
    start = _append(english, "the" if phrase.definite else _indefinite(words[0]))
    before, behind = [], []
    for position, adjective in enumerate(phrase.adjectives, start + 1):
        form = adjective.feminine if noun.feminine else adjective.masculine
        if adjective.before_vowel and not noun.feminine and noun.french.startswith(FRENCH_VOWELS):
            form = adjective.before_vowel
        (before if adjective.before_noun else behind).append((form, position))
    english += words
    return [(article[noun.feminine], start), *before, (noun.french, start + len(words)), *behind]


def _indefinite(follower: str) -> str:
    return "an" if follower.startswith(tuple("aeiou")) else "a"  # holds for the words of this grammar


def _append(words: list[str], word: str) -> int:
    words.append(word)
    return len(words) - 1


def _parse_noun_phrase(rest: list[str]) -> NounPhrase | None:
    """Take a noun phrase from the front of ``rest``; None where there is none."""
    if not rest or rest[0] not in ("the", "a", "an"):
        return None
    definite = rest.pop(0) == "the"
    adjectives = []
    while adjective := _take(ADJECTIVES, rest):
        adjectives.append(adjective)
    noun = _take(NOUNS, rest)
    return NounPhrase(noun, definite, tuple(adjectives)) if noun else None


def _take(entries: Sequence[Entry], rest: list[str]) -> Entry | None:
    """Take the entry whose English word is the next one; None where there is none."""
    for entry in entries:
        if rest and rest[0] == entry.english:
            del rest[0]
            return entry
    return None


def _describe_unread(words: Sequence[str], rest: list[str]) -> str:
    where = f"cannot go on at {rest[0]!r}" if rest else "ends too early"
    return f"expected a clause of the grammar, but {' '.join(words)!r} {where}"


def _require(sensible: bool, said: str) -> None:
    if not sensible:
        raise ValueError(f"expected words that the grammar puts together, got {said!r}")
