// The state that a figure shows, and that its model holds.
import { follow } from "./shared.js";

const PATIENCE = 250; // ms

/**
 * Takes over what the model holds, now and after each change that this view did not make. Traits that belong together
 * may come in several messages: what does not fit yet may fit soon, and is looked at again before it is refused.
 * @param {object} model
 * @param {string[]} names
 * @param {(state: object) => string | null} problemOf what is wrong with a state
 * @param {(state: object, problem: string | null) => void} take
 * @param {AbortSignal} signal
 * @returns {{read: () => void, write: (change: object) => void}} read takes what is there, good or bad
 */
export function followState(model, names, problemOf, take, signal) {
  let waiting;
  function read(late) {
    clearTimeout(waiting);
    const state = structuredClone(Object.fromEntries(names.map((name) => [name, model.get(name) ?? null])));
    const problem = problemOf(state);
    if (problem && !late) waiting = setTimeout(read, PATIENCE, true);
    else take(state, problem);
  }
  signal.addEventListener("abort", () => clearTimeout(waiting));
  return { read: () => read(true), write: follow(model, names, () => read(false), signal) };
}
