"""Sentence pairs of any origin: tokens, pair files, the split into parts, buckets and batches.

Tokens are words and punctuation marks. An elided French word keeps its apostrophe and is a token of its own:
"j'aime l'homme" is ``j' aime l' homme``. ``tokenize`` cuts so, ``detokenize`` joins again.
"""

from __future__ import annotations

import hashlib
import random
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from os import PathLike
from pathlib import Path
from typing import Literal, get_args

from whyattention.batches import Alignment, Batch, make_batch
from whyattention.vocabulary import Vocabulary

Language = Literal["english", "french"]
Split = Literal["train", "validation", "test"]

# Eight tenths for training. Another salt deals all sentences anew, and what was trained before is void.
_SHARES: tuple[Split, ...] = ("train",) * 8 + ("validation", "test")
_SALT = "context vector"

_TOKENS = {
    # "don't", "old-fashioned", "3.5"
    "english": re.compile(r"\d+(?:[.,]\d+)+|\w+(?:[-']\w+)*|[^\w\s]"),
    # "aujourd'hui" is one word; in "l'homme", "qu'il" and "jusqu'à" the apostrophe ends the first of two.
    "french": re.compile(r"\d+(?:[.,]\d+)+|aujourd'hui|\w+'(?=\w)|\w+(?:-\w+)*|[^\w\s]", re.IGNORECASE),
}


@dataclass(frozen=True)
class Pair:
    """A sentence in two languages.

    Args:
        source: The English words.
        target: The French words.
        alignment: Links (source position, target position), counted from 0; None where they are not known.
    """

    source: tuple[str, ...]
    target: tuple[str, ...]
    alignment: Alignment | None = None

    def __str__(self) -> str:
        """Write the pair as text."""
        return f"{detokenize(self.source)} → {detokenize(self.target)}"


def tokenize(text: str, language: Language = "english", lowercase: bool = True) -> tuple[str, ...]:
    """Cut text into words and punctuation marks.

    Accents are composed (NFC) and typographic apostrophes made plain, so that one word has one spelling.

    Args:
        text: The text.
        language: "french" cuts after the apostrophe of an elided word; "english" leaves "don't" whole.
        lowercase: Whether to turn capitals into small letters.

    Returns:
        The tokens.

    Raises:
        ValueError: The language is neither.

    Example:
        >>> tokenize("L’homme n'a-t-il pas faim, aujourd'hui ?", "french")
        ("l'", 'homme', "n'", 'a-t-il', 'pas', 'faim', ',', "aujourd'hui", '?')
        >>> tokenize("I don't.")
        ('i', "don't", '.')
    """
    if language not in _TOKENS:
        raise ValueError(f"language must be one of {', '.join(_TOKENS)}, got {language!r}")
    text = unicodedata.normalize("NFC", text).replace("’", "'").replace("ʼ", "'")
    return tuple(_TOKENS[language].findall(text.lower() if lowercase else text))


def detokenize(words: Iterable[str]) -> str:
    """Join words by spaces, but none behind the apostrophe of an elided word.

    Example:
        >>> detokenize(["j'", "aime", "l'", "homme"])
        "j'aime l'homme"
    """
    return re.sub(r"(?<=\w') ", "", " ".join(words))


def load_pairs(path: str | PathLike[str], lowercase: bool = True) -> list[Pair]:
    """Read sentence pairs from a file: in each line English, tab, French, and perhaps tab and attribution.

    That is what Anki's decks of Tatoeba sentences look like. The file is UTF-8, with or without byte order
    mark; lines end with LF or CRLF. All pairs are read, or none.

    Args:
        path: The file.
        lowercase: Whether to turn capitals into small letters.

    Returns:
        The pairs in the order of the file, tokenized, without alignments.

    Raises:
        OSError: The file cannot be read.
        ValueError: A line is not UTF-8 text, has not two or three columns, or an empty side; or there is
            no line. The message names the file and the line.

    Taught in:
        Chapter 8.
    """
    path = Path(path)
    lines = path.read_bytes().removeprefix(b"\xef\xbb\xbf").split(b"\n")
    if lines[-1] == b"":  # behind the last line's end
        lines.pop()
    if not lines:
        raise ValueError(f"{path}: expected English, tab, French in each line, got an empty file")
    pairs = []
    for number, line in enumerate(lines, start=1):
        try:
            pairs.append(_read_pair(line, lowercase))
        except ValueError as error:
            raise ValueError(f"{path}, line {number}: {error}") from error
    return pairs


def split_of(words: Iterable[str]) -> Split:
    """Return the part that a sentence belongs to, from a hash of its words: the same on every machine.

    Example:
        >>> split_of(["i", "am", "a", "student"])
        'test'
    """
    digest = hashlib.sha256(f"{_SALT} {' '.join(words)}".encode()).digest()
    return _SHARES[int.from_bytes(digest[:8], "big") % len(_SHARES)]


def split_pairs(pairs: Iterable[Pair]) -> dict[Split, list[Pair]]:
    """Deal the pairs of a file out to training, validation and test, about 8 : 1 : 1.

    The English sentence decides, so that all its translations fall into one part.

    Args:
        pairs: The pairs.

    Returns:
        The pairs of "train", "validation" and "test", each in the order in which they came.
    """
    parts: dict[Split, list[Pair]] = {split: [] for split in get_args(Split)}
    for pair in pairs:
        parts[split_of(pair.source)].append(pair)
    return parts


def length_buckets(pairs: Iterable[Pair], bounds: Sequence[int]) -> dict[tuple[int, int], list[Pair]]:
    """Group pairs by the number of their source words.

    Args:
        pairs: The pairs.
        bounds: The largest length of each bucket, increasing.

    Returns:
        For each bucket (shortest, longest) its pairs, in their order; empty buckets included.

    Raises:
        ValueError: The bounds do not increase from at least 1, or a pair is longer than the last.

    Taught in:
        Chapter 2.

    Example:
        >>> pairs = [Pair(("go",), ("va",)), Pair(("we", "go", "on"), ("nous", "continuons"))]
        >>> {bucket: len(members) for bucket, members in length_buckets(pairs, bounds=[2, 4]).items()}
        {(1, 2): 1, (3, 4): 1}
    """
    edges = [0, *bounds]
    if len(edges) < 2 or any(low >= high for low, high in pairwise(edges)):
        raise ValueError(f"bounds must increase from at least 1, got {list(bounds)}")
    buckets = {(low + 1, high): [] for low, high in pairwise(edges)}
    for pair in pairs:
        length = len(pair.source)
        if length > edges[-1]:
            raise ValueError(f"bounds must reach the longest source, {length} words, got {list(bounds)}")
        next(members for (_, longest), members in buckets.items() if length <= longest).append(pair)
    return buckets


def encode_pairs(
    pairs: Sequence[Pair], source_vocabulary: Vocabulary, target_vocabulary: Vocabulary
) -> Batch:
    """Make one batch of pairs; unknown words become ``UNK``.

    Args:
        pairs: At least one pair.
        source_vocabulary: Numbers of the source words.
        target_vocabulary: Numbers of the target words.

    Returns:
        The batch, in the order of the pairs; with alignments if each pair has one.
    """
    alignments = [pair.alignment for pair in pairs]
    return make_batch(
        [source_vocabulary.encode(pair.source) for pair in pairs],
        [target_vocabulary.encode(pair.target) for pair in pairs],
        None if None in alignments else alignments,
    )


def encode_batches(
    pairs: Sequence[Pair],
    source_vocabulary: Vocabulary,
    target_vocabulary: Vocabulary,
    size: int,
    seed: int | None = None,
) -> list[Batch]:
    """Cut pairs into batches.

    With a seed the pairs are shuffled, pairs of like length put together, where there is little to pad, and
    the batches shuffled. Without one the order stays.

    Args:
        pairs: The pairs.
        source_vocabulary: Numbers of the source words.
        target_vocabulary: Numbers of the target words.
        size: Pairs in a batch; one batch may have fewer.
        seed: Seed of the shuffling, or None.

    Returns:
        The batches; each pair is in one of them.

    Raises:
        ValueError: ``size`` is below one.
    """
    if size < 1:
        raise ValueError(f"size must be at least 1, got {size}")
    pairs = list(pairs)
    numbers = random.Random(seed)
    if seed is not None:
        numbers.shuffle(pairs)
        pairs.sort(key=lambda pair: (len(pair.source), len(pair.target)))
    parts = [pairs[start : start + size] for start in range(0, len(pairs), size)]
    if seed is not None:
        numbers.shuffle(parts)
    return [encode_pairs(part, source_vocabulary, target_vocabulary) for part in parts]


def _read_pair(line: bytes, lowercase: bool) -> Pair:
    """Read one line; the ``ValueError`` does not know its number."""
    try:
        text = line.removesuffix(b"\r").decode("utf-8")
    except UnicodeDecodeError as error:
        bad = f"byte 0x{line[error.start]:02x} at column {error.start + 1}"
        raise ValueError(f"expected UTF-8 text, got {bad}; save the file as UTF-8") from error
    if "\0" in text:  # what UTF-16 leaves between Latin letters
        raise ValueError("expected UTF-8 text, got a null character; save the file as UTF-8")
    if "\r" in text:
        raise ValueError("expected lines that end with LF or CRLF, got a single CR")
    columns = text.split("\t")
    if len(columns) not in (2, 3):
        expected = "English, tab, French, and perhaps tab and attribution"
        raise ValueError(f"expected {expected}, got {len(columns)} columns: {text[:60]!r}")
    source = tokenize(columns[0], "english", lowercase)
    target = tokenize(columns[1], "french", lowercase)
    for language, tokens in (("English", source), ("French", target)):
        if not tokens:
            raise ValueError(f"expected text on both sides, got an empty {language} side: {text[:60]!r}")
    return Pair(source, target)
