/**
 * The server's media, inside the page: a connection that answers the page's offers and sends /still.png again and
 * again. It runs before the page's own scripts. `broken` answers with what no browser accepts.
 */
(broken) => {
  const Socket = window.WebSocket;
  const START_KILOBITS = 6_000; // so that the first picture is as sharp as the last
  let peer = null;

  window.WebSocket = class extends Socket {
    send(data) {
      super.send(data);
      const message = JSON.parse(data);
      if (message.type === "offer") void answer(this, message);
      if (message.type === "candidate" && message.candidate) {
        void peer?.addIceCandidate({ candidate: message.candidate, sdpMLineIndex: 0 }).catch(() => {});
      }
    }
  };

  const tell = (socket, sdp) =>
    socket.dispatchEvent(new MessageEvent("message", { data: JSON.stringify({ type: "answer", sdp }) }));

  async function answer(socket, { sdp, restart }) {
    if (broken) return tell(socket, "v=0");
    if (!restart || !peer) {
      peer?.close();
      peer = new RTCPeerConnection();
    }
    const own = peer;
    await own.setRemoteDescription({ type: "offer", sdp: hurried(sdp) });
    const main = own.getTransceivers().filter((one) => one.receiver.track.kind === "video")[0];
    if (main) {
      main.direction = main.direction === "sendonly" ? "sendonly" : "sendrecv";
      await main.sender.replaceTrack(await still());
    }
    await own.setLocalDescription();
    if (own.iceGatheringState !== "complete") {
      await new Promise((resolve) => (own.onicegatheringstatechange = () => own.iceGatheringState === "complete" && resolve()));
    }
    return tell(socket, own.localDescription.sdp);
  }

  const hurried = (sdp) =>
    sdp.replace(/a=rtpmap:(\d+) VP8\/90000\r\n/g, (line, type) => `${line}a=fmtp:${type} x-google-start-bitrate=${START_KILOBITS}\r\n`);

  let track = null;
  async function still() {
    if (track) return track;
    const image = new Image();
    image.src = "/still.png";
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = image.width;
    canvas.height = image.height;
    const pen = canvas.getContext("2d");
    setInterval(() => pen.drawImage(image, 0, 0), 200);
    pen.drawImage(image, 0, 0);
    [track] = canvas.captureStream(5).getTracks();
    track.contentHint = "detail";
    return track;
  }
}
