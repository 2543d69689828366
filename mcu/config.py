"""One configuration for everything: defaults, then `mcu.toml`, then environment variables.

A key `port` in section `[media]` is also the environment variable `MCU_MEDIA_PORT`. Unknown keys and variables
are refused with the nearest known one. `mcu.example.toml` lists every key with its meaning; a test keeps the two equal.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_type_hints

import msgspec
from msgspec import Meta

from mcu import config_words
from mcu.errors import ConfigurationError

ENVIRONMENT_PREFIX = "MCU_"
# Ours, but not configuration keys: clips for synthetic participants, switches for tests and measurements.
OTHER_VARIABLES = frozenset({"MCU_MEDIA", "MCU_SCALAR", "MCU_COMPILED", "MCU_CONFIG"})
OTHER_PREFIXES = ("MCU_FUZZ_", "MCU_TEST_", "MCU_BENCH_", "MCU_BOOTSTRAP_")

Port = Annotated[int, Meta(ge=0, le=65535)]
Language = Literal["ko", "en"]
PublicUrl = Annotated[
    str, Meta(pattern="^(https?://.+)?$", description="an address that begins with https://, or empty")
]
# Browsers make no connection when told anything else.
RelayUrl = Annotated[str, Meta(pattern="^(turn|stun)s?:.", description="beginning with turn:, turns: or stun:")]
Network = Annotated[
    str, Meta(pattern=r"^[0-9a-fA-F.:]+(/\d{1,3})?$", description="an address or a network such as 192.168.0.0/16")
]
PRIVATE_NETWORKS = ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7", "fe80::/10")
Digits = Annotated[
    str, Meta(pattern="^[0-9]{0,15}$", description='digits in quotes, as in "7000", 15 at most (E.164), or empty')
]
Even = Annotated[int, Meta(ge=16, le=4096, multiple_of=2)]


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of the sections."""


class Server(Section, frozen=True):
    name: str = "MCU"
    data_dir: str = "var"
    language: Language = "ko"


class Http(Section, frozen=True):
    """Plain HTTP, for this machine only: browsers treat localhost as a secure context."""

    host: str = "127.0.0.1"
    port: Port = 8080


class Https(Section, frozen=True):
    """HTTPS for everybody else. An empty certificate means: make a self-signed one at the first start."""

    host: str = "::"
    port: Port = 8443
    certificate: str = ""
    key: str = ""
    public_url: PublicUrl = ""


class Media(Section, frozen=True):
    """The one port, UDP and TCP, for all sound and pictures of the first MP; further MPs take the next numbers.

    Rooms of H.323 need ports of their own: six for each, out of `rtp_ports` from `rtp_port` on; further MPs likewise.
    """

    host: str = "::"
    port: Port = 10443
    advertise: tuple[str, ...] = ()
    rtp_port: Annotated[int, Meta(ge=1_024, le=65_000)] = 20_000
    rtp_ports: Annotated[int, Meta(ge=6, le=60_000)] = 600


class Picture(Section, frozen=True):
    width: Even = 1280
    height: Even = 720
    fps: Annotated[int, Meta(ge=1, le=60)] = 25
    bitrate: Annotated[int, Meta(ge=64_000, le=20_000_000)] = 1_200_000


class Conference(Section, frozen=True):
    max_participants: Annotated[int, Meta(ge=2, le=200)] = 36
    grace_seconds: Annotated[float, Meta(ge=1, le=600)] = 45.0
    open_layout: bool = False
    retention_days: Annotated[int, Meta(ge=0, le=3_650)] = 30


class Database(Section, frozen=True):
    url: str = ""


class Turn(Section, frozen=True):
    urls: tuple[RelayUrl, ...] = ()
    secret: str = ""
    ttl_seconds: Annotated[int, Meta(ge=60, le=86_400)] = 7_200


class Api(Section, frozen=True):
    key: str = ""
    origins: tuple[str, ...] = ()


class H323(Section, frozen=True):
    """Rooms and bridges that speak H.323. Only those of `networks`, and what the gatekeeper sends, may call."""

    enabled: bool = True
    host: str = "::"
    port: Port = 1720
    h245_port: Port = 1730
    name: str = "mcu"
    number: Digits = ""
    networks: tuple[Network, ...] = PRIVATE_NETWORKS
    gatekeeper: str = ""
    gatekeeper_password: str = ""
    encryption: Literal["off", "offered", "required"] = "off"
    max_calls: Annotated[int, Meta(ge=1, le=400)] = 60
    bitrate: Annotated[int, Meta(ge=64_000, le=8_000_000)] = 2_000_000
    fast_start: bool = False
    tunnelling: bool = True


class Log(Section, frozen=True):
    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["text", "json"] = "text"


class Processor(Section, frozen=True):
    count: Annotated[int, Meta(ge=1, le=64)] = 1
    decode_threads: Annotated[int, Meta(ge=1, le=64)] = 1


class Config(Section, frozen=True):
    """All sections; every field has a default that works."""

    server: Server = Server()
    http: Http = Http()
    https: Https = Https()
    media: Media = Media()
    picture: Picture = Picture()
    conference: Conference = Conference()
    database: Database = Database()
    turn: Turn = Turn()
    api: Api = Api()
    h323: H323 = H323()
    log: Log = Log()
    processor: Processor = Processor()

    @property
    def database_url(self) -> str:
        """The SQLAlchemy URL; SQLite in the data folder unless one is configured."""
        return self.database.url or f"sqlite+aiosqlite:///{Path(self.server.data_dir).resolve() / 'mcu.sqlite3'}"


SECTIONS: dict[str, type[Section]] = {field.name: field.type for field in msgspec.structs.fields(Config)}


def load(path: Path | None = None, *, environment: Mapping[str, str]) -> Config:
    """The configuration from `path` (TOML, optional) and `environment`. Raises ConfigurationError."""
    document: dict[str, Any] = {}
    if path is not None:
        try:
            document = tomllib.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise ConfigurationError(
                f"{path} does not exist. Copy mcu.example.toml there, or leave --config out."
            ) from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
            raise ConfigurationError(f"{path}: {error}") from error
    _refuse_unknown(document, source=str(path))
    sections: dict[str, dict[str, Any]] = {name: {} for name in SECTIONS}
    for section, values in document.items():
        for key, value in values.items():
            sections[section][key] = _convert(section, key, value, place=f"[{section}] {key} in {path}")
    for section, key, value, variable in _from_environment(environment):
        sections[section][key] = _convert(section, key, value, place=variable)
    return msgspec.convert(sections, Config)


def _convert(section: str, key: str, value: Any, *, place: str) -> Any:
    """`value` as the setting has it. Raises ConfigurationError, which names the place where it was set."""
    kind = get_type_hints(SECTIONS[section], include_extras=True)[key]
    try:
        return msgspec.convert(value, kind, strict=False)
    except msgspec.ValidationError as error:
        given = config_words.shown(section, key, value)
        tail = f", not {given}" if given else ""
        raise ConfigurationError(f"{place} must be {config_words.expected(kind)}{tail}.") from error


def _keys(section: str) -> list[str]:
    return [field.name for field in msgspec.structs.fields(SECTIONS[section])]


def _refuse_unknown(document: Mapping[str, Any], *, source: str) -> None:
    for section, values in document.items():
        if section not in SECTIONS:
            raise ConfigurationError(f"{source}: no section [{section}]{_nearest(section, SECTIONS)}")
        if not isinstance(values, dict):
            raise ConfigurationError(f"{source}: {section} must be a section, as in [{section}]")
        for key in values:
            if key not in _keys(section):
                raise ConfigurationError(f"{source}: no key {key} in [{section}]{_nearest(key, _keys(section))}")


def _from_environment(environment: Mapping[str, str]) -> list[tuple[str, str, Any, str]]:
    """(section, key, value, variable) for each variable of ours; lists are separated by commas."""
    known = {f"{ENVIRONMENT_PREFIX}{s}_{k}".upper(): (s, k) for s in SECTIONS for k in _keys(s)}
    found: list[tuple[str, str, Any, str]] = []
    for variable, text in sorted(environment.items()):
        if not variable.startswith(ENVIRONMENT_PREFIX) or variable in OTHER_VARIABLES:
            continue
        if variable.startswith(OTHER_PREFIXES):
            continue
        if variable not in known:
            raise ConfigurationError(f"environment: no setting {variable}{_nearest(variable, known)}")
        section, key = known[variable]
        is_list = isinstance(getattr(getattr(Config(), section), key), tuple)
        value = [part.strip() for part in text.split(",") if part.strip()] if is_list else text
        found.append((section, key, value, variable))
    return found


def _nearest(word: str, known: Any) -> str:
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f"; did you mean {close[0]}?" if close else f"; known are {', '.join(sorted(known))}"
