// DecoderStep: one step of the trained translator in its pieces; the reader may set its attention weights by hand.
import { createLines, createPipeline, createPrediction, createRow, createSteps } from "./decoder_step_parts.js";
import { allOn, evenly, finding, overridden, prepare, renormalized, sentenceProblem, stateProblem } from "./decoder_step_state.js";
import { createNumbers, createStrip, decimals, formula, updateNumbers } from "./decoder_step_strip.js";
import { createRows } from "./rows.js";
import { announcer, asset, createAlert, element, figure, setAttributes, setText, uid } from "./shared.js";
import { followState } from "./state.js";
import { unpack } from "./translation.js";

const TEXT = {
  widget: "One decoding step, and its attention weights to set by hand",
  sentence: "sentence",
  loading: "The trained translator is being loaded.",
  missing: "The trained translator did not arrive: run this cell with a kernel, or open the page of the book.",
  states: "encoder states ",
  scores: "scores ",
  weights: "weights ",
  state: "decoder state: it asks",
  value: "attention value: the states, mixed",
  joined: "found, and who asked, end to end",
  attentional: "attentional state; also fed on",
  legend: "Each strip is a vector, each bar one number from −1 to 1. Pale and dashed: with the model's own weights.",
  all: "Click a word to put all weight on it.",
  own: "the model's own",
  even: "all equal",
  vectors: "vectors",
  first: (numbers) => `= (${numbers.join(", ")}, …)`,
};

const { DEFAULT, PIECES, SENTENCES } = CONSTANTS;
const KEYS = ["sentence", "t", "piece", "override"];
const GUESSES = 6;

function build(root, traits, signal) {
  let model, prepared, state, by, base, write;

  // ---- what is on the page ----
  const id = uid("wa-sentence");
  const select = element("select", { class: "wa-decoder-select", id, "data-lm-suppress-shortcuts": true });
  const steps = createSteps();
  const lines = createLines();
  const sentence = element("p", { class: "wa-finding" }, TEXT.loading);
  const pipeline = createPipeline();
  const firstNumbers = element("span", { class: "wa-decoder-first" });
  const strips = {
    s: createStrip(["query"]), value: createStrip(["value"]), joined: createStrip(["value", "query"]), attentional: createStrip(["attentional"]),
  };
  const numbers = Object.fromEntries(Object.keys(strips).map((name) => [name, createNumbers(name)]));
  const list = element("ol", { class: "wa-decoder-rows" });
  const ownButton = element("button", { class: "wa-button wa-decoder-own", type: "button" }, TEXT.own);
  const evenButton = element("button", { class: "wa-button wa-decoder-even", type: "button" }, TEXT.even);
  // On a narrow page, where vectors make the figure long, those of other pieces are folded away.
  const unfold = element("button", { class: "wa-button wa-decoder-unfold", type: "button", "aria-expanded": "false" }, TEXT.vectors);
  const prediction = createPrediction(GUESSES);
  const { message, refuse } = createAlert();
  const { live, announce } = announcer(signal);

  const vector = (name, symbol, text) => element("div", { class: `wa-decoder-vector wa-decoder-vector-${name}` },
    element("div", { class: "wa-decoder-label" }, formula(symbol)), element("div", { class: "wa-decoder-h" }, strips[name].node, numbers[name]),
    element("div", { class: "wa-decoder-note" }, text));
  const body = element("div", { class: "wa-decoder-body", hidden: true },
    pipeline.node,
    element("div", { class: "wa-decoder-detail" }, ...pipeline.equations, firstNumbers),
    vector("s", "s_{t}", TEXT.state),
    element("div", { class: "wa-decoder-row wa-decoder-head" }, element("div"), element("div", { class: "wa-decoder-h" }, TEXT.states, formula("h_{i}")),
      element("div", { class: "wa-decoder-e" }, TEXT.scores, formula("e_{t,i}")), element("div", { class: "wa-decoder-alpha" }, TEXT.weights, formula("α_{t,i}")),
      element("div", { class: "wa-decoder-reading" })),
    list,
    element("div", { class: "wa-decoder-tools" }, element("span", {}, TEXT.all), element("div", { class: "wa-presets" }, ownButton, evenButton, unfold)),
    element("div", { class: "wa-decoder-lower" },
      element("div", { class: "wa-decoder-made" }, vector("value", "a_{t}", TEXT.value), vector("joined", "[a_{t}; s_{t}]", TEXT.joined),
        vector("attentional", "s̃_{t}", TEXT.attentional)),
      prediction.node),
    element("p", { class: "wa-decoder-legend" }, TEXT.legend));
  const choice = element("div", { class: "wa-decoder-choice" }, element("label", { for: id, class: "wa-hidden" }, TEXT.sentence), select);
  const head = element("div", { hidden: true }, element("div", { class: "wa-decoder-top" }, choice, steps.node), lines.node);
  root.append(head, sentence, message, body, live);

  // ---- from a state to the page ----
  function refresh() {
    const own = prepared.steps[state.t - 1];
    by = state.override && overridden(model, prepared, state.t, state.override);
    const shown = by ? by.yours : own;
    steps.update(model, prepared, state);
    lines.update(model, prepared, state, by);
    pipeline.update(model, prepared, state, shown);
    setAttributes(root, { "data-piece": state.piece });
    root.style.setProperty("--wa-zero", `${(100 * -prepared.scoreRange[0]) / (prepared.scoreRange[1] - prepared.scoreRange[0] || 1)}%`);
    for (const row of rows) row.update(prepared, own, shown, state.override);
    strips.s.update([shown.s]);
    strips.value.update([shown.value], by && own.value);
    strips.joined.update([shown.value, shown.s]);
    strips.attentional.update([shown.attentional], by && own.attentional);
    for (const [name, data] of Object.entries(numbers)) updateNumbers(data, shown[name]);
    prediction.update(model, own, shown, state.override);
    // Scores and weights all stand in the rows.
    const tensor = [shown.s, null, null, shown.value, shown.attentional, shown.logits][state.piece];
    setText(firstNumbers, tensor ? TEXT.first(Array.from(tensor.slice(0, 4), decimals)) : "");
    setAttributes(ownButton, { "aria-current": state.override ? null : "true" });
    const even = evenly(prepared.words.length);
    setAttributes(evenButton, { "aria-current": String(state.override) === String(even) ? "true" : null });
    setText(sentence, finding(model, prepared, state, shown));
  }

  /** A sentence takes its place: one row a word, and a choice that names it. */
  function seat() {
    fit(prepared.words.length);
    for (const row of rows) row.read(prepared);
    const offered = [...new Set([...SENTENCES, prepared.sentence])];
    if (offered.join("\n") !== [...select.options].map((one) => one.value).join("\n")) {
      select.replaceChildren(...offered.map((text) => element("option", { value: text }, text)));
    }
    select.value = prepared.sentence;
  }

  // ---- from the reader to the state ----
  function apply(change) {
    if (change.sentence && change.sentence !== state.sentence) {
      prepared = prepare(model, change.sentence);
      seat();
    }
    state = { ...state, ...change };
    refuse(null);
    write(change);
    refresh();
    announce(sentence.textContent);
  }

  /** Another step begins with weights of its own. */
  function go(t, piece) {
    base = null;
    apply(t === state.t ? { piece } : { t, piece, override: null });
  }

  /** Weights set by hand are seen in what they lead to: the step runs to its end. */
  function weigh(override) {
    apply({ override, piece: PIECES - 1 });
  }

  const actions = {
    slide(i, weight) {
      // From where the hand began: who goes to 1 and back finds the others as they were.
      base ??= state.override ?? prepared.steps[state.t - 1].weights;
      weigh(renormalized(base, i, weight));
    },
    release() {
      base = null;
    },
    all(i) {
      base = null;
      weigh(allOn(prepared.words.length, i));
    },
  };

  const { rows, fit } = createRows(list, (i, life) => createRow(i, actions, life), signal);

  function walk(direction) {
    const place = (state.t - 1) * PIECES + state.piece + direction;
    if (place >= 0 && place < prepared.steps.length * PIECES) go(1 + Math.floor(place / PIECES), place % PIECES);
  }

  const walkSteps = (direction) => {
    const t = state.t + direction;
    if (t >= 1 && t <= prepared.steps.length) go(t, state.piece);
  };

  const listen = (node, kind, act) => node.addEventListener(kind, act, { signal });
  listen(select, "change", () => {
    base = null;
    apply({ sentence: select.value, t: 1, override: null });
  });
  listen(steps.slider, "input", () => go(Number(steps.slider.value), state.piece));
  listen(steps.before, "click", () => walkSteps(-1));
  listen(steps.after, "click", () => walkSteps(1));
  listen(pipeline.slider, "input", () => go(state.t, Number(pipeline.slider.value)));
  listen(pipeline.before, "click", () => walk(-1));
  listen(pipeline.after, "click", () => walk(1));
  listen(lines.own, "click", ({ target }) => {
    const t = Number(target.dataset.t);
    if (t >= 1 && t <= prepared.steps.length) go(t, state.piece);
  });
  listen(ownButton, "click", () => {
    base = null;
    apply({ override: null });
  });
  listen(unfold, "click", () => setAttributes(unfold, { "aria-expanded": String(root.classList.toggle("wa-decoder-unfolded")) }));
  listen(evenButton, "click", () => {
    base = null;
    weigh(evenly(prepared.words.length));
  });

  // ---- from the model to the state ----
  let other;
  function problemOf(next) {
    const problem = sentenceProblem(model, next.sentence);
    if (problem) return problem;
    other = prepared?.sentence === next.sentence ? prepared : prepare(model, next.sentence);
    return stateProblem(other, next);
  }

  function take(next, problem) {
    if (!problem) [prepared, state] = [other, next];
    else if (!state) [prepared, state] = [prepare(model, DEFAULT.sentence), { ...DEFAULT }];
    base = null;
    seat();
    refresh();
    refuse(problem);
  }

  asset(traits, "translators").then((stored) => {
    if (signal.aborted) return;
    model = unpack(stored.attention, "attention");
    const { read, write: keep } = followState(traits, KEYS, problemOf, take, signal);
    write = keep;
    read();
    head.hidden = body.hidden = false;
  }, () => {
    if (signal.aborted) return;
    setText(sentence, "");
    refuse(TEXT.missing);
  });
}

export default { render: figure("decoder-step", TEXT.widget, build) };
