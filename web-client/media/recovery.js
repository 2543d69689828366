/**
 * What to do about a media connection that does not carry: wait, restart ICE, or make a new one. Pure; time is an
 * argument, in milliseconds, monotonic.
 *
 * | seen                                    | then                      |
 * |-----------------------------------------|---------------------------|
 * | "disconnected" for DISCONNECTED_MS      | ICE restart               |
 * | nothing arrived for SILENT_MS           | ICE restart               |
 * | nothing arrived for DOUBT_MS, and the network has changed or come back | ICE restart |
 * | "failed", not yet restarted             | ICE restart at once       |
 * | restarted, not connected in RESTART_MS  | new connection            |
 * | "failed" after a restart, or "closed"   | new connection            |
 * | new, not connected in time              | new connection, later and later |
 */

/** @typedef {"wait" | "restart" | "replace"} Remedy */

const DISCONNECTED_MS = 3_500; // ICE itself mends most short breaks in less (RFC 7675 consent runs every 5 s)
const SILENT_MS = 3_000; // sound comes fifty times a second, also from a silent meeting
const DOUBT_MS = 1_000;
const RESTART_MS = 4_000; // one offer, one answer, a few checks
const FIRST_CONNECT_MS = 8_000; // ICE falls back to TCP within about 5 s
const LONGEST_CONNECT_MS = 20_000;

export class Recovery {
  /** @type {"connecting" | "connected" | "disconnected" | "restarting" | "failed"} */
  #phase = "connecting";
  #since = 0;
  #replaced = 0;
  #restarted = false;
  /** @type {number | null} */
  #flowed = null; // when something arrived last, on this connection

  /** @param {number} now */
  began(now) {
    this.#enter("connecting", now);
    this.#restarted = false;
    this.#flowed = null;
    this.#replaced += 1;
  }

  /** @param {number} now */
  restarted(now) {
    this.#enter("restarting", now);
    this.#restarted = true;
  }

  /**
   * Something arrives: whatever the browser says of its connection, it carries.
   *
   * @param {number} now
   */
  flowed(now) {
    this.#flowed = now;
    if (this.#phase !== "connected") this.observe("connected", now);
  }

  /**
   * Whether nothing arrives though something did.
   *
   * @param {number} now
   */
  silent(now) {
    return this.#phase === "connected" && this.#silence(now) >= SILENT_MS;
  }

  /**
   * The network has changed or come back: whether the connection should be mended without waiting any longer.
   *
   * @param {number} now
   */
  doubtful(now) {
    if (this.#phase === "disconnected" || this.#phase === "failed") return true;
    return this.#phase === "connected" && this.#silence(now) >= DOUBT_MS;
  }

  /** Connections made since one last carried media. */
  get attempts() {
    return this.#replaced;
  }

  /**
   * @param {RTCPeerConnectionState} state
   * @param {number} now
   */
  observe(state, now) {
    switch (state) {
      case "connected":
        this.#enter("connected", now);
        this.#replaced = 0;
        this.#restarted = false;
        break;
      case "disconnected":
        if (this.#phase === "connected") this.#enter("disconnected", now);
        break;
      case "failed":
      case "closed":
        this.#enter("failed", now);
        break;
    }
  }

  /**
   * @param {number} now
   * @returns {Remedy}
   */
  remedy(now) {
    const elapsed = now - this.#since;
    switch (this.#phase) {
      case "connecting":
        return elapsed < this.#patience() ? "wait" : "replace";
      case "connected":
        return this.silent(now) ? "restart" : "wait";
      case "disconnected":
        return elapsed < DISCONNECTED_MS ? "wait" : "restart";
      case "restarting":
        return elapsed < RESTART_MS ? "wait" : "replace";
      case "failed":
        if (!this.#restarted && this.#replaced === 0) return "restart";
        return elapsed < this.#patience() / 4 ? "wait" : "replace";
      default:
        return "wait";
    }
  }

  /** Since anything arrived, or the browser said that it is connected. @param {number} now */
  #silence(now) {
    return this.#flowed === null ? 0 : now - Math.max(this.#flowed, this.#since);
  }

  #patience() {
    return Math.min(FIRST_CONNECT_MS * 1.5 ** Math.max(0, this.#replaced - 1), LONGEST_CONNECT_MS);
  }

  /** @param {"connecting" | "connected" | "disconnected" | "restarting" | "failed"} phase @param {number} now */
  #enter(phase, now) {
    this.#phase = phase;
    this.#since = now;
  }
}
