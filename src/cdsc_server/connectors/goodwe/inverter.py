"""A GoodWe inverter of the ET family (ET, EH, BT, BH), over UDP or Modbus/TCP. It speaks with one client at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from importlib import import_module
from typing import Any, Final

from cdsc_server.connectors.checks import hushed, known_options, place_of, seconds
from cdsc_server.connectors.goodwe.sensors import Snapshot
from cdsc_server.connectors.platform_http import timed
from cdsc_server.domain.device_readings import Device, DeviceReading
from cdsc_server.ports import Busy, Clock, Contact, Offline, PlatformAccess, PlatformFault, ProtocolError

#: The library speaks UDP on this port and Modbus/TCP on all others.
_UDP_PORT: Final = 8899
_TCP_PORT: Final = 502
_RETRIES: Final = 2
#: As the library words the sixth exception of Modbus.
_DEVICE_BUSY: Final = "SLAVE DEVICE BUSY"


class Inverter:
    """
    Satisfies `ports.DevicePlatform`. An inverter that is dark at night is offline, and tells nothing rather than zeros.

    Args:
        timeout: seconds for each of the questions that make a reading; each is asked up to three times.
    """

    def __init__(self, host: str, port: int, clock: Clock, *, timeout: float) -> None:
        self._library: Any = import_module("goodwe")
        # It writes serial numbers and all that it receives.
        hushed("goodwe")
        self._host = host
        self._port = port
        self._clock = clock
        self._timeout = timeout
        #: The library's; None until it answered who it is, and again after a fault.
        self._known: Any = None

    def ping(self) -> Contact:
        """Asks for all it measures, which is one of the few things that it can be asked."""
        return timed(lambda: self._snapshot().at)

    def devices(self) -> Sequence[Device]:
        """The inverter, the grid at its meter and its battery; raises as `read`."""
        return self._snapshot().devices()

    def read(self, since: datetime, until: datetime) -> Sequence[DeviceReading]:  # noqa: ARG002 - there is no history
        """
        How things are now, at our clock: the inverter's own has no zone.

        Raises:
            Offline: no answer, as at night.
            Busy: it is in use by somebody else.
            ProtocolError: what answers is no inverter of the family.
        """
        return self._snapshot().readings()

    def close(self) -> None:
        """Nothing is held between calls."""

    def _snapshot(self) -> Snapshot:
        try:
            values = asyncio.run(self._asked())
        except (self._library.InverterError, OSError, ValueError, IndexError, TypeError) as fault:
            self._known = None
            raise self._fault(fault) from fault
        return Snapshot(self._known.serial_number, self._known.model_name or "", values, self._clock.now())

    async def _asked(self) -> Any:
        if self._known is None:
            self._known = await self._library.connect(
                self._host, self._port, family="ET", timeout=self._timeout, retries=_RETRIES
            )
        values = await self._known.read_runtime_data()
        # One more turn of the loop, in which the closed connection is taken down.
        await asyncio.sleep(0)
        return values

    def _fault(self, fault: Exception) -> PlatformFault:
        rejected = import_module("goodwe.exceptions").RequestRejectedException
        if isinstance(fault, rejected) and fault.message == _DEVICE_BUSY:
            return Busy(
                "the inverter speaks with somebody else; stop other programs and the maker's app on its network"
            )
        if isinstance(fault, (OSError, self._library.RequestFailedException)):
            return Offline(
                "the inverter does not answer, as it does when it is dark; by day, see whether its stick is on the "
                "network, and whether newer firmware wants tcp:// instead of udp://"
            )
        return ProtocolError(
            "what answers is no inverter of the ET family that we know; see whether the address is right"
        )


def open_inverter(access: PlatformAccess, clock: Clock) -> Inverter:
    """
    The inverter of an address, `udp://HOST` or `tcp://HOST`; asks it nothing.

    Raises:
        ValueError: the address or an option cannot be right, or the library is not installed.
    """
    known_options(access.options, ("timeout",))
    host, port = _place(access.address)
    try:
        return Inverter(host, port, clock, timeout=seconds(access.options, "timeout", "2"))
    except ImportError as fault:
        raise ValueError("an inverter needs the library goodwe: pip install cdsc-server[goodwe]") from fault


def _place(address: str) -> tuple[str, int]:
    scheme, host, port = place_of(address)
    if scheme == "udp" and port in (None, _UDP_PORT):
        return host, _UDP_PORT
    if scheme == "tcp" and port != _UDP_PORT:
        return host, port or _TCP_PORT
    raise ValueError("the address of an inverter looks like udp://HOST (port 8899) or tcp://HOST:PORT (502 if none)")
