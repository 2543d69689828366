"""What one packet costs the network path, from the CPU of the thread that owns all sockets.

The main thread of an MP reads datagrams, decrypts, sorts, asks for what is missing, encrypts, sends, answers RTCP, and
every 20 ms runs the tick of the sound: Opus, the mix, and the sending of the sound. The tick's share is taken off, and
so are the packets that it sent:

    (CPU of the main thread - tick of the sound) / (packets received + sent - sent by the tick)

The kernel's work for the sockets, timers and the control connection are in it. `at_most` is all CPU of the thread by
all packets, Opus included.
"""

from __future__ import annotations

from dataclasses import dataclass

from mcu.bench.metrics import Counted


@dataclass(frozen=True, slots=True)
class PacketCost:
    """Microseconds of CPU for one packet."""

    network: float  # received or sent outside the tick of the sound
    at_most: float  # the whole thread by all packets


def packet_cost(main_cpu: float, counted: Counted) -> PacketCost | None:
    """`main_cpu` in seconds a second. None when hardly a packet came."""
    every = counted.packets_received + counted.packets_sent
    outside = every - counted.audio_sent
    if outside < 1:
        return None
    return PacketCost(
        network=max(0.0, main_cpu - counted.audio_cpu) / outside * 1e6,
        at_most=main_cpu / every * 1e6,
    )
