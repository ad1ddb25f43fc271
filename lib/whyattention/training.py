"""Training: one explicit loop for every model of the book, what it starts with and what it tells.

``train`` knows nothing of the model: a loss function takes the model and a batch and returns one number.
``token_loss`` is that of a translator, ``squared_error`` that of the adding problem. ``History`` holds what
was measured on the way.
"""

from __future__ import annotations

import copy
import json
import math
import random
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Literal, TypeVar

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional
from tqdm.auto import tqdm

from whyattention.adding import AddingBatch
from whyattention.batches import PAD, Batch
from whyattention.gradients import clip_norm

Item = TypeVar("Item")
Loss = Callable[[nn.Module, Item], Tensor]

#: What the progress bar says.
TEXT = {"training": "training", "step": "step", "loss": "loss {:.3f}", "figure": ", validation {:.3f}"}


def set_seed(seed: int) -> None:
    """Start the random numbers of Python, NumPy and PyTorch from one seed, and compute on one thread.

    The seed alone is not enough. Several threads add up a long sum in parts, and a sum taken in other parts
    is rounded differently: after some hundred steps of training the difference shows. One thread is also what
    Binder has. With one thread a processor repeats itself exactly, so PyTorch's
    ``use_deterministic_algorithms`` has nothing to add. Another processor may still differ in the last
    digits: assert a claim with a margin.

    On an accelerator cuDNN is asked to choose its deterministic algorithms, and the same ones each time.

    Args:
        seed: An integer from 0 to 2**32 - 1, the range that NumPy takes.

    Raises:
        TypeError: ``seed`` is not an integer.
        ValueError: ``seed`` is out of range.

    Example:
        >>> set_seed(7)
        >>> first = torch.rand(3)
        >>> set_seed(7)
        >>> torch.equal(first, torch.rand(3))
        True
    """
    if not isinstance(seed, int) or isinstance(seed, bool):
        raise TypeError(f"seed must be an integer, got {type(seed).__name__}")
    if not 0 <= seed < 2**32:
        raise ValueError(f"seed must be from 0 to 2**32 - 1, got {seed}")
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.benchmark = False


@dataclass
class History:
    """What was measured while a model was trained. Entries are added, never changed.

    Two histories are equal if all but their times are.

    Attributes:
        seed: The seed that training started from; None before.
        losses: Training loss of each step, before its update.
        gradient_norms: Norm of the gradient of each step, before clipping.
        validated_at: The steps, counted from 1, after which the model was validated.
        validation: The figure of each validation.
        seconds: Time that the steps took; validation is not counted.
        stopped_early: Whether a plateau ended training before its last step.

    Taught in:
        Chapter 2.

    Example:
        >>> history = History(seed=0, losses=[2.5, 1.5], gradient_norms=[3.0, 0.5])
        >>> History.from_json(history.to_json()) == history
        True
    """

    seed: int | None = None
    losses: list[float] = field(default_factory=list)
    gradient_norms: list[float] = field(default_factory=list)
    validated_at: list[int] = field(default_factory=list)
    validation: list[float] = field(default_factory=list)
    seconds: float = field(default=0.0, compare=False)
    stopped_early: bool = False

    @property
    def steps(self) -> int:
        """The number of steps taken."""
        return len(self.losses)

    def to_json(self) -> str:
        """Return the history as a JSON object; every number keeps all its digits."""
        return json.dumps(asdict(self), allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> History:
        """Return the history that ``to_json`` wrote.

        Raises:
            ValueError: ``text`` is not the JSON of a history.
        """
        values = json.loads(text)
        names = {entry.name for entry in fields(cls)}
        if not isinstance(values, dict) or set(values) != names:
            raise ValueError(f"text must be a JSON object with the fields {sorted(names)}, got {text:.60}")
        for one, other in (("losses", "gradient_norms"), ("validated_at", "validation")):
            for name in (one, other):
                if not isinstance(values[name], list) or not all(map(_is_number, values[name])):
                    raise ValueError(f"{name} must be a list of numbers, got {values[name]!r:.60}")
            if len(values[one]) != len(values[other]):
                counts = f"{len(values[one])} and {len(values[other])}"
                raise ValueError(f"{one} and {other} must be equally many, got {counts}")
        return cls(**values)


def token_loss(model: nn.Module, batch: Batch) -> Float[Tensor, ""]:
    """Return the mean cross-entropy of the real target tokens, under teacher forcing.

    ::

        loss = - 1/N Σ log p(y_t | y_1 … y_{t-1}, x)        over the N tokens y_t that are not padding

    Every token counts the same, in a long sentence and in a short one; ``EOS`` is one of them.

    Args:
        model: A ``Seq2Seq``.
        batch: The pairs, on the model's device.

    Returns:
        The loss, in nats a token.

    Taught in:
        Chapter 1.
    """
    logits = model(batch.source, batch.source_lengths, batch.target_inputs).logits  # (B, T, V)
    return functional.cross_entropy(logits.flatten(0, 1), batch.target.flatten(), ignore_index=PAD)


def squared_error(model: nn.Module, batch: AddingBatch) -> Float[Tensor, ""]:
    """Return the mean squared error of a model that answers each sequence with one number.

    Args:
        model: Takes ``batch.inputs`` and ``batch.lengths`` and returns answers of shape (batch,).
        batch: Sequences of the adding problem, on the model's device.

    Returns:
        The loss; a model that always answers 0.5 has about 1/24.

    Taught in:
        Chapter 4.
    """
    return functional.mse_loss(model(batch.inputs, batch.lengths), batch.targets)


def train(
    model: nn.Module,
    loss_of: Loss,
    batches: Iterable[Item],
    *,
    steps: int,
    learning_rate: float = 1e-3,
    clip: float | None = 1.0,
    seed: int = 0,
    validate: Callable[[nn.Module], float] | None = None,
    validate_every: int = 100,
    better: Literal["lower", "higher"] = "lower",
    patience: int | None = None,
    minimum_improvement: float = 0.0,
    keep_best: bool = False,
    progress: bool | None = None,
    history: History | None = None,
) -> History:
    """Train a model with Adam, one batch a step, and say what happened.

    The seed is set before the first batch is taken, which also puts the computation on one thread: a model
    of equal weights, trained on equal batches from one seed, ends with the same bytes on the same machine.

    An interruption by the keyboard goes on to the caller. The model is then as the last step left it, and a
    ``history`` that was passed holds all up to there.

    Args:
        model: What to train, in place; it is left in the mode, training or evaluation, in which it came.
        loss_of: Takes the model and a batch and returns the loss, one number, such as ``token_loss``.
        batches: Batches on the model's device. An iterator gives one for each step, so that it must not end
            early. A sequence is gone through again and again, each time in another order; any other
            iterable, such as a ``DataLoader``, again and again in its own.
        steps: How many steps to take at most.
        learning_rate: Adam's.
        clip: The largest norm of a gradient that is not scaled down; None clips nothing.
        seed: For ``set_seed``.
        validate: Takes the model, in evaluation mode and without gradients, and returns the figure that
            ``better``, ``patience`` and ``keep_best`` speak of. None: no validation.
        validate_every: Steps between two validations; one more follows the last step.
        better: Whether a good figure is a "lower" one, as of a loss, or a "higher" one, as of an accuracy.
        patience: Stop after so many validations in a row without improvement: at a plateau. None: never.
        minimum_improvement: A figure must be better than the best one by more than this to count.
        keep_best: End with the weights of the best validation instead of those of the last step.
        progress: Whether to show a progress bar. None: where someone is there to see it, which is in a
            terminal and in a notebook that is open, but not in a notebook that is run by a program.
        history: An empty history to fill, for a caller who needs it even if training is interrupted.

    Returns:
        The history, ``history`` itself if it was passed.

    Raises:
        FloatingPointError: A loss, a gradient's norm or a validation figure is NaN or infinite. The message
            names the step; its update was not made.
        TypeError: ``seed`` is not an integer.
        ValueError: An option is out of range; ``history`` is not empty; the batches ended; a loss is not one
            number.

    Source:
        Adam: Kingma & Ba 2015. Clipping: Pascanu et al. 2013.

    Taught in:
        Chapter 1; clipping in chapter 3.

    Example:
        >>> model = nn.Linear(1, 1)
        >>> inputs = torch.linspace(-1, 1, 8).unsqueeze(1)
        >>> def loss_of(model, batch):
        ...     return (model(batch) - 3 * batch).square().mean()
        >>> history = train(model, loss_of, [inputs], steps=200, learning_rate=0.1)
        >>> history.steps, history.losses[-1] < 1e-3
        (200, True)
    """
    history = History() if history is None else history
    _check_options(
        steps, learning_rate, clip, validate, validate_every, better, patience, minimum_improvement, keep_best
    )
    if history != History():
        raise ValueError(f"history must be empty, got one of seed {history.seed} and {history.steps} steps")
    set_seed(seed)
    history.seed = seed
    optimizer = torch.optim.Adam(model.parameters(), lr=learning_rate)
    stream = _stream(batches)
    sign = 1 if better == "higher" else -1
    best, best_weights, without_improvement = -math.inf, None, 0
    mode_before = model.training
    model.train()
    bar = tqdm(
        total=steps,
        desc=TEXT["training"],
        unit=TEXT["step"],
        leave=False,
        disable=not (is_watched() if progress is None else progress),
    )
    try:
        for step in range(1, steps + 1):
            began = time.perf_counter()
            try:
                batch = next(stream)
            except StopIteration:
                raise ValueError(f"batches must suffice for {steps} steps, got {step - 1}") from None
            loss = loss_of(model, batch)
            if loss.ndim:
                raise ValueError(f"loss_of must return one number, got shape {tuple(loss.shape)}")
            value = loss.item()
            _require_finite("loss", value, step)
            optimizer.zero_grad()
            loss.backward()
            norm = clip_norm(model.parameters(), math.inf if clip is None else clip)
            _require_finite("norm of the gradient", norm, step)
            optimizer.step()
            history.losses.append(value)
            history.gradient_norms.append(norm)
            history.seconds += time.perf_counter() - began

            if validate is not None and (step % validate_every == 0 or step == steps):
                figure = _validate(model, validate)
                _require_finite("validation figure", figure, step)
                history.validated_at.append(step)
                history.validation.append(figure)
                if sign * figure - best > minimum_improvement:
                    best, without_improvement = sign * figure, 0
                    best_weights = copy.deepcopy(model.state_dict()) if keep_best else None
                else:
                    without_improvement += 1
            bar.set_postfix_str(_describe(history), refresh=False)
            bar.update()
            if patience is not None and without_improvement >= patience:
                history.stopped_early = step < steps
                break
    finally:
        bar.close()
        model.train(mode_before)
    if best_weights is not None:
        model.load_state_dict(best_weights)
    return history


def is_watched() -> bool:
    """Whether anybody would see a progress bar.

    In a terminal somebody does, in a pipe or a file nobody. In a notebook somebody does if a page in a
    browser runs the cell; other programs that run it would store the bar among its outputs.

    Returns:
        True where a bar is worth drawing; :func:`train` asks this where ``progress`` is None.
    """
    ipython = sys.modules.get("IPython")
    kernel = getattr(ipython and ipython.get_ipython(), "kernel", None)
    if kernel is None:
        return sys.stderr.isatty()
    # A page in a browser lets a kernel ask its reader a question; nbval, nbclient and papermill do not.
    return bool(kernel.get_parent().get("content", {}).get("allow_stdin", False))


def _check_options(
    steps: int,
    learning_rate: float,
    clip: float | None,
    validate: object,
    validate_every: int,
    better: str,
    patience: int | None,
    minimum_improvement: float,
    keep_best: bool,
) -> None:
    counts = {"steps": steps, "validate_every": validate_every, "patience": patience}
    for name, count in counts.items():
        if count is not None and (not isinstance(count, int) or count < 1):
            raise ValueError(f"{name} must be an integer of at least 1, got {count!r}")
    for name, size in {"learning_rate": learning_rate, "clip": clip}.items():
        if size is not None and not 0 < size < math.inf:
            raise ValueError(f"{name} must be above 0 and finite, got {size!r}")
    if not 0 <= minimum_improvement < math.inf:
        raise ValueError(f"minimum_improvement must be 0 or above and finite, got {minimum_improvement!r}")
    if better not in ("lower", "higher"):
        raise ValueError(f'better must be "lower" or "higher", got {better!r}')
    if validate is None and (patience is not None or keep_best):
        raise ValueError("patience and keep_best need a validate function, got None")


def _stream(batches: Iterable[Item]) -> Iterator[Item]:
    """Go through ``batches`` again and again, as far as they can be gone through again."""
    while True:
        again = False
        for batch in random.sample(batches, len(batches)) if isinstance(batches, Sequence) else batches:
            again = not isinstance(batches, Iterator)
            yield batch
        if not again:
            return


def _validate(model: nn.Module, validate: Callable[[nn.Module], float]) -> float:
    model.eval()
    with torch.no_grad():
        figure = float(validate(model))
    model.train()
    return figure


def _require_finite(name: str, value: float, step: int) -> None:
    if not math.isfinite(value):
        raise FloatingPointError(f"{name} must be finite, got {value} at step {step}")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _describe(history: History) -> str:
    figure = TEXT["figure"].format(history.validation[-1]) if history.validation else ""
    return TEXT["loss"].format(history.losses[-1]) + figure
