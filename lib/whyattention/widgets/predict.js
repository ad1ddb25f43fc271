// Predict: commit to a prediction, then see what was measured.
import { numberField } from "./fields.js";
import { formatNumber, parseNumber } from "./formatting.js";
import { createAlert, drawn, element, figure, follow, lifetime, setAttributes, setText, uid } from "./shared.js";

const TEXT = {
  commit: "Commit to this prediction",
  again: "Try again",
  choose: "Choose an answer first: a prediction counts only before the answer is known.",
  slide: "Move the slider or type a number first: a prediction counts only before the answer is known.",
  number: (low, high) => `Type a number from ${low} to ${high}.`,
  slider: "Your prediction",
  typed: "Your prediction, typed",
  broken: "The stored values of this question do not fit each other, so it cannot be asked.",
  yours: "your prediction",
  measured: "measured",
  both: "your prediction, and measured",
  agrees: "Your prediction agrees with the measurement.",
  differs: (guess, answer) => `You predicted “${guess}.” The measurement says “${answer}.”`,
  near: (guess, answer) => `You predicted ${guess}, the measurement says ${answer}: close.`,
  high: (guess, answer, gap) => `You predicted ${guess}, the measurement says ${answer}: ${gap} too high.`,
  low: (guess, answer, gap) => `You predicted ${guess}, the measurement says ${answer}: ${gap} too low.`,
};

const STATIC = ["key", "question", "options", "low", "high", "step", "answer", "unit", "tolerance", "explanation"];
const STORED = "whyattention:predict:";

/** Whether a number or a choice could be a prediction for this question. */
export function isGuess(question, guess) {
  if (typeof guess !== "number" || !Number.isFinite(guess)) return false;
  if (question.options.length) return Number.isInteger(guess) && guess >= 0 && guess < question.options.length;
  return guess >= question.low && guess <= question.high;
}

/** Whether there is a question that can be asked and answered. */
export function isQuestion(question) {
  const texts = ["key", "question", "unit", "explanation"].every((name) => typeof question[name] === "string");
  if (!texts || !Array.isArray(question.options) || !question.options.every((option) => typeof option === "string")) return false;
  const numbers = [question.low, question.high, question.step, question.tolerance];
  const scale = numbers.every(Number.isFinite) && question.low < question.high && question.step > 0;
  return (question.options.length > 1 || scale) && isGuess(question, question.answer);
}

/** What a prediction is worth, beside the measurement. @returns {string} */
export function verdict(question, guess) {
  const { options, answer, tolerance, unit } = question;
  const quoted = (option) => option.replace(/\.$/, "");
  if (options.length) return guess === answer ? TEXT.agrees : TEXT.differs(quoted(options[guess]), quoted(options[answer]));
  const gap = Math.abs(guess - answer);
  const texts = [withUnit(guess, unit), withUnit(answer, unit), withUnit(gap, unit)];
  return (gap <= tolerance ? TEXT.near : guess > answer ? TEXT.high : TEXT.low)(...texts);
}

/** The remembered prediction: storage may be switched off, full, or hold something else. */
function storage(question) {
  const place = STORED + question.key;
  const attempt = (action) => {
    try {
      return action();
    } catch {
      return null;
    }
  };
  return {
    load: () => attempt(() => {
      const { question: asked, guess } = JSON.parse(localStorage.getItem(place));
      return asked === question.question && isGuess(question, guess) ? guess : null;
    }),
    save: (guess) => attempt(() => localStorage.setItem(place, JSON.stringify({ question: question.question, guess }))),
    clear: () => attempt(() => localStorage.removeItem(place)),
  };
}

function withUnit(number, unit) {
  return unit ? `${formatNumber(number)} ${unit}` : formatNumber(number);
}

function build(root, model, signal) {
  let built = null;

  /** The question as it stands in the model: made anew only if it changed. */
  function read() {
    const question = Object.fromEntries(STATIC.map((name) => [name, model.get(name)]));
    const same = JSON.stringify(question);
    if (built?.same !== same) {
      built?.end();
      const life = lifetime(signal);
      built = { same, end: life.end, update: isQuestion(question) ? ask(question, life.signal) : refuseAll() };
    }
    built.update();
  }

  function refuseAll() {
    const { message, refuse } = createAlert();
    root.replaceChildren(message);
    refuse(TEXT.broken);
    return () => {};
  }

  function ask(question, signal) {
    const memory = storage(question);
    const { message, refuse } = createAlert();
    const choose = (guess) => {
      refuse(null);
      write({ guess });
      update();
    };
    const answers = question.options.length ? choices(question, choose, signal) : slide(question, choose, refuse, signal);
    const fieldset = element("fieldset", { class: "wa-question" }, element("legend", {}, question.question), ...answers.nodes);
    const commit = element("button", { class: "wa-button wa-commit", type: "submit" }, TEXT.commit);
    const again = element("button", { class: "wa-button wa-again", type: "button" }, TEXT.again);
    const result = element("div", { class: "wa-result", tabindex: -1 });
    const form = element("form", { novalidate: true }, fieldset, message, result, element("div", { class: "wa-actions" }, commit, again));
    let revealed = null;

    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (model.get("committed") === true) return;
      const problem = answers.problem();
      const guess = model.get("guess");
      if (problem || !isGuess(question, guess)) return refuse(problem ?? (question.options.length ? TEXT.choose : TEXT.slide));
      memory.save(guess);
      write({ guess, committed: true });
      update();
      result.focus();
    }, { signal });
    again.addEventListener("click", () => {
      memory.clear();
      write({ guess: null, committed: false });
      update();
      answers.first.focus();
    }, { signal });

    /** Nothing of the answer is on the page before the commitment, and nothing stays after "Try again". */
    function update() {
      const guess = isGuess(question, model.get("guess")) ? model.get("guess") : null;
      const committed = model.get("committed") === true && guess !== null;
      answers.update(guess, committed);
      fieldset.disabled = committed;
      commit.hidden = committed;
      again.hidden = !committed;
      result.hidden = !committed;
      if (!committed) result.replaceChildren();
      else if (revealed !== guess || !result.hasChildNodes()) {
        result.replaceChildren(
          element("p", { class: "wa-verdict-line" }, verdict(question, guess)),
          element("data", { class: "wa-guess wa-hidden", value: guess }), element("data", { class: "wa-answer wa-hidden", value: question.answer }),
          ...(question.options.length ? [] : [numberLine(question, guess)]),
          element("p", { class: "wa-explanation" }, question.explanation));
      }
      revealed = committed ? guess : null;
    }

    root.replaceChildren(form);
    const remembered = memory.load();
    if (model.get("committed") !== true && remembered !== null) write({ guess: remembered, committed: true });
    return update;
  }

  const write = follow(model, [...STATIC, "guess", "committed"], read, signal);
  read();
}

/** A choice as radio buttons. */
function choices(question, choose, signal) {
  const name = uid("wa-choice");
  const parts = question.options.map((text, i) => {
    const radio = element("input", { type: "radio", name, value: i });
    const note = element("span", { class: "wa-option-note" });
    const label = element("label", { class: "wa-option" }, radio, element("span", { class: "wa-option-text" }, text), note);
    radio.addEventListener("change", () => choose(i), { signal });
    return { radio, note, label };
  });
  return {
    nodes: [element("div", { class: "wa-options" }, ...parts.map(({ label }) => label))],
    first: parts[0].radio,
    problem: () => null,
    update(guess, committed) {
      parts.forEach(({ radio, note, label }, i) => {
        const [mine, right] = [i === guess, committed && i === question.answer];
        radio.checked = mine;
        label.classList.toggle("wa-right", right);
        setText(note, right ? (mine ? `◆ ${TEXT.both}` : `◆ ${TEXT.measured}`) : committed && mine ? TEXT.yours : "");
      });
    },
  };
}

/** A number as a slider with a field beside it. */
function slide(question, choose, refuse, signal) {
  const { low, high, step, unit } = question;
  const slider = element("input", { class: "wa-slider", type: "range", min: low, max: high, step, "aria-label": TEXT.slider });
  slider.value = (low + high) / 2;
  const problem = (text) => {
    const number = parseNumber(text);
    return number >= low && number <= high ? null : TEXT.number(formatNumber(low), formatNumber(high));
  };
  const field = numberField({ label: TEXT.typed, problem, take: choose, refuse, keep: true, signal });
  // A click on the resting thumb moves nothing, and yet it is a choice.
  const slid = () => {
    field.show(Number(slider.value), true);
    choose(Number(slider.value));
  };
  for (const kind of ["input", "click"]) slider.addEventListener(kind, slid, { signal });
  return {
    nodes: [element("div", { class: "wa-slide" }, element("span", { "aria-hidden": "true" }, formatNumber(low)), slider,
      element("span", { "aria-hidden": "true" }, formatNumber(high)),
      element("span", { class: "wa-typed" }, field.input), element("span", {}, unit))],
    first: slider,
    problem: () => (field.input.value.trim() ? problem(field.input.value) : null),
    update(guess, committed) {
      setAttributes(slider, { "aria-valuetext": guess === null ? null : withUnit(guess, unit) });
      slider.classList.toggle("wa-untouched", guess === null);
      slider.value = guess ?? (low + high) / 2;
      field.show(guess, committed || guess === null);
    },
  };
}

/** Prediction and measurement on one line, with the gap between them, and what the marks say below. */
function numberLine({ low, high, answer, tolerance, unit }, guess) {
  const [left, right, y] = [12, 468, 12];
  const at = (number) => Math.round(100 * (left + ((right - left) * (number - low)) / (high - low))) / 100;
  const [near, far] = [Math.max(low, answer - tolerance), Math.min(high, answer + tolerance)];
  const line = drawn("svg", { class: "wa-number-line", viewBox: "0 0 480 24", "aria-hidden": "true" },
    drawn("rect", { class: "wa-line-near", x: at(near), width: at(far) - at(near), y: y - 8, height: 16 }),
    drawn("path", { class: "wa-line-axis", d: `M${left} ${y}H${right}M${left} ${y - 5}V${y + 5}M${right} ${y - 5}V${y + 5}` }),
    drawn("path", { class: "wa-line-gap", d: `M${at(guess)} ${y}H${at(answer)}` }),
    drawn("circle", { class: "wa-line-guess", cx: at(guess), cy: y, r: 7 }),
    drawn("path", { class: "wa-line-answer", d: `M${at(answer)} ${y - 10}l10 10l-10 10l-10-10Z` }));
  const mark = (kind, text) => element("span", { class: `wa-line-key wa-line-key-${kind}` }, text);
  return element("div", {}, line, element("p", { class: "wa-line-keys" },
    mark("guess", `${TEXT.yours} ${withUnit(guess, unit)}`), mark("answer", `${TEXT.measured} ${withUnit(answer, unit)}`)));
}

export default { render: figure("predict", null, build) };
