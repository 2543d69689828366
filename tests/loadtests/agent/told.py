"""What a server says of a small conference."""

from __future__ import annotations

from mcu.signaling import protocol as p


def line(participant: str, name: str, **fields: object) -> p.Participant:
    usual = {
        "office": "",
        "role": "attendee",
        "seat": 1,
        "muted": False,
        "muted_by_chair": False,
        "camera_off": False,
        "hand": False,
        "captioner": False,
        "presence": "connected",
    }
    return p.Participant(participant=participant, name=name, **(usual | fields))  # type: ignore[arg-type]


def entered(*lines: p.Participant) -> p.Entered:
    return p.Entered(
        conference=p.ConferenceView(
            id="c1",
            title="회의",
            number="123456789",
            locked=False,
            layout=p.LayoutChoice(name="speaker"),
            content="b",
            picture=p.PictureSize(width=1280, height=720, fps=30),
        ),
        you=p.You(participant="a", secret="s" * 22, role="attendee", seat=1),
        participants=lines,
        chat=(),
        ice_servers=(),
        resumed=False,
    )


def tiles(*participants: str) -> p.Tiles:
    each = (
        p.Tile(participant=who, x=0, y=180 * row, width=320, height=180, content=row == 2)
        for row, who in enumerate(participants)
    )
    return p.Tiles(revision=1, layout="grid", width=1280, height=720, tiles=tuple(each))
