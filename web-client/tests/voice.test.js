import assert from "node:assert/strict";
import { test } from "node:test";
import { MutedVoice } from "../state/voice.js";

const EVERY = 50;
const ROOM = 0.2;
const VOICE = 0.6;

/** A microphone at which things happen one after the other. */
class Room {
  now = 1_000;
  voice = new MutedVoice();

  constructor() {
    this.hears(ROOM, 2_000);
  }

  /** @param {number} level @param {number} ms @returns {number} after how many ms it was said first, -1 for never */
  hears(level, ms) {
    let first = -1;
    for (let passed = 0; passed < ms; passed += EVERY) {
      this.now += EVERY;
      if (this.voice.observe(level, this.now) && first < 0) first = passed;
    }
    return first;
  }
}

test("somebody who talks is told within a second", () => {
  const first = new Room().hears(VOICE, 2_000);
  assert.ok(first >= 400 && first < 1_000, `${first} ms`);
});

test("who talks on after muting is told, too", () => {
  const voice = new MutedVoice();
  const said = Array.from({ length: 30 }, (_, index) => voice.observe(VOICE, index * EVERY));
  assert.ok(said.includes(true));
});

test("syllables with pauses are talking, too", () => {
  const room = new Room();
  const said = [];
  for (let syllable = 0; syllable < 10; syllable += 1) said.push(room.hears(VOICE, 200), room.hears(ROOM, 100));
  assert.ok(said.some((first) => first >= 0));
});

test("a quiet room, a cough and keys are not", () => {
  const room = new Room();
  assert.equal(room.hears(ROOM, 60_000), -1);
  assert.equal(room.hears(VOICE, 300), -1);
  assert.equal(room.hears(ROOM, 2_000), -1);
  for (let key = 0; key < 50; key += 1) {
    assert.equal(room.hears(VOICE, EVERY), -1);
    assert.equal(room.hears(ROOM, 150), -1);
  }
});

test("a loud machine that keeps running is said at most once, and a voice above it is heard", () => {
  const room = new Room();
  room.hears(0.5, 60_000);
  assert.equal(room.hears(0.5, 300_000), -1);
  assert.ok(room.hears(0.75, 2_000) >= 0);
});

test("it is said once for each speech, and not again soon", () => {
  const room = new Room();
  assert.ok(room.hears(VOICE, 2_000) >= 0);
  assert.equal(room.hears(ROOM, 500), 0, "still there in a pause");
  room.hears(ROOM, 7_000);
  assert.equal(room.hears(ROOM, EVERY), -1);
  assert.equal(room.hears(VOICE, 5_000), -1, "within half a minute");
  room.hears(ROOM, 30_000);
  assert.ok(room.hears(VOICE, 2_000) >= 0);
});

test("who says that they know is left alone for three minutes", () => {
  const room = new Room();
  room.hears(VOICE, 2_000);
  room.voice.dismiss(room.now);
  assert.equal(room.hears(VOICE, 5_000), -1);
  room.hears(ROOM, 60_000);
  assert.equal(room.hears(VOICE, 5_000), -1);
  room.hears(ROOM, 180_000);
  assert.ok(room.hears(VOICE, 2_000) >= 0);
});

test("unmuting ends it at once, and muting again does not bring it back", () => {
  const room = new Room();
  room.hears(VOICE, 2_000);
  room.voice.reset();
  assert.equal(room.voice.observe(ROOM, room.now + EVERY), false);
});

test("a page that slept has heard nothing", () => {
  const room = new Room();
  room.now += 600_000;
  assert.equal(room.voice.observe(VOICE, room.now), false);
});
