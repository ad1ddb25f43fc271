"""What it costs to build the book, and to run a chapter."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[2]
Row = tuple[str, str]


def build(out: Path) -> float:
    """Build the book as a reader does, and return the seconds it took."""
    # Under make its variables are set, and they are not meant for this one.
    environment = {
        name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL")
    }
    begin = time.perf_counter()
    subprocess.run(
        ["make", "book", f"OUT={out}"], cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL
    )
    return time.perf_counter() - begin


def memory(process: psutil.Process) -> int:
    """Bytes that a process and its children hold; what they share counts once where the system tells."""
    total = 0
    for member in [process, *process.children(recursive=True)]:
        try:
            held = member.memory_full_info()
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue  # it ended between the two calls
        total += getattr(held, "pss", 0) or held.rss
    return total


def run_chapter(chapter: Path) -> tuple[float, int]:
    """Run a copy of the chapter as `make chapters` does; return seconds and the peak of memory in bytes."""
    with tempfile.TemporaryDirectory() as folder:
        copy = shutil.copy(chapter, folder)
        begin = time.perf_counter()
        running = psutil.Popen(
            [sys.executable, "-m", "whyattention.execute", copy], stdout=subprocess.DEVNULL
        )
        peak = 0
        while running.poll() is None:
            peak = max(peak, memory(running))
            time.sleep(0.05)
        if running.returncode:
            raise RuntimeError(f"{chapter} does not run: see `make chapters`")
        return time.perf_counter() - begin, peak


def rows(out: Path, chapter: Path) -> list[Row]:
    """Measure.

    Args:
        out: An empty folder; the book is left in it.
        chapter: The notebook that is run.

    Returns:
        What was measured, and the figure with its unit.
    """
    clean, cached = build(out), build(out)
    seconds, peak = run_chapter(chapter)
    return [
        ("book, built from nothing", f"{clean:.1f} s"),
        ("book, nothing changed", f"{cached:.1f} s"),
        (f"{chapter.stem}, run", f"{seconds:.1f} s"),
        (f"{chapter.stem}, run, peak of memory", f"{peak / 2**20:.0f} MiB"),
    ]
