"""One received RTP packet, in a module of its own: what the receive path is compiled from reads its fields as C values.

Whoever makes one by hand gets the fields as given; packets of a network come from mcu._native.packets.
"""

from mcu._native.packets import SrtpTransport

class RtpPacket:
    """One RTP packet (RFC 3550 section 5.1), decrypted, with padding removed and known header extensions read."""

    payload_type: int
    marker: bool
    sequence_number: int
    timestamp: int
    ssrc: int
    payload: bytes  # empty for a packet of padding only
    audio_level: int  # -dBov, 0 loudest to 127 silent; -1 when the packet does not say (RFC 6464)
    voice: bool  # the sender takes this packet for speech (RFC 6464)
    transport_sequence: int  # transport-wide sequence number modulo 2**16; -1 when absent
    absolute_send_time: int  # seconds in 6.18 fixed point modulo 64 s; -1 when absent
    orientation: int  # clockwise degrees to turn the picture before showing it (0, 90, 180, 270); -1 when absent
    mid: str | None
    arrival: float  # `now` of the call that received it, less the time that it waited in the kernel
    size: int  # bytes of the datagram as it came, SRTP included, IP and UDP headers not
    transport: SrtpTransport | None  # None when it did not come over one
    owner: object  # of the transport, when it came

    def __init__(
        self,
        *,
        payload_type: int,
        marker: bool = False,
        sequence_number: int = 0,
        timestamp: int = 0,
        ssrc: int = 0,
        payload: bytes = b"",
        audio_level: int = -1,
        voice: bool = False,
        transport_sequence: int = -1,
        absolute_send_time: int = -1,
        orientation: int = -1,
        mid: str | None = None,
        arrival: float = 0.0,
        size: int = 0,
        transport: SrtpTransport | None = None,
        owner: object = None,
    ) -> None: ...
