"""The subcommands of `whyattention`, one module for each, and how they say that something went wrong."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TypeVar

Number = TypeVar("Number", int, float)

#: Exit codes; ``whyattention --help`` lists them.
FAILED, USAGE, UNREADABLE, OUTPUT, INTERRUPTED, PIPE_CLOSED = 1, 2, 3, 4, 130, 141


class CommandError(Exception):
    """What a command could not do, in one line for its user.

    Args:
        message: The line.
        exit_code: The exit code of the command.
    """

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(" ".join(str(message).split()))
        self.exit_code = exit_code


def positive_integer(text: str) -> int:
    """Read an option that counts something; for ``type`` of argparse."""
    return _read(text, int, "an integer from 1 on", lambda number: number >= 1)


def integer_up_to(most: int) -> Callable[[str], int]:
    """Return what reads an option that costs memory; for ``type`` of argparse."""
    return lambda text: _read(text, int, f"an integer from 1 to {most}", lambda number: 1 <= number <= most)


def seed_number(text: str) -> int:
    """Read a seed; for ``type`` of argparse."""
    return _read(text, int, "an integer from 0 to 2**32 - 1", lambda number: 0 <= number < 2**32)


def learning_rate(text: str) -> float:
    """Read a learning rate; for ``type`` of argparse."""
    # Far above any use, and far below where a step overflows.
    return _read(text, float, "a number above 0, at most 1000", lambda number: 0 < number <= 1000)


def _read(text: str, kind: type[Number], expected: str, fits: Callable[[Number], bool]) -> Number:
    try:
        number = kind(text)
    except ValueError:
        number = None
    if number is None or not fits(number):
        raise argparse.ArgumentTypeError(f"expected {expected}, got {text!r:.40}")
    return number


def explain(error: OSError) -> str:
    """Say what the operating system said, without its number.

    Args:
        error: What was raised; one without text, such as those of this library, speaks for itself.
    """
    return f"{error.filename}: {error.strerror}" if error.strerror and error.filename else str(error)
