"""Scores in Python: what it derives, what it refuses, and that a refused change leaves nothing behind."""

import math

import pytest
import torch
import traitlets

from whyattention.widgets import Scores
from whyattention.widgets.scores import PRESETS


def test_the_worked_example_shows_that_dividing_is_not_softmax():
    widget = Scores()
    assert widget.sum_normalized == [0.1, 0.05, 0.05, 0.8]
    assert widget.weights == pytest.approx([2.4987e-122, 5.1502e-131, 5.1502e-131, 1], rel=1e-3)
    assert widget.weights[3] == 1


def test_softmax_of_the_logarithms_gives_the_quotients_of_the_worked_example():
    assert Scores.preset("logarithms").weights == pytest.approx([0.1, 0.05, 0.05, 0.8], abs=1e-15)


@pytest.mark.parametrize("name", list(PRESETS))
def test_every_preset_is_a_good_state(name):
    widget = Scores.preset(name)
    assert widget.scores == PRESETS[name]["scores"]
    assert math.fsum(widget.weights) == pytest.approx(1, abs=1e-15)


def test_an_unknown_preset_names_those_there_are():
    with pytest.raises(ValueError, match="worked-example"):
        Scores.preset("worked")


def test_a_masked_word_has_weight_zero_in_both():
    widget = Scores(words=["a", "b", "<pad>"], scores=[1, 3, 9], mask=[True, True, False])
    assert (widget.weights[2], widget.sum_normalized) == (0, [0.25, 0.75, 0])


def test_tensors_are_taken_as_lists():
    assert Scores(words=["a", "b"], scores=torch.tensor([1.0, 2.0])).scores == [1.0, 2.0]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"words": []}, "words has 0"),
        ({"words": [f"w{i}" for i in range(100)], "scores": [0.0] * 100}, "words has 100"),
        ({"words": ["a", "<b>bold</b>"]}, r"words\[1\]"),
        ({"words": ["a", 'say"']}, r"words\[1\]"),
        ({"words": ["a", "\u202eevil"]}, r"words\[1\]"),
        ({"words": ["a", "😀"]}, r"words\[1\]"),
        ({"words": ["a", "x" * 17]}, r"words\[1\]"),
        ({"words": ["a", ""]}, r"words\[1\]"),
        ({"words": "ab"}, "words is 'ab'"),
        ({"scores": [1.0]}, "scores has 1"),
        ({"scores": [1.0, math.nan]}, r"scores\[1\] is nan"),
        ({"scores": [1.0, math.inf]}, r"scores\[1\] is inf"),
        ({"scores": [1.0, -1e308]}, r"scores\[1\] is -1e\+308"),
        ({"scores": [1.0, "2"]}, r"scores\[1\] is '2'"),
        ({"scores": [1.0, True]}, r"scores\[1\] is True"),
        ({"scores": None}, "scores is missing"),
        ({"states": [[0, 1]]}, "states has 1"),
        ({"states": [[0, 1], [0]]}, r"states\[1\]"),
        ({"states": [[0, 1], [0, math.nan]]}, r"states\[1\]\[1\]"),
        ({"mask": [False, False]}, "mask is False for every word"),
        ({"mask": [True, 1]}, r"mask\[1\]"),
        ({"temperature": 0}, "temperature is 0"),
        ({"temperature": math.nan}, "temperature is nan"),
        ({"temperature": None}, "temperature is None"),
    ],
)
def test_a_bad_argument_is_named(change, named):
    with pytest.raises(ValueError, match=named):
        Scores(**({"words": ["a", "b"], "scores": [1.0, 2.0]} | change))


@pytest.mark.parametrize("word", ["학생", "étudiant", "l'homme", "طالب", "well-read", "<eos>", "."])
def test_words_of_any_script_are_words(word):
    assert Scores(words=[word], scores=[0]).words == [word]


def test_a_refused_change_leaves_the_last_good_state():
    widget = Scores(words=["a", "b"], scores=[1, 2])
    with pytest.raises(traitlets.TraitError, match="scores has 3"):
        widget.scores = [1, 2, 3]
    with pytest.raises(traitlets.TraitError, match="states has 2"), widget.hold_trait_notifications():
        widget.words, widget.scores = ["a", "b", "c"], [1, 2, 3]
    assert (widget.words, widget.scores) == (["a", "b"], [1, 2])


def test_traits_that_belong_together_change_together():
    widget = Scores(words=["a", "b"], scores=[1, 2])
    with widget.hold_sync(), widget.hold_trait_notifications():
        widget.words, widget.scores = ["a", "b", "c"], [1, 2, 3]
        widget.states, widget.mask = [[0, 0], [1, 0], [0, 1]], [True, True, True]
    assert len(widget.weights) == 3


def test_a_message_of_the_front_end_is_taken_whole_or_not_at_all():
    widget = Scores(words=["a", "b"], scores=[1, 2])
    widget.set_state({"words": ["a"], "scores": [5], "states": [[1, 0]], "mask": [True]})
    assert (widget.words, widget.scores, widget.weights) == (["a"], [5.0], [1.0])
    with pytest.raises(traitlets.TraitError):
        widget.set_state({"words": ["a", "b"], "scores": [1, "NaN"]})
    assert (widget.words, widget.scores) == (["a"], [5.0])


def test_the_repr_is_stable():
    assert repr(Scores()) == "Scores(words=['I', 'am', 'a', 'student'])"


def test_the_output_holds_a_table_with_the_numbers_for_places_without_scripts():
    data, _ = Scores()._repr_mimebundle_()
    assert data["text/plain"] == repr(Scores())
    for text in ("<table>", "2.5 × 10⁻¹²²", "0.800", "<svg", "application/vnd"):
        assert text in str(data)
    assert not any(bad in data["text/html"] for bad in ("<script", "<style", "style=", "class="))


def test_the_fallback_escapes_what_words_say():
    html = Scores(words=["<pad>", "l'homme"], scores=[0, 0]).fallback()
    assert "&lt;pad&gt;" in html
    assert "<pad>" not in html
    assert "undefined" in html
