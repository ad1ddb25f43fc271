"""Every figure of the built book works there: its controls are pressed, beside its neighbors."""

import nbformat
import pytest

from tests.test_sphinx_pages import OVERFLOW, PAGES, ROOT, visit
from tests.widgets.examples import EXAMPLES

VIEW = "application/vnd.jupyter.widget-view+json"
CONTROLS = ":is(input, select, button, textarea, [tabindex='0']):not(:disabled):visible"
# By the type of a control, keys that leave it other than it was.
KEYS = {
    "range": ("Home", "ArrowRight"),
    "radio": ("Space", "ArrowDown"),
    "checkbox": ("Space",),
    "select-one": ("ArrowDown",),
    "text": ("End", "1"),
    "number": ("End", "1"),
    "textarea": ("End", "Space", "x"),
}
SHOWN = """
(all) => all.map((one) => {
  const attributes = (part) => [...part.attributes].map((each) => each.name + each.value);
  const looks = (part) => [attributes(part), part.checked, part.value].join();
  return one.innerText + [...one.querySelectorAll("*")].map(looks).join();
})
"""
# Leave the figure, and wait for what it says a while after a key.
LEAVE = "document.activeElement.blur(), new Promise((done) => setTimeout(done, 1000))"


def stored_figures(name: str) -> int:
    """How many figures the cells of a page have stored."""
    path = ROOT / f"{name}.ipynb"
    if not path.exists():
        return 0
    outputs = [output for cell in nbformat.read(path, 4).cells for output in cell.get("outputs", ())]
    return sum(VIEW in output.get("data", ()) for output in outputs)


def press_all(figure) -> None:
    controls, n = figure.locator(CONTROLS), 0
    while n < controls.count():  # a key may bring controls, or take some away
        control = controls.nth(n)
        for key in KEYS.get(control.evaluate("(control) => control.type"), ["Enter"]):
            control.press(key)
        n += 1


def test_there_are_figures_to_press():
    assert sum(map(stored_figures, PAGES)) > 40


@pytest.mark.parametrize("width", [1280, pytest.param(320, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", [*filter(stored_figures, PAGES)])
def test_each_figure_answers_to_keys_and_leaves_its_neighbors_alone(served_book, new_page, name, width):
    page = new_page(viewport={"width": width, "height": 900})
    visit(page, served_book, name)
    figures = page.locator(".wa-host .wa")
    assert figures.count() == stored_figures(name)
    for kind, example in EXAMPLES.items():  # some wait for a trained model
        if page.locator(f".wa-{kind.replace('_', '-')}").count():
            page.locator(example.ready).first.wait_for()
    for n in range(figures.count()):
        before = figures.evaluate_all(SHOWN)
        press_all(figures.nth(n))
        page.evaluate(LEAVE)
        after = figures.evaluate_all(SHOWN)
        assert [i for i, (old, new) in enumerate(zip(before, after, strict=True)) if old != new] == [n]
        assert page.evaluate(OVERFLOW) <= 0
    assert page.foreign_requests == []
    assert page.console_problems == []
