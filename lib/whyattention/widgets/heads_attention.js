// Self-attention of the two layers that Heads shows, step for step that of heads_model.py. No DOM.
// Numbers are float64 over weights in float32.
import { softmax } from "./arithmetic.js";
import { linear, unpackMatrix } from "./translation.js";

/**
 * Unpack the asset "self_attention".
 * @param {object} stored
 * @returns {Record<"encoder" | "decoder", Layer>}
 * @typedef {{words: string[], known: string[], heads: number, width: number, weights: Record<string, Matrix>}} Layer
 *   its words by number, those that a reader may type, and d_k, the width of one head
 * @typedef {{shape: number[], values: Float32Array}} Matrix row by row
 */
export function unpackLayers(stored) {
  const layer = ({ words, weights: packed }) => {
    const weights = Object.fromEntries(Object.entries(packed).map(([name, one]) => [name, unpackMatrix(one)]));
    const special = words.findIndex((word) => !word.startsWith("<"));
    return { words, known: words.slice(special), heads: stored.heads, width: weights.query.shape[0] / stored.heads, weights };
  };
  return { encoder: layer(stored.encoder), decoder: layer(stored.decoder) };
}

/**
 * The scores q_i · k_j before any division.
 * @param {Layer} layer
 * @param {string[]} words each of them has a number
 * @returns {number[][][]} for each head a row for each word that asks, with a score for each word that is asked
 */
export function dotProducts({ words: numbers, heads, width, weights }, words) {
  const vectors = words.map((word, place) => normed(weights, placed(weights.embedding, numbers.indexOf(word), place)));
  const [queries, keys] = ["query", "key"].map((part) =>
    vectors.map((x) => linear(weights[part], weights[`${part}_bias`], x)));
  return Array.from({ length: heads }, (_, head) => {
    const [first, last] = [head * width, (head + 1) * width];
    return queries.map((q) => keys.map((k) => {
      let score = 0;
      for (let n = first; n < last; n++) score += q[n] * k[n];
      return score;
    }));
  });
}

/**
 * The weights of one head: each row a softmax, masked words exactly 0.
 * @param {number[][]} scores a row for each word that asks
 * @param {number} width d_k
 * @param {{scaled: boolean, causal: boolean}} switches division by √d_k; no word sees a later one
 * @returns {number[][]}
 */
export function weightsOf(scores, width, { scaled, causal }) {
  const divisor = scaled ? Math.sqrt(width) : 1;
  return scores.map((row, i) => softmax(row, row.map((_, j) => !causal || j <= i), divisor));
}

/** The entropy of weights in bits: 0 if all is on one word, log2 n if spread evenly over n. @param {number[]} row */
export function entropy(row) {
  let bits = 0;
  for (const weight of row) if (weight > 0) bits -= weight * Math.log2(weight);
  return bits;
}

/** The weight that a row puts on words behind its own place, which a causal mask would remove. */
export function onLater(row, place) {
  let total = 0;
  for (let j = place + 1; j < row.length; j++) total += row[j];
  return total;
}

/** A word's vector with that of its place added. */
function placed({ shape: [, width], values }, number, place) {
  return Float64Array.from({ length: width }, (_, k) => {
    const angle = place / 10000 ** ((2 * Math.floor(k / 2)) / width);
    return values[number * width + k] + Math.fround(k % 2 ? Math.cos(angle) : Math.sin(angle));
  });
}

function normed({ norm: { values: gains }, norm_bias: { values: biases } }, x) {
  const mean = x.reduce((total, value) => total + value, 0) / x.length;
  const variance = x.reduce((total, value) => total + (value - mean) ** 2, 0) / x.length;
  const scale = 1 / Math.sqrt(variance + CONSTANTS.EPSILON);
  return x.map((value, k) => (value - mean) * scale * gains[k] + biases[k]);
}
