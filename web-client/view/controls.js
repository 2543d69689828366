/** Controls that settings are made of. */

import { element } from "./dom.js";

/** @typedef {import("./context.js").Context} Context */
/** @typedef {import("./context.js").Key} Key */
/** @typedef {import("../state/app-state.js").AppState} AppState */

let ids = 0; // makes ids of controls unique in the page

/**
 * On or off, with its words beside it; the whole row can be pressed.
 *
 * @param {Context} context
 * @param {object} options
 * @param {Key} options.label
 * @param {Key | ((state: AppState) => Key | null)} [options.hint] what it is good for, or why it cannot be had
 * @param {(state: AppState) => boolean} options.on
 * @param {(on: boolean) => void} options.set
 * @param {(state: AppState) => boolean} [options.possible] false: it is shown, and cannot be changed now
 */
export function switchRow(context, { label, hint, on, set, possible = () => true }) {
  const id = `switch-${(ids += 1)}`;
  const hintText = typeof hint === "function" ? hint : () => hint ?? null;
  const hintNode = element("span", { class: "hint", id: `${id}-hint` });
  const button = element(
    "button",
    {
      type: "button",
      role: "switch",
      class: "switch",
      "aria-labelledby": `${id}-label`,
      onclick: () => set(!on(context.state)),
    },
    element(
      "span",
      { class: "switch-words" },
      element("span", { class: "switch-label", id: `${id}-label` }, context.text(label)),
      hintNode,
    ),
    element("span", { class: "switch-track", "aria-hidden": "true" }),
  );
  context.watch(
    (state) => [on(state), possible(state), hintText(state), state.language],
    () => {
      const key = hintText(context.state);
      button.setAttribute("aria-checked", String(on(context.state)));
      button.disabled = !possible(context.state);
      hintNode.hidden = key === null;
      hintNode.textContent = key === null ? "" : context.say(key);
      if (key === null) button.removeAttribute("aria-describedby");
      else button.setAttribute("aria-describedby", hintNode.id);
    },
  );
  return button;
}

/**
 * One of a few, side by side.
 *
 * @template {string} V
 * @param {Context} context
 * @param {object} options
 * @param {Key} options.label
 * @param {boolean} [options.labelled] false: the heading above says it already
 * @param {readonly { value: V, name: Key | { text: string, lang: string } }[]} options.choices
 * @param {(state: AppState) => V} options.chosen
 * @param {(value: V) => void} options.choose
 */
export function segmentsRow(context, { label, labelled = true, choices, chosen, choose }) {
  const buttons = choices.map(({ value, name }) =>
    element(
      "button",
      {
        type: "button",
        "data-value": value,
        lang: typeof name === "object" ? name.lang : undefined,
        onclick: () => choose(value),
      },
      typeof name === "object" ? name.text : context.text(name),
    ),
  );
  context.watch(chosen, (value) => {
    for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.value === value));
  });
  const group = element("div", { class: "segments", role: "group" }, ...buttons);
  context.label(group, "aria-label", label);
  const words = labelled && element("span", { class: "label", "aria-hidden": "true" }, context.text(label));
  return element("div", { class: "field" }, words, group);
}
