"""Connectors whose library is an extra say so when it is not installed."""

from __future__ import annotations

import sys

import pytest

from cdsc_server.connectors.platforms import device_platforms
from cdsc_server.ports import PlatformAccess, SystemClock


@pytest.mark.parametrize(
    ("name", "address", "library"),
    [
        ("goodwe", "udp://192.0.2.7", "goodwe"),
        ("pylontech", "serial:///dev/ttyUSB0", "serial"),
        ("tuya", "tcp://192.0.2.7", "tinytuya"),
    ],
)
def test_a_missing_library_is_named_with_its_extra(monkeypatch, name, address, library):
    """An operator reads what to install."""
    monkeypatch.setitem(sys.modules, library, None)
    access = PlatformAccess(address, account="made-up-plug", secret="0123456789abcdef")

    with pytest.raises(ValueError, match=rf"pip install cdsc-server\[{name}\]"):
        device_platforms()[name].open(access, SystemClock())
