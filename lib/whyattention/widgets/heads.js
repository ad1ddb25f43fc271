// Heads: self-attention over a sentence, each head of a trained layer, its scale and its mask switchable.
import { unpackLayers } from "./heads_attention.js";
import { createRadios } from "./choices.js";
import { createGrid } from "./heads_grid.js";
import { cut, derive, finding, rowsOf, sentenceProblem, stateProblem } from "./heads_state.js";
import { createThumbs } from "./heads_thumbs.js";
import { announcer, asset, createAlert, element, figure, setAttributes, setText, symbol, uid } from "./shared.js";
import { followState } from "./state.js";

const TEXT = {
  widget: "Self-attention, head by head",
  loading: "The weights of the model are being loaded.",
  missing: "The weights of the model are not here: a notebook that is opened without a kernel does not hold them. Run the cell, or open the book.",
  examples: "Sentences to start from",
  type: "Or type words",
  show: "Show",
  layers: "Layer",
  layer: { encoder: "encoder: English", decoder: "decoder: French" },
  scaled: "divide scores by ",
  causal: "causal mask",
  known: (count) => `the ${count} words it knows`,
  legend: { scale: "with the division", mask: "without the mask", weight: "weight" },
  hint: "Click a word to let it ask, or press ↑ and ↓.",
  note: {
    trained: "Both switches stand as in training.",
    otherwise: (notes) => `A what-if: ${notes.join("; ")}.`,
    scale: "the model was trained with the division",
    encoder: "the encoder was trained without a mask, and reads the whole sentence",
    decoder: "the decoder was trained with the mask, and when it translates, later words are not there yet",
  },
};

const { SENTENCES, TRAINED } = CONSTANTS;
const NAMES = ["sentence", "layer", "head", "query", "scaled", "causal"];
const START = { sentence: SENTENCES[0].encoder, layer: "encoder", head: 3, query: 3, scaled: true, causal: false };

function build(root, model, signal) {
  const status = element("p", { class: "wa-heads-note", role: "status" }, TEXT.loading);
  root.append(status);
  asset(model, "self_attention").then(
    (stored) => signal.aborted || show(model, root, unpackLayers(stored), signal),
    () => setText(status, TEXT.missing),
  );
}

/** Puts the figure in the place of what was said while its weights were on their way. */
function show(model, root, layers, signal) {
  let state = null;

  // ---- what is on the page ----
  const presets = SENTENCES.map(() => element("button", { class: "wa-button wa-preset", type: "button" }));
  const fieldId = uid("wa-heads-sentence");
  const field = element("input", { class: "wa-new-word wa-heads-field", type: "text", id: fieldId, autocomplete: "off", autocapitalize: "off", spellcheck: "false" });
  const form = element("form", { class: "wa-heads-form", novalidate: true },
    element("label", { for: fieldId }, TEXT.type), field, element("button", { class: "wa-button", type: "submit" }, TEXT.show));
  const knownTitle = element("summary");
  const known = element("p");
  const { message, refuse } = createAlert();
  const sentence = element("p", { class: "wa-finding" });
  const segments = createRadios("wa-heads-layer", TEXT.layers, TEXT.layer, (layer) => {
    // The same sentence in the other language, where there is one; switches stand as that layer was trained.
    const pair = SENTENCES.find((one) => one[state.layer] === state.sentence) ?? SENTENCES[0];
    put(pair[layer], layer, { causal: TRAINED[layer] });
  }, signal);
  const [scaled, causal] = ["scaled", "causal"].map((name) => element("input", { class: `wa-heads-${name}-switch`, type: "checkbox" }));
  const width = element("span");
  const switches = element("div", { class: "wa-heads-switches" },
    segments.node,
    element("label", { class: "wa-heads-switch" }, scaled, element("span", {}, TEXT.scaled, "√", symbol("d", "k"), width)),
    element("label", { class: "wa-heads-switch" }, causal, TEXT.causal));
  const thumbs = createThumbs(layers.encoder.heads, (head) => apply({ head }), signal);
  const grid = createGrid((query) => apply({ query }), signal);
  const ghost = element("span");
  const legend = element("p", { class: "wa-heads-legend", "aria-hidden": "true" },
    element("span", { class: "wa-heads-key wa-heads-key-now" }, TEXT.legend.weight), ghost, element("span", { class: "wa-heads-hint" }, TEXT.hint));
  const note = element("p", { class: "wa-heads-note" });
  const { live, announce } = announcer(signal);
  root.replaceChildren(
    element("div", { class: "wa-presets", role: "group", "aria-label": TEXT.examples }, ...presets),
    element("div", { class: "wa-heads-type" }, form, element("details", { class: "wa-heads-known" }, knownTitle, known)),
    message, sentence, element("div", { class: "wa-heads-panel" }, switches, thumbs.node), legend, grid.node, note, live);

  // ---- from a state to the page ----
  function refresh() {
    const derived = derive(state, layers);
    const { layer } = state;
    presets.forEach((button, i) => {
      setText(button, SENTENCES[i][layer]);
      setAttributes(button, { lang: layer === "decoder" ? "fr" : null, "aria-current": SENTENCES[i][layer] === state.sentence ? "true" : null });
    });
    segments.show(layer);
    scaled.checked = state.scaled;
    causal.checked = state.causal;
    setText(width, ` = √${derived.width}`);
    setText(knownTitle, TEXT.known(layers[layer].known.length));
    setText(known, layers[layer].known.join(", "));
    setAttributes(ghost, { class: "wa-heads-key wa-heads-key-ghost", hidden: !derived.before });
    setText(ghost, state.causal ? TEXT.legend.mask : TEXT.legend.scale);
    setText(sentence, finding(state, derived));
    setText(note, noteOf(state));
    thumbs.update(state, derived);
    grid.update(state, derived);
  }

  // ---- from the reader to the state ----
  function apply(change) {
    state = { ...state, ...change };
    refuse(null);
    write(change);
    refresh();
    announce(sentence.textContent);
  }

  /** Another sentence; the word that asks stays at its place, if there is one. */
  function put(text, layer, more = {}) {
    const words = cut(text, layer).join(" ");
    apply({ sentence: words, layer, query: Math.min(state.query, rowsOf(words, layer).length - 1), ...more });
    field.value = "";
  }

  presets.forEach((button, i) => button.addEventListener("click", () => put(SENTENCES[i][state.layer], state.layer), { signal }));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const problem = sentenceProblem(field.value, state.layer, layers);
    if (problem) refuse(problem);
    else put(field.value, state.layer);
  }, { signal });
  scaled.addEventListener("change", () => apply({ scaled: scaled.checked }), { signal });
  causal.addEventListener("change", () => apply({ causal: causal.checked }), { signal });

  // ---- from the model to the state ----
  function take(next, problem) {
    if (!problem) state = next;
    state ??= START;
    refresh();
    refuse(problem);
  }

  const { read, write } = followState(model, NAMES, (next) => stateProblem(next, layers), take, signal);
  read();
}

/** Which switch is not as it was when the layer was trained. */
function noteOf({ layer, scaled, causal }) {
  const notes = [];
  if (causal !== TRAINED[layer]) notes.push(TEXT.note[layer]);
  if (!scaled) notes.push(TEXT.note.scale);
  return notes.length ? TEXT.note.otherwise(notes) : TEXT.note.trained;
}

export default { render: figure("heads", TEXT.widget, build) };
