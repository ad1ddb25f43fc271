"""The command `whyattention` answers, and says in one line and an exit code what it could not do."""

from __future__ import annotations

import io
import os
import pickle
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import safetensors.torch
import torch
from PIL import Image

from whyattention import cli, seq2seq, translator_training, weights
from whyattention.commands import CommandError, train
from whyattention.training import token_loss
from whyattention.translator import MODELS, Translator

STUDENT = "je suis étudiant\n"
TINY = ["--steps", "2", "--hidden", "4", "--embedding", "3", "--batch-size", "4"]


@pytest.fixture
def run(capsys, monkeypatch):
    """``run("translate", …, stdin=bytes)`` runs the command in this process: exit code, output, errors."""

    def call(*arguments, stdin=b""):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        code = cli.main(list(map(str, arguments)))
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


@pytest.fixture
def few_grammar(monkeypatch):
    monkeypatch.setattr(train, "GRAMMAR_PAIRS", {"train": 40, "validation": 4, "test": 4})


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def start(*arguments, **options):
    """Start the installed command in a process of its own."""
    program = [Path(sys.executable).with_name("whyattention")]
    return subprocess.Popen([*program, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, **options)


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def one_line(text):
    assert text.endswith("\n")
    assert text.count("\n") == 1
    return text


# -- the command itself


def test_the_installed_command_translates_and_is_utf8_whatever_the_terminal():
    environment = os.environ | {"LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    command = start("translate", "i am a student", stderr=subprocess.PIPE, env=environment)
    out, errors = command.communicate(timeout=60)
    assert (command.returncode, out, errors) == (0, STUDENT.encode(), b"")


def test_help_needs_no_torch():
    code = "import sys; from whyattention.cli import main; main(['--help']); sys.exit('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    for name in ("translate", "train", *map(str, cli.EXIT_CODES)):
        assert f"\n  {name} " in done.stdout


def test_every_command_on_offer_has_help_and_one_that_is_not_installed_is_not_on_offer(run, monkeypatch):
    for name in ("translate", "train", "assignments"):
        code, out, errors = run(name, "--help")
        assert (code, errors) == (0, "")
        assert out.startswith(f"usage: whyattention {name}")
    monkeypatch.setitem(cli.COMMANDS, "future", cli.Command("whyattention.future.far", "not there yet"))
    assert "future" not in run("--help")[1]
    code, _, errors = run("future")
    assert code == 2
    assert "invalid choice: 'future'" in one_line(errors)


def test_a_command_is_any_module_with_the_two_functions(run, monkeypatch, tmp_path):
    (tmp_path / "spoken.py").write_text(
        "def add_arguments(parser): parser.add_argument('--times', type=int)\n"
        "def run(options): print('word ' * options.times); return 7\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(cli.COMMANDS, "say", cli.Command("spoken", "say it"))
    assert run("say", "--times", "2") == (7, "word word \n", "")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["translat"], "invalid choice: 'translat'"),
        (["translate", "--beam", "0", "i am"], "argument --beam: expected an integer from 1 to 100, got '0'"),
        (
            ["translate", "--beam", "two", "i am"],
            "argument --beam: expected an integer from 1 to 100, got 'two'",
        ),
        (["translate", "--model", "a", "--control", "i am"], "not allowed with argument --model"),
        (["translate", "--colour", "i am"], "unrecognized arguments: --colour"),
        (["train", "--learning-rate", "nan"], "expected a number above 0, at most 1000, got 'nan'"),
        (["train", "--steps", "0"], "argument --steps: expected an integer from 1 on, got '0'"),
        (["train", "--hidden", "100000"], "argument --hidden: expected an integer from 1 to 4096"),
        (["train", "--seed", "-1"], "expected an integer from 0 to 2**32 - 1, got '-1'"),
        (["train", "--score", "cosine"], "invalid choice: 'cosine'"),
        (["train", "--control", "--no-attention"], "not allowed with argument --control"),
        (["train", "--hidden", "5"], "--hidden must be even, half for each direction, got 5"),
        (["train", "--longest", "2"], "--longest must be at least 3 for the grammar, got 2"),
    ],
)
def test_a_wrong_command_line_is_one_line_and_exit_code_2(run, folder, arguments, message):
    code, out, errors = run(*arguments)
    assert (code, out) == (2, "")
    assert message in one_line(errors)
    assert files(folder) == {}


def test_without_a_command_the_overview_is_shown(run):
    code, out, _ = run()
    assert code == 2
    assert "translate English sentences" in out


# -- translate


def test_arguments_are_translated_in_their_order(run):
    code, out, errors = run("translate", "i am a student", "We are not tired.")
    assert (code, out, errors) == (0, STUDENT + "Nous ne sommes pas fatigués.\n", "")


def test_lines_of_the_standard_input_are_translated_line_by_line(run):
    stdin = b"\xef\xbb\xbfi am a student\r\nthe red car is big\n"
    assert run("translate", stdin=stdin) == (0, STUDENT + "la voiture rouge est grande\n", "")


def test_what_cannot_be_translated_leaves_an_empty_line_and_a_reason(run):
    lines = [
        b"i am a student",
        b"",
        b"i am a zebra",
        "je suis \xe9tudiant".encode("latin-1"),
        b"i am\0 a student",
        b"cat " * 501,
        b"x" * 250_000,
        b"i am a student",
    ]
    code, out, errors = run("translate", stdin=b"\n".join(lines))
    assert code == 1
    assert out == STUDENT + "\n" * 6 + STUDENT
    told = [line.removeprefix("whyattention translate: ") for line in errors.splitlines()]
    assert told == [
        "line 2: nothing to translate: the sentence is empty",
        "line 3: the model does not know 'zebra', and has not learned what to do with unknown words",
        "line 4: expected UTF-8 text, got byte 0xe9 at column 9",
        "line 5: expected UTF-8 text, got a null character",
        "line 6: too long: 501 words, and at most 500 are read",
        "line 7: expected a sentence, got more than 100000 bytes",
    ]


def test_a_file_in_utf16_is_refused(run):
    code, out, errors = run("translate", stdin="i am a student\n".encode("utf-16"))
    assert code == 1
    assert out.strip() == ""
    assert "line 1: expected UTF-8 text, got byte 0xff at column 1" in errors


def test_an_argument_that_is_no_text_is_refused(run):
    code, out, errors = run("translate", "\udce9tudiant", "i am a student")
    assert (code, out) == (1, "\n" + STUDENT)
    assert "sentence 1: expected UTF-8 text" in one_line(errors)


def test_nothing_to_translate_is_an_error(run):
    code, out, errors = run("translate", stdin=b"")
    assert (code, out) == (2, "")
    assert "no sentence" in one_line(errors)


def test_a_long_sentence_is_translated_with_a_warning(run):
    code, out, errors = run("translate", "i am a student and i am a student and i am a student")
    assert code == 0
    assert out.startswith("je suis étudiant et")
    assert "14 words, but training ended at 12" in one_line(errors)


def test_beam_and_control_change_who_is_asked_and_how(run):
    sentence = "the woman eats a small red cake and we are old"
    expected = "la femme mange un petit gâteau rouge et nous sommes vieux\n"
    assert run("translate", "--beam", "3", sentence) == (0, expected, "")
    code, out, errors = run("translate", "--control", sentence)
    assert (code, errors) == (0, "")
    assert out == Translator.shipped("control").translate(sentence).text + "\n" != expected


@pytest.mark.parametrize("order", [("i am a student", "--heatmap"), ("--heatmap", "i am a student")])
def test_the_heatmap_is_a_table_below_the_translation(run, order):
    code, out, errors = run("translate", *order)
    assert (code, errors) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "je suis étudiant"
    assert lines[1].split() == ["i", "am", "a", "student"]
    rows = [line.split() for line in lines[2:5]]
    assert [row[0] for row in rows] == ["je", "suis", "étudiant"]
    for row in rows:
        numbers = [float(part) for part in row[1:] if part[0].isdigit()]
        assert sum(numbers) == pytest.approx(1, abs=0.03)


def test_the_heatmap_is_a_picture_if_a_name_is_given(run, folder):
    code, out, errors = run("translate", "i am a student", "--heatmap", "map.png")
    assert (code, out, errors) == (0, STUDENT, "")
    with Image.open("map.png") as picture:
        assert picture.size > (300, 200)
        assert "étudiant: most on student" in picture.text["Description"]
    assert list(files(folder)) == ["map.png"]
    before = files(folder)
    Path("map.png").rename("first.png")
    run("translate", "i am a student", "--heatmap", "map.png")
    assert files(folder)["map.png"] == before["map.png"]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["i am a student", "--heatmap", "there.png"], 4, "there.png exists and is not overwritten"),
        (["i am a student", "--heatmap", "no/map.png"], 4, "no: there is no such folder"),
        (["i am a student", "--heatmap", "map.pdf"], 2, "a name that ends in .png, got 'map.pdf'"),
        (["i am", "i am", "--heatmap", "map.png"], 2, "draws one sentence, got 2"),
        (["i am " * 40, "--heatmap", "map.png"], 1, "1 to 60 words for a picture"),
    ],
)
def test_a_picture_that_cannot_be_drawn_leaves_everything_as_it_was(run, folder, arguments, code, message):
    Path("there.png").write_text("mine")
    found, _, errors = run("translate", *arguments)
    assert found == code
    assert message in errors.splitlines()[-1]
    assert files(folder) == {"there.png": b"mine"}


def test_no_picture_is_drawn_of_what_was_not_translated(run, folder):
    code, out, _ = run("translate", "zebra", "--heatmap", "map.png")
    assert (code, out) == (1, "\n")
    assert files(folder) == {}


def test_a_model_without_attention_has_no_heatmap(run, folder):
    model = seq2seq.build(54, 79, hidden=4, embedding=3)
    shipped = Translator.shipped()
    Translator(model, shipped.source_vocabulary, shipped.target_vocabulary, 12).save("plain.safetensors")
    code, out, errors = run("translate", "--model", "plain.safetensors", "i am", "--heatmap")
    assert (code, out) == (2, "")
    assert "needs a model with attention" in one_line(errors)


def _damaged(path):
    data = bytearray((MODELS / "attention.safetensors").read_bytes())
    data[-100] ^= 1
    path.write_bytes(data)


def _foreign(path):
    safetensors.torch.save_file({"weight": torch.ones(2)}, path)


def _other_task(path):
    weights.save(path, torch.nn.Linear(2, 3), {"inputs": 2})


BAD_FILES = {
    "damaged": _damaged,
    "cut off": lambda path: path.write_bytes((MODELS / "attention.safetensors").read_bytes()[:50_000]),
    "empty": lambda path: path.write_bytes(b""),
    "text": lambda path: path.write_text("i am a student\n" * 100),
    "pickle": lambda path: path.write_bytes(pickle.dumps({"weight": [1.0]})),
    "foreign": _foreign,
    "other task": _other_task,
    "folder": lambda path: path.mkdir(),
    "missing": lambda path: None,
}


@pytest.mark.parametrize("kind", BAD_FILES)
def test_weights_that_cannot_be_used_are_one_line_and_exit_code_3(run, folder, kind):
    BAD_FILES[kind](folder / "model.safetensors")
    code, out, errors = run("translate", "--model", "model.safetensors", "i am a student")
    assert (code, out) == (3, "")
    assert "model.safetensors" in one_line(errors)


def test_a_reader_that_stops_reading_gets_no_traceback():
    command = start("translate", stderr=subprocess.PIPE)
    command.stdout.close()
    _, errors = command.communicate(b"i am a student\n" * 50, timeout=60)
    assert (command.returncode, errors) == (141, b"")


# -- train


def test_what_was_trained_on_the_grammar_can_be_asked(run, folder, few_grammar):
    code, out, errors = run("train", *TINY, "--out", "mine.safetensors")
    assert (code, errors) == (0, "")
    assert "grammar: 40 pairs for training, 4 for validation, 4 held out\n" in out
    assert "held out, 4 pairs: token accuracy 0." in out
    assert ", alignment error rate " in out
    assert list(files(folder)) == ["mine.safetensors"]
    code, out, _ = run("translate", "--model", "mine.safetensors", "i am a student")
    assert code == 0
    assert out.endswith("\n")


def test_one_seed_gives_the_same_bytes_whatever_the_name_and_another_seed_others(run, folder, few_grammar):
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        assert run("train", *TINY, "--out", name, "--seed", seed)[0] == 0
    a, b, c = (files(folder)[name] for name in "abc")
    assert a == b != c
    assert Translator.load("a").training["command"].endswith("--hidden 4 --seed 3 --steps 2")


def write_pairs(path, count=60):
    lines = [f"Go {number} times!\tVa {number} fois !\tCC-BY 2.0 #{number}" for number in range(count)]
    path.write_text("\n".join(lines), encoding="utf-8")


def test_what_was_trained_on_a_pair_file_reads_unknown_words(run, folder):
    write_pairs(folder / "pairs.tsv")
    code, out, errors = run("train", "--pairs", "pairs.tsv", *TINY, "--forward", "--score", "general")
    assert (code, errors) == (0, "")
    assert out.startswith("pairs.tsv: ")
    assert "alignment" not in out  # nobody knows which word belongs to which
    translator = Translator.load("translator.safetensors")
    assert translator.training["command"].startswith("whyattention train --batch-size 4")
    assert "--pairs pairs.tsv --score general" in translator.training["command"]
    assert len(translator.training["pairs"]["sha256"]) == 64
    code, _, errors = run("translate", "--model", "translator.safetensors", "Stop!")
    assert code == 0
    assert "read as unknown words: 'stop'" in errors


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"Go.\tVa !\nStop.\n", "line 2: expected English, tab, French"),
        (b"Go.\tVa !\nHe.\t\xe9l\n", "line 2: expected UTF-8 text, got byte 0xe9"),
        (b"", "got an empty file"),
        (b"Go.\tVa !\n", "for training, validation and test, got "),
        (None, "No such file or directory"),
    ],
)
def test_a_pair_file_that_cannot_be_used_is_one_line_and_exit_code_3(run, folder, content, message):
    if content is not None:
        Path("pairs.tsv").write_bytes(content)
    code, out, errors = run("train", "--pairs", "pairs.tsv", *TINY)
    assert (code, out) == (3, "")
    assert "pairs.tsv" in one_line(errors)
    assert message in errors
    assert not Path("translator.safetensors").exists()


def test_an_existing_file_is_noticed_before_training_and_kept(run, folder, monkeypatch):
    Path("mine").write_text("mine")
    monkeypatch.setattr(train, "train_translator", lambda *_, **__: pytest.fail("it trained"))
    for out, message in (("mine", "mine exists and is not overwritten"), ("no/mine", "no such folder")):
        code, said, errors = run("train", *TINY, "--out", out)
        assert (code, said) == (4, "")
        assert message in one_line(errors)
    assert files(folder) == {"mine": b"mine"}


def test_a_file_that_appears_while_it_trains_is_kept(run, folder, few_grammar, monkeypatch):
    def report(quality):
        Path("late").write_text("mine")

    monkeypatch.setattr(train, "_report", report)
    code, _, errors = run("train", *TINY, "--out", "late")
    assert code == 4
    assert "late exists" in one_line(errors)
    assert files(folder) == {"late": b"mine"}


def test_a_training_that_diverges_writes_nothing(run, folder, few_grammar, monkeypatch):
    def infinite(model, batch):
        return token_loss(model, batch) * float("inf")

    monkeypatch.setattr(translator_training, "token_loss", infinite)
    code, _, errors = run("train", *TINY)
    assert code == 1
    assert "loss must be finite, got inf at step 1" in one_line(errors)
    assert files(folder) == {}


@pytest.fixture
def interruptible():
    """Have what the test starts heed an interruption, although a run in the background ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_an_interruption_writes_nothing_and_says_how_far_it_came(folder):
    command = start("train", "--steps", "1000000", cwd=folder, stderr=subprocess.PIPE)
    try:
        assert command.stdout.readline().startswith(b"grammar: ")
        time.sleep(1)
        command.send_signal(signal.SIGINT)
        out, errors = command.communicate(timeout=60)
    finally:
        command.kill()
    assert (command.returncode, out) == (130, b"")
    assert one_line(errors.decode()).startswith("whyattention train: interrupted after ")
    assert files(folder) == {}


def test_an_error_is_one_line_even_if_its_cause_was_more():
    assert str(CommandError("one\n  two", 1)) == "one two"


# -- train, self-attention


def test_self_attention_is_trained_and_can_be_asked(run, folder, few_grammar):
    options = ["--steps", "2", "--hidden", "8", "--batch-size", "4", "--self-attention"]
    code, out, errors = run("train", *options, "--out", "mine.safetensors")
    assert (code, errors) == (0, "")
    assert ", alignment error rate " in out
    translator = Translator.load("mine.safetensors")
    assert (translator.model.config["width"], translator.model.config["heads"]) == (8, 4)
    command = "whyattention train --batch-size 4 --hidden 8 --self-attention --steps 2"
    assert translator.training["command"] == command
    code, out, _ = run("translate", "--model", "mine.safetensors", "i am a student", "--heatmap")
    assert code == 0
    assert out.splitlines()[1].split() == ["i", "am", "a", "student"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--hidden", "54"], "--hidden must be a multiple of 4, a part for each head, got 54"),
        (["--hidden", "5"], "--hidden must be a multiple of 4"),
        (
            ["--kind", "lstm", "--forward"],
            "--self-attention has no recurrent part for --forward, --kind",
        ),
        (["--embedding", "16"], "no recurrent part for --embedding"),
        (["--score", "general"], "no recurrent part for --score"),
        (["--control"], "--control: not allowed with argument --self-attention"),
        (["--no-attention"], "not allowed with argument --self-attention"),
    ],
)
def test_options_of_a_recurrent_model_mean_nothing_to_self_attention(run, folder, arguments, message):
    code, out, errors = run("train", "--self-attention", *arguments)
    assert (code, out) == (2, "")
    assert message in one_line(errors)
    assert files(folder) == {}
