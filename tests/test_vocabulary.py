"""A vocabulary gives each word its number and back, and says which words it does not know."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whyattention.batches import BOS, EOS, PAD, UNK
from whyattention.corpus import grammar_vocabularies
from whyattention.vocabulary import Vocabulary

steady = settings(max_examples=50)


def test_a_vocabulary_gives_each_word_back():
    for vocabulary in grammar_vocabularies():
        words = vocabulary.words[4:]
        numbers = vocabulary.encode(words)
        assert numbers == list(range(4, len(vocabulary)))
        assert vocabulary.decode(numbers) == words
        assert all(word in vocabulary for word in words)


def test_an_unknown_word_becomes_unk_and_can_be_named():
    vocabulary = Vocabulary(["a", "b"])
    assert vocabulary.encode(["a", "x", "b", "<pad>"]) == [4, UNK, 5, UNK]
    assert vocabulary.decode([4, UNK]) == ["a", "<unk>"]
    assert vocabulary.unknown(["x", "a", "y", "x"]) == ["x", "y"]
    assert "x" not in vocabulary
    assert "<unk>" not in vocabulary


def test_decoding_stops_at_the_first_eos_and_leaves_padding_out():
    assert Vocabulary(["a", "b"]).decode([BOS, 4, PAD, 5, EOS, 4]) == ["a", "b"]


@steady
@given(st.lists(st.text(min_size=1), unique=True, max_size=10))
def test_a_vocabulary_survives_json(words):
    words = [word for word in words if not word.startswith("<")]
    assert Vocabulary.from_json(Vocabulary(words).to_json()) == Vocabulary(words)


def test_vocabularies_are_equal_if_they_give_the_same_numbers():
    assert Vocabulary(["a", "b"]) == Vocabulary(["a", "b"])
    assert hash(Vocabulary(["a", "b"])) == hash(Vocabulary(["a", "b"]))
    assert Vocabulary(["a", "b"]) != Vocabulary(["b", "a"])
    assert repr(Vocabulary(["a"])) == "Vocabulary(5 words)"


def test_a_vocabulary_of_sentences_has_the_frequent_words_first():
    sentences = [["b", "a", "c"], ["b", "c", "<unk>"], ["d"]]
    assert Vocabulary.from_sentences(sentences).words[4:] == ["b", "c", "a", "d"]
    assert Vocabulary.from_sentences(sentences, min_count=2).words[4:] == ["b", "c"]
    assert Vocabulary.from_sentences(sentences, max_words=1).words[4:] == ["b"]


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Vocabulary(["a", "a"]), ValueError, "there once, got 'a'"),
        (lambda: Vocabulary([""]), ValueError, "not empty, .*got ''"),
        (lambda: Vocabulary(["<eos>"]), ValueError, "not one of .*got '<eos>'"),
        (lambda: Vocabulary([3]), TypeError, "words must be strings, got int"),
        (lambda: Vocabulary(["a"]).encode("a"), TypeError, "got the string 'a'; split it first"),
        (lambda: Vocabulary(["a"]).decode([5]), ValueError, "numbers must be from 0 to 4, got 5"),
        (lambda: Vocabulary(["a"]).decode([-1]), ValueError, "numbers must be from 0 to 4, got -1"),
        (lambda: Vocabulary.from_sentences([["a"]], min_count=0), ValueError, "min_count must be at least 1"),
        (lambda: Vocabulary.from_sentences([["a"]], max_words=0), ValueError, "max_words must be at least 1"),
        (lambda: Vocabulary.from_json("[1"), ValueError, r"text must be a JSON list of words, got '\[1'"),
        (lambda: Vocabulary.from_json("{}"), ValueError, "text must be a JSON list of words"),
        (lambda: Vocabulary.from_json("[1]"), ValueError, "text must be a JSON list of words"),
    ],
)
def test_what_is_no_vocabulary_is_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()
