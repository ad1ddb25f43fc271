// The rows of GatedCell: one quantity over time in each, under one axis of steps.
import { rounded } from "./cell_state.js";
import { formatWeight } from "./formatting.js";
import { drawn, element, setAttributes, setData, setText, symbol } from "./shared.js";

const TEXT = {
  names: {
    x: "input", i: "input gate", f: "forget gate", g: "candidate", o: "output gate",
    r: "reset gate", u: "update gate", n: "candidate", c: "cell state", h: "hidden state",
  },
  notes: { x: "drag or type", i: "1 writes", f: "1 keeps", o: "1 shows", r: "0 hides the past", u: "1 keeps", c: "kept", h: { lstm: "shown", gru: "kept and shown" } },
  derivative: "derivative of the last state by that of step ",
  all: "all paths",
  direct: "direct path",
  at: (what, t) => `${what} at step ${t}: `,
};

const { KEPT } = CONSTANTS;
const GATE = ["i", "f", "o", "r", "u"];
/** In the order of the equations of either kind. */
export const SYMBOLS = ["x", "i", "f", "g", "r", "u", "n", "c", "o", "h"];
// Drawings are stretched to their places. Of about their size in pixels, or Chromium smears the bars.
const [WIDTH, HEIGHT] = [1200, 100];
const DRAG = 4; // px: less than this is a tap

/** The scale of a row: 0 to 1 for gates, else -1 to 1, and larger where numbers need it. */
export function scaleOf(name, numbers) {
  if (GATE.includes(name)) return [0, 1];
  const [least, most] = [Math.min(...numbers), Math.max(...numbers)];
  const bound = niceBound(Math.max(most, -least));
  return [least < -1 ? -bound : -1, most > 1 ? bound : 1];
}

/** The scale of derivatives: 0 to 1, and larger where numbers need it. */
export function derivativeScale(numbers) {
  const [least, most] = [Math.min(...numbers), Math.max(...numbers)];
  return [least < -0.005 ? -niceBound(-least) : 0, niceBound(most)];
}

function niceBound(size) {
  if (size <= 1) return 1;
  const power = 10 ** Math.floor(Math.log10(size));
  return power * [1, 2, 4, 6, 8, 10].find((factor) => power * factor >= size * (1 - 1e-12));
}

/**
 * @param {object} on what the reader may do: select(step), drag(step, number)
 * @param {HTMLElement} inputField stands where the other rows show their number
 * @param {HTMLElement} axis the steps, above all rows
 * @param {AbortSignal} signal
 */
export function createRows(on, inputField, axis, signal) {
  const rows = SYMBOLS.map((name) => createRow(name, name === "x" ? inputField : null));
  const last = createDerivativeRow();
  const node = element("div", { class: "wa-cell-rows" }, axis, ...rows.map((row) => row.node), last.node);
  drags(node, rows[0], on, signal);

  /** @param {object} state @param {object} derived */
  function update(state, derived) {
    const length = state.inputs.length;
    node.style.setProperty("--wa-cell-at", state.step - 1);
    node.style.setProperty("--wa-cell-steps", length);
    for (const row of rows) {
      const numbers = derived.quantities[row.name];
      row.node.hidden = !numbers;
      if (numbers) row.update(numbers, state);
    }
    last.update(state, derived);
  }

  return { node, update };
}

function createPlot(kind, ...marks) {
  const svg = drawn("svg", { class: "wa-cell-svg", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" });
  const lines = drawn("path", { class: "wa-cell-line" });
  svg.append(lines, ...marks);
  const ticks = [0, 1].map(() => element("span", { class: "wa-cell-tick" }));
  const scale = element("div", { class: "wa-cell-scale", "aria-hidden": "true" }, ...ticks);
  const plot = element("div", { class: "wa-cell-plot", "data-of": kind }, svg);

  /** @returns {(number: number) => number} a number's height in the plot, from the top */
  function update([low, high]) {
    const at = (number) => hundredth((HEIGHT * (high - number)) / (high - low));
    setAttributes(lines, { d: `M0 ${at(0)}H${WIDTH}` });
    [high, low].forEach((number, k) => {
      ticks[k].style.setProperty("--wa-cell-y", at(number) / HEIGHT);
      setText(ticks[k], String(number).replace("-", "−"));
    });
    return at;
  }

  return { plot, scale, update };
}

function createRow(name, field) {
  const bars = drawn("path", { class: "wa-cell-bars" });
  const { plot, scale, update: frame } = createPlot(name, bars);
  const note = element("span", { class: "wa-cell-note" });
  const label = element("div", { class: "wa-cell-label" }, symbol(name), element("span", { class: "wa-cell-name" }, TEXT.names[name]), note);
  const spoken = element("span", { class: "wa-hidden" });
  const value = element("data", { class: "wa-cell-now", "data-of": name });
  const reading = element("div", { class: "wa-cell-reading" }, ...(field ? [field] : [spoken, value]));
  const node = element("div", { class: `wa-cell-row wa-cell-${name}` }, label, scale, plot, reading);

  function update(numbers, { kind, step }) {
    const [low, high] = scaleOf(name, numbers);
    const at = frame([low, high]);
    const wide = WIDTH / numbers.length;
    // The outline keeps a bar of height 0 visible.
    const bar = (number, t) => `M${hundredth((t + 0.2) * wide)} ${at(0)}V${at(number)}h${hundredth(0.6 * wide)}V${at(0)}Z`;
    setAttributes(bars, { d: numbers.map(bar).join("") });
    setText(note, noteOf(name, kind));
    setText(spoken, TEXT.at(TEXT.names[name], step));
    setData(value, numbers[step - 1], rounded(numbers[step - 1]));
  }

  return { name, node, plot, update };
}

function noteOf(name, kind) {
  const note = TEXT.notes[name] ?? "";
  return typeof note === "string" ? note : note[kind];
}

/** Solid with dots: all paths. Dashed with rings: the direct path alone. */
function createDerivativeRow() {
  const marks = ["ring", "direct", "hole", "all", "dot"].map((kind) => drawn("path", { class: `wa-cell-mark wa-cell-mark-${kind}` }));
  const { plot, scale, update: frame } = createPlot("derivative", ...marks);
  const [top, bottom] = [0, 1].map(() => ({ letter: element("i", { class: "wa-symbol" }), index: element("sub") }));
  const fraction = element("span", { class: "wa-cell-fraction" }, "∂", top.letter, top.index, "∕", "∂", bottom.letter, bottom.index);
  bottom.index.append(element("i", { class: "wa-symbol" }, "t"));
  const key = (kind) => element("span", { class: `wa-cell-key wa-cell-key-${kind}` }, TEXT[kind]);
  const label = element("div", { class: "wa-cell-label" }, fraction, key("all"), key("direct"));
  const readings = ["all", "direct"].map((kind) => {
    const spoken = element("span", { class: "wa-hidden" });
    const value = element("data", { class: `wa-cell-now wa-cell-now-${kind}`, "data-of": kind });
    return { kind, spoken, value, node: element("div", { class: `wa-cell-two wa-cell-key-${kind}` }, spoken, value) };
  });
  const reading = element("div", { class: "wa-cell-reading" }, ...readings.map((one) => one.node));
  const node = element("div", { class: "wa-cell-row wa-cell-derivative" }, label, scale, plot, reading);

  function update({ kind, inputs, step }, derived) {
    const at = frame(derivativeScale([...derived.direct, ...derived.all]));
    const point = (number, t) => `${hundredth(((t + 0.5) * WIDTH) / inputs.length)} ${at(number)}`;
    const path = (numbers) => numbers.map((number, t) => `${t ? "L" : "M"}${point(number, t)}`).join("");
    const points = (numbers) => numbers.map((number, t) => `M${point(number, t)}h0`).join("");
    const shapes = [points(derived.direct), path(derived.direct), points(derived.direct), path(derived.all), points(derived.all)];
    marks.forEach((mark, k) => setAttributes(mark, { d: shapes[k] }));
    for (const part of [top, bottom]) setText(part.letter, KEPT[kind].state);
    setText(top.index, String(inputs.length));
    for (const one of readings) {
      setText(one.spoken, TEXT.at(`${TEXT.derivative}${step}, ${TEXT[one.kind]}`, step));
      setData(one.value, derived[one.kind][step - 1], formatWeight(derived[one.kind][step - 1]));
    }
  }

  return { node, plot, update };
}

/** A tap selects a step, a sideways drag moves through them; in the row of inputs an upward drag changes one. */
function drags(node, inputRow, on, signal) {
  let held = null;
  const stepAt = (plot, event) => {
    const box = plot.getBoundingClientRect();
    const length = Number(node.style.getPropertyValue("--wa-cell-steps"));
    return Math.min(length, Math.max(1, 1 + Math.floor((length * (event.clientX - box.left)) / box.width)));
  };
  node.addEventListener("pointerdown", (event) => {
    const plot = event.target.closest?.(".wa-cell-plot[data-of]");
    if (!plot || event.button > 0) return;
    held = { plot, y: event.clientY, step: stepAt(plot, event), moved: false };
    plot.setPointerCapture(event.pointerId);
    on.select(held.step);
  }, { signal });
  node.addEventListener("pointermove", (event) => {
    if (!held) return;
    if (held.plot !== inputRow.plot) return on.select(stepAt(held.plot, event));
    held.moved ||= Math.abs(event.clientY - held.y) > DRAG;
    if (!held.moved) return;
    const box = held.plot.firstChild.getBoundingClientRect();
    const part = 1 - (2 * (event.clientY - box.top)) / box.height;
    on.drag(held.step, Math.min(1, Math.max(-1, Math.round(10 * part) / 10))); // the row's scale is that of LIMITS
  }, { signal });
  for (const kind of ["pointerup", "pointercancel"]) node.addEventListener(kind, () => (held = null), { signal });
}

function hundredth(number) {
  return Math.round(100 * number) / 100;
}
