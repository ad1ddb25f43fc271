"""``check`` passes every right answer, fails every wrong one, and says what is wrong with it."""

import math
import re
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.exercise_answers import collectors, examine_drawn, judging, require_right, unwrapped
from whyattention import exercises
from whyattention.attention import attend
from whyattention.exercises import EXERCISES, MESSAGES, check, examine

RIGHT, WRONG, right, wrong = collectors()


# ---------------------------------------------------------------------------------------- masked_softmax


@right("masked_softmax")
def in_one_line(scores, mask):
    return torch.softmax(scores.masked_fill(~mask, -math.inf), dim=-1)


@right("masked_softmax")
def step_by_step(scores, mask):
    scores = torch.where(mask, scores, torch.tensor(-torch.inf))
    exponentials = torch.exp(scores - scores.max())
    return exponentials / exponentials.sum()


@right("masked_softmax")
def only_what_is_kept(scores, mask):
    weights = torch.zeros_like(scores)
    weights[mask] = torch.softmax(scores[mask], 0)
    return weights


@right("masked_softmax")
def by_a_python_loop(scores, mask):
    largest = max(score.item() for score, kept in zip(scores, mask, strict=True) if kept)
    parts = [math.exp(s.item() - largest) if kept else 0.0 for s, kept in zip(scores, mask, strict=True)]
    return torch.tensor([part / sum(parts) for part in parts])


@right("masked_softmax")
def by_adding_the_logarithm_of_the_mask(scores, mask):
    return (scores + mask.float().log()).softmax(0)


@right("masked_softmax")
def through_log_softmax(scores, mask):
    return scores.clone().requires_grad_().masked_fill(~mask, -torch.inf).log_softmax(0).exp()


@right("masked_softmax")
def with_the_lowest_number_there_is(scores, mask):
    return scores.masked_fill(~mask, torch.finfo(scores.dtype).min).softmax(0)


@wrong("masked_softmax", "unwritten")
def returns_nothing(scores, mask): ...


@wrong("masked_softmax", "unwritten")
def returns_an_ellipsis(scores, mask):
    return ...


@wrong("masked_softmax", "unwritten")
def is_not_implemented(scores, mask):
    raise NotImplementedError


@wrong("masked_softmax", "wrong numbers", "dividing by the sum")
def divides_by_the_sum(scores, mask):
    scores = scores * mask
    return scores / scores.sum()


@wrong("masked_softmax", "wrong numbers", "dividing by the sum")
def divides_by_the_sum_without_a_mask(scores, mask):
    return scores / scores.sum()


@wrong("masked_softmax", "wrong numbers", "ignored mask")
def ignores_the_mask(scores, mask):
    return scores.softmax(-1)


@wrong("masked_softmax", "wrong numbers", "masked after")
def masks_after_the_softmax(scores, mask):
    return scores.softmax(-1) * mask


@wrong("masked_softmax", "wrong numbers", "zero fill")
def fills_with_zero(scores, mask):
    return (scores * mask).softmax(-1)


@wrong("masked_softmax", "wrong numbers", "zero fill")
def fills_with_zero_and_masks_again(scores, mask):
    return scores.masked_fill(~mask, 0).softmax(-1).masked_fill(~mask, 0)


@wrong("masked_softmax", "wrong numbers", "inverted mask")
def turns_the_mask_upside_down(scores, mask):
    return scores.masked_fill(mask, -torch.inf).softmax(-1)


@wrong("masked_softmax", "wrong numbers", "not normalized")
def forgets_to_divide(scores, mask):
    return scores.exp() * mask


@wrong("masked_softmax", "wrong numbers", "hard")
def gives_all_to_the_largest(scores, mask):
    largest = scores.masked_fill(~mask, -torch.inf).argmax()
    return torch.nn.functional.one_hot(largest, len(scores)).float()


@wrong("masked_softmax", "not finite", "zero times infinity")
def multiplies_by_infinity(scores, mask):
    return (scores + (~mask).float() * -torch.inf).softmax(-1)


@wrong("masked_softmax", "not finite", "overflow")
def does_not_subtract_the_largest(scores, mask):
    exponentials = scores.exp() * mask
    return exponentials / exponentials.sum()


@wrong("masked_softmax", "not finite", "underflow")
def subtracts_only_positive_scores(scores, mask):
    exponentials = (scores - scores.max().clamp(min=0)).exp() * mask
    return exponentials / exponentials.sum()


@wrong("masked_softmax", "not finite", "masked maximum")
def subtracts_a_masked_maximum(scores, mask):
    exponentials = (scores - scores.max()).exp() * mask
    return exponentials / exponentials.sum()


@wrong("masked_softmax", "wrong numbers", "fill")
def fills_with_minus_ten_thousand(scores, mask):
    return scores.masked_fill(~mask, -1e4).softmax(-1)


@wrong("masked_softmax", "wrong numbers", "fill")
def fills_with_minus_a_billion(scores, mask):
    return scores.masked_fill(~mask, -1e9).softmax(-1)


@wrong("masked_softmax", "not zero", "exact zero")
def fills_with_minus_ninety(scores, mask):
    return scores.masked_fill(~mask, -90).softmax(-1)


@wrong("masked_softmax", "modified", "in place")
def writes_into_the_scores(scores, mask):
    scores[~mask] = -torch.inf
    return scores.softmax(-1)


@wrong("masked_softmax", "modified", "in place")
def writes_into_the_mask(scores, mask):
    weights = scores.masked_fill(~mask, -torch.inf).softmax(-1)
    mask.logical_not_()
    return weights


@wrong("masked_softmax", "not a tensor", "return tensors")
def returns_a_numpy_array(scores, mask):
    return in_one_line(scores, mask).numpy()


@wrong("masked_softmax", "not a tensor", "return tensors")
def returns_a_list(scores, mask):
    return in_one_line(scores, mask).tolist()


@wrong("masked_softmax", "wrong dtype", "result dtype")
def returns_float64(scores, mask):
    return in_one_line(scores.double(), mask)


@wrong("masked_softmax", "wrong shape", "extra axis")
def keeps_an_axis(scores, mask):
    return in_one_line(scores, mask)[None]


@wrong("masked_softmax", "wrong shape", "mask")
def returns_the_sum(scores, mask):
    return in_one_line(scores, mask).sum()


@wrong("masked_softmax", "wrong shape", "mask")
def leaves_out_what_is_masked(scores, mask):
    return scores[mask].softmax(-1)


@wrong("masked_softmax", "wrong numbers", "mask")
def returns_a_constant(scores, mask):
    return torch.full_like(scores, 1 / len(scores))


@wrong("masked_softmax", "wrong numbers")
def has_learned_an_example_by_heart(scores, mask):
    return torch.tensor([0.1, 0.05, 0.05, 0.8])[: len(scores)]


@wrong("masked_softmax", "wrong numbers", "softmax")
def is_right_only_where_one_key_is_left(scores, mask):
    return mask / mask.sum()


@wrong("masked_softmax", "stopped", "signature")
def takes_one_argument(scores):
    return scores.softmax(-1)


@wrong("masked_softmax", "stopped", "look at the line")
def has_a_bug_in_the_third_line(scores, mask):
    scores = scores.masked_fill(~mask, -torch.inf)
    largest = scores.max()
    return torch.softmax(scores - largest, dim=7)


@wrong("masked_softmax", "stopped", "look at the line")
def names_what_does_not_exist(scores, mask):
    return softmax(scores)


# -------------------------------------------------------------------------------------------- soft_lookup


def padding(states, lengths):
    return torch.arange(states.size(1))[None] >= lengths[:, None]


def scores_of(query, states):
    return torch.einsum("bh,bsh->bs", query, states)


def sum_by(weights, states):
    return torch.einsum("bs,bsh->bh", weights, states), weights


@right("soft_lookup")
def with_bmm(query, states, lengths):
    scores = torch.bmm(states, query.unsqueeze(2)).squeeze(2)
    weights = scores.masked_fill(padding(states, lengths), -torch.inf).softmax(1)
    return torch.bmm(weights.unsqueeze(1), states).squeeze(1), weights


@right("soft_lookup")
def with_broadcasting(query, states, lengths):
    scores = (query[:, None, :] * states).sum(-1)
    weights = torch.softmax(scores + padding(states, lengths).float().neg().add(1).log(), dim=-1)
    return [(weights[..., None] * states).sum(1), weights]


@right("soft_lookup")
def sentence_by_sentence(query, states, lengths):
    values, weights = [], torch.zeros(states.shape[:2])
    for b, length in enumerate(lengths.tolist()):
        weights[b, :length] = torch.softmax(states[b, :length] @ query[b], 0)
        values.append(weights[b] @ states[b])
    return torch.stack(values), weights


@right("soft_lookup")
def with_the_library(query, states, lengths):
    mask = ~padding(states, lengths)
    value, weights = attend(query[:, None], states, mask=mask[:, None])
    return value[:, 0], weights[:, 0]


@wrong("soft_lookup", "wrong numbers", "ignored mask")
def ignores_the_lengths(query, states, lengths):
    return sum_by(scores_of(query, states).softmax(1), states)


@wrong("soft_lookup", "wrong numbers", "zero fill")
def multiplies_padding_by_zero(query, states, lengths):
    scores = scores_of(query, states) * ~padding(states, lengths)
    return sum_by(scores.softmax(1), states)


@wrong("soft_lookup", "wrong numbers", "zero fill")
def zeroes_the_padding_states(query, states, lengths):
    states = states * ~padding(states, lengths)[..., None]
    return sum_by(scores_of(query, states).softmax(1), states)


@wrong("soft_lookup", "wrong numbers", "masked after")
def masks_the_weights(query, states, lengths):
    return sum_by(scores_of(query, states).softmax(1) * ~padding(states, lengths), states)


@wrong("soft_lookup", "wrong numbers", "inverted mask")
def attends_only_to_padding(query, states, lengths):
    return sum_by(
        scores_of(query, states).masked_fill(~padding(states, lengths), -torch.inf).softmax(1), states
    )


@wrong("soft_lookup", "wrong numbers", "one too many")
def attends_one_step_too_many(query, states, lengths):
    return with_bmm(query, states, (lengths + 1).clamp(max=states.size(1)))


@wrong("soft_lookup", "wrong numbers", "one too few")
def attends_one_step_too_few(query, states, lengths):
    return with_bmm(query, states, lengths - 1)


@wrong("soft_lookup", "wrong numbers", "scaled")
def divides_by_the_root_of_the_width(query, states, lengths):
    return with_bmm(query / math.sqrt(query.size(1)), states, lengths)


@wrong("soft_lookup", "wrong numbers", "each length")
def takes_the_first_length_for_all(query, states, lengths):
    return with_bmm(query, states, lengths[:1].expand_as(lengths))


@wrong("soft_lookup", "wrong numbers", "each length")
def takes_the_longest_length_for_all(query, states, lengths):
    return with_bmm(query, states, lengths.max().expand_as(lengths))


@wrong("soft_lookup", "not finite", "wrong axis")
def normalizes_over_the_batch(query, states, lengths):
    return sum_by(
        scores_of(query, states).masked_fill(padding(states, lengths), -torch.inf).softmax(0), states
    )


@wrong("soft_lookup", "wrong numbers", "wrong axis")
def normalizes_over_the_batch_without_a_mask(query, states, lengths):
    return sum_by(scores_of(query, states).softmax(0), states)


@wrong("soft_lookup", "wrong numbers", "dividing by the sum")
def divides_scores_by_their_sum(query, states, lengths):
    scores = scores_of(query, states) * ~padding(states, lengths)
    return sum_by(scores / scores.sum(1, keepdim=True), states)


@wrong("soft_lookup", "wrong numbers", "hard")
def looks_up_the_best_match_alone(query, states, lengths):
    best = scores_of(query, states).masked_fill(padding(states, lengths), -torch.inf).argmax(1)
    return sum_by(torch.nn.functional.one_hot(best, states.size(1)).float(), states)


@wrong("soft_lookup", "wrong numbers", "uniform")
def takes_the_mean_of_the_states(query, states, lengths):
    return sum_by((~padding(states, lengths)) / lengths[:, None], states)


@wrong("soft_lookup", "wrong numbers", "unmasked value")
def sums_with_unmasked_weights(query, states, lengths):
    return ignores_the_lengths(query, states, lengths)[0], with_bmm(query, states, lengths)[1]


@wrong("soft_lookup", "wrong numbers", "unweighted value")
def sums_without_weights(query, states, lengths):
    return states.sum(1), with_bmm(query, states, lengths)[1]


@wrong("soft_lookup", "not finite", "overflow")
def overflows(query, states, lengths):
    exponentials = scores_of(query, states).exp() * ~padding(states, lengths)
    return sum_by(exponentials / exponentials.sum(1, keepdim=True), states)


@wrong("soft_lookup", "not finite", "masked maximum")
def subtracts_the_maximum_of_padding(query, states, lengths):
    scores = scores_of(query, states)
    exponentials = (scores - scores.amax(1, keepdim=True)).exp() * ~padding(states, lengths)
    return sum_by(exponentials / exponentials.sum(1, keepdim=True), states)


@wrong("soft_lookup", "wrong numbers", "fill")
def fills_padding_with_minus_a_billion(query, states, lengths):
    return sum_by(scores_of(query, states).masked_fill(padding(states, lengths), -1e9).softmax(1), states)


@wrong("soft_lookup", "wrong shape", "swapped")
def returns_weights_first(query, states, lengths):
    return with_bmm(query, states, lengths)[::-1]


@wrong("soft_lookup", "wrong shape", "extra axis")
def forgets_to_squeeze(query, states, lengths):
    value, weights = with_bmm(query, states, lengths)
    return value[:, None], weights


@wrong("soft_lookup", "wrong shape", "extra axis")
def squeezes_everything(query, states, lengths):
    value, weights = with_bmm(query, states, lengths)
    return value.squeeze(), weights.squeeze()


@wrong("soft_lookup", "wrong shape", "mask")
def sums_over_the_wrong_axis(query, states, lengths):
    _, weights = with_bmm(query, states, lengths)
    return (weights[..., None] * states).sum(2), weights


@wrong("soft_lookup", "not parts", "mask")
def returns_the_value_alone(query, states, lengths):
    return with_bmm(query, states, lengths)[0]


@wrong("soft_lookup", "not a tensor", "return tensors")
def returns_numpy_weights(query, states, lengths):
    value, weights = with_bmm(query, states, lengths)
    return value, np.asarray(weights)


@wrong("soft_lookup", "unwritten")
def is_a_stub(query, states, lengths):
    """Return the value and the weights."""


@wrong("soft_lookup", "modified", "in place")
def overwrites_padding(query, states, lengths):
    result = with_bmm(query, states, lengths)
    states[padding(states, lengths)] = 0
    return result


@wrong("soft_lookup", "stopped", "look at the line")
def multiplies_shapes_that_do_not_fit(query, states, lengths):
    return query @ states, lengths


# ------------------------------------------------------------------------------------- scores_for_weights


@right("scores_for_weights")
def logarithm(weights):
    return weights.log()


@right("scores_for_weights")
def shifted_logarithm(weights):
    return torch.log(weights) + 17.5


@right("scores_for_weights")
def ratios_to_the_first(weights):
    return torch.tensor([math.log(weight / weights[0]) for weight in weights])


@wrong("scores_for_weights", "unwritten")
def has_no_return(weights):
    weights.log()


@wrong("scores_for_weights", "wrong numbers", "weights as scores")
def returns_the_weights(weights):
    return weights


@wrong("scores_for_weights", "wrong numbers", "weights as scores")
def applies_softmax_again(weights):
    return weights.softmax(0)


@wrong("scores_for_weights", "wrong numbers", "proportional")
def returns_percentages(weights):
    return 100 * weights


@wrong("scores_for_weights", "wrong numbers", "proportional")
def returns_the_scores_of_the_worked_example(weights):
    return weights * 400


@wrong("scores_for_weights", "wrong numbers", "base")
def takes_base_two(weights):
    return weights.log2()


@wrong("scores_for_weights", "wrong numbers", "base")
def takes_base_ten(weights):
    return weights.log10()


@wrong("scores_for_weights", "wrong numbers", "sign")
def turns_the_sign(weights):
    return -weights.log()


@wrong("scores_for_weights", "wrong numbers", "logit")
def undoes_the_logistic_function(weights):
    return torch.log(weights / (1 - weights))


@wrong("scores_for_weights", "wrong numbers", "inverse")
def exponentiates(weights):
    return weights.exp()


@wrong("scores_for_weights", "wrong shape", "inverse")
def knows_only_the_worked_example(weights):
    return torch.tensor([2.0, 1.0, 1.0, 16.0]).log()


@wrong("scores_for_weights", "wrong numbers", "inverse")
def returns_zeros(weights):
    return torch.zeros_like(weights)


@wrong("scores_for_weights", "not finite", "inverse")
def returns_nan(weights):
    return weights * math.nan


@wrong("scores_for_weights", "not finite", "any score")
def divides_by_the_entropy(weights):
    return weights.log() * (weights * weights.log()).sum() / (weights * weights.log()).sum()


@wrong("scores_for_weights", "stopped", "look at the line")
def is_not_made_for_tensors(weights):
    return math.log(weights)


# -------------------------------------------------------------------------------------------------- tests


test_a_right_answer_passes, test_a_wrong_answer_fails = judging(RIGHT, WRONG)


@pytest.mark.parametrize("name", EXERCISES)
def test_the_mistakes_listed_in_a_specification_are_wrong_answers(name):
    for hint, make in EXERCISES[name].mistakes:
        for seed in range(5):
            right, report = examine_drawn(name, make, seed)
            assert not right, hint
            assert f"hint: {MESSAGES[hint]}" in unwrapped(report), hint


@pytest.mark.parametrize("name", EXERCISES)
def test_a_mistake_runs_on_every_case_and_changes_none(name):
    exercise = EXERCISES[name]
    for _, inputs in exercise.cases(torch.Generator().manual_seed(0)):
        before = {key: value.clone() for key, value in inputs.items()}
        for _, make in exercise.mistakes:
            make(*inputs.values())
        assert all(torch.equal(inputs[key], value) for key, value in before.items())


def test_check_prints_the_report_and_returns_nothing_for_a_notebook_to_show(capsys):
    for answer in (in_one_line, None):
        assert check("masked_softmax", answer) is None
        assert capsys.readouterr().out.splitlines()[0][0] in "✓✗"


def test_no_line_of_a_report_is_wider_than_a_page():
    listed = [(name, make) for name in EXERCISES for _, make in EXERCISES[name].mistakes]
    for seed in range(3):
        for name, answer in listed + [(name, answer) for name, answer, _ in WRONG.values()]:
            lines = examine_drawn(name, answer, seed)[1].splitlines()
            assert all(len(line) <= 76 or " " not in line.strip() for line in lines), lines


@pytest.mark.parametrize("name", EXERCISES)
def test_every_exercise_accepts_its_own_solution(name):
    require_right(name, EXERCISES[name].solve)


def test_inputs_are_drawn_anew_at_each_check():
    seen = []
    for _ in range(2):
        check("masked_softmax", lambda scores, mask: seen.append(scores))
    assert not torch.equal(*seen)


def test_a_check_leaves_the_global_random_numbers_alone():
    torch.manual_seed(0)
    expected = torch.rand(2)
    torch.manual_seed(0)
    check("soft_lookup", with_bmm)
    assert torch.equal(torch.rand(2), expected)


def test_a_failure_shows_input_answer_expectation_and_hint():
    _, report = examine_drawn("masked_softmax", ignores_the_mask, seed=1)
    # A label is indented by two, and what is left of its line by more.
    lines = [" ".join(entry.split()) for entry in re.split(r"\n  (?=\S)", report)]
    assert lines[0] == "✗ masked_softmax: the weights: wrong numbers."
    labels = [line.split(":")[0].strip() for line in lines[1:]]
    assert labels == ["given scores", "given mask", "returned", "expected", "hint"]
    scores, mask = (line.split(":")[1].strip() for line in lines[1:3])
    returned, expected = (eval(line.split(":")[1]) for line in lines[3:5])
    scores = eval(scores)
    assert sorted(mask[1:-1].split(", ")) == ["False", "True"]
    assert expected == [float(word == "True") for word in mask[1:-1].split(", ")]
    total = sum(map(math.exp, scores))
    assert returned == pytest.approx([math.exp(score) / total for score in scores], rel=1e-3)


def test_the_smallest_failing_input_is_shown():
    def right_for_two_keys(scores, mask):
        return in_one_line(scores, mask) if len(scores) == 2 else scores

    _, report = examine_drawn("masked_softmax", right_for_two_keys, seed=0)
    assert "one key" in report.lower()


def test_numbers_that_look_alike_are_shown_with_more_digits():
    def almost_right(scores, mask):
        return in_one_line(scores, mask) * 1.0003

    _, report = examine_drawn("masked_softmax", almost_right, seed=0)
    returned, expected = (line.split(":")[1].strip() for line in report.splitlines()[3:5])
    assert returned != expected


def test_an_exception_is_shown_with_the_line_of_the_learners_own_code():
    _, report = examine("masked_softmax", has_a_bug_in_the_third_line)
    output = unwrapped(report)
    line = has_a_bug_in_the_third_line.__code__.co_firstlineno + 4
    assert f"line {line}:" in output
    assert "return torch.softmax(scores - largest, dim=7)" in output
    assert "IndexError: Dimension out of range" in output


def test_an_exception_in_a_module_of_torch_is_shown_by_the_line_that_called_it():
    layer = torch.nn.Linear(7, 7)

    def calls_a_layer(weights):
        return layer(weights)

    _, report = examine("scores_for_weights", calls_a_layer)
    assert "return layer(weights)" in report


@pytest.mark.parametrize("answer", [None, ...])
def test_no_answer_is_not_written_yet(answer):
    right, report = examine("masked_softmax", answer)
    assert right is False
    assert unwrapped(report) == f"✗ masked_softmax: {MESSAGES['unwritten']}"


def test_a_result_in_place_of_the_function_is_explained():
    right, report = examine("masked_softmax", torch.ones(3))
    assert right is False
    assert "give check the function itself, without calling it; this is torch.Tensor" in unwrapped(report)


@pytest.mark.parametrize("error", [Exception, RecursionError, AssertionError, KeyError, StopIteration])
def test_no_exception_of_an_answer_gets_out(error):
    def raises(*arguments):
        raise error

    for name in EXERCISES:
        right, report = examine(name, raises)
        assert right is False
        assert error.__name__ in report


def test_strange_answers_get_a_message_and_no_exception():
    strange = [
        torch.ones(2).to_sparse(),
        torch.ones(2, dtype=torch.complex64),
        torch.ones(2, dtype=torch.bool),
        torch.ones(2, device="meta"),
        torch.ones(0),
        torch.tensor(1.0),
        "text",
        (),
        {},
        object(),
        (None, None),
        [[1.0], [2.0]],
        float("nan"),
    ]
    for name in EXERCISES:
        for answer in strange:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of sparse tensors, which are in beta
                right, report = examine(name, lambda *inputs, answer=answer: answer)
            assert right is False
            assert report.startswith("✗")


@pytest.mark.parametrize("name", ["softmax", "", None, 7])
def test_an_unknown_name_is_refused_with_the_known_ones(name):
    with pytest.raises(
        (ValueError, TypeError), match=r"name must be one of .*'masked_softmax'|parameter 'name'"
    ):
        check(name, in_one_line)


def test_every_message_is_used():
    # Once in the table, and once more.
    modules = Path(exercises.__file__).parent.glob("*.py")
    source = "".join(path.read_text("utf-8") for path in modules)
    for message in MESSAGES:
        assert source.count(f'"{message}"') + source.count(f"'{message}'") >= 2, message
