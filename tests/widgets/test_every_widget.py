"""What is promised of every figure: keys, listeners, neighbors, hostile state, no barrier, no growth."""

import json
from html.parser import HTMLParser

import pytest

from tests.test_sphinx_pages import AXE, barriers
from tests.widgets.examples import EXAMPLES
from whyattention.widgets import registry

every = pytest.mark.parametrize("example", EXAMPLES.values(), ids=list(EXAMPLES))

HOSTILE = [
    None,
    "text",
    "NaN",
    "-Infinity",
    1e308,
    -1,
    0.5,
    True,
    [],
    [None],
    ["<b>x</b>"] * 3,
    {},
    {"a": [1]},
]

# A model that counts its listeners, and counts of what is put on document and window.
COUNTED = """
async ([source, state, update, ready]) => {
  const count = { model: 0, page: 0 };
  for (const target of [document, window]) {
    const [add, remove] = [target.addEventListener, target.removeEventListener];
    target.addEventListener = function (...all) { count.page += 1; return add.apply(this, all); };
    target.removeEventListener = function (...all) { count.page -= 1; return remove.apply(this, all); };
  }
  const model = {
    get: (name) => state[name], set: (name, value) => { state[name] = value; }, save_changes() {}, send() {},
    on: () => { count.model += 1; }, off: () => { count.model -= 1; },
  };
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  const { default: widget } = await import(url);
  const act = eval(update);
  const results = [];
  for (const by of ["cleanup", "signal"]) {
    const el = document.createElement("div");
    document.body.append(el);
    const controller = new AbortController();
    const cleanup = await widget.render({ model, el, signal: controller.signal });
    while (!el.querySelector(ready)) await new Promise(requestAnimationFrame);
    const root = el.querySelector(".wa");
    const during = { ...count };
    if (by === "cleanup") cleanup(); else controller.abort();
    const before = JSON.stringify(state);
    act(root, 1);
    act(root, 2);
    await new Promise((done) => setTimeout(done, 50));
    results.push({ by, during, after: { ...count }, moved: before !== JSON.stringify(state) });
    el.remove();
  }
  return results;
}
"""
GROWN = """
async ([update, times]) => {
  const root = document.querySelector(".wa");
  const act = eval(update);
  const nodes = () => root.querySelectorAll("*").length;
  const looks = (one) => [...one.attributes].map((a) => a.value).join() + one.checked + one.value;
  const shown = () => root.innerText + [...root.querySelectorAll("*")].map(looks).join();
  const frame = () => new Promise(requestAnimationFrame);
  const counts = [];
  for (let i = 0; i < times; i++) {
    const before = i < 4 ? shown() : null;
    act(root, i);
    if (i < 8 || i % 50 === 49) {
      await frame();
      await frame();
    }
    if (i && i < 4 && shown() === before) throw new Error(`event ${i} changed nothing`);
    counts.push(nodes());
  }
  return counts;
}
"""


@every
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 320])
def test_no_barrier_that_axe_knows(open_widgets, example, width, theme):
    viewport = {"width": width, "height": 900}
    page = open_widgets(example.make(), viewport=viewport, theme=theme, ready=example.ready)
    page.add_script_tag(path=AXE)
    assert barriers(page, "axe.run(document.querySelector('main'))") == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@every
def test_every_control_has_a_name_and_is_reached_by_the_keyboard(open_widgets, example):
    page = open_widgets(example.make(), ready=example.ready)
    controls = page.locator(".wa :is(input, select, button, textarea):visible:not(:disabled)")
    assert controls.count() > 0
    out_of_reach = "(all) => all.filter((one) => one.tabIndex < 0 && one.type !== 'radio').length"
    assert controls.evaluate_all(out_of_reach) == 0
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('.wa') !== null")


@every
def test_what_changes_is_told_in_words(open_widgets, example):
    page = open_widgets(example.make(), ready=example.ready)
    live = ".wa :is([aria-live], [role=status], [role=alert], output)"
    assert page.locator(live).count() > 0


@every
def test_a_figure_that_goes_leaves_no_listener(open_widgets, example):
    widget = example.make()
    page = open_widgets(widget, ready=example.ready)
    state = {name: value for name, value in widget.get_state().items() if name != "layout"}
    arguments = [widget.module_text, json.loads(json.dumps(state)), example.update, example.ready]
    results = page.evaluate(COUNTED, arguments)
    assert [one["by"] for one in results] == ["cleanup", "signal"]
    for one in results:
        assert one["during"]["model"] > 0
        assert one["after"] == {"model": 0, "page": 0}
        assert not one["moved"]


@every
def test_a_thousand_events_leave_no_more_nodes_than_a_few(open_widgets, example):
    page = open_widgets(example.make(), ready=example.ready)
    counts = page.evaluate(GROWN, [example.update, 1000])
    assert max(counts[500:]) <= max(counts[:500])
    assert page.console_problems == []


@every
def test_the_fallback_is_html_without_scripts_and_is_shown_where_none_runs(open_widgets, example):
    html = example.make().fallback()
    seen = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attributes: seen.append((tag, dict(attributes)))
    parser.feed(html)
    tags = {tag for tag, _ in seen}
    assert not tags & {"script", "style", "link", "iframe", "object"}
    assert not any(name.startswith("on") for _, attributes in seen for name in attributes)
    assert all(attributes.get("alt") for tag, attributes in seen if tag == "img")
    page = open_widgets(example.make(), java_script_enabled=False)
    assert page.locator(".wa-host > *").first.is_visible()


@every
def test_a_hostile_stored_state_never_breaks_the_page(open_widgets, example):
    """Each stored value is spoiled in turn: the figure says so, or shows what it can; nothing throws."""
    names = [name for name in example.make().keys if not name.startswith("_")]
    names = [name for name in names if name not in ("layout", "tabbable", "tooltip", "code")]
    changes = [{name: value} for name in names for value in HOSTILE]
    page = open_widgets(*[example.make() for _ in changes], changes=changes, ready=None)
    assert page.locator(".wa").count() == len(changes)
    assert page.locator(".wa").evaluate_all("(all) => all.every((one) => one.innerText.trim())")
    assert page.locator("main b").count() == 0
    assert page.console_problems == []


def test_all_kinds_share_a_page_and_one_that_goes_takes_no_other_along(open_widgets):
    widgets = [example.make() for example in EXAMPLES.values() for _ in range(2)]
    page = open_widgets(*widgets)
    for n, example in enumerate(EXAMPLES.values()):
        page.locator(".wa-host").nth(2 * n).locator(example.ready).first.wait_for()
        page.locator(".wa-host").nth(2 * n + 1).locator(example.ready).first.wait_for()
    read = "(all) => all.map((one) => one.innerText)"
    for n, example in enumerate(EXAMPLES.values()):
        before = page.locator(".wa-host").evaluate_all(read)
        act = f"(root) => {{ const act = {example.update}; act(root, 1); act(root, 2); }}"
        page.locator(".wa-host").nth(2 * n).locator(".wa").evaluate(act)
        page.wait_for_timeout(500)
        after = page.locator(".wa-host").evaluate_all(read)
        changed = [i for i, (old, new) in enumerate(zip(before, after, strict=True)) if old != new]
        assert set(changed) <= {2 * n}
    page.evaluate("window.whyattentionHost.unmount(document.querySelector('.wa-host'))")
    assert page.locator(".wa-host .wa").count() == len(widgets) - 1
    assert page.console_problems == []


def test_every_kind_has_an_example():
    assert {example.make()._anywidget_id for example in EXAMPLES.values()} == set(registry())
