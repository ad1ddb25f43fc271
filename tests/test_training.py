"""A seed repeats a training bit for bit; the loop learns, stops at a plateau and says what happened."""

from __future__ import annotations

import io
import json
import math
import random
import sys
import time

import numpy as np
import pytest
import torch
from jupyter_client.manager import start_new_kernel
from torch import nn
from torch.nn import functional
from torch.utils.data import DataLoader

from whyattention import seq2seq
from whyattention.adding import adding_problem
from whyattention.batches import PAD, make_batch
from whyattention.cells import LSTMCell
from whyattention.recurrent import Recurrent
from whyattention.training import History, set_seed, squared_error, token_loss, train

pytestmark = pytest.mark.usefixtures("own_randomness")


def draws():
    return random.random(), np.random.rand(), torch.rand(()).item()


def test_one_seed_repeats_the_numbers_of_python_numpy_and_pytorch():
    set_seed(3)
    first = draws()
    set_seed(3)
    assert draws() == first
    set_seed(4)
    assert all(other != one for other, one in zip(draws(), first, strict=True))


def test_training_twice_from_one_seed_gives_the_same_bytes():
    def train():
        set_seed(0)
        model = torch.nn.GRU(8, 32, batch_first=True)
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
        for _ in range(5):
            states, _ = model(torch.randn(16, 20, 8))
            loss = (states - torch.randn_like(states)).square().mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        return torch.cat([parameter.detach().flatten() for parameter in model.parameters()])

    assert torch.equal(train(), train())


def test_computation_runs_on_one_thread_afterwards():
    torch.set_num_threads(2)
    set_seed(0)
    assert torch.get_num_threads() == 1
    assert torch.backends.cudnn.deterministic
    assert not torch.backends.cudnn.benchmark


@pytest.mark.parametrize("seed", [0, 2**32 - 1])
def test_the_whole_range_of_numpy_is_a_seed(seed):
    set_seed(seed)


@pytest.mark.parametrize("seed", [1.0, "1", None, True])
def test_a_seed_that_is_no_integer_is_named(seed):
    with pytest.raises(TypeError, match=r"seed must be an integer|parameter 'seed'"):
        set_seed(seed)


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_a_seed_out_of_range_is_named(seed):
    with pytest.raises(ValueError, match=rf"seed must be from 0 to 2\*\*32 - 1, got {seed}"):
        set_seed(seed)


# The loop


def copy_batches(length=3, size=32):
    """Batches for ever of sequences to copy, drawn from PyTorch's random numbers."""
    while True:
        rows = torch.randint(4, 8, (size, length)).tolist()
        yield make_batch(rows, rows)


def copier(seed=0, **options):
    set_seed(seed)
    return seq2seq.build(8, 8, kind="gru", hidden=32, embedding=8, **options)


def flat(model):
    return torch.cat([parameter.detach().flatten() for parameter in model.parameters()])


def distance(model, batch):
    """The loss of a line that should have slope 3."""
    return (model(batch) - 3 * batch).square().mean()


def line():
    set_seed(0)
    return nn.Linear(1, 1)


POINTS = torch.linspace(-1, 1, 8).unsqueeze(1)


@pytest.mark.parametrize("attention", [None, {}], ids=["fixed vector", "attention"])
def test_a_small_model_learns_to_copy(attention):
    model = copier(attention=attention)
    history = train(model, token_loss, copy_batches(), steps=300, learning_rate=1e-2)
    assert history.losses[0] > 1.5
    assert np.mean(history.losses[-10:]) < 0.1
    batch = next(copy_batches(size=200))
    predicted = model(batch.source, batch.source_lengths, batch.target_inputs).logits.argmax(-1)
    assert (predicted == batch.target).float().mean() > 0.95


class Adder(nn.Module):
    def __init__(self):
        super().__init__()
        self.recurrent = Recurrent(LSTMCell(2, 16, forget_bias=3.0))
        self.prediction = nn.Linear(16, 1)

    def forward(self, inputs, lengths):
        _, (h, _) = self.recurrent(inputs, lengths)
        return self.prediction(h).squeeze(1)


def test_a_regressor_learns_the_adding_problem():
    set_seed(0)
    model, generator = Adder(), torch.Generator().manual_seed(0)
    batches = (adding_problem(64, 12, generator=generator) for _ in range(300))
    history = train(model, squared_error, batches, steps=300, learning_rate=1e-2)
    assert np.mean(history.losses[-10:]) < 0.01
    batch = adding_problem(1000, 12, generator=generator)
    by_hand = (model(batch.inputs, batch.lengths) - batch.targets).square().sum() / 1000
    torch.testing.assert_close(squared_error(model, batch), by_hand)
    with torch.no_grad():
        for parameter in model.prediction.parameters():
            parameter.zero_()
        model.prediction.bias.fill_(0.5)
    assert squared_error(model, batch).item() == pytest.approx(1 / 24, rel=0.2)


def test_two_runs_from_one_seed_are_bit_equal_and_another_seed_is_not():
    def run(seed):
        model = copier(attention={})
        history = train(
            model,
            token_loss,
            copy_batches(),
            steps=12,
            seed=seed,
            validate=lambda model: token_loss(model, make_batch([[4, 5]], [[4, 5]])).item(),
            validate_every=5,
        )
        return flat(model), history

    weights, history = run(3)
    weights_again, history_again = run(3)
    assert torch.equal(weights, weights_again)
    assert history == history_again
    assert history.seed == 3
    weights_other, history_other = run(4)
    assert not torch.equal(weights, weights_other)
    assert history.losses != history_other.losses


def test_the_loss_of_a_translator_counts_every_real_token_alike_and_no_padding():
    model = copier()
    batch = make_batch([[4, 5, 6], [7]], [[4, 5, 6], [7]])
    logits = model(batch.source, batch.source_lengths, batch.target_inputs).logits
    nats = [
        -logits[b, t].log_softmax(-1)[batch.target[b, t]]
        for b, length in enumerate(batch.target_lengths)
        for t in range(length)
    ]
    assert len(nats) == 6
    torch.testing.assert_close(token_loss(model, batch), torch.stack(nats).mean())
    assert (batch.target == PAD).sum() == 2


def test_the_steps_are_those_of_adam_on_clipped_gradients():
    model, clip = line(), 0.5
    by_hand = nn.Linear(1, 1)
    by_hand.load_state_dict(model.state_dict())
    history = train(model, distance, [POINTS], steps=5, learning_rate=0.1, clip=clip)
    optimizer = torch.optim.Adam(by_hand.parameters(), lr=0.1)
    losses, norms = [], []
    for _ in range(5):
        loss = distance(by_hand, POINTS)
        optimizer.zero_grad()
        loss.backward()
        norms.append(nn.utils.clip_grad_norm_(by_hand.parameters(), clip).item())
        optimizer.step()
        losses.append(loss.item())
    assert history.losses == pytest.approx(losses, rel=1e-5)
    assert history.gradient_norms == pytest.approx(norms, rel=1e-5)
    assert max(norms) > clip
    torch.testing.assert_close(flat(model), flat(by_hand), rtol=1e-4, atol=1e-5)


def test_a_sequence_of_batches_is_gone_through_in_another_order_each_time():
    seen = []

    def loss_of(model, batch):
        seen.append(batch)
        return model.weight.square().sum()

    train(line(), loss_of, list(range(6)), steps=18)
    passes = [seen[:6], seen[6:12], seen[12:]]
    assert all(sorted(one) == list(range(6)) for one in passes)
    assert len({tuple(one) for one in passes}) == 3


def test_a_data_loader_is_gone_through_again():
    loader = DataLoader(torch.linspace(-1, 1, 6).unsqueeze(1), batch_size=2)
    assert train(line(), distance, loader, steps=8).steps == 8


@pytest.mark.parametrize("batches", [[], iter([POINTS, POINTS])], ids=["none", "two"])
def test_batches_that_do_not_suffice_are_an_error(batches):
    with pytest.raises(ValueError, match=r"batches must suffice for 3 steps, got [02]"):
        train(line(), distance, batches, steps=3)


# Validation and the plateau


def scripted(figures):
    """A validation that returns these figures in turn."""
    remaining = iter(figures)
    return lambda model: next(remaining)


def test_validation_sees_the_model_in_evaluation_mode_and_leaves_training_as_it_was():
    modes = []

    def validate(model):
        modes.append((model.training, torch.is_grad_enabled()))
        return 1.0

    def loss_of(model, batch):
        assert model.training
        return distance(model, batch)

    model, plain = line().eval(), line()
    history = train(model, loss_of, [POINTS], steps=7, validate=validate, validate_every=3)
    assert modes == [(False, False)] * 3
    assert history.validated_at == [3, 6, 7]
    assert history.validation == [1.0, 1.0, 1.0]
    assert not model.training
    train(plain, distance, [POINTS], steps=7)
    assert torch.equal(flat(model), flat(plain))


@pytest.mark.parametrize(
    ("better", "figures", "minimum_improvement", "steps"),
    [
        ("lower", [5, 4, 3, 3, 3, 2], 0.0, 10),
        ("higher", [1, 2, 3, 3, 1, 4], 0.0, 10),
        ("lower", [5, 4.95, 4.91, 3], 0.1, 6),
        ("lower", [5, 4.95, 4.85, 4.8, 4.8, 1], 0.1, 10),
        ("higher", [-5, -5, -6], 0.0, 6),
    ],
)
def test_training_stops_after_validations_without_improvement(better, figures, minimum_improvement, steps):
    history = train(
        line(),
        distance,
        [POINTS],
        steps=12,
        validate=scripted(figures),
        validate_every=2,
        better=better,
        patience=2,
        minimum_improvement=minimum_improvement,
    )
    assert history.steps == steps
    assert history.stopped_early
    assert history.validation == figures[: steps // 2]


def test_training_that_improves_goes_on_to_the_end():
    history = train(
        line(), distance, [POINTS], steps=6, validate=scripted([3, 2, 1]), validate_every=2, patience=1
    )
    assert history.steps == 6
    assert not history.stopped_early


@pytest.mark.parametrize(("keep_best", "kept"), [(True, 4), (False, 8)])
def test_the_best_weights_are_kept_only_if_asked_for(keep_best, kept):
    after = []

    def validate(model):
        after.append(flat(model))
        return [2.0, 1.0, 3.0, 3.0][len(after) - 1]

    model = line()
    train(model, distance, [POINTS], steps=8, validate=validate, validate_every=2, keep_best=keep_best)
    assert torch.equal(flat(model), after[kept // 2 - 1])
    assert not torch.equal(after[1], after[3])


# What goes wrong on the way


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_loss_that_is_no_number_stops_at_its_step_and_spares_the_weights(bad):
    taken = []

    def loss_of(model, batch):
        taken.append(flat(model))
        return distance(model, batch) * (bad if len(taken) == 4 else 1)

    model, history = line(), History()
    with pytest.raises(FloatingPointError, match=rf"loss must be finite, got {bad} at step 4"):
        train(model, loss_of, [POINTS], steps=9, history=history)
    assert history.steps == 3
    assert torch.equal(flat(model), taken[-1])


def test_a_gradient_that_is_no_number_stops_at_its_step_and_spares_the_weights():
    model = line()
    before = flat(model)

    def loss_of(model, batch):
        return (model.weight - model.weight.detach()).abs().sum().sqrt()  # of slope infinite at zero

    with pytest.raises(FloatingPointError, match="norm of the gradient must be finite, got nan at step 1"):
        train(model, loss_of, [POINTS], steps=2)
    assert torch.equal(flat(model), before)


def test_a_validation_figure_that_is_no_number_is_an_error():
    with pytest.raises(FloatingPointError, match="validation figure must be finite, got nan at step 2"):
        train(line(), distance, [POINTS], steps=4, validate=scripted([math.nan]), validate_every=2)


def test_an_interruption_leaves_the_history_and_a_model_that_can_be_used():
    calls = []

    def loss_of(model, batch):
        calls.append(flat(model))
        if len(calls) == 5:
            raise KeyboardInterrupt
        return distance(model, batch)

    model, history = line().eval(), History()
    with pytest.raises(KeyboardInterrupt):
        train(model, loss_of, [POINTS], steps=9, validate=scripted([1, 1]), validate_every=2, history=history)
    assert history.steps == 4
    assert history.validated_at == [2, 4]
    assert history.seconds > 0
    assert not model.training
    assert torch.equal(flat(model), calls[-1])
    assert train(model, distance, [POINTS], steps=3).steps == 3


def test_an_interruption_during_validation_leaves_the_mode_as_it_was():
    def validate(model):
        raise KeyboardInterrupt

    model = line()
    with pytest.raises(KeyboardInterrupt):
        train(model, distance, [POINTS], steps=2, validate=validate)
    assert model.training


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"steps": 0}, "steps must be an integer of at least 1, got 0"),
        ({"learning_rate": 0.0}, "learning_rate must be above 0 and finite, got 0.0"),
        ({"learning_rate": math.nan}, "learning_rate must be above 0 and finite, got nan"),
        ({"clip": -1.0}, "clip must be above 0 and finite, got -1.0"),
        ({"validate_every": 0}, "validate_every must be an integer of at least 1, got 0"),
        ({"patience": 0}, "patience must be an integer of at least 1, got 0"),
        ({"patience": 2}, "need a validate function"),
        ({"keep_best": True}, "need a validate function"),
        ({"minimum_improvement": -0.1}, "minimum_improvement must be 0 or above and finite, got -0.1"),
        ({"better": "greater"}, 'better must be "lower" or "higher"|Literal|parameter'),
        ({"seed": -1}, "seed must be from 0"),
        ({"history": History(losses=[1.0])}, "history must be empty, got one of seed None and 1 steps"),
    ],
)
def test_an_option_out_of_range_is_named_before_anything_is_trained(options, message):
    model = line()
    before = flat(model)
    with pytest.raises((ValueError, TypeError), match=message):
        train(model, distance, [POINTS], **({"steps": 2} | options))
    assert torch.equal(flat(model), before)


def test_a_loss_of_several_numbers_is_an_error():
    with pytest.raises(ValueError, match=r"loss_of must return one number, got shape \(8, 1\)"):
        train(line(), lambda model, batch: functional.relu(model(batch)), [POINTS], steps=1)


# The history


def test_a_history_comes_back_from_json_with_all_its_digits():
    history = train(
        line(), distance, [POINTS], steps=5, seed=9, validate=scripted([1 / 3, 1 / 7]), validate_every=3
    )
    again = History.from_json(history.to_json())
    assert again == history
    assert again.seconds == history.seconds > 0
    assert json.loads(history.to_json())["losses"] == history.losses


def test_histories_differ_by_all_but_their_times():
    assert History(seconds=1.0) == History(seconds=2.0)
    assert History(seed=1) != History(seed=2)
    assert History(stopped_early=True) != History()


GOOD = json.loads(History(seed=0, losses=[1.0], gradient_norms=[1.0]).to_json())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Expecting value"),
        ("[]", "JSON object with the fields"),
        (json.dumps({"seed": 1}), "JSON object with the fields"),
        (json.dumps(GOOD | {"more": 1}), "JSON object with the fields"),
        (json.dumps(GOOD | {"losses": "ab"}), "losses must be a list of numbers, got 'ab'"),
        (json.dumps(GOOD | {"validation": ["x"]}), r"validation must be a list of numbers, got \['x'\]"),
        (json.dumps(GOOD | {"losses": [1.0, 2.0]}), "losses and gradient_norms must be equally many, got 2"),
        (json.dumps(GOOD | {"validated_at": [1]}), "validated_at and validation must be equally many, got 1"),
    ],
)
def test_a_text_that_is_no_history_is_an_error(text, message):
    with pytest.raises(ValueError, match=message):
        History.from_json(text)


# The progress bar

SCRIPT = """
import torch
from whyattention.training import train
train(torch.nn.Linear(1, 1), lambda m, b: m(b).square().mean(), [torch.ones(2, 1)], steps=3)
"""


@pytest.mark.parametrize(("progress", "shown"), [(None, False), (False, False), (True, True)])
def test_the_bar_is_silent_where_nobody_looks_and_can_be_asked_for(progress, shown, capfd):
    train(line(), distance, [POINTS], steps=3, progress=progress)
    out, err = capfd.readouterr()
    assert out == ""
    assert ("training" in err) is shown


def test_the_bar_shows_in_a_terminal(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr("sys.stderr", Terminal())
    losses = iter([1.0, 1.0, 1.0])

    def loss_of(model, batch):
        time.sleep(0.15)  # a bar is drawn ten times a second at most
        return model.weight.sum() * 0 + next(losses)

    train(line(), loss_of, [POINTS], steps=3, validate=scripted([0.25, 0.5]), validate_every=2)
    shown = sys.stderr.getvalue()
    assert "training" in shown
    assert "2/3" in shown
    assert "loss 1.000, validation 0.250" in shown
    assert shown.endswith("\r")  # it has cleared its line


def test_the_bar_is_a_widget_in_an_open_notebook_and_silent_in_one_that_a_program_runs():
    manager, client = start_new_kernel()
    try:

        def outputs(allow_stdin):
            seen = []
            reply = client.execute_interactive(
                SCRIPT, allow_stdin=allow_stdin, output_hook=seen.append, timeout=60
            )
            assert reply["content"]["status"] == "ok", reply["content"]
            return [m["content"] for m in seen if m["msg_type"] in ("stream", "display_data", "error")]

        assert outputs(allow_stdin=False) == []  # nbval, nbclient
        (shown,) = outputs(allow_stdin=True)  # JupyterLab, Notebook
        assert "application/vnd.jupyter.widget-view+json" in shown["data"]
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
