// The field of Translate: what is typed, what is wrong in it, and words that may be put in.
import { wordPlaces } from "./translate_grammar.js";
import { element, setAttributes, setText, uid } from "./shared.js";

const TEXT = {
  label: "An English sentence",
  hint: "type, or tap the words below",
  clear: "Clear the sentence",
  words: "Words to put in",
  all: (count) => `all ${count}`,
  fewer: "fewer",
};

const { LIMITS } = CONSTANTS;

/**
 * @param {object} on what the reader may do: change(text), the new text of the field
 * @param {AbortSignal} signal
 */
export function createField(on, signal) {
  const id = uid("wa-sentence");
  const optionId = uid("wa-option");
  const input = element("textarea", {
    class: "wa-translate-input", id, rows: 1, autocomplete: "off", autocapitalize: "off", autocorrect: "off", spellcheck: "false",
    "aria-autocomplete": "list", "aria-controls": `${optionId}-list`, "data-lm-suppress-shortcuts": true,
  });
  // Behind the field the same text again: it gives the field its height, and words their marks.
  const mirror = element("div", { class: "wa-translate-mirror", "aria-hidden": "true" });
  const clear = element("button", { class: "wa-button wa-translate-clear", type: "button", "aria-label": TEXT.clear }, "×");
  const title = element("span", { class: "wa-translate-strip-label", id: `${optionId}-label` });
  const list = element("ul", { class: "wa-translate-options", role: "listbox", id: `${optionId}-list`, "aria-label": TEXT.words });
  const more = element("button", { class: "wa-button wa-translate-more", type: "button", "aria-expanded": "false", "aria-controls": `${optionId}-list` });
  const strip = element("div", { class: "wa-translate-strip" }, title, list, more);
  const label = element("label", { class: "wa-translate-label", for: id }, TEXT.label,
    element("span", { class: "wa-translate-hint" }, ` (${TEXT.hint})`));
  const node = element("div", { class: "wa-translate-composer" },
    element("div", { class: "wa-translate-box" }, mirror, input, clear), strip);

  const [gaps, spans, options] = [[], [], []];
  let [offered, active, open] = [{ options: [], at: 0 }, -1, false];

  // ---- the words behind the field ----
  /** @param {string[]} unknown words to be marked */
  function mark(unknown) {
    const text = input.value;
    const places = text.length > LIMITS.characters ? [] : wordPlaces(text);
    while (spans.length < places.length) {
      spans.push(element("span", { class: "wa-translate-word-behind" }));
      gaps.push(document.createTextNode(""));
      mirror.append(gaps.at(-1), spans.at(-1));
    }
    let end = 0;
    spans.forEach((span, i) => {
      const [from, to] = places[i] ?? [text.length, text.length];
      const word = text.slice(from, to);
      gaps[i].data = text.slice(end, from);
      setText(span, word);
      span.classList.toggle("wa-translate-unknown", unknown.includes(word.toLowerCase().replace(/[’ʼ]/g, "'").normalize("NFC")));
      if (places[i]) end = to;
    });
    tail.data = `${text.slice(end)}\u200b`; // keeps the height of a line that is begun
  }
  const tail = document.createTextNode("\u200b");
  mirror.append(tail);

  /** Shade the words by attention weights, or not at all. @param {number[] | null} weights */
  function shade(weights) {
    spans.forEach((span, i) => span.style.setProperty("--wa-share", weights?.[i] ?? 0));
  }

  // ---- the words that may be put in ----
  /** @param {{label: string, options: string[], at: number}} next */
  function offer(next) {
    offered = next;
    active = -1;
    setText(title, next.label);
    while (options.length < next.options.length) {
      const i = options.length;
      options.push(element("li", { class: "wa-translate-option", role: "option", id: `${optionId}-${i}`, "aria-selected": "false" }));
      list.append(options.at(-1));
    }
    options.forEach((option, i) => {
      option.hidden = i >= next.options.length;
      setText(option, next.options[i] ?? "");
    });
    list.hidden = next.options.length === 0;
    strip.classList.toggle("wa-translate-none", list.hidden);
    list.scrollLeft = 0;
    showActive();
    unfold(open);
  }

  function showActive() {
    options.forEach((option, i) => setAttributes(option, { "aria-selected": String(i === active) }));
    setAttributes(input, { "aria-activedescendant": active < 0 ? null : options[active].id });
    if (active < 0) return;
    const [box, one] = [list.getBoundingClientRect(), options[active].getBoundingClientRect()];
    if (one.left < box.left) list.scrollLeft -= box.left - one.left;
    if (one.right > box.right) list.scrollLeft += one.right - box.right;
  }

  function unfold(now) {
    open = now;
    strip.classList.toggle("wa-translate-open", open);
    more.hidden = offered.options.length < 6;
    setAttributes(more, { "aria-expanded": String(open) });
    setText(more, open ? TEXT.fewer : TEXT.all(offered.options.length));
  }

  function choose(i) {
    const [word, text] = [offered.options[i], input.value];
    const places = wordPlaces(text);
    const place = places[offered.at];
    const before = text.slice(0, places.at(-1)?.[1] ?? 0); // without the stop behind the last word
    const next = place ? `${text.slice(0, place[0])}${word}${text.slice(place[1])}` : `${before} ${word}`.trimStart();
    show(/\s$/.test(next) ? next : `${next} `);
    on.change(input.value);
  }

  // ---- what the reader does ----
  input.addEventListener("input", () => {
    // A sentence is one line, wherever it was pasted from.
    if (/[\r\n]/.test(input.value)) input.value = input.value.replace(/\s*[\r\n]+\s*/g, " ");
    on.change(input.value);
  }, { signal });
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const count = offered.options.length;
    const atEnd = input.selectionStart === input.value.length;
    if (event.key === "Enter") {
      event.preventDefault();
      if (active >= 0) choose(active);
    } else if (event.key === "Escape" && active >= 0) {
      active = -1;
      showActive();
    } else if (count && atEnd && (event.key === "ArrowDown" || (event.key === "ArrowUp" && active >= 0))) {
      event.preventDefault();
      active += event.key === "ArrowDown" ? 1 : -1;
      if (active === count) active = 0;
      showActive();
    }
  }, { signal });
  input.addEventListener("scroll", () => { mirror.scrollTop = input.scrollTop; }, { signal });
  list.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "mouse") event.preventDefault(); // the field keeps the focus
  }, { signal });
  list.addEventListener("click", (event) => {
    const i = options.indexOf(event.target);
    if (i >= 0) choose(i);
  }, { signal });
  more.addEventListener("click", () => unfold(!open), { signal });
  clear.addEventListener("click", () => {
    show("");
    on.change("");
    input.focus();
  }, { signal });

  function show(text) {
    input.value = text;
  }

  return {
    node, label, input, mark, shade, offer, show,
    /** Say whether what stands there can be translated. @param {boolean} wrong @param {string} by the id of the reason */
    judge: (wrong, by) => setAttributes(input, { "aria-invalid": wrong ? "true" : null, "aria-describedby": by }),
  };
}
