"""Training that is looked at on the way: the curve over steps, and what every measure returns."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from torch import Tensor, nn

from whyattention.training import History, train

Table = dict[str, Any]


def train_and_examine(
    network: nn.Module,
    loss_of: Callable[[nn.Module, Any], Tensor],
    batches: Iterable[Any],
    steps: int,
    check_every: int,
    learning_rate: float,
    seed: int,
    examine: Callable[[nn.Module], Table],
) -> tuple[Table, History]:
    """Train, and return the curve with the mean training loss since the point before."""
    points: list[Table] = []

    def check(network: nn.Module) -> float:
        points.append(examine(network))
        return next(iter(points[-1].values()))

    history = train(
        network,
        loss_of,
        batches,
        steps=steps,
        learning_rate=learning_rate,
        seed=seed,
        validate=check,
        validate_every=check_every,
        better="higher",
        progress=False,
    )
    curve, before = [], 0
    for step, point in zip(history.validated_at, points, strict=True):
        losses = history.losses[before:step]
        curve.append({"steps": step, **point, "training_loss": sum(losses) / len(losses)})
        before = step
    return columns(curve), history


def measured(network: nn.Module, history: History, tables: dict[str, Table]) -> dict[str, Any]:
    """Return what every measure returns: the size of the network, seconds of training, and tables."""
    parameters = sum(parameter.numel() for parameter in network.parameters())
    return {"parameters": parameters, "seconds": history.seconds, "tables": tables}


def columns(rows: list[Table]) -> Table:
    """Turn rows of equal figures into one table."""
    return {name: [row[name] for row in rows] for name in rows[0]}
