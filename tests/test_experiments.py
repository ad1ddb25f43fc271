"""A sweep loses nothing when interrupted, repeats itself exactly, and says where its figures are from."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import json
import re
import shutil
import signal
import socket
import subprocess
import sys
import tomllib
from concurrent.futures import ThreadPoolExecutor
from importlib import metadata
from pathlib import Path

import numpy as np
import psutil
import pytest
import torch

from tests.threads import wait_until
from whyattention import cli
from whyattention.experiments import (
    SWEEPS,
    command,
    disagreements,
    load_result,
    results,
    runner,
    stored_result,
    units,
)
from whyattention.experiments.measures import MEASURES, AddingNetwork, build_model, no_preference
from whyattention.experiments.results import join, to_text
from whyattention.experiments.runner import UnitError, run_unit, run_units
from whyattention.experiments.sweeps import SIZE_MATCHED, SIZE_MATCHED_FIXED_VECTOR, minutes
from whyattention.experiments.units import Row, Sweep, Unit
from whyattention.seq2seq import build
from whyattention.training import set_seed

ROOT = Path(__file__).parents[1]
STORED = sorted((ROOT / "book/results").glob("*.json"))
NAMES = {
    "length_curve",
    "training_curve",
    "reversal",
    "gradient_reach",
    "adding_problem",
    "forget_bias",
    "delayed_copy",
    "translation_length",
    "ablations",
    "self_attention",
}


pytestmark = pytest.mark.usefixtures("own_randomness")


def tiny(measure="adding", steps=4, **changes):
    """Return a row that takes hundredths of a second."""
    common = {"steps": steps, "check_every": 2, "learning_rate": 0.01, "batch": 4}
    copied = {"name": "copy", "min_length": 1, "max_length": 3, "alphabet": 4}
    settings = {
        "adding": {"length": 12, "model": {"kind": "lstm", "hidden": 4, "forget_bias": 1.0}},
        "tokens": {
            "task": copied,
            "model": {"kind": "gru", "hidden": 4, "attention": {}},
            "test_lengths": [2, 5],
        },
        "reach": {"task": copied, "model": {"kind": "rnn", "hidden": 4}, "lag": 6},
    }[measure]
    return Row(f"tiny {measure}", measure, {**common, **settings, **changes})


def sweep_of(*rows):
    return Sweep("tiny", "a sweep of this test", (2,), rows, (rows[0].shortened(2),))


def figures(record):
    """What was measured, but for the time that it took."""
    return {name: value for name, value in record["measured"].items() if name != "seconds"}


def run_here(rows, folder, seeds=(0, 1, 2)):
    return run_units([unit for row in rows for unit in row.units(seeds)], folder, jobs=1)


# Interruptions

SHORT = tiny(steps=100, batch=16).units(tuple(range(8)))
LONG = tiny(steps=1_000_000).units((0, 1))
KILLED = """
from pathlib import Path
from whyattention.experiments.runner import run_units
from whyattention.experiments.units import Unit
run_units({units!r}, Path({folder!r}), jobs=2)
"""


def is_running(process):
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_sweep_killed_half_way_loses_nothing_does_nothing_twice_and_leaves_nothing_running(tmp_path):
    folder = tmp_path / "cache"
    script = KILLED.format(units=SHORT[:4] + LONG, folder=str(folder))
    with subprocess.Popen([sys.executable, "-c", script], start_new_session=True) as killed:
        try:
            wait_until(lambda: len(list(folder.glob("[!.]*.json"))) >= 3)
            workers = psutil.Process(killed.pid).children(recursive=True)
        finally:
            killed.kill()
    try:
        assert killed.returncode == -signal.SIGKILL
        assert len(workers) >= 2
        wait_until(lambda: not any(map(is_running, workers)))
    finally:
        for worker in filter(is_running, workers):
            worker.kill()
    before = {path: path.stat().st_mtime_ns for path in folder.glob("[!.]*.json")}
    assert 3 <= len(before) <= 4

    assert len(run_units(SHORT, folder, jobs=1)) == 8
    after = {path: path.stat().st_mtime_ns for path in folder.glob("[!.]*.json")}
    assert len(after) == 8
    assert {path: after[path] for path in before} == before


def test_what_is_stored_is_not_run_again(tmp_path, monkeypatch):
    first = run_here([tiny()], tmp_path)
    monkeypatch.setattr(runner, "run_unit", lambda unit, device: pytest.fail(f"{unit} is run again"))
    assert run_here([tiny()], tmp_path) == first


@pytest.mark.parametrize(
    "damage", ["", "{", "[]", "{}", '{"unit": 1, "date": 1, "made_with": 1, "measured": 1}']
)
def test_a_damaged_record_is_made_again(tmp_path, damage):
    (record,) = run_here([tiny()], tmp_path, seeds=(0,))
    (path,) = tmp_path.glob("*.json")
    path.write_text(damage)
    (again,) = run_here([tiny()], tmp_path, seeds=(0,))
    assert figures(again) == figures(record)


def test_a_unit_that_fails_is_named_and_stops_no_other(tmp_path):
    bad = tiny(model={"kind": "transformer", "hidden": 4})
    with pytest.raises(UnitError, match=r"1 of 3 units failed.*KeyError.*transformer"):
        run_units([*bad.units((0,)), *tiny().units((0, 1))], tmp_path, jobs=1)
    assert len(list(tmp_path.glob("*.json"))) == 2


def test_figures_of_code_that_changed_meanwhile_are_not_stored(tmp_path, monkeypatch):
    def by_other_code(unit, device):
        record = run_unit(unit, device)
        record["made_with"]["code"] = "another"
        return record

    monkeypatch.setattr(runner, "run_unit", by_other_code)
    with pytest.raises(UnitError, match="the code has changed"):
        run_here([tiny()], tmp_path, seeds=(0,))
    assert list(tmp_path.glob("*.json")) == []


# The same again

TRANSLATION = {"name": "translation", "min_length": 3, "max_length": 4}


@pytest.mark.parametrize(
    "row",
    [
        tiny("adding"),
        tiny("tokens"),
        tiny("tokens", task=TRANSLATION, test_lengths=[], model={"kind": "lstm", "hidden": 4}),
        tiny("reach"),
    ],
    ids=["adding", "tokens", "translation", "reach"],
)
def test_one_unit_gives_the_same_figures_twice(row, monkeypatch):
    monkeypatch.setattr("whyattention.experiments.draws.TRAINING_PAIRS", 20)
    (unit,) = row.units((1,))
    first = run_unit(unit, "cpu")
    torch.rand(7)  # whatever ran in this process before
    assert "error" not in first, first
    assert figures(run_unit(unit, "cpu")) == figures(first)
    (other,) = row.units((2,))
    assert figures(run_unit(other, "cpu")) != figures(first)


def test_units_in_the_threads_of_one_process_do_not_disturb_each_other():
    todo = tiny("tokens").units((0, 1, 2, 3))
    alone = [figures(run_unit(unit, "cpu")) for unit in todo]
    with ThreadPoolExecutor(4) as pool:
        together = [figures(record) for record in pool.map(run_unit, todo, ["cpu"] * 4)]
    assert together == alone


def test_a_shortened_row_measures_what_the_whole_one_has_measured_up_to_there():
    row = tiny("tokens", steps=6)
    whole, short = (
        run_unit(*r.units((0,)), "cpu")["measured"]["tables"]["curve"] for r in (row, row.shortened(4))
    )
    assert short["steps"] == [2, 4]
    assert short == {name: values[:2] for name, values in whole.items()}
    with pytest.raises(ValueError, match="steps must be a multiple of 2 up to 6, got 3"):
        row.shortened(3)


def test_a_unit_is_told_from_every_other_by_its_key(monkeypatch):
    unit = Unit("adding", {"steps": 1}, seed=0)
    keys = {
        unit.key("cpu"),
        unit.key("cuda"),
        dataclasses.replace(unit, seed=1).key("cpu"),
        dataclasses.replace(unit, settings={"steps": 2}).key("cpu"),
        dataclasses.replace(unit, measure="reach").key("cpu"),
    }
    monkeypatch.setattr(units, "code_digest", lambda: "other code")
    assert len(keys | {unit.key("cpu")}) == 6


def test_comments_and_docstrings_do_not_make_another_experiment():
    def dump(text):
        return units.ast.dump(units._without_docstrings(units.ast.parse(text)))

    code = 'def f(x):\n    """Say."""\n    return x + 1\n'
    assert dump(code) == dump('"""Module."""\ndef f(x):  # why\n    """Say more."""\n    return x + 1\n')
    assert dump(code) != dump(code.replace("1", "2"))


# Results


@pytest.fixture(scope="module")
def tiny_sweep():
    return sweep_of(tiny("tokens"), tiny("adding"))


@pytest.fixture
def records(tiny_sweep, tmp_path):
    return run_units(tiny_sweep.units(), tmp_path / "records", jobs=1)


def test_a_result_has_each_seed_and_their_mean_least_and_largest(tiny_sweep, records):
    row = join(tiny_sweep, records)["rows"][1]
    each = [record["measured"]["tables"]["curve"]["squared_error"] for record in records[3:]]
    assert row["label"] == "tiny adding"
    assert row["tables"]["curve"]["steps"] == [2, 4]
    spread = row["tables"]["curve"]["squared_error"]
    for name, reduce in (("mean", np.mean), ("min", np.min), ("max", np.max)):
        assert spread[name] == pytest.approx(reduce(each, axis=0).tolist(), rel=1e-4)
    for mine, expected in zip(spread["seeds"], each, strict=True):
        assert mine == pytest.approx(expected, rel=1e-4)
    assert row["parameters"] == sum(p.numel() for p in AddingNetwork("lstm", 4).parameters())
    assert set(row["seconds"]) == {"mean", "min", "max", "seeds"}


def test_a_result_says_where_it_is_from_and_nothing_private(tiny_sweep, records):
    result = join(tiny_sweep, records)
    provenance = result["provenance"]
    assert provenance["command"] == "whyattention experiments tiny"
    assert provenance["seeds"] == [0, 1, 2]
    assert len(provenance["date"].split("-")) == 3
    (machine,) = provenance["machines"]
    assert machine["torch"] == torch.__version__
    assert machine["python"] == sys.version.split()[0]
    assert machine["processor"]
    assert set(machine) == {"processor", "device", "python", "torch", "whyattention", "code"}
    for private in (socket.gethostname(), str(ROOT)):
        assert not re.search(rf"\b{re.escape(private)}\b", to_text(result))


def test_the_same_records_give_the_same_bytes_and_each_list_has_one_line(tiny_sweep, records):
    text = to_text(join(tiny_sweep, records))
    assert text == to_text(join(tiny_sweep, copy.deepcopy(records)))
    assert json.loads(text) == join(tiny_sweep, records)
    assert '"steps": [ 2, 4 ]' in text


def test_a_small_run_agrees_with_the_whole_one_and_with_nothing_else(tiny_sweep, records, tmp_path):
    stored = join(tiny_sweep, records)
    small = join(tiny_sweep, run_units(tiny_sweep.units(small=True), tmp_path, jobs=1), small=True)
    assert disagreements(small, stored) == []

    better = copy.deepcopy(small)
    better["rows"][0]["tables"]["curve"]["training_loss"]["mean"][0] += 5
    (line,) = disagreements(better, stored)
    assert line.startswith("tiny tokens, curve: training_loss at steps 2 is")
    other = copy.deepcopy(small)
    other["rows"][0]["settings"]["learning_rate"] = 1.0
    assert disagreements(other, stored) == ["tiny tokens: not in the stored result"]
    missing = copy.deepcopy(stored)
    del missing["rows"][0]["tables"]["curve"]["exact_match"]
    assert disagreements(small, missing) == ["tiny tokens, curve: no exact_match in the stored result"]


def test_records_in_another_order_are_refused(tiny_sweep, records):
    with pytest.raises(ValueError, match="in the order of the sweep's units, tiny tokens is not"):
        join(tiny_sweep, records[::-1])


@pytest.mark.parametrize("text", ["{", "[]", '{"name": "x"}'])
def test_a_file_that_is_no_result_is_named(tmp_path, text):
    path = tmp_path / "broken.json"
    with pytest.raises(FileNotFoundError, match=r"`whyattention experiments broken` makes it"):
        load_result(path)
    path.write_text(text)
    with pytest.raises(ValueError, match=r"broken\.json"):
        load_result(path)


def test_results_are_found_where_there_is_no_checkout(monkeypatch, tmp_path):
    """As after an installation from the repository's address, on Colab: the package carries them."""
    expected = load_result(STORED[0])
    folder = tmp_path / "share" / "whyattention" / "results"
    shutil.copytree(STORED[0].parent, folder)
    files = [metadata.PackagePath(path.relative_to(tmp_path)) for path in sorted(folder.iterdir())]
    for file in files:
        file.dist = metadata.PathDistribution(tmp_path / "whyattention.dist-info")
    monkeypatch.setattr(results, "_CHECKOUT", tmp_path / "nowhere")
    monkeypatch.setattr(metadata, "files", {"whyattention": files}.get)
    assert stored_result(STORED[0].stem) == expected
    with pytest.raises(FileNotFoundError, match="got 'unheard_of'"):
        stored_result("unheard_of")


def test_an_installed_package_holds_all_results():
    with (ROOT / "pyproject.toml").open("rb") as file:
        [patterns] = tomllib.load(file)["tool"]["setuptools"]["data-files"].values()
    assert {path for pattern in patterns for path in ROOT.glob(pattern)} == set(STORED)


@pytest.mark.parametrize("path", STORED, ids=lambda path: path.stem)
def test_a_stored_result_is_that_of_the_sweep_as_it_is_now(path):
    result, sweep = load_result(path), SWEEPS[path.stem]
    assert (result["name"], result["about"]) == (sweep.name, sweep.about)
    rows = [{"label": r.label, "measure": r.measure, "settings": dict(r.settings)} for r in sweep.rows]
    assert [{name: row[name] for name in rows[0]} for row in result["rows"]] == rows
    assert result["provenance"]["seeds"] == [0, 1, 2]


@pytest.mark.parametrize("path", STORED, ids=lambda path: path.stem)
def test_a_fresh_small_run_agrees_with_the_stored_result(path, tmp_path):
    sweep = SWEEPS[path.stem]
    fresh = join(sweep, run_units(sweep.units(small=True), tmp_path, jobs=1), small=True)
    assert disagreements(fresh, load_result(path)) == []


# Sweeps


def test_all_sweeps_are_there_and_fit_into_two_and_a_half_hours_of_two_cores():
    assert set(SWEEPS) == NAMES
    assert all(name == sweep.name and sweep.chapters for name, sweep in SWEEPS.items())
    distinct = {unit.key("cpu"): unit for sweep in SWEEPS.values() for unit in sweep.units()}
    assert 30 < minutes(distinct.values()) < 150
    assert {unit.seed for unit in distinct.values()} == {0, 1, 2}


@pytest.mark.parametrize("sweep", SWEEPS.values(), ids=lambda sweep: sweep.name)
def test_every_row_can_be_run_and_every_small_row_is_one_of_them_shortened(sweep):
    assert len({row.label for row in sweep.rows}) == len(sweep.rows)
    for row in sweep.rows:
        assert json.loads(json.dumps(row.settings)) == row.settings
        inspect.signature(MEASURES[row.measure]).bind(**row.settings, seed=0, device="cpu")
        if row.measure == "adding":
            AddingNetwork(**row.settings["model"])
        else:
            build_model((9, 9), **row.settings["model"])
    whole = {row.label: row for row in sweep.rows}
    for row in sweep.small:
        assert row == whole[row.label].shortened(row.settings["steps"])
    assert 0 < minutes(sweep.units(small=True), cores=1) < 0.25


def test_frozen_weights_stay_uniform_and_all_else_is_as_it_was():
    set_seed(0)
    frozen = build_model((9, 9), "gru", frozen_weights=True, hidden=8, attention={})
    set_seed(0)
    free = build_model((9, 9), "gru", hidden=8, attention={})
    for name, parameter in free.state_dict().items():
        assert torch.equal(parameter, frozen.state_dict()[name])
    source, lengths = torch.tensor([[4, 5, 6, 7], [8, 4, 0, 0]]), torch.tensor([4, 2])
    _, weights = frozen(source, lengths, torch.tensor([[1, 4], [1, 5]]))
    assert weights.tolist() == [[[0.25] * 4] * 2, [[0.5, 0.5, 0, 0]] * 2]
    assert torch.equal(no_preference(torch.ones(2, 3, 8), torch.ones(2, 5, 8)), torch.zeros(2, 3, 5))


def test_the_self_attention_models_have_the_size_of_the_recurrent_one():
    rows = {row.label: row.settings for row in SWEEPS["self_attention"].rows}

    def size(label):
        return sum(p.numel() for p in build_model((54, 79), **rows[label]["model"]).parameters())

    base = size("recurrent, with attention")
    attentive = [label for label in rows if label.startswith("self-attention") and "K =" not in label]
    assert len(attentive) == 5
    for label in attentive:
        assert size(label) == pytest.approx(base, rel=0.02)


def test_the_size_matched_controls_have_the_size_of_what_they_control():
    models = {row.label: row.settings["model"] for row in SWEEPS["ablations"].rows}

    def size(label):
        return sum(parameter.numel() for parameter in build(54, 79, **models[label]).parameters())

    base = size("dot (the base)")
    for other in SIZE_MATCHED:
        assert size(f"dot, as large as: {other}") == pytest.approx(size(other), rel=0.01)
    assert models["fixed vector, as large as: dot"]["hidden"] == SIZE_MATCHED_FIXED_VECTOR
    assert size("fixed vector, as large as: dot") == pytest.approx(base, rel=0.01)
    unmatched = {label for label in models if abs(size(label) / base - 1) > 0.05 and "as large" not in label}
    # "concat" is "additive" under another name.
    assert unmatched == {*SIZE_MATCHED, "concat", "fixed vector, given once"}


# The command


@pytest.fixture
def project(tmp_path, monkeypatch, tiny_sweep):
    """A project with one sweep, and the folder that the command is given in."""
    (tmp_path / "book").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(command, "SWEEPS", {"tiny": tiny_sweep})
    return tmp_path


def test_the_command_stores_a_result_and_is_silent_where_nobody_watches(project, capsys):
    assert cli.main(["experiments", "tiny", "--jobs", "1"]) == 0
    result = project / "book/results/tiny.json"
    assert capsys.readouterr() == ("tiny: 6 units, book/results/tiny.json\n", "")
    stored = result.read_bytes()
    assert load_result(result)["rows"][0]["label"] == "tiny tokens"
    assert cli.main(["experiments", "--all", "--jobs", "1"]) == 0
    assert result.read_bytes() == stored


def test_the_longest_unit_starts_first_and_the_rows_keep_their_order(project, monkeypatch):
    started = []

    def noted(unit, device):
        started.append(unit.settings["steps"])
        return run_unit(unit, device)

    rows = (tiny(steps=2), tiny("tokens", steps=8), tiny(steps=6))
    monkeypatch.setattr(command, "SWEEPS", {"tiny": sweep_of(*rows)})
    monkeypatch.setattr(runner, "run_unit", noted)
    assert cli.main(["experiments", "tiny", "--jobs", "1"]) == 0
    assert started == [8] * 3 + [6] * 3 + [2] * 3
    stored = load_result("book/results/tiny.json")["rows"]
    assert [row["tables"]["curve"]["steps"][-1] for row in stored] == [2, 8, 6]


def test_the_small_command_compares_and_stores_nothing(project, capsys):
    assert cli.main(["experiments", "tiny", "--small", "--jobs", "1"]) == 0
    assert "there is no book/results/tiny.json" in capsys.readouterr().out
    assert not (project / "book/results").exists()
    cli.main(["experiments", "tiny", "--jobs", "1"])
    path = project / "book/results/tiny.json"
    capsys.readouterr()
    assert cli.main(["experiments", "tiny", "--small", "--jobs", "1"]) == 0
    assert capsys.readouterr().out == "tiny: agrees with book/results/tiny.json\n"
    wrong = load_result(path)
    for bound in ("min", "max"):
        wrong["rows"][0]["tables"]["curve"]["training_loss"][bound] = [-9, -9]
    path.write_text(to_text(wrong))
    assert cli.main(["experiments", "tiny", "--small", "--jobs", "1"]) == 1
    assert "tiny tokens, curve: training_loss at steps 2 is" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ([], 2, "name at least one sweep, or --all"),
        (["everything"], 2, "there is no sweep everything; there are tiny"),
        (["tiny", "--jobs", "0"], 2, "expected an integer from 1 on, got '0'"),
        (["tiny", "--device", "abacus"], 2, "device must be one that PyTorch finds here, got 'abacus'"),
        (["tiny", "--results", "no/such"], 4, "no/such cannot be made, since no is not there"),
        (["tiny", "--scheduler", "tcp://127.0.0.1:9"], 2, r"pip install 'whyattention[cluster]'"),
    ],
)
def test_what_cannot_be_done_is_told_in_one_line(project, capsys, monkeypatch, arguments, code, message):
    monkeypatch.setitem(sys.modules, "dask.distributed", None)  # as if it were not installed
    assert cli.main(["experiments", *arguments]) == code
    printed = capsys.readouterr()
    assert printed.out == ""
    assert message in printed.err
    assert printed.err.count("\n") == 1
    assert not (project / "book/results").exists()


def test_a_sweep_with_a_failed_unit_stores_no_result(project, capsys, monkeypatch):
    bad = sweep_of(tiny(), tiny(learning_rate=-1.0))
    monkeypatch.setattr(command, "SWEEPS", {"tiny": bad})
    assert cli.main(["experiments", "tiny", "--jobs", "1"]) == 1
    assert "3 of 6 units failed" in capsys.readouterr().err
    assert not (project / "book/results").exists()


def test_an_interruption_from_the_keyboard_says_that_nothing_is_lost(project, capsys, monkeypatch):
    def interrupted(unit, device):
        raise KeyboardInterrupt

    monkeypatch.setattr(runner, "run_unit", interrupted)
    assert cli.main(["experiments", "tiny", "--jobs", "1"]) == 130
    assert "the same command goes on from there" in capsys.readouterr().err


def test_the_list_names_every_sweep_with_its_minutes_and_needs_no_torch():
    script = "import sys; sys.modules['torch'] = None\nfrom whyattention.cli import main\n"
    script += "sys.exit(main(['experiments', '--list']))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT)
    assert (done.returncode, done.stderr) == (0, "")
    lines = {line.split()[0]: line for line in done.stdout.splitlines()}
    assert set(lines) == NAMES | {"together"}
    assert all(" min " in line for line in lines.values())
    for name in NAMES:
        assert ("not stored" in lines[name]) == (f"{name}.json" not in {path.name for path in STORED})
