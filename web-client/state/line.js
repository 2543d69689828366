/**
 * What a media connection carries: counters as the browser gives them, and what happened between two of them. Pure.
 *
 * Rules:
 * 1. Shares are from 0 to 1, times in milliseconds, rates in bits per second, unless a name says otherwise.
 * 2. null: not known here. No browser tells everything.
 */

/**
 * What arrives on one line, since the connection began.
 *
 * @typedef {object} Arriving
 * @property {number} packets
 * @property {number} lost
 * @property {number} bytes
 * @property {number | null} jitter
 * @property {number} waited in the jitter buffer, all together
 * @property {number} emitted frames or samples that left it
 * @property {number} samples of sound
 * @property {number} concealed samples that were made up where sound was missing
 * @property {number} decoded frames
 * @property {number} dropped frames that were decoded and not shown
 * @property {number} decoding time spent
 * @property {number} freezes
 * @property {number} frozen time
 * @property {number} width
 * @property {number} height
 * @property {string} codec
 */

/**
 * What leaves on one line, since the connection began.
 *
 * @typedef {object} Leaving
 * @property {number} packets
 * @property {number} bytes
 * @property {number} lost as the server reports
 * @property {number | null} roundTrip
 * @property {number} frames
 * @property {number} width
 * @property {number} height
 * @property {string} limit what the browser says holds it back: "none", "cpu", "bandwidth", "other"; "" unknown
 * @property {string} codec
 */

/**
 * @typedef {object} Path how packets go
 * @property {"udp" | "tcp" | ""} protocol
 * @property {"host" | "srflx" | "prflx" | "relay" | ""} kind of the own address
 * @property {"IPv4" | "IPv6" | ""} family
 * @property {number | null} roundTrip
 * @property {number | null} carries what the browser believes that it could send, in bits per second
 */

/**
 * @typedef {object} Sample
 * @property {number} at monotonic
 * @property {unknown} connection the same object for the same connection
 * @property {number} busy time in which this page's own work held everything up, since the page began
 * @property {number} wanted what the camera should send at most, in bits per second; 0 unknown
 * @property {Path} path
 * @property {{ audio: Arriving | null, main: Arriving | null, content: Arriving | null }} arriving
 * @property {{ audio: Leaving | null, main: Leaving | null, content: Leaving | null }} leaving
 */

/**
 * What happened in a few seconds.
 *
 * @typedef {object} Reading
 * @property {number} at monotonic, of its end
 * @property {number} down bits per second
 * @property {number} up
 * @property {number} lossDown of packets to this page
 * @property {number} lossUp of packets from it
 * @property {number} missing of the sound: the share that had to be made up
 * @property {number | null} roundTrip
 * @property {number | null} jitter
 * @property {number | null} buffered how long pictures wait in the jitter buffer
 * @property {number} fps pictures decoded a second
 * @property {number} dropped of them
 * @property {number} frozen share of the time
 * @property {number} freezes
 * @property {number} decoding share of the time
 * @property {number} busy share of the time
 * @property {{ width: number, height: number, codec: string }} picture
 * @property {Camera | null} camera
 * @property {Path} path
 */

/**
 * @typedef {object} Camera what is sent of it
 * @property {number} width
 * @property {number} height
 * @property {number} fps
 * @property {number} rate
 * @property {number} wanted
 * @property {string} limit
 * @property {string} codec
 */

/**
 * @param {Sample | null} before
 * @param {Sample} after
 * @returns {Reading | null} null when there is nothing to compare with
 */
export function between(before, after) {
  const elapsed = before ? after.at - before.at : 0;
  if (!before || before.connection !== after.connection || elapsed <= 0) return null;
  const arriving = lines(before.arriving, after.arriving);
  const leaving = lines(before.leaving, after.leaving);
  const sound = arriving.find((line) => line.kind === "audio");
  const picture = arriving.find((line) => line.kind === "main");
  const sent = leaving.find((line) => line.kind === "main");
  const rate = (/** @type {number} */ bytes) => (Math.max(0, bytes) * 8_000) / elapsed;
  const of = (/** @type {number} */ time) => Math.min(1, Math.max(0, time) / elapsed);
  return {
    at: after.at,
    down: rate(sum(arriving, "bytes")),
    up: rate(sum(leaving, "bytes")),
    lossDown: share(sum(arriving, "lost"), sum(arriving, "packets") + Math.max(0, sum(arriving, "lost"))),
    lossUp: share(sum(leaving, "lost"), sum(leaving, "packets")),
    missing: sound ? share(more(sound, "concealed"), more(sound, "samples")) : 0,
    roundTrip: after.path.roundTrip ?? after.leaving.audio?.roundTrip ?? null,
    jitter: after.arriving.audio?.jitter ?? null,
    buffered: picture && more(picture, "emitted") > 0 ? more(picture, "waited") / more(picture, "emitted") : null,
    fps: picture ? Math.max(0, more(picture, "decoded") * 1_000) / elapsed : 0,
    dropped: picture ? share(more(picture, "dropped"), more(picture, "decoded")) : 0,
    frozen: picture ? of(more(picture, "frozen")) : 0,
    freezes: picture ? more(picture, "freezes") : 0,
    decoding: of(sum(arriving, "decoding")),
    busy: of(after.busy - before.busy),
    picture: {
      width: after.arriving.main?.width ?? 0,
      height: after.arriving.main?.height ?? 0,
      codec: after.arriving.main?.codec ?? "",
    },
    camera: sent ? camera(sent, rate(more(sent, "bytes")), after.wanted, elapsed) : null,
    path: after.path,
  };
}

/**
 * @template {Arriving | Leaving} T
 * @typedef {{ kind: string, before: T, after: T }} Line
 */

/**
 * Lines that are there before and after.
 *
 * @template {Arriving | Leaving} T
 * @param {Record<string, T | null>} before
 * @param {Record<string, T | null>} after
 * @returns {Line<T>[]}
 */
function lines(before, after) {
  return Object.entries(after).flatMap(([kind, line]) => {
    const earlier = before[kind];
    return line && earlier ? [{ kind, before: earlier, after: line }] : [];
  });
}

/**
 * @template {Arriving | Leaving} T
 * @param {Line<T>} line
 * @param {keyof T} counter
 */
function more(line, counter) {
  return Number(line.after[counter]) - Number(line.before[counter]);
}

/**
 * @template {Arriving | Leaving} T
 * @param {readonly Line<T>[]} all
 * @param {keyof T} counter
 */
function sum(all, counter) {
  return all.reduce((total, line) => total + more(line, counter), 0);
}

/** @param {number} part @param {number} whole */
function share(part, whole) {
  return whole > 0 ? Math.min(1, Math.max(0, part / whole)) : 0;
}

/** @param {Line<Leaving>} sent @param {number} rate @param {number} wanted @param {number} elapsed @returns {Camera} */
function camera(sent, rate, wanted, elapsed) {
  const { width, height, limit, codec } = sent.after;
  return { width, height, fps: Math.max(0, more(sent, "frames") * 1_000) / elapsed, rate, wanted, limit, codec };
}
