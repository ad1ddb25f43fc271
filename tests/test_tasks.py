"""The synthetic tasks ask what they say, link what belongs together, and repeat themselves by their seed."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from whyattention.batches import EOS, FIRST_TOKEN, PAD, reverse_sources
from whyattention.tasks import (
    adding_accuracy,
    adding_chance_rate,
    adding_problem,
    copy,
    delayed_copy,
    first_symbol,
    reverse,
    vocabulary_size,
)

steady = settings(max_examples=50)
SEEDS = st.integers(0, 2**32 - 1)
SIZES = st.integers(1, 7)


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def sequences(batch):
    """Return sources and targets as lists, targets without EOS."""
    sources = [row[:n].tolist() for row, n in zip(batch.source, batch.source_lengths, strict=True)]
    targets = [row[:n].tolist() for row, n in zip(batch.target, batch.target_lengths, strict=True)]
    assert all(target[-1] == EOS for target in targets)
    for tokens, mask in ((batch.source, batch.source_mask), (batch.target, batch.target_mask)):
        assert (tokens[~mask] == PAD).all()
    return sources, [target[:-1] for target in targets]


def assert_links_join_equal_tokens(batch):
    """Assert that each target token has one link, to a source token that is equal to it."""
    for source, target, links in zip(*sequences(batch), batch.alignments, strict=True):
        assert sorted(t for _, t in links) == list(range(len(target)))
        assert all(source[i] == target[t] for i, t in links)


@steady
@given(SIZES, SIZES, SIZES, SIZES, SEEDS)
def test_copy_and_reverse_say_the_source_again_in_their_order(count, shortest, more, alphabet, seed):
    for task, order in ((copy, 1), (reverse, -1)):
        batch = task(count, shortest, shortest + more, alphabet, generator=seeded(seed))
        sources, targets = sequences(batch)
        assert [source[::order] for source in sources] == targets
        assert all(shortest <= len(source) <= shortest + more for source in sources)
        symbols = {symbol for source in sources for symbol in source}
        assert symbols <= set(range(FIRST_TOKEN, vocabulary_size(alphabet)))
        assert_links_join_equal_tokens(batch)


def test_each_position_of_a_copy_is_linked_to_its_own_and_of_a_reversal_to_its_mirror():
    assert copy(1, 3, 3, generator=seeded()).alignments[0] == {(0, 0), (1, 1), (2, 2)}
    assert reverse(1, 3, 3, generator=seeded()).alignments[0] == {(2, 0), (1, 1), (0, 2)}
    assert reverse_sources(copy(1, 3, 3, generator=seeded())).alignments[0] == {(2, 0), (1, 1), (0, 2)}


def test_a_copy_with_its_source_reversed_is_a_reversal():
    batch = reverse_sources(copy(8, 1, 6, generator=seeded()))
    sources, targets = sequences(batch)
    assert [source[::-1] for source in sources] == targets
    assert_links_join_equal_tokens(batch)


@steady
@given(SIZES, SIZES, st.integers(0, 7), SIZES, SIZES, SEEDS)
def test_delayed_copy_wants_the_symbols_before_the_distractors(count, load, lag, alphabet, distractors, seed):
    batch = delayed_copy(count, load, lag, alphabet, distractors, generator=seeded(seed))
    symbols = range(FIRST_TOKEN, vocabulary_size(alphabet))
    others = range(vocabulary_size(alphabet), vocabulary_size(alphabet, distractors))
    for source, target in zip(*sequences(batch), strict=True):
        assert len(source) == load + lag
        assert source[:load] == target
        assert set(target) <= set(symbols)
        assert set(source[load:]) <= set(others)
    assert_links_join_equal_tokens(batch)


@steady
@given(SIZES, SIZES, SIZES, SEEDS)
def test_first_symbol_wants_the_first_symbol(count, shortest, more, seed):
    batch = first_symbol(count, shortest, shortest + more, generator=seeded(seed))
    sources, targets = sequences(batch)
    assert [source[:1] for source in sources] == targets
    assert set(batch.alignments) == {frozenset({(0, 0)})}


def test_all_symbols_and_all_lengths_are_drawn_about_equally_often():
    batch = copy(4000, 1, 4, alphabet=5, generator=seeded())
    lengths = torch.bincount(batch.source_lengths, minlength=5)[1:] / 4000
    symbols = torch.bincount(batch.source[batch.source_mask])[FIRST_TOKEN:] / batch.source_mask.sum()
    assert (lengths - 1 / 4).abs().max() < 0.03
    assert (symbols - 1 / 5).abs().max() < 0.02


@pytest.mark.parametrize(
    "draw",
    [
        lambda generator: copy(4, 2, 9, generator=generator),
        lambda generator: reverse(4, 2, 9, generator=generator),
        lambda generator: first_symbol(4, 2, 9, generator=generator),
        lambda generator: delayed_copy(4, 3, 5, generator=generator),
    ],
)
def test_one_seed_gives_one_batch_and_another_seed_another(draw):
    first, again, other = draw(seeded(1)), draw(seeded(1)), draw(seeded(2))
    assert torch.equal(first.source, again.source)
    assert torch.equal(first.target, again.target)
    assert not torch.equal(first.source, other.source)


def test_drawing_leaves_the_global_random_numbers_alone():
    torch.manual_seed(0)
    expected = torch.rand(3)
    torch.manual_seed(0)
    copy(4, 2, 9, generator=seeded())
    adding_problem(4, 20, generator=seeded())
    assert torch.equal(torch.rand(3), expected)


@steady
@given(st.integers(1, 20), st.integers(12, 130), SEEDS)
def test_the_adding_problem_is_as_the_paper_states_it(count, length, seed):
    batch = adding_problem(count, length, generator=seeded(seed))
    assert len(batch) == count
    for inputs, steps, target in zip(batch.inputs, batch.lengths.tolist(), batch.targets, strict=True):
        assert length <= steps <= length + length // 10
        assert (inputs[steps:] == 0).all()
        numbers, marks = inputs[:steps].unbind(1)
        assert numbers.abs().max() <= 1
        assert (marks[0], marks[-1]) == (-1, -1)
        assert set(marks[1:-1].tolist()) <= {0.0, 1.0}
        marked = marks.eq(1).nonzero().flatten().tolist()
        if len(marked) == 1:  # the other mark hides behind the -1 of the first pair
            assert numbers[0] == 0
            marked.append(0)
        assert len(marked) == 2
        half = steps // 2 - 1
        assert min(marked) < 10
        assert all(place < max(10, half) for place in marked)
        assert sum(place >= half for place in marked) <= 1
        assert target.item() == pytest.approx(0.5 + numbers[marked].sum().item() / 4, abs=1e-6)
        assert 0 <= target <= 1


def test_the_marks_of_the_adding_problem_reach_every_place_that_they_may():
    batch = adding_problem(20_000, 40, generator=seeded())
    forty = batch.inputs[batch.lengths == 40]
    shares = forty[:, :, 1].eq(1).double().mean(dim=0)
    assert shares[0] == 0
    assert (shares[1:19] > 0).all()
    assert (shares[19:] == 0).all()
    # X1: one of ten. X2: one of the other eighteen of the first nineteen.
    assert shares[1:10].mean().item() == pytest.approx(0.1 + 0.9 / 18, abs=0.01)
    assert shares[10:19].mean().item() == pytest.approx(1 / 18, abs=0.01)
    assert (forty[:, 0, 0] == 0).double().mean().item() == pytest.approx(0.1 + 0.9 / 18, abs=0.015)


def test_padding_is_behind_the_length_of_an_adding_sequence():
    batch = adding_problem(50, 100, generator=seeded())
    assert batch.mask.sum(dim=1).tolist() == batch.lengths.tolist()
    assert batch.lengths.unique().numel() > 5
    assert (batch.inputs[~batch.mask] == 0).all()
    assert batch.to("meta").targets.device.type == "meta"


def test_one_seed_gives_one_adding_batch():
    first, again, other = (adding_problem(4, 20, generator=seeded(seed)) for seed in (1, 1, 2))
    assert torch.equal(first.inputs, again.inputs)
    assert torch.equal(first.targets, again.targets)
    assert not torch.equal(first.targets, other.targets)


def test_the_chance_rate_of_the_adding_problem_is_as_worked_out_by_hand():
    # Two numbers: 1 - 0.92² = 0.1536. One, if the first pair is chosen: 0.16. That happens at 100 pairs with
    # 1/10 + 9/10 · 1/48; at 12 pairs with 1/10 + 4/10 · 1/4 + 5/10 · 1/5 = 0.3.
    assert adding_chance_rate(100) == pytest.approx(0.1536 + 0.0064 * 0.11875)
    assert adding_chance_rate(12) == pytest.approx(0.1536 + 0.0064 * 0.3)


def test_guessing_one_half_is_right_as_often_as_the_chance_rate_says():
    for length in (12, 100):
        chances = []
        batch = adding_problem(60_000, length, generator=seeded(length))
        for steps in batch.lengths.unique().tolist():
            targets = batch.targets[batch.lengths == steps]
            chances.append(adding_chance_rate(steps) * len(targets) / len(batch))
        measured = adding_accuracy(torch.full_like(batch.targets, 0.5), batch.targets)
        assert measured == pytest.approx(sum(chances), abs=0.005)  # 3.4 standard errors


def test_an_answer_of_the_adding_problem_is_right_below_an_error_of_four_hundredths():
    targets = torch.zeros(4, dtype=torch.float64)
    answers = torch.tensor([0.0399, -0.0399, 0.0401, float("nan")], dtype=torch.float64)
    assert adding_accuracy(answers, targets) == 0.5
    with pytest.raises(ValueError, match=r"answers must have the shape of targets, \(4,\), got \(4, 1\)"):
        adding_accuracy(answers.unsqueeze(1), targets)


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda g: copy(0, 1, 1, generator=g), "count must be at least 1, got 0"),
        (lambda g: copy(1, 0, 1, generator=g), "min_length must be at least 1, got 0"),
        (lambda g: reverse(1, 3, 2, generator=g), "min_length must be at most max_length, 2, got 3"),
        (lambda g: first_symbol(1, 1, 2, alphabet=0, generator=g), "alphabet must be at least 1, got 0"),
        (lambda g: delayed_copy(1, 0, 2, generator=g), "load must be at least 1, got 0"),
        (lambda g: delayed_copy(1, 1, -1, generator=g), "lag must be at least 0, got -1"),
        (lambda g: delayed_copy(1, 1, 1, distractors=0, generator=g), "distractors must be at least 1"),
        (lambda g: adding_problem(0, 20, generator=g), "count must be at least 1, got 0"),
        (lambda g: adding_problem(1, 11, generator=g), "length must be at least 12, got 11"),
        (lambda g: adding_chance_rate(11), "length must be at least 12, got 11"),
    ],
)
def test_sizes_out_of_range_are_refused(draw, message):
    with pytest.raises(ValueError, match=message):
        draw(seeded())


@pytest.mark.parametrize(
    "draw",
    [
        lambda: copy(1, 1, 1, generator=7),
        lambda: delayed_copy(1, 1, 1, generator=None),
        lambda: adding_problem(1, 20, generator=7),
    ],
)
def test_a_seed_in_place_of_a_generator_is_refused(draw):
    with pytest.raises(TypeError, match=r"generator must be a torch\.Generator"):
        draw()
