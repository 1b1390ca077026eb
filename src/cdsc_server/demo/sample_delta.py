"""A file that a back office might write: to be dropped into the import folder of the demonstration."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

from cdsc_server.demo.history import QUARTER, step_of
from cdsc_server.demo.town import Contract, Resident

_COLUMNS = "external_meter_id,type,direction,units,start,end,value,quality"
#: Far above what a home draws, so that it is seen at once.
_VALUE = "9.000"


def write_sample(path: Path, town: Sequence[Resident], now: datetime) -> None:
    """Write a delta file that corrects an hour of yesterday noon, UTC, of the first electric meter of the town."""
    meter = _electric(town).meters[-1]
    noon = datetime(now.year, now.month, now.day, 12, tzinfo=UTC) - timedelta(days=1)
    times = [f"{noon + timedelta(seconds=QUARTER * number):%Y-%m-%dT%H:%M:%SZ}" for number in range(5)]
    rows = [
        f"{meter.number},electric_usage,forward,kWh,{start},{end},{_VALUE},manual" for start, end in pairwise(times)
    ]
    lines = ["cdsc-delta,1,readings,demo,1", _COLUMNS, *rows, f"cdsc-delta-end,{len(rows)}", ""]
    path.write_text("\n".join(lines), encoding="ascii")


def _electric(town: Sequence[Resident]) -> Contract:
    return next(
        contract for resident in town for contract in resident.contracts if step_of(contract.service) == QUARTER
    )
