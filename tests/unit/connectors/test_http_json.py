"""Platforms on HTTP that hang, drip, move or talk nonsense: each is a fault that says what to do."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from cdsc_server.connectors.checks import number
from cdsc_server.connectors.http_json import Service, retry_after
from cdsc_server.ports import Offline, ProtocolError, RateLimited
from tests.support.companions import free_port

NOW = datetime(2026, 3, 14, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("scene", "fault", "told"),
    [
        ("dripping", Offline, "within 0.3 seconds"),
        ("broken", Offline, "HTTP 503"),
        ("moved", ProtocolError, "sends us elsewhere"),
        ("noise", ProtocolError, "not JSON"),
    ],
)
def test_no_answer_is_a_fault_soon(devices, scene, fault, told):
    """A platform that sends a byte now and then holds nobody longer than one that sends none."""
    service = Service("The plug", devices.play("shelly", scene), within=0.3)
    began = time.monotonic()

    with pytest.raises(fault, match=told):
        service.ask("GET", "/shelly")
    assert time.monotonic() - began < 1.5


def test_nobody_at_the_address_is_offline():
    with pytest.raises(Offline, match="Check that it is on"):
        Service("The plug", f"http://127.0.0.1:{free_port()}", within=0.3).ask("GET", "/")


def test_how_long_to_wait_is_passed_on(devices):
    service = Service("The plug", devices.play("shelly", "rate_limited"), within=0.3)

    with pytest.raises(RateLimited) as fault:
        service.ask("GET", "/shelly")
    assert fault.value.retry_after == timedelta(seconds=120)


@pytest.mark.parametrize(
    ("value", "wait"),
    [
        ("7", timedelta(seconds=7)),
        ("Sat, 14 Mar 2026 12:01:00 GMT", timedelta(minutes=1)),
        ("Sat, 14 Mar 2026 11:00:00 GMT", timedelta()),
        ("Sat, 14 Mar 2026 12:01:00", None),
        ("soon", None),
        ("\u0667", None),
        (None, None),
    ],
)
def test_waiting_times_are_seconds_or_instants(value, wait):
    assert retry_after(value, NOW) == wait


@pytest.mark.parametrize("value", [True, None, "1", [], Decimal("1e99"), 10**40])
def test_what_nobody_can_measure_is_no_number(value):
    assert number(value) is None
    assert number(Decimal("0.00")) == 0
