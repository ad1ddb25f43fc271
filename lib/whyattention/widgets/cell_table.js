// All numbers of GatedCell as a table: what the rows draw, for eyes that want digits and for screen readers.
import { SYMBOLS } from "./cell_rows.js";
import { fractionText, rounded } from "./cell_state.js";
import { formatNumber, formatWeight } from "./formatting.js";
import { element, setData, setText, symbol } from "./shared.js";

const TEXT = {
  title: "All numbers",
  scroll: "All numbers, a table that scrolls",
  step: "step",
  paths: { direct: "direct path", all: "all paths" },
};

const { LIMITS } = CONSTANTS;
const PATHS = ["direct", "all"];

/** @returns {{node: HTMLElement, update: (state: object, derived: object) => void}} */
export function createTable() {
  const heads = SYMBOLS.map((name) => element("th", { scope: "col" }, symbol(name)));
  const fractions = PATHS.map((path) => {
    const over = element("span", { class: "wa-cell-fraction" });
    return { over, node: element("th", { scope: "col" }, over, element("span", { class: "wa-cell-path" }, TEXT.paths[path])) };
  });
  const rows = Array.from({ length: LIMITS.steps }, (_, t) => {
    const cells = [...SYMBOLS, ...PATHS].map((name) => {
      const value = element("data", { "data-of": name });
      return { name, value, node: element("td", {}, value) };
    });
    return { cells, node: element("tr", {}, element("th", { scope: "row" }, String(t + 1)), ...cells.map((cell) => cell.node)) };
  });
  const table = element("table", { class: "wa-cell-table" },
    element("thead", {}, element("tr", {}, element("th", { scope: "col" }, TEXT.step), ...heads, ...fractions.map((one) => one.node))),
    element("tbody", {}, ...rows.map((row) => row.node)));
  const node = element("details", { class: "wa-cell-all" }, element("summary", {}, TEXT.title),
    element("div", { class: "wa-cell-scroll", tabindex: 0, role: "region", "aria-label": TEXT.scroll }, table));

  function update({ kind, inputs, step }, { quantities, direct, all }) {
    const columns = { ...quantities, direct, all };
    SYMBOLS.forEach((name, k) => (heads[k].hidden = !columns[name]));
    for (const { over } of fractions) setText(over, fractionText(kind, inputs.length, "ₜ"));
    rows.forEach((row, t) => {
      row.node.hidden = t >= inputs.length;
      row.node.classList.toggle("wa-cell-current", t === step - 1);
      for (const { name, value, node: cell } of row.cells) {
        cell.hidden = !columns[name];
        const number = columns[name]?.[t] ?? null;
        const format = name === "x" ? formatNumber : PATHS.includes(name) ? formatWeight : rounded;
        setData(value, number, number === null ? "" : format(number));
      }
    });
  }

  return { node, update };
}
