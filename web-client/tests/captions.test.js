import assert from "node:assert/strict";
import { test } from "node:test";
import { addCaption } from "../state/captions.js";
import { summary } from "../state/reactions.js";
import { Typing } from "../state/typing.js";
import { enter } from "../state/meeting.js";
import { entered } from "./samples.js";

/** @param {...[string, string, boolean]} captions writer, text, final */
const after = (...captions) =>
  captions.reduce(
    (lines, [participant, text, final]) => addCaption(lines, { participant, text, final }),
    /** @type {ReturnType<typeof addCaption>} */ ([]),
  );

test("a line grows in place, and the next one begins after it is complete", () => {
  const lines = after(["a", "회의를", false], ["a", "회의를 시작", false], ["a", "회의를 시작합니다.", true], ["a", "먼저", false]);
  assert.deepEqual(
    lines.map(({ line, text }) => [line, text]),
    [
      [1, "회의를 시작합니다."],
      [2, "먼저"],
    ],
  );
});

test("two writers do not overwrite each other, an empty text takes a line back, old lines go", () => {
  const lines = after(["a", "하나", false], ["b", "둘", false], ["a", "하나.", true], ["b", "", false], ["b", "", true]);
  assert.deepEqual(
    lines.map(({ text }) => text),
    ["하나."],
  );
  const many = after(["a", "1", true], ["a", "2", true], ["a", "3", true], ["a", "4", false]);
  assert.deepEqual(
    many.map(({ line, text }) => [line, text]),
    [
      [2, "2"],
      [3, "3"],
      [4, "4"],
    ],
  );
});

test("typing is sent at once, then at intervals, and never twice", () => {
  const typing = new Typing();
  assert.equal(typing.due("", 0), -1);
  assert.equal(typing.due("가", 0), 0);
  typing.sent("가", 0);
  assert.equal(typing.due("가", 50), -1);
  assert.equal(typing.due("가나", 100), 200);
  assert.equal(typing.due("가나", 300), 0);
});

test("reactions are told together: who, when it was one, else how many people", () => {
  const meeting = enter(entered(), null);
  const passed = /** @type {const} */ ([
    { participant: "b", reaction: "good" },
    { participant: "b", reaction: "applause" },
    { participant: "b", reaction: "applause" },
    { participant: "you", reaction: "applause" },
  ]);
  assert.deepEqual(summary(passed, meeting), [
    { reaction: "applause", name: "", count: 2 },
    { reaction: "good", name: "중구청장 이준호", count: 1 },
  ]);
});
