/**
 * Captions below the picture, and the box in which a captioner writes them.
 *
 * The place is kept for as long as somebody writes captions, so that the picture does not jump with every line. Whoever
 * uses a screen reader hears the meeting: captions are there to be read, and read out only on request.
 */

import { segmentsRow, switchRow } from "./controls.js";
import { element, reconcile } from "./dom.js";
import { isCaptioned } from "../state/captions.js";
import { self } from "../state/meeting.js";
import { Typing } from "../state/typing.js";

/** @typedef {import("./context.js").Context} Context */

const MAX_LENGTH = 200; // as the server takes them
const LONG = 120; // letters after which a line ends with the word

/** @param {Context} context */
export function captionArea(context) {
  const lines = element("div", { class: "caption-lines", dir: "auto" });
  const empty = element("p", { class: "caption-empty" }, context.text("captions.empty"));
  const area = element("section", { class: "captions" }, empty, lines, writing(context));
  const spoken = element("p", { class: "visually-hidden" });
  area.append(spoken);
  context.label(area, "aria-label", "captions.title");
  context.watch(
    (state) => state.meeting?.captions,
    (captions = []) => {
      empty.hidden = captions.length > 0;
      reconcile(
        lines,
        captions,
        (one) => String(one.line),
        () => element("p", {}),
        (node, one) => {
          node.textContent = one.text;
          node.classList.toggle("unfinished", !one.final);
        },
      );
      spoken.textContent = captions.findLast((one) => one.final)?.text ?? "";
    },
  );
  context.watch(
    (state) => state.settings.captionsSpoken,
    (on) => {
      spoken.setAttribute("aria-live", on ? "polite" : "off");
      spoken.setAttribute("aria-hidden", String(!on)); // the same words stand above
    },
  );
  context.watch(
    (state) => [
      (state.settings.captions && isCaptioned(state.meeting)) || self(state.meeting)?.captioner === true,
      state.settings.captionSize,
    ],
    () => {
      const { settings, meeting } = context.state;
      area.hidden = !((settings.captions && isCaptioned(meeting)) || self(meeting)?.captioner);
      area.dataset.size = settings.captionSize;
    },
  );
  return area;
}

/** @param {Context} context */
function writing(context) {
  const box = element("input", {
    type: "text",
    id: "caption-write",
    class: "caption-box",
    maxlength: MAX_LENGTH,
    autocomplete: "off",
    "aria-describedby": "caption-hint",
    oninput: () => typed(),
  });
  context.label(box, "aria-label", "captions.write");
  context.label(box, "placeholder", "captions.write");
  const typing = new Typing();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const flush = () => {
    clearTimeout(timer);
    const now = performance.now();
    const due = typing.due(box.value, now);
    if (due > 0) timer = setTimeout(flush, due);
    else if (due === 0 && context.actions.caption(box.value, false)) typing.sent(box.value, now);
  };
  const finish = () => {
    const text = box.value.trim();
    clearTimeout(timer);
    if (!text || !context.actions.caption(text, true)) return;
    box.value = "";
    typing.sent("", performance.now());
  };
  const typed = () => {
    if (box.value.length >= LONG && box.value.endsWith(" ")) finish();
    else flush();
  };
  const form = element(
    "form",
    {
      class: "caption-write",
      onsubmit: (/** @type {SubmitEvent} */ event) => {
        event.preventDefault(); // the browser knows when Enter only ends a syllable
        finish();
      },
    },
    box,
    element("span", { class: "caption-hint", id: "caption-hint" }, context.text("captions.hint")),
  );
  context.watch(
    (state) => self(state.meeting)?.captioner ?? false,
    (captioner) => (form.hidden = !captioner),
  );
  context.signal.addEventListener("abort", () => clearTimeout(timer));
  return form;
}

/** @type {readonly ((context: Context) => HTMLElement)[]} */
export const CAPTION_ROWS = [
  (context) =>
    switchRow(context, {
      label: "captions.show",
      hint: "captions.showHint",
      on: (state) => state.settings.captions,
      set: (captions) => context.actions.adjust({ captions }),
    }),
  (context) =>
    segmentsRow(context, {
      label: "captions.size",
      choices: [
        { value: "small", name: "captions.small" },
        { value: "medium", name: "captions.medium" },
        { value: "large", name: "captions.large" },
      ],
      chosen: (state) => state.settings.captionSize,
      choose: (captionSize) => context.actions.adjust({ captionSize }),
    }),
  (context) =>
    switchRow(context, {
      label: "captions.spoken",
      hint: "captions.spokenHint",
      on: (state) => state.settings.captionsSpoken,
      set: (captionsSpoken) => context.actions.adjust({ captionsSpoken }),
    }),
];
