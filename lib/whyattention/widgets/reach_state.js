// The state of Reach: what is accepted, what follows from it, what there is to say about it. No DOM.
import { formatNumber, superscript, typedProblem } from "./formatting.js";
import { clipping, firstUnder, logistic, logNorms, stepFactors } from "./reach_arithmetic.js";

const TEXT = {
  empty: "Nothing was typed. Type a number, such as 0.9 or ln 100.",
  text: "That is not a number. Type one such as 0.9 or ln 100.",
  range: {
    weight: (low, high) => `A recurrent weight here goes from ${low} to ${high}.`,
    drive: (low, high) => `The size of the inputs here goes from ${low} to ${high}.`,
    forget_bias: (low, high) => `The bias of the gate here goes from ${low} to ${high}.`,
    lag: (low, high) => `The lag is a whole number of steps from ${low} to ${high}.`,
    limit: (low, high) => `The norm to clip at here goes from ${low} to ${high}.`,
  },
  shape: "The stored values of this figure do not fit each other, so it does not show them.",
  clipped: (norm, limit, factor) =>
    `The gradient’s norm is ${norm}. Clipping at ${limit} multiplies every share by ${factor}: the line moves down, its slope stays.`,
  unclipped: (norm, limit, gone) =>
    `The gradient’s norm is ${norm}, so clipping at ${limit} does nothing${gone ? ", and what has vanished stays vanished" : ""}.`,
  nothing: "With w = 0 a step multiplies by 0: after one step nothing of the gradient is left.",
  linear: (factor) => `Each step multiplies by ${factor}`,
  balanced: "Each step multiplies by 1: all of the gradient comes back, from however far.",
  still: (factor) => `Without input the state stays at 0, where tanh has slope 1: each step multiplies by ${factor}`,
  curved: (name, ceiling, factor) =>
    `Each step would multiply by w = ${ceiling}; the slopes of ${name} make it ${factor} on average`,
  logistic: (ceiling, factor) =>
    `No slope of the logistic function is above ¼, so a step multiplies by ${ceiling} at most; here it is ${factor} on average`,
  gated: { lstm: "forget gate", gru: "update gate" },
  direct: (gate, bias, kept, left, lag, all) =>
    `The ${gate} keeps σ(${bias}) = ${kept} a step. After ${lag} steps ${left} is left on the direct path, ${all} on all paths.`,
  logarithm: (number) => `ln\u00a0${number}`,
  under: (steps) => `: under 10⁻³ after ${steps}.`,
  instead: (steps, bound) => `: under 10⁻³ after ${steps}, not ${bound}.`,
  left: (left, lag) => `: ${left} is left after ${lag}.`,
  times: (left, lag) => `: ${left} times as much after ${lag}.`,
  steps: (count) => (count === 1 ? "1 step" : `${count} steps`),
};

const { LIMITS, STEEPEST } = CONSTANTS;
const SETTINGS = ["cell", "weight", "drive", "forget_bias"];

/**
 * @typedef {object} State
 * @property {"linear" | "tanh" | "logistic" | "lstm" | "gru"} cell
 * @property {number} weight
 * @property {number} drive
 * @property {number} forget_bias of the gate that keeps
 * @property {number} lag
 * @property {boolean} clipping
 * @property {number} limit the norm to clip at
 * @property {?object} kept the settings of a curve to compare with
 */

/** The settings that make a curve. @param {State} state */
export function settings(state) {
  return Object.fromEntries(SETTINGS.map((name) => [name, state[name]]));
}

/** What is wrong with a typed number, or null. @param {string} text @param {string} name the setting */
export function numberProblem(text, name) {
  return typedProblem(text, TEXT, (number) => rangeProblem(number, name));
}

function rangeProblem(number, name) {
  const [low, high] = LIMITS[name];
  const fits = typeof number === "number" && number >= low && number <= high && (name !== "lag" || Number.isInteger(number));
  return fits ? null : TEXT.range[name](formatNumber(low), formatNumber(high));
}

/** What is wrong with a state, wherever it comes from, or null. @param {State} state @returns {string | null} */
export function stateProblem(state) {
  if (typeof state.clipping !== "boolean") return TEXT.shape;
  const { kept } = state;
  if (kept !== null) {
    if (typeof kept !== "object" || Object.keys(kept).sort().join() !== [...SETTINGS].sort().join()) return TEXT.shape;
    if (settingsProblem(kept)) return settingsProblem(kept);
  }
  return settingsProblem(state) ?? rangeProblem(state.lag, "lag") ?? rangeProblem(state.limit, "limit");
}

function settingsProblem(state) {
  if (typeof state.cell !== "string" || !Object.hasOwn(STEEPEST, state.cell)) return TEXT.shape;
  return ["weight", "drive", "forget_bias"].map((name) => rangeProblem(state[name], name)).find(Boolean) ?? null;
}

function factorsOf({ cell, weight, drive, forget_bias: bias }, lag) {
  return stepFactors(cell, weight, drive, bias, lag);
}

/** One line of the plot. @param {number[]} logs decimal logarithms by lag */
function curve(logs) {
  const lag = logs.length - 1;
  return { logs, left: logs[lag], under: firstUnder(logs), mean: 10 ** ((logs[lag] - logs[0]) / lag) };
}

/**
 * Everything that follows from a state. `beside` is what the gradient is compared with: the bound of an RNN, the
 * direct path of a gated cell; null where it would be the same line.
 * @param {State} state
 */
export function derive(state) {
  const { cell, weight, drive, lag } = state;
  const { factors, direct } = factorsOf(state, lag);
  const gradient = curve(logNorms(factors));
  const ceiling = direct ? null : weight * STEEPEST[cell];
  const same = direct ? weight === 0 : cell === "linear" || weight === 0 || (cell === "tanh" && drive === 0);
  const beside = same ? null : curve(logNorms(direct ?? factors.map(() => ceiling)));
  const clip = state.clipping ? clipping(gradient.logs, state.limit) : null;
  const clipped = clip && clip.factor < 1 && curve(gradient.logs.map((log) => log + Math.log10(clip.factor)));
  const kept = state.kept && curve(logNorms(factorsOf(state.kept, lag).factors));
  return { factors, direct, ceiling, gradient, beside, clip, clipped: clipped || null, kept };
}

/** A positive number given by its decimal logarithm, to two digits. @param {number} log */
export function formatLog(log) {
  if (log === -Infinity) return "0";
  if (log >= -2.5 && log < 4) return formatNumber(Number((10 ** log).toPrecision(2)));
  let power = Math.floor(log);
  let digits = (10 ** (log - power)).toFixed(1);
  if (digits === "10.0") [digits, power] = ["1.0", power + 1];
  return `${digits}\u00a0×\u00a010${superscript(power)}`;
}

/** A factor to three digits; one that is not 1 never reads as 1. @param {number} factor */
export function formatFactor(factor) {
  if (factor > 0 && factor < 1e-3) return formatLog(Math.log10(factor));
  let digits = 3;
  while (factor !== 1 && Number(factor.toPrecision(digits)) === 1) digits += 1;
  return String(Number(factor.toPrecision(digits)));
}

/** The one sentence that a state has to say. @param {State} state @param {ReturnType<typeof derive>} derived */
export function finding(state, derived) {
  const { gradient, clip } = derived;
  if (clip) {
    const [norm, limit] = [formatLog(Math.log10(clip.norm)), formatNumber(state.limit)];
    if (clip.factor < 1) return TEXT.clipped(norm, limit, formatFactor(clip.factor));
    return TEXT.unclipped(norm, limit, gradient.under !== null);
  }
  return derived.direct ? gateSentence(state, derived) : stepSentence(state, derived);
}

function gateSentence({ cell, forget_bias: bias, lag }, { gradient, beside }) {
  const direct = beside ?? gradient;
  return TEXT.direct(TEXT.gated[cell], biasText(bias), formatFactor(logistic(bias)), formatLog(direct.left), lag, formatLog(gradient.left));
}

/** A bias as a reader may have set it: a logarithm of a whole number as such. */
function biasText(bias) {
  const whole = Math.round(Math.exp(bias));
  return whole > 1 && Math.abs(bias - Math.log(whole)) < 1e-12 ? TEXT.logarithm(whole) : formatNumber(bias);
}

function stepSentence({ cell, weight, lag }, { gradient, beside, ceiling }) {
  if (weight === 0) return TEXT.nothing;
  if (!beside && weight === 1) return TEXT.balanced;
  return begin() + end();

  function begin() {
    if (!beside) return (cell === "linear" ? TEXT.linear : TEXT.still)(formatFactor(weight));
    const [most, mean] = [formatFactor(ceiling), formatFactor(gradient.mean)];
    return cell === "logistic" ? TEXT.logistic(most, mean) : TEXT.curved(cell, most, mean);
  }

  function end() {
    const [left, steps] = [formatLog(gradient.left), TEXT.steps(lag)];
    if (gradient.under === null) return (gradient.left > 0 ? TEXT.times : TEXT.left)(left, steps);
    const [under, bound] = [TEXT.steps(gradient.under), beside?.under ?? null];
    return bound === null || bound === gradient.under ? TEXT.under(under) : TEXT.instead(under, bound);
  }
}
