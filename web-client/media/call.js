/**
 * The media connection: one RTCPeerConnection at a time, mended or made anew by itself.
 *
 * Rules:
 * 1. The m-lines are always audio, main, content, in this order; tracks come and go by replaceTrack, so that a
 *    meeting needs no renegotiation. Offers are only for a new connection and for an ICE restart.
 * 2. Tracks belong to whoever gave them; the call never stops one.
 * 3. At most one offer is unanswered. While the server cannot be told (`ready` is false), remedies wait.
 */

import { Recovery } from "./recovery.js";
import { limitsFor } from "./sending.js";

/** @typedef {"audio" | "main" | "content"} Kind */
/** @typedef {"connecting" | "connected" | "interrupted" | "blocked"} CallState */

/**
 * @typedef {object} CallOptions
 * @property {"both" | "receive"} direction what this browser does; "receive" only watches
 * @property {(message: { type: "offer", sdp: string, restart: boolean } |
 *   { type: "candidate", candidate: string }) => boolean} send
 * @property {() => boolean} ready whether `send` would get through
 * @property {(state: CallState) => void} onState
 * @property {(stream: MediaStream) => void} onPicture the composite and its sound, once for each connection
 */

const CHECK_EVERY_MS = 500;
const BLOCKED_AFTER = 3; // connections that never carried anything, before the page says the network blocks them
const CONTENT_BITRATE = 2_500_000; // bits per second; 1080p text at up to 15 fps

export class Call {
  #options;
  /** @type {RTCIceServer[]} */
  #iceServers = [];
  /** @type {RTCPeerConnection | null} */
  #connection = null;
  /** @type {Map<Kind, RTCRtpTransceiver>} */
  #transceivers = new Map();
  /** @type {Map<Kind, MediaStreamTrack | null>} */
  #tracks = new Map();
  #recovery = new Recovery();
  #offering = false;
  #answered = true;
  /** @type {string[]} */
  #waitingCandidates = [];
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer;
  /** @type {{ tile: import("./sending.js").Size | null, fps: number }} */
  #wanted = { tile: null, fps: 30 };
  #limits = "";

  /** @param {CallOptions} options */
  constructor(options) {
    this.#options = options;
  }

  /** @param {RTCIceServer[]} iceServers */
  start(iceServers) {
    this.#iceServers = iceServers;
    this.#timer ??= setInterval(() => this.#mend(performance.now()), CHECK_EVERY_MS);
    this.#replace();
  }

  stop() {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#drop();
  }

  /** The server has lost its side, or can be told again: start anew unless media still flows. */
  signalingReturned() {
    if (this.#connection?.connectionState !== "connected" || !this.#answered) this.#replace();
  }

  /** The server refused the last offer: the next one waits as after a failure. */
  offerRefused() {
    this.#answered = true;
    this.#recovery.observe("failed", performance.now());
  }

  /** @param {string} sdp */
  async receiveAnswer(sdp) {
    const connection = this.#connection;
    if (!connection || connection.signalingState !== "have-local-offer") return; // an answer to an offer given up
    try {
      await connection.setRemoteDescription({ type: "answer", sdp });
    } catch (error) {
      if (connection !== this.#connection || !(error instanceof DOMException)) return;
      this.#recovery.observe("failed", performance.now());
    }
    this.#answered = true;
    await this.#limit();
  }

  /**
   * @param {Kind} kind
   * @param {MediaStreamTrack | null} track
   */
  async setTrack(kind, track) {
    this.#tracks.set(kind, track);
    const sender = this.#transceivers.get(kind)?.sender;
    if (this.#options.direction === "receive" || !sender) return;
    await whileOpen(sender.replaceTrack(track));
    this.#limits = "";
    await this.#limit();
  }

  /**
   * How large the own tile is; less is sent accordingly.
   *
   * @param {import("./sending.js").Size | null} tile
   * @param {number} fps
   */
  async fit(tile, fps) {
    this.#wanted = { tile, fps };
    await this.#limit();
  }

  #replace() {
    this.#drop();
    const now = performance.now();
    this.#recovery.began(now);
    this.#options.onState(this.#recovery.attempts > BLOCKED_AFTER ? "blocked" : "connecting");
    const connection = new RTCPeerConnection({ iceServers: this.#iceServers, bundlePolicy: "max-bundle" });
    this.#connection = connection;
    const both = this.#options.direction === "both";
    this.#add(connection, "audio", both ? "sendrecv" : "recvonly", {});
    this.#add(connection, "main", both ? "sendrecv" : "recvonly", {});
    this.#add(connection, "content", both ? "sendonly" : "inactive", { maxBitrate: CONTENT_BITRATE });
    connection.onicecandidate = ({ candidate }) => {
      if (connection !== this.#connection || candidate?.candidate === "") return;
      this.#waitingCandidates.push(candidate ? candidate.candidate : "");
      this.#tellCandidates();
    };
    connection.onconnectionstatechange = () => this.#changed(connection);
    const tracks = ["audio", "main"].map((kind) => this.#transceivers.get(/** @type {Kind} */ (kind))?.receiver.track);
    this.#options.onPicture(new MediaStream(tracks.filter((track) => track !== undefined)));
    void this.#offer(connection, false);
  }

  /**
   * @param {RTCPeerConnection} connection
   * @param {Kind} kind
   * @param {RTCRtpTransceiverDirection} direction
   * @param {RTCRtpEncodingParameters} encoding
   */
  #add(connection, kind, direction, encoding) {
    const sends = direction === "sendrecv" || direction === "sendonly";
    const track = sends ? this.#tracks.get(kind) : null;
    const transceiver = connection.addTransceiver(track ?? (kind === "audio" ? "audio" : "video"), {
      direction,
      ...(sends && kind !== "audio" ? { sendEncodings: [encoding] } : {}),
    });
    this.#transceivers.set(kind, transceiver);
  }

  /** @param {RTCPeerConnection} connection @param {boolean} restart */
  async #offer(connection, restart) {
    this.#offering = true;
    this.#answered = false;
    this.#waitingCandidates = [];
    if (restart) connection.restartIce();
    await whileOpen(connection.setLocalDescription());
    if (connection !== this.#connection) return;
    const sdp = connection.localDescription?.sdp ?? "";
    this.#offering = false;
    if (this.#options.send({ type: "offer", sdp, restart })) this.#tellCandidates();
    else this.#recovery.observe("failed", performance.now());
  }

  #tellCandidates() {
    if (this.#offering) return; // candidates go after the offer they belong to
    for (const candidate of this.#waitingCandidates.splice(0)) this.#options.send({ type: "candidate", candidate });
  }

  /** @param {RTCPeerConnection} connection */
  #changed(connection) {
    if (connection !== this.#connection) return;
    this.#recovery.observe(connection.connectionState, performance.now());
    if (connection.connectionState === "connected") this.#options.onState("connected");
    else if (connection.connectionState !== "connecting" && connection.connectionState !== "new") {
      this.#options.onState("interrupted");
    }
  }

  /** @param {number} now milliseconds, monotonic */
  #mend(now) {
    const connection = this.#connection;
    if (!connection || this.#offering || !this.#options.ready()) return;
    switch (this.#recovery.remedy(now)) {
      case "restart":
        if (this.#answered) this.#restart(connection, now);
        else this.#replace();
        break;
      case "replace":
        this.#replace();
        break;
    }
  }

  /** @param {RTCPeerConnection} connection @param {number} now milliseconds, monotonic */
  #restart(connection, now) {
    this.#recovery.restarted(now);
    this.#options.onState("interrupted");
    void this.#offer(connection, true);
  }

  async #limit() {
    const sender = this.#transceivers.get("main")?.sender;
    const settings = this.#tracks.get("main")?.getSettings();
    if (!sender?.track || !settings?.width || !settings.height || this.#options.direction === "receive") return;
    const captured = { width: settings.width, height: settings.height };
    const limits = limitsFor(captured, this.#wanted.tile, this.#wanted.fps);
    if (JSON.stringify(limits) === this.#limits) return;
    const parameters = sender.getParameters();
    const encoding = parameters.encodings[0];
    if (!encoding) return; // not negotiated yet; asked again with the answer
    Object.assign(encoding, limits);
    this.#limits = JSON.stringify(limits);
    await whileOpen(sender.setParameters(parameters));
  }

  #drop() {
    const connection = this.#connection;
    this.#connection = null;
    this.#transceivers.clear();
    this.#waitingCandidates = [];
    this.#offering = false;
    this.#answered = true;
    this.#limits = "";
    if (!connection) return;
    connection.onicecandidate = null;
    connection.onconnectionstatechange = null;
    connection.close();
  }
}

/**
 * A connection that is closed meanwhile rejects what was asked of it; nobody needs the result then.
 *
 * @param {Promise<void>} asked
 */
async function whileOpen(asked) {
  try {
    await asked;
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
  }
}
