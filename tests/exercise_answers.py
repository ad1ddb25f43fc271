"""What the tests of exercises share: answers are collected, and held to what a check must say to them."""

from collections.abc import Callable
from unittest.mock import patch

import pytest
import torch

from whyattention.exercises import MESSAGES, checking, examine

Right = dict[str, tuple[str, Callable]]
Wrong = dict[str, tuple[str, Callable, tuple[str, ...]]]

DRAWS = 15


def collectors() -> tuple[Right, Wrong, Callable, Callable]:
    """Return two empty collections of answers, the right and the wrong, and a decorator to fill each."""
    right_answers, wrong_answers = {}, {}

    def right(name: str) -> Callable:
        """Collect a right answer to an exercise."""

        def collect(answer: Callable) -> Callable:
            right_answers[f"{name}: {answer.__name__}"] = (name, answer)
            return answer

        return collect

    def wrong(name: str, *messages: str) -> Callable:
        """Collect a wrong answer, with the names of the messages that are meant for it."""

        def collect(answer: Callable) -> Callable:
            wrong_answers[f"{name}: {answer.__name__}"] = (name, answer, messages)
            return answer

        return collect

    return right_answers, wrong_answers, right, wrong


def judging(right: Right, wrong: Wrong) -> tuple[Callable, Callable]:
    """Return two tests: each right answer passes, and each wrong one gets the words meant for it."""

    @pytest.mark.parametrize("case", right)
    def test_right(case: str) -> None:
        require_right(*right[case])

    @pytest.mark.parametrize("case", wrong)
    def test_wrong(case: str) -> None:
        require_wrong(*wrong[case])

    return test_right, test_wrong


def examine_drawn(name: str, answer: object, seed: int) -> tuple[bool, str]:
    """Examine an answer in the cases that a seed draws."""
    with patch.object(checking, "_fresh_generator", lambda: torch.Generator().manual_seed(seed)):
        return examine(name, answer)


def require_right(name: str, answer: Callable) -> None:
    """Require that an answer passes, whatever is drawn."""
    for seed in range(DRAWS):
        right, report = examine_drawn(name, answer, seed)
        assert right is True, (seed, report)
        assert report.startswith(f"✓ {name}: right in all "), report


def require_wrong(name: str, answer: Callable, messages: tuple[str, ...]) -> None:
    """Require that an answer fails, whatever is drawn, with a short report that holds the messages."""
    for seed in range(DRAWS):
        right, report = examine_drawn(name, answer, seed)
        assert right is False, (seed, report)
        assert len(report.splitlines()) <= 14, (seed, report)
        words = unwrapped(report)
        assert words.startswith(f"✗ {name}: "), (seed, report)
        for message in messages:
            for piece in constant_words(unwrapped(MESSAGES[message])):
                assert piece.strip() in words, (seed, message, report)
        assert "Traceback" not in report


def unwrapped(report: str) -> str:
    """Return a report without its line breaks and margins."""
    return " ".join(report.split())


def constant_words(template: str) -> list[str]:
    """Return the pieces of a message between its fields."""
    pieces = template.replace("}", "{").split("{")
    return [piece for piece in pieces[::2] if piece]
