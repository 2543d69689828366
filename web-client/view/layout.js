/** Choosing the layout of the composite, drawn small. */

import { segmentsRow } from "./controls.js";
import { element } from "./dom.js";
import { sheet } from "./popover.js";

/** @typedef {import("./context.js").Context} Context */
/** @typedef {import("../protocol").LayoutChoice} LayoutChoice */
/** @typedef {Exclude<LayoutChoice["name"], "custom">} Named */

/** Rectangles of each drawing: x, y, width, height on 16 by 9. @type {Record<Named, readonly number[][]>} */
const DRAWINGS = {
  grid: [0, 1, 2].flatMap((row) => [0, 1, 2].map((column) => [column * 5.4, row * 3.05, 5.1, 2.8])),
  speaker: [
    [0, 0, 12, 6.6],
    [12.4, 0, 3.6, 2],
    [12.4, 2.3, 3.6, 2],
    [12.4, 4.6, 3.6, 2],
    [0, 7, 3.6, 2],
    [4.1, 7, 3.6, 2],
    [8.2, 7, 3.6, 2],
    [12.4, 7, 3.6, 2],
  ],
  single: [[0, 0, 16, 9]],
  lecture: [
    [0, 0, 16, 6.6],
    [0, 7, 3.7, 2],
    [4.1, 7, 3.7, 2],
    [8.2, 7, 3.7, 2],
    [12.3, 7, 3.7, 2],
  ],
  presentation: [
    [0, 0, 12, 9],
    [12.4, 0, 3.6, 2.7],
    [12.4, 3.1, 3.6, 2.7],
    [12.4, 6.3, 3.6, 2.7],
  ],
};
const NAMES = /** @type {readonly Named[]} */ (Object.keys(DRAWINGS));
const FITS = /** @type {const} */ (["cover", "contain"]);
const STRIPS = ["3", "5", "7", "9", "12"];

/** @param {Context} context */
export function askLayout(context) {
  const closed = new AbortController();
  const inner = context.within(closed.signal);
  const dialog = sheet(inner, "layout.title", layoutChoices(inner), stripChoices(inner), fitChoices(inner));
  dialog.classList.add("layouts");
  dialog.addEventListener("close", () => closed.abort());
}

/** @param {Context} context @param {Partial<LayoutChoice>} changes */
function choose(context, changes) {
  const choice = context.state.meeting?.conference.layout;
  if (choice) context.actions.layout({ ...choice, ...changes });
}

/** @param {Context} context */
function layoutChoices(context) {
  const buttons = NAMES.map((name) =>
    element(
      "button",
      {
        type: "button",
        class: "layout-choice",
        "data-name": name,
        onclick: () => choose(context, { name, slots: [] }),
      },
      miniature(DRAWINGS[name]),
      element("span", {}, context.text(`layout.${name}`)),
    ),
  );
  context.watch(
    (state) => state.meeting?.conference.layout.name,
    (current) => {
      for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.name === current));
    },
  );
  return element("div", { class: "layout-choices" }, ...buttons);
}

/** @param {Context} context */
function fitChoices(context) {
  return segmentsRow(context, {
    label: "layout.fit",
    choices: FITS.map((fit) => ({ value: fit, name: `layout.${fit}` })),
    chosen: (state) => state.meeting?.conference.layout.fit ?? "cover",
    choose: (fit) => choose(context, { fit }),
  });
}

/** How many small tiles stand beside the large one, where there is a large one. @param {Context} context */
function stripChoices(context) {
  const row = segmentsRow(context, {
    label: "layout.strip",
    choices: STRIPS.map((strip) => ({ value: strip, name: { text: strip, lang: "" } })),
    chosen: (state) => String(state.meeting?.conference.layout.strip ?? ""),
    choose: (strip) => choose(context, { strip: Number(strip) }),
  });
  context.watch(
    (state) => state.meeting?.conference.layout.name,
    (name) => (row.hidden = name === "grid" || name === "single" || name === "custom"),
  );
  return row;
}

/** @param {readonly number[][]} rectangles */
function miniature(rectangles) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 16 9");
  svg.setAttribute("class", "miniature");
  svg.setAttribute("aria-hidden", "true");
  for (const [x = 0, y = 0, width = 0, height = 0] of rectangles) {
    const rect = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    for (const [name, value] of Object.entries({ x, y, width, height, rx: 0.35 })) {
      rect.setAttribute(name, String(value));
    }
    svg.append(rect);
  }
  return svg;
}
