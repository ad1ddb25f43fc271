"""A translator takes text and gives text, comes back from its file as it was; the shipped ones are good."""

from __future__ import annotations

import math
import re

import pytest
import torch

from whyattention import seq2seq, weights
from whyattention.corpus import grammar_vocabularies, sample_pairs, translate
from whyattention.experiments.sweeps import SWEEPS
from whyattention.pairs import Pair, split_of
from whyattention.training import History
from whyattention.transformer import Transformer
from whyattention.translator import LONGEST, MODELS, Translator
from whyattention.translator_training import evaluate, train_translator
from whyattention.vocabulary import Vocabulary

WORDS = Vocabulary(["i", "am", "happy", "?"]), Vocabulary(["je", "suis", "heureux", "?"])


@pytest.fixture(scope="module")
def attention():
    return Translator.shipped("attention")


@pytest.fixture(scope="module")
def control():
    return Translator.shipped("control")


def make(knows_unknown=False, **options):
    torch.manual_seed(0)
    model = seq2seq.build(8, 8, hidden=4, embedding=3, **({"attention": {}} | options))
    return Translator(model, *WORDS, longest_source=3, knows_unknown=knows_unknown, training={"seed": 0})


# -- the shipped translators


HELD_OUT = [
    ("i am a student", "je suis étudiant"),
    ("we read an old book", "nous lisons un vieux livre"),
    ("the red car is big", "la voiture rouge est grande"),
    ("we are not tired", "nous ne sommes pas fatigués"),
    ("the girl is a teacher", "la fille est professeure"),
    ("i do not like the old dog", "je n'aime pas le vieux chien"),
    ("the old man sees the small happy woman", "le vieil homme voit la petite femme heureuse"),
    ("she is a doctor and they eat an apple", "elle est médecin et ils mangent une pomme"),
    (
        "a tired young teacher does not like the small green tree",
        "un jeune professeur fatigué n'aime pas le petit arbre vert",
    ),
]


@pytest.mark.parametrize(("english", "french"), HELD_OUT)
def test_the_shipped_translator_gets_sentences_right_that_it_has_not_met(attention, english, french):
    assert all(split_of(clause.split()) == "test" for clause in english.split(" and "))
    assert str(translate(english)) == f"{english} → {french}"
    rendering = attention.translate(english)
    assert rendering.text == french
    assert rendering.notes == ()
    # A margin for other processors: no other answer is nearly as likely.
    assert rendering.log_probability > math.log(0.6)


def test_the_shipped_translator_is_right_on_almost_all_test_sentences(attention):
    quality = evaluate(attention, sample_pairs(400, seed=17, split="test"))
    assert quality.exact_match > 0.97
    assert quality.token_accuracy > 0.98
    assert quality.bleu > 98
    assert quality.alignment_error_rate < 0.08


def test_without_the_look_up_the_same_model_is_worse_and_worse_with_length(attention, control):
    ours, theirs = attention.model.config, control.model.config
    assert theirs["attention"] == ours["attention"] | {"last_state_control": True}
    assert {**ours, "attention": None} == {**theirs, "attention": None}
    short, long = (sample_pairs(200, 5, "test", *lengths) for lengths in ((3, 5), (10, 12)))
    assert evaluate(control, short).exact_match > 0.85
    assert evaluate(control, long).exact_match < 0.7 < 0.95 < evaluate(attention, long).exact_match


@pytest.mark.parametrize("name", ["attention", "control"])
def test_a_shipped_file_is_small_and_says_which_command_made_it(name):
    path = MODELS / f"{name}.safetensors"
    assert path.stat().st_size < 600_000
    training = Translator.shipped(name).training
    assert f"`{training['command']} --out {path.name}`" in (MODELS / "README.md").read_text("utf-8")
    assert training["pairs"]["name"] == "grammar"
    assert training["versions"].keys() == {"whyattention", "torch", "python"}


@pytest.mark.parametrize("name", ["attention", "control"])
def test_the_figures_beside_the_shipped_files_are_theirs(name):
    figures = Translator.shipped(name).training["held_out"]
    lines = (MODELS / "README.md").read_text("utf-8").splitlines()
    row = next(line for line in lines if line.startswith(f"| {name} |"))
    rate = figures["alignment_error_rate"]
    expected = [f"{figures['token_accuracy']:.3f}", f"{figures['exact_match']:.3f}", f"{figures['bleu']:.1f}"]
    assert re.findall(r"\d+\.\d+", row)[:4] == [*expected, f"{rate:.3f}"]


def test_an_unknown_shipped_name_is_answered_with_those_that_are_there():
    with pytest.raises(ValueError, match="one of attention, control, self_attention, got 'transformer'"):
        Translator.shipped("transformer")


# -- reading and writing sentences


@pytest.mark.parametrize(
    ("sentence", "text"),
    [
        ("i am a student", "je suis étudiant"),
        ("I am a student", "Je suis étudiant"),
        ("I AM A STUDENT.", "Je suis étudiant."),
        ("  i am\ta student !  ", "je suis étudiant !"),
        ("i am a student...", "je suis étudiant."),
    ],
)
def test_capital_and_final_mark_are_those_of_the_sentence(attention, sentence, text):
    assert attention.translate(sentence).text == text


def test_a_final_mark_that_the_model_knows_is_read():
    translator = make()
    assert translator.read("I am happy?") == ("i", "am", "happy", "?")
    assert translator.read("I am happy!") == ("i", "am", "happy")


@pytest.mark.parametrize("sentence", ["", "  \t", "...", "?!.", "\u200b"])
def test_an_empty_sentence_is_refused(attention, sentence):
    with pytest.raises(ValueError, match=r"empty|does not know"):
        attention.translate(sentence)


def test_unknown_words_are_named_each_once_and_not_without_end(attention):
    with pytest.raises(ValueError, match=r"does not know 'zebra', 'quagga', and has not learned"):
        attention.translate("a zebra is a quagga and a zebra")
    with pytest.raises(ValueError, match=r"'w4' and 15 more, and"):
        attention.translate(" ".join(f"w{number}" for number in range(20)))


def test_a_model_that_has_met_unknown_words_reads_them_and_says_so():
    rendering = make(knows_unknown=True).translate("I am hungry")
    assert rendering.source == ("i", "am", "hungry")
    assert rendering.notes[0] == "read as unknown words: 'hungry'"


def test_a_sentence_longer_than_those_of_training_is_translated_with_a_note(attention):
    sentence = "i am a student and she is happy and he reads a book"
    (note,) = attention.translate(sentence).notes
    assert note == "13 words, but training ended at 12: expect mistakes"


def test_a_sentence_without_end_is_refused(attention):
    assert attention.read(" ".join(["cat"] * LONGEST))
    with pytest.raises(ValueError, match=f"too long: {LONGEST + 1} words, and at most {LONGEST}"):
        attention.translate(" ".join(["cat"] * (LONGEST + 1)))


def test_an_answer_that_does_not_end_says_so():
    translator = make()
    with torch.no_grad():
        translator.model.decoder.prediction.bias[2] = -100  # never the end
    assert translator.translate("i am happy").notes == ("cut off: the model did not come to an end",)


def test_weights_have_a_row_for_each_word_and_sum_to_one(attention):
    rendering = attention.translate("The red car is not big.")
    assert rendering.weights.shape == (len(rendering.target), len(rendering.source)) == (7, 6)
    torch.testing.assert_close(rendering.weights.sum(1), torch.ones(7))
    assert rendering.weights[rendering.target.index("rouge")].argmax() == 1  # red


def test_a_batch_is_translated_as_one_by_one(attention):
    sentences = [pair.source for pair in sample_pairs(20, seed=3, split="test")]
    together = attention.translate_words(sentences)
    for words, rendering in zip(sentences, together, strict=True):
        alone = attention.translate(" ".join(words))
        assert alone.target == rendering.target
        torch.testing.assert_close(alone.weights, rendering.weights, atol=1e-5, rtol=1e-4)


def test_a_wider_beam_finds_nothing_less_likely_here_and_a_beam_below_one_is_refused(attention, control):
    for translator in (attention, control):
        one, four = (translator.translate("we do not see the small bird", beam=beam) for beam in (1, 4))
        assert four.log_probability >= one.log_probability - 1e-5
    with pytest.raises(ValueError, match="beam must be"):
        attention.translate("i am happy", beam=0)


# -- files


def test_a_translator_comes_back_from_its_file_as_it_was(tmp_path):
    path = tmp_path / "t.safetensors"
    translator = make(knows_unknown=True)
    translator.save(path)
    again = Translator.load(path)
    assert again.model.config == translator.model.config
    assert (again.source_vocabulary, again.target_vocabulary) == WORDS
    assert (again.longest_source, again.knows_unknown, again.training) == (3, True, {"seed": 0})
    ours, theirs = translator.translate("i am happy"), again.translate("i am happy")
    assert (ours.text, ours.log_probability) == (theirs.text, theirs.log_probability)
    assert not any(parameter.is_meta for parameter in again.model.parameters())


def test_loading_leaves_the_random_numbers_as_they_were(tmp_path):
    make().save(tmp_path / "t.safetensors")
    torch.manual_seed(3)
    expected = torch.rand(3)
    torch.manual_seed(3)
    Translator.load(tmp_path / "t.safetensors")
    assert torch.equal(torch.rand(3), expected)


def test_a_file_is_not_replaced(tmp_path):
    path = tmp_path / "t.safetensors"
    path.write_text("mine")
    with pytest.raises(FileExistsError, match=r"t\.safetensors"):
        make().save(path)
    assert path.read_text() == "mine"


def _change(entry, value):
    def change(config):
        config["translator"][entry] = value

    return change


@pytest.mark.parametrize(
    "change",
    [
        lambda config: config.clear(),
        _change("source_words", ["i", "i", "am", "happy"]),
        _change("source_words", ["i"]),
        _change("target_words", 7),
        _change("longest_source", "three"),
        _change("model", {"source_vocabulary": 8, "target_vocabulary": 8, "hidden": -1}),
        _change("model", {"source_vocabulary": 8, "target_vocabulary": 8, "hidden": 10**6}),
        _change("model", {"heads": 8}),
        _change("model", [8, 8]),
        lambda config: config.update(training=[1]),
        lambda config: config.update(translator="translator"),
    ],
)
def test_a_file_with_other_options_is_refused_by_its_name(tmp_path, change):
    path = tmp_path / "t.safetensors"
    make().save(path)
    model, config = weights.load(path, lambda config: make().model)
    change(config)
    weights.save(path, model, config, overwrite=True)
    with pytest.raises(ValueError, match=r"t\.safetensors"):
        Translator.load(path)


def test_parts_that_do_not_fit_are_refused():
    model = make().model
    with pytest.raises(ValueError, match="target_vocabulary must have the 8 words of the model, got 4"):
        Translator(model, WORDS[0], Vocabulary([]), longest_source=3)
    model.config = None
    with pytest.raises(ValueError, match=r"seq2seq\.build"):
        Translator(model, *WORDS, longest_source=3)


# -- training


PARTS = {
    "train": sample_pairs(60, 0, "train", max_length=4),
    "validation": sample_pairs(10, 0, "validation", max_length=4),
}


def test_two_trainings_from_one_seed_write_the_same_bytes_and_another_seed_others(tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        history = History()
        options = {"hidden": 8, "embedding": 4, "steps": 5, "batch_size": 8, "attention": {}}
        trained = train_translator(PARTS, grammar_vocabularies(), **options, seed=seed, history=history)
        assert history.steps == 5
        assert history.validated_at == [5]
        trained.save(tmp_path / name)
    a, b, c = ((tmp_path / name).read_bytes() for name in "abc")
    assert a == b != c


def test_training_remembers_whether_it_met_unknown_words_and_how_long_sentences_were():
    options = {"hidden": 4, "embedding": 3, "steps": 1, "attention": None}
    known = train_translator(PARTS, grammar_vocabularies(), **options)
    assert (known.knows_unknown, known.longest_source, known.has_weights) == (False, 4, False)
    few = Vocabulary(["a"]), grammar_vocabularies()[1]
    assert train_translator(PARTS, few, **options).knows_unknown


def test_training_and_evaluation_need_pairs():
    with pytest.raises(ValueError, match="at least one pair for validation"):
        train_translator({**PARTS, "validation": []}, grammar_vocabularies())
    with pytest.raises(ValueError, match="at least one pair, got none"):
        evaluate(make(), [])


def test_alignments_are_measured_only_where_there_are_weights_and_gold_links(attention):
    unlinked = [Pair(("i", "am", "happy"), ("je", "suis", "heureux"))]
    assert evaluate(attention, unlinked).alignment_error_rate is None
    assert evaluate(make(attention=None), unlinked).alignment_error_rate is None
    assert evaluate(attention, [translate("i am happy")]).alignment_error_rate == 0


# -- self-attention


@pytest.fixture(scope="module")
def self_attention():
    return Translator.shipped("self_attention")


@pytest.mark.parametrize(("english", "french"), HELD_OUT)
def test_the_shipped_self_attention_gets_sentences_right_that_it_has_not_met(self_attention, english, french):
    assert self_attention.translate(english).text == french


def test_within_the_trained_lengths_it_is_as_good_and_beyond_them_worse_than_the_recurrence(
    attention, self_attention
):
    within, beyond = (sample_pairs(300, 5, "test", *lengths) for lengths in ((3, 12), (13, 16)))
    assert evaluate(self_attention, within).exact_match > 0.96
    assert evaluate(self_attention, beyond).token_accuracy < evaluate(attention, beyond).token_accuracy - 0.1


def test_the_shipped_self_attention_is_the_transformer_of_the_sweep(self_attention):
    settings = next(row for row in SWEEPS["self_attention"].rows if row.label == "self-attention").settings
    config = self_attention.model.config
    assert {name: config[name] for name in ("width", "heads")} == {
        name: settings["model"][name] for name in ("width", "heads")
    }
    assert (config["layers"], config["positions"]) == (1, "sinusoidal")
    command = self_attention.training["command"]
    assert command.endswith(f"--learning-rate {settings['learning_rate']} --self-attention --steps 3000")
    assert settings["steps"] == 3000


def test_its_file_is_small_and_says_which_command_made_it_and_its_figures_stand_beside_it(self_attention):
    path = MODELS / "self_attention.safetensors"
    assert path.stat().st_size < 400_000
    readme = (MODELS / "README.md").read_text("utf-8")
    assert f"`{self_attention.training['command']} --out {path.name}`" in readme
    assert self_attention.training["versions"].keys() == {"whyattention", "torch", "python"}
    figures = self_attention.training["held_out"]
    row = next(line for line in readme.splitlines() if line.startswith("| self_attention |"))
    expected = [f"{figures['token_accuracy']:.3f}", f"{figures['exact_match']:.3f}", f"{figures['bleu']:.1f}"]
    assert re.findall(r"\d+\.\d+", row) == [*expected, f"{figures['alignment_error_rate']:.3f}"]


def test_a_transformer_comes_back_from_its_file_as_it_was(tmp_path):
    torch.manual_seed(0)
    model = Transformer(8, 8, width=4, heads=2)
    Translator(model, *WORDS, longest_source=3).save(tmp_path / "t.safetensors")
    again = Translator.load(tmp_path / "t.safetensors")
    assert again.model.config == model.config
    assert again.has_weights
    assert all(torch.equal(again.model.state_dict()[name], one) for name, one in model.state_dict().items())


def test_a_transformer_in_int8_translates_alike(self_attention):
    rounded = self_attention.in_int8()
    assert rounded.model.config == self_attention.model.config
    for english, french in HELD_OUT:
        assert rounded.translate(english).text == french


def test_a_transformer_is_trained_with_the_options_that_are_named():
    options = {"steps": 2, "batch_size": 8, "self_attention": {"width": 8, "heads": 2, "layers": 2}}
    a, b = (train_translator(PARTS, grammar_vocabularies(), **options, seed=seed) for seed in (1, 1))
    assert {"width": 8, "heads": 2, "layers": 2}.items() <= a.model.config.items()
    assert all(torch.equal(b.model.state_dict()[name], one) for name, one in a.model.state_dict().items())
