"""Scores: softmax beside dividing by the sum, and the weighted sum that comes of each."""

import math
import unicodedata
from collections.abc import Sequence
from html import escape
from typing import ClassVar

import traitlets

from whyattention.widgets import plain_html
from whyattention.widgets._base import CourseWidget, StateError
from whyattention.widgets.arithmetic import softmax, sum_normalized, weighted_sum
from whyattention.widgets.formatting import format_number, format_weight
from whyattention.widgets.validation import flag, listed, number, one_of, require_count, text

# The words of the fallback; those of the live figure stand in scores.js.
TEXT = {
    "caption": "Scores, and the weights that softmax and dividing by the sum make of them",
    "word": "word",
    "score": "score e",
    "softmax": "softmax weight α",
    "sum": "e divided by the sum",
    "value": "weighted sum of the states",
    "masked": "masked",
    "undefined": "undefined",
    "bars": "For each word a solid bar, its softmax weight, above an open bar, its score divided by the sum.",
}

# What both halves accept. JavaScript reads the same table.
LIMITS = {"words": 12, "word_length": 16, "score": 10_000, "state": 1_000, "temperature": [0.01, 10_000]}
TOKENS = ["<pad>", "<eos>", "<bos>", "<sos>", "<unk>"]
PUNCTUATION = "'’-.,!?·"

_SENTENCE = ["I", "am", "a", "student"]
PRESETS = {
    "worked-example": {"words": _SENTENCE, "scores": [40.0, 20.0, 20.0, 320.0]},
    "logarithms": {"words": _SENTENCE, "scores": [math.log(2), 0.0, 0.0, math.log(16)]},
    "negative": {"words": _SENTENCE, "scores": [1.0, -2.0, 0.0, 5.0]},
    "tie": {"words": _SENTENCE, "scores": [320.0, 20.0, 20.0, 320.0]},
    "extreme": {"words": _SENTENCE, "scores": [40.0, 20.0, 20.0, 10_000.0]},
}

_NAMES = ("words", "scores", "states", "mask", "temperature")
# Drawn hidden states for words that come without: golden angles, so that any number of them spreads out.
FAN = [
    [round(radius * math.cos(angle), 2), round(radius * math.sin(angle), 2)]
    for angle, radius in ((math.radians(137.508 * i - 20), (1.0, 0.85, 0.92)[i % 3]) for i in range(12))
]


class Scores(CourseWidget):
    """Scores of source words, and side by side what softmax and dividing by the sum make of them.

    The reader moves scores, adds, removes and masks words, sets a temperature, and sees both kinds of weights
    and the weighted sum of drawn two-dimensional hidden states. Taught in chapter 7.

    Traits that must fit each other are changed together::

        with widget.hold_sync(), widget.hold_trait_notifications():
            widget.words, widget.scores, widget.states, widget.mask = ...

    Set a whole list: an item assigned in place is neither checked nor shown.

    Args:
        words: 1 to 12 words of at most 16 letters, digits and marks as ``'``, or tokens such as ``<pad>``.
        scores: One finite score a word, from -10000 to 10000.
        states: One hidden state [x, y] a word, from -1000 to 1000; a fixed fan if left out.
        mask: True where a word may be attended, at least one of them; all if left out.
        temperature: The T of softmax(e / T), from 0.01 to 10000. Dividing by the sum does not use it.
        show_states: Whether the plane of hidden states is drawn.

    Raises:
        StateError: A ``ValueError`` and ``TraitError``; names the argument, what came and what was expected.

    >>> Scores.preset("worked-example").sum_normalized
    [0.1, 0.05, 0.05, 0.8]
    """

    MODULE = "scores"
    CONSTANTS: ClassVar[dict] = {
        "PRESETS": PRESETS,
        "FAN": FAN,
        "LIMITS": LIMITS,
        "TOKENS": TOKENS,
        "PUNCTUATION": PUNCTUATION,
    }

    words = traitlets.List().tag(sync=True)
    scores = traitlets.List().tag(sync=True)
    states = traitlets.List().tag(sync=True)
    mask = traitlets.List().tag(sync=True)
    temperature = traitlets.Any(1.0).tag(sync=True)
    show_states = traitlets.Bool(True).tag(sync=True)

    def __init__(
        self,
        words: Sequence[str] | None = None,
        scores: Sequence[float] | None = None,
        states: Sequence[Sequence[float]] | None = None,
        mask: Sequence[bool] | None = None,
        temperature: float = 1.0,
        show_states: bool = True,
    ) -> None:
        if words is None and scores is None:
            words, scores = PRESETS["worked-example"]["words"], PRESETS["worked-example"]["scores"]
        words = _per_word("words", words)
        state = _checked(
            {
                "words": words,
                "scores": _per_word("scores", scores),
                "states": FAN[: len(words)] if states is None else listed("states", states),
                "mask": [True] * len(words) if mask is None else listed("mask", mask),
                "temperature": temperature,
            }
        )
        super().__init__(show_states=show_states, **state)

    @classmethod
    def preset(cls, name: str) -> "Scores":
        """One of the examples of chapter 7.

        Args:
            name: "worked-example", "logarithms", "negative", "tie" or "extreme".

        Returns:
            A new widget.

        Raises:
            ValueError: If there is no such example.
        """
        return cls(**PRESETS[one_of("name", name, PRESETS)])

    @traitlets.validate(*_NAMES)
    def _fits(self, proposal: dict) -> object:
        return self._fitted(proposal, _NAMES, _checked)

    @property
    def weights(self) -> list[float]:
        """The softmax weights α_i, 0 where masked."""
        return softmax(self.scores, self.mask, self.temperature)

    @property
    def sum_normalized(self) -> list[float] | None:
        """The scores divided by their sum, or None where the sum is 0."""
        return sum_normalized(self.scores, self.mask)

    @property
    def value(self) -> list[float]:
        """The attention value [x, y], the sum of the states by softmax weight."""
        return weighted_sum(self.weights, self.states)

    @property
    def sum_value(self) -> list[float] | None:
        """The sum of the states by the scores divided by their sum, or None where that is undefined."""
        quotients = self.sum_normalized
        return None if quotients is None else weighted_sum(quotients, self.states)

    def __repr__(self) -> str:
        return f"Scores(words={self.words!r})"

    def fallback(self) -> str:
        """A table of the present state with a drawn bar for each number.

        Returns:
            HTML without scripts and styles, everything in it escaped.
        """
        quotients = self.sum_normalized
        rows = []
        for i, (word, weight) in enumerate(zip(self.words, self.weights, strict=True)):
            if self.mask[i]:
                both = (_weight_text(weight), _quotient_text(quotients, i))
            else:
                both = (TEXT["masked"], TEXT["masked"])
            rows.append([escape(word), format_number(self.scores[i]), *both])
        values = (_pair(self.value), TEXT["undefined"] if self.sum_value is None else _pair(self.sum_value))
        heads = [TEXT[name] for name in ("word", "score", "softmax", "sum")]
        foot = f'<th scope="row" colspan="2">{TEXT["value"]}</th><td>{values[0]}</td><td>{values[1]}</td>'
        return plain_html.table(TEXT["caption"], heads, rows, foot) + self._bars()

    def _bars(self) -> str:
        """Both bars of each word on one axis; what does not fit between -1 and 2 ends at the border."""
        quotients = self.sum_normalized or [0.0] * len(self.words)
        left = 110 if min(quotients) >= 0 and max(quotients) <= 1 else 210
        unit, drawn = 310 - left if left == 110 else 100, []
        for i, (word, weight, quotient) in enumerate(zip(self.words, self.weights, quotients, strict=True)):
            top = 6 + 34 * i
            clipped = min(2.0, max(-1.0, quotient))
            drawn.append(
                plain_html.words(100, top + 16, escape(word), "end", size=13)
                + f'<rect x="{left}" y="{top}" width="{unit * weight:.1f}" height="10" '
                f'fill="#0072B2"/><rect x="{left + unit * min(0.0, clipped):.1f}" y="{top + 13}" '
                f'width="{unit * abs(clipped):.1f}" height="9" fill="none" stroke="#E69F00" '
                f'stroke-width="2"/>'
            )
        height = 6 + 34 * len(self.words)
        axis = f'<path d="M{left} 0V{height}" stroke="currentColor"/>'
        return plain_html.picture(420, height, TEXT["bars"], axis, *drawn)


def _weight_text(weight: float) -> str:
    # Softmax is never 0: what float64 rounds to 0 is smaller than its smallest number, 4.9e-324.
    return "&lt; 10⁻³²³" if weight == 0 else format_weight(weight)


def _quotient_text(quotients: list[float] | None, i: int) -> str:
    return TEXT["undefined"] if quotients is None else format_weight(quotients[i])


def _pair(point: Sequence[float]) -> str:
    return f"({format_weight(point[0])}, {format_weight(point[1])})"


def _per_word(name: str, values: object) -> list:
    if values is None:
        raise StateError(f"{name} is missing, expected one entry a word")
    return listed(name, values)


def _checked(state: dict) -> dict:
    """The state with numbers as floats, if its parts are right and fit each other."""
    words = [_word(f"words[{i}]", word) for i, word in enumerate(state["words"])]
    require_count("words", words, 1, LIMITS["words"])
    for name in ("scores", "states", "mask"):
        if len(state[name]) != len(words):
            raise StateError(
                f"{name} has {len(state[name])} entries, expected {len(words)}, one a word; "
                "change words, scores, states and mask together: "
                "with widget.hold_sync(), widget.hold_trait_notifications(): ..."
            )
    bound, far = LIMITS["score"], LIMITS["state"]
    for i, (pair, attended) in enumerate(zip(state["states"], state["mask"], strict=True)):
        if not isinstance(pair, list | tuple) or len(pair) != 2:
            raise StateError(f"states[{i}] is {pair!r}, expected two numbers [x, y]")
        flag(f"mask[{i}]", attended)
    if not any(state["mask"]):
        raise StateError("mask is False for every word, expected at least one word that may be attended")
    return {
        "words": words,
        "scores": [number(f"scores[{i}]", score, -bound, bound) for i, score in enumerate(state["scores"])],
        "states": [
            [number(f"states[{i}][{axis}]", pair[axis], -far, far) for axis in (0, 1)]
            for i, pair in enumerate(state["states"])
        ],
        "mask": list(state["mask"]),
        "temperature": number("temperature", state["temperature"], *LIMITS["temperature"]),
    }


def _word(name: str, word: object) -> str:
    """Letters of any script, digits and a few marks: no markup, and nothing that turns the line around."""
    if not 1 <= len(text(name, word)) <= LIMITS["word_length"]:
        raise StateError(f"{name} is {word!r}, expected 1 to {LIMITS['word_length']} characters")
    letters = all(unicodedata.category(letter)[0] in "LMN" or letter in PUNCTUATION for letter in word)
    if word not in TOKENS and not letters:
        raise StateError(
            f"{name} is {word!r}, expected letters, digits and {PUNCTUATION}, or one of {' '.join(TOKENS)}"
        )
    return word
