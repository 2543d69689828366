"""What each side can receive: ours as a TerminalCapabilitySet, and the peer's read from its own (H.245 clause 6.2.8).

Rules:
1. Entries of a peer's table that this server cannot use are left out; nothing in a set makes it refused.
2. Our set is small: some stacks have little room for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from mcu.h323 import data_types, h264_capability
from mcu.h323.channels import MediaFormat
from mcu.h323.data_types import Ability
from mcu.h323.h264_capability import H264Limits
from mcu.h323.media_keys import AES_128_CBC
from mcu.media.types import StreamKind

Value = Any  # as in mcu.h323.asn1

H239_CONTROL = (0, 0, 8, 239, 1, 1)
TELEPHONE_EVENT = 101  # payload type of RFC 4733 in received sound
AUDIO_PACKET_MS = 20  # what we send, and what we ask for
MAX_JITTER_MS = 250  # of sound, as all known stacks say
H264_DECODER = {"high": (8_192, 245_760), "main": (8_192, 245_760), "constrained-baseline": (8_192, 245_760)}

CIPHERED_ENTRIES = 100  # what is added to the number of an entry for that of its H.235 capability, as others do it
MAX_ENTRIES = 512  # of a peer's table; the largest seen has 70
MAX_DESCRIPTORS, MAX_ALTERNATIVES = 64, 64  # of a peer's set; most have one of five, some bridges a dozen


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What this server receives and sends: codecs by name, best first; sizes in pixels; bit/s.

    `audio` goes both ways, `audio_received` is only received. "H263+" is H.263 with options, as in RFC 4629.
    """

    audio: tuple[str, ...] = ("G722", "PCMA", "PCMU")
    audio_received: tuple[str, ...] = ("G729",)
    video: tuple[str, ...] = ("H264", "H263+", "H263", "H261")
    content: tuple[str, ...] = ("H264",)
    h264_profiles: tuple[str, ...] = ("constrained-baseline",)
    width: int = 1280
    height: int = 720
    fps: int = 30
    video_bitrate: int = 2_000_000
    content_width: int = 1920
    content_height: int = 1080
    content_fps: int = 15
    content_bitrate: int = 1_500_000

    def largest(self, kind: StreamKind) -> tuple[int, int, int]:
        """Width, height and rate of the largest picture of a kind."""
        if kind is StreamKind.CONTENT:
            return self.content_width, self.content_height, self.content_fps
        return self.width, self.height, self.fps

    def small(self) -> Offer:
        """One codec of each kind, those that everybody has, for peers with room for little."""
        audio = tuple(codec for codec in self.audio if codec in {"PCMA", "PCMU"})
        return replace(self, audio=audio, audio_received=(), video=self.video[-1:], content=())


@dataclass(frozen=True, slots=True, kw_only=True)
class CapabilitySet:
    """A peer's set. `descriptors` are in order of preference: of each of their sets one entry may be used at a time."""

    abilities: Mapping[int, Ability] = field(default_factory=dict)
    descriptors: tuple[tuple[tuple[int, ...], ...], ...] = ()
    packetization_modes: frozenset[int] = frozenset({0})
    h239: bool = False
    signals: bool = False  # takes digits as `signal`
    strings: bool = False  # takes digits as `alphanumeric`
    telephone_event: int = 0  # payload type of RFC 4733 that it takes, 0 for none


# --- the peer's -------------------------------------------------------------------------------------------


def is_empty(value: Value) -> bool:
    """Whether a TerminalCapabilitySet is the empty set of H.323 clause 8.4.6."""
    return not value.get("capabilityTable") and not value.get("capabilityDescriptors")


def parse(value: Value) -> CapabilitySet:
    """The set in a TerminalCapabilitySet."""
    abilities: dict[int, Ability] = {}
    ciphered: set[int] = set()
    said: dict[str, Any] = {"h239": False, "signals": False, "strings": False, "telephone_event": 0}
    for entry in value.get("capabilityTable", ())[:MAX_ENTRIES]:
        if "capability" not in entry:
            continue
        name, fields = entry["capability"]
        ability = _ability(name, fields)
        if ability is not None:
            abilities[entry["capabilityTableEntryNumber"]] = ability
        elif name == "h235SecurityCapability":
            if is_aes_128(fields):
                ciphered.add(fields["mediaCapability"])
        elif name == "genericControlCapability":
            said["h239"] |= fields["capabilityIdentifier"] == ("standard", H239_CONTROL)
        elif name in {"receiveUserInputCapability", "receiveAndTransmitUserInputCapability"}:
            said["signals"] |= fields[0] == "dtmf"
            said["strings"] |= fields[0] in {"basicString", "iA5String", "generalString"}
        elif name == "receiveRTPAudioTelephonyEventCapability":
            said["telephone_event"] = fields["dynamicRTPPayloadType"]
    for number in ciphered & abilities.keys():
        abilities[number] = replace(abilities[number], ciphered=True)
    return CapabilitySet(
        abilities=abilities,
        descriptors=_descriptors(value.get("capabilityDescriptors", ()), abilities),
        packetization_modes=_packetization_modes(value.get("multiplexCapability")),
        **said,
    )


def is_aes_128(value: Value) -> bool:
    """Whether an H235SecurityCapability or H235Media names our cipher."""
    algorithms = value["encryptionAuthenticationAndIntegrity"].get("encryptionCapability", ())
    return ("algorithm", AES_128_CBC) in algorithms


def aes_128() -> Value:
    """EncryptionAuthenticationAndIntegrity with our cipher."""
    return {"encryptionCapability": [("algorithm", AES_128_CBC)]}


def _ability(name: str, fields: Value) -> Ability | None:
    if name in {"receiveAudioCapability", "receiveAndTransmitAudioCapability"}:
        return data_types.parse_audio(fields)
    if name in {"receiveVideoCapability", "receiveAndTransmitVideoCapability"}:
        return data_types.parse_video(fields)
    return None


def _descriptors(value: Value, abilities: Mapping[int, Ability]) -> tuple[tuple[tuple[int, ...], ...], ...]:
    """The entries of `abilities` in each descriptor. Without descriptors, one of each kind can be used at a time."""
    if not value:
        kinds = (tuple(number for number in abilities if abilities[number].kind is kind) for kind in StreamKind)
        return (tuple(filter(None, kinds)),)
    ordered = sorted(value, key=lambda descriptor: descriptor["capabilityDescriptorNumber"])
    found = []
    for descriptor in ordered[:MAX_DESCRIPTORS]:
        sets = (
            tuple(number for number in alternatives if number in abilities)
            for alternatives in descriptor.get("simultaneousCapabilities", ())
        )
        found.append(tuple(alternatives for alternatives in sets if alternatives)[:MAX_ALTERNATIVES])
    return tuple(found)


def _packetization_modes(value: Value) -> frozenset[int]:
    if value is None or value[0] != "h2250Capability":
        return frozenset({0})
    named = {
        payload["payloadDescriptor"] for payload in value[1]["mediaPacketizationCapability"].get("rtpPayloadType", ())
    }
    return frozenset(mode for mode, oid in h264_capability.PACKETIZATION.items() if ("oid", oid) in named) | {0}


# --- ours -------------------------------------------------------------------------------------------------


def build(offer: Offer, *, ciphered: bool = False) -> Value:
    """The fields of our TerminalCapabilitySet, without sequence number and protocol identifier; `ciphered` adds that
    all media are received enciphered too."""
    sets = [_audio_entries(offer), _picture_entries(offer, offer.video, StreamKind.MAIN)]
    content = _picture_entries(offer, offer.content, StreamKind.CONTENT)
    if content:
        control = ("genericControlCapability", {"capabilityIdentifier": ("standard", H239_CONTROL)})
        sets += [content, [control]]
    inputs = [("receiveUserInputCapability", (name, 0)) for name in ("basicString", "dtmf")]
    event = {"dynamicRTPPayloadType": TELEPHONE_EVENT, "audioTelephoneEvent": "0-16"}
    sets.append([*inputs, ("receiveRTPAudioTelephonyEventCapability", event)])
    table: list[Value] = []
    simultaneous: list[list[int]] = []
    for entries in filter(None, sets):
        simultaneous.append(list(range(len(table) + 1, len(table) + 1 + len(entries))))
        table += entries
    numbered = dict(enumerate(table, 1))
    if ciphered:
        numbered |= _ciphered(numbered, simultaneous)
    return {
        "multiplexCapability": ("h2250Capability", _h2250_capability(offer)),
        "capabilityTable": [
            {"capabilityTableEntryNumber": number, "capability": capability} for number, capability in numbered.items()
        ],
        "capabilityDescriptors": [{"capabilityDescriptorNumber": 1, "simultaneousCapabilities": simultaneous}],
    }


def _ciphered(table: Mapping[int, Value], simultaneous: list[list[int]]) -> dict[int, Value]:
    """An entry beside each of media, which is named in the same alternative sets."""
    media = [number for number, (name, _) in table.items() if name in {_AUDIO, _VIDEO}]
    for alternatives in simultaneous:
        alternatives += [number + CIPHERED_ENTRIES for number in alternatives if number in media]
    return {
        number + CIPHERED_ENTRIES: (
            "h235SecurityCapability",
            {"encryptionAuthenticationAndIntegrity": aes_128(), "mediaCapability": number},
        )
        for number in media
    }


_AUDIO, _VIDEO = "receiveAudioCapability", "receiveVideoCapability"


def _audio_entries(offer: Offer) -> list[Value]:
    entries = []
    for name in (*offer.audio, *offer.audio_received):
        media = data_types.audio_format(_audio_ability(name), packet_ms=AUDIO_PACKET_MS)
        entries.append(("receiveAudioCapability", data_types.build_audio(media)))
        if name == "G729":  # the two decode each other, and peers look for either
            entries.append(("receiveAudioCapability", ("g729", entries[-1][1][1])))
    return entries


def _audio_ability(name: str) -> Ability:
    codec = next(codec for codec in data_types.AUDIO.values() if codec.name == name)
    return Ability(kind=StreamKind.AUDIO, codec=name, bitrate=codec.bitrate, packet_ms=data_types.MOST_PACKET_MS)


def _picture_entries(offer: Offer, codecs: tuple[str, ...], kind: StreamKind) -> list[Value]:
    return [
        ("receiveVideoCapability", data_types.build_video(media, kind))
        for codec in codecs
        for media in offered_pictures(offer, codec, kind)
    ]


def offered_pictures(offer: Offer, codec: str, kind: StreamKind) -> list[MediaFormat]:
    """The largest picture of `codec` that is received (or proposed to be sent), one format for each entry."""
    bitrate = offer.content_bitrate if kind is StreamKind.CONTENT else offer.video_bitrate
    width, height, fps = offer.largest(kind)
    if codec == "H264":
        level = h264_capability.level_for(width, height, fps, bitrate)
        return [
            data_types.video_format(
                Ability(kind=kind, codec=codec, h264=H264Limits(profile=profile, level=level), bitrate=bitrate),
                width=width,
                height=height,
                fps=fps,
            )
            for profile in offer.h264_profiles
        ]
    plus = codec == "H263+"
    sizes = [data_types.SIZES["cifMPI"], data_types.SIZES["qcifMPI"]]
    ability = Ability(kind=kind, codec=codec.rstrip("+"), h263_plus=plus, bitrate=bitrate)
    return [data_types.video_format(ability, width=wide, height=high, fps=min(fps, 30)) for wide, high in sizes]


def _h2250_capability(offer: Offer) -> Value:
    """We are an MC with an MP: everything is centralized, nothing is multicast."""
    distribution = dict.fromkeys(("centralizedControl", "centralizedAudio", "centralizedVideo"), True)
    distribution |= dict.fromkeys(("distributedControl", "distributedAudio", "distributedVideo"), False)
    multipoint = {
        "multicastCapability": False,
        "multiUniCastConference": False,
        "mediaDistributionCapability": [distribution],
    }
    payloads: list[Value] = []
    if "H264" in (*offer.video, *offer.content):
        number = data_types.DYNAMIC["H264"]
        payloads += [{"payloadDescriptor": ("oid", oid), "payloadType": number} for oid in _PACKETIZATIONS]
    if "H263" in offer.video:
        payloads.append({"payloadDescriptor": ("rfc-number", 2190), "payloadType": data_types.H263_PAYLOAD_TYPE})
    if "H263+" in offer.video:
        payloads.append({"payloadDescriptor": ("rfc-number", 2429), "payloadType": data_types.DYNAMIC["H263"]})
    packetization = {"h261aVideoPacketization": False}
    return {
        "maximumAudioDelayJitter": MAX_JITTER_MS,
        "receiveMultipointCapability": multipoint,
        "transmitMultipointCapability": multipoint,
        "receiveAndTransmitMultipointCapability": multipoint,
        "mcCapability": {"centralizedConferenceMC": True, "decentralizedConferenceMC": False},
        "rtcpVideoControlCapability": False,
        "mediaPacketizationCapability": packetization | ({"rtpPayloadType": payloads} if payloads else {}),
    }


_PACKETIZATIONS = (h264_capability.SINGLE_NAL, h264_capability.NON_INTERLEAVED)
