// What Heads derives from its state, what it refuses, and what it has to say. No DOM.
import { dotProducts, entropy, onLater, weightsOf } from "./heads_attention.js";

const TEXT = {
  shape: "The stored values of this figure do not fit each other.",
  empty: "Nothing was typed: type a sentence.",
  long: (count, most) => `That is ${count} words; at most ${most} can be shown.`,
  unknown: { encoder: (word) => `The model does not know the English word “${word}”.`, decoder: (word) => `The model does not know the French word “${word}”.` },
  quoted: (word) => `“${word}”`,
  placed: (word, place) => `“${word}” (word ${place})`,
  itself: "itself",
  end: "the end of the sentence",
  less: "less than 0.01",
  more: "more than 0.99",
  top: (query, key) => `${query} looks most at ${key}`,
  weight: (weight) => `, with weight ${weight}.`,
  alone: (query) => `${query} has only itself to look at, with weight 1.`,
  removed: (query, share) => `The mask takes ${share} of the weight of ${query} away; the rest is scaled up to sum to 1.`,
  first: (query, share) => `${query} comes first: the mask leaves it only itself, with weight 1, and takes away ${share}.`,
  last: (query) => `${query} comes last: the mask takes nothing away.`,
  asked: (query, answer) => `${query} must predict ${answer}`,
  hidden: (asked, share) => `${asked}: the mask hides that word and all behind it, ${share} of the weight.`,
  nothing: (asked) => `${asked}: no word is behind it, and the mask hides nothing.`,
  open: (query, answer, share, all) => `Without the mask ${query} gives ${share} of its weight to ${answer}, which it must predict, and ${all} to all later words.`,
  even: (bits, most, count) => `Its entropy is ${bits} bits; even shares of ${count} words would have ${most}.`,
  maskBits: (bits, before) => `Entropy ${bits} bits, without the mask ${before}.`,
  scaleBits: (weight, before, bits, bitsBefore) => `Not divided, its largest weight goes from ${before} to ${weight}, its entropy from ${bitsBefore} to ${bits} bits.`,
};

const { BOS, WORDS } = CONSTANTS;
const SHOWN = 24; // letters of an unknown word

/**
 * @typedef {object} State
 * @property {string} sentence its words, separated by spaces
 * @property {"encoder" | "decoder"} layer
 * @property {number} head counted from 0
 * @property {number} query place of the word that asks, counted from 0
 * @property {boolean} scaled
 * @property {boolean} causal
 */

/** The words of a typed text: small letters, elided words apart, no mark at the end. */
export function cut(text, layer) {
  const plain = text.normalize("NFC").replaceAll("’", "'").toLowerCase();
  const apart = layer === "decoder" ? plain.replaceAll("'", "' ") : plain;
  return apart.replace(/[\s.!?…]+$/u, "").split(/\s+/).filter(Boolean);
}

/** What is wrong with a typed sentence, or null. @returns {string | null} */
export function sentenceProblem(text, name, layers) {
  const words = cut(text, name);
  if (!words.length) return TEXT.empty;
  if (words.length > WORDS) return TEXT.long(words.length, WORDS);
  const unknown = words.find((word) => !layers[name].known.includes(word));
  if (unknown === undefined) return null;
  const letters = [...unknown];
  return TEXT.unknown[name](letters.length > SHOWN ? `${letters.slice(0, SHOWN).join("")}…` : unknown);
}

/** What is wrong with a state, wherever it comes from, or null. @param {State} state @returns {string | null} */
export function stateProblem({ sentence, layer, head, query, scaled, causal }, layers) {
  if (!["encoder", "decoder"].includes(layer) || typeof sentence !== "string") return TEXT.shape;
  if (typeof scaled !== "boolean" || typeof causal !== "boolean") return TEXT.shape;
  const problem = sentenceProblem(sentence, layer, layers);
  if (problem) return problem;
  const within = (number, count) => Number.isInteger(number) && number >= 0 && number < count;
  const fits = within(head, layers[layer].heads) && within(query, rowsOf(sentence, layer).length);
  return fits ? null : TEXT.shape;
}

/** The words that ask and are asked: in the decoder a mark for the beginning stands before the others. */
export function rowsOf(sentence, layer) {
  const words = cut(sentence, layer);
  return layer === "decoder" ? [BOS, ...words] : words;
}

/**
 * Everything that follows from a state.
 * @param {State} state
 * @param {Record<string, Layer>} layers
 * @returns {{words: string[], width: number, heads: number[][][], now: number[][], before: number[][] | null,
 *   divided: number[][], bits: {scaled: number[], plain: number[]}, later: number[], meanBits: number[]}} the weights
 *   of all heads; of the chosen one those as the switches stand, without the mask (or, where there is none, with the
 *   division), and with the division; of each row the entropy with and without the division, and the weight on later
 *   words that a mask removes; the mean entropy of each head
 */
export function derive({ sentence, layer: name, head, scaled, causal }, layers) {
  const layer = layers[name];
  const words = rowsOf(sentence, name);
  const scores = dotProducts(layer, words);
  const at = (switches) => weightsOf(scores[head], layer.width, switches);
  const heads = scores.map((of) => weightsOf(of, layer.width, { scaled, causal }));
  const open = at({ scaled, causal: false });
  const [divided, plain] = [true, false].map((division) => at({ scaled: division, causal }));
  return {
    words,
    width: layer.width,
    heads,
    now: heads[head],
    before: causal ? open : scaled ? null : divided,
    divided,
    bits: { scaled: divided.map(entropy), plain: plain.map(entropy) },
    later: open.map(onLater),
    meanBits: heads.map((rows) => rows.reduce((total, row) => total + entropy(row), 0) / rows.length),
  };
}

/** A weight with two decimals, and no word of 0 or 1 where it is neither. @param {number} weight */
export function share(weight) {
  if (weight === 0 || weight === 1) return String(weight);
  if (weight < 0.005) return TEXT.less;
  return weight > 0.995 ? TEXT.more : weight.toFixed(2);
}

/** A word in a sentence, with its place where it stands there more than once. */
export function nameOf(words, place) {
  const word = words[place];
  if (word === BOS) return BOS;
  return words.indexOf(word) === words.lastIndexOf(word) ? TEXT.quoted(word) : TEXT.placed(word, place + 1);
}

/** What the chosen row has to say: where it looks, and what the switches did. @returns {string} */
export function finding(state, derived) {
  const { words } = derived;
  if (words.length === 1) return TEXT.alone(nameOf(words, 0));
  return `${lookText(state, derived)} ${entropyText(state, derived)}`.trim();
}

function lookText({ layer, query, scaled, causal }, { words, now, before, later }) {
  const [asks, last] = [nameOf(words, query), query === words.length - 1];
  const top = now[query].indexOf(Math.max(...now[query]));
  const most = TEXT.top(asks, top === query ? TEXT.itself : nameOf(words, top)) + (scaled ? TEXT.weight(share(now[query][top])) : ".");
  if (layer === "decoder") {
    const asked = TEXT.asked(asks, last ? TEXT.end : nameOf(words, query + 1));
    if (causal) return last ? TEXT.nothing(asked) : TEXT.hidden(asked, share(later[query]));
    if (last) return most;
    return TEXT.open(asks, nameOf(words, query + 1), share(now[query][query + 1]), share(later[query]));
  }
  if (!causal) return most;
  if (last) return TEXT.last(asks);
  return query ? TEXT.removed(asks, share(later[query])) : TEXT.first(asks, share(onLater(before[0], 0)));
}

function entropyText({ query, scaled, causal }, { words, bits, before, now, divided }) {
  const text = (number) => number.toFixed(1);
  if (causal && query === 0) return "";
  if (!scaled) {
    const [largest, usual] = [now, divided].map((rows) => share(Math.max(...rows[query])));
    return TEXT.scaleBits(largest, usual, text(bits.plain[query]), text(bits.scaled[query]));
  }
  if (causal) return TEXT.maskBits(text(bits.scaled[query]), text(entropy(before[query])));
  return TEXT.even(text(bits.scaled[query]), text(Math.log2(words.length)), words.length);
}
