/** How somebody joins: the way they chose, what will come of it with the devices there are, what can be mended. */

/** @typedef {import("./app-state.js").AppState} AppState */
/** @typedef {import("./app-state.js").DeviceStatus} DeviceStatus */
/** @typedef {import("../i18n/ko.js").Key} Key */
/** @typedef {"camera" | "microphone"} Source */

/**
 * "both": seen and heard; "sound": heard; "watch": neither, and not in the picture.
 *
 * @typedef {"both" | "sound" | "watch"} Way
 */

/** @typedef {Pick<AppState, "devices" | "draft" | "wantsCamera" | "wantsMicrophone">} Joining */

/** @typedef {"denied" | "missing" | "busy" | "failed" | "unsupported"} Trouble */

/** @type {ReadonlySet<DeviceStatus>} */
const TROUBLES = new Set(["denied", "missing", "busy", "failed", "unsupported"]);

/** @param {Pick<AppState, "draft" | "wantsCamera">} state @returns {Way} */
export function wayOf({ draft, wantsCamera }) {
  if (draft.watchOnly) return "watch";
  return wantsCamera ? "both" : "sound";
}

/** What will be sent: picture and voice, one of them, nothing though they may, or nothing at all. */
/** @typedef {"both" | "sound" | "picture" | "nothing" | "watch"} Outcome */

/** @type {Record<Outcome, Key>} */
export const ENTER_WORDS = {
  both: "join.enter",
  sound: "join.enterNoCamera",
  picture: "join.enterNoMicrophone",
  nothing: "join.enterNoDevices",
  watch: "join.enterWatch",
};

/**
 * What pressing the button will come to.
 *
 * @param {Joining} state
 * @returns {Outcome}
 */
export function outcomeOf(state) {
  if (state.draft.watchOnly) return "watch";
  if (works(state, "camera")) return works(state, "microphone") ? "both" : "picture";
  return works(state, "microphone") ? "sound" : "nothing";
}

/**
 * Whether a device is wanted and nothing is known to be wrong with it; one that is on its way counts as there.
 *
 * @param {Pick<AppState, "devices" | "wantsCamera" | "wantsMicrophone">} state
 * @param {Source} source
 */
export function works({ devices, wantsCamera, wantsMicrophone }, source) {
  return (source === "camera" ? wantsCamera : wantsMicrophone) && !isTrouble(devices[source].status);
}

/**
 * What is wrong with wanted devices, those with the same trouble together.
 *
 * @param {Joining} state
 * @returns {{ trouble: Trouble, sources: Source[] }[]}
 */
export function troublesOf(state) {
  if (state.draft.watchOnly) return [];
  /** @type {Source[]} */
  const wanted = [];
  if (state.wantsCamera) wanted.push("camera");
  if (state.wantsMicrophone) wanted.push("microphone");
  /** @type {Map<Trouble, Source[]>} */
  const found = new Map();
  for (const source of wanted) {
    const { status } = state.devices[source];
    if (isTrouble(status)) found.set(status, [...(found.get(status) ?? []), source]);
  }
  return [...found].map(([trouble, sources]) => ({ trouble, sources }));
}

/**
 * Whether there is a camera on the other side: only telephones and tablets say on which side theirs are.
 *
 * @param {import("./app-state.js").DeviceState} camera
 */
export function canFlip(camera) {
  return camera.status === "on" && camera.facing !== "" && camera.options.length > 1;
}

/** @param {DeviceStatus} status @returns {status is Trouble} */
function isTrouble(status) {
  return TROUBLES.has(status);
}
