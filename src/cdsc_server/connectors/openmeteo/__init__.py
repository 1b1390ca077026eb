"""Weather of a place by Open-Meteo, or by a server of your own that speaks as it does; `weather.py` is all of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from cdsc_server.connectors.openmeteo.weather import HISTORY, SOURCE, open_weather
from cdsc_server.ports import Mode, PlatformKind

KIND: Final = PlatformKind(
    name=SOURCE,
    title="Open-Meteo weather",
    modes=frozenset({Mode.STAGE, Mode.PROXY}),
    every=timedelta(hours=1),
    calls_per_minute=10,
    history=HISTORY,
    open=open_weather,
)
