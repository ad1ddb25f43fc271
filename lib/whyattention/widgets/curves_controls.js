// What a reader can choose: the chart, the values of each setting that are shown, how they are drawn.
import { formatNumber } from "./formatting.js";
import { element, uid } from "./shared.js";

const TEXT = {
  chart: "Show",
  draw: "Draw",
  share: "share right",
  count: "number right",
  seeds: "each seed",
};

/** Radio buttons or checkboxes under a name. @param {string} name @param {Node[]} chips */
function group(name, chips) {
  return element("fieldset", { class: "wa-curves-group" }, element("legend", {}, name), ...chips);
}

function chip(type, name, text, act, signal) {
  const input = element("input", name ? { type, name } : { type });
  const node = element("label", { class: "wa-curves-chip" }, input, element("bdi", {}, text));
  input.addEventListener("change", () => act(input), { signal });
  return { node, input };
}

/**
 * @param {object} state of the figure
 * @param {object} derived
 * @param {{chart: (index: number) => void, pick: (name: string, values: any[]) => boolean, seeds: (on: boolean) => void, count: (on: boolean) => void}} on
 * @param {AbortSignal} signal
 */
export function createControls(state, derived, on, signal) {
  const updates = [];
  const nodes = [];
  if (state.charts.length > 1) {
    const name = uid("wa-curves-chart");
    const chips = state.charts.map((chart, i) => chip("radio", name, chart.name, () => on.chart(i), signal));
    updates.push(({ chart }) => chips.forEach(({ input }, i) => (input.checked = i === chart)));
    nodes.push(group(TEXT.chart, chips.map(({ node }) => node)));
  }
  for (const { name: setting, options, one } of derived.groups) nodes.push(settingGroup(setting, options, one));
  const drawing = [];
  if (derived.chart.alphabet !== null) {
    const name = uid("wa-curves-draw");
    const chips = [[TEXT.share, false], [TEXT.count, true]].map(([text, value]) => ({ value, ...chip("radio", name, text, () => on.count(value), signal) }));
    updates.push(({ count }) => chips.forEach(({ input, value }) => (input.checked = value === count)));
    drawing.push(...chips.map(({ node }) => node));
  }
  if (derived.chart.curves.some(({ values }) => values.length > 1)) {
    const seeds = chip("checkbox", null, TEXT.seeds, ({ checked }) => on.seeds(checked), signal);
    updates.push((now) => (seeds.input.checked = now.seeds));
    drawing.push(seeds.node);
  }
  if (drawing.length) nodes.push(group(TEXT.draw, drawing));

  function settingGroup(setting, options, one) {
    const name = one ? uid("wa-curves-setting") : null;
    const text = (value) => (typeof value === "number" ? formatNumber(value) : value);
    const chips = options.map((value) => chip(one ? "radio" : "checkbox", name, text(value), () => {
      const values = one ? [value] : options.filter((_, i) => chips[i].input.checked);
      on.pick(setting, values, options);
    }, signal));
    updates.push((_, now) => {
      const { chosen } = now.groups.find((found) => found.name === setting);
      chips.forEach(({ input }, i) => (input.checked = chosen.includes(options[i])));
    });
    return group(setting, chips.map(({ node }) => node));
  }

  return { nodes, update: (now, derivedNow) => updates.forEach((update) => update(now, derivedNow)) };
}
