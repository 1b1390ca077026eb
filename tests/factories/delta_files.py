"""Delta files as a back office writes them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

COLUMNS = ("external_meter_id", "type", "direction", "units", "start", "end", "value")
START = datetime(2026, 2, 1, tzinfo=UTC)


def delta(
    *rows: str,
    number: int = 1,
    feed: str = "north",
    kind: str = "readings",
    columns: Sequence[str] = COLUMNS,
    options: Sequence[str] = (),
) -> bytes:
    """A whole file of these rows."""
    heading = ",".join(["cdsc-delta", "1", kind, feed, str(number), *options])
    return "\n".join([heading, ",".join(columns), *rows, f"cdsc-delta-end,{len(rows)}", ""]).encode()


def quarters(*values: str, meter: str = "M-house", start: datetime = START, minutes: int = 15) -> list[str]:
    """Rows of imports of one meter in kWh, one after the other."""
    rows = []
    for place, value in enumerate(values):
        begin = start + timedelta(minutes=minutes * place)
        times = f"{_written(begin)},{_written(begin + timedelta(minutes=minutes))}"
        rows.append(f"{meter},electric_usage,forward,kWh,{times},{value}")
    return rows


def _written(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")
