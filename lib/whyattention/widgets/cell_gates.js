// Below the rows of GatedCell: the equations with the numbers of one step, and the weights of each gate.
import { equality, factorsText, factorText, fractionText, gateText, numberProblem, productText, rounded, shareText } from "./cell_state.js";
import { sigmoid } from "./cell_steps.js";
import { moveSlider, numberField } from "./fields.js";
import { element, setAttributes, setData, setText, symbol } from "./shared.js";

const TEXT = {
  names: {
    i: "input gate", f: "forget gate", g: "candidate", o: "output gate", r: "reset gate", u: "update gate", n: "candidate",
  },
  weights: ["W", "U", "b", "b′"],
  roles: ["weight of the input", "weight of the hidden state", "bias", "bias of the hidden state"],
  typed: "typed",
  of: (role, gate) => `${role}, ${gate}`,
  bias: (gate) => `Bias of the ${gate}`,
  alone: " alone keeps ",
  over: (steps) => (steps > 1 ? ` a step, and over ${steps} steps ` : " a step"),
  direct: " on the direct path; on all paths ",
  all: ".",
  convention: "At u = 1 the state is kept, as in PyTorch. Many texts call the gate z, and in some of them it replaces: z\u00a0=\u00a01\u00a0−\u00a0u.",
};

const { GATES, KEPT, LIMITS } = CONSTANTS;
// {c} is a symbol of the step, {c-} of the step before.
const EQUATIONS = {
  c: { symbols: "{c} = {f} {c-} + {i} {g}", numbers: "{f} · {c-} + {i} · {g}" },
  h: {
    lstm: { symbols: "{h} = {o} tanh({c})", numbers: "{o} · tanh({c})" },
    gru: { symbols: "{h} = {u} {h-} + (1 − {u}) {n}", numbers: "{u} · {h-} + (1 − {u}) · {n}" },
  },
};
const BIAS = 12; // how far the slider of the keeping gate's bias goes; typed numbers go further

/** The equations of the states: symbols with their steps, then the numbers. */
export function createEquations() {
  const made = {
    lstm: [createEquation("c", EQUATIONS.c), createEquation("h", EQUATIONS.h.lstm)],
    gru: [createEquation("h", EQUATIONS.h.gru)],
  };
  const product = element("span");
  const derivative = ["direct", "all"].map((path) => element("data", { class: `wa-cell-first-${path}` }));
  const convention = element("p", { class: "wa-cell-convention" }, TEXT.convention);
  const node = element("div", { class: "wa-cell-equations" }, ...Object.values(made).flat().map((one) => one.node),
    element("p", { class: "wa-cell-first" }, product, derivative[0], TEXT.direct, derivative[1], TEXT.all), convention);

  function update(state, derived) {
    for (const [kind, equations] of Object.entries(made)) {
      for (const equation of equations) {
        equation.node.hidden = kind !== state.kind;
        if (kind === state.kind) equation.update(state.step, derived.quantities);
      }
    }
    const { kind, inputs } = state;
    const factors = derived.quantities[KEPT[kind].gate].slice(1);
    const [direct, all] = [derived.direct[0], derived.all[0]];
    setText(product, `${fractionText(kind, inputs.length)} ${lettersText(kind, factors)}${equality([direct, shareText(direct)])}\u00a0`);
    [direct, all].forEach((number, k) => setData(derivative[k], number, shareText(number)));
    convention.hidden = kind !== "gru";
  }

  return { node, update };
}

/** The gates of the direct path, in letters and in numbers. One gate in numbers would stand there twice. */
function lettersText(kind, factors) {
  if (!factors.length) return "";
  const letters = `= ${productText(kind, factors.length + 1)} `;
  if (factors.length === 1) return letters;
  return `${letters}${equality(...factors.map((factor) => [factor, factorText(factor)]))} ${factorsText(factors)} `;
}

function createEquation(result, { symbols, numbers }) {
  const updates = [];
  const part = (pattern, make) => pattern.split(/(\{[a-z]-?\})/).map((piece) =>
    piece.startsWith("{") ? make(piece[1], piece[2] === "-" ? 1 : 0) : piece);
  const letter = (name, back) => {
    const index = element("sub");
    updates.push((step) => setText(index, String(step - back)));
    return element("span", { class: "wa-cell-letter" }, symbol(name), index);
  };
  const used = [];
  const number = (name, back) => {
    used.push([name, back]);
    const node = element("span", { class: `wa-cell-number wa-cell-is-${name}` });
    updates.push((step, quantities) => {
      const text = rounded(quantities[name][step - 1 - back] ?? 0);
      setText(node, text.startsWith("−") ? `(${text})` : text);
    });
    return node;
  };
  const value = element("data", { class: `wa-cell-number wa-cell-result wa-cell-is-${result}` });
  const [first, last] = [0, 1].map(() => element("span"));
  updates.push((step, quantities) => {
    const numberOf = ([name, back]) => quantities[name][step - 1 - back] ?? 0;
    const sign = (all) => `${equality(...all.map((one) => [numberOf(one), rounded(numberOf(one))]))} `;
    const made = numberOf([result, 0]);
    setText(first, sign(used));
    setText(last, sign([...used, [result, 0]]));
    setData(value, made, rounded(made));
  });
  const node = element("p", { class: "wa-cell-equation" },
    element("span", {}, ...part(symbols, letter)), " ",
    element("span", {}, first, ...part(numbers, number)), " ",
    element("span", {}, last, value));
  return { node, update: (step, quantities) => updates.forEach((one) => one(step, quantities)) };
}

/**
 * The weights of all gates, folded away, and the two keeping gates' biases, which stay in sight.
 * @param {object} on what the reader may do: weigh(gate, index, number, options), refuse(problem)
 * @param {AbortSignal} signal
 */
export function createGates(on, signal) {
  const gates = Object.entries(GATES).flatMap(([kind, counts]) =>
    Object.entries(counts).map(([gate, count]) => createGate(kind, gate, count, on, signal)));
  const biases = Object.entries(KEPT).map(([kind, { gate }]) => createBias(kind, gate, on, signal));

  function update(state, derived, force) {
    for (const part of [...gates, ...biases]) {
      part.node.hidden = part.kind !== state.kind;
      if (part.kind === state.kind) part.update(state, derived, force);
    }
  }

  return { nodes: gates.map((gate) => gate.node), biases: biases.map((bias) => bias.node), update };
}

function createGate(kind, gate, count, on, signal) {
  const numbers = element("span");
  const index = element("sub");
  const keeping = KEPT[kind].gate === gate;
  // The keeping gate's bias has its own place above.
  const controls = TEXT.weights.slice(0, count).flatMap((letter, k) =>
    keeping && k === 2 ? [] : [createWeight(gate, k, letter, on, signal)]);
  const node = element("details", { class: "wa-cell-gate", "data-gate": gate },
    element("summary", {}, element("span", { class: "wa-cell-gate-name" }, TEXT.names[gate]),
      element("span", { class: "wa-cell-sum" }, symbol(gate), index, numbers)),
    element("div", { class: "wa-cell-weights" }, ...controls.map((control) => control.node)));

  function update(state, derived, force) {
    setText(index, String(state.step));
    setText(numbers, gateText(state, derived, gate));
    for (const control of controls) control.update(state.weights[gate], force);
  }

  return { kind, node, update };
}

function createWeight(gate, k, letter, on, signal) {
  const name = TEXT.of(TEXT.roles[k], TEXT.names[gate]);
  const { nodes, update } = createSlider(gate, k, name, { bound: LIMITS.weight, step: 0.5 }, on, signal);
  return { node: element("div", { class: "wa-cell-weight" }, symbol(letter, gate), ...nodes), update };
}

/** The bias that keeps: how much it leaves of the state where nothing else goes into the gate. */
function createBias(kind, gate, on, signal) {
  const name = TEXT.bias(TEXT.names[gate]);
  const { nodes, update: move } = createSlider(gate, 2, name, { bound: BIAS, step: 0.1 }, on, signal);
  const share = element("data", { class: "wa-cell-share" });
  const left = element("data", { class: "wa-cell-left" });
  const [sign, between] = [0, 1].map(() => element("span"));
  const node = element("div", { class: "wa-cell-bias", "data-gate": gate },
    element("span", { class: "wa-cell-bias-name" }, name, ", ", symbol("b", gate)), ...nodes,
    element("p", { class: "wa-cell-note" }, symbol("b", gate), TEXT.alone, "σ(", symbol("b", gate), ") ", sign, " ", share, between, left));

  function update({ weights, inputs }, derived, force) {
    move(weights[gate], force);
    const kept = sigmoid(weights[gate][2]);
    const steps = inputs.length - 1;
    setText(sign, equality([kept, factorText(kept)]));
    setData(share, kept, factorText(kept));
    setText(between, TEXT.over(steps));
    setData(left, kept ** steps, steps > 1 ? shareText(kept ** steps) : "");
  }

  return { kind, node, update };
}

function createSlider(gate, k, name, { bound, step }, on, signal) {
  const slider = element("input", { class: "wa-slider", type: "range", min: -bound, max: bound, step, "aria-label": name, "data-weight": k });
  const field = numberField({
    label: `${name}, ${TEXT.typed}`, problem: (text) => numberProblem(text, "weight"), refuse: on.refuse, signal,
    take: (number) => on.weigh(gate, k, number),
    step: (direction) => on.nudge(gate, k, direction * step),
  });
  field.input.classList.add("wa-cell-field");
  setAttributes(field.input, { "data-weight": k });
  slider.addEventListener("input", () => on.weigh(gate, k, Number(slider.value)), { signal });

  function update(weights, force) {
    moveSlider(slider, weights[k]);
    field.show(weights[k], force);
  }

  return { nodes: [slider, field.input], update };
}
