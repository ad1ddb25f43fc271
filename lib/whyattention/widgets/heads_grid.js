// The large picture of Heads: a row for each word that asks, a column for each word that is asked, and above the
// columns the chosen row as bars.
import { element, setAttributes, setText, uid } from "./shared.js";

const TEXT = {
  caption: (head) => `Weights of head ${head}: a row for each word that asks, a column for each word that is asked`,
  corner: "asks ↓",
  word: (place, word) => `Word ${place + 1}, ${word}, asks`,
  bits: "entropy, bits",
  unit: "bits, ",
  scaled: "divided",
  plain: "not",
  later: { open: "on later words", causal: "taken by mask" },
  hidden: "×",
};

/**
 * @param {(place: number) => void} choose takes the place of the word that shall ask
 * @param {AbortSignal} signal
 * @returns {{node: HTMLElement, update: (state: object, derived: object) => void}}
 */
export function createGrid(choose, signal) {
  const group = uid("wa-heads-query");
  const caption = element("caption", { class: "wa-hidden" });
  const later = element("span");
  const bitsOf = (text) => element("th", { class: "wa-heads-number", scope: "col" },
    element("span", { class: "wa-hidden" }, `${TEXT.bits} `), element("span", {}, element("span", { class: "wa-heads-unit" }, TEXT.unit), text));
  const heading = { scaled: bitsOf(TEXT.scaled), plain: bitsOf(TEXT.plain) };
  const asking = element("td", { class: "wa-heads-asks" });
  const bars = element("tr", { class: "wa-heads-bars", "aria-hidden": "true" }, asking,
    element("td", { class: "wa-heads-over", colspan: 2 }, TEXT.bits), element("td"));
  const names = element("tr", { class: "wa-heads-names" },
    element("th", { class: "wa-heads-corner", scope: "col" }, TEXT.corner), heading.scaled, heading.plain,
    element("th", { class: "wa-heads-number", scope: "col" }, later));
  const body = element("tbody");
  const table = element("table", { class: "wa-heads-table" }, caption, element("thead", {}, bars, names), body);
  const [columns, rows] = [[], []];

  body.addEventListener("click", (event) => {
    const row = event.target.closest("tr");
    if (row && !event.target.closest("label")) choose(rows.findIndex(({ node }) => node === row));
  }, { signal });
  names.addEventListener("click", (event) => {
    const place = columns.findIndex(({ name }) => name === event.target.closest("th"));
    if (place >= 0) choose(place);
  }, { signal });

  /** A column with its bar; what is beyond the words of the sentence stays, hidden. */
  function addColumn() {
    const bar = element("div", { class: "wa-heads-bar" });
    const ghost = element("div", { class: "wa-heads-ghost" });
    const reading = element("span", { class: "wa-heads-reading" });
    const over = element("td", { class: "wa-heads-track" }, element("div", { class: "wa-heads-well" }, bar, ghost, reading));
    const word = element("span", {});
    const name = element("th", { class: "wa-heads-name", scope: "col" }, word);
    columns.push({ bar, ghost, reading, over, word, name });
    bars.children[columns.length - 1].after(over);
    names.children[columns.length - 1].after(name);
    for (const row of rows) row.addCell();
  }

  function addRow() {
    const place = rows.length;
    const pick = element("input", { class: "wa-heads-pick", type: "radio", name: group, value: place });
    const word = element("span", { class: "wa-heads-word" });
    const numbers = ["scaled", "plain", "later"].map((kind) =>
      element("td", { class: "wa-heads-number" }, element("data", { class: `wa-heads-${kind}` })));
    const node = element("tr", {}, element("th", { scope: "row" }, element("label", {}, pick, word)), ...numbers);
    const cells = [];
    const addCell = () => {
      const data = element("data", { class: "wa-heads-weight" });
      const cell = element("td", { class: "wa-heads-cell" }, data);
      cells.push({ cell, data });
      node.children[cells.length - 1].after(cell);
    };
    pick.addEventListener("change", () => choose(place), { signal });
    rows.push({ node, pick, word, cells, addCell, numbers: numbers.map((one) => one.firstChild) });
    while (cells.length < columns.length) addCell();
    body.append(node);
  }

  function update(state, derived) {
    const { words, now, bits } = derived;
    const count = words.length;
    while (columns.length < count) addColumn();
    while (rows.length < count) addRow();
    setText(caption, TEXT.caption(state.head + 1));
    setText(later, state.causal ? TEXT.later.causal : TEXT.later.open);
    heading.scaled.classList.toggle("wa-heads-used", state.scaled);
    heading.plain.classList.toggle("wa-heads-used", !state.scaled);
    table.style.setProperty("--wa-heads-count", count);
    table.classList.toggle("wa-heads-many", count > 9);
    setText(asking, words[state.query]);
    columns.forEach((column, j) => updateColumn(column, j, state, derived));
    rows.forEach((row, i) => {
      row.node.hidden = i >= count;
      if (i < count) updateRow(row, i, state, derived);
    });
  }

  function updateColumn({ bar, ghost, reading, over, word, name }, j, { query, causal }, { words, now, before }) {
    over.hidden = name.hidden = j >= words.length;
    if (j >= words.length) return;
    const [weight, out] = [now[query][j], causal && j > query];
    setText(word, words[j]);
    setAttributes(name, { title: words[j] });
    bar.style.transform = `scaleY(${weight})`;
    ghost.style.height = `${100 * (before ? before[query][j] : 0)}%`;
    ghost.hidden = !before;
    over.classList.toggle("wa-heads-out", out);
    reading.style.bottom = `${100 * Math.max(weight, out ? before[query][j] : 0)}%`;
    setText(reading, out ? TEXT.hidden : weight.toFixed(2));
    over.classList.toggle("wa-heads-top", weight === Math.max(...now[query]));
  }

  function updateRow({ node, pick, word, cells, numbers }, i, { query, scaled, causal }, { words, now, before, bits, later }) {
    node.classList.toggle("wa-heads-chosen", i === query);
    pick.checked = i === query;
    setAttributes(pick, { "aria-label": TEXT.word(i, words[i]) });
    setText(word, words[i]);
    setAttributes(word, { title: words[i] });
    cells.forEach(({ cell, data }, j) => {
      cell.hidden = j >= words.length;
      if (j >= words.length) return;
      const [weight, out] = [now[i][j], causal && j > i];
      cell.classList.toggle("wa-heads-out", out);
      cell.style.backgroundColor = shade(out ? before[i][j] : weight, out);
      const text = out ? TEXT.hidden : weight.toFixed(2);
      show(data, weight, text);
      // Where there is no room for 0.25, there is for .25.
      setAttributes(data, { "data-short": text.replace(/\.00$/, "").replace(/^0\./, ".") });
    });
    [bits.scaled[i], bits.plain[i], later[i]].forEach((number, n) => {
      show(numbers[n], number, number.toFixed(n < 2 ? 1 : 2));
    });
    numbers[0].classList.toggle("wa-heads-used", scaled);
    numbers[1].classList.toggle("wa-heads-used", !scaled);
  }

  return { node: table, update };
}

/** As setData, but hundreds of them: text that is changed in its node is laid out sooner than text in a new one. */
function show(data, number, text) {
  if (!data.firstChild) data.append(text);
  else if (data.firstChild.data !== text) data.firstChild.data = text;
  if (data.value !== String(number)) data.value = number;
}

/** Written out for each cell: a custom property would be handed on to what is in it, and take twice the time. */
function shade(weight, out) {
  const [color, full] = out ? ["--wa-score", "40"] : ["--wa-weight", "var(--wa-heads-full)"];
  return `color-mix(in srgb, var(${color}) calc(${weight.toFixed(2)} * ${full} * 1%), transparent)`;
}
