// The state of GatedCell: what is accepted, what follows from it, what there is to say about it. No DOM.
import { derivatives, unrolled } from "./cell_steps.js";
import { formatNumber, formatWeight, parseNumber, superscript, typedProblem } from "./formatting.js";

const TEXT = {
  empty: "Nothing was typed. Type a number, such as 2.5 or -3.",
  text: "That is not a number. Type one such as 2.5, -3 or ln 12.",
  input: (bound) => `That input is too far from 0. Inputs go from -${bound} to ${bound}.`,
  weight: (bound) => `That is too far from 0. Weights and biases go from -${bound} to ${bound}.`,
  shape: "The stored values of this figure do not fit each other, so it does not show them.",
  tooMany: (most) => `There is room for ${most} steps.`,
  noSteps: "The last step stays: without steps there is nothing to read.",
  single: "One step has no past. Add a step to see what is carried on.",
  shuts: "shuts",
  isShut: "is shut",
  lstmStaysShut: ({ fraction, direct, others }) =>
    `The forget gate stays shut: each step drops the state. On the direct path ${fraction} is ${direct}.${others}`,
  gruStaysShut: ({ fraction, direct, others }) =>
    `The update gate stays shut: each step replaces the state by the candidate. On the direct path ${fraction} is ${direct}.${others}`,
  lstmDropped: ({ t, shuts, fraction, direct, others }) =>
    `Step ${t}: the forget gate ${shuts} and drops the state. On the direct path ${fraction} is ${direct}.${others}`,
  gruDropped: ({ t, shuts }) => `Step ${t}: the update gate ${shuts}. It drops the old state and writes the candidate, both at once.`,
  blanked: ({ t, candidate, state }) =>
    `Step ${t}: the reset gate shuts. The candidate no longer sees the past (${candidate}), but the state stays (${state}).`,
  counted: ({ count, state }) => `${count} times i, f and g are near 1, and each time c grows by about 1, to ${state}. A cell state has no bound.`,
  squeezed: ({ count, state }) => `Each of ${count} ticks brings h nearer to 1, up to ${state}, and none brings it beyond: a mixture stays in range.`,
  lstmShut: "f stays near 1 and i near 0",
  lstmKept: "f stays near 1",
  gruKept: "u stays near 1",
  kept: ({ why, last, direct, first, fraction, others }) =>
    `${why}: ${last} still holds ${direct} of ${first}. That is ${fraction} on the direct path.${others}`,
  faded: ({ product, equals, direct, last, first, fraction, others }) =>
    `Of ${first} the gates leave ${product} ${equals} ${direct} in ${last}. That is ${fraction} on the direct path.${others}`,
  others: (all) => ` All paths together carry ${all}.`,
};

const { GATES, KEPT, LIMITS } = CONSTANTS;
const SUBSCRIPT = "₀₁₂₃₄₅₆₇₈₉";
const SHUT = 0.05;
const OPEN = 1 - SHUT;
const COUNTED = 0.05; // how far, as a share, a count may be from the number of ticks

/**
 * @typedef {object} State
 * @property {"lstm" | "gru"} kind
 * @property {number[]} inputs x_1 … x_L
 * @property {Record<string, number[]>} weights [W, U, b] by gate; of a GRU's candidate [W, U, b, b']
 * @property {number} step the step looked at, from 1
 */

/** What is wrong with a typed number, or null. @param {string} text @param {"input" | "weight"} what */
export function numberProblem(text, what) {
  return typedProblem(text, TEXT, (number) => rangeProblem(number, what));
}

function rangeProblem(number, what) {
  return Math.abs(number) <= LIMITS[what] ? null : TEXT[what](LIMITS[what]);
}

/** What is wrong with a state, wherever it comes from, or null. @param {State} state @returns {string | null} */
export function stateProblem({ kind, inputs, weights, step }) {
  const numbers = (list) => Array.isArray(list) && list.every((number) => typeof number === "number" && !Number.isNaN(number));
  if (typeof kind !== "string" || !Object.hasOwn(GATES, kind) || !numbers(inputs)) return TEXT.shape;
  if (!inputs.length) return TEXT.noSteps;
  if (inputs.length > LIMITS.steps) return TEXT.tooMany(LIMITS.steps);
  const gates = Object.entries(GATES[kind]);
  if (weights === null || typeof weights !== "object" || Object.keys(weights).length !== gates.length) return TEXT.shape;
  if (!gates.every(([gate, count]) => numbers(weights[gate]) && weights[gate].length === count)) return TEXT.shape;
  if (!Number.isInteger(step) || step < 1 || step > inputs.length) return TEXT.shape;
  const problems = [
    ...inputs.map((number) => rangeProblem(number, "input")),
    ...Object.values(weights).flat().map((number) => rangeProblem(number, "weight")),
  ];
  return problems.find(Boolean) ?? null;
}

/** The state with its weights in the order of the library. @param {State} state @returns {State} */
export function ordered({ kind, inputs, weights, step }) {
  return { kind, inputs: [...inputs], weights: Object.fromEntries(Object.keys(GATES[kind]).map((gate) => [gate, [...weights[gate]]])), step };
}

/** Everything that follows from a state: quantities by symbol, the inputs among them, and the derivatives. */
export function derive({ kind, inputs, weights }) {
  const quantities = unrolled(kind, inputs, weights);
  return { ...derivatives(kind, weights, quantities), quantities: { x: inputs, ...quantities } };
}

/** Three decimals: a gate that is nearly shut reads 0.000. @param {number} number @returns {string} */
export function rounded(number) {
  const text = Math.abs(number).toFixed(3);
  return number < 0 && Number(text) ? `−${text}` : text;
}

/**
 * A number as `format` writes it, with more digits where one near 1 would read as 1.
 * @param {number} number
 * @param {(number: number) => string} format
 */
export function notOne(number, format) {
  const text = format(number);
  if (number === 1 || parseNumber(text) !== 1) return text;
  let digits = 4;
  while (Number(number.toPrecision(digits)) === 1) digits += 1;
  return String(Number(number.toPrecision(digits)));
}

/** A share of a state or a derivative. @param {number} number */
export function shareText(number) {
  return notOne(number, formatWeight);
}

/** A gate or another factor of a product. @param {number} number */
export function factorText(number) {
  return notOne(number, formatNumber);
}

/** What stands between numbers and their texts: equal, or rounded. @param {...[number, string]} written */
export function equality(...written) {
  return written.every(([number, text]) => parseNumber(text) === number) ? "=" : "≈";
}

/** An index as it stands in running text. @param {number} t @returns {string} */
function subscript(t) {
  return [...String(t)].map((digit) => SUBSCRIPT[digit]).join("");
}

/** The sum of a gate and what is made of it, with the numbers of one step. @param {State} state @param {string} gate */
export function gateText({ weights, step }, { quantities }, gate) {
  const [W, U, b, hiddenBias] = weights[gate];
  const [x, h] = [quantities.x[step - 1], quantities.h[step - 2] ?? 0];
  const times = (weight, number) => `${formatNumber(weight)} · ${number < 0 ? `(${rounded(number)})` : rounded(number)}`;
  const plus = (text) => (text.startsWith("−") ? ` − ${text.slice(1)}` : ` + ${text}`);
  const squash = gate === "g" || gate === "n" ? "tanh" : "σ";
  const past = gate === "n"
    ? `${plus(formatNumber(b))} + ${rounded(quantities.r[step - 1])} · (${times(U, h)}${plus(formatNumber(hiddenBias))})`
    : `${plus(times(U, h))}${plus(formatNumber(b))}`;
  const value = quantities[gate][step - 1];
  // What a weight of 0 takes away may be rounded.
  const hidden = gate === "n" && (U || hiddenBias);
  const used = [[W, x], [U, h], [hidden, quantities.r?.[step - 1]]].filter(([weight]) => weight).map(([, number]) => [number, rounded(number)]);
  const inside = equality(...weights[gate].map((weight) => [weight, formatNumber(weight)]), ...used);
  return ` ${inside} ${squash}(${times(W, x)}${past}) ${equality([value, rounded(value)])}\u00a0${rounded(value)}`;
}

/** The one sentence that a state has to say. @param {State} state @param {ReturnType<typeof derive>} derived */
export function finding(state, derived) {
  // Formulas stay on one line, as far as a line goes.
  return sentenceOf(state, derived).replace(/ ([×=≈⋯]) /g, "\u00a0$1\u00a0").replaceAll("/", "/\u2060");
}

function sentenceOf({ kind, inputs }, { quantities, direct, all }) {
  const { state, gate } = KEPT[kind];
  const length = inputs.length;
  if (length === 1) return TEXT.single;
  const keeping = quantities[gate];
  const at = (name, t) => `${name}${subscript(t)}`;
  const value = (name, t) => {
    const number = quantities[name][t - 1];
    return `${at(name, t)} ${equality([number, rounded(number)])} ${rounded(number)}`;
  };
  const later = (numbers, test) => numbers.findIndex((number, t) => t > 0 && test(number, t)) + 1;
  const parts = {
    first: at(state, 1), last: at(state, length), fraction: fractionText(kind, length), direct: shareText(direct[0]),
    product: productText(kind, length), equals: equality([direct[0], shareText(direct[0])]),
    others: Math.abs(all[0] - direct[0]) > 0.01 * direct[0] ? TEXT.others(shareText(all[0])) : "",
  };
  const shut = (number) => number < SHUT;
  if (keeping.every(shut)) return TEXT[`${kind}StaysShut`](parts);
  const dropped = later(keeping, shut);
  if (dropped) return TEXT[`${kind}Dropped`]({ ...parts, t: dropped, shuts: TEXT[shut(keeping[dropped - 2]) ? "isShut" : "shuts"] });
  if (kind === "lstm") {
    const count = keeping.filter((f, t) => f > OPEN && quantities.i[t] > OPEN && quantities.g[t] > OPEN).length;
    if (count > 1 && Math.abs(quantities.c.at(-1) - count) <= COUNTED * count) return TEXT.counted({ count, state: value("c", length) });
  } else {
    const blanked = later(quantities.r, (r, t) => r < SHUT && keeping[t] > OPEN);
    if (blanked) return TEXT.blanked({ t: blanked, candidate: value("n", blanked), state: value("h", blanked) });
    const count = keeping.filter((u, t) => u > SHUT && u < OPEN && quantities.n[t] > OPEN).length;
    if (count > 2) return TEXT.squeezed({ count, state: value("h", length) });
  }
  if (direct[0] < 0.9) return TEXT.faded(parts);
  const unwritten = kind === "lstm" && quantities.i.every((i, t) => t === 0 || shut(i));
  return TEXT.kept({ ...parts, why: TEXT[unwritten ? "lstmShut" : `${kind}Kept`] });
}

/** The derivative of the last state by the first, or by another, in letters. */
export function fractionText(kind, length, index = "₁") {
  const { state } = KEPT[kind];
  return `∂${state}${subscript(length)}/∂${state}${index}`;
}

/** The product of the gates on the direct path, in letters. */
export function productText(kind, length) {
  const { gate } = KEPT[kind];
  return [`${gate}₂`, ...(length > 3 ? ["⋯"] : []), ...(length > 2 ? [`${gate}${subscript(length)}`] : [])].join(" ");
}

/** The same product in numbers, what repeats as a power. @param {number[]} factors */
export function factorsText(factors) {
  const runs = [];
  for (const factor of factors.map(factorText)) {
    if (runs.at(-1)?.factor === factor) runs.at(-1).count += 1;
    else runs.push({ factor, count: 1 });
  }
  const base = (factor, count) => (count > 1 && factor.includes(" ") ? `(${factor})` : factor);
  return runs.map(({ factor, count }) => base(factor, count) + (count > 1 ? superscript(count) : "")).join(" · ");
}
