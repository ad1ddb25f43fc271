// A list whose rows come and go.
import { lifetime } from "./shared.js";

/**
 * @template Row
 * @param {HTMLElement} list
 * @param {(place: number, signal: AbortSignal) => Row & {node: HTMLElement}} create the signal ends with the row
 * @param {AbortSignal} signal
 * @returns {{rows: Row[], fit: (count: number) => void}} fit makes them so many
 */
export function createRows(list, create, signal) {
  const rows = [];
  function fit(count) {
    while (rows.length < count) {
      const life = lifetime(signal);
      const row = create(rows.length, life.signal);
      rows.push({ ...row, end: life.end });
      list.append(row.node);
    }
    while (rows.length > count) {
      const row = rows.pop();
      row.end();
      row.node.remove();
    }
  }
  return { rows, fit };
}
