"""
GoodWe inverters on the local network, by the library `goodwe` (MIT), which an extra of this package installs.

`sensors.py` knows what of the library's values is a reading, `inverter.py` asks.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from cdsc_server.connectors.goodwe.inverter import open_inverter
from cdsc_server.connectors.goodwe.sensors import SOURCE
from cdsc_server.ports import Mode, PlatformKind

KIND: Final = PlatformKind(
    name=SOURCE,
    title="GoodWe inverter",
    modes=frozenset({Mode.STAGE}),
    every=timedelta(minutes=1),
    calls_per_minute=2,
    history=None,
    open=open_inverter,
)
