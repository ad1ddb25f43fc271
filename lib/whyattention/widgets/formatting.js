// Numbers as a reader sees and types them; formatting.py writes them by the same rules. No DOM.

const SUPERSCRIPT = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };
const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const LOGARITHM = /^ln\s*\(?\s*(\d+\.?\d*|\.\d+)\s*\)?$/i;
const UNFINISHED = /^(?:[+-]?\.?|[+-]?(?:\d+\.?\d*|\.\d+)e[+-]?|l|ln\s*\(?\s*)$/i;

/**
 * A weight with three decimals, or as a power of ten where three decimals would hide it.
 * @param {number} number
 * @returns {string} such as 0.050 or 2.5 × 10⁻¹²²
 */
export function formatWeight(number) {
  if (number === 0) return "0";
  const size = Math.abs(number);
  const sign = number < 0 ? "−" : "";
  if (size >= 1e-3 && size < 1e5) return sign + size.toFixed(3);
  const [digits, exponent] = size.toExponential(1).split("e");
  return `${sign}${digits} × 10${superscript(Number(exponent))}`;
}

/** A whole number as an exponent. @param {number} power */
export function superscript(power) {
  return [...String(power)].map((letter) => SUPERSCRIPT[letter]).join("");
}

/**
 * A number with up to four decimals and no trailing zeros.
 * @param {number} number
 * @returns {string}
 */
export function formatNumber(number) {
  const size = Math.abs(number);
  if (size !== 0 && (size < 1e-4 || size >= 1e7)) return formatWeight(number);
  const text = size.toFixed(4).replace(/\.?0+$/, "");
  return number < 0 ? `−${text}` : text;
}

/**
 * A number that was typed: a decimal (1e3 and a true minus sign too), or a logarithm such as "ln 16".
 * @param {string} text
 * @returns {number} NaN where the text is no number; ±Infinity where it is one too large for a computer
 */
export function parseNumber(text) {
  const plain = text.trim().replace(/^[−–]/, "-");
  const logarithm = LOGARITHM.exec(plain);
  if (logarithm) return Math.log(Number(logarithm[1]));
  return DECIMAL.test(plain) ? Number(plain) : NaN;
}

/**
 * What is wrong with a typed number, or null.
 * @param {string} text
 * @param {{empty: string, text: string}} words what to say where nothing, or no number, was typed
 * @param {(number: number) => string | null} rangeProblem what is wrong with a number
 */
export function typedProblem(text, words, rangeProblem) {
  if (!text.trim()) return words.empty;
  const number = parseNumber(text);
  return Number.isNaN(number) ? words.text : rangeProblem(number);
}

/**
 * Whether this may be the beginning of a number, so that a complaint should wait.
 * @param {string} text
 * @returns {boolean}
 */
export function isUnfinished(text) {
  return UNFINISHED.test(text.trim().replace(/^[−–]/, "-"));
}
