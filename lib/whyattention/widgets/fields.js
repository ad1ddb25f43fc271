// Fields that take typed numbers.
import { formatNumber, isUnfinished, parseNumber } from "./formatting.js";
import { element, setAttributes } from "./shared.js";

/**
 * A field for a typed number. What is typed acts at once; what cannot act is refused with a message, and the last
 * good number returns when the field is left, unless it is to be kept. Up and down arrows step.
 * @param {object} options
 * @param {string} options.label its name for a screen reader
 * @param {(text: string) => string | null} options.problem what is wrong with a text
 * @param {(number: number) => void} options.take
 * @param {(problem: string) => void} options.refuse
 * @param {(direction: 1 | -1) => void} [options.step]
 * @param {boolean} [options.keep] whether what was refused stays in the field
 * @param {AbortSignal} options.signal
 * @returns {{input: HTMLInputElement, show: (number: number | null, force?: boolean) => void}} the input's data-value
 *   is the number shown, in full
 */
export function numberField({ label, problem, take, refuse, step, keep = false, signal }) {
  // Not type="number", which hides what was typed if it is no number; no inputmode, whose keyboards lack a minus.
  const input = element("input", {
    class: "wa-number", type: "text", autocomplete: "off", autocapitalize: "off", spellcheck: "false", "aria-label": label,
  });
  let [shown, typed, timer] = ["", false, 0];

  function check() {
    clearTimeout(timer);
    const wrong = problem(input.value);
    input.toggleAttribute("aria-invalid", false);
    if (wrong) {
      input.setAttribute("aria-invalid", "true");
      refuse(wrong);
    } else take(parseNumber(input.value));
  }

  function leave() {
    clearTimeout(timer);
    if (!typed) return;
    check();
    if (keep && problem(input.value)) return;
    typed = false;
    input.removeAttribute("aria-invalid");
    input.value = shown;
  }

  function show(number, force = false) {
    shown = number === null ? "" : formatNumber(number).replace("−", "-");
    setAttributes(input, { "data-value": number });
    if (typed && !force) return;
    [typed, input.value] = [false, shown];
    clearTimeout(timer);
    input.removeAttribute("aria-invalid");
  }

  input.addEventListener("input", () => {
    typed = true;
    clearTimeout(timer);
    // "-" may become "-3": wait a little before complaining.
    if (isUnfinished(input.value)) timer = setTimeout(check, 700);
    else check();
  }, { signal });
  input.addEventListener("change", leave, { signal });
  input.addEventListener("blur", leave, { signal });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter") leave();
    if (event.key === "Escape") show(parseNumber(shown), true);
    if (step && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
      event.preventDefault();
      leave();
      step(event.key === "ArrowUp" ? 1 : -1);
    }
  }, { signal });
  signal.addEventListener("abort", () => clearTimeout(timer));
  return { input, show };
}

/** Moves a slider to a number. @param {HTMLInputElement} slider @param {number} number */
export function moveSlider(slider, number) {
  if (Number(slider.value) !== number) slider.value = number;
  setAttributes(slider, { "aria-valuetext": formatNumber(number) });
}
