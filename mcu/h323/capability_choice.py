"""What this server sends: of each kind the best format that the peer can receive, all at the same time.

Rules:
1. Formats come from one capability descriptor, each from another of its alternative sets (H.245 clause 6.2.8.1).
2. Sound before the picture, the picture before content; then the better codecs; then descriptors in their order.
3. A codec that the peer's own stream has is taken before a better one where `like` says so.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from itertools import product

from mcu.h323 import data_types
from mcu.h323.capabilities import AUDIO_PACKET_MS, CapabilitySet, Offer
from mcu.h323.channels import MediaFormat
from mcu.h323.data_types import Ability
from mcu.h323.media_keys import Encryption
from mcu.media.types import StreamKind

MIN_FPS = 10  # a picture slower than this is worse than a smaller one
MIN_CONTENT_FPS = 3  # of a shared screen, where words are read
FALLBACK = 1_000  # the rank of a codec that is in no list: worse than all others

Choice = dict[StreamKind, MediaFormat]
Rank = tuple[int, ...]  # lower is better


def choose(
    offer: Offer,
    theirs: CapabilitySet,
    *,
    like: Mapping[StreamKind, str] | None = None,
    refused: Collection[MediaFormat] = (),
) -> Choice:
    """The formats to send, by kind; a kind that has nothing in common is left out.

    `like` names codecs that are wanted before others; `refused` are formats that the peer did not take although it
    said that it could.
    """
    formats: dict[int, tuple[Rank, MediaFormat]] = {}
    for number, ability in theirs.abilities.items():
        media = _format(offer, theirs, ability)
        if media is not None and media not in refused:
            formats[number] = (_rank(offer, ability.kind, media, like or {}), media)
    best: tuple[tuple[int, ...], Choice] | None = None
    for place, descriptor in enumerate(theirs.descriptors):
        for picked in _combinations(theirs, descriptor, formats):
            score = _score(picked, formats, place)
            if best is None or score < best[0]:
                best = score, {kind: formats[number][1] for kind, number in picked.items()}
    return best[1] if best else {}


def reachable(theirs: CapabilitySet, encryption: Encryption) -> CapabilitySet:
    """`theirs` without what `encryption` rules out: OFF has no keys, REQUIRED nothing in the clear."""
    if encryption is Encryption.OFFERED:
        return theirs
    if encryption is Encryption.OFF:
        abilities = {number: replace(ability, ciphered=False) for number, ability in theirs.abilities.items()}
    else:
        abilities = {number: ability for number, ability in theirs.abilities.items() if ability.ciphered}
    return replace(theirs, abilities=abilities)


def _combinations(
    theirs: CapabilitySet,
    descriptor: tuple[tuple[int, ...], ...],
    formats: Mapping[int, tuple[Rank, MediaFormat]],
) -> Iterable[dict[StreamKind, int]]:
    """Which entries can be used together: of each kind at most one, of each alternative set at most one."""
    by_kind: dict[StreamKind, list[tuple[int, int]]] = {kind: [] for kind in StreamKind}
    for place, alternatives in enumerate(descriptor):
        for kind, found in by_kind.items():
            usable = [number for number in alternatives if number in formats and theirs.abilities[number].kind is kind]
            if usable:
                found.append((place, min(usable, key=lambda number: formats[number][0])))
    # Of each kind the best of as many sets as there are kinds: the others take at most all but one of them away.
    best = (sorted(found, key=lambda each: formats[each[1]][0])[: len(by_kind)] for found in by_kind.values())
    ways = [[*found, None] for found in best]
    for way in product(*ways):
        places = [each[0] for each in way if each is not None]
        if places and len(set(places)) == len(places):
            yield {kind: each[1] for kind, each in zip(by_kind, way, strict=True) if each is not None}


def _score(
    picked: Mapping[StreamKind, int], formats: Mapping[int, tuple[Rank, MediaFormat]], place: int
) -> tuple[int, ...]:
    """Lower is better."""
    missing = [kind not in picked for kind in StreamKind]
    ranks = [rank for kind in StreamKind for rank in (formats[picked[kind]][0] if kind in picked else (FALLBACK,) * 6)]
    return (*map(int, missing), *ranks, place)


def _rank(offer: Offer, kind: StreamKind, media: MediaFormat, like: Mapping[StreamKind, str]) -> Rank:
    """Codec before size: H.264 of 360 lines looks better than CIF in H.261."""
    name = media.codec + ("+" if media.h263_plus else "")
    names = {StreamKind.AUDIO: offer.audio, StreamKind.MAIN: offer.video, StreamKind.CONTENT: offer.content}[kind]
    place = names.index(name) if name in names else FALLBACK
    if like.get(kind) == media.codec:
        place = -1
    shared = media.h264_profile in {"", "constrained-baseline"}  # what browsers get as well needs no coder of its own
    return int(not media.ciphered), place, -media.width * media.height, -media.fps, int(not shared), -media.bitrate


def _format(offer: Offer, theirs: CapabilitySet, ability: Ability) -> MediaFormat | None:
    """What is sent to this decoder; None for nothing."""
    if ability.kind is StreamKind.AUDIO:
        if ability.codec not in offer.audio:
            return None
        return data_types.audio_format(ability, packet_ms=AUDIO_PACKET_MS)
    wanted = offer.content if ability.kind is StreamKind.CONTENT else offer.video
    if ability.codec + ("+" if ability.h263_plus else "") not in wanted:
        return None
    size = _size(offer, ability)
    if size is None:
        return None
    width, height, fps = size
    modes = theirs.packetization_modes if ability.codec == "H264" else (0,)
    return data_types.video_format(
        ability,
        width=width,
        height=height,
        fps=fps,
        bitrate=offer.content_bitrate if ability.kind is StreamKind.CONTENT else offer.video_bitrate,
        packetization_mode=max(modes),
    )


def _size(offer: Offer, ability: Ability) -> tuple[int, int, int] | None:
    """(width, height, fps): the largest of our sizes that is decoded fast enough, or else the smallest."""
    width, height, fps = offer.largest(ability.kind)
    largest = width, height
    if ability.h264 is None:
        candidates = [size[:2] for size in ability.sizes if size[:2] != data_types.SIZES["sqcifMPI"]]
    else:
        candidates = [size for size in data_types.PICTURE_SIZES if size <= largest]
        candidates = candidates or [largest]
    rates = [(*size, min(fps, data_types.frame_rate(ability, *size))) for size in candidates]
    slow = next((each for each in reversed(rates) if each[2]), None)
    least = MIN_CONTENT_FPS if ability.kind is StreamKind.CONTENT else MIN_FPS
    return next((each for each in rates if each[2] >= least), slow)
