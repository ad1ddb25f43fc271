// Curves: measured quality against length, over seeds, with a ruler for bits needed and bits recovered.
import { createControls } from "./curves_controls.js";
import { mostTokens } from "./curves_frame.js";
import { createPlot } from "./curves_plot.js";
import { chartsProblem, derive, stateProblem } from "./curves_state.js";
import { createTable } from "./curves_table.js";
import { decimals, finding, fixed, heading, summary, withUnit } from "./curves_words.js";
import { announcer, createAlert, element, figure, lifetime, setAttributes, setText, uid } from "./shared.js";
import { followState } from "./state.js";

const TEXT = {
  widget: "Measured curves",
  ruler: "Ruler",
  none: (name) => `At least one value of “${name}” must be shown.`,
  seeds: (count) => (count === 1 ? "One seed." : `Lines: means of ${count} seeds. Bands: from the least to the largest.`),
};
const KEYS = ["charts", "chart", "at", "shown", "seeds", "count"];
const UNMEASURED_WIDTH = 640; // px, where the figure is not laid out yet

function build(root, model, signal) {
  let state = null;
  let [derived, controls, width] = [null, null, 0];
  let [builtFor, drawnAs] = ["", ""]; // what the controls and the drawing were made for

  // ---- what is on the page ----
  const chosen = element("div", { class: "wa-curves-controls" });
  const { message, refuse } = createAlert();
  const sentence = element("p", { class: "wa-finding" });
  const rulerId = uid("wa-curves-ruler");
  const slider = element("input", { class: "wa-slider", type: "range", id: rulerId, min: 0, step: 1 });
  const place = element("p", { class: "wa-curves-place" });
  const plot = createPlot((i) => i === derived?.at || apply({ at: derived.chart.x[i] }), signal);
  const frame = element("div", { class: "wa-curves-frame" }, plot.node);
  const table = createTable();
  const note = element("p", { class: "wa-curves-note" });
  const { live, announce } = announcer(signal);
  const body = element("div", {}, chosen, sentence, frame,
    element("div", { class: "wa-curves-ruler-row" }, element("label", { for: rulerId }, TEXT.ruler), slider, place), table.node, note);
  root.append(body, message, live);

  // ---- from a state to the page ----
  function refresh() {
    derived = derive(state);
    const { chart, curves, at, count } = derived;
    const digits = decimals(chart.curves.flatMap(({ values }) => values.flat()));
    const format = (value) => fixed(value, digits);
    derived.format = count ? (value) => fixed(value, 1) : format; // what is drawn may be a number of tokens
    derived.showSeeds = state.seeds;
    derived.mostBits = chart.alphabet === null ? 0 : mostTokens(chart) * Math.log2(chart.alphabet);
    const kind = JSON.stringify([state.charts, state.chart]);
    if (builtFor !== kind) buildControls(kind);
    controls.update(state, derived);
    const as = JSON.stringify([state.chart, curves.map(({ index }) => index), state.seeds, count, width]);
    if (drawnAs === as) plot.move(derived);
    else plot.draw(derived, width);
    drawnAs = as;
    setAttributes(slider, { max: chart.x.length - 1, "aria-valuetext": withUnit(chart.x[at], chart.unit) });
    if (Number(slider.value) !== at) slider.value = at;
    setText(sentence, finding(derived, format));
    setText(place, heading(derived));
    table.update({ ...derived, format });
    const seeds = Math.max(...chart.curves.map(({ values }) => values.length));
    setText(note, [chart.note, TEXT.seeds(seeds)].filter(Boolean).join(" "));
    derived.summary = summary(derived, format);
  }

  let buildLife = null;
  function buildControls(kind) {
    const focused = [...chosen.querySelectorAll("input")].indexOf(document.activeElement);
    buildLife?.end();
    buildLife = lifetime(signal);
    controls = createControls(state, derived, actions, buildLife.signal);
    chosen.replaceChildren(...controls.nodes);
    // Choosing another chart makes the controls anew: the radio button that did it comes first and stays focused.
    if (focused >= 0) chosen.querySelectorAll("input")[focused]?.focus();
    [builtFor, drawnAs] = [kind, ""];
  }

  // ---- from the reader to the state ----
  function apply(change) {
    state = { ...state, ...change };
    refuse(null);
    write(change);
    refresh();
    announce(derived.summary);
  }

  const actions = {
    chart: (chart) => apply({ chart, at: null }),
    seeds: (seeds) => apply({ seeds }),
    count: (count) => apply({ count }),
    pick(name, values, options) {
      if (!values.length) {
        refuse(TEXT.none(name));
        return controls.update(state, derived);
      }
      const { [name]: _, ...others } = state.shown;
      apply({ shown: values.length === options.length ? others : { ...others, [name]: values } });
      announce(`${sentence.textContent} ${derived.summary}`);
    },
  };
  slider.addEventListener("input", () => apply({ at: derived.chart.x[Number(slider.value)] }), { signal });

  // ---- from the model to the state ----
  function take(next, problem) {
    if (!problem) state = next;
    else if (!state && !chartsProblem(next.charts)) {
      state = { charts: next.charts, chart: 0, at: null, shown: {}, seeds: false, count: false };
    }
    body.hidden = !state;
    if (state) refresh();
    refuse(problem);
  }

  const { read, write } = followState(model, KEYS, stateProblem, take, signal);
  width = frame.clientWidth || UNMEASURED_WIDTH;
  const resized = new ResizeObserver(() => {
    const now = frame.clientWidth;
    if (!now || now === width || !state) return;
    width = now;
    refresh();
  });
  resized.observe(frame);
  signal.addEventListener("abort", () => resized.disconnect());
  read();
}

export default { render: figure("curves", TEXT.widget, build) };
