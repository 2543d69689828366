/** The own screen as content. */

const CAPTURE = {
  video: { width: { max: 1920 }, height: { max: 1200 }, frameRate: { max: 15 } }, // text first, motion second
  audio: false,
};

/** Whether this browser can share a screen at all (telephones mostly cannot). */
export function canShareScreen() {
  return typeof navigator.mediaDevices?.getDisplayMedia === "function";
}

/**
 * Ask the person for a screen or window.
 *
 * @returns {Promise<MediaStreamTrack | null>} null when the person chose none
 */
export async function captureScreen() {
  try {
    const stream = await navigator.mediaDevices.getDisplayMedia(CAPTURE);
    const track = stream.getVideoTracks()[0] ?? null;
    if (track) track.contentHint = "detail";
    return track;
  } catch (error) {
    if (error instanceof DOMException && (error.name === "NotAllowedError" || error.name === "AbortError")) return null;
    throw error;
  }
}
