/** What the measurements of a line mean to a person: a grade, and one sentence with what to do. Pure. */

/** @typedef {import("../i18n/ko.js").Key} Key */

/**
 * Null where it could not be measured.
 *
 * @typedef {object} Figures
 * @property {boolean} reached whether the server answered at all
 * @property {boolean} answered whether it let media be tried
 * @property {boolean} relay whether a relay stands by for those who do not get through
 * @property {number} port of media; 0 unknown
 * @property {"udp" | "tcp" | null} transport that media got through by
 * @property {number | null} roundTrip milliseconds
 * @property {number | null} lossUp share of packets, 0 to 1
 * @property {number | null} lossDown
 * @property {number | null} rateUp bit/s
 * @property {number | null} rateDown bit/s
 */

/** @typedef {{ phase: "idle" | "running" } | { phase: "done", figures: Figures }} Check */

/** @typedef {"good" | "fair" | "poor" | "unknown"} Grade */
/** @typedef {{ grade: Grade, key: Key, values?: Record<string, number> }} Verdict */

// A picture of the meeting is 1.2 Mbit/s at its best and 0.3 at its least; a camera sends 0.2 to 1; a voice 0.05.
const LITTLE_DOWN = 500_000;
const LITTLE_UP = 400_000;
const LOW_DOWN = 1_500_000;
const LOW_UP = 1_000_000;
// As in the meeting (quality.js), so that the page does not change its mind at the door.
const MUCH_LOSS = 0.1;
const SOME_LOSS = 0.03;
const LONG_TRIP = 1_000; // ms
const LONGISH_TRIP = 400;
export const AMPLE = 12_000_000; // bit/s; the server sends no more than a little above, and nobody needs more

/**
 * The gravest trouble first; what is not known is no trouble.
 *
 * @param {Figures} figures
 * @returns {Verdict}
 */
export function verdictOf(figures) {
  const { port, transport, roundTrip } = figures;
  const up = figures.rateUp ?? Infinity;
  const down = figures.rateDown ?? Infinity;
  const loss = Math.max(figures.lossUp ?? 0, figures.lossDown ?? 0);
  const percent = { loss: Math.round(loss * 100) };
  if (!figures.reached) return { grade: "poor", key: "check.unreachable" };
  const carried = transport || (loss > 0 && loss < 1); // of what was lost a part came through
  if (figures.answered && !carried) {
    return figures.relay
      ? { grade: "fair", key: "check.relay" }
      : { grade: "poor", key: "check.blocked", values: { port } };
  }
  if (loss >= MUCH_LOSS) return { grade: "poor", key: "check.muchLoss", values: percent };
  if (up < LITTLE_UP) return { grade: "poor", key: "check.littleUp", values: { rate: kilobits(up) } };
  if (down < LITTLE_DOWN) return { grade: "poor", key: "check.littleDown", values: { rate: kilobits(down) } };
  if (roundTrip !== null && roundTrip >= LONG_TRIP) return { grade: "poor", key: "check.far", values: trip(roundTrip) };
  if (transport === "tcp") return { grade: "fair", key: "check.tcp", values: { port } };
  if (loss >= SOME_LOSS) return { grade: "fair", key: "check.someLoss", values: percent };
  if (up < LOW_UP) return { grade: "fair", key: "check.lowUp", values: { rate: kilobits(up) } };
  if (down < LOW_DOWN) return { grade: "fair", key: "check.lowDown", values: { rate: kilobits(down) } };
  if (roundTrip !== null && roundTrip >= LONGISH_TRIP) {
    return { grade: "fair", key: "check.far", values: trip(roundTrip) };
  }
  return transport ? { grade: "good", key: "check.good" } : { grade: "unknown", key: "check.unmeasured" };
}

/** Whether anything was measured. @param {Figures} figures */
export function hasFigures({ transport, rateUp, rateDown }) {
  return transport !== null || rateUp !== null || rateDown !== null;
}

/** @param {number} rate bit/s */
function kilobits(rate) {
  return Math.round(rate / 10_000) * 10;
}

/** @param {number} milliseconds */
function trip(milliseconds) {
  return { trip: Math.round(milliseconds) };
}
