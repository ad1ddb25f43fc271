"""Weights come back as they were saved, and a file that cannot be trusted is refused with a clear word."""

from __future__ import annotations

import json
import pickle

import pytest
import safetensors.torch
import torch
from torch import nn

from whyattention import seq2seq
from whyattention.batches import make_batch
from whyattention.weights import load, save


def build(config):
    return nn.Linear(config["inputs"], config["outputs"])


CONFIG = {"inputs": 3, "outputs": 2}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.safetensors"


@pytest.fixture
def saved(path):
    save(path, build(CONFIG), CONFIG)
    return path


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_translator_comes_back_with_its_options_and_every_bit(path, dtype):
    model = seq2seq.build(9, 8, kind="lstm", hidden=6, attention={"score": "general"}, bidirectional=True)
    model = model.to(dtype)
    words = ["je", "suis", "étudiant"]
    save(path, model, {"model": model.config, "words": words})
    again, config = load(path, lambda config: seq2seq.build(**config["model"]))
    assert config == {"model": model.config, "words": words}
    ours, theirs = model.state_dict(), again.state_dict()
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) and theirs[name].dtype == dtype for name in ours)
    assert all(isinstance(p, nn.Parameter) and p.requires_grad for p in again.parameters())
    batch = make_batch([[4, 5, 6], [7]], [[4, 5], [6]])
    arguments = batch.source, batch.source_lengths, batch.target_inputs
    assert torch.equal(model(*arguments).logits, again(*arguments).logits)


def test_two_files_of_one_model_have_the_same_bytes(tmp_path):
    model = build(CONFIG)
    for name in ("a", "b"):
        save(tmp_path / name, model, {"outputs": 2, "inputs": 3} if name == "a" else CONFIG)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_loaded_model_does_not_change_with_its_file(saved):
    model, _ = load(saved, build)
    before = model.weight.clone()
    saved.write_bytes(b"\xff" * saved.stat().st_size)
    assert torch.equal(model.weight, before)


def test_a_file_is_replaced_only_if_that_is_asked_for(saved):
    bytes_before = saved.read_bytes()
    with pytest.raises(FileExistsError, match=r"overwrite=True, got .*model\.safetensors"):
        save(saved, build(CONFIG), CONFIG)
    assert saved.read_bytes() == bytes_before
    save(saved, build(CONFIG), CONFIG, overwrite=True)
    assert saved.read_bytes() != bytes_before


def test_an_interrupted_save_leaves_the_old_file_and_nothing_beside_it(saved, monkeypatch):
    bytes_before = saved.read_bytes()

    def interrupt(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr("pathlib.Path.replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        save(saved, build(CONFIG), CONFIG, overwrite=True)
    assert saved.read_bytes() == bytes_before
    assert list(saved.parent.iterdir()) == [saved]


def test_weights_that_a_slice_or_a_transposition_made_are_saved_whole(path):
    model = build(CONFIG)
    model.weight = nn.Parameter(torch.arange(12.0).reshape(6, 2)[::2].t())
    save(path, model, CONFIG)
    assert load(path, build)[0].weight.tolist() == [[0, 4, 8], [1, 5, 9]]


@pytest.mark.parametrize("config", [{"size": (1, 2)}, {1: 2}, {"x": float("nan")}, {"x": object()}])
def test_options_that_json_would_change_are_refused(path, config):
    with pytest.raises(
        (ValueError, TypeError), match=r"config must be JSON|must come back from JSON|parameter"
    ):
        save(path, build(CONFIG), config)
    assert not path.exists()


def test_weights_that_share_memory_are_refused(path):
    model = nn.ModuleList([nn.Linear(2, 2), nn.Linear(2, 2)])
    model[1].weight = model[0].weight
    with pytest.raises(ValueError, match="must not share memory"):
        save(path, model, {})
    assert not path.exists()


def test_a_missing_folder_and_a_missing_file_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"folder of path must exist, got .*nowhere"):
        save(tmp_path / "nowhere" / "model", build(CONFIG), CONFIG)
    with pytest.raises(FileNotFoundError, match=r"must be a file with weights, got .*nothing"):
        load(tmp_path / "nothing", build)
    with pytest.raises(FileNotFoundError, match="must be a file with weights"):
        load(tmp_path, build)


# Files that cannot be trusted


def about(layout=1, config=CONFIG, **more):
    return json.dumps({"layout": layout, "config": config, **more})


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not weights",
        pickle.dumps({"weight": [1, 2]}),
        b"\xff" * 100,
        (2**62).to_bytes(8, "little") + b"{}",
    ],
    ids=["empty", "text", "a pickle", "ones", "a header without end"],
)
def test_a_file_of_another_kind_is_refused(path, content):
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"model\.safetensors is not a whole safetensors file"):
        load(path, build)


def test_a_pickle_is_not_run(path, tmp_path):
    class Trap:
        def __reduce__(self):
            return exec, (f"open({str(tmp_path / 'sprung')!r}, 'w')",)

    torch.save(Trap(), path)
    with pytest.raises(ValueError, match="is not a whole safetensors file"):
        load(path, build)
    assert not (tmp_path / "sprung").exists()


def test_every_cut_and_every_wrong_bit_is_noticed(saved):
    save(saved, build(CONFIG), CONFIG | {"words": ["je", "suis"]}, overwrite=True)
    whole = saved.read_bytes()
    for end in range(0, len(whole), 7):
        saved.write_bytes(whole[:end])
        with pytest.raises(ValueError, match=r"model\.safetensors"):
            load(saved, build)
    for at in range(len(whole)):
        flipped = whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]
        saved.write_bytes(flipped)
        with pytest.raises(ValueError, match=r"model\.safetensors"):
            load(saved, build)


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        (None, "was not saved by this library"),
        ({"format": "pt"}, "was not saved by this library"),
        ({"whyattention": "{"}, "was not saved by this library"),
        ({"whyattention": "3"}, "was not saved by this library"),
        ({"whyattention": about(layout=2)}, "must be of layout 1, got 2"),
        ({"whyattention": json.dumps({"config": {}})}, "must be of layout 1, got None"),
        ({"whyattention": about()}, "is damaged"),
        ({"whyattention": about(checksum="0" * 64)}, "is damaged"),
        ({"whyattention": about(config=[])}, "is damaged"),
    ],
)
def test_a_file_that_says_something_else_is_refused(path, metadata, message):
    path.write_bytes(safetensors.torch.save(dict(build(CONFIG).state_dict()), metadata))
    with pytest.raises(ValueError, match=rf"model\.safetensors.* {message}"):
        load(path, build)


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (lambda config: nn.Linear(4, 2), r"weight must have shape \(2, 4\), got \(2, 3\)"),
        (lambda config: nn.Linear(3, 2, bias=False), r"must have the weights of .*, differs in \['bias'\]"),
        (lambda config: nn.Linear(config["width"], 2), r"does not hold the options of this model: KeyError"),
        (lambda config: seq2seq.build(**config), r"does not hold the options of this model: TypeError"),
    ],
    ids=["shape", "names", "missing option", "unknown option"],
)
def test_a_file_for_another_model_is_refused(saved, other, message):
    with pytest.raises(ValueError, match=rf"model\.safetensors.*{message}"):
        load(saved, other)
