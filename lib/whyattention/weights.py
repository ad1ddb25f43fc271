"""Trained weights in a file: safetensors, with the options that build the model, and never a pickle.

A pickle runs code when it is read; a safetensors file holds numbers and one text. The text is JSON with the
layout of the file, the options, and a checksum over both, so that one wrong bit is noticed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from whyattention.files import write_whole

#: What ``save`` writes and ``load`` reads; a change that an older ``load`` cannot read counts it up.
LAYOUT = 1
# One entry holds it all: safetensors writes several in an order that changes from run to run.
_ENTRY = "whyattention"


def save(path: str | Path, model: nn.Module, config: Mapping[str, Any], *, overwrite: bool = False) -> None:
    """Write the weights of a model, with the options that build it.

    The file appears whole or not at all. Equal weights and options give equal bytes.

    Args:
        path: Where to; the folder must exist. Customary is the ending ``.safetensors``.
        model: The model whose ``state_dict`` is written.
        config: Whatever ``load`` needs to build the model, and what belongs to it, such as a vocabulary. It
            must come back from JSON as it was: lists and not tuples, names that are strings.
        overwrite: Whether a file that is there may be replaced.

    Raises:
        FileExistsError: There is a file, and ``overwrite`` is False.
        FileNotFoundError: The folder does not exist.
        ValueError: ``config`` is not JSON; two weights of the model share memory.

    Example:
        >>> import tempfile
        >>> model = nn.Linear(3, 2)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "linear.safetensors")
        ...     save(path, model, {"inputs": 3, "outputs": 2})
        ...     copy, config = load(path, lambda config: nn.Linear(config["inputs"], config["outputs"]))
        >>> torch.equal(copy.weight, model.weight), config
        (True, {'inputs': 3, 'outputs': 2})
    """
    path = Path(path)
    if path.exists() and not overwrite:
        raise FileExistsError(f"path must not exist unless overwrite=True, got {path}")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"the folder of path must exist, got {path}")
    options = _as_json(config)
    tensors = {name: value.detach().cpu().contiguous() for name, value in model.state_dict().items()}
    about = {"layout": LAYOUT, "checksum": _checksum(tensors, options), "config": json.loads(options)}
    try:
        data = safetensors.torch.save(tensors, {_ENTRY: json.dumps(about, sort_keys=True)})
    except RuntimeError as error:
        raise ValueError(f"model must not share memory between weights: {error}") from error
    write_whole(path, data)


def load(path: str | Path, build: Callable[[dict[str, Any]], nn.Module]) -> tuple[nn.Module, dict[str, Any]]:
    """Read what ``save`` wrote: build the model from its options and give it its weights.

    Args:
        path: The file.
        build: Takes the saved ``config`` and returns a model of the same shapes, with any weights.

    Returns:
        The model, on the CPU and in the dtype of the file, and the ``config``.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: The file is damaged, of another kind or of another layout, or does not fit the model that
            ``build`` returns. The message names the file.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"path must be a file with weights, got {path}")
    tensors, about = _read(path)
    if about.get("layout") != LAYOUT:
        raise ValueError(f"{path} must be of layout {LAYOUT}, got {about.get('layout')!r:.60}")
    config = about.get("config")
    if not isinstance(config, dict) or about.get("checksum") != _checksum(tensors, _as_json(config)):
        raise ValueError(f"{path} is damaged: its checksum does not belong to what it holds")
    try:
        model = build(config)
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} does not hold the options of this model: {error!r}") from error
    _require_same_shapes(path, tensors, model.state_dict())
    model.load_state_dict(tensors, assign=True)
    return model, config


def _as_json(config: Mapping[str, Any]) -> str:
    try:
        text = json.dumps(config, allow_nan=False, sort_keys=True)
    except (TypeError, ValueError) as error:
        raise ValueError(f"config must be JSON: {error}") from error
    if json.loads(text) != config:
        raise ValueError("config must come back from JSON as it was: no tuples, and strings for names")
    return text


def _checksum(tensors: dict[str, Tensor], options: str) -> str:
    sums = hashlib.sha256(options.encode())
    for name, tensor in sorted(tensors.items()):
        sums.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        sums.update(tensor.flatten().view(torch.uint8).numpy())
    return sums.hexdigest()


def _read(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    try:
        with safe_open(path, "pt") as file:
            metadata = file.metadata() or {}
            # Copies: the numbers of the file would change with the file.
            tensors = {name: file.get_tensor(name).clone() for name in file.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise ValueError(f"{path} is not a whole safetensors file: {error}") from error
    try:
        about = json.loads(metadata[_ENTRY])
    except (KeyError, json.JSONDecodeError):
        about = None
    if not isinstance(about, dict):
        raise ValueError(f"{path} was not saved by this library: it does not say how to build its model")
    return tensors, about


def _require_same_shapes(path: Path, found: dict[str, Tensor], expected: dict[str, Tensor]) -> None:
    if found.keys() != expected.keys():
        names = sorted(found.keys() ^ expected.keys())
        raise ValueError(f"{path} must have the weights of the model that it builds, differs in {names}")
    for name, tensor in found.items():
        if tensor.shape != expected[name].shape:
            expected_shape = tuple(expected[name].shape)
            raise ValueError(f"{path}: {name} must have shape {expected_shape}, got {tuple(tensor.shape)}")
