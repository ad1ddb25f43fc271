"""Measure the book and the library and print one table: `make bench`. Nothing here passes or fails."""

import tempfile
from pathlib import Path

from tests.benchmarks import (
    bench_attention,
    bench_book,
    bench_decoder,
    bench_page,
    bench_recurrent,
    bench_widgets,
)
from whyattention import execute

ROOT = Path(__file__).parents[2]


def main() -> None:
    """Print what was measured, one line for each figure."""
    # The chapter with the figure that is timed; the list of chapters stands in _toc.yml alone.
    chapter = next(path for path in execute.chapters(ROOT) if path.name.startswith("07_"))
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        rows = bench_book.rows(out, chapter) + bench_page.rows(out, chapter) + bench_widgets.rows(out)
    rows += bench_attention.rows() + bench_recurrent.rows() + bench_decoder.rows()
    width = max(len(what) for what, _ in rows)
    for what, figure in rows:
        print(f"{what:{width}}  {figure}")


if __name__ == "__main__":
    main()
