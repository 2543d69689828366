"""Meetings over bad lines: an emulated network between two namespaces, with a server of its own at the near end.

They take root and /dev/net/tun; where that is not allowed they are left out, and say so.
"""

from __future__ import annotations

from loadtests import shapes
from loadtests.scenario import BY_BROWSER, CHECKED, Scenario

GOOD = "delay=20ms,jitter=5ms"
IN = ("join p95 < 8 s", "join fails = 0")

BAD_LINES = (
    Scenario(
        name="bad-lines",
        title_ko="나쁜 회선: 모두가 손실과 흔들림이 있는 한 회선 너머에 있습니다 (--weather로 바꿉니다, root 필요)",
        title_en="Bad lines: everybody is beyond one line with loss and jitter (--weather says what; needs root)",
        users=4,
        duration=120.0,
        pace=shapes.calm,
        mix=BY_BROWSER,
        at_once=True,
        weather=f"{GOOD}; 30s: loss=2%,bursts=0.5%/30%,delay=50ms,jitter=20ms,reorder=0.5%; 90s: {GOOD}",
        expectations=(*IN, "glass-to-glass p95 < 600 ms", "voice delay p95 < 500 ms", "presence fails = 0"),
    ),
    Scenario(
        name="dead-line",
        title_ko="죽은 회선: 5초 동안 아무것도 지나가지 못하고, 그 뒤 모두 돌아와야 합니다 (root 필요)",
        title_en="Dead line: for 5 s nothing passes, and everybody has to be back afterwards (needs root)",
        users=4,
        duration=100.0,
        pace=shapes.calm,
        mix=BY_BROWSER,
        at_once=True,
        weather=f"{GOOD}; 45s: blackhole; 50s: {GOOD}",
        expectations=(*IN, "reconnect p95 < 10 s", "reconnect fails = 0", "tile check fails = 0", "presence fails = 0"),
    ),
    Scenario(
        name="one-bad-receiver",
        title_ko="한 사람만 나쁜 회선: 그 사람 때문에 다른 사람들이 나빠지면 안 됩니다 (root 필요)",
        title_en="One bad receiver: nobody else may be worse off because of that line (needs root)",
        users=6,
        duration=120.0,
        pace=shapes.calm,
        mix=BY_BROWSER,
        at_once=True,
        weather=f"{GOOD}; 20s: only=down,loss=20%,delay=80ms,jitter=40ms,rate=300kbit",
        far_receivers=1,
        expectations=(*CHECKED, "presence fails = 0"),
    ),
)
