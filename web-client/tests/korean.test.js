/** Korean as it is to be written: one word for each thing (docs/glossary.md), particles that fit, polite endings. */

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { ko } from "../i18n/ko.js";

const ROOT = new URL("../../", import.meta.url);
const read = (/** @type {string} */ path) => readFileSync(new URL(path, ROOT), "utf8");

/** The server's own Korean sentences: string literals with Hangul in its Python sources. */
const FOLDERS = ["mcu/", "mcu/signaling/", "mcu/conference/", "mcu/controller/"];
const server = FOLDERS.flatMap((folder) =>
  readdirSync(new URL(folder, ROOT))
    .filter((name) => name.endsWith(".py"))
    .flatMap((name) =>
      [...read(folder + name).matchAll(/"([^"\n]*[가-힣][^"\n]*)"/g)].map(([, text = ""]) => [folder + name, text]),
    ),
);
/** Where, and what is said there. @type {[string, string][]} */
const SENTENCES = /** @type {any} */ ([...Object.entries(ko), ...server]);

/** The glossary's words, and what is said elsewhere for the same thing. @type {[string, RegExp][]} */
const INSTEAD = [
  ["참가자", /참여자|참석자|회의원/],
  ["의장", /호스트|주최자|진행자|사회자|좌장/],
  ["보기 전용, 참관인", /시청자|관람자|관전/],
  ["회의", /미팅|컨퍼런스|콘퍼런스/],
  ["화면 배치", /레이아웃|화면 구성/],
  ["회의 번호", /회의 ID|미팅 번호|방 번호/],
  ["비밀번호", /패스워드|암호(?!화)|PIN|핀 번호/],
  ["의장 열쇠", /의장 키|의장키|호스트 키|진행자 키/],
  ["화면 공유", /스크린 공유|화면공유|화면 쉐어/],
  ["채팅", /대화창|챗|메신저/],
  ["손들기", /손들기 요청|거수/],
  ["마이크 끄기", /음소거|뮤트/],
  ["나가기", /퇴장|로그아웃/],
  ["내보내기", /강퇴|추방|퇴출|킥/],
  ["네트워크", /망\b|랜선/],
  ["카메라", /캠\b|웹캠/],
  ["스피커", /확성기/],
];

test("one word for each thing, on the page and from the server", () => {
  assert.ok(server.length > 20, "the server's sentences are found");
  const wrong = SENTENCES.flatMap(([where, text]) =>
    INSTEAD.filter(([, other]) => other.test(text)).map(([word]) => `${where}: ${text} (${word})`),
  );
  assert.deepEqual(wrong, []);
});

test("the words of the glossary are those of the page", () => {
  const glossary = read("docs/glossary.md");
  for (const word of ["참가자", "의장", "화면 배치", "회의 번호", "비밀번호", "의장 열쇠"]) {
    assert.ok(glossary.includes(word), word);
  }
});

test("no particle follows a name directly: its form would depend on how the name ends", () => {
  const particles = /\{(?:name|text|office|title|device)\}\s?(?:은|는|이|가|을|를|와|과|으로|로|아|야)(?![가-힣])/;
  const wrong = SENTENCES.filter(([, text]) => particles.test(text));
  assert.deepEqual(wrong, []);
  assert.match("{name}가 들어왔습니다", particles);
  assert.doesNotMatch("{name} 님이 들어왔습니다", particles);
});

test("requests and statements end politely", () => {
  const plain = /(?:하세요|해요|세요|했어요|없어요|있어요|돼요|해라|한다|했다|없다|있다)[.!?]?$/;
  assert.deepEqual(
    SENTENCES.filter(([, text]) => plain.test(text.trim())),
    [],
  );
});

test("Korean is written in composed syllables, without double blanks", () => {
  for (const [where, text] of SENTENCES) {
    assert.equal(text, text.normalize("NFC"), where);
    assert.doesNotMatch(text, / {2}/, where);
  }
});
