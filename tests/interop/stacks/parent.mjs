// What every stack of Node.js needs: frames to the parent, its messages, and a clock for packets.

import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

export const settings = JSON.parse(process.argv.at(-1));
export const sends = settings.direction !== "recvonly";
export const receives = settings.direction !== "sendonly";

/** @param {"O"|"S"|"V"|"A"|"Y"|"P"} kind @param {string|Uint8Array} data */
export function tell(kind, data) {
  const bytes = Buffer.from(data);
  const head = Buffer.alloc(5);
  head.write(kind, "latin1");
  head.writeUInt32BE(bytes.length, 1);
  process.stdout.write(Buffer.concat([head, bytes]));
}

/** Call the handler of each message; end with the parent. @param {Record<string, (value: any) => unknown>} handlers */
export function listen(handlers, close) {
  const lines = createInterface({ input: process.stdin });
  lines.on("line", async (line) => {
    for (const [name, value] of Object.entries(JSON.parse(line))) await handlers[name](value);
  });
  lines.on("close", async () => {
    await close();
    process.exit(0);
  });
}

/** Send the prepared payloads in their time, again and again. `send` gets complete RTP packets. */
export function play(kind, { payloadType, ssrc, clockRate }, send) {
  const { seconds, [kind]: packets } = JSON.parse(readFileSync(settings.packets, "utf8"));
  const began = performance.now();
  let [round, index, sequence] = [0, 0, 1000];
  const due = () => round * seconds * 1000 + packets[index][0];
  const step = () => {
    while (due() <= performance.now() - began) {
      const [, timestamp, marker, payload] = packets[index];
      const head = Buffer.alloc(12);
      head[0] = 0x80;
      head[1] = (marker ? 0x80 : 0) | payloadType;
      head.writeUInt16BE(sequence, 2);
      head.writeUInt32BE((timestamp + round * seconds * clockRate) >>> 0, 4);
      head.writeUInt32BE(ssrc, 8);
      send(Buffer.concat([head, Buffer.from(payload, "base64")]));
      sequence = (sequence + 1) & 0xffff;
      index += 1;
      if (index === packets.length) [index, round] = [0, round + 1];
    }
    setTimeout(step, Math.max(1, due() - (performance.now() - began)));
  };
  step();
}
