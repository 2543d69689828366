/** What can be set in the middle of a meeting: sections of rows. */

import { element } from "./dom.js";
import { CAPTION_ROWS } from "./captions.js";
import { segmentsRow } from "./controls.js";
import { deviceChoice, speakerTest } from "./devices.js";
import { ownPictureRow } from "./own-picture.js";
import { sheet } from "./popover.js";
import { HAS_KEYBOARD, singleKeysRow } from "./shortcuts.js";
import { SOUND_ROWS } from "./sound-settings.js";
import { self } from "../state/meeting.js";

/** @typedef {import("./context.js").Context} Context */

/** @typedef {(context: Context) => HTMLElement | null} Row null: not for this person */

/**
 * Another setting is another row. A section without rows is not shown.
 *
 * @type {readonly { id: "devices" | "sound" | "picture" | "captions" | "language", rows: readonly Row[] }[]}
 */
const SECTIONS = [
  {
    id: "devices",
    rows: [
      (context) => (watches(context) ? null : deviceChoice(context, "microphone")),
      (context) => (watches(context) ? null : deviceChoice(context, "camera")),
      (context) => deviceChoice(context, "speaker"),
      speakerTest,
    ],
  },
  { id: "sound", rows: [...SOUND_ROWS, (context) => (HAS_KEYBOARD ? singleKeysRow(context) : null)] },
  { id: "picture", rows: [ownPictureRow] },
  { id: "captions", rows: CAPTION_ROWS },
  { id: "language", rows: [languageRow] },
];

/** @param {Context} context */
export function showSettings(context) {
  const closed = new AbortController();
  const inner = context.within(closed.signal);
  const dialog = sheet(inner, "meeting.settings", ...SECTIONS.flatMap((section) => sectionOf(inner, section)));
  dialog.classList.add("settings");
  dialog.addEventListener("close", () => closed.abort());
}

/** @param {Context} context @param {(typeof SECTIONS)[number]} section */
function sectionOf(context, { id, rows }) {
  const nodes = rows.map((row) => row(context)).filter((node) => node !== null);
  if (nodes.length === 0) return [];
  const title = element("h3", { id: `settings-${id}` }, context.text(`settings.${id}`));
  return [element("section", { "aria-labelledby": title.id }, title, ...nodes)];
}

/** @param {Context} context */
function watches(context) {
  return self(context.state.meeting)?.role === "viewer";
}

/** @type {Row} */
function languageRow(context) {
  return segmentsRow(context, {
    label: "settings.language",
    labelled: false,
    choices: [
      { value: "ko", name: { text: "한국어", lang: "ko" } },
      { value: "en", name: { text: "English", lang: "en" } },
    ],
    chosen: (state) => state.language,
    choose: (language) => context.actions.speak(language),
  });
}
