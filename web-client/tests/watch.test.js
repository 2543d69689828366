import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { LineWatch } from "../media/quality.js";

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** @param {import("node:test").TestContext} context @param {() => Promise<unknown>} getStats */
function watching(context, getStats) {
  let now = 0;
  context.mock.method(performance, "now", () => now);
  mock.timers.enable({ apis: ["setInterval"] });
  context.after(() => mock.timers.reset());
  let asked = 0;
  const connection = {
    connectionState: "connected",
    getStats: () => {
      asked += 1;
      return getStats();
    },
  };
  /** @type {unknown[]} */
  const readings = [];
  const lines = { kinds: () => new Map(), wanted: 0 };
  const watch = new LineWatch(
    () => /** @type {any} */ (connection),
    /** @type {any} */ (lines),
    (reading) => readings.push(reading),
  );
  context.after(() => watch.stop());
  watch.start();
  const pass = async (/** @type {number} */ seconds) => {
    for (let second = 0; second < seconds; second += 1) {
      now += 1_000;
      mock.timers.tick(1_000);
      await turn();
    }
  };
  return { watch, connection, readings, pass, asked: () => asked };
}

// One look costs a browser about a millisecond of CPU: once in two seconds is a twentieth of a percent.
test("asks the browser once in two seconds, and no more often for being shown", async (context) => {
  const { pass, asked, readings } = watching(context, async () => new Map());
  await pass(20);
  assert.equal(asked(), 10);
  assert.equal(readings.length, 9);
});

test("a browser that takes long to answer is asked one thing at a time", async (context) => {
  /** @type {(report: unknown) => void} */
  let answer = () => {};
  const { pass, asked, readings, watch } = watching(context, () => new Promise((resolve) => (answer = resolve)));
  await pass(20);
  assert.equal(asked(), 1);
  answer(new Map());
  await pass(2);
  assert.equal(asked(), 2);
  watch.stop();
  answer(new Map());
  await turn();
  assert.deepEqual(readings, []);
});

test("nothing is asked while nothing is connected", async (context) => {
  const { pass, asked, connection } = watching(context, async () => new Map());
  connection.connectionState = "disconnected";
  await pass(10);
  assert.equal(asked(), 0);
});
