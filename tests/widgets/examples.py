"""One figure of each kind, and what a reader does to it: the promises of all figures are tested on these."""

from collections.abc import Callable
from dataclasses import dataclass

from whyattention.widgets import CourseWidget, Predict, Scores


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
QUESTION = {"key": "t-choice", "question": "Which?", "options": ["first", "second"], "answer": 1}

EXAMPLES = {
    "scores": Example(Scores, SLIDE),
    "predict": Example(lambda: Predict(**QUESTION), CHOOSE),
}
