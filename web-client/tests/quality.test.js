import assert from "node:assert/strict";
import { test } from "node:test";
import { sampleOf } from "../media/stats.js";
import { between } from "../state/line.js";
import { MOST_READINGS, qualityOf, remember } from "../state/quality.js";
import { statusOf } from "../state/status.js";
import { detailsOf } from "../view/figures.js";
import { curveOf, marksOf } from "../view/sparkline.js";

const KNOWN = { connected: true, width: 1280, fps: 25, shedding: false, poor: false, others: 0 };
const KINDS = new Map(/** @type {const} */ ([["0", "audio"], ["1", "main"], ["2", "content"]]));

/** A browser's report after `seconds` of a good line. @param {number} seconds @param {Record<string, any>} [changes] */
function report(seconds, changes = {}) {
  const plain = {
    T1: { type: "transport", selectedCandidatePairId: "P1" },
    P0: { type: "candidate-pair", nominated: true, localCandidateId: "none" },
    P1: { type: "candidate-pair", localCandidateId: "L1", remoteCandidateId: "R1", currentRoundTripTime: 0.03,
          availableOutgoingBitrate: 2e6 },
    L1: { type: "local-candidate", protocol: "udp", candidateType: "srflx", address: "192.0.2.7" },
    R1: { type: "remote-candidate", address: "2001:db8::1" },
    C1: { type: "codec", mimeType: "video/VP8" },
    IA: { type: "inbound-rtp", kind: "audio", mid: "0", packetsReceived: 50 * seconds, packetsLost: 0, jitter: 0.004,
          bytesReceived: 5_000 * seconds, totalSamplesReceived: 48_000 * seconds, concealedSamples: 0 },
    IV: { type: "inbound-rtp", kind: "video", mid: "1", codecId: "C1", packetsReceived: 100 * seconds, packetsLost: 0,
          bytesReceived: 120_000 * seconds, framesDecoded: 25 * seconds, framesDropped: 0, frameWidth: 1280,
          frameHeight: 720, totalDecodeTime: 0.05 * seconds, jitterBufferDelay: 2 * seconds,
          jitterBufferEmittedCount: 25 * seconds, freezeCount: 0, totalFreezesDuration: 0 },
    OA: { type: "outbound-rtp", kind: "audio", mid: "0", packetsSent: 50 * seconds, bytesSent: 4_000 * seconds },
    OV: { type: "outbound-rtp", kind: "video", mid: "1", packetsSent: 30 * seconds, bytesSent: 20_000 * seconds,
          framesEncoded: 25 * seconds, frameWidth: 320, frameHeight: 180, qualityLimitationReason: "none" },
    RA: { type: "remote-inbound-rtp", localId: "OA", packetsLost: 0, roundTripTime: 0.031 },
  };
  /** @type {Map<string, Record<string, any>>} */
  const all = new Map(Object.entries(plain).map(([id, stat]) => [id, { id, ...stat }]));
  for (const [id, change] of Object.entries(changes)) all.set(id, { ...all.get(id), ...change });
  return all;
}

const CONNECTION = {};

/**
 * What happened in two seconds that end with `changes`.
 *
 * @param {Record<string, any>} [changes]
 * @param {number} [busy]
 */
function reading(changes = {}, busy = 0) {
  const known = { connection: CONNECTION, busy: 0, wanted: 180_000 };
  const before = sampleOf(report(10), KINDS, { ...known, at: 10_000 });
  const found = between(before, sampleOf(report(12, changes), KINDS, { ...known, at: 12_000, busy }));
  assert.ok(found);
  return found;
}

/** @param {Record<string, any>} changes @param {Partial<typeof KNOWN>} [known] @param {number} [busy] */
function lasting(changes, known = {}, busy = 0) {
  const one = reading(changes, busy);
  return qualityOf([one, one, one], { ...KNOWN, ...known });
}

test("a reading is what happened between two samples", () => {
  const found = reading({ IV: { packetsReceived: 1_180, packetsLost: 20, framesDecoded: 280, frameWidth: 640 } });
  assert.equal(found.down, (5_000 + 120_000) * 8);
  assert.equal(found.up, 24_000 * 8);
  assert.equal(found.lossDown, 20 / (20 + 180 + 100));
  assert.equal(found.fps, 15);
  assert.equal(found.buffered, 80);
  assert.equal(found.roundTrip, 30);
  assert.deepEqual(found.path, { protocol: "udp", kind: "srflx", family: "IPv6", roundTrip: 30, carries: 2e6 });
  assert.deepEqual(found.picture, { width: 640, height: 720, codec: "VP8" });
  assert.equal(found.camera?.fps, 25);
});

test("counters of another connection are compared with nothing", () => {
  const known = { connection: {}, busy: 0, wanted: 0 };
  const sample = sampleOf(report(1), KINDS, { ...known, at: 1_000 });
  assert.equal(between(null, sample), null);
  assert.equal(between(sample, sampleOf(report(3), KINDS, { ...known, connection: {}, at: 3_000 })), null);
  assert.equal(between(sample, sample), null);
});

test("a browser that tells little is no trouble", () => {
  const little = new Map([["I", { type: "inbound-rtp", kind: "video", packetsReceived: 10, framesDecoded: 25 }]]);
  const sample = sampleOf(little, new Map(), { at: 0, connection: CONNECTION, busy: 0, wanted: 0 });
  assert.equal(sample.arriving.main?.decoded, 25);
  assert.equal(sample.path.roundTrip, null);
});

test("a good line is good, and none is none", () => {
  assert.deepEqual(lasting({}), { grade: "good", whose: "" });
  assert.deepEqual(lasting({}, { connected: false }), { grade: "none", whose: "" });
  assert.deepEqual(qualityOf([], KNOWN), { grade: "good", whose: "" });
});

test("whose trouble it is", () => {
  const lost = { IV: { packetsReceived: 1_100, packetsLost: 60 } };
  const unheard = { RA: { packetsLost: 30 } };
  assert.deepEqual(lasting(lost), { grade: "poor", whose: "receive" });
  assert.deepEqual(lasting({ IA: { concealedSamples: 6_000 } }), { grade: "fair", whose: "receive" });
  assert.deepEqual(lasting({ IV: { framesDecoded: 253 } }), { grade: "poor", whose: "receive" });
  assert.deepEqual(lasting(unheard), { grade: "poor", whose: "send" });
  assert.deepEqual(lasting({ ...lost, ...unheard }), { grade: "poor", whose: "line" });
  assert.deepEqual(lasting({ P1: { currentRoundTripTime: 0.6 } }), { grade: "fair", whose: "line" });
  assert.deepEqual(lasting({ OV: { qualityLimitationReason: "cpu" } }), { grade: "fair", whose: "computer" });
  assert.deepEqual(lasting({ IV: { totalDecodeTime: 2.3, framesDecoded: 255 } }), { grade: "poor", whose: "computer" });
  assert.deepEqual(lasting({}, {}, 900), { grade: "fair", whose: "computer" });
});

test("a browser that obeys the server is not held back by its line", () => {
  const limited = { OV: { qualityLimitationReason: "bandwidth" } };
  assert.equal(lasting(limited).grade, "good");
  const narrow = { ...limited, P1: { availableOutgoingBitrate: 90_000 } };
  assert.deepEqual(lasting(narrow), { grade: "fair", whose: "send" });
});

test("what the server sheds is the server's, what is lost on the way is not", () => {
  const few = { IV: { framesDecoded: 260, frameWidth: 640 } };
  assert.deepEqual(lasting(few, { shedding: true }), { grade: "fair", whose: "server" });
  assert.deepEqual(lasting({}, { shedding: true }), { grade: "fair", whose: "server" });
  assert.equal(lasting({ IA: { concealedSamples: 20_000 } }, { shedding: true }).whose, "server");
  const lost = { IV: { packetsReceived: 1_100, packetsLost: 60 } };
  assert.deepEqual(lasting(lost, { shedding: true }), { grade: "poor", whose: "receive" });
});

test("somebody else's line is told only while the own one is good", () => {
  assert.deepEqual(lasting({}, { others: 1 }), { grade: "good", whose: "other" });
  assert.equal(lasting({ RA: { packetsLost: 30 } }, { others: 1 }).whose, "send");
  assert.deepEqual(lasting({}, { others: 1, poor: true }), { grade: "fair", whose: "line" });
});

test("one bad moment is no bad line, one good moment does not mend it", () => {
  const bad = reading({ RA: { packetsLost: 30 } });
  const good = reading();
  assert.equal(qualityOf([good, good, bad], KNOWN).grade, "good");
  assert.equal(qualityOf([good, bad, bad], KNOWN).grade, "poor");
  assert.equal(qualityOf([bad, bad, good, good], KNOWN).grade, "poor");
  assert.equal(qualityOf([bad, bad, good, good, good], KNOWN).grade, "good");
});

test("readings are bounded", () => {
  const one = reading();
  const kept = Array.from({ length: 200 }).reduce(
    (/** @type {readonly typeof one[]} */ readings) => remember(readings, one), [],
  );
  assert.equal(kept.length, MOST_READINGS);
});

test("the status line tells of the line when nothing graver is to be told", () => {
  const fine = { signaling: "open", attempt: 0, media: "connected", content: "off" };
  const told = statusOf(/** @type {any} */ (fine), { grade: "poor", whose: "send" });
  assert.deepEqual(told, { tone: "warn", key: "line.short.send" });
  assert.equal(statusOf(/** @type {any} */ (fine), { grade: "good", whose: "" }).key, "status.connected");
  const broken = /** @type {any} */ ({ ...fine, media: "interrupted" });
  assert.equal(statusOf(broken, { grade: "poor", whose: "send" }).key, "status.interrupted");
});

test("figures are written in the habits of the language", () => {
  assert.deepEqual(detailsOf([], "ko", (key) => key), []);
  const rows = detailsOf([reading()], "en", (key) => key).flatMap((group) => group.rows);
  const value = (/** @type {string} */ key) => rows.find((row) => row.key === key)?.value;
  assert.equal(value("line.rate"), "1.0 Mbit/s");
  assert.equal(value("line.protocol"), "UDP, IPv6");
  assert.equal(value("line.address"), "line.address.srflx");
  assert.equal(value("line.picture"), "1280×720, 25 fps, VP8");
  assert.equal(value("line.limit"), "line.limit.none");
});

test("the newest value is drawn at the right end", () => {
  assert.equal(curveOf([]), "");
  assert.match(curveOf([0, 10]), /^M296\.6 43\.0L300\.0 1\.0$/);
  assert.equal(marksOf([false, true]), "M300.0 44v4");
});
