"""What the simulated platform answers, as readings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, NamedTuple

from cdsc_server.connectors.platform_http import TIMEOUT, PlatformHTTP, timed
from cdsc_server.connectors.signed_in import signed_in
from cdsc_server.domain.device_readings import Device, DeviceKind, DeviceReading, Direction, Quantity
from cdsc_server.domain.intervals import instant_of_clock
from cdsc_server.ports import (
    AuthExpired,
    Busy,
    Clock,
    Contact,
    DeviceNotFound,
    PlatformAccess,
    PlatformFault,
    ProtocolError,
    RateLimited,
)

NAME: Final = "simulation"
_MEAN: Final = timedelta(minutes=5)


class _Channel(NamedTuple):
    quantity: Quantity
    unit: str
    direction: Direction | None = None
    period: timedelta | None = None


_TEMPERATURE: Final = _Channel(Quantity.TEMPERATURE, "°C")


def _power(direction: Direction) -> _Channel:
    return _Channel(Quantity.POWER, "W", direction, _MEAN)


def _counter(direction: Direction) -> _Channel:
    return _Channel(Quantity.ENERGY, "kWh", direction)


#: What each kind of device tells; other members are no business of ours.
_CHANNELS: Final[Mapping[DeviceKind, Mapping[str, _Channel]]] = {
    DeviceKind.INVERTER: {
        "power_w": _power(Direction.REVERSE),
        "load_power_w": _power(Direction.FORWARD),
        "energy_kwh": _counter(Direction.REVERSE),
        "temperature_c": _TEMPERATURE,
    },
    DeviceKind.METER: {
        "power_w": _power(Direction.NET),
        "import_kwh": _counter(Direction.FORWARD),
        "export_kwh": _counter(Direction.REVERSE),
    },
    DeviceKind.BATTERY: {
        "power_w": _power(Direction.NET),
        "soc_percent": _Channel(Quantity.STATE_OF_CHARGE, "%"),
        "charged_kwh": _counter(Direction.FORWARD),
        "discharged_kwh": _counter(Direction.REVERSE),
    },
    DeviceKind.PLUG: {"power_w": _power(Direction.FORWARD), "energy_kwh": _counter(Direction.FORWARD)},
    DeviceKind.WEATHER: {
        "temperature_c": _TEMPERATURE,
        "irradiance_w_m2": _Channel(Quantity.IRRADIANCE, "W/m²", None, _MEAN),
        "cloud_percent": _Channel(Quantity.CLOUD_COVER, "%", None, _MEAN),
    },
}
#: Numbers by which its firmware says that it does not know.
_UNKNOWN: Final = frozenset({Decimal("6553.5"), Decimal("655.35"), Decimal(65535)})


class SimulatedPlatform:
    """
    One home. Satisfies `ports.DevicePlatform`.

    Its options may hold `timeout`, in seconds.
    """

    def __init__(self, access: PlatformAccess, clock: Clock) -> None:
        self._access = access
        self._clock = clock
        self._http = PlatformHTTP(access.address, timeout=float(access.options.get("timeout", TIMEOUT)))
        self._token = ""
        self._kinds: dict[str, DeviceKind] = {}

    def __repr__(self) -> str:
        return "SimulatedPlatform(access hidden)"

    def ping(self) -> Contact:
        """Ask for the list of devices, which also says when they were last heard of."""
        return timed(
            lambda: max((_instant(each["last_seen"]) for each in self._listed() if each["last_seen"]), default=None)
        )

    def devices(self) -> Sequence[Device]:
        """The devices of the home."""
        return [Device(each["id"], DeviceKind(each["kind"]), each["model"]) for each in self._listed()]

    def read(self, since: datetime, until: datetime) -> Sequence[DeviceReading]:
        """What was measured in [since, until)."""
        told: dict[tuple[str, str, datetime], DeviceReading] = {}
        kinds = self._kinds or {each.device_id: each.kind for each in self.devices()}
        following: datetime | None = since
        while following is not None:
            asked = {"since": following.isoformat(), "until": until.isoformat()}
            page = self._asked("GET", "/v1/readings", params=asked)
            try:
                for reading in self._readings(page["samples"], kinds, following):
                    told[reading.device_id, reading.channel, reading.measured_at] = reading
                following = None if page["following"] is None else _instant(page["following"])
            except (KeyError, TypeError, ValueError, ArithmeticError, AttributeError) as fault:
                raise ProtocolError(
                    "readings are not in the form we know; a new version may have changed it"
                ) from fault
        self._kinds = kinds
        return list(told.values())

    def close(self) -> None:
        """Let the connection go."""
        self._http.close()

    def _listed(self) -> list[Any]:
        listed = self._asked("GET", "/v1/devices")
        if not isinstance(listed, list):
            raise ProtocolError("the devices are not in the form we know; a new version may have changed it")
        return listed

    def _asked(self, method: str, path: str, **asked: Any) -> Any:
        return signed_in(lambda: self._data(method, path, **asked), sign_in=self._sign_in)

    def _sign_in(self) -> None:
        self._token = ""
        told = {"account": self._access.account, "password": self._access.secret}
        self._token = str(self._data("POST", "/v1/session", json=told)["token"])

    def _data(self, method: str, path: str, **asked: Any) -> Any:
        """What stands behind a code of success: this platform refuses with the status 200, too."""
        answer = self._http.ask(method, path, headers={"Authorization": f"Bearer {self._token}"}, **asked)
        if not isinstance(answer, dict) or "code" not in answer:
            raise ProtocolError("the answer has no code; see whether the address is right")
        if answer["code"] != 0:
            raise _refusal(answer)
        return answer["data"]

    def _readings(
        self, samples: Sequence[Any], kinds: Mapping[str, DeviceKind], since: datetime
    ) -> Iterator[DeviceReading]:
        received_at = self._clock.now()
        measured_at = since
        for sample in samples:
            measured_at = self._measured_at(sample["time"], not_before=measured_at)
            for device_id, values in sample["devices"].items():
                for name, channel in _CHANNELS.get(kinds.get(device_id, DeviceKind.WEATHER), {}).items():
                    value = _known(values.get(name), channel)
                    if value is not None:
                        yield DeviceReading(
                            source=NAME,
                            device_id=device_id,
                            channel=name,
                            quantity=channel.quantity,
                            value=value,
                            unit=channel.unit,
                            direction=channel.direction,
                            period=channel.period,
                            measured_at=measured_at,
                            received_at=received_at,
                        )

    def _measured_at(self, text: str, *, not_before: datetime) -> datetime:
        """Without an offset, a time is one of the home's clock."""
        at = datetime.fromisoformat(text)
        if at.tzinfo is None:
            return instant_of_clock(at, self._access.timezone, not_before=not_before)
        return at.astimezone(UTC)


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _known(value: Any, channel: _Channel) -> Decimal | None:
    """The number, unless it is one that stands for "unknown" or cannot be."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal) or value in _UNKNOWN:
        return None
    if channel.unit == "%" and not 0 <= value <= 100:
        return None
    return Decimal(value)


def _refusal(answer: Mapping[str, Any]) -> PlatformFault:
    """What a code of its own means."""
    code = answer["code"]
    if code == 401:
        return AuthExpired("the account was refused (401); give us its password as it is now")
    if code == 404:
        return DeviceNotFound("it does not know the station (404); see whether it was removed")
    if code == 423:
        return Busy("somebody else is using it (423); it speaks with one program at a time")
    if code == 429:
        after = answer.get("retry_after")
        wait = timedelta(seconds=after) if isinstance(after, int) else None
        return RateLimited("too many requests (429); we wait as long as it asks for", retry_after=wait)
    return ProtocolError(f"it refused with the code {code}, which we do not know; ask who runs it")
