"""Greedy and beam search against slow searches written here; what they promise, and clear errors."""

from __future__ import annotations

import itertools
import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.switches import COMBINATIONS, DECODERS
from whyattention.batches import BOS, EOS, PAD, UNK
from whyattention.decoding import beam_search, greedy
from whyattention.seq2seq import build

WORD = 4  # the first ordinary word
SPREAD = 15  # a seed whose sentences end early and late, with attention and without
some_combination = st.sampled_from(COMBINATIONS)
steady = settings(max_examples=40)


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """Several threads take longer over numbers this small, much longer where processors are shared."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def make(options, words=7, seed=0):
    """A model whose sentences end now and then, early or late."""
    torch.manual_seed(seed)
    model = build(8, words, hidden=4, embedding=3, **options).double()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(2.5)
        model.decoder.prediction.weight.mul_(2)
    return model


def sources(lengths=(3, 5, 1, 2), longest=None, junk=PAD):
    generator = torch.Generator().manual_seed(len(lengths) + sum(lengths))
    lengths = torch.tensor(lengths)
    source = torch.full((len(lengths), longest or int(lengths.max())), junk)
    for row, length in zip(source, lengths, strict=True):
        row[:length] = torch.randint(WORD, 8, (length,), generator=generator)
    return source, lengths


def scripted(table):
    """A model whose next word depends on the word before alone, by ``table[before][next]``."""
    model = build(8, max(map(max, table.values())) + 1, attention=None).double()
    logits = torch.full((model.decoder.vocabulary_size,) * 2, -1e9, dtype=torch.float64)
    for before, following in table.items():
        for word, probability in following.items():
            logits[before, word] = math.log(probability)
    model.decoder.step = lambda token, state: (logits[token], None, state)
    return model


def assert_same(ours, theirs, exactly=False):
    assert ours.tokens == theirs.tokens
    assert ours.finished == theirs.finished
    if exactly:
        assert torch.equal(ours.log_probability, theirs.log_probability)
    torch.testing.assert_close(ours.log_probability, theirs.log_probability, rtol=1e-12, atol=1e-12)
    assert (ours.weights is None) == (theirs.weights is None)
    for mine, other in zip(ours.weights or [], theirs.weights or [], strict=True):
        torch.testing.assert_close(mine, other, rtol=1e-12, atol=1e-12)


def next_words(model, source, length, beginning):
    """Log probabilities of each word that may follow, by reading the whole beginning again."""
    inputs = torch.tensor([[BOS, *beginning]])
    logits, weights = model(source[None, :length], torch.tensor([length]), inputs)
    values = logits[0, -1].log_softmax(0).tolist()
    allowed = {word: value for word, value in enumerate(values) if word not in (PAD, BOS)}
    return allowed, None if weights is None else weights[0]


def slow_greedy(model, source, length, max_steps):
    words, total, looked = [], 0.0, None
    for _ in range(max_steps):
        allowed, weights = next_words(model, source, length, words)
        word = max(allowed, key=allowed.get)
        total += allowed[word]
        if word == EOS:
            return words, total, True, looked
        words, looked = [*words, word], weights
    return words, total, False, looked


def value(total, length, penalty):
    return total / ((5 + length) ** penalty / (5 + 1) ** penalty)


def slow_beam(model, source, length, beam, max_steps, penalty):
    """Beam search to its very end, one sentence and one beginning at a time."""
    live, complete = [((), 0.0)], []
    for _ in range(max_steps):
        candidates = [
            ((*words, word), total + more)
            for words, total in live
            for word, more in next_words(model, source, length, words)[0].items()
        ]
        candidates = sorted(candidates, key=lambda c: -c[1])[: beam - len(complete)]
        complete += [c for c in candidates if c[0][-1] == EOS]
        live = [c for c in candidates if c[0][-1] != EOS]
    words, total = max(complete or live, key=lambda c: value(c[1], len(c[0]), penalty))
    return [word for word in words if word != EOS], total, bool(complete)


every_decoder = pytest.mark.parametrize("decoder", range(len(DECODERS)))


@every_decoder
@torch.no_grad()
def test_greedy_takes_the_likeliest_word_until_the_end_in_every_combination(decoder):
    for options in COMBINATIONS[decoder :: len(DECODERS)]:
        model = make(options)
        source, lengths = sources(junk=6)
        tokens, log_probability, finished, weights = greedy(model, source, lengths, max_steps=5)
        for b, n in enumerate(lengths.tolist()):
            words, total, ended, looked = slow_greedy(model, source[b], n, 5)
            assert (tokens[b], finished[b]) == (words, ended)
            assert log_probability[b].item() == pytest.approx(total, rel=1e-12)
            if options.get("attention"):
                assert weights[b].shape == (len(words), n)
                if words:
                    torch.testing.assert_close(weights[b], looked, rtol=1e-12, atol=1e-12)
            else:
                assert weights is None


@every_decoder
def test_padding_never_changes_a_translation_and_a_permuted_batch_is_permuted(decoder):
    order = [2, 0, 3, 1]
    for options in COMBINATIONS[decoder :: len(DECODERS)]:
        model = make(options, seed=1)
        source, lengths = sources()
        padded, _ = sources(longest=8, junk=7)
        for search in (greedy, lambda *batch, max_steps: beam_search(*batch, 3, max_steps, 0.6)):
            plain = search(model, source, lengths, max_steps=5)
            assert_same(search(model, padded, lengths, max_steps=5), plain)
            permuted = search(model, padded[order], lengths[order], max_steps=5)
            expected = [field and [field[i] for i in order] for field in plain if isinstance(field, list)]
            assert [permuted.tokens, permuted.finished] == expected[:2]
            torch.testing.assert_close(permuted.log_probability, plain.log_probability[order])
            for mine, i in zip(permuted.weights or [], order, strict=False):
                torch.testing.assert_close(mine, plain.weights[i])


@given(
    options=some_combination,
    beam=st.integers(1, 4),
    penalty=st.sampled_from([0.0, 0.6]),
    seed=st.integers(0, 999),
)
@steady
def test_a_batch_is_translated_like_its_sentences_one_by_one(options, beam, penalty, seed):
    model = make(options, seed=seed)
    source, lengths = sources()
    for search in (
        lambda s, n: greedy(model, s, n, 6),
        lambda s, n: beam_search(model, s, n, beam, 6, penalty),
    ):
        batch = search(source, lengths)
        for b, n in enumerate(lengths.tolist()):
            alone = search(source[b : b + 1, :n], lengths[b : b + 1])
            weights = None if batch.weights is None else batch.weights[b : b + 1]
            own = batch._replace(
                tokens=batch.tokens[b : b + 1],
                log_probability=batch.log_probability[b : b + 1],
                finished=batch.finished[b : b + 1],
                weights=weights,
            )
            assert_same(own, alone)


@given(options=some_combination, penalty=st.floats(0, 2), seed=st.integers(0, 999), steps=st.integers(1, 7))
@steady
def test_a_beam_of_one_is_greedy_to_the_last_bit(options, penalty, seed, steps):
    model = make(options, seed=seed)
    assert_same(
        beam_search(model, *sources(), beam=1, max_steps=steps, length_penalty=penalty),
        greedy(model, *sources(), max_steps=steps),
        exactly=True,
    )


@given(
    options=some_combination,
    beam=st.integers(1, 5),
    penalty=st.sampled_from([0.0, 0.6, 1.0, 3.0]),
    seed=st.integers(0, 999),
    steps=st.integers(1, 5),
)
@steady
@torch.no_grad()
def test_beam_search_finds_what_a_slow_one_finds_that_never_stops_early(options, beam, penalty, seed, steps):
    model = make(options, seed=seed)
    source, lengths = sources()
    tokens, log_probability, finished, weights = beam_search(model, source, lengths, beam, steps, penalty)
    for b, n in enumerate(lengths.tolist()):
        words, total, ended = slow_beam(model, source[b], n, beam, steps, penalty)
        assert (tokens[b], finished[b]) == (words, ended)
        assert log_probability[b].item() == pytest.approx(total, rel=1e-12)
        if weights is not None:
            looked = next_words(model, source[b], n, words)[1][: len(words)]
            torch.testing.assert_close(weights[b], looked, rtol=1e-12, atol=1e-12)


@given(options=some_combination, penalty=st.sampled_from([0.0, 0.6, 2.0]), seed=st.integers(0, 999))
@settings(max_examples=15)
@torch.no_grad()
def test_a_beam_with_room_for_every_sentence_finds_the_best_of_all(options, penalty, seed):
    model = make(options, words=5, seed=seed)  # two words, and the end: 15 sentences of at most 4 symbols
    source, lengths = sources((3, 1))
    found = beam_search(model, source, lengths, beam=31, max_steps=4, length_penalty=penalty)
    for b, n in enumerate(lengths.tolist()):
        values = {}
        for count in range(4):
            for words in itertools.product((UNK, WORD), repeat=count):
                logits = model(
                    source[b : b + 1, :n], lengths[b : b + 1], torch.tensor([[BOS, *words]])
                ).logits
                chosen = logits[0].log_softmax(1)[range(count + 1), [*words, EOS]]
                values[words] = value(chosen.sum().item(), count + 1, penalty)
        assert found.tokens[b] == list(max(values, key=values.get))


def test_a_wider_beam_may_find_a_less_likely_sentence_as_its_documentation_says():
    a, b, c, d, e = range(WORD, WORD + 5)
    # Greedy goes by a and c: 0.4 · 0.3. The continuations of b crowd it out and then come to nothing.
    model = scripted({
        BOS: {a: 0.4, b: 0.32, UNK: 0.28},
        a: {c: 0.3, UNK: 0.25, EOS: 0.25, d: 0.2},
        b: {d: 0.5, e: 0.5},
        c: {EOS: 1.0},
        d: {EOS: 0.2, a: 0.2, b: 0.2, c: 0.2, d: 0.2},
        e: {EOS: 0.2, a: 0.2, b: 0.2, c: 0.2, d: 0.2},
        UNK: {UNK: 1.0},
    })  # fmt: skip
    first, wide = greedy(model, *sources((2,)), 3), beam_search(model, *sources((2,)), 2, 3)
    assert first.tokens == [[a, c]]
    assert wide.log_probability.item() < first.log_probability.item() == pytest.approx(math.log(0.12))


def test_the_length_penalty_divides_by_the_symbols_with_the_end_of_the_sentence():
    a, b, c = range(WORD, WORD + 3)
    table = {BOS: {a: 0.5, b: 0.5}, a: {EOS: 0.5, UNK: 0.5}, b: {c: 0.8, UNK: 0.2}, c: {EOS: 0.5, UNK: 0.5}}
    model = scripted(table | {UNK: {UNK: 1.0}})
    # "a" has 2 symbols and probability 0.25, "b c" has 3 and 0.2: equal where (8/7)^p = ln 0.2 / ln 0.25.
    even = math.log(math.log(0.2) / math.log(0.25)) / math.log(8 / 7)
    for penalty, words, probability in ((even - 0.01, [a], 0.25), (even + 0.01, [b, c], 0.2)):
        found = beam_search(model, *sources((2,)), beam=4, max_steps=6, length_penalty=penalty)
        assert found.tokens == [words]
        assert found.log_probability.item() == pytest.approx(math.log(probability))


@pytest.mark.parametrize(("penalty", "words", "steps"), [(0.0, [], 1), (1.0, [4, 5, 6], 4)])
def test_beam_search_stops_when_no_beginning_can_become_better_and_not_before(penalty, words, steps):
    # The end at once has probability 0.5 and 1 symbol, the other sentence 0.45 and 4.
    model = scripted(
        {BOS: {EOS: 0.5, 4: 0.5}, 4: {5: 1.0}, 5: {6: 0.9, UNK: 0.1}, 6: {EOS: 1.0}, UNK: {EOS: 1.0}}
    )
    step, taken = model.decoder.step, []
    model.decoder.step = lambda token, state: taken.append(token) or step(token, state)
    assert beam_search(model, *sources((2,)), beam=4, max_steps=9, length_penalty=penalty).tokens == [words]
    assert len(taken) == steps


def with_prediction(bias, attention=None):
    """A model that predicts from its bias alone."""
    model = make({"attention": attention})
    with torch.no_grad():
        model.decoder.prediction.weight.zero_()
        model.decoder.prediction.bias.copy_(torch.tensor(bias))
    return model


@pytest.mark.parametrize("attention", [None, {}])
def test_more_steps_change_no_finished_translation_of_greedy_decoding(attention):
    model = make({"attention": attention}, seed=SPREAD)
    short, long = (greedy(model, *sources(), steps) for steps in (2, 9))
    assert {True, False} == set(short.finished)
    for before, after, finished in zip(short.tokens, long.tokens, short.finished, strict=True):
        assert after[: len(before)] == before
        assert after == before or not finished


@pytest.mark.parametrize("beam", [None, 1, 3])
@pytest.mark.parametrize("attention", [None, {}])
class TestEither:
    """Promises of both searches."""

    @staticmethod
    def search(beam, model, source, lengths, max_steps):
        if beam is None:
            return greedy(model, source, lengths, max_steps)
        return beam_search(model, source, lengths, beam, max_steps)

    def test_the_end_of_the_sentence_ends_it_and_is_counted(self, beam, attention):
        model = with_prediction([0.0, 0, 9, 0, 0, 0, 0], attention)
        found = self.search(beam, model, *sources(), 5)
        assert found.tokens == [[]] * 4
        assert found.finished == [True] * 4
        expected = torch.tensor(9.0 - math.log(math.exp(9) + 6), dtype=torch.float64)
        torch.testing.assert_close(found.log_probability, expected.expand(4))
        if attention is not None:
            assert [tuple(w.shape) for w in found.weights] == [(0, 3), (0, 5), (0, 1), (0, 2)]

    def test_a_sentence_without_end_is_cut_off_and_says_so(self, beam, attention):
        model = with_prediction([0.0, 0, -50, 0, 0, 1, 0], attention)
        found = self.search(beam, model, *sources(), 3)
        assert found.tokens == [[5, 5, 5]] * 4
        assert found.finished == [False] * 4

    def test_padding_and_begin_of_sentence_are_never_written(self, beam, attention):
        model = with_prediction([40.0, 50, 0, 1, 2, 0, 0], attention)
        found = self.search(beam, model, *sources(), 3)
        written = {word for words in found.tokens for word in words}
        assert not written & {PAD, BOS}
        if beam in (None, 1):
            assert found.tokens == [[4, 4, 4]] * 4
            # The probability is the model's own: what it gave to padding is not shared out.
            assert found.log_probability[0].item() == pytest.approx(-48 * 3, abs=0.01)

    def test_of_equally_likely_words_the_first_is_written(self, beam, attention):
        assert self.search(beam, with_prediction([0.0] * 7, attention), *sources(), 3).tokens == [[]] * 4
        model = with_prediction([0.0, 0, -60, 0, 0, 0, 0], attention)
        assert self.search(beam, model, *sources(), 3).tokens == [[UNK] * 3] * 4

    def test_finished_sentences_are_computed_no_further(self, beam, attention):
        model = make({"attention": attention}, seed=SPREAD)
        source, lengths = sources()
        rows, step = [], model.decoder.step

        def counted(token, state):
            rows.append(len(token))
            return step(token, state)

        model.decoder.step = counted
        self.search(beam, model, source, lengths, 12)
        together = sum(rows)
        rows.clear()
        for b in range(len(source)):
            self.search(beam, model, source[b : b + 1], lengths[b : b + 1], 12)
        assert sum(rows) == together < 12 * 4 * (beam or 1)

    def test_no_gradient_is_kept_and_the_model_stays_as_it_is(self, beam, attention):
        model = make({"attention": attention}).train()
        found = self.search(beam, model, *sources(), 3)
        assert model.training
        assert torch.is_grad_enabled()
        assert not any(t.requires_grad for t in [found.log_probability, *(found.weights or [])])

    def test_an_empty_batch_has_no_translations(self, beam, attention):
        model = make({"attention": attention})
        nothing = torch.zeros(0, 3, dtype=torch.long), torch.zeros(0, dtype=torch.long)
        tokens, log_probability, finished, weights = self.search(beam, model, *nothing, 3)
        assert (tokens, finished, weights) == ([], [], None if attention is None else [])
        assert log_probability.shape == (0,)

    def test_a_model_with_broken_weights_is_named_and_not_translated_with(self, beam, attention):
        with pytest.raises(ValueError, match="model must predict numbers, got NaN"):
            self.search(beam, with_prediction([math.nan] * 7, attention), *sources(), 3)

    def test_a_bad_argument_is_refused_by_name(self, beam, attention):
        model = make({"attention": attention})
        source, lengths = sources()
        for steps, error in ((0, ValueError), (2.0, TypeError), (True, TypeError)):
            with pytest.raises(error, match="max_steps must be"):
                self.search(beam, model, source, lengths, steps)
        with pytest.raises(TypeError, match="source must be integers"):
            self.search(beam, model, source.float(), lengths, 3)
        with pytest.raises(ValueError, match="lengths must lie between 1 and 5"):
            self.search(beam, model, source, lengths * 0, 3)
        with pytest.raises(ValueError, match="target vocabulary with the end-of-sentence symbol"):
            self.search(beam, make({"attention": attention}, words=2), source, lengths, 3)


@pytest.mark.parametrize(
    ("option", "error", "message"),
    [
        ({"beam": 0}, ValueError, "beam must be at least 1, got 0"),
        ({"beam": 2.5}, TypeError, "beam must be an integer, got float"),
        (
            {"length_penalty": -0.1},
            ValueError,
            "length_penalty must be a finite number from zero on, got -0.1",
        ),
        ({"length_penalty": math.nan}, ValueError, "length_penalty must be .* got nan"),
        ({"length_penalty": math.inf}, ValueError, "length_penalty must be .* got inf"),
    ],
)
def test_a_bad_option_of_beam_search_is_named(option, error, message):
    with pytest.raises(error, match=message):
        beam_search(make({}), *sources(), **({"beam": 2, "max_steps": 3} | option))
