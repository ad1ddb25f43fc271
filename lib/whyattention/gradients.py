"""How far gradients reach: Jacobians through time, the reach of a loss, and clipping.

Backpropagation through time multiplies one Jacobian for each step. A long product of matrices vanishes or
explodes, and here it is measured, by automatic differentiation through the very cells that are trained.

All measurements are made on a copy in float64, whatever the dtype of the model: in float32 a norm below
1e-45 would be zero. The model and its gradients are left as they are.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterable
from typing import Literal, NamedTuple, TypeVar

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from whyattention.batches import PAD, Batch
from whyattention.cells import Cell, GRUCell, LSTMCell, RNNCell, State
from whyattention.seq2seq import Seq2Seq
from whyattention.transformer import Transformer

Module = TypeVar("Module", bound=nn.Module)


def state_jacobians(
    cell: Cell, inputs: Float[Tensor, "batch steps input_width"], part: Literal["hidden", "cell"] = "hidden"
) -> Float[Tensor, "batch lags width width"]:
    """Return the Jacobian of the last state by each state before it.

    ::

        J_{b,l} = ∂h_L/∂h_{L-l}        part="hidden"
        J_{b,l} = ∂c_L/∂c_{L-l}        part="cell", the LSTM's

    Entry (j, k) is how much component j of the last state changes with component k of the earlier one.

    For RNN and GRU this is the product of the Jacobians of l steps. An LSTM's state is a pair, and its two
    parts are told apart by how ``h_t`` is made from ``c_t``: ``∂c_L/∂c_t`` counts every path from ``c_t`` on,
    the direct one through the forget gates (``kept_share``) and the indirect ones through ``h_t`` and the
    gates of later steps. ``∂h_L/∂h_t`` counts the paths that start from ``h_t``, with ``c_t`` held.

    Args:
        cell: The cell; of a ``Recurrent``, its ``cell``.
        inputs: What the cell reads, starting from a state of zeros; of shape (batch, L, input_width).
        part: Which part of the state.

    Returns:
        Jacobians in float64, of shape (batch, L + 1, width, width), by lag: the identity at lag 0, and at
        lag L the Jacobian by the initial state.

    Raises:
        ValueError: ``inputs`` have another shape or no step; ``part`` is not one that the cell has.

    Source:
        Pascanu, Mikolov & Bengio 2013, eq. 5.

    Taught in:
        Chapter 3; the cell state in chapter 4.

    Example:
        >>> cell = RNNCell(input_width=1, hidden_width=1)
        >>> for parameter in cell.parameters():
        ...     _ = nn.init.zeros_(parameter)
        >>> _ = nn.init.constant_(cell.hidden_weight, 0.5)
        >>> state_jacobians(cell, torch.zeros(1, 3, 1)).flatten()  # at h = 0 the slope of tanh is 1
        tensor([1.0000, 0.5000, 0.2500, 0.1250], dtype=torch.float64)
    """
    _require_inputs(cell, inputs)
    parts = ("hidden", "cell")[: cell.state_size]
    if part not in parts:
        raise ValueError(f"part of a {type(cell).__name__} must be one of {parts}, got {part!r}")
    index = parts.index(part)
    H = cell.hidden_width
    # H copies of each sequence, and copy j asks for component j: one pass back gives all rows of all lags.
    states = _unroll(_measurable(cell), _measurable_inputs(inputs).repeat_interleave(H, dim=0))
    earlier = [state[index] for state in reversed(states)]
    rows = torch.eye(H, dtype=torch.float64).repeat(len(inputs), 1)
    gradients = torch.autograd.grad(earlier[0], earlier, rows)
    return torch.stack(gradients, dim=1).unflatten(0, (len(inputs), H)).transpose(1, 2)


def state_gradient_norms(
    cell: Cell,
    inputs: Float[Tensor, "batch steps input_width"],
    part: Literal["hidden", "cell"] = "hidden",
    norm: Literal["spectral", "frobenius"] = "spectral",
) -> Float[Tensor, "batch lags"]:
    """Return the norm of the Jacobian of the last state by each state before it.

    ::

        n_{b,l} = ‖∂h_L/∂h_{L-l}‖        or ‖∂c_L/∂c_{L-l}‖

    The spectral norm, the largest singular value, is the largest factor by which a gradient may grow or must
    shrink on its way back over l steps: the book draws it. The Frobenius norm, the root of the sum of all
    squares, is at least as large and at most √width times that.

    Args:
        cell: The cell; of a ``Recurrent``, its ``cell``.
        inputs: What the cell reads, starting from a state of zeros; of shape (batch, L, input_width).
        part: Which part of the state; see ``state_jacobians``.
        norm: "spectral" or "frobenius".

    Returns:
        Norms in float64, of shape (batch, L + 1), by lag; lag 0 first.

    Raises:
        ValueError: As for ``state_jacobians``; or ``norm`` is neither.

    Source:
        Pascanu, Mikolov & Bengio 2013, section 2.1.

    Taught in:
        Chapters 3 to 5.
    """
    orders = {"spectral": 2, "frobenius": "fro"}
    if norm not in orders:
        raise ValueError(f"norm must be one of {tuple(orders)}, got {norm!r}")
    _require_inputs(cell, inputs)
    # One sequence at a time: all Jacobians of a large batch would not fit in memory.
    return torch.cat(
        [
            torch.linalg.matrix_norm(state_jacobians(cell, sequence, part), ord=orders[norm])
            for sequence in inputs.split(1)
        ]
    )


def kept_share(
    cell: LSTMCell | GRUCell, inputs: Float[Tensor, "batch steps input_width"]
) -> Float[Tensor, "batch lags width"]:
    """Return how much of each component of the state is left after some steps, by the gate alone.

    ::

        f_{t+1} ∘ … ∘ f_L        LSTM: the direct path of ∂c_L/∂c_t
        u_{t+1} ∘ … ∘ u_L        GRU, whose update gate keeps: the direct path of ∂h_L/∂h_t

    This is the additive path that makes a gated cell last: ``state_jacobians`` without the indirect paths,
    which lead through the gates and the candidate. What is left is a diagonal; its largest component is its
    spectral norm.

    Args:
        cell: An LSTM or GRU cell.
        inputs: What the cell reads, starting from a state of zeros; of shape (batch, L, input_width).

    Returns:
        Shares in float64, of shape (batch, L + 1, width), by lag; ones at lag 0.

    Raises:
        TypeError: The cell has no gate that keeps.
        ValueError: ``inputs`` have another shape or no step.

    Source:
        Hochreiter & Schmidhuber 1997 on the constant error carousel; with a forget gate, Gers et al. 2000.

    Taught in:
        Chapters 4 and 5.

    Example:
        >>> _ = torch.manual_seed(0)
        >>> cell = LSTMCell(input_width=1, hidden_width=2, forget_bias=1.0)
        >>> kept_share(cell, torch.zeros(1, 100, 1))[0, 100] < 1e-10  # σ(1) ** 100 is 2.5e-14
        tensor([True, True])
    """
    if not isinstance(cell, LSTMCell | GRUCell):
        raise TypeError(f"cell must be an LSTMCell or a GRUCell, got {type(cell).__name__}")
    _require_inputs(cell, inputs)
    cell, inputs = _measurable(cell), _measurable_inputs(inputs)
    hidden = torch.stack([state[0] for state in _unroll(cell, inputs)[:-1]], dim=1).detach()  # h_0 … h_{L-1}
    rows = slice(cell.hidden_width, 2 * cell.hidden_width)  # the second gate keeps, in both cells
    bias = cell.input_bias[rows] + cell.hidden_bias[rows]
    gates = functional.linear(inputs, cell.input_weight[rows], bias) + hidden @ cell.hidden_weight[rows].t()
    newest_first = gates.sigmoid().flip(1)  # of shape (batch, L, width)
    return torch.cat([torch.ones_like(newest_first[:, :1]), newest_first.cumprod(1)], dim=1)


def mean_tanh_slope(
    cell: RNNCell, inputs: Float[Tensor, "batch steps input_width"]
) -> Float[Tensor, "batch steps"]:
    """Return the slope of tanh at each step of an RNN, averaged over the units.

    ::

        1/H Σ_k (1 - h_{t,k}²)

    The slope is 1 at zero and falls where a unit saturates: each step's Jacobian is ``diag(1 - h_t²) U``.

    Args:
        cell: An RNN cell.
        inputs: What the cell reads, starting from a state of zeros; of shape (batch, steps, input_width).

    Returns:
        Mean slopes in float64, of shape (batch, steps).

    Raises:
        TypeError: ``cell`` is not an RNN cell.
        ValueError: ``inputs`` have another shape or no step.

    Taught in:
        Chapter 3.
    """
    if not isinstance(cell, RNNCell):
        raise TypeError(f"cell must be an RNNCell, got {type(cell).__name__}")
    _require_inputs(cell, inputs)
    states = _unroll(_measurable(cell), _measurable_inputs(inputs))[1:]
    return torch.stack([1 - h.detach().square().mean(dim=1) for (h,) in states], dim=1)


class Spectrum(NamedTuple):
    """What repeated multiplication with a matrix does.

    Attributes:
        singular_values: Largest first; one product stretches a vector at most by the first.
        radius: The spectral radius, the largest absolute eigenvalue; many products grow or shrink like its
            powers.
    """

    singular_values: Float[Tensor, " width"]
    radius: float


def spectrum(matrix: Float[Tensor, "width width"]) -> Spectrum:
    """Return the singular values and the spectral radius of a square matrix, in float64.

    Args:
        matrix: Such as an RNN's ``cell.hidden_weight``, or the rows of one gate of it.

    Raises:
        ValueError: ``matrix`` is not square.

    Taught in:
        Primer; chapter 3.

    Example:
        >>> values, radius = spectrum(torch.tensor([[0.5, 2.0], [0.0, 0.5]]))
        >>> f"one product stretches up to {values[0]:.2f} times, many shrink like {radius:.2f} to the power"
        'one product stretches up to 2.12 times, many shrink like 0.50 to the power'
    """
    if matrix.ndim != 2 or matrix.size(0) != matrix.size(1):
        raise ValueError(f"matrix must be square, got shape {tuple(matrix.shape)}")
    matrix = matrix.detach().to("cpu", torch.float64)
    return Spectrum(torch.linalg.svdvals(matrix), torch.linalg.eigvals(matrix).abs().max().item())


def vanishing_bound(matrix: Float[Tensor, "width width"], steepest: float = 1.0) -> float:
    """Return the factor by which a gradient can grow at most in one step of an RNN.

    ::

        ‖∂h_L/∂h_t‖ ≤ (σ₁ γ)^(L-t)

    Below one, gradients must vanish: that is sufficient. Above one they may explode and may as well vanish:
    that is necessary for exploding, no more.

    Args:
        matrix: The recurrent weight, an RNN's ``cell.hidden_weight``.
        steepest: γ, the largest slope of the nonlinearity: 1 for tanh, 1/4 for the logistic function.

    Returns:
        σ₁ γ, the largest singular value times the steepest slope.

    Raises:
        ValueError: ``matrix`` is not square; ``steepest`` is not above zero.

    Source:
        Pascanu, Mikolov & Bengio 2013, section 2.1.

    Taught in:
        Chapter 3.

    Example:
        >>> vanishing_bound(torch.diag(torch.tensor([3.0, 1.0])), steepest=0.25)
        0.75
    """
    if not steepest > 0:
        raise ValueError(f"steepest must be above 0, got {steepest}")
    return spectrum(matrix).singular_values[0].item() * steepest


def gradient_reach(
    model: Seq2Seq | Transformer, batch: Batch
) -> Float[Tensor, "batch target_steps source_steps"]:
    """Return how much the loss of each target word feels the embedding of each source word.

    ::

        n_{b,t,i} = ‖∂loss_t/∂x_i‖        loss_t = -log p(y_t | y_1 … y_{t-1}, x)

    ``x_i`` is the embedding of source word i. Without attention every path leads through the context vector;
    with attention there is a shorter one, through the weight of ``h_i``.

    Args:
        model: The translator, with attention or without.
        batch: The pairs; the decoder reads the target (teacher forcing).

    Returns:
        Norms in float64, of shape (batch, target_steps, source_steps); zero at padding of either side.

    Taught in:
        Chapters 3 and 8.
    """
    model, batch = _measurable(model), batch.to("cpu")
    embedded = []

    def keep(module: nn.Module, arguments: tuple, output: Tensor) -> None:
        embedded.append(output.requires_grad_())

    model.encoder.embedding.register_forward_hook(keep)
    logits = model(batch.source, batch.source_lengths, batch.target_inputs).logits  # (B, T, V)
    losses = functional.cross_entropy(
        logits.transpose(1, 2), batch.target, ignore_index=PAD, reduction="none"
    )
    # The sentences of a batch do not touch each other: the gradient of a sum over them is that of each.
    reach = [torch.autograd.grad(loss.sum(), embedded[0], retain_graph=True)[0] for loss in losses.unbind(1)]
    return torch.stack(reach, dim=1).norm(dim=-1)  # from (B, T, S, E)


def clip_norm(parameters: Iterable[nn.Parameter], limit: float) -> float:
    """Scale all gradients down together if their common norm is above a limit.

    ::

        g ← g · limit/‖g‖        if ‖g‖ > limit

    The direction stays. A gradient that is too small stays too: clipping cures only exploding.

    Args:
        parameters: Parameters whose ``grad`` is scaled in place; those without one are left out.
        limit: The largest norm that is let through, above 0; infinite to measure only.

    Returns:
        The norm before. Where it is NaN or infinite, nothing is scaled.

    Raises:
        ValueError: ``limit`` is not above zero.

    Source:
        Pascanu, Mikolov & Bengio 2013, algorithm 1.

    Differs from the paper:
        No difference; PyTorch's ``clip_grad_norm_`` adds 1e-6 to the norm that it divides by.

    Taught in:
        Chapter 3.

    Example:
        >>> weight = nn.Parameter(torch.zeros(2))
        >>> weight.grad = torch.tensor([3.0, 4.0])
        >>> clip_norm([weight], limit=1.0), weight.grad
        (5.0, tensor([0.6000, 0.8000]))
    """
    if not limit > 0:
        raise ValueError(f"limit must be above 0, got {limit}")
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    if not gradients:
        return 0.0
    norm = torch.stack([gradient.norm() for gradient in gradients]).norm().item()
    if limit < norm < math.inf:
        for gradient in gradients:
            gradient.mul_(limit / norm)
    return norm


def _measurable(module: Module) -> Module:
    """Return a copy in float64 whose weights ask for no gradient."""
    return copy.deepcopy(module).to("cpu", torch.float64).requires_grad_(False)


def _measurable_inputs(inputs: Tensor) -> Tensor:
    return inputs.detach().to("cpu", torch.float64)


def _unroll(cell: Cell, inputs: Tensor) -> list[State]:
    """Return the states before and after every step, from a state of zeros."""
    # Clones, since the two zeros of an LSTM's state are one tensor.
    states = [tuple(zeros.clone().requires_grad_() for zeros in cell.initial_state(inputs))]
    for projected in cell.project(inputs).unbind(1):
        states.append(cell.step(projected, states[-1]))
    return states


def _require_inputs(cell: Cell, inputs: Tensor) -> None:
    if inputs.ndim != 3 or inputs.size(0) == 0 or inputs.size(1) == 0 or inputs.size(2) != cell.input_width:
        raise ValueError(
            f"inputs must have shape (batch >= 1, steps >= 1, {cell.input_width}), got {tuple(inputs.shape)}"
        )
