"""The arithmetic and the sentences of Heads in JavaScript, beside Python's."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.widgets.heads_drawn import states
from whyattention.widgets import Heads
from whyattention.widgets.heads_model import LAYERS, SPECIAL, cut, head_width, layer_of


def unpacked(name: str) -> dict:
    """A layer as unpack() in heads_attention.js makes it, but for the kind of its arrays."""
    layer = layer_of(name)
    weights = {}
    for part, numbers in layer.weights.items():
        rows = isinstance(numbers[0], list)
        weights[part] = {
            "shape": [len(numbers), len(numbers[0])] if rows else [len(numbers)],
            "values": [entry for row in numbers for entry in row] if rows else numbers,
        }
    known = layer.words[len(SPECIAL) :]
    return {
        "words": layer.words,
        "known": known,
        "heads": layer.heads,
        "width": head_width(layer),
        "weights": weights,
    }


LAYERS_IN_PAGE = {name: unpacked(name) for name in LAYERS}


def state_of(widget: Heads) -> dict:
    return {
        name: getattr(widget, name) for name in ("sentence", "layer", "head", "query", "scaled", "causal")
    }


@pytest.fixture
def finding(javascript):
    """The sentence of a figure."""

    def say(**state: object) -> str:
        state = state_of(Heads(**state))
        return javascript(
            "heads_state", "finding", state, javascript("heads_state", "derive", state, LAYERS_IN_PAGE)
        )

    return say


@settings(max_examples=25)
@given(states())
def test_javascript_derives_what_python_derives(javascript, state):
    widget = Heads(**state)
    derived = javascript("heads_state", "derive", state_of(widget), LAYERS_IN_PAGE)
    assert derived["words"] == widget.words
    assert derived["width"] == 13
    for ours, theirs in zip(widget.weights, derived["heads"], strict=True):
        for row, other in zip(ours, theirs, strict=True):
            assert other == pytest.approx(row, rel=1e-9, abs=1e-12)
    assert derived["now"] == derived["heads"][widget.head]
    assert derived["later"] == pytest.approx(widget.later, abs=1e-12)
    assert derived["bits"]["scaled" if widget.scaled else "plain"] == pytest.approx(widget.bits, abs=1e-12)
    other = Heads(**state | {"scaled": not widget.scaled})
    assert derived["bits"]["plain" if widget.scaled else "scaled"] == pytest.approx(other.bits, abs=1e-12)
    assert derived["meanBits"][widget.head] == pytest.approx(sum(widget.bits) / len(widget.words), abs=1e-12)
    if widget.causal:
        before = Heads(**state | {"causal": False})
    elif not widget.scaled:
        before = Heads(**state | {"scaled": True})
    else:
        assert derived["before"] is None
        return
    for row, theirs in zip(before.weights[widget.head], derived["before"], strict=True):
        assert theirs == pytest.approx(row, rel=1e-9, abs=1e-12)


@given(st.text(st.sampled_from("aZé'’ .!?…\t\ne\u0301"), max_size=12), st.sampled_from(LAYERS))
def test_sentences_are_cut_alike_in_both_languages(javascript, text, layer):
    assert javascript("heads_state", "cut", text, layer) == cut(text, layer)


@pytest.mark.parametrize(
    ("text", "layer", "says"),
    [
        ("", "encoder", "Nothing was typed"),
        (" !", "encoder", "Nothing was typed"),
        ("cat " * 13, "encoder", "That is 13 words"),
        ("the zebra", "encoder", "the English word “zebra”"),
        ("the cat", "decoder", "the French word “the”"),
        ("<pad>", "encoder", "“<pad>”"),
        ("x" * 10_000, "encoder", "“" + "x" * 24 + "…”"),
    ],
)
def test_a_sentence_that_cannot_be_shown_is_refused(javascript, text, layer, says):
    assert says in javascript("heads_state", "sentenceProblem", text, layer, LAYERS_IN_PAGE)
    assert javascript("heads_state", "sentenceProblem", "The car!", "encoder", LAYERS_IN_PAGE) is None


def test_as_trained_the_finding_names_the_largest_weight(finding):
    widget = Heads(query=3)
    row = widget.weights[3][3]
    assert row.index(max(row)) == 4
    assert finding(query=3) == (
        f"“sees” looks most at “a”, with weight {max(row):.2f}. Its entropy is {widget.bits[3]:.1f} bits; "
        "even shares of 7 words would have 2.8."
    )
    assert "“cat” looks most at itself" in finding(query=2)


def test_without_the_division_it_says_what_that_changed(finding):
    usual, plain = Heads(), Heads(scaled=False)
    largest = [max(widget.weights[3][3]) for widget in (usual, plain)]
    assert finding(scaled=False) == (
        f"“sees” looks most at “a”. Not divided, its largest weight goes from {largest[0]:.2f} to "
        f"{largest[1]:.2f}, its entropy from {usual.bits[3]:.1f} to {plain.bits[3]:.1f} bits."
    )
    assert largest[1] > largest[0] + 0.2


def test_the_mask_of_the_encoder_says_what_it_takes_away(finding):
    masked, free = Heads(causal=True), Heads()
    assert finding(causal=True) == (
        f"The mask takes {masked.later[3]:.2f} of the weight of “sees” away; the rest is scaled up to sum to "
        f"1. Entropy {masked.bits[3]:.1f} bits, without the mask {free.bits[3]:.1f}."
    )
    assert "“the” comes first: the mask leaves it only itself" in finding(causal=True, query=0)
    assert "“house” comes last: the mask takes nothing away." in finding(causal=True, query=6)


def test_the_mask_of_the_decoder_hides_the_answer(finding):
    masked, free = (Heads(layer="decoder", causal=causal) for causal in (True, False))
    assert masked.words[4:6] == ["voit", "une"]
    assert finding(layer="decoder").startswith(
        f"“voit” must predict “une”: the mask hides that word and all behind it, {masked.later[4]:.2f} of"
    )
    row = free.weights[3][4]
    assert finding(layer="decoder", causal=False).startswith(
        f"Without the mask “voit” gives {row[5]:.2f} of its weight to “une”, which it must predict, and "
        f"{free.later[4]:.2f} to all later words."
    )
    assert "“rouge” must predict the end of the sentence: no word is behind it" in finding(
        layer="decoder", query=7
    )
    assert finding(layer="decoder", query=0).startswith("<bos> must predict “le”")


def test_words_that_stand_twice_are_told_by_their_place(finding):
    assert "“the” (word 4)" in finding(sentence="the cat sees the dog", query=3)
    assert finding(sentence="cat") == "“cat” has only itself to look at, with weight 1."


@pytest.mark.parametrize(
    ("weight", "text"),
    [(0, "0"), (1, "1"), (0.001, "less than 0.01"), (0.9999, "more than 0.99"), (0.125, "0.13")],
)
def test_a_weight_is_called_0_or_1_only_if_it_is(javascript, weight, text):
    assert javascript("heads_state", "share", weight) == text
