"""
Pylontech batteries (US2000C, US3000C) by their RS485 protocol, over a serial port or a serial bridge on TCP.

`frames.py` knows the form of what travels, `analogue.py` what a pack says in it, `lines.py` the ways it travels,
`stack.py` asks pack by pack and gives readings.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from cdsc_server.connectors.pylontech.stack import SOURCE, open_stack
from cdsc_server.ports import Mode, PlatformKind

KIND: Final = PlatformKind(
    name=SOURCE,
    title="Pylontech batteries",
    modes=frozenset({Mode.STAGE}),
    every=timedelta(minutes=1),
    calls_per_minute=6,
    history=None,
    open=open_stack,
)
