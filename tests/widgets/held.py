"""A figure on a model that the test holds, as Jupyter's front end holds one."""

import json

from playwright.sync_api import Page

from whyattention.widgets import CourseWidget

# The page's `held`: `set` changes one trait and tells the figure; `change` changes several first, as
# one message of a kernel does; `state` and `saved` say what the figure wrote; `end` counts who still listens.
HOLD = """
async ([source, state, assets]) => {
  if (assets) window.whyattentionHost = { asset: async (name) => assets[name] };
  const heard = new Map();
  const tell = (name) => heard.get(`change:${name}`)?.forEach((act) => act());
  const held = {
    state, saved: 0,
    get: (name) => state[name],
    set(name, value) { state[name] = value; tell(name); },
    save_changes() { held.saved += 1; },
    send() {},
    on: (name, act) => heard.set(name, new Set(heard.get(name)).add(act)),
    off: (name, act) => heard.get(name)?.delete(act),
    change(values) { Object.assign(state, values); Object.keys(values).forEach(tell); },
  };
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  const { default: widget } = await import(url);
  const el = document.querySelector(".wa-host") ?? document.body;
  el.replaceChildren();
  const cleanup = widget.render({ model: held, el });
  held.end = () => { cleanup(); return [...heard.values()].reduce((count, acts) => count + acts.size, 0); };
  window.held = held;
}
"""


def hold(page: Page, widget: CourseWidget, assets: dict[str, object] | None = None) -> None:
    """Put a figure in the place of the first one of a page, or of all that is on it; ``held`` is its model.

    Args:
        page: Where to.
        widget: What is shown, with its present state.
        assets: What a host hands out by name; None leaves the page its host, if it has one.
    """
    others = ("layout", "code", "tabbable", "tooltip")
    names = [name for name in widget.keys if not name.startswith("_") and name not in others]
    state = {name: getattr(widget, name) for name in names}
    page.evaluate(HOLD, [widget.module_text, json.loads(json.dumps(state)), assets])
