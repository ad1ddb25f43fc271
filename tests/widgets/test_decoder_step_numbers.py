"""DecoderStep computes what PyTorch computes, with its own weights and with any others."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.widgets.held import hold
from whyattention.batches import BOS, EOS
from whyattention.corpus import sample_pairs
from whyattention.translator import Translator
from whyattention.widgets import DecoderStep
from whyattention.widgets.decoder_step import SENTENCES, TOLERANCE, moments
from whyattention.widgets.decoder_step_fallback import ranked, share
from whyattention.widgets.translators import translators

POOL = SENTENCES + [" ".join(pair.source) for pair in sample_pairs(80, seed=5, split="test")]
PARTS = ("s", "scores", "weights", "value", "joined", "attentional", "logits")
SHARE = st.one_of(st.just(0.0), st.just(1.0), st.floats(0, 1))

# show(state) sets the traits, and says what the figure then shows.
DRIVER = """
() => {
  const all = (selector, read) => [...document.querySelectorAll(selector)].map(read);
  const values = (selector) => all(selector, (one) => Number(one.value));
  const vectors = (name) => all(`.wa-decoder-${name}-numbers`, (one) => one.value.split(" ").map(Number));
  const words = (list) => all(`.wa-decoder-${list}-words li:not([hidden])`, (one) => one.textContent);
  const strips = ["s", "value", "joined", "attentional", "logits"];
  const read = () => ({
    ...Object.fromEntries(strips.map((name) => [name, vectors(name)[0]])),
    scores: values("data.wa-decoder-score"), weights: values("data.wa-decoder-weight"),
    states: vectors("state"), guesses: all("[data-word]", (one) => one.dataset.word),
    probabilities: values(".wa-decoder-guesses .wa-decoder-p"),
    own: values(".wa-decoder-guesses .wa-decoder-own-p"),
    ownWords: words("own"), yourWords: words("your"),
    message: document.querySelector(".wa-message").textContent,
  });
  window.show = async (next) => {
    held.change(next);
    await Promise.resolve();
    return read();
  };
}
"""


@pytest.fixture(scope="module")
def show(browser):
    page = browser.new_page()
    page.goto("data:text/html,<title>empty</title>")
    hold(page, DecoderStep(), {"translators": translators()})
    page.locator(".wa-decoder-body:visible").wait_for()
    page.evaluate(DRIVER)
    yield lambda state: page.evaluate("(state) => show(state)", state)
    page.close()


@pytest.fixture(scope="module")
def translator() -> Translator:
    return Translator.shipped().in_int8()


@st.composite
def steps(draw):
    """A sentence, a step of its translation, and weights or None."""
    sentence = draw(st.sampled_from(POOL))
    t = draw(st.integers(1, len(moments(sentence))))
    count = len(sentence.split())
    shares = draw(st.none() | st.lists(SHARE, min_size=count, max_size=count).filter(lambda w: sum(w) > 1e-3))
    override = shares and [share / math.fsum(shares) for share in shares]
    return {"sentence": sentence, "t": t, "piece": draw(st.integers(0, 5)), "override": override}


@torch.no_grad()
def by_pytorch(translator, sentence, t, override):
    """The tensors of step t by the library's own modules, and the words from there on."""
    decoder, words = translator.model.decoder, sentence.split()
    source = torch.tensor([translator.source_vocabulary.encode(words)])
    state, token = translator.model.encode(source, torch.tensor([len(words)])), BOS
    for _ in range(t - 1):
        logits, _, state = decoder.step(torch.tensor([token]), state)
        token = int(logits[0].argmax())
    (h, _), (_, _, after) = state.memory, decoder.step(torch.tensor([token]), state)
    h, s = h[0], after.cell[0][0]
    scores = h @ s
    weights = scores.softmax(0) if override is None else torch.tensor(override)
    value = weights @ h
    joined = torch.cat([value, s])
    attentional = decoder.attentional(joined).tanh()
    logits = decoder.prediction(attentional)
    after, rest = after._replace(fed=attentional[None]), [int(logits.argmax())]
    while rest[-1] != EOS and t + len(rest) <= 2 * len(words) + 10:
        following, _, after = decoder.step(torch.tensor(rest[-1:]), after)
        rest.append(int(following[0].argmax()))
    names = [translator.target_vocabulary.words[number] for number in rest]
    return dict(zip(PARTS, (s, scores, weights, value, joined, attentional, logits), strict=True)), h, names


@settings(max_examples=60)
@given(steps())
def test_every_tensor_on_the_page_is_pytorchs(show, translator, state):
    page = show(state)
    assert page["message"] == ""
    tensors, h, names = by_pytorch(translator, state["sentence"], state["t"], state["override"])
    torch.testing.assert_close(torch.tensor(page["states"], dtype=h.dtype), h, rtol=0, atol=1e-4)
    for part, tensor in tensors.items():
        found = torch.tensor(page[part], dtype=tensor.dtype)
        torch.testing.assert_close(
            found, tensor, rtol=0, atol=1e-4, msg=lambda why, part=part: f"{part}: {why}"
        )
    probabilities = tensors["logits"].softmax(0)
    for word, p in zip(page["guesses"], page["probabilities"], strict=False):
        number = translator.target_vocabulary.words.index(word)
        assert p == pytest.approx(float(probabilities[number]), abs=1e-4)
    assert math.fsum(page["probabilities"]) == pytest.approx(1, abs=1e-9)
    assert math.fsum(page["own"]) == pytest.approx(1, abs=1e-9)
    # Which word follows is not settled by rounding: the two best are seldom closer than 1e-3.
    best = probabilities.topk(2).values
    if state["override"] and best[0] - best[1] > 1e-3:
        assert page["yourWords"][state["t"] - 1] == ("the end" if names[0] == "<eos>" else names[0])


# In the last three, the next word is another one without what the step has fed.
@pytest.mark.parametrize(
    ("sentence", "t", "i"),
    [(0, 4, 8), (0, 2, 0), (1, 6, 0), (1, 7, 1), (2, 2, 2), (2, 6, 1), (0, 2, 3), (0, 2, 8), (0, 1, 4)],
)
def test_the_translation_goes_on_from_the_weights_set_by_hand(show, translator, sentence, t, i):
    sentence = SENTENCES[sentence]
    override = [float(i == j) for j in range(len(sentence.split()))]
    _, _, names = by_pytorch(translator, sentence, t, override)
    page = show({"sentence": sentence, "t": t, "piece": 5, "override": override})
    ours = [*page["ownWords"][: t - 1], *("the end" if name == "<eos>" else name for name in names)]
    assert page["yourWords"] == ours
    assert page["yourWords"] != page["ownWords"]


@settings(max_examples=20)
@given(steps())
def test_the_plain_python_of_the_fallback_agrees(translator, state):
    tensors, _, _ = by_pytorch(translator, state["sentence"], state["t"], state["override"])
    widget = DecoderStep(**state)
    for part, tensor in tensors.items():
        assert getattr(widget.shown.found, part) == pytest.approx(tensor.tolist(), abs=1e-4)
    probabilities = tensors["logits"].softmax(0)
    assert widget.shown.probabilities == pytest.approx(probabilities.tolist(), abs=1e-4)


# ---- the rule by which one weight moves and the others follow ----
WEIGHTS = st.lists(SHARE, min_size=1, max_size=12)


@st.composite
def moves(draw):
    weights = draw(WEIGHTS)
    total = math.fsum(weights)
    weights = [weight / total for weight in weights] if total > 1e-9 else [0.0] * len(weights)
    return weights, draw(st.integers(0, len(weights) - 1)), draw(st.floats(0, 1))


@settings(max_examples=150)
@given(moves())
def test_weights_stay_weights_and_the_moved_one_is_as_asked(javascript, move):
    weights, i, asked = move
    after = javascript("decoder_step_state", "renormalized", weights, i, asked)
    assert math.fsum(after) == pytest.approx(1, abs=1e-12)
    assert min(after) >= 0
    assert after[i] == (asked if len(weights) > 1 else 1)


@settings(max_examples=150)
@given(moves())
def test_the_others_keep_their_proportions(javascript, move):
    weights, i, asked = move
    after = javascript("decoder_step_state", "renormalized", weights, i, asked)
    others = [j for j in range(len(weights)) if j != i]
    total = math.fsum(weights[j] for j in others)
    for j in others:
        part = weights[j] / total if total > 0 else 1 / len(others)
        assert after[j] == pytest.approx((1 - asked) * part, abs=1e-12)


@pytest.mark.parametrize(("asked", "kept"), [(-3, 0), (7, 1), (1e308, 1)])
def test_what_is_asked_is_cut_to_what_a_weight_can_be(javascript, asked, kept):
    after = javascript("decoder_step_state", "renormalized", [0.2, 0.3, 0.5], 1, asked)
    assert after[1] == kept
    assert math.fsum(after) == pytest.approx(1, abs=1e-15)


def test_where_all_others_are_zero_they_share_alike(javascript):
    after = javascript("decoder_step_state", "renormalized", [0, 1, 0, 0], 1, 0.25)
    assert after == [0.25, 0.25, 0.25, 0.25]


@given(st.integers(1, 12), st.data())
def test_even_and_one_sided_weights_are_weights(javascript, count, data):
    i = data.draw(st.integers(0, count - 1))
    assert javascript("decoder_step_state", "evenly", count) == [1 / count] * count
    one_sided = javascript("decoder_step_state", "allOn", count, i)
    assert (one_sided[i], math.fsum(one_sided)) == (1, 1)


# ---- what both languages say alike ----
@given(st.lists(st.floats(0, 1), min_size=7, max_size=20, unique=True), st.randoms())
def test_the_words_that_are_shown_are_the_same(javascript, own, random):
    shown = random.sample(own, len(own))
    assert javascript("decoder_step_state", "ranked", own, shown) == ranked(own, shown)


@given(st.one_of(st.floats(0, 1), st.sampled_from([0, 1, 0.0005, 0.9995, 1e-12])))
def test_a_share_is_written_the_same(javascript, number):
    theirs = javascript("decoder_step_state", "share", number).replace("\u00a0", " ")
    # toFixed and Python round a tie in the fourth place each in its own way.
    assert theirs == share(number) or abs(number * 1000 % 1 - 0.5) < 1e-9


@pytest.mark.parametrize(
    "override",
    [
        [],
        [1.0],
        [0.5] * 4,
        [0.25, 0.25, 0.25, 0.2],
        [-0.5, 0.5, 0.5, 0.5],
        [1 + 2 * TOLERANCE, 0, 0, 0],
        "abcd",
        1,
    ],
)
def test_both_languages_refuse_the_same_weights(javascript, override):
    prepared = {"words": ["i", "am", "a", "student"], "steps": [0] * 4}
    state = {"t": 1, "piece": 0, "override": override}
    assert javascript("decoder_step_state", "stateProblem", prepared, state)
    with pytest.raises(ValueError, match="override"):
        DecoderStep("i am a student", override=override)


@pytest.mark.parametrize(
    "override", [None, [1, 0, 0, 0], [0.25] * 4, [0.25, 0.25, 0.25, 0.25 + TOLERANCE / 2]]
)
def test_both_languages_take_the_same_weights(javascript, override):
    prepared = {"words": ["i", "am", "a", "student"], "steps": [0] * 4}
    state = {"t": 1, "piece": 0, "override": override}
    assert javascript("decoder_step_state", "stateProblem", prepared, state) is None
    assert DecoderStep("i am a student", override=override).override == override
