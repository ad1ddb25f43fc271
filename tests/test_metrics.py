"""The measures agree with numbers worked out by hand, and with definitions written another way."""

import math
from functools import cache

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from whyattention.batches import make_batch, reverse_sources
from whyattention.metrics import (
    alignment_error_rate,
    bits_needed,
    bleu,
    chance_rate,
    edit_distance,
    edit_rate,
    exact_match,
    expected_exact_match,
    token_accuracy,
)

WORDS = st.lists(st.integers(4, 7), max_size=6)
REFERENCES = st.lists(st.integers(4, 7), min_size=1, max_size=6)
CORPORA = st.lists(st.tuples(WORDS, REFERENCES), min_size=1, max_size=5)


def sides(corpus):
    return [said for said, _ in corpus], [expected for _, expected in corpus]


@pytest.mark.parametrize(
    ("prediction", "reference", "expected"),
    [
        ("je suis étudiant", "je suis étudiant", 1),
        ("je suis petit", "je suis étudiant", 2 / 3),
        ("je suis", "je suis étudiant", 2 / 3),  # one is missing
        ("je suis étudiant et je", "je suis étudiant", 3 / 5),  # two too many
        ("", "je suis étudiant", 0),
        ("suis étudiant je", "je suis étudiant", 0),  # right words, wrong places
        ("elle n' est pas petite", "elle est petite", 1 / 5),  # one word too many shifts the rest
    ],
)
def test_token_accuracy_counts_missing_words_and_words_too_many_as_wrong(prediction, reference, expected):
    assert token_accuracy([prediction.split()], [reference.split()]) == pytest.approx(expected)


def test_token_accuracy_is_over_the_positions_of_all_sentences_together():
    predictions, references = [["a"], ["a", "b", "c"]], [["b"], ["a", "b", "c"]]
    assert token_accuracy(predictions, references) == 3 / 4  # and not (0 + 1) / 2


@given(CORPORA)
def test_token_accuracy_is_one_only_if_every_sentence_is_right(corpus):
    predictions, references = sides(corpus)
    assert 0 <= token_accuracy(predictions, references) <= 1
    assert (token_accuracy(predictions, references) == 1) == (exact_match(predictions, references) == 1)


def test_exact_match_counts_sentences_and_does_not_care_for_the_type_of_a_list():
    assert exact_match([("a", "b"), ["a"], ["a", "b"], []], [["a", "b"], ["a"], ["a"], ["b"]]) == 1 / 2


def test_expected_exact_match_is_a_power_of_the_accuracy():
    assert expected_exact_match(0.5, 3) == 0.125
    assert expected_exact_match(1.0, 100) == 1
    assert expected_exact_match(0.0, 1) == 0


@pytest.mark.parametrize(
    ("prediction", "reference", "expected"),
    [
        ("kitten", "sitting", 3),
        ("", "abc", 3),
        ("abc", "", 3),
        ("flaw", "lawn", 2),
        ("", "", 0),
        ("ab", "ba", 2),
    ],
)
def test_edit_distance_knows_the_textbook_examples(prediction, reference, expected):
    assert edit_distance(list(prediction), list(reference)) == expected
    assert edit_rate(list(prediction), list(reference)) == expected / max(len(prediction), len(reference), 1)


@given(WORDS, WORDS)
def test_edit_distance_agrees_with_its_recursive_definition(prediction, reference):
    @cache
    def distance(i, j):
        if i == 0 or j == 0:
            return i + j
        replaced = distance(i - 1, j - 1) + (prediction[i - 1] != reference[j - 1])
        return min(replaced, distance(i - 1, j) + 1, distance(i, j - 1) + 1)

    assert edit_distance(prediction, reference) == distance(len(prediction), len(reference))
    assert 0 <= edit_rate(prediction, reference) <= 1
    assert (edit_rate(prediction, reference) == 0) == (prediction == reference)


def test_bleu_of_equal_corpora_is_one_hundred():
    sentences = [["je", "n'", "aime", "pas", "la", "voiture", "rouge", "."]]
    assert bleu(sentences, sentences) == pytest.approx(100)
    assert bleu([[4, 5, 6, 7]], [[4, 5, 6, 7]]) == pytest.approx(100)


def test_bleu_is_the_geometric_mean_of_four_precisions_times_the_brevity_penalty():
    prediction = ["la", "petite", "voiture", "est", "rouge"]
    reference = ["la", "petite", "voiture", "est", "très", "rouge"]
    # 5 of 5 words, 3 of 4 pairs, 2 of 3 triples, 1 of 2 quadruples; 5 words for 6.
    expected = 100 * math.exp(1 - 6 / 5) * (5 / 5 * 3 / 4 * 2 / 3 * 1 / 2) ** (1 / 4)
    assert bleu([prediction], [reference]) == pytest.approx(expected)


def test_bleu_takes_our_tokens_as_they_are():
    # Cut further, as sacrebleu would by itself, "50%" and "60%" share the percent sign.
    said, expected = ["50%", "dort", "bien", "ici", "."], ["60%", "dort", "bien", "ici", "."]
    assert bleu([said], [expected]) == pytest.approx(100 * (4 / 5 * 3 / 4 * 2 / 3 * 1 / 2) ** (1 / 4))


def test_bleu_without_four_words_in_a_row_is_zero():
    assert bleu([["je", "suis", "étudiant"]], [["je", "suis", "étudiant"]]) == 0


@pytest.mark.parametrize("measure", [token_accuracy, exact_match, bleu])
@pytest.mark.parametrize(
    ("predictions", "references", "message"),
    [
        ([], [], "at least one each, got 0 predictions and 0 references"),
        ([["a"]], [["a"], ["b"]], "equally many, at least one each, got 1 predictions and 2 references"),
        ([["a"], ["a"]], [["a"], []], r"references\[1\] must hold at least one word"),
    ],
)
def test_a_measure_refuses_what_it_cannot_compare(measure, predictions, references, message):
    with pytest.raises(ValueError, match=message):
        measure(predictions, references)


# "i am a student": nothing in "je suis étudiant" translates "a".
STUDENT = make_batch([[4, 5, 6, 7]], [[4, 5, 6]], [{(0, 0), (1, 1), (3, 2)}])


def weights_at(*rows, steps=4, source_steps=4):
    """Return weights of (1, steps, source_steps) with the largest at ``rows``, and noise elsewhere."""
    weights = torch.full((1, steps, source_steps), 0.1)
    for t, i in enumerate(rows):
        weights[0, t, i] = 0.5
    return weights


@pytest.mark.parametrize(
    ("largest", "expected"),
    [
        ((0, 1, 3), 0),
        ((0, 1, 2), 1 / 3),  # étudiant at "a": 1 - 2·2 / (3 + 3)
        ((1, 2, 3), 2 / 3),
        ((3, 0, 0), 1),
        ((0, 1, 3, 0), 0),  # where the step of EOS looks does not count
    ],
)
def test_alignment_error_rate_of_i_am_a_student(largest, expected):
    assert alignment_error_rate(weights_at(*largest), STUDENT) == pytest.approx(expected)


def test_alignment_error_rate_worked_out_by_hand_over_a_batch_of_two():
    # "he does not eat" → "il ne mange pas": not is linked twice, does never.
    # The other target has a word without a gold link, so whatever it points to is an error.
    batch = make_batch(
        [[4, 5, 6, 7], [8, 9]], [[4, 5, 6, 7], [8, 9]], [{(0, 0), (2, 1), (3, 2), (2, 3)}, {(1, 0)}]
    )
    weights = torch.zeros(2, 5, 4)
    for row, t, i in [(0, 0, 0), (0, 1, 1), (0, 2, 3), (0, 3, 2), (1, 0, 1), (1, 1, 0)]:
        weights[row, t, i] = 1
    weights[:, -1] = math.nan  # the step of EOS, and padding
    # A: 4 + 2 links, G: 4 + 1, common: 3 + 1.
    assert alignment_error_rate(weights, batch) == pytest.approx(1 - 2 * 4 / (6 + 5))


def test_weight_on_padding_is_not_looked_at():
    batch = make_batch([[4, 5], [6]], [[4, 5], [6]], [{(0, 0), (1, 1)}, {(0, 0)}])
    weights = torch.eye(3)[:, :2].repeat(2, 1, 1)
    weights[1, 0] = torch.tensor([0.1, 0.9])
    weights[1, 2] = math.nan
    assert alignment_error_rate(weights, batch) == 0


@given(st.integers(1, 6), st.integers(0, 1000))
def test_alignment_error_rate_of_all_words_linked_once_is_one_minus_the_accuracy(length, seed):
    generator = torch.Generator().manual_seed(seed)
    gold = torch.randint(length, (length,), generator=generator).tolist()
    weights = torch.rand(1, length + 1, length, generator=generator)
    batch = make_batch([range(4, 4 + length)], [range(4, 4 + length)], [{(i, t) for t, i in enumerate(gold)}])
    right = sum(weights[0, t].argmax() == gold[t] for t in range(length)).item()
    assert alignment_error_rate(weights, batch) == pytest.approx(1 - right / length)
    # Turned around together, source and weights agree as before.
    assert alignment_error_rate(weights.flip(2), reverse_sources(batch)) == pytest.approx(1 - right / length)


def test_alignment_error_rate_leaves_the_weights_as_they_were():
    batch = make_batch([[4, 5], [6]], [[4], [6]], [{(0, 0)}, {(0, 0)}])
    weights = torch.rand(2, 2, 2, requires_grad=True)
    before = weights.clone()
    alignment_error_rate(weights, batch)
    assert torch.equal(weights, before)


@pytest.mark.parametrize(
    ("weights", "batch", "message"),
    [
        (torch.rand(1, 3, 4), STUDENT, r"weights must have shape \(1, 4, 4\), got \(1, 3, 4\)"),
        (torch.rand(1, 2, 1), make_batch([[4]], [[4]]), "batch must have gold alignments, got None"),
        (torch.rand(1, 2, 1), make_batch([[4]], [[4]], [set()]), "at least one gold link, got none"),
        (torch.full((1, 4, 4), math.nan), STUDENT, "weights must be numbers at every target word, got NaN"),
    ],
)
def test_alignment_error_rate_refuses_what_it_cannot_compare(weights, batch, message):
    with pytest.raises(ValueError, match=message):
        alignment_error_rate(weights, batch)


def test_twenty_symbols_of_sixteen_are_eighty_bits_and_guessed_one_time_in_sixteen():
    assert bits_needed(20, 16) == 80
    assert bits_needed(3, 10) == pytest.approx(math.log2(10**3))
    assert bits_needed(5, 1) == 0
    assert chance_rate(16) == 1 / 16


@pytest.mark.parametrize(
    ("compute", "message"),
    [
        (lambda: bits_needed(0, 2), "length must be at least 1, got 0"),
        (lambda: bits_needed(1, 0), "alphabet must be at least 1, got 0"),
        (lambda: chance_rate(0), "alphabet must be at least 1, got 0"),
        (lambda: expected_exact_match(1.5, 2), r"accuracy must be from 0 to 1, got 1\.5"),
        (lambda: expected_exact_match(math.nan, 2), "accuracy must be from 0 to 1, got nan"),
        (lambda: expected_exact_match(0.5, 0), "length must be at least 1, got 0"),
    ],
)
def test_numbers_out_of_range_are_refused(compute, message):
    with pytest.raises(ValueError, match=message):
        compute()
