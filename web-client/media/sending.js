/** How much video to send: what the own tile shows, and no more. Pure. */

/** @typedef {{ width: number, height: number }} Size pixels */

/**
 * @typedef {object} Limits for RTCRtpEncodingParameters
 * @property {number} scaleResolutionDownBy
 * @property {number} maxBitrate bits per second
 * @property {number} maxFramerate
 */

const SCALES = [6, 4, 3, 2, 1.5, 1]; // steps, so that a tile a little larger changes nothing
const BITS_PER_PIXEL = 0.1; // VP8 and H.264 of faces at this rate show no blocks
const MIN_BITRATE = 120_000;
const MAX_BITRATE = 1_800_000; // 1280×720 at 25 fps
const UNSEEN = { size: { width: 320, height: 180 }, fps: 5 }; // enough to appear at once when called up

/**
 * @param {Size} captured
 * @param {Size | null} tile in the composite; null when not shown
 * @param {number} fps of the composite
 * @returns {Limits}
 */
export function limitsFor(captured, tile, fps) {
  const wanted = tile ?? UNSEEN.size;
  const rate = tile ? fps : UNSEEN.fps;
  const room = Math.min(captured.width / wanted.width, captured.height / wanted.height);
  const scale = SCALES.find((step) => step <= room) ?? 1;
  const pixels = (captured.width * captured.height) / (scale * scale);
  const bitrate = Math.round(pixels * rate * BITS_PER_PIXEL);
  return {
    scaleResolutionDownBy: scale,
    maxBitrate: Math.min(Math.max(bitrate, MIN_BITRATE), MAX_BITRATE),
    maxFramerate: rate,
  };
}
