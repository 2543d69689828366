/** A small drawing of values over time, the newest at the right; marked moments get a line at the foot. */

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 300;
const HEIGHT = 48;
const FOOT = 6; // of the marks
const SLOTS = 90; // as many readings as are kept

/**
 * @param {readonly number[]} values
 * @param {readonly boolean[]} marked
 */
export function sparkline(values, marked) {
  const node = document.createElementNS(SVG, "svg");
  node.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
  node.setAttribute("class", "sparkline");
  node.setAttribute("role", "img");
  node.setAttribute("preserveAspectRatio", "none");
  node.append(path("curve", curveOf(values)), path("marks", marksOf(marked)));
  return node;
}

/** @param {readonly number[]} values */
export function curveOf(values) {
  const most = Math.max(...values, 1);
  const y = (/** @type {number} */ value) => (HEIGHT - FOOT) * (1 - value / most) + 1;
  return values.map((value, index) => `${index ? "L" : "M"}${x(index, values.length)} ${y(value).toFixed(1)}`).join("");
}

/** @param {readonly boolean[]} marked */
export function marksOf(marked) {
  return marked
    .map((mark, index) => (mark ? `M${x(index, marked.length)} ${HEIGHT - FOOT + 2}v${FOOT - 2}` : ""))
    .join("");
}

/** @param {number} index @param {number} count */
function x(index, count) {
  return (WIDTH - (count - 1 - index) * (WIDTH / (SLOTS - 1))).toFixed(1);
}

/** @param {string} name @param {string} d */
function path(name, d) {
  const node = document.createElementNS(SVG, "path");
  node.setAttribute("class", name);
  node.setAttribute("d", d);
  return node;
}
