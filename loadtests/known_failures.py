"""Known failures of conferencing servers as scenarios, each named after what people saw, with the public report.

Each provokes what led to the failure, and expects what would have told it. None of them is about our server: they are
questions that any server has to answer.
"""

from __future__ import annotations

from loadtests import shapes
from loadtests.scenario import BY_BROWSER, WELL, Scenario

EVERYBODY_LOOKS = 8.0  # seconds between two checks by one participant, where the moment counts
# Of delays that grow for ever any amount shows in a long run; one picture (40 ms) comes by chance.
NO_LATER = ("glass-to-glass p50 growth < 40 ms", "voice delay p50 growth < 40 ms")

KNOWN_FAILURES = (
    Scenario(
        name="one-bad-leg",
        title_ko="알려진 결함: 회선이 나쁜 한 사람 때문에 모두의 화면이 멈춤 (한 사람이 아무것도 받지 않습니다)",
        title_en="Known failure: one bad leg stalls the picture of all (somebody takes nothing in)",
        users=10,
        duration=180.0,
        pace=shapes.calm,
        mix=BY_BROWSER,
        at_once=True,
        bad_legs=1,
        checks_every=EVERYBODY_LOOKS,
        expectations=(*WELL, "longest_freeze max < 1 s", "fps p50 > 20"),
        report="https://github.com/signalwire/freeswitch/issues/744",
    ),
    Scenario(
        name="black-until-keyframe",
        title_ko="알려진 결함: 새로 온 사람의 자리가 다음 키프레임까지 검음 (계속 들어오며, 들어오자마자 확인합니다)",
        title_en="Known failure: a tile is black until a keyframe comes (people keep coming, and look at once)",
        users=10,
        duration=180.0,
        pace=shapes.calm,
        mix=BY_BROWSER,
        at_once=True,
        stay=(10.0, 25.0),
        settle=1.0,
        checks_every=EVERYBODY_LOOKS,
        expectations=(*WELL, "join fails = 0"),
        report="https://github.com/signalwire/freeswitch/issues/1756",
    ),
    Scenario(
        name="freeze-at-leave",
        title_ko="알려진 결함: 누가 들어오거나 나갈 때 남은 사람들의 화면이 막힘 (확인하는 동안 드나듭니다)",
        title_en="Known failure: the picture blocks when people join or leave (they do during checks of the others)",
        users=12,
        duration=180.0,
        pace=shapes.calm,
        mix={"DistrictHead": 1.0},
        at_once=True,
        stay=(8.0, 20.0),
        checks_every=EVERYBODY_LOOKS,
        expectations=(*WELL, "longest_freeze max < 1 s", "leave fails = 0"),
        report="https://github.com/Kurento/bugtracker/issues/421",
    ),
    Scenario(
        name="slower-over-time",
        title_ko="알려진 결함: 시간이 갈수록 화면이 느려짐 (오래 계속하고, 처음과 끝을 견줍니다)",
        title_en="Known failure: video gets slower over time (for long; the end is compared with the beginning)",
        users=10,
        duration=900.0,
        pace=shapes.calm,
        mix=BY_BROWSER,
        at_once=True,
        expectations=(*WELL, NO_LATER[0], "fps growth > -10%"),
        report="https://github.com/open-webrtc-toolkit/owt-server/issues/650",
    ),
    Scenario(
        name="growing-delay",
        title_ko="알려진 결함: 소리가 점점 늦어짐 (오래 말하고, 처음과 끝을 견줍니다)",
        title_en="Known failure: sound comes later and later (long talks; the end is compared with the beginning)",
        users=8,
        duration=900.0,
        pace=shapes.calm,
        mix={"DistrictHead": 1.0},
        at_once=True,
        expectations=(*WELL, NO_LATER[1], "lip_sync growth < 40 ms"),
        report="https://github.com/meetecho/janus-gateway/issues/242",
    ),
    Scenario(
        name="growing-buffers",
        title_ko="알려진 결함: 부하가 걸리면 버퍼가 끝없이 자람 (세 사람이 아무것도 받지 않고, 서버의 메모리를 봅니다)",
        title_en="Known failure: buffers grow under load (three take nothing in; the server's memory is watched)",
        users=16,
        duration=600.0,
        pace=shapes.calm,
        mix=BY_BROWSER,
        at_once=True,
        bad_legs=3,
        expectations=(*WELL, *NO_LATER, "server_bytes late growth < 5%"),
        report="https://github.com/aiortc/aiortc/issues/498",
    ),
    Scenario(
        name="silently-gone",
        title_ko="알려진 결함: 133분 뒤 참가자들이 조용히 사라짐 (서버의 참가자 수를 셉니다. 실제 길이는 -t 150m)",
        title_en="Known failure: participants silently gone after 133 minutes "
        "(the server's participants are counted; -t 150m for so long)",
        users=8,
        duration=600.0,
        pace=shapes.calm,
        mix=BY_BROWSER,
        at_once=True,
        expectations=(*WELL, "presence fails = 0"),
        report="https://github.com/openfun/bbb-stress-test/issues/13",
    ),
)
