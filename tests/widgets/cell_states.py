"""States of the figure GatedCell, drawn, and what the library makes of them."""

import torch
from hypothesis import assume
from hypothesis import strategies as st

from whyattention.cells import Cell, GRUCell, LSTMCell
from whyattention.gradients import kept_share, state_jacobians
from whyattention.widgets import cell_steps
from whyattention.widgets.cell import GATES, PRESETS

INPUT = st.one_of(st.sampled_from([-1.0, 0.0, 1.0]), st.floats(-1, 1))
# All weights of a state are of one size: among large ones the slopes of σ and tanh are 0, and hide mistakes.
WEIGHTS = [st.floats(-1, 1), st.floats(-4, 4), st.one_of(st.just(0.0), st.floats(-20, 20))]


@st.composite
def states(draw):
    """Any kind, any inputs, any weights, any step.

    Where a rounding error grows a thousandfold within the sequence, no two programs agree: not drawn.
    """
    kind = draw(st.sampled_from(["lstm", "gru"]))
    inputs = draw(st.lists(INPUT, min_size=1, max_size=12))
    weight = draw(st.sampled_from(WEIGHTS))
    weights = {
        gate: draw(st.lists(weight, min_size=count, max_size=count)) for gate, count in GATES[kind].items()
    }
    for length in range(1, len(inputs) + 1):
        quantities = cell_steps.unrolled(kind, inputs[:length], weights)
        assume(max(map(abs, cell_steps.derivatives(kind, weights, quantities)[1])) < 1e3)
    return {
        "kind": kind,
        "inputs": inputs,
        "weights": weights,
        "step": draw(st.integers(1, len(inputs))),
    }


PRESET_STATES = [
    {"kind": kind, "inputs": preset["inputs"], "weights": preset[kind], "step": preset["step"]}
    for preset in PRESETS.values()
    for kind in GATES
]


def library_cell(kind: str, weights: dict) -> Cell:
    """The library's cell of one unit with these weights; its two biases share b where they add up."""
    cell = (LSTMCell if kind == "lstm" else GRUCell)(1, 1).double()
    with torch.no_grad():
        for row, numbers in enumerate(weights[gate] for gate in GATES[kind]):
            W, U, b = numbers[:3]
            hidden_bias = numbers[3] if len(numbers) == 4 else 0.25
            cell.input_weight[row, 0], cell.hidden_weight[row, 0] = W, U
            cell.input_bias[row] = b if len(numbers) == 4 else b - hidden_bias
            cell.hidden_bias[row] = hidden_bias
    return cell


def library_run(kind: str, inputs: list, weights: dict) -> dict[str, list[float]]:
    """States of all steps, and the last state's derivative by each: direct path and all paths (autograd)."""
    cell = library_cell(kind, weights)
    x = torch.tensor(inputs, dtype=torch.float64)
    state = cell.initial_state(x[:1, None])
    shown, kept = [], []
    with torch.no_grad():
        for number in x:
            state = cell(number.reshape(1, 1), state)
            shown.append(state[0].item())
            kept.append(state[-1].item())
    sequence = x.reshape(1, -1, 1)
    jacobians = state_jacobians(cell, sequence, part="cell" if kind == "lstm" else "hidden")
    return {
        "h": shown,
        "kept": kept,
        "all": jacobians.flatten().tolist()[-2::-1],
        "direct": kept_share(cell, sequence).flatten().tolist()[-2::-1],
    }
