"""One Tuya plug, which speaks with one client at a time and is deaf for hours now and then."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib import import_module
from importlib.resources import files
from typing import Any, Final

from cdsc_server.connectors.checks import Told, hushed, known_options, number, place_of, seconds
from cdsc_server.connectors.platform_http import timed
from cdsc_server.domain.device_readings import Device, DeviceKind, DeviceReading, Direction, Quantity
from cdsc_server.ports import (
    AuthExpired,
    Busy,
    Clock,
    Contact,
    Offline,
    PlatformAccess,
    PlatformFault,
    ProtocolError,
)

SOURCE: Final = "tuya"
_PORT: Final = 6668
_KEY_LENGTH: Final = 16
_VERSIONS: Final = ("3.1", "3.3", "3.4", "3.5")
#: The library tries this many times more; without any it does not even try once.
_RETRIES: Final = 1
#: Codes of the library: nobody takes the call, nobody answers, no network.
_OFFLINE: Final = frozenset({"901", "902", "905"})
_WRONG_KEY: Final = "914"


@dataclass(frozen=True)
class _Value:
    """What a numbered value of a product is, and by which power of ten its unit differs from the plug's."""

    channel: str
    quantity: Quantity
    unit: str
    exponent: int
    direction: Direction | None


class Plug:
    """
    Satisfies `ports.DevicePlatform`.

    Args:
        device_id, key: as Tuya's cloud gave them; the key changes whenever the plug is paired anew.
        timeout: seconds for an answer, all attempts together.
    """

    def __init__(
        self,
        host: str,
        port: int,
        clock: Clock,
        *,
        device_id: str,
        key: str,
        version: str,
        values: Mapping[str, _Value],
        timeout: float,
    ) -> None:
        # It writes keys and all that it receives.
        hushed("tinytuya")
        self._clock = clock
        self._device_id = device_id
        self._values = values
        self._plug: Any = import_module("tinytuya").Device(
            device_id,
            address=host,
            local_key=key,
            version=float(version),
            port=port,
            connection_timeout=timeout / (1 + _RETRIES),
            connection_retry_limit=_RETRIES,
            connection_retry_delay=0,
        )

    def ping(self) -> Contact:
        """Asks for what it measures."""

        def ask() -> datetime:
            self._told()
            return self._clock.now()

        return timed(ask)

    def devices(self) -> Sequence[Device]:
        """The plug; nothing is asked."""
        return [Device(self._device_id, DeviceKind.PLUG)]

    def read(self, since: datetime, until: datetime) -> Sequence[DeviceReading]:  # noqa: ARG002 - there is no history
        """
        How things are now; a plug without a meter tells nothing.

        Raises:
            Offline: no answer in time.
            AuthExpired: the key or the version of the protocol is wrong.
            Busy: it hung up, as it does on a second client.
            ProtocolError: another answer that means nothing.
        """
        dps = self._told()
        now = self._clock.now()
        told = Told(SOURCE, self._device_id, now, now)
        readings = []
        for dp, value in self._values.items():
            written = number(dps.get(dp))
            if written is not None and written >= 0:
                scaled = written.scaleb(value.exponent)
                readings.append(told.reading(value.channel, value.quantity, scaled, value.unit, value.direction))
        return readings

    def close(self) -> None:
        """Let the connection go."""
        self._plug.close()

    def _told(self) -> Mapping[str, Any]:
        answer = self._plug.status()
        received = self._plug.raw_recv
        # The library decodes an answer even if its checksum is wrong.
        if received and not received[-1].crc_good:
            raise ProtocolError("the checksum of an answer is wrong; see whether the option version is right")
        dps = answer.get("dps") if isinstance(answer, dict) else None
        if not isinstance(dps, dict):
            raise _fault(answer, heard=bool(received))
        return dps


def open_plug(access: PlatformAccess, clock: Clock) -> Plug:
    """
    The plug of an address such as `tcp://HOST`; asks it nothing.

    Raises:
        ValueError: the address, the key or an option cannot be right, or the library is not installed.
    """
    known_options(access.options, ("product", "timeout", "version"))
    host, port = _place(access.address)
    # With neither, the library would look for a file in the directory that the server was started in.
    if not access.account or len(access.secret) != _KEY_LENGTH or not access.secret.isascii():
        raise ValueError(f"a plug needs its device id as the account, and its local key of {_KEY_LENGTH} characters")
    version, product = access.options.get("version", "3.3"), access.options.get("product", "plug")
    if version not in _VERSIONS:
        raise ValueError(f"version is {version!r}; there are {', '.join(_VERSIONS)}")
    if product not in _products():
        raise ValueError(f"product is {product!r}; there are {', '.join(_products())}")
    try:
        return Plug(
            host,
            port,
            clock,
            device_id=access.account,
            key=access.secret,
            version=version,
            values=_products()[product],
            timeout=seconds(access.options, "timeout", "5"),
        )
    except ImportError as fault:
        raise ValueError("a plug needs the library tinytuya: pip install cdsc-server[tuya]") from fault


@cache
def _products() -> Mapping[str, Mapping[str, _Value]]:
    products: dict[str, dict[str, _Value]] = {}
    lines = (files(__package__) / "products.tsv").read_text(encoding="utf-8").splitlines()
    for row in csv.DictReader(lines, delimiter="\t"):
        products.setdefault(row["product"], {})[row["dp"]] = _Value(
            row["channel"],
            Quantity(row["quantity"]),
            row["unit"],
            int(row["exponent"]),
            Direction(row["direction"]) if row["direction"] else None,
        )
    return products


def _place(address: str) -> tuple[str, int]:
    scheme, host, port = place_of(address)
    # The library would search the whole network for a plug at 0.0.0.0.
    if scheme != "tcp" or host == "0.0.0.0" or port == 0:  # noqa: S104 - refused, not bound
        raise ValueError("the address of a plug looks like tcp://HOST, with a port unless it is 6668")
    return host, port or _PORT


def _fault(answer: Any, *, heard: bool) -> PlatformFault:
    code = answer.get("Err") if isinstance(answer, dict) else None
    if code in _OFFLINE:
        return Offline("the plug does not answer; see whether it is on, pull it out and in if it stays deaf")
    # An answer that cannot be decrypted was encrypted with another key.
    if code == _WRONG_KEY or (code is not None and heard):
        return AuthExpired("the plug cannot be understood; see whether it was paired anew, which changes its local key")
    if code is not None:
        return Busy("the plug hung up without an answer; it speaks with one client at a time, such as the maker's app")
    return ProtocolError("the plug answers, but with no values; see whether the option version is right")
