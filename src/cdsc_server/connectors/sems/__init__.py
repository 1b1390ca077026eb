"""
GoodWe's portal SEMS, by what open programs found out of it: GoodWe publishes no reference. Read only, off by default.

`portal.py` signs in, once, and asks; `legacy.py` is the portal of old, `plus.py` the SEMS+ that replaces it, and
`flows.py` has what both make of power: which way it flows is inferred.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from cdsc_server.connectors.sems.flows import SOURCE
from cdsc_server.connectors.sems.portal import open_portal
from cdsc_server.ports import Mode, PlatformKind

KIND: Final = PlatformKind(
    name=SOURCE,
    title="GoodWe SEMS portal",
    modes=frozenset({Mode.STAGE, Mode.PROXY}),
    every=timedelta(minutes=5),
    calls_per_minute=1,
    history=None,
    open=open_portal,
)
