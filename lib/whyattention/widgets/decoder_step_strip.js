// DecoderStep's drawings: vectors as rows of small bars, and equations with their shapes.
import { drawn, element, setAttributes, setText } from "./shared.js";

const TEXT = {
  numbers: (count, low, high) => `${count} numbers, from ${low} to ${high}`,
};

const HALF = 16;
const SYMBOL = /([A-Za-zαΣ]+\u0303?)(?:_\{([^}]*)\})?/g;

/**
 * A vector with entries from −1 to 1 as a row of bars, up or down from the middle. A second vector may follow the first;
 * what the row was before a change may stand behind it, pale.
 * @param {string[]} kinds class names of the vectors
 * @returns {{node: SVGElement, bars: SVGElement[], update: (vectors: ArrayLike<number>[], ghost?: ArrayLike<number> | null) => void}}
 */
export function createStrip(kinds) {
  const bars = kinds.map((kind) => drawn("path", { class: `wa-decoder-bars wa-decoder-${kind}` }));
  const pale = drawn("path", { class: "wa-decoder-bars wa-decoder-pale" });
  const zero = drawn("path", { class: "wa-decoder-zero" });
  const node = drawn("svg", { class: "wa-decoder-strip", preserveAspectRatio: "none", "aria-hidden": "true" }, pale, zero, ...bars);
  function update(vectors, ghost = null) {
    let x = 0;
    vectors.forEach((vector, i) => {
      setAttributes(bars[i], { d: barPath(vector, x) });
      x += vector.length;
    });
    setAttributes(node, { viewBox: `0 0 ${x} ${2 * HALF}` });
    setAttributes(zero, { d: `M0 ${HALF}H${x}` });
    setAttributes(pale, { d: ghost ? barPath(ghost, 0) : null });
    node.classList.toggle("wa-decoder-compared", Boolean(ghost));
  }
  return { node, bars, update };
}

function barPath(vector, x) {
  let d = "";
  for (let k = 0; k < vector.length; k++) d += `M${x + k + 0.5} ${HALF}V${height(vector[k])}`;
  return d;
}

/** Where a bar ends, at least so far from the middle that there is a mark. */
function height(number) {
  return (HALF - Math.min(1, Math.max(-1, number)) * (HALF - 0.5)).toFixed(1);
}

/** All numbers of a vector, for whoever reads the page, and in words their count and range. */
export function createNumbers(kind) {
  return element("data", { class: `wa-hidden wa-decoder-${kind}-numbers` });
}

/** @param {HTMLElement} node @param {ArrayLike<number>} vector */
export function updateNumbers(node, vector) {
  setAttributes(node, { value: Array.from(vector).join(" ") });
  setText(node, TEXT.numbers(vector.length, decimals(Math.min(...vector)), decimals(Math.max(...vector))));
}

/** @param {number} number with two decimals and a true minus */
export function decimals(number) {
  return number.toFixed(2).replace(/^-0\.00$/, "0.00").replace("-", "−");
}

/**
 * A formula in the book's notation: single letters are symbols, longer names upright, _{…} an index.
 * @param {string} text such as "e_{t,i} = s_{t} · h_{i}"
 */
export function formula(text) {
  const node = element("span", { class: "wa-decoder-formula" });
  let end = 0;
  for (const match of text.matchAll(SYMBOL)) {
    node.append(text.slice(end, match.index), letter(match[1]));
    if (match[2]) node.append(element("sub", {}, element("i", { class: "wa-symbol" }, match[2])));
    end = match.index + match[0].length;
  }
  node.append(text.slice(end));
  return node;
}

function letter(name) {
  const single = name.replace("\u0303", "").length === 1 && name !== "Σ";
  return single ? element("i", { class: "wa-symbol" }, name) : name;
}
