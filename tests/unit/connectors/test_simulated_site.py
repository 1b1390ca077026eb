"""The connector of simulated homes, against a real process that plays them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from uuid import uuid4

import pytest
import requests

from cdsc_server.companions.simulated_site import PASSWORD
from cdsc_server.connectors.simulation import KIND
from cdsc_server.domain.device_readings import DeviceKind, Quantity
from cdsc_server.ports import PlatformAccess, PlatformKind, SystemClock
from tests.contracts.device_platform import DevicePlatformContract
from tests.support.companions import play

SCENES = frozenset(
    "offline slow bad_login rate_limited not_found noise busy expired sentinels duplicates".split()  # noqa: SIM905
)


@dataclass
class _Played:
    """Satisfies `Played`."""

    access: PlatformAccess
    since: datetime
    until: datetime
    kind: PlatformKind = KIND
    scenes: frozenset[str] = SCENES

    @property
    def private(self) -> frozenset[str]:
        return frozenset({"SIM" + sha256(self.access.account.encode()).hexdigest()[:8].upper()})

    def play(self, scene: str) -> None:
        play(self.access.address, self.access.account, scene)

    def sign_ins(self) -> int:
        url = f"{self.access.address}/sign-ins"
        return int(requests.get(url, {"account": self.access.account}, timeout=10).json()["count"])


@pytest.fixture(scope="module")
def home(simulated_site: str) -> _Played:
    """One home for the tests of this module."""
    access = PlatformAccess(simulated_site, f"ada-{uuid4()}@example.org", PASSWORD, "Europe/Brussels")
    now = datetime.now(UTC)
    home = _Played(access, now - timedelta(hours=26), now - timedelta(hours=2))
    # Working out its history takes a moment, which is no part of what the tests look at.
    KIND.open(access, SystemClock()).read(home.since, home.until)
    return home


@pytest.fixture
def played(home: _Played, patience: str) -> Iterator[_Played]:
    """The home, asked with as much patience as the test needs."""
    yield replace(home, access=replace(home.access, options={"timeout": patience}))
    home.play("normal")


class TestContract(DevicePlatformContract):
    """As every connector."""


def test_what_the_panels_give_is_what_home_batteries_and_grid_take(played: _Played) -> None:
    """At every step of a day, to the watt."""
    played.play("normal")
    platform = KIND.open(played.access, SystemClock())
    powers: dict[datetime, dict[str, Decimal]] = {}
    for each in platform.read(played.since, played.until):
        if each.quantity is Quantity.POWER and "PLG" not in each.device_id:
            place = each.device_id.partition("-")[2] + each.channel
            powers.setdefault(each.measured_at, {})[place] = each.value

    assert len(powers) == 288
    for told in powers.values():
        batteries = sum((value for place, value in told.items() if place.startswith("BAT")), Decimal())
        assert told["INVpower_w"] == told["INVload_power_w"] + batteries - told["MTRpower_w"]


def test_a_home_has_two_to_six_batteries(played: _Played) -> None:
    """And the other devices of a solar home."""
    played.play("normal")

    kinds = [device.kind for device in KIND.open(played.access, SystemClock()).devices()]

    assert 2 <= kinds.count(DeviceKind.BATTERY) <= 6
    assert set(kinds) == set(DeviceKind)


def test_times_without_an_offset_are_those_of_the_home(played: _Played) -> None:
    """Firmware of a certain age writes them."""
    played.play("normal")
    platform = KIND.open(played.access, SystemClock())
    before = {each.measured_at for each in platform.read(played.since, played.until)}
    played.play("local_time")

    assert {each.measured_at for each in platform.read(played.since, played.until)} == before
