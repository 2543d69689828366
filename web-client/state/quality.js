/**
 * One honest answer to "is it me or somebody else": how good the line is, and whose trouble it is. Pure.
 *
 * Rules:
 * 1. A grade is the second worst of the last four readings: one bad moment is no bad line, and one good moment does not
 *    mend it.
 * 2. The gravest trouble is told; of equal ones the one whose cause is known best comes first in TROUBLES.
 * 3. What the server sheds is the server's, however it looks from here.
 */

import { othersPoor } from "./meeting.js";

/** @typedef {import("./line.js").Reading} Reading */
/** @typedef {"none" | "poor" | "fair" | "good"} Grade */

/**
 * "line": packets are lost or late both ways; "receive", "send": one way; "computer": this one is too slow; "server":
 * the server has too little CPU; "other": somebody else's line, while the own one is good.
 *
 * @typedef {"" | "computer" | "line" | "receive" | "send" | "server" | "other"} Whose
 */

/** @typedef {{ grade: Grade, whose: Whose }} Quality */

/**
 * What is known besides the readings.
 *
 * @typedef {object} Circumstances
 * @property {boolean} connected whether media flows at all
 * @property {number} width of the composite at its best
 * @property {number} fps
 * @property {boolean} shedding the server says that it does less for pictures now
 * @property {boolean} poor the server finds this line poor
 * @property {number} others whose line the server finds poor
 */

export const MOST_READINGS = 90; // three minutes

const RECENT = 4; // readings, of two seconds each

/** Upper bounds of "good" and of "fair"; what is more is poor. @type {Record<string, readonly [number, number]>} */
const BOUNDS = {
  loss: [0.03, 0.1], // repair and concealment hide the first three in a hundred
  missing: [0.03, 0.1], // of sound; a syllable is a tenth of a second
  roundTrip: [400, 1_000], // people begin to talk at the same time; then they cannot talk at all
  jitter: [80, 250],
  frozen: [0.1, 0.4],
  slow: [0.45, 0.8], // of the pictures that should have come
  decoding: [0.6, 0.85], // of the time
  busy: [0.3, 0.6], // of the time
  dropped: [0.15, 0.4],
};

const SMALLEST_FPS_SHARE = 0.5; // the smallest size of the composite comes at half its rate
const SMALLEST_WIDTH = 0.3; // of the composite's: below, it is the smallest size

/** @typedef {{ whose: Whose, grade: (reading: Reading, known: Circumstances) => Grade }} Trouble */

/** @type {readonly Trouble[]} */
const TROUBLES = [
  { whose: "computer", grade: ofComputer },
  { whose: "receive", grade: ofReceiving },
  { whose: "send", grade: ofSending },
  { whose: "line", grade: (reading) => worst(graded(reading.roundTrip ?? 0, "roundTrip")) },
];

const ORDER = /** @type {const} */ (["none", "poor", "fair", "good"]);

/**
 * @param {readonly Reading[]} readings the newest last
 * @param {Circumstances} known
 * @returns {Quality}
 */
export function qualityOf(readings, known) {
  if (!known.connected) return { grade: "none", whose: "" };
  const recent = readings.slice(-RECENT);
  const found = TROUBLES.map((trouble) => ({
    whose: trouble.whose,
    grade: steady(recent.map((reading) => trouble.grade(reading, known))),
  }));
  const grade = worst(...found.map((trouble) => trouble.grade));
  if (grade === "good") {
    if (known.shedding) return { grade: "fair", whose: "server" };
    if (known.poor) return { grade: "fair", whose: "line" };
    return { grade, whose: known.others > 0 ? "other" : "" };
  }
  const causes = found.filter((trouble) => trouble.grade === grade).map((trouble) => trouble.whose);
  if (causes.includes("computer")) return { grade, whose: "computer" };
  if (causes.includes("receive") && known.shedding && !lossy(recent)) return { grade, whose: "server" };
  if (causes.includes("receive") && causes.includes("send")) return { grade, whose: "line" };
  return { grade, whose: causes[0] ?? "" };
}

/**
 * @param {readonly Reading[]} readings
 * @param {Reading} reading
 * @returns {readonly Reading[]}
 */
export function remember(readings, reading) {
  return [...readings, reading].slice(-MOST_READINGS);
}

/** @param {import("./app-state.js").AppState} state @returns {Quality} */
export function ownQuality({ readings, media, meeting }) {
  const { width = 0, fps = 0 } = meeting?.conference.picture ?? {};
  return qualityOf(readings, {
    connected: media === "connected",
    width,
    fps,
    shedding: meeting?.strained ?? false,
    poor: meeting?.poor.includes(meeting.you) ?? false,
    others: othersPoor(meeting).length,
  });
}

/** @param {Reading} reading @returns {Grade} */
function ofComputer({ decoding, busy, dropped, camera }) {
  const encoder = camera?.limit === "cpu" ? "fair" : "good";
  return worst(encoder, graded(decoding, "decoding"), graded(busy, "busy"), graded(dropped, "dropped"));
}

/** @param {Reading} reading @param {Circumstances} known @returns {Grade} */
function ofReceiving({ lossDown, missing, jitter, frozen, fps, picture }, known) {
  const smallest = picture.width > 0 && picture.width < known.width * SMALLEST_WIDTH;
  const expected = known.fps * (smallest ? SMALLEST_FPS_SHARE : 1);
  const slow = expected > 0 ? 1 - fps / expected : 0;
  return worst(
    graded(lossDown, "loss"),
    graded(missing, "missing"),
    graded(jitter ?? 0, "jitter"),
    graded(frozen, "frozen"),
    graded(slow, "slow"),
    picture.width > 0 && picture.width < known.width ? "fair" : "good",
  );
}

/** @param {Reading} reading @returns {Grade} */
function ofSending({ lossUp, camera, path }) {
  // A browser also says "bandwidth" where it obeys what the server needs; that is nobody's trouble.
  const narrow = camera?.limit === "bandwidth" && path.carries !== null && path.carries < camera.wanted;
  return worst(narrow ? "fair" : "good", graded(lossUp, "loss"));
}

/** @param {readonly Reading[]} readings */
function lossy(readings) {
  return readings.some(({ lossDown }) => graded(lossDown, "loss") !== "good"); // a server that is late loses nothing
}

/** @param {number} value @param {keyof typeof BOUNDS} name @returns {Grade} */
function graded(value, name) {
  const [good, fair] = BOUNDS[name] ?? [0, 0];
  if (value <= good) return "good";
  return value <= fair ? "fair" : "poor";
}

/** @param {readonly Grade[]} grades one for each reading @returns {Grade} */
function steady(grades) {
  const [, second] = grades.toSorted((a, b) => ORDER.indexOf(a) - ORDER.indexOf(b));
  return second ?? "good";
}

/** @param {...Grade} grades @returns {Grade} */
function worst(...grades) {
  return grades.reduce((a, b) => (ORDER.indexOf(a) <= ORDER.indexOf(b) ? a : b), "good");
}
