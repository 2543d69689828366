import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { Backoff } from "../network/backoff.js";
import { Signaling, parse } from "../network/signaling.js";
import { entered } from "./samples.js";

/** A WebSocket whose other end is the test. */
class FakeSocket {
  bufferedAmount = 0;
  /** @type {any[]} */
  sent = [];
  closed = false;
  /** @type {((event: { data: unknown }) => void) | null} */
  onmessage = null;
  /** @type {(() => void) | null} */
  onclose = null;

  /** @param {string} text */
  send(text) {
    this.sent.push(JSON.parse(text));
  }

  close() {
    this.closed = true;
  }

  /** @param {unknown} message */
  hear(message) {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
}

/** @param {import("node:test").TestContext} context */
function connect(context) {
  let now = 0;
  let slept = 0;
  context.mock.method(performance, "now", () => now);
  context.mock.method(Date, "now", () => now + slept);
  mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  context.after(() => mock.timers.reset());
  /** @type {FakeSocket[]} */
  const sockets = [];
  /** @type {string[]} */
  const states = [];
  /** @type {any[]} */
  const heard = [];
  const signaling = new Signaling({
    url: "ws://test/ws",
    greet: () => ({ type: "enter", conference: "Zm9vYmFyYmF6cXV4cXV1eA", name: "나" }),
    onMessage: (message) => heard.push(message),
    onState: (state) => states.push(state),
    openSocket: (_url, protocol) => {
      assert.equal(protocol, "mcu.v1");
      const socket = new FakeSocket();
      sockets.push(socket);
      return /** @type {any} */ (socket);
    },
    backoff: new Backoff(() => 0),
  });
  const pass = (/** @type {number} */ ms) => {
    for (let step = 0; step < ms; step += 50) {
      now += 50;
      mock.timers.tick(50);
    }
  };
  const socket = () => /** @type {FakeSocket} */ (sockets.at(-1));
  const enter = () => {
    socket().hear({ type: "welcome", protocol: "mcu.v1", server: "test" });
    socket().hear(entered());
  };
  context.after(() => signaling.close());
  const sleep = (/** @type {number} */ ms) => (slept += ms);
  return { signaling, sockets, socket, states, heard, pass, enter, sleep };
}

test("greets after welcome, and sends nothing else before entered", (context) => {
  const { signaling, socket, states, heard } = connect(context);
  signaling.open();
  assert.equal(signaling.send({ type: "chat", text: "이르다" }), false);
  socket().hear({ type: "welcome", protocol: "mcu.v1", server: "test" });
  assert.deepEqual(
    socket().sent.map((message) => message.type),
    ["enter"],
  );
  assert.equal(signaling.send({ type: "leave" }), false);
  socket().hear(entered());
  assert.equal(signaling.send({ type: "chat", text: "안녕하세요" }), true);
  assert.deepEqual(states, ["connecting", "open"]);
  assert.deepEqual(
    heard.map((message) => message.type),
    ["entered"],
  );
});

test("a closed connection is opened again by itself", (context) => {
  const { signaling, sockets, socket, states, pass, enter } = connect(context);
  signaling.open();
  enter();
  socket().onclose?.();
  assert.equal(signaling.send({ type: "chat", text: "끊김" }), false);
  pass(300);
  assert.equal(sockets.length, 2);
  enter();
  assert.deepEqual(states, ["connecting", "open", "waiting", "connecting", "open"]);
});

test("silence: a ping, and without any answer a new connection", (context) => {
  const { signaling, sockets, socket, pass, enter } = connect(context);
  signaling.open();
  enter();
  pass(3_000);
  assert.equal(socket().sent.at(-1)?.type, "ping");
  socket().hear({ type: "pong" });
  pass(3_000);
  assert.equal(sockets.length, 1);
  pass(4_000);
  assert.equal(sockets[0]?.closed, true);
  assert.equal(sockets.length, 2);
});

test("who asks to enter waits as long as a busy server lets people wait", (context) => {
  const { signaling, sockets, socket, pass } = connect(context);
  signaling.open();
  socket().hear({ type: "welcome", protocol: "mcu.v1", server: "test" });
  pass(8_500); // seven seconds, and a slow line
  assert.equal(sockets.length, 1);
  pass(3_500);
  assert.equal(sockets[0]?.closed, true);
  assert.equal(sockets.length, 2);
  pass(7_000); // and a server that does not even say welcome is tried again as soon as any other
  assert.equal(sockets.length, 3);
});

test("hurry does not wait for the next attempt", (context) => {
  const { signaling, sockets, socket } = connect(context);
  signaling.open();
  socket().onclose?.();
  signaling.hurry();
  assert.equal(sockets.length, 2);
});

test("after close nothing happens any more", (context) => {
  const { signaling, sockets, pass, enter } = connect(context);
  signaling.open();
  enter();
  signaling.close();
  pass(60_000);
  assert.equal(sockets.length, 1);
  assert.equal(sockets[0]?.closed, true);
});

test("what a closed socket still says is not heard", (context) => {
  const { signaling, socket, heard, enter } = connect(context);
  signaling.open();
  enter();
  const old = socket();
  old.onclose?.();
  old.hear({ type: "tiles", revision: 9, tiles: [] });
  assert.equal(heard.length, 1);
});

test("anything that is not a message is dropped", () => {
  for (const data of ["", "{", "null", "[]", '{"type":7}', "7", new ArrayBuffer(3)]) assert.equal(parse(data), null);
  assert.deepEqual(parse('{"type":"pong","more":1}'), { type: "pong", more: 1 });
});

test("when the network has changed, a connection that does not answer at once is given up", (context) => {
  const { signaling, sockets, socket, pass, enter } = connect(context);
  signaling.open();
  enter();
  signaling.hurry();
  assert.deepEqual(socket().sent.at(-1), { type: "ping" });
  socket().hear({ type: "pong" });
  pass(2_000);
  assert.equal(sockets.length, 1);
  signaling.hurry();
  pass(1_450);
  assert.equal(sockets.length, 1);
  pass(100);
  assert.equal(sockets.length, 2);
});

test("a page that wakes looks at its connection at once, also where its clock stood still", (context) => {
  const { signaling, sockets, socket, pass, enter, sleep } = connect(context);
  signaling.open();
  enter();
  pass(1_000);
  sleep(20_000);
  pass(1_000);
  assert.deepEqual(socket().sent.at(-1), { type: "ping" });
  pass(1_500);
  assert.equal(sockets.length, 2);
});

test("says when the next attempt is", (context) => {
  /** @type {(number | null)[]} */
  const told = [];
  const { signaling, socket } = connect(context);
  signaling.close();
  const other = new Signaling({
    url: "ws://test/ws",
    greet: () => ({ type: "enter", conference: "Zm9vYmFyYmF6cXV4cXV1eA", name: "나" }),
    onMessage: () => {},
    onState: (_state, _attempt, retryAt) => told.push(retryAt),
    openSocket: () => /** @type {any} */ (new FakeSocket()),
    backoff: new Backoff(() => 0),
  });
  other.open();
  assert.equal(socket(), undefined);
  other.retry();
  other.close();
  assert.deepEqual(told, [null, 250, null]);
});
