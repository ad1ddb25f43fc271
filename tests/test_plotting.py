"""The shared pictures show what they are given, and refuse what does not fit."""

import matplotlib.pyplot as plt
import pytest
from matplotlib.text import Text

from whyattention.plotting import draw_lookup, draw_one_vector


@pytest.fixture
def axes():
    figure, axes = plt.subplots()
    yield axes
    plt.close(figure)


def words_of(axes):
    return [text.get_text() for text in axes.texts]


def test_a_look_up_shows_words_scores_and_weights(axes):
    draw_lookup(axes, ["red", "car"], scores=[0.5, -2], weights=[0.92, 0.08], query_word="la")
    assert {"red", "car", "0.5", "-2", "0.92", "0.08"} <= set(words_of(axes))
    assert [bar.get_height() / 0.75 for bar in axes.containers[0]] == pytest.approx([0.92])


def test_a_look_up_needs_a_score_and_a_weight_for_each_word(axes):
    with pytest.raises(ValueError, match="must have one length, got 2, 2 and 1"):
        draw_lookup(axes, ["red", "car"], scores=[1, 2], weights=[1], query_word="la")


def test_the_decoder_reads_what_it_has_written(axes):
    draw_one_vector(axes, ["red", "car"], ["voiture", "rouge"], begin="<", end=">")
    places = {}
    for text in filter(Text.get_text, axes.texts):  # an arrow is a text without words
        x, y = text.get_position()
        places.setdefault(y, []).append((x, text.get_text()))
    rows = [[word for _, word in sorted(row)] for _, row in sorted(places.items())]
    assert rows[0] == ["reads", "red", "car", "<", "voiture", "rouge"]
    assert rows[1] == ["$h_{1}$", "$h_{2}$", "$s_{1}$", "$s_{2}$", "$s_{3}$"]
    assert ["writes", "voiture", "rouge", ">"] in rows
    # Each written word stands over the symbol that was read for it.
    above, below = (dict((word, x) for x, word in places[y]) for y in (0.78, -0.75))
    assert above["voiture"] == below["<"]
    assert above[">"] == below["rouge"]


def test_an_encoder_needs_a_word(axes):
    with pytest.raises(ValueError, match="at least one word"):
        draw_one_vector(axes, [], ["rien"], begin="<", end=">")
