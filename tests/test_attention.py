"""Attention agrees with PyTorch's, keeps its invariants, and refuses what it cannot answer.

The tests below "what the arguments must be" look at the module twice, loaded apart from the one in use:
``plain``, as a reader imports it, and ``typed``, with the shapes in its annotations checked at each call.
Both say no to a wrong shape; so the suite passes with and without
``--jaxtyping-packages=whyattention,beartype.beartype``.
"""

import importlib.util
import math
import sys
from pathlib import Path

import jaxtyping
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from torch import nn
from torch.nn.functional import scaled_dot_product_attention

from whyattention import attention
from whyattention.attention import (
    AdditiveScore,
    GeneralScore,
    MultiHeadAttention,
    attend,
    dot_score,
    masked_softmax,
    scaled_dot_score,
)

# The same examples on each run, and no limit of time for one: both would make a test fail now and then.
SIZES = st.integers(1, 5)
TOLERANCE = 1e-12


def numbers(*shape):
    """Float64 tensors on a grid: no subnormal numbers, and a failing example that can be read."""
    integers = arrays.arrays(np.int64, shape, elements=st.integers(-256, 256))
    return integers.map(lambda array: torch.from_numpy(array / 64.0).requires_grad_())


@st.composite
def masks(draw, *shape):
    """Masks with at least one True in each row: anywhere, or at the front, as padding leaves it."""
    *batch, keys = shape
    if draw(st.booleans()):
        lengths = torch.from_numpy(draw(arrays.arrays(np.int64, tuple(batch), elements=st.integers(1, keys))))
        return torch.arange(keys) < lengths.unsqueeze(-1)
    mask = torch.from_numpy(draw(arrays.arrays(bool, shape)))
    kept = torch.from_numpy(draw(arrays.arrays(np.int64, tuple(batch), elements=st.integers(0, keys - 1))))
    return mask | nn.functional.one_hot(kept, keys).bool()


@st.composite
def problems(draw):
    """Draw query, keys, values and mask of agreeing sizes."""
    batch, queries, keys, width, value_width = (draw(SIZES) for _ in range(5))
    return (
        draw(numbers(batch, queries, width)),
        draw(numbers(batch, keys, width)),
        draw(numbers(batch, keys, value_width)),
        draw(masks(batch, queries, keys)),
    )


def draw_parameters(data, module):
    """Replace a module's parameters: PyTorch starts biases from zero, which hides a bias that is left out."""
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(data.draw(numbers(*parameter.shape)) / parameter.size(-1))
    return module


def assert_same(actual, expected):
    """Assert equality of two lists of tensors, to 1e-12 of the norm of the whole list."""
    for one, other in zip(actual, expected, strict=True):
        assert one.shape == other.shape
        assert one.dtype == other.dtype
    difference = math.hypot(*((a - b).norm().item() for a, b in zip(actual, expected, strict=True)))
    assert difference <= TOLERANCE * math.hypot(*(b.norm().item() for b in expected))


def gradients(output, inputs):
    """Pull the same uneven gradient back from ``output`` to each of ``inputs``."""
    uneven = torch.linspace(-1.0, 2.0, output.numel(), dtype=output.dtype).reshape(output.shape)
    return torch.autograd.grad(output, inputs, uneven, retain_graph=True)


# ----------------------------------------------------------------------------------------------- parity


@given(problems())
def test_attend_equals_scaled_dot_product_attention_in_values_and_gradients(problem):
    query, keys, values, mask = problem
    value, _ = attend(query, keys, values, mask, score=scaled_dot_score)
    expected = scaled_dot_product_attention(query, keys, values, attn_mask=mask)
    assert_same([value], [expected])
    assert_same(gradients(value, [query, keys, values]), gradients(expected, [query, keys, values]))


@given(st.data(), SIZES, SIZES, SIZES, st.integers(1, 3), SIZES, st.booleans())
def test_multi_head_attention_equals_pytorchs_in_values_and_gradients(
    data, batch, queries, keys, heads, head_width, bias
):
    width = heads * head_width
    theirs = nn.MultiheadAttention(width, heads, bias=bias, batch_first=True, dtype=torch.float64)
    draw_parameters(data, theirs)
    ours = MultiHeadAttention.from_torch(theirs)
    inputs = [data.draw(numbers(batch, steps, width)) for steps in (queries, keys, keys)]
    padding = data.draw(masks(batch, keys))

    output, weights = ours(*inputs, mask=padding[:, None, :])
    expected, expected_weights = theirs(*inputs, key_padding_mask=~padding, average_attn_weights=False)

    assert_same([output], [expected])
    assert_same([weights], [expected_weights])
    assert_same(gradients(output, inputs), gradients(expected, inputs))
    projections = (ours.query_projection, ours.key_projection, ours.value_projection)
    kinds = ["weight", "bias"] if bias else ["weight"]
    our_parameters = [getattr(projection, kind) for kind in kinds for projection in projections]
    their_parameters = [getattr(theirs, f"in_proj_{kind}") for kind in kinds]
    stacked = gradients(expected, their_parameters)
    assert_same(gradients(output, our_parameters), [part for one in stacked for part in one.chunk(3)])
    ours_last, theirs_last = (list(last.parameters()) for last in (ours.output_projection, theirs.out_proj))
    assert_same(gradients(output, ours_last), gradients(expected, theirs_last))


@given(problems(), st.integers(1, 2))
def test_multi_head_attention_takes_a_mask_for_each_query(problem, heads):
    query, _, _, mask = problem
    batch, queries, keys = mask.shape
    theirs = nn.MultiheadAttention(4 * heads, heads, batch_first=True, dtype=torch.float64)
    states = query.detach().sum(-1, keepdim=True).expand(batch, queries, 4 * heads)
    sources = torch.linspace(-1, 1, keys * 4 * heads, dtype=torch.float64).reshape(1, keys, -1)
    sources = sources.expand(batch, -1, -1)
    output, _ = MultiHeadAttention.from_torch(theirs)(states, sources, sources, mask)
    expected, _ = theirs(states, sources, sources, attn_mask=~mask.repeat_interleave(heads, dim=0))
    assert_same([output], [expected])


@given(st.data(), SIZES, SIZES, SIZES, SIZES, SIZES, SIZES)
def test_scores_equal_their_equations_pair_by_pair(
    data, batch, queries, keys, query_width, key_width, hidden
):
    query = data.draw(numbers(batch, queries, query_width))
    sources = data.draw(numbers(batch, keys, key_width))
    same_width = data.draw(numbers(batch, keys, query_width))
    general = draw_parameters(data, GeneralScore(query_width, key_width).double())
    additive = draw_parameters(data, AdditiveScore(query_width, key_width, hidden).double())
    w = general.key_projection.weight
    w_s, w_h, v = additive.query_projection.weight, additive.key_projection.weight, additive.output.weight[0]
    cases = [
        (dot_score, same_width, [], lambda s, h: sum(s[i] * h[i] for i in range(query_width))),
        (scaled_dot_score, same_width, [], lambda s, h: (s * h).sum() / query_width**0.5),
        (general, sources, [w], lambda s, h: torch.einsum("i,ij,j", s, w, h)),
        (additive, sources, [w_s, w_h, v], lambda s, h: (v * torch.tanh(w_s @ s + w_h @ h)).sum()),
    ]
    for score, states, parameters, equation in cases:
        scores = score(query, states)
        rows = [[[equation(s, h) for h in states[b]] for s in query[b]] for b in range(batch)]
        expected = torch.stack([torch.stack([torch.stack(row) for row in block]) for block in rows])
        assert_same([scores], [expected])
        if parameters:
            module_parameters = list(score.parameters())
            expected_parameters = [w] if score is general else [w_s, w_h, additive.output.weight]
            assert_same(gradients(scores, module_parameters), gradients(expected, expected_parameters))
        assert_same(gradients(scores, [query, states]), gradients(expected, [query, states]))


@given(st.data(), SIZES, SIZES, SIZES, SIZES, SIZES, SIZES)
def test_the_additive_score_is_luongs_concat(data, batch, queries, keys, query_width, key_width, hidden):
    score = draw_parameters(data, AdditiveScore(query_width, key_width, hidden).double())
    query = data.draw(numbers(batch, queries, query_width))
    states = data.draw(numbers(batch, keys, key_width))
    pairs = torch.cat(
        [
            query.unsqueeze(2).expand(batch, queries, keys, query_width),
            states.unsqueeze(1).expand(batch, queries, keys, key_width),
        ],
        dim=-1,
    )
    w_a = torch.cat([score.query_projection.weight, score.key_projection.weight], dim=1)
    concat = torch.tanh(pairs @ w_a.T) @ score.output.weight[0]
    assert_same([score(query, states)], [concat])
    assert_same(gradients(score(query, states), [query, states]), gradients(concat, [query, states]))
    parameters = list(score.parameters())
    assert_same(gradients(score(query, states), parameters), gradients(concat, parameters))


def test_attend_has_correct_first_and_second_derivatives():
    generator = torch.Generator().manual_seed(0)
    query, keys, values = (
        torch.randn(2, steps, 3, dtype=torch.float64, generator=generator, requires_grad=True)
        for steps in (2, 4, 4)
    )
    mask = torch.tensor([[True, True, False, True], [False, True, False, True]])[:, None, :]
    assert torch.autograd.gradcheck(lambda *a: attend(*a, mask), (query, keys, values))
    assert torch.autograd.gradgradcheck(lambda *a: attend(*a, mask), (query, keys, values))


# ------------------------------------------------------------------------------------------- invariants


@given(problems())
def test_weights_are_shares_of_the_keys_that_the_mask_leaves(problem):
    query, keys, values, mask = problem
    _, weights = attend(query, keys, values, mask)
    assert (weights >= 0).all()
    assert torch.allclose(weights.sum(-1), torch.ones(()).double(), rtol=0, atol=1e-14)
    assert (weights[~mask] == 0).all()


@given(problems())
def test_masked_scores_get_a_gradient_of_exactly_zero(problem):
    query, keys, values, mask = problem
    scores = dot_score(query, keys).detach().requires_grad_()
    (gradient,) = gradients(masked_softmax(scores, mask) @ values, [scores])
    assert (gradient[~mask] == 0).all()


@given(problems(), st.integers(-1000, 1000))
def test_only_differences_between_scores_count(problem, shift):
    query, keys, _, mask = problem
    scores = dot_score(query, keys)  # on a grid of 1/4096, so that adding an integer loses no digit
    assert torch.equal(masked_softmax(scores + shift, mask), masked_softmax(scores, mask))


@given(problems(), st.randoms(use_true_random=False))
def test_the_order_of_the_keys_does_not_matter(problem, random):
    query, keys, values, mask = problem
    order = random.sample(range(keys.size(1)), keys.size(1))
    value, weights = attend(query, keys, values, mask)
    other_value, other_weights = attend(query, keys[:, order], values[:, order], mask[..., order])
    assert_same([other_weights], [weights[..., order]])
    # Relative to what is summed: the sum itself may cancel.
    assert (other_value - value).norm() <= TOLERANCE * values.norm()


@given(problems())
def test_the_attention_value_lies_between_the_values_that_may_be_attended(problem):
    query, keys, values, mask = problem
    value, _ = attend(query, keys, values, mask)
    rows = values.unsqueeze(1).expand(-1, query.size(1), -1, -1)
    hidden = ~mask.unsqueeze(-1)
    assert (value <= rows.masked_fill(hidden, -math.inf).amax(2) + 1e-12).all()
    assert (value >= rows.masked_fill(hidden, math.inf).amin(2) - 1e-12).all()


@given(problems(), st.sampled_from([0.0, -7.0, 1e4, -1e4, 1e150]))
def test_what_stands_at_masked_keys_does_not_matter(problem, padding):
    query, keys, values, mask = problem
    mask = mask[:, :1]  # one mask for all queries, so that whole keys are hidden
    hidden = ~mask.mT
    result = attend(query, keys, values, mask)
    other = attend(query, keys.masked_fill(hidden, padding), values.masked_fill(hidden, padding), mask)
    assert torch.equal(other[0], result[0])
    assert torch.equal(other[1], result[1])


@given(problems())
def test_values_default_to_the_keys(problem):
    query, keys, _, mask = problem
    result, explicit = attend(query, keys, mask=mask), attend(query, keys, keys, mask)
    assert torch.equal(result[0], explicit[0])
    assert torch.equal(result[1], explicit[1])
    assert all(map(torch.equal, gradients(result[0], [query, keys]), gradients(explicit[0], [query, keys])))


@given(problems())
def test_no_argument_is_modified(problem):
    arguments = [tensor.detach() for tensor in problem]
    copies = [tensor.clone() for tensor in arguments]
    attend(*arguments)
    scores = dot_score(*arguments[:2])
    scores_before = scores.clone()
    masked_softmax(scores, arguments[3])
    assert all(torch.equal(one, other) for one, other in zip(arguments, copies, strict=True))
    assert torch.equal(scores, scores_before)


@given(problems())
def test_no_mask_is_a_mask_of_true(problem):
    query, keys, values, mask = problem
    result, other = attend(query, keys, values), attend(query, keys, values, torch.ones_like(mask))
    assert torch.equal(result[0], other[0])
    assert torch.equal(result[1], other[1])


# ------------------------------------------------------------------------------------------- edge cases


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16, torch.float16])
def test_scores_of_ten_thousand_give_exact_weights(dtype):
    def weights(*scores):
        result = masked_softmax(torch.tensor(scores, dtype=dtype))
        assert result.dtype == dtype
        return result.tolist()

    assert weights(1e4, -1e4) == [1, 0]
    assert weights(1e4, 1e4) == [0.5, 0.5]
    assert weights(-1e4, -1e4, -1e4, -1e4) == [0.25] * 4
    assert weights(1e4, 0.0, 1e4) == [0.5, 0, 0.5]


def test_large_scores_have_finite_gradients():
    scores = torch.tensor([1e4, 1e4, -1e4, 0.0], requires_grad=True)
    (gradient,) = torch.autograd.grad(masked_softmax(scores)[0], scores)
    assert gradient.tolist() == [0.25, -0.25, 0, 0]


def test_the_worked_example_of_chapter_7():
    scores = torch.tensor([40.0, 20.0, 20.0, 320.0])
    assert masked_softmax(scores).tolist() == [0, 0, 0, 1]
    exact = masked_softmax(scores.double())
    assert exact.tolist() == pytest.approx([math.exp(-280), math.exp(-300), math.exp(-300), 1], rel=1e-12)
    logarithms = torch.tensor([2.0, 1.0, 1.0, 16.0]).double().log()
    assert masked_softmax(logarithms).tolist() == pytest.approx([0.1, 0.05, 0.05, 0.8], rel=1e-12)


def test_one_key_gets_the_weight_one_and_no_gradient():
    query, keys = torch.randn(2, 3, 4, requires_grad=True), torch.randn(2, 1, 4)
    value, weights = attend(query, keys)
    assert torch.equal(weights, torch.ones(2, 3, 1))
    assert torch.equal(value, keys.expand(2, 3, 4))
    assert torch.equal(torch.autograd.grad(value.sum(), query)[0], torch.zeros(2, 3, 4))


@pytest.mark.parametrize(("batch", "queries"), [(0, 3), (2, 0), (0, 0)])
def test_no_sentence_or_no_query_gives_an_empty_result(batch, queries):
    query, keys = torch.ones(batch, queries, 4), torch.ones(batch, 5, 4)
    mask = torch.ones(batch, 1, 5, dtype=torch.bool)
    for score in (dot_score, scaled_dot_score, GeneralScore(4, 4), AdditiveScore(4, 4, 3)):
        value, weights = attend(query, keys, mask=mask, score=score)
        assert value.shape == (batch, queries, 4)
        assert weights.shape == (batch, queries, 5)
    output, weights = MultiHeadAttention(4, 2)(query, keys, keys, mask)
    assert output.shape == (batch, queries, 4)
    assert weights.shape == (batch, 2, queries, 5)


def test_states_without_a_batch_and_with_two_are_one_computation():
    query, keys = torch.randn(2, 3, 1, 4, dtype=torch.float64), torch.randn(2, 3, 5, 4, dtype=torch.float64)
    value, weights = attend(query, keys)
    one_value, one_weights = attend(query[1, 2], keys[1, 2])
    assert_same([value[1, 2], weights[1, 2]], [one_value, one_weights])


def test_masked_scores_may_be_anything():
    scores = torch.tensor([1.0, math.nan, 1.0, math.inf, -math.inf], requires_grad=True)
    weights = masked_softmax(scores, torch.tensor([True, False, True, False, False]))
    assert weights.tolist() == [0.5, 0, 0.5, 0, 0]
    assert torch.autograd.grad(weights[0], scores)[0].tolist() == [0.25, 0, -0.25, 0, 0]


def test_a_score_of_minus_infinity_is_a_masked_score():
    assert masked_softmax(torch.tensor([0.0, -math.inf, 0.0])).tolist() == [0.5, 0, 0.5]


def test_a_mask_broadcasts_over_batch_and_queries():
    scores = torch.randn(2, 3, 4)
    for mask in (torch.tensor([True, False, True, True]), torch.rand(2, 1, 4) > -1, torch.ones(3, 1).bool()):
        assert torch.equal(masked_softmax(scores, mask), masked_softmax(scores, mask.expand(2, 3, 4)))


# --------------------------------------------------------------------------------------- initialization


def test_parameters_start_as_their_docstrings_say():
    torch.manual_seed(0)
    general, additive = GeneralScore(30, 400), AdditiveScore(25, 400, 100)
    for weight, bound in [
        (general.key_projection.weight, 1 / 20),
        (additive.query_projection.weight, 1 / 5),
        (additive.key_projection.weight, 1 / 20),
        (additive.output.weight, 1 / 10),
    ]:
        assert 0.9 * bound < weight.abs().max() <= bound
    ours, theirs = MultiHeadAttention(100, 4), nn.MultiheadAttention(100, 4)
    variance = ours.query_projection.weight.var().item()
    for projection in ours.children():
        assert projection.weight.abs().max() <= math.sqrt(3 / 100)
        assert projection.weight.var().item() == pytest.approx(1 / 100, rel=0.05)
        assert not projection.bias.any()
    assert theirs.in_proj_weight.var().item() == pytest.approx(variance / 2, rel=0.05)
    assert all(projection.bias is None for projection in MultiHeadAttention(4, 2, bias=False).children())


def test_from_torch_copies_and_does_not_share():
    theirs = nn.MultiheadAttention(4, 2, dtype=torch.float64)
    ours = MultiHeadAttention.from_torch(theirs)
    before = {name: tensor.clone() for name, tensor in ours.state_dict().items()}
    with torch.no_grad():
        for parameter in theirs.parameters():
            parameter.add_(1)
    assert all(torch.equal(before[name], tensor) for name, tensor in ours.state_dict().items())
    assert all(p.requires_grad and p.dtype == torch.float64 for p in ours.parameters())


# ------------------------------------------------------------------------- what the arguments must be


def load(name):
    """Import attention.py once more under another name, past any import hook that is in force."""
    spec = importlib.util.spec_from_file_location(name, Path(attention.__file__))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def plain():
    return load("plain_attention")


@pytest.fixture(scope="module")
def typed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("typed")
    (folder / "typed_attention.py").write_text(Path(attention.__file__).read_text("utf-8"), "utf-8")
    sys.path.insert(0, str(folder))
    try:
        with jaxtyping.install_import_hook("typed_attention", "beartype.beartype"):
            yield importlib.import_module("typed_attention")
    finally:
        sys.path.remove(str(folder))
        del sys.modules["typed_attention"]


def ones(*shape, dtype=torch.float32):
    return torch.ones(shape, dtype=dtype)


# (call on the module, error, its message)
WRONG_SHAPES = {
    "a mask of another length": (
        lambda m: m.masked_softmax(ones(2, 4), ones(3).bool()),
        r"mask must broadcast to the shape \(2, 4\), got \(3,\)",
    ),
    "a mask with more dimensions": (
        lambda m: m.masked_softmax(ones(4), ones(2, 4).bool()),
        r"mask must broadcast to the shape \(4,\), got \(2, 4\)",
    ),
    "a padding mask without a dimension for queries": (
        lambda m: m.attend(ones(2, 3, 4), ones(2, 5, 4), mask=ones(2, 5).bool()),
        r"mask must broadcast to the shape \(2, 3, 5\), got \(2, 5\)",
    ),
    "a single score without a dimension": (
        lambda m: m.masked_softmax(torch.tensor(1.0)),
        r"scores must have shape \(\*batch, keys\), keys at least 1, got \(\)",
    ),
    "a query without steps": (
        lambda m: m.dot_score(ones(4), ones(3, 4)),
        r"query must have shape \(\*batch, steps, width\), width at least 1, got \(4,\)",
    ),
    "keys of another width": (
        lambda m: m.dot_score(ones(2, 1, 4), ones(2, 3, 5)),
        r"keys must have the width 4, shape \(…, 4\), got \(2, 3, 5\)",
    ),
    "keys of another batch": (
        lambda m: m.scaled_dot_score(ones(2, 1, 4), ones(3, 3, 4)),
        r"query and keys must have the same batch dimensions, got query \(2, 1, 4\) and keys \(3, 3, 4\)",
    ),
    "a batch of one, which does not broadcast": (
        lambda m: m.attend(ones(1, 1, 4), ones(3, 3, 4)),
        r"same batch dimensions, got query \(1, 1, 4\) and keys \(3, 3, 4\)",
    ),
    "fewer values than keys": (
        lambda m: m.attend(ones(2, 1, 4), ones(2, 3, 4), ones(2, 2, 4)),
        r"values must hold one value for each key, got values \(2, 2, 4\) and keys \(2, 3, 4\)",
    ),
    "a multi-head query without a batch": (
        lambda m: m.MultiHeadAttention(4, 2)(ones(1, 4), ones(3, 4), ones(3, 4)),
        r"query must have shape \(batch, steps, width\), got \(1, 4\)",
    ),
    "a multi-head mask with a dimension for heads": (
        lambda m: m.MultiHeadAttention(4, 2)(*[ones(3, 5, 4)] * 3, ones(3, 2, 5, 4).bool()),
        r"mask must broadcast to the shape \(3, 5, 5\), got \(3, 2, 5, 4\)",
    ),
}
WRONG_SIZES = {
    "no key": (
        lambda m: m.masked_softmax(ones(2, 3, 0)),
        r"scores must have shape \(\*batch, keys\), keys at least 1, got \(2, 3, 0\)",
    ),
    "no key to attend": (
        lambda m: m.attend(ones(2, 3, 4), ones(2, 0, 4)),
        r"scores must have shape \(\*batch, keys\), keys at least 1, got \(2, 3, 0\)",
    ),
    "states without components": (
        lambda m: m.scaled_dot_score(ones(2, 3, 0), ones(2, 3, 0)),
        r"query must have shape \(\*batch, steps, width\), width at least 1, got \(2, 3, 0\)",
    ),
    "a query that a general score was not made for": (
        lambda m: m.GeneralScore(3, 5)(ones(2, 1, 4), ones(2, 3, 5)),
        r"query must have the width 3, shape \(…, 3\), got \(2, 1, 4\)",
    ),
    "keys that a general score was not made for": (
        lambda m: m.GeneralScore(3, 5)(ones(2, 1, 3), ones(2, 3, 3)),
        r"keys must have the width 5, shape \(…, 5\), got \(2, 3, 3\)",
    ),
    "a query that an additive score was not made for": (
        lambda m: m.AdditiveScore(3, 5, 7)(ones(2, 1, 4), ones(2, 3, 5)),
        r"query must have the width 3, shape \(…, 3\), got \(2, 1, 4\)",
    ),
    "keys that an additive score was not made for": (
        lambda m: m.AdditiveScore(3, 5, 7)(ones(2, 1, 3), ones(2, 3, 7)),
        r"keys must have the width 5, shape \(…, 5\), got \(2, 3, 7\)",
    ),
    "multi-head states of another width": (
        lambda m: m.MultiHeadAttention(4, 2)(*[ones(3, 5, 6)] * 3),
        r"query must have the width 4, shape \(…, 4\), got \(3, 5, 6\)",
    ),
    "a score function that returns another shape": (
        lambda m: m.attend(ones(2, 1, 4), ones(2, 3, 4), score=lambda query, keys: query @ query.mT),
        r"score must return the shape \(2, 1, 3\), got \(2, 1, 1\)",
    ),
    "a fully masked row": (
        lambda m: m.masked_softmax(ones(2, 3), torch.tensor([[True, False, True], [False, False, False]])),
        r"mask \(or scores of -inf\) leaves no key in row \(1,\), expected at least one in every row",
    ),
    "a fully masked query": (
        lambda m: m.attend(ones(2, 3, 4), ones(2, 5, 4), mask=ones(2, 3, 5).cumsum(1).ne(2)),
        r"leaves no key in row \(0, 1\)",
    ),
    "a row that is fully masked by its scores": (
        lambda m: m.masked_softmax(torch.full((3,), -math.inf)),
        r"leaves no key in row \(\)",
    ),
    "a NaN among the scores": (
        lambda m: m.masked_softmax(torch.tensor([[0.0, 1.0], [math.nan, 1.0]])),
        r"scores must be finite where they are not masked, got nan in row \(1,\)",
    ),
    "an infinite score": (
        lambda m: m.attend(ones(1, 4) * 1e30, ones(3, 4) * 1e30),
        r"scores must be finite where they are not masked, got inf in row \(0,\)",
    ),
    "heads that do not divide the width": (
        lambda m: m.MultiHeadAttention(10, 4),
        "heads must divide width, got heads=4 and width=10",
    ),
    "no head": (lambda m: m.MultiHeadAttention(4, 0), "heads must be at least 1, got 0"),
    "a negative width": (lambda m: m.GeneralScore(-1, 3), "query_width must be at least 1, got -1"),
    "no hidden unit": (lambda m: m.AdditiveScore(2, 3, 0), "hidden_width must be at least 1, got 0"),
    "a module with dropout": (
        lambda m: m.MultiHeadAttention.from_torch(nn.MultiheadAttention(4, 2, dropout=0.1)),
        "module must be without dropout, which MultiHeadAttention does not have",
    ),
    "a module with other key and value widths": (
        lambda m: m.MultiHeadAttention.from_torch(nn.MultiheadAttention(4, 2, kdim=3, vdim=5)),
        "module must be without kdim or vdim",
    ),
    "a module that adds keys and values": (
        lambda m: m.MultiHeadAttention.from_torch(
            nn.MultiheadAttention(4, 2, add_bias_kv=True, add_zero_attn=True)
        ),
        "module must be without add_bias_kv, add_zero_attn",
    ),
}
WRONG_TYPES = {
    "integer scores": (
        lambda m: m.masked_softmax(ones(3, dtype=torch.int64)),
        "scores must hold floating-point numbers, got torch.int64",
    ),
    "scores in a list": (
        lambda m: m.masked_softmax([1.0, 2.0]),
        "scores must be a torch.Tensor, got list",
    ),
    "a NumPy query": (
        lambda m: m.attend(np.ones((1, 2, 3)), ones(1, 2, 3)),
        "query must be a torch.Tensor, got ndarray",
    ),
    "integer keys": (
        lambda m: m.scaled_dot_score(ones(1, 2), ones(3, 2, dtype=torch.int32)),
        "keys must hold floating-point numbers, got torch.int32",
    ),
    "integer values": (
        lambda m: m.attend(ones(1, 2), ones(3, 2), ones(3, 2, dtype=torch.int64)),
        "values must hold floating-point numbers, got torch.int64",
    ),
    "a mask of zeros and ones": (
        lambda m: m.masked_softmax(ones(3), ones(3, dtype=torch.int64)),
        "mask must be a boolean tensor, True where a key may be attended, got torch.int64",
    ),
    "a mask in a list": (
        lambda m: m.MultiHeadAttention(4, 2)(*[ones(1, 3, 4)] * 3, [True, True, False]),
        "mask must be a boolean tensor, True where a key may be attended, got list",
    ),
    "a module that is no attention": (
        lambda m: m.MultiHeadAttention.from_torch(nn.Linear(3, 3)),
        "module must be a torch.nn.MultiheadAttention, got Linear",
    ),
    "a width that is no integer": (
        lambda m: m.GeneralScore(2.5, 3),
        "query_width must be an integer, got float",
    ),
}
# PyTorch's own types cannot say that two tensors have one dtype, so only the function itself finds these.
WRONG_DTYPES = {
    "query and keys of two dtypes": (
        lambda m: m.dot_score(ones(1, 2), ones(3, 2, dtype=torch.float64)),
        "keys must have the dtype of query, torch.float32, got torch.float64",
    ),
    "values of another dtype": (
        lambda m: m.attend(ones(1, 2), ones(3, 2), ones(3, 2, dtype=torch.float64)),
        "values must have the dtype of keys, torch.float32, got torch.float64",
    ),
}


@pytest.mark.parametrize("case", WRONG_SHAPES | WRONG_SIZES)
def test_a_value_error_says_what_is_wrong_with(case, plain):
    call, message = (WRONG_SHAPES | WRONG_SIZES)[case]
    with pytest.raises(ValueError, match=message):
        call(plain)


@pytest.mark.parametrize("case", WRONG_TYPES | WRONG_DTYPES)
def test_a_type_error_says_what_is_wrong_with(case, plain):
    call, message = (WRONG_TYPES | WRONG_DTYPES)[case]
    with pytest.raises(TypeError, match=message):
        call(plain)


@pytest.mark.parametrize("case", WRONG_SHAPES | WRONG_TYPES)
def test_the_annotations_alone_refuse(case, typed):
    call, _ = (WRONG_SHAPES | WRONG_TYPES)[case]
    with pytest.raises(jaxtyping.TypeCheckError):
        call(typed)


@pytest.mark.parametrize("case", WRONG_SIZES)
def test_the_annotations_leave_it_to_the_function_to_refuse(case, typed):
    call, message = WRONG_SIZES[case]
    with pytest.raises(ValueError, match=message):
        call(typed)


def test_the_annotations_admit_what_is_right(typed):
    query, keys, mask = ones(2, 3, 4), ones(2, 5, 4), ones(2, 1, 5).bool()
    for score in (dot_score, typed.scaled_dot_score, typed.GeneralScore(4, 4), typed.AdditiveScore(4, 4, 2)):
        typed.attend(query, keys, ones(2, 5, 7), mask, score)
    typed.MultiHeadAttention(4, 2)(query, keys, keys, mask)
    typed.attend(query[0], keys[0], mask=mask[0])
    typed.masked_softmax(ones(5), ones(5).bool())
