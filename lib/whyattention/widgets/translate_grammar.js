// The sentences of grammar.py in a page: which word may come next, and what is said in French. No DOM.

const { LEXICON, MARKS } = CONSTANTS;
const { pronouns, be, verbs, nouns, adjectives, elided, vowels, person } = LEXICON;
const ARTICLES = ["the", "a", "an"];

// Python's \w, \d and \s: letters, numbers and the underscore; decimal digits; four separators more and one less.
const LETTER = "[\\p{L}\\p{N}_]";
const TOKEN = new RegExp(
  `\\p{Nd}+(?:[.,]\\p{Nd}+)+|${LETTER}+(?:[-']${LETTER}+)*|(?:(?!${LETTER})[^\\s\\x1c-\\x1f\\x85]|\\ufeff)`, "gu");

/**
 * Where reading a clause has come to.
 * @typedef {object} Place
 * @property {string} at what comes next
 * @property {object} [subject] a pronoun, or {noun, definite, adjectives}
 * @property {object} [verb]
 * @property {boolean} [negated]
 * @property {object} [phrase] the noun phrase that is being read: {article, adjectives, fits, role}
 * @property {Clause} [clause] at the end
 * @typedef {{subject: object, verb: object, complement: object, negated: boolean}} Clause
 */
const START = { at: "start" };

/**
 * The words of a sentence as the models read them: pairs.tokenize cuts it so, and marks between words are left out.
 * @param {string} text
 * @returns {string[]}
 */
export function readWords(text) {
  return (plain(text).match(TOKEN) ?? []).filter((word) => !MARKS.includes(word));
}

/** Where the words stand in a text. @param {string} text @returns {[number, number][]} begin and end of each */
export function wordPlaces(text) {
  const found = [...text.replace(/[’ʼ]/g, "'").matchAll(TOKEN)].filter(([word]) => !MARKS.includes(word));
  return found.map((match) => [match.index, match.index + match[0].length]);
}

function plain(text) {
  return text.normalize("NFC").replace(/[’ʼ]/g, "'").toLowerCase();
}

/**
 * Read words as far as they are the beginning of a sentence of the grammar.
 * @param {string[]} words
 * @returns {{reference: Reference | null, read: number, next: string[]}} the French, if they are a whole sentence; how
 *   many words were read; the words that may follow those
 * @typedef {{words: string[], places: number[]}} Reference French words, and the place of the English word of each
 */
export function readSentence(words) {
  const clauses = [];
  let [place, read] = [START, 0];
  for (; read < words.length; read++) {
    const next = following(place).get(words[read]);
    if (!next) break;
    if (next === START) clauses.push(place.clause);
    place = next;
  }
  const whole = read === words.length && place.at === "end";
  return { reference: whole ? render([...clauses, place.clause]) : null, read, next: [...following(place).keys()] };
}

/** The words that may follow, and where each leads. @param {Place} place @returns {Map<string, Place>} */
function following(place) {
  const next = new Map();
  const { subject, verb } = place;
  if (place.at === "start") {
    for (const pronoun of pronouns) next.set(pronoun.english, { at: "verb", subject: pronoun });
    openPhrase(next, place, "subject", () => true);
  } else if (place.at === "phrase") followPhrase(next, place);
  else if (place.at === "verb") {
    const able = verbs.filter((one) => one.subjects.includes(kindOf(subject)));
    next.set(be.english[personOf(subject)], { at: "be", subject, verb: be, negated: false });
    for (const one of able) next.set(one.english[personOf(subject)], { at: "object", subject, verb: one, negated: false });
    if (able.length) next.set(personOf(subject) === 1 ? "does" : "do", { at: "not", subject });
  } else if (place.at === "not") next.set("not", { at: "infinitive", subject });
  else if (place.at === "infinitive") {
    const able = verbs.filter((one) => one.subjects.includes(kindOf(subject)));
    for (const one of able) next.set(one.english[0], { at: "object", subject, verb: one, negated: true });
  } else if (place.at === "be") {
    if (!place.negated) next.set("not", { ...place, negated: true });
    for (const one of adjectives) if (one.kinds.includes(kindOf(subject))) next.set(one.english, ended(place, one));
    // "We are a student" is no English.
    const profession = kindOf(subject) === person && personOf(subject) < 2;
    if (profession) openPhrase(next, place, "profession", (noun) => noun.said_of_woman !== null, ["a", "an"]);
  } else if (place.at === "object") {
    const articles = verb.definite_objects ? ["the"] : ARTICLES;
    openPhrase(next, place, "object", (noun) => verb.objects.includes(noun.kind), articles);
  } else next.set("and", START);
  return next;
}

/** Articles that something may follow. */
function openPhrase(next, place, role, fits, articles = ARTICLES) {
  for (const article of articles) {
    const opened = { ...place, at: "phrase", phrase: { article, adjectives: [], fits, role } };
    if (following(opened).size) next.set(article, opened);
  }
}

/** Adjectives in their order, one at most on each side of the French noun, and nouns that all of them are said of. */
function followPhrase(next, place) {
  const { article, adjectives: said, fits, role } = place.phrase;
  const suits = (word) => said.length > 0 || article === "the" || article === indefinite(word);
  const possible = nouns.filter((noun) => fits(noun) && said.every((one) => one.kinds.includes(noun.kind)));
  const later = role === "profession" ? [] : adjectives.slice(adjectives.indexOf(said.at(-1)) + 1);
  for (const one of later) {
    const open = said.every((other) => other.before_noun !== one.before_noun);
    if (!open || !suits(one.english) || !possible.some((noun) => one.kinds.includes(noun.kind))) continue;
    next.set(one.english, { ...place, phrase: { ...place.phrase, adjectives: [...said, one] } });
  }
  for (const noun of possible.filter((one) => suits(one.english))) {
    const whole = { noun, definite: article === "the", adjectives: said };
    if (role === "subject") next.set(noun.english, { at: "verb", subject: whole });
    else next.set(noun.english, ended(place, role === "object" ? whole : noun));
  }
}

function ended({ subject, verb, negated }, complement) {
  return { at: "end", clause: { subject, verb, complement, negated } };
}

function kindOf(subject) {
  return subject.noun?.kind ?? subject.kind;
}

function personOf(subject) {
  return subject.noun ? 1 : subject.person;
}

function isFeminine(subject) {
  return subject.noun?.feminine ?? subject.feminine;
}

function indefinite(follower) {
  return /^[aeiou]/.test(follower) ? "an" : "a"; // holds for the words of this grammar
}

/** Say clauses in French, joined by "et". @param {Clause[]} clauses @returns {Reference} */
function render(clauses) {
  const english = { length: 0 };
  const french = [];
  clauses.forEach((clause, i) => {
    if (i) french.push(["et", english.length++]);
    french.push(...sayClause(clause, english));
  });
  const words = french.map(([word], t) => {
    const follower = french[t + 1]?.[0] ?? "";
    return word in elided && vowels.some((vowel) => follower.startsWith(vowel)) ? elided[word] : word;
  });
  return { words, places: french.map(([, place]) => place) };
}

/** @param {{length: number}} english counts the English words that have been said */
function sayClause({ subject, verb, complement, negated }, english) {
  const french = subject.noun ? sayNounPhrase(subject, english) : [[subject.french, english.length++]];
  const number = personOf(subject);
  let verbAt, notAt;
  if (verb === be || !negated) {
    verbAt = english.length++;
    if (negated) notAt = english.length++;
  } else {
    english.length++; // "do" or "does", linked to nothing
    notAt = english.length++;
    verbAt = english.length++;
  }
  const said = [verb.french[number], verbAt];
  french.push(...(negated ? [["ne", notAt], said, ["pas", notAt]] : [said]));
  if (complement.noun) return [...french, ...sayNounPhrase(complement, english, negated)];
  if (complement.kinds) {
    const form = number > 1 ? complement.plural : isFeminine(subject) ? complement.feminine : complement.masculine;
    return [...french, [form, english.length++]];
  }
  english.length++; // the article of a profession, linked to nothing
  return [...french, [isFeminine(subject) ? complement.said_of_woman : complement.french, english.length++]];
}

function sayNounPhrase({ noun, definite, adjectives: said }, english, afterNegation = false) {
  const start = english.length++;
  const [before, behind] = [[], []];
  for (const one of said) {
    let form = noun.feminine ? one.feminine : one.masculine;
    if (one.before_vowel && !noun.feminine && vowels.some((vowel) => noun.french.startsWith(vowel))) form = one.before_vowel;
    (one.before_noun ? before : behind).push([form, english.length++]);
  }
  const article = definite ? ["le", "la"] : afterNegation ? ["de", "de"] : ["un", "une"];
  return [[article[Number(noun.feminine)], start], ...before, [noun.french, english.length++], ...behind];
}
