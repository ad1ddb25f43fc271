// What each widget stores of its code: how to find the rest of it, which all widgets of its kind share.

// Jupyter runs this text once for each widget; what it has loaded is kept for all of them.
const kinds = (globalThis.whyattentionKinds ??= new Map());

function load(packed) {
  if (!kinds.has(packed)) kinds.set(packed, unpack(packed));
  return kinds.get(packed);
}

async function unpack(packed) {
  const bytes = Uint8Array.from(atob(packed), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  const [module, style] = await new Response(stream).json();
  const url = URL.createObjectURL(new Blob([module], { type: "text/javascript" }));
  try {
    return { widget: (await import(url)).default, style };
  } finally {
    URL.revokeObjectURL(url);
  }
}

/** The stylesheet goes where the widget stands, which may be a shadow tree. */
function addStyle(el, text) {
  const root = el.getRootNode();
  const place = root instanceof ShadowRoot ? root : document.head;
  if ([...place.querySelectorAll("style[data-whyattention]")].some((one) => one.textContent === text)) return;
  const style = Object.assign(document.createElement("style"), { textContent: text });
  style.dataset.whyattention = "";
  place.append(style);
}

async function render(context) {
  const reference = context.model.get("code").replace(/^IPY_MODEL_/, "");
  const source = await context.model.widget_manager.get_model(reference);
  const { widget, style } = await load(source.get("packed"));
  addStyle(context.el, style);
  if (!context.signal?.aborted) return widget.render(context);
}

export default { render };
