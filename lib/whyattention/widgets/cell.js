// GatedCell: one unit of an LSTM or a GRU, stepped through inputs that the reader edits.
import { createEquations, createGates } from "./cell_gates.js";
import { createRows } from "./cell_rows.js";
import { derive, finding, numberProblem, ordered, rounded, stateProblem } from "./cell_state.js";
import { createTable } from "./cell_table.js";
import { createPresets, createRadios } from "./choices.js";
import { numberField } from "./fields.js";
import { announcer, createAlert, element, figure, setAttributes, setText } from "./shared.js";
import { followState } from "./state.js";

const TEXT = {
  widget: "One unit of an LSTM or a GRU, step by step",
  kind: "Kind of cell",
  kinds: { lstm: "LSTM", gru: "GRU" },
  examples: "Examples to start from",
  presets: { remember: "remember", forget: "forget", reset: "reset", count: "count" },
  step: "step ",
  scrub: "Step to look at",
  back: "Step back",
  on: "Step on",
  shorter: "Remove the last step",
  longer: "Add a step",
  input: (t) => `Input of step ${t}`,
  told: (t, numbers) => `Step ${t}: ${numbers}.`,
  weights: "Weights, with the numbers of this step",
};

const { LIMITS, ORDER, PRESETS } = CONSTANTS;
const KEYS = ["kind", "inputs", "weights", "step"];

function build(root, model, signal) {
  // Weights of the kind that is not shown, so that a reader who looks at the other one finds them again.
  let aside = {};
  let chosen = "remember";
  let state = null;
  let derived;

  // ---- what is on the page ----
  const button = (name, text, label) => element("button", { class: `wa-button wa-cell-${name}`, type: "button", "aria-label": label, title: label }, text);
  const presets = createPresets(TEXT.examples, TEXT.presets, (name) => {
    const preset = PRESETS[name];
    aside = {};
    apply({ inputs: preset.inputs, step: preset.step, weights: preset[state.kind] }, { force: true });
  }, signal);
  const kinds = createRadios("wa-cell-kind", TEXT.kind, TEXT.kinds, (kind) => {
    const weights = aside[kind] ?? PRESETS[chosen][kind];
    aside[state.kind] = state.weights;
    apply({ kind, weights }, { force: true });
  }, signal);
  const sentence = element("p", { class: "wa-finding" });
  const numbers = Array.from({ length: LIMITS.steps }, (_, t) => element("span", {}, String(t + 1)));
  const scrub = element("input", { class: "wa-slider wa-cell-scrub", type: "range", min: 1, step: 1, "aria-label": TEXT.scrub });
  const [back, on] = [button("back", "‹", TEXT.back), button("on", "›", TEXT.on)];
  const [shorter, longer] = [button("shorter", "−", TEXT.shorter), button("longer", "+", TEXT.longer)];
  const now = element("strong");
  const axis = element("div", { class: "wa-cell-row wa-cell-axis" },
    element("div", { class: "wa-cell-label" }, back, on, element("span", { class: "wa-cell-count" }, TEXT.step, now)),
    element("div", { class: "wa-cell-plot wa-cell-time" }, scrub, element("div", { class: "wa-cell-steps", "aria-hidden": "true" }, ...numbers)),
    element("div", { class: "wa-cell-reading" }, shorter, longer));
  const { message, refuse } = createAlert();
  const inputField = numberField({
    label: "", problem: (text) => numberProblem(text, "input"), refuse, signal,
    take: (number) => type(state.step, number),
    step: (direction) => setInput(state.step, within(state.inputs[state.step - 1] + 0.1 * direction, LIMITS.input), { force: true }),
  });
  inputField.input.classList.add("wa-cell-field", "wa-cell-input");
  const rows = createRows({
    select,
    drag: (step, number) => setInput(step, number, { force: true }),
  }, inputField.input, axis, signal);
  const equations = createEquations();
  const gates = createGates({
    refuse,
    weigh: (gate, k, number) => weigh(gate, k, number),
    nudge: (gate, k, by) => weigh(gate, k, within(state.weights[gate][k] + by, LIMITS.weight), { force: true }),
  }, signal);
  const table = createTable();
  const { live, announce } = announcer(signal);
  root.append(
    element("div", { class: "wa-cell-choose" }, kinds.node, presets.node),
    sentence, ...gates.biases, rows.node, message, equations.node,
    element("div", { class: "wa-cell-gates", role: "group", "aria-label": TEXT.weights }, ...gates.nodes), table.node, live);

  // ---- from a state to the page ----
  function refresh(force) {
    derived = derive(state);
    const { kind, inputs, step } = state;
    const preset = presetOf(state);
    chosen = preset ?? chosen;
    setAttributes(root, { "data-kind": kind });
    kinds.show(kind);
    presets.show(preset);
    setText(sentence, finding(state, derived));
    numbers.forEach((one, t) => {
      one.hidden = t >= inputs.length;
      setAttributes(one, { class: t === step - 1 ? "wa-cell-here" : null });
    });
    setAttributes(scrub, { max: inputs.length });
    scrub.value = step;
    setText(now, String(step));
    setAttributes(inputField.input, { "aria-label": TEXT.input(step) });
    inputField.show(inputs[step - 1], force);
    rows.update(state, derived);
    equations.update(state, derived);
    gates.update(state, derived, force);
    table.update(state, derived);
  }

  // ---- from the reader to the state ----
  function apply(change, { force = false, tell = () => sentence.textContent } = {}) {
    const next = { ...state, ...change };
    const problem = stateProblem(next);
    refuse(problem);
    if (!problem) {
      state = next;
      write(state); // all of it: what the model holds may be what did not fit
    }
    refresh(force);
    if (!problem) announce(tell());
  }

  function select(step) {
    if (step !== state.step) apply({ step }, { force: true, tell: stepSummary });
  }

  function stepSummary() {
    const { kind, step } = state;
    return TEXT.told(step, ["x", ...ORDER[kind]].map((name) => `${name} ${rounded(derived.quantities[name][step - 1])}`).join(", "));
  }

  function setInput(step, number, options) {
    apply({ inputs: state.inputs.with(step - 1, number) }, options);
  }

  function type(step, number) {
    if (number === state.inputs[step - 1]) refuse(null);
    else setInput(step, number);
  }

  function weigh(gate, k, number, options) {
    if (number === state.weights[gate][k]) refuse(null);
    else apply({ weights: { ...state.weights, [gate]: state.weights[gate].with(k, number) } }, options);
  }

  function resize(by) {
    const inputs = by > 0 ? [...state.inputs, 0] : state.inputs.slice(0, -1);
    apply({ inputs, step: by > 0 ? inputs.length : Math.min(state.step, inputs.length) }, { force: true });
  }

  scrub.addEventListener("input", () => select(Number(scrub.value)), { signal });
  back.addEventListener("click", () => select(Math.max(1, state.step - 1)), { signal });
  on.addEventListener("click", () => select(Math.min(state.inputs.length, state.step + 1)), { signal });
  shorter.addEventListener("click", () => resize(-1), { signal });
  longer.addEventListener("click", () => resize(1), { signal });
  inputField.input.addEventListener("keydown", (event) => {
    // One input after another: Enter takes a number and goes on.
    if (event.key !== "Enter" || inputField.input.hasAttribute("aria-invalid") || message.textContent) return;
    select(Math.min(state.inputs.length, state.step + 1));
    inputField.input.select();
  }, { signal });

  // ---- from the model to the state ----
  function take(next, problem) {
    if (!problem) state = ordered(next);
    else if (!state) {
      const preset = PRESETS.remember;
      state = ordered({ kind: "lstm", inputs: preset.inputs, weights: preset.lstm, step: preset.step });
    }
    refresh(!problem);
    refuse(problem);
  }

  const { read, write } = followState(model, KEYS, stateProblem, take, signal);
  read();
}

/** The example that a state is, whatever step is looked at. */
function presetOf({ kind, inputs, weights }) {
  const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);
  return Object.keys(PRESETS).find((name) => same(inputs, PRESETS[name].inputs) && same(weights, PRESETS[name][kind]));
}

function within(number, bound) {
  return Math.min(bound, Math.max(-bound, Number(number.toFixed(10))));
}

export default { render: figure("cell", TEXT.widget, build) };
