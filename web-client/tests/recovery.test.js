import assert from "node:assert/strict";
import { test } from "node:test";
import { Recovery } from "../media/recovery.js";

function connected() {
  const recovery = new Recovery();
  recovery.began(0);
  recovery.observe("connecting", 10);
  recovery.observe("connected", 300);
  return recovery;
}

test("a connection that carries is left alone", () => {
  assert.equal(connected().remedy(1e9), "wait");
});

test("a short break mends itself", () => {
  const recovery = connected();
  recovery.observe("disconnected", 1_000);
  assert.equal(recovery.remedy(3_900), "wait");
  recovery.observe("connected", 4_000);
  assert.equal(recovery.remedy(60_000), "wait");
});

test("a longer break: ICE restart, then a new connection", () => {
  const recovery = connected();
  recovery.observe("disconnected", 1_000);
  assert.equal(recovery.remedy(4_600), "restart");
  recovery.restarted(4_600);
  assert.equal(recovery.remedy(8_500), "wait");
  assert.equal(recovery.remedy(8_700), "replace");
});

test("failed: ICE restart at once; failed again: a new connection", () => {
  const recovery = connected();
  recovery.observe("failed", 1_000);
  assert.equal(recovery.remedy(1_000), "restart");
  recovery.restarted(1_000);
  recovery.observe("connecting", 1_100);
  recovery.observe("failed", 2_000);
  assert.equal(recovery.remedy(2_000), "wait");
  assert.equal(recovery.remedy(4_000), "replace");
});

test("what never connects is tried anew, less and less often, and counted", () => {
  const recovery = new Recovery();
  const waits = [];
  let now = 0;
  for (let round = 0; round < 5; round += 1) {
    recovery.began(now);
    const begun = now;
    while (recovery.remedy(now) === "wait") now += 100;
    waits.push(now - begun);
  }
  assert.deepEqual(waits, [8_000, 12_000, 18_000, 20_000, 20_000]);
  assert.equal(recovery.attempts, 5);
  recovery.observe("connected", now);
  assert.equal(recovery.attempts, 0);
});
