// What the curves are drawn on: axes with ticks, trained lengths, the threshold, guessing.
import { cutTo, textWidth } from "./curves_frame.js";
import { pool, round } from "./curves_look.js";
import { formatNumber } from "./formatting.js";
import { drawn, setAttributes, setText } from "./shared.js";

const TEXT = {
  trained: "trained lengths",
  guessing: "guessing",
  luck: "right by luck",
  whole: "everything comes back",
  bits: "bits",
  counted: (unit) => `${unit} that come back right`,
  tokens: "tokens",
};

const NAME_SIZE = 15; // px: bold letters are wider than their size says

/** @returns {{node: SVGElement, draw: (derived: object, frame: object) => void}} */
export function createAxes() {
  const word = (text, anchor) => drawn("text", { class: "wa-curves-word", "text-anchor": anchor }, text);
  const trained = drawn("rect", { class: "wa-curves-trained" });
  const trainedWord = word(TEXT.trained, "end");
  const grid = drawn("path", { class: "wa-curves-grid" });
  const lines = drawn("path", { class: "wa-axes" });
  const threshold = drawn("path", { class: "wa-curves-threshold" });
  const chance = drawn("path", { class: "wa-curves-chance" });
  const whole = drawn("path", { class: "wa-curves-whole" });
  const [guessing, luck, wholeWord] = [word(TEXT.guessing, "start"), word(TEXT.luck, "end"), word(TEXT.whole, "end")];
  const yName = drawn("text", { class: "wa-curves-name", x: 0, y: 13 });
  const xName = drawn("text", { class: "wa-curves-name", "text-anchor": "middle" });
  const bits = drawn("text", { class: "wa-tick", "text-anchor": "end" }, TEXT.bits);
  const tickLayer = drawn("g");
  const tickPool = pool(tickLayer, () => drawn("text"));
  const node = drawn("g", {}, trained, grid, lines, threshold, chance, whole, trainedWord, guessing, luck, wholeWord, yName, xName, bits, tickLayer);

  function draw(derived, frame) {
    const { chart, count } = derived;
    const { left, right, top, bottom, across, up, limit, width, height } = frame;
    const lineAt = (value) => `M${left} ${round(up(value))}H${right}`;
    const what = count ? TEXT.counted(chart.tokens ? TEXT.tokens : chart.unit || TEXT.tokens) : chart.y_label;
    setText(yName, cutTo(what, width, NAME_SIZE));
    setText(xName, cutTo(chart.x_label, width, NAME_SIZE));
    const half = textWidth(xName.textContent, NAME_SIZE) / 2;
    setAttributes(xName, { x: round(Math.max(half, (left + right) / 2)), y: height - 6 });
    setAttributes(lines, { d: `M${left} ${top}V${bottom}H${right}` });
    setAttributes(grid, { d: frame.yTicks.map(lineAt).join("") });
    setAttributes(threshold, { d: limit === null ? "" : lineAt(limit) });
    show(trained, chart.trained);
    show(trainedWord, chart.trained);
    if (chart.trained) {
      const [first, last] = chart.trained.map((x) => across(Math.min(chart.x.at(-1), Math.max(chart.x[0], x))));
      setAttributes(trained, { x: round(first - 4), y: top - 1, width: round(last - first + 8), height: bottom - top + 1 });
      setAttributes(trainedWord, { x: round(Math.max(last + 4, textWidth(TEXT.trained, 12))), y: top - 7 });
    }
    drawReferences(derived, frame);
    drawTicks(chart, frame);
  }

  /** What guessing gets, and what it would be if everything came back. */
  function drawReferences({ chart, curves, count }, { across, up, left, withBits }) {
    const shown = chart.alphabet !== null && curves.length > 0;
    show(chance, shown);
    show(guessing, shown && !count);
    show(whole, shown && count);
    if (!shown) return [luck, wholeWord].forEach((one) => show(one, false));
    const y = (share, i) => round(up(count ? share * curves[0].tokens[i] : share));
    const along = (share) => chart.x.map((x, i) => `${i ? "L" : "M"}${round(across(x))} ${y(share, i)}`).join("");
    const [guess, middle] = [1 / chart.alphabet, chart.x.length >> 1];
    setAttributes(chance, { d: along(guess) });
    setAttributes(whole, { d: along(1) });
    setAttributes(guessing, { x: round(across(chart.x[0])), y: y(guess, 0) - 5 });
    const at = round(across(chart.x[middle]));
    setAttributes(luck, { x: at, y: y(guess, middle) - 4 });
    setAttributes(wholeWord, { x: at - 12, y: y(1, middle) - 6 });
    const fits = (text) => count && at - 12 - textWidth(text, 12) > left;
    show(luck, fits(TEXT.luck));
    show(wholeWord, withBits && fits(TEXT.whole));
  }

  function drawTicks(chart, { left, bottom, across, up, limit, xTicks, yTicks, withBits }) {
    const atX = (x, y, number) => ({ x: across(x), y, anchor: "middle", text: formatNumber(number) });
    const atY = (value, strong) => ({ x: left - 7, y: up(value) + 4, anchor: "end", text: formatNumber(value), strong });
    const marks = [
      ...yTicks.map((tick) => atY(tick, false)),
      ...(limit === null ? [] : [atY(limit, true)]),
      ...xTicks.map((x) => atX(x, bottom + 18, x)),
      ...(withBits ? xTicks.map((x) => atX(x, bottom + 34, Math.round(x * Math.log2(chart.alphabet)))) : []),
    ];
    setAttributes(bits, { x: left - 7, y: bottom + 34 });
    show(bits, withBits);
    tickPool(marks.length).forEach((tick, i) => {
      const { x, y, anchor, text, strong } = marks[i];
      setAttributes(tick, { x: round(x), y: round(y), "text-anchor": anchor, class: strong ? "wa-tick wa-curves-strong" : "wa-tick" });
      setText(tick, text);
    });
  }

  return { node, draw };
}

function show(node, on) {
  setAttributes(node, { display: on ? null : "none" });
}
