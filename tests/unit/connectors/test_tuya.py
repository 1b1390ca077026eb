"""Tuya plugs: numbered values of a product, and a plug that is deaf, taken, or paired anew."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from cdsc_server.connectors.tuya import KIND
from cdsc_server.domain.device_readings import Direction
from cdsc_server.ports import AuthExpired, Offline, PlatformAccess, ProtocolError, SystemClock
from tests.contracts.device_platform import DevicePlatformContract
from tests.support.devices import Devices, PlayedDevice
from tests.support.devices.tuya import DEVICE_ID, KEY
from tests.support.ports import free_port

NOW = datetime.now(UTC)


@pytest.fixture
def played(devices: Devices, patience: str) -> PlayedDevice:
    devices.play("tuya")
    access = PlatformAccess(f"tcp://{devices.at['tuya']}", account=DEVICE_ID, secret=KEY, options={"timeout": patience})
    return PlayedDevice(
        devices, "tuya", KIND, access, frozenset({"offline", "busy", "bad_login", "noise", "sentinels"})
    )


class TestPlug(DevicePlatformContract):
    """What holds for every connector."""


def read(played, scene="normal", **changes):
    played.play(scene)
    return KIND.open(replace(played.access, **changes), SystemClock()).read(NOW, NOW)


def test_numbered_values_get_units_and_digits(played):
    """What was added since the plug last told its cloud (17) is no reading: nobody knows since when."""
    told = {each.channel: (each.value, each.unit, each.direction) for each in read(played)}

    assert told == {
        "current": (Decimal("0.810"), "A", None),
        "power": (Decimal("182.4"), "W", Direction.FORWARD),
        "voltage": (Decimal("231.2"), "V", None),
    }


def test_another_product_has_other_numbers(played):
    """The plug of today has none of those of the old one."""
    assert read(played, options={"product": "plug-old"}) == []


def test_a_deaf_plug_takes_no_more_than_its_time(played):
    began = time.monotonic()

    with pytest.raises(Offline, match="deaf"):
        read(played, "offline")
    assert 0.9 < time.monotonic() - began < 10


def test_nobody_at_the_address_is_offline(played):
    with pytest.raises(Offline, match="see whether it is on"):
        read(played, address=f"tcp://127.0.0.1:{free_port()}")


def test_a_key_of_another_pairing_is_told(played):
    with pytest.raises(AuthExpired, match="paired anew"):
        read(played, "bad_login")


def test_an_answer_without_values_is_told(played):
    with pytest.raises(ProtocolError, match="no values"):
        read(played, "empty")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"secret": ""}, "local key"),
        ({"secret": "short"}, "local key"),
        ({"account": ""}, "device id"),
        ({"address": "tcp://0.0.0.0"}, "looks like tcp"),
        ({"address": "127.0.0.1"}, "looks like tcp"),
        ({"options": {"version": "3.2"}}, "there are 3.1"),
        ({"options": {"product": "lamp"}}, "there are plug, plug-old"),
    ],
)
def test_what_cannot_be_right_is_refused_without_the_key(played, changes, words):
    with pytest.raises(ValueError, match=words) as refused:
        KIND.open(replace(played.access, **changes), SystemClock())
    assert KEY not in str(refused.value)
