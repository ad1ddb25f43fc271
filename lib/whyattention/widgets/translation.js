// The translators of translators.py in the browser: a GRU that reads both ways, and a decoder that attends. No DOM.
// Names and equations are those of chapter 8; numbers are float64 over weights in float32.
import { softmax } from "./arithmetic.js";

const [PAD, BOS, EOS] = [0, 1, 2];

/**
 * Unpack a stored translator.
 * @param {object} stored one of the asset "translators"
 * @returns {Model}
 * @typedef {{sourceWords: string[], targetWords: string[], longest: number, lastState: boolean, weights: Record<string, Matrix>}} Model
 * @typedef {{shape: number[], values: Float32Array}} Matrix row by row
 */
export function unpack(stored, name) {
  const weights = {};
  for (const [key, packed] of Object.entries(stored.weights)) weights[key] = unpackMatrix(packed);
  return {
    sourceWords: stored.source_words, targetWords: stored.target_words, longest: stored.longest,
    lastState: name === "control", weights,
  };
}

export function unpackMatrix({ shape, rows, scales, floats }) {
  if (floats !== undefined) return { shape, values: new Float32Array(bytes(floats).buffer) };
  const [entries, scale] = [new Int8Array(bytes(rows).buffer), new Float32Array(bytes(scales).buffer)];
  const values = new Float32Array(entries.length);
  for (let i = 0; i < entries.length; i++) values[i] = entries[i] * scale[Math.floor(i / shape[1])];
  return { shape, values };
}

function bytes(base64) {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

/**
 * Read a sentence.
 * @param {Model} model
 * @param {number[]} source numbers of the words
 * @returns {{states: Float64Array[], final: Float64Array}} one state h_i a word, both directions side by side; the
 *   last state of each direction, which the decoder starts from
 */
export function encode({ weights }, source) {
  const words = source.map((number) => row(weights["encoder.embedding.weight"], number));
  const read = (cell, order) => {
    let h = new Float64Array(weights[`${cell}.hidden_weight`].shape[1]);
    const states = [];
    for (const i of order) states[i] = h = gru(weights, cell, words[i], h);
    return { states, final: h };
  };
  const order = source.map((_, i) => i);
  const forward = read("encoder.recurrent.cell", order);
  const backward = read("encoder.recurrent.backward_cell", [...order].reverse());
  return {
    states: order.map((i) => joined(forward.states[i], backward.states[i])),
    final: joined(forward.final, backward.final),
  };
}

/** What the decoder knows before its first step. @returns {DecoderState} */
export function begin({ final }) {
  return { s: final, fed: new Float64Array(final.length) };
}

/**
 * One step of the decoder: read a word, look at the states, predict the next word.
 * @param {Model} model
 * @param {Float64Array[]} states
 * @param {DecoderState} before
 * @param {number} token the word before
 * @param {number[]} [override] weights to take in place of the softmax of the scores
 * @returns {{s: Float64Array, scores: number[], weights: number[], value: Float64Array, joined: Float64Array,
 *   attentional: Float64Array, logits: Float64Array, after: DecoderState}}
 * @typedef {{s: Float64Array, fed: Float64Array}} DecoderState
 */
export function step(model, states, before, token, override) {
  const { weights } = model;
  const word = row(weights["decoder.embedding.weight"], token);
  const s = gru(weights, "decoder.recurrent.cell", joined(word, before.fed), before.s);
  const scores = states.map((h) => dot(s, h));
  const own = model.lastState ? states.map((_, i) => Number(i === states.length - 1)) : softmax(scores);
  const alpha = override ?? own;
  const value = new Float64Array(s.length);
  states.forEach((h, i) => h.forEach((x, k) => { value[k] += alpha[i] * x; }));
  const both = joined(value, s);
  const attentional = linear(weights["decoder.attentional.weight"], weights["decoder.attentional.bias"], both).map(Math.tanh);
  const logits = linear(weights["decoder.prediction.weight"], weights["decoder.prediction.bias"], attentional);
  return { s, scores, weights: alpha, value, joined: both, attentional, logits, after: { s, fed: attentional } };
}

/**
 * Translate greedily.
 * @param {Model} model
 * @param {number[]} source numbers of the words, at least one
 * @returns {{tokens: number[], probabilities: number[], weights: number[][], finished: boolean}} one entry a step, that
 *   of the end of the sentence included
 */
export function translate(model, source) {
  const encoded = encode(model, source);
  const found = { tokens: [], probabilities: [], weights: [], finished: false };
  let [state, token] = [begin(encoded), BOS];
  for (let n = 0; n < 2 * source.length + 10 && !found.finished; n++) {
    const { logits, weights, after } = step(model, encoded.states, state, token);
    const probabilities = softmax(Array.from(logits));
    [state, token] = [after, logits.indexOf(Math.max(...logits))];
    found.tokens.push(token);
    found.probabilities.push(probabilities[token]);
    found.weights.push(weights);
    found.finished = token === EOS;
  }
  return found;
}

/** The words of a translation, without what only marks its end. @param {Model} model @param {number[]} tokens */
export function words({ targetWords }, tokens) {
  return tokens.filter((token) => ![PAD, BOS, EOS].includes(token)).map((token) => targetWords[token]);
}

/** The library's GRU: h = u h + (1 - u) n, the reset gate acts behind the product. */
function gru(weights, cell, x, h) {
  const of = (name) => weights[`${cell}.${name}`];
  const input = linear(of("input_weight"), of("input_bias"), x);
  const hidden = linear(of("hidden_weight"), of("hidden_bias"), h);
  const H = h.length;
  return h.map((old, k) => {
    const r = sigmoid(input[k] + hidden[k]);
    const u = sigmoid(input[H + k] + hidden[H + k]);
    const n = Math.tanh(input[2 * H + k] + r * hidden[2 * H + k]);
    return n + u * (old - n);
  });
}

export function linear({ shape: [height, width], values }, { values: bias }, x) {
  const y = new Float64Array(height);
  for (let i = 0, k = 0; i < height; i++) {
    let total = bias[i];
    for (let j = 0; j < width; j++, k++) total += values[k] * x[j];
    y[i] = total;
  }
  return y;
}

function row({ shape: [, width], values }, number) {
  return Float64Array.from(values.subarray(number * width, (number + 1) * width));
}

function joined(a, b) {
  const both = new Float64Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

function dot(a, b) {
  return a.reduce((total, x, k) => total + x * b[k], 0);
}

function sigmoid(x) {
  return 1 / (1 + Math.exp(-x));
}
