"""Usage Segments as values: their stable ids, and the columns that make up their Value Sets (WG3-01 10.8)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from cdsc_server.domain.readings import Quality, Readings

#: The Value Type of shares of sources in power (WG3-01 10.8.5.3).
MIX = "electric_supply_mix"

#: The member that carries the number in a Value Object, by Value Type (WG3-01 10.8.5).
VALUE_KEYS = {
    "electric_usage": "eu",
    "electric_demand": "ed",
    MIX: "sm",
    "water_usage": "wu",
    "natural_gas_usage": "gu",
    "fuel_oil_usage": "fu",
    "cost": "c",
    "meter_readings": "r",
}

#: Members that are a JSON string although they hold a number (WG3-01 10.8.5.8.2).
TEXT_KEYS = frozenset({"r"})

#: Value Types whose format states a quality: readings of another quality need a column of their own.
QUALITY_TYPES = frozenset({"electric_usage", "electric_demand", "water_usage", "natural_gas_usage", "fuel_oil_usage"})


class Proven(NamedTuple):
    """Value Sets [first, last) of a column, and the ids of the certificates that prove its share there."""

    first: int
    last: int
    eacs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """
    One position of every Value Set of a Usage Segment.

    Attributes:
        value_format: the Value Format without `id` and without the ids of meters; `indexes` already counts columns.
        quality: of every reading in this column; None when unknown or when the type has none.
        series_id: of the series the readings come from.
        parts: members of the Value Object and their readings, all over the same slots. A gap of the first makes the
            Value Object null; a gap of a later one leaves that member out.
        proven: where certificates prove the share of a supply mix (`eacs`), in order; elsewhere there are none.
    """

    value_format: Mapping[str, Any]
    quality: Quality | None
    series_id: str
    parts: tuple[tuple[str, Readings], ...]
    proven: tuple[Proven, ...] = ()


def by_series(columns: Sequence[Column]) -> list[Column]:
    """
    The columns of a Usage Segment with those of one series in one, whatever the qualities of its readings.

    `quality` is None in each: the readings know their own. `indexes` count the columns that are left.
    """
    groups: dict[str, list[int]] = {}
    for number, column in enumerate(columns):
        groups.setdefault(column.series_id, []).append(number)
    place = {number: new for new, numbers in enumerate(groups.values()) for number in numbers}
    return [_united([columns[number] for number in numbers], place) for numbers in groups.values()]


def _united(columns: Sequence[Column], place: Mapping[int, int]) -> Column:
    first = columns[0]
    parts = dict(first.parts)
    for column in columns[1:]:
        parts |= {key: parts[key].overlaid(readings) for key, readings in column.parts}
    value_format = first.value_format
    if "indexes" in value_format:
        indexes = dict.fromkeys(place[number] for number in value_format["indexes"] if number in place)
        value_format = {**value_format, "indexes": list(indexes)}
    return Column(value_format, None, first.series_id, tuple(parts.items()))


def usage_segment_id(customer_id: str, segment_key: str, period_start: int) -> str:
    """
    The public id of a whole Usage Segment.

    Args:
        period_start: first second of its period; not of its data, which may come to start earlier.
    """
    return "us_" + _digest("segment", customer_id, segment_key, str(period_start))


def trimmed_segment_id(segment_id: str, start: int | None, end: int | None) -> str:
    """
    The public id of what is left of a Usage Segment between bounds, in seconds; a bound outside its period is None.

    The same bounds always give the same id, so that a Client sees one object over the life of its Grant.
    """
    if start is None and end is None:
        return segment_id
    return "us_" + _digest("trimmed", segment_id, str(start), str(end))


def value_format_id(series_id: str, customer_id: str, quality: Quality | None) -> str:
    """The public id of a Value Format: one for each series and quality."""
    return "vf_" + _digest("format", customer_id, series_id, quality or "")


def _digest(*parts: str) -> str:
    # Lengths stand between the parts, so that no two lists of parts read the same.
    joined = b"".join(len(part.encode()).to_bytes(4, "big") + part.encode() for part in parts)
    return hashlib.sha256(joined).hexdigest()[:32]
