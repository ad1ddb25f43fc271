"""The grammar of the page is that of Python: the same sentences, the same French, the same links."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whyattention.corpus import sample_pairs
from whyattention.corpus import translate as python_translate
from whyattention.grammar import Clause, NounPhrase, render
from whyattention.lexicon import ADJECTIVES, BE, NOUNS, PERSON, PRONOUNS, VERBS, source_words
from whyattention.pairs import tokenize
from whyattention.widgets.translate_sentence import MARKS, read_words, reference

WORDS = source_words()
HARD = [
    "and",
    "the",
    "an",
    "old",
    "apple",
    "is",
    "not",
    "do",
    "i",
    "am",
    "a",
    "student",
    "we",
    "car",
    "reads",
]


@st.composite
def noun_phrases(draw, kinds, definite=False):
    noun = draw(st.sampled_from([noun for noun in NOUNS if noun.kind in kinds]))
    fitting = [adjective for adjective in ADJECTIVES if noun.kind in adjective.kinds]
    sides = [[None, *(one for one in fitting if one.before_noun == before)] for before in (True, False)]
    said = [one for side in sides if (one := draw(st.sampled_from(side)))]
    return NounPhrase(noun, definite or draw(st.booleans()), tuple(sorted(said, key=ADJECTIVES.index)))


@st.composite
def clauses(draw):
    """Any clause of the grammar, those included that sampling leaves out."""
    verb = draw(st.sampled_from((BE, *VERBS)))
    phrases = noun_phrases(verb.subjects)
    subject = draw(st.one_of(st.sampled_from(PRONOUNS), phrases))
    if verb is not BE:
        complement = draw(noun_phrases(verb.objects, verb.definite_objects))
    else:
        choices = [adjective for adjective in ADJECTIVES if subject.kind in adjective.kinds]
        if subject.kind == PERSON and subject.person < 2:
            choices += [noun for noun in NOUNS if noun.said_of_woman]
        complement = draw(st.sampled_from(choices))
    return Clause(subject, verb, complement, draw(st.booleans()))


@st.composite
def spoiled(draw):
    """A sentence of the grammar in which a word is changed, left out, doubled or swapped."""
    (pair,) = sample_pairs(1, seed=draw(st.integers(0, 10**6)), max_length=14)
    words = list(pair.source)
    i = draw(st.integers(0, len(words) - 1))
    change = draw(st.sampled_from(["change", "drop", "double", "swap"]))
    if change == "change":
        words[i] = draw(st.sampled_from(WORDS))
    elif change == "drop":
        del words[i]
    elif change == "double":
        words.insert(i, words[i])
    else:
        words[i - 1], words[i] = words[i], words[i - 1]
    return words


def python_reference(words):
    try:
        pair = python_translate(" ".join(words))
    except ValueError:
        return None
    source_of = {t: i for i, t in pair.alignment}
    return {"words": list(pair.target), "places": [source_of[t] for t in range(len(pair.target))]}


def agree(javascript, words):
    expected = python_reference(words)
    found = javascript("translate_grammar", "readSentence", words)
    assert found["reference"] == expected
    ours = reference(words)
    assert ours == (expected and (expected["words"], expected["places"]))
    return expected, found


@settings(max_examples=300)
@given(said=st.lists(clauses(), min_size=1, max_size=3))
def test_every_sentence_gets_the_french_and_the_links_of_python(javascript, said):
    words, _ = render(said)
    expected, found = agree(javascript, words)
    assert expected is not None
    assert (found["read"], found["next"]) == (len(words), ["and"])


@settings(max_examples=200)
@given(words=spoiled())
def test_what_python_refuses_is_refused(javascript, words):
    agree(javascript, words)


@settings(max_examples=200)
@given(words=st.lists(st.sampled_from(HARD), max_size=8))
def test_any_words_are_read_or_refused_as_in_python(javascript, words):
    agree(javascript, words)


def test_a_thousand_drawn_sentences(javascript):
    for pair in sample_pairs(1000, seed=4, split="test", max_length=40):
        agree(javascript, list(pair.source))


@pytest.mark.parametrize(
    "text",
    [
        "we are a student",
        "the car reads the book",
        "i do not am a student",
        "he see a dog",
        "a apple is red",
        "the big small cat is old",
        "he likes a dog",
        "he is the student",
        "she eats an old apple",
        "and he is happy",
        "he is happy and",
        "he is happy and and we are old",
        "the man is student",
    ],
)
def test_what_makes_no_sense_has_no_reference(javascript, text):
    expected, _ = agree(javascript, text.split())
    assert expected is None


@settings(max_examples=100)
@given(clause=clauses(), data=st.data())
def test_every_next_word_is_offered(javascript, clause, data):
    words, _ = render([clause])
    cut = data.draw(st.integers(0, len(words) - 1))
    found = javascript("translate_grammar", "readSentence", words[:cut])
    assert found["read"] == cut
    assert words[cut] in found["next"]


@settings(max_examples=150)
@given(data=st.data())
def test_every_offered_word_leads_to_a_sentence_of_python(javascript, data):
    words = []
    while True:
        found = javascript("translate_grammar", "readSentence", words)
        assert found["read"] == len(words)
        if found["next"] == ["and"]:
            break
        assert len(set(found["next"])) == len(found["next"]) > 0
        words.append(data.draw(st.sampled_from(found["next"])))
    assert python_reference(words) is not None


def test_what_cannot_go_on_is_told_where(javascript):
    found = javascript("translate_grammar", "readSentence", ["the", "cat", "are", "old"])
    assert found["read"] == 2
    assert "is" in found["next"]
    assert "are" not in found["next"]


# Characters that Python knows: Node may know a later Unicode.
KNOWN = st.characters(exclude_categories=("Cs", "Cn"))


@settings(max_examples=400)
@given(
    text=st.one_of(st.text(KNOWN, max_size=20), st.text("aI’'ʼ -_.,;!?…3é\u0301\u0085\ufeff<", max_size=20))
)
def test_a_text_is_cut_into_words_as_in_the_library(javascript, text):
    expected = [word for word in tokenize(text) if word not in MARKS]
    assert read_words(text) == expected
    assert javascript("translate_grammar", "readWords", text) == expected


def test_marks_between_words_are_left_out_and_numbers_stay_whole(javascript):
    text = "I am a student, and she is happy; 3,5 and 3.5 ..."
    words = ["i", "am", "a", "student", "and", "she", "is", "happy", "3,5", "and", "3.5"]
    assert read_words(text) == javascript("translate_grammar", "readWords", text) == words


@given(text=st.text("the cat,;.!'’-3ET \t\n", max_size=40))
def test_the_words_stand_where_they_are_marked(javascript, text):
    places = javascript("translate_grammar", "wordPlaces", text)
    assert [text[a:b].lower().replace("’", "'") for a, b in places] == read_words(text)
