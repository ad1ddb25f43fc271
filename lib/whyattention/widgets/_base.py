"""What all widgets share: one module for a kind of figure, large data on request, a page without scripts."""

import binascii
import gzip
import json
import re
import zlib
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import ClassVar

import anywidget
import traitlets
from ipywidgets import widget_serialization

HERE = Path(__file__).parent

_IMPORT = re.compile(r'^import \{[^}]*\} from "\./([\w-]+)\.js";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?:async )?(?:function|const|class) (\w+)", re.MULTILINE)
_FUNCTION = re.compile(r"^export (?:async )?function (\w+)[\s\S]*?^}\n", re.MULTILINE)
_COMMENT = re.compile(r"^[ \t]*(?://[^\n]*|/\*(?:(?!\*/)[\s\S])*\*/)\n", re.MULTILINE)
_INDENTATION = re.compile(r"^[ \t]+", re.MULTILINE)
# Inside a page's script element these end the script or change how the rest of the page is read.
_UNSAFE = re.compile(r"<!--|</?script", re.IGNORECASE)


class StateError(traitlets.TraitError, ValueError):
    """A widget was given a state that it cannot show: a ``ValueError`` that traitlets rolls back."""


def bundle(name: str, constants: Mapping[str, object] | None = None) -> str:
    """Join a widget's module and the modules beside it that it imports into one string.

    Jupyter and a page opened from ``file://`` load a widget from a string, where a relative import has
    nothing to be relative to. An imported module's exports become constants, seen by all. What no browser
    needs goes: comments, indentation, functions that nothing uses.

    Args:
        name: The module's file name without ``.js``.
        constants: Values that Python and JavaScript share; the module reads them from ``CONSTANTS``.

    Returns:
        The source of a module without imports.

    Raises:
        ValueError: If a module imports in another form than ``import { a } from "./file.js";``, if two export
            the same name, or if one contains text that an HTML parser would act on inside a script.
    """
    parts: dict[str, str] = {}
    main = _module(name, parts)
    shared = f"const CONSTANTS = {json.dumps(constants, ensure_ascii=False)};\n" if constants else ""
    bodies = _used(list(parts.values()), main)
    for export, count in Counter(export for body in bodies for export in _EXPORT.findall(body)).items():
        if count > 1:
            raise ValueError(f"{count} modules of {name}.js export {export}, expected different names")
    text = shared + "".join(map(_scoped, bodies)) + main
    text = _INDENTATION.sub("", text)
    if found := _UNSAFE.search(text):
        raise ValueError(
            f"{name}.js contains {found[0]!r}, expected a module that is safe inside a script element"
        )
    return text


def _module(name: str, parts: dict[str, str]) -> str:
    """The module's text without imports; modules that it needs are put into ``parts``, each once."""
    text = _COMMENT.sub("", (HERE / f"{name}.js").read_text(encoding="utf-8"))
    for helper in _IMPORT.findall(text):
        if helper not in parts:
            body = _module(helper, parts)
            parts[helper] = body
    text = _IMPORT.sub("", text)
    if re.search(r"^\s*import\b|\bimport\(", text, re.MULTILINE):
        raise ValueError(
            f'{name}.js holds an import that is not of the form: import {{ a }} from "./file.js";'
        )
    return text


def _used(bodies: list[str], main: str) -> list[str]:
    """The modules without functions that nothing else names."""
    counts = Counter(re.findall(r"\w+", "".join([*bodies, main])))
    left = [_FUNCTION.sub(lambda found: found[0] if counts[found[1]] > 1 else "", body) for body in bodies]
    return bodies if left == bodies else _used(left, main)


def _scoped(body: str) -> str:
    """A module that shows the others its exports alone."""
    names = ", ".join(_EXPORT.findall(body))
    body = re.sub(r"^export ", "", body, flags=re.MULTILINE)
    return f"const {{ {names} }} = (() => {{\n{body}return {{ {names} }};\n}})();\n"


class Source(anywidget.AnyWidget):
    """The module and stylesheet of one kind of figure, to which all figures of the kind refer.

    A notebook that holds ten of them stores the texts once, compressed, and a page runs them once.

    Args:
        of: The kind of figure whose texts these are.

    Attributes:
        packed: Base64 of gzip of JSON of the pair (module, stylesheet).
    """

    _esm = "export default {};\n"

    packed = traitlets.Unicode().tag(sync=True)

    _made: ClassVar[dict[type, "Source"]] = {}

    def __init__(self, of: type["CourseWidget"]) -> None:
        texts = json.dumps([of.module_text, of.style_text], ensure_ascii=False)
        super().__init__(packed=b64encode(gzip.compress(texts.encode(), mtime=0)).decode())

    @classmethod
    def shared(cls, of: type["CourseWidget"]) -> "Source":
        """The one for a kind of figure; made at its first use, and again after it was closed."""
        source = cls._made.get(of)
        if source is None or source.comm is None:
            source = cls._made[of] = cls(of)
        return source

    @staticmethod
    def unpack(packed: str) -> tuple[str, str]:
        """The module and the stylesheet again.

        Raises:
            ValueError: The text was not packed by this class.
        """
        try:
            module, style = json.loads(gzip.decompress(b64decode(packed, validate=True)))
        except (binascii.Error, gzip.BadGzipFile, EOFError, zlib.error, ValueError, TypeError) as error:
            raise ValueError(f"packed is {packed[:20]!r}…, expected what Source packs") from error
        return module, style

    def __repr__(self) -> str:
        return "Source()"


class CourseWidget(anywidget.AnyWidget):
    """The base of all widgets of the course.

    A widget is an ordinary ipywidget in Jupyter, is mounted without a kernel in the built book, and leaves
    plain HTML where no script runs (GitHub, print). A subclass names its ``MODULE`` and writes
    :meth:`fallback`. What it stores of itself is its state alone: its module is in a :class:`Source`.

    Attributes:
        MODULE: The file name of its JavaScript without ``.js``. A stylesheet of the same name, if there is
            one, comes after ``widgets.css``.
        CONSTANTS: Values that both halves share, see :func:`bundle`.
        ASSETS: Data too large to be state, by name: what makes it, as JSON can hold it. JavaScript asks for
            it by ``asset(model, name)``; the built book holds it in one script for all pages.
        module_text: The bundled module.
        style_text: The stylesheet, without comments and indentation.
    """

    MODULE: ClassVar[str]
    CONSTANTS: ClassVar[Mapping[str, object]] = {}
    ASSETS: ClassVar[Mapping[str, Callable[[], object]]] = {}
    module_text: ClassVar[str]
    style_text: ClassVar[str]

    _esm = _COMMENT.sub("", (HERE / "loader.js").read_text(encoding="utf-8"))

    code = traitlets.Instance(Source).tag(sync=True, **widget_serialization)

    def __init_subclass__(cls, **kwargs: object) -> None:
        super().__init_subclass__(**kwargs)
        cls.module_text = bundle(cls.MODULE, cls.CONSTANTS)
        sheets = [HERE / f"{name}.css" for name in ("widgets", cls.MODULE)]
        style = "".join(sheet.read_text(encoding="utf-8") for sheet in sheets if sheet.is_file())
        cls.style_text = _INDENTATION.sub("", _COMMENT.sub("", style))

    def __init__(self, **state: object) -> None:
        super().__init__(code=Source.shared(type(self)), **state)
        if self.ASSETS:
            self.on_msg(self._answer)

    def _answer(self, widget: object, content: object, buffers: object) -> None:
        """Send what JavaScript asks for, if it is there to be asked for."""
        name = content.get("asset") if isinstance(content, dict) else None
        if name in self.ASSETS:
            self.send({"asset": name, "value": self.ASSETS[name]()})

    def _fitted(self, proposal: dict, names: Iterable[str], checked: Callable[[dict], dict]) -> object:
        """The value of one trait as it is kept, checked together with the traits that it must fit."""
        name = proposal["trait"].name
        return checked({key: getattr(self, key) for key in names} | {name: proposal["value"]})[name]

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
