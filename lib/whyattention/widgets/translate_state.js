// The state of Translate: what is accepted, what follows from it, what there is to say about it. No DOM.
import { compare, nearest } from "./translate_edits.js";
import { readSentence, readWords } from "./translate_grammar.js";
import { translate, words } from "./translation.js";

const surplus = (extra) => (extra === 1 ? "adds 1 that does not belong" : `adds ${extra} that do not belong`);
const TEXT = {
  stored: "The stored sentence of this figure cannot be read, so another one stands here.",
  empty: "Nothing to translate yet. Type a word, or take one below.",
  long: (count, most) => `${count} words are too many for this figure. There is room for ${most}.`,
  huge: (most) => `That text is too long for this figure. There is room for ${most} characters.`,
  unknown: (word) => `“${word}” is no word that the models have met, so they cannot translate it.`,
  several: (word, count) => `“${word}” and ${count} more are no words that the models have met, so they cannot translate them.`,
  next: "Next word",
  finish: (word) => `“${word}…”`,
  instead: (word) => `Instead of “${word}”`,
  alone: (word) => `No known word is like “${word}”`,
  both: (count) => `Both translate these ${count} words without a mistake.`,
  kept: (right, all) => `One vector keeps ${right} of ${all} French words. With attention all ${all} are right.`,
  added: (extra, all) => `One vector has all ${all} French words, but ${surplus(extra)}. With attention all ${all} are right, and none is too many.`,
  keptBeyond: (most) => ` Even though training ended at ${most} words.`,
  turned: (right, all) => `For once it is the other way around: one vector gets everything right, attention ${right} of ${all} words.`,
  turnedAdded: (extra, all) =>
    `For once it is the other way around: one vector gets everything right. Attention has all ${all} words, but ${surplus(extra)}.`,
  neither: "Both make mistakes.",
  lost: (count, most) => `${count} words, and training ended at ${most}: both lose the thread.`,
  scores: (attention, control, all) => ` Of ${all} French words attention has ${attention}, one vector ${control}.`,
  score: (right, extra) => `${right} right${extra ? ` and ${extra} too many` : ""}`,
  begun: "This is the beginning of a sentence. When it is whole, a reference says who is right.",
  same: "The grammar has no such sentence, so nothing says who is right. Both say the same.",
  differ: "The grammar has no such sentence, so nothing says who is right. The two differ.",
  and: (clause) => ` … and ${clause}`,
  full: " (no room)",
  unfinished: " (a whole sentence only)",
  words: (count) => (count === 1 ? "1 word" : `${count} words`),
  trained: (low, high) => `as in training (${low} to ${high})`,
  longer: (low, high) => `longer than in training (${low} to ${high})`,
  shorter: (low, high) => `shorter than in training (${low} to ${high})`,
};

const { CONTRACTIONS, EXAMPLES, LIMITS, LONGER, NAMES, OTHERS, WORDS } = CONSTANTS;
const SHOWN_LETTERS = 24;

/**
 * Read what a field holds.
 * @param {unknown} text
 * @returns {{words: string[], unknown: string[], problem: string | null}} problem: why it cannot be translated
 */
export function readText(text) {
  const none = { words: [], unknown: [] };
  if (typeof text !== "string") return { ...none, problem: TEXT.stored };
  if (text.length > LIMITS.characters) return { ...none, problem: TEXT.huge(LIMITS.characters) };
  const words = readWords(text);
  const unknown = [...new Set(words.filter((word) => !WORDS.includes(word)))];
  const shown = unknown.length ? cut(unknown[0]) : "";
  let problem = null;
  if (!words.length) problem = TEXT.empty;
  else if (words.length > LIMITS.words) problem = TEXT.long(words.length, LIMITS.words);
  else if (unknown.length > 1) problem = TEXT.several(shown, unknown.length - 1);
  else if (unknown.length) problem = TEXT.unknown(shown);
  return { words, unknown, problem };
}

/** Whether the last word of a text may still become one that is known. @param {string} text @param {string[]} words */
export function mayGoOn(text, { words, unknown }) {
  if (unknown.length !== 1 || words.indexOf(unknown[0]) !== words.length - 1 || !/[\p{L}\p{N}_]$/u.test(text)) return false;
  return WORDS.some((word) => word.startsWith(unknown[0]));
}

/**
 * What may be put in: the next word, the rest of one that was begun, or another for one that is not known.
 * @param {string} text
 * @param {{words: string[], unknown: string[]}} known what readText found
 * @returns {{label: string, options: string[], at: number}} at: the place of the word that an option replaces; the
 *   number of words where it is put behind them
 */
export function suggestions(text, { words, unknown }) {
  if (text.length > LIMITS.characters || words.length > LIMITS.words) return { label: TEXT.next, options: [], at: 0 };
  const last = words.length - 1;
  const begun = words.length > 0 && /[\p{L}\p{N}_]$/u.test(text) ? words[last] : null;
  const completing = unknown.length === 0 || words.indexOf(unknown[0]) === last;
  if (begun !== null && completing) {
    const before = words.slice(0, last);
    const sentence = readSentence(before);
    const fits = (word) => word.startsWith(begun) && word !== begun;
    const options = (sentence.read === before.length ? sentence.next : []).filter(fits);
    if (unknown.length) {
      const known = options.length ? options : WORDS.filter(fits);
      if (known.length) return { label: TEXT.finish(cut(begun)), options: known, at: last };
    } else {
      // "he eat" goes no further, but "he eats" does.
      const { read, next } = readSentence(words);
      if (read < words.length && options.length) return { label: TEXT.finish(begun), options, at: last };
      return { label: TEXT.next, options: read === words.length ? next : [], at: words.length };
    }
  }
  if (unknown.length) {
    const like = (word) => (Object.hasOwn(CONTRACTIONS, word) ? [CONTRACTIONS[word]] : nearest(word, WORDS).slice(0, 6));
    const word = unknown.find((one) => like(one).length);
    if (!word) return { label: TEXT.alone(cut(unknown[0])), options: [], at: words.length };
    return { label: TEXT.instead(cut(word)), options: like(word), at: words.indexOf(word) };
  }
  const { read, next } = readSentence(words);
  return { label: TEXT.next, options: read === words.length ? next : [], at: words.length };
}

/**
 * The sentence with another clause at its end: the next one in turn that it does not hold yet, if it is whole and there
 * is room. An "and" that stands there already is taken.
 * @param {string[]} words
 * @returns {{words: string[] | null, label: string}} the longer sentence, and what there is to say of it
 */
export function longer(words) {
  const whole = words.at(-1) === "and" ? words.slice(0, -1) : words;
  if (!readSentence(whole).reference) return { words: null, label: TEXT.unfinished };
  const clauses = clausesOf(whole);
  const turn = LONGER.map((_, i) => LONGER[(i + clauses.length - 1) % LONGER.length]);
  const clause = turn.find((one) => !clauses.includes(one)) ?? turn[0];
  const all = [...whole, "and", ...clause.split(" ")];
  return all.length > LIMITS.words ? { words: null, label: TEXT.full } : { words: all, label: TEXT.and(clause) };
}

/** The sentence without its last clause, or null where it has but one. @param {string[]} words */
export function shorter(words) {
  const end = words.lastIndexOf("and");
  return end > 0 ? words.slice(0, end) : null;
}

/** The sentence that comes after this one in the list of others. @param {string[]} words */
export function another(words) {
  return OTHERS[(OTHERS.indexOf(words.join(" ")) + 1) % OTHERS.length];
}

function clausesOf(words) {
  return words.join(" ").split(/ ?\band\b ?/);
}

/** The name of the example that these words are, or null. @param {string[]} words */
export function exampleOf(words) {
  const text = words.join(" ");
  return Object.keys(EXAMPLES).find((name) => EXAMPLES[name] === text) ?? null;
}

/**
 * Everything that follows from a sentence.
 * @param {Record<string, object>} models unpacked translators by name
 * @param {string[]} source known words, at least one
 * @returns {Derived}
 * @typedef {{source: string[], reference: {words: string[], places: number[]} | null, begun: boolean, said: Record<string, Said>}}
 *   Derived begun: whether the words are the beginning of a sentence of the grammar
 * @typedef {{words: string[], probabilities: number[], weights: number[][], finished: boolean, edits: object[] | null,
 *   right: number | null, extra: number | null, whole: boolean}} Said edits, right and extra only where there is a reference
 */
export function derive(models, source) {
  const { reference, read } = readSentence(source);
  const said = {};
  for (const name of NAMES) said[name] = say(models[name], source, reference);
  return { source, reference, begun: read === source.length, said };
}

function say(model, source, reference) {
  const found = translate(model, source.map((word) => model.sourceWords.indexOf(word)));
  const kept = found.tokens.flatMap((token, i) => (words(model, [token]).length ? [i] : []));
  const said = {
    words: words(model, found.tokens), probabilities: kept.map((i) => found.probabilities[i]),
    weights: kept.map((i) => found.weights[i]), finished: found.finished,
  };
  const edits = reference && compare(said.words, reference.words);
  return {
    ...said, edits, right: edits && edits.filter(({ kind }) => kind === "right").length,
    extra: edits && edits.filter(({ kind }) => kind === "extra").length,
    whole: Boolean(edits?.every(({ kind }) => kind === "right")),
  };
}

/** The one sentence that the two translations have to say. @param {Derived} derived */
export function finding({ source, reference, begun, said: { attention, control } }) {
  const most = LIMITS.trained[1];
  if (!reference && begun) return TEXT.begun;
  if (!reference) return attention.words.join(" ") === control.words.join(" ") ? TEXT.same : TEXT.differ;
  const all = reference.words.length;
  if (attention.whole && control.whole) return TEXT.both(source.length);
  // All words and not whole: some are too many.
  if (attention.whole) {
    const kept = control.right === all ? TEXT.added(control.extra, all) : TEXT.kept(control.right, all);
    return kept + (source.length > most ? TEXT.keptBeyond(most) : "");
  }
  if (control.whole) return attention.right === all ? TEXT.turnedAdded(attention.extra, all) : TEXT.turned(attention.right, all);
  const [one, other] = [attention, control].map(({ right, extra }) => TEXT.score(right, extra));
  return (source.length > most ? TEXT.lost(source.length, most) : TEXT.neither) + TEXT.scores(one, other, all);
}

/** How many words a sentence has, beside those of training. @param {number} count */
export function countText(count) {
  const [low, high] = LIMITS.trained;
  const place = count > high ? TEXT.longer : count < low ? TEXT.shorter : TEXT.trained;
  return `${TEXT.words(count)}, ${place(low, high)}`;
}

/** A word of any length and script as it may stand in a message, without turning the line around. */
function cut(word) {
  const letters = [...word];
  const text = letters.length > SHOWN_LETTERS ? `${letters.slice(0, SHOWN_LETTERS).join("")}…` : word;
  return /^[ -~…]*$/.test(text) ? text : `\u2068${text}\u2069`;
}
