"""Translate: two trained translators on one sentence, one with attention and one whose look-up is gone."""

from dataclasses import asdict
from typing import ClassVar

import traitlets

from whyattention.lexicon import (
    ADJECTIVES,
    BE,
    ELIDED,
    FRENCH_VOWELS,
    NOUNS,
    PERSON,
    PRONOUNS,
    VERBS,
    source_words,
)
from whyattention.widgets._base import CourseWidget, StateError
from whyattention.widgets.translate_fallback import fallback
from whyattention.widgets.translate_sentence import MARKS, read_words, reference, say
from whyattention.widgets.translators import NAMES, translators
from whyattention.widgets.validation import one_of, require_count, text

# What both halves accept. JavaScript reads the same table.
LIMITS = {"words": 40, "characters": 1000, "trained": [3, 12]}

SENTENCE = "i am a student and the small cat sees the red house"
# No clause of these was met in training. The last one is longer than all that was.
EXAMPLES = {
    "short": "i am a student",
    "order": "the small cat sees the red house",
    "negation": "he reads the black book and she does not eat an apple",
    "twelve": SENTENCE,
    "long": f"{SENTENCE} and he is happy and we are old",
}
# What makes a sentence longer: clauses that were not met in training either, in this order, again and again.
LONGER = [
    "he is happy",
    "we are old",
    "a dog eats a cake",
    "he reads the black book",
    "she does not eat an apple",
    "the small cat sees the red house",
]
# The first test sentences of 6 to 12 words that `sample_pairs(…, seed=0)` draws: not picked.
OTHERS = [
    "they like the small red apple and a doctor is not old",
    "a woman eats an orange and he is happy",
    "he is happy and he is happy and we are old",
    "the girl is not a teacher",
    "the tired young woman does not like the book",
    "i am not a teacher and we are old",
    "the small student likes the girl",
    "she does not like the small tired teacher",
    "the letter is not old and the red tree is not small",
    "we read the book and we are old",
    "he is a student and the teacher is not a doctor",
    "he is happy and she is a teacher",
]
# Written out, they are no words that the models know; a reader will type them.
CONTRACTIONS = {
    "i'm": "i am",
    "he's": "he is",
    "she's": "she is",
    "we're": "we are",
    "they're": "they are",
    "don't": "do not",
    "doesn't": "does not",
    "isn't": "is not",
    "aren't": "are not",
}
# Per mille of French words that are right, in 300 test sentences each of 3, 4, … 40 words, weights in int8.
_RIGHT = {
    "attention": (
        "1000 1000 1000 1000 1000 1000 999 1000 1000 999 994 985 971 930 879 834 776 720 686 662 622 "
        "615 580 569 560 541 516 485 485 460 456 436 438 420 407 406 394 376"
    ),
    "control": (
        "1000 1000 999 999 949 938 916 878 855 789 736 703 612 581 543 512 495 470 453 428 404 405 "
        "384 373 347 355 337 334 324 304 306 301 291 282 279 268 264 258"
    ),
}
# Of 1,000 test sentences of 3 to 12 words: those right as a whole, with the weights as they were trained and
# with those in int8, and those of which int8 changes the translation.
MEASURED = {
    "parameters": 61_423,
    "right": {name: [int(number) / 1000 for number in row.split()] for name, row in _RIGHT.items()},
    "sentences": 1000,
    "trained": {"attention": 997, "control": 715},
    "int8": {"attention": 997, "control": 713},
    "changed": {"attention": 0, "control": 7},
}


class Translate(CourseWidget):
    """Two trained translators on one English sentence, in the reader's browser.

    Both have the same parameters and the same training. One attends; of the other, the control, all attention
    weight is on the last encoder state, so that whatever the sentence says goes through one vector of fixed
    size. The reader composes a sentence, lengthens it by "and …", and sees which French words are right, how
    sure each model is, and where it looks. Taught in chapters 1, 2 and 8.

    Args:
        sentence: 1 to 40 words that the models know. Capitals, commas and stops do not matter.
        show_heatmap: Whether the attention weights are drawn.
        compact: Field, buttons and translations alone.
        heatmap: Whose weights are drawn, "attention" or "control".

    Raises:
        StateError: A ``ValueError`` and ``TraitError``; names the argument, what came and what was expected.

    >>> widget = Translate("He is happy.")
    >>> widget
    Translate('he is happy')
    >>> widget.translations["attention"]
    ['il', 'est', 'heureux']
    """

    MODULE = "translate"
    CONSTANTS: ClassVar[dict] = {
        "LIMITS": LIMITS,
        "SENTENCE": SENTENCE,
        "EXAMPLES": EXAMPLES,
        "LONGER": LONGER,
        "OTHERS": OTHERS,
        "CONTRACTIONS": CONTRACTIONS,
        "MEASURED": MEASURED,
        "MARKS": MARKS,
        "NAMES": NAMES,
        "WORDS": source_words(),
        "LEXICON": {
            "pronouns": [asdict(pronoun) for pronoun in PRONOUNS],
            "be": asdict(BE),
            "verbs": [asdict(verb) for verb in VERBS],
            "nouns": [asdict(noun) for noun in NOUNS],
            "adjectives": [asdict(adjective) for adjective in ADJECTIVES],
            "elided": ELIDED,
            "vowels": FRENCH_VOWELS,
            "person": PERSON,
        },
    }
    ASSETS: ClassVar[dict] = {"translators": translators}

    sentence = traitlets.Unicode().tag(sync=True)
    show_heatmap = traitlets.Bool(True).tag(sync=True)
    compact = traitlets.Bool(False).tag(sync=True)
    heatmap = traitlets.Unicode("attention").tag(sync=True)

    def __init__(
        self,
        sentence: str = SENTENCE,
        show_heatmap: bool = True,
        compact: bool = False,
        heatmap: str = "attention",
    ) -> None:
        super().__init__(
            sentence=_read(sentence),
            show_heatmap=show_heatmap,
            compact=compact,
            heatmap=one_of("heatmap", heatmap, NAMES),
        )

    @traitlets.validate("sentence")
    def _can_be_read(self, proposal: dict) -> str:
        return _read(proposal["value"])

    @traitlets.validate("heatmap")
    def _is_a_model(self, proposal: dict) -> str:
        return one_of("heatmap", proposal["value"], NAMES)

    @property
    def reference(self) -> list[str] | None:
        """The right French words, or None where the sentence is none of the grammar."""
        found = reference(self.sentence.split())
        return found and found[0]

    @property
    def translations(self) -> dict[str, list[str]]:
        """What "attention" and "control" say."""
        return {name: say(name, self.sentence).words for name in NAMES}

    def __repr__(self) -> str:
        return f"Translate({self.sentence!r})"

    def fallback(self) -> str:
        """Both translations of the present sentence with what is wrong struck out, and the weights drawn.

        Returns:
            HTML without scripts and styles, everything in it escaped.
        """
        drawn = self.heatmap if self.show_heatmap and not self.compact else None
        return fallback(self.sentence.split(), drawn)


def _read(sentence: object) -> str:
    """The words of a sentence as the models read them, if they can."""
    require_count("sentence", text("sentence", sentence), 0, LIMITS["characters"], "characters")
    words = read_words(sentence)
    require_count("sentence", words, 1, LIMITS["words"], "words")
    if unknown := [word for word in words if word not in source_words()]:
        raise StateError(f"sentence has {unknown[0]!r}, expected words that the models know")
    return " ".join(words)
