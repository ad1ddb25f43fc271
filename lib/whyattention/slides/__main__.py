"""Export chapters as slides: `python -m whyattention.slides`."""

import argparse
import os
import re
import subprocess
import sys
from pathlib import Path

from whyattention.execute import chapters
from whyattention.slides.builder import CHOSEN

WORDS = {
    "summary": "Export chapters as slides.",
    "chapters": "notebooks of the book; default: all chapters",
    "source": "the folder of the book (default: .)",
    "out": "the folder in which _build/slides is written (default: .)",
    "first": "First page: {page}",
    "serve": "Open it in a browser as it is, or serve it: {python} -m http.server -b localhost -d {folder} "
    "(http://localhost:8000)",
}
MESSAGES = {
    "no notebook": "the chapter must be an existing .ipynb file, got {path}",
    "not listed": "the chapter must be listed in _toc.yml, got {path}",
    "failed": "no slides were written: jupyter-book ended with code {code}",
}

_PROBLEM = re.compile(r"\b(?:WARNING|ERROR|CRITICAL)\b|^(?:\w+\.)*\w*Error\b", re.MULTILINE)
_COLOR = re.compile(r"\x1b\[[0-9;]*m")


def main(arguments: list[str] | None = None) -> int:
    """Export the chapters named, or all; return the exit status.

    Args:
        arguments: Words of the command line; None for those that the program was started with.

    Returns:
        0, or 1 where no slides were written.
    """
    parser = argparse.ArgumentParser(prog="python -m whyattention.slides", description=WORDS["summary"])
    parser.add_argument("chapters", nargs="*", type=Path, metavar="CHAPTER", help=WORDS["chapters"])
    parser.add_argument("--source", type=Path, default=Path("."), help=WORDS["source"])
    parser.add_argument("--out", type=Path, default=Path("."), help=WORDS["out"])
    options = parser.parse_args(arguments)
    try:
        names = _docnames(options.chapters, options.source)
    except ValueError as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 1
    done = _build(options.source, options.out, names)
    if done.returncode:
        said = _COLOR.sub("", done.stdout)
        lines = dict.fromkeys(line for line in said.splitlines() if _PROBLEM.search(line))
        print(*lines, MESSAGES["failed"].format(code=done.returncode), sep="\n", file=sys.stderr)
        return 1
    folder = options.out / "_build" / "slides"
    first = folder / (f"{Path(names[0]).name}.html" if len(names) == 1 else "index.html")
    print(WORDS["first"].format(page=first.resolve()))
    python = Path(sys.executable)
    shown = python.relative_to(Path.cwd()) if python.is_relative_to(Path.cwd()) else python
    print(WORDS["serve"].format(python=shown, folder=folder))
    return 0


def _docnames(paths: list[Path], source: Path) -> list[str]:
    """The names that Sphinx has for chapters.

    Raises:
        ValueError: A file is missing, or is not in the table of contents, or there is none.
    """
    listed = {path.resolve(): path.relative_to(source) for path in chapters(source)}
    for path in paths:
        if path.suffix != ".ipynb" or not path.is_file():
            raise ValueError(MESSAGES["no notebook"].format(path=path))
        if path.resolve() not in listed:
            raise ValueError(MESSAGES["not listed"].format(path=path))
    return [listed[path.resolve()].with_suffix("").as_posix() for path in paths]


def _build(source: Path, out: Path, names: list[str]) -> subprocess.CompletedProcess:
    command = [str(Path(sys.executable).with_name("jupyter-book")), "build", str(source)]
    command += ["--path-output", str(out), "--builder", "custom", "--custom-builder", "slides"]
    return subprocess.run(
        [*command, "-W", "--keep-going", "--quiet"],
        env=os.environ | {CHOSEN: " ".join(names)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
    )


if __name__ == "__main__":
    sys.exit(main())
