import assert from "node:assert/strict";
import { test } from "node:test";
import { limitsFor, spared } from "../media/sending.js";
import { Thrift } from "../media/thrift.js";

/**
 * Two seconds after two seconds on a line, as a function of what is sent, and what the camera was at the end of each.
 *
 * @param {number} seconds
 * @param {(camera: string, at: number) => { lossUp?: number, roundTrip?: number | null }} line
 * @param {Thrift} [thrift]
 * @param {number} [from] seconds
 */
function drive(seconds, line, thrift = new Thrift(), from = 0) {
  const seen = [];
  for (let at = from; at < from + seconds; at += 2) {
    const reading = { at: at * 1_000, lossUp: 0, roundTrip: 50, camera: { rate: 100_000 } };
    thrift.take(/** @type {any} */ ({ ...reading, ...line(thrift.camera, at) }));
    seen.push(thrift.camera);
  }
  return seen;
}

test("a good line, and one that is only slow to answer, keep the camera", () => {
  assert.ok(drive(120, () => ({})).every((camera) => camera === "full"));
  assert.ok(drive(120, () => ({ roundTrip: 700 })).every((camera) => camera === "full"));
  assert.ok(drive(120, () => ({ roundTrip: null })).every((camera) => camera === "full"));
  assert.ok(drive(120, (_, at) => ({ lossUp: at % 8 ? 0 : 0.5 })).every((camera) => camera === "full"));
});

test("a line without room for both has sound alone, after less of the camera did not help", () => {
  const seen = drive(40, (camera) => ({ lossUp: camera === "none" ? 0 : 0.2 }));
  assert.deepEqual([...new Set(seen)], ["full", "less", "none"]);
  assert.ok(seen.indexOf("none") <= 8, "within 16 seconds");
});

test("a queue counts as loss does", () => {
  const seen = drive(40, (camera, at) => ({ roundTrip: camera === "none" || at < 4 ? 60 : 900 }));
  assert.ok(seen.includes("none"));
});

test("where less is enough, it stays at less", () => {
  const seen = drive(18, (camera) => ({ lossUp: camera === "full" ? 0.2 : 0 }));
  assert.equal(seen.at(-1), "less");
  assert.ok(!seen.includes("none"));
});

test("it comes back when the line does, and later each time it was too soon", () => {
  const thrift = new Thrift();
  drive(20, (camera) => ({ lossUp: camera === "none" ? 0 : 0.2 }), thrift);
  assert.equal(thrift.camera, "none");
  const back = drive(60, () => ({}), thrift, 20);
  assert.deepEqual([...new Set(back)], ["none", "less", "full"]);

  const narrow = drive(600, (camera) => ({ lossUp: camera === "none" ? 0 : 0.2 }));
  const tries = narrow.filter((camera, index) => camera === "less" && narrow[index - 1] === "none").length;
  assert.ok(tries >= 2 && tries <= 6, `${tries} tries in ten minutes`);
});

test("a line that loses by itself gets its camera back, and keeps it for a while", () => {
  const seen = drive(120, () => ({ lossUp: 0.15 }));
  assert.ok(seen.includes("none"));
  assert.ok(seen.slice(-30).every((camera) => camera === "full"));
});

test("a camera that is off is not paused", () => {
  assert.ok(drive(60, () => ({ lossUp: 0.3, camera: null })).every((camera) => camera === "full"));
});

test("what is spared of a need", () => {
  const needed = { width: 640, height: 360, fps: 25, bitrate: 720_000 };
  assert.equal(spared(needed, "full"), needed);
  assert.deepEqual(spared(needed, "less"), { ...needed, fps: 10, bitrate: 360_000 });
  assert.equal(spared({ ...needed, bitrate: 40_000 }, "less")?.bitrate, 40_000);
  assert.deepEqual(limitsFor(null, spared(needed, "none")), { active: false });
  assert.equal(spared(null, "full"), null);
});
