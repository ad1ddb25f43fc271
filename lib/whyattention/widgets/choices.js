// What a reader chooses from: examples to start from, one of several.
import { element, setAttributes, uid } from "./shared.js";

/**
 * Buttons of examples.
 * @param {string} label
 * @param {Record<string, string>} texts by name
 * @param {(name: string) => void} choose
 * @param {AbortSignal} signal
 * @returns {{node: HTMLElement, show: (name: string | null) => void}} show marks the example that is shown
 */
export function createPresets(label, texts, choose, signal) {
  const buttons = Object.entries(texts).map(([name, text]) => {
    const button = element("button", { class: "wa-button wa-preset", type: "button", "data-preset": name }, text);
    button.addEventListener("click", () => choose(name), { signal });
    return button;
  });
  return {
    node: element("div", { class: "wa-presets", role: "group", "aria-label": label }, ...buttons),
    show: (name) => buttons.forEach((one) => setAttributes(one, { "aria-current": one.dataset.preset === name ? "true" : null })),
  };
}

/**
 * Radio buttons.
 * @param {string} kind the class of each; with an s, of all together
 * @param {string} label
 * @param {Record<string, string>} texts by value
 * @param {(value: string) => void} choose
 * @param {AbortSignal} signal
 * @returns {{node: HTMLElement, show: (value: string) => void}}
 */
export function createRadios(kind, label, texts, choose, signal) {
  const name = uid(kind);
  const radios = Object.keys(texts).map((value) => element("input", { type: "radio", name, value }));
  const node = element("div", { class: `${kind}s`, role: "radiogroup", "aria-label": label },
    ...radios.map((radio) => element("label", { class: kind }, radio, element("span", {}, texts[radio.value]))));
  node.addEventListener("change", ({ target }) => choose(target.value), { signal });
  return { node, show: (value) => radios.forEach((radio) => { radio.checked = radio.value === value; }) };
}
