"""One training in the background: it can be watched and stopped while other code runs.

It is ``training.train`` in a thread, with nothing of the loop repeated here. The loop asks for a batch before
each step, and the one that hands out the batches says how far it is and ends the loop, if asked to, by an
exception. A thread and not a coroutine: the loop is ordinary code, which does not give way between its steps.
A thread and not a process: a process would load PyTorch once more, 200 MB and some seconds. PyTorch computes
without Python's lock, so that a notebook's kernel still answers.

Seeds. ``set_seed``, with which every training begins, starts the random numbers of the whole process. A run
does the same, for the milliseconds in which weights are drawn and the loop begins; then it gives the random
numbers back as it found them, and from there on draws none but its own. Two runs side by side take turns at
that, and each gives what it gives alone. Only code that draws random numbers in these very milliseconds, in
another thread, can disturb a run and be disturbed. What stays is that the process computes on one thread.
"""

from __future__ import annotations

import atexit
import random
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from torch import nn

from whyattention.batches import Batch
from whyattention.decoder import check_choice, check_size
from whyattention.decoding import greedy
from whyattention.experiments.draws import draw_batch, training_batches, vocabulary_sizes
from whyattention.experiments.measures import TEST_COUNT, build_model
from whyattention.experiments.sweeps import CONTROL, COPY_RATE, TRANSLATION_RATE
from whyattention.metrics import token_accuracy
from whyattention.seq2seq import KINDS
from whyattention.training import History, set_seed, token_loss, train

#: Networks are trained on sources up to this length, and tested on longer ones, too.
TRAINED_TO = 10
WIDTHS = (16, 32, 64, 128)
MOST_STEPS = 20_000
#: The attention of ``seq2seq.build``; "control" is the same decoder with all weight on the last state.
ATTENTION: dict[str, dict[str, bool] | None] = {"off": None, "on": {}, "control": CONTROL}
TASKS: dict[str, dict[str, Any]] = {
    "copy": {"name": "copy", "min_length": 1, "max_length": TRAINED_TO, "alphabet": 16},
    "reverse": {"name": "reverse", "min_length": 1, "max_length": TRAINED_TO, "alphabet": 16},
    "translation": {"name": "translation", "min_length": 3, "max_length": TRAINED_TO},
}
_RATES = {"copy": COPY_RATE, "reverse": COPY_RATE, "translation": TRANSLATION_RATE}
_TESTED = (1, 2, 3, 4, 6, 8, 10, 12, 15, 20)  # a sentence has three words at least
_BATCH = 64
# The tests are those of the experiments.
_TEST_SEED = 1_000_002
# A run is measured ten times, but not more and not less often than that, and always after its last step.
_MEASUREMENTS = 10
_BETWEEN = (25, 250)  # steps
_TELL_EVERY = 0.2  # seconds
_PATIENCE = 10.0  # seconds; a step takes a tenth of one at most

_SEEDING = threading.Lock()


@dataclass(frozen=True)
class RunSettings:
    """What to train, and for how long.

    Args:
        task: "copy", "reverse" or "translation".
        cell: "rnn", "lstm" or "gru".
        hidden: Width of the states, one of ``WIDTHS``.
        attention: "off" for one vector, "on", or "control" for the decoder with attention whose weight is all
            on the last encoder state.
        steps: Steps of training, up to ``MOST_STEPS``.
        seed: For ``set_seed``: of the weights and the training data.

    Raises:
        TypeError: A number is not an integer.
        ValueError: An option is unknown or out of range.

    Example:
        >>> RunSettings(cell="gru", hidden=48)
        Traceback (most recent call last):
        ValueError: hidden must be one of 16, 32, 64, 128, got 48
    """

    task: str = "copy"
    cell: str = "lstm"
    hidden: int = 64
    attention: Literal["off", "on", "control"] = "off"
    steps: int = 800
    seed: int = 0

    def __post_init__(self) -> None:
        check_choice("task", self.task, tuple(TASKS))
        check_choice("cell", self.cell, KINDS)
        check_size("hidden", self.hidden)
        check_choice("hidden", self.hidden, WIDTHS)
        check_choice("attention", self.attention, tuple(ATTENTION))
        check_size("steps", self.steps)
        if self.steps > MOST_STEPS:
            raise ValueError(f"steps must be at most {MOST_STEPS}, got {self.steps}")
        if not isinstance(self.seed, int) or isinstance(self.seed, bool):
            raise TypeError(f"seed must be an integer, got {type(self.seed).__name__}")
        if not 0 <= self.seed < 2**32:
            raise ValueError(f"seed must be from 0 to 2**32 - 1, got {self.seed}")

    @property
    def lengths(self) -> tuple[int, ...]:
        """The source lengths that are tested."""
        return tuple(length for length in _TESTED if length >= TASKS[self.task]["min_length"])

    @property
    def measure_every(self) -> int:
        """Steps between two measurements."""
        least, most = _BETWEEN
        return min(max(least, -(-self.steps // _MEASUREMENTS)), most)


class _Stopped(Exception):
    """Ends the loop at the reader's wish."""


class TrainingRun:
    """A training in a thread of its own; it is run once.

    Args:
        settings: What to train.
        tell: Called in that thread with this run: when it begins, some times a second while it goes on, after
            each measurement, and when it has ended.

    Attributes:
        settings: As given.
        state: "new", "running", and in the end "finished", "stopped" or "failed".
        history: What ``train`` has measured up to now.
        accuracy: The last length curve, token accuracy at each of ``settings.lengths``; None before.
        measured_at: The step after which it was measured.
        parameters: How many the network has; 0 until it is built.
        error: What ended a failed run.

    Example:
        >>> run = TrainingRun(RunSettings(hidden=16, steps=2))
        >>> run.start()
        >>> run.wait()
        >>> run.state, run.history.steps, len(run.accuracy)
        ('finished', 2, 10)
    """

    def __init__(self, settings: RunSettings, tell: Callable[[TrainingRun], None] | None = None) -> None:
        self.settings = settings
        self.state: Literal["new", "running", "finished", "stopped", "failed"] = "new"
        self.history = History()
        self.accuracy: list[float] | None = None
        self.measured_at = 0
        self.parameters = 0
        self.error: Exception | None = None
        self._tell = tell or (lambda run: None)
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="training run", daemon=True)
        self._began = 0.0

    def start(self) -> None:
        """Begin; returns at once.

        Raises:
            RuntimeError: The run was started before.
        """
        if self.state != "new":
            raise RuntimeError(f"a run is started once, this one is {self.state}")
        self.state = "running"
        # A process that ends must not take a thread of PyTorch's down in the middle of a step.
        atexit.register(self.stop)
        self._thread.start()

    def stop(self) -> None:
        """End the run after the present step, and wait for it; a run that has ended stays as it is."""
        self._ending.set()
        self.wait(_PATIENCE)

    def wait(self, seconds: float | None = None) -> None:
        """Wait until the thread has ended, or for so many seconds."""
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(seconds)

    @property
    def seconds_left(self) -> float | None:
        """About how long the run will go on, measurements included; None before its first step."""
        done = self.history.steps
        if not done:
            return None
        return (time.perf_counter() - self._began) / done * (self.settings.steps - done)

    def _run(self) -> None:
        try:
            self._tell(self)
            self._train()
            end = "finished"
        except _Stopped:
            end = "stopped"
        except Exception as error:
            self.error, end = error, "failed"
        atexit.unregister(self.stop)
        self.state = end
        self._tell(self)

    def _train(self) -> None:
        settings, task = self.settings, TASKS[self.settings.task]
        batches = training_batches(task, _BATCH, settings.seed, "cpu")
        tests = []
        for length in settings.lengths:
            self._check()
            of_length = {**task, "min_length": length, "max_length": length}
            tests.append(draw_batch(of_length, TEST_COUNT, _TEST_SEED, "test"))
        with ExitStack() as borrowed:
            borrowed.enter_context(_random_numbers())
            set_seed(settings.seed)
            model = build_model(
                vocabulary_sizes(task),
                kind=settings.cell,
                hidden=settings.hidden,
                attention=ATTENTION[settings.attention],
            )
            self.parameters = sum(parameter.numel() for parameter in model.parameters())
            train(
                model,
                token_loss,
                self._watched(_endless(batches, settings.seed), borrowed),
                steps=settings.steps,
                learning_rate=_RATES[settings.task],
                seed=settings.seed,
                validate=lambda model: self._measure(model, tests),
                validate_every=settings.measure_every,
                better="higher",
                progress=False,
                history=self.history,
            )

    def _watched(self, batches: Iterable[Batch], borrowed: ExitStack) -> Iterator[Batch]:
        """Hand out the batches, say how far the loop is, and end it if that is asked for."""
        borrowed.close()  # the loop has set its seed, and draws nothing any more
        self._began = told = time.perf_counter()
        for batch in batches:
            self._check()
            if time.perf_counter() - told > _TELL_EVERY:
                self._tell(self)
                told = time.perf_counter()
            yield batch

    def _measure(self, model: nn.Module, tests: list[Batch]) -> float:
        accuracy = []
        for batch in tests:
            self._check()
            accuracy.append(_free_running_accuracy(model, batch))
        self.accuracy, self.measured_at = accuracy, self.history.steps
        self._tell(self)
        return sum(accuracy) / len(accuracy)

    def _check(self) -> None:
        if self._ending.is_set():
            raise _Stopped


def _free_running_accuracy(model: nn.Module, batch: Batch) -> float:
    surplus = 4  # symbols that a model may write too many until it is cut off
    said = greedy(model, batch.source, batch.source_lengths, batch.target.size(1) + surplus).tokens
    ends = (batch.target_lengths - 1).tolist()
    return token_accuracy(said, [row[:end] for row, end in zip(batch.target.tolist(), ends, strict=True)])


def _endless(batches: Iterable[Batch], seed: int) -> Iterable[Batch]:
    """Go through a list again and again, in the orders in which ``train`` would, by numbers of one's own."""
    if not isinstance(batches, list):
        yield from batches
        return
    order = random.Random(seed)
    while True:
        yield from order.sample(batches, len(batches))


@contextmanager
def _random_numbers() -> Iterator[None]:
    """Have the random numbers of the process for oneself among all runs, and give them back as they were."""
    with _SEEDING:
        kept = random.getstate(), np.random.get_state(), torch.get_rng_state()
        try:
            yield
        finally:
            random.setstate(kept[0])
            np.random.set_state(kept[1])
            torch.set_rng_state(kept[2])
