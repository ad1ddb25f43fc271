// What the curves say in words: numbers, the finding, the heading of the ruler. No DOM.
import { formatNumber } from "./formatting.js";

const TEXT = {
  none: "No curve was measured with these settings.",
  stays: (what, threshold, parts) => `${what} stays at ${threshold} or more ${parts}.`,
  upTo: (first, x, names) => `${first ? "up to " : ""}${x} with ${names}`,
  whole: (first, x, names) => `${first ? "up to " : ""}${x}, the most measured, with ${names}`,
  never: (names) => `with ${names} it is lower from the start`,
  low: (what, threshold, names) => `${what} is below ${threshold} from the start with ${names}.`,
  between: (at, what, low, high) => `At ${at}, ${what} is from ${low} to ${high}.`,
  alone: (at, what, only) => `At ${at}, ${what} is ${only}.`,
  reading: (label, value) => `${value} with ${label}`,
  and: " and ",
  others: (count) => `${count} others`,
  at: (x) => `At ${x}`,
  needed: (bits) => `${bits} bits needed`,
  beyond: "longer than any trained",
  before: "shorter than any trained",
  rows: (heading, parts) => `${heading}: ${parts}.`,
};
const MOST_NAMES = 4;
const MOST_PARTS = 5;

/** Decimals for values: two for shares, else so many that a hundredth of their range can be seen. */
export function decimals(values) {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  if (least >= 0 && most <= 1) return 2;
  return [0, 1, 2, 3].find((count) => (most - least) * 10 ** count >= 100) ?? 4;
}

/** A number with so many decimals and a true minus sign. */
export function fixed(number, count) {
  const text = Math.abs(number).toFixed(count);
  return number < 0 && Number(text) ? `−${text}` : text;
}

/** A number of x with what it counts, kept on one line. */
export function withUnit(x, unit) {
  return unit ? `${formatNumber(x)}\u00a0${x === 1 ? unit.replace(/s$/, "") : unit}` : formatNumber(x);
}

/**
 * The one sentence that the shown curves have to say: up to where each of them holds.
 * @param {ReturnType<import("./curves_state.js").derive>} derived
 * @param {(value: number) => string} format
 */
export function finding({ chart, curves, rows, at }, format) {
  if (!curves.length) return TEXT.none;
  if (chart.threshold !== null) return holds(chart, curves);
  const where = withUnit(chart.x[at], chart.unit);
  const say = (row) => TEXT.reading(row.label, format(row.reading.mean));
  if (rows.length === 1) return TEXT.alone(where, chart.y_label, say(rows[0]));
  return TEXT.between(where, chart.y_label, say(rows.at(-1)), say(rows[0]));
}

function holds(chart, curves) {
  const byReach = new Map();
  for (const { label, reading } of curves) byReach.set(reading.reach, [...(byReach.get(reading.reach) ?? []), label]);
  const [what, threshold] = [capital(chart.y_label), formatNumber(chart.threshold)];
  const never = byReach.get(null);
  byReach.delete(null);
  if (!byReach.size) return TEXT.low(what, threshold, listed(never));
  const parts = [...byReach].sort(([a], [b]) => a - b).map(([x, names], i) => // the unit is told once
    (x === chart.x.at(-1) ? TEXT.whole : TEXT.upTo)(i === 0, withUnit(x, i ? "" : chart.unit), listed(names)));
  const told = parts.length > MOST_PARTS ? [...parts.slice(0, 2), "…", ...parts.slice(-2)] : parts;
  if (never) told.push(TEXT.never(listed(never)));
  return TEXT.stays(what, threshold, told.join("; "));
}

/** What the ruler's place means. @param {ReturnType<import("./curves_state.js").derive>} derived */
export function heading({ chart, at, beyond, rows }) {
  const x = chart.x[at];
  const parts = [TEXT.at(withUnit(x, chart.unit))];
  if (beyond) parts.push(x > chart.trained[1] ? TEXT.beyond : TEXT.before);
  const needed = new Set(rows.map(({ reading }) => reading.needed));
  if (chart.alphabet !== null && needed.size === 1) parts.push(TEXT.needed(bitText([...needed][0])));
  return parts.join(", ");
}

/** What a screen reader hears when the ruler has come to rest. */
export function summary(derived, format) {
  if (!derived.rows.length) return TEXT.none;
  return TEXT.rows(heading(derived), derived.rows.map(({ label, reading }) => `${label} ${format(reading.mean)}`).join(", "));
}

/** Bits are told whole: less is not known of them. */
export function bitText(bits) {
  return bits < 10 && !Number.isInteger(bits) ? fixed(bits, 1) : fixed(bits, 0);
}

/** A name whose equations stay on one line. */
export function unbroken(name) {
  return name.replaceAll(" = ", "\u00a0=\u00a0");
}

function listed(labels) {
  const names = labels.map(unbroken);
  if (names.length > MOST_NAMES) return names.slice(0, 2).join(", ") + TEXT.and + TEXT.others(names.length - 2);
  return names.length === 1 ? names[0] : names.slice(0, -1).join(", ") + TEXT.and + names.at(-1);
}

function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
