"""Every notebook of the book keeps the rules, and every rule finds the notebook that breaks it."""

import re
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode, from_dict
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tests import chapter_rules as rules
from whyattention import execute
from whyattention.sphinx.notebooks import SOURCE
from whyattention.widgets import Predict, Source, registry

NOTEBOOKS = execute.chapters(rules.ROOT)
CHAPTERS = [path for path in NOTEBOOKS if re.match(r"\d\d_", path.name)]
CASES = [
    pytest.param(path, rule, id=f"{path.stem}-{rule.__name__}")
    for path in NOTEBOOKS
    for rule in rules.OF_ALL + (rules.OF_CHAPTERS if path in CHAPTERS else [])
]


@pytest.mark.parametrize(("path", "rule"), CASES)
def test_a_notebook_of_the_book_keeps_the_rule(path, rule):
    assert rule(nbformat.read(path, as_version=4), path) == []


def test_there_is_a_chapter_to_hold_to_the_rules():
    assert CHAPTERS


def good_chapter() -> NotebookNode:
    """A chapter as small as one can be that keeps all rules."""
    answers = "\n".join(["<details><summary>Answer</summary>Yes.</details>"] * 3)
    checks = "check('a', a)\ncheck('b', b)\ncheck(\"c\", c)"
    picture = new_output("display_data", {"image/svg+xml": "<svg/>", "text/plain": "<Figure>"})
    widget = new_output("display_data", {execute.VIEW: {"model_id": "w-0"}, "text/plain": "Predict()"})
    install = f'import sys\nif "google.colab" in sys.modules:\n    %pip install "{rules.INSTALL}"'
    notebook = new_notebook(
        cells=[
            new_markdown_cell(
                "# A chapter\n\n*Reading: 9 minutes. Running: 5 seconds.*\n\n**After it you can**\n\n- do."
            ),
            new_code_cell(install, metadata={"tags": ["remove-cell"]}),
            new_code_cell("from whyattention.training import set_seed\nset_seed(0)"),
            new_code_cell("Predict()", outputs=[widget]),
            new_code_cell(
                "plot()", outputs=[picture], metadata={"mystnb": {"image": {"alt": "A rising line."}}}
            ),
            new_markdown_cell(f"## Check yourself\n\n{answers}"),
            new_code_cell(checks),
            new_code_cell(checks, metadata={"tags": ["hide-input"]}),
            new_markdown_cell("## Sources\n\n{cite:t}`luong2015`"),
        ]
    )
    for number, cell in enumerate(execute.code_cells(notebook), 1):
        cell.execution_count = number
    (name, widget) = next(item for item in registry().items() if item[1] is Predict)
    state = {
        "_anywidget_id": name,
        "_esm": str(widget._esm),
        "code": "IPY_MODEL_w-2",
        "layout": "IPY_MODEL_w-1",
    }
    code = {"_anywidget_id": SOURCE, "_esm": str(Source._esm), "packed": Source(widget).packed}
    models = {
        "w-0": {"model_name": "AnyModel", "model_module": "anywidget", "state": state},
        "w-1": {"model_name": "LayoutModel", "model_module": "@jupyter-widgets/base", "state": {}},
        "w-2": {"model_name": "AnyModel", "model_module": "anywidget", "state": code},
    }
    notebook.metadata = from_dict({"widgets": {execute.STATE: {"state": models}}, "whyattention": {}})
    return signed(notebook)


def signed(notebook: NotebookNode) -> NotebookNode:
    notebook.metadata.whyattention.code_sha256 = execute.code_sha256(notebook)
    return notebook


def change(number: int, old: str, new: str) -> Callable[[NotebookNode], None]:
    """Return a change of one cell, after which the notebook counts as run again."""

    def apply(notebook: NotebookNode) -> None:
        assert old in notebook.cells[number].source
        notebook.cells[number].source = notebook.cells[number].source.replace(old, new)
        signed(notebook)

    return apply


def shows(number: int, *outputs: NotebookNode) -> Callable[[NotebookNode], None]:
    return lambda notebook: notebook.cells[number].outputs.extend(outputs)


def stored_predict(notebook: NotebookNode) -> NotebookNode:
    return execute.models(notebook)["w-0"].state


def swap_counts(notebook: NotebookNode) -> None:
    notebook.cells[2].execution_count, notebook.cells[3].execution_count = 3, 2


def edit_after_the_run(notebook: NotebookNode) -> None:
    notebook.cells[4].source = "plot(more=True)"


def never_run(notebook: NotebookNode) -> None:
    for cell in execute.code_cells(notebook):
        cell.execution_count = None


ADDRESS = new_output("stream", text="<object at 0x7f00deadbeef>")
BROKEN = [
    (rules.outputs_belong_to_the_code, swap_counts),
    (rules.outputs_belong_to_the_code, never_run),
    (rules.outputs_belong_to_the_code, edit_after_the_run),
    (rules.outputs_belong_to_the_code, lambda notebook: notebook.metadata.pop("whyattention")),
    (
        rules.nothing_that_the_build_refuses,
        shows(2, new_output("error", ename="KeyError", evalue="", traceback=[])),
    ),
    (rules.nothing_that_the_build_refuses, shows(2, new_output("stream", name="stderr", text="careful"))),
    (rules.small_enough, shows(2, new_output("stream", text="x" * rules.LARGEST))),
    (rules.nothing_that_the_build_refuses, lambda notebook: notebook.cells[4].metadata.clear()),
    (rules.nothing_that_the_build_refuses, shows(2, new_output("display_data", {"image/png": "aGk="}))),
    (rules.no_trace_of_a_machine, shows(2, new_output("stream", text="File /home/someone/course/x.py"))),
    (rules.no_trace_of_a_machine, shows(2, ADDRESS)),
    (rules.no_trace_of_a_machine, change(4, "plot()", "load('C:\\\\Users\\\\x')")),
    (rules.nothing_that_the_build_refuses, lambda notebook: notebook.metadata.pop("widgets")),
    (rules.nothing_that_the_build_refuses, lambda notebook: stored_predict(notebook).update(_esm="older")),
    (
        rules.nothing_that_the_build_refuses,
        lambda notebook: execute.models(notebook)["w-2"]["state"].update(packed="older"),
    ),
    (rules.every_widget_is_stored_with_its_parts, lambda notebook: execute.models(notebook).pop("w-1")),
    (rules.nothing_is_fetched_or_put_on_the_path, change(4, "plot()", "import sys; sys.path.append('..')")),
    (rules.nothing_is_fetched_or_put_on_the_path, change(4, "plot()", "!pip install torch")),
    (rules.nothing_is_fetched_or_put_on_the_path, change(4, "plot()", "urllib.request.urlopen(url)")),
    (rules.colab_installs_the_released_library, change(1, "@v", "@main-v")),
    (rules.colab_installs_the_released_library, lambda notebook: notebook.cells[1].metadata.clear()),
    (rules.colab_installs_the_released_library, lambda notebook: notebook.cells.pop(1)),
    (
        rules.colab_installs_the_released_library,
        lambda notebook: notebook.cells.insert(5, notebook.cells.pop(1)),
    ),
    (rules.starts_with_imports_and_a_seed, change(2, "set_seed(0)", "")),
    (rules.says_what_it_teaches_and_how_long_it_takes, change(0, "- do.", "")),
    (rules.says_what_it_teaches_and_how_long_it_takes, change(0, "9 minutes", "")),
    (rules.says_what_it_teaches_and_how_long_it_takes, change(0, "5 seconds", "")),
    (rules.asks_before_it_shows, change(3, "Predict()", "1")),
    (rules.three_questions_with_answers, change(5, "## Check yourself", "## Something else")),
    (rules.three_questions_with_answers, change(5, "Yes.</details>\n<details>", "")),
    (rules.three_exercises_with_check_and_solution, change(6, '"c"', "'a'")),
    (rules.three_exercises_with_check_and_solution, change(7, '"c"', "'a'")),
    (rules.three_exercises_with_check_and_solution, lambda notebook: notebook.cells[7].metadata.clear()),
    (rules.names_its_sources, change(8, "cite", "note")),
]


@pytest.mark.parametrize("rule", rules.OF_ALL + rules.OF_CHAPTERS)
def test_a_good_chapter_is_let_through(rule):
    assert rule(good_chapter(), Path("01_good.ipynb")) == []


@pytest.mark.parametrize(("rule", "damage"), BROKEN, ids=[rule.__name__ for rule, _ in BROKEN])
def test_the_rule_finds_the_notebook_that_breaks_it(rule, damage):
    notebook = good_chapter()
    damage(notebook)
    assert rule(notebook, Path("01_broken.ipynb")) != []


def test_every_rule_is_seen_to_fail():
    assert {rule for rule, _ in BROKEN} == set(rules.OF_ALL + rules.OF_CHAPTERS)
