"""Translate in Python: what it refuses, what it shows where no script runs, and the numbers that it tells."""

import re
from html.parser import HTMLParser

import pytest
import traitlets

from whyattention.corpus import sample_pairs
from whyattention.corpus import translate as python_translate
from whyattention.pairs import split_of
from whyattention.translator import Translator
from whyattention.widgets import Translate
from whyattention.widgets.translate import CONTRACTIONS, EXAMPLES, LIMITS, LONGER, MEASURED, OTHERS, SENTENCE
from whyattention.widgets.translate_sentence import compare
from whyattention.widgets.translators import NAMES


@pytest.fixture(scope="module")
def translators() -> dict[tuple[str, str], Translator]:
    """By name and kind of numbers."""
    whole = {name: Translator.shipped(name) for name in NAMES}
    return {(name, "trained"): one for name, one in whole.items()} | {
        (name, "int8"): one.in_int8() for name, one in whole.items()
    }


def test_a_sentence_is_stored_as_the_models_read_it():
    widget = Translate("  I am a STUDENT, and\n he is happy!")
    assert widget.sentence == "i am a student and he is happy"
    assert repr(widget) == "Translate('i am a student and he is happy')"


def test_the_translations_are_those_of_the_library(translators):
    widget = Translate()
    for name in NAMES:
        text = " ".join(translators[name, "int8"].translate_words([SENTENCE.split()])[0].target)
        assert " ".join(widget.translations[name]) == text
    assert widget.reference == list(python_translate(SENTENCE).target)
    assert Translate("student a am i").reference is None


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"sentence": ""}, "sentence has 0 words"),
        ({"sentence": " . "}, "sentence has 0 words"),
        ({"sentence": "the zebra"}, "sentence has 'zebra'"),
        ({"sentence": "<b>the</b>"}, "sentence has '<'"),
        ({"sentence": "the " * 41}, "sentence has 41 words"),
        ({"sentence": "x" * 10_000}, "sentence has 10000 characters"),
        ({"sentence": None}, "sentence is None"),
        ({"sentence": ["the", "cat"]}, r"sentence is \['the', 'cat'\]"),
        ({"heatmap": "both"}, "heatmap is 'both'"),
        ({"heatmap": None}, "heatmap is None"),
        ({"show_heatmap": "yes"}, "show_heatmap"),
        ({"compact": 1.5}, "compact"),
    ],
)
def test_what_cannot_be_shown_is_refused_and_leaves_nothing_behind(change, says):
    with pytest.raises(traitlets.TraitError, match=says):
        Translate(**change)
    widget = Translate()
    for name, value in change.items():
        with pytest.raises(traitlets.TraitError, match=name):
            setattr(widget, name, value)
    assert (widget.sentence, widget.heatmap) == (SENTENCE, "attention")
    assert (widget.show_heatmap, widget.compact) == (True, False)


def test_a_notebook_holds_no_numbers_of_the_models():
    state = Translate().get_state()
    assert len(str({name: value for name, value in state.items() if name != "layout"})) < 5_000


class Seen(HTMLParser):
    """Struck-out words, and the picture's squares."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.struck, self.inside, self.opacities, self.links = [], False, [], 0
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.inside = tag == "del"
        if tag == "rect" and "fill-opacity" in attributes:
            self.opacities.append(float(attributes["fill-opacity"]))
        self.links += tag == "rect" and attributes.get("fill") == "none"

    def handle_endtag(self, tag):
        self.inside = False

    def handle_data(self, data):
        if self.inside:
            self.struck.append(data)


def test_the_fallback_strikes_out_what_is_wrong_and_draws_the_weights(translators):
    widget = Translate()
    seen = Seen(widget.fallback())
    words, gold = widget.translations["control"], widget.reference
    wrong = [words[e.said] for e in compare(words, gold) if e.kind in ("wrong", "extra")]
    assert seen.struck == wrong != []
    assert "6 of 11 right" in widget.fallback()
    (found,) = translators["attention", "int8"].translate_words([SENTENCE.split()])
    assert seen.opacities == pytest.approx(found.weights.flatten().tolist(), abs=1e-3)
    assert seen.links == len(gold)


def test_the_fallback_tells_when_there_is_no_reference_and_draws_only_what_is_wanted():
    assert "not a sentence of this grammar" in Translate("student a am i").fallback()
    assert "<svg" not in Translate(show_heatmap=False).fallback()
    assert "<svg" not in Translate(compact=True).fallback()
    control = Seen(Translate(heatmap="control").fallback()).opacities
    assert set(control) == {0.0, 1.0}


def test_no_clause_that_the_figure_proposes_was_met_in_training():
    sentences = [*EXAMPLES.values(), *LONGER, *OTHERS]
    clauses = {clause for sentence in sentences for clause in re.split(" and ", sentence)}
    assert {split_of(clause.split()) for clause in clauses} == {"test"}
    assert SENTENCE in EXAMPLES.values()
    assert len(EXAMPLES["long"].split()) > LIMITS["trained"][1] >= len(SENTENCE.split())


def test_the_other_sentences_are_drawn_and_not_picked():
    drawn = sample_pairs(16, seed=0, split="test", min_length=6, max_length=12)
    assert list(dict.fromkeys(" ".join(pair.source) for pair in drawn))[: len(OTHERS)] == OTHERS


def test_contractions_stand_for_words_that_are_known(translators):
    known = set(translators["attention", "int8"].source_vocabulary.words)
    assert Translate.CONSTANTS["WORDS"] == translators["attention", "int8"].source_vocabulary.words[4:]
    assert all(set(meant.split()) <= known for meant in CONTRACTIONS.values())
    assert not set(CONTRACTIONS) & known


def test_what_eight_bits_cost_is_what_the_figure_says(translators):
    pairs = sample_pairs(MEASURED["sentences"], seed=1, split="test", min_length=3, max_length=12)
    said = {
        key: [one.target for one in translator.translate_words([pair.source for pair in pairs])]
        for key, translator in translators.items()
    }
    for name in NAMES:
        for kind in ("trained", "int8"):
            whole = sum(a == pair.target for a, pair in zip(said[name, kind], pairs, strict=True))
            assert whole == pytest.approx(MEASURED[kind][name], abs=3)
        changed = sum(a != b for a, b in zip(said[name, "trained"], said[name, "int8"], strict=True))
        assert changed == pytest.approx(MEASURED["changed"][name], abs=3)
        size = sum(p.numel() for p in translators[name, "int8"].model.parameters())
        assert size == MEASURED["parameters"]


@pytest.mark.parametrize("length", [8, 12, 24])
@pytest.mark.parametrize("name", NAMES)
def test_the_lines_of_the_chart_are_measured(translators, name, length):
    pairs = sample_pairs(300, seed=1, split="test", min_length=length, max_length=length)
    said = translators[name, "int8"].translate_words([pair.source for pair in pairs])
    right = sum(
        edit.kind == "right"
        for pair, one in zip(pairs, said, strict=True)
        for edit in compare(one.target, pair.target)
    )
    share = right / sum(len(pair.target) for pair in pairs)
    curve = MEASURED["right"][name]
    assert len(curve) == LIMITS["words"] - LIMITS["trained"][0] + 1
    assert share == pytest.approx(curve[length - LIMITS["trained"][0]], abs=0.004)
