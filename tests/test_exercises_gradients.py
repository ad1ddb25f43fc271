"""Exercises on gradients through time: right and wrong answers, and agreement with the library."""

import numpy as np
import torch
from torch import nn

from tests.exercise_answers import collectors, examine_drawn, judging
from whyattention.cells import RNNCell
from whyattention.exercises import EXERCISES
from whyattention.gradients import clip_norm, state_jacobians

RIGHT, WRONG, right, wrong = collectors()


def step_from(hidden_weight, state):
    """Return the step that led to a state, as a function of how far the earlier one is from what it was."""
    return lambda change: torch.tanh(torch.atanh(state) + hidden_weight @ change)


# ------------------------------------------------------------------------------------------ rnn_jacobian


@right("rnn_jacobian")
def with_a_diagonal_matrix(hidden_weight, state):
    return torch.diag(1 - state**2) @ hidden_weight


@right("rnn_jacobian")
def with_scaled_rows(hidden_weight, state):
    return (1 - state.square())[:, None] * hidden_weight


@right("rnn_jacobian")
def with_einsum(hidden_weight, state):
    return torch.einsum("j,jk->jk", (1 - state) * (1 + state), hidden_weight)


@right("rnn_jacobian")
def with_autograd(hidden_weight, state):
    step = step_from(hidden_weight, state)
    return torch.autograd.functional.jacobian(step, torch.zeros_like(state))


@right("rnn_jacobian")
def entry_by_entry(hidden_weight, state):
    H = len(state)
    jacobian = torch.empty(H, H)
    for j in range(H):
        for k in range(H):
            jacobian[j, k] = (1 - state[j] ** 2) * hidden_weight[j, k]
    return jacobian


@wrong("rnn_jacobian", "unwritten")
def is_a_stub(hidden_weight, state): ...


@wrong("rnn_jacobian", "wrong numbers", "columns")
def scales_the_columns(hidden_weight, state):
    return hidden_weight @ torch.diag(1 - state**2)


@wrong("rnn_jacobian", "wrong numbers", "columns")
def broadcasts_over_rows(hidden_weight, state):
    return (1 - state**2) * hidden_weight


@wrong("rnn_jacobian", "wrong numbers", "transposed")
def transposes_the_result(hidden_weight, state):
    return with_scaled_rows(hidden_weight, state).T


@wrong("rnn_jacobian", "wrong numbers", "transposed")
def transposes_the_weight(hidden_weight, state):
    return with_scaled_rows(hidden_weight.T, state)


@wrong("rnn_jacobian", "wrong numbers", "logistic slope")
def takes_the_logistic_slope(hidden_weight, state):
    return (state * (1 - state))[:, None] * hidden_weight


@wrong("rnn_jacobian", "wrong numbers", "square")
def forgets_the_square(hidden_weight, state):
    return (1 - state)[:, None] * hidden_weight


@wrong("rnn_jacobian", "wrong numbers", "square")
def takes_the_size_for_the_square(hidden_weight, state):
    return (1 - state.abs())[:, None] * hidden_weight


@wrong("rnn_jacobian", "wrong numbers", "slope missing")
def returns_the_weight(hidden_weight, state):
    return hidden_weight


@wrong("rnn_jacobian", "wrong numbers", "tanh again")
def applies_tanh_again(hidden_weight, state):
    return (1 - torch.tanh(state) ** 2)[:, None] * hidden_weight


@wrong("rnn_jacobian", "wrong numbers", "one slope")
def sums_the_squares(hidden_weight, state):
    return (1 - state @ state) * hidden_weight


@wrong("rnn_jacobian", "wrong numbers", "one slope")
def averages_the_slopes(hidden_weight, state):
    return (1 - state**2).mean() * hidden_weight


@wrong("rnn_jacobian", "wrong shape", "vector")
def multiplies_by_the_vector_of_slopes(hidden_weight, state):
    return hidden_weight @ (1 - state**2)


@wrong("rnn_jacobian", "wrong shape", "vector")
def multiplies_the_vector_of_slopes(hidden_weight, state):
    return (1 - state**2) @ hidden_weight


@wrong("rnn_jacobian", "wrong shape", "Jacobian")
def returns_the_slopes(hidden_weight, state):
    return 1 - state**2


@wrong("rnn_jacobian", "wrong numbers", "Jacobian")
def adds_the_slopes(hidden_weight, state):
    return torch.diag(1 - state**2) + hidden_weight


@wrong("rnn_jacobian", "wrong numbers", "Jacobian")
def returns_the_diagonal_alone(hidden_weight, state):
    return torch.diag(1 - state**2)


@wrong("rnn_jacobian", "wrong shape", "extra axis")
def keeps_an_axis(hidden_weight, state):
    return with_scaled_rows(hidden_weight, state)[None]


@wrong("rnn_jacobian", "modified", "in place")
def squares_the_state_in_place(hidden_weight, state):
    return (1 - state.square_())[:, None] * hidden_weight


@wrong("rnn_jacobian", "not a tensor", "return tensors")
def returns_an_array(hidden_weight, state):
    return np.diag(1 - state.numpy() ** 2) @ hidden_weight.numpy()


@wrong("rnn_jacobian", "stopped", "look at the line")
def multiplies_what_does_not_fit(hidden_weight, state):
    return hidden_weight @ (1 - state**2)[None]


def test_the_jacobian_of_a_step_is_that_of_a_cell():
    torch.manual_seed(0)
    cell = RNNCell(input_width=2, hidden_width=4).double()
    inputs = torch.randn(1, 1, 2, dtype=torch.float64)
    state = cell.step(cell.project(inputs)[:, 0], cell.initial_state(inputs))[0][0]
    expected = state_jacobians(cell, inputs)[0, 1]
    torch.testing.assert_close(EXERCISES["rnn_jacobian"].solve(cell.hidden_weight, state), expected)


# ----------------------------------------------------------------------------------------------- clipped


@right("clipped")
def with_a_condition(gradient, limit):
    norm = gradient.norm()
    return gradient * (limit / norm) if norm > limit else gradient


@right("clipped")
def by_the_larger_of_norm_and_limit(gradient, limit):
    return gradient * limit / torch.maximum(gradient.norm(), limit)


@right("clipped")
def with_a_factor_of_at_most_one(gradient, limit):
    return gradient * (limit / gradient.norm()).clamp(max=1)


@right("clipped")
def as_pytorch_does(gradient, limit):
    return gradient * min(1.0, limit.item() / (gradient.square().sum().sqrt().item() + 1e-6))


@right("clipped")
def with_the_functions_of_pytorch(gradient, limit):
    parameter = nn.Parameter(torch.zeros_like(gradient))
    parameter.grad = gradient.clone()
    nn.utils.clip_grad_norm_([parameter], limit.item())
    return parameter.grad


@right("clipped")
def in_polar_coordinates(gradient, limit):
    direction = nn.functional.normalize(gradient, dim=0)
    return direction * gradient.norm().clamp(max=limit)


@wrong("clipped", "unwritten")
def is_not_implemented(gradient, limit):
    raise NotImplementedError


@wrong("clipped", "wrong numbers", "direction")
def clamps_each_component(gradient, limit):
    return gradient.clamp(-limit, limit)


@wrong("clipped", "wrong numbers", "direction")
def keeps_the_signs_alone(gradient, limit):
    return gradient.sign() * limit


@wrong("clipped", "wrong numbers", "short")
def scales_the_short_ones_too(gradient, limit):
    return gradient / gradient.norm() * limit


@wrong("clipped", "wrong numbers", "unit norm")
def divides_by_the_norm_alone(gradient, limit):
    norm = gradient.norm()
    return gradient / norm if norm > limit else gradient


@wrong("clipped", "wrong numbers", "unit norm")
def always_divides_by_the_norm(gradient, limit):
    return gradient / gradient.norm()


@wrong("clipped", "wrong numbers", "times limit")
def multiplies_by_the_limit(gradient, limit):
    return gradient * limit if gradient.norm() > limit else gradient


@wrong("clipped", "wrong numbers", "other norm")
def divides_by_the_largest_component(gradient, limit):
    largest = gradient.abs().max()
    return gradient * limit / largest if largest > limit else gradient


@wrong("clipped", "wrong numbers", "other norm")
def adds_up_the_sizes(gradient, limit):
    norm = gradient.abs().sum()
    return gradient * limit / norm if norm > limit else gradient


@wrong("clipped", "wrong numbers", "other norm")
def forgets_the_root(gradient, limit):
    norm = gradient.square().sum()
    return gradient * limit / norm if norm > limit else gradient


@wrong("clipped", "wrong numbers", "short")
def compares_the_sum_of_sizes(gradient, limit):
    return gradient * limit / gradient.norm() if gradient.abs().sum() > limit else gradient


@wrong("clipped", "wrong numbers", "clip")
def compares_the_largest_component(gradient, limit):
    return gradient * limit / gradient.norm() if gradient.abs().max() > limit else gradient


@wrong("clipped", "wrong numbers", "not clipped")
def does_nothing(gradient, limit):
    return gradient


@wrong("clipped", "wrong numbers", "not clipped")
def has_the_condition_upside_down(gradient, limit):
    return gradient * limit / gradient.norm() if gradient.norm() < limit else gradient


@wrong("clipped", "not finite", "zero norm")
def divides_zero_by_zero(gradient, limit):
    norm = gradient.norm()
    return gradient / norm * torch.minimum(norm, limit)


@wrong("clipped", "wrong numbers", "clip")
def sets_a_long_gradient_to_zero(gradient, limit):
    return torch.zeros_like(gradient) if gradient.norm() > limit else gradient


@wrong("clipped", "wrong numbers", "clip")
def turns_the_gradient_around(gradient, limit):
    return -with_a_condition(gradient, limit)


@wrong("clipped", "wrong shape", "clip")
def returns_the_norm(gradient, limit):
    return gradient.norm().clamp(max=limit)


@wrong("clipped", "wrong dtype", "result dtype")
def returns_doubles(gradient, limit):
    return with_a_condition(gradient.double(), limit)


@wrong("clipped", "modified", "in place")
def scales_in_place(gradient, limit):
    norm = gradient.norm()
    if norm > limit:
        gradient *= limit / norm
    return gradient


@wrong("clipped", "stopped", "look at the line")
def compares_component_by_component(gradient, limit):
    return gradient * limit / gradient.norm() if gradient > limit else gradient


def test_a_gradient_is_clipped_as_in_training():
    for limit in (0.5, 50.0):
        gradient = torch.tensor([3.0, -4.0, 12.0])
        weight = nn.Parameter(torch.zeros(3))
        weight.grad = gradient.clone()
        clip_norm([weight], limit)
        torch.testing.assert_close(EXERCISES["clipped"].solve(gradient, torch.tensor(limit)), weight.grad)


def test_almost_zero_is_zero_where_nothing_is_masked():
    assert examine_drawn("clipped", lambda *inputs: with_a_condition(*inputs) + 1e-9, seed=0)[0]


# --------------------------------------------------------------------------------- backward_through_time


@right("backward_through_time")
def from_the_last_to_the_first(hidden_weight, states, gradient):
    gradients = [gradient]
    for state in reversed(states[1:]):
        gradients.insert(0, hidden_weight.T @ ((1 - state**2) * gradients[0]))
    return torch.stack(gradients)


@right("backward_through_time")
def into_a_tensor(hidden_weight, states, gradient):
    gradients = torch.empty_like(states)
    gradients[-1] = gradient
    for t in range(len(states) - 1, 0, -1):
        gradients[t - 1] = (gradients[t] * (1 - states[t].square())) @ hidden_weight
    return gradients


@right("backward_through_time")
def by_recursion(hidden_weight, states, gradient):
    if len(states) == 1:
        return gradient[None]
    earlier = hidden_weight.t() @ torch.diag(1 - states[-1] ** 2) @ gradient
    return torch.cat([by_recursion(hidden_weight, states[:-1], earlier), gradient[None]])


@right("backward_through_time")
def by_products_of_jacobians(hidden_weight, states, gradient):
    rows, product = [gradient], torch.eye(len(gradient))
    for state in states.flip(0)[:-1]:
        product = product @ with_scaled_rows(hidden_weight, state)
        rows.append(gradient @ product)
    return torch.stack(rows).flip(0)


@right("backward_through_time")
def with_autograd_through_the_steps(hidden_weight, states, gradient):
    changes = torch.zeros_like(states, requires_grad=True)
    state = states[0] + changes[0]
    for t in range(1, len(states)):
        state = step_from(hidden_weight, states[t])(state - states[t - 1]) + changes[t]
    return torch.autograd.grad(state @ gradient, changes)[0]


def carried(carry):
    """Return the gradients by all states, where ``carry(U, g, later, earlier)`` goes one step back."""

    def backward(hidden_weight, states, gradient):
        rows = [gradient]
        for later, earlier in zip(states.flip(0), states.flip(0)[1:], strict=False):
            rows.append(carry(hidden_weight, rows[-1], later, earlier))
        return torch.stack(rows).flip(0)

    return backward


@wrong("backward_through_time", "unwritten")
def is_an_ellipsis(hidden_weight, states, gradient):
    return ...


@wrong("backward_through_time", "wrong numbers", "forward weight")
def goes_through_the_weight_forward(hidden_weight, states, gradient):
    return carried(lambda U, g, later, _: U @ ((1 - later**2) * g))(hidden_weight, states, gradient)


@wrong("backward_through_time", "wrong numbers", "slope missing")
def forgets_the_slope(hidden_weight, states, gradient):
    return carried(lambda U, g, later, _: U.T @ g)(hidden_weight, states, gradient)


@wrong("backward_through_time", "wrong numbers", "earlier slope")
def takes_the_slope_of_the_earlier_state(hidden_weight, states, gradient):
    return carried(lambda U, g, _, earlier: U.T @ ((1 - earlier**2) * g))(hidden_weight, states, gradient)


@wrong("backward_through_time", "wrong numbers", "slope after")
def multiplies_by_the_slope_afterward(hidden_weight, states, gradient):
    return carried(lambda U, g, later, _: (1 - later**2) * (U.T @ g))(hidden_weight, states, gradient)


@wrong("backward_through_time", "wrong numbers", "slope after")
def multiplies_by_the_earlier_slope_afterward(hidden_weight, states, gradient):
    return carried(lambda U, g, _, earlier: (1 - earlier**2) * (U.T @ g))(hidden_weight, states, gradient)


@wrong("backward_through_time", "wrong numbers", "logistic slope")
def takes_a_logistic_slope(hidden_weight, states, gradient):
    return carried(lambda U, g, later, _: U.T @ (later * (1 - later) * g))(hidden_weight, states, gradient)


@wrong("backward_through_time", "wrong numbers", "square")
def does_not_square(hidden_weight, states, gradient):
    return carried(lambda U, g, later, _: U.T @ ((1 - later) * g))(hidden_weight, states, gradient)


@wrong("backward_through_time", "wrong numbers", "one slope")
def adds_up_the_squares(hidden_weight, states, gradient):
    return carried(lambda U, g, later, _: U.T @ ((1 - later @ later) * g))(hidden_weight, states, gradient)


@wrong("backward_through_time", "wrong numbers", "tanh again")
def takes_tanh_of_tanh(hidden_weight, states, gradient):
    return from_the_last_to_the_first(hidden_weight, states.tanh(), gradient)


@wrong("backward_through_time", "wrong numbers", "diagonal")
def multiplies_by_the_diagonal(hidden_weight, states, gradient):
    return carried(lambda U, g, later, _: U.diag() * (1 - later**2) * g)(hidden_weight, states, gradient)


@wrong("backward_through_time", "wrong numbers", "newest first")
def returns_the_newest_first(hidden_weight, states, gradient):
    return from_the_last_to_the_first(hidden_weight, states, gradient).flip(0)


@wrong("backward_through_time", "wrong numbers", "last row")
def multiplies_before_the_last_row(hidden_weight, states, gradient):
    gradients = torch.empty_like(states)
    for t in reversed(range(len(states))):
        gradient = hidden_weight.T @ ((1 - states[t] ** 2) * gradient)
        gradients[t] = gradient
    return gradients


@wrong("backward_through_time", "wrong shape", "one row too many")
def goes_back_to_the_state_before_the_first(hidden_weight, states, gradient):
    rows = [gradient]
    for state in states.flip(0):
        rows.append(hidden_weight.T @ ((1 - state**2) * rows[-1]))
    return torch.stack(rows[::-1])


@wrong("backward_through_time", "wrong shape", "every state")
def returns_the_gradient_by_the_first_alone(hidden_weight, states, gradient):
    return from_the_last_to_the_first(hidden_weight, states, gradient)[0]


@wrong("backward_through_time", "wrong numbers", "running sum")
def adds_up_over_time(hidden_weight, states, gradient):
    return from_the_last_to_the_first(hidden_weight, states, gradient).flip(0).cumsum(0).flip(0)


@wrong("backward_through_time", "wrong numbers", "step back")
def repeats_the_gradient(hidden_weight, states, gradient):
    return gradient.expand_as(states)


@wrong("backward_through_time", "wrong numbers", "step back")
def goes_one_step_back_only(hidden_weight, states, gradient):
    gradients = torch.zeros_like(states)
    gradients[-1] = gradient
    gradients[-2:-1] = hidden_weight.T @ ((1 - states[-1] ** 2) * gradient)
    return gradients


@wrong("backward_through_time", "modified", "in place")
def overwrites_the_gradient(hidden_weight, states, gradient):
    rows = from_the_last_to_the_first(hidden_weight, states, gradient)
    gradient.copy_(hidden_weight.T @ gradient)
    return rows


@wrong("backward_through_time", "not a tensor", "return tensors")
def returns_a_list_of_rows(hidden_weight, states, gradient):
    return list(from_the_last_to_the_first(hidden_weight, states, gradient))


@wrong("backward_through_time", "stopped", "look at the line")
def stacks_nothing(hidden_weight, states, gradient):
    return torch.stack([])


def test_the_way_back_through_a_sequence_is_that_of_a_cell():
    torch.manual_seed(0)
    cell = RNNCell(input_width=2, hidden_width=3).double()
    inputs = torch.randn(1, 6, 2, dtype=torch.float64)
    state, states = cell.initial_state(inputs), []
    for projected in cell.project(inputs).unbind(1):
        state = cell.step(projected, state)
        states.append(state[0][0])
    gradient = torch.randn(3, dtype=torch.float64)
    expected = gradient @ state_jacobians(cell, inputs)[0, :6].flip(0)  # lags 5 … 0
    found = EXERCISES["backward_through_time"].solve(cell.hidden_weight, torch.stack(states), gradient)
    torch.testing.assert_close(found, expected)


# -------------------------------------------------------------------------------------------------- tests


test_a_right_answer_passes, test_a_wrong_answer_fails = judging(RIGHT, WRONG)
