"""Pairs keep their words and links in batches, buckets and parts; a bad pair file is refused as a whole."""

import pytest

from whyattention.corpus import grammar_vocabularies, sample_pairs
from whyattention.pairs import (
    Pair,
    detokenize,
    encode_batches,
    encode_pairs,
    length_buckets,
    load_pairs,
    split_of,
    split_pairs,
    tokenize,
)


def test_a_batch_of_pairs_has_their_words_and_links():
    vocabularies = grammar_vocabularies()
    pairs = sample_pairs(20, 0, max_length=20)
    batch = encode_pairs(pairs, *vocabularies)
    for row, pair in enumerate(pairs):
        assert tuple(vocabularies[0].decode(batch.source[row])) == pair.source
        assert tuple(vocabularies[1].decode(batch.target[row])) == pair.target
        assert batch.alignments[row] == pair.alignment
    assert encode_pairs([*pairs, Pair(("i",), ("je",))], *vocabularies).alignments is None


def words_of(batches, vocabulary):
    return [tuple(vocabulary.decode(row)) for batch in batches for row in batch.source]


def test_batches_hold_each_pair_once_in_order_without_a_seed_and_shuffled_with_one():
    pairs = sample_pairs(50, 0)
    vocabularies = grammar_vocabularies()
    expected = [pair.source for pair in pairs]
    plain = encode_batches(pairs, *vocabularies, size=8)
    assert [len(batch) for batch in plain] == [8] * 6 + [2]
    assert words_of(plain, vocabularies[0]) == expected
    first, again, other = (encode_batches(pairs, *vocabularies, size=8, seed=seed) for seed in (1, 1, 2))
    assert words_of(first, vocabularies[0]) != expected
    assert sorted(words_of(first, vocabularies[0])) == sorted(expected)
    assert words_of(first, vocabularies[0]) == words_of(again, vocabularies[0])
    assert words_of(first, vocabularies[0]) != words_of(other, vocabularies[0])
    padding = [sum((~batch.source_mask).sum().item() for batch in batches) for batches in (plain, first)]
    assert padding[1] < padding[0] / 4
    with pytest.raises(ValueError, match="size must be at least 1, got 0"):
        encode_batches(pairs, *vocabularies, size=0)


def test_each_pair_is_in_the_bucket_of_its_length():
    pairs = sample_pairs(200, 0, max_length=12)
    buckets = length_buckets(pairs, [2, 5, 12, 20])
    assert list(buckets) == [(1, 2), (3, 5), (6, 12), (13, 20)]
    for (shortest, longest), members in buckets.items():
        assert members == [pair for pair in pairs if shortest <= len(pair.source) <= longest]
    assert buckets[1, 2] == []


@pytest.mark.parametrize(
    ("bounds", "message"),
    [
        ([], "increase from at least 1, got"),
        ([0, 12], "increase from at least 1, got"),
        ([5, 5, 12], "increase from at least 1, got"),
        ([4], "reach the longest source, 5 words, got"),
    ],
)
def test_bounds_that_leave_a_pair_out_are_refused(bounds, message):
    with pytest.raises(ValueError, match=f"bounds must .*{message}"):
        length_buckets(sample_pairs(1, 0, min_length=5, max_length=5), bounds)


def test_pairs_of_a_file_are_dealt_out_by_their_english_sentence():
    pairs = [Pair((f"word{i}", "."), (f"mot{j}",)) for i in range(1000) for j in range(2)]
    parts = split_pairs(pairs)
    assert list(parts) == ["train", "validation", "test"]
    assert sum(map(len, parts.values())) == len(pairs)
    sources = [{pair.source for pair in part} for part in parts.values()]
    assert len(sources[0] | sources[1] | sources[2]) == sum(map(len, sources)) == 1000
    assert all(abs(len(part) - share) < 60 for part, share in zip(sources, (800, 100, 100), strict=True))
    assert split_pairs(pairs[::-1])["test"] == parts["test"][::-1]
    assert split_of(["go", "."]) == split_of(("go", "."))


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("J'aime l’homme.", "french", "j' aime l' homme ."),
        ("Qu'est-ce que c'est, aujourd'hui ?", "french", "qu' est-ce que c' est , aujourd'hui ?"),
        ("Jusqu'à 3,5 km !", "french", "jusqu' à 3,5 km !"),
        ("e\u0301te\u0301\u202f!", "french", "été !"),
        ("«\u00a0Non\u00a0»", "french", "« non »"),
        ("I don't know—it's 3.5 o'clock...", "english", "i don't know — it's 3.5 o'clock . . ."),
        ("A well-known “fact”", "english", "a well-known “ fact ”"),
        (" \t ", "english", ""),
    ],
)
def test_text_is_cut_into_words_and_marks(text, language, expected):
    assert " ".join(tokenize(text, language)) == expected


def test_capitals_stay_on_request():
    assert tokenize("Aujourd'hui, Anne rit", "french", lowercase=False) == (
        "Aujourd'hui",
        ",",
        "Anne",
        "rit",
    )


def test_an_unknown_language_is_refused():
    with pytest.raises(ValueError, match="language must be one of english, french, got 'korean'"):
        tokenize("", "korean")


def test_elided_words_are_joined_without_a_space_and_cut_again():
    for pair in sample_pairs(50, 0, max_length=20):
        text = detokenize(pair.target)
        assert "' " not in text
        assert tokenize(text, "french") == pair.target


def write(tmp_path, content):
    path = tmp_path / "pairs.tsv"
    path.write_bytes(content)
    return path


GOOD = "Go.\tVa !\tCC-BY 2.0 (France) Attribution: tatoeba.org\nI don't.\tJ’n'ai pas.\n".encode()
READ = [Pair(("go", "."), ("va", "!")), Pair(("i", "don't", "."), ("j'", "n'", "ai", "pas", "."))]


@pytest.mark.parametrize(
    "content",
    [
        GOOD,
        b"\xef\xbb\xbf" + GOOD,
        GOOD.replace(b"\n", b"\r\n"),
        GOOD.rstrip(b"\n"),
        b"\xef\xbb\xbf" + GOOD.replace(b"\n", b"\r\n").rstrip(),
    ],
)
def test_a_pair_file_is_read_with_or_without_mark_attribution_crlf_and_last_line_end(tmp_path, content):
    assert load_pairs(write(tmp_path, content)) == READ


def test_a_pair_file_keeps_its_capitals_on_request_and_may_be_named_by_a_string(tmp_path):
    pairs = load_pairs(str(write(tmp_path, GOOD)), lowercase=False)
    assert pairs[0] == Pair(("Go", "."), ("Va", "!"))


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (b"Hello Bonjour", "expected English, tab, French.*got 1 columns: 'Hello Bonjour'"),
        (b"", "got 1 columns: ''"),
        (b"1\tHello.\t2\tBonjour.", "got 4 columns"),  # Tatoeba's own export, with sentence numbers
        (b"\tBonjour.", "got an empty English side"),
        (b"Hello.\t", "got an empty French side"),
        (b"Hello.\t\tCC-BY", "got an empty French side"),
        (b" \xc2\xa0\tBonjour.", "got an empty English side"),
        ("Hello.\tÀ bientôt.".encode("latin-1"), "expected UTF-8 text, got byte 0xc0 at column 8"),
        (b"Hello.\tBon\0jour.", "expected UTF-8 text, got a null character"),
        (b"Hello.\tBonjour.\rBye.\tSalut.", "got a single CR"),
    ],
)
def test_a_bad_line_is_named_and_no_pair_of_its_file_is_given(tmp_path, bad, message):
    path = write(tmp_path, GOOD + bad + b"\n" + GOOD)
    with pytest.raises(ValueError, match=message) as caught:
        load_pairs(path)
    assert str(caught.value).startswith(f"{path}, line 3: ")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_a_file_in_another_encoding_is_refused_at_its_first_line(tmp_path, encoding):
    path = write(tmp_path, GOOD.decode().encode(encoding))
    with pytest.raises(ValueError, match="line 1: expected UTF-8 text"):
        load_pairs(path)


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf"])
def test_an_empty_file_is_refused(tmp_path, content):
    with pytest.raises(ValueError, match=r"pairs\.tsv: expected .* got an empty file"):
        load_pairs(write(tmp_path, content))


def test_a_missing_file_and_a_folder_are_reported_by_the_system(tmp_path):
    with pytest.raises(FileNotFoundError):
        load_pairs(tmp_path / "none.tsv")
    with pytest.raises(OSError, match=r".+"):
        load_pairs(tmp_path)
