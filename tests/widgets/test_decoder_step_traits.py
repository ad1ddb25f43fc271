"""DecoderStep in Python: what it takes, what it refuses, and what stands where no script runs."""

import math

import pytest
import torch

from whyattention.widgets import DecoderStep, StateError
from whyattention.widgets.decoder_step import DEFAULT, PIECES, SENTENCES, moments
from whyattention.widgets.decoder_step_fallback import share
from whyattention.widgets.translation import shipped

STUDENT = "i am a student"
NAMES = shipped("attention").target_words


def written(sentence: str) -> list[str]:
    return [NAMES[moment.best] for moment in moments(sentence)]


def test_the_default_is_a_step_that_a_hand_can_change():
    widget = DecoderStep()
    assert NAMES[widget.own.best] == "livre"
    widget.override = [0] * 8 + [1]
    assert NAMES[widget.shown.best] == "gâteau"
    assert NAMES[widget.own.best] == "livre"


@pytest.mark.parametrize("sentence", SENTENCES)
def test_every_offered_sentence_is_translated_to_its_end(sentence):
    assert written(sentence)[-1] == "<eos>"
    assert DecoderStep(sentence, t=len(written(sentence))).t == len(written(sentence))


def test_the_step_of_the_chapter_has_its_numbers():
    step = DecoderStep(STUDENT, t=3).own
    assert (NAMES[step.token], NAMES[step.best]) == ("suis", "étudiant")
    assert step.probabilities[step.best] == pytest.approx(0.996, abs=5e-4)
    assert step.found.weights[3] > 0.9999


def test_tensors_and_whole_numbers_are_taken_as_weights():
    assert DecoderStep(STUDENT, override=torch.tensor([0, 0, 1, 0])).override == [0.0, 0.0, 1.0, 0.0]
    weights = DecoderStep(STUDENT, override=(0, 1, 0, 0)).override
    assert weights == [0, 1, 0, 0]
    assert all(isinstance(weight, float) for weight in weights)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"sentence": None}, "sentence is None"),
        ({"sentence": ""}, "sentence has ''"),
        ({"sentence": "i am  a student"}, "sentence has ''"),
        ({"sentence": "I am a student"}, "sentence has 'I'"),
        ({"sentence": "i am a unicorn"}, "sentence has 'unicorn'"),
        ({"sentence": "i am <b>"}, "sentence has '<b>'"),
        ({"sentence": "i <eos>"}, "sentence has '<eos>'"),
        ({"sentence": " ".join(["i"] * 13)}, "sentence has 13 words"),
        ({"sentence": "x" * 10_000}, "sentence has 'xxx"),
        ({"t": 0}, "t is 0, expected .* from 1 to 4"),
        ({"t": 5}, "t is 5, expected .* from 1 to 4"),
        ({"t": 1.0}, "t is 1.0"),
        ({"t": True}, "t is True"),
        ({"t": "2"}, "t is '2'"),
        ({"piece": -1}, "piece is -1"),
        ({"piece": PIECES}, "piece is 6, expected .* from 0 to 5"),
        ({"piece": None}, "piece is None"),
        ({"override": [1.0]}, "override has 1 weights, expected 4"),
        ({"override": "abcd"}, "override is 'abcd'"),
        ({"override": 1.0}, "override is 1.0"),
        ({"override": [0.5, 0.5, 0.5, 0]}, "override has the sum 1.5"),
        ({"override": [0, 0, 0, 0]}, "override has the sum 0"),
        ({"override": [-0.5, 0.5, 0.5, 0.5]}, r"override\[0\] is -0.5"),
        ({"override": [0, 0, 0, 2]}, r"override\[3\] is 2"),
        ({"override": [math.nan, 0, 0, 1]}, r"override\[0\] is nan"),
        ({"override": [True, 0, 0, 0]}, r"override\[0\] is True"),
        ({"override": [0, "1", 0, 0]}, r"override\[1\] is '1'"),
    ],
)
def test_a_bad_argument_is_named(change, named):
    with pytest.raises(ValueError, match=named) as refused:
        DecoderStep(**({"sentence": STUDENT, "t": 3} | change))
    assert isinstance(refused.value, StateError)
    assert len(str(refused.value)) < 200


@pytest.mark.parametrize(
    ("name", "value"), [("t", 9), ("piece", 7), ("override", [1]), ("sentence", SENTENCES[0])]
)
def test_a_refused_change_leaves_the_state(name, value):
    widget = DecoderStep(STUDENT, t=3, override=[0, 0, 1, 0])
    before = {key: getattr(widget, key) for key in DEFAULT}
    with pytest.raises(StateError):
        setattr(widget, name, value)
    assert {key: getattr(widget, key) for key in DEFAULT} == before


def test_what_belongs_together_changes_together():
    widget = DecoderStep(STUDENT, t=3, override=[0, 0, 1, 0])
    with widget.hold_sync(), widget.hold_trait_notifications():
        widget.sentence, widget.t, widget.override = SENTENCES[0], 9, [1] + [0] * 8
    assert (widget.t, len(widget.override)) == (9, 9)


def test_it_names_itself():
    assert repr(DecoderStep(STUDENT, t=3)) == "DecoderStep('i am a student', t=3)"


def test_the_fallback_tells_the_step_in_numbers():
    html = DecoderStep(STUDENT, t=3).fallback()
    assert "it has read “suis” and predicts “étudiant” (0.996)" in html
    for shape in ("(64)", "(4)", "(128)", "(79)"):
        assert f"<td>{shape}</td>" in html
    found = DecoderStep(STUDENT, t=3).own.found
    for numbers in (found.s, found.scores, found.value, found.attentional, found.logits):
        assert f"<td>{numbers[0]:.2f}, ".replace("-", "−") in html
    assert html.count("<rect") == 4
    assert "with its own weights" not in html


def test_the_fallback_of_weights_by_hand_has_both_distributions():
    html = DecoderStep(override=[0] * 8 + [1]).fallback()
    assert "predicts “gâteau” (0.996). With its own weights it would predict “livre” (0.999)." in html
    assert html.count("stroke-dasharray") == 9
    assert "with its own weights</th>" in html


def test_the_fallback_names_the_begin_and_the_end():
    assert "the mark that begins a sentence" in DecoderStep(STUDENT, t=1).fallback()
    assert "predicts the end of the sentence" in DecoderStep(STUDENT, t=4).fallback()


def test_apostrophes_are_escaped():
    assert "“n&#x27;”" in DecoderStep("she is not a doctor", t=2).fallback()


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (1, "1"),
        (1e-300, "< 0.001"),
        (0.0004999, "< 0.001"),
        (0.0005001, "0.001"),
        (0.9996, "> 0.999"),
        (0.25, "0.250"),
    ],
)
def test_a_share_is_never_rounded_to_none_or_all(number, text):
    assert share(number) == text
