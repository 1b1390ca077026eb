"""
Tariffs as they are handed in, and which contract is on which: what is wrong with them, and what they come to.

Prices, thresholds and percentages are JSON numbers with every digit. Days and times of day are local to the tariff.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from cdsc_server.domain.durations import read_datetime
from cdsc_server.domain.provisioned.record import TIMEZONE
from cdsc_server.domain.shapes import (
    Checked,
    Currency,
    Day,
    Fault,
    Instant,
    Listed,
    Member,
    Number,
    Seconds,
    Shape,
    Text,
    Word,
    under,
)
from cdsc_server.domain.tariffs.days import is_region
from cdsc_server.domain.tariffs.tariff import (
    EnergyLine,
    FixedLine,
    Flow,
    Per,
    PriceSeries,
    Rule,
    Season,
    Tariff,
    Tax,
    Tier,
    Version,
)
from cdsc_server.domain.value_formats import SEASONS, TIMES_OF_USE

Object = Mapping[str, Any]

#: Units of energy and volume that are priced; one tariff prices one of them.
PRICED_UNITS: Final = frozenset(["kWh", "m3", "L", "gal", "ft3", "CCF", "MCF", "MMCF", "Btu", "therm", "Sm3", "scf"])
DEFAULT_UNITS: Final = "kWh"
_WEEK: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HOLIDAY: Final = "holiday"
#: Members of a tariff that hold for all its versions, past ones among them.
LASTING: Final = ("currency", "units", "timezone")
#: As many tiers as the standard has words for (CDS-WG3-01 10.8.7.4).
_MOST_TIERS: Final = 9


def _formed(form: str, rule: str) -> Checked:
    return Checked(rule, lambda value: re.fullmatch(form, value) is not None, {"pattern": f"^(?:{form})$"})


_TIME: Final = _formed("(?:[01][0-9]|2[0-3]):[0-5][0-9]|24:00", "must be a time of day such as 16:00")
_IN_YEAR: Final = _formed("(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])", "must be a day of the year such as 06-01")
_ID: Final = _formed("[A-Za-z0-9][A-Za-z0-9._-]{0,99}", "must be letters, digits and . _ -, at most 100")
_REGION: Final = Checked("must be a country of ISO 3166 or a part of one, such as BE or US-NY", is_region)

_TIER: Final = Shape({"up_to": Member(Number(), required=False), "price": Member(Number())})
_PRICE: Final = Shape(
    {
        "price": Member(Number(), required=False),
        "tiers": Member(Listed(_TIER), required=False),
        "days": Member(Listed(Word((*_WEEK, _HOLIDAY))), required=False),
        "from": Member(_TIME, required=False),
        "to": Member(_TIME, required=False),
        "season": Member(Word(SEASONS), required=False),
        "tou": Member(Word(TIMES_OF_USE), required=False),
    }
)
_SERIES: Final = Shape({"start": Member(Instant()), "interval": Member(Seconds()), "prices": Member(Listed(Number()))})
_ENERGY: Final = Shape(
    {
        "id": Member(_ID),
        "name": Member(Text()),
        "flow": Member(Word([str(flow) for flow in Flow])),
        "prices": Member(Listed(_PRICE), required=False),
        "intervals": Member(Listed(_SERIES), required=False),
    }
)
_FIXED: Final = Shape(
    {
        "id": Member(_ID),
        "name": Member(Text()),
        "amount": Member(Number()),
        "per": Member(Word([str(per) for per in Per])),
    }
)
_TAX: Final = Shape({"id": Member(_ID), "name": Member(Text()), "percent": Member(Number()), "on": Member(Listed(_ID))})
_SEASON: Final = Shape({"season": Member(Word(SEASONS)), "from": Member(_IN_YEAR), "to": Member(_IN_YEAR)})
_VERSION: Final = Shape(
    {
        "start": Member(Day()),
        "end": Member(Day(), required=False),
        "longest_interval": Member(Seconds(), required=False),
        "seasons": Member(Listed(_SEASON), required=False),
        "energy": Member(Listed(_ENERGY)),
        "fixed": Member(Listed(_FIXED), required=False),
        "taxes": Member(Listed(_TAX), required=False),
    }
)
TARIFF_SHAPE: Final = Shape(
    {
        "external_tariff_id": Member(_ID),
        "name": Member(Text()),
        "currency": Member(Currency()),
        "timezone": Member(TIMEZONE),
        "units": Member(Word(PRICED_UNITS), required=False),
        "region": Member(_REGION, required=False),
        "holidays": Member(Listed(Day()), required=False),
        "versions": Member(Listed(_VERSION)),
    }
)
#: That a contract is on a tariff from a day on; `end` is the first day on which it no longer is.
ASSIGNED: Final = Shape(
    {"external_tariff_id": Member(_ID), "start": Member(Day()), "end": Member(Day(), required=False)}
)
_ASSIGNMENT: Final = Shape(
    {
        "contract_number": Member(Text()),
        "customer": Member(Text(), required=False),
        "tariffs": Member(Listed(ASSIGNED)),
    }
)
#: What `cdsc import tariffs` reads.
TARIFFS: Final = Shape(
    {
        "tariffs": Member(Listed(TARIFF_SHAPE), required=False),
        "assignments": Member(Listed(_ASSIGNMENT), required=False),
    }
)


def tariff_faults(document: Any) -> list[Fault]:
    """Everything that is wrong with tariffs as they are handed in, but for what they name; empty where nothing is."""
    if faults := list(TARIFFS.faults(document)):
        # What members say of each other can only be judged where they are there.
        return faults
    tariffs, assignments = document.get("tariffs", []), document.get("assignments", [])
    faults += _repeated("tariffs", tariffs, "external_tariff_id")
    for number, tariff in enumerate(tariffs):
        faults += under(f"tariffs[{number}]", version_faults(tariff))
    for number, each in enumerate(assignments):
        faults += under(f"assignments[{number}].tariffs", order_faults(each["tariffs"]))
    return faults


def version_faults(tariff: Object) -> Iterator[Fault]:
    """What the versions of a tariff that is right in shape say wrongly."""
    yield from under("versions", order_faults(tariff["versions"]))
    for number, version in enumerate(tariff["versions"]):
        yield from under(f"versions[{number}]", _version_faults(version))


def tariff_of(document: Object) -> Tariff:
    """
    A tariff from its document.

    Args:
        document: one that is sound.
    """
    return Tariff(
        id=document["external_tariff_id"],
        name=document["name"],
        currency=document["currency"],
        timezone=document["timezone"],
        units=document.get("units", DEFAULT_UNITS),
        versions=tuple(_version(each) for each in document["versions"]),
        region=document.get("region"),
        holidays=frozenset(date.fromisoformat(each) for each in document.get("holidays", [])),
    )


def _version_faults(version: Object) -> Iterator[Fault]:
    lines = [*version["energy"], *version.get("fixed", []), *version.get("taxes", [])]
    known: set[str] = set()
    for each in lines:
        if each["id"] in known:
            yield Fault("", f"has two lines or taxes with the id {each['id']}")
        for taxed in each.get("on", []):
            if taxed not in known:
                yield Fault("taxes", f"{each['id']} is on {taxed}, which is no line, and no tax before it")
        known.add(each["id"])
    seasons = [each["season"] for each in version.get("seasons", [])]
    if len(set(seasons)) != len(seasons):
        yield Fault("seasons", "must not name a season twice")
    for number, line in enumerate(version["energy"]):
        if not line.get("prices") and not line.get("intervals"):
            yield Fault(f"energy[{number}]", "must have prices or intervals")
        for position, price in enumerate(line.get("prices", [])):
            yield from under(f"energy[{number}].prices[{position}]", _price_faults(price, seasons))


def _price_faults(price: Object, seasons: Sequence[str]) -> Iterator[Fault]:
    if ("price" in price) is ("tiers" in price):
        yield Fault("", "must have a price or tiers, and not both")
    if ("from" in price) is not ("to" in price):
        yield Fault("from", "and to must both be there, or neither")
    elif "from" in price and price["from"] in (price["to"], "24:00"):
        yield Fault("from", "must be before 24:00 and another time than to")
    if price.get("season", next(iter(seasons), None)) not in (*seasons, None):
        yield Fault("season", "must be one of the seasons of this version")
    if price.get("days") == []:
        yield Fault("days", "must name a day, or not be there")
    if "tiers" in price:
        bounds = [tier.get("up_to") for tier in price["tiers"]]
        inner = bounds[:-1]
        if not bounds or bounds[-1] is not None or None in inner:
            yield Fault("tiers", "must all have up_to but the last")
        elif len(bounds) > _MOST_TIERS:
            yield Fault("tiers", f"must be at most {_MOST_TIERS}")
        elif inner != sorted(set(inner)) or any(bound <= 0 or _decimals(bound) > 3 for bound in inner):
            yield Fault("tiers", "must have rising up_to above 0, with at most 3 digits behind the point")


def order_faults(spans: Sequence[Object]) -> Iterator[Fault]:
    """What is wrong with spans of days that must follow each other, each with a `start` and perhaps an `end`."""
    before: str | None = None
    for number, each in enumerate(spans):
        end = each.get("end")
        if end is not None and end <= each["start"]:
            yield Fault(f"[{number}].end", "must be after start")
        if number and (before is None or each["start"] < before):
            yield Fault(f"[{number}].start", "must not be before the end of the one before, which must have one")
        before = end


def _repeated(name: str, listed: Sequence[Object], key: str) -> Iterator[Fault]:
    seen = set()
    for number, each in enumerate(listed):
        if each[key] in seen:
            yield Fault(f"{name}[{number}].{key}", "must not be that of one before")
        seen.add(each[key])


def _decimals(number: int | Decimal) -> int:
    exponent = Decimal(number).as_tuple().exponent
    return -exponent if isinstance(exponent, int) else 0


def _version(document: Object) -> Version:
    seasons: dict[str, Season] = {
        each["season"]: (_in_year(each["from"]), _in_year(each["to"])) for each in document.get("seasons", [])
    }
    return Version(
        start=date.fromisoformat(document["start"]),
        end=date.fromisoformat(document["end"]) if "end" in document else None,
        energy=tuple(_energy(each) for each in document["energy"]),
        fixed=tuple(
            FixedLine(each["id"], each["name"], Decimal(each["amount"]), Per(each["per"]))
            for each in document.get("fixed", [])
        ),
        taxes=tuple(
            Tax(each["id"], each["name"], Decimal(each["percent"]), frozenset(each["on"]))
            for each in document.get("taxes", [])
        ),
        seasons=seasons,
        longest=document.get("longest_interval"),
    )


def _energy(line: Object) -> EnergyLine:
    return EnergyLine(
        id=line["id"],
        name=line["name"],
        flow=Flow(line["flow"]),
        rules=tuple(_rule(each) for each in line.get("prices", [])),
        series=tuple(
            PriceSeries(_second(each["start"]), each["interval"], tuple(Decimal(price) for price in each["prices"]))
            for each in line.get("intervals", [])
        ),
    )


def _rule(price: Object) -> Rule:
    tiers = price.get("tiers", [{"price": price.get("price")}])
    days = price.get("days", [*_WEEK, _HOLIDAY])
    return Rule(
        tiers=tuple(
            Tier(Decimal(tier["up_to"]) if "up_to" in tier else None, Decimal(tier["price"])) for tier in tiers
        ),
        days=frozenset(_WEEK.index(day) for day in days if day != _HOLIDAY),
        on_holidays=_HOLIDAY in days,
        start=_minute(price.get("from", "00:00")),
        end=_minute(price.get("to", "24:00")),
        season=price.get("season"),
        tou=price.get("tou"),
    )


def _minute(written: str) -> int:
    hour, minute = written.split(":")
    return 60 * int(hour) + int(minute)


def _in_year(written: str) -> tuple[int, int]:
    month, day = written.split("-")
    return int(month), int(day)


def _second(written: str) -> int:
    instant: datetime = read_datetime(written)
    return int(instant.timestamp())
