"""From linked entries to UsagePoints: ESPI's numbers become the words of CDS."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from cdsc_server.connectors.greenbutton.blocks import INT48
from cdsc_server.connectors.greenbutton.entries import Entry, Resource
from cdsc_server.connectors.greenbutton.links import Node, Parents, Relatives, distinct, nodes
from cdsc_server.domain.currencies import currency_code
from cdsc_server.domain.espi import MeterReading, ReadingColumn, RetailCustomer, UsagePoint, quality
from cdsc_server.domain.espi_formats import (
    MULTIPLIERS,
    SERVICE_TYPES,
    ReadingKind,
    Unknown,
    Unusable,
    cost_column,
    usage_column,
)
from cdsc_server.domain.espi_time import timezone_of
from cdsc_server.domain.readings import Quality
from cdsc_server.errors import InvalidFile

_SUMMARIES = ("UsageSummary", "ElectricPowerUsageSummary", "ElectricPowerQualitySummary")
#: The part of a UsagePoint's address that names the Customer.
_OWNER = re.compile(r"(.*/)?(?:RetailCustomer|Subscription|User|Customer)/([^/]+)(?=/)")
_VOLT = 29


@dataclass(slots=True)
class Points:
    """
    What the entries of a file amount to.

    Attributes:
        usage_points: every UsagePoint.
        lengths: seconds of an interval by key of the MeterReading, for readings without a duration of their own.
        qualities: of readings without a quality of their own, by key of the MeterReading.
        skipped: titles of MeterReadings without a Value Type in CDS, each with the reason, by their keys.
        readings: finds a MeterReading by the address of its IntervalBlocks.
    """

    usage_points: list[UsagePoint]
    readings: Parents
    lengths: dict[str, int | None] = field(default_factory=dict)
    qualities: dict[str, Quality | None] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)


def assemble(entries: Sequence[Entry]) -> Points:
    """
    Connect the entries of a file.

    Raises:
        InvalidFile: a link leads nowhere, something required is missing, or a number has no meaning in ESPI.
    """
    places = distinct(nodes(entries, "UsagePoint"))
    if not places:
        raise InvalidFile("the file has no UsagePoint")
    rows = distinct(nodes(entries, "MeterReading"))
    found = Points([], Parents(rows, "IntervalBlock"))
    parents = Parents(places, "MeterReading", *_SUMMARIES)
    children: dict[str, list[Node]] = {place.key: [] for place in places}
    for row in [*rows, *nodes(entries, *_SUMMARIES)]:
        place = parents.of(row.entry.up, row.entry.self)
        if place is None:
            raise InvalidFile(f"this {row.resource.kind} belongs to no UsagePoint of the file", line=row.entry.line)
        children[place.key].append(row)
    types, zones = (Relatives(nodes(entries, kind)) for kind in ("ReadingType", "LocalTimeParameters"))
    owners = _owners(places, entries)
    for place in places:
        below = children[place.key]
        summaries = [child.resource for child in below if child.resource.kind != "MeterReading"]
        readings = [
            reading
            for child in below
            if child.resource.kind == "MeterReading"
            and (reading := _meter_reading(child, types.of(child), place, summaries, found))
        ]
        found.usage_points.append(_usage_point(place, owners[place.key], readings, summaries, zones.of(place)))
    return found


def _usage_point(
    place: Node, owner: RetailCustomer, readings: list[MeterReading], summaries: list[Resource], zone: Node | None
) -> UsagePoint:
    point = place.resource
    kind = point.number("ServiceCategory/kind", most=0xFFFF)
    status = point.number("status", most=255)
    delivery = "ServiceDeliveryPoint" if _has(point, "ServiceDeliveryPoint/") else "serviceDeliveryPoint"
    tariffs = [point.text(f"{delivery}/tariffProfile"), *(each.text("tariffProfile") for each in summaries)]
    return UsagePoint(
        key=place.key,
        title=place.entry.title,
        customer=owner,
        service_type=SERVICE_TYPES.get(-1 if kind is None else kind),
        agreement=point.text(f"{delivery}/customerAgreement") or None,
        tariff=next((tariff for tariff in tariffs if tariff), ""),
        active=None if status is None else status == 1,
        virtual=point.text("isVirtual") in {"true", "1"},
        voltage=_voltage(point),
        timezone="Etc/UTC" if zone is None else _timezone(zone.resource),
        meter_readings=tuple(readings),
    )


def _has(resource: Resource, beginning: str) -> bool:
    return any(path.startswith(beginning) for path in resource.fields)


def _voltage(point: Resource) -> Decimal | None:
    value = point.number("nominalServiceVoltage/value", least=INT48[0], most=INT48[1])
    power = point.number("nominalServiceVoltage/powerOfTenMultiplier", least=-12, most=12) or 0
    if value is None or value <= 0 or point.number("nominalServiceVoltage/uom") not in {None, _VOLT}:
        return None
    return Decimal(value * 10**power) if power >= 0 else Decimal(value).scaleb(power)


def _timezone(zone: Resource) -> str:
    try:
        return timezone_of(
            zone.number("tzOffset", least=-(10**6), most=10**6) or 0,
            zone.number("dstOffset", least=-(10**6), most=10**6) or 0,
            int(zone.text("dstStartRule") or "FFFFFFFF", 16),
            int(zone.text("dstEndRule") or "FFFFFFFF", 16),
        )
    except ValueError as fault:
        raise InvalidFile(f"LocalTimeParameters are not valid: {fault}", line=zone.line) from fault


def _meter_reading(
    row: Node, kind: Node | None, place: Node, summaries: list[Resource], found: Points
) -> MeterReading | None:
    if kind is None:
        raise InvalidFile("this MeterReading has no ReadingType in the file", line=row.entry.line)
    numbers = kind.resource
    column = usage_column(_reading_kind(numbers, place.resource))
    key = row.key
    found.lengths[key] = numbers.number("intervalLength")
    default = numbers.number("defaultQuality", most=0xFFFF)
    found.qualities[key] = None if default is None else quality([default])
    if isinstance(column, Unknown):
        raise InvalidFile(column.reason, line=numbers.line_of("uom"))
    if isinstance(column, Unusable):
        found.skipped[key] = f"{row.entry.title or key}: {column.reason}"
        return None
    return MeterReading(key, row.entry.title, column, _cost_column(numbers, summaries))


def _reading_kind(numbers: Resource, point: Resource) -> ReadingKind:
    return ReadingKind(
        commodity=numbers.number("commodity", most=0xFFFF),
        service_kind=point.number("ServiceCategory/kind", most=0xFFFF),
        uom=numbers.number("uom", most=0xFFFF),
        multiplier=numbers.number("powerOfTenMultiplier", least=min(MULTIPLIERS), most=max(MULTIPLIERS)) or 0,
        flow=numbers.number("flowDirection", most=0xFFFF),
        accumulation=numbers.number("accumulationBehaviour", most=0xFFFF),
        qualifier=numbers.number("dataQualifier", most=0xFFFF),
        tier=numbers.number("consumptionTier", least=-(2**15), most=2**15),
    )


def _cost_column(numbers: Resource, summaries: list[Resource]) -> ReadingColumn | None:
    for each in (numbers, *summaries):
        # 0 is "not applicable".
        number = each.number("currency", most=0xFFFF)
        if number:
            code = currency_code(number)
            if code is None:
                raise InvalidFile(f"{number} is not a currency of ISO 4217", line=each.line_of("currency"))
            return cost_column(code)
    return None


def _owners(places: Sequence[Node], entries: Sequence[Entry]) -> dict[str, RetailCustomer]:
    """The Customer of each UsagePoint by its key. UsagePoints below one RetailCustomer are one Customer's."""
    everyone = nodes(entries, "RetailCustomer", "Customer", "CustomerAccount")
    people: dict[str, list[Node]] = {}
    for person in everyone:
        people.setdefault(_owner(person.entry.self)[0], []).append(person)
    utilities = [each.resource.text("dataCustodianId") for each in nodes(entries, "ApplicationInformation")]
    first: dict[str, str] = {}
    for place in places:
        prefix, _ = _owner(place.entry.self)
        # An address that names nobody may be anybody's: each such place gets a Customer of its own.
        first[prefix or place.key] = min(place.key, first.get(prefix, place.key))
    found = {}
    for place in places:
        prefix, number = _owner(place.entry.self)
        mine = people.get(prefix) or (everyone if len(first) == 1 else [])
        names = {name for each in mine if (name := _name(each.resource))}
        found[place.key] = RetailCustomer(
            # A relative address is no person's alone; see Node.key.
            key=prefix if "://" in prefix else first[prefix or place.key],
            number=_account(mine) or number,
            # Two names and nothing that tells them apart: none is better than the wrong one.
            name=names.pop() if len(names) == 1 else "",
            utility=next((utility for utility in utilities if utility), ""),
        )
    return found


def _owner(address: str) -> tuple[str, str]:
    """The part of an address that names the Customer, and the Customer's number; "" where it names none."""
    match = _OWNER.match(f"{address}/")
    return (match[0], match[2]) if match else ("", "")


def _name(person: Resource) -> str:
    whole = next((text for path in ("customerName", "name") if (text := person.text(path))), "")
    return whole or " ".join(filter(None, (person.text("firstName"), person.text("lastName"))))


def _account(people: Sequence[Node]) -> str:
    numbers = {each.resource.text("accountId") for each in people if each.resource.kind == "CustomerAccount"} - {""}
    return numbers.pop() if len(numbers) == 1 else ""
