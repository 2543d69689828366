/**
 * Looks at the media connection every two seconds.
 *
 * Rules:
 * 1. One look at a time: a browser that takes long to answer is asked less often, never twice at once.
 * 2. What comes back after `stop` is nobody's.
 */

import { between } from "../state/line.js";
import { sampleOf } from "./stats.js";

/** @typedef {import("../state/line.js").Reading} Reading */

const EVERY_MS = 2_000; // each look costs the browser one or two milliseconds

export class LineWatch {
  #connection;
  #lines;
  #onReading;
  /** @type {import("../state/line.js").Sample | null} */
  #before = null;
  #looking = false;
  #busy = 0; // milliseconds of long tasks
  /** @type {PerformanceObserver | null} */
  #observer = null;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer;

  /**
   * @param {() => RTCPeerConnection | null} connection the one there is now
   * @param {import("./lines.js").Lines} lines
   * @param {(reading: Reading) => void} onReading
   */
  constructor(connection, lines, onReading) {
    this.#connection = connection;
    this.#lines = lines;
    this.#onReading = onReading;
  }

  start() {
    this.#timer ??= setInterval(() => void this.look(), EVERY_MS);
    if (!PerformanceObserver.supportedEntryTypes.includes("longtask")) return;
    this.#observer = new PerformanceObserver((list) => {
      for (const task of list.getEntries()) this.#busy += task.duration;
    });
    this.#observer.observe({ type: "longtask" });
  }

  stop() {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#observer?.disconnect();
    this.#before = null;
  }

  async look() {
    const connection = this.#connection();
    if (this.#looking || !connection || connection.connectionState !== "connected") return;
    this.#looking = true;
    try {
      const report = await connection.getStats();
      if (this.#timer === undefined || connection !== this.#connection()) return;
      const known = { at: performance.now(), connection, busy: this.#busy, wanted: this.#lines.wanted };
      const sample = sampleOf(/** @type {any} */ (report), this.#lines.kinds(), known);
      const reading = between(this.#before, sample);
      this.#before = sample;
      if (reading) this.#onReading(reading);
    } finally {
      this.#looking = false;
    }
  }
}
