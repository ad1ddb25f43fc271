// All heads of Heads side by side, each a small square of weights; one of them is chosen.
import { drawn, element, setAttributes, setText, uid } from "./shared.js";

const TEXT = {
  heads: "Head",
  head: (head) => `head ${head}`,
  bits: (bits) => `${bits.toFixed(1)} bits`,
  about: (head, bits) => `Head ${head}, mean entropy ${bits.toFixed(1)} bits`,
};

const SHADES = 20;

/**
 * @param {number} count heads
 * @param {(head: number) => void} choose
 * @param {AbortSignal} signal
 * @returns {{node: HTMLElement, update: (state: object, derived: object) => void}}
 */
export function createThumbs(count, choose, signal) {
  const group = uid("wa-heads-head");
  const thumbs = Array.from({ length: count }, (_, head) => {
    const pick = element("input", { class: "wa-heads-pick", type: "radio", name: group, value: head });
    const shades = Array.from({ length: SHADES }, (_, shade) => drawn("path", { "fill-opacity": (shade + 1) / SHADES }));
    const chosen = drawn("rect", { class: "wa-heads-row", x: 0, height: 1 });
    const picture = drawn("svg", { class: "wa-heads-square", preserveAspectRatio: "none", "aria-hidden": "true" }, drawn("g", {}, ...shades), chosen);
    const bits = element("span", { class: "wa-heads-bits" });
    const node = element("label", { class: "wa-heads-thumb" }, pick, picture, element("span", {}, TEXT.head(head + 1)), bits);
    pick.addEventListener("change", () => choose(head), { signal });
    return { pick, shades, chosen, picture, bits, node };
  });
  const node = element("div", { class: "wa-heads-thumbs", role: "radiogroup", "aria-label": TEXT.heads }, ...thumbs.map((one) => one.node));

  function update(state, { heads, meanBits }) {
    thumbs.forEach(({ pick, shades, chosen, picture, bits, node }, head) => {
      const rows = heads[head];
      pick.checked = head === state.head;
      node.classList.toggle("wa-heads-current", head === state.head);
      setText(bits, TEXT.bits(meanBits[head]));
      setAttributes(pick, { "aria-label": TEXT.about(head + 1, meanBits[head]) });
      setAttributes(picture, { viewBox: `0 0 ${rows.length} ${rows.length}` });
      setAttributes(chosen, { y: state.query, width: rows.length });
      drawSquare(shades, rows);
    });
  }

  return { node, update };
}

/** Cells of about the same weight are one path, as dark as they are: hundreds of nodes would take too long. */
function drawSquare(shades, rows) {
  const cells = shades.map(() => "");
  rows.forEach((row, i) => row.forEach((weight, j) => {
    const shade = Math.round(weight * shades.length) - 1;
    if (shade >= 0) cells[shade] += `M${j} ${i}h1v1h-1Z`;
  }));
  shades.forEach((path, shade) => setAttributes(path, { d: cells[shade] }));
}
