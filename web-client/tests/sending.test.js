import assert from "node:assert/strict";
import { test } from "node:test";
import { limitsFor } from "../media/sending.js";
import { Lines } from "../media/lines.js";

const HD = { width: 1280, height: 720 };
const ALL = { width: 1280, height: 720, fps: 25, bitrate: 2_008_000 };
const SMALL = { width: 256, height: 144, fps: 25, bitrate: 180_000 };

/** @param {number | undefined} value @param {number} wanted */
const near = (value, wanted) => assert.ok(Math.abs((value ?? 0) - wanted) < 1e-4, `${value} is not ${wanted}`);

test("alone in the picture: everything the camera gives", () => {
  assert.deepEqual(limitsFor(HD, ALL), {
    active: true,
    scaleResolutionDownBy: 1,
    maxBitrate: 2_008_000,
    maxFramerate: 25,
  });
});

test("a small tile: what is shown of it", () => {
  const limits = limitsFor(HD, SMALL);
  near(limits.scaleResolutionDownBy, 5);
  assert.equal(limits.maxBitrate, 180_000);
});

test("a camera of another shape covers what is needed", () => {
  near(limitsFor({ width: 640, height: 480 }, SMALL).scaleResolutionDownBy, 2.5); // 256×192
  near(limitsFor({ width: 720, height: 1280 }, { ...SMALL, width: 144, height: 256 }).scaleResolutionDownBy, 5);
});

test("a browser that rounds and one that cuts send exactly the lines that are needed", () => {
  const cameras = [HD, { width: 640, height: 360 }, { width: 1920, height: 1080 }, { width: 640, height: 480 }];
  for (const camera of cameras) {
    for (let lines = 90; lines < camera.height; lines += 2) {
      const columns = 2 * Math.floor((lines * camera.width) / camera.height / 2);
      const scale = limitsFor(camera, { ...ALL, width: columns, height: lines }).scaleResolutionDownBy ?? 0;
      for (const whole of [Math.round, Math.trunc]) { // Chromium, Firefox
        assert.equal(whole(camera.height / scale), lines);
        const more = whole(camera.width / scale) - columns;
        assert.ok(more >= 0 && more <= 2, `${columns} + ${more}`);
      }
    }
  }
});

test("a camera smaller than what is needed is sent as it is, at the rate of its size", () => {
  const limits = limitsFor({ width: 320, height: 180 }, ALL);
  assert.equal(limits.scaleResolutionDownBy, 1);
  assert.equal(limits.maxBitrate, 251_000);
});

test("a camera of unknown size is limited by its rates", () => {
  assert.deepEqual(limitsFor(null, SMALL), { active: true, maxBitrate: 180_000, maxFramerate: 25 });
});

test("not shown: nothing", () => {
  for (const captured of [HD, null]) assert.deepEqual(limitsFor(captured, null), { active: false });
});

/** A connection whose senders note what they are told. */
class FakeConnection {
  /** @type {object[]} */
  told = [];
  /** @type {Error | null} */
  refuses = null;
  encodings = [{ active: true }];

  /** @param {MediaStreamTrack | string} media */
  addTransceiver(media) {
    const track = typeof media === "string" ? null : media;
    return {
      sender: {
        track,
        getParameters: () => ({ transactionId: "1", encodings: structuredClone(this.encodings) }),
        setParameters: async (/** @type {{ encodings: object[] }} */ parameters) => {
          if (this.refuses) throw this.refuses;
          this.told.push(...parameters.encodings);
        },
        replaceTrack: async () => {},
      },
      receiver: { track: {} },
    };
  }
}

globalThis.MediaStream ??= /** @type {any} */ (class {});

/** @param {FakeConnection} connection */
async function cameraOn(connection) {
  const lines = new Lines("both");
  await lines.setTrack("main", /** @type {any} */ ({ getSettings: () => HD }));
  lines.lay(/** @type {any} */ (connection));
  return lines;
}

test("the sender is told by parameters, and only what is new", async () => {
  const connection = new FakeConnection();
  const lines = await cameraOn(connection);
  await lines.limit();
  assert.deepEqual(connection.told, []); // an older server says nothing
  for (const needed of [SMALL, { ...SMALL }, null, ALL]) await lines.need(needed);
  assert.deepEqual(connection.told, [
    limitsFor(HD, SMALL),
    { active: false },
    limitsFor(HD, ALL),
  ]);
});

test("what was needed holds for the next connection", async () => {
  const lines = await cameraOn(new FakeConnection());
  await lines.need(SMALL);
  const next = new FakeConnection();
  lines.lay(/** @type {any} */ (next));
  await lines.limit();
  assert.deepEqual(next.told, [limitsFor(HD, SMALL)]);
});

test("two words at once: the last one holds", async () => {
  const connection = new FakeConnection();
  const lines = await cameraOn(connection);
  await Promise.all([lines.need(SMALL), lines.need(null), lines.need(ALL)]);
  assert.deepEqual(connection.told.at(-1), limitsFor(HD, ALL));
});

test("a browser that refuses, or knows no such parameters, goes on sending", async () => {
  const connection = new FakeConnection();
  const lines = await cameraOn(connection);
  connection.refuses = new DOMException("busy", "InvalidStateError");
  await lines.need(SMALL);
  connection.refuses = null;
  await lines.limit();
  assert.deepEqual(connection.told, [limitsFor(HD, SMALL)]); // tried again
  connection.encodings = [];
  await lines.need(null);
  connection.refuses = new TypeError("unknown");
  connection.encodings = [{ active: true }];
  await lines.need(ALL);
  assert.equal(connection.told.length, 1);
});
