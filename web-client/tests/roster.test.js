import assert from "node:assert/strict";
import { test } from "node:test";
import { duration } from "../i18n/index.js";
import { apply, enter } from "../state/meeting.js";
import { found, handsOf, inOrder } from "../state/roster.js";
import { entered, participant } from "./samples.js";

/** @param {readonly import("../protocol").Participant[]} people */
const ids = (people) => people.map((one) => one.participant);

test("the roster goes by seats, and who has none comes last, in the order of coming", () => {
  const people = [
    participant("viewer", { seat: 0, role: "viewer" }),
    participant("late", { seat: 9 }),
    participant("second viewer", { seat: 0 }),
    participant("early", { seat: 2 }),
  ];
  assert.deepEqual(ids(inOrder(people)), ["early", "late", "viewer", "second viewer"]);
});

test("hands stand in the order in which they were raised, and keep it", () => {
  let meeting = enter({ ...entered(), participants: [participant("a", { hand: true }), participant("b")] }, null);
  meeting = apply(meeting, { type: "participant_joined", participant: participant("c") });
  assert.deepEqual(meeting.hands, ["a"]);
  meeting = apply(meeting, { type: "participant_changed", participant: participant("c", { hand: true }) });
  meeting = apply(meeting, { type: "participant_changed", participant: participant("b", { hand: true }) });
  assert.deepEqual(meeting.hands, ["a", "c", "b"]);
  meeting = apply(meeting, { type: "participant_changed", participant: participant("c", { hand: true, muted: true }) });
  assert.deepEqual(meeting.hands, ["a", "c", "b"]);
  const back = enter({ ...entered(), resumed: true, participants: [...meeting.participants] }, meeting);
  assert.deepEqual(back.hands, ["a", "c", "b"]);
  meeting = apply(meeting, { type: "participant_left", participant: "a", reason: "left" });
  meeting = apply(meeting, { type: "participant_changed", participant: participant("c") });
  assert.deepEqual(meeting.hands, ["b"]);
});

test("hands that have not changed are the very same value", () => {
  const hands = ["a"];
  assert.equal(handsOf(hands, [participant("a", { hand: true })]), hands);
});

test("people are found by name, by office, without blanks, and by Hangul's first consonants", () => {
  const people = [participant("a", { name: "이준호", office: "중구 청장" }), participant("b", { name: "Alex", office: "" })];
  assert.deepEqual(ids(found(people, "준호")), ["a"]);
  assert.deepEqual(ids(found(people, "중구청장")), ["a"]);
  assert.deepEqual(ids(found(people, "ㅇㅈㅎ")), ["a"]);
  assert.deepEqual(ids(found(people, "aLE")), ["b"]);
  assert.deepEqual(ids(found(people, "이준호".normalize("NFD"))), ["a"]);
  assert.deepEqual(ids(found(people, " ")), ["a", "b"]);
  assert.deepEqual(found(people, "ㅋ"), []);
});

test("how long one took part is said in hours and minutes", () => {
  assert.equal(duration("ko", 72 * 60_000), "1시간 12분");
  assert.equal(duration("ko", 20_000), "1분");
  assert.equal(duration("en", 2 * 3_600_000), "2 hours");
});

test("a bridge is found by what is behind it", () => {
  const people = [participant("bridge", { kind: "room", labels: ["수원시청", "Yongin"] }), participant("a")];
  assert.deepEqual(ids(found(people, "수원")), ["bridge"]);
  assert.deepEqual(ids(found(people, "ㅅㅇㅅ")), ["bridge"]);
  assert.deepEqual(ids(found(people, "yong")), ["bridge"]);
});
