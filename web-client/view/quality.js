/** How good the own line is and whose trouble it is: bars in the bar, and the sentence that goes with them. */

import { element } from "./dom.js";
import { ownQuality } from "../state/quality.js";

/** @typedef {import("./context.js").Context} Context */
/** @typedef {import("../state/quality.js").Grade} Grade */

const BARS = 4;

/** @type {Record<Grade, number>} */
const LIT = { good: 4, fair: 2, poor: 1, none: 0 };

/** Bars that say by their number what the colour says too. @param {Context} context */
export function bars(context) {
  const drawn = Array.from({ length: BARS }, () => element("i"));
  const node = element("span", { class: "bars", "aria-hidden": "true" }, ...drawn);
  context.watch(
    (state) => ownQuality(state).grade,
    (grade) => {
      node.dataset.grade = grade;
      drawn.forEach((bar, index) => bar.classList.toggle("lit", index < LIT[grade]));
    },
  );
  return node;
}

/** The bars as a button that opens the details. @param {Context} context */
export function qualityButton(context) {
  const button = element(
    "button",
    {
      type: "button",
      class: "quiet quality",
      "data-tool": "line",
      onclick: () => context.actions.show(context.state.panel === "line" ? null : "line"),
    },
    bars(context),
  );
  context.watch(
    (state) => [ownQuality(state).grade, state.panel === "line", state.language],
    () => {
      const grade = context.say(`line.grade.${ownQuality(context.state).grade}`);
      button.setAttribute("aria-label", context.say("line.button", { grade }));
      button.title = context.say("line.button", { grade });
      button.setAttribute("aria-expanded", String(context.state.panel === "line"));
    },
  );
  return button;
}
