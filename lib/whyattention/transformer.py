"""A translator of attention alone: no state passes from one step to the next.

What the recurrence did is done by look-ups. A word sees the other words of its sentence through
*self-attention*, the target sees the source as before, and since a look-up does not know in which order it
finds things, each word carries its *position*. All words of a known sentence are computed at once.

Batch first; a mask is True at real words. Shapes: ``B`` sentences, ``S`` source steps, ``T`` target steps,
``W`` width of a word's vector in every layer, ``V`` words in the vocabulary.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from whyattention.attention import MultiHeadAttention
from whyattention.decoder import (
    Decoded,
    StepState,
    check_choice,
    check_pairs,
    check_size,
    check_tokens,
)
from whyattention.recurrent import padding_mask

POSITIONS = ("sinusoidal", "none")


class AllWeights(NamedTuple):
    """The attention weights of every layer and head, the first layer first.

    Attributes:
        source: Of the source words among themselves, each of shape (B, heads, S, S).
        target: Of the target words among themselves, each of shape (B, heads, T, T).
        across: Of the target words over the source words, each of shape (B, heads, T, S).
    """

    source: list[Float[Tensor, "B heads S S"]]
    target: list[Float[Tensor, "B heads T T"]]
    across: list[Float[Tensor, "B heads T S"]]


def sinusoidal_positions(steps: int, width: int) -> Float[Tensor, "steps width"]:
    """Return a vector for each position: sines and cosines of falling frequency.

    ::

        p_{t,2k} = sin(t / 10000^{2k/width})        p_{t,2k+1} = cos(t / 10000^{2k/width})

    The vector of a position some steps later is a rotation of this one, the same for every position. Nothing
    is learned, so a position that never occurred in training has its vector, too.

    Args:
        steps: Positions, counted from 0.
        width: Width of a vector; even.

    Raises:
        TypeError: A size is not an integer.
        ValueError: A size is below one, or ``width`` is odd.

    Source:
        Vaswani et al. 2017, section 3.5.

    Taught in:
        Chapter 9.

    Example:
        >>> sinusoidal_positions(2, 4)
        tensor([[0.0000, 1.0000, 0.0000, 1.0000],
                [0.8415, 0.5403, 0.0100, 0.9999]])
    """
    check_size("steps", steps)
    check_size("width", width)
    if width % 2:
        raise ValueError(f"width must be even, a sine and a cosine for each frequency, got {width}")
    pairs = torch.arange(0, width, 2, dtype=torch.float64)
    angles = torch.arange(steps, dtype=torch.float64)[:, None] / 10000 ** (pairs / width)
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1).float()


class WordVectors(nn.Module):
    """Embed words, and add to each the vector of its position.

    Args:
        vocabulary_size: Words that can be read, special symbols included.
        width: Width W of a word's vector.
        positions: "sinusoidal", or "none" to leave the order of the words out.

    Raises:
        TypeError: A size is not an integer.
        ValueError: A size is below one, ``positions`` is unknown, or ``width`` is odd with sinusoids.

    Differs from the paper:
        Embeddings start with variance 1, as PyTorch starts them, and are not multiplied by √W.
    """

    def __init__(self, vocabulary_size: int, width: int, positions: str) -> None:
        super().__init__()
        check_size("vocabulary_size", vocabulary_size)
        check_choice("positions", positions, POSITIONS)
        if positions == "sinusoidal":
            sinusoidal_positions(1, width)  # raises where the width is odd
        self.words = nn.Embedding(vocabulary_size, width)
        self.positions = positions

    def forward(self, tokens: Int[Tensor, "B steps"], first: int = 0) -> Float[Tensor, "B steps W"]:
        """Return the vectors of words, of which the first has the position ``first``."""
        vectors = self.words(tokens)
        if self.positions == "none":
            return vectors
        steps, width = vectors.shape[1:]
        return vectors + sinusoidal_positions(first + steps, width)[first:].to(vectors)


def _feed_forward(width: int) -> nn.Sequential:
    """Return what each word goes through by itself: twice as wide, ReLU, and back."""
    return nn.Sequential(nn.Linear(width, 2 * width), nn.ReLU(), nn.Linear(2 * width, width))


class EncoderLayer(nn.Module):
    """Let every source word look at all of them, then let each think for itself.

    ::

        x ← x + attention(norm(x), norm(x), norm(x))        x ← x + feed_forward(norm(x))

    Args:
        width: Width W of a word's vector.
        heads: Heads of the attention; divide ``width``.

    Raises:
        TypeError: A size is not an integer.
        ValueError: A size is below one, or ``heads`` does not divide ``width``.

    Source:
        Vaswani et al. 2017, section 3.1; norms before each part as in Xiong et al. 2020.

    Differs from the paper:
        The norms stand before each part and not behind it; the inner layer is twice as wide and not four
        times; there is no dropout.

    Taught in:
        Chapter 9.
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.attention = MultiHeadAttention(width, heads)
        self.feed_forward = _feed_forward(width)
        self.attention_norm, self.feed_forward_norm = nn.LayerNorm(width), nn.LayerNorm(width)

    def forward(
        self, x: Float[Tensor, "B S W"], mask: Bool[Tensor, "B S"]
    ) -> tuple[Float[Tensor, "B S W"], Float[Tensor, "B heads S S"]]:
        """Return the vectors after the layer, and the weights of each head."""
        normed = self.attention_norm(x)
        found, weights = self.attention(normed, normed, normed, mask[:, None])
        x = x + found
        return x + self.feed_forward(self.feed_forward_norm(x)), weights


class DecoderLayer(nn.Module):
    """Let every target word look at those up to itself, then at the source, then think for itself.

    ::

        x ← x + attention(norm(x), norm(x), norm(x))        causal: no word sees a later one
        x ← x + attention(norm(x), h, h)                    h the encoder's output
        x ← x + feed_forward(norm(x))

    Args:
        width: As for ``EncoderLayer``.
        heads: As for ``EncoderLayer``.

    Raises:
        TypeError: As for ``EncoderLayer``.
        ValueError: As for ``EncoderLayer``.

    Source:
        As ``EncoderLayer``, and differs in the same ways.

    Taught in:
        Chapter 9.
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.attention = MultiHeadAttention(width, heads)
        self.across = MultiHeadAttention(width, heads)
        self.feed_forward = _feed_forward(width)
        self.attention_norm, self.across_norm = nn.LayerNorm(width), nn.LayerNorm(width)
        self.feed_forward_norm = nn.LayerNorm(width)

    def forward(
        self,
        x: Float[Tensor, "B T W"],
        before: Float[Tensor, "B before W"],
        states: Float[Tensor, "B S W"],
        mask: Bool[Tensor, "B S"],
    ) -> tuple[
        Float[Tensor, "B T W"],
        Float[Tensor, "B all W"],
        Float[Tensor, "B heads T all"],
        Float[Tensor, "B heads T S"],
    ]:
        """Take some words more.

        Args:
            x: Vectors of the words, as they come into the layer, of shape (B, T, W).
            before: Those of the words before them, (B, before, W); of no step at first.
            states: The encoder's output, (B, S, W).
            mask: True at real source words, (B, S).

        Returns:
            The vectors after the layer; ``before`` for the words that come next; the weights over the target
            words and over the source words.
        """
        seen = torch.cat([before, x], dim=1)  # (B, before + T, W)
        ones = torch.ones(x.size(1), seen.size(1), dtype=torch.bool, device=x.device)
        causal = ones.tril(diagonal=before.size(1))
        keys = self.attention_norm(seen)
        found, weights = self.attention(keys[:, before.size(1) :], keys, keys, causal)
        x = x + found
        found, weights_across = self.across(self.across_norm(x), states, states, mask[:, None])
        x = x + found
        return x + self.feed_forward(self.feed_forward_norm(x)), seen, weights, weights_across


class SelfAttentionEncoder(nn.Module):
    """Read a source sentence into one vector for each word, all words at once.

    Args:
        vocabulary_size: Source words, special symbols included.
        width: Width W of a word's vector.
        heads: Heads of each layer; divide ``width``.
        layers: Layers.
        positions: As for ``WordVectors``.

    Raises:
        TypeError: A size is not an integer.
        ValueError: A size is below one, ``heads`` does not divide ``width``, or ``positions`` is unknown.

    Source:
        Vaswani et al. 2017, section 3.1.

    Taught in:
        Chapter 9.
    """

    def __init__(self, vocabulary_size: int, width: int, heads: int, layers: int, positions: str) -> None:
        super().__init__()
        check_size("layers", layers)
        self.embedding = WordVectors(vocabulary_size, width, positions)
        self.layers = nn.ModuleList(EncoderLayer(width, heads) for _ in range(layers))
        self.norm = nn.LayerNorm(width)

    def forward(
        self, source: Int[Tensor, "B S"], mask: Bool[Tensor, "B S"]
    ) -> tuple[Float[Tensor, "B S W"], list[Float[Tensor, "B heads S S"]]]:
        """Return the vectors of the source words, and the weights of each layer; padding means nothing."""
        check_tokens("source", source, self.embedding.words.num_embeddings)
        x, weights = self.embedding(source), []
        for layer in self.layers:
            x, weights_of_layer = layer(x, mask)
            weights.append(weights_of_layer)
        return self.norm(x), weights


class SelfAttentionDecoder(nn.Module):
    """Write the target: each word from the words before it and from all source words.

    Args:
        vocabulary_size: Target words, special symbols included.
        width: As for ``SelfAttentionEncoder``.
        heads: As for ``SelfAttentionEncoder``.
        layers: As for ``SelfAttentionEncoder``.
        positions: As for ``SelfAttentionEncoder``.

    Raises:
        TypeError: As for ``SelfAttentionEncoder``.
        ValueError: As for ``SelfAttentionEncoder``.

    Source:
        Vaswani et al. 2017, section 3.1.

    Taught in:
        Chapter 9.
    """

    def __init__(self, vocabulary_size: int, width: int, heads: int, layers: int, positions: str) -> None:
        super().__init__()
        check_size("layers", layers)
        self.embedding = WordVectors(vocabulary_size, width, positions)
        self.layers = nn.ModuleList(DecoderLayer(width, heads) for _ in range(layers))
        self.norm = nn.LayerNorm(width)
        self.prediction = nn.Linear(width, vocabulary_size)

    @property
    def vocabulary_size(self) -> int:
        """Words that can be read and predicted."""
        return self.embedding.words.num_embeddings

    def start(self, states: Float[Tensor, "B S W"], mask: Bool[Tensor, "B S"]) -> StepState:
        """Take over from the encoder.

        Where a recurrent decoder keeps the state of its cell, this one keeps all that came into each layer:
        one tensor for each, of shape (B, words so far, W).
        """
        nothing = states[:, :0]
        return StepState(tuple(nothing for _ in self.layers), memory=(states, mask))

    def take(
        self, tokens: Int[Tensor, "B T"], before: StepState
    ) -> tuple[
        Float[Tensor, "B T V"],
        list[Float[Tensor, "B heads T all"]],
        list[Float[Tensor, "B heads T S"]],
        StepState,
    ]:
        """Read some words more, and predict the word behind each.

        Args:
            tokens: The words, of shape (B, T).
            before: The state after the words before them, or from ``start``.

        Returns:
            The logits, (B, T, V); the weights of each layer over the target words and over the source words;
            the state after.
        """
        x, kept, among, across = self.embedding(tokens, before.cell[0].size(1)), [], [], []
        for layer, earlier in zip(self.layers, before.cell, strict=True):
            x, seen, weights, weights_across = layer(x, earlier, *before.memory)
            kept.append(seen)
            among.append(weights)
            across.append(weights_across)
        return self.prediction(self.norm(x)), among, across, before._replace(cell=tuple(kept))

    def step(
        self, token: Int[Tensor, " B"], before: StepState
    ) -> tuple[Float[Tensor, "B V"], Float[Tensor, "B S"], StepState]:
        """Read one word and predict the next, as a recurrent decoder does; see ``StepDecoder.step``.

        The weights are those over the source words, of the last layer, averaged over its heads.
        """
        logits, _, across, after = self.take(token[:, None], before)
        return logits[:, 0], across[-1].mean(dim=1)[:, 0], after

    def forward(self, start: StepState, target_inputs: Int[Tensor, "B T"]) -> Decoded:
        """Predict each word of a known target from the words before it, all at once; weights as in ``step``.

        Args:
            start: What ``start`` returned.
            target_inputs: The target behind a begin-of-sentence symbol, of shape (B, T).

        Raises:
            TypeError: ``target_inputs`` are not integers.
            ValueError: They have another shape, or one is not in the vocabulary.
        """
        check_tokens("target_inputs", target_inputs, self.vocabulary_size)
        logits, _, across, _ = self.take(target_inputs, start)
        return Decoded(logits, across[-1].mean(dim=1))


class Transformer(nn.Module):
    """Translate by attention alone; trains, decodes and is measured as a ``Seq2Seq`` is.

    Args:
        source_vocabulary: Source words, special symbols included.
        target_vocabulary: Target words, special symbols included.
        width: Width W of a word's vector in every layer.
        heads: Heads of each attention; divide ``width``. Their number does not change the parameters'.
        layers: Layers in the encoder, and as many in the decoder.
        positions: "sinusoidal", or "none" to leave the order of the words out of both.

    Raises:
        TypeError: A size is not an integer.
        ValueError: A size is below one, ``heads`` does not divide ``width``, ``width`` is odd with sinusoids,
            or ``positions`` is unknown.

    Source:
        Vaswani et al. 2017.

    Differs from the paper:
        See ``EncoderLayer`` and ``WordVectors``; embeddings and prediction share no weights.

    Taught in:
        Chapter 9.

    Example:
        >>> from whyattention.decoding import greedy
        >>> model = Transformer(9, 11, width=8, heads=2, layers=2)
        >>> source, lengths = torch.tensor([[4, 5, 6], [7, 0, 0]]), torch.tensor([3, 1])
        >>> logits, weights = model(source, lengths, torch.tensor([[1, 4], [1, 5]]))
        >>> logits.shape, weights.shape
        (torch.Size([2, 2, 11]), torch.Size([2, 2, 3]))
        >>> len(greedy(model, source, lengths, max_steps=5).tokens)
        2
    """

    def __init__(
        self,
        source_vocabulary: int,
        target_vocabulary: int,
        width: int = 64,
        heads: int = 4,
        layers: int = 1,
        positions: Literal["sinusoidal", "none"] = "sinusoidal",
    ) -> None:
        super().__init__()
        self.encoder = SelfAttentionEncoder(source_vocabulary, width, heads, layers, positions)
        self.decoder = SelfAttentionDecoder(target_vocabulary, width, heads, layers, positions)
        #: The arguments, for JSON; ``Transformer(**model.config)`` makes another of the same shape.
        self.config: dict[str, Any] = {
            "source_vocabulary": source_vocabulary,
            "target_vocabulary": target_vocabulary,
            "width": width,
            "heads": heads,
            "layers": layers,
            "positions": positions,
        }

    def encode(self, source: Int[Tensor, "B S"], source_lengths: Int[Tensor, " B"]) -> StepState:
        """Read the source and return the state from which the decoder starts.

        Args:
            source: Source words, of shape (B, S); what stands behind a sentence's length is not read.
            source_lengths: Real words of each sentence, from 1 to S.

        Raises:
            TypeError: ``source`` or ``source_lengths`` are not integers.
            ValueError: A shape does not fit, a length is out of range, or a word is not in the vocabulary.
        """
        check_tokens("source", source, self.encoder.embedding.words.num_embeddings)
        mask = padding_mask(source_lengths, *source.shape)
        states, _ = self.encoder(source, mask)
        return self.decoder.start(states, mask)

    def forward(
        self,
        source: Int[Tensor, "B S"],
        source_lengths: Int[Tensor, " B"],
        target_inputs: Int[Tensor, "B T"],
    ) -> Decoded:
        """Predict each word of known targets from the source and the words before it; see ``Seq2Seq``.

        Returns:
            The logits, of shape (B, T, V), and the weights over the source words, (B, T, S), of the decoder's
            last layer, averaged over its heads; ``look`` returns those of all.

        Raises:
            TypeError: Words or lengths are not integers.
            ValueError: Shapes do not fit, a length is out of range, or a word is not in a vocabulary.
        """
        check_pairs(source, target_inputs, self.decoder.vocabulary_size)
        return self.decoder(self.encode(source, source_lengths), target_inputs)

    def look(
        self,
        source: Int[Tensor, "B S"],
        source_lengths: Int[Tensor, " B"],
        target_inputs: Int[Tensor, "B T"],
    ) -> AllWeights:
        """Return the weights of all layers and heads, for the arguments of ``forward``."""
        check_pairs(source, target_inputs, self.decoder.vocabulary_size)
        mask = padding_mask(source_lengths, *source.shape)
        states, among_source = self.encoder(source, mask)
        _, among_target, across, _ = self.decoder.take(target_inputs, self.decoder.start(states, mask))
        return AllWeights(among_source, among_target, across)
