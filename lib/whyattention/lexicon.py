"""The words of the small English-French grammar, with every form that they take.

``whyattention.grammar`` puts them together. Each table below is a paradigm to be read across.
"""

from __future__ import annotations

from dataclasses import dataclass

# Every h in these words is mute, as in "l'homme".
FRENCH_VOWELS = tuple("aeiouhé")
ELIDED = {"je": "j'", "ne": "n'", "le": "l'", "la": "l'", "de": "d'"}
# What a noun means decides what may be said of it.
PERSON, ANIMAL, THING, TEXT, FOOD = "person", "animal", "thing", "text", "food"
LIVING = (PERSON, ANIMAL)
ALL = (PERSON, ANIMAL, THING, TEXT, FOOD)


@dataclass(frozen=True)
class Noun:
    """A noun; ``said_of_woman`` is None unless it is a profession, which may be said of somebody."""

    english: str
    french: str
    feminine: bool
    kind: str
    said_of_woman: str | None = None


@dataclass(frozen=True)
class Adjective:
    """An adjective, its French forms, whether it stands before the noun, and what it is said of.

    Only "we" and "they" are plural, so the plural is needed where an adjective is said of people. Two of one
    group are never said of one thing ("the small car is big").
    """

    english: str
    group: str
    kinds: tuple[str, ...]
    masculine: str
    feminine: str
    plural: str | None = None
    before_noun: bool = False
    before_vowel: str | None = None


@dataclass(frozen=True)
class Verb:
    """A verb, its forms for i, he, we, they, and the kinds of its subjects and objects."""

    english: tuple[str, str, str, str]
    french: tuple[str, str, str, str]
    subjects: tuple[str, ...] = LIVING
    objects: tuple[str, ...] = ()
    definite_objects: bool = False


@dataclass(frozen=True)
class Pronoun:
    """A pronoun as subject; ``person`` counts the forms of a verb."""

    english: str
    french: str
    person: int
    feminine: bool = False
    kind: str = PERSON


BE = Verb(("am", "is", "are", "are"), ("suis", "est", "sommes", "sont"), ALL)
VERBS = (
    Verb(("eat", "eats", "eat", "eat"), ("mange", "mange", "mangeons", "mangent"), LIVING, (FOOD,)),
    Verb(("see", "sees", "see", "see"), ("vois", "voit", "voyons", "voient"), LIVING, ALL),
    # "Aimer" with an indefinite object is odd French, as "he likes a car" is odd English.
    Verb(("like", "likes", "like", "like"), ("aime", "aime", "aimons", "aiment"), LIVING, ALL, True),
    Verb(("read", "reads", "read", "read"), ("lis", "lit", "lisons", "lisent"), (PERSON,), (TEXT,)),
)
PRONOUNS = (
    Pronoun("i", "je", 0),
    Pronoun("he", "il", 1),
    Pronoun("she", "elle", 1, feminine=True),
    Pronoun("we", "nous", 2),
    Pronoun("they", "ils", 3),
)
NOUNS = (
    Noun("man", "homme", False, PERSON),
    Noun("woman", "femme", True, PERSON),
    Noun("boy", "garçon", False, PERSON),
    Noun("girl", "fille", True, PERSON),
    Noun("student", "étudiant", False, PERSON, "étudiante"),
    Noun("teacher", "professeur", False, PERSON, "professeure"),
    Noun("doctor", "médecin", False, PERSON, "médecin"),
    Noun("cat", "chat", False, ANIMAL),
    Noun("dog", "chien", False, ANIMAL),
    Noun("bird", "oiseau", False, ANIMAL),
    Noun("car", "voiture", True, THING),
    Noun("house", "maison", True, THING),
    Noun("tree", "arbre", False, THING),
    Noun("book", "livre", False, TEXT),
    Noun("letter", "lettre", True, TEXT),
    Noun("apple", "pomme", True, FOOD),
    Noun("orange", "orange", True, FOOD),
    Noun("cake", "gâteau", False, FOOD),
)
# In the order in which English puts them: "the small tired cat", "the tired old man", "the old red car".
ADJECTIVES = (
    # Of people "grand" means great or tall, of food one says "gros".
    Adjective("big", "size", (ANIMAL, THING, TEXT), "grand", "grande", before_noun=True),
    Adjective("small", "size", ALL, "petit", "petite", "petits", before_noun=True),
    Adjective("tired", "mood", LIVING, "fatigué", "fatiguée", "fatigués"),
    Adjective("happy", "mood", LIVING, "heureux", "heureuse", "heureux"),
    Adjective("old", "age", (*LIVING, THING, TEXT), "vieux", "vieille", "vieux", True, "vieil"),
    Adjective("young", "age", LIVING, "jeune", "jeune", "jeunes", before_noun=True),
    Adjective("red", "color", (THING, TEXT, FOOD), "rouge", "rouge"),
    Adjective("green", "color", (THING, TEXT, FOOD), "vert", "verte"),
    Adjective("black", "color", (ANIMAL, THING, TEXT), "noir", "noire"),
)


def source_words() -> list[str]:
    """Return all English words of the grammar, each once."""
    words = ["the", "a", "an", *(pronoun.english for pronoun in PRONOUNS), "do", "does", "not", "and"]
    words += [form for verb in (BE, *VERBS) for form in verb.english]
    words += [entry.english for entry in (*NOUNS, *ADJECTIVES)]
    return list(dict.fromkeys(words))


def target_words() -> list[str]:
    """Return all French words of the grammar, each once."""
    words = ["le", "la", "un", "une", "de", *(pronoun.french for pronoun in PRONOUNS), *ELIDED.values()]
    words += ["ne", "pas", "et", *(form for verb in (BE, *VERBS) for form in verb.french)]
    for noun in NOUNS:
        words += filter(None, (noun.french, noun.said_of_woman))
    for entry in ADJECTIVES:
        words += filter(None, (entry.masculine, entry.before_vowel, entry.feminine, entry.plural))
    return list(dict.fromkeys(words))
