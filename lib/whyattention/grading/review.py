"""Review: what the cells of an answer may not do, found in their text before they run.

A check runs in the same process as the answer that it checks. Code there can reach the library's own
functions, replace PyTorch's, and read files. So the graders review the text of each cell that a student
wrote, and a cell that does one of these things is not run; it fails with a line that says why. Students read
the same line when a visible check meets their answer. The rules are few and stated in each assignment:

- import from Python and PyTorch what calculates (``LIBRARIES``), and from this course what prepares
  (``TOOLS``);
- do not replace parts of what is imported;
- do not look into the notebook, the interpreter or files.

This stops what a student may do in passing and most of what one may try. It does not stop everyone: Python
can be made to hide what it does. Whoever doubts an answer asks its author to explain it.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Collection, Iterator

from nbformat import NotebookNode


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: What an answer may import: libraries that calculate, draw and count.
LIBRARIES = _words("""
    __future__ bisect cmath collections copy dataclasses decimal fractions functools heapq itertools math
    matplotlib numbers numpy operator random re statistics string textwrap time torch typing warnings
""")
#: Modules of this course that prepare data and draw, and so hold no answer.
TOOLS = _words("batches corpus grammar lexicon pairs plotting tasks training vocabulary widgets")
#: Calls and names that reach behind an answer.
NAMES = _words("""
    __import__ __builtins__ __loader__ __spec__ In Out _ih _oh _i _ii _iii breakpoint compile delattr eval
    exec exit get_ipython globals locals open quit setattr vars
""")
#: Attributes that do.
ATTRIBUTES = _words("""
    __builtins__ __closure__ __code__ __dict__ __getattribute__ __globals__ __import__ __loader__ __mro__
    __reduce__ __self__ __spec__ __subclasses__ __wrapped__ _getframe _import_dotted_name _os _sys attrgetter
    builtins cr_frame f_back f_globals f_locals fromfile genfromtxt gi_frame hub import_module importlib
    inspect load loadtxt memmap methodcaller os package subprocess sys sys_importer tb_frame
""")

#: What a kernel runs before the first cell: what lies in its folder is no library, and the guard takes note
#: of PyTorch while nobody has touched it.
START = (
    "import sys as _s; _s.path[:] = [p for p in _s.path if p]; del _s; "
    "__import__('whyattention.grading.guard')"
)

MESSAGES = {
    "import": "line {line} imports {name}: write the answer with Python, PyTorch and NumPy alone",
    "name": "line {line} uses {name}, which an answer does not need and the graders do not run",
    "replaced": "line {line} replaces {name}: leave what you have imported as it is",
    "magic": "line {line} is a command to Jupyter, which the graders do not run",
    "syntax": "line {line} is not valid Python: {problem}",
    "not_run": "This cell was not run: {problem}.",
}


class NotRunError(RuntimeError):
    """A cell of a submission that was not run; Jupyter shows the reason and no traceback."""

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


def findings(code: str) -> list[str]:
    """Return what a cell does that answers may not do, one line for each finding.

    Args:
        code: The text of a code cell.

    Example:
        >>> findings("import torch\\nfrom whyattention.attention import attend")
        ['line 2 imports whyattention.attention: write the answer with Python, PyTorch and NumPy alone']
        >>> findings("torch.allclose = lambda *tensors: True")
        ['line 1 replaces torch.allclose: leave what you have imported as it is']
    """
    lines = code.split("\n")
    for number, line in enumerate(lines):
        # Harmless, and found in many notebooks.
        if line.startswith("%matplotlib"):
            lines[number] = ""
        elif line.lstrip().startswith(("%", "!")) and not _parses(code):
            return [MESSAGES["magic"].format(line=number + 1)]
    try:
        tree = ast.parse("\n".join(lines))
    except (SyntaxError, ValueError, RecursionError) as error:
        line, problem = getattr(error, "lineno", 1), getattr(error, "msg", str(error))
        return [MESSAGES["syntax"].format(line=line, problem=problem)]
    return list(dict.fromkeys(_findings(tree)))


def explain(problem: str) -> str:
    """Return the line that a cell fails with which was not run."""
    return MESSAGES["not_run"].format(problem=problem)


def digest(code: str) -> str:
    """Return what a cell of the assignment's own is known by."""
    return hashlib.sha256(code.strip().encode()).hexdigest()


def withheld(notebook: NotebookNode, own: Collection[str]) -> dict[int, str]:
    """Return why cells of a submission are not to be run, by their index.

    Args:
        notebook: A submission.
        own: Digests of the cells that the assignment brought along; they are not reviewed.
    """
    found = {}
    for index, cell in enumerate(notebook.cells):
        if cell.cell_type == "code" and digest(cell.source) not in own:
            problems = findings(cell.source)
            if problems:
                found[index] = explain(problems[0])
    return found


def refusal(problem: str) -> str:
    """Return code that fails with a line, to be run in place of a cell.

    Example:
        >>> exec(refusal("No."))
        Traceback (most recent call last):
        whyattention.grading.review.NotRunError: No.
    """
    return f"from whyattention.grading.review import NotRunError\nraise NotRunError({problem!r})"


def may_use(module: str) -> bool:
    """Return whether an answer may use an object of a module; only modules of this course are asked for.

    Example:
        >>> may_use("torch.nn"), may_use("whyattention.tasks"), may_use("whyattention.attention")
        (True, True, False)
    """
    root, _, rest = module.partition(".")
    return root != "whyattention" or rest.partition(".")[0] in TOOLS


def may_import(module: str) -> bool:
    """Return whether an answer may import a module.

    Example:
        >>> may_import("torch.nn"), may_import("torch._utils"), may_import("os")
        (True, False, False)
    """
    root, _, rest = module.partition(".")
    hidden = any(part in ATTRIBUTES or part.startswith("_") for part in rest.split("."))
    known = root in LIBRARIES or (root == "whyattention" and rest.partition(".")[0] in TOOLS)
    return known and not hidden


def _findings(tree: ast.Module) -> Iterator[str]:
    imported: set[str] = set()
    for node in ast.walk(tree):
        for module, name in _imports(node):
            imported.add(name)
            if not may_import(module):
                yield MESSAGES["import"].format(line=node.lineno, name=module)
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                if alias.name in ATTRIBUTES:
                    yield MESSAGES["name"].format(line=node.lineno, name=alias.name)
    # Names that are imported by another cell of nearly every notebook.
    imported |= {"torch", "nn", "F", "math", "np", "numpy"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in NAMES:
            yield MESSAGES["name"].format(line=node.lineno, name=node.id)
        elif isinstance(node, ast.Attribute):
            if node.attr in ATTRIBUTES:
                yield MESSAGES["name"].format(line=node.lineno, name=node.attr)
            if isinstance(node.ctx, ast.Store | ast.Del) and _root(node) in imported:
                yield MESSAGES["replaced"].format(line=node.lineno, name=ast.unparse(node))
        elif isinstance(node, ast.Call) and not _is_harmless(node):
            yield MESSAGES["name"].format(line=node.lineno, name="getattr")


def _is_harmless(call: ast.Call) -> bool:
    """Return whether a call is none of getattr, or one whose attribute cannot be one of ``ATTRIBUTES``."""
    if not isinstance(call.func, ast.Name) or call.func.id != "getattr":
        return True
    name = call.args[1] if len(call.args) > 1 else None
    if isinstance(name, ast.JoinedStr) and name.values and isinstance(name.values[0], ast.Constant):
        start = name.values[0].value
        return not start.startswith("_") and not any(each.startswith(start) for each in ATTRIBUTES)
    return isinstance(name, ast.Constant) and name.value not in ATTRIBUTES


def binds(code: str, name: str) -> bool:
    """Return whether a cell gives a name a value.

    Example:
        >>> binds("a, b = 1, 2", "b"), binds("print(b)", "b"), binds("b =", "b")
        (True, False, False)
    """
    try:
        nodes = list(ast.walk(ast.parse(code)))
    except (SyntaxError, ValueError, RecursionError):
        return False
    return any(isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Store) for n in nodes)


def _imports(node: ast.AST) -> Iterator[tuple[str, str]]:
    """Yield the modules that a statement imports, each with the name that it is bound to."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield alias.name, alias.asname or alias.name.partition(".")[0]
    elif isinstance(node, ast.ImportFrom):
        module = "." * node.level + (node.module or "")
        for alias in node.names:
            # `from whyattention import attention` imports a module; `from torch import nn` does, too.
            whole = f"{module}.{alias.name}" if module == "whyattention" else module
            yield whole, alias.asname or alias.name


def _root(node: ast.AST) -> str | None:
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def _parses(code: str) -> bool:
    try:
        ast.parse(code)
    except (SyntaxError, ValueError):
        return False
    return True
