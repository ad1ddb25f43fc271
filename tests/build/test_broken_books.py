"""The build fails when it should: one book for each kind of fault, through the command that readers use."""

import gzip
import json
import re
from base64 import b64encode

import pytest
from nbformat.v4 import new_output

from whyattention.sphinx.notebooks import VIEW
from whyattention.widgets import Scores


def a_cell_that_raised(book):
    error = new_output("error", ename="ZeroDivisionError", evalue="division by zero", traceback=["…"])
    book.notebook.cells.append(book.cell("1 / 0", error))
    return "chapter.ipynb.*cell 5: the cell raised ZeroDivisionError"


def a_cell_that_wrote_to_stderr(book):
    book.notebook.cells.append(
        book.cell("warn()", new_output("stream", name="stderr", text="UserWarning: no"))
    )
    return "chapter.ipynb.*cell 5: the cell wrote to stderr: UserWarning: no"


def a_cell_that_was_never_run(book):
    book.notebook.cells[1].update(execution_count=None, outputs=[])
    return "chapter.ipynb.*cell 2: the cell was never run"


def a_figure_without_words(book):
    del book.figure.metadata["mystnb"]
    return "chapter.ipynb.*cell 4: a figure has no alternative text"


def a_picture_without_words(book):
    book.append("book/index.md", "\n![](square.svg)\n")
    return r"index.md.*square\.svg.*no alternative text"


def a_broken_cross_reference(book):
    book.append("book/index.md", "\n[A section](#there-is-no-such-section)\n")
    return "index.md.*there-is-no-such-section"


def a_broken_equation_reference(book):
    book.append("book/index.md", "\n{eq}`no-such-equation`\n")
    return "index.md.*no-such-equation"


def a_missing_citation(book):
    book.append("book/index.md", "\n{cite:p}`nobody1999`\n")
    return "index.md.*nobody1999"


def a_tex_error_in_a_line(book):
    book.append("book/index.md", "\nA fraction $\\frac{1$ here.\n")
    return "index.md.*TeX error"


def a_tex_error_in_a_notebook(book):
    book.notebook.cells[0].source += "\n\n$$\\nosuchcommand{x}$$\n"
    return r"chapter.ipynb.*TeX error.*nosuchcommand"


def a_missing_picture(book):
    book.append("book/index.md", "\n![a circle](circle.svg)\n")
    return "index.md.*circle.svg"


def a_widget_that_cannot_be_mounted(book):
    book.stored.update(model_module="@jupyter-widgets/controls", model_name="IntSliderModel")
    book.stored["state"].pop("_anywidget_id")
    return "chapter.ipynb.*cell 3: widget IntSliderModel cannot be shown"


def an_anywidget_of_another_package(book):
    book.stored["state"]["_anywidget_id"] = "another.package.Widget"
    return "chapter.ipynb.*cell 3: widget another.package.Widget cannot be shown"


def state_that_was_not_stored(book):
    del book.notebook.metadata["widgets"]
    return "chapter.ipynb.*cell 3: the state of widget .* is not stored"


def a_view_of_a_model_that_was_not_stored(book):
    book.notebook.cells[2].outputs[0].data[VIEW]["model_id"] = "another"
    return "chapter.ipynb.*cell 3: the state of widget another is not stored"


def packed(module, style):
    return b64encode(gzip.compress(json.dumps([module, style]).encode())).decode()


def a_loader_older_than_its_source(book):
    book.stored["state"]["_esm"] += "\n"
    return "chapter.ipynb.*cell 3: widget whyattention.widgets.scores.Scores .* older _esm"


def a_module_older_than_its_source(book):
    book.stored_code["packed"] = packed(Scores.module_text + "\n", Scores.style_text)
    return "chapter.ipynb.*cell 3: widget whyattention.widgets.scores.Scores .* older module"


def a_stylesheet_older_than_its_source(book):
    book.stored_code["packed"] = packed(Scores.module_text, Scores.style_text + "\n")
    return "chapter.ipynb.*cell 3: widget whyattention.widgets.scores.Scores .* older style"


def a_chapter_that_is_not_there(book):
    book.append("_toc.yml", "- file: book/missing\n")
    return "book/missing"


def no_table_of_contents(book):
    (book.source / "_toc.yml").unlink()
    return "Table of Contents"


def a_page_reference_that_leads_nowhere(book):
    book.append("book/index.md", "\n{doc}`nowhere`\n")
    return "index.md.*nowhere"


FAULTS = [
    a_cell_that_raised,
    a_cell_that_wrote_to_stderr,
    a_cell_that_was_never_run,
    a_figure_without_words,
    a_picture_without_words,
    a_broken_cross_reference,
    a_broken_equation_reference,
    a_missing_citation,
    a_tex_error_in_a_line,
    a_tex_error_in_a_notebook,
    a_missing_picture,
    a_widget_that_cannot_be_mounted,
    an_anywidget_of_another_package,
    state_that_was_not_stored,
    a_view_of_a_model_that_was_not_stored,
    a_loader_older_than_its_source,
    a_module_older_than_its_source,
    a_stylesheet_older_than_its_source,
    a_chapter_that_is_not_there,
    no_table_of_contents,
    a_page_reference_that_leads_nowhere,
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_the_build_fails_and_names_the_fault(small_book, fault):
    expected = fault(small_book)
    done = small_book.build()
    assert done.returncode != 0, done.stdout
    assert re.search(expected, done.stdout), done.stdout
