"""Weather for a home: hours that are past, in our units, and never where the home is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from cdsc_server.connectors.openmeteo import KIND
from cdsc_server.domain.device_readings import Quantity
from cdsc_server.domain.readings import Quality
from cdsc_server.ports import PlatformAccess, ProtocolError
from tests.contracts.device_platform import DevicePlatformContract
from tests.support.clock import FakeClock
from tests.support.devices import Devices, PlayedDevice

KEY = "made-up-weather-key"
OPTIONS = {"latitude": "-33.92581", "longitude": "18.42322"}
NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)
SCENES = frozenset({"offline", "slow", "rate_limited", "not_found", "noise", "sentinels", "duplicates"})


@pytest.fixture
def played(devices: Devices, patience: str) -> PlayedDevice:
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    access = PlatformAccess(devices.play("weather"), secret=KEY, options={**OPTIONS, "timeout": patience})
    return PlayedDevice(devices, "weather", KIND, access, SCENES, since=today - timedelta(days=1), until=today)


class TestWeather(DevicePlatformContract):
    """What holds for every connector."""


def read(played, since, until, *, now):
    return KIND.open(played.access, FakeClock(now)).read(since, until)


def test_hours_that_are_past_are_told_as_estimates(played):
    """What is to come is a forecast; radiation is the mean of the hour before."""
    readings = read(played, NOON - timedelta(hours=2), NOON + timedelta(days=2), now=NOON)

    told = {(each.channel, each.measured_at.hour): each for each in readings}
    assert sorted(hour for channel, hour in told if channel == "cloud_cover") == [10, 11, 12]
    radiation = told["shortwave_radiation", 11]
    assert (radiation.value, radiation.unit, radiation.period) == (Decimal("410.5"), "W/m²", timedelta(hours=1))
    temperature = told["temperature_2m", 11]
    assert (temperature.quantity, temperature.value, temperature.period) == (
        Quantity.TEMPERATURE,
        Decimal("17.25"),
        None,
    )
    assert {each.quality for each in readings} == {Quality.ESTIMATED}


def test_the_service_learns_a_cell_and_no_place(played):
    """A tenth of a degree is some ten kilometres."""
    (device,) = KIND.open(played.access, FakeClock(NOON)).devices()
    read(played, NOON - timedelta(hours=1), NOON, now=NOON)

    (asked,) = played.asked()
    assert device.device_id == "-33.9,18.4"
    assert "latitude=-33.9&longitude=18.4&" in asked


def test_nothing_is_asked_of_the_future_and_of_what_nobody_keeps(played):
    assert read(played, NOON, NOON + timedelta(days=1), now=NOON) == []
    assert read(played, NOON - timedelta(days=300), NOON - timedelta(days=200), now=NOON) == []
    assert played.asked() == []


@pytest.mark.parametrize(
    ("scene", "told"),
    [
        ("refuses", "must be in range"),
        ("refuses_well", "must be in range"),
        ("fahrenheit", "'°F' rather than °C"),
        ("cut", "not in the form we know"),
    ],
)
def test_a_refusal_and_other_units_are_told_without_the_place(played, scene, told):
    """The service refuses with a reason, and sometimes says 200 all the same."""
    played.play(scene)

    with pytest.raises(ProtocolError, match=told) as fault:
        read(played, NOON - timedelta(hours=1), NOON, now=NOON)
    assert "33.9" not in str(fault.value)


@pytest.mark.parametrize("latitude", ["", "91", "NaN", "33,9"])
def test_a_place_that_is_none_is_refused(latitude):
    options = {**OPTIONS, "latitude": latitude}

    with pytest.raises(ValueError, match="latitude is"):
        KIND.open(PlatformAccess("https://weather.example", options=options), FakeClock(NOON))
