"""The guard: ``check``, which runs a check of an assignment against the answers in the notebook.

A check is a function under ``@check``. It runs at once::

    from whyattention.grading.guard import check

    @check
    def the_weights_of_a_row_add_up_to_one(lookup, draw):
        query, states = draw.normal(3, 4), draw.normal(3, 7, 4)
        value, weights = lookup(query, states)
        same(weights.sum(-1), torch.ones(3), "the sum of the weights")

Its parameters are answers and variables of the notebook, by their names, and ``draw``, which draws values
anew at each run; a check that draws runs three times. The body knows ``torch``, ``nn``, ``math``, ``same``
and ``require``, and nothing else of the notebook, so that no name that a student has taken can change it.
It runs with PyTorch's defaults, whatever a cell has set. Functions are called with copies of their arguments,
what they print is dropped, they must be the student's own (see ``own_work``), and what they return must be
tensors, numbers, text, or collections of these. Call the answer first, and compute what is expected
afterwards.

A check that fails raises ``CheckFailed``, which Jupyter shows as a few lines: what was wrong, what was given,
a hint, and the seed of what was drawn.
"""

from __future__ import annotations

import builtins
import contextlib
import copy
import inspect
import io
import linecache
import math
import signal
import threading
import traceback
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterator
from decimal import Decimal
from fractions import Fraction
from types import FunctionType
from typing import Any

import numpy
import torch
from torch import Tensor, nn

from whyattention.grading.comparing import CheckFailed, require, same, shown
from whyattention.grading.draws import Draw
from whyattention.grading.own_work import is_cell, require_own_work, require_reviewed, require_untouched

#: Seconds that one check may take.
LIMIT = 20
#: How often a check runs that draws values: what is wrong should not pass by luck.
TIMES = 3

#: What an answer may return.
_PLAIN = {
    *(Tensor, nn.Parameter, torch.Size, torch.dtype, numpy.ndarray, Fraction, Decimal, type(None)),
    *(int, float, complex, bool, str, bytes, list, tuple, dict, set, frozenset, range),
    *(OrderedDict, Counter, defaultdict, deque, FunctionType),
    *(each for each in vars(torch.return_types).values() if isinstance(each, type)),
}

MESSAGES = {
    "passed": "✓ {promise}",
    "failed": "✗ {promise}",
    "missing": "{name} is not defined: run the cell that defines it.",
    "unwritten": "{name} is not written yet.",
    "raised": "{what} raised {error}",
    "unfit": "what {what} returned cannot be compared: {error}",
    "returned": "{what} returned a {got}: return tensors, numbers, text, or lists, tuples and dicts of them.",
    "line": "in the line {line!r}",
    "slow": "The answer took more than {limit} seconds.",
    "given": "given:    {name} = {value}",
    "seed": "(drawn with seed {seed})",
}


def check(function: FunctionType) -> None:
    """Run a check; say so if the answers pass it.

    Args:
        function: The check. Its name is its promise.

    Raises:
        CheckFailed: The answers do not pass.
    """
    promise = function.__name__.replace("_", " ")
    run = _Run(function)
    try:
        with _quiet(), _limited(), _as_pytorch_starts():
            run.start()
    except CheckFailed as failed:
        problem = [*failed.lines, *run.given()]
    except NotImplementedError:
        problem = [MESSAGES["unwritten"].format(name=run.last or "the answer")]
    except BaseException as error:  # whatever an answer raises is its failure, SystemExit too
        problem = [*_explain(error, run), *run.given()]
    else:
        print(MESSAGES["passed"].format(promise=promise))
        return
    raise CheckFailed(MESSAGES["failed"].format(promise=promise), *problem) from None


class _Run:
    """One run of a check: what it is given, and the last call of an answer."""

    def __init__(self, function: FunctionType) -> None:
        self.function, self.notebook = function, function.__globals__
        self.draw: Draw | None = None
        self.last: str | None = None
        self.inside = False  # an answer
        self.arguments: dict[str, Any] = {}

    def start(self) -> None:
        require_untouched()
        names = inspect.signature(self.function).parameters
        known = {"torch": torch, "nn": nn, "math": math, "same": same, "require": require}
        body = FunctionType(self.function.__code__, known | {"__builtins__": builtins})
        for _ in range(TIMES if "draw" in names else 1):
            body(**{name: self._given(name) for name in names})
        # An answer may have replaced something in order to pass.
        require_untouched()

    def _given(self, name: str) -> object:
        if name == "draw":
            self.draw = Draw()
            return self.draw
        if name not in self.notebook:
            raise CheckFailed(MESSAGES["missing"].format(name=name))
        value = self.notebook[name]
        if value is None or _holds_ellipsis(value):
            raise CheckFailed(MESSAGES["unwritten"].format(name=name))
        if callable(value):
            require_own_work(name, type(value) if isinstance(value, nn.Module) else value)
            return self._watched(name, value)
        require_reviewed(name, self.notebook.get("In"))
        return copy.deepcopy(value)

    def _watched(self, name: str, answer: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            self.last = name
            self.arguments = _by_name(answer, arguments) | named
            copies = [_copied(each) for each in arguments]
            self.inside = True
            found = answer(*copies, **{key: _copied(each) for key, each in named.items()})
            self.inside = False
            _require_plain(name, found)
            return found

        return call

    def given(self) -> list[str]:
        """Return what the last call was given, and the seed that it was drawn with."""
        lines = []
        for name, value in self.arguments.items():
            if isinstance(value, Tensor | int | float | list | tuple | str):
                lines.append(MESSAGES["given"].format(name=name, value=shown(value)))
        if lines and self.draw is not None:
            lines.append(MESSAGES["seed"].format(seed=self.draw.seed))
        return lines


def _by_name(answer: Callable[..., Any], arguments: tuple[Any, ...]) -> dict[str, Any]:
    try:
        names = list(inspect.signature(answer).parameters)
    except (TypeError, ValueError):
        names = []
    names += [str(i + 1) for i in range(len(names), len(arguments))]
    return dict(zip(names, arguments, strict=False))


def _copied(argument: Any) -> Any:
    if isinstance(argument, Tensor):
        # A leaf stays one, so that a check can ask for gradients.
        return argument if argument.requires_grad else argument.clone()
    return copy.deepcopy(argument) if isinstance(argument, list | tuple | dict) else argument


def _require_plain(name: str, found: object) -> None:
    """Require values of which each compares as what it is; an object of one's own could equal everything."""
    if type(found) not in _PLAIN and not isinstance(found, numpy.generic):
        raise CheckFailed(MESSAGES["returned"].format(what=name, got=type(found).__name__))
    if isinstance(found, dict):
        found = [*found, *found.values()]
    if isinstance(found, list | tuple | set | frozenset | deque):
        for part in found:
            _require_plain(name, part)


def _holds_ellipsis(value: object) -> bool:
    if type(value) is dict:
        return any(map(_holds_ellipsis, value.values()))
    if type(value) in (list, tuple):
        return any(map(_holds_ellipsis, value))
    return value is ...


def _explain(error: BaseException, run: _Run) -> list[str]:
    """Return what was raised, and the last line of the notebook's own that led to it."""
    text = f"{type(error).__name__}: {str(error).partition(chr(10))[0][:200]}"
    own, places = run.function.__code__.co_filename, traceback.extract_tb(error.__traceback__)
    frames = [place for place in places if place.filename != own and is_cell(place.filename) and place.line]
    lines = [
        MESSAGES["raised" if run.inside or not run.last else "unfit"].format(
            what=run.last or "the answer", error=text
        )
    ]
    if frames:
        lines.append(
            MESSAGES["line"].format(line=linecache.getline(frames[-1].filename, frames[-1].lineno).strip())
        )
    return lines


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Drop what answers print: nbgrader takes a warning on stderr for a failure, otter does not."""
    dropped = io.StringIO()
    with contextlib.redirect_stdout(dropped), contextlib.redirect_stderr(dropped):
        yield


@contextlib.contextmanager
def _as_pytorch_starts() -> Iterator[None]:
    """Run a check as if no cell had set PyTorch's defaults; afterwards they are as they were."""
    dtype = torch.get_default_dtype()
    torch.set_default_dtype(torch.float32)
    try:
        # Modes that change what functions of tensors do, such as a default device, are off as well.
        with torch.enable_grad(), torch._C.DisableTorchFunction():
            yield
    finally:
        torch.set_default_dtype(dtype)


@contextlib.contextmanager
def _limited() -> Iterator[None]:
    """Stop a check that takes too long, where the system can: otter has no limit of its own."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(*_: object) -> None:
        raise CheckFailed(MESSAGES["slow"].format(limit=LIMIT))

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, LIMIT)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
