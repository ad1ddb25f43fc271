"""A batch keeps its sequences whole, tells padding from words, and turns sources around with their links."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from whyattention.batches import BOS, EOS, FIRST_TOKEN, PAD, UNK, length_mask, make_batch, reverse_sources

TOKENS = st.integers(UNK, 30)


@st.composite
def rows(draw):
    """Draw sources, targets and links between them."""
    pairs = draw(
        st.lists(
            st.tuples(st.lists(TOKENS, min_size=1, max_size=6), st.lists(TOKENS, max_size=6)),
            min_size=1,
            max_size=5,
        )
    )
    alignments = []
    for source, target in pairs:
        possible = [(i, t) for i in range(len(source)) for t in range(len(target))]
        alignments.append(draw(st.sets(st.sampled_from(possible)) if possible else st.just(set())))
    return [source for source, _ in pairs], [target for _, target in pairs], alignments


@given(rows())
def test_a_batch_gives_back_its_sequences_with_eos_behind_each_target(drawn):
    sources, targets, alignments = drawn
    batch = make_batch(*drawn)
    assert len(batch) == len(sources)
    for row, (source, target) in enumerate(zip(sources, targets, strict=True)):
        assert batch.source[row][batch.source_mask[row]].tolist() == source
        assert batch.target[row][batch.target_mask[row]].tolist() == [*target, EOS]
        assert batch.target_inputs[row][batch.target_mask[row]].tolist() == [BOS, *target]
    assert batch.source_lengths.tolist() == [len(source) for source in sources]
    assert batch.target_lengths.tolist() == [len(target) + 1 for target in targets]
    assert [set(links) for links in batch.alignments] == alignments


@given(rows())
def test_everything_behind_the_end_is_padding_and_no_step_is_padding_in_all_rows(drawn):
    batch = make_batch(*drawn)
    for tokens, mask in (
        (batch.source, batch.source_mask),
        (batch.target, batch.target_mask),
        (batch.target_inputs, batch.target_mask),
    ):
        assert tokens.dtype == torch.int64
        assert mask.dtype == torch.bool
        assert (tokens[~mask] == PAD).all()
        assert mask.any(dim=0).all()


@given(rows())
def test_a_reversed_source_has_the_same_links_between_the_same_tokens(drawn):
    batch = make_batch(*drawn)
    turned = reverse_sources(batch)
    assert torch.equal(turned.target, batch.target)
    assert (turned.source[~turned.source_mask] == PAD).all()
    for row, source in enumerate(drawn[0]):
        assert turned.source[row][turned.source_mask[row]].tolist() == source[::-1]
        assert {(source[::-1][i], t) for i, t in turned.alignments[row]} == {
            (source[i], t) for i, t in batch.alignments[row]
        }


@given(rows())
def test_reversing_twice_changes_nothing(drawn):
    batch = make_batch(*drawn)
    twice = reverse_sources(reverse_sources(batch))
    assert torch.equal(twice.source, batch.source)
    assert twice.alignments == batch.alignments


def test_reversing_moves_the_link_of_an_asymmetric_pair():
    batch = make_batch([[7, 8, 9], [5]], [[4], [4]], [{(0, 0)}, {(0, 0)}])
    assert reverse_sources(batch).alignments == (frozenset({(2, 0)}), frozenset({(0, 0)}))
    assert batch.alignments[0] == frozenset({(0, 0)})


def test_a_batch_without_alignments_stays_without():
    batch = make_batch([[4]], [[5]])
    assert batch.alignments is None
    assert reverse_sources(batch).alignments is None


def test_reading_the_inputs_leaves_the_target_as_it_was():
    batch = make_batch([[4]], [[5, 6]])
    batch.target_inputs.fill_(9)
    assert batch.target.tolist() == [[5, 6, EOS]]


def test_a_batch_moves_to_a_device_as_a_whole():
    batch = make_batch([[4], [5, 6]], [[5], [4]], [{(0, 0)}, set()])
    moved = batch.to("meta")
    tensors = (moved.source, moved.source_lengths, moved.target, moved.target_lengths)
    assert {tensor.device.type for tensor in (*tensors, moved.source_mask, moved.target_inputs)} == {"meta"}
    assert moved.alignments == batch.alignments


def test_a_length_mask_is_true_at_as_many_steps_as_the_length():
    assert length_mask(torch.tensor([0, 2]), 2).tolist() == [[False, False], [True, True]]


def test_ordinary_tokens_start_behind_the_special_ones():
    assert (PAD, BOS, EOS, UNK, FIRST_TOKEN) == (0, 1, 2, 3, 4)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([], []), "at least one each, got 0 sources and 0 targets"),
        (([[4]], []), "equally many, at least one each, got 1 sources and 0 targets"),
        (([[4], []], [[4], [4]]), r"sources\[1\] must hold at least one token"),
        (([[4]], [[EOS]]), r"targets\[0\] must hold words, .*got 2"),
        (([[4, PAD]], [[4]]), r"sources\[0\] must hold words, .*got 0"),
        (([[-1]], [[4]]), r"sources\[0\] must hold words, .*got -1"),
        (([[4]], [[4]], []), "alignments must be as many as the pairs, 1, got 0"),
        (([[4]], [[4]], [{(1, 0)}]), r"alignments\[0\] must link .*got \(1, 0\)"),
        (([[4]], [[4]], [{(0, 1)}]), r"alignments\[0\] must link .*got \(0, 1\)"),  # EOS is never linked
        (([[4]], [[4]], [{(-1, 0)}]), r"alignments\[0\] must link .*got \(-1, 0\)"),
    ],
)
def test_what_is_no_batch_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        make_batch(*arguments)


@pytest.mark.parametrize("token", [1.0, "a", True])
def test_a_token_that_is_no_integer_is_refused(token):
    with pytest.raises(TypeError, match=r"sources\[0\] must hold integers, got"):
        make_batch([[token]], [[4]])
