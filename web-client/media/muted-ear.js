/**
 * Listens to the own microphone while it is muted, to tell a person who talks all the same.
 *
 * What is heard stays here: the track that may be sent stays disabled, and a copy of it goes into a meter and nowhere
 * else. The copy ends as soon as the microphone is open again.
 */

import { meter } from "./meter.js";
import { MutedVoice } from "../state/voice.js";

export class MutedEar {
  #onTalking;
  #voice = new MutedVoice();
  /** @type {MediaStreamTrack | null} */
  #track = null;
  /** @type {() => void} */
  #stop = () => undefined;
  #talking = false;

  /** @param {(talking: boolean) => void} onTalking told when it changes */
  constructor(onTalking) {
    this.#onTalking = onTalking;
  }

  /** Listen to this microphone, or to none. @param {MediaStreamTrack | null} track */
  follow(track) {
    if (track === this.#track) return;
    this.#stop();
    this.#stop = () => undefined;
    this.#track = track;
    this.#voice.reset();
    this.#tell(false);
    if (!track || track.readyState === "ended") return;
    const copy = track.clone();
    copy.enabled = true;
    const stopMeter = meter(copy, (level) => this.#tell(this.#voice.observe(level, performance.now())));
    this.#stop = () => {
      stopMeter();
      copy.stop();
    };
  }

  /** The person knows and wants to hear no more of it. */
  dismiss() {
    this.#voice.dismiss(performance.now());
    this.#tell(false);
  }

  /** @param {boolean} talking */
  #tell(talking) {
    if (talking === this.#talking) return;
    this.#talking = talking;
    this.#onTalking(talking);
  }
}
