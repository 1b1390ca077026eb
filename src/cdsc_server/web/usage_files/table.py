"""
Usage as rows of a table: one row for each interval of each series, gaps among them.

    for stretch in stretches(segment, columns):
        stretch.words        # what all its rows have in common
        stretch.readings     # start, end, value and quality of each row
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cdsc_server.domain.customer_graph import Kind
from cdsc_server.domain.readings import Readings
from cdsc_server.domain.usage import TEXT_KEYS, Column, by_series, value_format_id
from cdsc_server.services.usage_data import SeenSegment

#: Units of members whose format names none: a share of the supply, and its carbon intensity (WG3-01 10.8.5.3).
_UNITS: Final = {"sm": "share", "ci": "gCO2e/kWh"}
#: Members of a format that tell one series from another, beside its type, unit and direction.
_DETAILS: Final = ("demand_type", "tou", "tier", "season", "attribution", "supply_type", "register")


@dataclass(frozen=True, slots=True)
class Words:
    """
    What every row of a stretch says.

    Attributes:
        series: the same for a series in every file and at every time.
        contract, meter: numbers, as far as they are open; several are separated by spaces.
        type: the Value Type (WG3-01 10.8.5).
        detail: further members of the format, such as "tou=peak".
        unit: of values; the currency of costs.
    """

    series: str
    contract: str
    meter: str
    type: str
    detail: str
    unit: str
    direction: str


@dataclass(frozen=True, slots=True)
class Stretch:
    """
    Rows that follow each other.

    Attributes:
        shown: whether values are what a register shows, with its leading zeros.
        zone: IANA name of the place.
    """

    words: Words
    readings: Readings
    shown: bool
    zone: str


def stretches(segment: SeenSegment, columns: Sequence[Column], *, zone: str) -> Iterator[Stretch]:
    """
    The rows of a Usage Segment, series after series.

    Args:
        zone: IANA name, for sums that belong to no place.
    """
    if not columns:
        return
    if segment.sums is None:
        # All series of a segment are of one Customer and one zone; calculated columns are of none of them.
        owner, zone = segment.period.series[0].customer_id, segment.period.series[0].timezone
    else:
        owner = segment.sums.row.aggregation_id
    contract, meter = (
        " ".join(sorted(segment.related.numbers[kind])) for kind in (Kind.SERVICE_CONTRACT, Kind.METER_DEVICE)
    )
    for column in by_series(columns):
        form = column.value_format
        for key, readings in column.parts:
            words = Words(
                series=value_format_id(column.series_id, owner, None) + (f"_{key}" if len(column.parts) > 1 else ""),
                contract=contract,
                meter=meter,
                type=str(form.get("type")),
                detail=_detail(form),
                unit=str(form.get("units") or form.get("currency") or _UNITS.get(key, "")),
                direction=str(form.get("direction") or ""),
            )
            yield Stretch(words, readings, key in TEXT_KEYS, zone)


def _detail(form: Any) -> str:
    return " ".join(f"{name}={form[name]}" for name in _DETAILS if form.get(name) is not None)
