"""The translators of a page without scripts are those of PyTorch with the same int8 weights."""

import subprocess
import sys

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from whyattention.corpus import sample_pairs
from whyattention.pairs import encode_pairs
from whyattention.translator import Translator
from whyattention.widgets.translation import EOS, begin, encode, shipped, step, translate, words
from whyattention.widgets.translators import NAMES

SOURCE_WORDS = Translator.shipped().source_vocabulary.words[4:]


@pytest.fixture(scope="module")
def rounded() -> dict[str, Translator]:
    return {name: Translator.shipped(name).in_int8() for name in NAMES}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("low", "high"), [(3, 12), (13, 40)])
def test_logits_and_weights_are_pytorchs_to_one_in_ten_thousand(rounded, name, low, high):
    translator, model = rounded[name], shipped(name)
    for pair in sample_pairs(10, seed=3, split="test", min_length=low, max_length=high):
        batch = encode_pairs([pair], translator.source_vocabulary, translator.target_vocabulary)
        with torch.no_grad():
            logits, weights = translator.model(batch.source, batch.source_lengths, batch.target_inputs)
        encoded = encode(model, batch.source[0].tolist())
        state, found = begin(encoded), []
        for token in batch.target_inputs[0].tolist():
            found.append(step(model, encoded.states, state, token))
            state = found[-1].after
        assert (torch.tensor([one.logits for one in found]) - logits[0]).abs().max() < 1e-4
        assert (torch.tensor([one.weights for one in found]) - weights[0]).abs().max() < 1e-5
        assert all(one.value == pytest.approx(_summed(one.weights, encoded.states)) for one in found)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=40)
@given(sentence=st.lists(st.sampled_from(SOURCE_WORDS), min_size=1, max_size=15))
def test_any_words_in_any_order_get_the_same_translation(rounded, name, sentence):
    model = shipped(name)
    (python,) = rounded[name].translate_words([sentence])
    found = translate(model, [model.source_words.index(word) for word in sentence])
    assert words(model, found.tokens) == list(python.target)
    assert found.finished == (found.tokens[-1] == EOS)
    log_probability = sum(torch.tensor(found.probabilities, dtype=torch.float64).log().tolist())
    assert log_probability == pytest.approx(float(python.log_probability), abs=1e-3)


def test_weights_can_be_put_in_the_place_of_the_softmax():
    model = shipped("attention")
    encoded = encode(model, [4, 5, 6])
    at = step(model, encoded.states, begin(encoded), 1, override=[0.0, 1.0, 0.0])
    assert at.weights == [0.0, 1.0, 0.0]
    assert at.value == encoded.states[1]


def test_the_build_can_use_it_without_torch():
    code = "import sys, whyattention.widgets.translation; assert not {'torch', 'numpy'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def _summed(weights: list[float], states: list[list[float]]) -> list[float]:
    return [sum(w * h[k] for w, h in zip(weights, states, strict=True)) for k in range(len(states[0]))]
