/** Settings of the microphone's sound, shown as the browser really applies them. */

import { switchRow } from "./controls.js";
import { self } from "../state/meeting.js";

/** @typedef {import("./context.js").Context} Context */
/** @typedef {import("../state/app-state.js").AppState} AppState */
/** @typedef {"noiseSuppression" | "echoCancellation" | "autoGainControl"} Processing */

/** @param {AppState} state @param {Processing} name */
function applied(state, name) {
  return state.devices.microphone.applied?.[name];
}

/** @type {(name: Processing) => (context: Context) => HTMLElement | null} */
const processingRow = (name) => (context) => {
  if (self(context.state.meeting)?.role === "viewer") return null;
  return switchRow(context, {
    label: `settings.${name}`,
    hint: (state) => {
      const otherwise = (applied(state, name) ?? state.settings[name]) !== state.settings[name];
      return otherwise ? "settings.notApplied" : `settings.${name}Hint`;
    },
    on: (state) => applied(state, name) ?? state.settings[name],
    set: (on) => context.actions.adjust({ [name]: on }),
  });
};

export const SOUND_ROWS = /** @type {const} */ (["noiseSuppression", "echoCancellation", "autoGainControl"]).map(
  processingRow,
);
