"""
Tuya plugs on the local network, by the library `tinytuya` (MIT), which an extra of this package installs.

`plug.py` asks; `products.tsv` says what the numbered values of a product are, because each product scales its own way.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from cdsc_server.connectors.tuya.plug import SOURCE, open_plug
from cdsc_server.ports import Mode, PlatformKind

KIND: Final = PlatformKind(
    name=SOURCE,
    title="Tuya plug",
    modes=frozenset({Mode.STAGE}),
    every=timedelta(seconds=30),
    calls_per_minute=4,
    history=None,
    open=open_plug,
)
