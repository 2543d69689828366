/** What the browser does to the microphone's sound, and whether it really does. */

/** @typedef {"noiseSuppression" | "echoCancellation" | "autoGainControl"} Processing */
/** @typedef {Readonly<Record<Processing, boolean>>} ProcessingWanted */
/** @typedef {Readonly<Partial<Record<Processing, boolean>>>} ProcessingApplied a browser may not tell of some */

const ALL = /** @type {const} */ (["noiseSuppression", "echoCancellation", "autoGainControl"]);

/** @param {ProcessingWanted} wanted @returns {MediaTrackConstraints} */
export function soundConstraints({ noiseSuppression, echoCancellation, autoGainControl }) {
  return { noiseSuppression, echoCancellation, autoGainControl, channelCount: 1 };
}

/** What is done to `track`, in the browser's own words. @param {MediaStreamTrack} track @returns {ProcessingApplied} */
export function applied(track) {
  const settings = track.getSettings();
  return Object.fromEntries(
    ALL.filter((name) => settings[name] !== undefined).map((name) => [name, Boolean(settings[name])]),
  );
}

/**
 * Change what is done to a running track.
 *
 * @param {MediaStreamTrack} track
 * @param {ProcessingWanted} wanted
 * @returns {Promise<boolean>} false: the browser does not do it to a track that is open
 */
export async function reprocess(track, wanted) {
  try {
    await track.applyConstraints(soundConstraints(wanted));
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    return false;
  }
  return Object.entries(applied(track)).every(([name, on]) => wanted[/** @type {Processing} */ (name)] === on);
}
