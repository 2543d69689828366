/**
 * Room for what is typed: a keyboard on the screen takes most of a telephone's window.
 *
 * Browsers that know interactive-widget (in index.html) make the window smaller by themselves; Safari lays its keyboard
 * over the page and tells only the visual viewport.
 */

/** @typedef {import("./context.js").Context} Context */

const LEAST_KEYBOARD = 80; // pixels; less is a bar of the browser coming or going
const MAGNIFIED = 1.05; // times; then the person looks closer, and nothing is to move
const LOW = 560; // pixels of height: no room for picture and panel both
const LOWEST = 260; // nor for anything but the panel's own

/** @param {Context} context @param {HTMLElement} node the whole of the meeting */
export function makeRoom(context, node) {
  const observer = new ResizeObserver(() => {
    node.classList.toggle("low", node.clientHeight < LOW);
    node.classList.toggle("lowest", node.clientHeight < LOWEST);
  });
  observer.observe(node);
  context.signal.addEventListener("abort", () => observer.disconnect());
  const seen = window.visualViewport;
  if (!seen) return;
  const fit = () => {
    const covered = seen.scale < MAGNIFIED && innerHeight - seen.height > LEAST_KEYBOARD;
    node.style.height = covered ? `${seen.height}px` : "";
    node.style.translate = covered ? `0 ${seen.offsetTop}px` : "";
  };
  for (const type of ["resize", "scroll"]) seen.addEventListener(type, fit, { signal: context.signal });
}
