// Which words of a translation are right, and which known word an unknown one may be. No DOM.

/**
 * The fewest edits that turn a translation into its reference, in the order of the words; translate_sentence.py finds
 * the same. Of several ways with as few edits it takes one that leaves most words as they are.
 * @param {string[]} said the model's words
 * @param {string[]} expected the words of the reference
 * @returns {Edit[]}
 * @typedef {{kind: "right" | "wrong" | "extra" | "missing", said: number | null, expected: number | null}} Edit
 */
export function compare(said, expected) {
  // Of each pair of beginnings: edits, minus the words that are right, the last step.
  const best = [Array.from({ length: said.length + 1 }, (_, t) => [t, 0, "extra"])];
  expected.forEach((word, g) => {
    const row = [[g + 1, 0, "missing"]];
    said.forEach((other, t) => {
      const same = Number(word === other);
      const [both, above, left] = [best[g][t], best[g][t + 1], row[t]];
      // Of equals the last one here comes first in the sentence.
      const ways = [
        [left[0] + 1, left[1], "extra"],
        [above[0] + 1, above[1], "missing"],
        [both[0] + 1 - same, both[1] - same, same ? "right" : "wrong"],
      ];
      row.push(ways.reduce((one, way) => (way[0] < one[0] || (way[0] === one[0] && way[1] < one[1]) ? way : one)));
    });
    best.push(row);
  });
  const edits = [];
  for (let [t, g] = [said.length, expected.length]; t || g;) {
    const kind = best[g][t][2];
    if (kind !== "missing") t -= 1;
    if (kind !== "extra") g -= 1;
    edits.push({ kind, said: kind === "missing" ? null : t, expected: kind === "extra" ? null : g });
  }
  return edits.reverse();
}

/** Known words that differ from a typed one by a letter or two. @param {string} word @param {string[]} known */
export function nearest(word, known) {
  const letters = [...word].slice(0, 30);
  const most = Math.min(2, Math.floor(letters.length / 2));
  return known
    .map((other) => [distance(letters, [...other]), other])
    .filter(([far]) => far <= most)
    .sort(([a], [b]) => a - b)
    .map(([, other]) => other);
}

/** Letters to put in, take out, change, or swap with their neighbor. */
function distance(a, b) {
  const rows = [b.map((_, j) => j + 1)];
  rows[0].unshift(0);
  a.forEach((letter, i) => {
    const row = [i + 1];
    b.forEach((other, j) => {
      let least = Math.min(rows[i][j] + Number(letter !== other), rows[i][j + 1] + 1, row[j] + 1);
      if (i && j && letter === b[j - 1] && other === a[i - 1]) least = Math.min(least, rows[i - 1][j - 1] + 1);
      row.push(least);
    });
    rows.push(row);
  });
  return rows[a.length][b.length];
}
