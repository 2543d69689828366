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
 * Ask the person for a screen or window. No track and not failed: the person chose none.
 *
 * @returns {Promise<{ track: MediaStreamTrack | null, failed: boolean }>}
 */
export async function captureScreen() {
  try {
    const stream = await navigator.mediaDevices.getDisplayMedia(CAPTURE);
    const track = stream.getVideoTracks()[0] ?? null;
    if (track) track.contentHint = "detail";
    return { track, failed: track === null };
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    return { track: null, failed: error.name !== "NotAllowedError" };
  }
}
