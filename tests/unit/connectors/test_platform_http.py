"""Platforms on HTTP that hang, drip, move or talk nonsense: each is a fault that says what to do."""

from __future__ import annotations

import time
from datetime import timedelta
from decimal import Decimal

import pytest

from cdsc_server.connectors.checks import number
from cdsc_server.connectors.platform_http import PlatformHTTP
from cdsc_server.ports import Offline, ProtocolError, RateLimited
from tests.support.ports import free_port


@pytest.mark.parametrize(
    ("scene", "fault", "told"),
    [
        ("broken", Offline, "out of order"),
        ("moved", ProtocolError, "status 302"),
        ("noise", ProtocolError, "not JSON"),
    ],
)
def test_an_answer_that_is_none_is_a_fault(devices, scene, fault, told):
    service = PlatformHTTP(devices.play("shelly", scene))

    with pytest.raises(fault, match=told):
        service.ask("GET", "/shelly")


def test_a_byte_now_and_then_holds_nobody(devices):
    """The whole answer would take some five seconds, and each of its bytes comes soon enough."""
    service = PlatformHTTP(devices.play("shelly", "dripping"), timeout=0.3)
    began = time.monotonic()

    with pytest.raises(Offline, match=r"within 0\.3 seconds"):
        service.ask("GET", "/shelly")
    assert time.monotonic() - began < 4


def test_nobody_at_the_address_is_offline():
    with pytest.raises(Offline, match="network are on"):
        PlatformHTTP(f"http://127.0.0.1:{free_port()}").ask("GET", "/")


def test_how_long_to_wait_is_passed_on(devices):
    service = PlatformHTTP(devices.play("shelly", "rate_limited"))

    with pytest.raises(RateLimited) as fault:
        service.ask("GET", "/shelly")
    assert fault.value.retry_after == timedelta(seconds=120)


@pytest.mark.parametrize(
    "address",
    ["192.0.2.7", "ftp://192.0.2.7", "http://me:secret@192.0.2.7", "http://[", "http:", "http://a?b", "http://a:99999"],
)
def test_what_is_no_address_is_refused_without_repeating_it(address):
    with pytest.raises(ValueError, match="without a password") as refused:
        PlatformHTTP(address)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("value", [True, None, "1", [], Decimal("1e99"), 10**40])
def test_what_nobody_can_measure_is_no_number(value):
    assert number(value) is None
    assert number(Decimal("0.00")) == 0
