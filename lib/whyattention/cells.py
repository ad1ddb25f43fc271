"""One step of a recurrent network: the tanh RNN, the LSTM and the GRU, from their equations.

Each cell is split where time enters. ``project`` handles the input, which is known for all steps in
advance; ``step`` handles the state, which is not. A loop over time can so project a whole sentence in one
product and take only the steps in turn: ``whyattention.recurrent`` does. ``forward`` does both, for one step.

Conventions in force, all of them PyTorch's, since the same weights give other outputs under others:

- A state is a tuple of tensors of shape (batch, hidden): ``(h,)`` for RNN and GRU, ``(h, c)`` for the LSTM.
- The rows of a weight are grouped by gate: input, forget, candidate, output (``i, f, g, o``) in the LSTM;
  reset, update, candidate (``r, u, n``) in the GRU.
- There are two biases, one with the input and one with the hidden state. They add up, except in the GRU's
  candidate.
- The GRU's update gate *keeps*: at one, the old state stays.
- All parameters start uniform between ±1/√hidden, unless a bias is asked for.
"""

from __future__ import annotations

import math
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

State = tuple[Tensor, ...]


class Cell(nn.Module):
    """What the three cells share: stacked weights for ``gates`` products, and how they start.

    Args:
        input_width: Width of an input.
        hidden_width: Width of the hidden state.

    Raises:
        TypeError: A width is not an integer.
        ValueError: A width is below one.
    """

    #: Products of width ``hidden`` in one step.
    gates: int
    #: Tensors in a state.
    state_size: int = 1

    def __init__(self, input_width: int, hidden_width: int) -> None:
        super().__init__()
        for name, width in (("input_width", input_width), ("hidden_width", hidden_width)):
            if not isinstance(width, int) or isinstance(width, bool):
                raise TypeError(f"{name} must be an integer, got {type(width).__name__}")
            if width < 1:
                raise ValueError(f"{name} must be at least 1, got {width}")
        self.input_width = input_width
        self.hidden_width = hidden_width
        rows = self.gates * hidden_width
        self.input_weight = nn.Parameter(torch.empty(rows, input_width))
        self.hidden_weight = nn.Parameter(torch.empty(rows, hidden_width))
        self.input_bias = nn.Parameter(torch.empty(rows))
        self.hidden_bias = nn.Parameter(torch.empty(rows))
        bound = 1 / math.sqrt(hidden_width)
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -bound, bound)

    def initial_state(self, inputs: Float[Tensor, "batch *steps input_width"]) -> State:
        """Return a state of zeros for the batch, dtype and device of ``inputs``."""
        zeros = inputs.new_zeros(inputs.size(0), self.hidden_width)
        return (zeros,) * self.state_size

    def project(self, inputs: Float[Tensor, "*steps input_width"]) -> Float[Tensor, "*steps rows"]:
        """Return what the input adds to every gate, for one step or for many at once; biases included."""
        return functional.linear(inputs, self.input_weight, self.input_bias + self.hidden_bias)

    def step(self, projected: Float[Tensor, "batch rows"], state: State) -> State:
        """Take one step from ``state``, given what the input adds to the gates."""
        raise NotImplementedError

    def forward(self, inputs: Float[Tensor, "batch input_width"], state: State) -> State:
        """Take one step.

        Args:
            inputs: Inputs, of shape (batch, input_width).
            state: The state before, each tensor of shape (batch, hidden_width).

        Returns:
            The state after, of the same shapes.

        Raises:
            ValueError: The shapes do not fit the cell or each other.
        """
        if inputs.ndim != 2 or inputs.size(1) != self.input_width:
            raise ValueError(f"inputs must have shape (batch, {self.input_width}), got {tuple(inputs.shape)}")
        self.check_state(state, inputs.size(0))
        return self.step(self.project(inputs), state)

    def check_state(self, state: State, batch: int) -> None:
        """Raise ``ValueError`` unless ``state`` holds what this cell keeps for ``batch`` sequences."""
        expected = (batch, self.hidden_width)
        if not isinstance(state, tuple) or len(state) != self.state_size:
            raise ValueError(
                f"state must be a tuple of {self.state_size} tensors of shape {expected}, got {state!r:.60}"
            )
        for tensor in state:
            if tensor.shape != expected:
                raise ValueError(f"state must hold tensors of shape {expected}, got {tuple(tensor.shape)}")

    def extra_repr(self) -> str:
        """Name the widths where PyTorch prints the module."""
        return f"{self.input_width}, {self.hidden_width}"

    def _start_bias(self, gate: int, value: float | None) -> None:
        """Let the two biases of one gate add up to ``value``; None leaves them as they started."""
        if value is not None:
            rows = slice(gate * self.hidden_width, (gate + 1) * self.hidden_width)
            with torch.no_grad():
                self.input_bias[rows] = value
                self.hidden_bias[rows] = 0


class RNNCell(Cell):
    """The simple recurrent cell with tanh.

    ::

        h_t = tanh(W x_t + b + U h_{t-1} + b')

    Source:
        Elman 1990.

    Taught in:
        Chapters 1 and 3.

    Example:
        >>> cell = RNNCell(input_width=3, hidden_width=4)
        >>> (h,) = cell(torch.ones(2, 3), (torch.zeros(2, 4),))
        >>> h.shape
        torch.Size([2, 4])
    """

    gates = 1

    def step(self, projected: Float[Tensor, "batch rows"], state: State) -> State:
        """Take one step; see ``Cell.step``."""
        (h,) = state
        return (torch.addmm(projected, h, self.hidden_weight.t()).tanh(),)


class LSTMCell(Cell):
    """Long short-term memory with a forget gate.

    ::

        i, f, o = σ(W x_t + b + U h_{t-1} + b')     each with its own rows of W, U, b, b'
        g       = tanh(…)
        c_t     = f ∘ c_{t-1} + i ∘ g
        h_t     = o ∘ tanh(c_t)

    Args:
        input_width: Width of an input.
        hidden_width: Width of the hidden state and of the cell state.
        forget_bias: What the forget gate's two biases add up to at the start. None: PyTorch's, around zero.

    Source:
        Hochreiter & Schmidhuber 1997; the forget gate, Gers, Schmidhuber & Cummins 2000.

    Differs from the paper:
        No peephole connections; the 1997 cell has no forget gate.

    Taught in:
        Chapter 4.

    Example:
        >>> cell = LSTMCell(input_width=3, hidden_width=4, forget_bias=1.0)
        >>> h, c = cell(torch.ones(2, 3), (torch.zeros(2, 4), torch.zeros(2, 4)))
        >>> h.shape, c.shape
        (torch.Size([2, 4]), torch.Size([2, 4]))
    """

    gates = 4
    state_size = 2

    def __init__(self, input_width: int, hidden_width: int, forget_bias: float | None = None) -> None:
        super().__init__(input_width, hidden_width)
        self._start_bias(1, forget_bias)

    def step(self, projected: Float[Tensor, "batch rows"], state: State) -> State:
        """Take one step; see ``Cell.step``."""
        h, c = state
        i, f, g, o = torch.addmm(projected, h, self.hidden_weight.t()).chunk(4, dim=1)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        return o.sigmoid() * c.tanh(), c


class GRUCell(Cell):
    """Gated recurrent unit: two gates, and no cell state beside the hidden state.

    ::

        r, u = σ(W x_t + b + U h_{t-1} + b')                     each with its own rows
        n    = tanh(W x_t + b + r ∘ (U h_{t-1} + b'))            reset="after": PyTorch's, cuDNN's
        n    = tanh(W x_t + b + U (r ∘ h_{t-1}) + b')            reset="before": Cho et al.
        h_t  = u ∘ h_{t-1} + (1 - u) ∘ n

    The update gate keeps: at ``u = 1`` the state stays as it is. Where a text lets it replace, as Chung et
    al. 2014 do, its ``z`` is our ``1 - u``, and its weights and biases are ours with the sign changed.

    Args:
        input_width: Width of an input.
        hidden_width: Width of the hidden state.
        update_bias: What the update gate's two biases add up to at the start. None: PyTorch's, around zero.
        reset: Whether the reset gate acts "after" the product with U or "before" it.

    Raises:
        ValueError: ``reset`` is neither.

    Source:
        Cho et al. 2014 (EMNLP), eqs. 5 to 8.

    Differs from the paper:
        The default resets after the product, so that all products with ``h`` are one.

    Taught in:
        Chapter 5.

    Example:
        >>> cell = GRUCell(input_width=3, hidden_width=4)
        >>> (h,) = cell(torch.ones(2, 3), (torch.zeros(2, 4),))
        >>> h.shape
        torch.Size([2, 4])
    """

    gates = 3

    def __init__(
        self,
        input_width: int,
        hidden_width: int,
        update_bias: float | None = None,
        reset: Literal["after", "before"] = "after",
    ) -> None:
        super().__init__(input_width, hidden_width)
        if reset not in ("after", "before"):
            raise ValueError(f'reset must be "after" or "before", got {reset!r}')
        self.reset = reset
        self._start_bias(1, update_bias)

    def project(self, inputs: Float[Tensor, "*steps input_width"]) -> Float[Tensor, "*steps rows"]:
        """Return what the input adds to every gate; the hidden bias not, since ``r`` may multiply it."""
        return functional.linear(inputs, self.input_weight, self.input_bias)

    def step(self, projected: Float[Tensor, "batch rows"], state: State) -> State:
        """Take one step; see ``Cell.step``."""
        (h,) = state
        H = self.hidden_width
        if self.reset == "after":
            hidden = torch.addmm(self.hidden_bias, h, self.hidden_weight.t())
            r, u = (projected[:, : 2 * H] + hidden[:, : 2 * H]).sigmoid().chunk(2, dim=1)
            n = torch.addcmul(projected[:, 2 * H :], r, hidden[:, 2 * H :]).tanh()
        else:
            gates = torch.addmm(self.hidden_bias[: 2 * H], h, self.hidden_weight[: 2 * H].t())
            r, u = (projected[:, : 2 * H] + gates).sigmoid().chunk(2, dim=1)
            candidate = torch.addmm(self.hidden_bias[2 * H :], r * h, self.hidden_weight[2 * H :].t())
            n = (projected[:, 2 * H :] + candidate).tanh()
        return (torch.lerp(n, h, u),)  # n + u (h - n) = u h + (1 - u) n
