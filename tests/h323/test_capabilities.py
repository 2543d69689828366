"""Capability sets: ours small and true, the peer's read with all that it leaves open, and the choice between them."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from mcu.h323 import capabilities, data_types, h245_codec, tpkt
from mcu.h323.capabilities import CapabilitySet, Offer
from mcu.h323.capability_choice import choose
from mcu.h323.capability_exchange import PROTOCOL
from mcu.h323.h245_messages import TerminalCapabilitySet
from mcu.media.audio_codecs import DECODED_CODECS
from mcu.media.types import StreamKind
from tests.h323 import shark

AUDIO, MAIN, CONTENT = StreamKind
Value = Any

ULAW: Value = ("receiveAudioCapability", ("g711Ulaw64k", 20))
ALAW: Value = ("receiveAudioCapability", ("g711Alaw64k", 20))
FLAGS = {"temporalSpatialTradeOffCapability": False, "stillImageTransmission": False}
H261: Value = (
    "receiveVideoCapability",
    ("h261VideoCapability", {"cifMPI": 1, "qcifMPI": 1, "maxBitRate": 3840, **FLAGS}),
)


def h264(level: int, *, bits: int = 64, kbits: int = 2_000, **custom: int) -> Value:
    """A generic capability; `custom` is p3=…, p4=… for parameters 3 and 4."""
    parameters = [(41, "booleanArray", bits), (42, "unsignedMin", level)]
    parameters += [(int(name[1:]), "unsignedMin", value) for name, value in custom.items()]
    collapsing = [
        {"parameterIdentifier": ("standard", number), "parameterValue": (kind, value)}
        for number, kind, value in parameters
    ]
    fields = {"capabilityIdentifier": ("standard", (0, 0, 8, 241, 0, 0, 1)), "maxBitRate": kbits * 10}
    return "receiveVideoCapability", ("genericVideoCapability", {**fields, "collapsing": collapsing})


def peer(*entries: Value, sets: list[list[list[int]]] | None = None, oids: tuple[int, ...] = (0,)) -> CapabilitySet:
    """A peer's set after it went over the wire. `sets` are descriptors: one, of all entries, where none is given."""
    if sets is None:
        sets = [[[number] for number in range(1, len(entries) + 1)]]
    value = capabilities.build(Offer())
    payloads = [{"payloadDescriptor": ("oid", (0, 0, 8, 241, 0, 0, 0, mode))} for mode in oids]
    value["multiplexCapability"][1]["mediaPacketizationCapability"]["rtpPayloadType"] = payloads
    value["capabilityTable"] = [
        {"capabilityTableEntryNumber": number, "capability": entry} for number, entry in enumerate(entries, 1)
    ]
    value["capabilityDescriptors"] = [
        {"capabilityDescriptorNumber": number, "simultaneousCapabilities": each} for number, each in enumerate(sets)
    ]
    data = h245_codec.build(TerminalCapabilitySet(1, PROTOCOL, value))
    message = h245_codec.parse(data)
    assert isinstance(message, TerminalCapabilitySet)
    return capabilities.parse(message.capabilities)


# --- ours -------------------------------------------------------------------------------------------------

FULL = Offer(
    width=1920,
    height=1080,
    h264_profiles=("high", "constrained-baseline"),
    content=("H264", "H263"),
    video_bitrate=4_000_000,
)


@pytest.mark.parametrize("offer", [Offer(), FULL, Offer().small(), Offer(video=(), content=()), Offer(audio=("PCMA",))])
def test_our_set_is_small_and_says_what_was_meant(offer: Offer, tmp_path: Path) -> None:
    message = TerminalCapabilitySet(1, PROTOCOL, capabilities.build(offer))
    data = h245_codec.build(message)
    assert len(data) < 700
    assert h245_codec.parse(data) == message
    read = capabilities.parse(message.capabilities)
    names = [(ability.kind, ability.codec + ("+" if ability.h263_plus else "")) for ability in read.abilities.values()]
    assert {codec for kind, codec in names if kind is AUDIO} == {*offer.audio, *offer.audio_received}
    assert {codec for kind, codec in names if kind is MAIN} == set(offer.video)
    assert {codec for kind, codec in names if kind is CONTENT} == set(offer.content)
    assert read.h239 == bool(offer.content)
    assert (read.signals, read.strings, read.telephone_event) == (True, True, 101)
    assert read.packetization_modes == ({0, 1} if "H264" in offer.video else {0})
    if "H264" in offer.video:
        best = max(each.h264.frame_rate(offer.width, offer.height) for each in read.abilities.values() if each.h264)
        assert best >= offer.fps


@shark.needs_tshark
def test_tshark_reads_our_set(tmp_path: Path) -> None:
    data = h245_codec.build(TerminalCapabilitySet(1, PROTOCOL, capabilities.build(FULL)))
    assert shark.malformed([(shark.CONTROL, tpkt.frame(data))], tmp_path) == []


def test_ours_can_be_sent_to_ours() -> None:
    theirs = capabilities.parse(capabilities.build(FULL))
    choice = choose(FULL, theirs)
    assert (choice[AUDIO].codec, choice[AUDIO].packet_ms) == ("G722", 20)
    assert (choice[MAIN].width, choice[MAIN].height, choice[MAIN].fps) == (1920, 1080, 30)
    assert choice[MAIN].h264_profile == "constrained-baseline"
    assert choice[CONTENT].codec == "H264"


def test_a_small_set_has_one_codec_of_each_kind() -> None:
    read = capabilities.parse(capabilities.build(Offer().small()))
    assert {ability.codec for ability in read.abilities.values()} == {"PCMA", "PCMU", "H261"}


# --- simultaneous capabilities ----------------------------------------------------------------------------


def test_one_of_a_set_at_a_time() -> None:
    """Sound and picture in one alternative set: one of the two."""
    assert choose(Offer(), peer(ULAW, H261, sets=[[[1, 2]]])).keys() == {AUDIO}
    assert choose(Offer(), peer(ULAW, H261, sets=[[[1], [2]]])).keys() == {AUDIO, MAIN}


def test_what_is_in_no_descriptor_is_not_sent() -> None:
    assert choose(Offer(), peer(ULAW, ALAW, H261, sets=[[[1]]])).keys() == {AUDIO}
    assert choose(Offer(), peer(ULAW, ALAW, sets=[[[1]]]))[AUDIO].codec == "PCMU"


def test_a_descriptor_with_more_is_better_than_one_with_better() -> None:
    choice = choose(Offer(), peer(ALAW, ULAW, H261, sets=[[[1]], [[2], [3]]]))
    assert (choice[AUDIO].codec, choice[MAIN].codec) == ("PCMU", "H261")


def test_of_equal_descriptors_the_first_counts() -> None:
    first, second = h264(71, p13=1_000), h264(71, p13=1_000, kbits=1_000)
    choice = choose(Offer(video_bitrate=500_000), peer(ALAW, first, second, sets=[[[1], [3]], [[1], [2]]]))
    assert choice[MAIN].bitrate == 500_000


def test_a_set_without_descriptors_is_taken_as_all_at_once() -> None:
    value = capabilities.build(Offer())
    del value["capabilityDescriptors"]
    assert choose(Offer(), capabilities.parse(value)).keys() == {AUDIO, MAIN, CONTENT}


def test_main_and_content_need_a_set_each() -> None:
    content = ("extendedVideoCapability", {"videoCapability": [h264(71)[1]]})
    entries = (ALAW, h264(71), ("receiveVideoCapability", content))
    assert choose(Offer(), peer(*entries, sets=[[[1], [2, 3]]])).keys() == {AUDIO, MAIN}
    assert choose(Offer(), peer(*entries, sets=[[[1], [2], [3]]])).keys() == {AUDIO, MAIN, CONTENT}


def test_unknown_entries_are_left_out() -> None:
    foreign = ("receiveAudioCapability", ("genericAudioCapability", {"capabilityIdentifier": ("standard", (1, 3, 6))}))
    data = ("receiveDataApplicationCapability", {"application": ("t140", ("udp", 0)), "maxBitRate": 1})
    g7221 = {"capabilityIdentifier": ("standard", (0, 0, 7, 7221, 1, 0)), "maxBitRate": 24_000}
    wide = ("receiveAudioCapability", ("genericAudioCapability", g7221))
    theirs = peer(foreign, data, ULAW, wide, sets=[[[1, 4, 3], [2], [99]]])
    assert choose(Offer(), theirs).keys() == {AUDIO}
    assert list(theirs.abilities) == [3]


# --- codecs -----------------------------------------------------------------------------------------------


def test_our_order_decides_and_likeness_before_it() -> None:
    theirs = peer(ULAW, ALAW, sets=[[[1, 2]]])
    assert choose(Offer(), theirs)[AUDIO].codec == "PCMA"
    assert choose(Offer(audio=("PCMU", "PCMA")), theirs)[AUDIO].codec == "PCMU"
    assert choose(Offer(), theirs, like={AUDIO: "PCMU"})[AUDIO].codec == "PCMU"
    assert choose(Offer(), theirs, like={AUDIO: "G722"})[AUDIO].codec == "PCMA"


def test_what_was_refused_is_not_chosen_again() -> None:
    theirs = peer(ULAW, ALAW, sets=[[[1, 2]]])
    first = choose(Offer(), theirs)[AUDIO]
    second = choose(Offer(), theirs, refused=[first])[AUDIO]
    assert (first.codec, second.codec) == ("PCMA", "PCMU")
    assert choose(Offer(), theirs, refused=[first, second]) == {}


@pytest.mark.parametrize(("frames", "packet_ms"), [(10, 10), (20, 20), (240, 20), (1, 1)])
def test_packets_are_no_longer_than_the_peer_takes(frames: int, packet_ms: int) -> None:
    choice = choose(Offer(), peer(("receiveAudioCapability", ("g711Alaw64k", frames))))
    assert choice[AUDIO].packet_ms == packet_ms


def test_received_only_codecs_are_not_sent() -> None:
    assert choose(Offer(), peer(("receiveAudioCapability", ("g729", 2)))) == {}


@pytest.mark.parametrize(
    ("entry", "size"),
    [
        (h264(71), (1280, 720, 30)),
        (h264(85), (1280, 720, 30)),
        (h264(64), (640, 360, 30)),
        (h264(50), (320, 180, 30)),
        (h264(36), (320, 180, 30)),
        (h264(15), None),
        (h264(57, p3=492, p4=32), (1280, 720, 30)),  # custom parameters, as a bridge says 1080p
        (h264(57, p3=216, p4=15), (1280, 720, 30)),
        (h264(57, p3=108, p4=15), (1280, 720, 15)),
        (h264(57, p3=60, p4=15), (960, 540, 14)),
        (h264(71, p13=1_500), (1280, 720, 15)),
        (h264(71, bits=8), (1280, 720, 30)),
        (h264(71, bits=4), None),
        (H261, (352, 288, 30)),
    ],
)
def test_sizes_come_from_what_can_be_decoded(entry: Value, size: tuple[int, int, int] | None) -> None:
    choice = choose(Offer(), peer(entry))
    found = None if MAIN not in choice else (choice[MAIN].width, choice[MAIN].height, choice[MAIN].fps)
    assert found == size


def test_1080p_by_custom_parameters_is_sent_by_who_can() -> None:
    choice = choose(Offer(width=1920, height=1080), peer(h264(57, p3=492, p4=32)))
    assert (choice[MAIN].width, choice[MAIN].height, choice[MAIN].fps) == (1920, 1080, 30)


def test_the_bitrate_is_the_least_of_all_three() -> None:
    assert choose(Offer(), peer(h264(71, kbits=768)))[MAIN].bitrate == 768_000
    assert choose(Offer(), peer(h264(71, kbits=9_000)))[MAIN].bitrate == 2_000_000
    assert choose(Offer(), peer(h264(36, kbits=9_000)))[MAIN].bitrate == 768_000


def test_fragments_are_sent_to_who_takes_them() -> None:
    assert choose(Offer(), peer(h264(71)))[MAIN].packetization_mode == 0
    assert choose(Offer(), peer(h264(71), oids=(0, 1)))[MAIN].packetization_mode == 1
    assert choose(Offer(), peer(h264(71), oids=(0, 2)))[MAIN].packetization_mode == 0


def test_of_equal_pictures_the_one_that_browsers_share_is_sent() -> None:
    choice = choose(Offer(), peer(h264(71, bits=8), h264(71), sets=[[[1, 2]]]))
    assert choice[MAIN].h264_profile == "constrained-baseline"
    choice = choose(Offer(width=1920, height=1080), peer(h264(85, bits=8), h264(71), sets=[[[1, 2]]]))
    assert (choice[MAIN].h264_profile, choice[MAIN].width) == ("high", 1920)


def test_h263_with_options_is_another_codec() -> None:
    plain = data_types.h263_value({"cifMPI": 1}, 384_000, plus=False)
    plus = data_types.h263_value({"cif4MPI": 2, "cifMPI": 1}, 384_000, plus=True)
    entries = [("receiveVideoCapability", ("h263VideoCapability", value)) for value in (plain, plus)]
    assert choose(Offer(video=("H263",)), peer(*entries))[MAIN].payload_type == 34
    best = choose(Offer(video=("H263", "H263+")), peer(entries[1]))[MAIN]
    assert (best.width, best.height, best.fps, best.h263_plus, best.payload_type) == (704, 576, 15, True, 97)


def test_numbers_out_of_the_table_do_no_harm() -> None:
    theirs = peer(h264(1), h264(65_535, p3=65_535, p4=65_535), H261)
    assert theirs.abilities[1].h264.level == 15
    assert theirs.abilities[2].h264.level == 113
    assert theirs.abilities[2].h264.max_mbps == 983_040


def test_many_descriptors_are_cut() -> None:
    value = capabilities.build(Offer())
    value["capabilityDescriptors"] = [
        {"capabilityDescriptorNumber": number, "simultaneousCapabilities": [[1]] * 250} for number in range(200)
    ]
    read = capabilities.parse(value)
    assert len(read.descriptors) == capabilities.MAX_DESCRIPTORS
    assert all(len(each) == capabilities.MAX_ALTERNATIVES for each in read.descriptors)


def test_the_best_of_many_sets_are_found_in_time() -> None:
    content = ("extendedVideoCapability", {"videoCapability": [h264(71)[1]]})
    entries = (ALAW, h264(64), h264(71), ("receiveVideoCapability", content))
    everything = [[1, 2, 3, 4]] * 64
    theirs = peer(*entries, sets=[[[1], [2]]] * 20 + [everything] * 25 + [[[1]]] * 14)
    begun = time.thread_time()
    choice = choose(Offer(), theirs)
    assert time.thread_time() - begun < 0.1
    assert choice.keys() == {AUDIO, MAIN, CONTENT}
    assert choice[MAIN].width == choice[CONTENT].width == 1280


def test_only_what_a_leg_decodes_is_offered_unasked() -> None:
    names = {name.lower() for name in (*Offer().audio, *Offer().audio_received)}
    assert names <= DECODED_CODECS
