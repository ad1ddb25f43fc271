"""The grammar's French is right, its links are gold, its parts are disjoint.

French is checked twice: against sentences and links written by hand, and in drawn sentences against tables
written by hand that share nothing with the library's.
"""

import os
import subprocess
import sys
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whyattention.corpus import grammar_vocabularies, sample_pairs, split_of, translate

steady = settings(max_examples=50)
SEEDS = st.integers(0, 2**32 - 1)
SPLITS = ("train", "validation", "test")

# English, French, links "source-target": all three written by hand.
GOLD = """
i am a student | je suis étudiant | 0-0 1-1 3-2
she is a student | elle est étudiante | 0-0 1-1 3-2
he is not a student | il n' est pas étudiant | 0-0 2-1 1-2 2-3 4-4
the woman is a teacher | la femme est professeure | 0-0 1-1 2-2 4-3
a girl is not a doctor | une fille n' est pas médecin | 0-0 1-1 3-2 2-3 3-4 5-5
the boy is a doctor | le garçon est médecin | 0-0 1-1 2-2 4-3
i am happy | je suis heureux | 0-0 1-1 2-2
we are not happy | nous ne sommes pas heureux | 0-0 2-1 1-2 2-3 3-4
they are tired | ils sont fatigués | 0-0 1-1 2-2
they are young | ils sont jeunes | 0-0 1-1 2-2
we are small | nous sommes petits | 0-0 1-1 2-2
she is old | elle est vieille | 0-0 1-1 2-2
i am not old | je ne suis pas vieux | 0-0 2-1 1-2 2-3 3-4
the red car is old | la voiture rouge est vieille | 0-0 2-1 1-2 3-3 4-4
the letter is green | la lettre est verte | 0-0 1-1 2-2 3-3
the house is big | la maison est grande | 0-0 1-1 2-2 3-3
the student is tired | l' étudiant est fatigué | 0-0 1-1 2-2 3-3
an orange is small | une orange est petite | 0-0 1-1 2-2 3-3
i like the cat | j' aime le chat | 0-0 1-1 2-2 3-3
i do not like the man | je n' aime pas l' homme | 0-0 2-1 3-2 2-3 4-4 5-5
he likes the old man | il aime le vieil homme | 0-0 1-1 2-2 3-3 4-4
she likes the small student | elle aime le petit étudiant | 0-0 1-1 2-2 3-3 4-4
we like the young woman | nous aimons la jeune femme | 0-0 1-1 2-2 3-3 4-4
they do not like the dog | ils n' aiment pas le chien | 0-0 2-1 3-2 2-3 4-4 5-5
the man does not eat the apple | l' homme ne mange pas la pomme | 0-0 1-1 3-2 4-3 3-4 5-5 6-6
she does not eat an orange | elle ne mange pas d' orange | 0-0 2-1 3-2 2-3 4-4 5-5
we eat the small red apple | nous mangeons la petite pomme rouge | 0-0 1-1 2-2 3-3 5-4 4-5
they eat a green cake | ils mangent un gâteau vert | 0-0 1-1 2-2 4-3 3-4
i eat the orange | je mange l' orange | 0-0 1-1 2-2 3-3
he does not see a car | il ne voit pas de voiture | 0-0 2-1 3-2 2-3 4-4 5-5
i see the big tree | je vois le grand arbre | 0-0 1-1 2-2 3-3 4-4
we see an old tree | nous voyons un vieil arbre | 0-0 1-1 2-2 3-3 4-4
they see a black bird | ils voient un oiseau noir | 0-0 1-1 2-2 4-3 3-4
i do not see a small black dog | je ne vois pas de petit chien noir | 0-0 2-1 3-2 2-3 4-4 5-5 7-6 6-7
i read the old red book | je lis le vieux livre rouge | 0-0 1-1 2-2 3-3 5-4 4-5
we do not read the black letter | nous ne lisons pas la lettre noire | 0-0 2-1 3-2 2-3 4-4 6-5 5-6
they read a letter | ils lisent une lettre | 0-0 1-1 2-2 3-3
the happy girl likes the teacher | la fille heureuse aime le professeur | 0-0 2-1 1-2 3-3 4-4 5-5
the tired old man sees a bird | le vieil homme fatigué voit un oiseau | 0-0 2-1 3-2 1-3 4-4 5-5 6-6
a tired old woman reads a book | une vieille femme fatiguée lit un livre | 0-0 2-1 3-2 1-3 4-4 5-5 6-6
a student does not see a student | un étudiant ne voit pas d' étudiant | 0-0 1-1 3-2 4-3 3-4 5-5 6-6
i am tired and she is happy | je suis fatigué et elle est heureuse | 0-0 1-1 2-2 3-3 4-4 5-5 6-6
i am old and he is not young | je suis vieux et il n' est pas jeune | 0-0 1-1 2-2 3-3 4-4 6-5 5-6 6-7 7-8
he is old and i like the bird | il est vieux et j' aime l' oiseau | 0-0 1-1 2-2 3-3 4-4 5-5 6-6 7-7
"""
SENTENCES = [line.split(" | ") for line in GOLD.strip().splitlines()]

# A second description of the French, for drawn sentences.
NOUN_GENDER = {
    "m": "homme garçon étudiant professeur médecin chat chien oiseau arbre livre gâteau",
    "f": "femme fille étudiante professeure voiture maison lettre pomme orange",
}
ADJECTIVE_GENDER = {
    "m": "grand petit petits vieux vieil vert noir fatigué fatigués heureux jeune jeunes rouge",
    "f": "grande petite vieille verte noire fatiguée heureuse jeune rouge",
}
DETERMINER_GENDER = {"m": "le l' un de d'", "f": "la l' une de d'"}
VERB_FORMS = {
    "je": "suis mange vois aime lis",
    "il": "est mange voit aime lit",
    "nous": "sommes mangeons voyons aimons lisons",
    "ils": "sont mangent voient aiment lisent",
}
BEFORE_NOUN = ("grand", "grande", "petit", "petite", "vieux", "vieil", "vieille", "jeune")
ELIDED = {"je": "j'", "ne": "n'", "le": "l'", "la": "l'", "de": "d'"}


def starts_with_vowel(word):
    return word in (
        "étudiant",
        "étudiante",
        "homme",
        "oiseau",
        "orange",
        "arbre",
        "est",
        "et",
        "un",
        "une",
    ) or (word.startswith("aim"))


def cut(words, conjunction):
    """Cut a sentence into clauses."""
    clauses = [[]]
    for word in words:
        if word == conjunction:
            clauses.append([])
        else:
            clauses[-1].append(word)
    return clauses


def assert_agrees(clause):
    """Assert that a French clause agrees with itself."""
    words = [word for word in clause if word not in ("ne", "n'", "pas")]
    assert ("pas" in clause) == ("ne" in clause or "n'" in clause)
    verbs = [i for i, word in enumerate(words) if any(word in forms.split() for forms in VERB_FORMS.values())]
    assert len(verbs) == 1
    subject, verb, rest = words[: verbs[0]], words[verbs[0]], words[verbs[0] + 1 :]
    person = {"j'": "je", "elle": "il"}.get(subject[0], subject[0])
    assert verb in VERB_FORMS[person if person in VERB_FORMS else "il"].split()
    gender = {"elle": "f"}.get(subject[0], "m") if len(subject) == 1 else phrase_gender(subject)
    if verb in ("suis", "est", "sommes", "sont"):
        assert len(rest) == 1
        assert rest[0] in (ADJECTIVE_GENDER[gender] + " " + NOUN_GENDER[gender] + " médecin").split()
        assert not rest[0].startswith("vieil") or rest[0] == {"m": "vieux", "f": "vieille"}[gender]
        plural = rest[0] in ("petits", "fatigués", "jeunes")
        assert plural == (verb in ("sommes", "sont") and rest[0] not in ("vieux", "heureux"))
    else:
        phrase_gender(rest)
        assert (rest[0] in ("un", "une")) <= ("pas" not in clause)
        assert (rest[0] in ("de", "d'")) <= ("pas" in clause)


def phrase_gender(words):
    """Assert that a French noun phrase agrees with itself, and return its gender."""
    (place,) = [i for i, word in enumerate(words) if word in " ".join(NOUN_GENDER.values()).split()]
    (gender,) = [gender for gender, nouns in NOUN_GENDER.items() if words[place] in nouns.split()]
    assert words[0] in DETERMINER_GENDER[gender].split()
    assert all(word in BEFORE_NOUN for word in words[1:place])
    assert not any(word in BEFORE_NOUN for word in words[place + 1 :])
    assert all(word in ADJECTIVE_GENDER[gender].split() for word in words[1:place] + words[place + 1 :])
    assert len(words[1:place]) <= 1
    assert len(words[place + 1 :]) <= 1
    if gender == "m" and words[1] in ("vieux", "vieil"):
        assert words[1] == ("vieil" if starts_with_vowel(words[place]) else "vieux")
    return gender


@pytest.mark.parametrize(("english", "french", "links"), SENTENCES)
def test_a_sentence_is_translated_and_linked_as_by_hand(english, french, links):
    pair = translate(english)
    assert " ".join(pair.source) == english
    assert " ".join(pair.target) == french
    assert pair.alignment == {tuple(map(int, link.split("-"))) for link in links.split()}


@steady
@given(SEEDS, st.sampled_from(SPLITS))
def test_the_french_of_drawn_sentences_agrees(seed, split):
    for pair in sample_pairs(20, seed, split, max_length=25):
        for clause in cut(pair.target, "et"):
            assert_agrees(clause)


@steady
@given(SEEDS)
def test_a_word_is_elided_before_a_vowel_and_nowhere_else(seed):
    for pair in sample_pairs(20, seed, max_length=25):
        for word, follower in zip(pair.target, [*pair.target[1:], ""], strict=True):
            assert not (word in ELIDED and starts_with_vowel(follower))
            assert not (word in ELIDED.values() and not starts_with_vowel(follower))


@steady
@given(SEEDS, st.sampled_from(SPLITS))
def test_every_word_but_do_and_the_article_of_a_profession_is_linked_and_each_french_word_once(seed, split):
    for pair in sample_pairs(20, seed, split, max_length=25):
        assert sorted(t for _, t in pair.alignment) == list(range(len(pair.target)))
        links = Counter(i for i, _ in pair.alignment)
        assert set(links) <= set(range(len(pair.source)))
        for i, word in enumerate(pair.source):
            if word in ("do", "does"):
                expected = 0
            elif word == "not":
                expected = 2
            else:
                after_be = pair.source[i - 1] in ("am", "is", "are") or pair.source[i - 2 : i] in (
                    ("am", "not"),
                    ("is", "not"),
                    ("are", "not"),
                )
                expected = 0 if word in ("a", "an") and i > 0 and after_be else 1
            assert links[i] == expected, (pair, i)


@steady
@given(SEEDS, st.integers(3, 60), st.integers(0, 20), st.sampled_from(SPLITS))
def test_lengths_are_in_range(seed, shortest, more, split):
    pairs = sample_pairs(5, seed, split, shortest, shortest + more)
    assert len(pairs) == 5
    assert all(shortest <= len(pair.source) <= shortest + more for pair in pairs)


@pytest.mark.parametrize("split", SPLITS)
def test_a_sentence_can_have_any_length_from_three_on(split):
    for length in [*range(3, 40), 300]:
        (pair,) = sample_pairs(1, 0, split, length, length)
        assert len(pair.source) == length
        assert len(cut(pair.source, "and")) == len(cut(pair.target, "et"))
        assert all(3 <= len(clause) <= 11 for clause in cut(pair.source, "and"))


def test_all_lengths_are_drawn_about_equally_often():
    lengths = Counter(len(pair.source) for pair in sample_pairs(2000, 0, min_length=3, max_length=12))
    assert all(abs(lengths[length] - 200) < 60 for length in range(3, 13))  # 4.5 standard deviations


def test_one_seed_gives_the_same_pairs_and_another_seed_others():
    assert sample_pairs(50, 1) == sample_pairs(50, 1)
    assert sample_pairs(50, 1) != sample_pairs(50, 2)
    assert sample_pairs(50, 1) != sample_pairs(50, 1, "validation")


def test_another_process_draws_the_same_pairs():
    script = "from whyattention.corpus import sample_pairs; print(*sample_pairs(30, 5, 'test'), sep='\\n')"
    said = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", script],
        env={**os.environ, "PYTHONHASHSEED": "1"},
        capture_output=True,
        check=True,
        encoding="utf-8",
    ).stdout
    assert said == "".join(f"{pair}\n" for pair in sample_pairs(30, 5, "test"))


def test_no_clause_is_in_two_parts():
    clauses = [
        {tuple(clause) for pair in sample_pairs(500, 0, split, 3, 30) for clause in cut(pair.source, "and")}
        for split in SPLITS
    ]
    assert all(len(part) > 300 for part in clauses)
    assert len(clauses[0] | clauses[1] | clauses[2]) == sum(map(len, clauses))


def test_i_am_a_student_is_a_test_sentence():
    assert split_of(["i", "am", "a", "student"]) == "test"
    seen = sample_pairs(3000, 0, "train", 4, 4) + sample_pairs(500, 0, "validation", 4, 4)
    assert translate("i am a student") not in seen
    assert translate("i am a student") in sample_pairs(3000, 0, "test", 4, 4)


def test_drawn_sentences_have_every_word_of_the_vocabularies_and_no_other():
    pairs = sample_pairs(3000, 0, max_length=20)
    for vocabulary, sentences in zip(
        grammar_vocabularies(), ([p.source for p in pairs], [p.target for p in pairs]), strict=True
    ):
        assert {word for sentence in sentences for word in sentence} == set(vocabulary.words[4:])


def test_a_drawn_sentence_is_translated_as_it_was_drawn():
    for pair in sample_pairs(300, 3, max_length=30):
        assert translate(" ".join(pair.source)) == pair


@pytest.mark.parametrize(
    ("sentence", "message"),
    [
        ("", "ends too early"),
        ("i", "ends too early"),
        ("i am a", "cannot go on|ends too early"),
        ("i am happy and", "ends too early"),
        ("i am hungry", "cannot go on at 'hungry'"),
        ("the car", "ends too early"),
        ("he eats the apple quickly", "cannot go on at 'quickly'"),
        ("i is happy", "expected 'i am happy', got 'i is happy'"),
        ("he do not eat the apple", "expected 'he does not eat the apple'"),
        ("he does not eats the apple", "expected 'he does not eat the apple'"),
        ("a old man is tired", "expected 'an old man is tired'"),
        ("i am the student", "expected 'i am a student'"),
        ("he is an old student", "expected 'he is a student'"),
        ("the car reads the book", "puts together, got 'car read'"),
        ("he eats the house", "puts together, got 'eat house'"),
        ("he likes a house", "puts together, got 'like a"),
        ("the apple is happy", "puts together, got 'apple be happy'"),
        ("they are a student", "puts together, got 'they be student'"),
        ("he is a car", "puts together, got 'he be car'"),
        ("the red small car is old", "puts together, got 'red small car'"),
        ("the small old car is red", "puts together, got 'small old car'"),
        ("the happy car is red", "puts together, got 'happy car'"),
    ],
)
def test_a_sentence_that_is_not_of_the_grammar_is_refused(sentence, message):
    with pytest.raises(ValueError, match=message):
        translate(sentence)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((-1, 0), "count must be at least 0, got -1"),
        ((1, 0, "dev"), "split must be one of train, validation, test, got 'dev'"),
        ((1, 0, "train", 2, 5), "lengths must be 3 ≤ min_length ≤ max_length, got min_length 2"),
        ((1, 0, "train", 6, 5), "got min_length 6 and max_length 5"),
    ],
)
def test_options_out_of_range_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        sample_pairs(*arguments)
