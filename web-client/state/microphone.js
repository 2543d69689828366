/** Whether the own microphone is open. Pure. */

/** @typedef {import("./app-state.js").AppState} AppState */

/**
 * The person wants to be heard: by the switch, or by the key that is held. Whether the chair lets them is not asked.
 *
 * @param {Pick<AppState, "wantsMicrophone" | "holding">} state
 */
export function wantsToBeHeard({ wantsMicrophone, holding }) {
  return wantsMicrophone || holding;
}
