"""Which words are right: the fewest edits, the same ones in Python and in the page."""

from hypothesis import given, settings
from hypothesis import strategies as st

from whyattention.metrics import edit_distance
from whyattention.widgets.translate_sentence import compare

WORDS = st.lists(st.sampled_from("abcde"), max_size=9)


@settings(max_examples=300)
@given(said=WORDS, expected=WORDS)
def test_the_edits_are_as_few_as_can_be_and_lead_to_the_reference(said, expected):
    edits = compare(said, expected)
    assert sum(edit.kind != "right" for edit in edits) == edit_distance(said, expected)
    assert [edit.said for edit in edits if edit.kind != "missing"] == list(range(len(said)))
    assert [edit.expected for edit in edits if edit.kind != "extra"] == list(range(len(expected)))
    for edit in edits:
        if edit.kind in ("right", "wrong"):
            assert (said[edit.said] == expected[edit.expected]) == (edit.kind == "right")


@settings(max_examples=300)
@given(said=WORDS, expected=WORDS)
def test_the_page_finds_the_same_edits(javascript, said, expected):
    found = javascript("translate_edits", "compare", said, expected)
    assert found == [edit._asdict() for edit in compare(said, expected)]


def test_a_word_too_many_comes_behind_those_that_stand_for_others():
    kinds = [edit.kind for edit in compare(["mange", "une", "petite", "maison"], ["voit", "la", "maison"])]
    assert kinds == ["wrong", "wrong", "extra", "right"]


def test_words_nearby_are_found_and_others_are_not(javascript):
    known = ["house", "he", "does", "cat", "car", "student", "the"]
    assert javascript("translate_edits", "nearest", "hosue", known)[0] == "house"
    assert javascript("translate_edits", "nearest", "studnet", known) == ["student"]
    assert javascript("translate_edits", "nearest", "cet", known)[0] == "cat"
    assert javascript("translate_edits", "nearest", "elephant", known) == []
    assert javascript("translate_edits", "nearest", "x", known) == []
    assert javascript("translate_edits", "nearest", "h" * 900, known) == []
