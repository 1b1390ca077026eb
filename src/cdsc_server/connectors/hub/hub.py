"""Readings of a hub, made of what its mapping finds in its answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from cdsc_server.connectors.checks import Told, known_options, number, seconds
from cdsc_server.connectors.hub.client import HubClient
from cdsc_server.connectors.hub.mapping import HubMapping
from cdsc_server.connectors.hub.paths import found
from cdsc_server.connectors.platform_http import timed
from cdsc_server.domain.device_readings import Device, DeviceReading, Direction
from cdsc_server.domain.intervals import instant_of_clock
from cdsc_server.ports import Clock, Contact, PlatformAccess, ProtocolError

#: Prefixes are taken off, so that one channel has one unit, whatever a hub writes today.
_PLAIN: Final = {"Wh": ("kWh", -3), "MWh": ("kWh", 3), "kW": ("W", 3), "MW": ("W", 6)}


class Hub:
    """
    Satisfies `ports.DevicePlatform`.

    Args:
        name: of the platform.
        devices: ids, for hubs that list none; readings of others are not ours to keep.
        zone: IANA name, for hubs that write times without an offset.
    """

    def __init__(
        self, name: str, mapping: HubMapping, client: HubClient, clock: Clock, *, devices: Sequence[str], zone: str
    ) -> None:
        self._name = name
        self._mapping = mapping
        self._client = client
        self._clock = clock
        self._devices = devices
        self._zone = zone

    def ping(self) -> Contact:
        """Asks for the first device, or else for the readings of the last moment."""

        def ask() -> None:
            now = self._clock.now()
            if self._mapping.devices is not None:
                next(self._client.items(self._mapping.devices.listing), None)
            else:
                next(self._told(now - timedelta(minutes=1), now), None)

        return timed(ask)

    def devices(self) -> Sequence[Device]:
        """As the hub lists them, or as the option says; raises PlatformFault."""
        listed = self._mapping.devices
        if listed is None:
            return [Device(each, self._mapping.kind) for each in self._devices]
        known: dict[str, Device] = {}
        for item in self._client.items(listed.listing):
            device_id = found(item, listed.id)
            if not isinstance(device_id, (str, int)):
                raise ProtocolError(f"a device has no id at {listed.id}; see whether its mapping is right")
            model = found(item, listed.model) if listed.model else None
            known[str(device_id)] = Device(str(device_id), self._mapping.kind, "" if model is None else str(model))
        return list(known.values())

    def read(self, since: datetime, until: datetime) -> Sequence[DeviceReading]:
        """
        What the hub has of [since, until); of what it gives twice, the later.

        Raises:
            PlatformFault: of its kind; ProtocolError names the part of a reading that makes no sense.
        """
        told: dict[tuple[str, str, datetime], DeviceReading] = {}
        for reading in self._told(since, until):
            if since <= reading.measured_at < until:
                told[reading.device_id, reading.channel, reading.measured_at] = reading
        return list(told.values())

    def close(self) -> None:
        """Let the connection go."""
        self._client.close()

    def _told(self, since: datetime, until: datetime) -> Iterator[DeviceReading]:
        listing = self._mapping.readings
        if self._mapping.fields.time_is_start:
            # What ends at `since` began a period before.
            since -= timedelta(seconds=self._mapping.period_seconds)
        span = {"since": self._written(since), "until": self._written(until)}
        if listing.is_of_one_device:
            for device in self.devices():
                yield from self._made(
                    self._client.items(listing, device=device.device_id, **span), device.device_id, since
                )
        else:
            yield from self._made(self._client.items(listing, **span), None, since)

    def _made(self, items: Iterator[Any], device_id: str | None, since: datetime) -> Iterator[DeviceReading]:
        received_at = self._clock.now()
        fields, mapping = self._mapping.fields, self._mapping
        # By device and direction, as a list may tell of several by turns.
        earlier: dict[tuple[str, Direction | None], datetime] = {}
        period = timedelta(seconds=mapping.period_seconds) if mapping.period_seconds else None
        for item in items:
            value = _value(found(item, fields.value))
            if value is None or value in mapping.unknown:
                continue
            unit = fields.fixed_unit or self._word(item, fields.unit, "units")
            unit, exponent = _PLAIN.get(unit, (unit, 0))
            direction = fields.fixed_direction or (
                Direction(self._word(item, fields.direction, "directions")) if fields.direction else None
            )
            if value < 0 and direction in (Direction.FORWARD, Direction.REVERSE):
                raise ProtocolError("a value below zero has a direction; see whether its mapping means net")
            source_id = device_id or str(self._given(item, fields.device))
            if self._devices and source_id not in self._devices:
                continue
            column = (source_id, direction)
            shown = self._instant(found(item, fields.time), not_before=earlier.get(column, since))
            earlier[column] = shown
            measured_at = shown + period if period is not None and fields.time_is_start else shown
            told = Told(self._name, source_id, measured_at, received_at)
            quality = mapping.qualities.get(str(found(item, fields.quality))) if fields.quality else None
            channel = ":".join(filter(None, (mapping.quantity, direction)))
            yield told.reading(
                channel, mapping.quantity, value.scaleb(exponent), unit, direction, quality=quality, period=period
            )

    def _given(self, item: Any, path: str) -> Any:
        value = found(item, path)
        if value is None:
            raise ProtocolError(f"a reading has nothing at {path}; see whether its mapping is right")
        return value

    def _word(self, item: Any, path: str, table: str) -> str:
        """Our word for the hub's."""
        theirs = str(self._given(item, path))
        words = self._mapping.units if table == "units" else self._mapping.directions
        if theirs not in words:
            raise ProtocolError(f"it says {theirs[:20]!r} at {path}; say in {table} of its mapping what that is")
        return words[theirs]

    def _instant(self, written: Any, *, not_before: datetime) -> datetime:
        """A time as any hub writes it; without an offset it is one of the home's clock."""
        try:
            if isinstance(written, str):
                at = datetime.fromisoformat(written)
                if at.tzinfo is None:
                    return instant_of_clock(at, self._zone, not_before=not_before)
                return at.astimezone(UTC)
            since_epoch = number(written)
            if since_epoch is not None:
                parts = 1000 if self._mapping.times == "unix_ms" else 1
                return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=int(since_epoch * 1000 / parts))
        except (ValueError, OverflowError):
            pass
        raise ProtocolError(f"{str(written)[:40]!r} is no time; see whether fields.time of its mapping is right")

    def _written(self, at: datetime) -> str:
        match self._mapping.times:
            case "unix":
                return str(int(at.timestamp()))
            case "unix_ms":
                return str(int(at.timestamp()) * 1000)
        return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def open_hub(name: str, mapping: HubMapping, access: PlatformAccess, clock: Clock) -> Hub:
    """
    One account of a hub; asks it nothing.

    Raises:
        ValueError: the address or an option cannot be right, or the account is not what the mapping needs.
    """
    known_options(access.options, ("devices", "timeout"))
    devices = [each.strip() for each in access.options.get("devices", "").split(",") if each.strip()]
    if mapping.devices is None and not devices:
        raise ValueError("this hub lists no devices; name their ids in the option devices, with commas between")
    if mapping.devices is not None and devices:
        raise ValueError("this hub lists its devices itself; leave out the option devices")
    if mapping.auth.kind != "none" and not access.secret:
        raise ValueError("this hub asks for a secret")
    client = HubClient(
        mapping,
        access.address,
        account=access.account,
        secret=access.secret,
        timeout=seconds(access.options, "timeout", "30"),
    )
    return Hub(name, mapping, client, clock, devices=devices, zone=access.timezone)


def _value(written: Any) -> Decimal | None:
    """A number, also one in quotation marks; None for all else, which is how hubs write that there is none."""
    if isinstance(written, str):
        try:
            written = Decimal(written)
        except InvalidOperation:
            return None
        written = written if written.is_finite() else None
    return number(written)
