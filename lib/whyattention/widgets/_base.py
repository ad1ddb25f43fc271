"""What all widgets share: one bundled module, one stylesheet, a page without scripts."""

import json
import re
from collections.abc import Mapping
from pathlib import Path

import anywidget
import traitlets

HERE = Path(__file__).parent

_IMPORT = re.compile(r'^import \{([^}]*)\} from "\./([\w-]+)\.js";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?:async )?(?:function|const|class) (\w+)", re.MULTILINE)
_COMMENT = re.compile(r"^[ \t]*(?://[^\n]*|/\*\*(?:(?!\*/)[\s\S])*\*/)\n", re.MULTILINE)
# Inside a page's script element these end the script or change how the rest of the page is read.
_UNSAFE = re.compile(r"<!--|</?script", re.IGNORECASE)


class StateError(traitlets.TraitError, ValueError):
    """A widget was given a state that it cannot show: a ``ValueError`` that traitlets rolls back."""


def bundle(name: str, constants: Mapping[str, object] | None = None) -> str:
    """Join a widget's module and the modules beside it that it imports into one string.

    Jupyter and a page opened from ``file://`` load a widget from a string, where a relative import has
    nothing to be relative to. Each imported module becomes a constant holding its exports. Comments go.

    Args:
        name: The module's file name without ``.js``.
        constants: Values that Python and JavaScript share; the module reads them from ``CONSTANTS``.

    Returns:
        The source of a module without imports.

    Raises:
        ValueError: If a module imports in another form than ``import { a } from "./file.js";``, or if it
            contains text that an HTML parser would act on inside a script.
    """
    parts: dict[str, str] = {}
    main = _module(name, parts)
    shared = f"const CONSTANTS = {json.dumps(constants, ensure_ascii=False)};\n" if constants else ""
    text = shared + "".join(parts.values()) + main
    if found := _UNSAFE.search(text):
        raise ValueError(
            f"{name}.js contains {found[0]!r}, expected a module that is safe inside a script element"
        )
    return text


def _module(name: str, parts: dict[str, str]) -> str:
    """The module's text with its imports resolved; modules it needs are put into ``parts``, each once."""
    text = _COMMENT.sub("", (HERE / f"{name}.js").read_text(encoding="utf-8"))
    for match in _IMPORT.finditer(text):
        helper = match[2]
        if helper not in parts:
            body = _module(helper, parts)
            names = ", ".join(_EXPORT.findall(body))
            body = re.sub(r"^export ", "", body, flags=re.MULTILINE)
            parts[helper] = f"const ${helper} = (() => {{\n{body}return {{ {names} }};\n}})();\n"
    text = _IMPORT.sub(lambda match: f"const {{{match[1]}}} = ${match[2]};\n", text)
    if re.search(r"^\s*import\b|\bimport\(", text, re.MULTILINE):
        raise ValueError(
            f'{name}.js holds an import that is not of the form: import {{ a }} from "./file.js";'
        )
    return text


class CourseWidget(anywidget.AnyWidget):
    """The base of all widgets of the course.

    A widget is an ordinary ipywidget in Jupyter, is mounted without a kernel in the built book, and leaves
    plain HTML where no script runs (GitHub, print). A subclass sets ``_esm`` with :func:`bundle` and writes
    :meth:`fallback`.
    """

    _css = (HERE / "widgets.css").read_text(encoding="utf-8")

    def fallback(self) -> str:
        """Plain HTML of the present state, for GitHub, print and pages without scripts.

        Returns:
            HTML without scripts and styles, everything in it escaped.
        """
        raise NotImplementedError(f"{type(self).__name__} has no fallback")

    def _repr_mimebundle_(self, **kwargs: object) -> tuple[dict, dict] | None:
        bundled = super()._repr_mimebundle_(**kwargs)
        if bundled is None:
            return None
        data, metadata = bundled
        return data | {"text/html": self.fallback()}, metadata
