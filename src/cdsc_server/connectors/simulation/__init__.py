"""The simulated platform of `cdsc simulated-site`: the reference for connectors, and the home of the demonstration."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from cdsc_server.connectors.simulation.platform import NAME, SimulatedPlatform
from cdsc_server.ports import Mode, PlatformKind

KIND: Final = PlatformKind(
    name=NAME,
    title="Simulated site",
    modes=frozenset(Mode),
    every=timedelta(minutes=5),
    calls_per_minute=60,
    history=timedelta(days=3650),
    open=SimulatedPlatform,
)

__all__ = ["KIND"]
