// Reach: how much of a gradient is left after k steps back, for one unit of each cell.
import { createPresets, createRadios } from "./choices.js";
import { moveSlider, numberField } from "./fields.js";
import { formatNumber } from "./formatting.js";
import { createPlot, nameOf } from "./reach_plot.js";
import { derive, finding, formatFactor, formatLog, numberProblem, settings, stateProblem } from "./reach_state.js";
import { createDefinition } from "./reach_text.js";
import { announcer, createAlert, element, figure, setAttributes, setData, setText, symbol, uid } from "./shared.js";
import { followState } from "./state.js";

const TEXT = {
  widget: "How far back a gradient reaches",
  examples: "Settings to start from",
  presets: {
    vanishing: "vanishing",
    balanced: "balanced",
    exploding: "exploding",
    latch: "a latch",
    "lstm-one": "LSTM, bias 1",
    "lstm-log": "LSTM, bias ln 100",
  },
  cell: "Cell",
  cells: { linear: "linear", tanh: "tanh", logistic: "logistic", lstm: "LSTM", gru: "GRU" },
  labels: {
    weight: ["recurrent weight ", "w"],
    drive: ["size of the inputs ", "x"],
    forget_bias: ["forget bias ", "b"],
    lag: ["steps ", "L"],
  },
  bias: { lstm: "forget bias ", gru: "update gate’s bias ", none: "forget bias, in gated cells, " },
  typed: { weight: "Recurrent weight, typed", drive: "Size of the inputs, typed", forget_bias: "Bias, typed", lag: "Steps, typed" },
  logarithm: (lag) => `ln ${lag}`,
  setLogarithm: (lag) => `Set the bias to ln ${lag}`,
  clip: "clip at norm",
  limit: "Norm to clip at, typed",
  keep: "Keep this curve",
  drop: "Let it go",
  held: "The curve is kept to compare with.",
  dropped: "The kept curve is gone.",
  table: "The lines in numbers",
  columns: { line: "line", mean: "a step", left: (lag) => `after ${lag}`, under: "under 10⁻³ after" },
  steps: (lag) => (lag === 1 ? "1 step" : `${lag} steps`),
  bound: { tanh: "bound\u00a0wᵏ", logistic: "bound\u00a0(w∕4)ᵏ" },
  times: (factor) => `× ${factor}`,
  never: "not yet",
  start: "from the start",
  kept: (cell, weight, drive) => `kept: ${cell}, w = ${weight}, x = ${drive}`,
  keptGated: (cell, weight, drive, bias) => `${TEXT.kept(cell, weight, drive)}, b = ${bias}`,
};

const { DEFAULTS, LIMITS, PRESETS } = CONSTANTS;
const KEYS = Object.keys(DEFAULTS);
const STEPS = { weight: 0.01, drive: 0.05, forget_bias: 0.05, lag: 1 };
const NARROW = 2; // the range of the weight's slider, as long as it holds the weight: around 1 it has to be fine
const ROWS = ["gradient", "beside", "clipped", "kept"];

function build(root, model, signal) {
  let state = null;

  // ---- what is on the page ----
  const presets = createPresets(TEXT.examples, TEXT.presets, (name) => {
    apply(started(name), { force: true });
    fitSlider(true);
  }, signal);
  const sentence = element("p", { class: "wa-finding" });
  const plot = createPlot(signal);
  const definition = createDefinition();
  const cells = createRadios("wa-reach-cell", TEXT.cell, TEXT.cells, (cell) => apply({ cell }), signal);
  const { message, refuse } = createAlert();
  const controls = Object.fromEntries(Object.keys(STEPS).map((name) => [name, control(name)]));
  const logarithm = element("button", { class: "wa-button wa-reach-logarithm", type: "button" });
  controls.forget_bias.node.append(logarithm);
  const clip = element("input", { class: "wa-reach-clip", type: "checkbox" });
  const limit = numberField({
    label: TEXT.limit, problem: (text) => numberProblem(text, "limit"), refuse, signal,
    take: (number) => apply({ limit: number }), step: (direction) => apply({ limit: clamp("limit", state.limit * 2 ** direction) }, { force: true }),
  });
  const keep = element("button", { class: "wa-button wa-reach-keep", type: "button" }, TEXT.keep);
  const drop = element("button", { class: "wa-button wa-reach-drop", type: "button" }, TEXT.drop);
  const table = createTable();
  const { live, announce } = announcer(signal);
  root.append(
    presets.node, sentence, plot.node, cells.node,
    element("div", { class: "wa-reach-controls" }, ...Object.values(controls).map(({ node }) => node)),
    element("div", { class: "wa-reach-tools" },
      element("div", { class: "wa-reach-clipping" }, element("label", {}, clip, element("span", {}, TEXT.clip)), limit.input),
      element("div", { class: "wa-reach-keeping" }, keep, drop)),
    message, table.node, definition.node, live);

  function control(name) {
    const id = uid("wa-reach");
    const [low, high] = LIMITS[name];
    const [text, letter] = TEXT.labels[name];
    const words = element("span", {}, text);
    const slider = element("input", { class: "wa-slider", type: "range", id, min: low, max: high, step: STEPS[name], "data-name": name });
    const field = numberField({
      label: TEXT.typed[name], problem: (typed) => numberProblem(typed, name), refuse, signal,
      take: (number) => apply({ [name]: number }),
      step: (direction) => apply({ [name]: clamp(name, state[name] + direction * STEPS[name]) }, { force: true }),
    });
    field.input.dataset.name = name;
    slider.addEventListener("input", () => apply({ [name]: clamp(name, Number(slider.value)) }), { signal });
    const node = element("div", { class: `wa-reach-control wa-reach-control-${name}` },
      element("label", { for: id }, words, symbol(letter)), slider, field.input);
    return { node, slider, field, words };
  }

  // ---- from a state to the page ----
  function refresh(force) {
    const derived = derive(state);
    const gated = derived.direct !== null;
    presets.show(Object.keys(PRESETS).find((name) => KEYS.every((key) => state[key] === started(name)[key])));
    setText(sentence, finding(state, derived));
    plot.update(state, derived);
    cells.show(state.cell);
    for (const [name, { slider, field }] of Object.entries(controls)) {
      moveSlider(slider, state[name]);
      field.show(state[name], force);
    }
    enable(controls.forget_bias, gated);
    enable(controls.drive, state.cell !== "linear");
    setText(controls.forget_bias.words, gated ? TEXT.bias[state.cell] : TEXT.bias.none);
    logarithm.disabled = !gated;
    setText(logarithm, TEXT.logarithm(state.lag));
    setAttributes(logarithm, { "aria-label": TEXT.setLogarithm(state.lag) });
    clip.checked = state.clipping;
    limit.show(state.limit, force);
    drop.hidden = state.kept === null;
    table.update(state, derived);
    definition.update(state);
  }

  /** A control that nothing depends on is out of use: a linear step does not see its input, an RNN has no gate. */
  function enable({ node, slider, field }, on) {
    slider.disabled = field.input.disabled = !on;
    node.classList.toggle("wa-reach-off", !on);
  }

  // ---- from the reader to the state ----
  /** The settings of an example, beside what it leaves alone. */
  function started(name) {
    return { ...DEFAULTS, ...PRESETS[name], kept: state.kept, limit: state.limit };
  }

  /** Takes a change that has been found good. */
  function apply(change, { force = false } = {}) {
    state = { ...state, ...change };
    fitSlider();
    refuse(null);
    write(change);
    refresh(force);
    announce(sentence.textContent);
  }

  /** While a hand is on the slider its range stays; it grows for a weight that does not fit, and shrinks again later. */
  function fitSlider(shrink = false) {
    const { slider } = controls.weight;
    const needed = state.weight > NARROW ? LIMITS.weight[1] : NARROW;
    if (shrink || needed > Number(slider.max)) setAttributes(slider, { max: needed });
  }

  controls.weight.slider.addEventListener("change", () => fitSlider(true), { signal });
  logarithm.addEventListener("click", () => apply({ forget_bias: Math.log(state.lag) }, { force: true }), { signal });
  clip.addEventListener("change", () => apply({ clipping: clip.checked }), { signal });
  keep.addEventListener("click", () => {
    apply({ kept: settings(state) });
    announce(TEXT.held);
  }, { signal });
  drop.addEventListener("click", () => {
    apply({ kept: null });
    keep.focus();
    announce(TEXT.dropped);
  }, { signal });

  // ---- from the model to the state ----
  function take(next, problem) {
    if (!problem) state = next;
    else state ??= { ...DEFAULTS };
    fitSlider(true);
    refresh(!problem);
    refuse(problem);
  }

  const { read, write } = followState(model, KEYS, stateProblem, take, signal);
  read();
}

/** The numbers of each line, and what its kept settings are. */
function createTable() {
  const left = element("th", { scope: "col" });
  const kept = ({ cell, weight, drive, forget_bias: bias }) =>
    (cell in TEXT.bias ? TEXT.keptGated : TEXT.kept)(TEXT.cells[cell], ...[weight, drive, bias].map(formatNumber));
  const rows = ROWS.map((name) => {
    const label = element("span");
    const [mean, rest, under] = ["mean", "left", "under"].map((kind) => element("data", { class: `wa-reach-${kind}` }));
    const node = element("tr", { "data-line": name },
      element("th", { scope: "row" }, element("span", { class: `wa-reach-sample wa-reach-sample-${name}`, "aria-hidden": "true" }), label),
      element("td", {}, mean), element("td", {}, rest), element("td", {}, under));
    return { name, label, mean, rest, under, node };
  });
  const node = element("table", { class: "wa-reach-table" }, element("caption", { class: "wa-hidden" }, TEXT.table),
    element("thead", {}, element("tr", {}, element("th", { scope: "col" }, element("span", { class: "wa-hidden" }, TEXT.columns.line)),
      element("th", { scope: "col" }, TEXT.columns.mean), left, element("th", { scope: "col" }, TEXT.columns.under))),
    element("tbody", {}, ...rows.map((row) => row.node)));

  function update(state, derived) {
    setText(left, TEXT.columns.left(state.lag));
    for (const { name, label, mean, rest, under, node: row } of rows) {
      const line = derived[name];
      row.hidden = !line;
      if (!line) continue;
      setAttributes(row, { "data-kind": derived.direct ? "direct" : "bound" });
      const bound = name === "beside" && TEXT.bound[state.cell];
      setText(label, name === "kept" ? kept(state.kept) : bound || nameOf(name, derived));
      setData(mean, line.mean, TEXT.times(formatFactor(line.mean)));
      setData(rest, line.left, formatLog(line.left));
      setData(under, line.under, line.under === null ? TEXT.never : line.under ? TEXT.steps(line.under) : TEXT.start);
    }
  }

  return { node, update };
}

/** A number of the slider without the dust of its steps, and within the limits. */
function clamp(name, number) {
  const [low, high] = LIMITS[name];
  return Math.min(high, Math.max(low, Number(number.toFixed(6))));
}

export default { render: figure("reach", TEXT.widget, build) };
