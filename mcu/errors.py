"""Errors named by who is to blame.

McuError
├── PeerError            what somebody sent us is wrong; costs that peer only
│   ├── ProtocolError    a message, packet or document that breaks its specification
│   └── RefusedError     well-formed, but not allowed or not possible here; has a code for the user
├── StorageError         the database does not answer; nobody's message is at fault
└── ConfigurationError   the operator must change something; the text says what
"""

from __future__ import annotations


class McuError(Exception):
    """Base of every error that this project raises on purpose."""


class PeerError(McuError):
    """The peer is at fault. Never a reason to disturb anybody else."""


class ProtocolError(PeerError):
    """Input that cannot be parsed or breaks its specification. Parsers raise this and nothing else."""


class RefusedError(PeerError):
    """A request that is understood and refused; `code` is stable, `detail` is for logs."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail


class ConfigurationError(McuError):
    """The installation is at fault; the message tells the operator what to do."""


class StorageError(McuError):
    """The database did not do what it was asked; nothing was acknowledged."""
