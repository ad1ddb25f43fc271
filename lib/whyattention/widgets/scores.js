// Scores: softmax beside dividing by the sum, and the weighted sum of hidden states that comes of each.
import { sliderLimits } from "./arithmetic.js";
import { createPresets } from "./choices.js";
import { numberField } from "./fields.js";
import { formatNumber } from "./formatting.js";
import { createPlane, pointText } from "./plane.js";
import { createRows } from "./rows.js";
import { barAxis, createRow, rowSummary } from "./scores_row.js";
import { derive, effect, finding, numberProblem, stateProblem, withoutWord, withWords, wordsProblem } from "./scores_state.js";
import { announcer, createAlert, element, figure, setAttributes, setData, setText, symbol, uid } from "./shared.js";
import { followState } from "./state.js";

const TEXT = {
  widget: "Scores and the weights made of them",
  examples: "Scores to start from",
  presets: {
    "worked-example": "40, 20, 20, 320",
    logarithms: "ln 2, 0, 0, ln 16",
    negative: "a negative score",
    tie: "a tie",
    extreme: "an extreme score",
  },
  word: "word",
  score: "score ",
  softmax: "softmax ",
  sum: "divided by the sum ",
  newWord: "Add a word",
  add: "Add",
  added: (words) => `Added ${words.join(" ")}.`,
  removed: (word) => `Removed ${word}.`,
  shift: (by) => `Add ${by} to every score`,
  scale: "Double every score",
  effectSoftmax: "softmax ",
  effectSum: "dividing by the sum ",
  temperature: "temperature ",
  temperatureTyped: "Temperature, typed",
  value: "with softmax",
  sumValue: "dividing by the sum",
  inside: "always inside the hull of the states",
  within: "inside the hull, this time",
  outside: "outside the hull of the states",
  undefinedValue: "undefined",
};

const { LIMITS, PRESETS } = CONSTANTS;
const KEYS = ["words", "scores", "states", "mask", "temperature", "show_states"];
const SHIFT = 10;

function build(root, model, signal) {
  let state = null;
  let derived, limits;
  let sliding = false;

  // ---- what is on the page ----
  const presets = createPresets(TEXT.examples, TEXT.presets, (name) => {
    const { words, scores } = PRESETS[name];
    const same = JSON.stringify(words) === JSON.stringify(state.words);
    apply({ ...begun(words, scores), ...(same && { states: state.states }) }, { force: true, range: "fit" });
  }, signal);
  const sentence = element("p", { class: "wa-finding" });
  const ticks = [-1, 0, 1, 2].map((number) => element("span", { class: "wa-axis-tick" }, formatNumber(number)));
  const list = element("ol", { class: "wa-rows" });
  const wordId = uid("wa-word");
  const newWord = element("input", { class: "wa-new-word", type: "text", id: wordId, autocomplete: "off", spellcheck: "false" });
  const addForm = element("form", { class: "wa-add", novalidate: true },
    element("label", { for: wordId }, TEXT.newWord), newWord, element("button", { class: "wa-button", type: "submit" }, TEXT.add));
  const shift = element("button", { class: "wa-button wa-shift", type: "button" }, TEXT.shift(SHIFT));
  const scale = element("button", { class: "wa-button wa-scale", type: "button" }, TEXT.scale);
  const moved = element("p", { class: "wa-effect", hidden: true });
  const { message, refuse } = createAlert();
  const { live, announce } = announcer(signal);

  const temperatureId = uid("wa-temperature");
  const temperature = element("input", {
    class: "wa-slider wa-temperature", type: "range", id: temperatureId, step: 0.05,
    min: Math.log10(LIMITS.temperature[0]), max: Math.log10(LIMITS.temperature[1]),
  });
  const temperatureField = numberField({
    label: TEXT.temperatureTyped, problem: (text) => numberProblem(text, "temperature"), refuse, signal,
    take: (number) => apply({ temperature: number }),
    step: (direction) => apply({ temperature: fromLog(Math.log10(state.temperature) + 0.05 * direction) }, { force: true }),
  });

  const plane = createPlane();
  const value = element("data", { class: "wa-value" });
  const sumValue = element("data", { class: "wa-sum-value" });
  const verdict = element("span", { class: "wa-verdict" });
  const key = (kind, title, data, note) => element("div", { class: `wa-key wa-key-${kind}` },
    element("span", { class: "wa-mark", "aria-hidden": "true" }),
    element("div", {}, element("div", {}, symbol("a"), ` ${title}`), element("div", {}, data), element("div", { class: "wa-note" }, note)));
  root.append(
    presets.node, sentence,
    element("div", { class: "wa-head" },
      element("span", { class: "wa-head-score" }, TEXT.score, symbol("e")),
      element("div", { class: "wa-axis", "aria-hidden": "true" }, ...ticks),
      element("div", { class: "wa-head-weights" },
        legend("weight", TEXT.softmax, symbol("α")), legend("sum", TEXT.sum, symbol("e"), " ∕ Σ", symbol("e")))),
    list, message,
    element("div", { class: "wa-tools" }, addForm, element("div", { class: "wa-moves" }, shift, scale), moved),
    element("div", { class: "wa-lower" }, plane.node,
      element("div", { class: "wa-panel" },
        key("value", TEXT.value, value, TEXT.inside), key("sum", TEXT.sumValue, sumValue, verdict),
        element("div", { class: "wa-heat" }, element("label", { for: temperatureId }, TEXT.temperature, symbol("τ")),
          temperature, temperatureField.input))),
    live);

  // ---- from a state to the page ----
  const at = (name, preset) => JSON.stringify(state[name]) === JSON.stringify(preset[name]);

  function refresh(force) {
    derived = derive(state);
    const axis = barAxis(derived.broken);
    fit(state.words.length);
    for (const row of rows) row.update(state, derived, limits, axis, force);
    root.classList.toggle("wa-broken", derived.broken);
    root.style.setProperty("--wa-zero", `${axis.at(0)}%`);
    root.style.setProperty("--wa-one", `${axis.at(1)}%`);
    ticks.forEach((tick, i) => {
      tick.hidden = i - 1 < axis.low || i - 1 > axis.high;
      tick.style.left = `${axis.at(i - 1)}%`;
    });
    const plain = state.mask.every(Boolean) && state.temperature === 1;
    presets.show(Object.keys(PRESETS).find((name) => plain && at("words", PRESETS[name]) && at("scores", PRESETS[name])));
    setText(sentence, finding(state, derived));
    temperature.value = Math.log10(state.temperature);
    setAttributes(temperature, { "aria-valuetext": formatNumber(state.temperature) });
    temperatureField.show(state.temperature, force);
    root.classList.toggle("wa-plain", model.get("show_states") === false);
    plane.update(state, derived);
    setData(value, derived.value.join(" "), pointText(derived.value));
    setData(sumValue, derived.sumValue && derived.sumValue.join(" "), derived.sumValue ? pointText(derived.sumValue) : TEXT.undefinedValue);
    setText(verdict, derived.sumValue ? (derived.inside ? TEXT.within : TEXT.outside) : "");
  }

  // ---- from the reader to the state ----
  /** Takes a change if it is good, else says why not. @returns {boolean} */
  function apply(change, { force = false, range = "grow", keepMoved = false } = {}) {
    const next = { ...state, ...change };
    const problem = stateProblem(next);
    refuse(problem);
    if (!problem) {
      state = next;
      fitRange(range);
      if (!keepMoved) moved.hidden = true;
      write(change);
    }
    refresh(force);
    if (!problem) announce(sentence.textContent);
    return !problem;
  }

  /** The sliders' range: kept while sliding, grown for a typed number, made to measure for new scores. */
  function fitRange(range) {
    const fitting = sliderLimits(state.scores, LIMITS.score);
    if (!limits || range === "fit" || (range === "grow" && fitting.bound > limits.bound)) limits = fitting;
  }

  const withScore = (i, score) => ({ scores: state.scores.with(i, score) });
  const actions = {
    refuse,
    slide(i, score) {
      sliding = true;
      if (apply(withScore(i, score), { range: "keep" })) announce(rowSummary(i, state, derived));
    },
    release() {
      sliding = false;
      fitRange("grow");
      refresh(false);
    },
    type(i, score) {
      if (score === state.scores[i]) refuse(null);
      else if (apply(withScore(i, score))) announce(rowSummary(i, state, derived));
    },
    step(i, direction) {
      const score = Number((state.scores[i] + direction * limits.step * 10).toPrecision(12));
      if (apply(withScore(i, score), { force: true })) announce(rowSummary(i, state, derived));
    },
    mask(i, attended) {
      apply({ mask: state.mask.with(i, attended) });
    },
    remove(i) {
      const word = state.words[i];
      const { words, scores, states, mask } = withoutWord(state, i);
      if (!apply({ words, scores, states, mask }, { force: true })) return;
      rows[Math.min(i, rows.length - 1)].remove.focus();
      announce(TEXT.removed(word));
    },
  };

  const { rows, fit } = createRows(list, (i, life) => createRow(i, actions, life), signal);

  function move(kind, change) {
    const before = derived;
    if (!apply({ scores: state.scores.map(change) }, { force: true, range: "fit", keepMoved: true })) return;
    const { softmax, sum } = effect(before, derived, kind);
    moved.replaceChildren(legend("weight", `${TEXT.effectSoftmax}${softmax}`), legend("sum", `${TEXT.effectSum}${sum}`));
    moved.hidden = false;
    announce(`${TEXT.effectSoftmax}${softmax}, ${TEXT.effectSum}${sum}.`);
  }

  shift.addEventListener("click", () => move("shift", (score) => score + SHIFT), { signal });
  scale.addEventListener("click", () => move("scale", (score) => 2 * score), { signal });
  temperature.addEventListener("input", () => apply({ temperature: fromLog(Number(temperature.value)) }), { signal });
  addForm.addEventListener("submit", (event) => {
    event.preventDefault();
    const words = newWord.value.trim().split(/\s+/).filter(Boolean);
    const problem = wordsProblem(words, state.words.length);
    if (problem) return refuse(problem);
    const { words: all, scores, states, mask } = withWords(state, words);
    if (!apply({ words: all, scores, states, mask }, { force: true })) return;
    newWord.value = "";
    announce(TEXT.added(words));
  }, { signal });

  // ---- from the model to the state ----
  function take(next, problem) {
    if (!problem) {
      state = next;
      fitRange(sliding ? "keep" : "fit");
    } else if (!state) {
      const { words, scores } = PRESETS["worked-example"];
      state = begun(words, scores);
      fitRange("fit");
    }
    moved.hidden = true;
    refresh(!problem && !sliding);
    refuse(problem);
  }

  const { read, write } = followState(model, KEYS, stateProblem, take, signal);
  read();
}

/** The state of an example: drawn states, no mask, no temperature. */
function begun(words, scores) {
  return { words, scores, states: CONSTANTS.FAN.slice(0, words.length), mask: words.map(() => true), temperature: 1 };
}

/** Words beside the mark of the bars that they speak of. */
function legend(kind, ...words) {
  return element("span", { class: "wa-legend" }, element("span", { class: `wa-swatch wa-bar-${kind}` }), element("span", {}, ...words));
}

/** A temperature from the slider's logarithm, to three digits, so that T = 2 can be had. */
function fromLog(logarithm) {
  const [low, high] = LIMITS.temperature;
  return Math.min(high, Math.max(low, Number((10 ** logarithm).toPrecision(3))));
}

export default { render: figure("scores", TEXT.widget, build) };
