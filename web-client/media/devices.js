/**
 * Camera, microphone and loudspeaker: what there is, what is chosen, and the open tracks.
 *
 * Rules:
 * 1. A device that cannot be had is a state with a reason, never an exception to the caller.
 * 2. The remembered device is used whenever it is there: another one stands in for it, and gives way when it is back.
 * 3. A camera that is off is released, so that its lamp goes out; a muted microphone stays open but disabled.
 */

import { acquire, acquireBoth, deviceOf, facingOf, permissionOf, watchPermission } from "./access.js";
import { moveOf, speakerFor } from "./device-moves.js";
import { applied, reprocess, soundConstraints } from "./processing.js";

/** @typedef {import("../state/app-state.js").DeviceStatus} DeviceStatus */
/** @typedef {import("../state/app-state.js").DevicesState} DevicesState */
/** @typedef {"camera" | "microphone"} Source */
/** @typedef {Source | "speaker"} DeviceKind */

const CAMERA = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 25, max: 30 } };

/** @type {Record<string, DeviceKind>} */
const KINDS = { videoinput: "camera", audioinput: "microphone", audiooutput: "speaker" };

/** Of a device that was asked for: it may come when something is plugged in. @type {ReadonlySet<DeviceStatus>} */
const LOST = new Set(/** @type {const} */ (["missing", "busy", "failed"]));

/** @type {import("./device-moves.js").Known} */
const NOTHING = { ids: [], group: "" };

const SOURCES = /** @type {const} */ (["camera", "microphone"]);

export class Devices {
  /** @type {DevicesState} */
  #state;
  /** @type {import("./processing.js").ProcessingWanted} */
  #processing;
  #onState;
  #onTrack;
  #onMoved;
  /** @type {Record<DeviceKind, import("./device-moves.js").Known>} */
  #known = { camera: NOTHING, microphone: NOTHING, speaker: NOTHING };
  /** @type {Record<Source, MediaStreamTrack | null>} */
  #tracks = { camera: null, microphone: null };
  /** @type {Record<Source, number>} */
  #asked = { camera: 0, microphone: 0 };
  /** @type {Record<DeviceKind, string>} */
  #remembered;

  /**
   * @param {Record<DeviceKind, string> & import("./processing.js").ProcessingWanted} chosen remembered device ids, ""
   *   for the browser's choice, and what is to be done to the microphone
   * @param {(state: DevicesState) => void} onState
   * @param {(source: Source, track: MediaStreamTrack | null) => void} onTrack
   * @param {(kind: DeviceKind, reason: import("./device-moves.js").Reason, label: string) => void} onMoved another
   *   device than before is in use, although nobody chose it
   */
  constructor(chosen, onState, onTrack, onMoved) {
    const device = (/** @type {string} */ id) => ({
      status: /** @type {DeviceStatus} */ ("off"),
      chosen: id,
      options: [],
      facing: /** @type {"" | "user" | "environment"} */ (""),
      gone: false,
    });
    this.#remembered = { camera: chosen.camera, microphone: chosen.microphone, speaker: chosen.speaker };
    this.#state = {
      camera: device(chosen.camera),
      microphone: device(chosen.microphone),
      speaker: device(chosen.speaker),
    };
    this.#onMoved = onMoved;
    this.#processing = chosen;
    this.#onState = onState;
    this.#onTrack = onTrack;
    navigator.mediaDevices?.addEventListener("devicechange", () => void this.#deviceChange());
    for (const source of SOURCES) void watchPermission(source, (state) => void this.#permitted(source, state));
  }

  /** @param {Source} source */
  track(source) {
    return this.#tracks[source];
  }

  /**
   * Open the chosen device, or another one if that is gone.
   *
   * @param {Source} source
   * @param {import("./device-moves.js").Reason} [moved] why, when nobody asked for it
   */
  async open(source, moved) {
    const ticket = (this.#asked[source] += 1);
    if (!navigator.mediaDevices) return this.#change(source, { status: "unsupported" });
    this.#change(source, { status: "opening" });
    void this.#sayAsking(source, ticket);
    const chosen = this.#state[source].chosen;
    // Chromium would rather give what is open already than what is only wished for.
    const exactly = this.#known[source].ids.includes(chosen) ? await acquire(this.#constraints(source, "exact")) : null;
    const found = exactly && (exactly.track || exactly.reason !== "missing");
    await this.#opened(source, ticket, found ? exactly : await acquire(this.#constraints(source)));
    const track = this.#tracks[source];
    if (moved && track && ticket === this.#asked[source]) this.#onMoved(source, moved, track.label);
    return undefined;
  }

  /** Open camera and microphone, with one question to the person. */
  async openBoth() {
    if (!navigator.mediaDevices) return void (await Promise.all(SOURCES.map((source) => this.open(source))));
    const tickets = { camera: (this.#asked.camera += 1), microphone: (this.#asked.microphone += 1) };
    for (const source of SOURCES) {
      this.#change(source, { status: "opening" });
      void this.#sayAsking(source, tickets[source]);
    }
    const got = await acquireBoth({ ...this.#constraints("camera"), ...this.#constraints("microphone") });
    await Promise.all(
      SOURCES.map((source) => {
        const result = got?.[source];
        if (!result) return tickets[source] === this.#asked[source] ? this.open(source) : undefined;
        const made = result instanceof MediaStreamTrack ? { track: result } : { track: null, reason: result };
        return this.#opened(source, tickets[source], { reason: "missing", ...made });
      }),
    );
    return undefined;
  }

  /** The camera on the other side of a telephone. */
  async flip() {
    const { facing, status } = this.#state.camera;
    if (status !== "on" || !facing) return;
    const ticket = (this.#asked.camera += 1);
    const before = this.#tracks.camera;
    if (before) before.onended = null;
    before?.stop(); // many telephones cannot open both at once
    const other = { ...CAMERA, facingMode: { ideal: facing === "user" ? "environment" : "user" } };
    await this.#opened("camera", ticket, await acquire({ video: other }));
    this.#remembered.camera = this.#state.camera.chosen;
  }

  /**
   * @param {Source} source
   * @param {number} ticket
   * @param {{ track: MediaStreamTrack | null, reason: DeviceStatus }} result
   */
  async #opened(source, ticket, { track, reason }) {
    if (ticket !== this.#asked[source]) {
      track?.stop(); // closed or chosen anew while the person was asked
      return;
    }
    this.#put(source, track);
    const chosen = track ? { chosen: deviceOf(track), facing: facingOf(track) } : {};
    this.#change(source, { status: track ? "on" : reason, ...chosen });
    await this.list();
  }

  /** A person who is asked is told so. @param {Source} source @param {number} ticket */
  async #sayAsking(source, ticket) {
    const asks = (await permissionOf(source)) === "prompt";
    if (asks && ticket === this.#asked[source] && this.#state[source].status === "opening") {
      this.#change(source, { status: "asking" });
    }
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
    this.#remembered[kind] = id;
    this.#change(kind, { chosen: id, gone: false });
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
      const devices = found.filter((device) => KINDS[device.kind] === kind && device.deviceId !== "");
      const options = devices.map(({ deviceId, label }) => ({ id: deviceId, label }));
      this.#known[kind] = {
        ids: options.map(({ id }) => id),
        group: devices.find((device) => device.deviceId === "default")?.groupId ?? "",
      };
      this.#change(kind, { options, gone: options.length > 0 && !this.#isThere(kind, options) });
    }
    this.#chooseSpeaker();
  }

  /** @param {DeviceKind} kind @param {readonly { id: string }[]} options */
  #isThere(kind, options) {
    const remembered = this.#remembered[kind];
    return remembered === "" || options.some((option) => option.id === remembered);
  }

  async #deviceChange() {
    const before = { ...this.#known };
    await this.list();
    for (const source of SOURCES) {
      const { status, chosen } = this.#state[source];
      const preferred = this.#remembered[source];
      const now = this.#known[source];
      const reason = LOST.has(status) ? "back" : moveOf({ preferred, inUse: chosen, before: before[source], now });
      if (reason === "back" && now.ids.includes(preferred)) this.#change(source, { chosen: preferred });
      if (reason && (status === "on" || LOST.has(status))) await this.open(source, reason);
    }
  }

  #chooseSpeaker() {
    const { chosen, options } = this.#state.speaker;
    const preferred = this.#remembered.speaker;
    const next = speakerFor(preferred, this.#known.speaker.ids);
    if (next === chosen) return;
    this.#change("speaker", { chosen: next });
    const used = options.find(({ id }) => id === next) ?? options[0];
    this.#onMoved("speaker", next === preferred ? "back" : "gone", used?.label ?? "");
  }

  /** @param {Source} source @param {"ideal" | "exact"} [strictness] @returns {MediaStreamConstraints} */
  #constraints(source, strictness = "ideal") {
    const id = this.#state[source].chosen;
    const device = id ? { deviceId: { [strictness]: id } } : {};
    return source === "camera"
      ? { video: { ...CAMERA, ...device } }
      : { audio: { ...soundConstraints(this.#processing), ...device } };
  }

  /** @param {Source} source @param {PermissionState} state */
  async #permitted(source, state) {
    if (state === "granted" && this.#state[source].status === "denied") await this.open(source);
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
    if (track) track.onended = () => void this.open(source, "gone"); // pulled out: take what is left
    if (before !== track) this.#onTrack(source, track);
  }

  /** @param {DeviceKind} kind @param {Partial<import("../state/app-state.js").DeviceState>} changes */
  #change(kind, changes) {
    this.#state = { ...this.#state, [kind]: { ...this.#state[kind], ...changes } };
    this.#onState(this.#state);
  }
}
