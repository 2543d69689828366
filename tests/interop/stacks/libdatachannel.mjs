// libdatachannel through node-datachannel: RTP goes in and comes out as it is on the wire.

import datachannel from "node-datachannel";
import { listen, play, receives, sends, settings, tell } from "./parent.mjs";

const DIRECTIONS = { sendrecv: "SendRecv", sendonly: "SendOnly", recvonly: "RecvOnly" };
const STREAMS = {
  audio: { payloadType: 111, ssrc: 0x1111, clockRate: 48000, letter: "A" },
  video: { payloadType: 96, ssrc: 0x2222, clockRate: 90000, letter: "V" },
};
const RTCP_TYPES = { from: 192, to: 223 }; // second byte, RFC 5761 section 4

const connection = new datachannel.PeerConnection("peer", { iceServers: [] });
const direction = DIRECTIONS[settings.direction];
const descriptions = { audio: new datachannel.Audio("audio", direction), video: new datachannel.Video("video", direction) };
descriptions.audio.addOpusCodec(STREAMS.audio.payloadType);
if (settings.codec === "VP8") descriptions.video.addVP8Codec(STREAMS.video.payloadType);
else descriptions.video.addH264Codec(STREAMS.video.payloadType);
const tracks = []; // kept, or they would be collected
for (const [kind, stream] of Object.entries(STREAMS)) {
  if (sends) descriptions[kind].addSSRC(stream.ssrc, "peer", "stream", kind);
  const track = connection.addTrack(descriptions[kind]);
  tracks.push(track);
  if (receives) track.setMediaHandler(new datachannel.RtcpReceivingSession());
  track.onMessage((packet) => {
    if (receives && !(packet[1] >= RTCP_TYPES.from && packet[1] <= RTCP_TYPES.to)) tell(stream.letter, packet);
  });
  track.onOpen(() => {
    if (receives && kind === "video") track.requestKeyframe(); // what came before was dropped
    if (sends) play(kind, stream, (packet) => track.isOpen() && track.sendMessageBinary(packet));
  });
}
connection.onStateChange((state) => tell("S", state));
connection.onGatheringStateChange((state) => {
  if (state === "complete") tell("O", connection.localDescription().sdp);
});
listen({ answer: (sdp) => connection.setRemoteDescription(sdp, "answer") }, () => connection.close());
connection.setLocalDescription("offer");
