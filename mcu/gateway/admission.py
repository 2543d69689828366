"""What a gatekeeper says of calls, where there is one: each is asked about, and reported when it is over.

Rules:
1. Without a gatekeeper, or before it is found, calls to addresses go directly, and names cannot be called.
2. Every question is followed by `over`, whatever became of the call.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import structlog

from mcu import __version__
from mcu.config import H323
from mcu.errors import PeerError
from mcu.gateway.gatekeeper import Gatekeeper
from mcu.gateway.gatekeeper_trouble import Troubles
from mcu.h323.address import Address
from mcu.h323.aliases import guess
from mcu.h323.call import Call
from mcu.h323.call_options import CallIdentifiers
from mcu.h323.events import EndReason
from mcu.h323.ras_client import RasStatus
from mcu.h323.ras_events import (
    AdmissionRejected,
    Admitted,
    CallFacts,
    DisengageAsked,
    LostReason,
    RasEvent,
    Registered,
    Unregistered,
)
from mcu.h323.ras_settings import RasSettings

BOTH_WAYS = 2  # RAS counts the bandwidth of both directions together
ANY = "0.0.0.0"

log = structlog.get_logger()


class Refused(PeerError):
    """The gatekeeper, or the lack of one, forbids the call."""

    def __init__(self, rejected: AdmissionRejected) -> None:
        super().__init__(rejected.reason.value, rejected.detail)
        self.reason = rejected.reason
        self.detail = rejected.detail
        self.redirect = rejected.redirect


class Admission:
    """`start` once the signaling port is open; `close` when no call is left."""

    def __init__(
        self, config: H323, *, trust: Callable[[set[str]], object], disengage: Callable[[str], object]
    ) -> None:
        """`trust` is told from where calls may come that the gatekeeper routes; `disengage` which call it ends."""
        self._config = config
        self._trust = trust
        self._disengage = disengage
        self._gatekeeper: Gatekeeper | None = None
        self.registered: Registered | None = None
        self._troubles = Troubles()

    # --- life -----------------------------------------------------------------------------------------

    def start(self, signaling_port: int) -> None:
        config = self._config
        settings = RasSettings(
            aliases=tuple(guess(name) for name in (config.name, config.number) if name),
            prefixes=(config.number,) if config.number else (),
            ras_address=Address(ANY, 0),
            signaling_addresses=(Address(ANY, signaling_port),),
            password=config.gatekeeper_password,
            version=__version__,
        )
        names = (config.gatekeeper,) if config.gatekeeper else ()
        self._gatekeeper = Gatekeeper(settings, changed=self._changed, troubled=self._troubled, names=names)
        self._gatekeeper.start()

    async def close(self) -> None:
        if self._gatekeeper is not None:
            await self._gatekeeper.close()

    @property
    def status(self) -> RasStatus | None:
        """None before the start."""
        return self._gatekeeper.status if self._gatekeeper is not None else None

    @property
    def failures(self) -> int:
        """Bugs caught in what the gatekeeper says."""
        return self._gatekeeper.failures if self._gatekeeper is not None else 0

    @property
    def state(self) -> str:
        """For metrics: "none", "seeking", "registered", or that of a Trouble."""
        if not self._config.gatekeeper:
            return "none"
        if self.registered is not None:
            return "registered"
        return self._troubles.current.state if self._troubles.current is not None else "seeking"

    @property
    def lack(self) -> str:
        """Why numbers and names cannot be called now, as the code of a refusal."""
        if not self._config.gatekeeper:
            return "no-gatekeeper"
        return self._troubles.current.refusal if self._troubles.current is not None else "gatekeeper-silent"

    def _troubled(self, failure: str) -> None:
        trouble = self._troubles.note(failure, time.monotonic())
        if trouble is not None:
            gatekeeper = self._config.gatekeeper
            log.warning(trouble.sentence, gatekeeper=gatekeeper, why=failure, advice=trouble.advice)

    def _changed(self, event: RasEvent) -> None:
        match event:
            case Registered(gatekeeper, address):
                self.registered = event
                self._troubles.clear()
                self._trust({each.ip for each in (address, event.signaling) if each is not None})
                log.info("registered with the gatekeeper", gatekeeper=gatekeeper, address=str(address))
            case Unregistered(LostReason.CLOSED):
                self.registered = None
                log.info("unregistered from the gatekeeper")
            case Unregistered(LostReason.NO_ANSWER):
                self.registered = None
                self._troubled("no answer")
            case Unregistered(LostReason.REFUSED, detail):
                self.registered = None
                self._troubled(detail)
            case Unregistered(reason, detail):
                self.registered = None
                log.warning("the gatekeeper ended the registration; trying again", reason=reason.value, why=detail)
            case DisengageAsked(call, detail):
                log.info("the gatekeeper ends a call", call=call, detail=detail)
                self._disengage(call)

    # --- calls ----------------------------------------------------------------------------------------

    async def place(
        self, call: str, identifiers: CallIdentifiers, *, to: Address | None, alias: str, bitrate: int
    ) -> Admitted:
        """Leave for a call out; where it goes, and under which names. Raises Refused."""
        return await self._ask(
            CallFacts(
                call=call,
                call_identifier=identifiers.call,
                conference_identifier=identifiers.conference,
                reference=identifiers.reference,
                answering=False,
                bandwidth=BOTH_WAYS * bitrate,
                destination=to,
                destination_aliases=(guess(alias),) if alias else (),
                source_aliases=tuple(guess(name) for name in (self._config.name, self._config.number) if name),
            )
        )

    async def answer(self, name: str, call: Call, *, source: Address, here: Address, bitrate: int) -> Admitted:
        """Leave to answer a call. Raises Refused."""
        return await self._ask(
            CallFacts(
                call=name,
                call_identifier=call.identifier,
                conference_identifier=call.conference_id,
                reference=call.reference,
                answering=True,
                bandwidth=BOTH_WAYS * bitrate,
                destination=here,
                destination_aliases=tuple(guess(called) for called in call.called),
                source=source,
                source_aliases=tuple(guess(alias) for alias in call.party.aliases),
            )
        )

    async def _ask(self, facts: CallFacts) -> Admitted:
        assert self._gatekeeper is not None
        said = await self._gatekeeper.admit(facts)
        if isinstance(said, AdmissionRejected):
            raise Refused(said)
        return said

    def over(self, call: str, reason: EndReason) -> None:
        """A call that was asked about has ended."""
        if self._gatekeeper is not None:
            self._gatekeeper.disengage(call, reason)
