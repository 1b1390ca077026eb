"""The portal of old (`www.semsportal.com`). Names are misspelt there, and here as they are there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from cdsc_server.connectors.checks import Told, number
from cdsc_server.connectors.sems.flows import SOURCE, Flow
from cdsc_server.connectors.sems.session import Request, Session, base_of
from cdsc_server.domain.device_readings import Device, DeviceKind, DeviceReading, Direction, Quantity
from cdsc_server.domain.intervals import instant_of_clock
from cdsc_server.ports import AuthExpired, DeviceNotFound

#: Has to be there before anybody is signed in; the portal gives the rest of it.
_NOBODY: Final = {"version": "3.1.1", "client": "ios", "language": "en"}
_FLOW: Final = re.compile(r"(\d+(?:\.\d+)?)\((W|kW)\)")
_OFFLINE: Final = -1
#: How far a clock without an offset may be behind ours; decides which one is meant of an hour that comes twice.
_LATE: Final = timedelta(minutes=30)
#: Numbers by which an inverter says that it does not know, by the fields in which they stand.
_UNKNOWN: Final[Mapping[str, frozenset[Decimal]]] = {
    "vac1": frozenset({Decimal("6553.5")}),
    "fac1": frozenset({Decimal("655.35")}),
    "tempperature": frozenset({Decimal("6553.5")}),
    "soc": frozenset({Decimal(536)}),
    "soh": frozenset({Decimal("-0.1")}),
}
_INVERTER: Final[tuple[tuple[str, Quantity, str, Direction | None], ...]] = (
    ("etotal", Quantity.ENERGY, "kWh", Direction.REVERSE),
    ("vac1", Quantity.VOLTAGE, "V", None),
    ("fac1", Quantity.FREQUENCY, "Hz", None),
    ("tempperature", Quantity.TEMPERATURE, "°C", None),
)
_BATTERY: Final = (("soc", Quantity.STATE_OF_CHARGE), ("soh", Quantity.STATE_OF_HEALTH))


class Legacy:
    """Satisfies `session.Dialect`."""

    def sign_in(self, account: str, secret: str, now: datetime) -> Request:  # noqa: ARG002 - only SEMS+ signs by time
        """The request that signs in."""
        return Request("POST", "/api/v3/Common/CrossLogin", {"account": account, "pwd": secret}, Session(_NOBODY).token)

    def session(self, answer: Mapping[str, Any], address: str) -> Session:
        """What the portal opened; raises AuthExpired when it is nothing."""
        data = answer.get("data")
        if not isinstance(data, dict) or not data.get("token"):
            raise AuthExpired("the portal gives no session; see whether account and password still open its web page")
        return Session(data, base_of(answer.get("api"), address))

    def station(self, session: Session, station: str, now: datetime) -> Request:  # noqa: ARG002 - as above
        """The request for all of a station."""
        path = "/v3/PowerStation/GetMonitorDetailByPowerstationId"
        return Request("POST", path, {"powerStationId": station}, session.token)

    def shown(self, answer: Mapping[str, Any], station: str, zone: str, now: datetime) -> Shown:
        """What the answer says; raises DeviceNotFound when that is nothing."""
        data = answer.get("data")
        if not isinstance(data, dict) or not isinstance(data.get("info"), dict):
            raise DeviceNotFound(
                "the portal shows nothing of the station; see whether its account may see it, and whether it has "
                "moved to SEMS+ (dialect = plus)"
            )
        return Shown(data, station, zone, now)


class Shown:
    """
    One station as the portal shows it.

    Args:
        zone: IANA name of the zone of the home, whose clock the portal shows without an offset.
    """

    def __init__(self, data: Mapping[str, Any], station: str, zone: str, now: datetime) -> None:
        self._station = station
        self._zone = zone
        self._now = now
        listed = data.get("inverter")
        self._inverters = (
            {str(each["sn"]): each for each in listed if isinstance(each, dict) and each.get("sn")}
            if isinstance(listed, list)
            else {}
        )
        self._info = data["info"]
        self._flow = data.get("powerflow") or {}

    def devices(self) -> Sequence[Device]:
        """The station, its inverters, and its battery where there is one."""
        return [
            Device(self._station, DeviceKind.METER),
            *(Device(serial, DeviceKind.INVERTER) for serial in self._inverters),
            *([Device(self._battery, DeviceKind.BATTERY)] if self._info.get("is_stored") is True else []),
        ]

    def readings(self) -> Iterator[DeviceReading]:
        """What inverters that are on say, and what flows; nothing when none of them is, as at night."""
        on = {serial: each for serial, each in self._inverters.items() if each.get("status") != _OFFLINE}
        for serial, inverter in on.items():
            told = Told(SOURCE, serial, self._instant(inverter), self._now)
            values = inverter.get("invert_full") or {}
            for name, quantity, unit, direction in _INVERTER:
                if (value := _known(values, name)) is not None and (direction is None or value >= 0):
                    yield told.reading(name, quantity, value, unit, direction)
            power = _known(values, "pac")
            if power is not None:
                yield told.reading("pac", Quantity.POWER, -power, "W", Direction.NET)
        if self._inverters and not on:
            return
        at = self.last_contact()
        flow = Flow(*(_amount(self._flow.get(name)) for name in ("pv", "load", "bettery", "grid")))
        yield from flow.of_station(Told(SOURCE, self._station, at, self._now))
        if self._info.get("is_stored") is True:
            battery = Told(SOURCE, self._battery, at, self._now)
            yield from flow.of_battery(battery)
            for name, quantity in _BATTERY:
                told_by = (_known(each.get("invert_full") or {}, name) for each in on.values())
                share = next((value for value in told_by if value is not None and 0 <= value <= 100), None)
                if share is not None:
                    yield battery.reading(name, quantity, share, "%")

    def last_contact(self) -> datetime:
        """When an inverter last spoke with the portal."""
        return max((self._instant(each) for each in self._inverters.values()), default=self._clock())

    def _instant(self, inverter: Mapping[str, Any]) -> datetime:
        """Milliseconds since 1970, where the inverter has them; they know neither zones nor summer time."""
        told = number((inverter.get("invert_full") or {}).get("last_time"))
        if told is None or told <= 0:
            return self._clock()
        return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=int(told))

    def _clock(self) -> datetime:
        """The clock of the station; the portal sometimes puts spaces into it. Ours, when it is none."""
        written = re.sub(r"\s*:\s*", ":", str(self._info.get("time", "")))
        try:
            shown = datetime.strptime(written, "%m/%d/%Y %H:%M:%S")  # noqa: DTZ007 - its zone comes next
        except ValueError:
            return self._now
        return instant_of_clock(shown, self._zone, not_before=self._now - _LATE)

    @property
    def _battery(self) -> str:
        return f"{self._station}-battery"


def _known(values: Mapping[str, Any], name: str) -> Decimal | None:
    value = number(values.get(name))
    return None if value in _UNKNOWN.get(name, ()) else value


def _amount(written: Any) -> Decimal | None:
    """W of a text such as `2337(W)`."""
    match = _FLOW.fullmatch(written) if isinstance(written, str) else None
    if match is None:
        return None
    return Decimal(match[1]).scaleb(3 if match[2] == "kW" else 0)
