"""The named sweeps: what each varies, for how long it trains, and what that costs.

A sweep is a value of plain settings, and nothing here needs torch. Rows of several sweeps may be the same
training; it is run once. Common to all, unless a row says otherwise: batches of 64, Adam at 0.001, gradients
clipped at norm 1, 64 hidden units, embeddings of 32, an alphabet of 16.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from whyattention.experiments.units import Row, Sweep, Unit

Settings = dict[str, Any]

#: The arguments of ``AttentionDecoder`` that make the last-state control.
CONTROL = {"last_state_control": True}
TRANSLATION = {"name": "translation", "min_length": 3, "max_length": 12}
#: Trained are translations up to 12 words, and copies up to 20 symbols; tested are longer ones, too.
TRANSLATION_LENGTHS = (3, 4, 6, 8, 10, 12, 15, 20, 25, 30, 40)
COPY_LENGTHS = (1, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 25, 30)
#: Width of the base with as many parameters as the row, and of a fixed vector with as many as the base.
SIZE_MATCHED = {
    "general": 66,
    "additive": 69,
    "query: the previous state": 71,
    "no input feeding": 56,
    "both directions": 60,
}
SIZE_MATCHED_FIXED_VECTOR = 82
#: Faster rates, where 0.001 takes thousands of steps more: for copies of many symbols, for translations, and
#: for the adding problem.
COPY_RATE, TRANSLATION_RATE, ADDING_RATE = 0.005, 0.003, 0.003
#: Self-attention learns translations in a few hundred steps. At 0.003 a trial lost them again for a while.
SELF_ATTENTION_RATE = 0.001
WIDTHS = (16, 32, 64, 128)
LAGS = (20, 50, 100)
LOADS_OF_COPY, LAGS_OF_COPY = (1, 5, 20), (0, 30, 100)

# Milliseconds of training for one step in time of one batch of 64, with 64 hidden units: forward and back.
_MILLISECONDS = {"rnn": 0.09, "gru": 0.26, "lstm": 0.28}
_LOOK_UP = 0.6
_SELF_ATTENTION = 0.75
_WIDTH = {16: 0.75, 32: 0.8, 128: 2.0}
_CHECKING = 1.1


def cost(unit: Unit | Row) -> float:
    """Return about how many seconds a unit takes on one core."""
    settings = unit.settings
    model = settings["model"]
    if unit.measure == "adding":
        read, written = 1.05 * settings["length"], 0
    else:
        read, written = _steps_in_time(settings["task"])
    look_up = _LOOK_UP * written if model.get("attention") is not None else 0
    if model["kind"] == "self-attention":
        layers = (read + written) * _SELF_ATTENTION * model.get("layers", 1)
        return settings["steps"] * layers * _CHECKING / 1000 + 1
    recurrent = (read + written) * _MILLISECONDS[model["kind"]] * _WIDTH.get(model["hidden"], 1.0)
    return settings["steps"] * (recurrent + look_up) * _CHECKING / 1000 + 1


def minutes(units: Iterable[Unit], cores: int = 2) -> float:
    """Return about how many minutes the units take on so many cores."""
    return sum(map(cost, units)) / cores / 60


def _steps_in_time(task: Settings) -> tuple[float, float]:
    """Return how many steps the encoder and the decoder take for a batch."""
    if task["name"] == "delayed_copy":
        return task["load"] + task["lag"], task["load"] + 1
    if task["name"] == "first_symbol":
        return task["max_length"], 2
    if task["name"] == "translation":  # its batches are of like length
        return (task["min_length"] + task["max_length"]) / 2, (task["min_length"] + task["max_length"]) / 2
    return task["max_length"], task["max_length"] + 1


def _model(kind: str = "gru", hidden: int = 64, **options: Any) -> Settings:
    return {"kind": kind, "hidden": hidden, **options}


def _symbols(name: str, shortest: int, longest: int) -> Settings:
    return {"name": name, "min_length": shortest, "max_length": longest, "alphabet": 16}


def _tokens(
    label: str,
    task: Settings,
    model: Settings,
    steps: int,
    test_lengths: Sequence[int] = (),
    learning_rate: float = 0.001,
) -> Row:
    settings = {"task": task, "model": model, "steps": steps, "check_every": 250}
    common = {"learning_rate": learning_rate, "batch": 64, "test_lengths": list(test_lengths)}
    return Row(label, "tokens", {**settings, **common})


def _translation(
    label: str, model: Settings, steps: int, learning_rate: float = TRANSLATION_RATE, **options: bool
) -> Row:
    return _tokens(label, TRANSLATION | options, model, steps, TRANSLATION_LENGTHS, learning_rate)


def _adding(label: str, length: int, model: Settings) -> Row:
    steps = 4000 if length >= 100 else 3000
    settings = {"length": length, "model": model, "steps": steps, "check_every": 250}
    return Row(label, "adding", {**settings, "learning_rate": ADDING_RATE, "batch": 64})


def _log_bias(length: int) -> float:
    """A forget bias whose gate keeps the state over about ``length`` steps: Tallec & Ollivier 2018."""
    return round(math.log(length), 3)


def _length_curve() -> Sweep:
    task = _symbols("copy", 1, 20)
    copies = tuple(
        _tokens(f"copy, H = {hidden}", task, _model("lstm", hidden), 8000, COPY_LENGTHS, COPY_RATE)
        for hidden in WIDTHS
    )
    translations = tuple(
        _translation(f"translation, H = {hidden}", _model(hidden=hidden), 6000) for hidden in WIDTHS
    )
    about = "quality against length through one vector: an LSTM copies, a GRU translates, at four widths"
    small = (copies[0].shortened(250), translations[0].shortened(250))
    return Sweep("length_curve", about, (2,), copies + translations, small)


def _training_curve() -> Sweep:
    rows = (
        _tokens("LSTM, H = 64", _symbols("copy", 20, 20), _model("lstm"), 20_000, learning_rate=COPY_RATE),
    )
    about = "20 symbols of 16 through an LSTM of 64 units: quality against steps of training"
    return Sweep("training_curve", about, (2,), rows, (rows[0].shortened(250),))


def _reversal() -> Sweep:
    copy = _symbols("copy", 1, 20)
    copied = (_model("lstm"), 8000, COPY_LENGTHS, COPY_RATE)
    rows = (
        _tokens("copy", copy, *copied),
        _tokens("copy, source reversed", {**copy, "reverse_source": True}, *copied),
        _translation("translation", _model(), 6000),
        _translation("translation, source reversed", _model(), 6000, reverse_source=True),
    )
    about = "the source read forward or backward, through one vector"
    return Sweep("reversal", about, (2,), rows, (rows[3].shortened(250),))


def _gradient_reach() -> Sweep:
    bias = _log_bias(30)
    models = {
        "RNN": _model("rnn"),
        "LSTM": _model("lstm"),
        "LSTM, forget bias ln 30": _model("lstm", forget_bias=bias),
        "GRU": _model("gru"),
        "GRU, update bias ln 30": _model("gru", forget_bias=bias),
        "RNN with attention": _model("rnn", attention={}),
        "LSTM with attention": _model("lstm", attention={}),
    }
    rows = tuple(
        Row(
            label,
            "reach",
            {
                "task": _symbols("first_symbol", 30, 30),
                "model": model,
                "steps": 1000,
                "check_every": 100,
                "learning_rate": 0.001,
                "batch": 64,
                "lag": 100,
            },
        )
        for label, model in models.items()
    )
    about = "norm of the gradient against lag, before and after learning to recall the first of 30 symbols"
    return Sweep(
        "gradient_reach", about, (3, 4, 5, 8), rows, (rows[0].shortened(100), rows[5].shortened(100))
    )


def _adding_problem() -> Sweep:
    rows = []
    for length in (50, 100):
        bias = _log_bias(length)
        models = {
            "RNN": _model("rnn"),
            "LSTM, forget bias 1": _model("lstm", forget_bias=1.0),
            f"LSTM, forget bias ln {length}": _model("lstm", forget_bias=bias),
            "GRU": _model("gru"),
            f"GRU, update bias ln {length}": _model("gru", forget_bias=bias),
        }
        rows += [_adding(f"{label}, L = {length}", length, model) for label, model in models.items()]
    about = "the adding problem: RNN, LSTM and GRU"
    return Sweep("adding_problem", about, (4, 5), tuple(rows), (rows[0].shortened(250),))


def _forget_bias() -> Sweep:
    rows = []
    for length in LAGS:
        for name, bias in (("0", 0.0), ("1", 1.0), ("2", 2.0), (f"ln {length}", _log_bias(length))):
            model = _model("lstm", forget_bias=bias)
            label = f"bias {name}, L = {length}"
            task = _symbols("first_symbol", length, length)
            rows.append(_tokens(f"first symbol, {label}", task, model, 1500))
            rows.append(_adding(f"adding, {label}", length, model))
    about = "the LSTM's forget bias against the lag, on first-symbol recall and the adding problem"
    # The bias of ln 20: within 250 steps it has learned what the others have not.
    return Sweep("forget_bias", about, (4,), tuple(rows), (rows[6].shortened(250),))


def _delayed_copy() -> Sweep:
    rows = []
    for load in LOADS_OF_COPY:
        for lag in LAGS_OF_COPY:
            # The gates get the bias that this lag asks for: what is left is not their start.
            bias = _log_bias(load + lag)
            models = {
                "RNN": _model("rnn"),
                "LSTM": _model("lstm", forget_bias=bias),
                "GRU": _model("gru", forget_bias=bias),
                "RNN with attention": _model("rnn", attention={}),
                "LSTM with attention": _model("lstm", forget_bias=bias, attention={}),
                "LSTM with attention, default bias": _model("lstm", attention={}),
            }
            task = {"name": "delayed_copy", "load": load, "lag": lag, "alphabet": 16, "distractors": 4}
            rows += [_tokens(f"{label}, K = {load}, D = {lag}", task, m, 1500) for label, m in models.items()]
    about = "delayed copy over load K and lag D: RNN, LSTM and GRU, with attention and without"
    return Sweep("delayed_copy", about, (6, 8), tuple(rows), (rows[0].shortened(250), rows[5].shortened(250)))


def _translation_length() -> Sweep:
    models = {
        "attention": _model(attention={}),
        "last-state control": _model(attention=CONTROL),
        "fixed vector, given once": _model(),
        "fixed vector, at every step": _model(context="every"),
        "attention, both directions": _model(attention={}, bidirectional=True),
    }
    rows = tuple(_translation(label, model, 6000) for label, model in models.items())
    about = "translation, trained up to 12 words: quality against length, with attention and without"
    return Sweep("translation_length", about, (2, 8), rows, (rows[0].shortened(250),))


def _ablations() -> Sweep:
    models = {
        "dot (the base)": _model(attention={}),
        "general": _model(attention={"score": "general"}),
        "concat": _model(attention={"score": "concat"}),
        "additive": _model(attention={"score": "additive"}),
        "query: the previous state": _model(attention={"query": "previous"}),
        "no tanh layer": _model(attention={"tanh_layer": False}),
        "no input feeding": _model(attention={"input_feeding": False}),
        "both directions": _model(attention={}, bidirectional=True),
        "last-state control": _model(attention=CONTROL),
        "fixed vector, given once": _model(),
        # The base as large as the rows above that differ from it by more than 5 %.
        **{
            f"dot, as large as: {other}": _model(hidden=hidden, attention={})
            for other, hidden in SIZE_MATCHED.items()
        },
        "fixed vector, as large as: dot": _model(hidden=SIZE_MATCHED_FIXED_VECTOR),
    }
    rows = tuple(_translation(label, model, 3000) for label, model in models.items())
    about = "attention with one piece changed at a time, each of equal training, beside models of its size"
    return Sweep("ablations", about, (8,), rows, (rows[6].shortened(250),))


def _self_attention() -> Sweep:
    base = {"kind": "self-attention", "width": 52, "heads": 4}  # as many parameters as the recurrent model
    recurrent = {
        "recurrent, with attention": _model(attention={}),
        "recurrent, both directions": _model(attention={}, bidirectional=True),
        "recurrent, weights frozen": _model(attention={}, frozen_weights=True),
    }
    attentive = {
        "self-attention": base,
        "self-attention, 1 head": {**base, "heads": 1},
        "self-attention, 13 heads": {**base, "heads": 13},
        "self-attention, 2 layers": {**base, "width": 38, "heads": 2, "layers": 2},
        "self-attention, no positions": {**base, "positions": "none"},
    }
    rows = [_translation(label, model, 3000) for label, model in recurrent.items()]
    rows += [_translation(label, model, 3000, SELF_ATTENTION_RATE) for label, model in attentive.items()]
    for load in (1, 20):
        task = {"name": "delayed_copy", "load": load, "lag": 100, "alphabet": 16, "distractors": 4}
        rows.append(_tokens(f"self-attention, K = {load}, D = 100", task, base, 1500))
    about = "translation and delayed copy by self-attention, beside the recurrent model of its size"
    return Sweep("self_attention", about, (9,), tuple(rows), (rows[3].shortened(250),))


#: All sweeps by name, in the order of the chapters.
SWEEPS: dict[str, Sweep] = {
    sweep.name: sweep
    for sweep in (
        _length_curve(),
        _training_curve(),
        _reversal(),
        _gradient_reach(),
        _adding_problem(),
        _forget_bias(),
        _delayed_copy(),
        _translation_length(),
        _ablations(),
        _self_attention(),
    )
}
