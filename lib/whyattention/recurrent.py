"""A cell unrolled over time: padded batches, forward or in both directions.

Batch first. A sequence of length ``n`` in a longer batch is read as if it stood alone: its padding is never
seen, its final state is that of its last real step, and the outputs behind it are zero.
"""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from whyattention.cells import Cell, GRUCell, LSTMCell, RNNCell, State

_TORCH = {RNNCell: nn.RNN, LSTMCell: nn.LSTM, GRUCell: nn.GRU}


class Recurrent(nn.Module):
    """Unroll a cell over a padded batch; with a second cell, read backward as well.

    ::

        h_t = cell(x_t, h_{t-1})        and backward        h'_t = backward(x_t, h'_{t+1})

    With two cells the outputs are ``[h_t; h'_t]``, and so are the states: as wide as both cells together.

    Args:
        cell: The cell that reads forward.
        backward: A cell of the same kind and input width that reads backward, or None.

    Raises:
        TypeError: The cells are not of one kind.
        ValueError: Their input widths differ.

    Source:
        Both directions: Schuster & Paliwal 1997; in a translator, Bahdanau et al. 2015, section 3.2.

    Taught in:
        Chapters 1 and 8.

    Example:
        >>> encoder = Recurrent(GRUCell(3, 4))
        >>> outputs, (h,) = encoder(torch.ones(2, 5, 3), lengths=torch.tensor([5, 2]))
        >>> outputs.shape, torch.equal(h[1], outputs[1, 1]), outputs[1, 2:].count_nonzero().item()
        (torch.Size([2, 5, 4]), True, 0)
    """

    def __init__(self, cell: Cell, backward: Cell | None = None) -> None:
        super().__init__()
        if not isinstance(cell, Cell):
            raise TypeError(f"cell must be a Cell, got {type(cell).__name__}")
        if backward is not None and type(backward) is not type(cell):
            raise TypeError(
                f"backward must be a {type(cell).__name__} like cell, got {type(backward).__name__}"
            )
        if backward is not None and backward.input_width != cell.input_width:
            raise ValueError(
                "cell and backward must have one input width, "
                f"got {cell.input_width} and {backward.input_width}"
            )
        self.cell = cell
        self.backward_cell = backward

    @property
    def output_width(self) -> int:
        """Width of an output and of each tensor of a state."""
        return sum(cell.hidden_width for cell in self._cells())

    def forward(
        self,
        inputs: Float[Tensor, "batch steps input_width"],
        lengths: Int[Tensor, " batch"] | None = None,
        state: State | None = None,
    ) -> tuple[Float[Tensor, "batch steps output_width"], State]:
        """Read a batch of sequences.

        Args:
            inputs: Inputs, of shape (batch, steps, input_width); not read behind a sequence's length.
            lengths: Real steps of each sequence, from 1 to ``steps``. Without it, all are full.
            state: The state to start from, each tensor of shape (batch, output_width). Without it, zeros.

        Returns:
            The outputs, of shape (batch, steps, output_width) and zero behind each sequence's length, and the
            final state: after the last real step, and for a backward cell after the first.

        Raises:
            TypeError: ``lengths`` are not integers.
            ValueError: A shape does not fit; there is no step; a length is out of range.
        """
        cells = self._cells()
        if inputs.ndim != 3 or inputs.size(1) == 0 or inputs.size(2) != self.cell.input_width:
            raise ValueError(
                f"inputs must have shape (batch, steps >= 1, {self.cell.input_width}), "
                f"got {tuple(inputs.shape)}"
            )
        batch, steps, _ = inputs.shape
        mask = None
        if lengths is not None:
            mask = padding_mask(lengths, batch, steps)
            inputs = inputs.masked_fill(
                ~mask[..., None], 0
            )  # NaN in padding would come back through gradients
        if state is None:
            states = [cell.initial_state(inputs) for cell in cells]
        else:
            states = self._split(state, batch)
        shortest = steps if lengths is None else int(lengths.min()) if batch else steps
        directions = (range(steps), range(steps - 1, -1, -1))
        read = [
            _unroll(cell, inputs, mask, shortest, start, order)
            for cell, start, order in zip(cells, states, directions, strict=False)
        ]
        outputs = torch.cat([output for output, _ in read], dim=-1) if len(read) > 1 else read[0][0]
        final = tuple(torch.cat(parts, dim=-1) for parts in zip(*(end for _, end in read), strict=True))
        return outputs, final

    @classmethod
    def from_torch(cls, module: nn.RNNBase) -> Recurrent:
        """Copy a one-layer ``torch.nn.RNN`` (tanh), ``LSTM`` or ``GRU``, with its dtype and device.

        Raises:
            TypeError: ``module`` is none of the three.
            ValueError: It has several layers, dropout, a projection, no bias, or relu for its nonlinearity.
        """
        kinds = {torch_type: cell_type for cell_type, torch_type in _TORCH.items()}
        if type(module) not in kinds:
            raise TypeError(f"module must be a torch.nn.RNN, LSTM or GRU, got {type(module).__name__}")
        for option, plain in (("num_layers", 1), ("dropout", 0), ("proj_size", 0), ("bias", True)):
            if getattr(module, option) != plain:
                raise ValueError(f"module must have {option}={plain!r}, got {getattr(module, option)!r}")
        if getattr(module, "nonlinearity", "tanh") != "tanh":
            raise ValueError(f"module must have nonlinearity='tanh', got {module.nonlinearity!r}")
        suffixes = ("_l0", "_l0_reverse")[: 1 + module.bidirectional]
        kind = kinds[type(module)]
        copy = cls(*(kind(module.input_size, module.hidden_size) for _ in suffixes)).to(module.weight_ih_l0)
        with torch.no_grad():
            for cell, suffix in zip(copy._cells(), suffixes, strict=True):
                for ours, theirs in _parameter_names(suffix).items():
                    getattr(cell, ours).copy_(getattr(module, theirs))
        return copy

    def to_torch(self) -> nn.RNNBase:
        """Return PyTorch's module with a copy of these weights, batch first.

        Raises:
            ValueError: PyTorch has no such module: a GRU that resets before the product, or two cells of
                unlike width.
        """
        cells = self._cells()
        if any(getattr(cell, "reset", "after") == "before" for cell in cells):
            raise ValueError('PyTorch has no GRU with reset="before"')
        if len({cell.hidden_width for cell in cells}) > 1:
            raise ValueError(
                f"PyTorch has one hidden width for both directions, got {[c.hidden_width for c in cells]}"
            )
        kind = _TORCH[type(self.cell)]
        module = kind(
            self.cell.input_width, self.cell.hidden_width, batch_first=True, bidirectional=len(cells) == 2
        )
        module = module.to(self.cell.input_weight)
        with torch.no_grad():
            for cell, suffix in zip(cells, ("_l0", "_l0_reverse"), strict=False):
                for ours, theirs in _parameter_names(suffix).items():
                    getattr(module, theirs).copy_(getattr(cell, ours))
        return module

    def _cells(self) -> list[Cell]:
        return [self.cell] if self.backward_cell is None else [self.cell, self.backward_cell]

    def _split(self, state: State, batch: int) -> list[State]:
        """Cut a state of both directions into one for each cell."""
        expected = (batch, self.output_width)
        if not isinstance(state, tuple) or any(tensor.shape != expected for tensor in state):
            raise ValueError(f"state must be a tuple of tensors of shape {expected}, got {state!r:.60}")
        cells = self._cells()
        widths = [cell.hidden_width for cell in cells]
        parts = list(zip(*(tensor.split(widths, dim=-1) for tensor in state), strict=True))
        for cell, part in zip(cells, parts, strict=True):
            cell.check_state(part, batch)
        return parts


def padding_mask(lengths: Int[Tensor, " batch"], batch: int, steps: int) -> Bool[Tensor, "batch steps"]:
    """Return a mask, True at the real steps of each sequence and False at its padding.

    Args:
        lengths: Real steps of each sequence.
        batch: Number of sequences that there must be.
        steps: Steps of the padded batch.

    Raises:
        TypeError: ``lengths`` are not integers.
        ValueError: There are not ``batch`` of them, or one is not from 1 to ``steps``.

    Taught in:
        Chapter 1.

    Example:
        >>> padding_mask(torch.tensor([1, 3]), batch=2, steps=3)
        tensor([[ True, False, False],
                [ True,  True,  True]])
    """
    if lengths.is_floating_point() or lengths.dtype == torch.bool:
        raise TypeError(f"lengths must be integers, got {lengths.dtype}")
    if lengths.shape != (batch,):
        raise ValueError(f"lengths must have shape ({batch},), got {tuple(lengths.shape)}")
    if batch and not (lengths.min() >= 1 and lengths.max() <= steps):
        raise ValueError(f"lengths must lie between 1 and {steps}, got {lengths.tolist()}")
    return torch.arange(steps, device=lengths.device) < lengths[:, None]


def _unroll(
    cell: Cell, inputs: Tensor, mask: Tensor | None, shortest: int, state: State, order: range
) -> tuple[Tensor, State]:
    # One product for all steps; unbound at once, since the gradient of an index is as large as the whole.
    projected = cell.project(inputs.transpose(0, 1)).unbind(0)
    outputs = list(projected)
    for t in order:
        after = cell.step(projected[t], state)
        if mask is not None and t >= shortest:
            # A finished sequence keeps its state, and backward one that has not begun does.
            real = mask[:, t, None]
            state = tuple(torch.where(real, new, old) for new, old in zip(after, state, strict=True))
            outputs[t] = after[0].masked_fill(~real, 0)
        else:
            state = after
            outputs[t] = after[0]
    return torch.stack(outputs, dim=1), state


def _parameter_names(suffix: str) -> dict[str, str]:
    return {
        "input_weight": f"weight_ih{suffix}",
        "hidden_weight": f"weight_hh{suffix}",
        "input_bias": f"bias_ih{suffix}",
        "hidden_bias": f"bias_hh{suffix}",
    }
