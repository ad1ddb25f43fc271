// How a curve looks: hue, dashes and marker, so that none is told by its color alone.
import { drawn, setAttributes } from "./shared.js";

const SHAPES = {
  circle: (r) => `m${-r} 0a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0z`,
  square: (r) => `m${-0.88 * r} ${-0.88 * r}h${1.76 * r}v${1.76 * r}h${-1.76 * r}z`,
  triangle: (r) => `m0 ${-1.15 * r}l${1.1 * r} ${2 * r}h${-2.2 * r}z`,
  diamond: (r) => `m0 ${-1.25 * r}l${1.25 * r} ${1.25 * r}l${-1.25 * r} ${1.25 * r}l${-1.25 * r} ${-1.25 * r}z`,
  cross: (r) => `m${-r} ${-r}l${2 * r} ${2 * r}m0 ${-2 * r}l${-2 * r} ${2 * r}`,
};

/** The path of one marker at each point. @param {number[][]} points @param {number} [size] */
export function markerPath(marker, points, size = 3.6) {
  const shape = SHAPES[marker.replace("-open", "")](size);
  return points.map(([x, y]) => `M${round(x)} ${round(y)}${shape}`).join("");
}

/** The class of a curve's hue, to be put on a group; its lines and marks take it as their current color. */
export function hueClass([hue]) {
  return `wa-curves-hue wa-curves-hue-${hue}`;
}

export function dashArray([, dashes]) {
  return CONSTANTS.DASHES[dashes] || null;
}

export function markerClass([, , marker]) {
  return marker.endsWith("-open") ? "wa-curves-marker wa-curves-open" : "wa-curves-marker";
}

/** A short piece of a curve with its marker, for a table. */
export function createSwatch() {
  const line = drawn("path", { class: "wa-curves-line", d: "M1 8H35" });
  const mark = drawn("path");
  const node = drawn("svg", { class: "wa-curves-swatch", viewBox: "0 0 36 16", width: 36, height: 16, "aria-hidden": "true" }, line, mark);
  return {
    node,
    update(look) {
      setAttributes(node, { class: `wa-curves-swatch ${hueClass(look)}` });
      setAttributes(line, { "stroke-dasharray": dashArray(look) });
      setAttributes(mark, { class: markerClass(look), d: markerPath(look[2], [[18, 8]], 4) });
    },
  };
}

export function round(number) {
  return Math.round(10 * number) / 10;
}

/**
 * Nodes that are made once and shown as needed.
 * @param {Element} parent
 * @param {() => Element | {node: Element, elsewhere: Element[]}} make
 * @returns {(count: number) => any[]}
 */
export function pool(parent, make) {
  const all = [];
  return (count) => {
    while (all.length < count) {
      all.push(make());
      parent.append(all.at(-1).node ?? all.at(-1));
    }
    all.forEach((one, i) => {
      const parts = one.node ? [one.node, ...one.elsewhere] : [one];
      for (const part of parts) setAttributes(part, { display: i < count ? null : "none" });
    });
    return all.slice(0, count);
  };
}
