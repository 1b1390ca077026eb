"""
Usage as a Green Button feed: NAESB REQ.21 ESPI 4.0 in Atom (RFC 4287).

    feed = GreenButton(title="Energy use", author="Sunset Power", zone="America/New_York", at=now)
    yield feed.opening()
    for segment, columns in walk_segments(...):
        yield from feed.segment(segment, columns)
    yield feed.closing()

A UsagePoint, its MeterReadings and their ReadingTypes stand right before the first IntervalBlock that needs them, so
that nothing has to be known in advance. Addresses are relative to the file; ids follow from ours and stay the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid5
from xml.sax.saxutils import escape, quoteattr

from cdsc_server.domain.currencies import currency_number
from cdsc_server.domain.customer_graph import Kind
from cdsc_server.domain.espi_formats import WrittenKind, written_kind
from cdsc_server.domain.espi_time import local_time
from cdsc_server.domain.readings import MARK_OF, Quality
from cdsc_server.domain.usage import Column, by_series
from cdsc_server.exact_json import instant
from cdsc_server.services.usage_data import SeenSegment
from cdsc_server.web.usage_files.interval_blocks import WholeNumbers, interval_readings, whole_costs, whole_numbers

MEDIA_TYPE: Final = "application/atom+xml"

#: Names what is ours among all UUIDs made of names (RFC 9562 5.5).
_OURS: Final = UUID("9e0f5d0c-8c55-5b0e-9d0e-6c1b7b7a51a4")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND: Final = timedelta(seconds=1)
#: Characters of a text of ESPI.
_LONGEST: Final = 256
#: Characters that no XML document may hold.
_FORBIDDEN: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_CALCULATED: Final = MARK_OF[Quality.CALCULATED]
_SERVICES: Final = {0: "Electricity", 1: "Natural gas", 2: "Water"}


@dataclass(frozen=True, slots=True)
class _Resource:
    """An entry of the feed: where it stands, and what stands below it."""

    address: str
    title: str
    related: Sequence[str]
    content: str


@dataclass(slots=True)
class GreenButton:
    """
    Writes one feed.

    Args:
        title: of the feed.
        author: name of the utility.
        zone: IANA name, for sums that belong to no place.
        at: when it is made.
    """

    title: str
    author: str
    zone: str
    at: datetime
    _told: set[str] = field(default_factory=set)

    def opening(self) -> bytes:
        """The beginning of the file."""
        return (
            '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">\n'
            f"<id>{_uuid('feed', self.title, self.author, instant(self.at)).urn}</id>\n"
            f"<title>{_text(self.title)}</title>\n<updated>{instant(self.at)}</updated>\n"
            f"<author><name>{_text(self.author)}</name></author>\n"
        ).encode()

    def closing(self) -> bytes:
        """The end of the file."""
        return b"</feed>\n"

    def segment(self, segment: SeenSegment, columns: Sequence[Column]) -> Iterator[bytes]:
        """The IntervalBlocks of a Usage Segment, after what they refer to where that was not told before."""
        united = by_series(columns)
        for number, column in enumerate(united):
            if column.value_format.get("type") == "cost":
                if not _costed(united, column):
                    yield self._left_out("costs without usage")
                continue
            kind = written_kind(column.value_format)
            if kind is None:
                yield self._left_out(str(column.value_format.get("type")))
                continue
            cost, *more = [*(each for each in united if _costs_first(united, each, number)), None]
            if len(more) > 1:
                yield self._left_out("a second cost of the same usage")
            yield from self._block(segment, column, kind, cost)

    def _block(self, segment: SeenSegment, column: Column, kind: WrittenKind, cost: Column | None) -> Iterator[bytes]:
        readings = column.parts[0][1]
        usage = whole_numbers(readings, kind)
        currency = None if cost is None else currency_number(str(cost.value_format.get("currency")))
        costs = None if cost is None or currency is None else whole_costs(cost.parts[0][1])
        if usage.unfit:
            note = f"{segment.period.segment_id}: {usage.unfit} readings are beyond the integers of ESPI"
            yield f"<!-- {note} -->\n".encode()
        if not usage.any and (costs is None or not costs.any):
            return
        zone, point = self._usage_point(segment, column, kind)
        title = _title(column.value_format)
        if cost is not None and _CALCULATED in cost.parts[0][1].marks:
            # A reading's quality is that of its value.
            title += ", with calculated costs"
        type_of, reading = _meter_reading(column, title, _type_members(segment, kind, usage, currency), above=point)
        for resource in (zone, point, type_of, reading):
            yield from self._once(resource)
        period = segment.period
        block = _uuid("block", reading.address, period.segment_id)
        head, tail = _entry(_Resource(f"{reading.address}/IntervalBlock/{block}", "", (), ""), period.modified)
        yield (
            f'{head}<IntervalBlock xmlns="http://naesb.org/espi">'
            f"<interval><duration>{(period.segment_end - period.segment_start) // _SECOND}</duration>"
            f"<start>{(period.segment_start - _EPOCH) // _SECOND}</start></interval>\n"
        ).encode()
        yield from interval_readings(usage, readings, costs)
        yield f"</IntervalBlock>{tail}".encode()

    def _usage_point(self, segment: SeenSegment, column: Column, kind: WrittenKind) -> tuple[_Resource, _Resource]:
        """The LocalTimeParameters and the UsagePoint of a column."""
        if segment.sums is None:
            row = next(row for row in segment.period.series if row.series_id == column.series_id)
            name, owner, place = row.timezone, row.customer_id, _place(segment, column)
        else:
            name, owner, place = self.zone, "groups", [segment.sums.row.aggregation_id]
        zone = _Resource(f"LocalTimeParameters/{_uuid('zone', name)}", name, (), _zone(name, self.at.year))
        point = _uuid("point", owner, str(kind.service_kind), *place)
        address = f"Subscription/{_uuid('subscription', owner)}/UsagePoint/{point}"
        numbers = segment.related.numbers
        content = f"<ServiceCategory><kind>{kind.service_kind}</kind></ServiceCategory>"
        if contracts := " ".join(sorted(numbers[Kind.SERVICE_CONTRACT])):
            agreement = f"<customerAgreement>{_text(contracts[:_LONGEST])}</customerAgreement>"
            content += f"<serviceDeliveryPoint>{agreement}</serviceDeliveryPoint>"
        if segment.sums is not None:
            content += "<isVirtual>true</isVirtual>"
        title = " ".join(sorted(numbers[Kind.SERVICE_POINT] or numbers[Kind.METER_DEVICE]))
        return zone, _Resource(
            address,
            title or _SERVICES[kind.service_kind],
            (f"{address}/MeterReading", zone.address),
            _espi("UsagePoint", content),
        )

    def _once(self, resource: _Resource) -> Iterator[bytes]:
        if resource.address not in self._told:
            self._told.add(resource.address)
            head, tail = _entry(resource, self.at)
            yield f"{head}{resource.content}{tail}".encode()

    def _left_out(self, what: str) -> bytes:
        """Say once, to whoever reads the file, that something has no place in it."""
        note = f"ESPI has no place for {_FORBIDDEN.sub('', what).replace('-', '_')}: see CSV, Parquet or JSON"
        if note in self._told:
            return b""
        self._told.add(note)
        return f"<!-- {note} -->\n".encode()


def _meter_reading(
    column: Column, title: str, members: Mapping[str, int | None], *, above: _Resource
) -> tuple[_Resource, _Resource]:
    """The ReadingType of a column, and its MeterReading below a UsagePoint."""
    content = "".join(f"<{name}>{value}</{name}>" for name, value in members.items() if value is not None)
    type_of = _Resource(f"ReadingType/{_uuid('type', title, content)}", title, (), _espi("ReadingType", content))
    name = _uuid("reading", above.address, column.series_id, type_of.address)
    address = f"{above.address}/MeterReading/{name}"
    return type_of, _Resource(address, title, (f"{address}/IntervalBlock", type_of.address), _espi("MeterReading", ""))


def _type_members(
    segment: SeenSegment, kind: WrittenKind, usage: WholeNumbers, currency: int | None
) -> Mapping[str, int | None]:
    """The elements of a ReadingType, in the order of the schema."""
    series = segment.period.series
    interval = series[0].interval_seconds if series else segment.period.interval
    return {
        "accumulationBehaviour": kind.accumulation,
        "commodity": kind.commodity,
        "consumptionTier": kind.tier,
        "currency": currency,
        "dataQualifier": kind.qualifier,
        "flowDirection": kind.flow,
        # Where each period has a length of its own, the readings say theirs.
        "intervalLength": interval or None,
        "kind": kind.kind,
        "powerOfTenMultiplier": usage.multiplier,
        "uom": kind.uom,
    }


def _costed(columns: Sequence[Column], cost: Column) -> bool:
    """Whether a cost stands beside usage that is written."""
    return any(_costs_first(columns, cost, number) for number in range(len(columns)))


def _costs_first(columns: Sequence[Column], cost: Column, number: int) -> bool:
    """Whether a column is a cost of this one first of all: ESPI writes a cost beside one value."""
    indexes = cost.value_format.get("indexes") if cost.value_format.get("type") == "cost" else None
    written = [index for index in indexes or () if written_kind(columns[index].value_format) is not None]
    return written[:1] == [number]


def _place(segment: SeenSegment, column: Column) -> Sequence[str]:
    """Ids of what tells this UsagePoint from others, as far as they may be told."""
    points = segment.related.ids[Kind.SERVICE_POINT]
    meter = segment.related.meters.get(column.series_id)
    return points or ([meter] if meter is not None else segment.related.ids[Kind.SERVICE_CONTRACT])


def _title(value_format: Mapping[str, Any]) -> str:
    names = ("type", "demand_type", "direction", "season", "tou", "tier")
    words = [str(value_format[name]) for name in names if value_format.get(name) is not None]
    return f"{' '.join(words)} in {value_format.get('units')}"


def _zone(name: str, year: int) -> str:
    found = local_time(name, year)
    return _espi(
        "LocalTimeParameters",
        f"<dstEndRule>{found.dst_end:08X}</dstEndRule><dstOffset>{found.dst_offset}</dstOffset>"
        f"<dstStartRule>{found.dst_start:08X}</dstStartRule><tzOffset>{found.tz_offset}</tzOffset>",
    )


def _espi(kind: str, content: str) -> str:
    return f'<{kind} xmlns="http://naesb.org/espi">{content}</{kind}>'


def _entry(resource: _Resource, modified: datetime) -> tuple[str, str]:
    """What stands before the content of an entry, and after it."""
    links = {"self": [resource.address], "up": [resource.address.rpartition("/")[0]], "related": resource.related}
    written = "".join(
        f"<link rel={quoteattr(rel)} href={quoteattr(address)}/>" for rel, some in links.items() for address in some
    )
    head = (
        f"<entry><id>urn:uuid:{resource.address.rpartition('/')[2]}</id>{written}<title>{_text(resource.title)}</title>"
        '<content type="application/xml">'
    )
    return head, f"</content><published>{instant(modified)}</published><updated>{instant(modified)}</updated></entry>\n"


def _text(words: str) -> str:
    return escape(_FORBIDDEN.sub("\ufffd", words))


def _uuid(kind: str, *names: str) -> UUID:
    # Lengths stand between the names, so that no two lists of names read the same.
    return uuid5(_OURS, "".join(f"{len(name)}:{name}" for name in (kind, *names)))
