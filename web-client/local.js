/** The person's own side: microphone and camera, their switches, and what the chair has switched off. */

import { Devices } from "./media/devices.js";
import { MutedEar } from "./media/muted-ear.js";
import { Sharing } from "./sharing.js";
import { troublesOf } from "./state/joining.js";
import { self } from "./state/meeting.js";
import { wantsToBeHeard } from "./state/microphone.js";

/** @typedef {import("./state/app-state.js").AppState} AppState */
/** @typedef {import("./media/lines.js").Kind} Kind */

/**
 * @typedef {object} LocalOptions
 * @property {import("./state/store.js").Store<AppState>} store
 * @property {import("./state/memory.js").Memory} memory
 * @property {import("./notices.js").Notices} notices
 * @property {(kind: Kind) => void} onTrack
 * @property {(message: import("./protocol").SetSelf | import("./protocol").Content) => boolean} tell the server
 */

const AGAIN_MS = 1_000; // the server takes 20 messages a second

export class Local {
  sharing;
  #options;
  #store;
  #devices;
  #ear;
  #silenced = false; // by the chair
  #told = ""; // the switches as the server knows them
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #again;

  /** @param {LocalOptions} options */
  constructor(options) {
    this.#options = options;
    this.#store = options.store;
    this.#devices = new Devices(
      options.memory.preferences(),
      (devices) => this.#store.set({ devices }),
      (source, track) => this.#tracked(source, track),
      (kind, reason, label) => this.#moved(kind, reason, label),
    );
    this.sharing = new Sharing({ ...options, microphone: () => this.#devices.track("microphone") });
    this.#ear = new MutedEar((talkingMuted) => this.#store.set({ talkingMuted }));
  }

  /** What the person sets for good. @param {Partial<import("./state/settings.js").Settings>} changes */
  async adjust(changes) {
    this.#options.memory.prefer(changes);
    const settings = { ...this.#store.state.settings, ...changes };
    this.#store.set({ settings });
    if (["noiseSuppression", "echoCancellation", "autoGainControl"].some((name) => name in changes)) {
      this.#ear.follow(null); // or its copy would keep the microphone as it is
      await this.#devices.process(settings);
      this.#enableMicrophone();
    }
  }

  /** Open what the switches ask for. */
  prepare() {
    const { wantsCamera, wantsMicrophone, draft } = this.#store.state;
    if (draft.watchOnly) return;
    if (wantsMicrophone && wantsCamera) void this.#devices.openBoth();
    else if (wantsMicrophone) void this.#devices.open("microphone");
    else if (wantsCamera) void this.#devices.open("camera");
    void this.#devices.list();
  }

  /** Try again to open what could not be had. */
  retryDevices() {
    for (const { sources } of troublesOf(this.#store.state)) {
      for (const source of sources) void this.#devices.open(source);
    }
  }

  /** The camera on the other side of a telephone, and that one from now on. */
  async flipCamera() {
    await this.#devices.flip();
    this.#options.memory.prefer({ camera: this.#store.state.devices.camera.chosen });
    this.#tellSwitches();
  }

  /** Let go of every device. */
  release() {
    this.#devices.close("camera");
    this.#devices.close("microphone");
    this.sharing.end();
    this.#silenced = false;
    this.#store.set({ holding: false });
  }

  /** @param {Kind} kind */
  track(kind) {
    if (kind === "content") return this.sharing.screen;
    if (kind === "main") return this.#devices.track("camera");
    return this.sharing.sound ?? this.#devices.track("microphone");
  }

  /** As `enter` and `set_self` tell them. */
  switches() {
    const { wantsCamera, sparing } = this.#store.state;
    return {
      muted: !wantsToBeHeard(this.#store.state) || this.#silenced || this.#devices.track("microphone") === null,
      camera_off: !wantsCamera || sparing === "none" || this.#devices.track("camera") === null,
    };
  }

  /** @param {boolean} on */
  async switchMicrophone(on) {
    if (on && this.#silenced) return this.#options.notices.problem({ key: "meeting.mutedByChair" });
    this.#store.set({ wantsMicrophone: on, holding: false });
    this.#options.memory.prefer({ wantsMicrophone: on });
    if (on && !this.#devices.track("microphone")) await this.#devices.open("microphone");
    this.#enableMicrophone();
    this.#tellSwitches();
    this.#explain("microphone", on);
    return undefined;
  }

  /** Open the microphone for as long as a key is held. @param {boolean} held */
  async holdToTalk(held) {
    const { wantsMicrophone, holding, meeting } = this.#store.state;
    if (held === holding || (held && (wantsMicrophone || self(meeting)?.role === "viewer"))) return;
    if (held && this.#silenced) {
      this.#options.notices.problem({ key: "meeting.mutedByChair" });
      return;
    }
    this.#store.set({ holding: held });
    if (held && !this.#devices.track("microphone")) await this.#devices.open("microphone");
    this.#enableMicrophone();
    this.#tellSwitches();
  }

  /** The person knows that they are muted. */
  knowsMuted() {
    this.#ear.dismiss();
  }

  /** @param {boolean} on */
  async switchCamera(on) {
    this.#store.set({ wantsCamera: on });
    this.#options.memory.prefer({ wantsCamera: on });
    if (on) await this.#devices.open("camera");
    else this.#devices.close("camera");
    this.#tellSwitches();
    this.#explain("camera", on);
  }

  /**
   * @param {import("./media/devices.js").DeviceKind} kind
   * @param {string} id
   */
  async choose(kind, id) {
    this.#options.memory.prefer({ [kind]: id });
    await this.#devices.choose(kind, id);
    this.#tellSwitches();
  }

  /** How to join: with picture and voice, with the voice alone, or only to watch. */
  /** @param {import("./state/joining.js").Way} way */
  joinAs(way) {
    const { draft, wantsCamera } = this.#store.state;
    const watchOnly = way === "watch";
    const wants = watchOnly ? wantsCamera : way === "both";
    this.#store.set({ draft: { ...draft, watchOnly }, wantsCamera: wants });
    this.#options.memory.prefer({ wantsCamera: wants });
    if (watchOnly) return this.release();
    if (draft.watchOnly) return this.prepare();
    return void this.switchCamera(wants);
  }

  /** Something that the switches depend on has changed elsewhere. */
  switched() {
    this.#tellSwitches();
  }

  /** The server did not take the switches, as too much came at once. */
  tellLater() {
    this.#told = "";
    clearTimeout(this.#again);
    this.#again = setTimeout(() => this.#tellSwitches(), AGAIN_MS);
  }

  /** After a break the server is told everything again. */
  tellAnew() {
    this.#told = "";
    this.#tellSwitches();
    this.sharing.tellAnew();
  }

  /**
   * What the server says of this person. When the chair allows the microphone again, it stays off until the person
   * switches it on.
   *
   * @param {import("./protocol").Participant | undefined} person
   */
  follow(person) {
    this.#silenced = person?.muted_by_chair ?? false;
    if (this.#silenced && wantsToBeHeard(this.#store.state)) {
      this.#store.set({ wantsMicrophone: false, holding: false });
    }
    this.#enableMicrophone();
  }

  /** @param {import("./media/devices.js").Source} source @param {MediaStreamTrack | null} track */
  #tracked(source, track) {
    if (source === "camera") this.#store.set({ preview: track ? new MediaStream([track]) : null });
    this.#enableMicrophone();
    if (source === "microphone") this.sharing.follow(track);
    this.#options.onTrack(source === "camera" ? "main" : "audio");
    this.#tellSwitches();
  }

  /** Another device is in use than the person chose, or that one again. */
  /**
   * @param {import("./media/devices.js").DeviceKind} kind
   * @param {"gone" | "back" | "system"} reason
   * @param {string} label
   */
  #moved(kind, reason, label) {
    if (this.#store.state.phase !== "meeting") return;
    const key = reason === "system" ? "moved.system" : /** @type {const} */ (`moved.${kind}-${reason}`);
    this.#options.notices.tell({ key, values: { label }, tone: "info" });
  }

  #enableMicrophone() {
    const track = this.#devices.track("microphone");
    const open = wantsToBeHeard(this.#store.state) && !this.#silenced;
    if (track) track.enabled = open;
    this.#ear.follow(open || this.#store.state.phase !== "meeting" ? null : track);
  }

  #tellSwitches() {
    const { phase, meeting } = this.#store.state;
    const switches = this.switches();
    const told = JSON.stringify(switches);
    if (phase !== "meeting" || self(meeting)?.role === "viewer" || told === this.#told) return;
    if (this.#options.tell({ type: "set_self", ...switches })) this.#told = told;
  }

  /** In the meeting, say why a device that was asked for did not come. */
  /** @param {import("./media/devices.js").Source} source @param {boolean} on */
  #explain(source, on) {
    const { status } = this.#store.state.devices[source];
    if (!on || this.#store.state.phase !== "meeting" || status === "on" || status === "off") return;
    if (status === "opening" || status === "asking") return;
    this.#options.notices.problem({
      key: source === "camera" ? `device.camera.${status}` : `device.microphone.${status}`,
    });
  }
}
