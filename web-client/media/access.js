/** Leave to use a device: whether the browser will ask, what a refusal means, and when the person has changed it. */

/** @typedef {import("../state/app-state.js").DeviceStatus} DeviceStatus */
/** @typedef {"camera" | "microphone"} Source */

/** What getUserMedia's errors mean to a person (Media Capture and Streams, section 10.2). */
/** @type {Record<string, DeviceStatus>} */
const REASONS = {
  NotAllowedError: "denied",
  SecurityError: "denied",
  NotFoundError: "missing",
  OverconstrainedError: "missing",
  NotReadableError: "busy",
  AbortError: "busy",
};

/** @param {unknown} error @returns {DeviceStatus} */
function reasonOf(error) {
  return error instanceof DOMException ? (REASONS[error.name] ?? "failed") : "failed";
}

/**
 * @param {Source} source
 * @returns {Promise<PermissionState | "unknown">} "unknown" where the browser does not tell
 */
export async function permissionOf(source) {
  return (await statusOf(source))?.state ?? "unknown";
}

/**
 * Call `changed` when leave is given or taken away in the browser's own settings.
 *
 * @param {Source} source
 * @param {(state: PermissionState) => void} changed
 */
export async function watchPermission(source, changed) {
  const status = await statusOf(source);
  status?.addEventListener("change", () => changed(status.state));
}

/**
 * Ask for both at once, so that the person is asked once.
 *
 * @param {MediaStreamConstraints} wanted
 * @returns {Promise<Record<Source, MediaStreamTrack | DeviceStatus> | null>} null: ask for each alone
 */
export async function acquireBoth(wanted) {
  try {
    const stream = await navigator.mediaDevices.getUserMedia(wanted);
    return {
      camera: stream.getVideoTracks()[0] ?? "missing",
      microphone: stream.getAudioTracks()[0] ?? "missing",
    };
  } catch (error) {
    if (reasonOf(error) !== "denied") return null;
    // What was allowed before is not taken away by a no to the other.
    const [forCamera, forMicrophone] = await Promise.all([permissionOf("camera"), permissionOf("microphone")]);
    return forCamera === "granted" || forMicrophone === "granted" ? null : { camera: "denied", microphone: "denied" };
  }
}

/**
 * @param {MediaStreamConstraints} constraints
 * @returns {Promise<{ track: MediaStreamTrack | null, reason: DeviceStatus }>}
 */
export async function acquire(constraints) {
  try {
    const stream = await navigator.mediaDevices.getUserMedia(constraints);
    return { track: stream.getTracks()[0] ?? null, reason: "missing" };
  } catch (error) {
    return { track: null, reason: reasonOf(error) };
  }
}

/** @param {MediaStreamTrack} track */
export function deviceOf(track) {
  return track.getSettings().deviceId ?? "";
}

/** @param {MediaStreamTrack} track @returns {"user" | "environment" | ""} */
export function facingOf(track) {
  const { facingMode } = track.getSettings();
  return facingMode === "user" || facingMode === "environment" ? facingMode : "";
}

/** @param {Source} source */
async function statusOf(source) {
  try {
    return await navigator.permissions.query({ name: /** @type {PermissionName} */ (source) });
  } catch (error) {
    // Firefox knew no such names until lately.
    if (error instanceof TypeError || error instanceof DOMException) return null;
    throw error;
  }
}
