/** Devices and language in the middle of a meeting. */

import { element } from "./dom.js";
import { deviceChoice } from "./devices.js";
import { sheet } from "./popover.js";
import { self } from "../state/meeting.js";

/** @typedef {import("./context.js").Context} Context */

/** @param {Context} context */
export function showSettings(context) {
  const closed = new AbortController();
  const inner = context.within(closed.signal);
  const kinds = /** @type {const} */ (["microphone", "camera", "speaker"]);
  const listed = self(context.state.meeting)?.role !== "viewer" ? kinds : /** @type {const} */ (["speaker"]);
  const dialog = sheet(
    inner,
    "meeting.settings",
    ...listed.map((kind) => deviceChoice(inner, kind)),
    languageChoice(inner),
  );
  dialog.addEventListener("close", () => closed.abort());
}

/** @param {Context} context */
function languageChoice(context) {
  const option = (/** @type {"ko" | "en"} */ language, /** @type {string} */ name) =>
    element(
      "button",
      { type: "button", lang: language, "data-language": language, onclick: () => context.actions.speak(language) },
      name,
    );
  const buttons = [option("ko", "한국어"), option("en", "English")];
  context.watch(
    (state) => state.language,
    (language) => {
      for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.language === language));
    },
  );
  const group = element("div", { class: "segments", role: "group", "aria-labelledby": "language-label" }, ...buttons);
  const label = element("span", { class: "label", id: "language-label" }, context.text("meeting.language"));
  return element("div", { class: "field" }, label, group);
}
