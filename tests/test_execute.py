"""Running notebooks: the same bytes on every run, everything stored, nothing stored of a run that failed."""

import json
import stat
import sys
from pathlib import Path

import nbformat
import pytest

from whyattention import execute

CHANGING = """\
import sys, time
import anywidget, ipywidgets, traitlets

class Pair(anywidget.AnyWidget):
    _esm = "export default { render() {} }"
    left = traitlets.Instance(ipywidgets.IntSlider).tag(sync=True, **ipywidgets.widget_serialization)
    raw = traitlets.Bytes(b"\\x00\\x01\\xff").tag(sync=True)

    def __repr__(self):
        return f"Pair of {self.left.model_id}"

pair = Pair(left=ipywidgets.IntSlider(3))
pair"""
IN_PIECES = "for i in range(3):\n    print(i, flush=True); time.sleep(.2)"


@pytest.fixture
def notebook(tmp_path):
    """Write a notebook of the given code cells below a title and return its path."""

    def write(*sources: str, name: str = "small.ipynb") -> Path:
        cells = [nbformat.v4.new_markdown_cell("# Title", id="title")]
        cells += [nbformat.v4.new_code_cell(source, id=f"cell-{n}") for n, source in enumerate(sources, 1)]
        nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / name)
        return tmp_path / name

    return write


def stored_after_a_run(path: Path) -> nbformat.NotebookNode:
    execute.execute(path)
    return nbformat.read(path, 4)


def test_two_runs_store_the_same_bytes(notebook):
    path = notebook(CHANGING, "pair.left.value = 7\npair", IN_PIECES)
    execute.execute(path)
    first = path.read_bytes()
    execute.execute(path)
    assert path.read_bytes() == first
    assert first.endswith(b"}\n")


def test_every_model_and_its_last_state_is_stored(notebook):
    stored = stored_after_a_run(notebook(CHANGING, "pair.left.value = 7"))
    state = execute.models(stored)
    output = stored.cells[1].outputs[0].data
    pair = state[output[execute.VIEW]["model_id"]]
    slider_id = pair.state.left.removeprefix("IPY_MODEL_")
    slider = state[slider_id]
    assert pair.model_module == "anywidget"
    assert pair.buffers == [{"data": "AAH/", "encoding": "base64", "path": ["raw"]}]
    assert slider.state.value == 7
    assert slider.state.layout.removeprefix("IPY_MODEL_") in state
    assert sorted(state) == [f"small-{n:03d}" for n in range(len(state))]
    assert output["text/plain"] == f"Pair of {slider_id}"


def test_a_widget_that_is_gone_leaves_no_state(notebook):
    path = notebook(CHANGING)
    stored = stored_after_a_run(path)
    stored.cells[1].source = "1 + 1"
    nbformat.write(stored, path)
    assert execute.models(stored_after_a_run(path)) == {}


def test_nothing_stored_depends_on_the_clock_or_on_this_machine(notebook):
    path = notebook("import time\n" + IN_PIECES, "40 + 2")
    stored = nbformat.read(path, 4)
    stored.cells[1].metadata.execution = {"iopub.status.busy": "2026-01-01"}
    stored.metadata.kernelspec = {"display_name": "my env", "name": "my-env"}
    stored.metadata.language_info = {"name": "python", "version": "3.11.99"}
    nbformat.write(stored, path)
    stored = stored_after_a_run(path)
    assert [output.text for output in stored.cells[1].outputs] == ["0\n1\n2\n"]
    assert "execution" not in stored.cells[1].metadata
    assert stored.metadata.kernelspec == {"display_name": "Python 3", "language": "python", "name": "python3"}
    assert "version" not in stored.metadata.language_info
    assert [cell.execution_count for cell in execute.code_cells(stored)] == [1, 2]


def test_streams_keep_their_place_between_other_outputs(notebook):
    stored = stored_after_a_run(notebook("print('before')\ndisplay(1)\nprint('after')"))
    kinds = [output.output_type for output in stored.cells[1].outputs]
    assert kinds == ["stream", "display_data", "stream"]


def test_the_kernel_is_this_environments_in_the_notebooks_folder(notebook, tmp_path, monkeypatch):
    other = tmp_path / "jupyter" / "kernels" / "python3"
    other.mkdir(parents=True)
    spec = {"argv": ["false"], "display_name": "Other", "language": "python"}
    (other / "kernel.json").write_text(json.dumps(spec))
    startup = tmp_path / "ipython" / "profile_default" / "startup"
    startup.mkdir(parents=True)
    (startup / "00.py").write_text("intruder = True")
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    stored = stored_after_a_run(
        notebook("import os, sys; print(sys.prefix)\nprint(os.getcwd())\nprint('intruder' in globals())")
    )
    assert stored.cells[1].outputs[0].text == f"{sys.prefix}\n{tmp_path}\nFalse\n"


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("def f():\n    raise KeyError('lost')\nf()", "KeyError: 'lost'"),
        ("import os; os._exit(1)", "the kernel died in cell 2 of 3"),
        ("import time; time.sleep(60)", "cell 2 of 3 took more than 2 s"),
    ],
    ids=["raises", "dies", "hangs"],
)
def test_a_failing_cell_is_named_and_the_file_stays_as_it_was(notebook, capsys, source, said):
    path = notebook("1 + 1", source, "2 + 2")
    before = path.read_bytes()
    assert execute.main([str(path), "--timeout", "2"]) == 1
    shown = capsys.readouterr().out
    assert said in shown
    assert "cell 2 of 3" in shown
    assert "\x1b" not in shown
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_a_failure_in_a_notebook_that_ran_before_names_the_cell_that_failed_now(notebook, capsys):
    path = notebook("1 + 1", "2 + 2", "3 + 3")
    stored = stored_after_a_run(path)
    stored.cells[1].source = "1 / 0"
    nbformat.write(stored, path)
    assert execute.main([str(path)]) == 1
    assert "cell 1 of 3" in capsys.readouterr().out


def test_one_failure_does_not_keep_the_others_from_running(notebook):
    bad, good = notebook("1 / 0", name="bad.ipynb"), notebook("1 + 1", name="good.ipynb")
    assert execute.main([str(bad), str(good)]) == 1
    assert execute.freshness(nbformat.read(good, 4), good) is None


def test_check_tells_a_current_notebook_from_an_old_one_without_running_it(notebook, capsys):
    path = notebook("1 + 1", "2 + 2")
    assert execute.main(["--check", str(path)]) == 1
    assert "not run in order" in capsys.readouterr().out
    stored = stored_after_a_run(path)
    stored.cells[0].source = "# Another title"
    nbformat.write(stored, path)
    assert execute.main(["--check", str(path)]) == 0
    stored.cells[1].source = "1 + 2"
    nbformat.write(stored, path)
    before = path.read_bytes()
    capsys.readouterr()
    assert execute.main(["--check", str(path)]) == 1
    assert "code has changed" in capsys.readouterr().out
    assert path.read_bytes() == before


def test_the_file_keeps_its_permissions(notebook):
    path = notebook("1")
    path.chmod(0o640)
    execute.execute(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_chapters_come_from_the_table_of_contents_in_its_order(notebook, tmp_path, monkeypatch, capsys):
    for name in ("two.ipynb", "one.ipynb", "unlisted.ipynb"):
        notebook("1", name=name)
    (tmp_path / "page.md").write_text("# Page")
    (tmp_path / "_toc.yml").write_text(
        "format: jb-book\nroot: page\nparts:\n- caption: A\n  chapters:\n"
        "  - file: two\n    sections:\n    - file: one.ipynb\n- caption: B\n  chapters:\n"
        "  - url: https://example.org\n"
    )
    monkeypatch.chdir(tmp_path)
    assert execute.main(["--list"]) == 0
    assert capsys.readouterr().out == "two.ipynb\none.ipynb\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["missing.ipynb"], "must be an existing .ipynb file, got missing.ipynb"),
        (["page.md"], "must be an existing .ipynb file, got page.md"),
        ([], "expected _toc.yml"),
    ],
    ids=["missing", "no notebook", "no table of contents"],
)
def test_a_wrong_path_is_told_in_words(tmp_path, monkeypatch, capsys, arguments, said):
    (tmp_path / "page.md").write_text("# Page")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as stop:
        execute.main(arguments)
    assert stop.value.code == 2
    assert said in capsys.readouterr().err
