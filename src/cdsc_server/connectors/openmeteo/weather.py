"""
Hourly weather of a cell of a tenth of a degree, which is as near to a home as the service ever learns.

Its values come from models, so all of them are of the quality "estimated". Hours that are still to come are forecasts
and no readings.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Final, NamedTuple

from cdsc_server.connectors.checks import Told, known_options, number, seconds
from cdsc_server.connectors.platform_http import PlatformHTTP, timed
from cdsc_server.domain.device_readings import Device, DeviceKind, DeviceReading, Quantity
from cdsc_server.domain.readings import Quality
from cdsc_server.domain.redaction import redacted
from cdsc_server.ports import Clock, Contact, PlatformAccess, ProtocolError

SOURCE: Final = "openmeteo"
#: What the forecast service keeps of the past.
HISTORY: Final = timedelta(days=92)
_HOUR: Final = timedelta(hours=1)
_CELL: Final = Decimal("0.1")
_REFUSED: Final = 400


class _Variable(NamedTuple):
    """What the service calls its unit, ours, and how long a value covers up to its instant."""

    their_unit: str
    quantity: Quantity
    unit: str
    period: timedelta | None = None


_VARIABLES: Final[Mapping[str, _Variable]] = {
    "temperature_2m": _Variable("°C", Quantity.TEMPERATURE, "°C"),
    # The mean of the hour before, where all others are of the instant.
    "shortwave_radiation": _Variable("W/m²", Quantity.IRRADIANCE, "W/m²", _HOUR),
    "cloud_cover": _Variable("%", Quantity.CLOUD_COVER, "%"),
}


class Weather:
    """
    Satisfies `ports.DevicePlatform`; its one device is the cell.

    Args:
        latitude, longitude: degrees, of a whole number of tenths.
        key: of customers who pay; "" for none.
    """

    def __init__(self, http: PlatformHTTP, clock: Clock, *, latitude: Decimal, longitude: Decimal, key: str) -> None:
        self._http = http
        self._clock = clock
        self._place = {"latitude": str(latitude), "longitude": str(longitude)}
        self._cell = f"{latitude},{longitude}"
        self._key = key

    def ping(self) -> Contact:
        """Asks for the weather of today."""

        def ask() -> datetime:
            now = self._clock.now()
            self._hourly(now, now)
            return now

        return timed(ask)

    def devices(self) -> Sequence[Device]:
        """The cell; nothing is asked."""
        return [Device(self._cell, DeviceKind.WEATHER)]

    def read(self, since: datetime, until: datetime) -> Sequence[DeviceReading]:
        """
        The hours of [since, until) as far as they are past.

        Raises:
            PlatformFault: as `PlatformHTTP.ask`.
            ProtocolError: the service refuses the place or the time, or answers in another form or other units.
        """
        now = self._clock.now()
        earliest, latest = max(since, now - HISTORY), min(until, now)
        if earliest >= latest:
            return []
        try:
            readings = {
                (each.channel, each.measured_at): each
                for each in self._readings(self._hourly(earliest, latest))
                if since <= each.measured_at < until and each.measured_at <= now
            }
        except (KeyError, TypeError, ValueError, OverflowError, OSError) as fault:
            raise ProtocolError(
                "the weather is not in the form we know; see whether the address is that of the forecast"
            ) from fault
        return list(readings.values())

    def close(self) -> None:
        """End its connection."""
        self._http.close()

    def _hourly(self, first: datetime, last: datetime) -> Mapping[str, Any]:
        asked = {
            **self._place,
            "hourly": ",".join(_VARIABLES),
            "start_date": first.astimezone(UTC).date().isoformat(),
            "end_date": last.astimezone(UTC).date().isoformat(),
            # Seconds since 1970 know neither zones nor summer time.
            "timeformat": "unixtime",
            "timezone": "GMT",
            **({"apikey": self._key} if self._key else {}),
        }
        answer = self._http.ask("GET", "/v1/forecast", params=asked, also=(_REFUSED,))
        if not isinstance(answer, dict) or answer.get("error"):
            told = answer.get("reason") if isinstance(answer, dict) else None
            reason = redacted(str(told or "it gives no reason"), [self._key, *self._place.values()])
            raise ProtocolError(f"the weather service refuses what we ask: {reason}; check latitude and longitude")
        return answer

    def _readings(self, answer: Mapping[str, Any]) -> Iterator[DeviceReading]:
        hourly, units = answer["hourly"], answer["hourly_units"]
        received_at = self._clock.now()
        instants = [datetime.fromtimestamp(each, UTC) for each in hourly["time"]]
        for name, variable in _VARIABLES.items():
            if units[name] != variable.their_unit:
                raise ProtocolError(
                    f"the weather service gives {name} in {str(units[name])[:20]!r} rather than "
                    f"{variable.their_unit}; see what is set up at the address"
                )
            for instant, written in zip(instants, hourly[name], strict=True):
                value = number(written)
                if value is not None:
                    told = Told(SOURCE, self._cell, instant, received_at)
                    yield told.reading(
                        name,
                        variable.quantity,
                        value,
                        variable.unit,
                        quality=Quality.ESTIMATED,
                        period=variable.period,
                    )


def open_weather(access: PlatformAccess, clock: Clock) -> Weather:
    """
    The weather of a place; asks nothing.

    Raises:
        ValueError: the address or an option cannot be right.
    """
    known_options(access.options, ("latitude", "longitude", "timeout"))
    http = PlatformHTTP(access.address, timeout=seconds(access.options, "timeout", "10"))
    return Weather(
        http,
        clock,
        latitude=_tenths(access.options, "latitude", 90),
        longitude=_tenths(access.options, "longitude", 180),
        key=access.secret,
    )


def _tenths(options: Mapping[str, str], name: str, most: int) -> Decimal:
    written = options.get(name, "")
    try:
        degrees = Decimal(written)
        fits = abs(degrees) <= most
    except InvalidOperation:
        fits, degrees = False, Decimal()
    if not fits:
        raise ValueError(f"{name} is {written!r}; it takes degrees from -{most} to {most}")
    return degrees.quantize(_CELL) + 0  # 0.0 rather than -0.0
