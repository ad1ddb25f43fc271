"""Heads: self-attention over a sentence, each head of a trained layer, its scale and its mask switchable."""

from collections.abc import Sequence
from html import escape
from typing import ClassVar

import traitlets

from whyattention.widgets import heads_model, plain_html
from whyattention.widgets._base import CourseWidget, StateError
from whyattention.widgets.formatting import format_weight
from whyattention.widgets.heads_model import BOS, LAYERS, cut, entropy, layer_of, on_later, rows_of
from whyattention.widgets.validation import flag, one_of, require_count, text, whole

# The words of the fallback; those of the live figure stand in heads.js and the files that it imports.
TEXT = {
    "caption": "Head {head} of {heads} of the {layer}, scores {scale}, {mask}. Each row is a word that asks.",
    "scaled": "divided by √{width}",
    "unscaled": "not divided",
    "causal": "with a causal mask (×)",
    "open": "without a mask",
    "asks": "asks ↓, is asked →",
    "bits": "entropy, bits",
    "later": {True: "removed by the mask", False: "on later words"},
    "masked": "×",
    "picture": "The same weights of all {heads} heads, darker for more: rows ask, columns are asked.",
    "head": "head {head}",
}

SENTENCES = [
    {"encoder": "the small cat sees a red house", "decoder": "le petit chat voit une maison rouge"},
    {"encoder": "he reads the letter", "decoder": "il lit la lettre"},
    {"encoder": "i am a student and she is happy", "decoder": "je suis étudiant et elle est heureuse"},
]
# Whether each layer was trained with a causal mask.
TRAINED = {"encoder": False, "decoder": True}
# As many words as an English sentence of the training had at most.
WORDS = 12

_NAMES = ("sentence", "layer", "head", "query", "scaled", "causal")


class Heads(CourseWidget):
    """Self-attention of the trained translator of chapter 9: who looks at whom, head by head.

    The reader chooses a sentence, a layer, a head and the word that asks, and switches the division by √d_k
    and the causal mask. Taught in chapter 9.

    The model has two layers of self-attention: the encoder's, over the English words and trained without a
    mask, and the decoder's, over the French words and trained with a causal mask. Both read only the vectors
    of words and places, so that a switch acts in the layer that is shown and nowhere before it. A switch that
    is not as in training shows what the trained queries and keys would give, not another training.

    Traits that must fit each other are changed together::

        with widget.hold_sync(), widget.hold_trait_notifications():
            widget.layer, widget.sentence = "decoder", "le chat voit la maison"

    Args:
        sentence: 1 to 12 words of the model's vocabulary, separated by spaces; an example if left out.
        layer: "encoder", with an English sentence, or "decoder", with a French one.
        head: The head that is shown large, counted from 0; the figure counts from 1.
        query: The place of the word that asks, counted from 0; in the decoder 0 is ``<bos>``, the mark of the
            beginning. The middle one if left out.
        scaled: Whether scores are divided by √d_k.
        causal: Whether each word sees only itself and those before it; as in training if left out.

    Raises:
        StateError: A ``ValueError`` and ``TraitError``; names the argument, what came and what was expected.

    >>> widget = Heads("the cat sees a dog")
    >>> widget, widget.words[widget.query]
    (Heads(sentence='the cat sees a dog', layer='encoder'), 'sees')
    >>> [round(weight, 2) for weight in widget.weights[3][2]]
    [0.22, 0.1, 0.13, 0.39, 0.17]
    """

    MODULE = "heads"
    CONSTANTS: ClassVar[dict] = {
        "SENTENCES": SENTENCES,
        "TRAINED": TRAINED,
        "WORDS": WORDS,
        "BOS": BOS,
        "EPSILON": heads_model.EPSILON,
    }
    ASSETS: ClassVar[dict] = {"self_attention": heads_model.stored}

    sentence = traitlets.Any().tag(sync=True)
    layer = traitlets.Any().tag(sync=True)
    head = traitlets.Any().tag(sync=True)
    query = traitlets.Any().tag(sync=True)
    scaled = traitlets.Any().tag(sync=True)
    causal = traitlets.Any().tag(sync=True)

    def __init__(
        self,
        sentence: str | None = None,
        layer: str = "encoder",
        head: int = 3,
        query: int | None = None,
        scaled: bool = True,
        causal: bool | None = None,
    ) -> None:
        one_of("layer", layer, LAYERS)
        sentence = _read(SENTENCES[0][layer] if sentence is None else sentence, layer)
        state = {
            "sentence": sentence,
            "layer": layer,
            "head": head,
            "query": len(rows_of(sentence.split(), layer)) // 2 if query is None else query,
            "scaled": scaled,
            "causal": TRAINED[layer] if causal is None else causal,
        }
        super().__init__(**_checked(state))

    @traitlets.validate(*_NAMES)
    def _fits(self, proposal: dict) -> object:
        return self._fitted(proposal, _NAMES, _checked)

    @property
    def words(self) -> list[str]:
        """The words that ask and are asked."""
        return rows_of(self.sentence.split(), self.layer)

    @property
    def weights(self) -> list[list[list[float]]]:
        """The weights of each head as the switches stand: a row for each word that asks."""
        return self._weights(self.scaled, self.causal)

    def _weights(self, scaled: bool, causal: bool) -> list[list[list[float]]]:
        layer = layer_of(self.layer)
        width = heads_model.head_width(layer)
        scores = heads_model.dot_products(layer, self.words)
        return [heads_model.weights_of(of_head, width, scaled, causal) for of_head in scores]

    @property
    def bits(self) -> list[float]:
        """The entropy of each row of the chosen head, in bits, as the switches stand."""
        return [entropy(row) for row in self.weights[self.head]]

    @property
    def later(self) -> list[float]:
        """The weight of each row of the chosen head that lies on later words without a mask."""
        return [on_later(row, i) for i, row in enumerate(self._weights(self.scaled, False)[self.head])]

    def __repr__(self) -> str:
        return f"Heads(sentence={self.sentence!r}, layer={self.layer!r})"

    def fallback(self) -> str:
        """A table of the weights of the chosen head, and a drawing of all heads.

        Returns:
            HTML without scripts and styles, everything in it escaped.
        """
        layer = layer_of(self.layer)
        width = heads_model.head_width(layer)
        caption = TEXT["caption"].format(
            head=self.head + 1,
            heads=layer.heads,
            layer=self.layer,
            scale=TEXT["scaled" if self.scaled else "unscaled"].format(width=width),
            mask=TEXT["causal" if self.causal else "open"],
        )
        titles = [TEXT["asks"], *self.words, TEXT["bits"], TEXT["later"][self.causal]]
        rows = [
            [escape(word), *self._cells(i, row), f"{bits:.2f}", format_weight(later)]
            for i, (word, row, bits, later) in enumerate(
                zip(self.words, self.weights[self.head], self.bits, self.later, strict=True)
            )
        ]
        return plain_html.table(caption, [escape(title) for title in titles], rows) + _picture(self.weights)

    def _cells(self, place: int, row: Sequence[float]) -> list[str]:
        return [
            TEXT["masked"] if self.causal and j > place else f"{weight:.2f}" for j, weight in enumerate(row)
        ]


def _picture(weights: Sequence[Sequence[Sequence[float]]]) -> str:
    """Each head as a square of cells, as dark as their weights."""
    side, gap, top = 88, 16, 20
    drawn = []
    for head, rows in enumerate(weights):
        left, cell = head * (side + gap), side / len(rows)
        drawn.append(
            plain_html.words(left, 14, TEXT["head"].format(head=head + 1), size=13)
            + f'<rect x="{left}" y="{top}" width="{side}" '
            f'height="{side}" fill="none" stroke="currentColor" stroke-opacity="0.4"/>'
        )
        drawn += [
            f'<rect x="{left + j * cell:.1f}" y="{top + i * cell:.1f}" width="{cell:.1f}" '
            f'height="{cell:.1f}" fill="#0072B2" fill-opacity="{weight:.2f}"/>'
            for i, row in enumerate(rows)
            for j, weight in enumerate(row)
            if weight >= 0.005
        ]
    width, height = len(weights) * (side + gap) - gap, top + side + 1
    return plain_html.picture(width, height, TEXT["picture"].format(heads=len(weights)), *drawn)


def _read(sentence: object, layer: str) -> str:
    """The sentence as it is kept: its words, separated by spaces."""
    words = cut(text("sentence", sentence), layer)
    require_count("sentence", words, 1, WORDS, "words")
    known = layer_of(layer).words[len(heads_model.SPECIAL) :]
    if unknown := [word for word in words if word not in known]:
        side = "source" if layer == "encoder" else "target"
        raise StateError(
            f"sentence has the word {unknown[0]!r:.40}, expected for the {layer} words of "
            f"whyattention.lexicon.{side}_words(); change sentence and layer together: "
            "with widget.hold_sync(), widget.hold_trait_notifications(): ..."
        )
    return " ".join(words)


def _checked(state: dict) -> dict:
    """The state with its sentence as it is kept, if its parts are right and fit each other."""
    layer = one_of("layer", state["layer"], LAYERS)
    sentence = _read(state["sentence"], layer)
    for name in ("scaled", "causal"):
        flag(name, state[name])
    whole("head", state["head"], 0, layer_of(layer).heads - 1)
    whole("query", state["query"], 0, len(rows_of(sentence.split(), layer)) - 1)
    return state | {"sentence": sentence}
