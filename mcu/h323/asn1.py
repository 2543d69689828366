"""The one seam to the ASN.1 library: H.225.0, RAS and H.245 PDUs between bytes and plain Python values.

Values are those of the library: dict for SEQUENCE, (name, value) for CHOICE, list for SEQUENCE OF, int, bool, bytes,
(int, bits) for BIT STRING, tuple of int for OBJECT IDENTIFIER, str, and 0 for NULL. A field of an extension that this
edition does not know is kept as "_ext_N" with its bytes.

Rules:
1. `decode` lets out Asn1Error only, whatever a peer sent; `encode` lets out Asn1Error for a value of the wrong shape.
2. One thread: the library's types are objects with state.
3. The library's aligned encoder puts extension additions at wrong places (docs/decisions/0019); `_to_per` mends it.
"""

from __future__ import annotations

import enum
import logging
from typing import Any

from pycrate_asn1dir import H225
from pycrate_asn1rt.asnobj_construct import SEQ
from pycrate_asn1rt.codecs import T_UINT, ASN1CodecPER
from pycrate_core.utils import PycrateErr

from mcu.errors import ProtocolError

Value = Any  # see the module's docstring
MAX_PDU = 32_768  # bytes; the largest capability sets seen are 3 kB

_LIBRARY_ERRORS = (
    PycrateErr,
    AssertionError,
    NameError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    ArithmeticError,
    RecursionError,
)


# It writes a line for whatever it does not know in a message, which anybody may send any number of.
logging.getLogger("pycrate.asn1rt").setLevel(logging.CRITICAL)


class Asn1Error(ProtocolError):
    """Bytes that are no such PDU, or a value that none can be made of."""


class Pdu(enum.Enum):
    """What a buffer holds."""

    H225 = "H.225.0 H323-UserInformation, in the user-user element of Q.931"
    RAS = "H.225.0 RasMessage, in one UDP datagram"
    H245 = "H.245 MultimediaSystemControlMessage"
    FAST_START = "H.245 OpenLogicalChannel, an element of fastStart (H.323 clause 8.1.7)"
    H235_KEY = "H.235 H235Key, the session key in EncryptionSync of H.245"
    PASSWORD_TOKEN = "H.235 PwdCertToken without the length of an open type: what an MD5 password hash is made over"


# H.225.0 has its own copy of H.245; with one copy, values can be handed from one to the other.
_TYPES = {
    Pdu.H225: H225.H323_MESSAGES.H323_UserInformation,
    Pdu.RAS: H225.H323_MESSAGES.RasMessage,
    Pdu.H245: H225.MULTIMEDIA_SYSTEM_CONTROL.MultimediaSystemControlMessage,
    Pdu.FAST_START: H225.MULTIMEDIA_SYSTEM_CONTROL.OpenLogicalChannel,
    Pdu.H235_KEY: H225.H235_SECURITY_MESSAGES.H235Key,
    Pdu.PASSWORD_TOKEN: H225.H235_SECURITY_MESSAGES.PwdCertToken,
}


def decode(pdu: Pdu, data: bytes) -> Value:
    """The value in `data`; what comes after it is left alone. Raises Asn1Error."""
    if len(data) > MAX_PDU:
        raise Asn1Error(f"{pdu.name} of {len(data)} bytes")
    kind = _TYPES[pdu]
    try:
        kind.from_aper(data)
        return kind.get_val()
    except _LIBRARY_ERRORS as error:
        raise Asn1Error(f"{pdu.name}: {type(error).__name__}: {error}") from error
    finally:
        ASN1CodecPER._off.clear()  # the library leaves an entry behind for each message that it could not read


def encode(pdu: Pdu, value: Value) -> bytes:
    """The bytes of `value`. Raises Asn1Error when it does not have the PDU's shape: a bug on our side."""
    kind = _TYPES[pdu]
    try:
        kind.set_val(value)
        data: bytes = kind.to_aper()
    except _LIBRARY_ERRORS as error:
        raise Asn1Error(f"{pdu.name}: {type(error).__name__}: {error}") from error
    finally:
        ASN1CodecPER._off.clear()
    return data


# --- the encoder of extension additions (X.691 clause 19.7 to 19.9) ---------------------------------------

_encode_sequence = SEQ._to_per


def _to_per(self: Any) -> list[Any]:
    """What the library generates for a SEQUENCE: its root by the library, its extension additions by us."""
    value = self._val
    additions = {name for name in value if name not in self._root} if self._ext is not None else ()
    if not additions or not ASN1CodecPER.ALIGNED:
        encoded: list[Any] = _encode_sequence(self)
        return encoded
    self._val = {name: value[name] for name in value if name not in additions}
    generated: list[Any] = _encode_sequence(self)
    self._val = value
    generated[0] = (T_UINT, 1, 1)  # the extension bit, which the root alone did not set
    parts = {_place(self, name): _addition(self, name) for name in additions}
    count = max(len(self._ext_nest), *(place + 1 for place in parts))
    if count > 64:
        raise Asn1Error(f"{count} extension additions")
    generated.append((T_UINT, count - 1, 7))  # a normally small length, 0 meaning 1
    generated.append((T_UINT, sum(1 << (count - 1 - place) for place in parts), count))
    ASN1CodecPER._off[-1] += 7 + count
    if ASN1CodecPER._off[-1] % 8:
        generated.extend(ASN1CodecPER.encode_pad())
    for place in sorted(parts):
        generated.extend(ASN1CodecPER.encode_unconst_buf(parts[place]))
    return generated


def _place(self: Any, name: str) -> int:
    """Which addition `name` is, from 0."""
    if name.startswith("_ext_"):
        return int(name[5:])
    place: int = self._ext_nest.index(name)
    return place


def _addition(self: Any, name: str) -> bytes:
    """One addition as the contents of its open type."""
    value = self._val[name]
    component = None if name.startswith("_ext_") else self._cont[name]
    if component is not None:
        component._val = value
    data: bytes = value if component is None else component.to_aper()
    return data


SEQ._to_per = _to_per
