/** The test sound: begun and stopped by one button, through whichever loudspeaker is chosen. */

import { playTone } from "./media/tone.js";

export class SpeakerTest {
  #store;
  /** @type {AbortController | null} */
  #playing = null;

  /** @param {import("./state/store.js").Store<import("./state/app-state.js").AppState>} store */
  constructor(store) {
    this.#store = store;
  }

  /** Play, or stop what plays. */
  async toggle() {
    if (this.#playing) return this.#playing.abort();
    const playing = new AbortController();
    this.#playing = playing;
    this.#store.set({ tone: "playing" });
    const played = await playTone(this.#store.state.devices.speaker.chosen, playing.signal);
    this.#playing = null;
    return this.#store.set({ tone: played ? "played" : "failed" });
  }
}
