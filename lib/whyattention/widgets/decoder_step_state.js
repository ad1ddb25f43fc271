// What DecoderStep computes and says: the steps of a translation, one of them with weights set by hand. No DOM.
import { softmax } from "./arithmetic.js";
import { begin, encode, step } from "./translation.js";

const TEXT = {
  noSentence: (longest) => `A sentence is 1 to ${longest} words that the translator knows, separated by single spaces.`,
  unknown: (word) => `The translator does not know “${word}”.`,
  noStep: (steps) => `The step must be a whole number from 1 to ${steps}.`,
  noPiece: (last) => `The piece must be a whole number from 0 to ${last}.`,
  noWeights: (words) => `Weights must be ${words} numbers from 0 to 1 whose sum is 1.`,
  end: "the end",
  quoted: (word) => `“${word}”`,
  again: (word, i) => `“${word}” (word ${i})`,
  atStart: "To say the first word, the cell has read only the mark that begins a sentence. Nothing is fed yet.",
  atStep: (read, t) => `The cell reads ${read}, the word before, and what step ${t} has fed. In this step it has not looked at the source yet.`,
  alone: "There is one state, and one score.",
  highest: (word, score, gap, second) => `${word} has the highest score, ${score}. It is ${gap} ahead of ${second}.`,
  untouched: " Your weights come later and leave the scores as they are.",
  onlyOne: "Of one score, softmax makes the weight 1.",
  softmax: (word, weight, rest) => `Softmax gives ${word} the weight ${weight} and leaves ${rest} to all others.`,
  byHand: (word, weight) => `Weights set by hand. Softmax would give ${word} ${weight}.`,
  pure: (percent, word) => `What was found is ${percent} % the state of ${word}.`,
  mixed: (parts, more) => `What was found is a mixture: ${parts}${more ? ", and smaller parts" : ""}.`,
  percent: (percent, word) => `${percent} % the state of ${word}`,
  joined: (H) => `${2 * H} numbers, what was found and the state that asked, become ${H}.`,
  fed: (t) => ` The cell reads them, too, at step ${t}: input feeding.`,
  predicts: (source, weight, word, p) => `With the weight ${weight} on ${source}, the model predicts ${word} (${p}).`,
  on: (source) => `With the weight on ${source}`,
  even: "With all weights equal",
  yours: "With your weights",
  moved: (how, word, p, own, q) => `${how}, the model predicts ${word} (${p}) instead of ${own} (${q}).`,
  stays: (how, word, p, q) => `${how}, the model still predicts ${word} (${p}; with its own weights ${q}).`,
};

const { PIECES, TOLERANCE, WORDS } = CONSTANTS;
const BEST = 6;

/**
 * Read a sentence and translate it, keeping every step.
 * @param {import("./translation.js").Model} model
 * @param {string} sentence
 * @returns {Prepared}
 * @typedef {{sentence: string, words: string[], states: Float64Array[], most: number, steps: Moment[], scoreRange: number[]}} Prepared
 * @typedef {object} Moment one step: what it has read and knew before, all that it computed, what it says
 */
export function prepare(model, sentence) {
  const words = sentence.split(" ");
  const encoded = encode(model, words.map((word) => model.sourceWords.indexOf(word)));
  const most = 2 * words.length + 10;
  const steps = walk(model, encoded.states, begin(encoded), model.targetWords.indexOf("<bos>"), most);
  const scores = steps.flatMap((one) => one.scores);
  return { sentence, words, states: encoded.states, most, steps, scoreRange: [Math.min(0, ...scores), Math.max(0, ...scores)] };
}

/** Translates on with the model's own weights. */
function walk(model, states, before, token, most) {
  const steps = [];
  while (steps.length < most && !(steps.length && isEnd(model, token))) {
    steps.push(moment(model, states, before, token));
    [before, token] = [steps.at(-1).after, steps.at(-1).best];
  }
  return steps;
}

function moment(model, states, before, token, override) {
  const found = step(model, states, before, token, override);
  const probabilities = softmax(Array.from(found.logits));
  return { ...found, before, token, probabilities, best: found.logits.indexOf(Math.max(...found.logits)) };
}

/**
 * A step with other weights, and what follows it. The steps behind it attend with weights of their own, but start from
 * the word that is said now, and from what this step feeds.
 * @returns {{yours: Moment, rest: Moment[]}}
 */
export function overridden(model, { states, steps, most }, t, weights) {
  const { before, token } = steps[t - 1];
  const yours = moment(model, states, before, token, weights);
  const rest = isEnd(model, yours.best) ? [] : walk(model, states, yours.after, yours.best, most - t);
  return { yours, rest };
}

/**
 * One weight as asked for, the others in their proportion so that the sum stays 1. Where all others are 0, they share
 * alike.
 * @param {number[]} weights at least 0
 * @param {number} i
 * @param {number} asked cut to 0 … 1
 * @returns {number[]}
 */
export function renormalized(weights, i, asked) {
  if (weights.length === 1) return [1];
  const weight = Math.min(1, Math.max(0, asked));
  const others = weights.reduce((sum, one, j) => (j === i ? sum : sum + one), 0);
  return weights.map((one, j) => {
    if (j === i) return weight;
    return (1 - weight) * (others > 0 ? one / others : 1 / (weights.length - 1));
  });
}

/** @returns {number[]} */
export function evenly(count) {
  return Array(count).fill(1 / count);
}

/** All weight on one word. @returns {number[]} */
export function allOn(count, i) {
  return Array.from({ length: count }, (_, j) => Number(i === j));
}

/** What is wrong with a sentence, wherever it comes from, or null. @param {unknown} sentence */
export function sentenceProblem(model, sentence) {
  const words = typeof sentence === "string" ? sentence.split(" ") : [];
  if (!words.length || words.length > WORDS || words.includes("")) return TEXT.noSentence(WORDS);
  const strange = words.find((word) => word.startsWith("<") || !model.sourceWords.includes(word));
  if (strange === undefined) return null;
  return TEXT.unknown(strange.length > 24 ? `${[...strange].slice(0, 24).join("")}…` : strange);
}

/** What is wrong with the rest of a state, or null. @param {Prepared} prepared @param {object} state */
export function stateProblem({ words, steps }, { t, piece, override }) {
  if (!Number.isInteger(t) || t < 1 || t > steps.length) return TEXT.noStep(steps.length);
  if (!Number.isInteger(piece) || piece < 0 || piece >= PIECES) return TEXT.noPiece(PIECES - 1);
  if (override === null) return null;
  const weight = (one) => typeof one === "number" && one >= 0 && one <= 1 + TOLERANCE;
  const fit = Array.isArray(override) && override.length === words.length && override.every(weight);
  return fit && Math.abs(override.reduce((sum, one) => sum + one, 0) - 1) <= TOLERANCE ? null : TEXT.noWeights(words.length);
}

/** The word that the model would say by itself, then the most probable others. @returns {number[]} */
export function ranked(own, shown) {
  const first = own.indexOf(Math.max(...own));
  const others = shown.map((_, k) => k).filter((k) => k !== first).sort((a, b) => shown[b] - shown[a]);
  return [first, ...others.slice(0, BEST - 1)];
}

/** A weight or probability with three decimals, and never 0 or 1 where it is not. @param {number} number */
export function share(number) {
  if (number === 0 || number === 1) return String(number);
  return number < 0.0005 ? "<\u00a00.001" : number > 0.9995 ? ">\u00a00.999" : number.toFixed(3);
}

/** A score with one decimal and a true minus. */
export function scoreText(score) {
  return score.toFixed(1).replace(/^-0\.0$/, "0.0").replace("-", "−");
}

/** A target word as a reader sees it. @param {number} token */
export function wordText(model, token) {
  return isEnd(model, token) ? TEXT.end : model.targetWords[token];
}

/** A target word in a sentence. */
function said(model, token) {
  return isEnd(model, token) ? TEXT.end : TEXT.quoted(model.targetWords[token]);
}

function isEnd(model, token) {
  return model.targetWords[token] === "<eos>";
}

/** A source word in a sentence, with its place where it stands twice. @param {string[]} words */
function named(words, i) {
  return words.indexOf(words[i]) === words.lastIndexOf(words[i]) ? TEXT.quoted(words[i]) : TEXT.again(words[i], i + 1);
}

function largest(numbers) {
  return numbers.indexOf(Math.max(...numbers));
}

/**
 * The one sentence that a piece of a step has to say.
 * @param {object} model
 * @param {Prepared} prepared
 * @param {{t: number, piece: number, override: number[] | null}} state
 * @param {Moment} shown the step with the weights in force
 * @returns {string}
 */
export function finding(model, prepared, state, shown) {
  const own = prepared.steps[state.t - 1];
  const say = [aboutDecoding, aboutScores, aboutWeights, aboutValue, aboutJoining, aboutPrediction][state.piece];
  return say({ model, ...prepared, ...state, own, shown });
}

function aboutDecoding({ model, t, own }) {
  return t === 1 ? TEXT.atStart : TEXT.atStep(said(model, own.token), t - 1);
}

function aboutScores({ words, override, own: { scores } }) {
  if (words.length === 1) return TEXT.alone;
  const first = largest(scores);
  const second = largest(scores.with(first, -Infinity));
  const gap = scoreText(scores[first] - scores[second]);
  const sentence = TEXT.highest(named(words, first), scoreText(scores[first]), gap, named(words, second));
  return override ? sentence + TEXT.untouched : sentence;
}

function aboutWeights({ words, override, own: { weights } }) {
  const first = largest(weights);
  if (override) return TEXT.byHand(named(words, first), share(weights[first]));
  if (words.length === 1) return TEXT.onlyOne;
  const rest = weights.reduce((sum, weight, i) => (i === first ? sum : sum + weight), 0);
  return TEXT.softmax(named(words, first), share(weights[first]), share(rest));
}

function aboutValue({ words, shown: { weights } }) {
  const percent = (i) => (weights[i] > 0.999 && weights[i] < 1 ? ">\u00a099.9" : Number((100 * weights[i]).toFixed(1)));
  const order = weights.map((_, i) => i).sort((a, b) => weights[b] - weights[a]);
  if (weights[order[0]] > 0.9) return TEXT.pure(percent(order[0]), named(words, order[0]));
  const parts = order.slice(0, 2).map((i) => TEXT.percent(percent(i), named(words, i)));
  return TEXT.mixed(parts.join(", "), weights[order[0]] + weights[order[1]] < 0.9995);
}

function aboutJoining({ t, steps, own: { s } }) {
  return TEXT.joined(s.length) + (t < steps.length ? TEXT.fed(t + 1) : "");
}

function aboutPrediction({ model, words, override, own, shown }) {
  const first = largest(shown.weights);
  const [word, p] = [said(model, shown.best), share(shown.probabilities[shown.best])];
  if (!override) return TEXT.predicts(named(words, first), share(shown.weights[first]), word, p);
  const even = words.length > 1 && override.every((weight) => Math.abs(weight - 1 / words.length) < 1e-6);
  const how = even ? TEXT.even : override[first] > 0.995 ? TEXT.on(named(words, first)) : TEXT.yours;
  const q = share(own.probabilities[own.best]);
  if (shown.best === own.best) return TEXT.stays(how, word, p, q);
  return TEXT.moved(how, word, p, said(model, own.best), q);
}
