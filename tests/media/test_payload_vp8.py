from __future__ import annotations

import pytest

from mcu.errors import ProtocolError
from mcu.media.payload_vp8 import Vp8Format, packetize, parse_descriptor


@pytest.mark.parametrize(
    ("payload", "size", "fields"),
    [
        ("1000", 1, {"starts_frame": True, "keyframe": True}),
        ("1001", 1, {"starts_frame": True, "keyframe": False}),
        ("1100", 1, {"starts_frame": False, "keyframe": False}),  # second partition
        ("3001", 1, {"starts_frame": True, "non_reference": True}),
        ("90800500", 3, {"picture_id": 5, "keyframe": True}),
        ("9080928200", 4, {"picture_id": 0x1282}),
        ("90402a01", 3, {"tl0_index": 42, "picture_id": -1}),
        ("90206001", 3, {"layer": 1, "layer_sync": True, "key_index": -1}),
        ("9010ff01", 3, {"layer": -1, "key_index": 31, "layer_sync": False}),
        ("90f0ffff07a301", 6, {"picture_id": 0x7FFF, "tl0_index": 7, "layer": 2, "layer_sync": True, "key_index": 3}),
        ("90e08005000001", 6, {"picture_id": 5, "tl0_index": 0, "layer": 0, "layer_sync": False, "key_index": -1}),
        ("b060ff6001", 4, {"non_reference": True, "tl0_index": 255, "layer": 1, "layer_sync": True, "key_index": -1}),
        ("a0e0ffff076001", 6, {"starts_frame": False, "non_reference": True, "picture_id": 0x7FFF, "tl0_index": 7}),
        ("900001", 2, {"picture_id": -1, "tl0_index": -1, "layer": -1}),  # extension octet without extensions
    ],
)
def test_every_form_of_the_descriptor_is_read(payload: str, size: int, fields: dict[str, object]) -> None:
    descriptor = parse_descriptor(bytes.fromhex(payload))
    assert descriptor.size == size
    assert {name: getattr(descriptor, name) for name in fields} == fields


@pytest.mark.parametrize("payload", ["", "10", "90", "9080", "908085", "90f085ff07", "90f0ffff07a3"])
def test_a_descriptor_without_payload_is_a_protocol_error(payload: str) -> None:
    with pytest.raises(ProtocolError):
        parse_descriptor(bytes.fromhex(payload))


@pytest.mark.parametrize("size", [1, 95, 96, 97, 1_000, 20_000])
@pytest.mark.parametrize("picture_id", [-1, 0, 127, 128, 0x7FFF])
def test_a_packetised_frame_is_assembled_again(size: int, picture_id: int) -> None:
    frame = bytes(index * 7 & 0xFE for index in range(size))
    payloads = packetize(frame, 100, picture_id=picture_id)
    assert max(map(len, payloads)) <= 100
    assert max(map(len, payloads)) - min(map(len, payloads)) <= 1
    descriptors = [parse_descriptor(payload) for payload in payloads]
    assert [descriptor.starts_frame for descriptor in descriptors] == [True] + [False] * (len(payloads) - 1)
    assert {descriptor.picture_id for descriptor in descriptors} == {picture_id}
    vp8 = Vp8Format()
    assembled = vp8.assemble([vp8.inspect(payload) for payload in payloads], contiguous=False)
    assert assembled is not None
    assert (assembled.data, assembled.keyframe) == (frame, True)


def frame_of(vp8: Vp8Format, descriptor: str, *, contiguous: bool = True) -> bool:
    """Whether a one-packet frame with this descriptor (and header octet) can be decoded."""
    return vp8.assemble([vp8.inspect(bytes.fromhex(descriptor))], contiguous=contiguous) is not None


def test_without_layers_a_gap_needs_a_keyframe() -> None:
    vp8 = Vp8Format()
    assert not frame_of(vp8, "1001")
    assert frame_of(vp8, "1000")
    assert frame_of(vp8, "1001")
    assert not frame_of(vp8, "1001", contiguous=False)
    assert vp8.needs_keyframe
    assert not frame_of(vp8, "1001")
    assert frame_of(vp8, "1000", contiguous=False)


def test_a_gap_between_consecutive_picture_ids_is_no_gap() -> None:
    vp8 = Vp8Format()
    assert frame_of(vp8, "9080ffff00")  # picture id 0x7fff
    assert frame_of(vp8, "9080800001", contiguous=False)  # 0
    assert not frame_of(vp8, "9080800201", contiguous=False)  # 2: picture 1 is gone


def layered(picture_id: int, tl0: int, layer: int, *, sync: bool = False, key: bool = False) -> str:
    return f"90e0{picture_id:02x}{tl0:02x}{layer << 6 | sync << 5:02x}{'00' if key else '01'}"


def test_a_lost_upper_layer_frame_is_not_missed_by_the_base_layer() -> None:
    vp8 = Vp8Format()
    assert frame_of(vp8, layered(1, 10, 0, key=True))
    assert frame_of(vp8, layered(2, 10, 1))
    # picture 3 is gone
    assert frame_of(vp8, layered(4, 11, 0), contiguous=False)
    assert not frame_of(vp8, layered(5, 11, 1))  # its layer lacks picture 3
    assert not vp8.needs_keyframe
    assert frame_of(vp8, layered(6, 11, 1, sync=True))
    assert frame_of(vp8, layered(7, 11, 1))
    assert not frame_of(vp8, layered(9, 13, 0), contiguous=False)  # base frame 12 is gone
    assert vp8.needs_keyframe
