"""Tables in assignments that say that they were measured are measured here again."""

import pytest
import torch
from torch import Tensor, nn

from tests.grading.submissions import ROOT
from whyattention.grading.source import read

MEASURED = read(ROOT / "assignments" / "02_vanishing_gradients.ipynb").variables.choices["measured"]
#: For each table: the seed of its networks, and for each network how much U and the inputs are enlarged.
SETTINGS = [
    (2, {"A": ("Z", 1, 1), "B": ("X", 3.5, 1), "C": ("Y", 4, 9)}),
    (3, {"A": ("X", 3.5, 12), "B": ("Z", 3, 1), "C": ("Y", 1.5, 1)}),
    (4, {"A": ("Y", 1, 0.3), "B": ("Z", 3.2, 1), "C": ("X", 4.5, 10)}),
]
STEPS, ROWS, WIDTH, INPUTS = 60, 20, 64, 32


def shares_of_a_row(states: Tensor, U: Tensor, inputs: Tensor) -> tuple[Tensor, Tensor]:
    """The norm of each step's share in the gradient of W, by lag, and that of the gradient of all weights."""
    behind = torch.randn(WIDTH, dtype=torch.float64) / 8
    deltas = []
    for state in states.flip(0):
        deltas.append((1 - state**2) * behind)
        behind = U.T @ deltas[-1]
    delta = torch.stack(deltas)
    before = torch.cat([torch.zeros(1, WIDTH, dtype=torch.float64), states[:-1]]).flip(0)
    of_W, of_U, of_b = delta.T @ inputs.flip(0), delta.T @ before, delta.sum(0)
    whole = torch.cat([of_W.flatten(), of_U.flatten(), of_b, of_b]).norm()
    return delta.norm(dim=1) * inputs.flip(0).norm(dim=1), whole


@torch.no_grad()
def measure(seed: int, enlarged: float, inputs_by: float) -> tuple[Tensor, list[float], float]:
    torch.manual_seed(seed)
    W, U, b, c = nn.RNN(INPUTS, WIDTH, dtype=torch.float64).parameters()
    U = enlarged * U
    shares, wholes, slopes = [], [], []
    for _ in range(ROWS):
        inputs = inputs_by * torch.randn(STEPS, INPUTS, dtype=torch.float64)
        state, states = torch.zeros(WIDTH, dtype=torch.float64), []
        for x in inputs:
            state = (W @ x + U @ state + b + c).tanh()
            states.append(state)
        row, whole = shares_of_a_row(torch.stack(states), U, inputs)
        shares.append(row.log())
        wholes.append(whole.log())
        slopes.append((1 - torch.stack(states[-50:]) ** 2).square().mean())
    singular = torch.linalg.svdvals(U)
    numbers = [singular[0], torch.linalg.eigvals(U).abs().max(), singular.square().mean().sqrt()]
    numbers.append(torch.stack(slopes).mean().sqrt())
    by_lag = torch.stack(shares).mean(0).exp()[[0, 10, 20, 30, 40]]
    return by_lag, [number.item() for number in numbers], torch.stack(wholes).mean().exp().item()


@pytest.mark.parametrize(
    ("table", "settings"), list(zip(MEASURED, SETTINGS, strict=True)), ids=("2", "3", "4")
)
def test_the_shares_of_gradients_are_those_of_these_networks(table, settings):
    seed, networks = settings
    for name, (other, enlarged, inputs_by) in networks.items():
        by_lag, numbers, whole = measure(seed, enlarged, inputs_by)
        assert by_lag.tolist() == pytest.approx(table["shares"][name], rel=0.06)
        assert numbers == pytest.approx(table["networks"][other], abs=0.006)
        if name == "B":
            assert whole == pytest.approx(table["whole"], rel=0.01)
