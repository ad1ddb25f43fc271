// What the widgets share in the page: elements, keys, announcements, changes of the model.

const SVG = "http://www.w3.org/2000/svg";
const KERNEL_PATIENCE = 10_000; // ms

/**
 * An element with attributes and children; strings become text, never markup.
 * @param {string} tag
 * @param {Record<string, string | number | boolean | null>} [attributes] true sets an empty one, false and null none
 * @param {...(Node | string)} children
 * @returns {HTMLElement}
 */
export function element(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/** The same in SVG. @returns {SVGElement} */
export function drawn(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

function filled(node, attributes, children) {
  setAttributes(node, attributes);
  // JupyterLab reads keys as its own shortcuts unless the focused element itself says otherwise.
  if (["input", "button", "summary"].includes(node.localName)) node.setAttribute("data-lm-suppress-shortcuts", "");
  node.append(...children);
  return node;
}

/** Sets those attributes that differ. @param {Element} node @param {object} attributes */
export function setAttributes(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === false) node.removeAttribute(name);
    else if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value === true ? "" : value);
  }
}

/** Sets text that differs. @param {Node} node @param {string} text */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Shows a number with its full precision beside it. @param {HTMLElement} node @param {number | null} number */
export function setData(node, number, text) {
  setAttributes(node, { value: number === null ? "" : number });
  setText(node, text);
}

/** An id that differs over the page: Jupyter loads this module anew for each widget, so no counter. */
export function uid(prefix) {
  return `${prefix}-${Math.random().toString(36).slice(2, 10)}`;
}

/** A symbol of the notation, set as in formulas. @param {string} letter @param {string} [index] */
export function symbol(letter, index) {
  const italic = element("i", { class: "wa-symbol" }, letter);
  return index ? element("span", {}, italic, element("sub", {}, element("i", { class: "wa-symbol" }, index))) : italic;
}

/**
 * What renders a kind of figure: it makes the element that holds all of it, and removes it in the end.
 * @param {string} name its class, after "wa-"
 * @param {string | null} label
 * @param {(root: HTMLElement, model: object, signal: AbortSignal) => void} build fills the element, which is on the page
 * @returns {(context: {model: object, el: HTMLElement, signal?: AbortSignal}) => () => void}
 */
export function figure(name, label, build) {
  return ({ model, el, signal: outer }) => {
    const { signal, end } = lifetime(outer);
    const root = element("div", { class: `wa wa-${name}`, role: label && "group", "aria-label": label });
    // Keys pressed in it end there: neither the notebook nor the page acts on them.
    root.addEventListener("keydown", (event) => event.stopPropagation(), { signal });
    el.append(root);
    build(root, model, signal);
    return () => {
      end();
      root.remove();
    };
  };
}

/**
 * Where a figure says what is wrong.
 * @returns {{message: HTMLElement, refuse: (problem: string | null) => void}} refuse(null) says that nothing is
 */
export function createAlert() {
  const message = element("p", { class: "wa-message", role: "alert" });
  const refuse = (problem) => {
    // An alert that already says this is not read again unless it changes.
    if (message.textContent === problem) message.textContent = "";
    message.textContent = problem;
  };
  return { message, refuse };
}

/**
 * A live region, written to once changes have come to rest, so that a screen reader is not flooded.
 * @param {AbortSignal} signal
 * @returns {{live: HTMLElement, announce: (text: string) => void}}
 */
export function announcer(signal) {
  const live = element("p", { class: "wa-live wa-hidden", role: "status", "aria-live": "polite" });
  let timer;
  signal.addEventListener("abort", () => clearTimeout(timer));
  return {
    live,
    announce(text) {
      clearTimeout(timer);
      timer = setTimeout(() => setText(live, text), 400);
    },
  };
}

/**
 * Calls back once after changes of the model that this view did not make.
 * @param {object} model
 * @param {string[]} names
 * @param {() => void} callback
 * @param {AbortSignal} signal
 * @returns {(change: Record<string, unknown>) => void} writes to the model without calling back
 */
export function follow(model, names, callback, signal) {
  let [writing, waiting] = [false, false];
  // One message of the kernel may change several traits, each with an event of its own: look when all are there.
  const changed = () => {
    if (writing || waiting) return;
    waiting = true;
    queueMicrotask(() => {
      waiting = false;
      if (!signal.aborted) callback();
    });
  };
  for (const name of names) model.on(`change:${name}`, changed);
  signal.addEventListener("abort", () => names.forEach((name) => model.off(`change:${name}`, changed)));
  return (change) => {
    writing = true;
    try {
      for (const [name, value] of Object.entries(change)) {
        if (JSON.stringify(model.get(name)) !== JSON.stringify(value)) model.set(name, value);
      }
    } finally {
      writing = false;
    }
    model.save_changes();
  };
}

/**
 * Large data that is not part of a widget's state: in the book a script for all pages, in Jupyter the kernel's answer.
 * @param {object} model
 * @param {string} name
 * @returns {Promise<object>} rejected where neither is there, as in a notebook opened without a kernel
 */
export function asset(model, name) {
  if (globalThis.whyattentionHost) return globalThis.whyattentionHost.asset(name);
  const asked = (globalThis.whyattentionAsked ??= new Map());
  if (!asked.has(name)) {
    const answered = new Promise((resolve, reject) => {
      const timer = setTimeout(() => finish(reject, new Error(`no kernel sent ${name}`)), KERNEL_PATIENCE);
      const hear = (content) => content?.asset === name && finish(resolve, content.value);
      function finish(settle, value) {
        clearTimeout(timer);
        model.off("msg:custom", hear);
        settle(value);
      }
      model.on("msg:custom", hear);
      model.send({ asset: name });
    });
    answered.catch(() => asked.delete(name));
    asked.set(name, answered);
  }
  return asked.get(name);
}

/**
 * A signal that ends with the widget, however it ends, and the function that ends it.
 * @param {AbortSignal} [outer] the host's own
 * @returns {{signal: AbortSignal, end: () => void}}
 */
export function lifetime(outer) {
  const inner = new AbortController();
  const end = () => inner.abort();
  if (outer?.aborted) end();
  outer?.addEventListener("abort", end, { signal: inner.signal });
  return { signal: inner.signal, end };
}
