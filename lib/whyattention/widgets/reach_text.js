// What Reach says of its one unit: the equations, set as formulas.
import { formatNumber } from "./formatting.js";
import { element } from "./shared.js";

const TEXT = {
  cells: {
    linear: ["h_t = w h_{t−1} + x_t"],
    tanh: ["h_t = tanh(w h_{t−1} + x_t)"],
    logistic: ["h_t = σ(w h_{t−1} + x_t)"],
    lstm: ["c_t = f c_{t−1} + ½ g_t", "g_t = tanh(w h_{t−1} + x_t)", "h_t = ½ tanh(c_t)", "f = σ(b)"],
    gru: ["h_t = u h_{t−1} + (1 − u) n_t", "n_t = tanh(½ w h_{t−1} + x_t)", "u = σ(b)"],
  },
  unit: "One unit: ",
  start: { rnn: "States start from 0; ", gated: "States start from 0; gates stand at their biases; " },
  inputs: (drive) => `x_t is ±${drive}, with the binary digits of √3 for signs.`,
  none: "x_t is 0.",
  clipping: (limit) =>
    ` Clipping takes the L + 1 numbers of the line as one gradient, and multiplies it by min(1, ${limit} ∕ (norm + 10⁻⁶)), as PyTorch does.`,
};

// A letter of its own, with an index: not one of those that spell tanh.
const SYMBOL = /(?<![a-zα-ω])([a-z])(?![a-zα-ω])(?:_(?:\{([^}]+)\}|(\w)))?/giu;

/** The text as nodes, its symbols set as in formulas. @param {string} text @returns {(Node | string)[]} */
export function formula(text) {
  const nodes = [];
  let end = 0;
  for (const match of text.matchAll(SYMBOL)) {
    nodes.push(text.slice(end, match.index), element("i", { class: "wa-symbol" }, match[1]));
    const index = match[2] ?? match[3];
    if (index) nodes.push(element("sub", {}, element("i", { class: "wa-symbol" }, index)));
    end = match.index + match[0].length;
  }
  return [...nodes, text.slice(end)];
}

/** A line that says what is computed; rewritten only where it changes. */
export function createDefinition() {
  const node = element("p", { class: "wa-reach-note" });
  let written = "";

  /** @param {import("./reach_state.js").State} state */
  function update({ cell, drive, clipping, limit }) {
    const key = [cell, drive, clipping && limit].join();
    if (written === key) return;
    written = key;
    const parts = TEXT.cells[cell].map((text, i, all) =>
      element("span", { class: "wa-reach-formula" }, ...formula(text), i < all.length - 1 ? "," : "."));
    node.replaceChildren(TEXT.unit, ...parts.flatMap((part) => [part, " "]), parts.length > 1 ? TEXT.start.gated : TEXT.start.rnn,
      ...formula(drive ? TEXT.inputs(formatNumber(drive)) : TEXT.none), ...(clipping ? formula(TEXT.clipping(formatNumber(limit))) : []));
  }

  return { node, update };
}
