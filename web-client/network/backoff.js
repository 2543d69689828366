/** How long to wait before trying again: soon at first, then slower, never in step with all the others. */

const FIRST_MS = 250; // a server process that was restarted is back in about this time
const LONGEST_MS = 4_000; // people are to be back within 10 s of a server's return
const SPREAD = 0.3; // share of the delay that is drawn at random

export class Backoff {
  #attempt = 0;
  #random;

  /** @param {() => number} random uniform in [0, 1) */
  constructor(random = Math.random) {
    this.#random = random;
  }

  /** Attempts since the last success. */
  get attempt() {
    return this.#attempt;
  }

  /** @returns {number} milliseconds until the next attempt */
  next() {
    const delay = Math.min(FIRST_MS * 2 ** this.#attempt, LONGEST_MS);
    this.#attempt += 1;
    return delay * (1 - SPREAD * this.#random());
  }

  succeeded() {
    this.#attempt = 0;
  }
}
