"""Vocabulary: a number for each word, and the way back."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable

from torch import Tensor

from whyattention.batches import BOS, EOS, FIRST_TOKEN, PAD, UNK

SPECIAL_WORDS = {PAD: "<pad>", BOS: "<bos>", EOS: "<eos>", UNK: "<unk>"}


class Vocabulary:
    """Words and their numbers: four special ones, then the given words from 4 on, in their order.

    Args:
        words: The words, each once, none of them empty or special.

    Raises:
        TypeError: A word is not a string.
        ValueError: A word is empty, special, or there twice.

    Taught in:
        Chapter 1.

    Example:
        >>> vocabulary = Vocabulary(["i", "am", "happy"])
        >>> vocabulary.encode(["i", "am", "hungry"])
        [4, 5, 3]
        >>> vocabulary.decode([4, 5, 3, 2, 0])
        ['i', 'am', '<unk>']
    """

    def __init__(self, words: Iterable[str]) -> None:
        self.words: list[str] = [SPECIAL_WORDS[number] for number in range(FIRST_TOKEN)]
        self._numbers: dict[str, int] = {}
        for word in words:
            if not isinstance(word, str):
                raise TypeError(f"words must be strings, got {type(word).__name__}")
            if word == "" or word in SPECIAL_WORDS.values() or word in self._numbers:
                expected = f"not empty, not one of {', '.join(SPECIAL_WORDS.values())}, and there once"
                raise ValueError(f"each of words must be {expected}, got {word!r}")
            self._numbers[word] = len(self.words)
            self.words.append(word)

    @classmethod
    def from_sentences(
        cls, sentences: Iterable[Iterable[str]], min_count: int = 1, max_words: int | None = None
    ) -> Vocabulary:
        """Collect the words of sentences, the most frequent first; words equally frequent by the alphabet.

        Args:
            sentences: Sentences as lists of words. Take those of training only: what is rare in them is what
                the model must expect not to know.
            min_count: A word that is there less often is left out.
            max_words: At most so many words, not counting the special ones; None for no limit.

        Raises:
            ValueError: ``min_count`` or ``max_words`` is below one.
        """
        for name, limit in (("min_count", min_count), ("max_words", max_words)):
            if limit is not None and limit < 1:
                raise ValueError(f"{name} must be at least 1, got {limit}")
        counts = Counter(word for sentence in sentences for word in sentence)
        ranked = sorted((-count, word) for word, count in counts.items() if count >= min_count)
        # A file may hold "<unk>" as a word of its own: it then stands for the unknown word here, too.
        known = [word for _, word in ranked if word not in SPECIAL_WORDS.values()]
        return cls(known[:max_words])

    def encode(self, words: Iterable[str]) -> list[int]:
        """Return the numbers of words; a word that is not known becomes ``UNK``.

        Raises:
            TypeError: ``words`` is one string instead of several.
        """
        if isinstance(words, str):
            raise TypeError(f"words must be a list of words, got the string {words!r}; split it first")
        return [self._numbers.get(word, UNK) for word in words]

    def decode(self, numbers: Iterable[int] | Tensor) -> list[str]:
        """Return the words of numbers up to the first ``EOS``; ``PAD`` and ``BOS`` are left out.

        Raises:
            ValueError: A number belongs to no word.
        """
        words = []
        for number in numbers:
            number = int(number)  # an entry of a tensor is not an int
            if number == EOS:
                break
            if not 0 <= number < len(self.words):
                raise ValueError(f"numbers must be from 0 to {len(self.words) - 1}, got {number}")
            if number not in (PAD, BOS):
                words.append(self.words[number])
        return words

    def unknown(self, words: Iterable[str]) -> list[str]:
        """Return those of ``words`` that are not known, each once, in their order."""
        return list(dict.fromkeys(word for word in words if word not in self._numbers))

    def to_json(self) -> str:
        """Return the words as JSON text, without the special ones."""
        return json.dumps(self.words[FIRST_TOKEN:], ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Vocabulary:
        """Read what ``to_json`` wrote.

        Raises:
            ValueError: ``text`` is not a JSON list of words.
        """
        try:
            words = json.loads(text)
        except json.JSONDecodeError as error:
            raise ValueError(f"text must be a JSON list of words, got {text[:40]!r}: {error}") from error
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            raise ValueError(f"text must be a JSON list of words, got {text[:40]!r}")
        return cls(words)

    def __len__(self) -> int:
        """Return the number of words, the four special ones included."""
        return len(self.words)

    def __contains__(self, word: object) -> bool:
        """Say whether a word is known; a special one is not a word."""
        return word in self._numbers

    def __eq__(self, other: object) -> bool:
        """Say whether both give the same numbers to the same words."""
        return isinstance(other, Vocabulary) and self.words == other.words

    def __hash__(self) -> int:
        """Return a hash that equal vocabularies share."""
        return hash(tuple(self.words))

    def __repr__(self) -> str:
        """Name the size."""
        return f"Vocabulary({len(self)} words)"
