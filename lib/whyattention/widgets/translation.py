"""The forward pass of translation.js again, in plain Python: what a page shows where no script runs.

Names, numbers and order are those of translation.js; numbers are float64 over weights in float32. It needs
no torch, since the book is built without.
"""

import math
import struct
from array import array
from base64 import b64decode
from collections.abc import Sequence
from functools import cache
from operator import mul
from typing import NamedTuple

from whyattention.widgets.arithmetic import softmax
from whyattention.widgets.translators import translators

PAD, BOS, EOS = 0, 1, 2

Vector = list[float]


class Model(NamedTuple):
    """A translator whose numbers can be read.

    Attributes:
        source_words: English words, each at the place of its number.
        target_words: French words, each at the place of its number.
        longest: The most source words of a sentence in training.
        last_state: Whether all attention weight is on the last encoder state.
        matrices: The rows of each weight matrix, by its name in the model.
        biases: The entries of each bias.
    """

    source_words: list[str]
    target_words: list[str]
    longest: int
    last_state: bool
    matrices: dict[str, list[Vector]]
    biases: dict[str, Vector]


class Encoded(NamedTuple):
    """What the encoder leaves: a state h_i for each word, and the last state of each direction, joined."""

    states: list[Vector]
    final: Vector


class State(NamedTuple):
    """What the decoder knows before a step: its state s, and the attentional state that is fed to it."""

    s: Vector
    fed: Vector


class Step(NamedTuple):
    """Everything that one step of the decoder computes, in its order."""

    s: Vector
    scores: Vector
    weights: Vector
    value: Vector
    joined: Vector
    attentional: Vector
    logits: Vector
    after: State


class Found(NamedTuple):
    """A translation, one entry a step, that of the end of the sentence included.

    Attributes:
        tokens: Numbers of the words.
        probabilities: The model's probability of each.
        weights: The attention weights of each step, one for each source word.
        finished: Whether the model came to an end.
    """

    tokens: list[int]
    probabilities: Vector
    weights: list[Vector]
    finished: bool


@cache
def shipped(name: str) -> Model:
    """One of the two translators of the course, "attention" or "control"."""
    return unpack(translators()[name], name)


def unpack(stored: dict, name: str) -> Model:
    """Unpack a stored translator.

    Args:
        stored: One of ``translators()``.
        name: Its name there.
    """
    matrices, biases = {}, {}
    for key, packed in stored["weights"].items():
        if "floats" in packed:
            biases[key] = list(_numbers("f", packed["floats"]))
        else:
            matrices[key] = _rows(packed)
    return Model(
        source_words=stored["source_words"],
        target_words=stored["target_words"],
        longest=stored["longest"],
        last_state=name == "control",
        matrices=matrices,
        biases=biases,
    )


def encode(model: Model, source: Sequence[int]) -> Encoded:
    """Read a sentence.

    Args:
        model: The translator.
        source: Numbers of the words.
    """
    words = [model.matrices["encoder.embedding.weight"][number] for number in source]
    forward = _read(model, "encoder.recurrent.cell", words)
    backward = _read(model, "encoder.recurrent.backward_cell", words[::-1])
    return Encoded(
        states=[there + back for there, back in zip(forward, backward[::-1], strict=True)],
        final=forward[-1] + backward[-1],
    )


def begin(encoded: Encoded) -> State:
    """What the decoder knows before its first step."""
    return State(s=encoded.final, fed=[0.0] * len(encoded.final))


def step(
    model: Model, states: list[Vector], before: State, token: int, override: Vector | None = None
) -> Step:
    """One step of the decoder: read a word, look at the states, predict the next word.

    Args:
        model: The translator.
        states: The encoder states.
        before: What the decoder knows.
        token: The word before.
        override: Weights to take in place of the softmax of the scores.
    """
    word = model.matrices["decoder.embedding.weight"][token]
    s = _gru(model, "decoder.recurrent.cell", word + before.fed, before.s)
    scores = [_dot(s, h) for h in states]
    last = [0.0] * (len(states) - 1) + [1.0]
    own = last if model.last_state else softmax(scores)
    alpha = own if override is None else override
    value = [_dot(alpha, entries) for entries in zip(*states, strict=True)]
    both = value + s
    attentional = [math.tanh(x) for x in _linear(model, "decoder.attentional.{}", both)]
    logits = _linear(model, "decoder.prediction.{}", attentional)
    return Step(s, scores, alpha, value, both, attentional, logits, State(s, attentional))


def translate(model: Model, source: Sequence[int]) -> Found:
    """Translate greedily.

    Args:
        model: The translator.
        source: Numbers of the words, at least one.

    >>> model = shipped("attention")
    >>> found = translate(model, [model.source_words.index(word) for word in "i am a student".split()])
    >>> words(model, found.tokens), found.finished
    (['je', 'suis', 'étudiant'], True)
    """
    encoded = encode(model, source)
    found = Found([], [], [], False)
    state, token = begin(encoded), BOS
    while token != EOS and len(found.tokens) < 2 * len(source) + 10:
        at = step(model, encoded.states, state, token)
        state, token = at.after, at.logits.index(max(at.logits))
        found.tokens.append(token)
        found.probabilities.append(softmax(at.logits)[token])
        found.weights.append(at.weights)
    return found._replace(finished=token == EOS)


def words(model: Model, tokens: Sequence[int]) -> list[str]:
    """The words of a translation, without what only marks its end."""
    return [model.target_words[token] for token in tokens if token not in (PAD, BOS, EOS)]


def _numbers(kind: str, text: str) -> tuple[float, ...]:
    return tuple(number for (number,) in struct.iter_unpack(f"<{kind}", b64decode(text)))


def _rows(packed: dict) -> list[Vector]:
    """The rows of a matrix; each entry a whole number of the row's scale, rounded to float32."""
    width = packed["shape"][1]
    entries = _numbers("b", packed["rows"])
    return [
        list(array("f", (entry * scale for entry in entries[k * width : (k + 1) * width])))
        for k, scale in enumerate(_numbers("f", packed["scales"]))
    ]


def _read(model: Model, cell: str, inputs: list[Vector]) -> list[Vector]:
    """The states of one direction, in the order of reading."""
    h = [0.0] * len(model.matrices[f"{cell}.hidden_weight"][0])
    states = []
    for x in inputs:
        h = _gru(model, cell, x, h)
        states.append(h)
    return states


def _gru(model: Model, cell: str, x: Vector, h: Vector) -> Vector:
    """The library's GRU: h = u h + (1 - u) n, the reset gate acts behind the product."""
    of_input = _linear(model, f"{cell}.input_{{}}", x)
    of_hidden = _linear(model, f"{cell}.hidden_{{}}", h)
    size, after = len(h), []
    for k, old in enumerate(h):
        r = _sigmoid(of_input[k] + of_hidden[k])
        u = _sigmoid(of_input[size + k] + of_hidden[size + k])
        n = math.tanh(of_input[2 * size + k] + r * of_hidden[2 * size + k])
        after.append(n + u * (old - n))
    return after


def _linear(model: Model, name: str, x: Vector) -> Vector:
    rows, bias = model.matrices[name.format("weight")], model.biases[name.format("bias")]
    return [sum(map(mul, row, x), b) for row, b in zip(rows, bias, strict=True)]


def _dot(a: Sequence[float], b: Sequence[float]) -> float:
    return sum(map(mul, a, b))


def _sigmoid(x: float) -> float:
    # exp overflows where x is below -709; a gate there is 0 in float64.
    return 1 / (1 + math.exp(-x)) if x > -700 else 0.0
