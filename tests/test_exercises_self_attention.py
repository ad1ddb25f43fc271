"""Exercises on self-attention: right and wrong answers, and agreement with the library."""

import math

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from tests.exercise_answers import collectors, examine_drawn, judging
from whyattention.attention import MultiHeadAttention, attend, scaled_dot_score
from whyattention.exercises import EXERCISES

RIGHT, WRONG, right, wrong = collectors()


# ---------------------------------------------------------------------------------------- self_attention


def head(weigh, root=lambda x, W_q: len(W_q) ** 0.5):
    """Return a head that makes its weights from the scores by ``weigh``."""

    def answer(x, W_q, W_k, W_v):
        weights = weigh((x @ W_q.T) @ (x @ W_k.T).T / root(x, W_q))
        return weights @ (x @ W_v.T), weights

    return answer


def causal(scores):
    return scores.masked_fill(torch.ones_like(scores).triu(1).bool(), -torch.inf).softmax(-1)


@right("self_attention")
def with_a_mask_of_infinities(x, W_q, W_k, W_v):
    scores = (x @ W_q.T) @ (x @ W_k.T).T / math.sqrt(W_q.shape[0])
    scores = scores + torch.full_like(scores, -torch.inf).triu(1)
    weights = torch.softmax(scores, dim=1)
    return weights @ (x @ W_v.T), weights


@right("self_attention")
def with_linear_layers(x, W_q, W_k, W_v):
    q, k, v = (functional.linear(x, W) for W in (W_q, W_k, W_v))
    seen = torch.arange(len(x)) <= torch.arange(len(x))[:, None]
    weights = torch.where(seen, q @ k.T / q.shape[-1] ** 0.5, -torch.inf).softmax(-1)
    return torch.einsum("ts,sd->td", weights, v), weights


@right("self_attention")
def word_by_word(x, W_q, W_k, W_v):
    weights = torch.zeros(len(x), len(x))
    for t in range(len(x)):
        keys = x[: t + 1] @ W_k.T
        weights[t, : t + 1] = (keys @ (W_q @ x[t]) / len(W_q) ** 0.5).softmax(0)
    return weights @ x @ W_v.T, weights


@right("self_attention")
def with_the_look_up_of_the_library(x, W_q, W_k, W_v):
    mask = torch.ones(len(x), len(x)).tril() == 1
    return attend(x @ W_q.T, x @ W_k.T, x @ W_v.T, mask, score=scaled_dot_score)


@right("self_attention")
def with_the_scale_on_the_query(x, W_q, W_k, W_v):
    q, k, v = x @ W_q.T, x @ W_k.T, x @ W_v.T
    weights = causal((q / math.sqrt(q.shape[1])) @ k.T)
    value = functional.scaled_dot_product_attention(q[None], k[None], v[None], is_causal=True)
    return value[0], weights


@wrong("self_attention", "unwritten")
def is_a_stub(x, W_q, W_k, W_v): ...


@wrong("self_attention", "wrong numbers", "sees later words")
def forgets_the_mask(x, W_q, W_k, W_v):
    return head(lambda scores: scores.softmax(-1))(x, W_q, W_k, W_v)


@wrong("self_attention", "not finite", "mask upside down")
def masks_what_was_seen(x, W_q, W_k, W_v):
    return head(lambda s: s.masked_fill(torch.ones_like(s).tril().bool(), -torch.inf).softmax(-1))(
        x, W_q, W_k, W_v
    )


@wrong("self_attention", "wrong numbers", "mask upside down")
def sees_later_words_only(x, W_q, W_k, W_v):
    return head(lambda s: s.masked_fill(torch.ones_like(s).tril(-1).bool(), -torch.inf).softmax(-1))(
        x, W_q, W_k, W_v
    )


@wrong("self_attention", "not finite", "itself")
def does_not_see_itself(x, W_q, W_k, W_v):
    return head(lambda s: s.masked_fill(torch.ones_like(s).triu().bool(), -torch.inf).softmax(-1))(
        x, W_q, W_k, W_v
    )


@wrong("self_attention", "wrong numbers", "masked after")
def masks_after_the_softmax(x, W_q, W_k, W_v):
    return head(lambda scores: scores.softmax(-1).tril())(x, W_q, W_k, W_v)


@wrong("self_attention", "wrong numbers", "zero fill")
def masks_by_multiplying(x, W_q, W_k, W_v):
    return head(lambda scores: scores.tril().softmax(-1))(x, W_q, W_k, W_v)


@wrong("self_attention", "wrong numbers", "zero fill")
def fills_with_zero(x, W_q, W_k, W_v):
    return head(lambda s: s.masked_fill(torch.ones_like(s).triu(1).bool(), 0).softmax(-1))(x, W_q, W_k, W_v)


@wrong("self_attention", "wrong numbers", "fill")
def fills_with_a_large_number(x, W_q, W_k, W_v):
    return head(lambda s: s.masked_fill(torch.ones_like(s).triu(1).bool(), -1e9).softmax(-1))(
        x, W_q, W_k, W_v
    )


@wrong("self_attention", "wrong numbers", "softmax of columns")
def takes_the_softmax_over_the_words_that_ask(x, W_q, W_k, W_v):
    return head(lambda s: s.masked_fill(torch.ones_like(s).triu(1).bool(), -torch.inf).softmax(0))(
        x, W_q, W_k, W_v
    )


@wrong("self_attention", "wrong numbers", "softmax of columns")
def takes_the_softmax_of_columns_without_a_mask(x, W_q, W_k, W_v):
    return head(lambda scores: scores.softmax(0))(x, W_q, W_k, W_v)


@wrong("self_attention", "wrong numbers", "not divided by root")
def does_not_scale(x, W_q, W_k, W_v):
    return head(causal, root=lambda x, W_q: 1)(x, W_q, W_k, W_v)


@wrong("self_attention", "wrong numbers", "other root")
def divides_by_the_width(x, W_q, W_k, W_v):
    return head(causal, root=lambda x, W_q: len(W_q))(x, W_q, W_k, W_v)


@wrong("self_attention", "wrong numbers", "other root")
def divides_by_the_root_of_the_words_width(x, W_q, W_k, W_v):
    return head(causal, root=lambda x, W_q: math.sqrt(x.shape[1]))(x, W_q, W_k, W_v)


@wrong("self_attention", "wrong numbers", "other root")
def divides_by_the_root_of_the_length(x, W_q, W_k, W_v):
    return head(causal, root=lambda x, W_q: math.sqrt(x.shape[0]))(x, W_q, W_k, W_v)


@wrong("self_attention", "wrong numbers", "keys ask")
def lets_the_keys_ask(x, W_q, W_k, W_v):
    return head(causal)(x, W_k, W_q, W_v)


@wrong("self_attention", "wrong numbers", "other projection")
def multiplies_from_the_right(x, W_q, W_k, W_v):
    weights = causal((x @ W_q) @ (x @ W_k).T / len(W_q) ** 0.5)
    return weights @ (x @ W_v), weights


@wrong("self_attention", "wrong numbers", "values summed")
def sums_the_words(x, W_q, W_k, W_v):
    _, weights = head(causal)(x, W_q, W_k, W_v)
    return weights @ x, weights


@wrong("self_attention", "wrong numbers", "values summed")
def sums_the_keys(x, W_q, W_k, W_v):
    return head(causal)(x, W_q, W_k, W_k)


@wrong("self_attention", "not parts")
def returns_the_value_alone(x, W_q, W_k, W_v):
    return head(causal)(x, W_q, W_k, W_v)[0]


@wrong("self_attention", "wrong shape")
def returns_the_last_word_alone(x, W_q, W_k, W_v):
    value, weights = head(causal)(x, W_q, W_k, W_v)
    return value[-1], weights[-1]


@wrong("self_attention", "not zero", "exact zero")
def leaves_a_trace(x, W_q, W_k, W_v):
    value, weights = head(causal)(x, W_q, W_k, W_v)
    return value, weights + 1e-9


@wrong("self_attention", "modified", "in place")
def writes_into_the_words(x, W_q, W_k, W_v):
    found = head(causal)(x, W_q, W_k, W_v)
    x *= 2
    return found


def test_a_head_is_that_of_pytorch():
    torch.manual_seed(0)
    x, W_q, W_k, W_v = torch.randn(5, 4), *torch.randn(3, 4, 4)
    module = nn.MultiheadAttention(4, 1, bias=False, batch_first=True)
    with torch.no_grad():
        module.in_proj_weight.copy_(torch.cat([W_q, W_k, W_v]))
        module.out_proj.weight.copy_(torch.eye(4))
        later = torch.ones(5, 5).triu(1).bool()
        expected = module(x[None], x[None], x[None], attn_mask=later)
    found = EXERCISES["self_attention"].solve(x, W_q, W_k, W_v)
    torch.testing.assert_close(found, (expected[0][0], expected[1][0]))


# ------------------------------------------------------------------------------------------- split_heads


@right("split_heads")
def with_view_and_transpose(x, heads):
    B, S, W = x.shape
    return x.view(B, S, int(heads), W // int(heads)).transpose(1, 2)


@right("split_heads")
def by_chunks(x, heads):
    return torch.stack(x.chunk(int(heads), dim=-1), dim=1)


@right("split_heads")
def by_slices(x, heads):
    d = x.shape[2] // heads
    return torch.stack([x[:, :, n * d : (n + 1) * d] for n in range(heads)], 1)


@right("split_heads")
def with_permute(x, heads):
    return x.unflatten(-1, (heads.item(), -1)).permute(0, 2, 1, 3).contiguous()


@wrong("split_heads", "unwritten")
def is_an_ellipsis(x, heads):
    return ...


@wrong("split_heads", "wrong numbers", "words cut")
def views_in_one_step(x, heads):
    B, S, W = x.shape
    return x.reshape(B, int(heads), S, W // int(heads))


@wrong("split_heads", "wrong shape", "heads behind words")
def does_not_transpose(x, heads):
    B, S, W = x.shape
    return x.view(B, S, int(heads), W // int(heads))


@wrong("split_heads", "wrong numbers", "every few")
def takes_every_few(x, heads):
    return torch.stack([x[..., n :: int(heads)] for n in range(heads)], dim=1)


@wrong("split_heads", "wrong numbers", "every few")
def turns_the_wrong_axes(x, heads):
    return x.unflatten(2, (int(heads), -1)).transpose(2, 3).transpose(1, 2)


@wrong("split_heads", "wrong shape", "part before words")
def puts_the_words_last(x, heads):
    return by_chunks(x, heads).transpose(2, 3)


@wrong("split_heads", "wrong shape", "heads first")
def stacks_in_front(x, heads):
    return torch.stack(x.chunk(int(heads), dim=-1))


@wrong("split_heads", "wrong shape", "whole width")
def gives_each_head_everything(x, heads):
    return x[:, None].expand(-1, int(heads), -1, -1)


@wrong("split_heads", "wrong shape")
def cuts_the_sentence(x, heads):
    return x[:, None]


@wrong("split_heads", "stopped", "look at the line")
def views_with_a_float(x, heads):
    return x.view(len(x), x.shape[1], int(heads), x.shape[2] / int(heads))


@wrong("split_heads", "wrong dtype", "result dtype")
def returns_doubles(x, heads):
    return by_chunks(x, heads).double()


@wrong("split_heads", "not a tensor", "return tensors")
def returns_an_array(x, heads):
    return np.stack(np.split(x.numpy(), int(heads), axis=-1), axis=1)


def test_heads_are_cut_as_in_the_library():
    torch.manual_seed(0)
    attention, x = MultiHeadAttention(6, 3), torch.randn(2, 5, 6)
    torch.testing.assert_close(EXERCISES["split_heads"].solve(x, torch.tensor(3)), attention._split(x))


# ----------------------------------------------------------------------------------------- layers_needed


@right("layers_needed")
def layer_by_layer(sees):
    needed = torch.full_like(sees, torch.inf)
    known = torch.eye(len(sees)).bool()
    for layers in range(len(sees)):
        needed[known & needed.isinf()] = layers
        known = sees @ known.float() > 0
    return needed


@right("layers_needed")
def as_the_shortest_ways_through_all_words(sees):
    way = torch.where(sees > 0, 1.0, torch.inf).fill_diagonal_(0)
    for k in range(len(sees)):
        way = torch.minimum(way, way[:, k, None] + way[k])
    return way


@right("layers_needed")
def by_walking_from_each_word(sees):
    answer = torch.full(sees.shape, math.inf)
    for i in range(len(sees)):
        front, layers = {i}, 0
        while front:
            for j in front:
                answer[i, j] = layers
            front = {int(j) for k in front for j in sees[k].nonzero() if answer[i, j].isinf()}
            layers += 1
    return answer


@right("layers_needed")
def with_powers_of_the_matrix(sees):
    powers = torch.stack([torch.linalg.matrix_power(sees.double(), n) for n in range(len(sees))])
    first = (powers > 0).float().argmax(0).float()
    return first.masked_fill(powers[-1] == 0, torch.inf)


@wrong("layers_needed", "unwritten")
def is_not_implemented(sees):
    raise NotImplementedError


@wrong("layers_needed", "not finite", "one layer only")
def looks_once(sees):
    return torch.where(sees == 1, 1.0, torch.inf).fill_diagonal_(0)


@wrong("layers_needed", "wrong numbers", "who looks")
def turns_the_roles_around(sees):
    return layer_by_layer(sees.T)


@wrong("layers_needed", "wrong numbers", "no layer for itself")
def counts_from_one(sees):
    return layer_by_layer(sees) + 1


@wrong("layers_needed", "wrong numbers", "no layer for itself")
def needs_a_layer_for_itself(sees):
    return layer_by_layer(sees) + torch.eye(len(sees))


@wrong("layers_needed", "wrong numbers", "as infinity")
def says_zero_for_never(sees):
    return layer_by_layer(sees).nan_to_num(posinf=0)


@wrong("layers_needed", "wrong numbers", "as infinity")
def says_minus_one_for_never(sees):
    return layer_by_layer(sees).nan_to_num(posinf=-1)


@wrong("layers_needed", "wrong numbers", "as infinity")
def says_as_many_as_words_for_never(sees):
    return layer_by_layer(sees).nan_to_num(posinf=len(sees))


@wrong("layers_needed", "wrong numbers", "places apart")
def subtracts_places(sees):
    places = torch.arange(len(sees)).float()
    return (places[:, None] - places).abs()


@wrong("layers_needed", "wrong numbers", "both ways")
def lets_words_look_back(sees):
    return layer_by_layer(((sees + sees.T) > 0).float())


@wrong("layers_needed", "wrong numbers", "layer after layer")
def counts_ways(sees):
    return torch.linalg.matrix_power(sees, len(sees))


@wrong("layers_needed", "wrong dtype", "result dtype")
def returns_integers(sees):
    return layer_by_layer(sees).nan_to_num(posinf=99).long()


@wrong("layers_needed", "wrong shape")
def returns_the_longest_way(sees):
    return layer_by_layer(sees).amax()


@wrong("layers_needed", "stopped", "look at the line")
def multiplies_booleans(sees):
    return (sees > 0) @ (sees > 0)[0, :1]


def test_a_recurrence_needs_as_many_layers_as_steps_and_a_full_look_one():
    solve = EXERCISES["layers_needed"].solve
    chain = torch.eye(8) + torch.diag(torch.ones(7), -1)
    places = torch.arange(8.0)
    steps = places[:, None] - places
    torch.testing.assert_close(solve(chain), steps.where(steps >= 0, torch.inf))
    torch.testing.assert_close(solve(torch.ones(8, 8)), 1 - torch.eye(8))


def test_one_that_is_almost_zero_layers_away_is_not_infinitely_far():
    assert not examine_drawn("layers_needed", lambda sees: layer_by_layer(sees) + 1e-3, seed=0)[0]


# -------------------------------------------------------------------------------------------------- tests


test_a_right_answer_passes, test_a_wrong_answer_fails = judging(RIGHT, WRONG)
