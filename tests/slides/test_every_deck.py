"""What is promised of a deck holds for every chapter; the command says in a line what is wrong."""

import hashlib
import json
import shutil
from pathlib import Path

import pytest

from tests.build.conftest import SmallBook
from tests.slides.conftest import ROOT, build, run_slides
from tests.slides.test_deck import measured, slide_with
from whyattention.execute import chapters
from whyattention.slides.builder import numbered

CHAPTERS = numbered([path.stem for path in chapters(ROOT)])

# What a figure says, with what a pointer has changed in it.
SAID = "() => Reveal.getCurrentSlide().querySelector('.wa-host').innerText"
# Of the plots that follow a pointer: where they are drawn.
PLOTS = "section.present > section.present .wa-host svg"


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_chapters_are_those_with_a_number():
    assert len(CHAPTERS) == 9
    assert numbered(["index", "07_x", "primer", "08_y"]) == ["07_x", "08_y"]
    assert numbered(["chapter"]) == ["chapter"]


@pytest.mark.slow
@pytest.mark.parametrize("name", CHAPTERS)
def test_every_deck_fits_is_alive_and_asks_nobody(decks, open_deck, name):
    page = open_deck(decks / f"{name}.html")
    slides = measured(page)
    assert [one for one in slides if one["below"] > 1 or one["beside"] > 1 or one["scrolled"]] == []
    assert [one["id"] for one in slides if one["words"] < 25] == []
    assert min(one["fit"] for one in slides) >= 0.65
    assert sum(one["fit"] < 1 for one in slides) <= len(slides) / 5
    assert sum(one["scrolls"] for one in slides) <= 2
    assert sum(one["notes"] > 0 for one in slides) > len(slides) / 2
    notebook = json.loads((ROOT / "book" / f"{name}.ipynb").read_text("utf-8"))
    views = [
        output
        for cell in notebook["cells"]
        for output in cell.get("outputs", [])
        if "application/vnd.jupyter.widget-view+json" in output.get("data", {})
    ]
    assert page.locator(".slides .wa-host[data-widget=ready]").count() == len(views) > 0
    assert page.locator(".slides .katex-error").count() == 0
    assert page.console_problems == page.foreign_requests == []
    figures = page.locator(".slides .wa-figure img").count()
    assert figures == page.locator("section.wa-look-figure").count() > 0


@pytest.mark.slow
@pytest.mark.parametrize("name", ["02_bottleneck", "04_lstm", "06_what_gates_cannot_fix"])
def test_a_figure_reads_a_pointer_alike_at_every_scale(decks, open_deck, name):
    said = set()
    for width, height in ((1280, 720), (1024, 768), (1920, 1080)):
        page = open_deck(decks / f"{name}.html", viewport={"width": width, "height": height})
        slide_with(page, ".wa-host:has(svg)")
        before = page.evaluate(SAID)
        plots = page.locator(PLOTS).filter(visible=True).all()
        plot = max(plots, key=lambda one: one.bounding_box()["width"] * one.bounding_box()["height"])
        plot.scroll_into_view_if_needed()
        box = plot.bounding_box()
        page.mouse.click(box["x"] + box["width"] * 0.3, box["y"] + box["height"] * 0.5)
        page.wait_for_timeout(600)
        said.add(page.evaluate(SAID))
        assert page.evaluate(SAID) != before
    assert len(said) == 1


@pytest.mark.slow
def test_two_builds_are_the_same_bytes(decks, tmp_path):
    before = digests(decks)
    copy = tmp_path / "book"
    shutil.copytree(decks.parents[1] / "_build", copy / "_build", ignore=shutil.ignore_patterns("slides"))
    assert digests(build(None, copy, "again")) == before


@pytest.mark.slow
def test_one_chapter_is_written_beside_the_others(decks, tmp_path):
    copy = tmp_path / "book"
    shutil.copytree(decks.parents[1] / "_build", copy / "_build")
    (copy / "_build" / "slides" / "07_dot_product_attention.html").unlink()
    assert digests(build("book/07_dot_product_attention.ipynb", copy, "one")) == digests(decks)


@pytest.mark.parametrize(
    ("chapter", "says"),
    [
        ("book/99_nothing.ipynb", "must be an existing .ipynb file, got book/99_nothing.ipynb"),
        ("README.md", "must be an existing .ipynb file, got README.md"),
        ("assignments/04_dot_product_attention.ipynb", "must be listed in _toc.yml, got assignments/"),
    ],
)
def test_a_chapter_that_is_not_there_is_named_in_one_line(chapter, says, tmp_path):
    done = run_slides(chapter, "--out", tmp_path)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert says in done.stderr
    assert not (tmp_path / "_build").exists()


@pytest.mark.slow
def test_bad_metadata_fails_in_one_line_and_leaves_no_deck(tmp_path, build_book):
    book = SmallBook(tmp_path / "book", build_book)
    book.notebook.cells[0].metadata["slideshow"] = {"slide_type": "slyde"}
    book.write("book/chapter.ipynb", json.dumps(book.notebook))
    done = run_slides("--source", book.source, "--out", book.out)
    assert done.returncode == 1
    problem, end = done.stderr.splitlines()
    assert "cell 1: slideshow.slide_type must be one of" in problem
    assert "got 'slyde'" in problem
    assert end.startswith("no slides were written")
    assert not list((book.out / "_build" / "slides").glob("chapter*.html"))


@pytest.mark.slow
def test_a_small_book_is_exported_and_says_where(tmp_path, build_book):
    book = SmallBook(tmp_path / "book", build_book)
    book.write("book/chapter.ipynb", json.dumps(book.notebook))
    done = run_slides("--source", book.source, "--out", book.out)
    assert done.returncode == 0, done.stderr
    first, serve = done.stdout.splitlines()
    page = Path(first.removeprefix("First page: "))
    assert page == book.out / "_build" / "slides" / "index.html"
    assert "http.server" in serve
    assert 'href="chapter.html"' in page.read_text("utf-8")
    assert not list(page.parent.parent.glob(".slides-*"))
