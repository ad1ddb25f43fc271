"""What every notebook of the book keeps to.

A rule takes a notebook and its path and returns what is wrong, one line for each finding.
"""

import copy
import json
import re
from collections.abc import Callable
from pathlib import Path

import nbformat
import yaml
from nbformat import NotebookNode

import whyattention
from whyattention import execute
from whyattention.sphinx.notebooks import problems
from whyattention.widgets import registry

ROOT = Path(__file__).parents[1]
LARGEST = 600_000
URL = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))["repository"]["url"]
INSTALL = f"git+{URL}@v{whyattention.__version__}"
IMAGES = {"image/png", "image/svg+xml", "image/jpeg", "image/gif"}
MACHINE = re.compile(
    r"(?<![\w/.:+=-])/(?:home|root|tmp|work|Users|private|opt)/|[A-Z]:\\\\|\bat 0x[0-9a-f]{6,}"
)
DOWNLOAD = re.compile(
    r"urllib\.request|requests\.get|urlretrieve|\bwget\b|\bcurl\b|[!%]pip\b|load_state_dict_from_url"
)
Rule = Callable[[NotebookNode, Path], list[str]]


def code(notebook: NotebookNode) -> list[NotebookNode]:
    return execute.code_cells(notebook)


def text(notebook: NotebookNode) -> str:
    return "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def for_colab(cell: NotebookNode) -> bool:
    return "google.colab" in cell.source


def outputs_belong_to_the_code(notebook: NotebookNode, path: Path) -> list[str]:
    problem = execute.freshness(notebook, path)
    return [problem] if problem else []


def nothing_that_the_build_refuses(notebook: NotebookNode, path: Path) -> list[str]:
    """Errors and stderr in outputs, pictures without alt text, widgets that are not stored or out of date."""
    return [f"cell {number}: {problem}" for number, problem in problems(notebook, registry())]


def small_enough(notebook: NotebookNode, path: Path) -> list[str]:
    size = len(nbformat.writes(notebook).encode())
    return [f"{size} bytes, expected at most {LARGEST}"] if size > LARGEST else []


def no_trace_of_a_machine(notebook: NotebookNode, path: Path) -> list[str]:
    seen = copy.deepcopy(notebook)
    for cell in code(seen):
        for output in cell.outputs:
            for kind in IMAGES & set(output.get("data", {})):
                del output.data[kind]  # the letters of a picture may spell anything
    return [f"holds {found.group()}" for found in MACHINE.finditer(json.dumps(seen))]


def every_widget_is_stored_with_its_parts(notebook: NotebookNode, path: Path) -> list[str]:
    """The book needs the widget alone, Jupyter its layout and whatever else it refers to."""
    state = execute.models(notebook)
    parts = re.findall(r'"IPY_MODEL_([^"]+)"', json.dumps(state))
    return [f"no stored state for {name}" for name in dict.fromkeys(parts) if name not in state]


def nothing_is_fetched_or_put_on_the_path(notebook: NotebookNode, path: Path) -> list[str]:
    return [
        f"cell {n} holds {word}"
        for n, cell in enumerate(code(notebook), 1)
        for word in ["sys.path", *DOWNLOAD.findall(cell.source)]
        if word in cell.source and not (for_colab(cell) and word.endswith("pip"))
    ]


def colab_installs_the_released_library(notebook: NotebookNode, path: Path) -> list[str]:
    if not any(re.search(r"^(from|import) whyattention", cell.source, re.M) for cell in code(notebook)):
        return []
    cells = [cell for cell in code(notebook) if for_colab(cell)]
    if len(cells) != 1:
        return [f"{len(cells)} cells for Colab, expected 1"]
    problems = [] if cells[0] is code(notebook)[0] else ["the cell for Colab must come before all other code"]
    problems += (
        [] if "remove-cell" in cells[0].metadata.get("tags", []) else ["the cell for Colab lacks remove-cell"]
    )
    return problems + ([] if INSTALL in cells[0].source else [f"the cell for Colab must install {INSTALL}"])


def starts_with_imports_and_a_seed(notebook: NotebookNode, path: Path) -> list[str]:
    first = next((cell.source for cell in code(notebook) if not for_colab(cell)), "")
    return [f"the first cell lacks {word}" for word in ("import ", "set_seed(") if word not in first]


def says_what_it_teaches_and_how_long_it_takes(notebook: NotebookNode, path: Path) -> list[str]:
    opening = text(NotebookNode(cells=notebook.cells[: notebook.cells.index(code(notebook)[0])]))
    wanted = {
        "objectives (a list under '… you can')": r"you can\*\*\n\n- ",
        "time to read": r"Reading: \d+ minutes",
        "time to run": r"Running: \d+ (seconds|minutes)",
    }
    return [
        f"no {what} before the first code"
        for what, pattern in wanted.items()
        if not re.search(pattern, opening)
    ]


def asks_before_it_shows(notebook: NotebookNode, path: Path) -> list[str]:
    asked = any("Predict(" in cell.source for cell in code(notebook))
    return [] if asked else ["no Predict: the reader must commit to a prediction"]


def section(notebook: NotebookNode, title: str) -> str:
    found = re.search(rf"^## {title}\b.*?(?=^## |\Z)", text(notebook), re.M | re.S)
    return found.group() if found else ""


def three_questions_with_answers(notebook: NotebookNode, path: Path) -> list[str]:
    answers = len(re.findall(r"<details>|\{dropdown\}", section(notebook, "Check yourself")))
    return [] if answers >= 3 else [f"{answers} folded answers in 'Check yourself', expected 3"]


def three_exercises_with_check_and_solution(notebook: NotebookNode, path: Path) -> list[str]:
    def checked(folded: bool) -> set[str]:
        cells = [cell for cell in code(notebook) if folded == ("hide-input" in cell.metadata.get("tags", []))]
        return {name for cell in cells for name in re.findall(r"^check\(\s*[\"']([\w-]+)", cell.source, re.M)}

    stubs, solutions = checked(folded=False), checked(folded=True)
    problems = [] if len(stubs) >= 3 else [f"{len(stubs)} exercises with check(), expected 3"]
    return problems + [f"no folded solution that is checked for {name}" for name in sorted(stubs - solutions)]


def names_its_sources(notebook: NotebookNode, path: Path) -> list[str]:
    return [] if "{cite" in section(notebook, "Sources") else ["no citation in a section 'Sources'"]


OF_ALL: list[Rule] = [
    outputs_belong_to_the_code,
    nothing_that_the_build_refuses,
    small_enough,
    no_trace_of_a_machine,
    every_widget_is_stored_with_its_parts,
    nothing_is_fetched_or_put_on_the_path,
    colab_installs_the_released_library,
]
OF_CHAPTERS: list[Rule] = [
    starts_with_imports_and_a_seed,
    says_what_it_teaches_and_how_long_it_takes,
    asks_before_it_shows,
    three_questions_with_answers,
    three_exercises_with_check_and_solution,
    names_its_sources,
]
