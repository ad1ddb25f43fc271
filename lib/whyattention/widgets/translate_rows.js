// One model's translation, word by word: what is right, and how sure the model was.
import { formatWeight } from "./formatting.js";
import { element, setAttributes, setData, setText } from "./shared.js";

const TEXT = {
  names: { control: "One vector", attention: "Attention" },
  notes: { control: "sees the last encoder state alone", attention: "looks at every encoder state" },
  words: (name) => `${name}: the French words`,
  right: (right, all, extra) => `${right} of ${all} right${extra ? `, ${extra} too many` : ""}`,
  unfinished: "cut off: it came to no end",
  wrong: (word) => ` (wrong: the reference has ${word})`,
  extra: " (one word too many)",
  missing: (count) => `${count} missing`,
  probability: (word, number) => [`“${word}”: probability `, number],
  expected: (word) => `the reference has “${word}”`,
  surplus: "the reference has no word here",
  looks: (word, weight) => `looks at “${word}” with weight ${weight}`,
  last: (word) => `all weight on the last word, “${word}”`,
};

/** The name that readers see. @param {string} name */
export function nameOf(name) {
  return TEXT.names[name];
}

/**
 * @param {string} name of the model
 * @param {(t: number | null) => void} point told of the word that the reader points at
 * @param {AbortSignal} signal
 */
export function createRow(name, point, signal) {
  const verdict = element("span", { class: "wa-translate-verdict" });
  const share = element("data", { class: "wa-translate-right", "data-model": name, hidden: true });
  const list = element("ol", { class: "wa-translate-words", "aria-label": TEXT.words(TEXT.names[name]) });
  const node = element("div", { class: `wa-translate-row wa-translate-${name}` },
    element("div", { class: "wa-translate-head" },
      element("strong", { class: "wa-translate-name" }, TEXT.names[name]),
      element("span", { class: "wa-translate-note" }, TEXT.notes[name]), verdict, share),
    list);
  const chips = [];
  let [said, current] = [null, 0];

  /** @param {Said} next @param {Reference | null} reference */
  function update(next, reference) {
    said = next;
    const shown = next.edits ? grouped(next.edits) : next.words.map((_, t) => ({ kind: "plain", said: t }));
    while (chips.length < shown.length) chips.push(addChip());
    while (chips.length > shown.length) chips.pop().node.remove();
    shown.forEach((one, i) => chips[i].update(one, next, reference));
    current = Math.min(current, chips.length - 1);
    rove(Math.max(0, current));
    const all = reference?.words.length;
    const extra = (next.edits ?? []).filter(({ kind }) => kind === "extra").length;
    setData(share, reference ? next.right / all : null, "");
    setText(verdict, [reference && TEXT.right(next.right, all, extra), !next.finished && TEXT.unfinished].filter(Boolean).join(", "));
    node.classList.toggle("wa-translate-whole", next.whole);
    node.classList.toggle("wa-translate-broken", Boolean(reference) && !next.whole);
  }

  function addChip() {
    const chip = createChip();
    list.append(chip.node);
    return chip;
  }

  // One stop for the tabulator key; arrows go from word to word.
  function rove(i) {
    current = i;
    chips.forEach((chip, k) => setAttributes(chip.node, { tabindex: k === i ? 0 : -1 }));
  }

  const chipOf = (target) => chips.findIndex((chip) => chip.node.contains(target));
  const told = (i) => point(i < 0 ? null : chips[i].place());
  list.addEventListener("pointerover", (event) => told(chipOf(event.target)), { signal });
  list.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && point(null), { signal });
  list.addEventListener("focusin", (event) => {
    rove(chipOf(event.target));
    told(current);
  }, { signal });
  list.addEventListener("focusout", () => point(null), { signal });
  list.addEventListener("keydown", (event) => {
    const to = { ArrowRight: current + 1, ArrowLeft: current - 1, Home: 0, End: chips.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    chips[Math.min(chips.length - 1, Math.max(0, to))].node.focus();
  }, { signal });

  return {
    node, update,
    /** @param {number | null} t the word that is pointed at */
    highlight: (t) => chips.forEach((chip) => chip.node.classList.toggle("wa-translate-pointed", t !== null && chip.place() === t)),
    /** What there is to read of a word. @param {number} t @param {string[]} source @param {Reference | null} reference */
    reading: (t, source, reference) => readingOf(said, name, t, source, reference),
  };
}

function createChip() {
  const text = element("span", { class: "wa-translate-text" });
  const note = element("span", { class: "wa-hidden" });
  const fill = element("span", { class: "wa-translate-fill" });
  const bar = element("span", { class: "wa-translate-bar", "aria-hidden": "true" }, fill);
  const probability = element("data", { class: "wa-translate-probability", hidden: true });
  const node = element("li", { class: "wa-translate-word" }, text, note, bar, probability);
  let place = null;

  function update({ kind, said: t, expected, count }, said, reference) {
    place = t ?? null;
    setAttributes(node, { "data-kind": kind });
    setText(text, kind === "missing" ? TEXT.missing(count) : said.words[t]);
    setText(note, kind === "wrong" ? TEXT.wrong(reference.words[expected]) : kind === "extra" ? TEXT.extra : "");
    setData(probability, place === null ? null : said.probabilities[t], "");
    fill.style.width = place === null ? "0" : `${100 * said.probabilities[t]}%`;
  }

  return { node, update, place: () => place };
}

/** Edits with the missing words of one gap as one. */
function grouped(edits) {
  const shown = [];
  for (const edit of edits) {
    const before = shown.at(-1);
    if (edit.kind === "missing" && before?.kind === "missing") before.count += 1;
    else shown.push({ ...edit, count: 1 });
  }
  return shown;
}

function readingOf(said, name, t, source, reference) {
  const parts = [TEXT.probability(said.words[t], formatWeight(said.probabilities[t])).join("")];
  const edit = said.edits?.find((one) => one.said === t);
  if (edit?.kind === "wrong") parts.push(TEXT.expected(reference.words[edit.expected]));
  if (edit?.kind === "extra") parts.push(TEXT.surplus);
  const weights = said.weights[t];
  const top = weights.indexOf(Math.max(...weights));
  parts.push(name === "control" ? TEXT.last(source[top]) : TEXT.looks(source[top], formatWeight(weights[top])));
  return `${parts.join("; ")}.`;
}
