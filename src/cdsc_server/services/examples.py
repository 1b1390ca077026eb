"""Examples from the Customer's own data: the form shows what it asks for instead of describing it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from cdsc_server.domain.periods import interval_words
from cdsc_server.domain.supply_mixes import OWN
from cdsc_server.domain.usage import Column
from cdsc_server.domain.wording import source_words
from cdsc_server.languages import clock_time, day, gettext, marked, number, percent
from cdsc_server.services.own_mixes import latest_mixes
from cdsc_server.storage.meter_devices import first_meter
from cdsc_server.storage.service_contracts import first_contract
from cdsc_server.storage.usage import UsageSeriesRow, find_series
from cdsc_server.storage.usage_segments import read_columns, segment_periods

#: How far back an example may lie.
_RECENT = timedelta(days=62)
_USED = marked("%(where)s, on %(day)s, between %(start)s and %(end)s you used %(amount)s.")
_USED_THAT_DAY = marked("%(where)s, on %(day)s, you used %(amount)s.")
#: One number in the words and beside the plot.
_DIGITS = "#,##0.###"
_UNITS = {"kWh": "kWh", "Wh": "Wh", "therm": "therms", "Sm3": "m³", "scf": "ft³", "m3": "m³", "gal": "gallons"}


@dataclass(frozen=True)
class Plot:
    """
    A day as bars.

    Args:
        bars: height of each bar as a share of the highest, 0 to 1.
        says: the same in a sentence.
    """

    bars: tuple[float, ...]
    top: str
    says: str


@dataclass(frozen=True)
class Examples:
    """
    What could be found of one Customer.

    Args:
        says: example by scope type; "mix" is the supply mix.
        interval: how often the Customer's meters measure, as in "15 minutes".
    """

    says: dict[str, str] = field(default_factory=dict)
    plot: Plot | None = None
    interval: str = ""


def find_examples(
    session: Session, customer_id: str, names: Mapping[str, str], *, now: datetime, zone: ZoneInfo
) -> Examples:
    """
    Examples for everything this Customer has data of; at most seven statements, and as many for a mix of their tariff.

    Args:
        names: the Customer's own names of contracts, by id.
    """
    says: dict[str, str] = {}
    contract = first_contract(session, customer_id)
    if contract is not None:
        supplier = (contract.entity or {}).get("entity_name", "")
        since = gettext("since %(day)s", day=day(contract.contract_start, zone))
        code = gettext("code %(code)s", code=contract.rateplan_code)
        on_bills = gettext("contract %(number)s", number=contract.contract_number)
        parts = (supplier, on_bills, contract.rateplan_name, since)
        says["cds_service_contracts"] = f"{contract.label}: {_joined(parts)}."
        says["cds_rate_plan"] = f"{contract.label}: {_joined((contract.rateplan_name, code, since))}."
    meter = first_meter(session, customer_id)
    if meter is not None and meter.meter_number:
        where = contract.address if contract is not None else ""
        named = gettext("Meter %(number)s", number=meter.meter_number)
        says["cds_meters"] = f"{_joined((named, where))}."
    series = [row for row in find_series(session, customer_id) if row.site_id is None]
    plot = _usage(session, series, says, names, now=now, zone=zone)
    _mix(session, series, says, now=now, zone=zone)
    if "mix" not in says:
        _handed_in_mix(session, customer_id, says, now=now, zone=zone)
    lengths = [row.interval_seconds for row in series if _is_usage(row) and row.interval_seconds]
    return Examples(says, plot, interval_words(min(lengths)) if lengths else "")


def _joined(parts: Iterable[str | None]) -> str:
    return ", ".join(part for part in parts if part)


def _is_usage(row: UsageSeriesRow) -> bool:
    return str(row.value_format.get("type", "")).endswith("_usage")


def _usage(
    session: Session,
    series: Iterable[UsageSeriesRow],
    says: dict[str, str],
    names: Mapping[str, str],
    *,
    now: datetime,
    zone: ZoneInfo,
) -> Plot | None:
    usable = [row for row in series if _is_usage(row) and row.interval_seconds]
    # Electricity first, and the finest interval: it shows most.
    usable.sort(key=lambda row: (row.value_format["type"] != "electric_usage", row.interval_seconds, row.series))
    columns = _latest(session, usable[:1], segments=2, now=now)
    for place, column in enumerate(columns):
        name, readings = column.parts[0]
        unit = _UNITS.get(str(column.value_format.get("units", "")), str(column.value_format.get("units", "")))
        found = _known(column)
        if name and found:
            # A month that has just begun has no whole day yet.
            before = [other for other in columns[place + 1 :] if other.value_format == column.value_format]
            earlier = [each for other in before for each in _known(other)]
            last_day = _last_whole_day(earlier + found, zone, readings.interval)
            start, value = max(last_day, key=lambda each: each[1])
            end = start + timedelta(seconds=readings.interval)
            told = _USED if readings.interval < 86_400 else _USED_THAT_DAY
            says["cds_usage"] = gettext(
                told,
                where=names.get(usable[0].contract_id or "") or gettext("At your place"),
                day=day(start, zone),
                start=clock_time(start, zone),
                end=clock_time(end, zone),
                amount=f"{number(value, _DIGITS)} {unit}",
            )
            return _plot(last_day, zone, unit) if readings.interval <= 3_600 else None
    return None


def _mix(
    session: Session, series: Iterable[UsageSeriesRow], says: dict[str, str], *, now: datetime, zone: ZoneInfo
) -> None:
    shares = [row for row in series if row.value_format.get("type") == "electric_supply_mix"]
    own = [row for row in shares if row.value_format.get("attribution") == "individual"] or shares
    same = [row for row in own if row.segment_key == own[0].segment_key and row.value_key == own[0].value_key]
    told: list[tuple[Decimal, str]] = []
    when: datetime | None = None
    for column in _latest(session, same, segments=1, now=now):
        if found := _known(column):
            when = found[-1][0]
            told.append((found[-1][1], source_words(str(column.value_format.get("supply_type", "")))))
    if when is not None and all(source for _, source in told):
        told.sort(reverse=True)
        parts = [f"{percent(share)} {source}" for share, source in told[:6]]
        says["mix"] = gettext("On %(day)s: %(shares)s.", day=day(when, zone), shares=", ".join(parts))


def _handed_in_mix(session: Session, customer_id: str, says: dict[str, str], *, now: datetime, zone: ZoneInfo) -> None:
    told = latest_mixes(session, customer_id, now=now)
    for each in [mix for mix in told if mix.attribution == OWN][:1] or told[:1]:
        when = gettext("%(first)s to %(last)s", first=day(each.first, zone), last=day(each.last, zone))
        says["mix"] = f"{when}: {', '.join(source.says for source in each.sources[:6])}."


def _latest(session: Session, series: list[UsageSeriesRow], *, segments: int, now: datetime) -> list[Column]:
    """The columns of so many segments of these series, those of the newest first."""
    if not series:
        return []
    periods = segment_periods(session, series, start=now - _RECENT, end=now)
    newest_first = sorted(periods, key=lambda each: each.segment_start, reverse=True)
    return [column for _, columns in read_columns(session, newest_first[:segments]) for column in columns]


def _known(column: Column) -> list[tuple[datetime, Decimal]]:
    """When each reading that is no gap begins, and what it says."""
    _, readings = column.parts[0]
    step = timedelta(seconds=readings.interval)
    return [(readings.start + n * step, value) for n, value in enumerate(readings.decimals()) if value is not None]


def _last_whole_day(
    found: list[tuple[datetime, Decimal]], zone: ZoneInfo, interval: int
) -> list[tuple[datetime, Decimal]]:
    by_day: dict[object, list[tuple[datetime, Decimal]]] = {}
    for start, value in found:
        by_day.setdefault(start.astimezone(zone).date(), []).append((start, value))
    whole = [each for each in by_day.values() if len(each) * interval >= 82_800]
    return (whole or list(by_day.values()))[-1]


def _plot(readings: list[tuple[datetime, Decimal]], zone: ZoneInfo, unit: str) -> Plot:
    hours: dict[int, Decimal] = {}
    for start, value in readings:
        hour = start.astimezone(zone).hour
        hours[hour] = hours.get(hour, Decimal(0)) + value
    top = max(hours.values()) or Decimal(1)
    busiest = max(hours, key=lambda hour: hours[hour])
    amount = f"{number(top, _DIGITS)} {unit}"
    return Plot(
        tuple(max(0.0, float(hours.get(hour, Decimal(0)) / top)) for hour in range(24)),
        amount,
        gettext(
            "Use in each hour of that day: highest from %(start)s to %(end)s, %(amount)s",
            start=f"{busiest}:00",
            end=f"{busiest + 1}:00",
            amount=amount,
        ),
    )
