"""The training bench in a kernel that nobody looks at, in one that is open, and between a reader's clicks."""

import itertools
import json
import random
import re
import threading
import time
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

import ipywidgets
import matplotlib
import nbformat
import pytest
import torch
import yaml
from hypothesis import given
from hypothesis import strategies as st
from jupyter_client.manager import start_new_kernel
from matplotlib.figure import Figure

from tests.threads import threads_of_runs, wait_until
from whyattention import execute
from whyattention.bench import RunSettings, TrainingBench, launch, run
from whyattention.bench.curves import LOOKS, LengthCurve, describe, draw_length_curves, picture, spread_apart
from whyattention.bench.panel import BenchPanel
from whyattention.experiments import stored_result
from whyattention.sphinx.notebooks import problems
from whyattention.widgets import registry

ROOT = Path(__file__).parents[1]
SHOW = "from whyattention.bench import TrainingBench\nTrainingBench({})"
LONG = RunSettings(hidden=16, steps=20_000)
SHORT = RunSettings(hidden=16, steps=30)


@pytest.fixture(autouse=True)
def restore():
    """Give back the number of threads, and leave no widget and no run behind."""
    threads = torch.get_num_threads()
    yield
    ipywidgets.Widget.close_all()
    torch.set_num_threads(threads)
    assert threads_of_runs() == []


def widget(panel: BenchPanel, description: str) -> ipywidgets.Widget:
    """The control with these words, as a reader finds it."""
    rows = [child for row in panel.box.children for child in getattr(row, "children", ())]
    (found,) = (one for one in rows if getattr(one, "description", None) == description)
    return found


def status(panel: BenchPanel) -> str:
    return panel.box.children[3].value


def progress(panel: BenchPanel) -> tuple[ipywidgets.IntProgress, str]:
    bar, step = panel.box.children[2].children
    return bar, step.value


def alt(html: str) -> str:
    return re.search(r'<img [^>]*alt="([^"]*)"', html)[1]


def figure(panel: BenchPanel) -> str:
    """The live figure in words."""
    return alt(panel.box.children[4].value)


def wait_for_step(panel: BenchPanel, step: int) -> None:
    wait_until(lambda: panel.runs and panel.runs[-1].history.steps >= step)


def train_to_the_end(panel: BenchPanel) -> None:
    widget(panel, "Start").click()
    panel.runs[-1].wait(60)


# What the reader does


def test_start_trains_draws_and_says_how_it_ended():
    panel = BenchPanel(SHORT)
    assert "Nothing is measured yet" in figure(panel)
    assert not widget(panel, "Start").disabled
    assert widget(panel, "Stop").disabled
    train_to_the_end(panel)
    (one,) = panel.runs
    bar, step = progress(panel)
    assert (bar.value, bar.max) == (30, 30)
    assert re.fullmatch(r"step 30 of 30, loss \d\.\d{3}", step)
    words = re.search(r'<p role="alert".*?>(.*)</p>', status(panel))[1]
    assert words.startswith("Finished. After 30 steps: token accuracy ")
    assert f"{one.accuracy[0]:.2f} at length 1" in words
    assert f"The network has {one.parameters:,} parameters." in words
    assert "LSTM 16, copy, 30 steps: " in figure(panel)
    for length, accuracy in zip(one.settings.lengths, one.accuracy, strict=True):
        assert f"{accuracy:.2f} at {length}" in figure(panel)
    assert not widget(panel, "Start").disabled
    assert widget(panel, "Stop").disabled


def test_the_controls_decide_what_is_trained_and_are_locked_meanwhile():
    panel = BenchPanel(LONG)
    for words, label in {
        "Task": "reversal",
        "Cell": "GRU",
        "Hidden units": "32",
        "Attention": "control: last state only",
    }.items():
        widget(panel, words).label = label
    widget(panel, "Steps").value = 500
    widget(panel, "Seed").value = 7
    widget(panel, "Start").click()
    assert panel.runs[-1].settings == RunSettings("reverse", "gru", 32, "control", 500, 7)
    assert "Training: GRU 32, control, reversal, 500 steps, seed 7" in status(panel)
    inputs = ("Task", "Cell", "Hidden units", "Attention", "Steps", "Seed", "Start", "Clear earlier runs")
    assert all(widget(panel, name).disabled for name in inputs)
    assert not widget(panel, "Stop").disabled
    widget(panel, "Stop").click()
    assert not any(widget(panel, name).disabled for name in inputs[:-1])


def test_after_stop_nothing_goes_on_and_start_works_again():
    panel = BenchPanel(LONG)
    for _ in range(2):
        widget(panel, "Start").click()
        wait_for_step(panel, 5)
        widget(panel, "Stop").click()
        assert threads_of_runs() == []
        steps = panel.runs[-1].history.steps
        shown = progress(panel)[0].value, progress(panel)[1], status(panel)
        assert shown[0] == steps
        assert f"at step {steps}." in shown[2]
        time.sleep(0.3)
        assert panel.runs[-1].history.steps == steps
        assert (progress(panel)[0].value, progress(panel)[1], status(panel)) == shown


def test_the_figure_and_the_time_left_are_shown_while_training_goes_on():
    panel = BenchPanel(LONG)
    widget(panel, "Start").click()
    wait_until(lambda: panel.runs[-1].measured_at and "LSTM 16, copy" in figure(panel))
    wait_until(lambda: 'role="status"' in status(panel) and "After " in status(panel))
    wait_until(
        lambda: re.fullmatch(r"step [\d,]+ of 20,000, loss \S+, about \d+ (s|min) left", progress(panel)[1])
    )
    assert panel.running
    panel.stop()


def test_start_does_nothing_beside_a_run_that_goes_on():
    panel = BenchPanel(LONG)
    panel.start()
    panel.start()
    assert len(panel.runs) == 1
    panel.stop()


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("Steps", 0, "steps must be at least 1, got 0"),
        ("Steps", 10**9, "steps must be at most 20000, got 1000000000"),
        ("Seed", -1, "seed must be from 0 to 2**32 - 1, got -1"),
    ],
)
def test_a_bad_setting_is_said_and_nothing_starts(name, value, message):
    panel = BenchPanel(SHORT)
    good = widget(panel, name).value
    widget(panel, name).value = value
    widget(panel, "Start").click()
    assert f"⚠ Cannot start: {message}." in status(panel)
    assert 'role="alert"' in status(panel)
    assert panel.runs == []
    widget(panel, name).value = good
    train_to_the_end(panel)
    assert panel.runs[-1].state == "finished"


def test_an_error_in_training_is_said_and_the_bench_can_be_used_again(monkeypatch):
    def broken(model, batch):
        raise FloatingPointError("loss must be <b>finite</b>, got nan")

    panel = BenchPanel(SHORT)
    with monkeypatch.context() as patched:
        patched.setattr(run, "token_loss", broken)
        train_to_the_end(panel)
    assert "⚠ Training ended with an error at step 0: FloatingPointError: loss must be &lt;b&gt;" in status(
        panel
    )
    assert progress(panel)[1] == ""
    assert progress(panel)[0].bar_style == "danger"
    train_to_the_end(panel)
    assert panel.runs[-1].state == "finished"
    assert len(panel.runs) == 1  # the one that measured nothing is forgotten
    assert progress(panel)[0].bar_style == "success"


def test_earlier_runs_stay_each_in_its_look_and_the_earliest_goes():
    panel = BenchPanel(RunSettings(hidden=16, steps=1))
    looks = {}
    for seed in range(len(LOOKS) + 2):
        widget(panel, "Seed").value = seed
        train_to_the_end(panel)
        for one, look in panel._looks.items():
            assert looks.setdefault(one, look) == look
        assert len(set(panel._looks.values())) == len(panel.runs) == min(seed + 1, len(LOOKS))
    assert [one.settings.seed for one in panel.runs] == list(range(2, len(LOOKS) + 2))
    assert figure(panel).count("copy, 1 steps") == len(LOOKS)
    widget(panel, "Clear earlier runs").click()
    assert figure(panel).count("copy, 1 steps") == 1
    assert f"seed {len(LOOKS) + 1}" in figure(panel)
    assert widget(panel, "Clear earlier runs").disabled


def test_two_benches_side_by_side_do_not_disturb_each_other():
    alone = BenchPanel(SHORT), BenchPanel(RunSettings("reverse", "gru", 16, "on", 30, seed=2))
    for panel in alone:
        train_to_the_end(panel)
    together = [BenchPanel(panel.runs[0].settings) for panel in alone]
    for panel in together:
        widget(panel, "Start").click()
    for panel, other in zip(together, alone, strict=True):
        panel.runs[0].wait(60)
        assert panel.runs[0].history == other.runs[0].history
        assert figure(panel) == figure(other)
    first, second = BenchPanel(LONG), BenchPanel(LONG)
    first.start()
    second.start()
    first.stop()
    assert second.running
    second.stop()


# How it ends


def started(panel: BenchPanel) -> BenchPanel:
    panel.start()
    wait_for_step(panel, 2)
    return panel


@pytest.mark.parametrize("close", [BenchPanel.close, lambda panel: ipywidgets.Widget.close_all()])
def test_a_bench_that_is_closed_stops_its_run(close):
    panel = started(BenchPanel(LONG))
    close(panel)
    assert panel.closed
    assert panel.runs[-1].state == "stopped"
    assert threads_of_runs() == []


def test_closing_leaves_no_control_behind():
    panel = BenchPanel(SHORT)
    panel.close()
    parts = [part for row in panel.box.children for part in (row, *getattr(row, "children", ()))]
    assert len(parts) > 10
    assert all(part.comm is None for part in parts)


def test_a_bench_stops_when_a_view_of_it_leaves_the_page():
    panel = BenchPanel(LONG)
    panel.box._view_count = 1  # what the page reports
    started(panel)
    panel.box._view_count = 2  # the same page, loaded again: it never said that the first view went
    assert panel.running
    panel.box._view_count = 1
    assert panel.runs[-1].state == "stopped"
    started(panel)  # it stands in the page still
    panel.stop()


def test_a_bench_can_be_driven_and_closed_from_python():
    bench = TrainingBench(hidden=16, steps=20_000)
    bench.stop()
    bench.close()
    assert bench.runs == []
    bench.start()
    (one,) = bench.runs
    wait_until(lambda: one.history.steps > 2)
    bench.stop()
    assert one.state == "stopped"
    bench.close()
    bench.start()
    assert bench.runs[0] is not one
    bench.close()
    assert bench.runs[0].state == "stopped"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"hidden": 48}, "hidden must be one of 16, 32, 64, 128, got 48"),
        ({"page": "10_nothing"}, "page must be a notebook of the book, without .ipynb, got '10_nothing'"),
    ],
)
def test_a_bad_option_is_named(options, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        TrainingBench(**options)


# What is stored, and what is shown


def stored(path: Path, arguments: str) -> nbformat.NotebookNode:
    style = "from whyattention.plotting import use_style\nuse_style()"
    last = "import threading\nprint(len([t for t in threading.enumerate() if t.name == 'training run']))"
    cells = [
        nbformat.v4.new_code_cell(one, id=f"cell-{n}")
        for n, one in enumerate((style, SHOW.format(arguments), last))
    ]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    execute.execute(path)
    return nbformat.read(path, 4)


@pytest.mark.parametrize("arguments", ['page="02_bottleneck"', 'attention="on"'])
def test_a_program_that_runs_the_notebook_stores_a_still_picture_alone(tmp_path, arguments):
    path = tmp_path / "small.ipynb"
    notebook = stored(path, arguments)
    first = path.read_bytes()
    (output,) = notebook.cells[1].outputs
    assert set(output.data) == {"text/html", "text/plain"}
    assert execute.models(notebook) == {}
    assert list(problems(notebook, registry())) == []
    assert notebook.cells[2].outputs[0].text == "0\n"
    assert len(alt(output.data["text/html"])) > 200
    assert ("mybinder.org" in output.data["text/html"]) == ("page" in arguments)
    execute.execute(path)
    assert path.read_bytes() == first
    assert len(first) < 60_000


def test_an_open_notebook_gets_the_widget_and_trains_nothing_before_start():
    manager, client = start_new_kernel()
    try:

        def outputs(code, allow_stdin):
            seen = []
            reply = client.execute_interactive(
                code, allow_stdin=allow_stdin, output_hook=seen.append, timeout=60
            )
            assert reply["content"]["status"] == "ok", reply["content"]
            return seen

        view = "application/vnd.jupyter.widget-view+json"
        messages = outputs(SHOW.format(""), allow_stdin=False)  # nbval, nbclient
        assert [m["msg_type"] for m in messages if m["msg_type"].startswith("comm")] == []
        (shown,) = (m["content"]["data"] for m in messages if m["msg_type"] == "execute_result")
        assert set(shown) == {"text/plain", "text/html"}
        messages = outputs(SHOW.format(""), allow_stdin=True)  # JupyterLab, Notebook
        (shown,) = (m["content"]["data"] for m in messages if m["msg_type"] == "execute_result")
        assert set(shown) == {"text/plain", "text/html", view}
        assert shown["text/plain"].startswith("TrainingBench(task='copy'")
        code = "import threading\nprint([t.name for t in threading.enumerate()])"
        (printed,) = (m for m in outputs(code, allow_stdin=True) if m["msg_type"] == "stream")
        assert "training run" not in printed["content"]["text"]
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


@pytest.mark.parametrize(
    ("attention", "result", "labels"),
    [
        ("off", "length_curve", [f"copy, H = {width}" for width in (16, 32, 64, 128)]),
        ("on", "translation_length", ["attention", "last-state control", "fixed vector, given once"]),
    ],
)
def test_the_still_picture_shows_and_says_the_stored_numbers(attention, result, labels):
    html = TrainingBench(attention=attention).still()
    rows = {row["label"]: row for row in stored_result(result)["rows"]}
    table = re.findall(r'<tr><th scope="row">(\d+)</th>(.*?)</tr>', html)
    lengths = rows[labels[0]]["tables"]["by_length"]["lengths"]
    trained = rows[labels[0]]["settings"]["task"]["max_length"]
    assert [int(length) for length, _ in table] == [length for length in lengths if length <= 2 * trained]
    for place, (length, cells) in enumerate(table):
        means = [rows[label]["tables"]["by_length"]["token_accuracy"]["mean"][place] for label in labels]
        assert re.findall(r"<td>(.*?)</td>", cells) == [f"{mean:.2f}" for mean in means]
        assert all(f"{mean:.2f} at {length}" in alt(html) for mean in means)
    caption = re.search("<p>(.*?)</p>", html)[1]
    assert f"{rows[labels[0]]['settings']['steps']:,} steps" in caption
    assert f"up to {trained} " in caption
    assert f"Means of {len(stored_result(result)['provenance']['seeds'])} seeds" in caption


def test_the_link_is_put_together_from_the_settings_of_the_book():
    config = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))
    repository, buttons = config["repository"], config["launch_buttons"]
    assert (repository["path_to_book"], buttons["notebook_interface"]) == ("", "jupyterlab")
    owner_and_name = "/".join(repository["url"].split("/")[-2:])
    assert launch.binder_link("02_bottleneck") == (
        f"{buttons['binderhub_url']}/v2/gh/{owner_and_name}/{repository['branch']}"
        "?urlpath=lab/tree/book/02_bottleneck.ipynb"
    )
    assert f'<a href="{launch.binder_link("02_bottleneck")}">' in TrainingBench(page="02_bottleneck").still()


def test_the_link_is_that_of_the_pages_binder_button(built_book):
    page = "08_attention_in_the_decoder"
    html = (built_book / "book" / f"{page}.html").read_text("utf-8")
    buttons = re.findall(r'<a href="([^"]*)"[^>]*title="Launch on Binder"', html)
    assert buttons
    assert set(buttons) == {launch.binder_link(page)}


def test_there_is_no_link_where_the_library_is_installed_without_the_book(monkeypatch, tmp_path):
    monkeypatch.setattr(launch, "_CHECKOUT", tmp_path)
    assert launch.binder_link("02_bottleneck") is None
    assert "<a " not in TrainingBench(page="02_bottleneck").still()


# The drawing

shares = st.floats(0, 1)


@given(st.lists(shares, min_size=1, max_size=len(LOOKS)))
def test_labels_lie_apart_inside_the_figure_and_in_their_order(values):
    places = spread_apart(values, 0.155, 0.03, 0.96)
    ordered = [places[i] for i in sorted(range(len(values)), key=lambda i: -values[i])]
    assert all(one - other >= 0.155 - 1e-9 for one, other in itertools.pairwise(ordered))
    assert min(places) >= 0.03
    assert max(places) <= 0.96 + 1e-9


def drawn(html: str) -> ElementTree.Element:
    return ElementTree.fromstring(unquote(re.search('src="data:image/svg\\+xml,([^"]*)"', html)[1]))


# How far what is drawn stays from the edges of the picture.
INSIDE = """
() => {
  const svg = document.querySelector("svg");
  const [frame, parts] = [svg.getBoundingClientRect(), [...svg.querySelectorAll("use, path")]];
  const boxes = parts.filter((part) => !part.closest("defs")).map((part) => part.getBoundingClientRect());
  const least = (distance) => Math.min(...boxes.map(distance));
  return [
    least((box) => box.left - frame.left), least((box) => box.top - frame.top),
    least((box) => frame.right - box.right), least((box) => frame.bottom - box.bottom),
  ];
}
"""
CURVES = [
    LengthCurve(f"RNN {look}", "copy, 9 steps", (1, 5, 10, 20), (1.0, 0.9, 0.5 / (look + 1), 0.1), look)
    for look in range(len(LOOKS))
]


@pytest.mark.parametrize("count", range(len(LOOKS) + 1))
def test_a_picture_is_an_image_of_its_own_with_all_its_numbers_in_words(count):
    html = picture(CURVES[:count], 10)
    assert drawn(html).tag.endswith("svg")
    assert html.count("<") == 1
    for curve in CURVES[:count]:
        assert curve.title in alt(html)
        assert all(
            f"{value:.2f} at {length}" in alt(html)
            for length, value in zip(curve.lengths, curve.accuracy, strict=True)
        )
    assert ("Nothing is measured yet" in alt(html)) == (count == 0)


@pytest.mark.parametrize(
    "shown",
    [
        lambda: TrainingBench(attention="off").still(),
        lambda: TrainingBench(attention="on").still(),
        lambda: picture([LengthCurve("LSTM 128, control", "translation, 20,000 steps", (1, 40), (1, 0))], 20),
    ],
    ids=["one vector", "attention", "live"],
)
def test_every_label_lies_inside_the_picture(page, shown):
    page.goto(re.search('src="([^"]*)"', shown())[1])
    assert min(page.evaluate(INSIDE)) >= 0


def test_titles_with_markup_are_shown_and_do_not_break_the_page():
    curve = LengthCurve("""<b>"a"&'</b> -->""", "%41 #", (1, 2), (0.5, 0.25))
    html = picture([curve], 1)
    assert html.count("<") == html.count(">") == 1
    assert drawn(html).tag.endswith("svg")
    assert "&lt;b&gt;&quot;a&quot;&amp;" in alt(html)


def test_curves_are_told_apart_by_color_and_by_mark():
    assert len({color for color, _ in LOOKS}) == len({mark for _, mark in LOOKS}) == len(LOOKS)
    axes = Figure().subplots()
    draw_length_curves(axes, CURVES, 10)
    lines = [line for line in axes.lines if len(line.get_xdata()) == 4]
    assert len({(line.get_color(), line.get_marker()) for line in lines}) == len(CURVES)
    for line, curve in zip(lines, CURVES, strict=True):
        assert list(line.get_ydata()) == list(curve.accuracy)
    texts = [text.get_text() for text in axes.texts]
    assert [curve.title for curve in CURVES] == [text for text in texts if text.startswith("RNN")]


def test_pictures_can_be_drawn_in_several_threads(monkeypatch):
    monkeypatch.setitem(matplotlib.rcParams, "svg.hashsalt", "same ids")
    alone = [picture(CURVES[:count], 10) for count in range(4)]
    together = {}

    def draw(count):
        for _ in range(5):
            together[count, random.random()] = picture(CURVES[:count], 10)

    threads = [threading.Thread(target=draw, args=(count,)) for count in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(together) == 20
    assert all(html == alone[count] for (count, _), html in together.items())


def test_a_curve_in_words_names_the_trained_lengths():
    words = describe(CURVES[:1], 10)
    assert "trained up to 10" in words
    assert json.dumps(words) == f'"{words}"'
