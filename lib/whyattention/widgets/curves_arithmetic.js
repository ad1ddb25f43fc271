// What Curves derives from its measurements, step for step as in curves_arithmetic.py. No DOM.

/**
 * Mean, least and largest over seeds, at each point.
 * @param {number[][]} values one list along x for each seed
 * @returns {{mean: number[], low: number[], high: number[]}}
 */
export function spread(values) {
  const points = values[0].map((_, i) => values.map((seed) => seed[i]));
  return {
    mean: points.map((point) => point.reduce((total, value) => total + value, 0) / point.length),
    low: points.map((point) => Math.min(...point)),
    high: points.map((point) => Math.max(...point)),
  };
}

/** Bits in a message of independent, uniform symbols: n · log2(V). */
export function bitsNeeded(tokens, alphabet) {
  return tokens * Math.log2(alphabet);
}

/**
 * Bits of a message that came back at the least, by Fano's inequality; chance and below count as nothing.
 * @param {number} accuracy share of the tokens that are right
 * @param {number} tokens tokens in the message
 * @param {number} alphabet different symbols, equally likely
 */
export function bitsAtLeast(accuracy, tokens, alphabet) {
  if (accuracy <= 1 / alphabet) return 0;
  let bits = Math.log2(alphabet) + accuracy * Math.log2(accuracy);
  if (accuracy < 1) bits += (1 - accuracy) * Math.log2((1 - accuracy) / (alphabet - 1));
  return tokens * bits;
}

/** The largest measured x up to which no mean is below the threshold, or null. */
export function reach(x, means, threshold) {
  const fall = means.findIndex((mean) => mean < threshold);
  if (fall === -1) return x.at(-1);
  return fall === 0 ? null : x[fall - 1];
}

/** The index of the x that is nearest, the smaller of two. */
export function nearest(x, at) {
  return x.reduce((best, value, i) => (Math.abs(value - at) < Math.abs(x[best] - at) ? i : best), 0);
}

/**
 * Centers of labels, as near to where they are wanted as they can be without overlapping.
 * Labels that would overlap form a block, which stands at the mean of what its members want.
 * @param {number[]} wanted the center that each would like, top down
 * @param {number[]} heights
 * @param {number} low nothing begins above this
 * @param {number} high nothing ends below this, as far as all of them fit
 * @returns {number[]}
 */
export function placeLabels(wanted, heights, low, high) {
  const order = wanted.map((_, i) => i).sort((a, b) => wanted[a] - wanted[b] || a - b);
  const offsets = [];
  order.forEach((i, k) => offsets.push(k ? offsets[k - 1] + (heights[order[k - 1]] + heights[i]) / 2 : 0));
  const blocks = []; // the sum of what the members want, and how many they are
  order.forEach((i, k) => {
    blocks.push([wanted[i] - offsets[k], 1]);
    while (blocks.length > 1 && blocks.at(-2)[0] / blocks.at(-2)[1] >= blocks.at(-1)[0] / blocks.at(-1)[1]) {
      const [total, count] = blocks.pop();
      blocks.at(-1)[0] += total;
      blocks.at(-1)[1] += count;
    }
  });
  const places = [];
  const least = low + heights[order[0]] / 2;
  const most = high - heights[order.at(-1)] / 2 - offsets.at(-1);
  let k = 0;
  for (const [total, count] of blocks) {
    for (const end = k + count; k < end; k++) places[order[k]] = Math.max(least, Math.min(most, total / count)) + offsets[k];
  }
  return places;
}

/**
 * Round numbers for an axis: 1, 2, 2.5 or 5 times a power of ten apart.
 * @param {number} low
 * @param {number} high
 * @param {number} most how many at most
 * @returns {number[]}
 */
export function ticks(low, high, most) {
  const rough = (high - low) / Math.max(1, most);
  const power = 10 ** Math.floor(Math.log10(rough));
  const all = [1, 2, 2.5, 5, 10, 20].map((factor) => {
    const step = factor * power;
    const first = Math.ceil(low / step - 1e-9);
    const count = Math.floor(high / step + 1e-9) - first + 1;
    return Array.from({ length: count }, (_, i) => Number(((first + i) * step).toPrecision(12)));
  });
  return all.find((list) => list.length <= most) ?? all.at(-1);
}

/**
 * The range of an axis that holds these values: 0 to 1 for shares, else from 0, or from a round number below.
 * @param {number[]} values
 * @returns {[number, number]}
 */
export function bounds(values) {
  const [least, most] = [Math.min(0, ...values), Math.max(...values)];
  if (least === 0 && most <= 1) return [0, 1];
  const list = ticks(least, Math.max(most, least + 1e-9 * Math.abs(least) + 1e-9), 6);
  const step = list.length > 1 ? list[1] - list[0] : Math.max(most - least, 1e-9);
  return [Math.floor(least / step) * step, Math.ceil(most / step) * step];
}
