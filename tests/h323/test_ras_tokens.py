"""Passwords in RAS: tokens of ours that gatekeepers take, tokens of theirs that we take, and those that we do not."""

from __future__ import annotations

import hashlib
import random
from dataclasses import replace
from typing import Any

import pytest

from mcu.h323 import asn1
from mcu.h323.address import Address
from mcu.h323.aliases import Alias, AliasKind
from mcu.h323.ras_client import RasClient
from mcu.h323.ras_messages import RasError, parse
from mcu.h323.ras_requests import Identity
from mcu.h323.ras_settings import RasSettings, Scheme, TokenPolicy
from mcu.h323.ras_tokens import MAX_SEEN, REPLAY_SECONDS, Tokens, Verdict
from mcu.h323.registration import State
from tests.h323 import captures
from tests.h323.scripted_gatekeeper import HERE, HMAC_OID, MD5_OID, PROTOCOL, THERE, Line, ScriptedGatekeeper, transport

UTC = 1_800_000_000.0
SETTINGS = RasSettings(
    gatekeepers=(HERE,),
    aliases=(Alias(AliasKind.DIGITS, "700"), Alias(AliasKind.H323_ID, "mcu")),
    ras_address=THERE,
    signaling_addresses=(Address(THERE.ip, 1720),),
    password="종로 secret",
)
US = Identity("GK-0", "GK")


def line(gatekeeper: ScriptedGatekeeper, settings: RasSettings = SETTINGS) -> Line:
    made = Line(RasClient(settings, rng=random.Random(5), wall_offset=UTC - 1_000.0), gatekeeper)
    made.client.start(made.now)
    made.settle()
    return made


def guarded(algorithm: tuple[int, ...] | None = HMAC_OID, **how: Any) -> ScriptedGatekeeper:
    return ScriptedGatekeeper(password="종로 secret", algorithm=algorithm, **how)


def tokens(settings: RasSettings = SETTINGS, algorithm: tuple[int, ...] | None = HMAC_OID) -> Tokens:
    made = Tokens(settings, random.Random(1))
    made.choose(algorithm)
    return made


def check(made: Tokens, data: bytes, utc: float = UTC) -> Verdict:
    return made.check(parse(data), data, US, utc)


def confirm(sequence: int = 1) -> dict[str, Any]:
    return {"requestSeqNum": sequence, "bandWidth": 10}


# --- what we send ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("algorithm", [HMAC_OID, MD5_OID])
def test_a_gatekeeper_that_asks_for_the_password_gets_it_and_registers_us(algorithm: tuple[int, ...]) -> None:
    gatekeeper = guarded(algorithm)
    made = line(gatekeeper)
    assert made.client.status.state is State.REGISTERED
    assert gatekeeper.bad_tokens == 0
    assert made.client.status.scheme is (Scheme.HMAC if algorithm == HMAC_OID else Scheme.MD5)
    made.run(200)
    made.client.close(made.now)
    made.settle()
    assert gatekeeper.bad_tokens == 0
    assert made.client.closed
    assert made.client.counters.distrusted == {}


def test_a_wrong_password_is_refused_and_not_tried_in_a_weaker_way() -> None:
    gatekeeper = guarded()
    made = line(gatekeeper, replace(SETTINGS, password="wrong"))
    made.run(100)
    assert made.client.status.state is not State.REGISTERED
    assert made.client.status.failure == "securityDenial"
    kinds = {token[0] for _, fields in gatekeeper.received for token in fields.get("cryptoTokens", ())}
    assert kinds == {"nestedcryptoToken"}


def test_the_password_is_said_for_the_name_that_it_belongs_to() -> None:
    gatekeeper = guarded()
    line(gatekeeper)
    clear = gatekeeper.last("registrationRequest")["cryptoTokens"][0][1][1]["hashedVals"]
    assert (clear["sendersID"], clear["generalID"], clear["timeStamp"]) == ("mcu", "GK", int(UTC))
    gatekeeper = guarded()
    line(gatekeeper, replace(SETTINGS, login="700"))
    assert gatekeeper.last("registrationRequest")["cryptoTokens"][0][1][1]["hashedVals"]["sendersID"] == "700"


def test_after_registration_the_endpoint_identifier_stands_for_the_name() -> None:
    gatekeeper = guarded()
    made = line(gatekeeper)
    made.run(31)
    clear = gatekeeper.last("registrationRequest")["cryptoTokens"][0][1][1]["hashedVals"]
    assert clear["sendersID"] == "GK-1"


def test_every_repetition_is_signed_anew() -> None:
    gatekeeper = guarded()
    gatekeeper.replies["registrationRequest"] = lambda _: None
    line(gatekeeper).run(7)
    sent = [fields for name, fields in gatekeeper.received if name == "registrationRequest"]
    signed = [fields["cryptoTokens"][0][1][1]["hashedVals"] for fields in sent]
    assert len({fields["requestSeqNum"] for fields in sent}) == 1
    assert [one["random"] - signed[0]["random"] for one in signed] == [0, 1, 2]
    assert signed[2]["timeStamp"] == signed[0]["timeStamp"] + 6


def test_a_gatekeeper_that_did_not_choose_is_told_the_password_only_when_it_insists() -> None:
    gatekeeper = guarded(MD5_OID)
    gatekeeper.replies["gatekeeperRequest"] = lambda _: ("gatekeeperConfirm", found(gatekeeper))
    made = line(gatekeeper)
    assert made.client.status.state is State.REGISTERED
    assert made.client.status.scheme is Scheme.MD5
    schemes = [bool(f.get("cryptoTokens")) for name, f in gatekeeper.received if name == "registrationRequest"]
    assert schemes == [False, True, True]


def test_a_scheme_of_the_settings_is_the_only_one() -> None:
    gatekeeper = guarded(MD5_OID)
    made = line(gatekeeper, replace(SETTINGS, scheme=Scheme.HMAC))
    made.run(30)
    assert gatekeeper.last("gatekeeperRequest")["algorithmOIDs"] == [HMAC_OID]
    assert made.client.status.state is not State.REGISTERED


def test_without_a_password_nothing_is_offered() -> None:
    gatekeeper = ScriptedGatekeeper()
    line(gatekeeper, replace(SETTINGS, password=""))
    assert "authenticationCapability" not in gatekeeper.last("gatekeeperRequest")
    assert "cryptoTokens" not in gatekeeper.last("registrationRequest")


@pytest.mark.parametrize("ahead", [-3_600.0, 0.0, 3_600.0])
def test_the_gatekeepers_clock_counts(ahead: float) -> None:
    """It takes no more than 30 s of difference; ours is an hour off."""
    gatekeeper = guarded(clock=ahead)
    gatekeeper.replies["gatekeeperRequest"] = lambda _: ("gatekeeperConfirm", found(gatekeeper, UTC + ahead))
    made = line(gatekeeper)
    assert made.client.status.state is State.REGISTERED
    assert made.client.status.clock_skew == pytest.approx(ahead, abs=1)
    made.run(100)
    assert gatekeeper.bad_tokens == 0


def test_a_clock_that_is_off_by_more_than_tolerated_is_not_believed() -> None:
    gatekeeper = guarded(clock=100_000.0)
    gatekeeper.replies["gatekeeperRequest"] = lambda _: ("gatekeeperConfirm", found(gatekeeper, UTC + 100_000))
    made = line(gatekeeper)
    assert made.client.status.clock_skew == 0.0
    assert made.client.status.state is not State.REGISTERED


def test_the_mark_is_not_taken_for_something_that_looks_like_it() -> None:
    """The first mark of the generator stands in an alias; another one is taken."""
    first = random.Random(9)
    first.getrandbits(30)
    mark = first.randbytes(12)
    made = Tokens(SETTINGS, random.Random(9))
    made.choose(HMAC_OID)
    fields = {
        "requestSeqNum": 1,
        "conferenceID": mark + bytes(4),
        "callReferenceValue": 1,
        "endpointIdentifier": "x",
        "disengageReason": ("normalDrop", 0),
        "callIdentifier": {"guid": bytes(16)},
        "answeredCall": False,
    }
    data = made.sign("disengageRequest", fields, US, UTC)
    assert asn1.decode(asn1.Pdu.RAS, data)[1]["conferenceID"] == mark + bytes(4)
    assert ScriptedGatekeeper(password=SETTINGS.password)._trusts(*asn1.decode(asn1.Pdu.RAS, data), data, UTC)


def test_the_password_hash_is_over_the_token_with_names_that_end_in_a_zero() -> None:
    """PwdCertToken in aligned PER, by hand (X.691): presence of timeStamp, password and generalID; 0.0; the time."""
    by_hand = bytes.fromhex("6100 0100 c06b012071")
    by_hand += b"\x0e" + "secret1\0".encode("utf-16-be") + b"\x0a" + "roomA\0".encode("utf-16-be")
    made = tokens(replace(SETTINGS, password="secret1", login="roomA"), MD5_OID)
    fields = {"requestSeqNum": 1, "callSignalAddress": []}
    sent = asn1.decode(asn1.Pdu.RAS, made.sign("unregistrationRequest", fields, US, 1_795_235_954.5))[1]
    ((kind, token),) = sent["cryptoTokens"]
    assert (kind, token["alias"], token["timeStamp"]) == ("cryptoEPPwdHash", ("h323-ID", "roomA"), 1_795_235_954)
    assert token["token"]["hash"] == (int.from_bytes(hashlib.md5(by_hand).digest(), "big"), 128)


@captures.needs_captures
def test_the_hashes_of_captured_endpoints_and_gatekeepers_are_those_of_their_passwords() -> None:
    (path,) = (path for path in captures.FILES if path.stem == "gk-auth-h235pwd-cg2cg")
    matched = 0
    for source, _, data in captures.ras_messages(path):
        crypto = parse(data, source).fields.get("cryptoTokens")
        if crypto:
            received = crypto[0][1][1]["token"]["hash"][0].to_bytes(12, "big")
            keys = [Tokens(replace(SETTINGS, password=word), random.Random(1)) for word in ("secret1", "secret2")]
            assert [key._matches(received, data) for key in keys].count(True) == 1
            matched += 1
    assert matched == 14


# --- what comes -----------------------------------------------------------------------------------------------


def test_a_signed_message_is_good_and_any_change_to_it_is_not() -> None:
    gatekeeper = guarded()
    data = gatekeeper.sign("bandwidthConfirm", confirm(), int(UTC))
    assert check(tokens(), data) is Verdict.GOOD
    for at in range(len(data)):
        for bit in (1, 128):
            changed = data[:at] + bytes((data[at] ^ bit,)) + data[at + 1 :]
            try:
                datagram = parse(changed)
            except RasError:
                continue
            verdict = tokens().check(datagram, changed, US, UTC)
            assert verdict in {Verdict.FORGED, Verdict.UNSIGNED}, (at, bit)


def test_another_password_makes_a_forgery() -> None:
    data = guarded().sign("bandwidthConfirm", confirm(), int(UTC), password="guess")
    assert check(tokens(), data) is Verdict.FORGED


def test_our_own_message_sent_back_is_a_forgery() -> None:
    fields = {
        "requestSeqNum": 1,
        "endpointIdentifier": "GK-0",
        "conferenceID": bytes(16),
        "callReferenceValue": 1,
        "disengageReason": ("normalDrop", 0),
        "callIdentifier": {"guid": bytes(16)},
        "answeredCall": False,
    }
    made = tokens()
    assert check(made, made.sign("disengageRequest", fields, US, UTC)) is Verdict.FORGED


def test_a_message_of_another_gatekeeper_or_for_another_endpoint_is_a_forgery() -> None:
    gatekeeper = guarded()
    assert check(tokens(), gatekeeper.sign("bandwidthConfirm", confirm(), int(UTC), sender="X")) is Verdict.FORGED
    gatekeeper.name = "GK"
    gatekeeper._next = 77
    assert check(tokens(), gatekeeper.sign("bandwidthConfirm", confirm(), int(UTC))) is Verdict.FORGED


def test_the_same_token_counts_once_and_an_old_one_never() -> None:
    gatekeeper, made = guarded(), tokens()
    first = gatekeeper.sign("bandwidthConfirm", confirm(1), int(UTC))
    early = gatekeeper.sign("bandwidthConfirm", confirm(2), int(UTC) - REPLAY_SECONDS - 1)
    late = gatekeeper.sign("bandwidthConfirm", confirm(3), int(UTC) - REPLAY_SECONDS + 1)
    assert [check(made, data) for data in (first, first, early, late, late)] == [
        Verdict.GOOD,
        Verdict.REPLAYED,
        Verdict.REPLAYED,
        Verdict.GOOD,
        Verdict.REPLAYED,
    ]


def test_what_is_remembered_of_tokens_is_bounded_and_what_is_forgotten_is_not_taken() -> None:
    gatekeeper, made = guarded(), tokens()
    first = gatekeeper.sign("bandwidthConfirm", confirm(), int(UTC))
    assert check(made, first) is Verdict.GOOD
    for number in range(MAX_SEEN):
        made._is_new(int(UTC) + 1, number)
    assert len(made._seen) == MAX_SEEN
    assert check(made, first) is Verdict.REPLAYED


@pytest.mark.parametrize("off", [-7_300, 7_300])
def test_a_token_of_another_time_is_stale(off: int) -> None:
    assert check(tokens(), guarded().sign("bandwidthConfirm", confirm(), int(UTC) + off)) is Verdict.STALE


def test_a_confirmation_without_token_counts_until_there_was_one_with() -> None:
    gatekeeper, made = guarded(), tokens()
    bare = asn1.encode(asn1.Pdu.RAS, ("bandwidthConfirm", confirm()))
    assert check(made, bare) is Verdict.UNSIGNED
    assert check(made, gatekeeper.sign("bandwidthConfirm", confirm(), int(UTC))) is Verdict.GOOD
    assert check(made, bare) is Verdict.MISSING
    progress = asn1.encode(asn1.Pdu.RAS, ("requestInProgress", {"requestSeqNum": 1, "delay": 5}))
    assert check(made, progress) is Verdict.UNSIGNED


def test_where_tokens_are_required_nothing_goes_without() -> None:
    made = tokens(replace(SETTINGS, token_policy=TokenPolicy.REQUIRED))
    progress = asn1.encode(asn1.Pdu.RAS, ("requestInProgress", {"requestSeqNum": 1, "delay": 5}))
    rejected = {"requestSeqNum": 1, "protocolIdentifier": PROTOCOL, "rejectReason": ("discoveryRequired", 0)}
    assert check(made, progress) is Verdict.MISSING
    assert check(made, asn1.encode(asn1.Pdu.RAS, ("registrationReject", rejected))) is Verdict.UNSIGNED


def test_where_tokens_are_ignored_anything_goes() -> None:
    made = tokens(replace(SETTINGS, token_policy=TokenPolicy.IGNORED))
    assert check(made, guarded().sign("bandwidthConfirm", confirm(), 1, password="x")) is Verdict.UNSIGNED


def test_forged_confirmations_do_not_register_anybody() -> None:
    gatekeeper = guarded()
    made = line(gatekeeper)
    gatekeeper.restart()
    gatekeeper.signs = False
    made.run(31)
    assert made.client.status.state is not State.REGISTERED
    assert made.client.counters.distrusted[Verdict.MISSING] > 0
    gatekeeper.signs = True
    made.run(100)
    assert made.client.status.state is State.REGISTERED


def test_a_gatekeeper_started_again_with_its_password_is_registered_with_anew() -> None:
    gatekeeper = guarded()
    made = line(gatekeeper)
    gatekeeper.restart()
    made.run(31)
    assert made.client.status.endpoint == "GK-2"
    assert gatekeeper.bad_tokens == 0


def found(gatekeeper: ScriptedGatekeeper, timestamp: float | None = None) -> dict[str, Any]:
    """GCF, with a time if one is given and with the choice of a scheme then."""
    fields: dict[str, Any] = {
        "protocolIdentifier": PROTOCOL,
        "gatekeeperIdentifier": gatekeeper.name,
        "rasAddress": transport(gatekeeper.address),
    }
    if timestamp is not None:
        fields["tokens"] = [{"tokenOID": (0, 0, 8, 235, 0, 4, 79), "timeStamp": int(timestamp)}]
        fields |= {"authenticationMode": ("pwdHash", 0), "algorithmOID": HMAC_OID}
    return fields
