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

test("a connection on which nothing arrives any more is restarted, whatever the browser says of it", () => {
  const recovery = connected();
  recovery.flowed(1_000);
  assert.equal(recovery.silent(3_900), false);
  assert.equal(recovery.remedy(3_900), "wait");
  assert.equal(recovery.silent(4_000), true);
  assert.equal(recovery.remedy(4_000), "restart");
});

test("silence counts only after something has arrived, and from when the browser said that it is connected", () => {
  const recovery = connected();
  assert.equal(recovery.silent(60_000), false);
  recovery.flowed(1_000);
  recovery.observe("disconnected", 2_000);
  recovery.observe("connected", 9_000);
  assert.equal(recovery.remedy(9_100), "wait");
  assert.equal(recovery.remedy(12_000), "restart");
});

test("what arrives during a restart ends it", () => {
  const recovery = connected();
  recovery.restarted(1_000);
  recovery.flowed(1_500);
  assert.equal(recovery.remedy(60_000), "restart"); // silent since
  const other = connected();
  other.restarted(1_000);
  other.flowed(1_500);
  other.flowed(60_000);
  assert.equal(other.remedy(60_000), "wait");
});

test("when the network has changed, a second without anything is enough", () => {
  const recovery = connected();
  recovery.flowed(1_000);
  assert.equal(recovery.doubtful(1_900), false);
  assert.equal(recovery.doubtful(2_000), true);
  recovery.restarted(2_000);
  assert.equal(recovery.doubtful(9_000), false);
  recovery.observe("failed", 3_000);
  assert.equal(recovery.doubtful(3_000), true);
});
