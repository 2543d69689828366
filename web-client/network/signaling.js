/**
 * The WebSocket to the server, kept alive: protocol "mcu.v1", one JSON object with "type" per message.
 *
 * Rules:
 * 1. After `welcome` the greeting (`enter` or `resume`) is sent first; nothing else goes out before `entered`.
 * 2. Silence is a broken connection: after PING_AFTER_MS a ping, after DEAD_AFTER_MS a new connection. Only who asks
 *    to enter waits longer, ENTER_MS: a busy server lets somebody new wait for seven seconds, and then says that it is.
 * 3. Where the network may have changed or the page has slept, a ping must come back within DOUBT_MS.
 * 4. A broken connection is tried again by itself until `close()`. What was sent meanwhile is refused (`send`
 *    returns false), never queued: after `entered` the page tells the server its state anew.
 */

import { Backoff } from "./backoff.js";

/** @typedef {import("../protocol").ServerMessage} ServerMessage */
/** @typedef {import("../protocol").ClientMessage} ClientMessage */
/** @typedef {import("../protocol").Enter} Enter */
/** @typedef {import("../protocol").Resume} Resume */

/**
 * "connecting": on its way, `entered` not here yet; "open": in the conference; "waiting": broken, will try again;
 * "closed": over.
 *
 * @typedef {"connecting" | "open" | "waiting" | "closed"} SignalingState
 */

/**
 * @typedef {object} SignalingOptions
 * @property {string} url
 * @property {() => Enter | Resume} greet
 * @property {(message: ServerMessage) => void} onMessage
 * @property {(state: SignalingState, attempt: number, retryAt: number | null) => void} onState while "waiting" with the
 *   time of the next attempt, in milliseconds, monotonic
 * @property {() => void} [onWake] the page has slept
 * @property {(url: string, protocol: string) => WebSocket} [openSocket]
 * @property {Backoff} [backoff]
 */

export const SUBPROTOCOL = "mcu.v1";

const PING_AFTER_MS = 2_500; // of silence
const DEAD_AFTER_MS = 5_500; // of silence, or without `entered`; the ping had 3 s to come back
const ENTER_MS = 10_000; // from the greeting to `entered` or a refusal: those seven seconds, and a slow line
const DOUBT_MS = 1_500; // several round trips of a slow line
const WATCH_EVERY_MS = 1_000; // browsers slow the timers of hidden pages to this
const SLEPT_MS = 4_000; // between two looks at the clock on the wall: the machine or the page slept
const MAX_BUFFERED_BYTES = 1 << 20; // beyond this the line is stuck; further messages are refused

export class Signaling {
  #options;
  #backoff;
  /** @type {WebSocket | null} */
  #socket = null;
  /** @type {SignalingState} */
  #state = "closed";
  #heard = 0;
  #patience = DEAD_AFTER_MS;
  #begun = 0; // the newest attempt
  #looked = 0; // on the wall
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #doubt;
  /** @type {number | null} */
  #retryAt = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #retry;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #watch;

  /** @param {SignalingOptions} options */
  constructor(options) {
    this.#options = options;
    this.#backoff = options.backoff ?? new Backoff();
  }

  get state() {
    return this.#state;
  }

  open() {
    if (this.#state !== "closed") return;
    this.#looked = Date.now();
    this.#watch = setInterval(() => this.#check(performance.now(), Date.now()), WATCH_EVERY_MS);
    this.#connect();
  }

  /** The network or the page has come back, or changed: try at once, and believe no connection that does not answer. */
  hurry() {
    const waited = performance.now() - this.#begun;
    if (this.#state === "waiting" || (this.#state === "connecting" && waited > DOUBT_MS)) {
      clearTimeout(this.#retry);
      this.#connect();
    } else if (this.send({ type: "ping" })) {
      clearTimeout(this.#doubt);
      this.#doubt = setTimeout(() => this.#connect(), DOUBT_MS);
    }
  }

  /** The server cannot let us in just now: begin again after the usual pause. */
  retry() {
    if (this.#state !== "closed") this.#lost();
  }

  /**
   * @param {ClientMessage} message
   * @returns {boolean} false when it could not be sent
   */
  send(message) {
    if (this.#state !== "open" || !this.#socket || this.#socket.bufferedAmount > MAX_BUFFERED_BYTES) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  close() {
    clearTimeout(this.#retry);
    clearTimeout(this.#doubt);
    clearInterval(this.#watch);
    this.#drop();
    this.#enterState("closed");
  }

  #connect() {
    this.#drop();
    clearTimeout(this.#doubt);
    this.#heard = this.#begun = performance.now();
    this.#patience = DEAD_AFTER_MS;
    this.#enterState("connecting");
    const open = this.#options.openSocket ?? ((url, protocol) => new WebSocket(url, protocol));
    const socket = open(this.#options.url, SUBPROTOCOL);
    this.#socket = socket;
    socket.onmessage = (event) => this.#receive(socket, event.data);
    socket.onclose = () => {
      if (socket === this.#socket) this.#lost();
    };
  }

  /** @param {WebSocket} socket @param {unknown} data */
  #receive(socket, data) {
    if (socket !== this.#socket) return;
    clearTimeout(this.#doubt);
    this.#heard = performance.now();
    const message = parse(data);
    if (!message) return;
    switch (message.type) {
      case "welcome": {
        const greeting = this.#options.greet();
        if (greeting.type === "enter") this.#patience = ENTER_MS;
        socket.send(JSON.stringify(greeting));
        return;
      }
      case "pong":
        return;
      case "entered":
        this.#backoff.succeeded();
        this.#patience = DEAD_AFTER_MS;
        this.#enterState("open");
        break;
    }
    this.#options.onMessage(message);
  }

  /** @param {number} now milliseconds, monotonic @param {number} wall milliseconds, of the clock on the wall */
  #check(now, wall) {
    const slept = wall - this.#looked > SLEPT_MS;
    this.#looked = wall;
    if (slept) {
      this.hurry();
      this.#options.onWake?.();
      return;
    }
    const silent = now - this.#heard;
    if (this.#state === "waiting" || this.#state === "closed") return;
    if (silent > this.#patience) this.#lost();
    else if (silent > PING_AFTER_MS) this.send({ type: "ping" });
  }

  #lost() {
    this.#drop();
    clearTimeout(this.#doubt);
    clearTimeout(this.#retry);
    const pause = this.#backoff.next();
    this.#retryAt = performance.now() + pause;
    this.#enterState("waiting");
    this.#retry = setTimeout(() => this.#connect(), pause);
  }

  #drop() {
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  /** @param {SignalingState} state */
  #enterState(state) {
    this.#state = state;
    if (state !== "waiting") this.#retryAt = null;
    this.#options.onState(state, this.#backoff.attempt, this.#retryAt);
  }
}

/**
 * The server's message, or null for anything that is not one.
 *
 * @param {unknown} data
 * @returns {ServerMessage | null}
 */
export function parse(data) {
  if (typeof data !== "string") return null;
  try {
    const message = JSON.parse(data);
    return message !== null && typeof message === "object" && typeof message.type === "string" ? message : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
