// Where a model looks: a row for each French word, a column for each English one, the darker the larger the weight.
import { formatWeight } from "./formatting.js";
import { drawn, element, setAttributes, setText } from "./shared.js";

const TEXT = {
  map: (name) => `Attention weights of “${name}”. Arrow keys read them one by one.`,
  kind: "heatmap",
  reading: (word, other, weight) => `“${word}” looks at “${other}” with weight ${weight}.`,
  gold: " They belong together.",
};

/**
 * @param {(t: number | null) => void} point told of the row that the reader points at
 * @param {AbortSignal} signal
 */
export function createHeatmap(point, signal) {
  const cells = drawn("g", { class: "wa-translate-cells" });
  const lines = drawn("path", { class: "wa-translate-lines" });
  const links = drawn("g");
  const cursor = drawn("rect", { class: "wa-translate-cursor", width: 1, height: 1, visibility: "hidden" });
  const picture = drawn("svg", { class: "wa-translate-picture", preserveAspectRatio: "none", "aria-hidden": "true" }, cells, lines, links, cursor);
  const [above, beside] = [element("div", { class: "wa-translate-columns" }), element("div", { class: "wa-translate-lefts" })];
  const map = element("div", { class: "wa-translate-map", tabindex: 0, role: "application", "aria-roledescription": TEXT.kind }, above, beside, picture);
  const reading = element("p", { class: "wa-translate-reading", "aria-live": "polite" });
  const node = element("div", { class: "wa-translate-scroll" }, map);
  const pools = { cells: [], links: [], above: [], beside: [] };
  let [shown, at] = [null, null];

  /** Keeps a pool of nodes at a size. */
  function fit(pool, count, parent, make) {
    while (pool.length < count) {
      pool.push(make());
      parent.append(pool.at(-1));
    }
    while (pool.length > count) pool.pop().remove();
  }

  /** @param {string} name @param {Said} said @param {string[]} source @param {Reference | null} reference */
  function update(name, said, source, reference) {
    const [T, S] = [said.words.length, source.length];
    shown = { said, source, gold: goldOf(said, reference) };
    map.style.setProperty("--wa-rows", T);
    map.style.setProperty("--wa-columns", S);
    map.classList.toggle("wa-translate-dense", S > 16);
    setAttributes(picture, { viewBox: `0 0 ${S} ${Math.max(T, 1)}` });
    setAttributes(map, { "aria-label": TEXT.map(name) });
    fit(pools.above, S, above, () => element("span", { class: "wa-translate-column" }, element("span")));
    fit(pools.beside, T, beside, () => element("span", { class: "wa-translate-left" }));
    pools.above.forEach((label, i) => setText(label.firstChild, source[i]));
    pools.beside.forEach((label, t) => setText(label, said.words[t]));
    fit(pools.cells, T * S, cells, () => drawn("rect", { class: "wa-translate-cell", width: 1, height: 1 }));
    pools.cells.forEach((cell, k) => {
      const [t, i] = [Math.floor(k / S), k % S];
      setAttributes(cell, { x: i, y: t, "fill-opacity": said.weights[t][i] });
    });
    let d = "";
    for (let i = 0; i <= S; i++) d += `M${i} 0V${T}`;
    for (let t = 0; t <= T; t++) d += `M0 ${t}H${S}`;
    setAttributes(lines, { d });
    const placed = [...shown.gold];
    fit(pools.links, placed.length, links, () => drawn("rect", { class: "wa-translate-link", width: 1, height: 1 }));
    placed.forEach(([t, i], k) => setAttributes(pools.links[k], { x: i, y: t }));
    move(null);
  }

  /** Read a cell, or none. @param {{t: number, i: number} | null} to */
  function move(to) {
    at = to;
    setAttributes(cursor, { visibility: at ? "visible" : "hidden", x: at?.i ?? 0, y: at?.t ?? 0 });
    pools.above.forEach((label, i) => label.classList.toggle("wa-translate-pointed", i === at?.i));
    highlight(at?.t ?? null);
    if (!at) return setText(reading, "");
    const { said, source, gold } = shown;
    const text = TEXT.reading(said.words[at.t], source[at.i], formatWeight(said.weights[at.t][at.i]));
    setText(reading, text + (gold.get(at.t) === at.i ? TEXT.gold : ""));
  }

  function highlight(t) {
    pools.beside.forEach((label, k) => label.classList.toggle("wa-translate-pointed", k === t));
  }

  function pointAt(to) {
    move(to);
    point(to && to.t);
  }

  function cellAt({ clientX, clientY }) {
    const box = picture.getBoundingClientRect();
    const i = Math.floor(((clientX - box.left) / box.width) * shown.source.length);
    const t = Math.floor(((clientY - box.top) / box.height) * shown.said.words.length);
    return i >= 0 && t >= 0 && i < shown.source.length && t < shown.said.words.length ? { t, i } : null;
  }

  for (const kind of ["pointermove", "pointerdown"]) {
    picture.addEventListener(kind, (event) => shown && pointAt(cellAt(event)), { signal });
  }
  picture.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && pointAt(null), { signal });
  map.addEventListener("blur", () => pointAt(null), { signal });
  map.addEventListener("keydown", (event) => {
    const step = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] }[event.key];
    if (!step || !shown?.said.words.length) return;
    event.preventDefault();
    const inside = (number, count) => Math.min(count - 1, Math.max(0, number));
    const { t, i } = at ?? { t: 0, i: 0 };
    pointAt(at ? { t: inside(t + step[0], shown.said.words.length), i: inside(i + step[1], shown.source.length) } : { t, i });
  }, { signal });

  return { node, reading, update, highlight };
}

/** For each word of the translation the English word that the word of the reference in its place belongs to. */
function goldOf({ edits }, reference) {
  const paired = (edits ?? []).filter(({ kind }) => kind === "right" || kind === "wrong");
  return new Map(paired.map(({ said, expected }) => [said, reference.places[expected]]));
}
