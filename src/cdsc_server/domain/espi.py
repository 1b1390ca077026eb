"""
What a Green Button file (NAESB ESPI) says, as values that no longer need the file's links or code numbers.

Connectors build these from XML, `services/imports.py` stores them. Instants are seconds since 1970 UTC.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

from cdsc_server.domain.readings import Quality

#: ESPI qualityOfReading to Reading Quality Type (WG3-01 10.8.7.6). 13 (mixed), 16 (other) and codes of later versions
#: of ESPI say nothing CDS has a word for: the quality is then unknown.
_QUALITIES = {
    0: Quality.VALID,
    7: Quality.MANUAL,  # put in place or approved by a person
    8: Quality.ESTIMATED,  # from a reference day
    9: Quality.ESTIMATED,  # by interpolation
    10: Quality.RAW,  # questionable: the checks did not pass
    11: Quality.CALCULATED,
    12: Quality.ESTIMATED,  # a forecast
    14: Quality.RAW,
    15: Quality.CALCULATED,  # normalized for weather
    17: Quality.VALID,
    18: Quality.VALID,  # failed a check, but found to be the real usage
    19: Quality.REVENUE,
}

#: Of several qualities on one reading the first of these counts: the one that promises least.
_CAUTION = (Quality.ESTIMATED, Quality.CALCULATED, Quality.RAW, Quality.MANUAL, Quality.VALID, Quality.REVENUE)


def quality(codes: Sequence[int]) -> Quality | None:
    """What the qualityOfReading codes of one reading amount to; None when unknown."""
    known = {_QUALITIES[code] for code in codes if code in _QUALITIES}
    return next((each for each in _CAUTION if each in known), None)


#: The code that says a quality best; 16, "other", where ESPI has no word for it.
QUALITY_CODES = {
    Quality.RAW: 14,
    Quality.MANUAL: 7,
    Quality.VALID: 0,
    Quality.REVENUE: 19,
    Quality.ESTIMATED: 8,
    Quality.CALCULATED: 11,
    Quality.CORRECTED: 16,
    Quality.WEBSITE: 16,
}


@dataclass(frozen=True, slots=True)
class ReadingColumn:
    """
    How the integers of a MeterReading become one column of Usage Segments.

    Attributes:
        value_format: the Value Format without `id`, `quality` and ids of meters.
        scale: decimals; the integer counts 10 ** -scale of the unit.
        factor: what the file's integers are multiplied by first: a power of ten.
        outward: energy that flows from the Customer to the grid, which CDS writes as negative (WG3-01 10.8.5.1.2).
    """

    value_format: Mapping[str, Any]
    scale: int
    factor: int = 1
    outward: bool = False

    def counted(self, value: int | None) -> int | None:
        """The file's integer as counted by this column."""
        if value is None:
            return None
        return -abs(value) * self.factor if self.outward else value * self.factor


@dataclass(frozen=True, slots=True)
class RetailCustomer:
    """
    Whose data it is.

    Attributes:
        key: the same for this person in every file of the utility.
        number: as the utility's addresses show it; "" when they do not.
        name: "" when the file does not say.
        utility: name of the data custodian; "" when the file does not say.
    """

    key: str
    number: str
    name: str
    utility: str


@dataclass(frozen=True, slots=True)
class MeterReading:
    """
    A row of readings of one kind at a UsagePoint; `key` is the same in every file of the utility.

    Attributes:
        cost: None when the file names no currency; it then has no costs either.
    """

    key: str
    title: str
    usage: ReadingColumn
    cost: ReadingColumn | None


@dataclass(frozen=True, slots=True)
class UsagePoint:
    """
    A place where a service is measured.

    Attributes:
        key: the same for this place in every file of the utility.
        service_type: of WG3-01 10.2.4; None when CDS has no word for it.
        agreement: number of the contract; None when the file does not say.
        tariff: "" when the file does not say.
        active: None when the file does not say.
        virtual: exists for bookkeeping only.
        voltage: nominal volts.
        timezone: IANA name.
    """

    key: str
    title: str
    customer: RetailCustomer
    service_type: str | None
    agreement: str | None
    tariff: str
    active: bool | None
    virtual: bool
    voltage: Decimal | None
    timezone: str
    meter_readings: tuple[MeterReading, ...]


@dataclass(frozen=True, slots=True)
class Intervals:
    """
    Some readings of one MeterReading, in time order and free of overlaps; the sequences are of equal length.

    Attributes:
        meter_reading: key of the MeterReading.
        durations: seconds, at least 1.
        values: as in the file, before multipliers; None where the file has a cost only.
        costs: hundred-thousandths of the currency; None where the file has none.
    """

    meter_reading: str
    starts: Sequence[int]
    durations: Sequence[int]
    values: Sequence[int | None]
    costs: Sequence[int | None]
    qualities: Sequence[Quality | None]


class Feed(Protocol):
    """A file that has been read to its end and found sound."""

    @property
    def usage_points(self) -> Sequence[UsagePoint]:
        """Every UsagePoint of the file."""
        ...

    @property
    def skipped(self) -> Sequence[str]:
        """Titles of what CDS has no Value Type for, each with the reason."""
        ...

    def intervals(self) -> Iterator[Intervals]:
        """All readings, a few thousand at a time."""
        ...
