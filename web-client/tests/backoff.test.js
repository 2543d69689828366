import assert from "node:assert/strict";
import { test } from "node:test";
import { Backoff } from "../network/backoff.js";

test("waits longer each time, up to a limit, and starts again after a success", () => {
  const backoff = new Backoff(() => 0);
  assert.deepEqual(
    Array.from({ length: 6 }, () => backoff.next()),
    [250, 500, 1000, 2000, 4000, 4000],
  );
  assert.equal(backoff.attempt, 6);
  backoff.succeeded();
  assert.equal(backoff.next(), 250);
});

test("spreads attempts so that not all come at once", () => {
  assert.equal(new Backoff(() => 1).next(), 175);
});
