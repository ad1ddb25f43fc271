"""The recurrent translators as a browser holds them: weights in int8, read from their files without torch.

Each row of a weight matrix has its own scale, its largest entry divided by 127; an entry is stored as the
nearest whole number of scales. Biases stay as they are. ``Translator.in_int8`` is the same model in torch.
"""

import json
import struct
import sys
from array import array
from base64 import b64encode
from functools import cache
from pathlib import Path

MODELS = Path(__file__).parents[1] / "models"
NAMES = ("attention", "control")

LARGEST = 127
# What safetensors writes before each file's numbers.
_LENGTH = struct.Struct("<Q")


@cache
def translators() -> dict[str, dict]:
    """The two recurrent translators, for JavaScript.

    Returns:
        By name: ``source_words`` and ``target_words``, whose places are the words' numbers; ``longest``, the
        most source words of a sentence in training; ``weights``, each by its name in the model.
    """
    return {name: stored_translator(MODELS / f"{name}.safetensors") for name in NAMES}


def stored_translator(path: Path) -> dict:
    """One translator from its file, see :func:`translators`."""
    tensors, about = read_safetensors(path)
    translator = about["config"]["translator"]
    special = ["<pad>", "<bos>", "<eos>", "<unk>"]
    return {
        "source_words": special + translator["source_words"],
        "target_words": special + translator["target_words"],
        "longest": translator["longest_source"],
        "weights": {name: packed(*tensor) for name, tensor in tensors.items()},
    }


def read_safetensors(path: Path) -> tuple[dict[str, tuple[list[int], array]], dict]:
    """Read a file that ``whyattention.weights.save`` wrote.

    Returns:
        Shape and entries, in float32, of each tensor by name; and what the file says of itself.

    Raises:
        ValueError: A tensor is not in float32.
    """
    data = path.read_bytes()
    (length,) = _LENGTH.unpack_from(data)
    start = _LENGTH.size + length
    header = json.loads(data[_LENGTH.size : start])
    about = json.loads(header.pop("__metadata__")["whyattention"])
    tensors = {}
    for name, tensor in sorted(header.items()):
        if tensor["dtype"] != "F32":
            raise ValueError(f"{path} holds {name} as {tensor['dtype']}, expected F32")
        first, last = tensor["data_offsets"]
        tensors[name] = tensor["shape"], _little(array("f", data[start + first : start + last]))
    return tensors, about


def packed(shape: list[int], entries: array) -> dict:
    """A tensor as JSON: a matrix in int8 with a scale for each row, anything else in float32.

    Args:
        shape: Its shape.
        entries: Its entries, row by row, in float32.

    Returns:
        ``shape``, ``rows`` (int8) and ``scales`` (float32), or ``shape`` and ``floats``; numbers as base64 of
        their little-endian bytes.
    """
    if len(shape) != 2:
        return {"shape": shape, "floats": _base64(entries)}
    width = shape[1]
    scales, rows = array("f"), array("b")
    for begin in range(0, len(entries), width):
        row = entries[begin : begin + width]
        scales.append(max(map(abs, row)) / LARGEST)  # rounded to float32 here, as what divides next
        scale = scales[-1]
        rows.extend(round(entry / scale) if scale else 0 for entry in row)
    return {"shape": shape, "rows": _base64(rows), "scales": _base64(scales)}


def _little(numbers: array) -> array:
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


def _base64(numbers: array) -> str:
    return b64encode(_little(array(numbers.typecode, numbers)).tobytes()).decode()
