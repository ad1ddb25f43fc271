// The arithmetic of the widgets, step for step that of arithmetic.py. No DOM.

/**
 * Softmax weights, exp(e_i / T) / Σ_j exp(e_j / T) over the words that may be attended.
 * @param {number[]} scores
 * @param {boolean[]} [mask] true where a word may be attended
 * @param {number} [temperature]
 * @returns {number[]} exactly 0 where masked
 */
export function softmax(scores, mask = scores.map(() => true), temperature = 1) {
  const scaled = scores.map((score) => score / temperature);
  const largest = Math.max(...scaled.filter((_, i) => mask[i]));
  const powers = scaled.map((value, i) => (mask[i] ? Math.exp(value - largest) : 0));
  const total = sum(powers);
  return powers.map((power) => power / total);
}

/**
 * Each score divided by the sum of the scores that may be attended.
 * @param {number[]} scores
 * @param {boolean[]} [mask]
 * @returns {number[] | null} 0 where masked; null where the scores cancel
 */
export function sumNormalized(scores, mask = scores.map(() => true)) {
  const attended = scores.map((score, i) => (mask[i] ? score : 0));
  const total = sum(attended);
  // Scores that cancel leave a rounding error behind, 0.1 + 0.2 - 0.3 for one: that is no number to divide by.
  if (Math.abs(total) <= 1e-12 * sum(attended.map(Math.abs))) return null;
  return attended.map((score) => score / total);
}

/**
 * The weighted sum of states, Σ_i α_i h_i.
 * @param {number[]} weights
 * @param {number[][]} states one [x, y] a word
 * @returns {number[]} [x, y]
 */
export function weightedSum(weights, states) {
  return [0, 1].map((axis) => sum(weights.map((weight, i) => weight * states[i][axis])));
}

/** @param {number[]} numbers @returns {number} */
export function sum(numbers) {
  return numbers.reduce((total, number) => total + number, 0);
}

/**
 * The corners of the convex hull, counterclockwise (Andrew's monotone chain).
 * @param {number[][]} points
 * @returns {number[][]} one point, two points, or a polygon without repeated corners
 */
export function convexHull(points) {
  const sorted = [...points].sort((p, q) => p[0] - q[0] || p[1] - q[1]);
  const cross = (o, p, q) => (p[0] - o[0]) * (q[1] - o[1]) - (p[1] - o[1]) * (q[0] - o[0]);
  const chain = (ordered) => {
    const hull = [];
    for (const point of ordered) {
      while (hull.length > 1 && cross(hull.at(-2), hull.at(-1), point) <= 0) hull.pop();
      if (hull.length !== 1 || hull[0][0] !== point[0] || hull[0][1] !== point[1]) hull.push(point);
    }
    return hull;
  };
  const [lower, upper] = [chain(sorted), chain(sorted.reverse())];
  return lower.length < 2 ? lower : [...lower.slice(0, -1), ...upper.slice(0, -1)];
}

/**
 * Whether a point lies in the convex hull of others, a rounding error outside still counted as inside.
 * @param {number[]} point
 * @param {number[][]} points
 * @returns {boolean}
 */
export function insideHull(point, points) {
  const hull = convexHull(points);
  const size = Math.max(...points.flat().map(Math.abs), 1e-300);
  if (hull.length < 3) {
    const [p, q] = [hull[0], hull.at(-1)];
    const along = [q[0] - p[0], q[1] - p[1]];
    const squared = along[0] ** 2 + along[1] ** 2;
    const part = squared && ((point[0] - p[0]) * along[0] + (point[1] - p[1]) * along[1]) / squared;
    const nearest = [0, 1].map((axis) => p[axis] + Math.min(1, Math.max(0, part)) * along[axis]);
    return Math.hypot(point[0] - nearest[0], point[1] - nearest[1]) <= 1e-9 * size;
  }
  return hull.every((p, i) => {
    const q = hull[(i + 1) % hull.length];
    const length = Math.hypot(q[0] - p[0], q[1] - p[1]);
    const turn = (q[0] - p[0]) * (point[1] - p[1]) - (q[1] - p[1]) * (point[0] - p[0]);
    return turn / length >= -1e-9 * size;
  });
}

/**
 * A slider that holds all these scores: 1, 2 or 5 times a power of ten to both sides of 0.
 * @param {number[]} scores
 * @param {number} [most] the largest score allowed
 * @returns {{bound: number, step: number}}
 */
export function sliderLimits(scores, most = Infinity) {
  const needed = Math.max(5, ...scores.map(Math.abs));
  const power = 10 ** Math.floor(Math.log10(needed));
  const bound = Math.min(most, power * [1, 2, 5, 10].find((factor) => power * factor >= needed));
  return { bound, step: 10 ** (Math.floor(Math.log10(bound)) - 2) };
}
