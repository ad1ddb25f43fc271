// Where everything of the drawing goes, from the width that there is and the names at the lines' ends. No DOM.
import { bounds, ticks } from "./curves_arithmetic.js";
import { formatNumber } from "./formatting.js";

const NARROW = /[ilj.,:;'|!()[\]tfrI ]/;
const WIDE = /[mwMW@%—…<>=+~&#]/;
const FEW = 5; // so many points of measurement are themselves the ticks

/** The height of a line of a name, px. */
export const LINE = 15;

/** About how wide a text is in px. @param {string} text @param {number} [size] of its font, px */
export function textWidth(text, size = 13) {
  let ems = 0;
  for (const letter of text) {
    if (letter.codePointAt(0) > 0x2e80) ems += 1.05;
    else if (NARROW.test(letter)) ems += 0.36;
    else if (WIDE.test(letter)) ems += 0.95;
    else ems += letter === letter.toLowerCase() ? 0.61 : 0.72;
  }
  return ems * size;
}

/**
 * A name in one line, or two, or cut.
 * @param {string} text
 * @param {number} most px
 * @returns {string[]}
 */
export function fitLabel(text, most) {
  const words = text.split(" ");
  if (textWidth(text) <= most || words.length === 1) return [cutTo(text, most)];
  const breaks = words.slice(1).map((_, i) => [words.slice(0, i + 1).join(" "), words.slice(i + 1).join(" ")]);
  const wider = (lines) => Math.max(...lines.map((line) => textWidth(line)));
  return breaks.reduce((best, lines) => (wider(lines) < wider(best) ? lines : best)).map((line) => cutTo(line, most));
}

/** A text cut to a width. @param {string} text @param {number} most px @param {number} [size] of its font, px */
export function cutTo(text, most, size = 13) {
  if (textWidth(text, size) <= most) return text;
  const letters = [...text];
  while (letters.length > 1 && textWidth(`${letters.join("")}…`, size) > most) letters.pop();
  return `${letters.join("").trimEnd()}…`;
}

/**
 * @param {ReturnType<import("./curves_state.js").derive>} derived
 * @param {number} width of the drawing, px
 */
export function layout({ chart, curves, count }, width) {
  const widest = Math.min(Math.max(84, 0.3 * width), 190);
  const labels = curves.map(({ label }) => fitLabel(label, widest));
  // All names of the chart have room, so that the plot stays where it is when curves come and go.
  const margin = Math.max(...chart.curves.flatMap(({ label }) => fitLabel(label, widest)).map((line) => textWidth(line)));
  const [low, high] = count ? [0, mostTokens(chart)] : bounds(chart.curves.flatMap(({ values }) => values.flat()));
  const yTicks = ticks(low, high, 6);
  const limit = !count && chart.threshold >= low && chart.threshold <= high ? chart.threshold : null;
  const left = 12 + Math.max(18, ...[...yTicks, limit ?? 0].map((tick) => textWidth(formatNumber(tick), 11.5)));
  const right = width - margin - 32;
  const top = chart.trained ? 40 : 24;
  const needed = labels.reduce((total, lines) => total + LINE * lines.length + 1, 0);
  const bottom = top + Math.max(width < 480 ? 200 : 250, needed - 2 * LINE);
  const withBits = chart.alphabet !== null && !chart.tokens;
  const across = (x) => left + 8 + ((right - left - 16) * (x - chart.x[0])) / (chart.x.at(-1) - chart.x[0]);
  const up = (value) => bottom - ((bottom - top - 6) * (value - low)) / (high - low);
  return {
    width, left, right, top, bottom, across, up, labels, limit, withBits,
    height: bottom + (withBits ? 62 : 46),
    xs: chart.x.map(across),
    // The threshold has a number of its own at the axis.
    yTicks: yTicks.filter((tick) => limit === null || Math.abs(up(tick) - up(limit)) > 11),
    xTicks: xTicks(chart.x, across, right - left),
  };
}

function xTicks(x, across, width) {
  const whole = x.every(Number.isInteger);
  const most = Math.max(2, Math.floor(width / 60));
  const all = x.length <= FEW ? x : ticks(x[0], x.at(-1), most).filter((tick) => !whole || Number.isInteger(tick));
  return all.filter((tick, i) => i === 0 || across(tick) - across(all[i - 1]) > 24);
}

/** The most tokens that a message of the chart has. */
export function mostTokens(chart) {
  return Math.max(...(chart.tokens ? chart.curves.map(({ settings }) => settings[chart.tokens]) : chart.x));
}
