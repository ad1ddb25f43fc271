"""A good book builds, twice, and holds nothing that does not belong to it."""

import json

from nbformat.v4 import new_code_cell, new_notebook, writes

from whyattention.widgets import Source

SECRET = "onlytheinstructorknows"


def test_a_good_book_builds_and_builds_again(small_book):
    for attempt in range(2):
        done = small_book.build()
        assert done.returncode == 0, (attempt, done.stdout)
        assert "WARNING" not in done.stdout
    assert (small_book.html / "index.html").is_file()


def test_a_fault_fails_the_second_build_too(small_book):
    # Sphinx does not read an unchanged page again, and would not repeat its warning.
    small_book.append("book/index.md", "\n[A section](#there-is-no-such-section)\n")
    for attempt in range(2):
        done = small_book.build()
        assert done.returncode != 0, (attempt, done.stdout)
        assert "there-is-no-such-section" in done.stdout


def test_the_chapter_holds_its_widget_once_with_its_fallback(small_book):
    assert small_book.build().returncode == 0
    html = (small_book.html / "book" / "chapter.html").read_text(encoding="utf-8")
    assert html.count('class="wa-host"') == 1
    assert html.count("widget-state+json") == 1
    assert "host.js" in html
    assert "require" not in html
    assert small_book.widget.fallback() in html
    state = json.loads(html.split('widget-state+json">')[1].split("</script>")[0])
    stored = state["state"][small_book.widget.model_id]["state"]
    assert state["modules"][stored["_esm"]["module"]] == small_book.widget._esm
    code = state["state"][small_book.widget.code.model_id]["state"]
    assert Source.unpack(code["packed"]) == (small_book.widget.module_text, small_book.widget.style_text)
    assert stored["scores"] == small_book.widget.scores
    other = (small_book.html / "book" / "index.html").read_text(encoding="utf-8")
    assert "host.js" not in other


def test_nothing_outside_of_the_table_of_contents_gets_into_the_book(small_book):
    notebook = writes(new_notebook(cells=[new_code_cell(f"# {SECRET}", execution_count=1)]))
    small_book.write(".venv/lib/x.md", f"# {SECRET}\n\n[broken](#nowhere)\n")
    small_book.write("assignments/a.ipynb", notebook)
    small_book.write("assignments/b.md", f"# {SECRET}\n")
    small_book.write("node_modules/c/README.md", f"# {SECRET}\n")
    small_book.write("tests/d.ipynb", notebook)
    small_book.write("stray.ipynb", notebook)
    small_book.write("book/stray.ipynb", notebook)
    small_book.write("book/stray.md", f"# {SECRET}\n")
    done = small_book.build()
    assert done.returncode == 0, done.stdout
    files = [path for path in small_book.html.rglob("*") if path.is_file()]
    assert any(path.name == "searchindex.js" for path in files)
    assert [path for path in files if SECRET.encode() in path.read_bytes()] == []


def test_the_text_of_a_page_is_not_shipped_beside_it(small_book):
    assert small_book.build().returncode == 0
    assert not (small_book.html / "_sources").exists()
    assert not list(small_book.html.rglob("*.ipynb"))
