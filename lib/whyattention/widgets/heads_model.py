"""The two layers of self-attention that Heads shows, and their weights computed in plain Python.

Both layers of the shipped translator read the vectors of words with positions added, and nothing else, so
their queries and keys need only the embedding, the norm and two projections. Numbers are float64 over weights
in float32, rounded to int8 as in translators.py; the same arithmetic stands in heads_attention.js.
"""

import math
import re
import struct
import unicodedata
from array import array
from base64 import b64decode
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from whyattention.widgets.arithmetic import softmax
from whyattention.widgets.translators import MODELS, packed, read_safetensors

LAYERS = ("encoder", "decoder")
BOS = "<bos>"
SPECIAL = ["<pad>", BOS, "<eos>", "<unk>"]
# As in torch.nn.LayerNorm.
EPSILON = 1e-5

_PARTS = {
    "embedding": "embedding.words.weight",
    "norm": "layers.0.attention_norm.weight",
    "norm_bias": "layers.0.attention_norm.bias",
    "query": "layers.0.attention.query_projection.weight",
    "query_bias": "layers.0.attention.query_projection.bias",
    "key": "layers.0.attention.key_projection.weight",
    "key_bias": "layers.0.attention.key_projection.bias",
}


class Layer(NamedTuple):
    """One layer of self-attention: its words by number, its number of heads, and its weights by name."""

    words: list[str]
    heads: int
    weights: dict[str, list]


@cache
def stored() -> dict:
    """Both layers, for JavaScript.

    Returns:
        ``heads``, and by the name of each layer ``words``, whose places are their numbers, and ``weights``.
    """
    tensors, about = read_safetensors(MODELS / "self_attention.safetensors")
    translator = about["config"]["translator"]
    words = dict(zip(LAYERS, (translator["source_words"], translator["target_words"]), strict=True))
    layers = {
        layer: {
            "words": SPECIAL + words[layer],
            "weights": {part: packed(*tensors[f"{layer}.{name}"]) for part, name in _PARTS.items()},
        }
        for layer in LAYERS
    }
    return {"heads": translator["model"]["heads"], **layers}


@cache
def layer_of(name: str) -> Layer:
    """One of the ``LAYERS``, its numbers unpacked."""
    weights = {part: _unpacked(entry) for part, entry in stored()[name]["weights"].items()}
    return Layer(stored()[name]["words"], stored()["heads"], weights)


def cut(text: str, layer: str) -> list[str]:
    """The words of a typed text: small letters, elided words apart, no mark at the end.

    >>> cut("N’aime-t-il pas l'orange ?", "decoder")
    ["n'", 'aime-t-il', 'pas', "l'", 'orange']
    """
    text = unicodedata.normalize("NFC", text).replace("’", "'").lower()
    if layer == "decoder":
        text = text.replace("'", "' ")
    return re.sub(r"[\s.!?…]+$", "", text).split()


def rows_of(sentence: Sequence[str], layer: str) -> list[str]:
    """The words that ask and are asked: in the decoder a mark for the beginning stands before the others."""
    return [BOS, *sentence] if layer == "decoder" else list(sentence)


def dot_products(layer: Layer, words: Sequence[str]) -> list[list[list[float]]]:
    """The scores q_i · k_j before any division.

    Args:
        layer: The layer.
        words: Its words, of which each has a number.

    Returns:
        For each head a row for each word that asks, with a score for each word that is asked.
    """
    weights = layer.weights
    vectors = [
        _normed(layer, _placed(weights["embedding"][layer.words.index(word)], place))
        for place, word in enumerate(words)
    ]
    queries, keys = (
        [_linear(weights[part], weights[f"{part}_bias"], x) for x in vectors] for part in ("query", "key")
    )
    width = head_width(layer)
    parts = [slice(head * width, (head + 1) * width) for head in range(layer.heads)]
    return [[[_dot(q[part], k[part]) for k in keys] for q in queries] for part in parts]


def head_width(layer: Layer) -> int:
    """How many numbers a query of one head has, d_k."""
    return len(layer.weights["query"]) // layer.heads


def weights_of(
    scores: Sequence[Sequence[float]], width: int, scaled: bool, causal: bool
) -> list[list[float]]:
    """The weights of one head: each row a softmax, masked words exactly 0.

    Args:
        scores: A row for each word that asks.
        width: d_k.
        scaled: Whether scores are divided by √d_k.
        causal: Whether no word sees a later one.
    """
    divisor = math.sqrt(width) if scaled else 1.0
    return [
        softmax(row, [not causal or j <= i for j in range(len(row))], divisor) for i, row in enumerate(scores)
    ]


def entropy(row: Sequence[float]) -> float:
    """The entropy of weights, in bits: 0 if all is on one word, log2 n if spread evenly over n.

    >>> entropy([0.5, 0.25, 0.25, 0.0])
    1.5
    """
    return -sum(weight * math.log2(weight) for weight in row if weight > 0) + 0.0


def on_later(row: Sequence[float], place: int) -> float:
    """The weight that a row puts on words behind its own place, which a causal mask would remove."""
    return math.fsum(row[place + 1 :])


def _unpacked(entry: dict) -> list:
    """The entries of a vector, or the rows of a matrix."""
    if "floats" in entry:
        return list(_floats(entry["floats"]))
    width = entry["shape"][1]
    rows, scales = array("b", b64decode(entry["rows"])), _floats(entry["scales"])
    product = array("f", (step * scales[i // width] for i, step in enumerate(rows)))
    return [list(product[begin : begin + width]) for begin in range(0, len(product), width)]


def _floats(text: str) -> tuple[float, ...]:
    data = b64decode(text)
    return struct.unpack(f"<{len(data) // 4}f", data)


def _placed(word: Sequence[float], place: int) -> list[float]:
    """A word's vector with that of its place added."""
    angles = [place / 10000 ** (2 * (k // 2) / len(word)) for k in range(len(word))]
    waves = array("f", (math.cos(angle) if k % 2 else math.sin(angle) for k, angle in enumerate(angles)))
    return [x + wave for x, wave in zip(word, waves, strict=True)]


def _normed(layer: Layer, x: Sequence[float]) -> list[float]:
    mean = math.fsum(x) / len(x)
    variance = math.fsum((value - mean) ** 2 for value in x) / len(x)
    scale = 1 / math.sqrt(variance + EPSILON)
    gains, biases = layer.weights["norm"], layer.weights["norm_bias"]
    return [(v - mean) * scale * gain + bias for v, gain, bias in zip(x, gains, biases, strict=True)]


def _linear(matrix: Sequence[Sequence[float]], bias: Sequence[float], x: Sequence[float]) -> list[float]:
    return [_dot(row, x) + b for row, b in zip(matrix, bias, strict=True)]


def _dot(a: Sequence[float], b: Sequence[float]) -> float:
    return math.fsum(x * y for x, y in zip(a, b, strict=True))
