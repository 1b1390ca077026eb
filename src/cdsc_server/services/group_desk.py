"""Groups as operators see them: what they are, who is in them, what is told, and who asked (CDS-WG3-01 10.7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from cdsc_server.domain.aggregation_privacy import ConsentNeed
from cdsc_server.domain.catalogue import CLIENT_ADMIN, Catalogue
from cdsc_server.domain.grants import GrantStatus
from cdsc_server.domain.group_scopes import NUMBERS
from cdsc_server.domain.intervals import month_around
from cdsc_server.domain.readings import Readings
from cdsc_server.errors import NotFound
from cdsc_server.ports import Clock
from cdsc_server.services.grants import status_of
from cdsc_server.storage import aggregations, clients, customers, grants, group_desk
from cdsc_server.storage.aggregations import AggregationReaderRow, AggregationRow
from cdsc_server.storage.customers import CustomerRow
from cdsc_server.storage.db import reading
from cdsc_server.storage.grants import GrantRow
from cdsc_server.storage.keyset import Cursor, Page
from cdsc_server.storage.service_points import ServicePointRow
from cdsc_server.storage.usage_sums import SumKey, newest_of, read_sums, series_of_group, sum_periods

#: Grants that ask for a group, on its page.
_MOST_ASKING: Final = 50


@dataclass(frozen=True)
class Groups:
    """A page of groups, and how many there are in all."""

    page: Page[AggregationRow]
    total: int


@dataclass(frozen=True)
class Reader:
    """A registration that a group was opened for, and how its Client is called."""

    row: AggregationReaderRow
    name: str


@dataclass(frozen=True)
class Group:
    """
    A group with what is settled about it.

    Args:
        parts: into how many it was cut for the listing; 0 for none.
        need: whether its Customers must consent, as far as its size tells.
    """

    row: AggregationRow
    parts: int
    need: ConsentNeed
    readers: Sequence[Reader]


@dataclass(frozen=True)
class Members:
    """A page of the Service Points of a group, with the Customers they are of by id, and how many there are in all."""

    page: Page[ServicePointRow]
    customers: dict[str, CustomerRow]
    total: int


@dataclass(frozen=True)
class Part:
    """The sub-Grant of a Customer, with its status as it is now."""

    row: GrantRow
    status: GrantStatus
    customer: CustomerRow | None


@dataclass(frozen=True)
class Asking:
    """A Grant for the sums of a group, with its sub-Grants."""

    row: GrantRow
    status: GrantStatus
    client_name: str
    parts: Sequence[Part]

    @property
    def agreed(self) -> int:
        """How many Customers have agreed."""
        return sum(part.status is GrantStatus.ACTIVE for part in self.parts)


@dataclass(frozen=True)
class ToldDay:
    """A local day of a sum: what is told of it, and how many of its intervals are kept back."""

    day: date
    total: Decimal
    kept_back: int


@dataclass(frozen=True)
class ToldSum:
    """
    One sum of one month, as Clients without consents are told it.

    Args:
        interval: seconds between the values.
        intervals: how many there are; `told` of so many.
    """

    key: SumKey
    interval: int
    intervals: int
    told: int
    days: Sequence[ToldDay]

    @property
    def bars(self) -> Sequence[float]:
        """Each day as a share of the largest."""
        largest = max((abs(each.total) for each in self.days), default=Decimal(0))
        return [float(abs(each.total) / largest) if largest else 0.0 for each in self.days]


@dataclass(frozen=True)
class ToldMonth:
    """A local month with its sums."""

    start: datetime
    sums: Sequence[ToldSum]


def groups(*, sought: str, cursor: Cursor | None, size: int) -> Groups:
    """A page of groups, the last changed first; `sought` as in storage.group_desk.list_groups."""
    with reading() as session:
        return Groups(*group_desk.list_groups(session, sought=sought, cursor=cursor, size=size))


def group(aggregation_id: str, *, catalogue: Catalogue) -> Group:
    """
    A group with what is settled about it.

    Raises:
        NotFound: there is no such group; parts of one are none.
    """
    with reading() as session:
        row = _found(session, aggregation_id)
        opened = aggregations.readers_of(session, aggregation_id)
        names = clients.admin_names(session, {each.registration_id for each in opened}, CLIENT_ADMIN)
        parts = len(aggregations.parts_in_use(session, [aggregation_id]).get(aggregation_id, ()))
        return Group(
            row,
            parts,
            catalogue.sum_rule.need(row.customers),
            [Reader(each, names.get(each.registration_id, "")) for each in opened],
        )


def members(aggregation_id: str, *, sought: str, cursor: Cursor | None, size: int, clock: Clock) -> Members:
    """
    A page of the Service Points of a group; `sought` as in storage.group_desk.list_members.

    Raises:
        NotFound: there is no such group.
    """
    with reading() as session:
        _found(session, aggregation_id)
        page, total = group_desk.list_members(
            session, aggregation_id, sought=sought, at=clock.now(), cursor=cursor, size=size
        )
        return Members(page, _customers(session, [row.customer_id for row in page.rows]), total)


def asking(aggregation_id: str, *, clock: Clock) -> list[Asking]:
    """
    The Grants that name a group, the last changed first, each with its sub-Grants; five statements, however many.

    Raises:
        NotFound: there is no such group.
    """
    now = clock.now()
    with reading() as session:
        number = _found(session, aggregation_id).aggregation_number
        rows = group_desk.grants_naming(session, str(number), limit=_MOST_ASKING)
        rows = [row for row in rows if any(number in (each.get(NUMBERS) or ()) for each in row.authorization_details)]
        parts = grants.parts_by_parent(session, [row.grant_id for row in rows])
        people = _customers(session, [str(each.customer_id) for every in parts.values() for each in every])
        own = clients.clients_by_id(session, {row.client_id for row in rows})

    def part(row: GrantRow) -> Part:
        return Part(row, status_of(row, now=now), people.get(str(row.customer_id)))

    return [
        Asking(
            row, status_of(row, now=now), own[row.client_id].client_name, [part(each) for each in parts[row.grant_id]]
        )
        for row in rows
    ]


def told_month(aggregation_id: str, around: datetime, *, catalogue: Catalogue, clock: Clock) -> ToldMonth:
    """
    What Clients without consents may be told of a month of a group as it stands now.

    Args:
        around: any instant of the month, which begins and ends by the time of the utility.

    Raises:
        NotFound: there is no such group.
    """
    zone = catalogue.utility.timezone
    first, last = (datetime.fromtimestamp(each, UTC) for each in month_around(int(around.timestamp()), str(zone)))
    with reading() as session:
        _found(session, aggregation_id)
        series = series_of_group(session, aggregation_id, at=clock.now())
        periods = sum_periods(session, series, start=first, end=last)
        newest, sums = newest_of(periods), []
        for period in periods:
            keys = period.sums()
            columns = read_sums(session, period, keys, newest=newest, tells=catalogue.sum_rule.tells)
            sums += [_told(key, column.parts[0][1], zone) for key, column in zip(keys, columns, strict=True)]
    return ToldMonth(first.astimezone(zone), sums)


def _told(key: SumKey, readings: Readings, zone: ZoneInfo) -> ToldSum:
    values, days = readings.decimals(), []
    instants = (readings.start + timedelta(seconds=n * readings.interval) for n in range(len(values)))
    dated = zip((each.astimezone(zone).date() for each in instants), values, strict=True)
    for day, of_day in groupby(dated, key=itemgetter(0)):
        some = [value for _, value in of_day]
        there = [value for value in some if value is not None]
        days.append(ToldDay(day, sum(there, Decimal(0)), len(some) - len(there)))
    told = sum(value is not None for value in values)
    return ToldSum(key, readings.interval, len(values), told, days)


def _found(session: Session, aggregation_id: str) -> AggregationRow:
    row = session.get(AggregationRow, aggregation_id)
    if row is None or row.parent_id is not None:
        raise NotFound("no group has this id")
    return row


def _customers(session: Session, customer_ids: Sequence[str]) -> dict[str, CustomerRow]:
    return {row.customer_id: row for row in customers.find_customers(session, customer_ids)}
