"""Green Button files as utilities write them, put together from parts that a test can leave out, repeat or break."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field

BASE = "https://utility.example/espi/1_1/resource"
#: Midnight of 1 January 2024 in New York.
START = 1704085200
HOUR = 3600

#: LocalTimeParameters of the American east coast: second Sunday of March, first Sunday of November.
EASTERN = {"tzOffset": -18000, "dstOffset": 3600, "dstStartRule": "360E2000", "dstEndRule": "B40E2000"}
WATT_HOURS = {"commodity": 1, "currency": 840, "flowDirection": 1, "intervalLength": 3600, "uom": 72}


@dataclass
class Reading:
    """One IntervalReading; None leaves an element out, a text is written as it is."""

    start: int | str | None = START
    value: int | str | None = 100
    duration: int | str | None = HOUR
    cost: int | str | None = None
    qualities: Sequence[int | str] = ()

    def xml(self) -> str:
        quality = "".join(f"<ReadingQuality><quality>{code}</quality></ReadingQuality>" for code in self.qualities)
        period = element("duration", self.duration) + element("start", self.start)
        cost, value = element("cost", self.cost), element("value", self.value)
        return f"<IntervalReading>\n{cost}{quality}<timePeriod>{period}</timePeriod>{value}</IntervalReading>\n"


def hourly(values: Sequence[int | None], start: int = START, costs: Sequence[int | None] = ()) -> list[Reading]:
    """A Reading an hour."""
    spread = [*costs, *[None] * len(values)]
    return [Reading(start + HOUR * n, value, cost=spread[n]) for n, value in enumerate(values)]


@dataclass
class Row:
    """A MeterReading with its ReadingType and IntervalBlocks; block None has no interval of its own."""

    number: str = "1"
    type: dict[str, object] = field(default_factory=lambda: dict(WATT_HOURS))
    blocks: Sequence[Sequence[Reading]] = ()
    interval: tuple[int, int] | None = None
    title: str = "Usage"


@dataclass
class Point:
    """A UsagePoint."""

    number: str = "1"
    kind: int | None = 0
    rows: Sequence[Row] = ()
    customer: str = "7"
    time: dict[str, object] | None = field(default_factory=lambda: dict(EASTERN))
    inner: str = ""
    base: str = BASE
    currency: int | None = None

    @property
    def address(self) -> str:
        return f"{self.base}/RetailCustomer/{self.customer}/UsagePoint/{self.number}"


def element(name: str, value: object) -> str:
    """An element, or nothing for None."""
    return "" if value is None else f"<{name}>{value}</{name}>"


def elements(values: dict[str, object]) -> str:
    """Elements in the order given."""
    return "".join(element(name, value) for name, value in values.items())


def entry(address: str, content: str, *, up: str | None = None, related: Sequence[str] = (), title: str = "") -> str:
    """An Atom entry whose id is made from its address."""
    links = f'<link rel="self" href="{address}"/>'
    links += f'<link rel="up" href="{address.rpartition("/")[0] if up is None else up}"/>' if up != "" else ""
    links += "".join(f'<link rel="related" href="{each}"/>' for each in related)
    identity = f"<id>urn:uuid:{address.rpartition('resource/')[2]}</id>"
    return f"<entry>\n{identity}{links}<title>{title}</title>\n<content>{content}</content>\n</entry>\n"


def resource(kind: str, inner: str) -> str:
    """An ESPI element in its namespace."""
    return f'<{kind} xmlns="http://naesb.org/espi">\n{inner}</{kind}>'


def entries(*points: Point) -> list[str]:
    """The entries of a file, parents first."""
    made: list[str] = []
    for point in points:
        times = f"{point.base}/LocalTimeParameters/{point.number}"
        service = "" if point.kind is None else f"<ServiceCategory><kind>{point.kind}</kind></ServiceCategory>"
        content = resource("UsagePoint", service + point.inner)
        related = [f"{point.address}/MeterReading", times]
        made.append(entry(point.address, content, related=related, title=f"Point {point.number}"))
        if point.time is not None:
            made.append(entry(times, resource("LocalTimeParameters", elements(point.time))))
        if point.currency is not None:
            summary = resource("UsageSummary", element("currency", point.currency))
            made.append(entry(f"{point.address}/UsageSummary/1", summary))
        for row in point.rows:
            made += _row_entries(point, row)
    return made


def _row_entries(point: Point, row: Row) -> list[str]:
    address = f"{point.address}/MeterReading/{row.number}"
    kind = f"{point.base}/ReadingType/{point.number}-{row.number}"
    made = [
        entry(address, resource("MeterReading", ""), related=[f"{address}/IntervalBlock", kind], title=row.title),
        entry(kind, resource("ReadingType", elements(row.type))),
    ]
    for number, readings in enumerate(row.blocks):
        start, duration = row.interval or (None, None)
        interval = "" if start is None else f"<interval>{elements({'duration': duration, 'start': start})}</interval>\n"
        block = resource("IntervalBlock", interval + "".join(each.xml() for each in readings))
        made.append(entry(f"{address}/IntervalBlock/{number}", block))
    return made


def document(entries: Sequence[str]) -> bytes:
    """The file of these entries."""
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">\n'
    return (head + "<id>urn:uuid:feed</id>\n" + "".join(entries) + "</feed>\n").encode()


def feed_file(*points: Point) -> io.BytesIO:
    """A file of these UsagePoints."""
    return io.BytesIO(document(entries(*points)))


def one_row(readings: Sequence[Reading], type: dict[str, object] | None = None, **point: object) -> Point:
    """A UsagePoint with one MeterReading of one block."""
    return Point(rows=[Row(blocks=[readings], type=dict(WATT_HOURS) if type is None else type)], **point)  # type: ignore[arg-type]
