"""GStreamer's webrtcbin with its own encoders and decoders. Runs in Debian's Python, where its bindings are."""

from __future__ import annotations

import json
import sys
import threading
from pathlib import Path

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstSdp", "1.0")
gi.require_version("GstWebRTC", "1.0")
from gi.repository import GLib, Gst, GstSdp, GstWebRTC  # noqa: E402

LATENCY_MS = 40  # of the jitter buffer; loopback needs none
DIRECTIONS = {
    "sendrecv": GstWebRTC.WebRTCRTPTransceiverDirection.SENDRECV,
    "sendonly": GstWebRTC.WebRTCRTPTransceiverDirection.SENDONLY,
    "recvonly": GstWebRTC.WebRTCRTPTransceiverDirection.RECVONLY,
}
CAPS = {
    "opus": "application/x-rtp,media=audio,encoding-name=OPUS,payload=111,clock-rate=48000,encoding-params=(string)2",
    "VP8": "application/x-rtp,media=video,encoding-name=VP8,payload=96,clock-rate=90000",
    "H264": "application/x-rtp,media=video,encoding-name=H264,payload=96,clock-rate=90000",
}
ENCODERS = {
    "VP8": "vp8enc deadline=1 cpu-used=8 keyframe-max-dist=30 target-bitrate=800000 ! rtpvp8pay picture-id-mode=15-bit",
    "H264": "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=30 bitrate=800 !"
    " video/x-h264,profile=constrained-baseline ! rtph264pay aggregate-mode=zero-latency config-interval=-1",
}
DECODERS = {
    "VP8": "rtpvp8depay ! vp8dec ! videoconvert ! video/x-raw,format=GRAY8",
    "H264": "rtph264depay ! h264parse ! avdec_h264 ! videoconvert ! video/x-raw,format=GRAY8",
    "OPUS": "rtpopusdepay ! opusdec ! audioconvert ! audioresample ! audio/x-raw,format=S16LE,channels=1,rate=48000",
}

settings = json.loads(sys.argv[-1])
writing = threading.Lock()


def tell(kind: bytes, data: bytes) -> None:
    with writing:
        sys.stdout.buffer.write(kind + len(data).to_bytes(4, "big") + data)
        sys.stdout.buffer.flush()


def sending(codec: str) -> str:
    """The description of the pipeline's sending half."""
    width, height, fps = settings["width"], settings["height"], settings["fps"]
    return (
        f"appsrc name=camera is-live=true do-timestamp=true format=time"
        f" caps=video/x-raw,format=I420,width={width},height={height},framerate={fps}/1"
        f" ! queue ! {ENCODERS[codec]} pt=96 ! {CAPS[codec]} ! web."
        f" audiotestsrc is-live=true freq={settings['tone']} volume=0.3 ! audio/x-raw,rate=48000,channels=1"
        f" ! queue ! opusenc ! rtpopuspay pt=111 ! {CAPS['opus']} ! web."
    )


class Peer:
    def __init__(self, loop: GLib.MainLoop) -> None:
        self._loop = loop
        codec = settings["codec"]
        sends = settings["direction"] != "recvonly"
        self._pipeline = Gst.parse_launch(
            f"pipeline.( webrtcbin name=web bundle-policy=max-bundle latency={LATENCY_MS}"
            f" {sending(codec) if sends else ''} )"
        )
        self._web = self._pipeline.get_by_name("web")
        self._web.connect("pad-added", self._pad_added)
        self._web.connect("notify::connection-state", self._state)
        self._web.connect("on-negotiation-needed", self._negotiate)
        if sends:
            self._film()
            for index in (0, 1):
                self._web.emit("get-transceiver", index).set_property("direction", DIRECTIONS[settings["direction"]])
        else:
            for name in (codec, "opus"):
                self._web.emit("add-transceiver", DIRECTIONS["recvonly"], Gst.Caps.from_string(CAPS[name]))
        self._pipeline.set_state(Gst.State.PLAYING)

    def accept(self, text: str) -> None:
        _, message = GstSdp.SDPMessage.new_from_text(text)
        answer = GstWebRTC.WebRTCSessionDescription.new(GstWebRTC.WebRTCSDPType.ANSWER, message)
        self._web.emit("set-remote-description", answer, None)

    def end(self) -> None:
        self._pipeline.set_state(Gst.State.NULL)
        self._loop.quit()

    def _negotiate(self, web: Gst.Element) -> None:
        web.emit("create-offer", None, Gst.Promise.new_with_change_func(self._offered))

    def _offered(self, promise: Gst.Promise) -> None:
        reply = promise.get_reply()  # owns the offer: must outlive it
        offer = reply.get_value("offer")
        self._web.emit("set-local-description", offer, Gst.Promise.new())
        tell(b"O", offer.sdp.as_text().encode())

    def _state(self, web: Gst.Element, _property: object) -> None:
        tell(b"S", web.get_property("connection-state").value_nick.encode())

    def _film(self) -> None:
        camera = self._pipeline.get_by_name("camera")
        data = Path(settings["pictures"]).read_bytes()
        size = settings["width"] * settings["height"] * 3 // 2
        pictures = [data[start : start + size] for start in range(0, len(data), size)]
        count = 0

        def shoot() -> bool:
            nonlocal count
            camera.emit("push-buffer", Gst.Buffer.new_wrapped(pictures[count % len(pictures)]))
            count += 1
            return True

        GLib.timeout_add(1000 // settings["fps"], shoot)

    def _pad_added(self, _web: Gst.Element, pad: Gst.Pad) -> None:
        if pad.direction != Gst.PadDirection.SRC:
            return
        codec = pad.get_current_caps().get_structure(0).get_string("encoding-name")
        decoder = Gst.parse_bin_from_description(
            f"queue ! {DECODERS[codec]} ! appsink name=out emit-signals=true sync=false", True
        )
        decoder.get_by_name("out").connect("new-sample", take_samples if codec == "OPUS" else take_picture)
        self._pipeline.add(decoder)
        decoder.sync_state_with_parent()
        pad.link(decoder.get_static_pad("sink"))


def take_picture(sink: Gst.Element) -> Gst.FlowReturn:
    sample = sink.emit("pull-sample")
    caps = sample.get_caps().get_structure(0)
    width, height = caps.get_int("width").value, caps.get_int("height").value
    data = sample.get_buffer().extract_dup(0, sample.get_buffer().get_size())
    stride = len(data) // height
    rows = b"".join(data[row * stride : row * stride + width] for row in range(height))
    tell(b"Y", width.to_bytes(2, "big") + height.to_bytes(2, "big") + rows)
    return Gst.FlowReturn.OK


def take_samples(sink: Gst.Element) -> Gst.FlowReturn:
    buffer = sink.emit("pull-sample").get_buffer()
    tell(b"P", buffer.extract_dup(0, buffer.get_size()))
    return Gst.FlowReturn.OK


def listen(peer: Peer) -> None:
    """Read the parent's messages in a thread; its end is ours."""
    for line in sys.stdin:
        GLib.idle_add(peer.accept, json.loads(line)["answer"])
    GLib.idle_add(peer.end)


def main() -> None:
    Gst.init(None)
    loop = GLib.MainLoop()
    peer = Peer(loop)
    threading.Thread(target=listen, args=(peer,), daemon=True).start()
    loop.run()


main()
