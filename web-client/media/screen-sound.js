/**
 * The sound of a shared screen, mixed with the microphone into the one track that is sent.
 *
 * Rules:
 * 1. The microphone in the mix is the track that would be sent alone: muted there, it is silent here. So the sound of
 *    the screen goes on while its owner is muted, and nothing else does.
 * 2. Nothing is processed on the way: echo and noise are taken out of the microphone before, and music stays music.
 */

/** As getDisplayMedia is asked for it. `restrictOwnAudio` keeps the meeting's own sound out, which would come back. */
const SOUND = {
  echoCancellation: false,
  noiseSuppression: false,
  autoGainControl: false,
  restrictOwnAudio: true,
  suppressLocalAudioPlayback: false,
};

/**
 * What to ask the browser for: a tab's sound always; that of the whole machine only where the meeting's can be left
 * out.
 *
 * @returns {{ audio: MediaTrackConstraints, systemAudio: "include" | "exclude" }}
 */
export function soundWanted() {
  const supported = /** @type {Record<string, boolean>} */ ({ ...navigator.mediaDevices.getSupportedConstraints() });
  return { audio: SOUND, systemAudio: supported["restrictOwnAudio"] ? "include" : "exclude" };
}

export class ScreenSound {
  /** @type {{ context: AudioContext, mix: MediaStreamAudioDestinationNode, sound: MediaStreamTrack } | null} */
  #running = null;
  /** @type {MediaStreamAudioSourceNode | null} */
  #microphone = null;

  /** To be sent instead of the microphone; null when there is no sound of a screen. */
  get track() {
    return this.#running?.mix.stream.getAudioTracks()[0] ?? null;
  }

  /**
   * @param {MediaStreamTrack} sound of the screen; belongs to this from now on
   * @param {MediaStreamTrack | null} microphone
   * @param {() => void} onEnded the sound ended by itself
   */
  start(sound, microphone, onEnded) {
    this.stop();
    const context = new AudioContext();
    const mix = new MediaStreamAudioDestinationNode(context, { channelCount: 1 });
    context.createMediaStreamSource(new MediaStream([sound])).connect(mix);
    sound.onended = onEnded;
    this.#running = { context, mix, sound };
    this.follow(microphone);
  }

  /** Another microphone, or none. @param {MediaStreamTrack | null} microphone */
  follow(microphone) {
    this.#microphone?.disconnect();
    this.#microphone = null;
    if (!this.#running || !microphone || microphone.readyState === "ended") return;
    const { context, mix } = this.#running;
    this.#microphone = context.createMediaStreamSource(new MediaStream([microphone]));
    this.#microphone.connect(mix);
  }

  /** @returns {boolean} whether there was anything to stop */
  stop() {
    const running = this.#running;
    if (!running) return false;
    this.#microphone?.disconnect();
    this.#microphone = null;
    this.#running = null;
    running.sound.onended = null;
    running.sound.stop();
    for (const track of running.mix.stream.getTracks()) track.stop();
    void running.context.close();
    return true;
  }
}
