import assert from "node:assert/strict";
import { test } from "node:test";
import { limitsFor } from "../media/sending.js";

const HD = { width: 1280, height: 720 };

test("alone in the picture: everything the camera gives", () => {
  assert.deepEqual(limitsFor(HD, HD, 25), { scaleResolutionDownBy: 1, maxBitrate: 1_800_000, maxFramerate: 25 });
});

test("a small tile: no more than it shows, and never less than it shows", () => {
  assert.equal(limitsFor(HD, { width: 640, height: 360 }, 25).scaleResolutionDownBy, 2);
  assert.equal(limitsFor(HD, { width: 426, height: 240 }, 25).scaleResolutionDownBy, 3);
  assert.equal(limitsFor(HD, { width: 500, height: 240 }, 25).scaleResolutionDownBy, 2);
  assert.equal(limitsFor(HD, { width: 212, height: 120 }, 25).scaleResolutionDownBy, 6);
});

test("a camera held upright is judged by its narrow side", () => {
  assert.equal(limitsFor({ width: 720, height: 1280 }, { width: 640, height: 360 }, 25).scaleResolutionDownBy, 1);
});

test("a camera smaller than the tile is sent as it is", () => {
  assert.equal(limitsFor({ width: 320, height: 240 }, HD, 25).scaleResolutionDownBy, 1);
});

test("not in the picture: a trickle", () => {
  const limits = limitsFor(HD, null, 25);
  assert.equal(limits.maxFramerate, 5);
  assert.equal(limits.maxBitrate, 120_000);
});
