// Words right against the length of the sentence: marks for the reader's sentences, lines for many test sentences.
import { nameOf } from "./translate_rows.js";
import { drawn, element, setAttributes, setText } from "./shared.js";

const TEXT = {
  title: "French words right, by the length of the English sentence",
  key: "Lines: the mean of 300 test sentences of each length. Marks: your sentences.",
  trained: "trained lengths",
  words: (length) => `${length} words`,
  none: "No sentence with a reference yet.",
  summary: (parts) => `Your sentences: ${parts.join("; ")}.`,
  part: (length, attention, control) => `${length} words, attention ${attention}, one vector ${control}`,
};

const { LIMITS, MEASURED, NAMES } = CONSTANTS;
const [FIRST, LAST] = [LIMITS.trained[0], LIMITS.words];
const TICKS = [3, 12, 20, 30, 40];
// Where the names stand, in words and percent: above the one line and below the other, off the marks of all presets.
const LABELS = { attention: [22, 82], control: [22.5, 14] };

/** How far to the right a length stands, in percent. */
function across(length) {
  return (100 * (length - FIRST)) / (LAST - FIRST);
}

export function createChart() {
  const lines = NAMES.map((name) => {
    const points = MEASURED.right[name].map((share, k) => `${across(FIRST + k)} ${100 - 100 * share}`);
    return drawn("path", { class: `wa-translate-line wa-translate-line-${name}`, d: `M${points.join("L")}` });
  });
  const [low, high] = LIMITS.trained.map(across);
  const marks = element("div", { class: "wa-translate-marks" });
  const summary = element("p", { class: "wa-hidden" });
  const ends = NAMES.map((name) => {
    const label = element("span", { class: `wa-translate-end wa-translate-end-${name}` }, nameOf(name));
    label.style.left = `${across(LABELS[name][0])}%`;
    label.style.top = `${100 - LABELS[name][1]}%`;
    return label;
  });
  const placed = (kind, text, left, top) => {
    const label = element("span", { class: `wa-translate-tick wa-translate-tick-${kind}`, "data-at": text }, text);
    if (left !== null) label.style.left = `${left}%`;
    if (top !== null) label.style.top = `${top}%`;
    return label;
  };
  const plot = element("div", { class: "wa-translate-plot", "aria-hidden": "true" },
    drawn("svg", { class: "wa-translate-lines-of-means", viewBox: "0 0 100 100", preserveAspectRatio: "none" },
      drawn("rect", { class: "wa-translate-band", x: low, width: high - low, y: 0, height: 100 }),
      drawn("path", { class: "wa-translate-grid", d: "M0 0H100M0 50H100M0 100H100" }), ...lines),
    placed("band", TEXT.trained, low, null), ...ends, marks,
    ...[0, 50, 100].map((percent) => placed("y", `${percent}%`, null, 100 - percent)),
    ...TICKS.map((length) => placed(length === LAST ? "last" : "x", length === LAST ? TEXT.words(length) : String(length), across(length), null)));
  const node = element("figure", { class: "wa-translate-chart" },
    element("figcaption", {}, element("strong", {}, TEXT.title), element("div", { class: "wa-translate-hint" }, TEXT.key)),
    plot, summary);
  const pool = new Map(); // length and name → mark

  /**
   * @param {Map<number, Record<string, number>>} history the shares of right words, by length
   * @param {number | null} now the length of the present sentence
   */
  function update(history, now) {
    for (const [length, shares] of history) {
      for (const name of NAMES) {
        const key = `${length} ${name}`;
        if (!pool.has(key)) {
          pool.set(key, element("span", { class: `wa-translate-mark wa-translate-mark-${name}`, "data-length": length }));
          marks.append(pool.get(key));
        }
        const mark = pool.get(key);
        mark.style.left = `${Math.min(100, Math.max(-2, across(length)))}%`;
        mark.style.top = `${100 - 100 * shares[name]}%`;
        setAttributes(mark, { "data-share": shares[name] });
        mark.classList.toggle("wa-translate-now", length === now);
      }
    }
    const percent = (share) => `${Math.round(100 * share)}%`;
    const parts = [...history].sort(([a], [b]) => a - b)
      .map(([length, { attention, control }]) => TEXT.part(length, percent(attention), percent(control)));
    setText(summary, parts.length ? TEXT.summary(parts) : TEXT.none);
  }

  return { node, update };
}
