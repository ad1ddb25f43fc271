"""Predict: the reader commits to a prediction before the measurement is shown."""

import math
import re
from collections.abc import Sequence
from html import escape

import traitlets

from whyattention.widgets._base import CourseWidget, StateError
from whyattention.widgets.formatting import format_number
from whyattention.widgets.validation import require_count, text

# The words of the fallback; those of the live question stand in predict.js.
TEXT = {
    "lead": "Predict before you read on.",
    "range": "A number from {low} to {high}{unit}.",
    "answer": "The measured answer",
}

OPTIONS = 8
_NAMES = ("key", "question", "options", "answer", "explanation", "low", "high", "step", "unit", "tolerance")


class Predict(CourseWidget):
    """A question to which the reader commits an answer before the measured one is revealed.

    It is a choice if ``options`` is given, a number on a slider if ``low`` and ``high`` are. The reader's
    browser remembers what was committed, under "whyattention:predict:" and the key.

    Args:
        key: The question's name, different from all others in the book: lower-case letters, digits, hyphens.
        question: Plain text.
        options: 2 to 8 answers to choose from, plain text.
        answer: What was measured: the index of an option, or a number from ``low`` to ``high``.
        explanation: Plain text shown with the answer; math as Unicode.
        low: The lowest number that can be predicted.
        high: The highest.
        step: The slider's step; a hundredth of the range if left out.
        unit: What the number counts, such as "bits"; may be empty.
        tolerance: How far off is still called close; one step if left out.

    Attributes:
        guess: The reader's prediction, an index or a number, or None.
        committed: Whether the reader has committed to it.

    Raises:
        StateError: A ``ValueError`` and ``TraitError``; names the argument, what came and what was expected.

    >>> Predict(key="07-range", question="Can a softmax weight be 0?", options=["yes", "no"], answer=1)
    Predict(key='07-range')
    """

    MODULE = "predict"

    key = traitlets.Unicode().tag(sync=True)
    question = traitlets.Unicode().tag(sync=True)
    options = traitlets.List().tag(sync=True)
    answer = traitlets.Any().tag(sync=True)
    explanation = traitlets.Unicode().tag(sync=True)
    low = traitlets.Any().tag(sync=True)
    high = traitlets.Any().tag(sync=True)
    step = traitlets.Any().tag(sync=True)
    unit = traitlets.Unicode().tag(sync=True)
    tolerance = traitlets.Any().tag(sync=True)
    guess = traitlets.Any().tag(sync=True)
    committed = traitlets.Bool(False).tag(sync=True)

    def __init__(
        self,
        key: str,
        question: str,
        options: Sequence[str] = (),
        answer: int | float | None = None,
        explanation: str = "",
        low: float | None = None,
        high: float | None = None,
        step: float | None = None,
        unit: str = "",
        tolerance: float | None = None,
    ) -> None:
        if isinstance(options, str):
            raise StateError(f"options is {options!r}, expected a list of texts")
        state = {
            "key": key,
            "question": question,
            "options": list(options),
            "answer": answer,
            "explanation": explanation,
        }
        state |= {"low": low, "high": high, "step": step, "unit": unit, "tolerance": tolerance}
        if _is_number(low) and _is_number(high) and step is None:
            state["step"] = (high - low) / 100
        if state["step"] is not None and tolerance is None:
            state["tolerance"] = state["step"]
        super().__init__(**_checked(state | {"guess": None, "committed": False}))

    @traitlets.validate(*_NAMES, "guess", "committed")
    def _fits(self, proposal: dict) -> object:
        return self._fitted(proposal, (*_NAMES, "guess", "committed"), _checked)

    def __repr__(self) -> str:
        return f"Predict(key={self.key!r})"

    def fallback(self) -> str:
        """The question, its answers, and the measured one folded away.

        Returns:
            HTML without scripts and styles, everything in it escaped.
        """
        unit = f" {escape(self.unit)}" if self.unit else ""
        if self.options:
            answers = f"<ul>{''.join(f'<li>{escape(option)}</li>' for option in self.options)}</ul>"
            answer = escape(self.options[self.answer])
        else:
            low, high = format_number(self.low), format_number(self.high)
            answers = f"<p>{TEXT['range'].format(low=low, high=high, unit=unit)}</p>"
            answer = f"{format_number(self.answer)}{unit}"
        return (
            f"<div><p>{TEXT['lead']} <strong>{escape(self.question)}</strong></p>{answers}"
            f"<details><summary>{TEXT['answer']}</summary><p><strong>{answer}</strong></p>"
            f"<p>{escape(self.explanation)}</p></details></div>"
        )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _checked(state: dict) -> dict:
    """The state, if its parts are right and fit each other."""
    for name in ("key", "question", "explanation", "unit"):
        text(name, state[name])
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", state["key"]):
        raise StateError(
            f"key is {state['key']!r}, expected lower-case letters, digits and hyphens, as 07-shift"
        )
    if not state["question"].strip():
        raise StateError("question is empty, expected text")
    if state["options"]:
        _check_choice(state)
    else:
        _check_scale(state)
    if state["guess"] is not None and not _is_guess(state, state["guess"]):
        raise StateError(f"guess is {state['guess']!r}, expected None or {_expected(state)}")
    if state["committed"] and state["guess"] is None:
        raise StateError(
            "committed is True without a guess; set both inside `with widget.hold_trait_notifications():`"
        )
    return state


def _check_choice(state: dict) -> None:
    options = state["options"]
    for i, option in enumerate(options):
        if not isinstance(option, str) or not option.strip():
            raise StateError(f"options[{i}] is {option!r}, expected text")
    require_count("options", options, 2, OPTIONS)
    if state["low"] is not None or state["high"] is not None:
        raise StateError("low and high came with options, expected either a choice or a slider")
    if not _is_guess(state, state["answer"]):
        raise StateError(f"answer is {state['answer']!r}, expected {_expected(state)}")


def _check_scale(state: dict) -> None:
    for name in ("low", "high", "answer"):
        if not _is_number(state[name]):
            raise StateError(f"{name} is {state[name]!r}, expected a number; a choice needs options instead")
    if not state["low"] < state["high"]:
        raise StateError(f"low is {state['low']!r} and high {state['high']!r}, expected low < high")
    if not _is_guess(state, state["answer"]):
        raise StateError(f"answer is {state['answer']!r}, expected {_expected(state)}")
    if not _is_number(state["step"]) or not 0 < state["step"] <= state["high"] - state["low"]:
        raise StateError(f"step is {state['step']!r}, expected a number above 0 and within the range")
    if not _is_number(state["tolerance"]) or state["tolerance"] < 0:
        raise StateError(f"tolerance is {state['tolerance']!r}, expected a number from 0 on")


def _is_guess(state: dict, guess: object) -> bool:
    if not _is_number(guess):
        return False
    if state["options"]:
        return isinstance(guess, int) and 0 <= guess < len(state["options"])
    return state["low"] <= guess <= state["high"]


def _expected(state: dict) -> str:
    if state["options"]:
        return f"an option's index, 0 to {len(state['options']) - 1}"
    return f"a number from {state['low']} to {state['high']}"
