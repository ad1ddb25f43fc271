"""A decoder that knows the source only as one vector, and what every decoder has in common.

A decoder writes the target word by word. ``start`` takes over from the encoder, ``step`` takes one word and
predicts the next, and a call of the decoder does all steps at once where the words are known in advance:
teacher forcing. What passes from one step to the next is a ``StepState``.

Batch first; a mask is True at real words. Shapes: ``B`` sentences, ``S`` source steps, ``T`` target steps,
``E`` embedding width, ``H`` hidden width, ``V`` words in the vocabulary.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from whyattention.cells import Cell, State
from whyattention.recurrent import Recurrent


class Decoded(NamedTuple):
    """What a decoder answers under teacher forcing.

    Attributes:
        logits: The scores of all words at each step, before the softmax; of shape (B, T, V).
        weights: The attention weights of each step, of shape (B, T, S); None without attention.
    """

    logits: Float[Tensor, "B T V"]
    weights: Float[Tensor, "B T S"] | None


class StepState(NamedTuple):
    """What a decoder keeps between two steps, for a batch of sentences.

    Attributes:
        cell: The state of the cell, ``(s_t,)`` or ``(s_t, c_t)``.
        memory: What each step may look at: nothing, the context vector, or all encoder states and their mask.
        fed: What the next step's input receives beside the word, of shape (B, H); None without input feeding.
    """

    cell: State
    memory: tuple[Tensor, ...] = ()
    fed: Float[Tensor, "B H"] | None = None

    def select(self, rows: Int[Tensor, " rows"] | Bool[Tensor, " B"]) -> StepState:
        """Return the state of some sentences only, in the order of ``rows``; one may come several times."""
        return StepState(
            tuple(tensor[rows] for tensor in self.cell),
            tuple(tensor[rows] for tensor in self.memory),
            None if self.fed is None else self.fed[rows],
        )


class StepDecoder(nn.Module):
    """What the decoders share: an embedding, a cell and a prediction.

    A decoder adds ``start`` and ``advance``, and a ``forward`` that equals its steps in turn. Embeddings
    start normal with variance 1, the prediction the way of ``nn.Linear``: both as PyTorch starts them.

    Args:
        vocabulary_size: Words that can be read and predicted, special symbols included.
        embedding_width: Width of a word's embedding.
        cell: The cell that takes the steps.
        extra_width: Width of what the cell's input holds behind the embedding.
        prediction_width: Width of what the prediction is made from.

    Raises:
        TypeError: ``cell`` is no ``Cell``, or a size is not an integer.
        ValueError: The cell's input width is not that of its input, or a size is below one.
    """

    def __init__(
        self, vocabulary_size: int, embedding_width: int, cell: Cell, extra_width: int, prediction_width: int
    ) -> None:
        super().__init__()
        check_size("vocabulary_size", vocabulary_size)
        check_size("embedding_width", embedding_width)
        self.recurrent = Recurrent(cell)
        if cell.input_width != embedding_width + extra_width:
            raise ValueError(
                f"cell must have the input_width {embedding_width} + {extra_width} (embedding and what is "
                f"read beside it), got {cell.input_width}"
            )
        self.embedding = nn.Embedding(vocabulary_size, embedding_width)
        self.prediction = nn.Linear(prediction_width, vocabulary_size)

    @property
    def cell(self) -> Cell:
        """The cell that takes the steps."""
        return self.recurrent.cell

    @property
    def vocabulary_size(self) -> int:
        """Words that can be read and predicted."""
        return self.embedding.num_embeddings

    def start(self, states: Float[Tensor, "B S H"], mask: Bool[Tensor, "B S"], final: State) -> StepState:
        """Take over from the encoder, before the first word.

        Args:
            states: The encoder's states, of shape (B, S, H).
            mask: True at real source words, of shape (B, S).
            final: The encoder's final state, each tensor of shape (B, H). It becomes the cell's ``s_0`` as it
                is: the LSTM's pair as a pair, both directions of an encoder side by side.

        Returns:
            The state from which the first step starts.
        """
        raise NotImplementedError

    def advance(
        self, words: Float[Tensor, "B E"], before: StepState
    ) -> tuple[Float[Tensor, "B features"], Float[Tensor, "B S"] | None, StepState]:
        """Take one step, up to what the prediction is made from.

        Args:
            words: Embeddings of the words before, of shape (B, E).
            before: The state after the step before.

        Returns:
            What the prediction is made from; the attention weights or None; the state after.
        """
        raise NotImplementedError

    def step(
        self, token: Int[Tensor, " B"], before: StepState
    ) -> tuple[Float[Tensor, "B V"], Float[Tensor, "B S"] | None, StepState]:
        """Read one word and predict the next.

        Args:
            token: The words before, of shape (B,); the begin-of-sentence symbol at first.
            before: The state after the step before, or from ``start``.

        Returns:
            The logits of the next word, (B, V); the attention weights, (B, S) or None; the state after.
        """
        features, weights, after = self.advance(self.embedding(token), before)
        return self.prediction(features), weights, after


class Decoder(StepDecoder):
    """Decode from one context vector, read once or at every step; no attention.

    ::

        s_0 = h_S
        s_t = cell(y_{t-1}, s_{t-1})             context="start"
        s_t = cell([y_{t-1}; h_S], s_{t-1})      context="every"
        logits_t = W s_t + b

    Here ``y_{t-1}`` is the embedding of the word before and ``h_S`` the encoder's final hidden state. An LSTM
    starts from the pair ``(h_S, c_S)``; at every step it reads ``h_S`` alone.

    Args:
        vocabulary_size: Words that can be read and predicted, special symbols included.
        embedding_width: Width E of a word's embedding.
        cell: A cell as wide as the encoder's output, H; its input is E wide for "start", E + H for "every".
        context: Whether the context vector is given once, at the "start", or to "every" step.

    Raises:
        TypeError: ``cell`` is no ``Cell``, or a size is not an integer.
        ValueError: The cell's input width does not fit; ``context`` is neither; a size is below one.

    Source:
        "start": Sutskever, Vinyals & Le 2014, section 2; "every": Cho et al. 2014 (EMNLP), section 2.2.

    Differs from the paper:
        Sutskever et al. use four layers and read the source backward. In Cho et al. ``s_0 = tanh(V h_S)``,
        and the prediction sees the word before and the context vector as well.

    Taught in:
        Chapter 1.

    Example:
        >>> from whyattention.cells import GRUCell
        >>> decoder = Decoder(vocabulary_size=9, embedding_width=3, cell=GRUCell(3, 4))
        >>> states, mask = torch.ones(2, 5, 4), torch.ones(2, 5, dtype=torch.bool)
        >>> start = decoder.start(states, mask, final=(states[:, -1],))
        >>> decoder(start, torch.tensor([[1, 4, 5], [1, 6, 2]])).logits.shape
        torch.Size([2, 3, 9])
    """

    def __init__(
        self,
        vocabulary_size: int,
        embedding_width: int,
        cell: Cell,
        context: Literal["start", "every"] = "start",
    ) -> None:
        check_cell(cell)
        check_choice("context", context, ("start", "every"))
        H = cell.hidden_width
        super().__init__(vocabulary_size, embedding_width, cell, H if context == "every" else 0, H)
        self.context = context

    def start(self, states: Float[Tensor, "B S H"], mask: Bool[Tensor, "B S"], final: State) -> StepState:
        """Take over the encoder's final state, and nothing else; see ``StepDecoder.start``."""
        return StepState(final, memory=(final[0],) if self.context == "every" else ())

    def advance(self, words: Float[Tensor, "B E"], before: StepState) -> tuple[Tensor, None, StepState]:
        """Take one step; see ``StepDecoder.advance``."""
        state = self.cell(torch.cat([words, *before.memory], dim=-1), before.cell)
        return state[0], None, before._replace(cell=state)

    def forward(self, start: StepState, target_inputs: Int[Tensor, "B T"]) -> Decoded:
        """Predict each word of a known target from the words before it: teacher forcing.

        Args:
            start: What ``start`` returned.
            target_inputs: The target behind a begin-of-sentence symbol, of shape (B, T). What is predicted
                behind a sentence's end means nothing: leave it out of the loss.

        Raises:
            TypeError: ``target_inputs`` are not integers.
            ValueError: They have another shape, or one is not in the vocabulary.
        """
        check_tokens("target_inputs", target_inputs, self.vocabulary_size)
        steps = target_inputs.size(1)
        context = [vector[:, None].expand(-1, steps, -1) for vector in start.memory]  # (B, T, H)
        inputs = torch.cat([self.embedding(target_inputs), *context], dim=-1)
        s, _ = self.recurrent(inputs, state=start.cell)  # (B, T, H)
        return Decoded(self.prediction(s), None)


def step_by_step(decoder: StepDecoder, start: StepState, target_inputs: Int[Tensor, "B T"]) -> Decoded:
    """Do under teacher forcing what decoding does: one step after the other.

    The same answer as ``decoder(start, target_inputs)``, slower: the plain loop, to read and to compare with.

    Args:
        decoder: A decoder.
        start: What its ``start`` returned.
        target_inputs: The target behind a begin-of-sentence symbol, of shape (B, T).

    Raises:
        TypeError: ``target_inputs`` are not integers.
        ValueError: They have another shape, or one is not in the vocabulary.

    Taught in:
        Chapter 8.
    """
    check_tokens("target_inputs", target_inputs, decoder.vocabulary_size)
    logits, weights, state = [], [], start
    for token in target_inputs.unbind(1):
        logits_t, weights_t, state = decoder.step(token, state)
        logits.append(logits_t)
        weights.append(weights_t)
    return Decoded(torch.stack(logits, dim=1), None if weights[0] is None else torch.stack(weights, dim=1))


# What the arguments must be: each error names the argument, what came and what was expected.


def check_size(name: str, size: int) -> None:
    """Raise unless ``size`` is an integer of at least one."""
    if not isinstance(size, int) or isinstance(size, bool):
        raise TypeError(f"{name} must be an integer, got {type(size).__name__}")
    if size < 1:
        raise ValueError(f"{name} must be at least 1, got {size}")


def check_cell(cell: Cell) -> None:
    """Raise ``TypeError`` unless ``cell`` is one of ``whyattention.cells``."""
    if not isinstance(cell, Cell):
        raise TypeError(f"cell must be a Cell, got {type(cell).__name__}")


def check_choice(name: str, choice: str, choices: tuple[str, ...]) -> None:
    """Raise ``ValueError`` unless ``choice`` is one of ``choices``."""
    if choice not in choices:
        raise ValueError(f"{name} must be one of {', '.join(map(repr, choices))}, got {choice!r}")


def check_switch(name: str, switch: bool) -> None:
    """Raise ``TypeError`` unless ``switch`` is True or False, and nothing that merely counts as such."""
    if not isinstance(switch, bool):
        raise TypeError(f"{name} must be True or False, got {switch!r}")


def check_tokens(name: str, tokens: Tensor, vocabulary_size: int) -> None:
    """Raise unless ``tokens`` are integers of shape (batch, steps), each below ``vocabulary_size``."""
    if tokens.dtype not in (torch.int64, torch.int32):
        raise TypeError(f"{name} must be integers (int64 or int32), got {tokens.dtype}")
    if tokens.ndim != 2 or tokens.size(1) == 0:
        raise ValueError(f"{name} must have shape (batch, steps >= 1), got {tuple(tokens.shape)}")
    if tokens.numel() and not (tokens.min() >= 0 and tokens.max() < vocabulary_size):
        raise ValueError(
            f"{name} must lie between 0 and {vocabulary_size - 1}, the vocabulary's last word, "
            f"got {tokens.min()} to {tokens.max()}"
        )


def check_pairs(source: Tensor, target_inputs: Tensor, target_words: int) -> None:
    """Raise unless ``target_inputs`` are tokens below ``target_words``, as many sentences as ``source``."""
    check_tokens("target_inputs", target_inputs, target_words)
    if len(source) != len(target_inputs):
        raise ValueError(
            "source and target_inputs must hold as many sentences, "
            f"got {len(source)} and {len(target_inputs)}"
        )
