/** When to send what is being typed: at once, and then not more often than now and then. Pure: time is an argument. */

const EVERY_MS = 300; // the server takes five a second

export class Typing {
  #sent = "";
  #at = -Infinity;

  /**
   * @param {string} text as it is now
   * @param {number} now milliseconds, monotonic
   * @returns {number} milliseconds until it should be sent, 0 for now; -1 when the server has it already
   */
  due(text, now) {
    if (text === this.#sent) return -1;
    return Math.max(this.#at + EVERY_MS - now, 0);
  }

  /** @param {string} text @param {number} now */
  sent(text, now) {
    this.#sent = text;
    this.#at = now;
  }
}
