// The plane of two-dimensional hidden states with the weighted sums in it.
import { convexHull } from "./arithmetic.js";
import { formatWeight } from "./formatting.js";
import { drawn, setAttributes, setText } from "./shared.js";

const TEXT = {
  plane: (value, sumValue) => `Hidden states as arrows. The attention value is at ${value}; dividing by the sum leads to ${sumValue}.`,
  nowhere: "no point",
  first: "first coordinate",
  second: "second coordinate",
};

const SIZE = 320;
const MIDDLE = SIZE / 2;

/**
 * @returns {{node: SVGElement, update: (state: object, derived: object) => void}}
 */
export function createPlane() {
  const frame = drawn("rect", { class: "wa-frame", x: 0.5, y: 0.5, width: SIZE - 1, height: SIZE - 1 });
  const grid = drawn("path", { class: "wa-grid" });
  const axes = drawn("path", { class: "wa-axes", d: `M0 ${MIDDLE}H${SIZE}M${MIDDLE} 0V${SIZE}` });
  const ticks = [drawn("text", { class: "wa-tick" }), drawn("text", { class: "wa-tick" })];
  const names = [
    drawn("text", { class: "wa-tick", x: SIZE - 6, y: SIZE - 8, "text-anchor": "end" }, `${TEXT.first} →`),
    drawn("text", { class: "wa-tick", transform: `translate(14 8) rotate(-90)`, "text-anchor": "end" }, `${TEXT.second} →`),
  ];
  const hull = drawn("polygon", { class: "wa-hull" });
  const arrows = drawn("g");
  const sumMark = drawn("path", { class: "wa-sum-mark" });
  const valueMark = drawn("path", { class: "wa-value-mark", d: "M0-9L9 0L0 9L-9 0Z" });
  const node = drawn("svg", { class: "wa-plane", viewBox: `0 0 ${SIZE} ${SIZE}`, role: "img" });
  node.append(frame, grid, axes, ...ticks, ...names, hull, arrows, sumMark, valueMark);
  const pool = [];

  function update({ words, states, mask }, { weights, value, sumValue, attendedStates }) {
    const extent = 1.65 * (Math.max(...states.flat().map(Math.abs)) || 1);
    const at = ([x, y]) => [MIDDLE + (MIDDLE * x) / extent, MIDDLE - (MIDDLE * y) / extent];
    const unit = 10 ** Math.floor(Math.log10(extent));
    drawGrid(unit, (MIDDLE * unit) / extent);
    setAttributes(hull, { points: convexHull(attendedStates).map((p) => at(p).map(round).join()).join(" ") });
    while (pool.length < states.length) {
      pool.push(createArrow());
      arrows.append(pool.at(-1).node);
    }
    while (pool.length > states.length) pool.pop().node.remove();
    pool.forEach((arrow, i) => arrow.update(at(states[i]), weights[i], mask[i], words[i]));
    place(valueMark, at(value));
    setAttributes(sumMark, { visibility: sumValue ? "visible" : "hidden" });
    if (sumValue) place(sumMark, at(sumValue), "M0-13L13 0L0 13L-13 0ZM-6.5-6.5L6.5 6.5M-9.7-3.3L3.3 9.7M-3.3-9.7L9.7 3.3", "M-9-9L9 0L-9 9Z");
    setAttributes(node, { "aria-label": TEXT.plane(pointText(value), sumValue ? pointText(sumValue) : TEXT.nowhere) });
  }

  function drawGrid(unit, length) {
    let lines = "";
    for (let offset = length; offset < MIDDLE; offset += length) {
      for (const place of [MIDDLE - offset, MIDDLE + offset]) lines += `M${round(place)} 0V${SIZE}M0 ${round(place)}H${SIZE}`;
    }
    setAttributes(grid, { d: lines });
    setAttributes(ticks[0], { x: MIDDLE + length + 3, y: MIDDLE + 13 });
    setAttributes(ticks[1], { x: MIDDLE + 4, y: MIDDLE - length - 4 });
    for (const tick of ticks) setText(tick, String(unit));
  }

  return { node, update };
}

/** @param {number[]} point @returns {string} */
export function pointText(point) {
  return `(${point.map((x) => formatWeight(Math.abs(x) < 5e-4 ? 0 : x)).join(", ")})`;
}

/** One arrow h_i: thin over its whole length, thick as far as α_i h_i reaches. */
function createArrow() {
  const line = drawn("line", { class: "wa-arrow", x1: MIDDLE, y1: MIDDLE });
  const tip = drawn("path", { class: "wa-arrow-tip", d: "M0 0L-11-4.5V4.5Z" });
  const share = drawn("line", { class: "wa-share", x1: MIDDLE, y1: MIDDLE });
  const label = drawn("text", { class: "wa-arrow-label" });
  const shaft = drawn("g", {}, line, tip, share);
  const node = drawn("g", {}, shaft, label);

  function update([x, y], weight, attended, word) {
    const [dx, dy] = [x - MIDDLE, y - MIDDLE];
    const length = Math.hypot(dx, dy) || 1;
    setAttributes(node, { class: attended ? "wa-state" : "wa-state wa-masked" });
    setAttributes(shaft, { opacity: round(attended ? 0.5 + 0.5 * weight : 0.5) });
    setAttributes(line, { x2: round(x), y2: round(y), "stroke-width": round(1.5 + 2 * weight) });
    setAttributes(tip, { transform: `translate(${round(x)} ${round(y)}) rotate(${round((Math.atan2(dy, dx) * 180) / Math.PI)})` });
    setAttributes(share, { x2: round(MIDDLE + weight * dx), y2: round(MIDDLE + weight * dy), "stroke-width": round(3 + 4 * weight) });
    // The label stands beyond the tip, on the side that the arrow points to, and inside the frame.
    const anchor = Math.abs(dx) < 0.35 * length ? "middle" : dx > 0 ? "start" : "end";
    const width = 7.6 * [...word].length;
    const [before, after] = { middle: [width / 2, width / 2], start: [0, width], end: [width, 0] }[anchor];
    const away = anchor === "middle" ? 22 : 18;
    const labelX = Math.min(SIZE - 4 - after, Math.max(4 + before, x + (away * dx) / length));
    setAttributes(label, { x: round(labelX), y: round(y + (away * dy) / length + 4.5), "text-anchor": anchor });
    setText(label, word);
  }

  return { node, update };
}

/** Puts a mark at a point; outside the frame it becomes a pointer at the border. */
function place(mark, [x, y], shape, pointer) {
  const inside = (p) => Math.min(SIZE - 12, Math.max(12, p));
  const out = x < -8 || x > SIZE + 8 || y < -8 || y > SIZE + 8;
  const angle = out ? (Math.atan2(y - MIDDLE, x - MIDDLE) * 180) / Math.PI : 0;
  // On its way to the border the pointer keeps its direction.
  const shrink = out ? Math.min((MIDDLE - 12) / Math.max(Math.abs(x - MIDDLE), Math.abs(y - MIDDLE)), 1) : 1;
  const spot = [MIDDLE + shrink * (x - MIDDLE), MIDDLE + shrink * (y - MIDDLE)].map(inside);
  setAttributes(mark, { transform: `translate(${spot.map(round).join(" ")}) rotate(${round(angle)})` });
  if (shape) setAttributes(mark, { d: out ? pointer : shape });
}

function round(number) {
  return Math.round(100 * number) / 100;
}
