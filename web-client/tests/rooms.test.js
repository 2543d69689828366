import assert from "node:assert/strict";
import { test } from "node:test";
import { apply, enter } from "../state/meeting.js";
import { connected, failure, isCalled, keysOf, roomName, roomsOf } from "../state/rooms.js";
import { entered } from "./samples.js";

/** @param {Partial<import("../protocol").Room>} changes @returns {import("../protocol").Room} */
const room = (changes) => ({
  room: "r",
  address: "10.0.0.1",
  name: "",
  office: "",
  said: "",
  state: "idle",
  reason: "",
  participant: "",
  ...changes,
});
const words = { ko: "응답이 없습니다.", en: "Nobody answered." };

test("a table that is pasted becomes rooms, and empty lines do not", () => {
  assert.deepEqual(roomsOf("10.0.0.1, 대회의실, 종로구청장\n\n  \n7301\n10.0.0.1##7\t소회의실\t중구청장\r\n, 이름만"), [
    { address: "10.0.0.1", name: "대회의실", office: "종로구청장" },
    { address: "7301", name: "", office: "" },
    { address: "10.0.0.1##7", name: "소회의실", office: "중구청장" },
  ]);
  assert.deepEqual(roomsOf("1, 나, 서울특별시, 종로구청장,"), [
    { address: "1", name: "나", office: "서울특별시 종로구청장" },
  ]);
  assert.deepEqual(roomsOf(" "), []);
});

test("the list is told whole, and known by nobody before", () => {
  const meeting = enter(entered(), null);
  assert.equal(meeting.rooms, null);
  const told = apply(meeting, { type: "rooms", rooms: [room({})] });
  assert.deepEqual(told.rooms, [room({})]);
  assert.equal(enter({ ...entered(), resumed: true }, told).rooms, told.rooms);
});

test("a room is called as listed, as it says, or by its address", () => {
  assert.equal(roomName(room({ name: "대회의실", said: "HDX" })), "대회의실");
  assert.equal(roomName(room({ said: "HDX" })), "HDX");
  assert.equal(roomName(room({})), "10.0.0.1");
});

test("what can be hung up: all but those that are not called", () => {
  const states = /** @type {const} */ ([
    "idle",
    "calling",
    "ringing",
    "entering",
    "connected",
    "redialling",
    "ended",
  ]);
  assert.deepEqual(
    states.filter((state) => isCalled(room({ state }))),
    ["calling", "ringing", "entering", "connected", "redialling"],
  );
  assert.equal(connected([room({ state: "connected" }), room({ state: "ringing" })]), 1);
});

test("a call that came to nothing is said once; hanging up is not news", () => {
  const calling = [room({ state: "calling" })];
  const failed = [room({ state: "ended", reason: "no-answer", message: words })];
  assert.deepEqual(failure(calling, failed), { ko: "10.0.0.1: 응답이 없습니다.", en: "10.0.0.1: Nobody answered." });
  assert.equal(failure(failed, failed), null);
  assert.equal(failure(null, failed), null);
  assert.equal(failure(calling, [room({ state: "ended", reason: "hung-up", message: words })]), null);
  assert.equal(failure(calling, [room({ state: "connected" })]), null);
});

test("keys are what a telephone has, typed with gaps and dashes or without", () => {
  assert.equal(keysOf(" 1234-56 78# "), "12345678#");
  assert.equal(keysOf("*0abcd"), "*0ABCD");
  assert.equal(keysOf("1".repeat(32)).length, 32);
  for (const wrong of ["", " - ", "12e", "１２", "1".repeat(33)]) assert.equal(keysOf(wrong), "", wrong);
});
