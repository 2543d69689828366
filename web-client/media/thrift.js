/**
 * Whether there is room for the camera beside the sound: when sound suffers on the way up, the camera gives way.
 * Pure; time is in the readings.
 *
 * Rules:
 * 1. Judged is what sound suffers from, packets lost on the way up and a queue before them, not what a browser believes
 *    of its line: a camera that hurts nobody may stay.
 * 2. First less of the camera, then none. Back the same way, later each time it was too soon.
 * 3. Where no camera does not help, the camera is not at fault: it comes back, and is left alone for a while.
 */

/** @typedef {import("../state/line.js").Reading} Reading */
/** @typedef {"full" | "less" | "none"} Camera how much of it is sent */

const LOST = 0.08; // of the packets; less is repaired or concealed
const QUEUE_MS = 400; // over the shortest round trip: people begin to talk at the same time
const RECENT = 4; // readings, of two seconds each
const BAD = 3; // of them
const SETTLE_MS = 6_000; // after less, before none
const HELPS_MS = 10_000; // without a camera, before its innocence is plain: queues drain, reports lag
const HOLD_FIRST_MS = 20_000; // before more
const HOLD_MOST_MS = 160_000;
const REGRET_MS = 20_000; // giving way again so soon after more: it was too soon
const INNOCENT_MS = 120_000;

const LEVELS = /** @type {const} */ (["full", "less", "none"]);

export class Thrift {
  #level = 0;
  #since = 0; // of the level
  #raised = -Infinity; // when there was more last
  #hold = HOLD_FIRST_MS;
  #innocent = 0; // until then
  /** @type {boolean[]} */
  #bad = [];
  #shortest = Infinity; // round trip

  /** @returns {Camera} */
  get camera() {
    return LEVELS[this.#level] ?? "none";
  }

  /**
   * One more reading.
   *
   * @param {Reading} reading
   * @returns {boolean} whether `camera` is another now
   */
  take(reading) {
    const { at, roundTrip } = reading;
    if (roundTrip !== null) this.#shortest = Math.min(this.#shortest, roundTrip);
    const queued = roundTrip !== null && roundTrip - this.#shortest > QUEUE_MS;
    this.#bad = [...this.#bad, reading.lossUp > LOST || queued].slice(-RECENT);
    const suffers = this.#bad.filter(Boolean).length >= BAD;
    const spent = at - this.#since;
    if (at < this.#innocent) return false;
    if (suffers && this.#level === 2) return spent >= HELPS_MS && this.#acquit(at);
    if (suffers) return (reading.camera?.rate ?? 0) > 0 && spent >= SETTLE_MS && this.#lower(at);
    const well = this.#bad.length === RECENT && !this.#bad.includes(true);
    return this.#level > 0 && well && spent >= this.#hold && this.#raise(at);
  }

  /** @param {number} at */
  #lower(at) {
    if (at - this.#raised < REGRET_MS) this.#hold = Math.min(HOLD_MOST_MS, 2 * this.#hold);
    return this.#enter(this.#level + 1, at);
  }

  /** @param {number} at */
  #raise(at) {
    this.#raised = at;
    return this.#enter(this.#level - 1, at);
  }

  /** @param {number} at */
  #acquit(at) {
    this.#innocent = at + INNOCENT_MS;
    return this.#enter(0, at);
  }

  /** @param {number} level @param {number} at */
  #enter(level, at) {
    this.#level = level;
    this.#since = at;
    this.#bad = [];
    return true;
  }
}
