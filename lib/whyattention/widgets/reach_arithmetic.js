// The arithmetic of Reach, step for step that of reach_arithmetic.py: one unit, and how far back it feels. No DOM.
// Norms are kept as decimal logarithms: over 200 steps they leave the range of numbers.

const { CLIP_EPSILON, GONE, ROUNDING, SIGNS } = CONSTANTS;

/** @param {number} number */
export function logistic(number) {
  return 1 / (1 + Math.exp(-number));
}

/**
 * The derivative of each state by the one before, by lag: that of the last step first.
 * @param {"linear" | "tanh" | "logistic" | "lstm" | "gru"} cell
 * @param {number} weight w, into the candidate where the cell has gates
 * @param {number} drive the size of all inputs
 * @param {number} bias b of the gate that keeps
 * @param {number} lag L, the number of steps
 * @returns {{factors: number[], direct: number[] | null}} direct: the part of a factor that is the gate itself
 */
export function stepFactors(cell, weight, drive, bias, lag) {
  const kept = logistic(bias);
  const step = STEPS[cell];
  const factors = new Array(lag);
  let state = 0;
  for (let t = 0; t < lag; t++) {
    const x = SIGNS[lag - 1 - t] === "+" ? drive : -drive;
    [state, factors[lag - 1 - t]] = step(state, x, weight, kept, t === 0);
  }
  const gated = cell === "lstm" || cell === "gru";
  return { factors, direct: gated ? new Array(lag).fill(kept) : null };
}

/** One step of each cell: the new state, and its derivative by the old one. */
const STEPS = {
  linear: (h, x, w) => [0, w], // the derivative does not depend on the state
  tanh(h, x, w) {
    const next = Math.tanh(w * h + x);
    return [next, w * (1 - next * next)];
  },
  logistic(h, x, w) {
    const next = logistic(w * h + x);
    return [next, w * next * (1 - next)];
  },
  lstm(c, x, w, kept, first) {
    const squashed = Math.tanh(c);
    const candidate = Math.tanh(0.5 * w * squashed + x);
    const slope = (1 - candidate * candidate) * (1 - squashed * squashed);
    // h_0 is given and does not follow from c_0: in the first step only the gate leads on.
    return [kept * c + 0.5 * candidate, kept + (first ? 0 : 0.25 * w * slope)];
  },
  gru(h, x, w, kept) {
    const candidate = Math.tanh(0.5 * w * h + x);
    return [kept * h + (1 - kept) * candidate, kept + (1 - kept) * 0.5 * w * (1 - candidate * candidate)];
  },
};

/**
 * The decimal logarithms of the products of the first 0, 1, … factors; -Infinity where one is 0.
 * @param {number[]} factors
 * @returns {number[]} one more than there are factors
 */
export function logNorms(factors) {
  const logs = [0];
  for (const factor of factors) logs.push(logs.at(-1) + Math.log10(factor));
  return logs;
}

/** The first lag at which less than 10⁻³ is left, or null. @param {number[]} logs */
export function firstUnder(logs) {
  const lag = logs.findIndex((log) => log < GONE - ROUNDING);
  return lag < 0 ? null : lag;
}

/**
 * What PyTorch's clip_grad_norm_ does to these numbers as one gradient.
 * @param {number[]} logs decimal logarithms of the numbers
 * @param {number} limit
 * @returns {{norm: number, factor: number}} the norm before, and the factor for all of them
 */
export function clipping(logs, limit) {
  const largest = Math.max(...logs);
  const squares = logs.reduce((total, log) => total + 10 ** (2 * (log - largest)), 0);
  const norm = 10 ** largest * Math.sqrt(squares);
  return { norm, factor: Math.min(1, limit / (norm + CLIP_EPSILON)) };
}
