"""Exercises on load and lag: right and wrong answers, and agreement with the library."""

import math

import numpy as np
import torch
from torch.nn import functional

from tests.exercise_answers import collectors, examine_drawn, judging
from whyattention.batches import BOS, EOS, PAD
from whyattention.exercises import EXERCISES
from whyattention.tasks import delayed_copy

RIGHT, WRONG, right, wrong = collectors()

# ------------------------------------------------------------------------------------ delayed_copy_batch


def with_end(symbols):
    return torch.cat([symbols, torch.full((len(symbols), 1), EOS)], dim=1)


def both(symbols, delay):
    return torch.cat([symbols, delay], dim=1)


@right("delayed_copy_batch")
def with_cat(symbols, delay):
    return torch.cat([symbols, delay], dim=1), with_end(symbols)


@right("delayed_copy_batch")
def with_pad(symbols, delay):
    return torch.hstack([symbols, delay]), functional.pad(symbols, (0, 1), value=2)


@right("delayed_copy_batch")
def into_empty_tensors(symbols, delay):
    B, K = symbols.shape
    source = torch.empty(B, K + delay.shape[1], dtype=torch.long)
    source[:, :K], source[:, K:] = symbols, delay
    target = symbols.new_full((B, K + 1), EOS)
    target[:, :-1] = symbols
    return source, target


@right("delayed_copy_batch")
def row_by_row(symbols, delay):
    rows = list(zip(symbols.tolist(), delay.tolist(), strict=True))
    return torch.tensor([s + d for s, d in rows]), torch.tensor([[*s, 2] for s, _ in rows])


@right("delayed_copy_batch")
def in_a_list(symbols, delay):
    end = torch.full_like(symbols[:, :1], EOS)
    return [torch.concat((symbols, delay), -1), torch.concat((symbols, end), -1)]


@wrong("delayed_copy_batch", "unwritten")
def is_a_stub(symbols, delay): ...


@wrong("delayed_copy_batch", "wrong numbers", "delay first")
def puts_the_delay_first(symbols, delay):
    return torch.cat([delay, symbols], dim=1), with_end(symbols)


@wrong("delayed_copy_batch", "wrong shape", "no end")
def forgets_the_end(symbols, delay):
    return both(symbols, delay), symbols


@wrong("delayed_copy_batch", "wrong shape", "delay answered")
def says_the_distractors_too(symbols, delay):
    return both(symbols, delay), with_end(both(symbols, delay))


@wrong("delayed_copy_batch", "wrong shape", "delay answered")
def says_the_distractors_alone(symbols, delay):
    return both(symbols, delay), with_end(delay)


@wrong("delayed_copy_batch", "wrong shape", "delay answered")
def takes_the_source_for_the_target(symbols, delay):
    return both(symbols, delay), both(symbols, delay)


@wrong("delayed_copy_batch", "wrong numbers", "end last")
def puts_the_end_first(symbols, delay):
    return both(symbols, delay), functional.pad(symbols, (1, 0), value=EOS)


@wrong("delayed_copy_batch", "wrong numbers", "target begins")
def returns_what_the_decoder_reads(symbols, delay):
    return both(symbols, delay), functional.pad(symbols, (1, 0), value=BOS)


@wrong("delayed_copy_batch", "wrong shape", "target begins")
def begins_the_target(symbols, delay):
    return both(symbols, delay), functional.pad(with_end(symbols), (1, 0), value=BOS)


@wrong("delayed_copy_batch", "wrong shape", "target waits")
def waits_in_the_target(symbols, delay):
    blanks = torch.full_like(both(symbols, delay), PAD)
    return both(symbols, delay), torch.cat([blanks, with_end(symbols)], dim=1)


@wrong("delayed_copy_batch", "wrong numbers", "same order")
def says_them_backward(symbols, delay):
    return both(symbols, delay), with_end(symbols.flip(1))


@wrong("delayed_copy_batch", "wrong shape", "source ends")
def ends_the_source_too(symbols, delay):
    return with_end(both(symbols, delay)), with_end(symbols)


@wrong("delayed_copy_batch", "wrong dtype", "float tokens")
def ends_with_a_float(symbols, delay):
    return both(symbols, delay), torch.cat([symbols, EOS * torch.ones(len(symbols), 1)], dim=1)


@wrong("delayed_copy_batch", "wrong shape", "swapped")
def returns_the_target_first(symbols, delay):
    return with_end(symbols), both(symbols, delay)


@wrong("delayed_copy_batch", "not parts", "delayed copy")
def returns_the_source_alone(symbols, delay):
    return both(symbols, delay)


@wrong("delayed_copy_batch", "wrong shape", "delayed copy")
def stacks_the_symbols_twice(symbols, delay):
    return both(symbols, symbols), with_end(symbols)


@wrong("delayed_copy_batch", "wrong shape", "no delay")
def adds_a_blank_where_there_is_no_delay(symbols, delay):
    if delay.size(1) == 0:
        delay = torch.zeros(len(symbols), 1, dtype=torch.long)
    return both(symbols, delay), with_end(symbols)


@wrong("delayed_copy_batch", "stopped", "look at the line")
def joins_along_the_batch(symbols, delay):
    return torch.cat([symbols, delay], dim=0), with_end(symbols)


@wrong("delayed_copy_batch", "not a tensor", "return tensors")
def returns_lists(symbols, delay):
    return [s + d for s, d in zip(symbols.tolist(), delay.tolist(), strict=True)], with_end(symbols)


@wrong("delayed_copy_batch", "modified", "in place")
def writes_into_the_symbols(symbols, delay):
    answer = with_cat(symbols, delay)
    symbols[:, -1] = EOS
    return answer


def test_the_exercise_builds_the_batches_of_the_library():
    for load, lag in ((1, 0), (1, 7), (4, 3), (6, 0)):
        batch = delayed_copy(5, load, lag, generator=torch.Generator().manual_seed(load))
        parts = batch.source.split((load, lag), dim=1)
        source, target = EXERCISES["delayed_copy_batch"].solve(*parts)
        assert torch.equal(source, batch.source)
        assert torch.equal(target, batch.target)


# ----------------------------------------------------------------------------------------- steps_between


@right("steps_between")
def by_broadcasting(source_words, target_words):
    i = torch.arange(1, source_words + 1)[:, None]
    return source_words - i + torch.arange(1, target_words + 1)


@right("steps_between")
def counting_from_zero(source_words, target_words):
    i, t = torch.arange(source_words), torch.arange(target_words)
    return source_words - i[:, None] + t[None, :]


@right("steps_between")
def with_two_loops(source_words, target_words):
    S, T = source_words.item(), target_words.item()
    return torch.tensor([[(S - i) + t for t in range(1, T + 1)] for i in range(1, S + 1)])


@right("steps_between")
def by_walking(source_words, target_words):
    S, T = int(source_words), int(target_words)
    steps = torch.zeros(S, T, dtype=torch.long)
    for i in range(1, S + 1):
        for t in range(1, T + 1):
            place, count = i, 0
            while place < S + t:  # h_S is at S, s_t at S + t
                place, count = place + 1, count + 1
            steps[i - 1, t - 1] = count
    return steps


@right("steps_between")
def with_a_grid(source_words, target_words):
    i, t = torch.meshgrid(torch.arange(source_words), torch.arange(target_words), indexing="ij")
    return source_words + t - i


@wrong("steps_between", "unwritten")
def is_not_implemented(source_words, target_words):
    raise NotImplementedError


@wrong("steps_between", "wrong numbers", "hand over")
def forgets_the_step_between_the_networks(source_words, target_words):
    return by_broadcasting(source_words, target_words) - 1


@wrong("steps_between", "wrong numbers", "arrows")
def counts_the_states(source_words, target_words):
    return by_broadcasting(source_words, target_words) + 1


@wrong("steps_between", "wrong numbers", "shortcut")
def takes_the_distance_of_positions(source_words, target_words):
    return (torch.arange(source_words)[:, None] - torch.arange(target_words)).abs()


@wrong("steps_between", "wrong numbers", "only the decoder")
def counts_the_decoder_alone(source_words, target_words):
    return torch.arange(1, target_words + 1).repeat(source_words, 1)


@wrong("steps_between", "wrong numbers", "only the encoder")
def counts_the_encoder_alone(source_words, target_words):
    return torch.arange(source_words).flip(0)[:, None].repeat(1, target_words)


@wrong("steps_between", "wrong numbers", "steps to go")
def counts_from_the_beginning(source_words, target_words):
    return torch.arange(1, source_words + 1)[:, None] + torch.arange(1, target_words + 1)


@wrong("steps_between", "wrong numbers", "source to its end")
def takes_the_length_of_the_target(source_words, target_words):
    return by_broadcasting(source_words, target_words) - source_words + target_words


@wrong("steps_between", "wrong numbers", "whole way")
def begins_at_the_first_word(source_words, target_words):
    return source_words + torch.arange(1, target_words + 1).repeat(source_words, 1)


@wrong("steps_between", "wrong numbers", "whole way")
def goes_on_to_the_last_word(source_words, target_words):
    to_the_end = source_words + target_words - torch.arange(1, source_words + 1)
    return to_the_end[:, None].repeat(1, target_words)


@wrong("steps_between", "wrong shape", "rows are sources")
def puts_the_target_in_rows(source_words, target_words):
    return by_broadcasting(source_words, target_words).T


@wrong("steps_between", "wrong shape", "steps")
def pairs_the_positions(source_words, target_words):
    n = min(source_words, target_words)
    i = torch.arange(1, n + 1)
    return source_words - i + i


@wrong("steps_between", "wrong dtype", "result dtype")
def counts_in_floats(source_words, target_words):
    return by_broadcasting(source_words, target_words).float()


@wrong("steps_between", "wrong numbers", "steps")
def multiplies(source_words, target_words):
    return torch.arange(1, source_words + 1)[:, None] * torch.arange(1, target_words + 1)


@wrong("steps_between", "not a tensor", "return tensors")
def returns_an_array(source_words, target_words):
    return np.arange(int(source_words))[:, None] + np.arange(int(target_words))


@wrong("steps_between", "stopped", "signature")
def asks_for_one_length(length):
    return by_broadcasting(length, length)


def test_the_way_of_a_copy_is_load_and_lag():
    for load, lag in ((1, 0), (3, 4), (5, 9)):
        batch = delayed_copy(1, load, lag, generator=torch.Generator().manual_seed(0))
        steps = EXERCISES["steps_between"].solve(torch.tensor(load + lag), torch.tensor(load))
        assert {steps[i, t].item() for i, t in batch.alignments[0]} == {load + lag}


# ----------------------------------------------------------------------------------------- symbols_known


@right("symbols_known")
def as_a_share(accuracy, load, alphabet):
    return load * ((accuracy - 1 / alphabet) / (1 - 1 / alphabet)).clamp(min=0)


@right("symbols_known")
def without_fractions(accuracy, load, alphabet):
    return (load * (alphabet * accuracy - 1) / (alphabet - 1)).relu()


@right("symbols_known")
def from_the_wrong_ones(accuracy, load, alphabet):
    unknown = (1 - accuracy) * alphabet / (alphabet - 1)
    return torch.maximum(load - load * unknown, torch.tensor(0.0))


@right("symbols_known")
def cell_by_cell(accuracy, load, alphabet):
    V, known = alphabet.item(), []
    for p, K in zip(accuracy, load, strict=True):
        share = (p.item() - 1 / V) / (1 - 1 / V)
        known.append(K.item() * max(0.0, share))
    return torch.tensor(known)


@right("symbols_known")
def with_where(accuracy, load, alphabet):
    chance = 1 / alphabet
    return torch.where(accuracy > chance, load * (accuracy - chance) / (1 - chance), 0.0)


@wrong("symbols_known", "unwritten")
def is_an_ellipsis(accuracy, load, alphabet):
    return ...


@wrong("symbols_known", "wrong numbers", "guessed too")
def counts_what_is_right(accuracy, load, alphabet):
    return accuracy * load


@wrong("symbols_known", "wrong numbers", "not all")
def takes_chance_off_and_no_more(accuracy, load, alphabet):
    return load * (accuracy - 1 / alphabet)


@wrong("symbols_known", "wrong numbers", "not all")
def takes_chance_off_down_to_none(accuracy, load, alphabet):
    return (load * (accuracy - 1 / alphabet)).relu()


@wrong("symbols_known", "wrong numbers", "below chance")
def knows_less_than_none(accuracy, load, alphabet):
    return load * (alphabet * accuracy - 1) / (alphabet - 1)


@wrong("symbols_known", "wrong numbers", "below chance")
def takes_the_size(accuracy, load, alphabet):
    return knows_less_than_none(accuracy, load, alphabet).abs()


@wrong("symbols_known", "wrong numbers", "times load")
def returns_the_share(accuracy, load, alphabet):
    return as_a_share(accuracy, 1, alphabet)


@wrong("symbols_known", "wrong numbers", "not bits")
def returns_bits(accuracy, load, alphabet):
    return as_a_share(accuracy, load, alphabet) * math.log2(alphabet)


@wrong("symbols_known", "wrong shape", "each cell")
def adds_up_the_cells(accuracy, load, alphabet):
    return as_a_share(accuracy, load, alphabet).sum()


@wrong("symbols_known", "wrong numbers", "fractions")
def rounds(accuracy, load, alphabet):
    return as_a_share(accuracy, load, alphabet).round()


@wrong("symbols_known", "wrong dtype", "fractions")
def makes_integers(accuracy, load, alphabet):
    return as_a_share(accuracy, load, alphabet).long()


@wrong("symbols_known", "wrong numbers", "symbols known")
def divides_by_the_alphabet(accuracy, load, alphabet):
    return load * accuracy / alphabet


@wrong("symbols_known", "wrong numbers", "below chance")
def marks_what_is_below_chance(accuracy, load, alphabet):
    share = (accuracy - 1 / alphabet) / (1 - 1 / alphabet)
    return load * torch.where(share < 0, torch.tensor(-1.0), share)


@wrong("symbols_known", "modified", "in place")
def takes_chance_off_in_place(accuracy, load, alphabet):
    accuracy -= 1 / alphabet
    return load * (accuracy / (1 - 1 / alphabet)).clamp(min=0)


@wrong("symbols_known", "not a tensor", "return tensors")
def returns_a_list(accuracy, load, alphabet):
    return as_a_share(accuracy, load, alphabet).tolist()


@wrong("symbols_known", "stopped", "look at the line")
def takes_the_larger_of_two(accuracy, load, alphabet):
    known = load * (accuracy - 1 / alphabet) / (1 - 1 / alphabet)
    return max(torch.stack([known, known.new_zeros(len(known), 1)]))


def test_what_is_not_known_is_guessed():
    alphabet, load = torch.tensor(16), torch.tensor([20, 20, 5])
    known = torch.tensor([0.0, 7.0, 5.0])
    accuracy = known / load + (1 - known / load) / alphabet
    torch.testing.assert_close(EXERCISES["symbols_known"].solve(accuracy, load, alphabet), known)


def test_almost_zero_is_zero_where_nothing_is_masked():
    assert examine_drawn("symbols_known", lambda *inputs: as_a_share(*inputs) + 1e-9, seed=0)[0]


# -------------------------------------------------------------------------------------------------- tests


test_a_right_answer_passes, test_a_wrong_answer_fails = judging(RIGHT, WRONG)
