"""Every combination of switches: its equations, padding that does not matter, gradients, and clear errors."""

from __future__ import annotations

import inspect
import json
import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.switches import COMBINATIONS, SWITCHES
from whyattention import attention_decoder
from whyattention.cells import GRUCell, LSTMCell, RNNCell
from whyattention.recurrent import Recurrent
from whyattention.seq2seq import (
    ATTENTION,
    AttentionDecoder,
    Decoder,
    Encoder,
    Seq2Seq,
    build,
    step_by_step,
)

SOURCE_WORDS, TARGET_WORDS = 7, 6


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """Several threads take longer over numbers this small, much longer where processors are shared."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def named(options):
    """An id that tells the switches."""
    switches = options.get("attention") or {"context": options.get("context")}
    values = [name if value is True else value for name, value in switches.items() if value]
    return "-".join([options["kind"], "both" if options["bidirectional"] else "forward", *values])


every_combination = pytest.mark.parametrize("options", COMBINATIONS, ids=named)


def make(options, hidden=4, embedding=3, seed=0):
    """A model in float64, its weights large enough that no softmax is flat."""
    torch.manual_seed(seed)
    model = build(SOURCE_WORDS, TARGET_WORDS, hidden=hidden, embedding=embedding, **options).double()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(1.5)
    return model


def sentences(lengths=(3, 5, 1), steps=4, longest=None, junk=0):
    """Sources of the given lengths with ``junk`` in the padding, and the words a decoder reads."""
    generator = torch.Generator().manual_seed(len(lengths) + sum(lengths))
    lengths = torch.tensor(lengths)
    source = torch.full((len(lengths), longest or int(lengths.max())), junk)
    for row, length in zip(source, lengths, strict=True):
        row[:length] = torch.randint(SOURCE_WORDS, (length,), generator=generator)
    return source, lengths, torch.randint(TARGET_WORDS, (len(lengths), steps), generator=generator)


def close(ours, theirs):
    assert ours.shape == theirs.shape
    assert (ours - theirs).norm() <= 1e-12 * max(1.0, theirs.norm().item())


def gradients(model, batch):
    """The gradient of a fixed random functional of all that the model answers, for each parameter."""
    logits, weights = model(*batch)
    generator = torch.Generator().manual_seed(1)
    total = (logits.tanh() * torch.randn(logits.shape, generator=generator, dtype=logits.dtype)).sum()
    if weights is not None:
        # One number for each sentence and step, so that the padding's width draws no other numbers.
        first = torch.randn(weights.shape[:2], generator=generator, dtype=weights.dtype)
        total = total + (weights.square().sum(-1) * first).sum()
    found = torch.autograd.grad(total, list(model.parameters()), allow_unused=True)
    return dict(zip((name for name, _ in model.named_parameters()), found, strict=True))


def in_slow_motion(model, words, inputs):
    """One sentence, without padding, from the equations: number after number, word after word."""
    options = model.config
    encoder, decoder = model.encoder, model.decoder

    def read(cell, order):
        state, states = cell.initial_state(torch.zeros(1, 1, dtype=torch.float64)), {}
        for i in order:
            state = cell(encoder.embedding.weight[words[i]][None], state)
            states[i] = state[0][0]
        return states, state

    order = range(len(words))
    states, final = read(encoder.recurrent.cell, order)
    if options["bidirectional"]:
        backward, end = read(encoder.recurrent.backward_cell, reversed(order))
        states = {i: torch.cat([states[i], backward[i]]) for i in order}
        final = tuple(torch.cat(pair, dim=1) for pair in zip(final, end, strict=True))
    h = [states[i] for i in order]
    context = final[0][0]

    def score(s, h_i):
        kind = options["attention"]["score"]
        if kind == "dot":
            return sum(s[k] * h_i[k] for k in range(len(s)))
        if kind == "general":
            return s @ decoder.score.key_projection.weight @ h_i
        W_s, W_h = decoder.score.query_projection.weight, decoder.score.key_projection.weight
        v = decoder.score.output.weight[0]
        if kind == "concat":  # Luong's form: one matrix on the concatenation
            return v @ torch.tanh(torch.cat([W_s, W_h], dim=1) @ torch.cat([s, h_i]))
        return v @ torch.tanh(W_s @ s + W_h @ h_i)

    def look_up(s):
        e = [score(s, h_i) for h_i in h]
        powers = [torch.exp(e_i - max(e)) for e_i in e]
        alpha = [power / sum(powers) for power in powers]
        if options["attention"]["last_state_control"]:
            alpha = [torch.zeros_like(e[0])] * (len(h) - 1) + [torch.ones_like(e[0])]
        return sum(alpha_i * h_i for alpha_i, h_i in zip(alpha, h, strict=True)), torch.stack(alpha)

    state = final
    fed = torch.zeros_like(context)
    logits, weights = [], []
    for word in inputs:
        read_now = [decoder.embedding.weight[word]]
        switches = options["attention"]
        if switches is None:
            if options["context"] == "every":
                read_now.append(context)
            state = decoder.cell(torch.cat(read_now)[None], state)
            made_from = state[0][0]
        else:
            if switches["query"] == "previous":
                a, alpha = look_up(state[0][0])
                read_now.append(a)
            if switches["input_feeding"]:
                read_now.append(fed)
            state = decoder.cell(torch.cat(read_now)[None], state)
            s = state[0][0]
            if switches["query"] == "current":
                a, alpha = look_up(s)
            made_from, fed = torch.cat([a, s]), a
            if switches["tanh_layer"]:
                W_c, b_c = decoder.attentional.weight, decoder.attentional.bias
                made_from = fed = torch.tanh(W_c @ made_from + b_c)
            weights.append(alpha)
        logits.append(decoder.prediction.weight @ made_from + decoder.prediction.bias)
    return torch.stack(logits), torch.stack(weights) if weights else None


def assert_equations(model, source, lengths, inputs):
    logits, weights = model(source, lengths, inputs)
    B, T, S = len(source), inputs.size(1), source.size(1)
    assert logits.shape == (B, T, TARGET_WORDS)
    if model.config["attention"] is None:
        assert weights is None
    else:
        assert weights.shape == (B, T, S)
        close(weights.sum(-1), torch.ones(B, T, dtype=torch.float64))
        assert (weights >= 0).all()
    for b, n in enumerate(lengths.tolist()):
        expected, alpha = in_slow_motion(model, source[b, :n].tolist(), inputs[b].tolist())
        close(logits[b], expected)
        if weights is not None:
            close(weights[b, :, :n], alpha)
            assert not weights[b, :, n:].any()  # not small: zero


@every_combination
def test_a_batch_gives_what_the_equations_give_sentence_by_sentence(options):
    with torch.no_grad():
        assert_equations(make(options), *sentences(junk=5))


@given(
    options=st.sampled_from(COMBINATIONS),
    lengths=st.lists(st.integers(1, 5), min_size=1, max_size=4),
    extra=st.integers(0, 2),
    steps=st.integers(1, 4),
    half=st.integers(1, 3),
    embedding=st.integers(1, 4),
    seed=st.integers(0, 2**31),
)
@settings(max_examples=40)
def test_the_equations_hold_at_any_size(options, lengths, extra, steps, half, embedding, seed):
    model = make(options, hidden=2 * half, embedding=embedding, seed=seed)
    with torch.no_grad():
        assert_equations(model, *sentences(lengths, steps, max(lengths) + extra))


@every_combination
def test_steps_in_turn_give_what_one_call_gives(options):
    model = make(options)
    source, lengths, inputs = sentences()
    logits, weights = model(source, lengths, inputs)
    slow_logits, slow_weights = step_by_step(model.decoder, model.encode(source, lengths), inputs)
    close(slow_logits, logits)
    if weights is None:
        assert slow_weights is None
    else:
        close(slow_weights, weights)
    probe = torch.randn_like(logits)
    fast = torch.autograd.grad((logits * probe).sum(), list(model.parameters()), allow_unused=True)
    slow = torch.autograd.grad((slow_logits * probe).sum(), list(model.parameters()), allow_unused=True)
    for ours, theirs in zip(slow, fast, strict=True):
        close(ours, theirs)


@every_combination
def test_padding_changes_no_answer_and_no_gradient(options):
    model = make(options)
    plain, padded = sentences(), sentences(longest=8, junk=6)
    logits, weights = model(*plain)
    other_logits, other_weights = model(*padded)
    close(other_logits, logits)
    if weights is not None:
        close(other_weights[..., :5], weights)
        assert not other_weights[..., 5:].any()
    expected = gradients(model, plain)
    for name, gradient in gradients(model, padded).items():
        close(gradient, expected[name])


@every_combination
def test_permuting_a_padded_batch_permutes_the_answer(options):
    model = make(options)
    source, lengths, inputs = sentences((3, 5, 1, 2))
    order = torch.tensor([2, 0, 3, 1])
    logits, weights = model(source, lengths, inputs)
    permuted_logits, permuted_weights = model(source[order], lengths[order], inputs[order])
    close(permuted_logits, logits[order])
    if weights is not None:
        close(permuted_weights, weights[order])


@every_combination
def test_gradients_reach_every_parameter(options):
    control = (options.get("attention") or {}).get("last_state_control", False)
    for name, gradient in gradients(make(options), sentences()).items():
        assert gradient is not None, name
        assert gradient.isfinite().all(), name
        # The control keeps the score's parameters and never asks for a score.
        assert bool(gradient.any()) != (control and name.startswith("decoder.score")), name


@every_combination
def test_a_model_comes_back_from_json_and_its_weights(options):
    model = make(options)
    text = json.dumps(model.config)
    again = build(**json.loads(text)).double()
    assert json.dumps(again.config) == text
    again.load_state_dict(model.state_dict())
    again.eval()  # nothing is dropped in training: both modes answer alike
    logits, weights = model.train()(*sentences())
    other_logits, other_weights = again(*sentences())
    assert torch.equal(logits, other_logits)
    assert (weights is None and other_weights is None) or torch.equal(weights, other_weights)


@pytest.mark.parametrize(
    "switches", SWITCHES, ids=lambda s: named({"kind": "", "bidirectional": 0, "attention": s})
)
def test_the_control_has_the_same_parameters_and_looks_at_the_last_word_alone(switches):
    models = []
    for control in (False, True):
        torch.manual_seed(3)
        options = {"kind": "gru", "attention": switches | {"last_state_control": control}}
        models.append(build(SOURCE_WORDS, TARGET_WORDS, hidden=4, embedding=3, **options))
    free, controlled = models
    for (name, ours), (_, theirs) in zip(free.named_parameters(), controlled.named_parameters(), strict=True):
        assert torch.equal(ours, theirs), name
    source, lengths, inputs = sentences()
    _, weights = controlled(source, lengths, inputs)
    last = torch.nn.functional.one_hot(lengths - 1, source.size(1)).float()
    assert torch.equal(weights, last[:, None].expand_as(weights))


def test_concat_and_additive_are_one_model_under_two_names():
    concat, additive = (
        make({"kind": "gru", "attention": {"score": name}}) for name in ("concat", "additive")
    )
    assert torch.equal(concat(*sentences()).logits, additive(*sentences()).logits)


def test_dot_product_attention_adds_no_parameters_but_those_of_the_tanh_layer():
    sizes = {"source_vocabulary": 7, "target_vocabulary": 6, "hidden": 4, "embedding": 3}
    plain = build(**sizes)
    attentive = build(**sizes, attention={"input_feeding": False})
    names = {name for name, _ in attentive.named_parameters()} - {
        name for name, _ in plain.named_parameters()
    }
    assert names == {"decoder.attentional.weight", "decoder.attentional.bias"}


@pytest.mark.parametrize("query", ["current", "previous"])
@pytest.mark.parametrize("input_feeding", [True, False])
def test_all_look_ups_are_one_product_exactly_where_no_step_needs_the_one_before(
    monkeypatch, query, input_feeding
):
    queries = []

    def counted(query, *args, **options):
        queries.append(query.size(1))
        return attend(query, *args, **options)

    attend = attention_decoder.attend
    monkeypatch.setattr(attention_decoder, "attend", counted)
    make({"kind": "gru", "attention": {"query": query, "input_feeding": input_feeding}})(*sentences(steps=4))
    assert queries == ([4] if query == "current" and not input_feeding else [1, 1, 1, 1])


@pytest.mark.parametrize("context", ["start", "every"])
def test_a_decoder_without_attention_knows_the_context_vector_and_nothing_else(context):
    model = make({"kind": "lstm", "context": context})
    source, lengths, inputs = sentences()
    states, final = model.encoder(source, lengths)
    mask = torch.ones_like(source, dtype=torch.bool)
    expected = model(source, lengths, inputs).logits
    nothing = torch.full_like(states, math.nan)
    assert torch.equal(model.decoder(model.decoder.start(nothing, ~mask, final), inputs).logits, expected)
    assert torch.equal(model.encode(source, lengths).cell[1], final[1])  # the pair, as a pair


def test_the_context_is_read_at_every_step_only_where_that_is_asked_for():
    for context, depends in (("start", False), ("every", True)):
        decoder = make({"kind": "gru", "context": context}).decoder
        state, vector = torch.zeros(1, 4, dtype=torch.float64), torch.ones(1, 4, dtype=torch.float64)
        states, mask = vector[:, None], torch.ones(1, 1, dtype=torch.bool)
        steps = [
            decoder.step(torch.tensor([1]), decoder.start(states, mask, (final,))._replace(cell=(state,)))[0]
            for final in (state, vector)
        ]
        assert torch.equal(*steps) != depends


def test_selected_sentences_go_on_as_they_would_have():
    for options in COMBINATIONS[::7]:
        model = make(options)
        source, lengths, inputs = sentences()
        _, _, state = model.decoder.step(inputs[:, 0], model.encode(source, lengths))
        rows = torch.tensor([2, 0, 0])
        logits, weights, _ = model.decoder.step(inputs[:, 1], state)
        chosen, chosen_weights, _ = model.decoder.step(inputs[rows, 1], state.select(rows))
        close(chosen, logits[rows])
        if weights is not None:
            close(chosen_weights, weights[rows])


@pytest.mark.parametrize(("kind", "gates"), [("lstm", slice(4, 8)), ("gru", slice(4, 8))])
def test_the_forget_bias_reaches_the_gate_that_keeps_in_encoder_and_decoder(kind, gates):
    model = build(7, 6, kind=kind, hidden=4, forget_bias=2.5)
    for cell in (model.encoder.recurrent.cell, model.decoder.cell):
        assert torch.equal((cell.input_bias + cell.hidden_bias)[gates], torch.full((4,), 2.5))


def test_the_defaults_of_build_are_those_of_the_attention_decoder():
    parameters = inspect.signature(AttentionDecoder).parameters
    defaults = {
        name: parameter.default
        for name, parameter in parameters.items()
        if parameter.default is not parameter.empty
    }
    assert build(7, 6, attention={}).config["attention"] == defaults == ATTENTION


def test_a_config_is_not_changed_by_its_model_nor_the_other_way_round():
    switches = {"score": "general"}
    model = build(7, 6, attention=switches)
    switches["score"] = "dot"
    assert model.config["attention"]["score"] == "general"
    assert build(7, 6).config["attention"] is None
    assert Seq2Seq(model.encoder, model.decoder).config is None


# What the arguments must be.


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"kind": "transformer"}, ValueError, "kind must be one of 'rnn', 'lstm', 'gru', got 'transformer'"),
        ({"hidden": 0}, ValueError, "hidden must be at least 1, got 0"),
        ({"hidden": 4.0}, TypeError, "hidden must be an integer, got float"),
        ({"embedding": True}, TypeError, "embedding must be an integer, got bool"),
        ({"source_vocabulary": -1}, ValueError, "vocabulary_size must be at least 1, got -1"),
        ({"target_vocabulary": "6"}, TypeError, "vocabulary_size must be an integer, got str"),
        ({"context": "never"}, ValueError, "context must be one of 'start', 'every', got 'never'"),
        ({"context": "every", "attention": {}}, ValueError, 'context must be "start" with attention'),
        ({"bidirectional": 1}, TypeError, "bidirectional must be True or False, got 1"),
        ({"bidirectional": True, "hidden": 5}, ValueError, "hidden must be even for a bidirectional encoder"),
        ({"kind": "rnn", "forget_bias": 1.0}, ValueError, "forget_bias must be None for an rnn"),
        ({"attention": "dot"}, TypeError, "attention must be a dict of switches or None, got 'dot'"),
        ({"attention": {"scores": "dot"}}, ValueError, "attention has no switch 'scores', only score, query"),
        ({"attention": {"score": "cosine"}}, ValueError, "score must be one of 'dot', 'general', 'concat'"),
        ({"attention": {"score": None}}, ValueError, "score must be one of .* got None"),
        ({"attention": {"query": "next"}}, ValueError, "query must be one of 'current', 'previous'"),
        ({"attention": {"tanh_layer": 0}}, TypeError, "tanh_layer must be True or False, got 0"),
        ({"attention": {"input_feeding": "no"}}, TypeError, "input_feeding must be True or False, got 'no'"),
        ({"attention": {"last_state_control": None}}, TypeError, "last_state_control must be True or False"),
    ],
)
def test_a_bad_option_is_named(options, error, message):
    with pytest.raises(error, match=message):
        build(**{"source_vocabulary": 7, "target_vocabulary": 6, **options})


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        ({"source": torch.zeros(3, 5)}, TypeError, "source must be integers"),
        ({"source": torch.zeros(3, dtype=torch.long)}, ValueError, r"source must have shape \(batch, steps"),
        ({"source": torch.zeros(3, 0, dtype=torch.long)}, ValueError, r"steps >= 1\), got \(3, 0\)"),
        ({"source": torch.full((3, 5), 7)}, ValueError, "source must lie between 0 and 6"),
        ({"source": torch.full((3, 5), -1)}, ValueError, "source must lie between 0 and 6"),
        ({"source": torch.ones(2, 5).long()}, ValueError, "source and target_inputs must hold as many"),
        ({"source_lengths": torch.tensor([3, 5, 0])}, ValueError, "lengths must lie between 1 and 5"),
        ({"source_lengths": torch.tensor([3, 6, 1])}, ValueError, "lengths must lie between 1 and 5"),
        ({"source_lengths": torch.tensor([3, 5])}, ValueError, r"lengths must have shape \(3,\)"),
        ({"source_lengths": torch.ones(3)}, TypeError, "lengths must be integers"),
        ({"target_inputs": torch.zeros(3, 4)}, TypeError, "target_inputs must be integers"),
        ({"target_inputs": torch.zeros(3, 4, 1).long()}, ValueError, "target_inputs must have shape"),
        ({"target_inputs": torch.full((3, 4), 6)}, ValueError, "target_inputs must lie between 0 and 5"),
    ],
)
@pytest.mark.parametrize("attention", [None, {}])
def test_a_bad_batch_is_refused_by_name(attention, wrong, error, message):
    batch = dict(zip(("source", "source_lengths", "target_inputs"), sentences(), strict=True))
    with pytest.raises(error, match=message):
        make({"kind": "gru", "attention": attention})(**(batch | wrong))


def test_parts_that_do_not_fit_are_refused():
    encoder = Encoder(7, 3, Recurrent(GRUCell(3, 4)))
    with pytest.raises(TypeError, match="recurrent must be a Recurrent, got GRUCell"):
        Encoder(7, 3, GRUCell(3, 4))
    with pytest.raises(ValueError, match=r"recurrent must have the input width 3, .* got 2"):
        Encoder(7, 3, Recurrent(GRUCell(2, 4)))
    with pytest.raises(TypeError, match="cell must be a Cell, got GRUCell"):
        Decoder(6, 3, torch.nn.GRUCell(3, 4))
    with pytest.raises(ValueError, match=r"cell must have the input_width 3 \+ 4 .* got 3"):
        Decoder(6, 3, GRUCell(3, 4), context="every")
    with pytest.raises(ValueError, match=r"cell must have the input_width 3 \+ 8 .* got 3"):
        AttentionDecoder(6, 3, GRUCell(3, 4), query="previous")
    with pytest.raises(ValueError, match="states of one width, got 4 and 5"):
        Seq2Seq(encoder, Decoder(6, 3, GRUCell(3, 5)))
    with pytest.raises(ValueError, match="both have a cell state or neither, got GRUCell and LSTMCell"):
        Seq2Seq(encoder, Decoder(6, 3, LSTMCell(3, 4)))
    with pytest.raises(TypeError, match="encoder must be an Encoder, got Recurrent"):
        Seq2Seq(Recurrent(GRUCell(3, 4)), Decoder(6, 3, GRUCell(3, 4)))
    with pytest.raises(TypeError, match="decoder must be a Decoder or AttentionDecoder, got GRUCell"):
        Seq2Seq(encoder, GRUCell(3, 4))
    Seq2Seq(encoder, Decoder(6, 3, RNNCell(3, 4)))  # cells of two kinds are no error: their states fit
