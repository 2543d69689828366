import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { grouped, languageFor, timeOfDay, translate } from "../i18n/index.js";
import { en } from "../i18n/en.js";
import { ko } from "../i18n/ko.js";

const ROOT = new URL("..", import.meta.url);
const FOLDERS = ["", "view/", "state/", "media/"];

const sources = FOLDERS.flatMap((folder) =>
  readdirSync(new URL(folder, ROOT))
    .filter((name) => name.endsWith(".js"))
    .map((name) => readFileSync(new URL(folder + name, ROOT), "utf8")),
).join("\n");

test("both languages have the same sentences with the same blanks", () => {
  assert.deepEqual(Object.keys(en).sort(), Object.keys(ko).sort());
  const blanks = (/** @type {string} */ text) => (text.match(/\{\w+\}/g) ?? []).sort();
  for (const key of /** @type {(keyof typeof ko)[]} */ (Object.keys(ko))) {
    assert.deepEqual(blanks(en[key]), blanks(ko[key]), key);
    assert.notEqual(en[key].trim(), "", key);
    assert.notEqual(ko[key].trim(), "", key);
  }
});

test("every sentence is used", () => {
  const unused = Object.keys(ko).filter((key) => {
    const family = key.slice(0, key.lastIndexOf(".") + 1);
    return !sources.includes(`"${key}"`) && !sources.includes(`\`${family}\${`);
  });
  assert.deepEqual(unused, []);
});

test("blanks are filled as text, and unknown ones stay visible", () => {
  assert.equal(translate("ko", "news.joined", { name: "<b>김</b>" }), "<b>김</b> 님이 들어왔습니다");
  assert.equal(translate("en", "news.joined"), "{name} joined");
});

test("a name that is read from the right is kept from turning the sentence around it", () => {
  assert.equal(translate("ko", "news.joined", { name: "أحمد" }), "\u2068أحمد\u2069 님이 들어왔습니다");
  assert.equal(translate("ko", "news.joined", { name: "\u202e김" }), "\u2068\u202e김\u2069 님이 들어왔습니다");
  assert.equal(translate("ko", "news.joined", { name: "김철수 👨🏽‍🚒" }), "김철수 👨🏽‍🚒 님이 들어왔습니다");
});

test("language by the person's list, Korean otherwise", () => {
  assert.equal(languageFor(["fr-FR", "en-GB", "ko"]), "en");
  assert.equal(languageFor(["ko-KR"]), "ko");
  assert.equal(languageFor(["fr"]), "ko");
});

test("numbers in groups, times by the language", () => {
  assert.equal(grouped("123456789"), "123 456 789");
  assert.equal(timeOfDay("ko", "2026-11-21T01:05:00"), "01:05");
  assert.equal(timeOfDay("en", "2026-11-21T21:05:00"), "21:05");
});
