"""The pictures of a workload as they were drawn, before any coder: what coding is held against."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from av.video.reformatter import VideoReformatter

from mcu.bench import media
from mcu.bench.observation import Shown
from mcu.bench.workload import Workload
from mcu.media.types import Picture
from mcu.mixer.reduction import picture_of
from mcu.synthetic.clips import Clip, Performance
from mcu.synthetic.encoding import Rgb, planar
from mcu.synthetic.staging import Order, uncoded


class Uncoded:
    """By the number that is painted into them. Each is drawn when it is asked for: some milliseconds."""

    def __init__(self, people: Mapping[int, Performance], content: Clip | None, workload: Workload) -> None:
        """`people` by number, `content` of person 0: whose pictures, and which numbers they carry."""
        folder, settings = media.media_folder(), media.settings_of(workload)
        source = str(folder.resolve()) if folder else ""
        self._loops: dict[Shown, list[tuple[Clip, Order, bool]]] = {}
        for who, performance in people.items():
            order = Order(person=performance.person, settings=settings, folder=source)
            self._loops[who, False] = [(performance.listening, order, False), (performance.speaking, order, True)]
        if content is not None:
            self._loops[0, True] = [(content, Order(person=0, settings=media.content_settings_of(workload)), False)]
        self._drawing: dict[Shown, tuple[Clip, int, Iterator[Rgb], Picture | None]] = {}
        self._convert = VideoReformatter()

    def picture(self, shown: Shown, number: int) -> Picture | None:
        """None where there is no such picture."""
        loops = self._loops.get(shown, ())
        found = next((each for each in loops if 0 <= number - each[0].first_frame < len(each[0].frames)), None)
        if found is None:
            return None
        clip, order, speaking = found
        index = number - clip.first_frame
        known = self._drawing.get(shown)
        if known is None or known[0] is not clip or known[1] > index:
            known = (clip, -1, uncoded(order, speaking=speaking), None)
        _, at, drawing, picture = known
        if at < index:
            for _ in range(index - at - 1):
                next(drawing)
            picture = picture_of(planar(self._convert, next(drawing), clip.width, clip.height))
        self._drawing[shown] = (clip, index, drawing, picture)
        return picture
