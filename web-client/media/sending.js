/** How much video to send: what the server says is shown of it, and no more. Pure. */

/** @typedef {{ width: number, height: number }} Size pixels */
/** @typedef {import("../protocol").NeededPicture} NeededPicture */

/**
 * @typedef {object} Limits for RTCRtpEncodingParameters
 * @property {boolean} active
 * @property {number} [scaleResolutionDownBy]
 * @property {number} [maxBitrate] bits per second
 * @property {number} [maxFramerate]
 */

const SURE = 1 - 1e-6; // of a scale: Firefox cuts off what is behind the point, and 133.99 lines would be 133
const POWER = 0.75; // of the share of pixels: smaller pictures need more bits for each, as the server reckons too

/**
 * @param {Size | null} captured null where the browser does not tell: rates are all that can be limited then
 * @param {NeededPicture | null} needed null: nobody is shown this camera
 * @returns {Limits}
 */
export function limitsFor(captured, needed) {
  if (!needed) return { active: false };
  if (!captured) return { active: true, maxBitrate: needed.bitrate, maxFramerate: needed.fps };
  const scale = Math.max(1, SURE * Math.min(captured.width / needed.width, captured.height / needed.height));
  const pixels = (captured.width * captured.height) / (scale * scale);
  const share = Math.min(1, pixels / (needed.width * needed.height));
  return {
    active: true,
    scaleResolutionDownBy: scale,
    maxBitrate: Math.round(needed.bitrate * share ** POWER),
    maxFramerate: needed.fps,
  };
}

const LESS_BITRATE = 0.5; // of what is needed
const LEAST_BITRATE = 60_000; // bits per second
const LESS_FPS = 10;

/**
 * What is left of a need when the line has no room for all of it.
 *
 * @param {NeededPicture | null} needed
 * @param {import("./thrift.js").Camera} camera
 * @returns {NeededPicture | null}
 */
export function spared(needed, camera) {
  if (!needed || camera === "full") return needed;
  if (camera === "none") return null;
  const bitrate = Math.min(needed.bitrate, Math.max(LEAST_BITRATE, Math.round(needed.bitrate * LESS_BITRATE)));
  return { ...needed, bitrate, fps: Math.min(needed.fps, LESS_FPS) };
}
