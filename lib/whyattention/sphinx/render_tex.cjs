// Renders TeX for formulas.py: one JSON request on each line of stdin, one JSON answer on each line of stdout.
// Run as: node render_tex.cjs path/to/katex.js; it ends when stdin does.
const katex = require(process.argv[2]);
const lines = require("node:readline").createInterface({ input: process.stdin });

lines.on("line", (line) => {
  const { tex, options } = JSON.parse(line);
  let answer;
  try {
    answer = { html: katex.renderToString(tex, options) };
  } catch (error) {
    answer = { error: error.message };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
});
