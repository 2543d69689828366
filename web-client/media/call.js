/**
 * The media connection: one RTCPeerConnection at a time, mended or made anew by itself.
 *
 * Rules:
 * 1. Offers are only for a new connection and for an ICE restart; in a meeting nothing is renegotiated.
 * 2. The server answers or refuses offers in their order, so the first one waiting is meant, even when its
 *    connection has been given up since.
 * 3. While the server cannot be told (`ready` is false), remedies wait.
 */

import { Lines, whileOpen } from "./lines.js";
import { LineWatch } from "./quality.js";
import { Recovery } from "./recovery.js";
import { Thrift } from "./thrift.js";

/** @typedef {import("./lines.js").Kind} Kind */
/** @typedef {"connecting" | "connected" | "interrupted" | "blocked"} CallState */

/**
 * @typedef {object} CallOptions
 * @property {import("./lines.js").Direction} direction
 * @property {(message: { type: "offer", sdp: string, restart: boolean } |
 *   { type: "candidate", candidate: string }) => boolean} send
 * @property {() => boolean} ready whether `send` would get through
 * @property {(state: CallState) => void} onState
 * @property {(received: import("./lines.js").Received) => void} onReceived once for each connection
 * @property {(reading: import("../state/line.js").Reading) => void} onReading how the line was, every few seconds
 * @property {(camera: import("./thrift.js").Camera) => void} onCamera how much of the camera there is room for
 */

/** @typedef {{ connection: RTCPeerConnection, restart: boolean }} Offered */

const CHECK_EVERY_MS = 500;
const BLOCKED_AFTER = 3; // connections that never carried anything, before the page says the network blocks them

export class Call {
  /** The m-lines and their tracks. */
  lines;
  #options;
  /** @type {RTCIceServer[]} */
  #iceServers = [];
  /** @type {RTCPeerConnection | null} */
  #connection = null;
  #recovery = new Recovery();
  #thrift = new Thrift();
  #watch;
  #carries = false; // as told
  #newest = ""; // what arrived, at the last look
  #preparing = false; // an offer that has not been sent yet
  /** @type {Offered[]} */
  #unanswered = [];
  /** @type {string[]} */
  #waitingCandidates = [];
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer;

  /** @param {CallOptions} options */
  constructor(options) {
    this.#options = options;
    this.lines = new Lines(options.direction);
    this.#watch = new LineWatch(
      () => this.#connection,
      this.lines,
      (reading) => {
        this.#spare(reading);
        options.onReading(reading);
      },
    );
  }

  /** @param {RTCIceServer[]} iceServers */
  start(iceServers) {
    this.#iceServers = iceServers;
    this.#timer ??= setInterval(() => this.#mend(performance.now()), CHECK_EVERY_MS);
    this.#watch.start();
    this.#replace();
  }

  stop() {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#watch.stop();
    this.#drop();
  }

  /**
   * The server can be told again, on a new channel: what was offered on the old one may never be answered.
   *
   * @param {RTCIceServer[]} iceServers
   */
  signalingReturned(iceServers) {
    this.#iceServers = iceServers;
    const connection = this.#connection;
    const waiting = this.#isUnanswered();
    this.#unanswered = [];
    if (!connection || waiting || connection.connectionState === "closed") this.#replace();
    else this.hurry();
  }

  /** The network or the page is back: where nothing arrives, mend at once. */
  hurry() {
    const connection = this.#connection;
    const now = performance.now();
    if (!connection || this.#isUnanswered() || !this.#options.ready()) return;
    this.#look(connection, now);
    if (this.#recovery.doubtful(now)) this.#restart(connection, now);
  }

  /** The server has lost its side. A new connection that it has just been offered is the remedy already. */
  serverLost() {
    const last = this.#unanswered.at(-1);
    if (this.#preparing || (last && last.connection === this.#connection && !last.restart)) return;
    this.#replace();
  }

  /** The server refused the first offer that waits for an answer. */
  offerRefused() {
    const offered = this.#unanswered.shift();
    if (!offered || offered.connection !== this.#connection) return;
    if (offered.restart) this.#replace();
    else this.#recovery.observe("failed", performance.now());
  }

  /** @param {string} sdp */
  async receiveAnswer(sdp) {
    const offered = this.#unanswered.shift();
    const connection = this.#connection;
    if (!connection || offered?.connection !== connection) return; // given up since
    try {
      await connection.setRemoteDescription({ type: "answer", sdp });
    } catch (error) {
      if (!(error instanceof DOMException)) throw error;
      if (connection === this.#connection) this.#recovery.observe("failed", performance.now());
    }
    await this.lines.limit();
  }

  #replace() {
    this.#drop();
    this.#recovery.began(performance.now());
    this.#newest = "";
    this.#tell(this.#recovery.attempts > BLOCKED_AFTER ? "blocked" : "connecting");
    const connection = new RTCPeerConnection({ iceServers: this.#iceServers, bundlePolicy: "max-bundle" });
    this.#connection = connection;
    connection.onicecandidate = ({ candidate }) => {
      if (candidate?.candidate === "") return; // the end is told once, by null
      this.#waitingCandidates.push(candidate ? candidate.candidate : "");
      this.#tellCandidates();
    };
    connection.onconnectionstatechange = () => this.#changed(connection);
    this.#options.onReceived(this.lines.lay(connection));
    void this.#offer(connection, false);
  }

  /** @param {RTCPeerConnection} connection @param {number} now milliseconds, monotonic */
  #restart(connection, now) {
    this.#recovery.restarted(now);
    this.#tell("interrupted");
    connection.restartIce();
    void this.#offer(connection, true);
  }

  /** @param {RTCPeerConnection} connection @param {boolean} restart */
  async #offer(connection, restart) {
    this.#preparing = true;
    this.#waitingCandidates = [];
    await whileOpen(connection.setLocalDescription());
    if (connection !== this.#connection) return;
    this.#preparing = false;
    const sdp = connection.localDescription?.sdp ?? "";
    if (!this.#options.send({ type: "offer", sdp, restart })) {
      this.#recovery.observe("failed", performance.now());
      return;
    }
    this.#unanswered.push({ connection, restart });
    this.#tellCandidates();
  }

  #tellCandidates() {
    if (this.#preparing) return; // candidates go after the offer they belong to
    for (const candidate of this.#waitingCandidates.splice(0)) this.#options.send({ type: "candidate", candidate });
  }

  #isUnanswered() {
    return this.#preparing || this.#unanswered.some((offered) => offered.connection === this.#connection);
  }

  /** @param {RTCPeerConnection} connection */
  #changed(connection) {
    const state = connection.connectionState;
    this.#recovery.observe(state, performance.now());
    if (state === "connected") this.#tell("connected");
    else if (state === "disconnected" || state === "failed") this.#tell("interrupted");
  }

  /**
   * Whether something has arrived since the last look: the newest packet that is played is another one.
   *
   * @param {RTCPeerConnection} connection
   * @param {number} now milliseconds, monotonic
   */
  #look(connection, now) {
    const newest = this.lines.newest();
    const flows = newest !== this.#newest && newest !== "" && this.#newest !== "";
    this.#newest = newest;
    if (flows) {
      this.#recovery.flowed(now);
      if (!this.#carries && connection.connectionState === "connected") this.#tell("connected");
    } else if (this.#carries && this.#recovery.silent(now)) {
      this.#tell("interrupted");
    }
  }

  /** Sound goes before pictures. @param {import("../state/line.js").Reading} reading */
  #spare(reading) {
    if (!this.#thrift.take(reading)) return;
    void this.lines.spare(this.#thrift.camera);
    this.#options.onCamera(this.#thrift.camera);
  }

  /** @param {CallState} state */
  #tell(state) {
    this.#carries = state === "connected";
    this.#options.onState(state);
  }

  /** @param {number} now milliseconds, monotonic */
  #mend(now) {
    const connection = this.#connection;
    if (connection) this.#look(connection, now);
    if (!connection || this.#preparing || !this.#options.ready()) return;
    const remedy = this.#recovery.remedy(now);
    if (remedy === "restart" && !this.#isUnanswered()) this.#restart(connection, now);
    else if (remedy !== "wait") this.#replace();
  }

  #drop() {
    const connection = this.#connection;
    this.#connection = null;
    this.#waitingCandidates = [];
    this.#preparing = false;
    if (!connection) return;
    connection.onicecandidate = null;
    connection.onconnectionstatechange = null;
    connection.close();
  }
}
