// werift: WebRTC in TypeScript, with no native code and no codecs.

import { MediaStreamTrack, RTCPeerConnection, useH264, useOPUS, useVP8 } from "werift";
import { listen, play, receives, sends, settings, tell } from "./parent.mjs";

const PAYLOAD_TYPES = { audio: 111, video: 96 };
const CLOCK_RATES = { audio: 48000, video: 90000 };
const SSRCS = { audio: 0x1111, video: 0x2222 }; // werift puts its own in their place

const video = settings.codec === "VP8" ? useVP8 : useH264;
const connection = new RTCPeerConnection({
  bundlePolicy: "max-bundle",
  iceServers: [],
  codecs: {
    audio: [useOPUS({ payloadType: PAYLOAD_TYPES.audio })],
    video: [video({ payloadType: PAYLOAD_TYPES.video })],
  },
});
const tracks = {};
for (const kind of ["audio", "video"]) {
  tracks[kind] = new MediaStreamTrack({ kind });
  connection.addTransceiver(sends ? tracks[kind] : kind, { direction: settings.direction });
}
connection.onTrack.subscribe((track) => {
  track.onReceiveRtp.subscribe((packet) => {
    if (receives) tell(track.kind === "video" ? "V" : "A", packet.serialize());
  });
});
connection.connectionStateChange.subscribe((state) => {
  tell("S", state);
  if (state !== "connected" || !sends) return;
  for (const kind of ["audio", "video"]) {
    const stream = { payloadType: PAYLOAD_TYPES[kind], ssrc: SSRCS[kind], clockRate: CLOCK_RATES[kind] };
    play(kind, stream, (packet) => tracks[kind].writeRtp(packet));
  }
});
listen({ answer: (sdp) => connection.setRemoteDescription({ type: "answer", sdp }) }, () => connection.close());
await connection.setLocalDescription(await connection.createOffer());
tell("O", connection.localDescription.sdp);
