"""What connectors share: readings of one device at one instant, numbers, and the options that operators wrote."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from cdsc_server.domain.device_readings import DeviceReading, Direction, Origin, Quantity
from cdsc_server.domain.readings import Quality

_SHORTEST: Final = Decimal("0.01")
_LONGEST: Final = Decimal(300)
_LARGEST_EXPONENT: Final = 15


class Place(NamedTuple):
    """
    Where a device listens; scheme and host are empty where an address is written in another way.

    Args:
        port: None where the address names none.
    """

    scheme: str
    host: str
    port: int | None


@dataclass(frozen=True)
class Told:
    """
    What one device told at one instant; makes readings of its values.

    Args:
        source, device_id, measured_at, received_at: as of `DeviceReading`.
    """

    source: str
    device_id: str
    measured_at: datetime
    received_at: datetime

    def reading(
        self,
        channel: str,
        quantity: Quantity,
        value: Decimal,
        unit: str,
        direction: Direction | None = None,
        *,
        origin: Origin = Origin.RETRIEVED,
        quality: Quality | None = None,
        period: timedelta | None = None,
    ) -> DeviceReading:
        """One value, as of `DeviceReading`."""
        return DeviceReading(
            source=self.source,
            device_id=self.device_id,
            channel=channel,
            quantity=quantity,
            value=value,
            unit=unit,
            direction=direction,
            measured_at=self.measured_at,
            received_at=self.received_at,
            period=period,
            quality=quality,
            origin=origin,
        )


def number(value: object) -> Decimal | None:
    """The number that a platform wrote in JSON; None when it is none, or like nothing that can be measured."""
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        return None
    written = Decimal(value)
    return written if abs(written.adjusted()) <= _LARGEST_EXPONENT else None


def known_options(options: Mapping[str, str], known: Collection[str]) -> None:
    """
    Refuse what a connector does not know, because it is most likely misspelt.

    Raises:
        ValueError: names what is unknown and what would be known.
    """
    if unknown := sorted(set(options) - set(known)):
        raise ValueError(f"unknown options {', '.join(unknown)}; there are {', '.join(sorted(known)) or 'none'}")


def seconds(options: Mapping[str, str], name: str, default: str) -> float:
    """
    An option that is a length of time, in seconds.

    Raises:
        ValueError: it is no number, or none that makes sense.
    """
    written = options.get(name, default)
    try:
        value = Decimal(written)
        fits = _SHORTEST <= value <= _LONGEST
    except InvalidOperation:
        fits, value = False, Decimal()
    if not fits:
        raise ValueError(f"{name} is {written!r}; it takes seconds from {_SHORTEST} to {_LONGEST}")
    return float(value)


def place_of(address: str) -> Place:
    """Where a device listens, as an operator wrote it: SCHEME://HOST or SCHEME://HOST:PORT."""
    try:
        parts = urlsplit(address)
        place = Place(parts.scheme, parts.hostname or "", parts.port)
    except ValueError:
        return Place("", "", None)
    return place if place.host and not parts.path else Place("", "", None)


def hushed(*loggers: str) -> None:
    """Keep libraries from logging each call: what they write holds addresses with ids of stations, and keys."""
    for name in loggers:
        logging.getLogger(name).setLevel(logging.WARNING)
