// What stands at the ruler: each shown curve with its value, range and bits, the best one first.
import { createSwatch } from "./curves_look.js";
import { bitText, fixed, unbroken } from "./curves_words.js";
import { formatNumber } from "./formatting.js";
import { element, setAttributes, setData, setText } from "./shared.js";

const TEXT = {
  caption: "Values at the ruler, the largest first",
  curve: "curve",
  range: "over seeds",
  to: " to ",
  tokens: (unit) => `${unit} right`,
  token: "tokens",
  bits: "bits recovered",
  reach: (threshold) => `≥\u00a0${threshold} up\u00a0to`,
  nowhere: "never",
  of: (n) => ` of ${n}`,
  least: "≥ ",
  inBits: " bits",
  keyLeast: "at least, by Fano’s inequality",
  keyCounted: (bits) => `if each right one counts ${bits} bits`,
  keyNeeded: "needed",
};
const COLUMNS = ["curve", "mean", "range", "reach", "tokens", "bits"];

/** @returns {{node: HTMLElement, update: (derived: object) => void}} */
export function createTable() {
  const heads = Object.fromEntries(COLUMNS.map((name) =>
    [name, element("th", { scope: "col", role: "columnheader", class: `wa-curves-col-${name}` }, typeof TEXT[name] === "string" ? TEXT[name] : "")]));
  const body = element("tbody", { role: "rowgroup" });
  // The roles are told since on a narrow page the rows are laid out as grids, which would lose them.
  const head = element("thead", { role: "rowgroup" }, element("tr", { role: "row" }, ...Object.values(heads)));
  const table = element("table", { class: "wa-curves-table", role: "table" }, element("caption", { class: "wa-hidden" }, TEXT.caption), head, body);
  const counted = element("span");
  const key = (kind, words) => element("span", { class: "wa-curves-key" }, element("span", { class: `wa-curves-key-mark wa-curves-${kind}` }), words);
  const keys = element("p", { class: "wa-curves-keys" }, key("least", TEXT.keyLeast), key("counted", counted), key("needed", TEXT.keyNeeded));
  const node = element("div", {}, table, keys);
  const rows = [];

  function update(derived) {
    const { chart, rows: shown } = derived;
    const unit = chart.tokens ? TEXT.token : chart.unit || TEXT.token;
    const columns = { bits: chart.alphabet !== null, tokens: chart.alphabet !== null, reach: chart.threshold !== null };
    setText(heads.mean, chart.y_label);
    setText(heads.tokens, TEXT.tokens(unit));
    setText(heads.reach, columns.reach ? TEXT.reach(formatNumber(chart.threshold)) : "");
    for (const [name, there] of Object.entries(columns)) heads[name].hidden = !there;
    table.hidden = !shown.length;
    keys.hidden = !shown.length || !columns.bits;
    if (columns.bits) setText(counted, TEXT.keyCounted(formatNumber(Math.log2(chart.alphabet))));
    while (rows.length < shown.length) {
      rows.push(createRow());
      body.append(rows.at(-1).node);
    }
    rows.forEach((row, i) => {
      row.node.hidden = i >= shown.length;
      if (i < shown.length) row.update(shown[i], derived, columns, unit);
    });
  }

  return { node, update };
}

function createRow() {
  const swatch = createSwatch();
  const label = element("bdi", { class: "wa-curves-label" });
  const data = Object.fromEntries(["mean", "low", "high", "tokens", "bits", "reach"].map((name) => [name, element("data", { class: `wa-curves-${name}` })]));
  const muted = () => element("span", { class: "wa-curves-of" });
  const unitWord = () => element("span", { class: "wa-curves-unit" });
  const [of, bitsOf, atLeast] = [muted(), muted(), muted()];
  const [tokensUnit, bitsUnit] = [unitWord(), unitWord()];
  const [needed, counted, least] = ["needed", "counted", "least"].map((name) => element("span", { class: `wa-curves-bar wa-curves-${name}` }));
  const bars = element("div", { class: "wa-curves-bars", "aria-hidden": "true" }, needed, counted, least);
  const cell = (name, ...children) => element("td", { role: "cell", class: `wa-curves-col-${name}` }, ...children);
  const cells = {
    reach: cell("reach", data.reach),
    tokens: cell("tokens", data.tokens, of, tokensUnit),
    bits: cell("bits", element("span", { class: "wa-curves-bit-text" }, atLeast, data.bits, bitsOf, bitsUnit), bars),
  };
  const node = element("tr", { role: "row" },
    element("th", { scope: "row", role: "rowheader", class: "wa-curves-col-curve" }, element("span", { class: "wa-curves-who" }, swatch.node, label)),
    cell("mean", data.mean), cell("range", data.low, TEXT.to, data.high), ...Object.values(cells));

  function update({ label: name, look, reading }, { format, mostBits }, columns, unit) {
    setAttributes(node, { "data-label": name });
    swatch.update(look);
    setText(label, unbroken(name));
    for (const part of ["mean", "low", "high"]) setData(data[part], reading[part], format(reading[part]));
    for (const [part, there] of Object.entries(columns)) cells[part].hidden = !there;
    if (columns.reach) setData(data.reach, reading.reach, reading.reach === null ? TEXT.nowhere : formatNumber(reading.reach));
    if (!columns.bits) return;
    setData(data.tokens, reading.tokens, fixed(reading.tokens, 1));
    setText(of, TEXT.of(formatNumber(reading.of)));
    setText(tokensUnit, ` ${unit}`);
    // Where all of them came back, or none for certain, nothing is "at least".
    setText(atLeast, reading.bits > 0 && reading.bits < reading.needed ? TEXT.least : "");
    setData(data.bits, reading.bits, bitText(reading.bits));
    setText(bitsOf, TEXT.of(bitText(reading.needed)));
    setText(bitsUnit, TEXT.inBits);
    for (const [bar, bits] of [[needed, reading.needed], [counted, reading.counted], [least, reading.bits]]) {
      bar.style.width = `${(100 * bits) / mostBits}%`;
    }
  }

  return { node, update };
}
