import assert from "node:assert/strict";
import { test } from "node:test";
import { moveOf, speakerFor } from "../media/device-moves.js";

/** @param {string[]} ids @param {string} [group] */
const known = (ids, group = "") => ({ ids, group });
const BOTH = known(["default", "headset", "laptop"], "a");
const ONE = known(["default", "laptop"], "a");

test("a device that is pulled out is replaced, and taken again when it is back", () => {
  const headset = { preferred: "headset", inUse: "headset" };
  assert.equal(moveOf({ ...headset, before: BOTH, now: BOTH }), null);
  assert.equal(moveOf({ ...headset, before: BOTH, now: ONE }), "gone");
  const laptop = { preferred: "headset", inUse: "laptop" };
  assert.equal(moveOf({ ...laptop, before: ONE, now: ONE }), null);
  assert.equal(moveOf({ ...laptop, before: ONE, now: BOTH }), "back");
});

test("a device that nobody chose is left alone when it appears", () => {
  assert.equal(moveOf({ preferred: "", inUse: "laptop", before: ONE, now: BOTH }), null);
  assert.equal(moveOf({ preferred: "laptop", inUse: "laptop", before: ONE, now: BOTH }), null);
});

test("who chose what the machine itself takes follows it", () => {
  const system = { preferred: "default", inUse: "default" };
  assert.equal(moveOf({ ...system, before: ONE, now: known(["default", "headset", "laptop"], "b") }), "system");
  assert.equal(moveOf({ ...system, before: ONE, now: BOTH }), null);
});

test("before names are told nothing is gone", () => {
  assert.equal(moveOf({ preferred: "headset", inUse: "headset", before: known([]), now: ONE }), null);
  assert.equal(moveOf({ preferred: "headset", inUse: "headset", before: BOTH, now: known([]) }), null);
});

test("a loudspeaker that is gone is not silence", () => {
  assert.equal(speakerFor("headset", ["default", "laptop"]), "");
  assert.equal(speakerFor("headset", ["default", "headset"]), "headset");
  assert.equal(speakerFor("headset", []), "headset");
});
