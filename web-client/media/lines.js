/**
 * The fixed m-lines of a call, audio, main and content in this order, and the tracks on them.
 *
 * Rules:
 * 1. Tracks come and go by replaceTrack, and outlive a connection: the next one gets them too.
 * 2. Tracks belong to whoever gave them; nothing here stops one.
 * 3. The server says what is needed of the camera. The browser is told by parameters, one word after the other, and
 *    where it refuses, what is sent stays as it was.
 */

import { limitsFor, spared } from "./sending.js";

/** @typedef {"audio" | "main" | "content"} Kind */
/** @typedef {{ picture: MediaStream, screen: MediaStream }} Received the composite with its sound; shared screens */
/** @typedef {"both" | "receive"} Direction what this browser does; "receive" only watches */

const CONTENT_BITRATE = 2_500_000; // bits per second; 1080p text at up to 15 fps
const CONTENT_RATE = 15; // pictures a second: text first, motion second

/** @type {Record<Direction, Record<Kind, RTCRtpTransceiverDirection>>} */
const DIRECTIONS = {
  both: { audio: "sendrecv", main: "sendrecv", content: "sendrecv" },
  receive: { audio: "recvonly", main: "recvonly", content: "recvonly" },
};

/** @type {Record<Kind, RTCRtpTransceiverInit>} */
const SENDING = {
  audio: { sendEncodings: [{ priority: "high", networkPriority: "high" }] },
  main: { sendEncodings: [{}] },
  content: { sendEncodings: [{ maxBitrate: CONTENT_BITRATE, maxFramerate: CONTENT_RATE }] },
};

export class Lines {
  #direction;
  /** @type {Map<Kind, RTCRtpTransceiver>} */
  #transceivers = new Map();
  /** @type {Map<Kind, MediaStreamTrack | null>} */
  #tracks = new Map();
  /** @type {import("./sending.js").NeededPicture | null | undefined} */
  #needed; // undefined until the server has said something
  /** @type {import("./thrift.js").Camera} */
  #camera = "full";
  #limits = ""; // that the browser has taken
  /** @type {Promise<void>} */
  #telling = Promise.resolve();

  /** @param {Direction} direction */
  constructor(direction) {
    this.#direction = direction;
  }

  /**
   * Lay the lines on a new connection.
   *
   * @param {RTCPeerConnection} connection
   * @returns {Received}
   */
  lay(connection) {
    this.#limits = "";
    for (const kind of /** @type {const} */ (["audio", "main", "content"])) {
      const direction = DIRECTIONS[this.#direction][kind];
      const sends = this.#direction === "both";
      const media = (sends && this.#tracks.get(kind)) || (kind === "audio" ? "audio" : "video");
      const transceiver = connection.addTransceiver(media, { direction, ...(sends ? SENDING[kind] : {}) });
      this.#transceivers.set(kind, transceiver);
    }
    return { picture: this.#received("audio", "main"), screen: this.#received("content") };
  }

  /** Names the newest packets that are played; changes as long as anything arrives. "" before the first. */
  newest() {
    return [...this.#transceivers.values()]
      .flatMap(({ receiver }) => receiver.getSynchronizationSources().map((source) => source.rtpTimestamp))
      .join(" ");
  }

  /** Bits per second that the camera should send at most; 0 when the server has not said, or needs nothing. */
  get wanted() {
    return this.#needed?.bitrate ?? 0;
  }

  /** What is on which m-line, by mid; empty before the first offer. @returns {ReadonlyMap<string, Kind>} */
  kinds() {
    return new Map([...this.#transceivers].flatMap(([kind, { mid }]) => (mid === null ? [] : [[mid, kind]])));
  }

  /**
   * @param {Kind} kind
   * @param {MediaStreamTrack | null} track
   */
  async setTrack(kind, track) {
    this.#tracks.set(kind, track);
    const sender = this.#transceivers.get(kind)?.sender;
    if (this.#direction === "receive" || !sender || sender.track === track) return;
    await whileOpen(sender.replaceTrack(track));
    if (kind === "content" && track) await keepSharp(sender);
    this.#limits = "";
    await this.limit();
  }

  /**
   * What the server shows of the camera; no more than that is sent.
   *
   * @param {import("./sending.js").NeededPicture | null} needed null: nothing
   */
  async need(needed) {
    this.#needed = needed;
    await this.limit();
  }

  /** How much of the camera the line has room for. @param {import("./thrift.js").Camera} camera */
  async spare(camera) {
    this.#camera = camera;
    await this.limit();
  }

  /** Bring what is sent to what is needed; before the first answer it may have no effect. */
  limit() {
    this.#telling = this.#telling.then(() => this.#tell());
    return this.#telling;
  }

  /** @param {...Kind} kinds */
  #received(...kinds) {
    const lines = kinds.map((kind) => this.#transceivers.get(kind));
    return new MediaStream(lines.flatMap((line) => (line ? [line.receiver.track] : [])));
  }

  async #tell() {
    const sender = this.#transceivers.get("main")?.sender;
    const { width, height } = sender?.track?.getSettings() ?? {};
    if (!sender || this.#needed === undefined || this.#direction === "receive") return;
    const limits = limitsFor(width && height ? { width, height } : null, spared(this.#needed, this.#camera));
    if (JSON.stringify(limits) === this.#limits) return;
    const parameters = sender.getParameters();
    const encoding = parameters.encodings[0];
    if (!encoding) return;
    Object.assign(encoding, limits);
    try {
      await sender.setParameters(parameters);
      this.#limits = JSON.stringify(limits);
    } catch (error) {
      if (!(error instanceof DOMException || error instanceof TypeError)) throw error;
    }
  }
}

/**
 * Fewer pictures rather than smaller ones. Where the browser does not know it, the track's content hint says the same.
 *
 * @param {RTCRtpSender} sender
 */
async function keepSharp(sender) {
  const parameters = sender.getParameters();
  parameters.degradationPreference = "maintain-resolution";
  await whileOpen(sender.setParameters(parameters));
}

/**
 * A connection that is closed meanwhile rejects what was asked of it; nobody needs the result then.
 *
 * @param {Promise<void>} asked
 */
export async function whileOpen(asked) {
  try {
    await asked;
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
  }
}
