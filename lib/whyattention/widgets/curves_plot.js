// The drawing of Curves: bands over seeds, lines of means, names at their ends, and the ruler.
import { nearest, placeLabels } from "./curves_arithmetic.js";
import { createAxes } from "./curves_axes.js";
import { layout, LINE } from "./curves_frame.js";
import { dashArray, hueClass, markerClass, markerPath, pool, round } from "./curves_look.js";
import { drawn, setAttributes, setText } from "./shared.js";

const TEXT = {
  plot: (y, x) => `Line chart of ${y} against ${x}. The table below has the values at the ruler.`,
};
const SEED_SIZE = 1.7;

/**
 * @param {(index: number) => void} onPoint the pointer is nearest to this measured x
 * @param {AbortSignal} signal
 */
export function createPlot(onPoint, signal) {
  const axes = createAxes();
  const layers = Object.fromEntries(["bands", "seeds", "lines", "ends", "dots", "values"].map((name) => [name, drawn("g")]));
  const ruler = drawn("path", { class: "wa-curves-ruler" });
  const node = drawn("svg", { class: "wa-curves-plot", role: "img" },
    axes.node, layers.bands, layers.seeds, ruler, layers.lines, layers.ends, layers.dots, layers.values);
  const curvePool = pool(layers.lines, () => createCurve(layers));
  const valuePool = pool(layers.values, () => drawn("text", { class: "wa-curves-value" }));
  let frame = null; // where things are, from the last full drawing

  function point(event) {
    const box = node.getBoundingClientRect();
    if (frame && box.width) onPoint(nearest(frame.xs, ((event.clientX - box.left) * frame.width) / box.width));
  }
  node.addEventListener("pointermove", point, { signal });
  node.addEventListener("pointerdown", point, { signal });

  /** Draws all. @param {object} derived of curves_state.js @param {number} width of the drawing, px */
  function draw(derived, width) {
    frame = layout(derived, width);
    const { chart, curves, count, showSeeds } = derived;
    const { height, up, xs, top, bottom } = frame;
    setAttributes(node, { viewBox: `0 0 ${width} ${height}`, width, height, "aria-label": TEXT.plot(chart.y_label, chart.x_label) });
    axes.draw(derived, frame);
    const drawnAt = (curve, values) => values.map((value, i) => [xs[i], up(count ? value * curve.tokens[i] : value)]);
    const lines = curves.map((curve) => drawnAt(curve, curve.over.mean));
    const heights = frame.labels.map((words) => LINE * words.length + 1);
    const places = curves.length ? placeLabels(lines.map((line) => line.at(-1)[1]), heights, top - LINE, bottom + LINE) : [];
    curvePool(curves.length).forEach((one, k) => {
      const curve = curves[k];
      one.draw(curve, {
        mean: lines[k], low: drawnAt(curve, curve.over.low), high: drawnAt(curve, curve.over.high),
        seeds: showSeeds ? curve.seeds.map((seed) => drawnAt(curve, seed)) : [],
      });
      one.name(curve, frame.labels[k], lines[k].at(-1), [frame.right, places[k]]);
    });
    move(derived);
  }

  /** Puts the ruler at another x. */
  function move({ at, curves, count, format }) {
    const { top, bottom, right, up, xs } = frame;
    const x = xs[at];
    setAttributes(ruler, { d: `M${round(x)} ${top - 4}V${bottom}m-5 6.5l5-6.5l5 6.5z` });
    const values = curves.map((curve) => curve.over.mean[at] * (count ? curve.tokens[at] : 1));
    curvePool(curves.length).forEach((one, k) => one.mark(x, up(values[k])));
    // Values that read the same are written once, between their curves.
    const byText = new Map();
    for (const value of values) byText.set(format(value), [...(byText.get(format(value)) ?? []), value]);
    const texts = [...byText.keys()];
    // Curves fall: above them on the right, and below them on the left, there is room.
    const before = x > right - 44;
    const middle = (all) => all.reduce((total, value) => total + value, 0) / all.length;
    const wanted = texts.map((text) => up(middle(byText.get(text))) + (before ? 9 : -9));
    const places = texts.length ? placeLabels(wanted, texts.map(() => LINE - 1), top - 10, bottom) : [];
    valuePool(texts.length).forEach((label, k) => {
      setAttributes(label, { x: round(before ? x - 8 : x + 7), y: round(places[k] + 4.5), "text-anchor": before ? "end" : "start" });
      setText(label, texts[k]);
    });
  }

  return { node, draw, move };
}

/** One curve: its parts lie in several layers, so that no band covers a line. */
function createCurve(layers) {
  const band = drawn("path");
  const seeds = drawn("path");
  const line = drawn("path", { class: "wa-curves-line" });
  const marks = drawn("path");
  const node = drawn("g", {}, line, marks);
  const leader = drawn("path", { class: "wa-curves-leader" });
  const endMark = drawn("path");
  const ending = drawn("g", {}, leader, endMark);
  const words = [0, 1].map(() => drawn("text", { class: "wa-curves-end" }));
  const end = drawn("g", {}, ending, ...words);
  const dot = drawn("circle", { r: 5 });
  layers.bands.append(band);
  layers.seeds.append(seeds);
  layers.ends.append(end);
  layers.dots.append(dot);
  const path = (list) => list.map(([x, y], i) => `${i ? "L" : "M"}${round(x)} ${round(y)}`).join("");

  function draw({ look, label }, { mean, low, high, seeds: each }) {
    const hue = hueClass(look);
    setAttributes(node, { class: hue, "data-label": label });
    setAttributes(line, { d: path(mean), "stroke-dasharray": dashArray(look) });
    setAttributes(marks, { class: markerClass(look), d: markerPath(look[2], mean, 3.4) });
    setAttributes(band, { class: `wa-curves-band ${hue}`, d: `${path(high)}${path([...low].reverse()).replace("M", "L")}Z` });
    setAttributes(seeds, { class: `wa-curves-seed ${hue}`, d: each.map((seed) => path(seed) + markerPath("circle", seed, SEED_SIZE)).join("") });
    setAttributes(dot, { class: `wa-curves-dot ${hue}` });
  }

  function name({ look }, lines, [x, y], [right, place]) {
    setAttributes(ending, { class: hueClass(look) });
    setAttributes(leader, { d: `M${round(x + 6)} ${round(y)}L${round(right + 6)} ${round(place)}` });
    setAttributes(endMark, { class: markerClass(look), d: markerPath(look[2], [[right + 12, place]], 3.6) });
    words.forEach((word, i) => {
      setAttributes(word, { x: round(right + 22), y: round(place + 4.5 + LINE * (i - (lines.length - 1) / 2)) });
      setText(word, lines[i] ?? "");
    });
  }

  return { node, draw, name, mark: (x, y) => setAttributes(dot, { cx: round(x), cy: round(y) }), elsewhere: [band, seeds, end, dot] };
}
