"""The translators of the browser are those of PyTorch with the same int8 weights."""

import base64
from array import array

import pytest
import torch

from whyattention.batches import BOS
from whyattention.corpus import sample_pairs
from whyattention.pairs import encode_pairs
from whyattention.translator import MODELS, Translator
from whyattention.widgets import bundle
from whyattention.widgets.translators import NAMES, packed, read_safetensors, translators

LENGTHS = [(3, 5), (6, 8), (9, 12), (13, 16), (17, 40)]


@pytest.fixture(scope="module", params=NAMES)
def name(request) -> str:
    return request.param


@pytest.fixture(scope="module")
def rounded(name) -> Translator:
    return Translator.shipped(name).in_int8()


def sentences(count: int) -> list:
    each = count // len(LENGTHS)
    return [
        pair
        for low, high in LENGTHS
        for pair in sample_pairs(each, seed=7, split="test", min_length=low, max_length=high)
    ]


def numbers(dtype: torch.dtype, text: str) -> torch.Tensor:
    return torch.frombuffer(bytearray(base64.b64decode(text)), dtype=dtype)


def test_the_stored_weights_are_those_of_the_model_in_int8(name, rounded):
    stored = translators()[name]["weights"]
    assert stored.keys() == rounded.model.state_dict().keys()
    for key, value in rounded.model.state_dict().items():
        entry = stored[key]
        assert entry["shape"] == list(value.shape)
        if value.ndim == 1:
            assert torch.equal(numbers(torch.float32, entry["floats"]), value)
        else:
            rows = numbers(torch.int8, entry["rows"]).view(value.shape)
            scales = numbers(torch.float32, entry["scales"])[:, None]
            assert rows.abs().max() == 127
            assert torch.equal(rows * scales, value)


def test_rounding_moves_no_weight_by_more_than_half_a_step(name, rounded):
    for key, value in Translator.shipped(name).model.state_dict().items():
        scale = value.abs().amax(dim=-1, keepdim=True) / 127
        off = (rounded.model.state_dict()[key] - value).abs()
        assert (off <= 0.5001 * scale).all()
        assert value.ndim == 1 or off.max() > 0


def test_a_row_of_zeros_stays_zero():
    entry = packed([2, 2], array("f", [0, 0, 1, -2]))
    assert numbers(torch.int8, entry["rows"]).tolist() == [0, 0, 64, -127]


def test_words_and_length_are_those_of_the_model(name, rounded):
    stored = translators()[name]
    assert stored["source_words"] == rounded.source_vocabulary.words
    assert stored["target_words"] == rounded.target_vocabulary.words
    assert stored["longest"] == rounded.longest_source


def test_a_file_of_other_numbers_is_refused(tmp_path):
    path = tmp_path / "x.safetensors"
    path.write_bytes((MODELS / "control.safetensors").read_bytes().replace(b'"F32"', b'"F16"', 1))
    with pytest.raises(ValueError, match="F16"):
        read_safetensors(path)


@pytest.fixture(scope="module")
def in_browser(browser, tmp_path_factory):
    """A page with ``translation``, the module's exports, and ``models``, the unpacked translators by name."""
    page = browser.new_page()
    page.goto("data:text/html,<title>empty</title>")
    load = """async ([source, stored]) => {
      const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
      window.translation = await import(url);
      window.models = {};
      for (const [name, one] of Object.entries(stored)) models[name] = translation.unpack(one, name);
    }"""
    page.evaluate(load, [bundle("translation"), translators()])
    yield page.evaluate
    page.close()


FORCED = """([name, source, target]) => {
  const { encode, begin, step } = translation;
  const encoded = encode(models[name], source);
  let state = begin(encoded);
  return target.map((token) => {
    const { logits, weights, scores, after } = step(models[name], encoded.states, state, token);
    state = after;
    return { logits: [...logits], weights, scores };
  });
}"""


def test_logits_and_weights_are_pytorchs_to_one_in_ten_thousand(name, rounded, in_browser):
    worst = 0.0
    for pair in sentences(100):
        batch = encode_pairs([pair], rounded.source_vocabulary, rounded.target_vocabulary)
        inputs = batch.target_inputs
        with torch.no_grad():
            logits, weights = rounded.model(batch.source, batch.source_lengths, inputs)
        steps = in_browser(FORCED, [name, batch.source[0].tolist(), inputs[0].tolist()])
        found = torch.tensor([one["logits"] for one in steps], dtype=torch.float32)
        worst = max(worst, (found - logits[0]).abs().max().item())
        found = torch.tensor([one["weights"] for one in steps], dtype=torch.float32)
        assert (found - weights[0]).abs().max() < 1e-4
    assert inputs[0, 0] == BOS
    assert worst < 1e-4


def test_500_held_out_sentences_get_the_same_words_and_probabilities(name, rounded, in_browser):
    pairs = sentences(500)
    source = [rounded.source_vocabulary.encode(pair.source) for pair in pairs]
    found = in_browser(
        """([name, all]) => all.map((source) => {
          const { tokens, probabilities, finished } = translation.translate(models[name], source);
          return { words: translation.words(models[name], tokens), finished,
                   log: probabilities.reduce((sum, p) => sum + Math.log(p), 0) };
        })""",
        [name, source],
    )
    assert len(pairs) == len(found) == 500
    for pair, page in zip(pairs, found, strict=True):
        (python,) = rounded.translate_words([pair.source])
        assert page["words"] == list(python.target)
        assert page["log"] == pytest.approx(python.log_probability, abs=1e-3)
