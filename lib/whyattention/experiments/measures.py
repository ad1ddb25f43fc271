"""What one unit of a sweep does: build a model, train it from a seed, and say how good it is.

Each measure returns JSON: ``parameters``, ``seconds`` of training, and tables. A table is a dict of figures.
If they are lists, one of them is the axis: ``steps``, ``lengths`` or ``lags``. The tables:

- ``curve``: over training steps, on held-out data as long as the training data;
- ``final``: after the last step, on test data;
- ``by_length``: after the last step, on test data of each length;
- ``start…`` and ``trained…``: before and after training.

Translations are free-running. Training never ends early: every unit takes as many steps as it says, so that
rows and seeds can be compared step by step.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from whyattention.adding import AddingBatch, adding_accuracy, adding_problem
from whyattention.batches import Batch
from whyattention.cells import GRUCell, LSTMCell, RNNCell
from whyattention.decoding import greedy
from whyattention.experiments.curves import Table, columns, measured, train_and_examine
from whyattention.experiments.draws import (
    Settings,
    draw_batch,
    endless,
    seeded,
    training_batches,
    vocabulary_sizes,
)
from whyattention.gradients import gradient_reach, mean_tanh_slope, spectrum, state_gradient_norms
from whyattention.metrics import alignment_error_rate, bleu, edit_rate, exact_match, token_accuracy
from whyattention.recurrent import Recurrent
from whyattention.seq2seq import Seq2Seq, build
from whyattention.training import History, set_seed, squared_error, token_loss
from whyattention.transformer import Transformer

#: Sequences of each length, and of each check of the curve.
TEST_COUNT = 256
# Seeds of what a model is tested on: far from those of the trainings, 0, 1, 2, …
_HELD_OUT, _TEST = 1_000_001, 1_000_002
#: Below this a norm is written as if it were this: its logarithm must be a number.
_SMALLEST = 1e-300
#: Symbols before the last target word that a model may write too many until it is cut off.
_SURPLUS = 4


def tokens(
    task: Settings,
    model: Settings,
    steps: int,
    check_every: int,
    learning_rate: float,
    batch: int,
    test_lengths: Sequence[int],
    seed: int,
    device: str,
) -> dict[str, Any]:
    """Train a translator on a task whose answers are tokens.

    Args:
        task: ``name`` ("copy", "reverse", "first_symbol", "delayed_copy" or "translation") and the arguments
            of the function that draws it; ``reverse_source`` reads the sources backward.
        model: Arguments of ``seq2seq.build``, without the vocabularies. ``frozen_weights`` beside them holds
            the weights of the attention uniform. With ``kind="self-attention"``, those of ``Transformer``.
        steps: Steps of training.
        check_every: Steps between two points of the curve.
        learning_rate: Adam's.
        batch: Pairs in a batch.
        test_lengths: Source lengths for ``by_length``; none, no such table.
        seed: Seed of weights and training data.
        device: Where to compute.

    Returns:
        ``curve``, ``final`` and, with lengths, ``by_length``, each with token accuracy, exact match and edit
        accuracy (one minus the mean edit rate); in a translation also BLEU, with attention also AER.
    """
    translator = _translator(task, model, seed, device)
    held_out = draw_batch(task, TEST_COUNT, _HELD_OUT, "validation").to(device)
    curve, history = _train_translator(
        translator, task, batch, steps, check_every, learning_rate, held_out, seed, device
    )
    tables = {
        "curve": curve,
        "final": _examine(translator, task, draw_batch(task, TEST_COUNT, _TEST, "test"), device),
    }
    if test_lengths:
        rows = []
        for length in test_lengths:
            test = draw_batch({**task, "min_length": length, "max_length": length}, TEST_COUNT, _TEST, "test")
            rows.append({"lengths": length, **_examine(translator, task, test, device)})
        tables["by_length"] = columns(rows)
    return measured(translator, history, tables)


def adding(
    length: int,
    model: Settings,
    steps: int,
    check_every: int,
    learning_rate: float,
    batch: int,
    seed: int,
    device: str,
) -> dict[str, Any]:
    """Train a network on the adding problem.

    Args:
        length: As for ``adding_problem``.
        model: Arguments of ``AddingNetwork``.
        steps: Steps of training.
        check_every: Steps between two points of the curve.
        learning_rate: Adam's.
        batch: Sequences in a batch.
        seed: Seed of weights and training data.
        device: Where to compute.

    Returns:
        ``curve`` and ``final``, each with accuracy and mean squared error.
    """
    set_seed(seed)
    network = AddingNetwork(**model).to(device)

    def draw(count: int, seed: int) -> AddingBatch:
        return adding_problem(count, length, generator=seeded(seed)).to(device)

    def examine(network: nn.Module, batch: AddingBatch) -> Table:
        with torch.no_grad():
            answers = network(batch.inputs, batch.lengths)
        error = (answers - batch.targets).square().mean().item()
        return {"accuracy": adding_accuracy(answers, batch.targets), "squared_error": error}

    generator = seeded(seed)
    batches = endless(lambda: adding_problem(batch, length, generator=generator), device)
    held_out = draw(4 * TEST_COUNT, _HELD_OUT)
    curve, history = train_and_examine(
        network,
        squared_error,
        batches,
        steps,
        check_every,
        learning_rate,
        seed,
        lambda network: examine(network, held_out),
    )
    final = examine(network, draw(4 * TEST_COUNT, _TEST))
    return measured(network, history, {"curve": curve, "final": final})


def reach(
    task: Settings,
    model: Settings,
    steps: int,
    check_every: int,
    learning_rate: float,
    batch: int,
    lag: int,
    seed: int,
    device: str,
) -> dict[str, Any]:
    """Measure how far gradients reach in an encoder, before training and after.

    Norms are given as log10, averaged over four sequences: as geometric means.

    Args:
        task: As for ``tokens``; measured are sequences of it that are ``lag`` long.
        model: As for ``tokens``.
        steps: As for ``tokens``.
        check_every: As for ``tokens``.
        learning_rate: As for ``tokens``.
        batch: As for ``tokens``.
        lag: The longest lag.
        seed: As for ``tokens``.
        device: Where to train; gradients are measured on the CPU, in float64.

    Returns:
        ``curve`` as for ``tokens``; for "start" and "trained" the tables ``…_states`` (by lag, the norm of
        the Jacobian of ``hidden`` and of ``cell`` state), ``…_loss`` (by lag, from the loss of the first
        target word to the embedding of a source word) and for an RNN ``…_spectrum``.
    """
    translator = _translator(task, model, seed, device)
    sequences = draw_batch({**task, "min_length": lag, "max_length": lag}, 4, _TEST, "test")
    held_out = draw_batch(task, TEST_COUNT, _HELD_OUT, "validation").to(device)
    start = {f"start_{name}": table for name, table in _gradients(translator, sequences).items()}
    curve, history = _train_translator(
        translator, task, batch, steps, check_every, learning_rate, held_out, seed, device
    )
    trained = {f"trained_{name}": table for name, table in _gradients(translator, sequences).items()}
    return measured(translator, history, {"curve": curve, **start, **trained})


#: The measures by the names that units call them.
MEASURES: dict[str, Callable[..., dict[str, Any]]] = {"tokens": tokens, "adding": adding, "reach": reach}


class AddingNetwork(nn.Module):
    """Read a sequence of pairs and answer with one number: a cell, unrolled, and a linear read-out.

    Args:
        kind: "rnn", "lstm" or "gru".
        hidden: Width of the states.
        forget_bias: As for ``seq2seq.build``.
    """

    def __init__(self, kind: str, hidden: int, forget_bias: float | None = None) -> None:
        super().__init__()
        cell = {"rnn": RNNCell, "lstm": LSTMCell, "gru": GRUCell}[kind]
        bias = () if forget_bias is None else (forget_bias,)
        self.recurrent = Recurrent(cell(2, hidden, *bias))
        self.answer = nn.Linear(hidden, 1)

    def forward(
        self, inputs: Float[Tensor, "batch steps 2"], lengths: Int[Tensor, " batch"]
    ) -> Float[Tensor, " batch"]:
        """Return an answer for each sequence."""
        _, final = self.recurrent(inputs, lengths)
        return self.answer(final[0]).squeeze(-1)


def _translator(task: Settings, model: Settings, seed: int, device: str) -> Seq2Seq | Transformer:
    set_seed(seed)
    return build_model(vocabulary_sizes(task), **model).to(device)


def build_model(
    vocabularies: tuple[int, int], kind: str, frozen_weights: bool = False, **options: Any
) -> Seq2Seq | Transformer:
    """Make the translator of a row; see ``tokens`` on its options."""
    if kind == "self-attention":
        return Transformer(*vocabularies, **options)
    translator = build(*vocabularies, kind=kind, **options)
    if frozen_weights:
        translator.decoder.score = no_preference
    return translator


def no_preference(
    query: Float[Tensor, "*batch queries width"], keys: Float[Tensor, "*batch keys width"]
) -> Float[Tensor, "*batch queries keys"]:
    """Score all keys alike: softmax makes uniform weights of it, and nothing can be learned of them."""
    return query.new_zeros(*query.shape[:-1], keys.size(-2))


def _train_translator(
    translator: Seq2Seq,
    task: Settings,
    batch: int,
    steps: int,
    check_every: int,
    learning_rate: float,
    held_out: Batch,
    seed: int,
    device: str,
) -> tuple[Table, History]:
    return train_and_examine(
        translator,
        token_loss,
        training_batches(task, batch, seed, device),
        steps,
        check_every,
        learning_rate,
        seed,
        lambda translator: _rates(*_translate(translator, held_out)),
    )


def _translate(translator: Seq2Seq, batch: Batch) -> tuple[list[list[int]], list[list[int]]]:
    """Translate a batch greedily; return what was said and what should have been."""
    longest = batch.target.size(1) + _SURPLUS
    said = greedy(translator, batch.source, batch.source_lengths, longest).tokens
    ends = (batch.target_lengths - 1).tolist()
    return said, [row[:end] for row, end in zip(batch.target.tolist(), ends, strict=True)]


def _rates(said: list[list[int]], expected: list[list[int]]) -> Table:
    edits = [edit_rate(one, other) for one, other in zip(said, expected, strict=True)]
    return {
        "token_accuracy": token_accuracy(said, expected),
        "exact_match": exact_match(said, expected),
        "edit_accuracy": 1 - sum(edits) / len(edits),
    }


def _examine(translator: Seq2Seq, task: Settings, batch: Batch, device: str) -> Table:
    batch = batch.to(device)
    said, expected = _translate(translator, batch)
    figures = _rates(said, expected)
    if task["name"] == "translation":
        figures["bleu"] = bleu(said, expected)
    with torch.no_grad():
        weights = translator(batch.source, batch.source_lengths, batch.target_inputs).weights
    if weights is not None:
        figures["alignment_error_rate"] = alignment_error_rate(weights, batch)
    return figures


def _gradients(translator: Seq2Seq, sequences: Batch) -> dict[str, Table]:
    cell = translator.encoder.recurrent.cell
    with torch.no_grad():
        inputs = translator.encoder.embedding(sequences.source.to(cell.input_weight.device))
    states: Table = {"hidden": _mean_log(state_gradient_norms(cell, inputs))}
    if isinstance(cell, LSTMCell):
        states["cell"] = _mean_log(state_gradient_norms(cell, inputs, part="cell"))
    lags = len(states["hidden"])
    first_word = gradient_reach(translator, sequences)[:, 0].flip(1)  # the nearest source word first
    tables = {
        "states": {"lags": list(range(lags)), **states},
        "loss": {"lags": list(range(1, lags)), "embedding": _mean_log(first_word)},
    }
    if isinstance(cell, RNNCell):
        values, radius = spectrum(cell.hidden_weight.detach())
        tables["spectrum"] = {
            "largest_singular_value": values[0].item(),
            "spectral_radius": radius,
            "mean_tanh_slope": mean_tanh_slope(cell, inputs).mean().item(),
        }
    return tables


def _mean_log(norms: Float[Tensor, "batch lags"]) -> list[float]:
    return norms.clamp(min=_SMALLEST).log10().mean(dim=0).tolist()
