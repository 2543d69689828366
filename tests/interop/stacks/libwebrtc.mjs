// Google's libwebrtc through @roamhq/wrtc: the stack of Chromium with its own encoders, decoders and rate control.

import { readFileSync } from "node:fs";
import webrtc from "@roamhq/wrtc";
import { listen, receives, sends, settings, tell } from "./parent.mjs";

const RATE = 48000;
const BLOCK = RATE / 100; // samples of 10 ms, the only size that is taken
const VOLUME = 0.3 * 32767;

const { RTCAudioSink, RTCAudioSource, RTCVideoSink, RTCVideoSource } = webrtc.nonstandard;
const connection = new webrtc.RTCPeerConnection({ bundlePolicy: "max-bundle" });
const sources = { audio: new RTCAudioSource(), video: new RTCVideoSource() };
const sinks = []; // kept, or they would be collected
for (const kind of ["audio", "video"]) {
  connection.addTransceiver(sends ? sources[kind].createTrack() : kind, { direction: settings.direction });
}

/** @param {number} milliseconds */
function every(milliseconds, work) {
  const began = performance.now();
  let count = 0;
  setInterval(() => {
    while (count * milliseconds <= performance.now() - began) work(count++);
  }, milliseconds / 2);
}

function speak(block) {
  const samples = new Int16Array(BLOCK);
  for (let n = 0; n < BLOCK; n++) {
    samples[n] = VOLUME * Math.sin(((block * BLOCK + n) * 2 * Math.PI * settings.tone) / RATE);
  }
  sources.audio.onData({ samples, sampleRate: RATE, bitsPerSample: 16, channelCount: 1, numberOfFrames: BLOCK });
}

function show(pictures, number) {
  const { width, height } = settings;
  const size = (width * height * 3) / 2;
  const from = (number * size) % pictures.length;
  sources.video.onFrame({ width, height, data: new Uint8ClampedArray(pictures.subarray(from, from + size)) });
}

connection.ontrack = ({ track }) => {
  if (!receives) return;
  if (track.kind === "video") {
    const sink = new RTCVideoSink(track);
    sink.onframe = ({ frame: { width, height, data } }) => {
      const head = Buffer.alloc(4);
      head.writeUInt16BE(width, 0);
      head.writeUInt16BE(height, 2);
      tell("Y", Buffer.concat([head, data.subarray(0, width * height)]));
    };
    sinks.push(sink);
  } else {
    const sink = new RTCAudioSink(track);
    sink.ondata = ({ samples, channelCount, sampleRate }) => {
      if (sampleRate !== RATE) return; // the first blocks, before anything was received
      const mono = samples.filter((_, index) => index % channelCount === 0);
      tell("P", Buffer.from(mono.buffer, mono.byteOffset, mono.byteLength));
    };
    sinks.push(sink);
  }
};
connection.onconnectionstatechange = () => tell("S", connection.connectionState);
listen(
  {
    answer: (sdp) => connection.setRemoteDescription({ type: "answer", sdp }),
    restart: () => offer({ iceRestart: true }),
  },
  () => connection.close(),
);

async function offer(options) {
  await connection.setLocalDescription(await connection.createOffer(options));
  if (connection.iceGatheringState !== "complete") {
    await new Promise((resolve) => {
      connection.onicegatheringstatechange = () => connection.iceGatheringState === "complete" && resolve();
    });
  }
  tell("O", connection.localDescription.sdp);
}

if (sends) {
  const pictures = readFileSync(settings.pictures);
  every(10, speak);
  every(1000 / settings.fps, (number) => show(pictures, number));
}
await offer({});
