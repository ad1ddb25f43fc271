"""DecoderStep: one step of the trained translator in its pieces, its attention weights to set by hand."""

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import ClassVar, NamedTuple

import traitlets

from whyattention.widgets._base import CourseWidget, StateError
from whyattention.widgets.arithmetic import softmax
from whyattention.widgets.decoder_step_fallback import html
from whyattention.widgets.translation import BOS, EOS, Step, begin, encode, shipped, step
from whyattention.widgets.translators import translators
from whyattention.widgets.validation import listed, require_count, text, whole

SENTENCES = [
    "he reads a book and she eats a cake",
    "the cat does not eat the red apple",
    "the old woman sees a small black dog",
    "she is not a doctor",
    "i am a student",
]
DEFAULT = {"sentence": SENTENCES[0], "t": 4, "piece": 5, "override": None}
PIECES = 6
WORDS = 12
# How far weights may be from the sum 1, for those that were rounded on their way.
TOLERANCE = 1e-6


class Moment(NamedTuple):
    """One step of a greedy translation: what it has read, everything that it computed, what it says."""

    token: int
    found: Step
    probabilities: list[float]
    best: int


class DecoderStep(CourseWidget):
    """One decoding step of the shipped translator, (0) decode to (5) predict, with its real tensors.

    The reader moves through the steps and their pieces, and sets the attention weights by hand: the
    distribution of the next word moves, and the translation goes on from there. Weights in int8, as in
    ``Translator.in_int8``. Taught in chapter 8.

    Traits that must fit each other are changed together::

        with widget.hold_sync(), widget.hold_trait_notifications():
            widget.sentence, widget.t, widget.override = ...

    Args:
        sentence: 1 to 12 words that the translator knows, in small letters, separated by single spaces.
        t: The step, from 1 to the number of words that the translator writes, its end included.
        piece: The piece up to which the step is shown, from 0 (decode) to 5 (predict), as in chapter 8.
        override: Weights in place of the softmax at this step, one a source word, at least 0, with the sum 1;
            None for the model's own.

    Raises:
        StateError: A ``ValueError`` and ``TraitError``; names the argument, what came and what was expected.

    >>> DecoderStep("i am a student", t=3)
    DecoderStep('i am a student', t=3)
    """

    MODULE = "decoder_step"
    CONSTANTS: ClassVar[dict] = {
        "SENTENCES": SENTENCES,
        "DEFAULT": DEFAULT,
        "PIECES": PIECES,
        "WORDS": WORDS,
        "TOLERANCE": TOLERANCE,
    }
    ASSETS: ClassVar[dict] = {"translators": translators}

    sentence = traitlets.Any(DEFAULT["sentence"]).tag(sync=True)
    t = traitlets.Any(DEFAULT["t"]).tag(sync=True)
    piece = traitlets.Any(DEFAULT["piece"]).tag(sync=True)
    override = traitlets.Any(DEFAULT["override"]).tag(sync=True)

    def __init__(
        self,
        sentence: str = DEFAULT["sentence"],
        t: int | None = None,
        piece: int = DEFAULT["piece"],
        override: Sequence[float] | None = None,
    ) -> None:
        if t is None:
            t = DEFAULT["t"] if sentence == DEFAULT["sentence"] else 1
        state = {"sentence": sentence, "t": t, "piece": piece, "override": override}
        super().__init__(**_checked(state))

    @traitlets.validate("sentence", "t", "piece", "override")
    def _fits(self, proposal: dict) -> object:
        return self._fitted(proposal, DEFAULT, _checked)

    @property
    def own(self) -> Moment:
        """The step with the model's own weights."""
        return moments(self.sentence)[self.t - 1]

    @property
    def shown(self) -> Moment:
        """The step with the weights that are set, or the model's own."""
        if self.override is None:
            return self.own
        model, (states, before) = shipped("attention"), _before(self.sentence, self.t)
        return _moment(self.own.token, step(model, states, before, self.own.token, self.override))

    def __repr__(self) -> str:
        return f"DecoderStep({self.sentence!r}, t={self.t})"

    def fallback(self) -> str:
        """A table of the step's pieces, its weights as bars, and the most probable words.

        Returns:
            HTML without scripts and styles, everything in it escaped.
        """
        names = shipped("attention").target_words
        words = self.sentence.split(" ")
        return html(words, names, self.t, self.own, None if self.override is None else self.shown)


@lru_cache(maxsize=64)
def moments(sentence: str) -> list[Moment]:
    """The steps of the greedy translation of a sentence, with the model's own weights.

    Args:
        sentence: Words that the translator knows, separated by single spaces.

    >>> [shipped("attention").target_words[moment.best] for moment in moments("i am a student")]
    ['je', 'suis', 'étudiant', '<eos>']
    """
    model, (states, state), token = shipped("attention"), _encoded(sentence), BOS
    found: list[Moment] = []
    while len(found) < 2 * len(states) + 10 and (not found or token != EOS):
        found.append(_moment(token, step(model, states, state, token)))
        state, token = found[-1].found.after, found[-1].best
    return found


def _encoded(sentence: str) -> tuple:
    model = shipped("attention")
    encoded = encode(model, [model.source_words.index(word) for word in sentence.split(" ")])
    return encoded.states, begin(encoded)


def _before(sentence: str, t: int) -> tuple:
    """The encoder states, and what the decoder knows before step t."""
    states, start = _encoded(sentence)
    return states, start if t == 1 else moments(sentence)[t - 2].found.after


def _moment(token: int, found: Step) -> Moment:
    return Moment(token, found, softmax(found.logits), found.logits.index(max(found.logits)))


def _checked(state: dict) -> dict:
    """The state, with the weights as a list of floats, if its parts are right and fit each other."""
    words = _words(state["sentence"])
    steps = len(moments(state["sentence"]))
    whole("t", state["t"], 1, steps, "a step of its translation,")
    whole("piece", state["piece"], 0, PIECES - 1, "a piece of the step,")
    return state | {"override": _weights(state["override"], len(words))}


def _words(sentence: object) -> list[str]:
    words, known = text("sentence", sentence).split(" "), translators()["attention"]["source_words"]
    require_count("sentence", words, 1, WORDS, "words")
    for word in words:
        if word not in known or word.startswith("<"):
            raise StateError(f"sentence has {word!r:.60}, expected words of the translator, in small letters")
    return words


def _weights(weights: object, count: int) -> list[float] | None:
    if weights is None:
        return None
    weights = listed("override", weights)
    if len(weights) != count:
        raise StateError(f"override has {len(weights)} weights, expected {count}, one a source word")
    for i, weight in enumerate(weights):
        number = isinstance(weight, int | float) and not isinstance(weight, bool)
        if not number or not 0 <= weight <= 1 + TOLERANCE:
            raise StateError(f"override[{i}] is {weight!r:.60}, expected a number from 0 to 1")
    if abs(math.fsum(weights) - 1) > TOLERANCE:
        raise StateError(f"override has the sum {math.fsum(weights)!r}, expected 1")
    return [float(weight) for weight in weights]
