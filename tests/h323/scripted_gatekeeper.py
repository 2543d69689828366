"""A gatekeeper for tests, made of library values and nothing of `mcu.h323.ras_*`; and a line between it and a client.

`replies` overrides what it says to a message: a function of the fields that gives (name, fields), or None for silence.
"""

from __future__ import annotations

import hashlib
import hmac
import random
from collections.abc import Callable
from typing import Any

from mcu.h323 import asn1
from mcu.h323.address import Address
from mcu.h323.ras_client import RasClient
from mcu.h323.ras_events import RasEvent

Fields = dict[str, Any]
Reply = tuple[str, Fields] | None
PROTOCOL = (0, 0, 8, 2250, 0, 4)
HMAC_OID = (0, 0, 8, 235, 0, 2, 6)
MD5_OID = (1, 2, 840, 113549, 2, 5)
HERE = Address("192.0.2.10", 1719)
THERE = Address("192.0.2.50", 1719)  # the client
_UUIES = (
    *("setup", "callProceeding", "connect", "alerting", "information", "releaseComplete", "facility", "progress"),
    "empty",
)


class ScriptedGatekeeper:
    """Answers at once. What it received is in `received`, in order, as (name, fields)."""

    def __init__(
        self,
        address: Address = HERE,
        *,
        name: str = "GK",
        time_to_live: int = 60,
        password: str = "",
        algorithm: tuple[int, ...] | None = HMAC_OID,
        clock: float = 0.0,
        routed: bool = False,
    ) -> None:
        self.address = address
        self.name = name
        self.time_to_live = time_to_live
        self.alive = True
        self.replies: dict[str, Callable[[Fields], Reply]] = {}
        self.received: list[tuple[str, Fields]] = []
        self.bad_tokens = 0
        self.signs = True
        self.alternates: list[Fields] = []
        self.extra: dict[str, Fields] = {}  # fields added to a message, by its name
        self.numbers: dict[str, Address] = {}
        self.routed = routed
        self._password = password
        self._algorithm = algorithm if password else None
        self._clock = clock  # how far it is ahead of UTC
        self._endpoints: set[str] = set()
        self._next = 0
        self._random = 0
        self._sequence = 100
        self.outgoing: list[tuple[bytes, Address]] = []

    def restart(self) -> None:
        """It is there again and knows nobody."""
        self._endpoints.clear()
        self.alive = True

    def names(self) -> list[str]:
        return [name for name, _ in self.received]

    def last(self, name: str) -> Fields:
        return next(fields for received, fields in reversed(self.received) if received == name)

    def count(self, name: str) -> int:
        return self.names().count(name)

    def ask(self, name: str, fields: Fields, to: Address = THERE, *, utc: float = 0.0) -> int:
        """Send a request of its own."""
        self._sequence += 1
        self._put(name, {"requestSeqNum": self._sequence} | fields, to, utc)
        return self._sequence

    def receive(self, data: bytes, source: Address, utc: float) -> None:
        if not self.alive:
            return
        name, fields = asn1.decode(asn1.Pdu.RAS, data)
        self.received.append((name, fields))
        if not self._trusts(name, fields, data, utc):
            self.bad_tokens += 1
            reply: Reply = _reject(name, "securityDenial")
        elif name in self.replies:
            reply = self.replies[name](fields)
        else:
            reply = getattr(self, f"_{name}", lambda _: None)(fields)
        if reply is not None:
            extra = self.extra.get(reply[0], {})
            self._put(reply[0], {"requestSeqNum": fields["requestSeqNum"]} | reply[1] | extra, source, utc)

    # --- what it says of itself -----------------------------------------------------------------------------

    def _gatekeeperRequest(self, fields: Fields) -> Reply:
        answer: Fields = {
            "protocolIdentifier": PROTOCOL,
            "gatekeeperIdentifier": self.name,
            "rasAddress": transport(self.address),
        }
        if self._algorithm in fields.get("algorithmOIDs", ()):
            answer |= {"authenticationMode": ("pwdHash", 0), "algorithmOID": self._algorithm}
        return "gatekeeperConfirm", answer

    def _registrationRequest(self, fields: Fields) -> Reply:
        if fields.get("keepAlive"):
            if fields.get("endpointIdentifier") not in self._endpoints:
                return _reject("registrationRequest", "fullRegistrationRequired")
            endpoint = fields["endpointIdentifier"]
        else:
            self._next += 1
            endpoint = f"{self.name}-{self._next}"
            self._endpoints.add(endpoint)
        answer: Fields = {
            "protocolIdentifier": PROTOCOL,
            "callSignalAddress": [transport(Address(self.address.ip, 1720))] if self.routed else [],
            "gatekeeperIdentifier": self.name,
            "endpointIdentifier": endpoint,
            "willRespondToIRR": False,
            "maintainConnection": False,
        }
        if self.time_to_live:
            answer["timeToLive"] = self.time_to_live
        if self.alternates:
            answer["alternateGatekeeper"] = self.alternates
        if "terminalAlias" in fields:
            answer["terminalAlias"] = fields["terminalAlias"]
        return "registrationConfirm", answer

    def _unregistrationRequest(self, fields: Fields) -> Reply:
        self._endpoints.discard(fields["endpointIdentifier"])
        return "unregistrationConfirm", {}

    def _admissionRequest(self, fields: Fields) -> Reply:
        if fields["endpointIdentifier"] not in self._endpoints:
            return _reject("admissionRequest", "invalidEndpointIdentifier")
        wanted = [name[1] for name in fields.get("destinationInfo", ())]
        found = next((self.numbers[name] for name in wanted if name in self.numbers), None)
        if found is None and "destCallSignalAddress" not in fields:
            return _reject("admissionRequest", "calledPartyNotRegistered")
        through = Address(self.address.ip, 1720)
        destination = transport(found) if found else fields["destCallSignalAddress"]
        return "admissionConfirm", {
            "bandWidth": fields["bandWidth"],
            "callModel": ("gatekeeperRouted" if self.routed else "direct", 0),
            "destCallSignalAddress": transport(through) if self.routed else destination,
            "willRespondToIRR": False,
            "uuiesRequested": dict.fromkeys(_UUIES, False),
        }

    def _bandwidthRequest(self, fields: Fields) -> Reply:
        return "bandwidthConfirm", {"bandWidth": fields["bandWidth"]}

    def _disengageRequest(self, _: Fields) -> Reply:
        return "disengageConfirm", {}

    def _resourcesAvailableIndicate(self, _: Fields) -> Reply:
        return "resourcesAvailableConfirm", {"protocolIdentifier": PROTOCOL}

    # --- tokens -----------------------------------------------------------------------------------------------

    def _put(self, name: str, fields: Fields, to: Address, utc: float) -> None:
        data = asn1.encode(asn1.Pdu.RAS, (name, fields))
        if self._algorithm == HMAC_OID and self.signs and name not in {"gatekeeperConfirm", "gatekeeperReject"}:
            data = self.sign(name, fields, int(utc + self._clock))
        self.outgoing.append((data, to))

    def sign(self, name: str, fields: Fields, timestamp: int, *, password: str = "", sender: str = "") -> bytes:
        """A message with the token of H.235.1, from `sender` to the newest endpoint."""
        self._random += 1
        clear = {
            "tokenOID": (0, 0, 8, 235, 0, 2, 5),
            "timeStamp": timestamp,
            "random": self._random,
            "generalID": fields.get("endpointIdentifier", f"{self.name}-{self._next}"),
            "sendersID": sender or self.name,
        }
        parts = []
        for filling in (0x5555_5555_5555_5555_5555_5555, 0xAAAA_AAAA_AAAA_AAAA_AAAA_AAAA):
            token = {"algorithmOID": HMAC_OID, "paramS": {}, "hash": (filling, 96)}
            hashed = {"tokenOID": (0, 0, 8, 235, 0, 2, 1), "hashedVals": clear, "token": token}
            crypto = [("nestedcryptoToken", ("cryptoHashedToken", hashed))]
            parts.append(asn1.encode(asn1.Pdu.RAS, (name, fields | {"cryptoTokens": crypto})))
        at = next(index for index, both in enumerate(zip(*parts, strict=True)) if both[0] != both[1])
        zeroed = parts[0][:at] + bytes(12) + parts[0][at + 12 :]
        return zeroed[:at] + self._hmac(zeroed, password or self._password) + zeroed[at + 12 :]

    def _trusts(self, name: str, fields: Fields, data: bytes, utc: float) -> bool:
        if self._algorithm is None or name == "gatekeeperRequest":
            return True
        tokens = fields.get("cryptoTokens", [])
        if self._algorithm == MD5_OID:
            needed = name.endswith("Request") or name == "infoRequestResponse"
            return self._is_password_hash(tokens[0], utc) if tokens else not needed
        if not tokens:
            return False
        clear = tokens[0][1][1]["hashedVals"]
        received = tokens[0][1][1]["token"]["hash"][0].to_bytes(12, "big")
        near = abs(clear["timeStamp"] - utc - self._clock) <= 30
        return near and self._hmac(data.replace(received, bytes(12)), self._password) == received

    def _is_password_hash(self, token: Any, utc: float) -> bool:
        kind, content = token
        if kind != "cryptoEPPwdHash":
            return False
        clear = {
            "tokenOID": (0, 0),
            "timeStamp": content["timeStamp"],
            "password": self._password + "\0",
            "generalID": content["alias"][1] + "\0",
        }
        digest = hashlib.md5(asn1.encode(asn1.Pdu.PASSWORD_TOKEN, clear)).digest()
        near = abs(content["timeStamp"] - utc - self._clock) <= 30
        return near and content["token"]["hash"] == (int.from_bytes(digest, "big"), 128)

    @staticmethod
    def _hmac(zeroed: bytes, password: str) -> bytes:
        return hmac.new(hashlib.sha1(password.encode()).digest(), zeroed, hashlib.sha1).digest()[:12]


class Line:
    """A client and gatekeepers on fake time; `loss` is the share of datagrams that do not arrive (seeded)."""

    def __init__(self, client: RasClient, *gatekeepers: ScriptedGatekeeper, loss: float = 0.0, seed: int = 1) -> None:
        self.client = client
        self.gatekeepers = gatekeepers
        self.now = 1_000.0
        self.loss = loss
        self.sent: list[tuple[bytes, Address]] = []
        self.events: list[RasEvent] = []
        self._rng = random.Random(seed)
        self._fresh: list[RasEvent] = []

    def settle(self) -> list[RasEvent]:
        """Carry datagrams until there are none. What happened since the last call."""
        for _ in range(1_000):
            outgoing = self.client.data_to_send()
            self.sent += outgoing
            for data, to in outgoing:
                if self._arrives():
                    for gatekeeper in self.gatekeepers:
                        if to == gatekeeper.address or to.ip == "224.0.1.41":
                            gatekeeper.receive(data, THERE, self.now + self.client.wall_offset)
            answers = [(g, data) for g in self.gatekeepers for data, _ in g.outgoing]
            for gatekeeper in self.gatekeepers:
                gatekeeper.outgoing.clear()
            for gatekeeper, data in answers:
                if self._arrives():
                    self.client.receive(data, gatekeeper.address, self.now)
            self.events += (new := self.client.events_received())
            self._fresh += new
            if not outgoing and not answers:
                fresh, self._fresh = self._fresh, []
                return fresh
        raise AssertionError("client and gatekeeper do not come to rest")

    def run(self, seconds: float) -> list[RasEvent]:
        """Let time go by, from timer to timer."""
        happened = self.settle()
        end = self.now + seconds
        for _ in range(100_000):
            timer = self.client.next_timer()
            if timer is None or timer > end:
                self.now = end
                return happened
            self.now = max(self.now, timer)
            self.client.handle_timer(self.now)
            happened += self.settle()
        raise AssertionError("the client's timer never rests")

    def _arrives(self) -> bool:
        return self.loss == 0.0 or self._rng.random() >= self.loss


def transport(address: Address) -> Any:
    return "ipAddress", {"ip": bytes(int(part) for part in address.ip.split(".")), "port": address.port}


def alternate(gatekeeper: ScriptedGatekeeper, *, priority: int = 0, register: bool = True) -> Fields:
    return {
        "rasAddress": transport(gatekeeper.address),
        "gatekeeperIdentifier": gatekeeper.name,
        "needToRegister": register,
        "priority": priority,
    }


def _reject(name: str, reason: str) -> Reply:
    rejected = name.removesuffix("Request") + "Reject"
    fields: Fields = {"rejectReason": (reason, 0)}
    if name == "registrationRequest":
        fields["protocolIdentifier"] = PROTOCOL
    return rejected, fields
