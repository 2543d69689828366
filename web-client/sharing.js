/** The person's shared screen: capturing it, its sound mixed with the microphone, and what the server is told of it. */

import { canShareScreen, captureScreen } from "./media/content.js";
import { ScreenSound } from "./media/screen-sound.js";

/**
 * @typedef {object} SharingOptions
 * @property {import("./state/store.js").Store<import("./state/app-state.js").AppState>} store
 * @property {import("./notices.js").Notices} notices
 * @property {() => MediaStreamTrack | null} microphone as it would be sent alone
 * @property {(kind: "content" | "audio") => void} onTrack
 * @property {(message: import("./protocol").Content) => boolean} tell the server
 */

export class Sharing {
  #options;
  #store;
  /** @type {MediaStreamTrack | null} */
  #screen = null;
  #sound = new ScreenSound();

  /** @param {SharingOptions} options */
  constructor(options) {
    this.#options = options;
    this.#store = options.store;
  }

  get screen() {
    return this.#screen;
  }

  /** To be sent instead of the microphone; null when there is no sound of a screen. */
  get sound() {
    return this.#sound.track;
  }

  /** Let the person choose a screen, and show it. */
  async begin() {
    if (!canShareScreen()) return this.#options.notices.problem({ key: "content.unsupported" });
    if (this.#store.state.content !== "off") return undefined; // the browser asks already
    this.#store.set({ content: "starting" });
    const { track, sound, failed } = await captureScreen();
    if (failed) this.#options.notices.problem({ key: "content.failed" });
    if (!track || this.#store.state.phase !== "meeting") {
      track?.stop();
      sound?.stop();
      return this.#store.set({ content: "off" });
    }
    this.#screen = track;
    this.#screen.onended = () => this.stop();
    this.#options.onTrack("content");
    if (sound) this.#mix(sound);
    if (this.#tell()) return this.#store.set({ content: "on", contentSound: sound !== null });
    return this.end();
  }

  /** The person wants no more. */
  stop() {
    this.#options.tell({ type: "content", active: false });
    this.end();
  }

  /** The content of the meeting is not this person's, or not any more. */
  end() {
    if (!this.#screen) return;
    this.#screen.onended = null;
    this.#screen.stop();
    this.#screen = null;
    this.#unmix();
    this.#store.set({ content: "off" });
    this.#options.onTrack("content");
  }

  /** After a break the server is told again, unless somebody took over meanwhile. */
  tellAnew() {
    const { meeting } = this.#store.state;
    const others = meeting && ![null, meeting.you].includes(meeting.conference.content);
    if (this.#screen && others) this.end();
    else if (this.#screen) this.#tell();
  }

  /** Another microphone is mixed in, or none. @param {MediaStreamTrack | null} microphone */
  follow(microphone) {
    this.#sound.follow(microphone);
  }

  /** Send the sound of the screen with the microphone. @param {MediaStreamTrack} sound */
  #mix(sound) {
    this.#sound.start(sound, this.#options.microphone(), () => {
      this.#unmix();
      this.#tell();
    });
    this.#options.onTrack("audio");
  }

  #unmix() {
    if (!this.#sound.stop()) return;
    this.#store.set({ contentSound: false });
    this.#options.onTrack("audio");
  }

  #tell() {
    return this.#options.tell({ type: "content", active: true, sound: this.#sound.track !== null });
  }
}
