"""What the process at the line and the one that leads the run say to each other: one JSON object a line."""

from __future__ import annotations

import msgspec

from mcu.synthetic.network.weather import Weather


class Ready(msgspec.Struct, frozen=True, kw_only=True):
    """The first line. With `refused` it is the last, too."""

    refused: str = ""  # why this machine allows no such line, in one sentence
    address: str = ""  # of the server for REST and metrics, outside of the namespaces
    entrance: str = ""  # where participants come in, at both ends
    near: str = ""  # files of the namespaces
    far: str = ""


class Order(msgspec.Struct, frozen=True):
    """New weather, at once."""

    down: Weather
    up: Weather


class Done(msgspec.Struct, frozen=True):
    """To each order."""

    error: str = ""
