// The parts of DecoderStep: the sentences, the pipeline, a source word, the next words.
import { ranked, scoreText, share, wordText } from "./decoder_step_state.js";
import { createNumbers, createStrip, formula, updateNumbers } from "./decoder_step_strip.js";
import { element, setAttributes, setData, setText, uid } from "./shared.js";

const TEXT = {
  own: "own weights",
  yours: "your weights",
  ownWords: "What the model writes with its own weights",
  yoursWords: (t) => `What it writes with your weights at step ${t}, and its own after it`,
  hint: "Move a weight below, and the model writes on from there.",
  cut: "…",
  step: "step ",
  stepName: "Step: which word is being predicted",
  back: "Step back",
  on: "Step on",
  of: (t, T) => `${t} of ${T}`,
  predicting: (t, T, word) => `${t} of ${T}, the own word is ${word}`,
  pieceName: "Piece of the step",
  pieceBack: "Piece back",
  pieceOn: "Piece on",
  pieces: ["decode", "scores", "weights", "value", "join, tanh", "predict"],
  piece: (k, name) => `(${k}) ${name}`,
  shape: (...sizes) => `(${sizes.join(", ")})`,
  to: " → ",
  times: " · ",
  word: (i, word) => `All weight on word ${i + 1}, ${word}`,
  weight: (i, word) => `Weight of word ${i + 1}, ${word}`,
  others: (count) => `${count} other words`,
  nextWord: "next word",
  probability: "probability",
  ownProbability: "its own",
};
const SYMBOLS = ["s_{t}", "e_{t}", "α_{t}", "a_{t}", "s̃_{t}", "logits"];
// An outline narrower than this is a line that says nothing.
const SEEN = 0.01;
const EQUATIONS = [
  "s_{t} = cell([y_{t−1}; s̃_{t−1}], s_{t−1})",
  "e_{t,i} = s_{t} · h_{i}",
  "α_{t} = softmax(e_{t})",
  "a_{t} = Σ_{i} α_{t,i} h_{i}",
  "s̃_{t} = tanh(W_{c} [a_{t}; s_{t}] + b_{c})",
  "logits_{t} = W s̃_{t} + b",
];

/** Buttons back and on around a control. */
function stepper(back, on, control, kind) {
  const button = (name, text) => element("button", { class: "wa-button wa-decoder-arrow", type: "button", "aria-label": name }, text);
  const [before, after] = [button(back, "‹"), button(on, "›")];
  return { node: element("div", { class: `wa-decoder-stepper wa-decoder-${kind}` }, before, control, after), before, after };
}

/** The slider over the steps. */
export function createSteps() {
  const id = uid("wa-step");
  const slider = element("input", { class: "wa-slider wa-decoder-t", type: "range", id, min: 1, step: 1, "aria-label": TEXT.stepName });
  const where = element("output", { class: "wa-decoder-where", for: id });
  const { node, before, after } = stepper(TEXT.back, TEXT.on, slider, "steps");
  node.prepend(element("label", { for: id }, TEXT.step, element("i", { class: "wa-symbol" }, "t")));
  node.append(where);
  function update(model, { steps }, { t }) {
    setAttributes(slider, { max: steps.length, "aria-valuetext": TEXT.predicting(t, steps.length, wordText(model, steps[t - 1].best)) });
    slider.value = t;
    setText(where, TEXT.of(t, steps.length));
    setAttributes(before, { "aria-disabled": t === 1 ? "true" : null });
    setAttributes(after, { "aria-disabled": t === steps.length ? "true" : null });
  }
  return { node, slider, before, after, update };
}

/** The two sentences: what the model writes, and what it writes with weights set by hand. */
export function createLines() {
  const own = element("ol", { class: "wa-decoder-words wa-decoder-own-words", "aria-label": TEXT.ownWords });
  const yours = element("ol", { class: "wa-decoder-words wa-decoder-your-words" });
  const hint = element("p", { class: "wa-decoder-hint" }, TEXT.hint);
  const node = element("div", { class: "wa-decoder-lines" }, element("span", { class: "wa-decoder-line-label" }, TEXT.own), own,
    element("span", { class: "wa-decoder-line-label" }, TEXT.yours), yours, hint);

  /** Nodes are kept and reused: a slider changes these words many times a second. */
  function fill(list, texts, t, others) {
    while (list.children.length < texts.length) list.append(element("li", { "data-t": list.children.length + 1 }));
    texts.forEach((text, i) => {
      const word = list.children[i];
      setText(word, text);
      setAttributes(word, { class: i + 1 === t ? "wa-decoder-now" : i + 1 < t ? "wa-decoder-past" : null, "aria-current": i + 1 === t ? "step" : null });
      word.classList.toggle("wa-decoder-changed", text !== others[i]);
      word.hidden = false;
    });
    for (let i = texts.length; i < list.children.length; i++) list.children[i].hidden = true;
  }

  const written = (model, { most }, steps) => {
    const texts = steps.map(({ best }) => wordText(model, best));
    return steps.length === most && model.targetWords[steps.at(-1).best] !== "<eos>" ? [...texts, TEXT.cut] : texts;
  };

  function update(model, prepared, { t, override }, by) {
    const { steps } = prepared;
    const ownTexts = written(model, prepared, steps);
    fill(own, ownTexts, t, ownTexts);
    hint.hidden = Boolean(override);
    yours.hidden = !override;
    if (!override) return;
    fill(yours, written(model, prepared, [...steps.slice(0, t - 1), by.yours, ...by.rest]), t, ownTexts);
    setAttributes(yours, { "aria-label": TEXT.yoursWords(t) });
  }
  return { node, own, yours, update };
}

/** The pipeline: six pieces in a row, and over them a slider whose thumb frames the present one. */
export function createPipeline() {
  const shapes = TEXT.pieces.map(() => element("span", { class: "wa-decoder-shape" }));
  const chips = TEXT.pieces.map((name, k) => element("li", { class: `wa-decoder-chip wa-decoder-chip-${k}` },
    element("span", { class: "wa-decoder-name" }, element("span", {}, `(${k})`), element("span", {}, ` ${name}`)),
    element("span", { class: "wa-decoder-tensor" }, formula(SYMBOLS[k]), shapes[k])));
  const slider = element("input", { class: "wa-decoder-piece", type: "range", min: 0, max: chips.length - 1, step: 1, "aria-label": TEXT.pieceName });
  const track = element("div", { class: "wa-decoder-track" }, element("ol", { class: "wa-decoder-chips", "aria-hidden": "true" }, ...chips), slider);
  const { node, before, after } = stepper(TEXT.pieceBack, TEXT.pieceOn, track, "pieces");

  const products = TEXT.pieces.map(() => element("span", { class: "wa-decoder-product" }));
  const equations = EQUATIONS.map((text, k) => element("div", { class: "wa-decoder-equation" }, formula(text), products[k]));

  function update(model, prepared, { t, piece }, shown) {
    const [S, H, V] = [prepared.words.length, shown.s.length, shown.logits.length];
    const E = model.weights["decoder.recurrent.cell.input_weight"].shape[1];
    const sizes = [[H], [S], [S], [H], [H], [V]];
    const inputs = [[[E], [H]], [[S, H], [H]], [[S]], [[S], [S, H]], [[H, 2 * H], [2 * H]], [[V, H], [H]]];
    slider.value = piece;
    setAttributes(slider, { "aria-valuetext": TEXT.piece(piece, TEXT.pieces[piece]) });
    chips.forEach((chip, k) => {
      setText(shapes[k], TEXT.shape(...sizes[k]));
      chip.classList.toggle("wa-decoder-pending", k > piece);
      chip.classList.toggle("wa-decoder-active", k === piece);
      equations[k].hidden = k !== piece;
      setText(products[k], inputs[k].map((one) => TEXT.shape(...one)).join(k === 0 ? ", " : TEXT.times) + TEXT.to + TEXT.shape(...sizes[k]));
    });
    setAttributes(before, { "aria-disabled": t === 1 && piece === 0 ? "true" : null });
    setAttributes(after, { "aria-disabled": t === prepared.steps.length && piece === chips.length - 1 ? "true" : null });
  }
  return { node, equations, slider, before, after, update };
}

/**
 * One source word: its state, its score, and its weight, which can be moved.
 * @param {number} i its place
 * @param {{slide: (i: number, weight: number) => void, release: () => void, all: (i: number) => void}} on
 * @param {AbortSignal} signal ends with the row or the widget
 */
export function createRow(i, on, signal) {
  const word = element("button", { class: "wa-button wa-decoder-word", type: "button" });
  const strip = createStrip(["state"]);
  const numbers = createNumbers("state");
  const scoreBar = element("span", { class: "wa-decoder-bar" });
  const score = element("data", { class: "wa-decoder-score" });
  const fill = element("span", { class: "wa-decoder-fill" });
  const ghost = element("span", { class: "wa-decoder-ghost" });
  const slider = element("input", { class: "wa-decoder-slider", type: "range", min: 0, max: 1, step: 0.01 });
  const weight = element("data", { class: "wa-decoder-weight" });
  const node = element("li", { class: "wa-decoder-row" },
    element("div", { class: "wa-decoder-label" }, word, element("span", { class: "wa-decoder-index", "aria-hidden": "true" }, formula(`h_{${i + 1}}`))),
    element("div", { class: "wa-decoder-h" }, strip.node, numbers),
    element("div", { class: "wa-decoder-e" }, element("span", { class: "wa-decoder-score-track", "aria-hidden": "true" }, scoreBar), score),
    element("div", { class: "wa-decoder-alpha" }, element("span", { class: "wa-decoder-rail" }, fill, ghost), slider),
    element("div", { class: "wa-decoder-reading" }, weight));

  word.addEventListener("click", () => on.all(i), { signal });
  slider.addEventListener("input", () => on.slide(i, Number(slider.value)), { signal });
  slider.addEventListener("change", () => on.release(), { signal });

  /** What stays while the steps pass. */
  function read({ words, states }) {
    setText(word, words[i]);
    setAttributes(word, { "aria-label": TEXT.word(i, words[i]), title: TEXT.word(i, words[i]) });
    setAttributes(slider, { "aria-label": TEXT.weight(i, words[i]) });
    strip.update([states[i]]);
    updateNumbers(numbers, states[i]);
  }

  function update({ scoreRange: [low, high] }, own, shown, override) {
    const at = (number) => (100 * (number - low)) / (high - low || 1);
    const e = own.scores[i];
    scoreBar.style.left = `${at(Math.min(0, e))}%`;
    scoreBar.style.width = `${at(Math.max(0, e)) - at(Math.min(0, e))}%`;
    setData(score, e, scoreText(e));
    const alpha = shown.weights[i];
    fill.style.width = `${100 * alpha}%`;
    ghost.style.width = `${100 * own.weights[i]}%`;
    ghost.hidden = !override || own.weights[i] < SEEN;
    if (Number(slider.value) !== alpha) slider.value = alpha;
    setAttributes(slider, { "aria-valuetext": share(alpha) });
    setData(weight, alpha, share(alpha));
    strip.bars[0].style.setProperty("--wa-part", 0.3 + 0.7 * alpha);
    setAttributes(word, { "aria-pressed": override && alpha === 1 ? "true" : "false" });
  }
  return { node, read, update };
}

/** The next words: the model's own first, then the most probable others, with outlines for its own probabilities. */
export function createPrediction(count) {
  const rows = Array.from({ length: count }, () => {
    const parts = {
      word: element("span", { class: "wa-decoder-next" }), fill: element("span", { class: "wa-decoder-fill" }),
      ghost: element("span", { class: "wa-decoder-ghost" }), p: element("data", { class: "wa-decoder-p" }), own: element("data", { class: "wa-decoder-own-p" }),
    };
    const rail = element("span", { class: "wa-decoder-rail", "aria-hidden": "true" }, parts.fill, parts.ghost);
    return { ...parts, node: element("li", { class: "wa-decoder-guess" }, parts.word, rail, parts.p, parts.own) };
  });
  const others = element("span", { class: "wa-decoder-next wa-decoder-others" });
  const [restP, restOwn] = [element("data", { class: "wa-decoder-p" }), element("data", { class: "wa-decoder-own-p" })];
  const logits = createNumbers("logits");
  const node = element("div", { class: "wa-decoder-prediction" },
    element("div", { class: "wa-decoder-guess wa-decoder-guess-head" }, element("span", {}, TEXT.nextWord), element("span", {}, TEXT.probability),
      element("span", { class: "wa-decoder-own-head" }, TEXT.ownProbability)),
    element("ol", { class: "wa-decoder-guesses" }, ...rows.map((row) => row.node),
      element("li", { class: "wa-decoder-guess" }, others, restP, restOwn)), logits);

  function update(model, own, shown, override) {
    const best = ranked(own.probabilities, shown.probabilities);
    rows.forEach((row, n) => {
      const k = best[n];
      const [p, q] = [shown.probabilities[k], own.probabilities[k]];
      setText(row.word, wordText(model, k));
      row.node.classList.toggle("wa-decoder-said", k === shown.best);
      row.fill.style.width = `${100 * p}%`;
      row.ghost.style.width = `${100 * q}%`;
      row.ghost.hidden = !override || q < SEEN;
      setData(row.p, p, share(p));
      setData(row.own, q, share(q));
      setAttributes(row.p, { "data-word": model.targetWords[k] });
    });
    const rest = (all) => best.reduce((left, k) => left - all[k], 1);
    setText(others, TEXT.others(model.targetWords.length - best.length));
    for (const [data, all] of [[restP, shown.probabilities], [restOwn, own.probabilities]]) {
      const left = Math.max(0, rest(all));
      setData(data, left, share(left));
    }
    node.classList.toggle("wa-decoder-overridden", Boolean(override));
    updateNumbers(logits, shown.logits);
  }
  return { node, update };
}
