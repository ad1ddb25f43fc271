"""What answers may not do is found in their text, and what honest answers do is not."""

import nbformat
import pytest

from tests.grading.submissions import QUIET_PATCH
from whyattention.grading import review

FORBIDDEN = {
    "import of the answer": (
        "from whyattention.attention import attend",
        "line 1 imports whyattention.attention",
    ),
    "import as": ("import whyattention.attention as a", "imports whyattention.attention"),
    "import of the package": ("import whyattention", "imports whyattention:"),
    "module from the package": ("from whyattention import attention", "imports whyattention.attention"),
    "inside a function": ("def f():\n    from whyattention.attention import attend", "line 2 imports"),
    "a relative import": ("from . import attention", "imports ."),
    "importlib": ("import importlib", "imports importlib"),
    "sys": ("import sys\nsys.modules['whyattention.attention']", "imports sys"),
    "sys of torch": ("torch.sys.modules", "uses sys"),
    "sys from torch": ("from torch import sys", "uses sys"),
    "hidden sys": ("import random\nrandom._os", "uses _os"),
    "dunder import": ("__import__('whyattention')", "uses __import__"),
    "the guard": ("from whyattention.grading import guard", "imports whyattention.grading"),
    "a patch": ("import torch\ntorch.allclose = lambda *_: True", "line 2 replaces torch.allclose"),
    "a patch without import": ("torch.equal = print", "replaces torch.equal"),
    "a patch of a method": ("torch.Tensor.__eq__ = print", "replaces torch.Tensor.__eq__"),
    "a patch by an alias": ("import torch as t\nt.equal = print", "replaces t.equal"),
    "a patch of nn": (
        "from torch import nn\nnn.functional.softmax = print",
        "replaces nn.functional.softmax",
    ),
    "a deletion": ("del torch.equal", "replaces torch.equal"),
    "setattr": ("setattr(torch, 'equal', print)", "uses setattr"),
    "getattr by a name": ("getattr(torch, 's' + 'ys')", "uses getattr"),
    "getattr of sys": ("getattr(torch, 'sys')", "uses getattr"),
    "the notebook": ("print(In[-1])", "uses In"),
    "globals": ("globals()['expected']", "uses globals"),
    "frames": ("f.__globals__", "uses __globals__"),
    "subclasses": ("().__class__.__base__.__subclasses__()", "uses __subclasses__"),
    "files": ("open('04.ipynb').read()", "uses open"),
    "files of torch": ("torch.load('x')", "uses load"),
    "exec": ("exec('x = 1')", "uses exec"),
    "ipython": ("get_ipython().user_ns", "uses get_ipython"),
    "a shell command": ("!cat tests/*.py", "line 1 is a command to Jupyter"),
    "a magic": ("x = 1\n%load_ext autoreload", "line 2 is a command to Jupyter"),
    "a cell magic": ("%%capture\nimport torch", "line 1 is a command to Jupyter"),
    "attrgetter": ("import operator\noperator.attrgetter('sys.modules')(torch)", "uses attrgetter"),
    "attrgetter by name": ("from operator import attrgetter", "uses attrgetter"),
    "an importer of torch": ("from torch.package import sys_importer", "imports torch.package"),
    "a hidden module of torch": ("from torch._utils import x", "imports torch._utils"),
    "a module from a library": ("from matplotlib import subprocess", "uses subprocess"),
    "getattr of a hidden name": ("getattr(torch, f'_{name}')", "uses getattr"),
    "getattr of a beginning": ("getattr(torch, f's{name}')", "uses getattr"),
    "getattr of any name": ("getattr(torch, f'{name}')", "uses getattr"),
    "half a line": ("def f(:", "line 1 is not valid Python"),
    "a null": ("x = '\0'", "is not valid Python"),
}
HONEST = [
    "",
    "# only a thought",
    "import math\nimport torch\nfrom torch import nn\nimport torch.nn.functional as F\nimport numpy as np",
    "%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.rcParams['figure.dpi'] = 100",
    "from whyattention.tasks import delayed_copy\nfrom whyattention.plotting import use_style",
    "class Look(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.scale = 2\n",
    "layer = nn.Linear(2, 3)\nlayer.weight.data = torch.zeros(3, 2)\nlayer.bias.grad = None",
    "scores[mask] = -torch.inf\nweights = scores.softmax(-1)\nassert weights.isfinite().all()",
    "model.load_state_dict(state)\nprint(getattr(model, 'width', 3))",
    "from decimal import Decimal\nimport re\nfrom bisect import bisect",
    "def forward(self, input):\n    return getattr(network, f'bias_ih_l{layer}{end}')",
    "sum = scores.sum()\nlist = [1, 2]\nmax = 3",
    "x = 7 % 3\ny = (8\n    % 3)",
    "@torch.no_grad()\ndef f(x: 'torch.Tensor') -> float:\n    '''open it'''\n    return x.mean().item()",
]


@pytest.mark.parametrize("name", FORBIDDEN)
def test_what_is_forbidden_is_found_and_named(name):
    code, message = FORBIDDEN[name]
    assert any(message in finding for finding in review.findings(code))


@pytest.mark.parametrize("code", HONEST)
def test_what_honest_answers_do_is_allowed(code):
    assert review.findings(code) == []


def test_the_review_does_not_see_everything():
    # What it misses here, the guard notices; see test_nbgrader.py and test_otter.py.
    assert review.findings(QUIET_PATCH) == []


def test_only_the_students_cells_are_withheld():
    own = "from whyattention.grading.guard import check"
    cells = [nbformat.v4.new_code_cell(text) for text in (own, f"{own}\n", "import os", "x = 1")]
    cells.append(nbformat.v4.new_markdown_cell("import os"))
    notebook = nbformat.v4.new_notebook(cells=cells)
    found = review.withheld(notebook, {review.digest(own)})
    assert list(found) == [2]
    assert found[2].startswith("This cell was not run: line 1 imports os")
    assert list(review.withheld(notebook, set())) == [0, 1, 2]
