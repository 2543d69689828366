import assert from "node:assert/strict";
import { test } from "node:test";
import { portOf } from "../media/check.js";
import { download, rateOf, upload } from "../media/rates.js";
import { hasFigures, verdictOf } from "../state/check.js";

/** @type {import("../state/check.js").Figures} */
const GOOD = {
  reached: true,
  answered: true,
  relay: false,
  port: 10443,
  transport: "udp",
  roundTrip: 12,
  lossUp: 0,
  lossDown: 0,
  rateUp: 9e6,
  rateDown: 9e6,
};

/** @param {Partial<import("../state/check.js").Figures>} changes */
const verdict = (changes) => verdictOf({ ...GOOD, ...changes });

test("a good line is said to be good, by what is known of it", () => {
  assert.deepEqual(verdict({}), { grade: "good", key: "check.good" });
  const bare = { roundTrip: null, lossUp: null, lossDown: null, rateUp: null, rateDown: null };
  assert.equal(verdict(bare).grade, "good");
});

test("each trouble has its grade and its sentence", () => {
  /** @type {[Partial<import("../state/check.js").Figures>, string, string][]} */
  const rows = [
    [{ reached: false, answered: false, transport: null }, "poor", "check.unreachable"],
    [{ transport: null }, "poor", "check.blocked"],
    [{ transport: null, relay: true }, "fair", "check.relay"],
    [{ transport: "tcp" }, "fair", "check.tcp"],
    [{ lossUp: 0.12 }, "poor", "check.muchLoss"],
    [{ lossDown: 0.05 }, "fair", "check.someLoss"],
    [{ rateUp: 200_000 }, "poor", "check.littleUp"],
    [{ rateUp: 700_000 }, "fair", "check.lowUp"],
    [{ rateDown: 300_000 }, "poor", "check.littleDown"],
    [{ rateDown: 1_200_000 }, "fair", "check.lowDown"],
    [{ roundTrip: 500 }, "fair", "check.far"],
    [{ roundTrip: 1_400 }, "poor", "check.far"],
    [{ answered: false, transport: null }, "unknown", "check.unmeasured"],
  ];
  for (const [changes, grade, key] of rows) {
    const { grade: found, key: said } = verdict(changes);
    assert.deepEqual([found, said], [grade, key], JSON.stringify(changes));
  }
});

test("the gravest trouble is told, with its figures", () => {
  const many = verdict({ transport: "tcp", lossUp: 0.2, rateUp: 100_000, roundTrip: 2_000 });
  assert.deepEqual(many, { grade: "poor", key: "check.muchLoss", values: { loss: 20 } });
  assert.deepEqual(verdict({ transport: "tcp", rateUp: 123_456 }).values, { rate: 120 });
  assert.deepEqual(verdict({ transport: null }).values, { port: 10443 });
});

test("a refusal of media still tells of a slow line", () => {
  const slow = verdict({ answered: false, transport: null, rateUp: 100_000 });
  assert.equal(slow.key, "check.littleUp");
});

test("a check that measured nothing has no figures to show", () => {
  const bare = { transport: null, roundTrip: null, lossUp: null, lossDown: null, rateUp: null, rateDown: null };
  assert.equal(hasFigures({ ...GOOD, ...bare }), false);
  assert.equal(hasFigures({ ...GOOD, ...bare, rateUp: 1 }), true);
});

test("the port is that of the answer's candidates", () => {
  const sdp = "v=0\r\na=candidate:1 1 udp 2130706431 192.0.2.1 10443 typ host\r\na=candidate:2 1 tcp 1 ::1 9 typ host";
  assert.equal(portOf(sdp), 10443);
  assert.equal(portOf("v=0\r\n"), 0);
});

test("a rate is that after the beginning, of everything when it was over soon", () => {
  assert.equal(rateOf([]), null);
  assert.equal(rateOf([{ at: 0, bytes: 10 }]), null);
  const slowStart = [
    { at: 0, bytes: 1_000 },
    { at: 200, bytes: 3_000 },
    { at: 600, bytes: 103_000 },
  ];
  assert.equal(rateOf(slowStart), 2_000_000);
  assert.equal(rateOf(slowStart.slice(0, 2)), 80_000);
});

test("sending grows until it takes long enough to tell, and failing tells nothing", async () => {
  /** @type {number[]} */
  const sizes = [];
  const never = new AbortController().signal;
  const send = async (/** @type {Uint8Array} */ bytes) => void sizes.push(bytes.length);
  assert.ok(((await upload(send, never)) ?? 0) > 1e6);
  assert.deepEqual(sizes, [1, 1, 16_384, 65_536, 262_144, 524_288]);
  const refuse = () => Promise.reject(new TypeError("refused with 503"));
  assert.equal(await upload(refuse, never), null);
  assert.equal(await download(refuse, never), null);
});

test("a bug is not taken for a bad line", async () => {
  const broken = () => Promise.reject(new RangeError("a bug"));
  await assert.rejects(download(broken, new AbortController().signal), RangeError);
});
