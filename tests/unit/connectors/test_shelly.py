"""Shelly plugs and meters: what each generation tells, and what is absent is not zero."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from cdsc_server.connectors.shelly import KIND
from cdsc_server.domain.device_readings import DeviceKind, Direction, Origin
from cdsc_server.ports import AuthExpired, PlatformAccess, SystemClock
from tests.contracts.device_platform import DevicePlatformContract
from tests.support.devices import Devices, PlayedDevice
from tests.support.devices.shelly import MAC, PASSWORD

SCENES = frozenset({"offline", "slow", "bad_login", "rate_limited", "not_found", "noise", "sentinels"})
NOW = datetime.now(UTC)


def plug(devices: Devices, name: str, account: str = "", secret: str = PASSWORD, patience: str = "20") -> PlayedDevice:
    access = PlatformAccess(devices.play(name), account=account, secret=secret, options={"timeout": patience})
    return PlayedDevice(devices, name, KIND, access, SCENES, private=frozenset({MAC, MAC.lower()}))


class TestGen2(DevicePlatformContract):
    """A plug and meters with a password."""

    @pytest.fixture
    def played(self, devices: Devices, patience: str) -> PlayedDevice:
        return plug(devices, "shelly", patience=patience)


class TestGen1(DevicePlatformContract):
    """A plug with an account of its own."""

    @pytest.fixture
    def played(self, devices: Devices, patience: str) -> PlayedDevice:
        return plug(devices, "shelly_gen1", account="owner", patience=patience)


def told(played: PlayedDevice, scene: str = "normal"):
    played.play(scene)
    return {each.channel: each for each in KIND.open(played.access, SystemClock()).read(NOW, NOW)}


def test_what_a_plug_took_is_what_it_counted_less_what_it_returned(devices):
    """`aenergy` of a plug that can return energy counts both ways."""
    readings = told(plug(devices, "shelly"))

    taken, returned, plain = (
        readings[f"switch:{number}:{name}"] for number, name in ((0, "aenergy"), (0, "ret_aenergy"), (1, "aenergy"))
    )
    assert (taken.value, taken.unit, taken.direction) == (Decimal("10.451618"), "kWh", Direction.FORWARD)
    assert (returned.value, returned.direction) == (Decimal("0.0005"), Direction.REVERSE)
    assert (plain.value, plain.origin, taken.origin) == (Decimal("0.012"), Origin.RETRIEVED, Origin.CALCULATED)


def test_meters_tell_both_directions(devices):
    readings = told(plug(devices, "shelly"))

    power = readings["em1:0:act_power"]
    assert (power.value, power.unit, power.direction) == (Decimal("-1570.2"), "W", Direction.NET)
    assert readings["em1data:0:total_act_ret_energy"].direction is Direction.REVERSE
    assert readings["emdata:0:total_act_ret"].value == Decimal("0.01225")
    assert "em:0:a_current" not in readings
    (device,) = KIND.open(plug(devices, "shelly").access, SystemClock()).devices()
    assert (device.device_id, device.kind, device.model) == (MAC, DeviceKind.METER, "SNPL-00112EU")


def test_gen1_counts_watt_minutes_at_a_plug_and_watt_hours_at_a_meter(devices):
    readings = told(plug(devices, "shelly_gen1", account="owner"))

    assert (readings["meter:0:total"].value, readings["meter:0:total"].origin) == (
        Decimal("10.452117"),
        Origin.CALCULATED,
    )
    assert (readings["emeter:0:total"].value, readings["emeter:0:total"].origin) == (
        Decimal("10.4521"),
        Origin.RETRIEVED,
    )
    assert readings["emeter:0:power"].value == Decimal("-310.5")


def test_a_relay_without_a_meter_measures_nothing(devices):
    """Not even zero."""
    assert told(plug(devices, "shelly"), "unmetered") == {}


def test_a_counter_that_was_set_back_is_told_as_it_is(devices):
    """Whoever makes usage of it sees the step back."""
    assert told(plug(devices, "shelly"), "reset")["switch:0:aenergy"].value == Decimal("0.001")


def test_a_plug_with_a_password_does_not_open_without_it(devices):
    played = plug(devices, "shelly", secret="")

    with pytest.raises(AuthExpired, match="was refused"):
        KIND.open(played.access, SystemClock()).read(NOW, NOW)
