/** The keys of a meeting as one table, and the sheet that lists them. */

import { switchRow } from "./controls.js";
import { element } from "./dom.js";
import { sheet } from "./popover.js";

/** @typedef {import("./context.js").Context} Context */
/** @typedef {import("./context.js").Key} Key */

/**
 * @typedef {object} Shortcut
 * @property {string} code of the key, together with Ctrl (⌘ on a Mac)
 * @property {boolean} [more] and Alt (Ctrl on a Mac), where the browser uses the plain combination itself
 * @property {Key} key what it does, in words
 * @property {string} tool whose button it presses
 */

/** @type {readonly Shortcut[]} */
export const SHORTCUTS = [
  { code: "KeyD", key: "keys.microphone", tool: "microphone" },
  { code: "KeyE", key: "keys.camera", tool: "camera" },
  { code: "KeyH", more: true, key: "keys.hand", tool: "hand" },
  { code: "KeyP", more: true, key: "keys.people", tool: "people" },
  { code: "KeyC", more: true, key: "keys.chat", tool: "chat" },
];
/** Whether there is likely a keyboard: where fingers are all there is, keys are not spoken of. */
export const HAS_KEYBOARD = matchMedia("(any-pointer: fine)").matches;
const MAC = /Mac|iPhone|iPad/.test(navigator.userAgent);
const SHEET = "shortcuts";

/** The shortcut that `event` is, if any. @param {KeyboardEvent} event */
export function shortcutOf(event) {
  const [main, more] = MAC ? [event.metaKey, event.ctrlKey] : [event.ctrlKey, event.altKey];
  const foreign = event.shiftKey || (MAC ? event.altKey : event.metaKey);
  if (!main || foreign) return undefined;
  return SHORTCUTS.find((shortcut) => event.code === shortcut.code && more === (shortcut.more ?? false));
}

/** @param {Context} context */
export function showShortcuts(context) {
  if (document.querySelector(`dialog.${SHEET}`)) return;
  const closed = new AbortController();
  const inner = context.within(closed.signal);
  const combinations = SHORTCUTS.map(({ code, more, key }) => {
    const modifiers = MAC ? (more ? ["Ctrl", "⌘"] : ["⌘"]) : more ? ["Ctrl", "Alt"] : ["Ctrl"];
    return row(inner, [...modifiers, code.replace("Key", "")], key);
  });
  const dialog = sheet(
    inner,
    "keys.title",
    element(
      "dl",
      { class: "keys" },
      row(inner, [inner.text("keys.space")], "keys.hold"),
      ...combinations,
      row(inner, ["←", "→"], "keys.walk"),
      row(inner, ["Esc"], "keys.close"),
      row(inner, ["?"], "keys.title"),
    ),
    singleKeysRow(inner),
  );
  dialog.classList.add(SHEET);
  dialog.addEventListener("close", () => closed.abort());
}

/** @param {Context} context */
export function singleKeysRow(context) {
  return switchRow(context, {
    label: "settings.singleKeys",
    hint: "settings.singleKeysHint",
    on: (state) => state.settings.singleKeys,
    set: (singleKeys) => context.actions.adjust({ singleKeys }),
  });
}

/** @param {Context} context @param {readonly (string | Text)[]} keys @param {Key} what */
function row(context, keys, what) {
  const pressed = keys.flatMap((key, index) => [index > 0 && " ", element("kbd", {}, key)]);
  return element("div", {}, element("dt", {}, context.text(what)), element("dd", {}, ...pressed));
}
