import assert from "node:assert/strict";
import { test } from "node:test";
import { browserOf } from "../state/browser.js";
import { canFlip, outcomeOf, troublesOf, wayOf } from "../state/joining.js";

/** @typedef {import("../state/app-state.js").DeviceStatus} DeviceStatus */

/** @param {DeviceStatus} status @returns {import("../state/app-state.js").DeviceState} */
const device = (status) => ({ status, chosen: "", options: [], facing: "", gone: false });

/**
 * @param {DeviceStatus} camera
 * @param {DeviceStatus} microphone
 * @param {{ watchOnly?: boolean, wantsCamera?: boolean, wantsMicrophone?: boolean }} [wants]
 */
function joining(camera, microphone, { watchOnly = false, wantsCamera = true, wantsMicrophone = true } = {}) {
  return {
    devices: { camera: device(camera), microphone: device(microphone), speaker: device("off") },
    draft: { name: "", office: "", number: "", pin: "", chairKey: "", watchOnly },
    wantsCamera,
    wantsMicrophone,
  };
}

test("what joining comes to is what is wanted and can be had", () => {
  assert.equal(outcomeOf(joining("on", "on")), "both");
  assert.equal(outcomeOf(joining("asking", "opening")), "both");
  assert.equal(outcomeOf(joining("denied", "on")), "sound");
  assert.equal(outcomeOf(joining("off", "on", { wantsCamera: false })), "sound");
  assert.equal(outcomeOf(joining("on", "missing")), "picture");
  assert.equal(outcomeOf(joining("on", "on", { wantsMicrophone: false })), "picture");
  assert.equal(outcomeOf(joining("busy", "unsupported")), "nothing");
  assert.equal(outcomeOf(joining("denied", "denied", { watchOnly: true })), "watch");
});

test("the way is what the person chose, whatever the devices say", () => {
  assert.equal(wayOf(joining("denied", "denied")), "both");
  assert.equal(wayOf(joining("off", "on", { wantsCamera: false })), "sound");
  assert.equal(wayOf(joining("off", "off", { watchOnly: true })), "watch");
});

test("the same trouble of two devices is told once, and none that nobody asked for", () => {
  assert.deepEqual(troublesOf(joining("denied", "denied")), [{ trouble: "denied", sources: ["camera", "microphone"] }]);
  assert.deepEqual(troublesOf(joining("busy", "missing")), [
    { trouble: "busy", sources: ["camera"] },
    { trouble: "missing", sources: ["microphone"] },
  ]);
  assert.deepEqual(troublesOf(joining("denied", "on", { wantsCamera: false })), []);
  assert.deepEqual(troublesOf(joining("denied", "denied", { watchOnly: true })), []);
  assert.deepEqual(troublesOf(joining("asking", "opening")), []);
});

test("only a camera that says where it looks, beside another one, can be flipped", () => {
  const options = [
    { id: "a", label: "" },
    { id: "b", label: "" },
  ];
  assert.equal(canFlip({ ...device("on"), facing: "user", options }), true);
  assert.equal(canFlip({ ...device("on"), facing: "user", options: options.slice(1) }), false);
  assert.equal(canFlip({ ...device("on"), facing: "", options }), false);
  assert.equal(canFlip({ ...device("off"), facing: "user", options }), false);
});

test("the browser is known as far as its settings differ", () => {
  const webkit = "AppleWebKit/605.1.15 (KHTML, like Gecko)";
  const mac = `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${webkit} Version/18.0 Safari/605.1.15`;
  assert.equal(browserOf(mac, 0), "safari");
  assert.equal(browserOf(mac, 5), "ios");
  assert.equal(browserOf(`Mozilla/5.0 (iPhone; CPU iPhone OS 18_0) ${webkit} CriOS/130.0 Safari/604`, 5), "ios");
  assert.equal(browserOf("Mozilla/5.0 (Linux; Android 15) Chrome/130.0 Mobile Safari/537.36", 5), "android");
  assert.equal(browserOf("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", 0), "firefox");
  assert.equal(browserOf("Mozilla/5.0 (Windows NT 10.0) Chrome/130.0 Safari/537.36 Edg/130.0", 10), "chrome");
});
