"""A made-up weather service that answers as Open-Meteo does: hours of the days asked for, counted from the epoch."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from tests.support.devices.fakes import Answer, Asked, HTTPFake


class WeatherFake(HTTPFake):
    """Scenarios: `refuses` (400), `refuses_well` (same with 200), `fahrenheit`, `duplicates`, `sentinels`, `cut`."""

    def answer(self, asked: Asked) -> Answer:
        if self.scenario.startswith("refuses"):
            refusal = {"error": True, "reason": f"Latitude must be in range. Given: {asked.query['latitude']}."}
            return Answer(refusal, 200 if self.scenario == "refuses_well" else 400)
        return Answer(self._hours(asked.query))

    def _hours(self, query: dict[str, str]) -> dict[str, Any]:
        first, last = (date.fromisoformat(query[name]) for name in ("start_date", "end_date"))
        begin = datetime(first.year, first.month, first.day, tzinfo=UTC)
        hours = [begin + timedelta(hours=n) for n in range(24 * ((last - first).days + 1))]
        if self.scenario == "duplicates":
            hours = [hour for hour in hours for _ in range(2)]
        unknown = self.scenario == "sentinels"
        hourly = {
            "time": [int(hour.timestamp()) for hour in hours],
            "temperature_2m": [17.25 for _ in hours],
            "shortwave_radiation": [None if unknown else 410.5 for _ in hours],
            "cloud_cover": [25 for _ in hours],
        }
        if self.scenario == "cut":
            hourly["cloud_cover"].pop()
        degrees = "°F" if self.scenario == "fahrenheit" else "°C"
        units = {"temperature_2m": degrees, "shortwave_radiation": "W/m²", "cloud_cover": "%"}
        return {"latitude": -33.9, "longitude": 18.4, "hourly_units": units, "hourly": hourly}
