// The state of Curves: what is accepted, which curves are shown, what follows from them. No DOM.
import { bitsAtLeast, bitsNeeded, nearest, reach, spread } from "./curves_arithmetic.js";

const TEXT = {
  broken: "The stored values of this figure do not fit each other, so it does not show them.",
};

const { DASHES, HUES, LIMITS, MARKERS } = CONSTANTS;
const KINDS = [HUES, Object.keys(DASHES), MARKERS];
// The joiners shape letters of some scripts; the other format characters can hide or reverse text.
const UNPRINTABLE = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Co}]/u;

const isNumber = (value) => typeof value === "number" && Math.abs(value) <= LIMITS.number;
const isText = (text, most, least = 1) =>
  typeof text === "string" && [...text].length <= most && text.trim().length >= least && !UNPRINTABLE.test(text);
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const isList = (value, low, high) => Array.isArray(value) && value.length >= low && value.length <= high;
const isSetting = (value) => isNumber(value) || isText(value, LIMITS.label);

/**
 * @typedef {object} State
 * @property {object[]} charts
 * @property {number} chart the index of the one that is shown
 * @property {number | null} at where the ruler is
 * @property {Record<string, (string | number)[]>} shown for a setting the values that are shown
 * @property {boolean} seeds
 * @property {boolean} count
 */

/** What is wrong with stored charts, or null. @param {unknown} charts @returns {string | null} */
export function chartsProblem(charts) {
  const good = isList(charts, 1, LIMITS.charts) && charts.every(isChart)
    && (charts.length === 1 || new Set(charts.map(({ name }) => name).filter(Boolean)).size === charts.length);
  return good ? null : TEXT.broken;
}

/** What is wrong with a stored state, or null. @param {State} state @returns {string | null} */
export function stateProblem({ charts, chart, at, shown, seeds, count }) {
  if (chartsProblem(charts)) return TEXT.broken;
  const good = Number.isInteger(chart) && chart >= 0 && chart < charts.length && (at === null || isNumber(at))
    && typeof seeds === "boolean" && typeof count === "boolean" && isObject(shown)
    && Object.entries(shown).every(([name, values]) => isList(values, 1, LIMITS.curves * LIMITS.charts)
      && values.every((value) => charts.some((one) => groups(one).some((group) => group.name === name && group.options.includes(value)))));
  return good ? null : TEXT.broken;
}

function isChart(chart) {
  if (!isObject(chart)) return false;
  const { name, x, x_label, y_label, unit, trained, alphabet, tokens, one_of, threshold, note, curves } = chart;
  if (!isList(x, ...LIMITS.points) || !x.every(isNumber) || x.some((value, i) => i && value <= x[i - 1])) return false;
  if (![name, unit, tokens].every((text) => isText(text, LIMITS.label, 0)) || !isText(note, LIMITS.text, 0)) return false;
  if (![x_label, y_label].every((text) => isText(text, LIMITS.text))) return false;
  if (!isList(curves, 1, LIMITS.curves) || !curves.every((curve) => isCurve(curve, x.length))) return false;
  if (!Array.isArray(one_of) || !one_of.every((one) => isText(one, LIMITS.label))) return false;
  if (threshold !== null && !isNumber(threshold)) return false;
  if (trained !== null && !(isList(trained, 2, 2) && trained.every(isNumber) && trained[0] <= trained[1])) return false;
  if (alphabet === null) return true;
  const shares = curves.every(({ values }) => values.flat().every((value) => value >= 0 && value <= 1));
  const counts = tokens ? curves.map(({ settings }) => settings[tokens]) : x;
  return Number.isInteger(alphabet) && alphabet >= 2 && isNumber(alphabet) && shares && counts.every((n) => isNumber(n) && n >= 1);
}

function isCurve(curve, points) {
  if (!isObject(curve) || !isText(curve.label, LIMITS.label) || !isObject(curve.settings)) return false;
  const settings = Object.entries(curve.settings);
  if (settings.length > LIMITS.settings || !settings.every(([name, value]) => isText(name, LIMITS.label) && isSetting(value))) return false;
  if (!isList(curve.look, 3, 3) || !curve.look.every((part, i) => KINDS[i].includes(part))) return false;
  return isList(curve.values, 1, LIMITS.seeds) && curve.values.every((seed) => isList(seed, points, points) && seed.every(isNumber));
}

/**
 * The settings of a chart that differ between curves, each with its values in order.
 * @returns {{name: string, options: (string | number)[], one: boolean}[]} one: one value is shown at a time
 */
export function groups(chart) {
  const options = new Map();
  for (const { settings } of chart.curves) {
    for (const [name, value] of Object.entries(settings)) {
      if (!options.has(name)) options.set(name, new Set());
      options.get(name).add(value);
    }
  }
  const differ = [...options].filter(([, values]) => values.size > 1);
  return differ.map(([name, values]) => ({ name, options: ordered([...values]), one: chart.one_of.includes(name) }));
}

/** Numbers rise; words stay as they came. */
function ordered(options) {
  return options.every((option) => typeof option === "number") ? options.sort((a, b) => a - b) : options;
}

/** The values of a setting that are shown: all, or the first one, where nothing that is there is named. */
export function chosen({ name, options, one }, shown) {
  const named = Object.hasOwn(shown, name) ? options.filter((value) => shown[name].includes(value)) : [];
  const values = named.length ? named : options;
  return one ? values.slice(0, 1) : values;
}

/**
 * Everything that follows from a state.
 * @param {State} state
 */
export function derive(state) {
  const chart = state.charts[state.chart];
  const all = groups(chart);
  const picked = new Map(all.map((group) => [group.name, chosen(group, state.shown)]));
  const fits = ({ settings }) => Object.entries(settings).every(([name, value]) => picked.get(name)?.includes(value) ?? true);
  const at = nearest(chart.x, state.at ?? (chart.trained ? chart.trained[1] : chart.x.at(-1)));
  const tokensOf = ({ settings }, i) => (chart.tokens ? settings[chart.tokens] : chart.x[i]);
  const curves = chart.curves.flatMap((curve, index) => {
    if (!fits(curve)) return [];
    const over = spread(curve.values);
    const mean = over.mean[at];
    const n = chart.alphabet === null ? null : tokensOf(curve, at);
    return [{
      index, label: curve.label, look: curve.look, seeds: curve.values, over,
      tokens: chart.alphabet === null ? null : chart.x.map((_, i) => tokensOf(curve, i)),
      reading: {
        mean, low: over.low[at], high: over.high[at],
        reach: chart.threshold === null ? null : reach(chart.x, over.mean, chart.threshold),
        ...(n === null ? {} : {
          tokens: n * mean, of: n, needed: bitsNeeded(n, chart.alphabet),
          bits: bitsAtLeast(mean, n, chart.alphabet), counted: n * mean * Math.log2(chart.alphabet),
        }),
      },
    }];
  });
  return {
    chart, at, curves,
    groups: all.map((group) => ({ ...group, chosen: picked.get(group.name) })),
    // Sorting is stable: equal curves stay in their order.
    rows: [...curves].sort((a, b) => b.reading.mean - a.reading.mean),
    beyond: chart.trained !== null && (chart.x[at] < chart.trained[0] || chart.x[at] > chart.trained[1]),
    count: state.count && chart.alphabet !== null,
  };
}
