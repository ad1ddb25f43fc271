"""Attention: score each key against a query, turn the scores into weights, sum the values by their weights.

Three things that are easily confused, in the order in which they are computed:

1. a **score** ``e`` says how well a key suits a query; it may be any real number (``dot_score`` and others);
2. a **weight** ``α`` is a share of one: the softmax of a row of scores (``masked_softmax``);
3. the **attention value** ``a`` is the sum of the values, each times its weight (``attend``).

In the decoder of chapter 8 the query is a decoder state ``s_t``; keys and values are the encoder states
``h_1 … h_S``. Batch comes first. A mask is True where a key may be attended. Shapes are jaxtyping
annotations, which the tests check at every call: ``*batch`` is any number of leading dimensions, ``#`` marks
a dimension that may also be 1.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

Score = Callable[[Tensor, Tensor], Tensor]


def masked_softmax(
    scores: Float[Tensor, "*batch keys"], mask: Bool[Tensor, "*#batch #keys"] | None = None
) -> Float[Tensor, "*batch keys"]:
    """Turn scores into weights: none negative, of sum one, and exactly zero where the mask is False.

    ::

        α_i = exp(e_i) / Σ_j exp(e_j)        i, j over the keys that the mask leaves

    Only differences between scores count: a row's largest score is subtracted first, so none is too large.
    The argument is not modified. A masked score may be anything, even NaN; its gradient is exactly zero.

    Args:
        scores: Scores, of shape ``(*batch, keys)``. A score of -inf has weight zero, as if it were masked.
        mask: True where a key may be attended; broadcasts to the shape of ``scores``.

    Returns:
        Weights, of shape ``(*batch, keys)``.

    Raises:
        TypeError: ``scores`` are not floating-point numbers, or ``mask`` is not boolean.
        ValueError: There is no key; a row has all its keys masked; a score that is not masked is NaN or +inf;
            ``mask`` does not broadcast to ``scores``.

    Source:
        Luong et al. 2015, eq. 7; Bahdanau et al. 2015, A.1.2. Taught in chapter 7.

    Differs from the paper:
        Neither writes a mask: an equation for one sentence has no padding.

    Example:
        >>> masked_softmax(torch.tensor([2.0, 1.0, 1.0, 16.0]).log())
        tensor([0.1000, 0.0500, 0.0500, 0.8000])
        >>> masked_softmax(torch.tensor([1e4, 1e4, 5.0]), torch.tensor([True, True, False]))
        tensor([0.5000, 0.5000, 0.0000])
    """
    _require_floating_point("scores", scores)
    if scores.ndim == 0 or scores.size(-1) == 0:
        raise ValueError(f"scores must have shape (*batch, keys), keys at least 1, got {tuple(scores.shape)}")
    if mask is not None:
        _require_mask(mask, scores.shape)
        # Not a large negative number: exp(-inf) is exactly zero beside any score, and so is its gradient.
        scores = scores.masked_fill(~mask, -math.inf)
    # One number tells of a row: the maximum of NaN or +inf is not finite, and -inf means that no key is left.
    largest = scores.detach().amax(dim=-1)
    if not largest.isfinite().all():
        raise ValueError(_describe_bad_row(largest))
    return torch.softmax(scores, dim=-1)


def dot_score(
    query: Float[Tensor, "*batch queries width"], keys: Float[Tensor, "*batch keys width"]
) -> Float[Tensor, "*batch queries keys"]:
    """Score every key against every query by their dot product; nothing is learned here.

    ::

        e_{t,i} = s_t · h_i

    Args:
        query: Queries, of shape ``(*batch, queries, width)``.
        keys: Keys, of shape ``(*batch, keys, width)``.

    Returns:
        Scores, of shape ``(*batch, queries, keys)``.

    Raises:
        TypeError: The arguments are not floating-point numbers of one dtype.
        ValueError: Their batch dimensions or widths differ.

    Source:
        Luong et al. 2015, section 3.1, "dot". Taught in chapter 7.

    Example:
        >>> dot_score(torch.tensor([[1.0, 2.0]]), torch.tensor([[3.0, 0.0], [0.0, 4.0], [1.0, 1.0]]))
        tensor([[3., 8., 3.]])
    """
    _require_states(query, keys)
    _require_width("keys", keys, query.size(-1))
    return query @ keys.mT  # (*batch, queries, width) @ (*batch, width, keys)


def scaled_dot_score(
    query: Float[Tensor, "*batch queries width"], keys: Float[Tensor, "*batch keys width"]
) -> Float[Tensor, "*batch queries keys"]:
    """Score by the dot product, divided by the square root of the width.

    ::

        e_{t,i} = s_t · h_i / √width

    If all components are independent with mean 0 and variance 1, a dot product has the variance ``width``:
    undivided, scores grow with the width until the softmax saturates.

    Args:
        query: Queries, of shape ``(*batch, queries, width)``.
        keys: Keys, of shape ``(*batch, keys, width)``.

    Returns:
        Scores, of shape ``(*batch, queries, keys)``.

    Raises:
        TypeError: The arguments are not floating-point numbers of one dtype.
        ValueError: Their batch dimensions or widths differ.

    Source:
        Vaswani et al. 2017, eq. 1, inside the softmax. Taught in chapter 7.

    Example:
        >>> scaled_dot_score(torch.ones(1, 4), torch.ones(2, 4))
        tensor([[2., 2.]])
    """
    return dot_score(query, keys) / math.sqrt(query.size(-1))


class GeneralScore(nn.Module):
    """Score by a dot product with a learned matrix between query and key, which may differ in width.

    ::

        e_{t,i} = s_tᵀ W h_i

    ``W`` is ``key_projection.weight``, of shape (query_width, key_width). It starts the way of ``nn.Linear``:
    uniform between ±1/√key_width.

    Args:
        query_width: Width of a query.
        key_width: Width of a key.

    Raises:
        TypeError: A width is not an integer.
        ValueError: A width is below one.

    Source:
        Luong et al. 2015, section 3.1, "general". Taught in chapter 8.

    Differs from the paper:
        Luong et al. start all weights uniform between ±0.1.

    Example:
        >>> score = GeneralScore(query_width=3, key_width=5)
        >>> score(torch.ones(2, 1, 3), torch.ones(2, 4, 5)).shape
        torch.Size([2, 1, 4])
    """

    def __init__(self, query_width: int, key_width: int) -> None:
        super().__init__()
        _require_size("query_width", query_width)
        _require_size("key_width", key_width)
        self.key_projection = nn.Linear(key_width, query_width, bias=False)

    def forward(
        self, query: Float[Tensor, "*batch queries query_width"], keys: Float[Tensor, "*batch keys key_width"]
    ) -> Float[Tensor, "*batch queries keys"]:
        """Return the scores, of shape ``(*batch, queries, keys)``, of every key against every query."""
        _require_states(query, keys)
        _require_width("query", query, self.key_projection.out_features)
        _require_width("keys", keys, self.key_projection.in_features)
        return dot_score(query, self.key_projection(keys))


class AdditiveScore(nn.Module):
    """Score by a network with one hidden layer: Bahdanau's additive score, and Luong's "concat".

    ::

        e_{t,i} = vᵀ tanh(W_s s_t + W_h h_i) = vᵀ tanh([W_s W_h] [s_t; h_i])

    Two names for one function, since a matrix times a concatenation is the sum of two products. The sum is
    cheaper: it projects each state once, not once for every pair. ``W_s`` is ``query_projection.weight``,
    ``W_h`` is ``key_projection.weight``, ``v`` is ``output.weight``; there is no bias. All start the way of
    ``nn.Linear``: uniform between ±1/√(width of their input).

    Args:
        query_width: Width of a query.
        key_width: Width of a key.
        hidden_width: Width of the hidden layer.

    Raises:
        TypeError: A width is not an integer.
        ValueError: A width is below one.

    Source:
        Bahdanau et al. 2015, A.1.2 (``W_a``, ``U_a`` and ``v_a`` there); Luong et al. 2015, section 3.1,
        "concat" (where ``W_a`` is our ``[W_s W_h]``). Taught in chapter 8.

    Differs from the paper:
        Bahdanau et al. start ``W_a`` and ``U_a`` normal with deviation 0.001, and ``v_a`` from zero.

    Example:
        >>> score = AdditiveScore(query_width=3, key_width=5, hidden_width=8)
        >>> score(torch.ones(2, 1, 3), torch.ones(2, 4, 5)).shape
        torch.Size([2, 1, 4])
    """

    def __init__(self, query_width: int, key_width: int, hidden_width: int) -> None:
        super().__init__()
        _require_size("query_width", query_width)
        _require_size("key_width", key_width)
        _require_size("hidden_width", hidden_width)
        self.query_projection = nn.Linear(query_width, hidden_width, bias=False)
        self.key_projection = nn.Linear(key_width, hidden_width, bias=False)
        self.output = nn.Linear(hidden_width, 1, bias=False)

    def forward(
        self, query: Float[Tensor, "*batch queries query_width"], keys: Float[Tensor, "*batch keys key_width"]
    ) -> Float[Tensor, "*batch queries keys"]:
        """Return the scores, of shape ``(*batch, queries, keys)``, of every key against every query."""
        _require_states(query, keys)
        _require_width("query", query, self.query_projection.in_features)
        _require_width("keys", keys, self.key_projection.in_features)
        query = self.query_projection(query).unsqueeze(-2)  # (*batch, queries, 1, hidden)
        keys = self.key_projection(keys).unsqueeze(-3)  # (*batch, 1, keys, hidden)
        hidden = torch.tanh(query + keys)  # (*batch, queries, keys, hidden)
        return self.output(hidden).squeeze(-1)


def attend(
    query: Float[Tensor, "*batch queries query_width"],
    keys: Float[Tensor, "*batch keys key_width"],
    values: Float[Tensor, "*batch keys value_width"] | None = None,
    mask: Bool[Tensor, "*#batch #queries #keys"] | None = None,
    score: Score = dot_score,
) -> tuple[Float[Tensor, "*batch queries value_width"], Float[Tensor, "*batch queries keys"]]:
    """Look up each query among the keys, softly: return all the values, each in the measure of its weight.

    ::

        e_{t,i} = score(s_t, h_i)        α_t = softmax(e_t)        a_t = Σ_i α_{t,i} h_i

    Args:
        query: Queries, of shape ``(*batch, queries, query_width)``.
        keys: What queries are compared with, of shape ``(*batch, keys, key_width)``.
        values: What is summed, of shape ``(*batch, keys, value_width)``; the keys if left out. Masked values
            must be finite, for zero times NaN is NaN.
        mask: True where a query may attend to a key; broadcasts to ``(*batch, queries, keys)``. A padding
            mask of shape (batch, keys) enters as ``mask[:, None, :]``, or its rows are taken for queries.
        score: A function or module that takes ``query`` and ``keys`` and returns ``(*batch, queries, keys)``.

    Returns:
        The attention value, ``(*batch, queries, value_width)``, and the weights, ``(*batch, queries, keys)``.

    Raises:
        TypeError: A tensor is not of floating-point numbers, dtypes differ, or ``mask`` is not boolean.
        ValueError: Shapes do not agree, or ``masked_softmax`` refuses the scores or the mask.

    Source:
        Luong et al. 2015, section 3.1; Vaswani et al. 2017, eq. 1, with ``scaled_dot_score``. Taught in
        chapter 7.

    Differs from the paper:
        In Luong et al. ``a_t`` are the weights, and the attention value is ``c_t``, "context vector".

    Example:
        >>> states = torch.tensor([[1.0, 0.0], [0.0, 1.0], [9.0, 9.0]])
        >>> value, weights = attend(torch.ones(1, 2), states, mask=torch.tensor([[True, True, False]]))
        >>> weights
        tensor([[0.5000, 0.5000, 0.0000]])
        >>> value
        tensor([[0.5000, 0.5000]])
    """
    _require_states(query, keys)
    if values is None:
        values = keys
    _require_floating_point("values", values)
    if values.dtype != keys.dtype:
        raise TypeError(f"values must have the dtype of keys, {keys.dtype}, got {values.dtype}")
    if values.shape[:-1] != keys.shape[:-1]:
        shapes = f"values {tuple(values.shape)} and keys {tuple(keys.shape)}"
        raise ValueError(f"values must hold one value for each key, got {shapes}")
    scores = score(query, keys)
    expected = (*query.shape[:-1], keys.size(-2))
    if scores.shape != expected:
        raise ValueError(f"score must return the shape {expected}, got {tuple(scores.shape)}")
    weights = masked_softmax(scores, mask)
    return weights @ values, weights  # (*batch, queries, keys) @ (*batch, keys, value_width)


class MultiHeadAttention(nn.Module):
    """Attend several times side by side, each time in learned projections of lower width.

    ::

        head_j = attention(Q W_j^Q, K W_j^K, V W_j^V)        output = [head_1; …; head_heads] W^O

    A head is ``width / heads`` wide; one square matrix holds the projections of all heads. The four matrices
    start Xavier-uniform, between ±√(3/width), the biases from zero: from inputs of unit variance come queries
    and keys of unit variance, as the scaling of the scores supposes.

    Args:
        width: Width of queries, keys, values and output.
        heads: Number of heads; divides ``width``.
        bias: Whether the four projections add a bias.

    Raises:
        TypeError: ``width`` or ``heads`` is not an integer.
        ValueError: ``width`` or ``heads`` is below one, or ``heads`` does not divide ``width``.

    Source:
        Vaswani et al. 2017, section 3.2.2. Taught in chapter 9.

    Differs from the paper:
        The paper has no bias, PyTorch has one. PyTorch starts the three input projections as a single matrix
        of three times the height, with half of our variance.

    Example:
        >>> attention = MultiHeadAttention(width=8, heads=2)
        >>> output, weights = attention(torch.ones(3, 1, 8), torch.ones(3, 5, 8), torch.ones(3, 5, 8))
        >>> output.shape, weights.shape
        (torch.Size([3, 1, 8]), torch.Size([3, 2, 1, 5]))
    """

    def __init__(self, width: int, heads: int, bias: bool = True) -> None:
        super().__init__()
        _require_size("width", width)
        _require_size("heads", heads)
        if width % heads:
            raise ValueError(f"heads must divide width, got heads={heads} and width={width}")
        self.width, self.heads = width, heads
        self.query_projection = nn.Linear(width, width, bias)
        self.key_projection = nn.Linear(width, width, bias)
        self.value_projection = nn.Linear(width, width, bias)
        self.output_projection = nn.Linear(width, width, bias)
        for projection in self.children():
            nn.init.xavier_uniform_(projection.weight)
            if bias:
                nn.init.zeros_(projection.bias)

    @classmethod
    def from_torch(cls, module: nn.MultiheadAttention) -> MultiHeadAttention:
        """Return a module with the weights, dtype and device of a ``torch.nn.MultiheadAttention``, copied.

        Args:
            module: A module without ``kdim``, ``vdim``, ``dropout``, ``add_bias_kv`` and ``add_zero_attn``,
                which this class lacks. Whatever its ``batch_first`` says, the copy takes batch first.

        Returns:
            A ``MultiHeadAttention`` that computes the same.

        Raises:
            TypeError: ``module`` is not a ``torch.nn.MultiheadAttention``.
            ValueError: ``module`` has one of those options.
        """
        if not isinstance(module, nn.MultiheadAttention):
            raise TypeError(f"module must be a torch.nn.MultiheadAttention, got {type(module).__name__}")
        options = {
            "kdim or vdim": module.in_proj_weight is None,
            "dropout": module.dropout > 0,
            "add_bias_kv": module.bias_k is not None,
            "add_zero_attn": module.add_zero_attn,
        }
        if any(options.values()):
            present = ", ".join(name for name, is_set in options.items() if is_set)
            raise ValueError(f"module must be without {present}, which MultiHeadAttention does not have")
        names = ("query_projection", "key_projection", "value_projection")
        state = {f"output_projection.{name}": tensor for name, tensor in module.out_proj.state_dict().items()}
        for kind, stacked in (("weight", module.in_proj_weight), ("bias", module.in_proj_bias)):
            if stacked is not None:
                state |= {f"{name}.{kind}": part for name, part in zip(names, stacked.chunk(3), strict=True)}
        copy = cls(module.embed_dim, module.num_heads, bias=module.in_proj_bias is not None)
        copy.to(module.in_proj_weight).load_state_dict(state)
        return copy

    def forward(
        self,
        query: Float[Tensor, "batch queries width"],
        keys: Float[Tensor, "batch keys width"],
        values: Float[Tensor, "batch keys width"],
        mask: Bool[Tensor, "*#leading #queries #keys"] | None = None,
    ) -> tuple[Float[Tensor, "batch queries width"], Float[Tensor, "batch heads queries keys"]]:
        """Return the output and the weights of every head.

        Args:
            query: Queries, of shape (batch, queries, width).
            keys: Keys, of shape (batch, keys, width).
            values: Values, of shape (batch, keys, width).
            mask: True where a query may attend to a key, in all heads; broadcasts to (batch, queries, keys).

        Returns:
            The output, (batch, queries, width), and the weights, (batch, heads, queries, keys).

        Raises:
            TypeError: As for ``attend``.
            ValueError: As for ``attend``.
        """
        for name, tensor in (("query", query), ("keys", keys), ("values", values)):
            _require_floating_point(name, tensor)
            if tensor.ndim != 3:
                raise ValueError(f"{name} must have shape (batch, steps, width), got {tuple(tensor.shape)}")
            _require_width(name, tensor, self.width)
        if mask is not None:
            shape = (query.size(0), query.size(1), keys.size(1))
            _require_mask(mask, shape)
            mask = mask.expand(shape).unsqueeze(1)  # (batch, 1, queries, keys), the same for all heads
        value, weights = attend(
            self._split(self.query_projection(query)),
            self._split(self.key_projection(keys)),
            self._split(self.value_projection(values)),
            mask,
            score=scaled_dot_score,
        )
        joined = value.transpose(1, 2).flatten(2)  # (batch, queries, heads · head_width)
        return self.output_projection(joined), weights

    def _split(self, states: Float[Tensor, "batch steps width"]) -> Float[Tensor, "batch heads steps part"]:
        return states.unflatten(-1, (self.heads, self.width // self.heads)).transpose(1, 2)


# What the arguments must be: each error names the argument, what came and what was expected.


def _require_floating_point(name: str, tensor: Tensor) -> None:
    if not isinstance(tensor, Tensor):
        raise TypeError(f"{name} must be a torch.Tensor, got {type(tensor).__name__}")
    if not tensor.is_floating_point():
        raise TypeError(f"{name} must hold floating-point numbers, got {tensor.dtype}")


def _require_mask(mask: Tensor, shape: tuple[int, ...]) -> None:
    if not isinstance(mask, Tensor) or mask.dtype != torch.bool:
        got = mask.dtype if isinstance(mask, Tensor) else type(mask).__name__
        raise TypeError(f"mask must be a boolean tensor, True where a key may be attended, got {got}")
    sizes = zip(reversed(mask.shape), reversed(shape), strict=False)
    if mask.ndim > len(shape) or any(size not in (1, whole) for size, whole in sizes):
        raise ValueError(f"mask must broadcast to the shape {tuple(shape)}, got {tuple(mask.shape)}")


def _require_states(query: Tensor, keys: Tensor) -> None:
    for name, tensor in (("query", query), ("keys", keys)):
        _require_floating_point(name, tensor)
        if tensor.ndim < 2 or tensor.size(-1) == 0:
            expected = "(*batch, steps, width), width at least 1"
            raise ValueError(f"{name} must have shape {expected}, got {tuple(tensor.shape)}")
    if query.dtype != keys.dtype:
        raise TypeError(f"keys must have the dtype of query, {query.dtype}, got {keys.dtype}")
    if query.shape[:-2] != keys.shape[:-2]:
        shapes = f"query {tuple(query.shape)} and keys {tuple(keys.shape)}"
        raise ValueError(f"query and keys must have the same batch dimensions, got {shapes}")


def _require_width(name: str, tensor: Tensor, width: int) -> None:
    if tensor.size(-1) != width:
        raise ValueError(f"{name} must have the width {width}, shape (…, {width}), got {tuple(tensor.shape)}")


def _require_size(name: str, size: int) -> None:
    if not isinstance(size, int):
        raise TypeError(f"{name} must be an integer, got {type(size).__name__}")
    if size < 1:
        raise ValueError(f"{name} must be at least 1, got {size}")


def _describe_bad_row(largest: Tensor) -> str:
    row = tuple((~largest.isfinite()).nonzero()[0].tolist())
    if largest[row] == -math.inf:
        return f"mask (or scores of -inf) leaves no key in row {row}, expected at least one in every row"
    return f"scores must be finite where they are not masked, got {largest[row].item()} in row {row}"
