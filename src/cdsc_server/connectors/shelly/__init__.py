"""
Shelly plugs and meters on the local network, by HTTP.

`components.py` knows what each generation tells of its parts, `device.py` asks.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from cdsc_server.connectors.shelly.device import SOURCE, open_shelly
from cdsc_server.ports import Mode, PlatformKind

KIND: Final = PlatformKind(
    name=SOURCE,
    title="Shelly plugs and meters",
    modes=frozenset({Mode.STAGE, Mode.PROXY}),
    every=timedelta(seconds=30),
    calls_per_minute=12,
    history=None,
    open=open_shelly,
)
