"""GoodWe's portal: off until somebody has looked at its terms, one sign-in, and no direction that nobody can know."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdsc_server.connectors.sems import KIND
from cdsc_server.connectors.sems.flows import Flow
from cdsc_server.connectors.sems.session import base_of
from cdsc_server.domain.device_readings import Direction, Origin
from cdsc_server.ports import FaultKind, PlatformAccess, ProtocolError, RateLimited, SystemClock
from tests.contracts.device_platform import DevicePlatformContract
from tests.support.clock import FakeClock
from tests.support.devices import Devices, PlayedDevice
from tests.support.devices.sems import ACCOUNT, SECRET, SERIAL, STATION, LegacyFake, PlusFake

SCENES = frozenset(
    {"offline", "slow", "bad_login", "rate_limited", "not_found", "noise", "expired", "sentinels", "duplicates"}
)
NOW = datetime(2026, 3, 14, 10, 6, tzinfo=UTC)
OPTIONS = {"station": STATION, "terms": "checked"}
#: Amounts that no tolerance confuses.
WATTS = st.decimals(1000, 5000, places=0)


def portal(devices: Devices, name: str, dialect: str, login: str, patience: str) -> PlayedDevice:
    options = {**OPTIONS, "dialect": dialect, "timeout": patience}
    access = PlatformAccess(
        devices.play(name), account=ACCOUNT, secret=SECRET, timezone="Africa/Johannesburg", options=options
    )
    private = frozenset({SERIAL, STATION, "uid-1"})
    return PlayedDevice(devices, name, KIND, access, SCENES, private=private, signing_in=f"POST {login}")


def legacy(devices: Devices, patience: str = "20") -> PlayedDevice:
    return portal(devices, "sems", "legacy", LegacyFake.login, patience)


def plus(devices: Devices, patience: str = "20") -> PlayedDevice:
    return portal(devices, "sems_plus", "plus", PlusFake.login, patience)


class TestLegacy(DevicePlatformContract):
    """The portal of old."""

    @pytest.fixture
    def played(self, devices: Devices, patience: str) -> PlayedDevice:
        return legacy(devices, patience)


class TestPlus(DevicePlatformContract):
    """The portal that replaces it."""

    @pytest.fixture
    def played(self, devices: Devices, patience: str) -> PlayedDevice:
        return plus(devices, patience)


def told(played: PlayedDevice, scene: str = "normal", clock=None):
    played.play(scene)
    readings = played.kind.open(played.access, clock or SystemClock()).read(NOW, NOW)
    return {(each.device_id.replace(STATION, "home"), each.channel): each for each in readings}


@pytest.mark.parametrize("generation", [legacy, plus])
def test_directions_that_balance_the_home_are_inferred(devices, generation):
    """The portal tells amounts, and signs that its users disagree about."""
    readings = told(generation(devices))

    grid, battery = readings["home", "grid"], readings["home-battery", "power"]
    assert (grid.value, grid.direction, grid.origin) == (Decimal(-1570), Direction.NET, Origin.INFERRED)
    assert (battery.value, battery.origin) == (Decimal(540), Origin.INFERRED)
    assert (readings["home", "pv"].value, readings["home", "load"].value) == (Decimal(3120), Decimal(1010))
    assert readings["home", "pv"].origin is Origin.RETRIEVED


def test_directions_that_balance_nothing_are_left_out(devices):
    readings = told(legacy(devices), "unclear")

    assert ("home", "pv") in readings
    assert not {("home", "grid"), ("home-battery", "power")} & set(readings)


@given(pv=WATTS, battery=WATTS, grid=WATTS, charging=st.booleans(), exporting=st.booleans())
def test_a_direction_is_the_true_one_or_none(pv, battery, grid, charging, exporting):
    """Whatever flows: two directions that fit are none."""
    into_battery, from_grid = battery if charging else -battery, -grid if exporting else grid
    load = pv + from_grid - into_battery
    flow = Flow(pv=pv, load=load, battery=battery, grid=grid)

    assert flow.into_battery() in (into_battery, None)
    assert flow.from_grid() in (from_grid, None)


def test_an_inverter_tells_its_counter_at_its_own_instant(devices):
    readings = told(legacy(devices))

    counter = readings[SERIAL, "etotal"]
    assert (counter.value, counter.unit, counter.direction) == (Decimal("18250.4"), "kWh", Direction.REVERSE)
    assert counter.measured_at == datetime(2026, 3, 14, 10, 5, 9, tzinfo=UTC)
    assert readings[SERIAL, "pac"].value == Decimal(-2580)


def test_numbers_that_stand_for_unknown_are_missing(devices):
    """6553.5 V and 655.35 Hz are what an inverter writes when it has not measured."""
    known = told(legacy(devices))

    missing = set(known) - set(told(legacy(devices), "sentinels"))

    inverter = {(SERIAL, name) for name in ("etotal", "vac1", "fac1", "tempperature")}
    assert missing == inverter | {("home-battery", "soc"), ("home-battery", "soh")}


@pytest.mark.parametrize("generation", [legacy, plus])
def test_one_sign_in_serves_until_the_session_ends(devices, generation):
    """The portal counts them."""
    played = generation(devices)
    platform = KIND.open(played.access, SystemClock())

    platform.read(NOW, NOW)
    platform.devices()
    platform.ping()

    assert (played.sign_ins(), len(played.asked())) == (1, 4)


@pytest.mark.parametrize(
    ("zone", "scene", "now", "at"),
    [
        ("Africa/Johannesburg", "maintenance", "2026-03-14T10:06:00Z", "2026-03-14T10:05:09+00:00"),
        ("Europe/Paris", "dst_back", "2026-10-25T00:31:00Z", "2026-10-25T00:30:00+00:00"),
        ("Europe/Paris", "dst_back", "2026-10-25T01:31:00Z", "2026-10-25T01:30:00+00:00"),
    ],
)
def test_a_clock_without_an_offset_is_that_of_the_home(devices, zone, scene, now, at):
    """Also with spaces in it, and in the hour that comes twice."""
    played = legacy(devices)
    played = replace(played, access=replace(played.access, timezone=zone))

    readings = told(played, scene, FakeClock(datetime.fromisoformat(now)))

    assert readings["home", "pv"].measured_at.isoformat() == at


def test_nothing_is_told_at_night(devices):
    """The zeros that the portal shows for a dark inverter are no readings."""
    played = legacy(devices)

    assert told(played, "night") == {}
    assert KIND.open(played.access, SystemClock()).ping().last_contact == datetime(2026, 3, 14, 10, 5, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("scene", "words"), [("new_code", "code X1"), ("other_host", "not its maker's"), ("changed", "may have changed")]
)
def test_what_the_portal_does_otherwise_is_told(devices, scene, words):
    """The session goes to no host but the maker's."""
    played = legacy(devices)

    with pytest.raises(ProtocolError, match=words):
        told(played, scene)
    assert played.kind.open(played.access, SystemClock()).ping().fault is FaultKind.PROTOCOL_ERROR


def test_the_portal_is_left_alone_for_five_minutes(devices):
    """It says so with the status 200."""
    with pytest.raises(RateLimited) as fault:
        told(legacy(devices), "rate_limited")
    assert fault.value.retry_after is not None
    assert fault.value.retry_after.total_seconds() == 300


@pytest.mark.parametrize(
    ("api", "fits"),
    [
        ("https://eu.semsportal.com/api/", True),
        ("https://eu-gateway.semsportal.com/web/sems", True),
        ("https://semsportal.com.evil.example/api/", False),
        ("https://evilsemsportal.com/api/", False),
        ("http://eu.semsportal.com/api/", False),
        (None, False),
    ],
)
def test_a_region_is_a_host_of_the_maker(api, fits):
    if fits:
        assert base_of(api, "https://www.semsportal.com") == api.rstrip("/")
    else:
        with pytest.raises(ProtocolError, match="not its maker's"):
            base_of(api, "https://www.semsportal.com")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"terms": ""}, "may forbid its use"),
        ({"dialect": "official"}, "no public reference"),
        ({"dialect": "newest"}, "there are legacy, plus"),
        ({"station": ""}, "option station"),
    ],
)
def test_it_is_off_until_somebody_chose_it_knowingly(changes, words):
    options = {**OPTIONS, "dialect": "legacy", **changes}

    with pytest.raises(ValueError, match=words):
        KIND.open(
            PlatformAccess("https://www.semsportal.com", account=ACCOUNT, secret=SECRET, options=options), SystemClock()
        )
