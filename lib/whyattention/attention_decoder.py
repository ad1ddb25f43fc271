"""The decoder with attention: every piece of a decoding step is a switch.

One step, in the order of chapter 8: decode to ``s_t``; score it with every encoder state; softmax; attention
value; concatenate and squash; predict. Shapes as in ``whyattention.decoder``.
"""

from __future__ import annotations

from typing import Literal

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from whyattention.attention import AdditiveScore, GeneralScore, Score, attend, dot_score
from whyattention.cells import Cell, State
from whyattention.decoder import (
    Decoded,
    StepDecoder,
    StepState,
    check_cell,
    check_choice,
    check_switch,
    check_tokens,
)

SCORES = ("dot", "general", "concat", "additive")
QUERIES = ("current", "previous")


class AttentionDecoder(StepDecoder):
    """Decode with a look at all encoder states in each step.

    ::

        s_t       = cell([y_{t-1}; s̃_{t-1}], s_{t-1})       s_0 = h_S, s̃_0 = 0
        e_{t,i}   = score(s_t, h_i)                          for every encoder state
        α_t       = softmax(e_t)                             over the real source words
        a_t       = Σ_i α_{t,i} h_i
        s̃_t       = tanh(W_c [a_t; s_t] + b_c)
        logits_t  = W s̃_t + b

    Each switch changes one line of this:

    - ``score``: ``s·h``, ``sᵀ W h`` or ``vᵀ tanh(W_s s + W_h h)``. "concat", Luong's ``vᵀ tanh(W [s; h])``,
      and "additive", Bahdanau's, are one function under two names (see ``AdditiveScore``), and from one seed
      the same model.
    - ``query="previous"`` asks before the step: ``α_t`` and ``a_t`` come from ``s_{t-1}``, and ``a_t`` enters
      the cell, ``s_t = cell([y_{t-1}; a_t; s̃_{t-1}], s_{t-1})``.
    - ``tanh_layer=False`` predicts from ``[a_t; s_t]`` directly. Fed to the next step is then ``a_{t-1}``;
      ``s_{t-1}`` is in the cell already.
    - ``input_feeding=False`` leaves ``s̃_{t-1}`` out of the cell's input.
    - ``last_state_control=True`` puts all weight on the last real state, ``α_{t,S} = 1``: same parameters,
      same arithmetic, only the look-up gone. The score's own parameters then have the gradient zero. With a
      bidirectional encoder the last state's backward half has read one word only; ``s_0`` still knows all.

    An LSTM asks with its hidden state ``h`` and not with its cell state. Parameters start as PyTorch starts
    them: see ``StepDecoder``; ``W_c`` and ``b_c``, in ``attentional``, the way of ``nn.Linear``.

    Args:
        vocabulary_size: Words that can be read and predicted, special symbols included.
        embedding_width: Width E of a word's embedding.
        cell: A cell as wide as the encoder's output, H. Its input is E wide, and H wider for each of
            ``input_feeding`` and ``query="previous"``: see ``input_width``.
        score: "dot", "general", "concat" or "additive" (whose hidden layer is H wide).
        query: Whether the "current" or the "previous" state asks.
        tanh_layer: Whether ``s̃_t`` stands between ``[a_t; s_t]`` and the prediction.
        input_feeding: Whether ``s̃_{t-1}`` enters the cell with the word.
        last_state_control: Whether all weight is on the last real encoder state.

    Raises:
        TypeError: ``cell`` is no ``Cell``, a size is no integer, or a switch that is on or off is no bool.
        ValueError: The cell's input width does not fit; ``score`` or ``query`` is unknown; a size is below
            one.

    Source:
        Luong et al. 2015, eqs. 5 to 8 and section 3.3; ``query="previous"``: Bahdanau et al. 2015, A.2.2.

    Differs from the paper:
        Luong et al. use four layers, and no bias ``b_c``. Bahdanau et al. predict through a maxout layer that
        sees the word before as well, and start from a projection of the backward half alone.

    Taught in:
        Chapter 8.

    Example:
        >>> from whyattention.cells import GRUCell
        >>> decoder = AttentionDecoder(vocabulary_size=9, embedding_width=3, cell=GRUCell(3 + 4, 4))
        >>> states, mask = torch.ones(2, 5, 4), torch.ones(2, 5, dtype=torch.bool)
        >>> start = decoder.start(states, mask, final=(states[:, -1],))
        >>> logits, weights = decoder(start, torch.tensor([[1, 4, 5], [1, 6, 2]]))
        >>> logits.shape, weights.shape
        (torch.Size([2, 3, 9]), torch.Size([2, 3, 5]))
    """

    def __init__(
        self,
        vocabulary_size: int,
        embedding_width: int,
        cell: Cell,
        score: Literal["dot", "general", "concat", "additive"] = "dot",
        query: Literal["current", "previous"] = "current",
        tanh_layer: bool = True,
        input_feeding: bool = True,
        last_state_control: bool = False,
    ) -> None:
        check_cell(cell)
        check_choice("score", score, SCORES)
        check_switch("tanh_layer", tanh_layer)
        check_switch("last_state_control", last_state_control)
        H = cell.hidden_width
        extra_width = self.input_width(embedding_width, H, query, input_feeding) - embedding_width
        super().__init__(vocabulary_size, embedding_width, cell, extra_width, H if tanh_layer else 2 * H)
        self.query = query
        self.input_feeding = input_feeding
        self.last_state_control = last_state_control
        self.score = _make_score(score, H)
        self.attentional = nn.Linear(2 * H, H) if tanh_layer else None

    @staticmethod
    def input_width(embedding_width: int, hidden_width: int, query: str, input_feeding: bool) -> int:
        """Return how wide the cell's input is: the word, ``a_t`` if asked before, and what is fed."""
        check_choice("query", query, QUERIES)
        check_switch("input_feeding", input_feeding)
        return embedding_width + hidden_width * ((query == "previous") + input_feeding)

    def start(self, states: Float[Tensor, "B S H"], mask: Bool[Tensor, "B S"], final: State) -> StepState:
        """Take over the final state and all states; see ``StepDecoder.start``."""
        if self.last_state_control:
            mask = _last(mask)
        fed = torch.zeros_like(final[0]) if self.input_feeding else None
        return StepState(final, memory=(states, mask), fed=fed)

    def advance(
        self, words: Float[Tensor, "B E"], before: StepState
    ) -> tuple[Float[Tensor, "B features"], Float[Tensor, "B S"], StepState]:
        """Take one step; see ``StepDecoder.advance``."""
        inputs = [words]
        if self.query == "previous":
            value, weights = self._look_up(before.cell[0][:, None], before)
            inputs.append(value[:, 0])
        if self.input_feeding:
            inputs.append(before.fed)
        state = self.cell(torch.cat(inputs, dim=-1), before.cell)
        s = state[0][:, None]  # (B, 1, H): one query
        if self.query == "current":
            value, weights = self._look_up(s, before)
        features = self._join(value, s)[:, 0]
        fed = None
        if self.input_feeding:
            fed = value[:, 0] if self.attentional is None else features
        return features, weights[:, 0], before._replace(cell=state, fed=fed)

    def forward(self, start: StepState, target_inputs: Int[Tensor, "B T"]) -> Decoded:
        """Predict each word of a known target from the words before it: teacher forcing.

        If no step needs what the attention of the step before found, with the current query and without
        feeding, the look-ups of all steps are one product. Otherwise the steps are taken in turn.

        Args:
            start: What ``start`` returned.
            target_inputs: The target behind a begin-of-sentence symbol, of shape (B, T). What is predicted
                behind a sentence's end means nothing: leave it out of the loss.

        Raises:
            TypeError: ``target_inputs`` are not integers.
            ValueError: They have another shape, or one is not in the vocabulary; or a sentence has no real
                source word.
        """
        check_tokens("target_inputs", target_inputs, self.vocabulary_size)
        words = self.embedding(target_inputs)  # (B, T, E)
        if self.query == "current" and not self.input_feeding:
            s, _ = self.recurrent(words, state=start.cell)  # (B, T, H)
            value, weights = self._look_up(s, start)
            return Decoded(self.prediction(self._join(value, s)), weights)
        steps, state = [], start
        for word in words.unbind(1):
            features, weights, state = self.advance(word, state)
            steps.append((features, weights))
        features, weights = (torch.stack(parts, dim=1) for parts in zip(*steps, strict=True))
        return Decoded(self.prediction(features), weights)

    def _look_up(
        self, query: Float[Tensor, "B queries H"], memory: StepState
    ) -> tuple[Float[Tensor, "B queries H"], Float[Tensor, "B queries S"]]:
        states, mask = memory.memory
        return attend(query, states, mask=mask[:, None], score=self.score)

    def _join(
        self, value: Float[Tensor, "B queries H"], s: Float[Tensor, "B queries H"]
    ) -> Float[Tensor, "B queries features"]:
        joined = torch.cat([value, s], dim=-1)
        return joined if self.attentional is None else self.attentional(joined).tanh()


def _make_score(name: str, width: int) -> Score:
    if name == "dot":
        return dot_score
    if name == "general":
        return GeneralScore(width, width)
    return AdditiveScore(width, width, hidden_width=width)


def _last(mask: Bool[Tensor, "B S"]) -> Bool[Tensor, "B S"]:
    """Leave only the last True of each row: a softmax over one score is 1, whatever the score."""
    later = mask.flip(1).cumsum(1).flip(1)  # real words from here to the end
    return mask & (later == 1)
