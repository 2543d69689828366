/**
 * Camera, microphone and loudspeaker: what there is, what is chosen, and the open tracks.
 *
 * Rules:
 * 1. A device that cannot be had is a state with a reason, never an exception to the caller.
 * 2. A camera that is off is released, so that its lamp goes out; a muted microphone stays open but disabled.
 */

import { applied, reprocess, soundConstraints } from "./processing.js";

/** @typedef {import("../state/app-state.js").DeviceStatus} DeviceStatus */
/** @typedef {import("../state/app-state.js").DevicesState} DevicesState */
/** @typedef {"camera" | "microphone"} Source */
/** @typedef {Source | "speaker"} DeviceKind */

const CAMERA = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 25, max: 30 } };

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

/** @type {Record<string, DeviceKind>} */
const KINDS = { videoinput: "camera", audioinput: "microphone", audiooutput: "speaker" };

export class Devices {
  /** @type {DevicesState} */
  #state;
  /** @type {import("./processing.js").ProcessingWanted} */
  #processing;
  #onState;
  #onTrack;
  /** @type {Record<Source, MediaStreamTrack | null>} */
  #tracks = { camera: null, microphone: null };
  /** @type {Record<Source, number>} */
  #asked = { camera: 0, microphone: 0 };

  /**
   * @param {Record<DeviceKind, string> & import("./processing.js").ProcessingWanted} chosen remembered device ids, ""
   *   for the browser's choice, and what is to be done to the microphone
   * @param {(state: DevicesState) => void} onState
   * @param {(source: Source, track: MediaStreamTrack | null) => void} onTrack
   */
  constructor(chosen, onState, onTrack) {
    const device = (/** @type {string} */ id) => ({
      status: /** @type {DeviceStatus} */ ("off"),
      chosen: id,
      options: [],
    });
    this.#state = {
      camera: device(chosen.camera),
      microphone: device(chosen.microphone),
      speaker: device(chosen.speaker),
    };
    this.#processing = chosen;
    this.#onState = onState;
    this.#onTrack = onTrack;
    navigator.mediaDevices?.addEventListener("devicechange", () => void this.#deviceChange());
  }

  /** @param {Source} source */
  track(source) {
    return this.#tracks[source];
  }

  /**
   * Open the chosen device, or another one if that is gone.
   *
   * @param {Source} source
   */
  async open(source) {
    const ticket = (this.#asked[source] += 1);
    if (!navigator.mediaDevices) return this.#change(source, { status: "unsupported" });
    this.#change(source, { status: "opening" });
    const { track, reason } = await acquire(this.#constraints(source));
    if (ticket !== this.#asked[source]) {
      track?.stop(); // closed or chosen anew while the person was asked
      return undefined;
    }
    this.#put(source, track);
    this.#change(source, { status: track ? "on" : reason, ...(track ? { chosen: deviceOf(track) } : {}) });
    return this.list();
  }

  /** @param {Source} source */
  close(source) {
    this.#asked[source] += 1;
    this.#put(source, null);
    this.#change(source, { status: "off" });
  }

  /**
   * @param {DeviceKind} kind
   * @param {string} id
   */
  async choose(kind, id) {
    this.#change(kind, { chosen: id });
    if (kind !== "speaker" && this.#state[kind].status !== "off") await this.open(kind);
  }

  /**
   * What is to be done to the sound of the microphone, now and later.
   *
   * @param {import("./processing.js").ProcessingWanted} wanted
   */
  async process(wanted) {
    this.#processing = wanted;
    const track = this.#tracks.microphone;
    if (!track) return;
    if (await reprocess(track, wanted)) {
      this.#change("microphone", { applied: applied(track) });
    } else if (track === this.#tracks.microphone) {
      track.onended = null;
      track.stop(); // while it is open, Chromium would give the same again
      await this.open("microphone");
    }
  }

  /** Ask the browser what devices there are; names come only after a permission. */
  async list() {
    if (!navigator.mediaDevices) return;
    const found = await navigator.mediaDevices.enumerateDevices();
    for (const kind of /** @type {const} */ (["camera", "microphone", "speaker"])) {
      const options = found
        .filter((device) => KINDS[device.kind] === kind && device.deviceId !== "")
        .map((device) => ({ id: device.deviceId, label: device.label }));
      this.#change(kind, { options });
    }
  }

  async #deviceChange() {
    await this.list();
    for (const source of /** @type {const} */ (["camera", "microphone"])) {
      if (this.#state[source].status === "missing") await this.open(source);
    }
  }

  /** @param {Source} source @returns {MediaStreamConstraints} */
  #constraints(source) {
    const id = this.#state[source].chosen;
    const device = id ? { deviceId: { ideal: id } } : {};
    return source === "camera"
      ? { video: { ...CAMERA, ...device } }
      : { audio: { ...soundConstraints(this.#processing), ...device } };
  }

  /** @param {Source} source @param {MediaStreamTrack | null} track */
  #put(source, track) {
    const before = this.#tracks[source];
    if (before) {
      before.onended = null;
      before.stop();
    }
    this.#tracks[source] = track;
    if (source === "microphone") this.#change(source, { applied: track ? applied(track) : {} });
    if (track) track.onended = () => void this.open(source); // pulled out: take what is left
    if (before !== track) this.#onTrack(source, track);
  }

  /** @param {DeviceKind} kind @param {Partial<import("../state/app-state.js").DeviceState>} changes */
  #change(kind, changes) {
    this.#state = { ...this.#state, [kind]: { ...this.#state[kind], ...changes } };
    this.#onState(this.#state);
  }
}

/**
 * @param {MediaStreamConstraints} constraints
 * @returns {Promise<{ track: MediaStreamTrack | null, reason: DeviceStatus }>}
 */
async function acquire(constraints) {
  try {
    const stream = await navigator.mediaDevices.getUserMedia(constraints);
    return { track: stream.getTracks()[0] ?? null, reason: "missing" };
  } catch (error) {
    return { track: null, reason: error instanceof DOMException ? (REASONS[error.name] ?? "failed") : "failed" };
  }
}

/** @param {MediaStreamTrack} track */
function deviceOf(track) {
  return track.getSettings().deviceId ?? "";
}
