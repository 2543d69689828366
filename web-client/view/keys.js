/**
 * What keys do in a meeting: Space lets talk while it is held, combinations do what buttons do.
 *
 * Rules:
 * 1. Keys without a modifier can be switched off (WCAG 2.1.4), and take no key from what has the focus: a field, a
 *    list, or a control that was reached by keyboard. A button that was pressed with the pointer has the focus, too,
 *    but there Space means talking.
 * 2. Combinations are those that people know from other conferences, and are read from the place of the key, so that
 *    they work while Hangul is being typed.
 * 3. A key that is let go elsewhere is let go: with the focus of the window the microphone closes.
 */

import { shortcutOf, showShortcuts } from "./shortcuts.js";

/** @typedef {import("./context.js").Context} Context */

const REACHED = 'button, [tabindex]:not([tabindex="-1"])'; // by keyboard; a heading has the focus only to be read out
const TAKEN = "input, textarea, select, summary, a[href], [contenteditable], dialog, [popover]";

/**
 * Listen for keys until `context` ends.
 *
 * @param {Context} context
 * @param {(tool: string) => void} press
 */
export function listenForKeys(context, press) {
  const { signal } = context;
  const pressed = pressedByPointer(signal);
  /** @param {KeyboardEvent} event */
  const down = (event) => {
    const shortcut = shortcutOf(event);
    if (shortcut) {
      event.preventDefault();
      if (!event.repeat) press(shortcut.tool);
    } else if (isFree(context, event, pressed())) {
      if (event.code === "Space") hold(context, event);
      else if (event.key === "?" && !event.repeat) showShortcuts(context);
    }
  };
  const release = () => context.actions.holdToTalk(false);
  /** @param {KeyboardEvent} event */
  const up = (event) => {
    if (event.code !== "Space" || !context.state.holding) return;
    event.preventDefault(); // or a button that has the focus would be pressed by it
    release();
  };
  document.addEventListener("keydown", down, { signal, capture: true });
  document.addEventListener("keyup", up, { signal, capture: true });
  document.addEventListener("visibilitychange", () => document.hidden && release(), { signal });
  addEventListener("blur", release, { signal });
  signal.addEventListener("abort", release);
}

/** @param {Context} context @param {KeyboardEvent} event */
function hold(context, event) {
  if (context.state.wantsMicrophone) return;
  event.preventDefault();
  if (!event.repeat) context.actions.holdToTalk(true);
}

/**
 * Whether a key without a modifier is nobody else's.
 *
 * @param {Context} context
 * @param {KeyboardEvent} event
 * @param {Element | null} pressed what has the focus only because the pointer pressed it
 */
function isFree(context, event, pressed) {
  if (context.state.holding) return true;
  if (!context.state.settings.singleKeys || event.isComposing) return false;
  if (event.ctrlKey || event.altKey || event.metaKey || document.querySelector("dialog[open]")) return false;
  const focused = document.activeElement;
  if (!focused || focused === document.body) return true;
  if (focused.closest(TAKEN)) return false;
  return focused === pressed || !focused.matches(REACHED);
}

/**
 * What the pointer pressed last, while no key has moved the focus since. (`:focus-visible` does not tell: to a browser,
 * any key makes the focus visible.)
 *
 * @param {AbortSignal} signal
 * @returns {() => Element | null}
 */
function pressedByPointer(signal) {
  let pointer = false;
  /** @type {Element | null} */
  let pressed = null;
  const options = { signal, capture: true };
  document.addEventListener(
    "pointerdown",
    (event) => {
      pointer = true;
      pressed = event.target instanceof Element ? event.target.closest("button, [tabindex]") : null;
    },
    options,
  );
  document.addEventListener("keydown", ({ code }) => (pointer &&= code === "Space"), options);
  const moved = (/** @type {FocusEvent} */ { target }) => {
    if (!pointer || target !== pressed) pressed = null;
  };
  document.addEventListener("focusin", moved, options);
  return () => pressed;
}
