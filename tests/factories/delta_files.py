"""Delta files as a back office writes them."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pyarrow
from pyarrow import parquet

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


def parquet_delta(*rows: str, heading: str | None = "1,readings,north,1") -> bytes:
    """The same of readings as Parquet, its columns of text; `heading` stands among its metadata, or nothing does."""
    cells = [dict(zip(COLUMNS, row.split(","), strict=True)) for row in rows]
    table = pyarrow.Table.from_pylist(cells, pyarrow.schema([(name, pyarrow.string()) for name in COLUMNS]))
    told = {} if heading is None else {"cdsc-delta": heading}
    file = io.BytesIO()
    parquet.write_table(table.replace_schema_metadata(told), file)
    return file.getvalue()


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
