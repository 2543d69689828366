import assert from "node:assert/strict";
import { test } from "node:test";
import { percentages, shown } from "../view/overlay.js";
import { levelOf } from "../media/meter.js";

const PICTURE = { width: 1280, height: 720 };

test("the picture is shown whole and centred", () => {
  assert.deepEqual(shown(PICTURE, { width: 1000, height: 1000 }), { x: 0, y: 218.75, width: 1000, height: 562.5 });
  assert.deepEqual(shown(PICTURE, { width: 2000, height: 720 }), { x: 360, y: 0, width: 1280, height: 720 });
  assert.deepEqual(shown({ width: 0, height: 0 }, PICTURE), { x: 0, y: 0, width: 0, height: 0 });
});

test("tiles lie where they are in the composite, at any size", () => {
  assert.deepEqual(percentages({ x: 640, y: 0, width: 640, height: 360 }, PICTURE), {
    left: "50.000%",
    top: "0.000%",
    width: "50.000%",
    height: "50.000%",
  });
});

test("the meter: nothing for silence, full for the loudest, half at -30 dB", () => {
  assert.equal(levelOf(new Float32Array(64)), 0);
  assert.ok(Math.abs(levelOf(new Float32Array(64).fill(1)) - 1) < 1e-6);
  assert.ok(Math.abs(levelOf(new Float32Array(64).fill(10 ** -1.5)) - 0.5) < 1e-6);
});
