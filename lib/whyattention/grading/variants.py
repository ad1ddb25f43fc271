"""Variants: one assignment with other numbers, other sentences and other blanks, by name.

One code cell of a source, of part ``variant``, holds plain assignments. Its metadata say what else each
variable may be::

    lag = 20                        {"part": "variant", "choices": {"lag": [20, 30, 50]}}

Without a name an assignment has the values that stand in the cell. With a name each variable is drawn from
its choices by the SHA-256 of assignment, name and variable: the same on every machine, and every year if you
name variants by year. A text cell writes ``{{lag}}``. A check has a parameter ``lag``. A blank has the
condition ``lag=20`` (see ``blanks``). Variables under ``"private"`` are not shown to students.
"""

from __future__ import annotations

import ast
import hashlib
import pprint
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

MESSAGES = {
    "plain": "expected plain assignments NAME = LITERAL, got {got!r}",
    "choices": "choices must name exactly the variables of the cell, {expected}, got {got}",
    "one": "choices of {name} must be a list of two or more, its own value {value!r} among them, got {got!r}",
    "private": "private must list variables of the cell, {expected}, got {got}",
    "unknown": "text names {{{{{name}}}}}, expected one of {known}",
    "name": "a variant's name must be of letters, digits, '-', '_' and '.', got {got!r}",
}

_PLACE = re.compile(r"\{\{(\w+)\}\}")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class VariantError(ValueError):
    """A variant cell, a placeholder or the name of a variant is not what it should be."""


@dataclass(frozen=True)
class Variables:
    """The variables of an assignment: their values, what else they may be, which ones are private."""

    values: dict[str, Any] = field(default_factory=dict)
    choices: dict[str, list[Any]] = field(default_factory=dict)
    private: tuple[str, ...] = ()

    def named(self, assignment: str, variant: str | None) -> Variables:
        """Return the variables of a variant; without a name, the source's own.

        Args:
            assignment: Name of the assignment.
            variant: Name of the variant, or None.

        Raises:
            VariantError: The name would not do as the name of a folder.

        Example:
            >>> lag = Variables({"lag": 20}, {"lag": [20, 30, 50]})
            >>> lag.named("gates", None).values, lag.named("gates", "autumn").values
            ({'lag': 20}, {'lag': 30})
        """
        if variant is None:
            return self
        if not _NAME.fullmatch(variant):
            raise VariantError(MESSAGES["name"].format(got=variant))
        drawn = {
            name: choices[_number(f"{assignment}/{variant}/{name}") % len(choices)]
            for name, choices in self.choices.items()
        }
        return Variables(drawn, self.choices, self.private)

    def code(self, names: list[str] | None = None) -> str:
        """Return assignments of the variables named; without names, of those that students see."""
        if names is None:
            names = [name for name in self.values if name not in self.private]
        return "\n".join(f"{name} = {_literal(name, self.values[name])}" for name in names)


def read_variables(code: str, metadata: Mapping[str, Any]) -> Variables:
    """Read a variant cell.

    Args:
        code: Its assignments.
        metadata: ``choices``, and ``private`` where there are some.

    Raises:
        VariantError: The cell holds something else, or the choices do not belong to it.

    Example:
        >>> read_variables("lag = 20", {"choices": {"lag": [20, 30]}}).values
        {'lag': 20}
    """
    values: dict[str, Any] = {}
    for statement in _statements(code):
        try:
            (target,) = statement.targets
            values[target.id] = ast.literal_eval(statement.value)
        except (AttributeError, ValueError):
            raise VariantError(MESSAGES["plain"].format(got=ast.unparse(statement))) from None
    choices, private = metadata.get("choices"), metadata.get("private", [])
    if not isinstance(choices, Mapping) or set(choices) != set(values):
        got = sorted(choices) if isinstance(choices, Mapping) else choices
        raise VariantError(MESSAGES["choices"].format(expected=sorted(values), got=got))
    for name, options in choices.items():
        if not isinstance(options, list) or len(options) < 2 or values[name] not in options:
            raise VariantError(MESSAGES["one"].format(name=name, value=values[name], got=options))
    if not isinstance(private, list) or not set(private) <= set(values):
        raise VariantError(MESSAGES["private"].format(expected=sorted(values), got=private))
    return Variables(values, {name: list(choices[name]) for name in values}, tuple(private))


def filled(text: str, values: Mapping[str, object]) -> str:
    """Return the text with values in place of ``{{name}}``.

    Two braces, since one pair is LaTeX.

    Raises:
        VariantError: The text names no variable.

    Example:
        >>> filled("A lag of {{lag}}: $e^{-x}$.", {"lag": 20})
        'A lag of 20: $e^{-x}$.'
    """

    def value(found: re.Match[str]) -> str:
        if found[1] not in values:
            raise VariantError(MESSAGES["unknown"].format(name=found[1], known=sorted(values)))
        return str(values[found[1]])

    return _PLACE.sub(value, text)


def _statements(code: str) -> list[ast.stmt]:
    try:
        return ast.parse(code).body
    except SyntaxError as error:
        raise VariantError(MESSAGES["plain"].format(got=error.text or code)) from None


def _number(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest())


def _literal(name: str, value: object) -> str:
    lines = pprint.pformat(value, width=80 - len(name) - 3, sort_dicts=False).split("\n")
    return ("\n" + " " * (len(name) + 3)).join(lines)
