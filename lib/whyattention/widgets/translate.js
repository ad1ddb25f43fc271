// Translate: two trained translators on one sentence, one with attention and one whose look-up is gone.
import { createPresets, createRadios } from "./choices.js";
import { createChart } from "./translate_chart.js";
import { createField } from "./translate_field.js";
import { createHeatmap } from "./translate_heatmap.js";
import { createRow, nameOf } from "./translate_rows.js";
import { another, countText, derive, exampleOf, finding, mayGoOn, longer, readText, shorter, suggestions } from "./translate_state.js";
import { unpack } from "./translation.js";
import { announcer, asset, createAlert, element, figure, follow, setText, uid } from "./shared.js";

const TEXT = {
  widget: "Two trained translators on one English sentence",
  examples: "Sentences to start from",
  example: {
    short: "4 words", order: "red house, maison rouge", negation: "not, ne … pas", twelve: "12 words", long: "longer than in training",
  },
  longer: "Lengthen",
  shorter: "Shorten",
  another: "Another sentence",
  loading: "Loading both models …",
  absent: "The models are not here: they come with the book's pages, or from a running kernel. Run the cell above, or open this chapter in the book.",
  again: "Try to load the models again",
  reference: "Reference",
  none: "none: not a sentence of this grammar",
  hint: "The bar below a word is its probability. Point at a word to see where its model looks.",
  whose: "Attention weights of",
  outlined: "outlined: words that belong together",
  about: "What these two models are",
  models: (count, low, high) =>
    `Both are recurrent networks with ${count} parameters, trained alike on sentences of ${low} to ${high} words. One weighs all encoder states ` +
    "at each step. In the other all weight is on the last state: what the decoder gets does not grow with the sentence. The book calls it the control.",
  rounded: (all, low, high, changed, before, after) =>
    `In this page each weight has 8 bits. Of ${all} test sentences of ${low} to ${high} words that changes ${changed.attention || "no"} ` +
    `translation with attention and ${changed.control} with one vector. Right as a whole are ${after.attention} and ${after.control}; ` +
    `with the weights as trained it is ${before.attention} and ${before.control}.`,
};

const { EXAMPLES, LIMITS, MEASURED, NAMES, SENTENCE } = CONSTANTS;
const ROWS = ["control", "attention"];
const KEYS = ["sentence", "show_heatmap", "compact", "heatmap"];
// The numbers of the models are the same for all figures of the page.
const unpacked = new WeakMap();

function unpackAll(stored) {
  if (!unpacked.has(stored)) {
    unpacked.set(stored, Object.fromEntries(NAMES.map((name) => [name, unpack(stored[name], name)])));
  }
  return unpacked.get(stored);
}

function build(root, model, signal) {
  const history = new Map();
  let [models, words, derived, pointed] = [null, SENTENCE.split(" "), null, null];
  let [whose, unread] = ["attention", false];

  // ---- what is on the page ----
  const field = createField({ change: (text) => take(text) }, signal);
  const presets = createPresets(TEXT.examples, TEXT.example, (name) => put(EXAMPLES[name].split(" ")), signal);
  const button = (kind, ...text) => element("button", { class: `wa-button wa-translate-${kind}`, type: "button" }, ...text);
  const clause = element("span", { class: "wa-translate-clause" });
  const [lengthen, shorten, other] = [button("lengthen", element("strong", {}, TEXT.longer), clause), button("shorten", TEXT.shorter), button("another", TEXT.another)];
  const countId = uid("wa-count");
  const count = element("span", { class: "wa-translate-count", id: countId });
  field.node.prepend(element("div", { class: "wa-translate-top" }, field.label, count));
  const { message, refuse: say } = createAlert();
  const again = button("again", TEXT.again);
  const sentence = element("p", { class: "wa-finding" });
  const rows = Object.fromEntries(ROWS.map((name) => [name, createRow(name, (t) => look(t === null ? null : { name, t }), signal)]));
  const reference = element("p", { class: "wa-translate-reference-words", lang: "fr" });
  const reading = element("p", { class: "wa-translate-reading", "aria-live": "polite" }, TEXT.hint);
  const chart = createChart();
  const heatmap = createHeatmap((t) => look(t === null ? null : { name: whose, t }, false), signal);
  const choice = createRadios("wa-translate-choice", TEXT.whose, Object.fromEntries(ROWS.map((name) => [name, nameOf(name)])), (name) => {
    whose = name;
    drawHeatmap();
    keep({ heatmap: whose });
  }, signal);
  choice.node.prepend(element("span", {}, TEXT.whose));
  choice.node.append(
    element("span", { class: "wa-translate-key" }, element("span", { class: "wa-translate-link-key", "aria-hidden": "true" }), TEXT.outlined));
  const heat = element("div", { class: "wa-translate-heat" }, choice.node, heatmap.node, heatmap.reading);
  const [low, high] = LIMITS.trained;
  const about = element("details", { class: "wa-translate-about" }, element("summary", {}, TEXT.about),
    element("p", {}, TEXT.models(MEASURED.parameters.toLocaleString("en"), low, high)),
    element("p", {}, TEXT.rounded(MEASURED.sentences.toLocaleString("en"), low, high, MEASURED.changed, MEASURED.trained, MEASURED.int8)));
  const { live, announce } = announcer(signal);
  const result = element("div", { class: "wa-translate-result" },
    ...ROWS.map((name) => rows[name].node),
    element("div", { class: "wa-translate-row wa-translate-reference" },
      element("div", { class: "wa-translate-head" }, element("strong", { class: "wa-translate-name" }, TEXT.reference)), reference),
    reading);
  root.append(
    presets.node, field.node,
    element("div", { class: "wa-translate-actions" }, lengthen, shorten, other),
    element("div", { class: "wa-translate-say" }, sentence, message, again), result, chart.node, heat, about, live);

  // ---- from a sentence to the page ----
  function refresh() {
    showLengths();
    presets.show(exampleOf(words));
    if (!models) return;
    derived = derive(models, words);
    if (derived.reference) {
      const share = (name) => derived.said[name].right / derived.reference.words.length;
      history.set(words.length, Object.fromEntries(NAMES.map((name) => [name, share(name)])));
    }
    for (const name of ROWS) rows[name].update(derived.said[name], derived.reference);
    setText(reference, derived.reference ? derived.reference.words.join(" ") : TEXT.none);
    setText(sentence, finding(derived));
    chart.update(history, derived.reference ? words.length : null);
    drawHeatmap();
    look(null);
  }

  /** Both buttons act on the sentence that stands in the field; where that cannot be read, there is none. */
  function showLengths() {
    const next = longer(words);
    setText(clause, next.label);
    lengthen.disabled = unread || next.words === null;
    shorten.disabled = unread || shorter(words) === null;
  }

  function drawHeatmap() {
    choice.show(whose);
    if (derived && !heat.hidden) heatmap.update(nameOf(whose), derived.said[whose], derived.source, derived.reference);
  }

  /** Show where a word's model looks. @param {{name: string, t: number} | null} at */
  function look(at, fromRow = true) {
    pointed = at;
    for (const name of ROWS) rows[name].highlight(at?.name === name ? at.t : null);
    field.shade(at && readText(field.input.value).words.length === words.length ? derived.said[at.name].weights[at.t] : null);
    if (fromRow) heatmap.highlight(at && at.name === whose ? at.t : null);
    setText(reading, at ? rows[at.name].reading(at.t, derived.source, derived.reference) : TEXT.hint);
  }

  function refuse(problem) {
    say(problem);
    sentence.hidden = Boolean(problem); // it speaks of another sentence
  }

  // ---- from the reader to the sentence ----
  /** What stands in the field: translated if it can be, else told. */
  function take(text, write = keep) {
    const known = readText(text);
    const waits = Boolean(known.problem) && mayGoOn(text, known);
    refuse(waits ? null : known.problem);
    field.mark(waits ? [] : known.unknown);
    field.offer(suggestions(text, known));
    field.judge(Boolean(known.problem) && !waits, countId);
    unread = Boolean(known.problem);
    root.classList.toggle("wa-translate-stale", unread);
    setText(count, countText(known.words.length));
    if (unread) return showLengths();
    words = known.words;
    refresh();
    write({ sentence: words.join(" ") });
    if (models) announce(sentence.textContent);
  }

  function put(next) {
    field.show(asWritten(next));
    take(field.input.value);
  }

  lengthen.addEventListener("click", () => put(longer(words).words), { signal });
  shorten.addEventListener("click", () => put(shorter(words)), { signal });
  other.addEventListener("click", () => put(another(words).split(" ")), { signal });
  again.addEventListener("click", () => load(), { signal });

  // ---- from the model to the sentence ----
  function read() {
    const stored = Object.fromEntries(KEYS.map((name) => [name, model.get(name)]));
    whose = NAMES.includes(stored.heatmap) ? stored.heatmap : "attention";
    root.classList.toggle("wa-translate-compact", stored.compact === true);
    presets.node.hidden = chart.node.hidden = about.hidden = stored.compact === true;
    heat.hidden = stored.compact === true || stored.show_heatmap === false;
    const known = readText(stored.sentence);
    if (!known.problem) words = known.words;
    field.show(asWritten(words));
    take(field.input.value, () => {});
    if (known.problem) refuse(known.problem);
  }

  async function load() {
    again.hidden = true;
    setText(sentence, TEXT.loading);
    try {
      models = unpackAll(await asset(model, "translators"));
    } catch {
      if (signal.aborted) return;
      setText(sentence, "");
      refuse(TEXT.absent);
      again.hidden = false;
      return;
    }
    if (signal.aborted) return;
    if (message.textContent === TEXT.absent) refuse(null);
    refresh();
  }

  const keep = follow(model, KEYS, read, signal);
  read();
  load();
}

/** Words as a reader writes them. */
function asWritten(words) {
  return words.map((word) => (word === "i" ? "I" : word)).join(" ");
}

export default { render: figure("translate", TEXT.widget, build) };
