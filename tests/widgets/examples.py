"""One figure of each kind, and what a reader does to it: the promises of all figures are tested on these."""

from collections.abc import Callable
from dataclasses import dataclass

from whyattention.widgets import (
    CourseWidget,
    Curves,
    DecoderStep,
    GatedCell,
    Heads,
    Predict,
    Reach,
    Scores,
    Translate,
)


@dataclass(frozen=True)
class Example:
    """A figure and one kind of input event.

    Args:
        make: Makes the figure.
        update: A JavaScript function ``(root, i) => …`` that acts on the figure's ``.wa`` element as a reader
            does, by an event on one of its controls, and so that each next ``i`` changes what is shown.
        ready: A selector of something that is there once the figure can be used.
    """

    make: Callable[[], CourseWidget]
    update: str
    ready: str = ".wa"


SLIDE = """
(root, i) => {
  const slider = root.querySelector("input[type=range]");
  slider.value = Number(slider.min) + (Number(slider.max) - Number(slider.min)) * (0.3 + 0.1 * (i % 4));
  slider.dispatchEvent(new Event("input", { bubbles: true }));
}
"""
CHOOSE = """
(root, i) => {
  const radios = root.querySelectorAll("input[type=radio]");
  radios[i % radios.length].checked = true;
  radios[i % radios.length].dispatchEvent(new Event("change", { bubbles: true }));
}
"""
ANOTHER_SENTENCE = """
(root) => root.querySelector(".wa-translate-another").click()
"""
ANOTHER_WORD = """
(root, i) => {
  const picks = root.querySelectorAll(".wa-heads-table tr:not([hidden]) input");
  picks[i % picks.length].click();
}
"""
MOVE_A_WEIGHT = """
(root, i) => {
  const slider = root.querySelectorAll(".wa-decoder-slider")[2];
  slider.value = 0.2 + 0.15 * (i % 4);
  slider.dispatchEvent(new Event("input", { bubbles: true }));
}
"""
QUESTION = {"key": "t-choice", "question": "Which?", "options": ["first", "second"], "answer": 1}

EXAMPLES = {
    "cell": Example(GatedCell, SLIDE),
    "curves": Example(lambda: Curves.of("length_curve"), SLIDE),
    "decoder_step": Example(DecoderStep, MOVE_A_WEIGHT, ".wa-decoder-body:not([hidden])"),
    "heads": Example(Heads, ANOTHER_WORD, ".wa-heads-cell"),
    "scores": Example(Scores, SLIDE),
    "predict": Example(lambda: Predict(**QUESTION), CHOOSE),
    "reach": Example(Reach, SLIDE),
    "translate": Example(Translate, ANOTHER_SENTENCE, ".wa-translate-word"),
}
