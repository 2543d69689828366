/** What to do when devices come and go in the middle of a meeting. Pure. */

/** "system": the machine has another choice now, which is followed. @typedef {"gone" | "back" | "system"} Reason */

/**
 * What is known of the devices of one kind.
 *
 * @typedef {object} Known
 * @property {readonly string[]} ids
 * @property {string} group of the one that the machine itself would take, where the browser lists it as "default"
 */

/**
 * @param {{ preferred: string, inUse: string, before: Known, now: Known }} devices `preferred` and `inUse` are ids, ""
 *   for the browser's choice
 * @returns {Reason | null} why another one has to be opened; null when the one in use is right
 */
export function moveOf({ preferred, inUse, before, now }) {
  if (now.ids.length === 0 || before.ids.length === 0) return null; // names are not told yet, or not any more
  if (inUse !== "" && before.ids.includes(inUse) && !now.ids.includes(inUse)) return "gone";
  if (inUse !== preferred && now.ids.includes(preferred) && !before.ids.includes(preferred)) return "back";
  if (inUse === "default" && before.group !== now.group) return "system";
  return null;
}

/**
 * The loudspeaker to use: one that is gone would be silence.
 *
 * @param {string} preferred
 * @param {readonly string[]} ids that there are; none while the browser does not tell
 */
export function speakerFor(preferred, ids) {
  return ids.length === 0 || ids.includes(preferred) ? preferred : "";
}
