"""What the book's extension finds in a stored notebook, and how it renders a formula."""

import math
import subprocess

import pytest

from whyattention.sphinx.formulas import Renderer, TexError, node_executable, node_modules
from whyattention.sphinx.notebooks import STATE, VIEW, problems


class Widget:
    """A widget class as far as the check looks at one."""

    _esm = "export default {}"
    _css = ".a {}"


REGISTRY = {"ours.Widget": Widget}
GOOD = {"_anywidget_id": "ours.Widget", "_esm": Widget._esm, "_css": Widget._css}


def output(data: dict) -> dict:
    return {"output_type": "display_data", "data": data}


def found(*outputs: dict, models: dict | None = None, **cell: object) -> list[str]:
    """The problems of a notebook of one code cell."""
    code = {"cell_type": "code", "execution_count": 1, "source": ["x"], "metadata": {}}
    code |= {"outputs": list(outputs)} | cell
    anywidget = {"model_module": "anywidget", "model_name": "AnyModel"}
    stored = {name: anywidget | {"state": state} for name, state in (models or {}).items()}
    notebook = {"cells": [code], "metadata": {"widgets": {STATE: {"state": stored}}}}
    return [message for _, message in problems(notebook, REGISTRY)]


def test_a_good_notebook_has_no_problem():
    stream = {"output_type": "stream", "name": "stdout", "text": ["fine"]}
    assert found(stream, output({VIEW: {"model_id": "w"}}), models={"w": GOOD}) == []


def test_the_number_of_a_cell_counts_all_cells():
    error = {"output_type": "error", "ename": "E", "evalue": "v", "traceback": []}
    code = {"cell_type": "code", "execution_count": 1, "source": "x", "metadata": {}, "outputs": [error]}
    notebook = {"cells": [{"cell_type": "markdown", "source": "#"}, code], "metadata": {}}
    assert list(problems(notebook, {})) == [(2, "the cell raised E: v")]


def test_an_empty_cell_need_not_have_run():
    assert found(execution_count=None, source=["\n"]) == []
    assert found(execution_count=None) == ["the cell was never run"]


@pytest.mark.parametrize("mime", ["image/svg+xml", "image/png", "image/jpeg", "image/gif"])
def test_a_picture_that_readers_see_needs_words(mime):
    assert len(found(output({mime: "…"}))) == 1
    assert len(found(output({mime: "…"}), metadata={"mystnb": {"image": {"alt": " "}}})) == 1
    assert found(output({mime: "…"}), metadata={"mystnb": {"image": {"alt": "a line"}}}) == []
    assert found(output({mime: "…", "text/html": "<table>"})) == []
    assert found(output({mime: "…"}), metadata={"tags": ["remove-output"]}) == []


def test_a_widget_inside_another_is_held_to_the_same_rules():
    view = output({VIEW: {"model_id": "w"}})
    outer = GOOD | {"child": "IPY_MODEL_v"}
    assert found(view, models={"w": outer, "v": GOOD}) == []
    (message,) = found(view, models={"w": outer, "v": GOOD | {"_esm": "older"}})
    assert "older _esm" in message


def test_a_number_that_json_cannot_hold_is_found_before_it_breaks_a_page():
    view = output({VIEW: {"model_id": "w"}})
    for number in (math.nan, math.inf, -math.inf):
        (message,) = found(view, models={"w": GOOD | {"scores": [1.0, number]}})
        assert "ours.Widget" in message
        assert "JSON" in message


@pytest.fixture
def renderer():
    made = Renderer(node_modules() / "katex" / "dist" / "katex.min.js")
    yield made
    made.stop()


def test_a_formula_becomes_html_for_the_eye_and_mathml_for_the_ear(renderer):
    for tex in (r"\frac{1}{2}", "a\n+ b", r"\text{학생}"):
        html = renderer.render(tex, True)
        assert "katex-html" in html
        assert "<math" in html


@pytest.mark.parametrize("tex", [r"\frac{1", r"\nosuch", "a^b^c", r"\begin{matrix}", "{", "$", "é"])
def test_a_tex_error_is_an_error_and_not_a_red_formula(renderer, tex):
    with pytest.raises(TexError):
        renderer.render(tex, False)
    assert "katex-html" in renderer.render("x", False)


def test_the_process_of_the_renderer_ends_with_it(renderer):
    renderer.render("x", False)
    process = renderer._process
    renderer.stop()
    assert process.poll() == 0


def test_node_comes_from_the_wheel_and_not_from_the_machine():
    done = subprocess.run([node_executable(), "--version"], capture_output=True, text=True, env={})
    assert done.stdout.startswith("v")
