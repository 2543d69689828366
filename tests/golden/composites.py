"""Composites with known people and pictures, and the files that hold what they are to look like.

`python -m tests.golden.composites` paints the files anew; look at them before they are committed.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from mcu.control import LayoutChoice, ParticipantState, SlotRule
from mcu.media.types import Picture
from mcu.mixer.compositor import Compositor
from mcu.mixer.layout import arrange
from mcu.mixer.style import style_of

FOLDER = Path(__file__).parent
PEOPLE = (
    ("정문헌", "종로구청장"),
    ("김길성", "중구청장"),
    ("박희영", "용산구청장"),
    ("金秉洙", "金浦市長"),
    ("남궁선우", "서울특별시 행정1부시장"),
    ("Alexandra Montgomery", "Guest of the 25th assembly"),
    ("이필형", "동대문구청장"),
    ("", "성북구청장"),
)


@dataclass(frozen=True, slots=True)
class Case:
    """One golden file: `name`.png."""

    name: str
    people: int
    choice: LayoutChoice
    speaker: str | None = None
    content: str | None = None
    size: tuple[int, int] = (1280, 720)


CUSTOM = LayoutChoice(
    name="custom",
    slots=(
        SlotRule(0, 0, 1920, 1080, holds="speaker"),
        SlotRule(1440, 780, 440, 248, holds="seat", seat=2),
        SlotRule(960, 780, 440, 248),
    ),
)
CASES = (
    Case("grid-24", 24, LayoutChoice(), speaker="p8"),
    Case("speaker-5", 8, LayoutChoice(name="speaker"), speaker="p1"),
    Case("lecture-7", 12, LayoutChoice(name="lecture", strip=7), speaker="p3"),
    Case("presentation", 6, LayoutChoice(name="presentation"), speaker="p2", content="p0"),
    Case("contain-3", 3, LayoutChoice(fit="contain"), speaker="p0"),
    Case("custom", 6, CUSTOM, speaker="p0"),
    Case("grid-12-360p", 12, LayoutChoice(), speaker="p5", size=(640, 360)),
)


def members(count: int) -> list[ParticipantState]:
    """Some muted, some with the camera off; the second has a seat."""
    return [
        ParticipantState(
            f"p{number}",
            *PEOPLE[number % len(PEOPLE)],
            seat=2 if number == 1 else 0,
            muted=number % 4 == 3,
            camera_off=number % 6 == 4,
        )
        for number in range(count)
    ]


def figure(number: int) -> Picture:
    """Head and shoulders before a plain wall. Every third camera is 4:3, every fifth an upright phone."""
    width, height = ((320, 180), (320, 180), (320, 240))[number % 3]
    rotation = 90 if number % 5 == 3 else 0
    across, down = (height, width) if rotation else (width, height)
    y, x = np.mgrid[0:down, 0:across].astype(np.float32)
    x, y = (x - across / 2) / min(across, down), (y - down / 2) / min(across, down)
    head = np.clip(40 * (0.2 - np.hypot(x * 1.25, y + 0.08)), 0, 1)
    body = np.clip(40 * (0.34 - np.hypot(x, y - 0.5)), 0, 1)
    luma = 95 + 60 * (0.5 - y) * (1 - body) + 8 * np.sin(30 * x)
    luma = luma * (1 - body) + 60 * body
    luma = luma * (1 - head) + 170 * head
    angle = number * 2.4
    u = 128 + 22 * np.cos(angle) * (1 - head) - 14 * head
    v = 128 + 22 * np.sin(angle) * (1 - head) + 20 * head
    planes = (luma, u[::2, ::2], v[::2, ::2])
    turned = (np.rot90(plane, rotation // 90) for plane in planes)  # as the phone's sensor saw it
    return Picture(*(np.ascontiguousarray(np.clip(plane, 0, 255), dtype=np.uint8) for plane in turned), rotation)


def page() -> Picture:
    """A 4:3 page of fine lines, as a shared document has."""
    luma = np.full((768, 1024), 232, np.uint8)
    for top in range(60, 720, 18):
        luma[top : top + 6, 80 : 940 - top * 7 % 300] = 50
    chroma = np.full((384, 512), 128, np.uint8)
    return Picture(luma, chroma, chroma)


def paint(case: Case) -> Image.Image:
    """The composite of a case, as RGB."""
    people = members(case.people)
    width, height = case.size
    tiles = arrange(case.choice, members=people, speaker=case.speaker, content=case.content, width=width, height=height)
    pictures = {(member.participant, False): figure(number) for number, member in enumerate(people)}
    if case.content is not None:
        pictures[case.content, True] = page()
    compositor = Compositor(width, height)
    styles = {m.participant: style_of(m, speaking=m.participant == case.speaker) for m in people}
    compositor.compose(tiles, styles, pictures)
    image: Image.Image = compositor.frame.to_image()
    return image


def main() -> None:
    for case in CASES:
        paint(case).save(FOLDER / f"{case.name}.png", optimize=True)


if __name__ == "__main__":
    main()
