// One word of Scores: its score, its two bars, its mask.
import { moveSlider, numberField } from "./fields.js";
import { formatWeight } from "./formatting.js";
import { numberProblem, weightText } from "./scores_state.js";
import { element, setAttributes, setData, setText, uid } from "./shared.js";

const TEXT = {
  word: (i, word) => `Word ${i + 1}, ${word}`,
  score: (i, word) => `Score of word ${i + 1}, ${word}`,
  typed: (i, word) => `Score of word ${i + 1}, ${word}, typed`,
  attend: "attend",
  attended: (i, word) => `Word ${i + 1}, ${word}, may be attended`,
  remove: (i, word) => `Remove word ${i + 1}, ${word}`,
  weight: "softmax ",
  quotient: "divided ",
  masked: "masked",
  none: "undefined",
};

/** The axis of the bars: 0 to 1 for weights, and room on both sides for what is none. */
export function barAxis(broken) {
  const [low, high] = broken ? [-1, 2] : [0, 1];
  return { low, high, at: (number) => (100 * (Math.min(high, Math.max(low, number)) - low)) / (high - low) };
}

/**
 * @param {number} i the row's place; rows stay, words move through them
 * @param {object} on what the reader may do: slide, type, step, mask, remove, refuse
 * @param {AbortSignal} signal ends with the row or the widget
 */
export function createRow(i, on, signal) {
  const id = uid("wa-score");
  const word = element("bdi");
  const label = element("label", { class: "wa-word", for: id }, word);
  const slider = element("input", { class: "wa-slider", type: "range", id });
  const field = numberField({
    label: "", problem: (text) => numberProblem(text, "score"), refuse: on.refuse, signal,
    take: (score) => on.type(i, score), step: (direction) => on.step(i, direction),
  });
  const bars = ["weight", "sum"].map((kind) => element("span", { class: `wa-bar wa-bar-${kind}` }));
  const tracks = element("div", { class: "wa-bars", "aria-hidden": "true" },
    ...bars.map((bar) => element("div", { class: "wa-track" }, bar)));
  const weight = element("data", { class: "wa-weight" });
  const quotient = element("data", { class: "wa-sum" });
  const reading = (text, data) => element("div", { class: "wa-reading" }, element("span", { class: "wa-hidden" }, text), data);
  const attend = element("input", { class: "wa-mask", type: "checkbox" });
  const remove = element("button", { class: "wa-button wa-remove", type: "button" }, "×");
  const node = element("li", { class: "wa-row", "data-index": i }, label, slider, field.input, tracks,
    element("div", { class: "wa-readings" }, reading(TEXT.weight, weight), reading(TEXT.quotient, quotient)),
    element("label", { class: "wa-attend" }, attend, element("span", {}, TEXT.attend)), remove);

  slider.addEventListener("input", () => on.slide(i, Number(slider.value)), { signal });
  slider.addEventListener("change", () => on.release(), { signal });
  attend.addEventListener("change", () => on.mask(i, attend.checked), { signal });
  remove.addEventListener("click", () => on.remove(i), { signal });

  function name(text) {
    setText(word, text);
    setAttributes(label, { title: text });
    setAttributes(slider, { "aria-label": TEXT.score(i, text) });
    setAttributes(field.input, { "aria-label": TEXT.typed(i, text) });
    setAttributes(attend, { "aria-label": TEXT.attended(i, text) });
    setAttributes(remove, { "aria-label": TEXT.remove(i, text) });
  }

  function fill(bar, axis, number) {
    const [from, to] = [axis.at(Math.min(0, number)), axis.at(Math.max(0, number))];
    bar.style.left = `${from}%`;
    bar.style.width = `${to - from}%`;
    bar.classList.toggle("wa-beyond", number < axis.low || number > axis.high);
    bar.classList.toggle("wa-none", number === 0);
  }

  /** @param {boolean} force whether a number that is being typed gives way too */
  function update(state, derived, limits, axis, force) {
    const [score, attended] = [state.scores[i], state.mask[i]];
    name(state.words[i]);
    setAttributes(slider, { min: -limits.bound, max: limits.bound, step: limits.step });
    moveSlider(slider, score);
    slider.style.setProperty("--wa-at", `${50 + (50 * score) / limits.bound}%`);
    field.show(score, force);
    attend.checked = attended;
    node.classList.toggle("wa-masked", !attended);
    const divided = derived.quotients?.[i] ?? null;
    setData(weight, derived.weights[i], attended ? weightText(derived.weights[i]) : TEXT.masked);
    setData(quotient, attended ? divided : derived.quotients && 0,
      !attended ? TEXT.masked : divided === null ? TEXT.none : formatWeight(divided));
    fill(bars[0], axis, derived.weights[i]);
    fill(bars[1], axis, divided ?? 0);
  }

  return { node, update, slider, field: field.input, remove };
}

/** What a screen reader hears of a word after its score moved. */
export function rowSummary(i, state, derived) {
  const divided = derived.quotients ? formatWeight(derived.quotients[i]) : TEXT.none;
  const readings = `${TEXT.weight}${weightText(derived.weights[i])}, ${TEXT.quotient}${divided}`;
  return `${TEXT.word(i, state.words[i])}: ${state.mask[i] ? readings : TEXT.masked}.`;
}
