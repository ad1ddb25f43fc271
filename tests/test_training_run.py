"""A run in the background gives what one in the foreground gives, disturbs nothing, and can be ended."""

import random
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
import torch
from torch import nn

from tests.threads import threads_of_runs, wait_until
from whyattention.bench import RunSettings, TrainingRun, run
from whyattention.experiments.draws import training_batches, vocabulary_sizes
from whyattention.experiments.measures import MEASURES, build_model
from whyattention.training import History, set_seed, token_loss, train

LONG = RunSettings(hidden=16, steps=20_000)


pytestmark = pytest.mark.usefixtures("own_randomness")


def ended(settings: RunSettings, tell=None) -> TrainingRun:
    one = TrainingRun(settings, tell)
    one.start()
    one.wait(60)
    return one


def by_hand(settings: RunSettings) -> History:
    """The library's own training with the same settings, in the foreground."""
    task = run.TASKS[settings.task]
    rate = {"copy": 0.005, "reverse": 0.005, "translation": 0.003}[settings.task]
    set_seed(settings.seed)
    model = build_model(
        vocabulary_sizes(task),
        kind=settings.cell,
        hidden=settings.hidden,
        attention=run.ATTENTION[settings.attention],
    )
    batches = training_batches(task, 64, settings.seed, "cpu")
    return train(
        model,
        token_loss,
        batches,
        steps=settings.steps,
        learning_rate=rate,
        seed=settings.seed,
        progress=False,
    )


SAME = [
    RunSettings(steps=40),
    RunSettings("reverse", "rnn", 32, "control", steps=30, seed=5),
    RunSettings("translation", "gru", 16, "on", steps=30, seed=1),
]


@pytest.mark.parametrize("settings", SAME, ids=lambda settings: settings.task)
def test_a_run_takes_the_very_steps_of_the_librarys_training(settings):
    theirs = by_hand(settings)
    ours = ended(settings)
    assert ours.state == "finished"
    assert ours.history.losses == theirs.losses
    assert ours.history.gradient_norms == theirs.gradient_norms


@pytest.mark.parametrize("settings", SAME, ids=lambda settings: settings.task)
def test_a_run_measures_what_the_experiments_measure(settings):
    rate = {"copy": 0.005, "reverse": 0.005, "translation": 0.003}[settings.task]
    theirs = MEASURES["tokens"](
        task=run.TASKS[settings.task],
        model={
            "kind": settings.cell,
            "hidden": settings.hidden,
            "attention": run.ATTENTION[settings.attention],
        },
        steps=settings.steps,
        check_every=settings.steps,
        learning_rate=rate,
        batch=64,
        test_lengths=settings.lengths,
        seed=settings.seed,
        device="cpu",
    )
    ours = ended(settings)
    assert ours.accuracy == theirs["tables"]["by_length"]["token_accuracy"]
    assert ours.parameters == theirs["parameters"]
    assert ours.measured_at == settings.steps


def test_a_list_is_gone_through_in_the_order_of_the_librarys_training():
    batches, seen = list(range(5)), []

    def loss_of(model, batch):
        seen.append(batch)
        return model.weight.sum()

    train(nn.Linear(1, 1), loss_of, batches, steps=17, seed=3, progress=False)
    ours = run._endless(batches, seed=3)
    assert [next(ours) for _ in range(17)] == seen


def test_two_runs_side_by_side_give_what_each_gives_alone():
    settings = [
        RunSettings(hidden=16, steps=60),
        RunSettings("translation", "gru", 16, "on", steps=60, seed=2),
    ]
    alone = [ended(one) for one in settings]
    both, met = threading.Barrier(2, timeout=60), set()

    def meet(one):  # at each measurement, so that neither ends before the other has begun
        if one.measured_at and (one, one.measured_at) not in met:
            met.add((one, one.measured_at))
            both.wait()

    together = [TrainingRun(one, meet) for one in settings]
    for one in together:
        one.start()
    for one, other in zip(alone, together, strict=True):
        other.wait(60)
        assert other.history == one.history
        assert other.accuracy == one.accuracy
    assert len(met) == 2 * len({25, 50, 60})


def test_a_run_draws_its_weights_only_while_no_other_does():
    one = TrainingRun(LONG)
    with run._SEEDING:
        one.start()
        time.sleep(0.5)
        assert (one.state, one.parameters) == ("running", 0)
    wait_until(lambda: one.history.steps > 3)
    one.stop()


def test_the_random_numbers_of_others_go_on_as_if_there_were_no_run():
    def draws():
        return random.random(), np.random.rand(), torch.rand(()).item()

    set_seed(4)
    draws()
    expected = draws()
    set_seed(4)
    draws()
    one = TrainingRun(LONG)
    one.start()
    wait_until(lambda: one.history.steps > 3)
    assert draws() == expected
    one.stop()


def test_a_stopped_run_leaves_nothing():
    one = TrainingRun(LONG)
    one.start()
    wait_until(lambda: one.history.steps > 3)
    one.stop()
    assert one.state == "stopped"
    assert threads_of_runs() == []
    steps = one.history.steps
    time.sleep(0.3)
    assert one.history.steps == steps < LONG.steps


def test_a_stopped_run_ends_with_its_present_step(monkeypatch):
    def stop_in_the_fourth(model, batch):
        if one.history.steps == 3:
            one.stop()  # from its own thread: it cannot wait for itself
        return token_loss(model, batch)

    monkeypatch.setattr(run, "token_loss", stop_in_the_fourth)
    one = TrainingRun(LONG)
    one.start()
    one.wait(60)
    assert (one.state, one.history.steps, one.measured_at) == ("stopped", 4, 0)


@pytest.mark.parametrize(
    "settings", [LONG, RunSettings("translation", steps=20_000)], ids=["copy", "translation"]
)
def test_a_run_can_be_stopped_before_its_first_step(settings):
    one = TrainingRun(settings)
    one.start()
    one.stop()
    assert one.state == "stopped"
    assert one.accuracy is None
    assert threads_of_runs() == []
    assert not run._SEEDING.locked()


def test_what_was_learned_up_to_the_stop_is_what_a_shorter_run_learns():
    told = []

    def tell(one):
        told.append(one.history.steps)
        if one.measured_at:
            one.stop()

    one = ended(RunSettings(hidden=16, steps=400, seed=1), tell)
    assert one.state == "stopped"
    assert one.measured_at == one.settings.measure_every == 40
    short = ended(RunSettings(hidden=16, steps=40, seed=1))
    assert one.history.losses[:40] == short.history.losses
    assert one.accuracy == short.accuracy


def test_a_run_tells_when_it_begins_at_each_measurement_and_when_it_has_ended():
    told = []
    one = ended(
        RunSettings(hidden=16, steps=60),
        lambda one: told.append((one.state, one.measured_at, threading.current_thread().name)),
    )
    states = [state for state, _, _ in told]
    assert told[0] == ("running", 0, "training run")
    assert states == ["running"] * (len(told) - 1) + ["finished"]
    assert {at for _, at, _ in told} == {0, 25, 50, 60}
    assert one.seconds_left == 0


def test_the_time_left_is_told_on_the_way():
    left = []
    one = ended(RunSettings(hidden=64, steps=150), lambda one: left.append(one.seconds_left))
    on_the_way = [seconds for seconds in left[1:-1] if seconds]
    assert on_the_way
    assert max(on_the_way) < 60
    assert one.history.seconds > 0


def test_an_error_in_training_ends_the_run_and_is_kept(monkeypatch):
    def broken(model, batch):
        raise FloatingPointError("loss must be finite, got nan at step 1")

    monkeypatch.setattr(run, "token_loss", broken)
    before = torch.get_rng_state()
    one = ended(LONG)
    assert one.state == "failed"
    assert isinstance(one.error, FloatingPointError)
    assert torch.equal(torch.get_rng_state(), before)
    assert not run._SEEDING.locked()
    monkeypatch.undo()
    assert ended(RunSettings(hidden=16, steps=2)).state == "finished"


def test_a_run_is_started_once():
    one = ended(RunSettings(hidden=16, steps=1))
    with pytest.raises(RuntimeError, match="a run is started once, this one is finished"):
        one.start()


def test_a_run_that_has_ended_stays_as_it_is():
    one = ended(RunSettings(hidden=16, steps=1))
    one.stop()
    assert one.state == "finished"


def test_a_process_ends_while_a_run_goes_on():
    script = """
import time
from whyattention.bench import RunSettings, TrainingRun
one = TrainingRun(RunSettings(steps=20_000))
one.start()
while one.history.steps < 3: time.sleep(0.01)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        (
            {"task": "adding"},
            ValueError,
            "task must be one of 'copy', 'reverse', 'translation', got 'adding'",
        ),
        ({"cell": "LSTM"}, ValueError, "cell must be one of 'rnn', 'lstm', 'gru', got 'LSTM'"),
        ({"hidden": 48}, ValueError, "hidden must be one of 16, 32, 64, 128, got 48"),
        ({"hidden": 64.0}, TypeError, "hidden must be an integer, got float"),
        ({"attention": True}, ValueError, "attention must be one of 'off', 'on', 'control', got True"),
        ({"steps": 0}, ValueError, "steps must be at least 1, got 0"),
        ({"steps": 20_001}, ValueError, "steps must be at most 20000, got 20001"),
        ({"steps": "800"}, TypeError, "steps must be an integer, got str"),
        ({"seed": -1}, ValueError, r"seed must be from 0 to 2\*\*32 - 1, got -1"),
        ({"seed": True}, TypeError, "seed must be an integer, got bool"),
    ],
)
def test_a_bad_setting_is_named(options, error, message):
    with pytest.raises(error, match=f"^{message}$"):
        RunSettings(**options)


@pytest.mark.parametrize(("steps", "every"), [(1, 25), (250, 25), (251, 26), (800, 80), (20_000, 250)])
def test_a_run_is_measured_often_enough_to_be_watched(steps, every):
    assert RunSettings(steps=steps).measure_every == every
