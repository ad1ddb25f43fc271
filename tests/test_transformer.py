"""The translator of attention alone: parity with PyTorch's layers, invariants, and errors."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from whyattention.attention import MultiHeadAttention
from whyattention.batches import BOS, make_batch
from whyattention.decoder import step_by_step
from whyattention.decoding import beam_search, greedy
from whyattention.gradients import gradient_reach
from whyattention.training import token_loss
from whyattention.transformer import DecoderLayer, EncoderLayer, Transformer, sinusoidal_positions

SIZES = st.tuples(*(st.integers(1, most) for most in (3, 5, 5, 3, 4)))  # B, S, T, heads, head width / 2


def drawn(seed, B, S, T, W):
    torch.manual_seed(seed)
    lengths = torch.randint(1, S + 1, (B,))
    mask = torch.arange(S) < lengths[:, None]
    return torch.randn(B, S, W).double(), torch.randn(B, T, W).double(), mask


def shaken(module):
    """Return the module in float64, with norms and biases away from their start."""
    module.double()
    for parameter in module.parameters():
        nn.init.normal_(parameter, std=0.5)
    return module


def attention_of(theirs):
    return MultiHeadAttention.from_torch(theirs).state_dict()


def test_an_encoder_layer_is_that_of_pytorch():
    @given(SIZES, st.integers(0, 2**32 - 1))
    def check(sizes, seed):
        B, S, T, heads, half = sizes
        W = 2 * half * heads
        x, _, mask = drawn(seed, B, S, T, W)
        options = {"dropout": 0.0, "batch_first": True, "norm_first": True}
        theirs = shaken(nn.TransformerEncoderLayer(W, heads, 2 * W, **options))
        ours = EncoderLayer(W, heads).double()
        ours.attention.load_state_dict(attention_of(theirs.self_attn))
        ours.attention_norm.load_state_dict(theirs.norm1.state_dict())
        ours.feed_forward_norm.load_state_dict(theirs.norm2.state_dict())
        ours.feed_forward[0].load_state_dict(theirs.linear1.state_dict())
        ours.feed_forward[2].load_state_dict(theirs.linear2.state_dict())
        x.requires_grad_()
        found, _ = ours(x, mask)
        expected = theirs(x, src_key_padding_mask=~mask)
        torch.testing.assert_close(found[mask], expected[mask], rtol=1e-10, atol=1e-10)
        (gradient,) = torch.autograd.grad(found[mask].sin().sum(), x)
        (wanted,) = torch.autograd.grad(expected[mask].sin().sum(), x)
        torch.testing.assert_close(gradient, wanted, rtol=1e-9, atol=1e-10)

    check()


def test_a_decoder_layer_is_that_of_pytorch():
    @given(SIZES, st.integers(0, 2**32 - 1))
    def check(sizes, seed):
        B, S, T, heads, half = sizes
        W = 2 * half * heads
        states, x, mask = drawn(seed, B, S, T, W)
        options = {"dropout": 0.0, "batch_first": True, "norm_first": True}
        theirs = shaken(nn.TransformerDecoderLayer(W, heads, 2 * W, **options))
        ours = DecoderLayer(W, heads).double()
        ours.attention.load_state_dict(attention_of(theirs.self_attn))
        ours.across.load_state_dict(attention_of(theirs.multihead_attn))
        norms = (ours.attention_norm, ours.across_norm, ours.feed_forward_norm)
        for our_norm, their_norm in zip(norms, (theirs.norm1, theirs.norm2, theirs.norm3), strict=True):
            our_norm.load_state_dict(their_norm.state_dict())
        ours.feed_forward[0].load_state_dict(theirs.linear1.state_dict())
        ours.feed_forward[2].load_state_dict(theirs.linear2.state_dict())
        x.requires_grad_()
        found, seen, _, _ = ours(x, x[:, :0], states, mask)
        causal = torch.ones(T, T, dtype=torch.bool).triu(1)  # theirs: True may not be attended
        expected = theirs(x, states, tgt_mask=causal, memory_key_padding_mask=~mask)
        assert seen is not None
        assert torch.equal(seen, x)
        torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-10)
        (gradient,) = torch.autograd.grad(found.sin().sum(), x)
        (wanted,) = torch.autograd.grad(expected.sin().sum(), x)
        torch.testing.assert_close(gradient, wanted, rtol=1e-9, atol=1e-10)

    check()


@pytest.fixture(params=[1, 2], ids=["one layer", "two layers"])
def model(request):
    torch.manual_seed(0)
    return shaken(Transformer(9, 11, width=8, heads=2, layers=request.param))


@pytest.fixture
def pairs():
    torch.manual_seed(1)
    lengths = torch.tensor([5, 2, 3, 1])
    source = torch.randint(4, 9, (4, 5)) * (torch.arange(5) < lengths[:, None])
    target = torch.cat([torch.full((4, 1), BOS), torch.randint(4, 11, (4, 5))], dim=1)
    return source, lengths, target


def test_all_words_at_once_is_one_word_after_the_other(model, pairs):
    source, lengths, target = pairs
    at_once = model(source, lengths, target)
    in_turn = step_by_step(model.decoder, model.encode(source, lengths), target)
    torch.testing.assert_close(at_once.logits, in_turn.logits)
    torch.testing.assert_close(at_once.weights, in_turn.weights)


def test_no_word_sees_a_later_one(model, pairs):
    source, lengths, target = pairs
    before = model(source, lengths, target).logits
    for t in range(1, target.size(1)):
        changed = target.clone()
        changed[:, t] = 4 + (changed[:, t] - 3) % 7
        after = model(source, lengths, changed).logits
        torch.testing.assert_close(before[:, :t], after[:, :t])
        assert not torch.isclose(before[:, t], after[:, t]).all(dim=-1).any()


def test_every_source_word_is_seen_by_every_target_word(model, pairs):
    source, lengths, target = pairs
    before = model(source[:1], lengths[:1], target[:1]).logits
    for i in range(5):
        changed = source[:1].clone()
        changed[:, i] = 4 + (changed[:, i] - 3) % 5
        after = model(changed, lengths[:1], target[:1]).logits
        assert not torch.isclose(before, after).all(dim=-1).any()


def test_padding_changes_nothing(model, pairs):
    source, lengths, target = pairs
    whole = model(source, lengths, target)
    other_padding = torch.where(source == 0, torch.tensor(8), source)
    torch.testing.assert_close(model(other_padding, lengths, target).logits, whole.logits)
    for b, length in enumerate(lengths.tolist()):
        alone = model(source[b : b + 1, :length], lengths[b : b + 1], target[b : b + 1])
        torch.testing.assert_close(alone.logits[0], whole.logits[b])
        torch.testing.assert_close(alone.weights[0], whole.weights[b, :, :length])
        assert (whole.weights[b, :, length:] == 0).all()


def test_permuting_a_batch_permutes_the_answer(model, pairs):
    source, lengths, target = pairs
    order = torch.tensor([2, 0, 3, 1])
    found = model(source[order], lengths[order], target[order])
    expected = model(source, lengths, target)
    torch.testing.assert_close(found.logits, expected.logits[order])
    torch.testing.assert_close(found.weights, expected.weights[order])


def test_without_positions_the_order_of_the_source_is_lost_and_with_them_it_is_not(pairs):
    source, lengths, target = pairs
    order = torch.tensor([3, 1, 4, 0, 2])
    for positions, lost in (("none", True), ("sinusoidal", False)):
        torch.manual_seed(0)
        model = shaken(Transformer(9, 11, width=8, heads=2, layers=2, positions=positions))
        one = model(source[:1], lengths[:1], target[:1])
        other = model(source[:1, order], lengths[:1], target[:1])
        assert torch.allclose(one.logits, other.logits) == lost
        assert torch.allclose(one.weights[..., order], other.weights) == lost


def test_the_weights_of_all_heads_are_shares(model, pairs):
    source, lengths, target = pairs
    looked = model.look(source, lengths, target)
    layers = len(model.encoder.layers)
    B, S, T = 4, 5, 6
    for weights, shape in zip(looked, ((B, 2, S, S), (B, 2, T, T), (B, 2, T, S)), strict=True):
        assert [tuple(of_layer.shape) for of_layer in weights] == [shape] * layers
        for of_layer in weights:
            torch.testing.assert_close(of_layer.sum(-1), torch.ones(shape[:-1], dtype=torch.float64))
    assert (looked.target[0].triu(1) == 0).all()
    expected = model(source, lengths, target).weights
    torch.testing.assert_close(looked.across[-1].mean(dim=1), expected)


def test_the_number_of_heads_does_not_change_that_of_parameters():
    counts = {
        sum(parameter.numel() for parameter in Transformer(9, 11, width=24, heads=heads).parameters())
        for heads in (1, 2, 3, 4, 6, 8, 12, 24)
    }
    assert len(counts) == 1


def test_it_decodes_greedily_and_with_a_beam_as_a_batch_and_one_by_one(model, pairs):
    source, lengths, _ = pairs
    batch = greedy(model, source, lengths, max_steps=7)
    assert batch.tokens == beam_search(model, source, lengths, beam=1, max_steps=7).tokens
    for b, length in enumerate(lengths.tolist()):
        alone = greedy(model, source[b : b + 1, :length], lengths[b : b + 1], max_steps=7)
        assert alone.tokens[0] == batch.tokens[b]
        torch.testing.assert_close(alone.weights[0], batch.weights[b])
    wide = beam_search(model, source, lengths, beam=3, max_steps=7)
    for b, length in enumerate(lengths.tolist()):
        alone = beam_search(model, source[b : b + 1, :length], lengths[b : b + 1], beam=3, max_steps=7)
        assert alone.tokens[0] == wide.tokens[b]


def test_the_reach_of_gradients_can_be_measured_through_it(model):
    batch = make_batch([[4, 5, 6], [7, 8]], [[6, 5], [8, 7, 4]])
    reach = gradient_reach(model, batch)
    assert reach.shape == (2, 4, 3)
    assert (reach[0, :3] > 0).all()
    assert (reach[1, :, :2] > 0).all()
    assert (reach[0, 3] == 0).all()
    assert (reach[1, :, 2] == 0).all()


def test_it_learns_a_batch_by_heart():
    torch.manual_seed(0)
    model = Transformer(9, 9, width=16, heads=2)
    batch = make_batch([[4, 5, 6], [7, 8], [5, 5, 8, 4]], [[6, 5, 4], [8, 7], [4, 8, 5, 5]])
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(120):
        loss = token_loss(model, batch)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert token_loss(model, batch) < 0.1
    said = greedy(model, batch.source, batch.source_lengths, max_steps=6).tokens
    assert said == [[6, 5, 4], [8, 7], [4, 8, 5, 5]]


@given(st.integers(1, 30), st.integers(1, 12), st.integers(1, 20))
def test_a_later_position_is_a_rotation_of_an_earlier_one(steps, half, shift):
    width = 2 * half
    found = sinusoidal_positions(steps + shift, width).double()
    assert found.shape == (steps + shift, width)
    frequencies = 10000 ** (-torch.arange(0, width, 2, dtype=torch.float64) / width)
    turned = torch.polar(torch.ones(half, dtype=torch.float64), -shift * frequencies)
    earlier, later = (torch.view_as_complex(part.unflatten(1, (half, 2))) for part in (found, found))
    torch.testing.assert_close(earlier[:steps] * turned, later[shift:], atol=1e-5, rtol=0)


def test_a_position_has_the_formula_of_the_paper():
    found = sinusoidal_positions(8, 6)
    for t in range(8):
        for k in range(3):
            angle = t / 10000 ** (2 * k / 6)
            assert found[t, 2 * k].item() == pytest.approx(math.sin(angle), abs=1e-6)
            assert found[t, 2 * k + 1].item() == pytest.approx(math.cos(angle), abs=1e-6)


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"heads": 3}, ValueError, "heads must divide width, got heads=3 and width=8"),
        ({"heads": 0}, ValueError, "heads must be at least 1, got 0"),
        ({"layers": 0}, ValueError, "layers must be at least 1, got 0"),
        ({"layers": 1.0}, TypeError, "layers must be an integer, got float"),
        ({"width": 7, "heads": 7}, ValueError, "width must be even, .* got 7"),
        (
            {"positions": "learned"},
            ValueError,
            "positions must be one of 'sinusoidal', 'none'",
        ),
        ({"source_vocabulary": 0}, ValueError, "vocabulary_size must be at least 1, got 0"),
    ],
)
def test_bad_options_are_refused(options, error, words):
    good = {"source_vocabulary": 9, "target_vocabulary": 11, "width": 8, "heads": 2}
    with pytest.raises(error, match=words):
        Transformer(**{**good, **options})


def test_bad_words_and_lengths_are_refused(model, pairs):
    source, lengths, target = pairs
    with pytest.raises(ValueError, match="target_inputs must lie between 0 and 10"):
        model(source, lengths, target + 9)
    with pytest.raises(ValueError, match="source must lie between 0 and 8"):
        model(source + 9, lengths, target)
    with pytest.raises(ValueError, match="lengths must lie between 1 and 5"):
        model(source, lengths * 0, target)
    with pytest.raises(ValueError, match="as many sentences, got 4 and 3"):
        model.look(source, lengths, target[:3])
    with pytest.raises(TypeError, match="source must be integers"):
        model(source.float(), lengths, target)
