"""Files that appear whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path


def write_whole(path: Path, data: bytes) -> None:
    """Write a file in one step: whatever interrupts it, the old file is whole, or the new one is.

    A file that was there keeps its permissions.

    Args:
        path: Where to; the folder must exist.
        data: All of it.

    Raises:
        OSError: The folder does not exist, or the disk is full; nothing is left beside ``path``.
    """
    # Beside the target, so that the last step is a change of name, which no interruption can divide.
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            part.chmod(path.stat().st_mode)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
