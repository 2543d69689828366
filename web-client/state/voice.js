/**
 * Whether somebody who is muted is talking, from how loud the microphone is. Pure: time is an argument.
 *
 * Rules:
 * 1. A voice is well above what the room has been like lately, and lasts; a cough, a key or a door does not.
 * 2. It is said once, stays while there is something to hear, and then not again for a while.
 */

const LOUD = 0.42; // of the meter's scale, about -35 dBFS: quiet speech at an arm's length
const ABOVE_ROOM = 0.15; // 9 dB; a fan or a street is no voice
const STILL_ABOVE = 0.08; // once it is a voice, it may become softer
const LASTS_MS = 600; // of sound, with pauses between syllables
const FORGETS = 0.5; // how fast pauses count against it
const ROOM_AT_FIRST = 0.25; // -45 dBFS: who mutes in the middle of a sentence is heard at once
const ROOM_RISES = 0.00003; // of the scale in a millisecond: 0.3 in ten seconds
const SHOWN_MS = 6_000; // after the last word
const PAUSE_MS = 30_000; // between two prompts
const DISMISSED_MS = 180_000; // after somebody said that they know
const LONGEST_STEP_MS = 200; // a page that was asleep has heard nothing meanwhile

export class MutedVoice {
  #room = ROOM_AT_FIRST;
  #voiced = 0;
  #at = -Infinity;
  #shownUntil = -Infinity;
  #silentUntil = -Infinity;

  /**
   * @param {number} level 0 to 1, linear in decibels (see media/meter.js)
   * @param {number} now milliseconds, monotonic
   * @returns {boolean} whether to tell the person now
   */
  observe(level, now) {
    const step = Math.min(Math.max(now - this.#at, 0), LONGEST_STEP_MS);
    this.#at = now;
    this.#room = Math.min(level, this.#room + ROOM_RISES * step);
    const shown = now < this.#shownUntil;
    const above = shown ? STILL_ABOVE : ABOVE_ROOM;
    const voice = level > LOUD && level > this.#room + above;
    this.#voiced = voice
      ? Math.min(this.#voiced + step, LASTS_MS)
      : Math.max(this.#voiced - step * FORGETS, 0);
    const talking = this.#voiced >= LASTS_MS;
    if (talking && (shown || now >= this.#silentUntil)) {
      this.#shownUntil = now + SHOWN_MS;
      this.#silentUntil = this.#shownUntil + PAUSE_MS;
    }
    return now < this.#shownUntil;
  }

  /** The person knows. @param {number} now */
  dismiss(now) {
    this.#voiced = 0;
    this.#shownUntil = -Infinity;
    this.#silentUntil = now + DISMISSED_MS;
  }

  /** Not muted any more, or another microphone: what was heard does not count. The room and when it was said do. */
  reset() {
    this.#voiced = 0;
    this.#shownUntil = -Infinity;
  }
}
