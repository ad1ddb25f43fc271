"""Exercises on measures: right and wrong answers, and agreement with the library."""

import math

import numpy as np
import torch
from torch.nn import functional

from tests.exercise_answers import collectors, judging
from whyattention import metrics
from whyattention.batches import EOS, PAD
from whyattention.exercises import EXERCISES

RIGHT, WRONG, right, wrong = collectors()


# ------------------------------------------------------------------------------------- masked_token_loss


def losses_of(logits, target):
    return -logits.log_softmax(-1).gather(-1, target[..., None])[..., 0]


@right("masked_token_loss")
def with_cross_entropy(logits, target):
    return functional.cross_entropy(logits.transpose(1, 2), target, ignore_index=PAD)


@right("masked_token_loss")
def with_log_softmax_and_an_index(logits, target):
    return losses_of(logits, target)[target != PAD].mean()


@right("masked_token_loss")
def with_a_mask_of_numbers(logits, target):
    real = (target != PAD).float()
    return (losses_of(logits, target) * real).sum() / real.sum()


@right("masked_token_loss")
def with_logsumexp(logits, target):
    of_target = (logits * functional.one_hot(target, logits.size(-1))).sum(-1)
    return (logits.logsumexp(-1) - of_target)[target > 0].mean()


@right("masked_token_loss")
def token_by_token(logits, target):
    losses = []
    for b, t in (target != PAD).nonzero().tolist():
        shifted = logits[b, t] - logits[b, t].max()
        losses.append(shifted.exp().sum().log() - shifted[target[b, t]])
    return torch.stack(losses).mean()


@right("masked_token_loss")
def with_nll_loss(logits, target):
    log_p = torch.log_softmax(logits, dim=2)
    return functional.nll_loss(log_p.flatten(0, 1), target.reshape(-1), ignore_index=0)


@wrong("masked_token_loss", "unwritten")
def is_a_stub(logits, target): ...


@wrong("masked_token_loss", "wrong numbers", "padding counted")
def predicts_padding_too(logits, target):
    return functional.cross_entropy(logits.transpose(1, 2), target)


@wrong("masked_token_loss", "wrong numbers", "padding counted")
def averages_over_all_positions(logits, target):
    return (losses_of(logits, target) * (target != PAD)).mean()


@wrong("masked_token_loss", "wrong numbers", "padding counted")
def sums_over_all_positions(logits, target):
    return losses_of(logits, target).sum() / (target != PAD).sum()


@wrong("masked_token_loss", "wrong numbers", "mean of means")
def averages_each_sentence_first(logits, target):
    real = target != PAD
    return ((losses_of(logits, target) * real).sum(1) / real.sum(1)).mean()


@wrong("masked_token_loss", "wrong numbers", "not divided")
def returns_the_sum(logits, target):
    return functional.cross_entropy(logits.transpose(1, 2), target, ignore_index=PAD, reduction="sum")


@wrong("masked_token_loss", "wrong numbers", "other divisor")
def divides_by_the_batch(logits, target):
    return returns_the_sum(logits, target) / len(target)


@wrong("masked_token_loss", "wrong numbers", "other divisor")
def divides_by_the_steps(logits, target):
    return returns_the_sum(logits, target) / target.size(1)


@wrong("masked_token_loss", "wrong numbers", "no softmax")
def averages_the_logits(logits, target):
    return -logits.gather(2, target[:, :, None])[:, :, 0][target != PAD].mean()


@wrong("masked_token_loss", "wrong numbers", "no softmax")
def takes_logits_for_log_probabilities(logits, target):
    return functional.nll_loss(logits.flatten(0, 1), target.flatten(), ignore_index=PAD)


@wrong("masked_token_loss", "wrong numbers", "no logarithm")
def takes_one_minus_the_probability(logits, target):
    return (1 - torch.exp(-losses_of(logits, target)))[target != PAD].mean()


@wrong("masked_token_loss", "wrong numbers", "no logarithm")
def forgets_the_logarithm(logits, target):
    probabilities = logits.softmax(-1)
    return functional.nll_loss(probabilities.flatten(0, 1), target.flatten(), ignore_index=PAD)


@wrong("masked_token_loss", "wrong numbers", "positive loss")
def forgets_the_minus(logits, target):
    return -with_cross_entropy(logits, target)


@wrong("masked_token_loss", "wrong numbers", "base")
def counts_in_bits(logits, target):
    return with_cross_entropy(logits, target) / math.log(2)


@wrong("masked_token_loss", "wrong numbers", "second softmax")
def applies_softmax_twice(logits, target):
    return with_cross_entropy(logits.softmax(-1), target)


@wrong("masked_token_loss", "wrong numbers", "vocabulary axis")
def takes_the_softmax_over_the_steps(logits, target):
    return -logits.log_softmax(1).gather(2, target[..., None])[..., 0][target != PAD].mean()


@wrong("masked_token_loss", "wrong numbers", "vocabulary axis")
def takes_the_softmax_over_the_batch(logits, target):
    return -logits.log_softmax(0).gather(2, target[..., None])[..., 0][target != PAD].mean()


@wrong("masked_token_loss", "not finite", "end counts")
def leaves_out_the_end(logits, target):
    return losses_of(logits, target)[target > EOS].mean()


@wrong("masked_token_loss", "not finite", "log of zero")
def exponentiates_large_logits(logits, target):
    p = logits.exp() / logits.exp().sum(-1, keepdim=True)
    return -p.gather(-1, target[..., None])[..., 0][target != PAD].log().mean()


@wrong("masked_token_loss", "not finite", "log of zero")
def takes_the_logarithm_of_the_softmax(logits, target):
    p = logits.softmax(-1).gather(-1, target[..., None])[..., 0]
    return -p[target != PAD].log().mean()


@wrong("masked_token_loss", "wrong numbers", "log of zero")
def adds_a_little_before_the_logarithm(logits, target):
    p = logits.softmax(-1).gather(-1, target[..., None])[..., 0]
    return -(p[target != PAD] + 1e-9).log().mean()


@wrong("masked_token_loss", "wrong shape", "one number")
def returns_a_loss_for_each_position(logits, target):
    return losses_of(logits, target)


@wrong("masked_token_loss", "wrong shape", "one number")
def returns_a_loss_for_each_real_token(logits, target):
    return losses_of(logits, target)[target != PAD]


@wrong("masked_token_loss", "wrong shape", "one number")
def returns_a_loss_for_each_sentence(logits, target):
    real = target != PAD
    return (losses_of(logits, target) * real).sum(1) / real.sum(1)


@wrong("masked_token_loss", "wrong numbers", "no token")
def sets_the_logits_of_padding_to_zero(logits, target):
    return losses_of(logits * (target != PAD)[..., None], target).mean()


@wrong("masked_token_loss", "wrong numbers", "mean loss")
def returns_the_loss_of_the_first_token(logits, target):
    return losses_of(logits, target)[0, 0]


@wrong("masked_token_loss", "wrong numbers", "loss")
def returns_a_constant(logits, target):
    return torch.tensor(7.0)


@wrong("masked_token_loss", "not a tensor", "return tensors")
def returns_a_number(logits, target):
    return with_cross_entropy(logits, target).item()


@wrong("masked_token_loss", "wrong dtype", "result dtype")
def computes_in_double(logits, target):
    return with_cross_entropy(logits.double(), target)


@wrong("masked_token_loss", "modified", "in place")
def marks_padding_in_the_target(logits, target):
    target[target == PAD] = -100
    return functional.cross_entropy(logits.transpose(1, 2), target)


@wrong("masked_token_loss", "stopped", "look at the line")
def forgets_to_move_the_vocabulary(logits, target):
    return functional.cross_entropy(logits, target, ignore_index=PAD)


# ---------------------------------------------------------------------------------------- token_accuracy


@right("token_accuracy")
def over_positions_with_either(said, expected):
    position = (said != 0) | (expected != 0)
    return (said == expected)[position].float().mean()


@right("token_accuracy")
def with_sums(said, expected):
    either = torch.maximum(said, expected) > 0
    return ((said == expected) & either).sum() / either.sum()


@right("token_accuracy")
def with_lengths(said, expected):
    longest = torch.maximum((said != PAD).sum(1), (expected != PAD).sum(1))
    mask = torch.arange(said.size(1)) < longest[:, None]
    return (mask * (said == expected)).sum() / longest.sum()


@right("token_accuracy")
def with_the_library(said, expected):
    lists = [[row[row != PAD].tolist() for row in side] for side in (said, expected)]
    return torch.tensor(metrics.token_accuracy(*lists))


@right("token_accuracy")
def with_a_python_loop(said, expected):
    pairs = list(zip(said.flatten().tolist(), expected.flatten().tolist(), strict=True))
    counted = [one == other for one, other in pairs if one or other]
    return torch.tensor(sum(counted) / len(counted))


@wrong("token_accuracy", "unwritten")
def returns_nothing(said, expected):
    (said == expected).float().mean()


@wrong("token_accuracy", "wrong numbers", "padding counted")
def takes_padding_for_right(said, expected):
    return (said == expected).float().mean()


@wrong("token_accuracy", "wrong numbers", "padding counted")
def divides_by_all_positions(said, expected):
    return ((said == expected) & (said != PAD)).float().mean()


@wrong("token_accuracy", "wrong numbers", "either")
def divides_by_the_words_expected(said, expected):
    return (said == expected)[expected != PAD].float().mean()


@wrong("token_accuracy", "wrong numbers", "either")
def divides_by_the_words_said(said, expected):
    return (said == expected)[said != PAD].float().mean()


@wrong("token_accuracy", "wrong numbers", "either")
def compares_only_where_both_have_words(said, expected):
    return (said == expected)[(said != PAD) & (expected != PAD)].float().mean()


@wrong("token_accuracy", "wrong numbers", "mean of means")
def averages_the_accuracies_of_sentences(said, expected):
    either = (said != PAD) | (expected != PAD)
    return (((said == expected) & either).sum(1) / either.sum(1)).mean()


@wrong("token_accuracy", "wrong numbers", "whole sentences")
def counts_whole_sentences(said, expected):
    return (said == expected).all(dim=1).float().mean()


@wrong("token_accuracy", "other dtype", "integer")
def divides_integers(said, expected):
    either = (said != PAD) | (expected != PAD)
    return ((said == expected) & either).sum() // either.sum()


@wrong("token_accuracy", "other dtype", "count")
def counts_the_right_words(said, expected):
    return ((said == expected) & (said != PAD)).sum()


@wrong("token_accuracy", "wrong numbers", "count")
def counts_the_right_words_in_floats(said, expected):
    return ((said == expected) & (said != PAD)).float().sum()


@wrong("token_accuracy", "wrong numbers", "errors")
def returns_the_error_rate(said, expected):
    return 1 - over_positions_with_either(said, expected)


@wrong("token_accuracy", "wrong shape", "one number")
def returns_one_for_each_sentence(said, expected):
    either = (said != PAD) | (expected != PAD)
    return ((said == expected) & either).sum(1) / either.sum(1)


@wrong("token_accuracy", "wrong shape", "share")
def returns_what_is_right(said, expected):
    return said == expected


@wrong("token_accuracy", "other dtype", "result dtype")
def takes_the_mean_in_double(said, expected):
    return over_positions_with_either(said, expected).double()


@wrong("token_accuracy", "wrong numbers", "share")
def returns_percent(said, expected):
    return 100 * over_positions_with_either(said, expected)


@wrong("token_accuracy", "wrong numbers", "share")
def counts_words_in_any_order(said, expected):
    return torch.isin(said, expected[expected != PAD])[said != PAD].float().mean() ** 2


@wrong("token_accuracy", "not a tensor", "return tensors")
def returns_a_python_float(said, expected):
    return over_positions_with_either(said, expected).item()


@wrong("token_accuracy", "modified", "in place")
def marks_the_padding(said, expected):
    said[said == PAD] = -1
    expected[expected == PAD] = -2
    return (said == expected).sum() / ((said > 0) | (expected > 0)).sum()


@wrong("token_accuracy", "stopped", "look at the line")
def averages_truth_values(said, expected):
    return (said == expected).mean()


# ---------------------------------------------------------------------------------------- bits_recovered


@right("bits_recovered")
def with_xlogy(accuracy, alphabet):
    p, wrong = accuracy, 1 - accuracy
    entropy = -(torch.xlogy(p, p) + torch.xlogy(wrong, wrong))
    unknown = entropy + wrong * (alphabet - 1).log()
    return ((alphabet.log() - unknown) / math.log(2)).sum()


@right("bits_recovered")
def with_where(accuracy, alphabet):
    bits = torch.log2(alphabet) * torch.ones_like(accuracy)
    bits = bits + torch.where(accuracy > 0, accuracy * accuracy.log2(), 0)
    wrong = 1 - accuracy
    return (bits + torch.where(wrong > 0, wrong * torch.log2(wrong / (alphabet - 1)), 0)).sum()


@right("bits_recovered")
def with_nan_to_num(accuracy, alphabet):
    gained = (accuracy * accuracy.log2()).nan_to_num()
    lost = ((1 - accuracy) * ((1 - accuracy) / (alphabet - 1)).log2()).nan_to_num()
    return len(accuracy) * alphabet.log2() + gained.sum() + lost.sum()


@right("bits_recovered")
def with_a_little_added(accuracy, alphabet):
    p, q = accuracy, 1 - accuracy
    return (alphabet.log2() + p * (p + 1e-12).log2() + q * ((q + 1e-12) / (alphabet - 1)).log2()).sum()


@right("bits_recovered")
def with_entr(accuracy, alphabet):
    entropy = torch.special.entr(accuracy) + torch.special.entr(1 - accuracy)
    return (math.log2(alphabet) - entropy / math.log(2) - (1 - accuracy) * math.log2(alphabet - 1)).sum()


@right("bits_recovered")
def position_by_position(accuracy, alphabet):
    V, bits = alphabet.item(), 0.0
    for p in accuracy.tolist():
        bits += math.log2(V) + (p * math.log2(p) if p > 0 else 0.0)
        bits += (1 - p) * math.log2((1 - p) / (V - 1)) if p < 1 else 0.0
    return torch.tensor(bits)


@wrong("bits_recovered", "unwritten")
def is_written_later(accuracy, alphabet):
    pass


@wrong("bits_recovered", "wrong numbers", "in proportion")
def takes_a_share_of_the_bits(accuracy, alphabet):
    return accuracy.sum() * alphabet.log2()


@wrong("bits_recovered", "wrong numbers", "in proportion")
def takes_a_share_above_chance(accuracy, alphabet):
    return ((alphabet * accuracy - 1) / (alphabet - 1) * alphabet.log2()).sum()


@wrong("bits_recovered", "wrong numbers", "base two")
def counts_in_nats(accuracy, alphabet):
    return with_xlogy(accuracy, alphabet) * math.log(2)


@wrong("bits_recovered", "wrong numbers", "wrong symbols")
def knows_two_symbols_only(accuracy, alphabet):
    entropy = -torch.xlogy(accuracy, accuracy) - torch.xlogy(1 - accuracy, 1 - accuracy)
    return (alphabet.log2() - entropy / math.log(2)).sum()


@wrong("bits_recovered", "wrong numbers", "wrong symbols")
def counts_the_right_symbol_among_the_wrong(accuracy, alphabet):
    q = 1 - accuracy
    doubt = torch.xlogy(accuracy, accuracy) + torch.xlogy(q, q / alphabet)
    return (alphabet.log2() + doubt / math.log(2)).sum()


@wrong("bits_recovered", "wrong numbers", "mean of bits")
def takes_the_mean(accuracy, alphabet):
    return with_xlogy(accuracy, alphabet) / len(accuracy)


@wrong("bits_recovered", "wrong numbers", "mean accuracy")
def averages_the_accuracy_first(accuracy, alphabet):
    return len(accuracy) * with_xlogy(accuracy.mean()[None], alphabet)


@wrong("bits_recovered", "wrong numbers", "mean accuracy")
def averages_the_accuracy_and_forgets_the_length(accuracy, alphabet):
    return with_xlogy(accuracy.mean()[None], alphabet)


@wrong("bits_recovered", "not finite", "zero log zero")
def multiplies_zero_by_infinity(accuracy, alphabet):
    p, q = accuracy, 1 - accuracy
    return (alphabet.log2() + p * p.log2() + q * (q / (alphabet - 1)).log2()).sum()


@wrong("bits_recovered", "wrong numbers", "zero log zero")
def sets_what_is_not_a_number_to_zero(accuracy, alphabet):
    p, q = accuracy, 1 - accuracy
    return (alphabet.log2() + p * p.log2() + q * (q / (alphabet - 1)).log2()).nan_to_num().sum()


@wrong("bits_recovered", "wrong numbers", "entropy sign")
def adds_the_entropy(accuracy, alphabet):
    return 2 * len(accuracy) * alphabet.log2() - with_xlogy(accuracy, alphabet)


@wrong("bits_recovered", "wrong numbers", "doubt")
def returns_what_is_in_doubt(accuracy, alphabet):
    return len(accuracy) * alphabet.log2() - with_xlogy(accuracy, alphabet)


@wrong("bits_recovered", "wrong numbers", "bits sent")
def returns_what_was_sent(accuracy, alphabet):
    return len(accuracy) * alphabet.log2()


@wrong("bits_recovered", "wrong numbers", "at chance")
def sets_guessing_to_one_bit(accuracy, alphabet):
    bits = with_xlogy(accuracy, alphabet)
    return bits.clamp(min=1.0) if alphabet == 4 else bits


@wrong("bits_recovered", "wrong numbers", "bits")
def returns_the_accuracy(accuracy, alphabet):
    return accuracy.sum()


@wrong("bits_recovered", "wrong shape", "add up")
def returns_the_bits_of_each_position(accuracy, alphabet):
    return torch.stack([with_xlogy(p[None], alphabet) for p in accuracy])


@wrong("bits_recovered", "other dtype", "result dtype")
def returns_whole_bits(accuracy, alphabet):
    return with_xlogy(accuracy, alphabet).long()


@wrong("bits_recovered", "not a tensor", "return tensors")
def returns_a_number_of_numpy(accuracy, alphabet):
    return np.float32(with_xlogy(accuracy, alphabet))


@wrong("bits_recovered", "modified", "in place")
def keeps_away_from_one(accuracy, alphabet):
    return with_xlogy(accuracy.clamp_(max=1 - 1e-7), alphabet)


@wrong("bits_recovered", "stopped", "look at the line")
def takes_a_logarithm_of_several(accuracy, alphabet):
    return math.log2(accuracy.repeat(2)) + alphabet


def test_bits_are_none_at_chance_and_all_where_every_symbol_is_right():
    solve = EXERCISES["bits_recovered"].solve
    for V in (2, 4, 26):
        alphabet = torch.tensor(V)
        chance = solve(torch.full((3,), metrics.chance_rate(V)), alphabet)
        torch.testing.assert_close(chance.item(), 0.0, atol=1e-5, rtol=0)
        sent = metrics.bits_needed(length=3, alphabet=V)
        torch.testing.assert_close(solve(torch.ones(3), alphabet).item(), sent)


def test_bits_are_the_information_of_a_channel_with_even_errors():
    # I(X; Y) of V uniform symbols, of which each arrives as it was or as any other.
    V, p = 5, 0.7
    channel = torch.full((V, V), (1 - p) / (V - 1)).fill_diagonal_(p)
    information = (channel / V * (channel * V).log2()).sum()
    bits = EXERCISES["bits_recovered"].solve(torch.tensor([p]), torch.tensor(V))
    torch.testing.assert_close(bits, information)


# -------------------------------------------------------------------------------------------------- tests


test_a_right_answer_passes, test_a_wrong_answer_fails = judging(RIGHT, WRONG)
