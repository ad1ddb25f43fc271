"""Own work: where an answer comes from, and whether PyTorch is still what it was.

The library that the course is written with is public, and installed where answers are graded. An answer must
be written in the notebook: not be the library's function, not wrap it, not import it.
"""

from __future__ import annotations

import builtins
import contextlib
import linecache
import math
import os
from collections.abc import Iterator
from types import CodeType, FunctionType, ModuleType

import torch
from torch import Tensor, nn

from whyattention.grading.comparing import CheckFailed
from whyattention.grading.review import binds, findings, may_import, may_use

MESSAGES = {
    "function": "{name} must be a function written with def in this notebook, got {got}.",
    "elsewhere": "{name} was not written in a cell of this notebook, but in {place}.",
    "library": "{name} uses {used} of {module}, which may not do the work here: write it yourself.",
    "rule": "{name}: {problem}.",
    "mode": "A dispatch mode is on, which changes what PyTorch does: remove it and restart the kernel.",
    "replaced": (
        "{name} is not PyTorch's or Python's own any more: a cell of this notebook has replaced it. "
        "Remove that line and restart the kernel."
    ),
}

_GUARD = f"{__package__}.guard"
_OWNERS = {
    "torch": torch,
    "torch.nn": nn,
    "torch.nn.functional": nn.functional,
    "torch.linalg": torch.linalg,
    "torch.Tensor": Tensor,
    "torch.nn.Module": nn.Module,
    "math": math,
    "builtins": builtins,
}


def _parts(owner: object) -> dict[str, object]:
    if isinstance(owner, ModuleType):
        return vars(owner)
    # What a class inherits stands in its bases, and a replacement in the class itself.
    merged: dict[str, object] = {}
    for base in reversed(owner.__mro__):
        merged |= vars(base)
    return merged


# Taken when this module is imported: the graders do that before the first cell of a submission runs.
_AS_IT_WAS = {
    name: {key: part for key, part in _parts(owner).items() if callable(part) or isinstance(owner, type)}
    for name, owner in _OWNERS.items()
}
# IPython itself gives some of Python's names another meaning.
for _name in ("display", "input", "print", "open", "_"):
    _AS_IT_WAS["builtins"].pop(_name, None)
# PyTorch replaces these itself: its compiler, when it is loaded and when it first runs; set_default_dtype.
for _owner, _name in (
    ("torch", "Storage"),
    ("torch", "manual_seed"),
    ("torch.nn.Module", "__init__"),
    ("torch.nn.Module", "__setstate__"),
):
    _AS_IT_WAS[_owner].pop(_name)


def require_untouched() -> None:
    """Require that PyTorch is what it was when this module was imported.

    Raises:
        CheckFailed: A function of it was replaced.
    """
    for owner, parts in _AS_IT_WAS.items():
        now = _parts(_OWNERS[owner])
        for name, part in parts.items():
            if now.get(name) is not part:
                raise CheckFailed(MESSAGES["replaced"].format(name=f"{owner}.{name}"))
    if torch._C._len_torch_dispatch_stack():
        raise CheckFailed(MESSAGES["mode"])


def require_own_work(name: str, answer: object) -> None:
    """Require that an answer was written in the notebook, and leaves the work to no function of the library.

    Args:
        name: Its name.
        answer: A function or a class.

    Raises:
        CheckFailed: It was not; says what it uses, and from where.
    """
    if not isinstance(answer, FunctionType | type):
        raise CheckFailed(MESSAGES["function"].format(name=name, got=type(answer).__name__))
    written = False
    for used, thing in _reached(name, answer):
        module = _module(thing)
        foreign = isinstance(thing, ModuleType) and not may_import(module)
        if module is not None and (foreign or not may_use(module)):
            raise CheckFailed(MESSAGES["library"].format(name=name, used=used, module=module))
        if isinstance(thing, FunctionType):
            text = _cell(thing.__code__)
            if text is None:
                continue
            written = True
            problems = findings(text)
            if problems:
                raise CheckFailed(MESSAGES["rule"].format(name=name, problem=problems[0]))
    if not written:
        place = _module(answer) or "another place"
        raise CheckFailed(MESSAGES["elsewhere"].format(name=name, place=place))


def require_reviewed(name: str, cells: object) -> None:
    """Require that the cell of an answer that is no function is one that the graders run.

    Args:
        name: Its name.
        cells: The texts of the cells that have run, as Jupyter keeps them, or None.

    Raises:
        CheckFailed: The last cell that binds the name is one that they do not run; says why.
    """
    for text in reversed(cells if isinstance(cells, list) else []):
        # A check gives some names their values again, and imports what an answer may not.
        if _GUARD not in text and binds(text, name):
            problems = findings(text)
            if problems:
                raise CheckFailed(MESSAGES["rule"].format(name=name, problem=problems[0]))
            return


def _reached(name: str, answer: object) -> Iterator[tuple[str, object]]:
    """Yield the answer, and what it uses by name, in a closure or as a default, and so on."""
    waiting, seen = [(name, answer)], set()
    while waiting:
        name, thing = waiting.pop()
        if id(thing) in seen:
            continue
        seen.add(id(thing))
        yield name, thing
        if isinstance(thing, FunctionType):
            waiting += _used_by(thing)
        elif isinstance(thing, type) and thing.__module__ == "__main__":
            waiting += [(f"{name}.{key}", part) for key, part in vars(thing).items()]
            waiting += [(base.__name__, base) for base in thing.__bases__]
        elif isinstance(thing, staticmethod | classmethod | property):
            inner = thing.fget if isinstance(thing, property) else thing.__func__
            waiting.append((name, inner))
        elif hasattr(thing, "func") and hasattr(thing, "keywords"):  # functools.partial
            waiting += [(name, thing.func), *((name, each) for each in thing.args)]


def _used_by(function: FunctionType) -> Iterator[tuple[str, object]]:
    if _cell(function.__code__) is None and not hasattr(function, "__wrapped__"):
        return  # PyTorch's own, say
    for name in _names(function.__code__):
        if name in function.__globals__:
            yield name, function.__globals__[name]
    names = function.__code__.co_freevars
    for name, cell in zip(names, function.__closure__ or (), strict=True):
        with contextlib.suppress(ValueError):  # of one that is still empty
            yield name, cell.cell_contents
    for value in (function.__defaults__ or ()) + tuple((function.__kwdefaults__ or {}).values()):
        yield function.__name__, value
    if hasattr(function, "__wrapped__"):
        yield function.__name__, function.__wrapped__


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _module(thing: object) -> str | None:
    """Return the module that a thing belongs to; of an object, that of its class."""
    if isinstance(thing, FunctionType):
        # Its file and not its name for it, which can be changed.
        package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
        place = os.path.abspath(thing.__code__.co_filename)
        if place.startswith(package + os.sep):
            inside = os.path.relpath(place, package).removesuffix(".py").replace(os.sep, ".")
            return f"whyattention.{inside}"
        return thing.__module__
    if isinstance(thing, ModuleType):
        return thing.__name__
    if isinstance(thing, type):
        return thing.__module__
    return type(thing).__module__


def _cell(code: CodeType) -> str | None:
    """Return the text of the notebook's cell that holds the code, or None for code from elsewhere."""
    return "".join(linecache.getlines(code.co_filename)) or None if is_cell(code.co_filename) else None


def is_cell(place: str) -> bool:
    """Return whether the file that code says it is from is a cell of a notebook."""
    # There is no such file, unless a debugger has written it.
    return not os.path.exists(place) or os.path.basename(os.path.dirname(place)).startswith("ipykernel_")
