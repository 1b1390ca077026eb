"""GoodWe inverters on the local network: signs turned to ours, nothing known is nothing told, and dark is offline."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from cdsc_server.connectors.goodwe import KIND
from cdsc_server.domain.device_readings import DeviceKind, Direction, Origin
from cdsc_server.ports import Offline, PlatformAccess, ProtocolError, SystemClock
from tests.contracts.device_platform import DevicePlatformContract
from tests.support.devices import Devices, PlayedDevice
from tests.support.devices.goodwe import SERIAL

NOW = datetime.now(UTC)


def inverter(devices: Devices, name: str, address: str, scenes: set[str], patience: str) -> PlayedDevice:
    devices.play(name)
    access = PlatformAccess(address, options={"timeout": patience})
    return PlayedDevice(devices, name, KIND, access, frozenset(scenes), private=frozenset({SERIAL}))


def by_udp(devices: Devices, patience: str = "20") -> PlayedDevice:
    host = devices.at["goodwe"].partition(":")[0]
    return inverter(devices, "goodwe", f"udp://{host}", {"offline", "busy", "sentinels"}, patience)


def by_tcp(devices: Devices, patience: str = "20") -> PlayedDevice:
    scenes = {"offline", "busy", "sentinels", "noise"}
    return inverter(devices, "goodwe_tcp", f"tcp://{devices.at['goodwe_tcp']}", scenes, patience)


class TestUDP(DevicePlatformContract):
    """On port 8899, where a garbled answer is the same as none."""

    @pytest.fixture
    def played(self, devices: Devices, patience: str) -> PlayedDevice:
        return by_udp(devices, patience)


class TestModbusTCP(DevicePlatformContract):
    """As newer sticks speak."""

    @pytest.fixture
    def played(self, devices: Devices, patience: str) -> PlayedDevice:
        return by_tcp(devices, patience)


def told(played, scene="normal"):
    played.play(scene)
    return {
        (each.device_id.removeprefix(SERIAL), each.channel): each
        for each in KIND.open(played.access, SystemClock()).read(NOW, NOW)
    }


def test_power_has_our_signs_and_the_home_balances(devices):
    """The inverter counts what leaves a battery and the home as positive, and we what enters them."""
    readings = told(by_udp(devices))

    grid, battery = readings["-grid", "active_power"], readings["-battery", "pbattery1"]
    sun, load = readings["", "ppv"], readings["", "load_ptotal"]
    assert (grid.value, grid.direction, battery.value) == (Decimal(-1570), Direction.NET, Decimal(540))
    assert (sun.value, sun.direction, sun.origin) == (Decimal(3120), Direction.REVERSE, Origin.CALCULATED)
    assert sun.value + grid.value == load.value + battery.value


def test_counters_keep_their_digits_and_say_their_direction(devices):
    readings = told(by_tcp(devices))

    counters = {place: (each.value, each.direction) for place, each in readings.items() if each.unit == "kWh"}
    assert counters == {
        ("", "e_total"): (Decimal("18250.4"), Direction.REVERSE),
        ("", "e_load_total"): (Decimal("9400.0"), Direction.FORWARD),
        ("-grid", "meter_e_total_imp"): (Decimal("812.5"), Direction.FORWARD),
        ("-grid", "meter_e_total_exp"): (Decimal("5100.25"), Direction.REVERSE),
        ("-battery", "e_bat_charge_total"): (Decimal("801.2"), Direction.FORWARD),
        ("-battery", "e_bat_discharge_total"): (Decimal("740.0"), Direction.REVERSE),
    }


def test_unknown_values_are_neither_zero_nor_one_short_of_it(devices):
    """The library makes 0, -0.01 and "not a number" of registers that are full of ones."""
    unknown = {place for place in told(by_udp(devices)) if place not in told(by_udp(devices), "sentinels")}

    assert unknown == {
        *(("", name) for name in ("ppv", "e_total", "vgrid", "fgrid", "temperature")),
        *(("-grid", name) for name in ("meter_e_total_imp", "meter_e_total_exp")),
        *(("-battery", name) for name in ("battery_soc", "battery_soh")),
    }


def test_an_inverter_without_a_battery_has_none(devices):
    played = by_tcp(devices)
    played.play("no_battery")
    platform = KIND.open(played.access, SystemClock())

    kinds = [device.kind for device in platform.devices()]
    assert kinds == [DeviceKind.INVERTER, DeviceKind.METER]
    assert not [each for each in platform.read(NOW, NOW) if each.device_id.endswith("battery")]


def test_it_is_asked_who_it_is_once(devices):
    """Each question takes time of the one client that it has."""
    played = by_udp(devices)
    platform = KIND.open(played.access, SystemClock())
    platform.read(NOW, NOW)
    platform.read(NOW, NOW)

    assert played.asked().count("3 35000 33") == 1
    assert played.asked().count("3 35100 125") == 2


def test_dark_is_offline_after_three_questions(devices):
    """At night nobody writes zeros, and nobody keeps asking."""
    played = by_udp(devices, "0.2")
    played.play("offline")

    with pytest.raises(Offline, match="when it is dark"):
        KIND.open(played.access, SystemClock()).read(NOW, NOW)
    assert len(played.asked()) == 3


def test_something_else_with_modbus_is_no_inverter(devices):
    played = by_tcp(devices)
    played.play("other")

    with pytest.raises(ProtocolError, match="no inverter"):
        KIND.open(played.access, SystemClock()).read(NOW, NOW)


@pytest.mark.parametrize("address", ["192.0.2.7", "udp://192.0.2.7:502", "tcp://192.0.2.7:8899", "tcp://", "udp://["])
def test_an_address_that_cannot_be_right_is_refused(address):
    with pytest.raises(ValueError, match="looks like udp"):
        KIND.open(PlatformAccess(address), SystemClock())
