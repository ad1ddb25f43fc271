"""The translator: a trained model with its two vocabularies, from text to text.

``Translator.shipped()`` is one that the course brings along; ``translator_training`` makes others, and says
how good they are. In the shell the same is `whyattention translate` and `whyattention train`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from os import PathLike
from pathlib import Path
from typing import Any, Literal, NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from whyattention import weights as weights_file
from whyattention.batches import FIRST_TOKEN
from whyattention.decoding import beam_search, greedy
from whyattention.pairs import Pair, detokenize, encode_pairs, tokenize
from whyattention.seq2seq import Seq2Seq, build
from whyattention.transformer import Transformer
from whyattention.vocabulary import Vocabulary

#: No sentence may have more words: a guard against files that are no text.
LONGEST = 500
MODELS = Path(__file__).with_name("models")

#: Words that are shown to whoever asks for a translation.
MESSAGES = {
    "empty": "nothing to translate: the sentence is empty",
    "long": "too long: {words} words, and at most {longest} are read",
    "unknown": "the model does not know {words}, and has not learned what to do with unknown words",
    "replaced": "read as unknown words: {words}",
    "untrained": "{words} words, but training ended at {longest}: expect mistakes",
    "unfinished": "cut off: the model did not come to an end",
}

# Full stops and their like at the end, which a model may not know.
_FINAL_MARKS = (".", "!", "?", "…")
_SPACE_BEFORE_MARK = re.compile(r" (?=[.,…])")


class Rendering(NamedTuple):
    """One sentence and its translation.

    Attributes:
        source: The English words as the model reads them.
        target: The French words as the model writes them.
        text: The translation as text, with the capital and the final mark of the sentence put back.
        log_probability: The natural logarithm of the model's probability of ``target`` and its end.
        weights: The attention weights, of shape (target words, source words), or None without attention.
        notes: What a reader should know before trusting it, in full phrases.
    """

    source: tuple[str, ...]
    target: tuple[str, ...]
    text: str
    log_probability: float
    weights: Float[Tensor, "target_words source_words"] | None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Translator:
    """A model with what it takes to use it on text.

    Args:
        model: The model, made by ``seq2seq.build``, or a ``Transformer``.
        source_vocabulary: Numbers of the English words.
        target_vocabulary: Numbers of the French words.
        longest_source: The most words of a source sentence in training.
        knows_unknown: Whether words without a number were met in training. Of a model that has met none, the
            answer to such a word would mean nothing, and is refused.
        training: Whatever is to be remembered of the training, for JSON: the command, the seed, versions.

    Raises:
        ValueError: A vocabulary does not fit the model, or the model is none of the two.

    Taught in:
        Chapter 1.

    Example:
        >>> translator = Translator.shipped()
        >>> translator.translate("I am a student.").text
        'Je suis étudiant.'
    """

    model: Seq2Seq | Transformer
    source_vocabulary: Vocabulary
    target_vocabulary: Vocabulary
    longest_source: int
    knows_unknown: bool = False
    training: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check that the parts fit each other."""
        config = self.model.config
        if config is None:
            raise ValueError("model must be made by seq2seq.build, whose options are saved, got config None")
        for name in ("source_vocabulary", "target_vocabulary"):
            size = len(getattr(self, name))
            if size != config[name]:
                raise ValueError(f"{name} must have the {config[name]} words of the model, got {size}")

    @property
    def has_weights(self) -> bool:
        """Whether the model attends, so that a translation comes with weights."""
        config = self.model.config
        return _is_transformer(config) or config["attention"] is not None

    def read(self, sentence: str) -> tuple[str, ...]:
        """Cut a sentence into the words that the model reads.

        A final mark is left out if the model does not know it.

        Raises:
            ValueError: There is no word, there are more than ``LONGEST``, or words that the model cannot do
                anything with. The message says which, without the name of an argument, for a reader.
        """
        words = tokenize(sentence, "english")
        while words and words[-1] in _FINAL_MARKS and words[-1] not in self.source_vocabulary:
            words = words[:-1]
        if not words:
            raise ValueError(MESSAGES["empty"])
        if len(words) > LONGEST:
            raise ValueError(MESSAGES["long"].format(words=len(words), longest=LONGEST))
        unknown = self.source_vocabulary.unknown(words)
        if unknown and not self.knows_unknown:
            raise ValueError(MESSAGES["unknown"].format(words=_quoted(unknown)))
        return words

    def translate(self, sentence: str, beam: int = 1) -> Rendering:
        """Translate one English sentence.

        Args:
            sentence: The text. Capitals do not matter.
            beam: Beginnings to keep; 1 is greedy decoding.

        Raises:
            ValueError: The sentence cannot be read, see ``read``; ``beam`` is below one.
        """
        words = self.read(sentence)
        (rendering,) = self.translate_words([words], beam)
        return rendering._replace(text=_as_written(rendering.target, sentence))

    def translate_words(self, sentences: Sequence[Sequence[str]], beam: int = 1) -> list[Rendering]:
        """Translate sentences that are cut into words already, as one batch.

        Args:
            sentences: The words of each sentence, at least one; what is not in the vocabulary is unknown.
            beam: Beginnings to keep; 1 is greedy decoding.

        Raises:
            ValueError: There is no sentence, one is empty, or ``beam`` is below one.
        """
        batch = encode_pairs(
            [Pair(tuple(words), ()) for words in sentences], self.source_vocabulary, self.target_vocabulary
        )
        arguments = self.model, batch.source, batch.source_lengths
        # French needs a third more words than English, so that this cuts no answer that was going to end.
        max_steps = 2 * batch.source.size(1) + 10
        if beam == 1:
            found = greedy(*arguments, max_steps=max_steps)
        else:
            found = beam_search(*arguments, beam=beam, max_steps=max_steps)
        renderings = []
        for row, words in enumerate(sentences):
            target = tuple(self.target_vocabulary.decode(found.tokens[row]))
            renderings.append(
                Rendering(
                    source=tuple(words),
                    target=target,
                    text=_as_text(target),
                    log_probability=float(found.log_probability[row]),
                    weights=None if found.weights is None else found.weights[row],
                    notes=self._notes(words, found.finished[row]),
                )
            )
        return renderings

    def in_int8(self) -> Translator:
        """Return the same translator with its weight matrices as the figures of the book hold them.

        Each entry of a matrix is rounded to the nearest of 255 multiples of its row's scale, which is the
        row's largest entry divided by 127. Biases stay as they are.

        Example:
            >>> translator = Translator.shipped().in_int8()
            >>> translator.translate("I am a student.").text
            'Je suis étudiant.'
        """
        model = _make(self.model.config)
        state = self.model.state_dict()
        model.load_state_dict(
            {name: _in_int8(value) if value.ndim == 2 else value for name, value in state.items()}
        )
        return replace(self, model=model)

    def save(self, path: str | PathLike[str]) -> None:
        """Write everything into one file; see ``weights.save``.

        Raises:
            FileExistsError: There is a file already.
            OSError: The file cannot be written.
        """
        config = {
            "translator": {
                "model": self.model.config,
                "source_words": self.source_vocabulary.words[FIRST_TOKEN:],
                "target_words": self.target_vocabulary.words[FIRST_TOKEN:],
                "longest_source": self.longest_source,
                "knows_unknown": self.knows_unknown,
            },
            "training": self.training,
        }
        weights_file.save(Path(path), self.model, config)

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Translator:
        """Read what ``save`` wrote.

        Raises:
            OSError: The file cannot be read.
            ValueError: The file is damaged, or holds something else; the message names it.
        """
        parts: dict[str, Any] = {}

        def build_from(config: dict[str, Any]) -> Seq2Seq | Transformer:
            options = config["translator"]
            # On "meta" no number is drawn or stored: those of the file come.
            with torch.device("meta"):
                model = _make(options["model"])
            parts.update(
                source_vocabulary=Vocabulary(options["source_words"]),
                target_vocabulary=Vocabulary(options["target_words"]),
                longest_source=int(options["longest_source"]),
                knows_unknown=bool(options["knows_unknown"]),
                training=dict(config["training"]),
            )
            cls(model, **parts)  # whatever does not fit is noticed here, where load can say which file
            return model

        model, _ = weights_file.load(Path(path), build_from)
        return cls(model, **parts)

    @classmethod
    def shipped(cls, name: Literal["attention", "control", "self_attention"] = "attention") -> Translator:
        """Return a translator that the course brings along, trained on its grammar.

        Args:
            name: "attention"; "control": the same model with all weight on the last encoder state, so that
                the look-up is gone; or "self_attention": a ``Transformer`` of the same size.

        Raises:
            ValueError: ``name`` is none of them.
        """
        names = sorted(path.stem for path in MODELS.glob("*.safetensors"))
        if name not in names:
            raise ValueError(f"name must be one of {', '.join(names)}, got {name!r}")
        return cls.load(MODELS / f"{name}.safetensors")

    def _notes(self, words: Sequence[str], finished: bool) -> tuple[str, ...]:
        notes = []
        if unknown := self.source_vocabulary.unknown(words):
            notes.append(MESSAGES["replaced"].format(words=_quoted(unknown)))
        if len(words) > self.longest_source:
            notes.append(MESSAGES["untrained"].format(words=len(words), longest=self.longest_source))
        if not finished:
            notes.append(MESSAGES["unfinished"])
        return tuple(notes)


def _is_transformer(config: dict[str, Any]) -> bool:
    return "heads" in config  # which no recurrent model has


def _make(config: dict[str, Any]) -> Seq2Seq | Transformer:
    """Return a model with fresh weights from the options of one of either kind."""
    return Transformer(**config) if _is_transformer(config) else build(**config)


def _in_int8(matrix: Float[Tensor, "rows columns"]) -> Float[Tensor, "rows columns"]:
    scales = matrix.abs().amax(dim=1, keepdim=True) / 127
    # In float64, and so as whoever divides in Python; a row of zeros has the scale zero.
    steps = (matrix.double() / scales.double()).nan_to_num().round()
    return (steps * scales.double()).to(matrix.dtype)


def _as_text(words: Sequence[str]) -> str:
    return _SPACE_BEFORE_MARK.sub("", detokenize(words))


def _as_written(target: Sequence[str], sentence: str) -> str:
    """Write the translation the way its sentence is written: capital in, capital out, and the final mark."""
    text, sentence = _as_text(target), sentence.strip()
    if mark := sentence[-1] if sentence.endswith(_FINAL_MARKS) and not text.endswith(_FINAL_MARKS) else "":
        text += f" {mark}" if mark in "!?" else mark  # French sets these two apart
    if next(filter(str.isalpha, sentence), "").isupper():
        text = text[:1].upper() + text[1:]
    return text


def _quoted(words: Sequence[str]) -> str:
    shown = ", ".join(map(repr, words[:5]))
    return shown if len(words) <= 5 else f"{shown} and {len(words) - 5} more"
