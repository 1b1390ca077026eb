"""SEMS+ (`semsplus.goodwe.com`), as far as open programs know it: what flows in a station, and how full its battery."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from urllib.parse import quote

from cdsc_server.connectors.checks import Told, number
from cdsc_server.connectors.sems.flows import SOURCE, Flow
from cdsc_server.connectors.sems.session import Request, Session, base_of
from cdsc_server.domain.device_readings import Device, DeviceKind, DeviceReading, Quantity
from cdsc_server.ports import AuthExpired, DeviceNotFound

#: The portal tells kW.
_KILO: Final = 3


class Plus:
    """Satisfies `session.Dialect`."""

    def sign_in(self, account: str, secret: str, now: datetime) -> Request:  # noqa: ARG002 - signing in needs no time
        """The request that signs in; the portal calls MD5 what it wants instead of the password."""
        digest = hashlib.md5(secret.encode(), usedforsecurity=False).hexdigest()
        body = {
            "account": account,
            "pwd": base64.b64encode(digest.encode()).decode(),
            # Without these three it answers with an address and no session.
            "agreement": 1,
            "isLocal": False,
            "isChinese": False,
        }
        return Request("POST", "/web/sems/sems-user/api/v1/auth/cross-login", body, {})

    def session(self, answer: Mapping[str, Any], address: str) -> Session:
        """What the portal opened; raises AuthExpired when it is nothing."""
        data = answer.get("data")
        if not isinstance(data, dict) or not data.get("token"):
            raise AuthExpired("the portal gives no session; see whether account and password still open its web page")
        return Session(data, base_of(data.get("api"), address))

    def station(self, session: Session, station: str, now: datetime) -> Request:
        """The request for what flows in a station."""
        headers = {**session.token, "X-Signature": _signature(session.data, now)}
        return Request("GET", f"/sems-plant/api/stations/flow?stationId={quote(station, safe='')}", None, headers)

    def shown(self, answer: Mapping[str, Any], station: str, zone: str, now: datetime) -> Shown:  # noqa: ARG002 - no time in it
        """What the answer says; raises DeviceNotFound when that is nothing."""
        data = answer.get("data")
        if not isinstance(data, dict) or not data:
            raise DeviceNotFound("the portal shows nothing of the station; see whether its account may see it")
        return Shown(data, station, now)


class Shown:
    """What flows in one station now."""

    def __init__(self, data: Mapping[str, Any], station: str, now: datetime) -> None:
        self._data = data
        self._station = station
        self._now = now

    def devices(self) -> Sequence[Device]:
        """The station, and its battery where it tells of one."""
        battery = [Device(self._battery, DeviceKind.BATTERY)] if self._amount("pBat") is not None else []
        return [Device(self._station, DeviceKind.METER), *battery]

    def readings(self) -> Iterator[DeviceReading]:
        """What flows, and how full the battery is."""
        flow = Flow(*(self._amount(name) for name in ("pSystem", "pConsum", "pBat", "pGrid")))
        yield from flow.of_station(Told(SOURCE, self._station, self._now, self._now))
        if flow.battery is not None:
            battery = Told(SOURCE, self._battery, self._now, self._now)
            yield from flow.of_battery(battery)
            charge = number(self._data.get("soc"))
            if charge is not None and 0 <= charge <= 100:
                yield battery.reading("soc", Quantity.STATE_OF_CHARGE, charge, "%")

    def last_contact(self) -> datetime | None:
        """The portal does not say."""
        return None

    def _amount(self, name: str) -> Decimal | None:
        """W. Its signs are one user's finding, so they are not believed: the balance of the home decides."""
        kilowatts = number(self._data.get(name))
        return None if kilowatts is None else abs(kilowatts.scaleb(_KILO))

    @property
    def _battery(self) -> str:
        return f"{self._station}-battery"


def _signature(data: Mapping[str, Any], now: datetime) -> str:
    milliseconds = int(now.timestamp() * 1000)
    digest = hashlib.sha256(f"{milliseconds}@{data.get('uid')}@{data['token']}".encode()).hexdigest()
    return base64.b64encode(f"{digest}@{milliseconds}".encode()).decode()
