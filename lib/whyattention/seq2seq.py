"""Sequence to sequence: an encoder reads the source, a decoder writes the target.

Decoders stand in ``whyattention.decoder`` (one context vector) and ``whyattention.attention_decoder``; all
names can be imported from here. ``build`` makes a whole model from plain options that JSON can hold. There is
no dropout: a model answers alike in training and evaluation mode.
"""

from __future__ import annotations

from typing import Any, Literal

from jaxtyping import Float, Int
from torch import Tensor, nn

from whyattention.attention_decoder import AttentionDecoder
from whyattention.cells import Cell, GRUCell, LSTMCell, RNNCell, State
from whyattention.decoder import (
    Decoded,
    Decoder,
    StepDecoder,
    StepState,
    check_choice,
    check_pairs,
    check_size,
    check_switch,
    check_tokens,
    step_by_step,
)
from whyattention.recurrent import Recurrent, padding_mask

__all__ = [
    "AttentionDecoder",
    "Decoded",
    "Decoder",
    "Encoder",
    "Seq2Seq",
    "StepDecoder",
    "StepState",
    "build",
    "step_by_step",
]

KINDS = ("rnn", "lstm", "gru")
#: The switches of ``AttentionDecoder``, each with its default.
ATTENTION = {
    "score": "dot",
    "query": "current",
    "tanh_layer": True,
    "input_feeding": True,
    "last_state_control": False,
}


class Encoder(nn.Module):
    """Read a source sentence into one state for each word.

    ::

        h_i = cell(x_i, h_{i-1})        x_i the embedding of source word i

    Args:
        vocabulary_size: Source words, special symbols included.
        embedding_width: Width E of a word's embedding.
        recurrent: What reads the embeddings, forward or in both directions; its outputs are the states.

    Raises:
        TypeError: ``recurrent`` is no ``Recurrent``, or a size is not an integer.
        ValueError: ``recurrent`` has another input width, or a size is below one.

    Source:
        Sutskever, Vinyals & Le 2014; both directions: Bahdanau et al. 2015, section 3.2.

    Taught in:
        Chapter 1.

    Example:
        >>> import torch
        >>> encoder = Encoder(vocabulary_size=9, embedding_width=3, recurrent=Recurrent(GRUCell(3, 4)))
        >>> states, (h,) = encoder(torch.tensor([[4, 5, 6], [7, 0, 0]]), torch.tensor([3, 1]))
        >>> states.shape, torch.equal(h[1], states[1, 0])
        (torch.Size([2, 3, 4]), True)
    """

    def __init__(self, vocabulary_size: int, embedding_width: int, recurrent: Recurrent) -> None:
        super().__init__()
        check_size("vocabulary_size", vocabulary_size)
        check_size("embedding_width", embedding_width)
        if not isinstance(recurrent, Recurrent):
            raise TypeError(f"recurrent must be a Recurrent, got {type(recurrent).__name__}")
        if recurrent.cell.input_width != embedding_width:
            raise ValueError(
                f"recurrent must have the input width {embedding_width}, that of an embedding, "
                f"got {recurrent.cell.input_width}"
            )
        self.embedding = nn.Embedding(vocabulary_size, embedding_width)
        self.recurrent = recurrent

    def forward(
        self, source: Int[Tensor, "B S"], lengths: Int[Tensor, " B"]
    ) -> tuple[Float[Tensor, "B S H"], State]:
        """Read a batch of sentences.

        Args:
            source: Source words, of shape (B, S); what stands behind a sentence's length is not read.
            lengths: Real words of each sentence, from 1 to S.

        Returns:
            The states, of shape (B, S, H) and zero at padding, and the final state: after the last real word,
            and for a backward cell after the first.

        Raises:
            TypeError: ``source`` or ``lengths`` are not integers.
            ValueError: A shape does not fit, a length is out of range, or a word is not in the vocabulary.
        """
        check_tokens("source", source, self.embedding.num_embeddings)
        return self.recurrent(self.embedding(source), lengths)


class Seq2Seq(nn.Module):
    """Translate with an encoder and a decoder of equal width.

    The encoder's final state is the decoder's first as it is: equal widths need no layer between. Of a
    bidirectional encoder it is both halves side by side, of an LSTM the pair of hidden and cell state.

    Args:
        encoder: The encoder.
        decoder: A decoder, with attention or without, whose cell is as wide as the encoder's output.

    Raises:
        TypeError: ``encoder`` or ``decoder`` is something else.
        ValueError: The widths differ, or one of the two has a cell state and the other none.

    Source:
        Sutskever, Vinyals & Le 2014; Cho et al. 2014 (EMNLP).

    Taught in:
        Chapter 1.
    """

    #: The options that ``build`` was called with, for JSON; None for a model put together by hand.
    config: dict[str, Any] | None = None

    def __init__(self, encoder: Encoder, decoder: StepDecoder) -> None:
        super().__init__()
        if not isinstance(encoder, Encoder):
            raise TypeError(f"encoder must be an Encoder, got {type(encoder).__name__}")
        if not isinstance(decoder, StepDecoder):
            raise TypeError(f"decoder must be a Decoder or AttentionDecoder, got {type(decoder).__name__}")
        ours, theirs = encoder.recurrent.output_width, decoder.cell.hidden_width
        if ours != theirs:
            raise ValueError(f"encoder and decoder must have states of one width, got {ours} and {theirs}")
        if encoder.recurrent.cell.state_size != decoder.cell.state_size:
            kinds = f"{type(encoder.recurrent.cell).__name__} and {type(decoder.cell).__name__}"
            raise ValueError(f"encoder and decoder must both have a cell state or neither, got {kinds}")
        self.encoder = encoder
        self.decoder = decoder

    def encode(self, source: Int[Tensor, "B S"], source_lengths: Int[Tensor, " B"]) -> StepState:
        """Read the source and return the state from which the decoder starts; see ``Encoder``."""
        states, final = self.encoder(source, source_lengths)
        return self.decoder.start(states, padding_mask(source_lengths, *source.shape), final)

    def forward(
        self,
        source: Int[Tensor, "B S"],
        source_lengths: Int[Tensor, " B"],
        target_inputs: Int[Tensor, "B T"],
    ) -> Decoded:
        """Predict each word of known targets from the source and the words before it.

        Args:
            source: Source words, of shape (B, S); padding is not read.
            source_lengths: Real words of each source sentence, from 1 to S.
            target_inputs: The targets behind a begin-of-sentence symbol, of shape (B, T).

        Returns:
            The logits, of shape (B, T, V), and the attention weights, (B, T, S) or None. Behind the end of a
            target they mean nothing.

        Raises:
            TypeError: Words or lengths are not integers.
            ValueError: Shapes do not fit, a length is out of range, or a word is not in a vocabulary.
        """
        check_pairs(source, target_inputs, self.decoder.vocabulary_size)
        return self.decoder(self.encode(source, source_lengths), target_inputs)


def build(
    source_vocabulary: int,
    target_vocabulary: int,
    kind: Literal["rnn", "lstm", "gru"] = "gru",
    hidden: int = 64,
    embedding: int = 32,
    context: Literal["start", "every"] = "start",
    attention: dict[str, str | bool] | None = None,
    bidirectional: bool = False,
    forget_bias: float | None = None,
) -> Seq2Seq:
    """Make a model from plain options; ``build(**model.config)`` makes another of the same shape.

    Args:
        source_vocabulary: Source words, special symbols included.
        target_vocabulary: Target words, special symbols included.
        kind: The cell, in encoder and decoder: "rnn", "lstm" or "gru".
        hidden: Width H of the states.
        embedding: Width E of the embeddings.
        context: Without attention, whether the decoder reads the context vector at the "start" or at "every"
            step.
        attention: None for no attention; else the switches of ``AttentionDecoder`` that shall not have their
            defaults, {} for none.
        bidirectional: Whether the encoder reads in both directions, with H/2 each.
        forget_bias: The start of the LSTM's forget bias, or of the GRU's update bias; both keep the old
            state. None: PyTorch's, around zero.

    Returns:
        The model. Its ``config`` holds all arguments, ``attention`` with all its switches.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: An option is unknown or out of range; ``hidden`` is odd with a bidirectional encoder; the
            RNN gets a forget bias; ``context`` is "every" with attention.

    Taught in:
        Chapters 1 and 8.

    Example:
        >>> import torch
        >>> model = build(9, 11, kind="lstm", hidden=8, attention={"score": "general"}, bidirectional=True)
        >>> source, lengths = torch.tensor([[4, 5, 6], [7, 0, 0]]), torch.tensor([3, 1])
        >>> logits, weights = model(source, lengths, torch.tensor([[1, 4], [1, 5]]))
        >>> logits.shape, weights[1, 0].tolist()
        (torch.Size([2, 2, 11]), [1.0, 0.0, 0.0])
        >>> model.config["attention"]["input_feeding"]
        True
    """
    check_choice("kind", kind, KINDS)
    check_size("hidden", hidden)
    check_size("embedding", embedding)
    check_switch("bidirectional", bidirectional)
    if bidirectional and hidden % 2:
        raise ValueError(f"hidden must be even for a bidirectional encoder, half each way, got {hidden}")
    if attention is not None:
        if context != "start":
            raise ValueError(f'context must be "start" with attention, got {context!r}')
        attention = _complete(attention)

    def cell(input_width: int, width: int) -> Cell:
        return _make_cell(kind, input_width, width, forget_bias)

    directions = 1 + bidirectional
    recurrent = Recurrent(*(cell(embedding, hidden // directions) for _ in range(directions)))
    encoder = Encoder(source_vocabulary, embedding, recurrent)
    if attention is None:
        check_choice("context", context, ("start", "every"))
        width = embedding + (hidden if context == "every" else 0)
        decoder = Decoder(target_vocabulary, embedding, cell(width, hidden), context)
    else:
        width = AttentionDecoder.input_width(
            embedding, hidden, attention["query"], attention["input_feeding"]
        )
        decoder = AttentionDecoder(target_vocabulary, embedding, cell(width, hidden), **attention)
    model = Seq2Seq(encoder, decoder)
    model.config = {
        "source_vocabulary": source_vocabulary,
        "target_vocabulary": target_vocabulary,
        "kind": kind,
        "hidden": hidden,
        "embedding": embedding,
        "context": context,
        "attention": attention,
        "bidirectional": bidirectional,
        "forget_bias": forget_bias,
    }
    return model


def _complete(attention: dict[str, str | bool]) -> dict[str, str | bool]:
    if not isinstance(attention, dict):
        raise TypeError(f"attention must be a dict of switches or None, got {attention!r:.60}")
    unknown = set(attention) - set(ATTENTION)
    if unknown:
        raise ValueError(
            f"attention has no switch {', '.join(map(repr, sorted(unknown, key=str)))}, "
            f"only {', '.join(ATTENTION)}"
        )
    return ATTENTION | attention


def _make_cell(kind: str, input_width: int, width: int, forget_bias: float | None) -> Cell:
    if kind == "lstm":
        return LSTMCell(input_width, width, forget_bias)
    if kind == "gru":
        return GRUCell(input_width, width, update_bias=forget_bias)
    if forget_bias is not None:
        raise ValueError(f"forget_bias must be None for an rnn, which has no gate, got {forget_bias!r}")
    return RNNCell(input_width, width)
