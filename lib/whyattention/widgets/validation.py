"""What figures refuse: each check names the argument, what came and what was expected."""

from collections.abc import Collection, Mapping, Sized

from whyattention.widgets._base import StateError


def number(name: str, value: object, low: float, high: float) -> float:
    """A number within limits, as a float.

    >>> number("weight", 1, 0, 5)
    1.0
    >>> number("weight", "1", 0, 5)
    Traceback (most recent call last):
    whyattention.widgets._base.StateError: weight is '1', expected a number
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise StateError(f"{name} is {value!r:.60}, expected a number")
    if not low <= value <= high:  # also refuses NaN
        raise StateError(f"{name} is {value!r}, expected a finite number from {low} to {high}")
    return float(value)


def whole(name: str, value: object, low: int, high: int, what: str = "a whole number") -> int:
    """A whole number within limits; True and 1.0 are none.

    >>> whole("step", 13, 1, 12)
    Traceback (most recent call last):
    whyattention.widgets._base.StateError: step is 13, expected a whole number from 1 to 12
    """
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise StateError(f"{name} is {value!r:.60}, expected {what} from {low} to {high}")
    return value


def flag(name: str, value: object) -> bool:
    """True or False, and nothing that is only like it.

    >>> flag("causal", 1)
    Traceback (most recent call last):
    whyattention.widgets._base.StateError: causal is 1, expected True or False
    """
    if not isinstance(value, bool):
        raise StateError(f"{name} is {value!r:.60}, expected True or False")
    return value


def text(name: str, value: object) -> str:
    """Text of any kind.

    >>> text("sentence", None)
    Traceback (most recent call last):
    whyattention.widgets._base.StateError: sentence is None, expected text
    """
    if not isinstance(value, str):
        raise StateError(f"{name} is {value!r:.60}, expected text")
    return value


def one_of(name: str, value: object, options: Collection[str]) -> str:
    """One of some names.

    >>> one_of("kind", "rnn", ["lstm", "gru"])
    Traceback (most recent call last):
    whyattention.widgets._base.StateError: kind is 'rnn', expected one of lstm, gru
    """
    if not isinstance(value, str) or value not in options:
        raise StateError(f"{name} is {value!r:.60}, expected one of {', '.join(options)}")
    return value


def listed(name: str, values: object) -> list:
    """Any sequence as a list, an array's or tensor's ``tolist`` included.

    >>> listed("inputs", (1, 0))
    [1, 0]
    >>> listed("inputs", "10")
    Traceback (most recent call last):
    whyattention.widgets._base.StateError: inputs is '10', expected a list
    """
    values = values.tolist() if hasattr(values, "tolist") else values
    if isinstance(values, str | bytes | Mapping) or not hasattr(values, "__iter__"):
        raise StateError(f"{name} is {values!r:.60}, expected a list")
    return list(values)


def require_count(name: str, values: Sized, low: int, high: int, what: str = "entries") -> None:
    """Refuse too few and too many.

    >>> require_count("inputs", [], 1, 12)
    Traceback (most recent call last):
    whyattention.widgets._base.StateError: inputs has 0 entries, expected 1 to 12
    """
    if not low <= len(values) <= high:
        raise StateError(f"{name} has {len(values)} {what}, expected {low} to {high}")
