/**
 * Measures the line to the server before anybody enters: a media connection that carries a little noise and a little
 * silence for a moment, then half a second of bytes each way.
 *
 * Rules:
 * 1. What could not be measured is null. Nothing is guessed, and nothing is thrown.
 * 2. Loss and round trip are those of the quiet line, before it is filled to see how much it carries.
 * 3. It ends by itself, and at once when `signal` aborts; then there is no result.
 */

import { download, upload } from "./rates.js";

/** @typedef {import("../state/check.js").Figures} Figures */

/**
 * "answered": with an SDP answer; "refused": the server is there and has no time, or is too old; "unreachable".
 *
 * @typedef {{ outcome: "answered", sdp: string, relay: boolean } | { outcome: "refused" } |
 *   { outcome: "unreachable" }} Answered
 */

/**
 * How the server is asked.
 *
 * @typedef {object} Line
 * @property {(offer: string, signal: AbortSignal) => Promise<Answered>} connect
 * @property {(signal: AbortSignal) => Promise<ReadableStream<Uint8Array>>} receive
 * @property {(bytes: Uint8Array<ArrayBuffer>, signal: AbortSignal) => Promise<void>} send
 */

const CONNECT_MS = 5_000; // ICE over TCP beside a firewall that drops UDP took 1 to 2 s
const QUIET_MS = 1_600; // about 80 packets each way
const PATIENT_MS = 3_500; // until the peer has reported; it does once or twice a second
const LOOK_EVERY_MS = 100;
const WHOLE_MS = 12_000;
const NOISE = { width: 160, height: 90, everyMs: 33, bitrate: 400_000 }; // a picture of a third of what a camera sends

/** @type {Figures} */
const NOTHING = {
  reached: false,
  answered: false,
  relay: false,
  port: 0,
  transport: null,
  roundTrip: null,
  lossUp: null,
  lossDown: null,
  rateUp: null,
  rateDown: null,
};

/**
 * @param {Line} line
 * @param {AbortSignal} stop
 * @returns {Promise<Figures | null>} null when it was stopped
 */
export async function measure(line, stop) {
  const signal = AbortSignal.any([stop, AbortSignal.timeout(WHOLE_MS)]);
  const media = await measureMedia(line, signal);
  if (stop.aborted) return null;
  if (!media.reached) return media;
  const rateDown = await download(line.receive, signal);
  const rateUp = await upload(line.send, signal);
  return stop.aborted ? null : { ...media, rateDown, rateUp };
}

/** @param {Line} line @param {AbortSignal} signal @returns {Promise<Figures>} */
async function measureMedia(line, signal) {
  const noise = makeNoise();
  const connection = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
  try {
    connection.addTransceiver("audio", { direction: "recvonly" });
    connection.addTransceiver(noise.track, {
      direction: "sendonly",
      sendEncodings: [{ maxBitrate: NOISE.bitrate }],
    });
    await connection.setLocalDescription();
    const answered = await line.connect(connection.localDescription?.sdp ?? "", signal);
    if (answered.outcome !== "answered") return { ...NOTHING, reached: answered.outcome === "refused" };
    const known = { ...NOTHING, reached: true, answered: true, relay: answered.relay, port: portOf(answered.sdp) };
    await connection.setRemoteDescription({ type: "answer", sdp: answered.sdp });
    if (!(await connected(connection, signal))) return known;
    return { ...known, ...(await observe(connection, signal)) };
  } catch (error) {
    if (error instanceof DOMException || error instanceof TypeError) return { ...NOTHING, reached: true };
    throw error;
  } finally {
    connection.close();
    noise.stop();
  }
}

/** @param {RTCPeerConnection} connection @param {AbortSignal} signal @returns {Promise<boolean>} */
function connected(connection, signal) {
  return new Promise((resolve) => {
    const settle = () => {
      const state = connection.connectionState;
      if (state === "connected" || state === "failed" || state === "closed") resolve(state === "connected");
    };
    connection.addEventListener("connectionstatechange", settle);
    signal.addEventListener("abort", () => resolve(false));
    setTimeout(() => resolve(false), CONNECT_MS);
    settle();
  });
}

/**
 * Look again and again: the peer's reports come when they come, and each counts what had been sent by then.
 *
 * @param {RTCPeerConnection} connection
 * @param {AbortSignal} signal
 */
async function observe(connection, signal) {
  const trips = [];
  let reported = 0;
  let up = /** @type {{ lost: number, sent: number } | null} */ (null);
  let down = /** @type {{ lost: number, received: number } | null} */ (null);
  let transport = /** @type {"udp" | "tcp" | null} */ (null);
  const begin = performance.now();
  const enough = () => performance.now() - begin >= (up?.sent ? QUIET_MS : PATIENT_MS);
  while (!enough() && !signal.aborted) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    const seen = read(await connection.getStats());
    if (seen.roundTrip !== null) trips.push(seen.roundTrip);
    if (seen.report && seen.report.at !== reported) {
      reported = seen.report.at;
      up = { lost: seen.report.lost, sent: seen.sent };
    }
    down = seen.down ?? down;
    transport = seen.transport ?? transport;
  }
  trips.sort((one, other) => one - other);
  return {
    transport,
    roundTrip: trips[trips.length >> 2] ?? null, // a page that just opened is busy with itself, and answers late
    lossUp: up && up.sent > 0 ? Math.min(Math.max(up.lost / up.sent, 0), 1) : null,
    lossDown: down && down.received > 0 ? Math.max(down.lost, 0) / (down.received + Math.max(down.lost, 0)) : null,
  };
}

/**
 * What one report of getStats tells; browsers differ in where they say it.
 *
 * @param {RTCStatsReport} stats
 * @returns {{ transport: "udp" | "tcp" | null, roundTrip: number | null, sent: number,
 *   report: { at: number, lost: number } | null, down: { lost: number, received: number } | null }}
 */
function read(stats) {
  const all = /** @type {Record<string, any>[]} */ ([...stats.values()]);
  const of = (/** @type {string} */ type) => all.filter((one) => one.type === type);
  const chosen = of("transport")[0]?.selectedCandidatePairId;
  const pairs = of("candidate-pair").filter((one) => one.state === "succeeded");
  const pair = pairs.find((one) => one.id === chosen || one.selected) ?? pairs.find((one) => one.nominated);
  const protocols = pairs.map((one) => stats.get(one.localCandidateId)?.protocol);
  const remote = of("remote-inbound-rtp").find((one) => one.kind === "video");
  const inbound = of("inbound-rtp").find((one) => one.kind === "audio");
  const outbound = of("outbound-rtp").find((one) => one.kind === "video");
  const trip = pair?.currentRoundTripTime ?? remote?.roundTripTime;
  return {
    // A path over UDP that works is what a call will take, even while another one is still in use.
    transport: protocols.includes("udp") ? "udp" : protocols.includes("tcp") ? "tcp" : null,
    roundTrip: typeof trip === "number" ? trip * 1000 : null,
    sent: outbound?.packetsSent ?? 0,
    report: typeof remote?.packetsLost === "number" ? { at: remote.timestamp, lost: remote.packetsLost } : null,
    down: inbound ? { lost: inbound.packetsLost ?? 0, received: inbound.packetsReceived ?? 0 } : null,
  };
}

/** The media port, from the first candidate of an answer. @param {string} sdp */
export function portOf(sdp) {
  return Number(/^a=candidate:\S+ \d+ \S+ \d+ \S+ (\d+)/m.exec(sdp)?.[1] ?? 0);
}

/** A small picture that nothing can compress; needs neither a camera nor a permission. */
function makeNoise() {
  const { width, height, everyMs } = NOISE;
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const surface = canvas.getContext("2d");
  const image = new ImageData(width, height);
  const words = new Uint32Array(image.data.buffer);
  const paint = () => {
    crypto.getRandomValues(words.subarray(0, 16_384));
    surface?.putImageData(image, 0, 0);
  };
  paint();
  const track = /** @type {MediaStreamTrack} */ (canvas.captureStream(30).getVideoTracks()[0]);
  const timer = setInterval(paint, everyMs);
  return {
    track,
    stop: () => {
      clearInterval(timer);
      track.stop();
    },
  };
}
