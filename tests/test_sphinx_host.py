"""The host mounts a page's stored widgets without a kernel, and keeps the contract that their modules use."""

import json
import shutil

import pytest
from playwright.sync_api import expect

from whyattention.sphinx import STATIC
from whyattention.sphinx.notebooks import STATE
from whyattention.sphinx.widgets import page_state

COUNTER = """
export default {
  render({ model, el }) {
    const button = document.createElement("button");
    const draw = () => { button.textContent = `count ${model.get("count")}`; };
    button.addEventListener("click", () => {
      model.set("count", model.get("count") + 1);
      model.save_changes();
    });
    model.on("change:count", draw);
    draw();
    el.append(button);
  },
};
"""
SETTLED = "[...document.querySelectorAll('.wa-host')].every((point) => point.dataset.widget)"
BROKEN = "export default { render() { throw new Error('no drawing today'); } };"


def model(esm: str, buffers: list | None = None, css: str = "", **state: object) -> dict:
    """A widget's model as a notebook stores it."""
    stored = {"model_name": "AnyModel", "model_module": "anywidget", "model_module_version": "~0.11.*"}
    state = {"_esm": esm, "_css": css, "_anywidget_id": "a.b.C"} | state
    return stored | {"state": state} | ({"buffers": buffers} if buffers else {})


@pytest.fixture
def open_widgets(tmp_path, new_page):
    """``open_widgets(models, views)`` opens a page of these models, mounted where ``views`` names them."""

    def open_page(models: dict[str, dict], views: list[str] | None = None, **options: object):
        shown = list(models) if views is None else views
        points = "".join(
            f'<div class="wa-host" data-model="{id}"><p>fallback of {id}</p></div><p>between</p>'
            for id in shown
        )
        state = f'<script type="{STATE}">{page_state(models, shown)}</script>'
        host = f'<script defer src="{(STATIC / "host.js").as_uri()}"></script>'
        html = f'<!doctype html><meta charset="utf-8">{host}{points}{state}<p>the end'
        (tmp_path / "page.html").write_text(html, encoding="utf-8")
        page = new_page(**options)
        page.goto((tmp_path / "page.html").as_uri())
        if options.get("java_script_enabled", True):
            page.wait_for_function(
                "[...document.querySelectorAll('.wa-host')].every((e) => e.dataset.widget)"
            )
        return page

    return open_page


def test_a_widget_takes_the_place_of_its_fallback_and_works(open_widgets):
    page = open_widgets({"w0": model(COUNTER, count=3)})
    page.get_by_role("button", name="count 3").click()
    assert page.locator(".wa-host").inner_text() == "count 4"
    assert page.locator(".wa-host").get_attribute("data-widget") == "ready"
    assert not page.console_problems


def test_the_fallback_is_shown_where_no_script_runs(open_widgets):
    page = open_widgets({"w0": model(COUNTER, count=3)}, java_script_enabled=False)
    assert page.locator(".wa-host").inner_text() == "fallback of w0"


def test_two_views_of_one_widget_show_the_same_state(open_widgets):
    page = open_widgets({"w0": model(COUNTER, count=0)}, views=["w0", "w0"])
    page.get_by_role("button").first.click()
    assert page.get_by_role("button").all_inner_texts() == ["count 1", "count 1"]


def test_a_view_that_ends_takes_only_its_own_listeners_along(open_widgets):
    page = open_widgets({"w0": model(COUNTER, count=0)}, views=["w0", "w0"])
    page.evaluate("whyattentionHost.unmount(document.querySelector('.wa-host'))")
    page.get_by_role("button").click()
    assert page.get_by_role("button").inner_text() == "count 1"


@pytest.mark.parametrize(
    "esm",
    [
        BROKEN,
        "this is not JavaScript",
        "export default { initialize() { throw new Error('x'); } };",
        "export const a = 1;",
    ],
)
def test_a_widget_that_fails_says_so_in_one_line_and_disturbs_no_other(open_widgets, esm):
    page = open_widgets({"w0": model(esm), "w1": model(COUNTER, count=0)})
    failed, good = page.locator(".wa-host").all()
    assert failed.get_attribute("data-widget") == "failed"
    assert failed.locator(".wa-host-message").inner_text().startswith("This interactive figure did not start")
    assert failed.locator("p").last.inner_text() == "fallback of w0"
    assert len(page.console_problems) == 1
    assert "w0" in page.console_problems[0]
    good.get_by_role("button").click()
    assert good.inner_text() == "count 1"


def test_a_listener_that_throws_does_not_keep_the_next_from_its_turn(open_widgets):
    esm = COUNTER.replace(
        "model.on(", "model.on('change:count', () => { throw new Error('x'); }); model.on(", 1
    )
    page = open_widgets({"w0": model(esm, count=0)})
    page.get_by_role("button").click()
    assert page.locator(".wa-host").inner_text() == "count 1"
    assert len(page.console_problems) == 1


def test_set_takes_one_value_or_many_and_tells_only_of_changes(open_widgets):
    esm = """
    export default () => ({ render({ model, el }) {
      const heard = [];
      model.on("change:a change:b", (face, value) => heard.push(value));
      model.on("change", () => heard.push("change"));
      const gone = () => heard.push("gone");
      model.on("change:a", gone);
      model.off("change:a", gone);
      model.set("a", [1, 2]);
      model.set({ a: [1, 2], b: { x: NaN } });
      model.set({ a: [1, 3], b: { x: NaN } });
      model.off("change:a");
      model.set("a", 0);
      model.off();
      model.set("b", 1);
      model.send({ kind: "ignored" });
      el.textContent = JSON.stringify([heard, model.get("a"), model.get("b")]);
    } });
    """
    page = open_widgets({"w0": model(esm, a=[1, 2], b=None)})
    heard = [{"x": None}, "change", [1, 3], "change", "change"]
    assert json.loads(page.locator(".wa-host").inner_text()) == [heard, 0, 1]


LIFE = """
export default {
  initialize({ model, signal }) {
    (window.life ??= []).push("initialize");
    signal.addEventListener("abort", () => life.push("initialize aborted"));
    return () => life.push("initialize cleaned up");
  },
  async render({ model, el, signal }) {
    life.push("render");
    model.on("change:count", () => life.push("heard"));
    signal.addEventListener("abort", () => life.push("render aborted"));
    const listener = () => life.push("moved");
    addEventListener("moved", listener, { signal });
    el.textContent = "alive";
    await null;
    return () => life.push("render cleaned up");
  },
};
"""
END = ["initialize aborted", "initialize cleaned up", "render aborted", "render cleaned up"]


@pytest.mark.parametrize(
    "ending",
    [
        "whyattentionHost.unmount(document.querySelector('.wa-host'))",
        "document.querySelector('.wa-host').remove()",
        "dispatchEvent(new PageTransitionEvent('pagehide', { persisted: false }))",
    ],
)
def test_a_widget_releases_everything_when_it_ends(open_widgets, ending):
    page = open_widgets({"w0": model(LIFE, count=0)})
    page.evaluate(ending)
    page.wait_for_function("life.length >= 6")
    page.evaluate("dispatchEvent(new Event('moved'))")
    life = page.evaluate("life")
    assert life[:2] == ["initialize", "render"]
    assert sorted(life[2:]) == END


def test_a_page_kept_for_the_back_button_keeps_its_widgets(open_widgets):
    page = open_widgets({"w0": model(LIFE, count=0)})
    page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))")
    assert page.evaluate("life") == ["initialize", "render"]
    assert page.locator(".wa-host").inner_text() == "alive"


def test_an_unmounted_widget_gives_its_place_back_and_can_be_mounted_again(open_widgets):
    page = open_widgets({"w0": model(LIFE, count=0)}, views=["w0", "w0"])
    page.evaluate("document.querySelectorAll('.wa-host').forEach(whyattentionHost.unmount)")
    assert page.locator(".wa-host").all_inner_texts() == ["fallback of w0"] * 2
    page.evaluate("life.length = 0; whyattentionHost.mount(document.querySelector('.wa-host'))")
    page.wait_for_selector(".wa-host[data-widget=ready]")
    assert page.evaluate("life") == ["initialize", "render"]


def test_a_widget_shows_another_and_hears_it(open_widgets):
    parent = """
    export default { async render({ model, el, host }) {
      const child = await host.getModel(model.get("child"));
      const again = await model.widget_manager.get_model("w1");
      const note = document.createElement("output");
      child.on("change:count", () => { note.textContent = `heard ${again.get("count")}`; });
      const stage = document.createElement("div");
      el.append(note, stage);
      const widget = await host.getWidget(model.get("child"));
      await widget.render({ el: stage });
    } };
    """
    page = open_widgets(
        {"w0": model(parent, child="IPY_MODEL_w1"), "w1": model(COUNTER, count=0)}, views=["w0"]
    )
    page.get_by_role("button").click()
    assert page.locator("output").inner_text() == "heard 1"
    assert page.locator(".wa-host").inner_text().split("\n")[-1] == "count 1"
    assert not page.console_problems


def test_binary_values_arrive_as_bytes(open_widgets):
    esm = """
    export default { render({ model, el }) {
      const bytes = (view) => [...new Uint8Array(view.buffer)];
      el.textContent = JSON.stringify([bytes(model.get("data")), bytes(model.get("deep").list[1])]);
    } };
    """
    buffers = [
        {"path": ["data"], "data": "AAH/", "encoding": "base64"},
        {"path": ["deep", "list", 1], "data": "00ff", "encoding": "hex"},
    ]
    page = open_widgets({"w0": model(esm, buffers, data=None, deep={"list": [0, None]})})
    assert json.loads(page.locator(".wa-host").inner_text()) == [[0, 1, 255], [0, 255]]


def test_markup_in_a_module_does_not_swallow_the_page(open_widgets):
    esm = COUNTER + "// <!-- <script> </script>\nconst text = '<!-- <script>';"
    page = open_widgets({"w0": model(esm, count="</script><!-- <script>")})
    assert page.locator(".wa-host").inner_text() == "count </script><!-- <script>"
    assert page.locator("p").last.inner_text() == "the end"


def test_a_stylesheet_that_many_widgets_share_is_added_once(open_widgets):
    css = ".wa-host button { color: rgb(1, 2, 3); }"
    page = open_widgets({f"w{i}": model(COUNTER, css=css, count=i) for i in range(3)})
    assert page.locator("style[data-widget]").count() == 1
    color = "getComputedStyle(document.querySelector('.wa-host button')).color"
    assert page.evaluate(color) == "rgb(1, 2, 3)"


def test_the_page_holds_each_module_once_and_no_model_that_it_does_not_show():
    models = {f"w{i}": model(COUNTER, css="p {}", count=i) for i in range(4)}
    models["layout"] = {"model_module": "@jupyter-widgets/base", "model_name": "LayoutModel", "state": {}}
    stored = json.loads(page_state(models, ["w0", "w2", "w2"]))
    assert stored["modules"] == [COUNTER, "p {}"]
    assert list(stored["state"]) == ["w0", "w2"]
    assert stored["state"]["w2"]["state"]["_esm"] == {"module": 0}


ASKING = """
export default {
  async render({ el }) {
    const ask = async () => {
      try {
        el.textContent = `${(await window.whyattentionHost.asset("numbers")).length} numbers`;
      } catch (error) {
        el.textContent = error.message;
      }
    };
    el.addEventListener("click", ask);
    await ask();
  },
};
"""


def page_that_asks(folder, name: str):
    """A page of two figures that ask for data in a script of this name."""
    shutil.copy(STATIC / "host.js", folder)
    state = page_state({"w0": model(ASKING), "w1": model(ASKING)}, ["w0", "w1"], {"numbers": name})
    points = '<div class="wa-host" data-model="w0"></div><div class="wa-host" data-model="w1"></div>'
    host = '<!doctype html><meta charset="utf-8"><script defer src="host.js"></script>'
    (folder / "page.html").write_text(f'{host}{points}<script type="{STATE}">{state}</script>')
    return (folder / "page.html").as_uri()


def test_data_is_loaded_once_and_only_when_a_figure_asks(tmp_path, page):
    script = "window.runs = (window.runs ?? 0) + 1; (window.whyattentionAssets ??= {}).numbers = [1, 2, 3];"
    (tmp_path / "numbers-1.js").write_text(script)
    page.goto(page_that_asks(tmp_path, "numbers-1.js"))
    page.wait_for_function(SETTLED)
    assert page.locator(".wa-host").all_inner_texts() == ["3 numbers", "3 numbers"]
    assert page.evaluate("window.runs") == 1


@pytest.mark.parametrize("content", [None, "", "window.whyattentionAssets = {};"])
def test_data_that_does_not_come_is_told_and_asked_for_again(tmp_path, page, content):
    script = tmp_path / "numbers-1.js"
    if content is not None:
        script.write_text(content)
    page.goto(page_that_asks(tmp_path, script.name))
    page.wait_for_function(SETTLED)
    assert "no data numbers (numbers-1.js)" in page.locator(".wa-host").first.inner_text()
    script.write_text("(window.whyattentionAssets ??= {}).numbers = [1, 2];")
    page.locator(".wa-host div").first.click()
    expect(page.locator(".wa-host").first).to_have_text("2 numbers")
