"""Which device platforms there are connectors for: ours, and those of packages installed beside us."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from typing import Final

from cdsc_server.ports import PlatformKind

#: The entry points by which another package offers a connector; each names a `KIND`.
GROUP: Final = "cdsc_server.connectors"
#: Packages in this directory, each with a `KIND`; what a platform's library costs is loaded by `KIND.open` only.
_OURS: Final = ("goodwe", "openmeteo", "pylontech", "sems", "shelly", "simulation", "tuya")


@cache
def device_platforms() -> Mapping[str, PlatformKind]:
    """
    Every connector by the name of its platform.

    Raises:
        ValueError: two connectors claim one name.
    """
    kinds: list[PlatformKind] = [import_module(f"{__package__}.{name}").KIND for name in _OURS]
    kinds += [point.load() for point in entry_points(group=GROUP)]
    known: dict[str, PlatformKind] = {}
    for kind in kinds:
        if known.setdefault(kind.name, kind) is not kind:
            raise ValueError(f"two connectors are called {kind.name}")
    return known
