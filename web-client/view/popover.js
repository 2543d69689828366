/** Menus and questions: the platform's popover and dialog, placed and put back with the keyboard in mind. */

import { element } from "./dom.js";
import { icon } from "./icons.js";

/** @typedef {import("./context.js").Context} Context */
/** @typedef {import("./context.js").Key} Key */

const GAP = 8; // pixels between a button and its menu

/**
 * A menu that opens from `button`: above it where there is room, else below. Its buttons are its entries; one with a
 * checkbox's role keeps that.
 *
 * @param {HTMLButtonElement} button
 * @param {HTMLElement} menu
 */
export function attachMenu(button, menu) {
  menu.setAttribute("popover", "auto");
  menu.setAttribute("role", "menu");
  menu.classList.add("menu");
  button.popoverTargetElement = menu;
  button.setAttribute("aria-haspopup", "menu");
  menu.addEventListener("toggle", (event) => {
    const open = event.newState === "open";
    button.setAttribute("aria-expanded", String(open));
    if (!open) return;
    for (const entry of menu.querySelectorAll("button:not([role])")) entry.setAttribute("role", "menuitem");
    place(button, menu);
    menu.querySelector("button")?.focus();
  });
  menu.addEventListener("keydown", (event) => walk(menu, event, "ArrowDown", "ArrowUp"));
  const close = (/** @type {Event} */ event) => {
    if (event.target instanceof Element && event.target.closest("button")) menu.hidePopover();
  };
  menu.addEventListener("click", close, { capture: true }); // first, so that what an entry opens gives the focus back
}

/**
 * A menu that is made when a tool is pressed: from its button, or from the one that opens the menu it stands in.
 *
 * @param {Context} context
 * @param {string} tool
 * @param {HTMLElement} menu
 */
export function popUp(context, tool, menu) {
  const buttons = [tool, "more"].map((id) =>
    document.querySelector(/** @type {"button"} */ (`.tool[data-tool="${id}"]`)),
  );
  const button = buttons.find((one) => one && one.offsetWidth > 0);
  if (!button) return;
  menu.classList.add("menu");
  menu.setAttribute("popover", "auto");
  menu.setAttribute("role", "menu");
  for (const entry of menu.querySelectorAll("button")) entry.setAttribute("role", "menuitem");
  const gone = new AbortController();
  menu.addEventListener("toggle", (event) => {
    if (event.newState === "open") return;
    gone.abort();
    if (menu.contains(document.activeElement) || document.activeElement === document.body) button.focus();
    menu.remove();
  });
  menu.addEventListener("keydown", (event) => {
    walk(menu, event, "ArrowDown", "ArrowUp");
    walk(menu, event, "ArrowRight", "ArrowLeft");
  });
  menu.addEventListener("click", (event) => {
    if (event.target instanceof Element && event.target.closest("button")) menu.hidePopover();
  });
  context.signal.addEventListener("abort", () => menu.remove(), { signal: gone.signal });
  setTimeout(() => {
    // the menu in which it was chosen closes first
    (document.querySelector("main") ?? document.body).append(menu);
    menu.showPopover();
    place(button, menu);
    menu.querySelector("button")?.focus();
  });
}

/**
 * Ask; the answer is carried out by the button's own listener.
 *
 * @param {Context} context
 * @param {{ title: string, words?: string, answers: { key: Key, class: string, onclick: () => void }[] }} question
 */
export function ask(context, question) {
  const dialog = element(
    "dialog",
    { class: "question", "aria-labelledby": "question-title" },
    element("h2", { id: "question-title" }, question.title),
    question.words ? element("p", { class: "lead" }, question.words) : null,
    element(
      "div",
      { class: "buttons" },
      ...question.answers.map((answer) =>
        element("button", { type: "button", class: answer.class, onclick: answer.onclick }, context.say(answer.key)),
      ),
      element("button", { type: "button" }, context.say("app.cancel")),
    ),
  );
  return openDialog(context, dialog);
}

/**
 * A dialog with own content and a button that closes it.
 *
 * @param {Context} context
 * @param {Key} title
 * @param {...import("./dom.js").Child} content
 */
export function sheet(context, title, ...content) {
  const close = element("button", { type: "button", class: "quiet icon-only" }, icon("close"));
  context.label(close, "aria-label", "app.close");
  const dialog = element(
    "dialog",
    { class: "sheet", "aria-labelledby": "sheet-title" },
    element("header", {}, element("h2", { id: "sheet-title" }, context.text(title)), close),
    ...content,
  );
  close.addEventListener("click", () => dialog.close());
  return openDialog(context, dialog, false);
}

/**
 * @param {Context} context
 * @param {HTMLDialogElement} dialog
 * @param {boolean} [anyButton] whether any button closes it
 */
function openDialog(context, dialog, anyButton = true) {
  if (anyButton) {
    dialog.addEventListener("click", (event) => {
      if (event.target instanceof Element && event.target.closest("button")) dialog.close();
    });
  }
  const closed = new AbortController();
  dialog.addEventListener("close", () => {
    closed.abort();
    dialog.remove();
  });
  context.signal.addEventListener("abort", () => dialog.close(), { signal: closed.signal });
  (document.fullscreenElement ?? document.body).append(dialog);
  dialog.showModal();
  return dialog;
}

/** @param {HTMLElement} button @param {HTMLElement} menu */
function place(button, menu) {
  const anchor = button.getBoundingClientRect();
  const { width, height } = menu.getBoundingClientRect();
  const left = Math.min(Math.max(anchor.left + anchor.width / 2 - width / 2, GAP), innerWidth - width - GAP);
  const above = anchor.top - height - GAP;
  menu.style.left = `${left}px`;
  const below = Math.max(GAP, Math.min(anchor.bottom + GAP, innerHeight - height - GAP));
  menu.style.top = `${above >= GAP ? above : below}px`;
}

/**
 * Arrow keys, Home and End walk through the buttons that can be seen in `row`.
 *
 * @param {HTMLElement} row
 * @param {KeyboardEvent} event
 * @param {"ArrowDown" | "ArrowRight"} forward
 * @param {"ArrowUp" | "ArrowLeft"} back
 */
export function walk(row, event, forward, back) {
  const buttons = [...row.querySelectorAll("button")].filter((button) => !button.disabled && button.offsetWidth > 0);
  const at = buttons.findIndex((button) => button === document.activeElement);
  /** @type {Record<string, number>} */
  const steps = { [forward]: at + 1, [back]: at - 1, Home: 0, End: -1 };
  const next = steps[event.key];
  if (at < 0 || next === undefined || event.defaultPrevented) return; // a menu lies within its bar
  event.preventDefault();
  buttons.at(next % buttons.length)?.focus();
}
