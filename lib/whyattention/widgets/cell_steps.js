// The steps of a one-unit LSTM or GRU and the derivative back through them, as in cell_steps.py. No DOM.

/**
 * Every gate, candidate and state of a cell of one unit that starts from zeros.
 * @param {"lstm" | "gru"} kind
 * @param {number[]} inputs x_1 … x_L
 * @param {Record<string, number[]>} weights [W, U, b] by gate; of a GRU's candidate [W, U, b, b']
 * @returns {Record<string, number[]>} L numbers for each of i, f, g, o, c, h or of r, u, n, h
 */
export function unrolled(kind, inputs, weights) {
  return (kind === "lstm" ? lstm : gru)(inputs, weights);
}

/**
 * The derivative of the last state by the state after each step: ∂c_L/∂c_t, of a GRU ∂h_L/∂h_t.
 * @param {"lstm" | "gru"} kind
 * @param {Record<string, number[]>} weights
 * @param {Record<string, number[]>} quantities what `unrolled` returns
 * @returns {{direct: number[], all: number[]}} on the direct path, the product of the later forget or update gates;
 *   and on all paths
 */
export function derivatives(kind, weights, quantities) {
  const keeping = quantities[kind === "lstm" ? "f" : "u"];
  const direct = keeping.map(() => 1);
  for (let t = keeping.length - 2; t >= 0; t--) direct[t] = direct[t + 1] * keeping[t + 1];
  return { direct, all: (kind === "lstm" ? lstmBack : gruBack)(weights, quantities) };
}

/** The logistic function. @param {number} x @returns {number} */
export function sigmoid(x) {
  if (x >= 0) return 1 / (1 + Math.exp(-x));
  const power = Math.exp(x);
  return power / (1 + power);
}

function lstm(inputs, weights) {
  const taken = { i: [], f: [], g: [], o: [], c: [], h: [] };
  let [c, h] = [0, 0];
  for (const x of inputs) {
    const sum = (gate) => weights[gate][0] * x + weights[gate][1] * h + weights[gate][2];
    const [i, f, g, o] = [sigmoid(sum("i")), sigmoid(sum("f")), Math.tanh(sum("g")), sigmoid(sum("o"))];
    c = f * c + i * g;
    h = o * Math.tanh(c);
    for (const [name, number] of Object.entries({ i, f, g, o, c, h })) taken[name].push(number);
  }
  return taken;
}

function gru(inputs, weights) {
  const taken = { r: [], u: [], n: [], h: [] };
  let h = 0;
  for (const x of inputs) {
    const gate = ([W, U, b]) => sigmoid(W * x + U * h + b);
    const [r, u] = [gate(weights.r), gate(weights.u)];
    const [W, U, b, hiddenBias] = weights.n;
    const n = Math.tanh(W * x + b + r * (U * h + hiddenBias));
    h = u * h + (1 - u) * n;
    for (const [name, number] of Object.entries({ r, u, n, h })) taken[name].push(number);
  }
  return taken;
}

function lstmBack(weights, { i, f, g, o, c }) {
  const back = c.map(() => 1);
  let toH = 0; // the derivative of c_L by h_t, c_t held
  for (let t = c.length - 1; t > 0; t--) {
    toH = back[t] * c[t - 1] * f[t] * (1 - f[t]) * weights.f[1]
      + back[t] * g[t] * i[t] * (1 - i[t]) * weights.i[1]
      + back[t] * i[t] * (1 - g[t] ** 2) * weights.g[1]
      + toH * Math.tanh(c[t]) * o[t] * (1 - o[t]) * weights.o[1];
    back[t - 1] = back[t] * f[t] + toH * o[t - 1] * (1 - Math.tanh(c[t - 1]) ** 2);
  }
  return back;
}

function gruBack(weights, { r, u, n, h }) {
  const [, U, , hiddenBias] = weights.n;
  const back = h.map(() => 1);
  for (let t = h.length - 1; t > 0; t--) {
    const candidate = (1 - n[t] ** 2) * (r[t] * U + r[t] * (1 - r[t]) * weights.r[1] * (U * h[t - 1] + hiddenBias));
    const update = u[t] * (1 - u[t]) * weights.u[1];
    back[t - 1] = back[t] * (u[t] + (h[t - 1] - n[t]) * update + (1 - u[t]) * candidate);
  }
  return back;
}
