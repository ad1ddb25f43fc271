"""`whyattention translate`: English in, French out, a line for a line."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from whyattention.commands import FAILED, OUTPUT, UNREADABLE, USAGE, CommandError, explain, integer_up_to
from whyattention.heatmap import heatmap_text, save_heatmap
from whyattention.training import set_seed
from whyattention.translator import Rendering, Translator

#: Bytes of a line; what is longer is no sentence, and need not be held in memory.
LONGEST_LINE = 100_000
#: More beginnings than this find nothing better, and fill the memory.
WIDEST_BEAM = 100

TEXT = {
    "sentences": "sentences to translate; without any, each line of the standard input is one",
    "beam": "beginnings that beam search keeps (default: 1, greedy decoding)",
    "heatmap": "show the attention weights below each translation, or draw those of one into FILE.png",
    "model": "weights that `whyattention train` has written (default: those of the course)",
    "control": "take the course's model without look-up: all weight on the last encoder state",
    "epilog": (
        "A sentence that cannot be translated gets an empty line, and a line on the standard error that says "
        "why; the exit code is then 1. Files and streams are UTF-8."
    ),
    "prompt": "English, a sentence to a line; Ctrl-D ends.",
}

MESSAGES = {
    "sentence": "whyattention translate: {place}: {message}",
    "argument": "sentence {number}",
    "line": "line {number}",
    "none": "no sentence: give one as an argument, or lines on the standard input",
    "utf8": "expected UTF-8 text, got byte 0x{byte:02x} at column {column}",
    "null": "expected UTF-8 text, got a null character",
    "surrogate": "expected UTF-8 text, got bytes that are none",
    "long_line": "expected a sentence, got more than {bytes} bytes",
    "picture_name": "--heatmap expects a name that ends in .png, got {name!r}; text: put --heatmap last",
    "picture_one": "--heatmap {name} draws one sentence, got {count}",
    "picture_exists": "{name} exists and is not overwritten",
    "picture_folder": "{name}: there is no such folder",
    "no_weights": "--heatmap needs a model with attention, and this one has none",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.epilog = TEXT["epilog"]
    parser.add_argument("sentences", nargs="*", metavar="SENTENCE", help=TEXT["sentences"])
    parser.add_argument("--beam", type=integer_up_to(WIDEST_BEAM), default=1, metavar="N", help=TEXT["beam"])
    parser.add_argument("--heatmap", nargs="?", const="", metavar="FILE.png", help=TEXT["heatmap"])
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--model", type=Path, metavar="FILE", help=TEXT["model"])
    which.add_argument("--control", action="store_true", help=TEXT["control"])


def run(options: argparse.Namespace) -> int:
    """Translate and print; see ``TEXT["epilog"]``.

    Returns:
        The exit code: 0, or 1 if a sentence was not translated.

    Raises:
        CommandError: The model cannot be read, the picture cannot be written, or there is nothing to do.
    """
    sentences = list(options.sentences)
    if options.heatmap and not sentences and " " in options.heatmap.strip():
        # `--heatmap "i am a student"`: to argparse the sentence is the name of the picture.
        sentences, options.heatmap = [options.heatmap], ""
    picture = _picture(options.heatmap)
    set_seed(0)  # nothing is drawn here, but one thread gives the same digits everywhere
    translator = _load(options)
    if options.heatmap is not None and not translator.has_weights:
        raise CommandError(MESSAGES["no_weights"], USAGE)
    if sentences:
        lines = _arguments(sentences)
    else:
        if sys.stdin.isatty():
            print(TEXT["prompt"], file=sys.stderr)
        lines = _standard_input(sys.stdin.buffer)
    if picture is not None:
        lines = iter(_only_one(list(lines), picture))
    code, seen = 0, False
    for place, sentence, problem in lines:
        seen = True
        rendering = None if problem else _translate(translator, sentence, options.beam)
        if isinstance(rendering, Rendering):
            print(rendering.text, flush=True)
            for note in rendering.notes:
                _tell(place, note)
            if picture is not None:
                _draw(picture, rendering)
            elif options.heatmap is not None:
                print(
                    heatmap_text(rendering.source, rendering.target, rendering.weights),
                    end="\n\n",
                    flush=True,
                )
        else:
            print(flush=True)  # so that line n of the answers belongs to line n of the input
            _tell(place, problem or rendering)
            code = FAILED
    if not seen:
        raise CommandError(MESSAGES["none"], USAGE)
    return code


def _load(options: argparse.Namespace) -> Translator:
    if options.model is None:
        return Translator.shipped("control" if options.control else "attention")
    try:
        return Translator.load(options.model)
    except OSError as error:
        raise CommandError(explain(error), UNREADABLE) from error
    except ValueError as error:
        raise CommandError(str(error), UNREADABLE) from error


def _translate(translator: Translator, sentence: str, beam: int) -> Rendering | str:
    """Return the translation, or why there is none."""
    try:
        return translator.translate(sentence, beam)
    except ValueError as error:
        return str(error)


def _arguments(sentences: list[str]) -> Iterator[tuple[str, str, str | None]]:
    """Yield for each argument where it stands, its text, and what is wrong with it."""
    for number, sentence in enumerate(sentences, start=1):
        # That is how Python hands over arguments that are not of the terminal's encoding.
        broken = any("\ud800" <= character <= "\udfff" for character in sentence)
        place = MESSAGES["argument"].format(number=number)
        yield place, sentence, MESSAGES["surrogate"] if broken else None


def _standard_input(stream: BinaryIO) -> Iterator[tuple[str, str, str | None]]:
    """Yield for each line where it stands, its text, and what is wrong with it."""
    number = 0
    while line := stream.readline(LONGEST_LINE):
        number += 1
        place = MESSAGES["line"].format(number=number)
        if len(line) == LONGEST_LINE and not line.endswith(b"\n"):
            while (rest := stream.readline(LONGEST_LINE)) and not rest.endswith(b"\n"):
                pass
            yield place, "", MESSAGES["long_line"].format(bytes=LONGEST_LINE)
            continue
        if number == 1:
            line = line.removeprefix(b"\xef\xbb\xbf")
        try:
            sentence = line.decode("utf-8").rstrip("\r\n")
        except UnicodeDecodeError as error:
            yield place, "", MESSAGES["utf8"].format(byte=line[error.start], column=error.start + 1)
            continue
        yield place, sentence, MESSAGES["null"] if "\0" in sentence else None


def _picture(name: str | None) -> Path | None:
    """Return where to draw, checked before there is anything to draw."""
    if not name:
        return None
    if not name.lower().endswith(".png"):
        raise CommandError(MESSAGES["picture_name"].format(name=name), USAGE)
    path = Path(name)
    if path.exists():
        raise CommandError(MESSAGES["picture_exists"].format(name=name), OUTPUT)
    if not path.parent.is_dir():
        raise CommandError(MESSAGES["picture_folder"].format(name=path.parent), OUTPUT)
    return path


def _only_one(lines: list, picture: Path) -> list:
    if len(lines) != 1:
        raise CommandError(MESSAGES["picture_one"].format(name=picture, count=len(lines)), USAGE)
    return lines


def _draw(picture: Path, rendering: Rendering) -> None:
    try:
        save_heatmap(picture, rendering.source, rendering.target, rendering.weights)
    except OSError as error:
        raise CommandError(explain(error), OUTPUT) from error
    except ValueError as error:
        raise CommandError(str(error), FAILED) from error


def _tell(place: str, message: str) -> None:
    print(MESSAGES["sentence"].format(place=place, message=message), file=sys.stderr, flush=True)
