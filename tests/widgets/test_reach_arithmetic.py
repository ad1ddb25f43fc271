"""The arithmetic of Reach: Python is what PyTorch differentiates, and JavaScript is Python."""

import math
from decimal import Decimal, getcontext

import pytest
import torch
from hypothesis import assume, example, given
from hypothesis import strategies as st

from tests.widgets.reach_states import (
    SETTINGS,
    STATES,
    inputs_of,
    library_cell,
    library_kept,
    library_norms,
    within,
)
from whyattention.widgets.reach_arithmetic import (
    GATED,
    LIMITS,
    SIGNS,
    STEEPEST,
    clipping,
    first_under,
    log_norms,
    step_factors,
)
from whyattention.widgets.reach_fallback import format_log

LAG = st.integers(*LIMITS["lag"])
# Where float64 still has all its digits. Beyond it only the logarithms know.
SMALLEST = -290
# The slope 1 - h² of a unit at h ≈ 1 has lost digits, in both; they add up over 200 steps.
CLOSE = {"rel": 1e-9, "abs": 1e-6}


def logs_of(settings_, lag):
    return log_norms(step_factors(**settings_, lag=lag)[0])


def agree(logs, norms):
    """Logarithms are those of the library's numbers, wherever float64 has them."""
    assert len(logs) == len(norms)
    for log, norm in zip(logs, norms.tolist(), strict=True):
        if log > SMALLEST:
            assert math.log10(norm) == pytest.approx(log, **CLOSE)
        else:
            assert norm < 10 ** (SMALLEST + 1)


@given(SETTINGS, LAG)
def test_the_gradient_is_the_one_that_autograd_finds(drawn, lag):
    agree(logs_of(drawn, lag), library_norms(**drawn, lag=lag))


@given(SETTINGS, LAG)
def test_the_direct_path_is_the_library_s_product_of_gates(drawn, lag):
    direct = step_factors(**drawn, lag=lag)[1]
    assert (direct is not None) == (drawn["cell"] in GATED)
    if direct:
        agree(log_norms(direct), library_kept(**drawn, lag=lag))


@given(SETTINGS, LAG)
def test_no_step_of_an_rnn_is_above_its_bound_and_none_of_a_gated_cell_below_its_gate(drawn, lag):
    factors, direct = step_factors(**drawn, lag=lag)
    if direct:
        assert all(kept <= factor for kept, factor in zip(direct, factors, strict=True))
    else:
        assert max(factors) <= drawn["weight"] * STEEPEST[drawn["cell"]]


def test_the_numbers_of_chapter_4():
    one, log = ([step_factors("lstm", 0.9, 0.5, bias, 100)[1]] for bias in (1, math.log(100)))
    assert 10 ** log_norms(one[0])[100] == pytest.approx(2.4844e-14, rel=1e-4)
    assert 10 ** log_norms(log[0])[100] == pytest.approx(1.01**-100, rel=1e-12)
    assert first_under(log_norms(one[0])) == 23


def test_the_signs_are_the_binary_digits_of_the_root_of_three():
    getcontext().prec = 100
    rest, digits = Decimal(3).sqrt() - 1, ""
    for _ in range(200):
        rest *= 2
        digits += "+" if rest >= 1 else "-"
        rest %= 1
    assert digits == SIGNS
    assert SIGNS.count("+") == 100


@pytest.mark.parametrize("drive", [0.25, 0.5, 1, 2])
def test_larger_inputs_saturate_and_shorten_the_reach(drive):
    half, whole = (first_under(logs_of(settings_, 200)) for settings_ in map(tanh_with, (drive / 2, drive)))
    assert whole < half


def tanh_with(drive):
    return {"cell": "tanh", "weight": 0.9, "drive": drive, "forget_bias": 0.0}


def test_rounding_does_not_decide_whether_a_thousandth_is_under_a_thousandth(javascript):
    for factors, lag in (
        ([0.1] * 5, 4),
        ([10 ** (-3 / 25)] * 30, 26),  # the logarithms of 25 add up to a little less than -3
        ([1.0] * 5, None),
    ):
        assert first_under(log_norms(factors)) == lag
        assert javascript("reach_arithmetic", "firstUnder", log_norms(factors)) == lag
    assert first_under(log_norms([0.0])) == 1


@given(SETTINGS, LAG, within("limit"))
def test_clipping_is_that_of_pytorch(drawn, lag, limit):
    logs = logs_of(drawn, lag)
    parameters = [torch.nn.Parameter(torch.zeros(1, dtype=torch.float64)) for _ in logs]
    for parameter, log in zip(parameters, logs, strict=True):
        parameter.grad = torch.tensor([10**log], dtype=torch.float64)
    before = torch.cat([parameter.grad for parameter in parameters])
    norm = torch.nn.utils.clip_grad_norm_(parameters, limit)
    after = torch.cat([parameter.grad for parameter in parameters])
    ours, factor = clipping(logs, limit)
    assert ours == pytest.approx(norm.item(), rel=1e-9)
    torch.testing.assert_close(before * factor, after, rtol=1e-9, atol=0)


def test_what_is_clipped_is_the_gradient_of_a_parameter_in_every_state():
    """Add a parameter of its own to each state: its gradient is the number at that lag."""
    cell, steps = library_cell("tanh", 1.3, 0), 30
    added = [torch.nn.Parameter(torch.zeros(1, 1, dtype=torch.float64)) for _ in range(steps + 1)]
    h = added[0] + 0.0
    for x, parameter in zip(inputs_of(0.2, steps)[0], added[1:], strict=True):
        (h,) = cell(x[None], (h,))
        h = h + parameter
    h.sum().backward()
    torch.nn.utils.clip_grad_norm_(added, 0.5)
    logs = logs_of({"cell": "tanh", "weight": 1.3, "drive": 0.2, "forget_bias": 0.0}, steps)
    factor = clipping(logs, 0.5)[1]
    assert factor < 0.5
    expected = [factor * 10**log for log in logs]
    assert [parameter.grad.item() for parameter in reversed(added)] == pytest.approx(expected, rel=1e-9)


@given(SETTINGS, LAG, within("limit"))
def test_clipping_lowers_all_lags_alike_and_raises_none(drawn, lag, limit):
    logs = logs_of(drawn, lag)
    norm, factor = clipping(logs, limit)
    assert 0 < factor <= 1
    assert (factor < 1) == (limit / (norm + 1e-6) < 1)
    assert factor == 1 or norm * factor <= limit * (1 + 1e-15)


@given(SETTINGS, LAG, within("limit"))
def test_javascript_computes_what_python_does(javascript, drawn, lag, limit):
    named = (drawn[name] for name in ("cell", "weight", "drive", "forget_bias"))
    theirs = javascript("reach_arithmetic", "stepFactors", *named, lag)
    factors, direct = step_factors(**drawn, lag=lag)
    assert theirs["factors"] == pytest.approx(factors, rel=1e-7, abs=1e-300)
    assert theirs["direct"] == (direct and pytest.approx(direct, rel=1e-14))
    logs = log_norms(factors)
    assert javascript("reach_arithmetic", "logNorms", factors) == approx_logs(logs)
    if min(logs) > -math.inf:  # JSON has no infinity
        assert javascript("reach_arithmetic", "firstUnder", logs) == first_under(logs)
        norm, factor = clipping(logs, limit)
        assert javascript("reach_arithmetic", "clipping", logs, limit) == {
            "norm": pytest.approx(norm, rel=1e-12),
            "factor": pytest.approx(factor, rel=1e-12),
        }


def approx_logs(logs):
    return [None if log == -math.inf else pytest.approx(log, rel=1e-12, abs=1e-12) for log in logs]


@given(STATES)
def test_all_that_follows_from_a_state_is_python_s(javascript, state):
    derived = javascript("reach_state", "derive", state)
    logs = logs_of({name: state[name] for name in ("cell", "weight", "drive", "forget_bias")}, state["lag"])
    assert derived["gradient"]["logs"] == close_logs(logs)
    assert same_reach(derived["gradient"]["under"], logs)
    factor = clipping(logs, state["limit"])[1]
    if state["clipping"]:
        assert derived["clip"]["factor"] == pytest.approx(factor, rel=1e-5)
    if derived["clipped"]:
        assert derived["clipped"]["logs"] == close_logs([log + math.log10(factor) for log in logs])
    if state["kept"]:
        assert derived["kept"]["logs"] == close_logs(logs_of(state["kept"], state["lag"]))


def close_logs(logs):
    return [None if log == -math.inf else pytest.approx(log, **CLOSE) for log in logs]


def same_reach(lag, logs):
    """The same lag, or one at which rounding of the logarithms may decide."""
    ours = first_under(logs)
    return lag == ours or any(logs[k] == pytest.approx(-3, abs=1e-6) for k in (lag, ours) if k is not None)


@example(-12.001)  # 9.98 · 10⁻¹³, to two digits 1.0 · 10⁻¹²
@given(st.floats(-2000, 300))
def test_powers_of_ten_are_written_alike(javascript, log):
    # Two languages may round the very middle between two digits to either side.
    assume(min(abs(1 - (10 ** (log % 1) * 10 % 1) * 2), 1) > 1e-9)
    assert javascript("reach_state", "formatLog", log).replace("\u00a0", " ") == format_log(log)


@pytest.mark.parametrize(
    ("factor", "text"),
    [(1, "1"), (0.9, "0.9"), (0.7310585786, "0.731"), (1.0004, "1.0004"), (0.99996, "0.99996"), (0, "0")],
)
def test_a_factor_that_is_not_one_is_never_written_as_one(javascript, factor, text):
    assert javascript("reach_state", "formatFactor", factor) == text


@pytest.mark.parametrize(
    ("state", "says"),
    [
        ({}, "the slopes of tanh make it 0.64 on average: under 10⁻³ after 14 steps, not 66."),
        ({"cell": "linear", "weight": 1.0}, "all of the gradient comes back"),
        ({"cell": "linear", "weight": 1.1}, "1.4 × 10⁴ times as much after 100 steps."),
        ({"cell": "linear", "weight": 0.99}, "0.37 is left after 100 steps."),
        ({"drive": 0.0}, "where tanh has slope 1: each step multiplies by 0.9: under 10⁻³ after 66 steps."),
        ({"cell": "logistic", "weight": 3.0}, "a step multiplies by 0.75 at most"),
        (
            {"cell": "lstm"},
            "keeps σ(1) = 0.731 a step. After 100 steps 2.5 × 10⁻¹⁴ is left on the direct path",
        ),
        (
            {"cell": "lstm", "forget_bias": math.log(100)},
            "keeps σ(ln 100) = 0.99 a step. After 100 steps 0.37",
        ),
        ({"cell": "gru", "forget_bias": -1.0}, "The update gate keeps σ(−1) = 0.269 a step"),
        ({"clipping": True}, "does nothing, and what has vanished stays vanished."),
        ({"cell": "linear", "weight": 1.1, "clipping": True}, "the line moves down, its slope stays."),
        ({"cell": "linear", "weight": 1.1, "lag": 1}, "1.1 times as much after 1 step."),
    ],
)
def test_the_finding_says_what_is_to_be_seen(javascript, state, says):
    default = {"cell": "tanh", "weight": 0.9, "drive": 0.5, "forget_bias": 1.0, "lag": 100}
    state = default | {"clipping": False, "limit": 5.0, "kept": None} | state
    derived = javascript("reach_state", "derive", state)
    sentence = javascript("reach_state", "finding", state, derived)
    assert says in sentence.replace("\u00a0", " ")
