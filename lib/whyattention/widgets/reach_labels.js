// The names and last values of the lines of Reach, beside their ends and clear of each other.
import { element, setText } from "./shared.js";

const TEXT = {
  out: { [-1]: "↑ ", 0: "", 1: "↓ " },
  after: (left, lag) => `${left} after ${lag}`,
};

const LINE = 15; // px, of a label's two lines each
const LETTER = 6.6; // px
// px, at the top: the place of the words on where the line is under 10⁻³, two lines of them where it is narrow
const CROSSING = { wide: 26, narrow: 42 };
const NARROW = 300; // px
const EDGE = 0.86; // a line that leaves the plot beyond this part of it is named at the right

/**
 * @param {string[]} keys one label for each line that there may be
 * @param {AbortSignal} signal
 */
export function createLabels(keys, signal) {
  const labels = Object.fromEntries(keys.map((key) => {
    const [name, left] = [element("span", { class: "wa-reach-name" }), element("span", {})];
    return [key, { name, left, node: element("span", { class: `wa-reach-label wa-reach-label-${key}` }, name, left) }];
  }));
  const node = element("div", { class: "wa-reach-labels", "aria-hidden": "true" }, ...keys.map((key) => labels[key].node));
  let size = { width: 600, height: 300, beyond: 90 };
  let shown = () => {};
  const observer = new ResizeObserver(([entry]) => {
    const { width, height } = entry.contentRect;
    size = { width, height, beyond: -parseFloat(getComputedStyle(node).marginRight) };
    shown();
  });
  observer.observe(node);
  signal.addEventListener("abort", () => observer.disconnect());

  /**
   * @param {{key: string, name: string, logs: number[], left: string}[]} lines
   * @param {number} top
   * @param {number} bottom the axis, as powers of ten
   */
  function update(lines, top, bottom) {
    shown = () => place(lines, top, bottom);
    shown();
  }

  function place(lines, top, bottom) {
    for (const key of keys) labels[key].node.hidden = !lines.some((line) => line.key === key);
    const ends = lines.map((line) => ({ line, ...endOf(line.logs, top, bottom) }));
    placeRight(ends.filter(({ part }) => part > EDGE));
    placeInside(ends.filter(({ part }) => part <= EDGE).sort((a, b) => a.part - b.part));
  }

  /** Beside the plot, each as near to its line's end as its neighbors let it. */
  function placeRight(ends) {
    const [height, need] = [size.height, 2 * LINE + 2];
    const order = ends.map((end) => ({ ...end, y: end.down * height - LINE })).sort((a, b) => a.y - b.y);
    order.forEach((end, i) => {
      if (i) end.y = Math.max(end.y, order[i - 1].y + need);
    });
    let room = height - 2 * LINE;
    for (const end of [...order].reverse()) {
      end.y = Math.max(0, Math.min(end.y, room));
      room = end.y - need;
    }
    for (const { line, y, out } of order) show(line, size.width + 6, y, out, false);
  }

  /** In the plot, where the line leaves it. */
  function placeInside(ends) {
    const taken = { [-1]: [], 1: [] };
    for (const { line, part, out } of ends) {
      const left = part * size.width + 7;
      const row = taken[out].filter((right) => right > left).length * (2 * LINE + 4);
      const y = out < 0 ? CROSSING[size.width < NARROW ? "narrow" : "wide"] + row : size.height - 2 * LINE - 4 - row;
      const right = left + LETTER * (line.left.length + 11);
      taken[out].push(right);
      show(line, left, y, out, right < size.width + size.beyond);
    }
  }

  function show(line, left, y, out, wide) {
    const label = labels[line.key];
    const words = TEXT.out[out] + (wide ? TEXT.after(line.left, line.logs.length - 1) : line.left);
    const whole = size.width + size.beyond;
    const from = Math.min(left, whole - LETTER * Math.max(line.name.length, words.length));
    // On paper the plot is as wide as the paper lets it be, and no one is told: the room beside it stays the same.
    label.node.style.left = from > EDGE * size.width ? `calc(100% - ${Math.round(whole - from)}px)` : `${(100 * from) / whole}%`;
    label.node.style.top = `${Math.round(y)}px`;
    setText(label.name, line.name);
    setText(label.left, words);
  }

  return { node, update };
}

/**
 * Where a line is last seen; one value alone is a level.
 * @returns {{part: number, down: number, out: -1 | 0 | 1}} how far across and down, and whether it leaves above or below
 */
export function endOf(logs, top, bottom) {
  const lag = logs.length - 1;
  if (!lag) return { part: 1, down: Math.max(0, (top - logs[0]) / (top - bottom)), out: 0 };
  const last = logs.findLastIndex((log) => log <= top && log >= bottom);
  if (last === lag) return { part: 1, down: (top - logs[lag]) / (top - bottom), out: 0 };
  const [here, next] = [logs[last], logs[last + 1]];
  const edge = next > top ? top : bottom;
  const onward = Number.isFinite(next) ? (edge - here) / (next - here) : 0;
  return { part: (last + onward) / lag, down: next > top ? 0 : 1, out: next > top ? -1 : 1 };
}
