// The state of Scores: what is accepted, what follows from it, what there is to say about it. No DOM.
import { insideHull, softmax, sum, sumNormalized, weightedSum } from "./arithmetic.js";
import { formatWeight, typedProblem } from "./formatting.js";

const TEXT = {
  empty: "Nothing was typed. Type a number, such as 2.5, -3 or ln 16.",
  text: "That is not a number. Type one such as 2.5, -3 or ln 16.",
  score: (bound) => `That score is too far from 0. Scores go from -${bound} to ${bound}.`,
  temperature: (low, high) => `A temperature is a number above 0: type one from ${low} to ${high}.`,
  noWord: "Nothing was typed. Type a word to add.",
  longWord: (most) => `That word is too long. A word has at most ${most} characters.`,
  oddWord: "That is not a word. Use letters, digits, apostrophes and hyphens, or a token such as <pad>.",
  tooMany: (count, most) => `That would make ${count} words. There is room for ${most}.`,
  noWords: "The last word stays: without words there is nothing to weigh.",
  allMasked: "At least one word must be attended: softmax over no word at all is undefined.",
  shape: "The stored values of this figure do not fit each other, so it does not show them.",
  state: (most) => `A hidden state is two numbers from -${most} to ${most}.`,
  undefinedSum: "The scores sum to 0, so dividing by their sum is undefined. Softmax does not mind.",
  reversed: (word, weight) =>
    `The sum is negative, so dividing turns the order around: “${word}” has the lowest score and gets ${weight}.`,
  notAWeight: (word, weight) => `Divided by the sum, “${word}” gets ${weight}: that is not a weight. Softmax stays between 0 and 1.`,
  alone: (word) => `Only “${word}” may be attended, so it gets all the weight.`,
  equal: (weight) => `All scores are equal, and so are the weights: ${weight} each.`,
  tie: (words, weight, quotient) =>
    `${words} tie: softmax gives each ${weight}, dividing by the sum gives each ${quotient}.`,
  saturated: (word, rest, quotient) =>
    `Softmax gives “${word}” all but ${rest} of the weight. Dividing by the sum gives it ${quotient}.`,
  largest: (word, weight, quotient) =>
    `“${word}” has the highest score: softmax gives it ${weight}, dividing by the sum ${quotient}.`,
  and: " and ",
  underflow: "less than 10⁻³²³",
  tiny: "< 10⁻³²³",
  none: "undefined",
  unchanged: "unchanged",
  changed: (most) => `changes by up to ${most}`,
};

const { FAN, LIMITS, PUNCTUATION, TOKENS } = CONSTANTS;
const WORD = new RegExp(`^[\\p{L}\\p{M}\\p{N}${PUNCTUATION.replace("-", "\\-")}]+$`, "u");

/**
 * @typedef {object} State
 * @property {string[]} words
 * @property {number[]} scores
 * @property {number[][]} states one [x, y] a word
 * @property {boolean[]} mask true where a word may be attended
 * @property {number} temperature
 */

/** What is wrong with a typed number, or null. @param {string} text @param {"score" | "temperature"} kind */
export function numberProblem(text, kind) {
  return typedProblem(text, TEXT, (number) => rangeProblem(number, kind));
}

function rangeProblem(number, kind) {
  const [low, high] = kind === "score" ? [-LIMITS.score, LIMITS.score] : LIMITS.temperature;
  if (number >= low && number <= high) return null;
  return kind === "score" ? TEXT.score(high) : TEXT.temperature(low, high);
}

/** What is wrong with words to add, or null. @param {string[]} words @param {number} present how many there are */
export function wordsProblem(words, present) {
  if (!words.length) return TEXT.noWord;
  if (present + words.length > LIMITS.words) return TEXT.tooMany(present + words.length, LIMITS.words);
  return words.map(wordProblem).find(Boolean) ?? null;
}

function wordProblem(word) {
  if (typeof word !== "string" || !word) return TEXT.oddWord;
  if ([...word].length > LIMITS.word_length) return TEXT.longWord(LIMITS.word_length);
  return TOKENS.includes(word) || WORD.test(word) ? null : TEXT.oddWord;
}

/** What is wrong with a state, wherever it comes from, or null. @param {State} state @returns {string | null} */
export function stateProblem({ words, scores, states, mask, temperature }) {
  const lists = [words, scores, states, mask];
  if (!lists.every(Array.isArray)) return TEXT.shape;
  if (!words.length) return TEXT.noWords;
  if (!lists.every((list) => list.length === words.length)) return TEXT.shape;
  if (!mask.every((attended) => typeof attended === "boolean")) return TEXT.shape;
  if (!mask.some(Boolean)) return TEXT.allMasked;
  if (scores.some((score) => typeof score !== "number" || Number.isNaN(score))) return TEXT.text;
  if (typeof temperature !== "number") return TEXT.temperature(...LIMITS.temperature);
  const near = (number) => typeof number === "number" && Math.abs(number) <= LIMITS.state;
  if (!states.every((pair) => Array.isArray(pair) && pair.length === 2 && pair.every(near))) {
    return TEXT.state(LIMITS.state);
  }
  const problems = [wordsProblem(words, 0), ...scores.map((score) => rangeProblem(score, "score"))];
  return problems.find(Boolean) ?? rangeProblem(temperature, "temperature");
}

/** The state with words added: score 0, and the first drawn states that are not taken. @param {State} state */
export function withWords(state, words) {
  const next = structuredClone(state);
  for (const word of words) {
    const taken = next.states.map(String);
    next.states.push([...(FAN.find((point) => !taken.includes(String(point))) ?? FAN[next.words.length % FAN.length])]);
    next.words.push(word);
    next.scores.push(0);
    next.mask.push(true);
  }
  return next;
}

/** The state without one word. @param {State} state @param {number} index */
export function withoutWord(state, index) {
  const rest = (list) => list.filter((_, i) => i !== index);
  const { words, scores, states, mask } = state;
  return { ...state, words: rest(words), scores: rest(scores), states: rest(states), mask: rest(mask) };
}

/** Everything that follows from a state. @param {State} state */
export function derive({ scores, states, mask, temperature }) {
  const weights = softmax(scores, mask, temperature);
  const quotients = sumNormalized(scores, mask);
  const sumValue = quotients && weightedSum(quotients, states);
  return {
    weights,
    quotients,
    value: weightedSum(weights, states),
    sumValue,
    attendedStates: states.filter((_, i) => mask[i]),
    inside: sumValue && insideHull(sumValue, states.filter((_, i) => mask[i])),
    broken: Boolean(quotients?.some((quotient) => quotient < 0 || quotient > 1 + 1e-12)),
  };
}

/** A weight as text. Softmax is never 0: what float64 rounds to 0 is only too small for it. */
export function weightText(weight) {
  return weight === 0 ? TEXT.tiny : formatWeight(weight);
}

/** The one sentence that a state has to say. @param {State} state @returns {string} */
export function finding(state, derived) {
  return sentenceOf(state, derived).replaceAll(" × ", "\u00a0×\u00a0"); // a number stays on one line
}

function sentenceOf({ words, scores, mask }, { weights, quotients, broken }) {
  const attended = words.flatMap((_, i) => (mask[i] ? [i] : []));
  const quotient = (i) => (quotients ? formatWeight(quotients[i]) : TEXT.none);
  const by = (numbers, pick) => attended.reduce((best, i) => (pick(numbers[i], numbers[best]) ? i : best));
  const top = by(scores, (a, b) => a > b);
  if (attended.length === 1) return TEXT.alone(words[top]);
  if (!quotients) return TEXT.undefinedSum;
  if (broken) {
    const worst = by(quotients, (a, b) => a < b);
    const strange = quotients[worst] < 0 ? worst : by(quotients, (a, b) => a > b);
    return TEXT.notAWeight(words[strange], formatWeight(quotients[strange]));
  }
  const best = attended.filter((i) => scores[i] === scores[top]);
  if (best.length === attended.length) return TEXT.equal(formatWeight(weights[top]));
  if (sum(attended.map((i) => scores[i])) < 0) {
    const lowest = by(scores, (a, b) => a < b);
    return TEXT.reversed(words[lowest], quotient(lowest));
  }
  if (best.length > 1) {
    const names = best.map((i) => `“${words[i]}”`);
    const listed = names.slice(0, -1).join(", ") + TEXT.and + names.at(-1);
    return TEXT.tie(listed, formatWeight(weights[top]), quotient(top));
  }
  if (weights[top] > 0.9995) {
    const rest = sum(attended.map((i) => (i === top ? 0 : weights[i])));
    return TEXT.saturated(words[top], rest === 0 ? TEXT.underflow : formatWeight(rest), quotient(top));
  }
  return TEXT.largest(words[top], formatWeight(weights[top]), quotient(top));
}

/**
 * By how much each kind of weights moved when all scores were shifted or multiplied.
 * @param {ReturnType<typeof derive>} before
 * @param {ReturnType<typeof derive>} after
 * @param {"shift" | "scale"} change a shift leaves softmax, a factor leaves the quotients where they are
 * @returns {{softmax: string, sum: string}}
 */
export function effect(before, after, change) {
  const most = (a, b) => Math.max(...a.map((weight, i) => Math.abs(weight - b[i])));
  const say = (moved) => (moved === 0 ? TEXT.unchanged : TEXT.changed(formatWeight(moved)));
  const divided = before.quotients && after.quotients;
  return {
    softmax: change === "shift" ? TEXT.unchanged : say(most(before.weights, after.weights)),
    sum: !divided ? TEXT.none : change === "scale" ? TEXT.unchanged : say(most(before.quotients, after.quotients)),
  };
}
