"""A stack of packs asked on a real line: what it tells, and what an operator reads when it does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from cdsc_server.connectors.pylontech import KIND
from cdsc_server.domain.device_readings import Direction, Origin
from cdsc_server.ports import Offline, PlatformAccess, ProtocolError, SystemClock
from tests.contracts.device_platform import DevicePlatformContract
from tests.support.devices import Devices, PlayedDevice
from tests.support.ports import free_port

NOW = datetime.now(UTC)


@pytest.fixture
def played(devices: Devices, patience: str) -> PlayedDevice:
    options = {"packs": "2-3", "timeout": patience, "pause": "0.01"}
    access = PlatformAccess(f"tcp://{devices.at['pylontech']}", options=options)
    return PlayedDevice(devices, "pylontech", KIND, access, frozenset({"offline", "noise", "busy", "sentinels"}))


class TestStack(DevicePlatformContract):
    """What holds for every connector."""


def values(readings, device_id):
    return {each.channel: each for each in readings if each.device_id == device_id}


def test_a_pack_tells_and_its_power_is_calculated(played):
    played.play("normal")
    told = values(KIND.open(played.access, SystemClock()).read(NOW, NOW), "pack-2")

    assert (told["power"].value, told["power"].unit) == (Decimal("-208.0260"), "W")
    assert (told["power"].direction, told["power"].origin) == (Direction.NET, Origin.CALCULATED)
    assert (told["charge"].value, told["charge"].origin) == (Decimal("82.4"), Origin.CALCULATED)
    assert (told["remaining"].value, told["remaining"].origin) == (Decimal("61.000"), Origin.RETRIEVED)
    assert (told["cell_lowest"].value, told["cell_highest"].value) == (Decimal("3.301"), Decimal("3.303"))


def test_the_stack_is_the_sum_of_its_packs(played):
    played.play("normal")
    readings = KIND.open(played.access, SystemClock()).read(NOW, NOW)

    stack = values(readings, "stack")
    parts = [values(readings, "pack-2"), values(readings, "pack-3")]
    for channel in ("power", "current", "remaining", "capacity"):
        assert stack[channel].value == sum(part[channel].value for part in parts)
    assert stack["charge"].value == Decimal("66.2")
    assert {each.origin for each in stack.values()} == {Origin.CALCULATED}


def test_a_deaf_pack_leaves_the_others_and_no_sum(played):
    """The sum of some packs would be told as that of all."""
    played.play("one_silent")

    readings = KIND.open(played.access, SystemClock()).read(NOW, NOW)

    assert {each.device_id for each in readings} == {"pack-2"}


@pytest.mark.parametrize("scene", ["noise_between", "noise_once"])
def test_noise_on_the_line_loses_nothing(played, scene):
    """It begins anew at every `~`, and asks once more after a wrong checksum."""
    played.play("normal")
    quiet = KIND.open(played.access, SystemClock()).read(NOW, NOW)
    played.play(scene)

    noisy = KIND.open(played.access, SystemClock()).read(NOW, NOW)

    assert [(each.channel, each.value) for each in noisy] == [(each.channel, each.value) for each in quiet]


@pytest.mark.parametrize(
    ("scene", "told"),
    [("noise", "checksum is wrong"), ("other_pack", "pack 3 answered"), ("refuses", r"refuses .* \(code 04\)")],
)
def test_what_is_wrong_with_an_answer_is_told(played, scene, told):
    played.play(scene)

    with pytest.raises(ProtocolError, match=told):
        KIND.open(played.access, SystemClock()).read(NOW, NOW)
    assert len(played.asked()) == 2


def test_a_serial_port_tells_the_same(played, devices):
    played.play("normal")
    devices.play("pylontech_serial", "noise_between")
    access = replace(played.access, address=f"serial://{devices.at['pylontech_serial']}")

    by_port = KIND.open(access, SystemClock()).read(NOW, NOW)

    by_bridge = KIND.open(played.access, SystemClock()).read(NOW, NOW)
    assert [(each.channel, each.value) for each in by_port] == [(each.channel, each.value) for each in by_bridge]


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:{port}", "serial:///dev/no-such-port"])
def test_a_line_that_is_not_there_is_offline(address):
    stack = KIND.open(PlatformAccess(address.format(port=free_port())), SystemClock())

    with pytest.raises(Offline, match="see whether"):
        stack.read(NOW, NOW)


@pytest.mark.parametrize(
    ("address", "options", "told"),
    [
        ("http://127.0.0.1:80", {}, "tcp://HOST:PORT"),
        ("tcp://127.0.0.1", {}, "tcp://HOST:PORT"),
        ("tcp://127.0.0.1:99999", {}, "tcp://HOST:PORT"),
        ("tcp://127.0.0.1:80", {"packs": "5-2"}, "from 0 to 255"),
        ("tcp://127.0.0.1:80", {"packs": "2;3"}, "from 0 to 255"),
        ("tcp://127.0.0.1:80", {"timeout": "soon"}, "takes seconds"),
        ("tcp://127.0.0.1:80", {"timeout": "NaN"}, "takes seconds"),
        ("tcp://127.0.0.1:80", {"pack": "2"}, "there are packs, pause, timeout"),
    ],
)
def test_what_cannot_be_right_is_told_before_anything_is_asked(address, options, told):
    with pytest.raises(ValueError, match=told):
        KIND.open(PlatformAccess(address, options=options), SystemClock())
