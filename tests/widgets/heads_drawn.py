"""Drawn states of Heads, and the weights that PyTorch's library gives for them."""

from functools import cache

import torch
from hypothesis import strategies as st

from whyattention.attention import attend, dot_score, scaled_dot_score
from whyattention.translator import Translator
from whyattention.widgets import Heads
from whyattention.widgets.heads_model import LAYERS, SPECIAL, layer_of


@cache
def translator() -> Translator:
    """The shipped translator with the weights that a page holds."""
    return Translator.shipped("self_attention").in_int8()


@st.composite
def states(draw) -> dict:
    """Arguments of Heads: any words in any order, any head, any word that asks, any switches."""
    layer = draw(st.sampled_from(LAYERS))
    known = layer_of(layer).words[len(SPECIAL) :]
    words = draw(st.lists(st.sampled_from(known), min_size=1, max_size=12))
    last = len(words) if layer == "decoder" else len(words) - 1
    return {
        "sentence": " ".join(words),
        "layer": layer,
        "head": draw(st.integers(0, 3)),
        "query": draw(st.integers(0, last)),
        "scaled": draw(st.booleans()),
        "causal": draw(st.booleans()),
    }


@torch.no_grad()
def weights_in_torch(widget: Heads) -> torch.Tensor:
    """The weights of all heads, (heads, words, words), by the library's modules, in float64."""
    model = translator().model
    half = (model.encoder if widget.layer == "encoder" else model.decoder).double()
    vocabulary = layer_of(widget.layer).words
    tokens = torch.tensor([[vocabulary.index(word) for word in widget.words]])
    layer = half.layers[0]
    normed = layer.attention_norm(half.embedding(tokens))
    attention = layer.attention
    queries, keys = (
        projection(normed).unflatten(-1, (attention.heads, -1)).transpose(1, 2)
        for projection in (attention.query_projection, attention.key_projection)
    )
    count = tokens.size(1)
    mask = torch.ones(count, count, dtype=torch.bool)
    if widget.causal:
        mask = mask.tril()
    score = scaled_dot_score if widget.scaled else dot_score
    return attend(queries, keys, mask=mask, score=score)[1][0]
