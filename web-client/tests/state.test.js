import assert from "node:assert/strict";
import { test } from "node:test";
import { entryOf, initialState } from "../state/app-state.js";
import { Memory } from "../state/memory.js";
import { progressOf, statusOf } from "../state/status.js";
import { Store, same } from "../state/store.js";

const turn = () => new Promise((resolve) => setImmediate(resolve));

test("watchers run once per turn and only for what they selected", async () => {
  const store = new Store({ a: 1, b: [1, 2] });
  /** @type {unknown[]} */
  const seen = [];
  const life = new AbortController();
  store.watch(
    (state) => [state.a, state.b[0]],
    (value) => seen.push(value),
    life.signal,
  );
  store.set({ a: 2 });
  store.set({ a: 3 });
  await turn();
  store.set({ b: [1, 9] });
  await turn();
  assert.deepEqual(seen, [
    [1, 1],
    [3, 1],
  ]);
  life.abort();
  store.set({ a: 4 });
  await turn();
  assert.equal(seen.length, 2);
});

test("equality is by identity, element by element for arrays", () => {
  assert.equal(same([1, "a"], [1, "a"]), true);
  assert.equal(same([{}], [{}]), false);
});

test("the address tells which meeting", () => {
  assert.deepEqual(entryOf("/c/Zm9vYmFyYmF6cXV4cXV1eA"), { by: "link", conference: "Zm9vYmFyYmF6cXV4cXV1eA" });
  assert.deepEqual(entryOf("/"), { by: "number", brokenLink: false });
  assert.deepEqual(entryOf("/c/short"), { by: "number", brokenLink: true });
});

test("the gravest is said", () => {
  const quiet = { meeting: null, attempt: 0 };
  const fine = /** @type {const} */ ({ ...quiet, signaling: "open", media: "connected", content: "off" });
  assert.equal(statusOf(fine).key, "status.connected");
  assert.equal(statusOf({ ...fine, content: "on" }).key, "status.sharing");
  assert.equal(statusOf({ ...fine, media: "interrupted", content: "on" }).key, "status.interrupted");
  assert.equal(statusOf({ ...fine, media: "blocked" }).key, "status.blocked");
  assert.equal(statusOf({ ...fine, signaling: "waiting", attempt: 3 }).values?.attempt, 3);
});

test("a break that lasts tells since when, when it is tried again, and offers to try now", () => {
  const broken = /** @type {const} */ ({ signaling: "waiting", brokenSince: 1_000, retryAt: 8_500 });
  assert.equal(progressOf({ ...broken, brokenSince: null }, 60_000), null);
  assert.equal(progressOf(broken, 3_900), null);
  assert.deepEqual(progressOf(broken, 4_500), {
    key: "status.sinceNext", values: { seconds: 3, wait: 4 }, offer: false,
  });
  assert.deepEqual(progressOf({ ...broken, retryAt: null }, 7_000), {
    key: "status.since", values: { seconds: 6 }, offer: true,
  });
});

/** @returns {Storage} */
function storage() {
  const map = new Map();
  return /** @type {any} */ ({
    getItem: (/** @type {string} */ key) => map.get(key) ?? null,
    setItem: (/** @type {string} */ key, /** @type {string} */ value) => map.set(key, value),
    removeItem: (/** @type {string} */ key) => map.delete(key),
  });
}

test("the way back belongs to one page and is forgotten on request", () => {
  const passing = storage();
  const memory = new Memory(storage, () => passing);
  const back = { page: "/c/x", conference: "c1", participant: "p1", secret: "a-secret-of-sixteen" };
  memory.keepWayBack(back);
  assert.deepEqual(memory.wayBack("/c/x"), back);
  assert.equal(memory.wayBack("/c/y"), null);
  memory.keepWayBack(null);
  assert.equal(memory.wayBack("/c/x"), null);
});

test("spoilt, foreign and forbidden storage is as good as empty", () => {
  const lasting = storage();
  lasting.setItem("mcu.preferences", '{"name": 7, "office": "실장"}');
  const memory = new Memory(
    () => lasting,
    () => {
      throw new DOMException("forbidden", "SecurityError");
    },
  );
  assert.equal(memory.preferences().name, "");
  assert.equal(memory.preferences().office, "실장");
  assert.equal(memory.wayBack("/"), null);
  lasting.setItem("mcu.preferences", "{");
  assert.equal(memory.preferences().office, "");
});

test("nothing is shown before the form", () => {
  const state = initialState({
    language: "ko",
    entry: { by: "number", brokenLink: false },
    draft: {},
    wantsMicrophone: true,
    wantsCamera: true,
  });
  assert.equal(state.phase, "form");
  assert.equal(state.draft.chairKey, "");
});
