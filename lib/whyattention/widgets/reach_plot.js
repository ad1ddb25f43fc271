// The plot of Reach: lines on a logarithmic axis against the lag, and the factor of each step below them.
import { formatNumber, superscript } from "./formatting.js";
import { createLabels } from "./reach_labels.js";
import { formatFactor, formatLog } from "./reach_state.js";
import { drawn, element, setAttributes, setText, symbol } from "./shared.js";

const TEXT = {
  title: "what becomes of a gradient of\u00a01, ",
  strip: "factor of each step",
  parts: {
    slope: { linear: "w", tanh: "w × slope", logistic: "w × slope" },
    lost: "lost to the slope",
    gate: { lstm: "forget gate", gru: "update gate" },
    candidate: "through the candidate",
  },
  back: " steps back",
  gone: "10⁻³",
  limit: "limit",
  shift: (factor) => `× ${factor}`,
  under: (lag) => `under 10⁻³ after ${lag === 1 ? "1 step" : `${lag} steps`}`,
  names: { gradient: "gradient", all: "all paths", bound: "bound", direct: "direct path", clipped: "clipped", kept: "kept" },
  summary: (lag, lines) => `Logarithmic plot over ${lag} steps back. ${lines}.`,
  line: (name, left) => `${name}: ${left} at the end`,
};

const { GONE } = CONSTANTS;
const SIZE = 1000; // of both drawings, which are stretched to their places
const BOTTOM = -16;
const AXES = [
  { top: 6, ticks: [4, 0, GONE, -8, -12, -16] },
  { top: 16, ticks: [16, 8, 0, GONE, -8, -16] },
];
const FAR = 400; // orders of magnitude: as far out of the plot as any line is drawn
const HEIGHTS = [1.25, 2.5, 5];
const SHIFT_AT = 0.88; // of the way across: where the arrow of clipping stands
const LINES = ["kept", "beside", "clipped", "gradient"];

/** @param {AbortSignal} signal */
export function createPlot(signal) {
  const quotient = element("span", { class: "wa-reach-quotient" });
  const area = createArea(signal);
  const strip = createStrip();
  const ticks = Array.from({ length: 6 }, () => element("span", { class: "wa-reach-tick" }));
  const node = element("div", { class: "wa-reach-chart" },
    element("p", { class: "wa-reach-title" }, TEXT.title, quotient),
    area.node, strip.title, strip.node,
    element("div", { class: "wa-reach-lags", "aria-hidden": "true" }, ...ticks,
      element("span", { class: "wa-reach-back" }, symbol("k"), TEXT.back)));
  let part = null;

  function update(state, derived) {
    const letter = state.cell === "lstm" ? "c" : "h";
    if (part !== letter) {
      part = letter;
      quotient.replaceChildren("|∂", symbol(letter, "L"), " ∕ ∂", symbol(letter, "L−k"), "|");
    }
    area.update(state, derived);
    strip.update(state, derived);
    const step = [1, 2, 5, 10, 20, 50].find((one) => state.lag / one <= 5);
    ticks.forEach((tick, i) => {
      tick.hidden = i * step > state.lag;
      tick.style.left = `${(100 * i * step) / state.lag}%`;
      setText(tick, String(i * step));
    });
  }

  return { node, update };
}

function createArea(signal) {
  const paths = Object.fromEntries(LINES.map((name) => [name, drawn("path", { class: `wa-reach-line wa-reach-${name}` })]));
  const grid = drawn("path", { class: "wa-reach-grid" });
  const one = drawn("path", { class: "wa-reach-one" });
  const gone = drawn("path", { class: "wa-reach-gone" });
  const limit = drawn("path", { class: "wa-reach-limit" });
  const svg = drawn("svg", { class: "wa-reach-lines", viewBox: `0 0 ${SIZE} ${SIZE}`, preserveAspectRatio: "none" });
  svg.append(grid, one, gone, limit, ...LINES.map((name) => paths[name]));
  const above = element("div", { class: "wa-reach-above" });
  const ticks = AXES[0].ticks.map(() => element("span", { class: "wa-reach-tick" }));
  const arrow = element("div", { class: "wa-reach-arrow" }, element("span"));
  const rings = ["beside", "kept"].map((name) => [name, element("span", { class: `wa-reach-ring wa-reach-ring-${name}` })]);
  const crossing = element("div", { class: "wa-reach-crossing" }, element("span", {}));
  const spot = element("span", { class: "wa-reach-ring wa-reach-ring-gradient" });
  const labels = createLabels([...LINES, "limit"], signal);
  const node = element("div", { class: "wa-reach-area", role: "img" },
    above, svg, ...ticks, arrow, ...rings.map(([, ring]) => ring), crossing, spot, labels.node);

  function update(state, derived) {
    const lines = LINES.filter((name) => derived[name]);
    // A bound may lead anywhere; the plot follows what is really there.
    const highest = Math.max(...lines.filter((name) => name !== "beside").flatMap((name) => derived[name].logs));
    const axis = AXES.find(({ top }) => highest <= top) ?? AXES.at(-1);
    const down = (log) => (axis.top - log) / (axis.top - BOTTOM);
    const inside = (log) => Math.min(1, Math.max(0, down(log)));
    const level = (log) => `M0 ${round(SIZE * down(log))}H${SIZE}`;

    setAttributes(grid, { d: axis.ticks.map(level).join("") });
    setAttributes(one, { d: level(0) });
    setAttributes(gone, { d: level(GONE) });
    axis.ticks.forEach((power, i) => {
      ticks[i].style.top = `${100 * down(power)}%`;
      ticks[i].classList.toggle("wa-reach-strong", power === GONE || power === 0);
      setText(ticks[i], power === 0 ? "1" : `10${superscript(power)}`);
    });
    for (const name of LINES) {
      const { logs } = derived[name] ?? { logs: [] };
      const point = (log, lag) => `${lag ? "L" : "M"}${round((SIZE * lag) / state.lag)} ${round(SIZE * down(Math.max(-FAR, log)))}`;
      setAttributes(paths[name], { d: logs.map(point).join("") });
    }
    const kind = derived.direct ? "direct" : "bound";
    setAttributes(paths.beside, { "data-kind": kind });

    const most = Math.log10(state.limit);
    above.hidden = !state.clipping;
    above.style.height = `${100 * inside(most)}%`;
    setAttributes(limit, { d: state.clipping ? level(most) : "" });
    showShift(state, derived, inside);
    for (const [name, ring] of rings) mark(ring, derived[name], state.lag, () => inside(GONE));
    setAttributes(rings[0][1], { "data-kind": kind });
    mark(spot, derived.gradient, state.lag, (lag) => inside(derived.gradient.logs[lag]));
    showCrossing(derived.gradient.under, state.lag, inside);
    const said = lines.map((name) => {
      const { logs, left } = derived[name];
      return { key: name, name: nameOf(name, derived), logs, left: formatLog(left) };
    });
    const bound = { key: "limit", name: TEXT.limit, logs: [most], left: formatNumber(state.limit) };
    labels.update(state.clipping ? [...said, bound] : said, axis.top, BOTTOM);
    setAttributes(node, { "aria-label": TEXT.summary(state.lag, said.map(({ name, left }) => TEXT.line(name, left)).reverse().join("; ")) });
  }

  /** An arrow from the gradient to what clipping makes of it, where both are in the plot. */
  function showShift(state, { gradient, clip }, inside) {
    const at = Math.round(SHIFT_AT * state.lag);
    const shift = clip ? Math.log10(clip.factor) : 0;
    const [from, to] = [inside(gradient.logs[at]), inside(gradient.logs[at] + shift)];
    arrow.hidden = to - from < 0.06;
    setText(arrow.firstChild, clip ? TEXT.shift(formatFactor(clip.factor)) : "");
    Object.assign(arrow.style, { left: `${(100 * at) / state.lag}%`, top: `${100 * from}%`, height: `${100 * (to - from)}%` });
  }

  function showCrossing(lag, most, inside) {
    crossing.hidden = lag === null;
    if (lag === null) return;
    crossing.style.left = `${(100 * lag) / most}%`;
    crossing.style.height = `${100 * inside(GONE)}%`;
    crossing.classList.toggle("wa-reach-back-to-left", lag > 0.64 * most);
    setText(crossing.firstChild, TEXT.under(lag));
  }

  return { node, update };
}

/** What a line is called in the plot and in the table. @returns {string} */
export function nameOf(name, { direct }) {
  if (name === "gradient") return direct ? TEXT.names.all : TEXT.names.gradient;
  if (name === "beside") return direct ? TEXT.names.direct : TEXT.names.bound;
  return TEXT.names[name];
}

/** Puts a ring where a line is first under 10⁻³. */
function mark(ring, line, lag, height) {
  ring.hidden = !line || line.under === null;
  if (ring.hidden) return;
  ring.style.left = `${(100 * line.under) / lag}%`;
  ring.style.top = `${100 * height(line.under)}%`;
}

/** Bars: the factor of each step, and what it is made of. */
function createStrip() {
  const kinds = ["slope", "lost", "gate", "candidate"];
  const bars = Object.fromEntries(kinds.map((kind) => [kind, drawn("path", { class: `wa-reach-bars wa-reach-fill-${kind}` })]));
  const keys = Object.fromEntries(kinds.map((kind) => {
    const name = element("span");
    const swatch = element("span", { class: `wa-reach-swatch wa-reach-swatch-${kind}` });
    return [kind, { name, node: element("span", { class: "wa-reach-key" }, swatch, name) }];
  }));
  const one = drawn("path", { class: "wa-reach-one" });
  const svg = drawn("svg", { class: "wa-reach-lines", viewBox: `0 0 ${SIZE} ${SIZE}`, preserveAspectRatio: "none", "aria-hidden": "true" });
  svg.append(...kinds.map((kind) => bars[kind]), one);
  const ticks = [0, 1, 2].map(() => element("span", { class: "wa-reach-tick" }));
  const node = element("div", { class: "wa-reach-strip", "aria-hidden": "true" }, svg, ...ticks);
  const title = element("p", { class: "wa-reach-title wa-reach-strip-title" },
    element("span", {}, TEXT.strip), ...kinds.map((kind) => keys[kind].node));

  function update({ cell, lag }, { factors, direct, ceiling }) {
    const most = Math.max(ceiling ?? 0, ...factors);
    const height = HEIGHTS.find((one) => most <= one) ?? HEIGHTS.at(-1);
    const down = (factor) => round(SIZE * (1 - factor / height));
    const gap = lag > 120 ? 0 : 0.13;
    const bar = (k, low, high) => {
      const [left, right] = [(SIZE * (k + gap)) / lag, (SIZE * (k + 1 - gap)) / lag];
      return high > low ? `M${round(left)} ${down(low)}V${down(high)}H${round(right)}V${down(low)}Z` : "";
    };
    const draw = (kind, low, high) => setAttributes(bars[kind], { d: factors.map((factor, k) => bar(k, low(factor, k), high(factor, k))).join("") });
    const [zero, whole] = [() => 0, (factor) => factor];
    const gate = (factor, k) => direct[k];
    draw("slope", zero, direct ? zero : whole);
    draw("lost", whole, direct ? zero : () => ceiling);
    draw("gate", zero, direct ? gate : zero);
    draw("candidate", direct ? gate : zero, direct ? whole : zero);
    const parts = direct ? ["gate", "candidate"] : cell === "linear" ? ["slope"] : ["slope", "lost"];
    for (const kind of kinds) {
      const [{ node: key, name }, text] = [keys[kind], TEXT.parts[kind]];
      key.hidden = !parts.includes(kind);
      setText(name, text[cell] ?? text);
    }
    setAttributes(one, { d: `M0 ${down(1)}H${SIZE}` });
    [0, 1, height].forEach((number, i) => {
      ticks[i].hidden = i === 2 && height === HEIGHTS[0];
      ticks[i].style.top = `${100 * (1 - number / height)}%`;
      setText(ticks[i], formatFactor(number));
    });
  }

  return { node, title, update };
}

function round(number) {
  return Math.round(10 * number) / 10;
}
