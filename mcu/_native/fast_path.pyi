"""What is done with most packets of a leg without making a Python object of them.

Every packet of a transport that knows a `FastPath` comes here first, already parsed. One that is like those before it,
in every way that matters, is counted (RFC 3550) and its arrival noted (transport-wide), and then:

    sound                           goes to its receiver, past session, intake and stream
    a picture in order              is kept by its `FrameRun`, until the frame is whole and goes out as one object
    a stream that is only counted   has had all that is to be done

Rules:
1. Everything else goes the usual way, untouched: the first packets of a source, gaps and repairs, keyframes, layers, a
   deadline to be set. So no rule of the receive path is here but the one for nothing being amiss.
2. After a packet that went the usual way, the others of its leg go that way too until the intake has had it (`open`):
   nothing overtakes.
3. A run that must stop gives its packets back, and its receiver takes them as if they had just come.
4. Nothing allocates per packet. Routes, packets of a frame and its octets, and arrivals are bounded.
"""

from typing import Final, final

MAX_GAP: Final[int]
"""Transport-wide sequence numbers; a larger jump is a new start, not loss. Also the most arrivals that are held."""

TICKS_PER_SECOND: Final[int]
"""Of arrival times: 250 µs (draft-holmer-rmcat-transport-wide-cc-extensions-01 section 3.1.5)."""

class SourceCount:
    """The packets of one SSRC: numbers extended, loss (RFC 3550 appendix A.3), jitter (A.8). Times are monotonic."""

    ssrc: int
    clock_rate: int  # Hz
    received: int
    jumps: int  # times the sequence started anew
    base: int  # extended number of the first packet; -1 before
    highest: int  # extended number; -1 before the first
    deviation: float  # of the transit time, smoothed, in units of the clock rate
    retired: bool  # not reported on any more: another is to be found for the next packet
    expected_before: int  # when it was last reported on
    received_before: int

    def __init__(self, ssrc: int, clock_rate: int) -> None: ...
    def receive(self, sequence_number: int, timestamp: int, now: float) -> None:
        """Count one packet that arrived at `now`. A jump needs a second packet to be believed (appendix A.1)."""
    @property
    def expected(self) -> int: ...

class ArrivalLog:
    """When packets arrived, by extended transport-wide number; at most MAX_GAP that nobody was told of."""

    due: float  # when the peer is to be told; inf while nothing came since. Set by the owner
    dropped: int  # arrivals that could not be reported: too many, or far too old
    @property
    def pending(self) -> bool: ...
    def record(self, sequence: int, now: float) -> None:
        """Packet `sequence` (16 bits) arrived. Of two with one number the first counts."""
    def take_span(self, most: int) -> tuple[int, list[int | None]] | None:
        """The next numbers to tell of, at most so many, and forgets them: the first number, and ticks or None for each.
        None when there are no more. What comes late is told of by itself."""

@final
class WholeFrame:
    """A VP8 picture that came in order and whole, and refers to the one before."""

    stream: object  # as it was learnt
    owner: object  # of the transport, when the last packet came
    run: FrameRun
    data: bytes  # without payload descriptors
    timestamp: int
    packets: int
    picture_id: int  # -1 for none
    orientation: int  # of its newest packet that told; -1 for none

@final
class FrameRun:
    """The packets of one frame of one VP8 stream so far; len() says how many."""

    armed: bool  # takes packets
    def arm(self, number: int) -> None:
        """Take packets from `number` on, which begins a frame."""
    def disarm(self) -> list[tuple[int, int, bytes, int]]:
        """Take no more. Returns those of the unfinished frame: (number, timestamp, payload, orientation), in order."""
    def __len__(self) -> int: ...

@final
class FastPath:
    """One per leg; len() says how many routes it knows."""

    last_received: float  # monotonic seconds, of a packet that it took; -inf before the first
    def __init__(self, arrivals: ArrivalLog) -> None: ...
    def learn(
        self,
        ssrc: int,
        payload_type: int,
        mid: str | None,  # that packets of the stream may carry; those with another go the usual way
        count: SourceCount,
        stream: object,
        run: FrameRun | None = None,  # of a picture
        target: object = None,  # of sound: RtpPacket.receiver
    ) -> None:
        """Take packets of this SSRC and type. Forgets what another source of the same stream was."""
    def forget(self) -> None:
        """Take nothing until taught again."""
    def open(self) -> None:
        """The packet that went the usual way has been seen to."""
    def __len__(self) -> int: ...
