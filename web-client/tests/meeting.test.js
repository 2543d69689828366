import assert from "node:assert/strict";
import { test } from "node:test";
import { apply, enter, find, lastLine, self, unread } from "../state/meeting.js";
import { newsOf } from "../state/news.js";
import { entered, line, participant } from "./samples.js";

const start = () => enter(entered(), null);

test("people come in the server's order, change in place, and go", () => {
  let meeting = apply(start(), { type: "participant_joined", participant: participant("c", { name: "다" }) });
  assert.deepEqual(
    meeting.participants.map((one) => one.participant),
    ["you", "b", "c"],
  );
  meeting = apply(meeting, { type: "participant_changed", participant: participant("b", { muted: true }) });
  assert.deepEqual(
    meeting.participants.map((one) => one.participant),
    ["you", "b", "c"],
  );
  assert.equal(find(meeting, "b")?.muted, true);
  meeting = apply(meeting, { type: "speaker", speaker: "b", speaking: ["b", "c"] });
  meeting = apply(meeting, { type: "participant_left", participant: "b", reason: "left" });
  assert.deepEqual(
    meeting.participants.map((one) => one.participant),
    ["you", "c"],
  );
  assert.deepEqual(meeting.speaking, ["c"]);
  assert.equal(self(meeting)?.participant, "you");
});

test("what is not about the meeting leaves the very same value", () => {
  const meeting = start();
  assert.equal(apply(meeting, { type: "pong" }), meeting);
});

test("chat lines come once, also when a resumed connection brings them again", () => {
  let meeting = apply(start(), { type: "chat_message", message: line(1, "b") });
  meeting = apply(meeting, { type: "chat_message", message: line(1, "b") });
  assert.equal(meeting.chat.length, 1);
  const again = enter({ ...entered(), resumed: true, chat: [line(1, "b"), line(2, "b")] }, meeting);
  assert.deepEqual(
    again.chat.map((one) => one.line),
    [1, 2],
  );
});

test("own lines are never unread", () => {
  let meeting = apply(start(), { type: "chat_message", message: line(1, "b") });
  meeting = apply(meeting, { type: "chat_message", message: line(2, "you") });
  meeting = apply(meeting, { type: "chat_message", message: line(3, "b") });
  assert.equal(unread(meeting, 0), 2);
  assert.equal(unread(meeting, 1), 1);
  assert.equal(unread(meeting, lastLine(meeting)), 0);
});

test("chat is bounded", () => {
  let meeting = start();
  for (let number = 1; number <= 1_100; number += 1) {
    meeting = apply(meeting, { type: "chat_message", message: line(number, "b") });
  }
  assert.equal(meeting.chat.length, 1_000);
  assert.equal(lastLine(meeting), 1_100);
});

test("the tiles stay through a break and are replaced by the next", () => {
  /** @type {import("../protocol").Tiles} */
  const tiles = {
    type: "tiles",
    revision: 4,
    layout: "grid",
    width: 1280,
    height: 720,
    tiles: [],
  };
  const meeting = apply(start(), tiles);
  assert.equal(enter({ ...entered(), resumed: true }, meeting).tiles, tiles);
  assert.equal(enter(entered(), null).tiles, null);
});

test("news names people by office and name", () => {
  const news = newsOf({ type: "participant_left", participant: "b", reason: "left" }, start());
  assert.deepEqual(news, { key: "news.left", values: { name: "중구청장 이준호" }, tone: "quiet" });
});

test("being muted by the chair is news one sees; others' microphones are quiet news", () => {
  const meeting = start();
  const own = participant("you", { muted: true, muted_by_chair: true });
  assert.equal(newsOf({ type: "participant_changed", participant: own }, meeting)?.key, "news.youMuted");
  const other = newsOf({ type: "participant_changed", participant: participant("b", { muted: true }) }, meeting);
  assert.deepEqual([other?.key, other?.tone], ["news.muted", "quiet"]);
});

test("own chat line is no news", () => {
  assert.equal(newsOf({ type: "chat_message", message: line(1, "you") }, start()), null);
});

test("who shares is told who took over, the others who shares", () => {
  const begun = apply(start(), { type: "content_changed", participant: "you" });
  const taken = newsOf({ type: "content_changed", participant: "b" }, begun);
  assert.deepEqual(taken, { key: "news.contentTaken", values: { name: "중구청장 이준호" }, tone: "info" });
  assert.equal(newsOf({ type: "content_changed", participant: "b" }, start())?.key, "news.content");
});
