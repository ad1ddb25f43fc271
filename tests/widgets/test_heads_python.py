"""Heads in Python: its weights are those of PyTorch, and what it refuses leaves the last good state."""

import base64
import math

import pytest
import torch
import traitlets
from hypothesis import given, settings

from tests.widgets.heads_drawn import states, translator, weights_in_torch
from whyattention.batches import BOS
from whyattention.corpus import sample_pairs
from whyattention.corpus import translate as by_grammar
from whyattention.lexicon import source_words, target_words
from whyattention.pairs import encode_pairs
from whyattention.widgets import Heads
from whyattention.widgets.heads import SENTENCES
from whyattention.widgets.heads_model import cut, entropy, layer_of, on_later, stored


@settings(max_examples=25)
@given(states())
def test_the_weights_are_pytorchs_whatever_the_switches(state):
    widget = Heads(**state)
    found = torch.tensor(widget.weights, dtype=torch.float64)
    assert (found - weights_in_torch(widget)).abs().max() < 1e-5


def test_as_trained_the_weights_are_those_that_the_translator_looks_with():
    model, words = translator().model, (translator().source_vocabulary, translator().target_vocabulary)
    for pair in sample_pairs(20, seed=3, split="test"):
        batch = encode_pairs([pair], *words)
        with torch.no_grad():
            look = model.float().look(batch.source, batch.source_lengths, batch.target_inputs)
        assert batch.target_inputs[0, 0] == BOS
        if len(pair.target) > 12:
            continue
        for layer, sentence, weights in (
            ("encoder", pair.source, look.source[0][0]),
            ("decoder", pair.target, look.target[0][0]),
        ):
            found = torch.tensor(Heads(" ".join(sentence), layer=layer).weights)
            assert (found - weights).abs().max() < 1e-5


def test_the_stored_weights_are_those_of_the_model_in_int8():
    for layer in ("encoder", "decoder"):
        entry = stored()[layer]["weights"]["query"]
        theirs = translator().model.state_dict()[f"{layer}.layers.0.attention.query_projection.weight"]
        rows = torch.frombuffer(bytearray(base64.b64decode(entry["rows"])), dtype=torch.int8).view(52, 52)
        assert rows.abs().max() == 127
        assert torch.equal(torch.tensor(layer_of(layer).weights["query"]), theirs.float())
    assert layer_of("encoder").words[4:] == source_words()
    assert layer_of("decoder").words[4:] == target_words()


@settings(max_examples=25)
@given(states())
def test_a_mask_leaves_rows_that_sum_to_one_and_takes_what_lay_behind(state):
    masked = Heads(**state | {"causal": True})
    free = Heads(**state | {"causal": False})
    for i, (row, before, removed) in enumerate(
        zip(masked.weights[masked.head], free.weights[free.head], masked.later, strict=True)
    ):
        assert math.fsum(row) == pytest.approx(1, abs=1e-12)
        assert row[i + 1 :] == [0] * (len(row) - i - 1)
        assert removed == pytest.approx(math.fsum(before[i + 1 :]), abs=1e-12)
        left = 1 - removed
        if left > 1e-6:
            assert row[: i + 1] == pytest.approx([weight / left for weight in before[: i + 1]], abs=1e-6)
    assert masked.weights[masked.head][0][0] == 1


@settings(max_examples=25)
@given(states())
def test_without_the_division_no_row_is_more_even(state):
    divided, plain = (Heads(**state | {"scaled": scaled}) for scaled in (True, False))
    for usual, sharper in zip(divided.bits, plain.bits, strict=True):
        assert sharper <= usual + 1e-9


def test_entropy_counts_bits():
    assert entropy([1.0, 0.0]) == 0
    assert entropy([0.25] * 4) == 2
    assert on_later([0.5, 0.25, 0.25], 0) == 0.5
    assert on_later([0.5, 0.25, 0.25], 2) == 0


@pytest.mark.parametrize("pair", SENTENCES, ids=lambda pair: pair["encoder"])
def test_the_example_sentences_are_translations_of_the_grammar_and_of_the_model(pair):
    assert " ".join(by_grammar(pair["encoder"]).target) == pair["decoder"]
    assert translator().translate_words([pair["encoder"].split()])[0].target == tuple(pair["decoder"].split())


def test_a_layer_stands_as_it_was_trained():
    assert (Heads().causal, Heads(layer="decoder").causal) == (False, True)
    assert Heads(layer="decoder").words == ["<bos>", *SENTENCES[0]["decoder"].split()]
    assert Heads(layer="decoder").sentence == SENTENCES[0]["decoder"]


@pytest.mark.parametrize(
    ("text", "layer", "words"),
    [
        ("The cat  sees\ta dog.", "encoder", "the cat sees a dog"),
        ("L’homme n'aime pas la pomme !", "decoder", "l' homme n' aime pas la pomme"),
        ("e\u0301tudiant", "decoder", "étudiant"),
    ],
)
def test_sentences_are_read_as_people_write_them(text, layer, words):
    assert " ".join(cut(text, layer)) == words
    assert Heads(text, layer=layer).sentence == words


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"sentence": "the zebra sees"}, "sentence has the word 'zebra'"),
        ({"sentence": "le chat"}, "sentence has the word 'le'.*source_words"),
        ({"sentence": "the cat", "layer": "decoder"}, "sentence has the word 'the'.*target_words"),
        ({"sentence": ""}, "sentence has 0 words, expected 1 to 12"),
        ({"sentence": " . "}, "sentence has 0 words"),
        ({"sentence": "cat " * 13}, "sentence has 13 words"),
        ({"sentence": "<b>cat</b>"}, "sentence has the word '<b>cat</b>'"),
        ({"sentence": "<pad>"}, "sentence has the word '<pad>'"),
        ({"sentence": "x" * 10_000}, "sentence has the word 'x"),
        ({"sentence": ["cat"]}, r"sentence is \['cat'\], expected text"),
        ({"layer": "middle"}, "layer is 'middle', expected one of encoder, decoder"),
        ({"layer": None}, "layer is None"),
        ({"head": 4}, "head is 4, expected a whole number from 0 to 3"),
        ({"head": -1}, "head is -1"),
        ({"head": 1.0}, "head is 1.0"),
        ({"head": True}, "head is True"),
        ({"query": 7}, "query is 7, expected a whole number from 0 to 6"),
        ({"query": 9, "layer": "decoder"}, "query is 9, expected a whole number from 0 to 7"),
        ({"scaled": 1}, "scaled is 1, expected True or False"),
        ({"causal": "yes"}, "causal is 'yes'"),
    ],
)
def test_a_bad_argument_is_named(arguments, named):
    with pytest.raises(ValueError, match=named) as caught:
        Heads(**arguments)
    assert len(str(caught.value)) < 400


def test_a_refused_change_leaves_the_last_good_state():
    widget = Heads("the cat")
    with pytest.raises(traitlets.TraitError, match="change sentence and layer together"):
        widget.layer = "decoder"
    with pytest.raises(traitlets.TraitError, match="query is 2"):
        widget.query = 2
    assert (widget.layer, widget.query, widget.sentence) == ("encoder", 1, "the cat")
    with widget.hold_sync(), widget.hold_trait_notifications():
        widget.layer, widget.sentence = "decoder", "le chat"
    assert widget.words == ["<bos>", "le", "chat"]


def test_a_message_of_the_front_end_is_taken_whole_or_not_at_all():
    widget = Heads()
    widget.set_state({"layer": "decoder", "sentence": "le chat", "query": 2, "causal": True})
    assert (widget.words, widget.query) == (["<bos>", "le", "chat"], 2)
    with pytest.raises(traitlets.TraitError):
        widget.set_state({"sentence": "la maison", "head": 9})
    assert (widget.sentence, widget.head) == ("le chat", 3)


def test_the_repr_is_stable():
    assert repr(Heads("The cat")) == "Heads(sentence='the cat', layer='encoder')"


def test_the_output_holds_the_weights_for_places_without_scripts():
    widget = Heads(layer="decoder", query=2)
    html = widget._repr_mimebundle_()[0]["text/html"]
    for i, row in enumerate(widget.weights[widget.head]):
        assert "".join(f"<td>{weight:.2f}</td>" for weight in row[: i + 1]) in html
    assert html.count("<td>×</td>") == 28
    assert "Head 4 of 4 of the decoder, scores divided by √13, with a causal mask" in html
    assert "removed by the mask" in html
    assert "&lt;bos&gt;" in html
    assert "<bos>" not in html
    assert not any(bad in html for bad in ("<script", "<style", "style=", "class="))
    assert "on later words" in Heads().fallback()
