"""Settings of Reach as hypothesis draws them, and what the library makes of the same network."""

import torch
from hypothesis import strategies as st

from whyattention.cells import Cell, GRUCell, LSTMCell, RNNCell
from whyattention.gradients import kept_share, state_jacobians
from whyattention.widgets.reach_arithmetic import GATED, LIMITS, RNNS, SIGNS

CELLS = (*RNNS, *GATED)


def within(name: str) -> st.SearchStrategy[float]:
    """A number that is accepted, and often one of those that decide something."""
    low, high = LIMITS[name]
    near = {"weight": [0.0, 0.1, 0.9, 1.0, 1.1], "drive": [0.0, 0.5], "forget_bias": [0.0, 1.0]}
    drawn = st.floats(low, high, allow_subnormal=False)
    # Below this a number is a rounding error of another, as 1e-200 beside a state of 1.
    drawn = drawn.map(lambda number: 0.0 if abs(number) < 1e-6 else number)
    return st.one_of(st.sampled_from(near.get(name, [low, high])), drawn)


SETTINGS = st.fixed_dictionaries(
    {
        "cell": st.sampled_from(CELLS),
        "weight": within("weight"),
        "drive": within("drive"),
        "forget_bias": within("forget_bias"),
    }
)
STATES = st.builds(
    lambda settings, rest: settings | rest,
    SETTINGS,
    st.fixed_dictionaries(
        {
            "lag": st.integers(*LIMITS["lag"]),
            "clipping": st.booleans(),
            "limit": within("limit"),
            "kept": st.one_of(st.none(), SETTINGS),
        }
    ),
)


def inputs_of(drive: float, lag: int) -> torch.Tensor:
    """x_1 … x_L, of shape (1, L, 1): the digits are those of the last step first."""
    signs = [1.0 if sign == "+" else -1.0 for sign in SIGNS[:lag]]
    return drive * torch.tensor(signs[::-1], dtype=torch.float64)[None, :, None]


def library_cell(cell: str, weight: float, forget_bias: float) -> Cell:
    """The library's cell of width 1 with the weights that Reach states."""
    kind = {"tanh": RNNCell, "lstm": LSTMCell, "gru": GRUCell}[cell]
    made = kind(input_width=1, hidden_width=1).double()
    candidate = {"tanh": 0, "lstm": 2, "gru": 2}[cell]
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.zero_()
        made.input_weight[candidate] = 1
        made.hidden_weight[candidate] = weight
        if cell != "tanh":
            made.input_bias[1] = forget_bias
    return made


def library_norms(cell: str, weight: float, drive: float, forget_bias: float, lag: int) -> torch.Tensor:
    """|∂h_L/∂h_{L-k}|, of the LSTM |∂c_L/∂c_{L-k}|, for k = 0 … L, by automatic differentiation."""
    inputs = inputs_of(drive, lag)
    if cell in ("tanh", *GATED):
        part = "cell" if cell == "lstm" else "hidden"
        return state_jacobians(library_cell(cell, weight, forget_bias), inputs, part)[0, :, 0, 0].abs()
    h = torch.zeros((), dtype=torch.float64, requires_grad=True)
    states = [h]
    for x in inputs.flatten():
        h = weight * h + x
        h = h.sigmoid() if cell == "logistic" else h
        states.append(h)
    return torch.stack(torch.autograd.grad(h, states[::-1])).abs()


def library_kept(cell: str, weight: float, drive: float, forget_bias: float, lag: int) -> torch.Tensor:
    """The products of the gate that keeps, for k = 0 … L."""
    return kept_share(library_cell(cell, weight, forget_bias), inputs_of(drive, lag))[0, :, 0]
