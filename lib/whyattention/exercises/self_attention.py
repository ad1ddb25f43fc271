"""Exercises on self-attention, of chapter 9: a causal head, cutting into heads, and ways through layers."""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import Generator, Tensor

from whyattention.exercises.specification import Answer, Exercise, Inputs, draw


def _seen(scores: Tensor) -> Tensor:
    return torch.ones_like(scores).tril().bool()


def _causal(scores: Tensor, value: float = -math.inf) -> Tensor:
    return scores.masked_fill(~_seen(scores), value).softmax(-1)


def _head_with(
    weigh: Answer = _causal,
    scale: Answer = lambda x, query: query.size(-1) ** 0.5,
    score: Answer = lambda query, key: query @ key.t(),
    project: Answer = lambda x, weight: x @ weight.t(),
    summed: Answer = lambda x, query, key, value: value,
) -> Answer:
    """Return a head in which one thing is done in another way."""

    def head(x: Tensor, W_q: Tensor, W_k: Tensor, W_v: Tensor) -> tuple[Tensor, Tensor]:
        query, key, value = (project(x, weight) for weight in (W_q, W_k, W_v))
        weights = weigh(score(query, key) / scale(x, query))
        return weights @ summed(x, query, key, value), weights

    return head


def _project_from_the_other_side(x: Tensor, weight: Tensor) -> Tensor:
    """Multiply by a matrix that is not transposed, where it fits so."""
    return x @ weight if weight.size(0) == weight.size(1) else x @ weight.t()


_self_attention = _head_with()


def _self_attention_cases(generator: Generator) -> Iterator[tuple[str, Inputs]]:
    def case(hint: str, steps: int, width: int, d: int) -> tuple[str, Inputs]:
        matrices = (2 * draw(generator, d, width) for _ in range(3))
        names = ("x", "W_q", "W_k", "W_v")
        return hint, dict(zip(names, (2 * draw(generator, steps, width), *matrices), strict=True))

    yield case("head", 2, 2, 2)
    yield case("itself", 1, 2, 2)
    yield case("head", 3, 3, 2)
    yield case("head", 4, 2, 3)
    low = {"x": torch.full((3, 1), 1e3), "W_q": torch.full((1, 1), 1e6), "W_k": torch.full((1, 1), -1e3)}
    yield "fill", low | {"W_v": draw(generator, 1, 1)}
    yield case("head", 6, 4, 5)


def _split_heads(x: Tensor, heads: Tensor) -> Tensor:
    return x.unflatten(2, (int(heads), -1)).transpose(1, 2)


def _split_heads_cases(generator: Generator) -> Iterator[tuple[str, Inputs]]:
    def case(batch: int, steps: int, heads: int, d: int) -> tuple[str, Inputs]:
        return "heads", {"x": draw(generator, batch, steps, heads * d), "heads": torch.tensor(heads)}

    yield case(1, 3, 2, 2)
    yield case(1, 2, 1, 3)
    yield case(1, 2, 3, 1)
    yield case(2, 3, 2, 4)
    yield case(3, 4, 4, 4)


def _layers_needed(sees: Tensor) -> Tensor:
    known = torch.eye(len(sees))
    needed = torch.full_like(sees, math.inf)
    for layers in range(len(sees)):
        needed[(known > 0) & needed.isinf()] = layers
        known = (sees @ known).clamp(max=1)
    return needed


def _as_never(value: float) -> Answer:
    return lambda sees: _layers_needed(sees).masked_fill(_layers_needed(sees).isinf(), value)


def _places_apart(sees: Tensor) -> Tensor:
    places = torch.arange(len(sees))
    return (places - places.unsqueeze(1)).abs().float()


def _in_one_layer(sees: Tensor) -> Tensor:
    return torch.where(sees > 0, 1 - torch.eye(len(sees)), math.inf)


def _layers_needed_cases(generator: Generator) -> Iterator[tuple[str, Inputs]]:
    def case(hint: str, pattern: Tensor) -> tuple[str, Inputs]:
        """Put the words of a pattern in another order, so that places tell nothing."""
        order = torch.randperm(len(pattern), generator=generator)
        return hint, {"sees": pattern[order][:, order]}

    def chain(steps: int) -> Tensor:
        return torch.eye(steps) + torch.diag(torch.ones(steps - 1), -1)

    ring = torch.eye(5) + torch.eye(5).roll(1, dims=0)
    yield "layer after layer", {"sees": ring[:4, :4] + torch.diag(torch.ones(1), 3)}  # 1 → 4 → 3 → 2 → 1
    yield case("layer after layer", ring)
    yield "never", {"sees": chain(3)}
    yield case("layer after layer", torch.ones(3, 3))
    yield case("never", torch.eye(2))
    yield case("layer after layer", (chain(6) + chain(6).t()).clamp(max=1))
    yield case("never", chain(7))
    yield case("never", torch.block_diag(ring, chain(3)))


EXERCISES: dict[str, Exercise] = {
    "self_attention": Exercise(
        parts=("value", "weights"),
        solve=_self_attention,
        cases=_self_attention_cases,
        mistakes=[
            ("sees later words", _head_with(lambda scores: scores.softmax(-1))),
            (
                "mask upside down",
                _head_with(lambda scores: scores.masked_fill(_seen(scores), -math.inf).softmax(-1)),
            ),
            (
                "mask upside down",
                _head_with(lambda scores: scores.masked_fill(~_seen(scores).t(), -math.inf).softmax(-1)),
            ),
            (
                "itself",
                _head_with(lambda scores: scores.masked_fill(~_seen(scores).tril(-1), -math.inf).softmax(-1)),
            ),
            ("masked after", _head_with(lambda scores: scores.softmax(-1) * _seen(scores))),
            ("zero fill", _head_with(lambda scores: _causal(scores, 0.0))),
            ("zero fill", _head_with(lambda scores: (scores * _seen(scores)).softmax(-1))),
            (
                "softmax of columns",
                _head_with(lambda scores: scores.masked_fill(~_seen(scores), -math.inf).softmax(0)),
            ),
            ("softmax of columns", _head_with(lambda scores: scores.softmax(0))),
            ("not divided by root", _head_with(scale=lambda x, query: 1.0)),
            ("other root", _head_with(scale=lambda x, query: query.size(-1))),
            ("other root", _head_with(scale=lambda x, query: x.size(-1) ** 0.5)),
            ("other root", _head_with(scale=lambda x, query: len(x) ** 0.5)),
            ("keys ask", _head_with(score=lambda query, key: key @ query.t())),
            ("other projection", _head_with(project=_project_from_the_other_side)),
            ("values summed", _head_with(summed=lambda x, query, key, value: x)),
            ("values summed", _head_with(summed=lambda x, query, key, value: key)),
            ("values summed", _head_with(summed=lambda x, query, key, value: query)),
        ],
        exact_zeros=True,
    ),
    "split_heads": Exercise(
        parts=("head parts",),
        solve=_split_heads,
        cases=_split_heads_cases,
        mistakes=[
            ("words cut", lambda x, heads: x.reshape(len(x), int(heads), x.size(1), -1)),
            ("heads behind words", lambda x, heads: x.unflatten(2, (int(heads), -1))),
            ("every few", lambda x, heads: x.unflatten(2, (-1, int(heads))).permute(0, 3, 1, 2)),
            ("part before words", lambda x, heads: x.unflatten(2, (-1, int(heads))).transpose(1, 2)),
            ("part before words", lambda x, heads: x.unflatten(2, (int(heads), -1)).transpose(1, 3)),
            ("part before words", lambda x, heads: x.unflatten(2, (int(heads), -1)).permute(0, 2, 3, 1)),
            ("heads first", lambda x, heads: torch.stack(x.chunk(int(heads), dim=-1))),
            ("whole width", lambda x, heads: x.unsqueeze(1).repeat(1, int(heads), 1, 1)),
        ],
    ),
    "layers_needed": Exercise(
        parts=("layers",),
        solve=_layers_needed,
        cases=_layers_needed_cases,
        mistakes=[
            ("one layer only", _in_one_layer),
            ("who looks", lambda sees: _layers_needed(sees.t())),
            ("no layer for itself", lambda sees: _layers_needed(sees) + 1),
            ("no layer for itself", lambda sees: _layers_needed(sees).clamp(min=1)),
            ("as infinity", _as_never(0.0)),
            ("as infinity", _as_never(-1.0)),
            ("as infinity", lambda sees: _as_never(float(len(sees)))(sees)),
            ("places apart", _places_apart),
            ("both ways", lambda sees: _layers_needed(sees.maximum(sees.t()))),
        ],
    ),
}
