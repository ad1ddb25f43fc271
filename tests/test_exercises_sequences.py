"""Exercises on padded sequences: right and wrong answers, and agreement with the library."""

import numpy as np
import torch

from tests.exercise_answers import collectors, judging
from whyattention.batches import BOS, EOS, PAD, make_batch, reverse_sources
from whyattention.exercises import EXERCISES

RIGHT, WRONG, right, wrong = collectors()


# ---------------------------------------------------------------------------------------- decoder_inputs


@right("decoder_inputs")
def by_concatenation(target):
    words = target[:, :-1]
    begin = torch.full_like(target[:, :1], BOS)
    return torch.cat([begin, words.masked_fill(words == EOS, PAD)], dim=1)


@right("decoder_inputs")
def by_rolling(target):
    inputs = target.roll(1, dims=1)
    inputs[:, 0] = BOS
    return inputs * (target != PAD)


@right("decoder_inputs")
def into_a_tensor_of_padding(target):
    inputs = torch.zeros_like(target)
    inputs[:, 0] = BOS
    inputs[:, 1:] = torch.where(target[:, 1:] == PAD, PAD, target[:, :-1])
    return inputs


@right("decoder_inputs")
def by_lists(target):
    rows = [[BOS, *row[: row.index(EOS)]] for row in target.tolist()]
    return torch.tensor([row + [PAD] * (target.size(1) - len(row)) for row in rows])


@right("decoder_inputs")
def by_gathering(target):
    steps = torch.arange(target.size(1)).expand_as(target)
    before = target.gather(1, (steps - 1).clamp(min=0))
    return torch.where(steps == 0, BOS, before).where(target.ne(PAD), torch.tensor(PAD))


@wrong("decoder_inputs", "unwritten")
def returns_nothing(target): ...


@wrong("decoder_inputs", "wrong numbers", "reads the answer")
def returns_the_target(target):
    return target.clone()


@wrong("decoder_inputs", "wrong numbers", "reads the answer")
def replaces_the_first_word(target):
    inputs = target.clone()
    inputs[:, 0] = BOS
    return inputs


@wrong("decoder_inputs", "wrong numbers", "wrong way")
def drops_the_first_word(target):
    return torch.cat([target[:, 1:], torch.full_like(target[:, :1], PAD)], dim=1)


@wrong("decoder_inputs", "wrong numbers", "wrong way")
def rolls_to_the_left(target):
    return target.roll(-1, dims=1)


@wrong("decoder_inputs", "wrong shape", "wrong way")
def cuts_off_the_first_word(target):
    return target[:, 1:]


@wrong("decoder_inputs", "wrong numbers", "begin")
def rolls_without_a_beginning(target):
    return target.roll(1, dims=1)


@wrong("decoder_inputs", "wrong shape", "begin")
def cuts_off_the_last_token(target):
    return target[:, :-1]


@wrong("decoder_inputs", "wrong numbers", "begin")
def begins_with_padding(target):
    return torch.nn.functional.pad(target[:, :-1], (1, 0), value=PAD)


@wrong("decoder_inputs", "wrong numbers", "begin")
def begins_with_the_end(target):
    inputs = by_rolling(target)
    inputs[:, 0] = EOS
    return inputs


@wrong("decoder_inputs", "wrong numbers", "end unread")
def reads_the_end(target):
    return torch.nn.functional.pad(target[:, :-1], (1, 0), value=BOS)


@wrong("decoder_inputs", "wrong shape", "one step longer")
def leaves_the_end_in(target):
    return torch.cat([torch.full_like(target[:, :1], BOS), target], dim=1)


@wrong("decoder_inputs", "wrong shape", "one step longer")
def pads_in_place_of_the_end(target):
    words = torch.where(target == EOS, PAD, target)
    return torch.cat([torch.full_like(target[:, :1], BOS), words], dim=1)


@wrong("decoder_inputs", "wrong dtype", "float tokens")
def begins_with_a_float(target):
    words = target[:, :-1]
    return torch.cat([torch.ones(len(target), 1), words * (words != EOS)], dim=1)


@wrong("decoder_inputs", "wrong dtype", "float tokens")
def fills_a_tensor_of_floats_and_reads_the_end(target):
    inputs = torch.zeros(target.shape)
    inputs[:, 0] = BOS
    inputs[:, 1:] = target[:, :-1]
    return inputs


@wrong("decoder_inputs", "wrong dtype", "result dtype")
def returns_short_integers(target):
    return by_concatenation(target).int()


@wrong("decoder_inputs", "wrong numbers", "shift")
def reads_nothing_but_the_beginning(target):
    return torch.full_like(target, BOS)


@wrong("decoder_inputs", "wrong numbers", "end unread")
def reads_the_beginning_again_behind_the_end(target):
    return by_concatenation(target).masked_fill(target == PAD, BOS)


@wrong("decoder_inputs", "modified", "in place")
def writes_the_beginning_into_the_target(target):
    inputs = by_concatenation(target)
    target[:, 0] = BOS
    return inputs


@wrong("decoder_inputs", "not a tensor", "return tensors")
def returns_lists(target):
    return by_concatenation(target).tolist()


@wrong("decoder_inputs", "stopped", "look at the line")
def puts_a_number_beside_a_tensor(target):
    return torch.cat([BOS, target[:, :-1]], dim=1)


def test_the_decoder_inputs_are_those_of_a_batch():
    batch = make_batch([[5]] * 3, [[6, 4, 9], [7], []])
    assert torch.equal(EXERCISES["decoder_inputs"].solve(batch.target), batch.target_inputs)
    assert torch.equal(by_concatenation(batch.target), batch.target_inputs)


# --------------------------------------------------------------------------------------- context_vectors


@right("context_vectors")
def by_pairs_of_indices(states, lengths):
    return states[torch.arange(len(states)), lengths - 1]


@right("context_vectors")
def with_an_expanded_gather(states, lengths):
    index = (lengths - 1).view(-1, 1, 1).expand(-1, 1, states.size(2))
    return states.gather(1, index).squeeze(1)


@right("context_vectors")
def sentence_by_sentence(states, lengths):
    return torch.stack([rows[length - 1] for rows, length in zip(states, lengths, strict=True)])


@right("context_vectors")
def with_a_mask_of_one_step(states, lengths):
    last = torch.arange(states.size(1)) == lengths[:, None] - 1
    return (states * last[..., None]).sum(1)


@right("context_vectors")
def with_a_boolean_index(states, lengths):
    return states[torch.nn.functional.one_hot(lengths - 1, states.size(1)).bool()]


@wrong("context_vectors", "unwritten")
def is_a_stub(states, lengths):
    """Return the context vectors."""


@wrong("context_vectors", "wrong numbers", "last step")
def takes_the_last_step(states, lengths):
    return states[:, -1]


@wrong("context_vectors", "wrong numbers", "next step")
def takes_the_step_behind(states, lengths):
    return states[torch.arange(len(states)), lengths]


@wrong("context_vectors", "wrong numbers", "next step")
def takes_the_last_word_but_one(states, lengths):
    return states[torch.arange(len(states)), lengths - 2]


@wrong("context_vectors", "wrong numbers", "first state")
def takes_the_first_state(states, lengths):
    return states[:, 0]


@wrong("context_vectors", "wrong numbers", "mixed states")
def takes_the_mean_of_real_words(states, lengths):
    mask = torch.arange(states.size(1)) < lengths[:, None]
    return (states * mask[..., None]).sum(1) / lengths[:, None]


@wrong("context_vectors", "wrong numbers", "mixed states")
def takes_the_mean_of_all(states, lengths):
    return states.mean(dim=1)


@wrong("context_vectors", "wrong numbers", "mixed states")
def sums_the_states(states, lengths):
    return states.sum(dim=1)


@wrong("context_vectors", "wrong numbers", "mixed states")
def sums_the_real_states(states, lengths):
    return takes_the_mean_of_real_words(states, lengths) * lengths[:, None]


@wrong("context_vectors", "wrong numbers", "mixed states")
def takes_the_largest_numbers(states, lengths):
    return states.max(dim=1).values


@wrong("context_vectors", "wrong numbers", "each length")
def takes_the_first_length_for_all(states, lengths):
    return states[:, lengths[0] - 1]


@wrong("context_vectors", "wrong numbers", "each length")
def takes_the_longest_length_for_all(states, lengths):
    return states[:, lengths.max() - 1]


@wrong("context_vectors", "wrong shape", "pairs")
def takes_all_lengths_from_each(states, lengths):
    return states[:, lengths - 1]


@wrong("context_vectors", "wrong shape", "gathered")
def gathers_one_number_only(states, lengths):
    return states.gather(1, (lengths - 1)[:, None, None]).squeeze(1)


@wrong("context_vectors", "wrong shape", "extra axis")
def keeps_the_axis_of_steps(states, lengths):
    return by_pairs_of_indices(states, lengths)[:, None]


@wrong("context_vectors", "wrong shape", "extra axis")
def squeezes_everything(states, lengths):
    return by_pairs_of_indices(states, lengths).squeeze()


@wrong("context_vectors", "wrong shape", "last word")
def returns_all_states(states, lengths):
    return states


@wrong("context_vectors", "wrong dtype", "result dtype")
def returns_doubles(states, lengths):
    return by_pairs_of_indices(states.double(), lengths)


@wrong("context_vectors", "not a tensor", "return tensors")
def returns_an_array(states, lengths):
    return np.asarray(by_pairs_of_indices(states, lengths))


@wrong("context_vectors", "stopped", "look at the line")
def stops_at_a_slice(states, lengths):
    return states[:, : lengths - 1, 0.5]


@wrong("context_vectors", "modified", "in place")
def counts_the_lengths_down(states, lengths):
    lengths -= 1
    return states[torch.arange(len(states)), lengths]


# --------------------------------------------------------------------------------------- reverse_sources


@right("reverse_sources")
def with_mirrored_steps(source, lengths):
    steps = torch.arange(source.size(1))
    mirrored = lengths[:, None] - 1 - steps
    return source.gather(1, torch.where(mirrored < 0, steps, mirrored))


@right("reverse_sources")
def row_by_row(source, lengths):
    turned = source.clone()
    for b, length in enumerate(lengths):
        turned[b, :length] = source[b, :length].flip(0)
    return turned


@right("reverse_sources")
def with_indices_that_wrap_around(source, lengths):
    index = lengths[:, None] - 1 - torch.arange(source.size(1))
    return source[torch.arange(len(source))[:, None], index]


@right("reverse_sources")
def with_a_flip_and_a_roll_for_each(source, lengths):
    rows = zip(source.flip(1), lengths.tolist(), strict=True)
    return torch.stack([row.roll(length - source.size(1)) for row, length in rows])


@right("reverse_sources")
def with_python_lists(source, lengths):
    rows = [row[:n][::-1] + row[n:] for row, n in zip(source.tolist(), lengths.tolist(), strict=True)]
    return torch.tensor(rows)


@wrong("reverse_sources", "unwritten")
def turns_and_forgets_to_return(source, lengths):
    source.flip(1)


@wrong("reverse_sources", "wrong numbers", "nothing done")
def does_nothing(source, lengths):
    return source


@wrong("reverse_sources", "wrong numbers", "padding first")
def flips_whole_rows(source, lengths):
    return source.flip(1)


@wrong("reverse_sources", "wrong numbers", "padding first")
def turns_one_step_too_many(source, lengths):
    return row_by_row(source, lengths + 1)


@wrong("reverse_sources", "wrong numbers", "sentence order")
def flips_the_batch(source, lengths):
    return source.flip(0)


@wrong("reverse_sources", "wrong numbers", "sentence order")
def flips_both_axes(source, lengths):
    return source.flip([0, 1])


@wrong("reverse_sources", "wrong numbers", "each length")
def turns_all_within_the_first_length(source, lengths):
    return torch.cat([source[:, : lengths[0]].flip(1), source[:, lengths[0] :]], dim=1)


@wrong("reverse_sources", "wrong numbers", "each length")
def turns_all_within_the_longest_length(source, lengths):
    longest = lengths.max()
    return torch.cat([source[:, :longest].flip(1), source[:, longest:]], dim=1)


@wrong("reverse_sources", "wrong numbers", "last word left")
def leaves_the_last_word_in_its_place(source, lengths):
    return row_by_row(source, lengths - 1)


@wrong("reverse_sources", "wrong numbers", "last word left")
def loses_the_last_word(source, lengths):
    turned = torch.zeros_like(source)
    for b, length in enumerate(lengths - 1):
        turned[b, :length] = source[b, :length].flip(0)
    return turned


@wrong("reverse_sources", "wrong numbers", "not padding")
def pads_with_the_first_word(source, lengths):
    return source.gather(1, (lengths[:, None] - 1 - torch.arange(source.size(1))).clamp(min=0))


@wrong("reverse_sources", "wrong shape", "backward")
def cuts_rows_to_the_shortest(source, lengths):
    return source.flip(1)[:, : lengths.min() - 1]


@wrong("reverse_sources", "wrong numbers", "backward")
def repeats_the_first_word(source, lengths):
    return source[:, :1].expand_as(source)


@wrong("reverse_sources", "wrong dtype", "result dtype")
def returns_floats(source, lengths):
    return row_by_row(source, lengths).float()


@wrong("reverse_sources", "modified", "in place")
def turns_its_argument(source, lengths):
    for b, length in enumerate(lengths):
        source[b, :length] = source[b, :length].flip(0)
    return source


@wrong("reverse_sources", "stopped", "look at the line")
def steps_backward_as_in_a_list(source, lengths):
    return source[:, ::-1]


@wrong("reverse_sources", "stopped", "signature")
def takes_the_source_alone(source):
    return source.flip(1)


def test_sources_turn_as_those_of_a_batch_do():
    batch = make_batch([[5, 6, 7], [8], [9, 4]], [[4]] * 3)
    turned = reverse_sources(batch).source
    assert torch.equal(EXERCISES["reverse_sources"].solve(batch.source, batch.source_lengths), turned)
    assert torch.equal(row_by_row(batch.source, batch.source_lengths), turned)


# -------------------------------------------------------------------------------------------------- tests


test_a_right_answer_passes, test_a_wrong_answer_fails = judging(RIGHT, WRONG)
