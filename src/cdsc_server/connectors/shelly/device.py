"""A Shelly device on the local network; it says itself of which generation it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from requests.auth import HTTPBasicAuth, HTTPDigestAuth

from cdsc_server.connectors.checks import Told, known_options, seconds
from cdsc_server.connectors.platform_http import PlatformHTTP, timed
from cdsc_server.connectors.shelly.components import old_readings, readings
from cdsc_server.domain.device_readings import Device, DeviceKind, DeviceReading
from cdsc_server.ports import Clock, Contact, PlatformAccess, ProtocolError

SOURCE: Final = "shelly"
#: The only account of Gen2 and later.
_ADMIN: Final = "admin"
#: Parts that make a device a meter rather than a plug.
_METERS: Final = ("em:", "em1:", "emeter")


class Shelly:
    """Satisfies `ports.DevicePlatform`."""

    def __init__(self, http: PlatformHTTP, clock: Clock, *, account: str, secret: str) -> None:
        self._clock = clock
        self._http = http
        # Gen2 and later have digest authentication with one account, Gen1 basic with one of the owner's choice.
        self._new_auth = HTTPDigestAuth(_ADMIN, secret) if secret else None
        self._old_auth = HTTPBasicAuth(account or _ADMIN, secret) if secret else None

    def ping(self) -> Contact:
        """Asks for all that it measures, because only that needs the password."""

        def ask() -> datetime:
            self._status(self._identity())
            return self._clock.now()

        return timed(ask)

    def devices(self) -> Sequence[Device]:
        """
        The device itself.

        Raises:
            PlatformFault: as `PlatformHTTP.ask`.
            ProtocolError: what answers is no Shelly device.
        """
        identity = self._identity()
        status = self._status(identity)
        kind = DeviceKind.METER if any(name.startswith(_METERS) for name in status) else DeviceKind.PLUG
        return [Device(_device_id(identity), kind, str(identity.get("model") or identity.get("type") or ""))]

    def read(self, since: datetime, until: datetime) -> Sequence[DeviceReading]:  # noqa: ARG002 - there is no history
        """
        How things are now. Counters are as the device has them, also after they were set back to nought.

        Raises:
            PlatformFault: as `PlatformHTTP.ask`.
            ProtocolError: what answers is no Shelly device.
        """
        identity = self._identity()
        status = self._status(identity)
        now = self._clock.now()
        told = Told(SOURCE, _device_id(identity), now, now)
        return list((readings if _is_new(identity) else old_readings)(told, status))

    def close(self) -> None:
        """End its connection."""
        self._http.close()

    def _identity(self) -> Mapping[str, Any]:
        # Anybody may ask it of which generation it is; the rest may need a password.
        identity = self._http.ask("GET", "/shelly")
        if not isinstance(identity, dict) or not isinstance(identity.get("mac"), str):
            raise ProtocolError("what answers is no Shelly device; see whether the address is right")
        return identity

    def _status(self, identity: Mapping[str, Any]) -> Mapping[str, Any]:
        if _is_new(identity):
            status = self._http.ask("GET", "/rpc/Shelly.GetStatus", auth=self._new_auth)
        else:
            status = self._http.ask("GET", "/status", auth=self._old_auth)
        if not isinstance(status, dict):
            raise ProtocolError("the device tells no status that we know; see whether its firmware was changed")
        return status


def open_shelly(access: PlatformAccess, clock: Clock) -> Shelly:
    """
    The device of an address; asks it nothing.

    Raises:
        ValueError: the address or an option cannot be right.
    """
    known_options(access.options, ("timeout",))
    http = PlatformHTTP(access.address, timeout=seconds(access.options, "timeout", "5"))
    return Shelly(http, clock, account=access.account, secret=access.secret)


def _is_new(identity: Mapping[str, Any]) -> bool:
    """Gen1 does not say its generation."""
    return "gen" in identity


def _device_id(identity: Mapping[str, Any]) -> str:
    return str(identity["mac"])
