/**
 * The fixed m-lines of a call, audio, main and content in this order, and the tracks on them.
 *
 * Rules:
 * 1. Tracks come and go by replaceTrack, and outlive a connection: the next one gets them too.
 * 2. Tracks belong to whoever gave them; nothing here stops one.
 */

import { limitsFor } from "./sending.js";

/** @typedef {"audio" | "main" | "content"} Kind */
/** @typedef {"both" | "receive"} Direction what this browser does; "receive" only watches */

const CONTENT_BITRATE = 2_500_000; // bits per second; 1080p text at up to 15 fps

/** @type {Record<Direction, Record<Kind, RTCRtpTransceiverDirection>>} */
const DIRECTIONS = {
  both: { audio: "sendrecv", main: "sendrecv", content: "sendonly" },
  receive: { audio: "recvonly", main: "recvonly", content: "inactive" },
};

/** @type {Record<Kind, RTCRtpTransceiverInit>} */
const SENDING = {
  audio: {},
  main: { sendEncodings: [{}] },
  content: { sendEncodings: [{ maxBitrate: CONTENT_BITRATE }] },
};

export class Lines {
  #direction;
  /** @type {Map<Kind, RTCRtpTransceiver>} */
  #transceivers = new Map();
  /** @type {Map<Kind, MediaStreamTrack | null>} */
  #tracks = new Map();
  /** @type {{ tile: import("./sending.js").Size | null, fps: number } | null} */
  #wanted = null;
  #limits = "";

  /** @param {Direction} direction */
  constructor(direction) {
    this.#direction = direction;
  }

  /**
   * Lay the lines on a new connection.
   *
   * @param {RTCPeerConnection} connection
   * @returns {MediaStream} what will be received
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
    const received = [this.#transceivers.get("audio"), this.#transceivers.get("main")];
    return new MediaStream(received.flatMap((transceiver) => (transceiver ? [transceiver.receiver.track] : [])));
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
    this.#limits = "";
    await this.limit();
  }

  /**
   * How large the own tile is; less is sent accordingly.
   *
   * @param {import("./sending.js").Size | null} tile
   * @param {number} fps
   */
  async fit(tile, fps) {
    this.#wanted = { tile, fps };
    await this.limit();
  }

  /** Bring what is sent to what the tile needs; once before the first answer it has no effect. */
  async limit() {
    const sender = this.#transceivers.get("main")?.sender;
    const { width, height } = sender?.track?.getSettings() ?? {};
    if (!sender || !width || !height || !this.#wanted || this.#direction === "receive") return;
    const limits = limitsFor({ width, height }, this.#wanted.tile, this.#wanted.fps);
    if (JSON.stringify(limits) === this.#limits) return;
    const parameters = sender.getParameters();
    const encoding = parameters.encodings[0];
    if (!encoding) return;
    Object.assign(encoding, limits);
    this.#limits = JSON.stringify(limits);
    await whileOpen(sender.setParameters(parameters));
  }
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
