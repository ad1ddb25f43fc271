"""A check judges answers as it promises, and is not fooled by what answers commonly try."""

import re
import subprocess
import sys

import pytest
import torch

from whyattention import attention
from whyattention.grading import draws, guard
from whyattention.grading.comparing import CheckFailed
from whyattention.grading.draws import Draw

RIGHT = "import torch\n\ndef answer(x):\n    return 2 * x\n"
CHECK = "x = draw.normal(3)\nsame(answer(x), 2 * x, 'the double')"


def fails(notebook, body, parameters="answer, draw"):
    with pytest.raises(CheckFailed) as raised:
        notebook.check(body, parameters)
    return str(raised.value)


def test_a_right_answer_passes_and_is_told_so(notebook):
    notebook.run(RIGHT)
    assert notebook.check(CHECK, "answer, draw") == "✓ the answer is right\n"


def test_a_wrong_answer_learns_what_came_what_was_expected_and_what_was_given(notebook):
    notebook.run("def answer(x):\n    return x + 1")
    lines = fails(notebook, CHECK).split("\n")
    assert lines[:2] == ["✗ the answer is right", "the double: wrong numbers."]
    assert [line.partition(":")[0] for line in lines[2:5]] == ["returned", "expected", "given"]
    assert re.fullmatch(r"\(drawn with seed \d+\)", lines[5])


def test_jupyter_shows_the_lines_and_no_traceback():
    assert CheckFailed("one", "two")._render_traceback_() == ["one", "two"]


@pytest.mark.parametrize(
    "code",
    [
        "answer = ...",
        "answer = None",
        "answer = {'a': ...}",
        "answer = [1, (2, ...)]",
        "def answer(x):\n    raise NotImplementedError",
        "def answer(x):\n    ...",
    ],
)
def test_what_is_not_written_is_said_to_be_so(notebook, code):
    notebook.run(code)
    body = "same(answer(1) if callable(answer) else answer, 1)"
    assert fails(notebook, body, "answer").split("\n")[1].endswith("is not written yet.")


def test_a_cell_that_was_not_run_is_asked_for(notebook):
    assert "answer is not defined: run the cell that defines it." in fails(notebook, CHECK)


def test_an_exception_is_told_with_the_students_own_line(notebook):
    notebook.run(
        "import torch\n\ndef deep(x):\n    return x @ torch.ones(7)\n\ndef answer(x):\n    return deep(x)"
    )
    text = fails(notebook, CHECK)
    assert "answer raised RuntimeError: " in text
    assert "in the line 'return x @ torch.ones(7)'" in text
    assert "Traceback" not in text


@pytest.mark.parametrize("stop", ["SystemExit", "KeyboardInterrupt", "GeneratorExit", "BaseException"])
def test_an_answer_that_leaves_is_wrong(notebook, stop):
    notebook.run(f"def answer(x):\n    raise {stop}")
    assert f"answer raised {stop}" in fails(notebook, CHECK)


def test_what_an_answer_prints_is_dropped(notebook, capsys):
    notebook.run(
        "import warnings\n\ndef answer(x):\n    print('noise')\n    warnings.warn('noise')\n    return 2 * x"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("warnings.warn", lambda text: print(text, file=__import__("sys").stderr))
        assert notebook.check(CHECK, "answer, draw") == "✓ the answer is right\n"
    assert capsys.readouterr() == ("", "")


def test_an_endless_answer_is_stopped(notebook, monkeypatch):
    monkeypatch.setattr(guard, "LIMIT", 0.2)
    notebook.run("def answer(x):\n    while True:\n        pass")
    assert "took more than 0.2 seconds" in fails(notebook, CHECK)


def test_an_answer_cannot_change_what_it_is_given(notebook):
    notebook.run("def answer(x):\n    x *= 2\n    return x")
    notebook.check(CHECK, "answer, draw")


def test_values_are_drawn_anew_at_each_run(notebook):
    notebook.run(RIGHT)
    seen = set()
    notebook.names["seen"] = seen
    for _ in range(3):
        notebook.run("def answer(x):\n    return x")
        text = fails(notebook, "same(answer(draw.normal(2)), 7)")
        seen.add(re.search(r"seed (\d+)", text)[1])
    assert len(seen) == 3


def test_a_failure_can_be_repeated_by_its_seed(notebook, monkeypatch):
    notebook.run("def answer(x):\n    return x")
    body = "same(answer(draw.normal(2)), torch.zeros(2))"
    first = fails(notebook, body)
    monkeypatch.setattr(draws, "_SEED", re.search(r"seed (\d+)", first)[1])
    assert fails(notebook, body) == first
    assert Draw().normal(3).tolist() == Draw().normal(3).tolist()


# -- where an answer comes from

SOFTMAX = "from whyattention.attention import masked_softmax\n"
LIBRARY = {
    "itself": "from whyattention.attention import masked_softmax as answer",
    "renamed": "from whyattention.attention import masked_softmax as answer\nanswer.__module__ = '__main__'",
    "wrapped": SOFTMAX + "def answer(x):\n    return masked_softmax(x)",
    "in a module": "import whyattention.attention as a\ndef answer(x):\n    return a.masked_softmax(x)",
    "two steps away": (
        SOFTMAX + "def step(x):\n    return masked_softmax(x)\ndef answer(x):\n    return step(x)"
    ),
    "in a closure": (
        SOFTMAX + "def make(f):\n    def g(x):\n        return f(x)\n"
        "    return g\nanswer = make(masked_softmax)"
    ),
    "as a default": (SOFTMAX + "def answer(x, f=masked_softmax):\n    return f(x)"),
    "in a lambda": SOFTMAX + "answer = lambda x: masked_softmax(x)",
    "in a class": (
        "from whyattention.attention import MultiHeadAttention\nclass answer(MultiHeadAttention):\n    pass"
    ),
    "in a method": (SOFTMAX + "class answer:\n    def __call__(self, x):\n        return masked_softmax(x)"),
    "in a comprehension": (SOFTMAX + "def answer(x):\n    return [masked_softmax(row) for row in x]"),
    "partly applied": (
        "from functools import partial\nfrom whyattention.attention import attend\n"
        "part = partial(attend)\ndef answer(x):\n    return part(x, x)"
    ),
}


@pytest.mark.parametrize("way", LIBRARY)
def test_the_librarys_own_function_is_recognized(notebook, way, monkeypatch):
    monkeypatch.setattr(attention.masked_softmax, "__module__", attention.__name__)  # "renamed" changes it
    # In cells of their own: in one cell, the import alone would be found.
    lines = LIBRARY[way].split("\n")
    imports = [line for line in lines if line.startswith(("from", "import"))]
    notebook.run("\n".join(imports))
    notebook.run("\n".join(line for line in lines if line not in imports))
    text = fails(notebook, "answer(torch.ones(2, 2))", "answer")
    assert re.search(r"whyattention\.attention, which may not do the work here|must be a function", text), (
        text
    )


def test_an_import_inside_the_answer_is_recognized(notebook):
    notebook.run(
        "def answer(x):\n    from whyattention.attention import masked_softmax as f\n    return f(x)"
    )
    assert "answer: line 2 imports whyattention.attention" in fails(notebook, CHECK)


def test_an_import_that_a_function_of_the_answer_makes_is_recognized(notebook):
    notebook.run("def step(x):\n    import importlib\n    return x")
    notebook.run("def answer(x):\n    return step(x)")
    assert "answer: line 2 imports importlib" in fails(notebook, CHECK)


@pytest.mark.parametrize(
    "code", ["import torch\nanswer = torch.relu", "from functools import partial\nanswer = partial(max, 1)"]
)
def test_an_answer_is_a_function_of_the_notebook(notebook, code):
    notebook.run(code)
    assert "answer must be a function written with def in this notebook" in fails(notebook, CHECK)


def test_a_function_of_another_file_is_not_an_answer(notebook, tmp_path, monkeypatch):
    (tmp_path / "mine.py").write_text("def answer(x):\n    return 2 * x\n")
    monkeypatch.syspath_prepend(tmp_path)
    notebook.run("from mine import answer")
    assert "answer was not written in a cell of this notebook, but in mine" in fails(notebook, CHECK)


HONEST = {
    "with helpers": "def twice(x):\n    return 2 * x\n\ndef answer(x):\n    return twice(x)",
    "a lambda": "answer = lambda x: 2 * x",
    "decorated": "import torch\n\n@torch.no_grad()\ndef answer(x):\n    return 2 * x",
    "with tools": (
        "from whyattention.tasks import delayed_copy\n\ndef answer(x):\n    delayed_copy\n    return 2 * x"
    ),
    "recursive": "def answer(x, n=2):\n    return x if n == 1 else x + answer(x, n - 1)",
    "with a module": (
        "import torch\nfrom torch import nn\nscale = nn.Linear(1, 1, bias=False)\n\ndef answer(x):\n"
        "    with torch.no_grad():\n        scale.weight.fill_(2.0)\n        return scale(x[:, None])[:, 0]"
    ),
    "a method of a class": (
        "class Twice:\n    def __call__(self, x):\n        return 2 * x\n\n"
        "twice = Twice()\n\ndef answer(x):\n    return twice(x)"
    ),
    "an nn.Module": (
        "from torch import nn\n\nclass Twice(nn.Module):\n    def forward(self, input):\n"
        "        return 2 * input\n\nanswer = Twice()"
    ),
    "in double precision": (
        "import torch\ntorch.set_default_dtype(torch.float64)\n\ndef answer(x):\n    return 2 * x"
    ),
    "without gradients": "import torch\ntorch.set_grad_enabled(False)\n\ndef answer(x):\n    return 2 * x",
    "beside a comparison": (
        "from whyattention.attention import attend\nreference = attend\ndef answer(x):\n    return 2 * x"
    ),
}


@pytest.fixture
def own_settings():
    """Give back what a notebook sets for PyTorch as a whole."""
    kept = torch.get_default_dtype(), torch.is_grad_enabled()
    yield
    torch.set_default_dtype(kept[0])
    torch.set_grad_enabled(kept[1])


@pytest.mark.usefixtures("own_settings")
@pytest.mark.parametrize("way", HONEST)
def test_an_honest_answer_is_not_suspected(notebook, way):
    if way == "beside a comparison":
        notebook.run("from whyattention.attention import attend\nreference = attend")
        notebook.run(RIGHT)
    else:
        notebook.run(HONEST[way])
    notebook.check(CHECK, "answer, draw")


@pytest.mark.usefixtures("own_settings")
def test_a_check_runs_with_pytorchs_defaults_and_leaves_those_of_the_notebook(notebook):
    notebook.run(f"{RIGHT}torch.set_default_dtype(torch.float64)\ntorch.set_grad_enabled(False)")
    body = "same(torch.is_grad_enabled(), True)\nsame(str(torch.ones(1).dtype), 'torch.float32')"
    notebook.check(body, "answer")
    assert torch.get_default_dtype() == torch.float64
    assert not torch.is_grad_enabled()


def test_what_a_check_cannot_compare_is_not_told_as_an_error_of_the_answer(notebook):
    notebook.run("import torch\n\ndef answer(x):\n    return torch.ones(7)")
    text = fails(notebook, "x = draw.normal(3)\nsame(answer(x) @ x, 0)")
    assert "what answer returned cannot be compared: RuntimeError" in text
    assert "raised" not in text


def test_a_cell_without_a_function_that_will_not_be_run_is_told(notebook):
    notebook.run("answer = 2")
    notebook.names["In"] = ["", "import sys\nanswer = 1", "answer = 2"]
    notebook.check("same(answer, 2)", "answer")
    notebook.names["In"].append("import sys\nanswer = 2")
    assert "answer: line 1 imports sys" in fails(notebook, "same(answer, 2)", "answer")


# -- what answers may try

PATCHES = {
    "allclose": "torch.allclose = lambda *a, **k: True",
    "softmax": "torch.softmax = lambda x, *a: x",
    "a method": "torch.Tensor.softmax = lambda x, *a: x",
    "an inherited method": "torch.Tensor.tolist = lambda x: []",
    "a function of nn": "torch.nn.functional.softmax = lambda x, *a: x",
    "isclose of math": "import math; math.isclose = lambda *a: True",
    "a builtin": "import builtins; builtins.abs = lambda x: 0",
}


@pytest.fixture
def restored():
    import builtins
    import math

    kept = [
        (owner, dict(vars(owner))) for owner in (torch, torch.Tensor, torch.nn.functional, math, builtins)
    ]
    yield
    for owner, names in kept:
        for name in set(vars(owner)) | set(names):
            if name not in names:
                delattr(owner, name)
            elif vars(owner).get(name) is not names[name]:
                setattr(owner, name, names[name])


def test_what_pytorchs_compiler_replaces_is_not_held_against_an_answer():
    code = (
        "import torch\n"
        "from whyattention.grading.own_work import require_untouched\n"
        "before = torch.manual_seed, torch.nn.Module.__init__\n"
        "torch.compile(lambda x: x + 1, backend='eager')(torch.ones(2))\n"
        "assert torch.manual_seed is not before[0] and torch.nn.Module.__init__ is not before[1]\n"
        "require_untouched()\n"
    )
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True)


@pytest.mark.parametrize("patch", PATCHES)
@pytest.mark.usefixtures("restored")
def test_a_replaced_function_is_noticed(notebook, patch):
    notebook.run(f"import torch\n{RIGHT}")
    notebook.run(f"import torch\n{PATCHES[patch]}")
    assert re.search(r"is not PyTorch's or Python's own any more", fails(notebook, CHECK))


@pytest.mark.usefixtures("restored")
def test_a_function_that_an_answer_replaces_while_it_runs_is_noticed(notebook):
    notebook.run(
        "import torch\n\ndef answer(x):\n    original = torch.Tensor.double\n"
        "    torch.Tensor.tolist = lambda t: [0.0] * t.numel()\n    return x"
    )
    # The review of the cell speaks first; without it, the replacement itself is noticed.
    assert "answer: line 5 replaces torch.Tensor.tolist" in fails(notebook, CHECK)


def test_names_that_a_notebook_has_taken_do_not_change_a_check(notebook):
    notebook.run(
        "def answer(x):\n    return 0 * x\n\n"
        "same = require = all = abs = zip = lambda *a, **k: True\ntorch = math = None\n"
    )
    assert "wrong numbers" in fails(notebook, CHECK)


@pytest.mark.parametrize(
    "value",
    [
        "type('Anything', (), {'__eq__': lambda a, b: True, '__float__': lambda a: 1.0})()",
        "type('Sly', (torch.Tensor,), {'tolist': lambda a: [1.0]})()",
        "'1'",
        "True",
    ],
)
def test_an_object_that_claims_to_equal_everything_does_not(notebook, value):
    notebook.run(f"import torch\nanswer = {value}")
    for expected in ("torch.ones(1)", "1.5", "'right'", "[1]", "{'a': 1}", "None"):
        fails(notebook, f"same(answer, {expected})", "answer")


LIES = {
    "a subclass of a tensor": (
        "class Sly(torch.Tensor):\n    def detach(self):\n        return 0\n\n"
        "def answer(x):\n    return torch.zeros(3).as_subclass(Sly)"
    ),
    "an object": "class Sly:\n    shape = (3,)\n\ndef answer(x):\n    return [Sly()]",
    "a number": "class Sly(float):\n    pass\n\ndef answer(x):\n    return {'a': (Sly(1),)}",
    "a list": "class Sly(list):\n    pass\n\ndef answer(x):\n    return Sly([1])",
}


@pytest.mark.parametrize("lie", LIES)
def test_what_an_answer_returns_is_of_no_class_of_its_own(notebook, lie):
    notebook.run("import torch\n\n" + LIES[lie])
    assert "answer returned a Sly" in fails(notebook, CHECK)


@pytest.mark.parametrize("kind", ["class answer:", "class Answer(nn.Module):"])
def test_a_class_cannot_change_what_it_is_given_either(notebook, kind):
    method = "forward(self" if "nn" in kind else "__new__(self"
    notebook.run(
        f"from torch import nn\n\n{kind}\n    def {method}, x):\n        x.zero_()\n        return x\n"
    )
    if "nn" in kind:
        notebook.run("answer = Answer()")
    assert "wrong numbers" in fails(notebook, CHECK)


def test_a_mode_that_falsifies_what_tensors_say_is_off(notebook):
    notebook.run(
        "from torch.overrides import TorchFunctionMode\n\nclass Lazy(TorchFunctionMode):\n"
        "    def __torch_function__(self, func, types, args=(), kwargs=None):\n"
        "        found = func(*args, **(kwargs or {}))\n"
        "        return [0.0] * 3 if isinstance(found, list) else found\n\n"
        "mode = Lazy()\n\ndef answer(x):\n    return 0 * x\n"
    )
    with notebook.names["mode"]:
        assert "wrong numbers" in fails(notebook, CHECK)


def test_a_mode_that_dispatches_is_noticed(notebook):
    notebook.run(
        "from torch.utils._python_dispatch import TorchDispatchMode\n\nclass Lazy(TorchDispatchMode):\n"
        "    def __torch_dispatch__(self, func, types, args=(), kwargs=None):\n"
        "        return func(*args, **(kwargs or {}))\n\nmode = Lazy()"
    )
    notebook.run(RIGHT)
    with notebook.names["mode"]:
        assert "A dispatch mode is on" in fails(notebook, CHECK)


def test_the_expected_numbers_are_not_there_yet_when_an_answer_is_called(notebook):
    # What honest checks do, and the review stops: an answer that reads its caller's names.
    notebook.run("import sys\n\ndef answer(x):\n    return sys._getframe(2).f_locals.get('expected', x)")
    assert "answer: line 1 imports sys" in fails(
        notebook, "found = answer(draw.normal(2))\nexpected = 2", "answer, draw"
    )
