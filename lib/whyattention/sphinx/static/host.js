// Mounts the stored anywidgets of a page that has no kernel, and asks no server for anything.
// A classic script whose modules are imported from blobs, so that a page opened from file:// works as well.
// The contract of a widget's module: https://anywidget.dev/en/afm
(() => {
  "use strict";
  const STATE = 'script[type="application/vnd.jupyter.widget-state+json"]';
  const MOUNT_POINT = ".wa-host[data-model]";
  const FOLDER = document.currentScript.src;
  const TEXT = { failed: "This interactive figure did not start. What stands here is its first state." };

  /** The one model of a widget; each view and each initialization speaks to it through a face of its own. */
  class Model {
    #state;
    #listeners = [];

    /** @param {string} id @param {object} state */
    constructor(id, state) {
      this.id = id;
      this.#state = state;
    }

    get(name) {
      return this.#state[name];
    }

    set(name, value) {
      const changes = typeof name === "object" ? name : { [name]: value };
      const changed = Object.keys(changes).filter((key) => !same(this.#state[key], changes[key]));
      Object.assign(this.#state, changes);
      for (const key of changed) this.#emit(`change:${key}`, changes[key]);
      if (changed.length) this.#emit("change");
    }

    off(owner, names, callback) {
      const given = names?.split(/\s+/);
      this.#listeners = this.#listeners.filter(
        (one) => one.owner !== owner || (given && !given.includes(one.name)) || (callback && one.callback !== callback),
      );
    }

    /**
     * What a module sees. Its listeners end with the signal.
     * @param {AbortSignal} signal
     */
    face(signal) {
      const owner = {};
      signal.addEventListener("abort", () => this.off(owner));
      const face = {
        get: (name) => this.get(name),
        set: (name, value) => this.set(name, value),
        save_changes: () => {}, // no kernel: the page's model is the only one
        send: () => {},
        on: (names, callback) => {
          for (const name of names.split(/\s+/)) this.#listeners.push({ owner, name, callback, face });
        },
        off: (names, callback) => this.off(owner, names, callback),
        widget_manager: { get_model: async (id) => find(id).face(signal) },
      };
      return face;
    }

    #emit(name, ...details) {
      for (const one of this.#listeners.filter((one) => one.name === name)) {
        try {
          one.callback(one.face, ...details);
        } catch (error) {
          reportError(error); // the next listener may belong to another widget
        }
      }
    }
  }

  /** Deep equality of plain values; binary values are equal only to themselves. */
  function same(a, b) {
    if (Object.is(a, b)) return true;
    const plain = [a, b].every((x) => x && typeof x === "object" && !ArrayBuffer.isView(x));
    if (!plain || Array.isArray(a) !== Array.isArray(b)) return false;
    const keys = Object.keys(a);
    return keys.length === Object.keys(b).length && keys.every((key) => key in b && same(a[key], b[key]));
  }

  /** Put the binary values of a stored model back into its state. */
  function withBuffers({ state, buffers = [] }) {
    for (const { path, data, encoding } of buffers) {
      const bytes = encoding === "hex"
        ? Uint8Array.from(data.match(/../g) ?? [], (pair) => parseInt(pair, 16))
        : Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
      const place = path.slice(0, -1).reduce((value, key) => value[key], state);
      place[path.at(-1)] = new DataView(bytes.buffer);
    }
    return state;
  }

  const models = new Map(); // id → Model
  const files = new Map(); // name of an asset → its script
  const assets = new Map(); // name of an asset → promise of its data
  const modules = new Map(); // text of a module → promise of its widget
  const bindings = new Map(); // Model → {controller, exports: promise, views}
  const mounted = new Map(); // element → {controller, fallback}

  function find(reference) {
    const model = models.get(String(reference).replace(/^(anywidget:|IPY_MODEL_)/, ""));
    if (!model) throw new Error(`the page holds no widget model ${reference}`);
    return model;
  }

  function load(text) {
    if (!modules.has(text)) {
      const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
      modules.set(text, import(url).finally(() => URL.revokeObjectURL(url)));
    }
    return modules.get(text);
  }

  /** The widget of a module: AFM's object, a function that makes one, or the older exported `render`. */
  async function widgetOf(model) {
    const module = await load(model.get("_esm"));
    const made = module.default ?? { render: module.render };
    return typeof made === "function" ? made() : made;
  }

  /**
   * Data that no page carries: a classic script, loaded at its first use, since a page from file:// may not fetch.
   * @param {string} name
   * @returns {Promise<object>}
   */
  function asset(name) {
    if (!assets.has(name)) {
      const file = files.get(name);
      const loaded = new Promise((resolve, reject) => {
        const script = document.createElement("script");
        const fail = () => reject(new Error(`the page has no data ${name} (${file})`));
        script.addEventListener("load", () => (window.whyattentionAssets?.[name] ? resolve(window.whyattentionAssets[name]) : fail()));
        script.addEventListener("error", fail);
        script.src = new URL(file, FOLDER);
        document.head.append(script);
      });
      loaded.catch(() => assets.delete(name)); // the next one who asks tries again
      assets.set(name, loaded);
    }
    return assets.get(name);
  }

  function addStyle(text) {
    const there = [...document.head.querySelectorAll("style[data-widget]")].some((one) => one.textContent === text);
    if (!text || there) return;
    const style = Object.assign(document.createElement("style"), { textContent: text });
    style.dataset.widget = "";
    document.head.append(style);
  }

  const experimental = { invoke: () => Promise.reject(new Error("a page without a kernel runs no commands")) };

  /** Initialize a model's widget once, for as long as one of its views stands in the page. */
  function bind(model) {
    if (!bindings.has(model)) {
      const controller = new AbortController();
      const { signal } = controller;
      const widget = widgetOf(model);
      const exports = widget.then(async (made) => {
        const result = await made.initialize?.({ model: model.face(signal), signal, experimental });
        if (typeof result !== "function") return result;
        onAbort(signal, result);
      });
      exports.catch(() => bindings.delete(model));
      bindings.set(model, { controller, widget, exports, views: 0 });
    }
    return bindings.get(model);
  }

  function onAbort(signal, cleanup) {
    if (typeof cleanup !== "function") return;
    if (signal.aborted) cleanup();
    else signal.addEventListener("abort", () => cleanup());
  }

  /** Draw one view of a model into an element, until the signal ends it. */
  async function draw(model, el, signal) {
    const binding = bind(model);
    binding.views += 1;
    signal.addEventListener("abort", () => {
      binding.views -= 1;
      if (binding.views) return;
      binding.controller.abort();
      if (bindings.get(model) === binding) bindings.delete(model);
    });
    await binding.exports;
    const widget = await binding.widget;
    if (signal.aborted) return;
    if (!widget.render) throw new Error("the module exports no render");
    addStyle(model.get("_css"));
    const host = {
      getModel: async (reference) => find(reference).face(signal),
      getWidget: async (reference) => {
        const child = find(reference);
        return {
          exports: await bind(child).exports,
          render: (view) => draw(child, view.el, view.signal ? AbortSignal.any([signal, view.signal]) : signal),
        };
      },
    };
    onAbort(signal, await widget.render({ model: model.face(signal), el, signal, experimental, host }));
  }

  /** Mount the widget of one mount point; its fallback stays where that fails. */
  async function mount(point) {
    if (mounted.has(point)) return;
    const controller = new AbortController();
    const fallback = [...point.childNodes];
    const stage = document.createElement("div");
    mounted.set(point, { controller, fallback });
    point.replaceChildren(stage);
    try {
      await draw(find(point.dataset.model), stage, controller.signal);
      if (!controller.signal.aborted) point.dataset.widget = "ready";
    } catch (error) {
      controller.abort();
      console.error(`widget ${point.dataset.model}:`, error);
      const message = Object.assign(document.createElement("p"), { textContent: TEXT.failed });
      message.className = "wa-host-message";
      point.replaceChildren(message, ...fallback);
      point.dataset.widget = "failed";
    }
  }

  /** End the widget of one mount point: listeners released, the fallback put back. */
  function unmount(point) {
    const view = mounted.get(point);
    if (!view) return;
    mounted.delete(point);
    view.controller.abort();
    point.replaceChildren(...view.fallback);
    delete point.dataset.widget;
  }

  function start() {
    for (const script of document.querySelectorAll(STATE)) {
      const page = JSON.parse(script.textContent);
      for (const [name, file] of Object.entries(page.assets ?? {})) files.set(name, file);
      for (const [id, model] of Object.entries(page.state)) {
        for (const part of ["_esm", "_css"]) {
          const index = model.state[part]?.module;
          if (index !== undefined) model.state[part] = page.modules[index];
        }
        models.set(id, new Model(id, withBuffers(model)));
      }
    }
    document.querySelectorAll(MOUNT_POINT).forEach(mount);
    new MutationObserver(() => {
      for (const point of mounted.keys()) if (!point.isConnected) unmount(point);
    }).observe(document.body, { childList: true, subtree: true });
    // A page that the browser keeps for its back button comes back as it was: only a page that ends is released.
    addEventListener("pagehide", (event) => {
      if (!event.persisted) [...mounted.keys()].forEach(unmount);
    });
  }

  window.whyattentionHost = { asset, mount, unmount };
  start(); // deferred: the page has been read
})();
