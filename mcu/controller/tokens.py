"""Bearer tokens for WHIP and WHEP: one names one participant of one conference, and nothing else."""

from __future__ import annotations

from datetime import timedelta

from mcu.controller import keys
from mcu.controller.registry import Registry
from mcu.errors import RefusedError
from mcu.store.records import TokenRecord

KINDS = ("whip", "whep")


async def mint(
    registry: Registry, conference_id: str, *, kind: str, name: str, office: str, lifetime: timedelta
) -> tuple[str, TokenRecord]:
    """The token, shown only here, and its record. Raises RefusedError."""
    await registry.conference(conference_id)
    token = keys.new_token()
    now = registry.now_utc()
    record = TokenRecord(
        token_hash=keys.hash_secret(token),
        conference_id=conference_id,
        participant=keys.new_identifier(),
        kind=kind,
        name=name,
        office=office,
        expires_at=now + lifetime,
    )
    await registry.store.add_token(record, now=now)
    return token, record


async def check(registry: Registry, token: str, *, conference_id: str, kind: str) -> TokenRecord:
    """The record of a token that is good for `kind` in this conference. Raises RefusedError."""
    record = await registry.store.token(keys.hash_secret(token))
    if record is None or record.expires_at <= registry.now_utc():
        raise RefusedError("token-invalid")
    if record.conference_id != conference_id or record.kind != kind:
        raise RefusedError("token-elsewhere")
    return record
