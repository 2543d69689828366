/** The own screen as content. */

import { soundWanted } from "./screen-sound.js";

const CAPTURE = {
  video: { width: { max: 1920 }, height: { max: 1200 }, frameRate: { max: 15 } }, // text first, motion second
  selfBrowserSurface: "exclude", // the meeting in the meeting, without end
  surfaceSwitching: "include",
};

/** Whether this browser can share a screen at all (telephones mostly cannot). */
export function canShareScreen() {
  return typeof navigator.mediaDevices?.getDisplayMedia === "function";
}

/**
 * Ask the person for a screen or window. No track and not failed: the person chose none.
 *
 * @returns {Promise<{ track: MediaStreamTrack | null, sound: MediaStreamTrack | null, failed: boolean }>} `sound` where
 *   the browser gives it
 */
export async function captureScreen() {
  try {
    const stream = await navigator.mediaDevices.getDisplayMedia({ ...CAPTURE, ...soundWanted() });
    const track = stream.getVideoTracks()[0] ?? null;
    const sound = stream.getAudioTracks()[0] ?? null;
    if (track) track.contentHint = "detail";
    return { track, sound, failed: track === null };
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    return { track: null, sound: null, failed: error.name !== "NotAllowedError" };
  }
}
