"""
Usage of groups as far as a Grant opens it: sums by month, each told with the members it was told with first.

Three things keep what is told from speaking of few (CDS-WG3-01 12.3; domain/aggregation_privacy.py):

- In each interval enough Customers have a part, and none too large a share. What fails is a gap.
- A month is told of the same members for ever, whoever moves in or out; it is written down before it is sent.
- Months of groups that overlap are told only if whoever stands in one and not in another is nobody or enough.

Customers who consented to a Grant, each by a sub-Grant of it, are told of without these.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy.orm import Session

from cdsc_server.domain.access_tokens import AccessToken
from cdsc_server.domain.aggregation_privacy import SumRule, differ_safely
from cdsc_server.domain.catalogue import Catalogue
from cdsc_server.domain.grants import SUFFICIENT, Bounds, Selection, bounds_of, opened, value_formats
from cdsc_server.domain.group_scopes import numbers_asked
from cdsc_server.domain.readings import GAP
from cdsc_server.domain.usage import Column, trimmed_segment_id
from cdsc_server.domain.usage_disclosure import matches
from cdsc_server.services.aggregation_data import INCLUDE
from cdsc_server.services.grants import status_of
from cdsc_server.services.known_groups import known_to
from cdsc_server.storage import aggregations, grants
from cdsc_server.storage.aggregations import AggregationAnswerRow, AggregationRow
from cdsc_server.storage.db import reading, transaction
from cdsc_server.storage.usage_sums import (
    GroupSeries,
    SumKey,
    SumPeriod,
    columns_of,
    newest_of,
    read_sums,
    series_of_group,
    sum_periods,
)

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_EVERYBODY: Final = ""


@dataclass(frozen=True)
class SeenSums:
    """
    A Usage Segment of a group without its values.

    Args:
        segment_id: its own where a bound of the Grant lies in it.
        keys: the sums that are told.
        newest: last second of any reading of the group.
        rule: judges each interval; None tells all.
        shown: whether the id of the group may be told.
    """

    row: AggregationRow
    segment_id: str
    period: SumPeriod
    keys: Sequence[SumKey]
    newest: int
    rule: SumRule | None
    as_of: datetime | None
    shown: bool


@dataclass(frozen=True)
class _Asked:
    """One entry of a Grant that names groups: those of these numbers, or with these ids."""

    numbers: frozenset[str]
    ids: frozenset[str]
    bounds: Bounds
    formats: tuple[Mapping[str, Any], ...] | None
    shown: bool

    def opens(self, key: SumKey) -> bool:
        """Whether values of this kind are open; all are where the scope has no choice of them."""
        told = key.told()
        return self.formats is None or any(matches(told, wanted) for wanted in self.formats)

    def names(self, row: AggregationRow) -> bool:
        return row.aggregation_number in self.numbers or row.aggregation_id in self.ids


class _Limits(NamedTuple):
    """The time of which usage is asked for, as `sum_periods` takes it."""

    start: datetime | None
    end: datetime | None
    as_of: datetime | None


@dataclass
class _Told:
    """What is known of the members of groups at the instants they were told with."""

    session: Session
    _customers: dict[tuple[str, datetime], frozenset[str]] = field(default_factory=dict)
    _series: dict[tuple[str, datetime], list[GroupSeries]] = field(default_factory=dict)
    _periods: dict[tuple[str, datetime, _Limits], list[SumPeriod]] = field(default_factory=dict)

    def customers(self, aggregation_id: str, at: datetime) -> frozenset[str]:
        if (aggregation_id, at) not in self._customers:
            found = aggregations.customers_of(self.session, aggregation_id, at=at)
            self._customers[aggregation_id, at] = found
        return self._customers[aggregation_id, at]

    def series(self, aggregation_id: str, at: datetime) -> list[GroupSeries]:
        if (aggregation_id, at) not in self._series:
            self._series[aggregation_id, at] = series_of_group(self.session, aggregation_id, at=at)
        return self._series[aggregation_id, at]

    def periods(self, aggregation_id: str, at: datetime, limits: _Limits) -> list[SumPeriod]:
        """Looked for once, however many of its months were told first at that instant."""
        key = aggregation_id, at, limits
        if key not in self._periods:
            self._periods[key] = sum_periods(self.session, self.series(aggregation_id, at), **limits._asdict())
        return self._periods[key]


def names_groups(token: AccessToken, catalogue: Catalogue, *, scope_id: str | None = None) -> bool:
    """Whether the Grant of a token opens usage of groups."""
    return bool(_asked(token, catalogue, scope_id=scope_id))


def seen_sums(
    token: AccessToken, *, catalogue: Catalogue, now: datetime, scope_id: str | None = None
) -> list[SeenSums]:
    """
    Every Usage Segment of the groups that the Grant of a token opens, told from now on if it was not before.

    Args:
        scope_id: only what entries of this scope open.
    """
    asked = _asked(token, catalogue, scope_id=scope_id)
    if not asked:
        return []
    with reading() as session:
        found, new = _find(session, token, asked, catalogue=catalogue, now=now)
    if new:
        with transaction() as session:
            # One after the other, so that of two overlapping groups told first at once the second knows of the first.
            aggregations.lock_answers(session)
            found, new = _find(session, token, asked, catalogue=catalogue, now=now)
            session.add_all(new)
    return found


def sum_columns(session: Session, sums: SeenSums) -> list[Column]:
    """The values of a segment, with gaps where the rule keeps them back."""
    tells = None if sums.rule is None else sums.rule.tells
    return read_sums(session, sums.period, sums.keys, newest=sums.newest, tells=tells, as_of=sums.as_of)


def can_be_told(session: Session, row: AggregationRow, *, catalogue: Catalogue, bounds: Bounds, now: datetime) -> bool:
    """Whether the rule lets the sums of a group be told in that time as it stands, were nothing else told."""
    rule = catalogue.sum_rule
    if not rule.apart(row.customers) or row.customers == 0:
        return False
    series = series_of_group(session, row.aggregation_id, at=now)
    periods = sum_periods(session, series, start=bounds.start, end=bounds.end)
    newest = newest_of(periods)
    for period in reversed(periods):
        columns = read_sums(session, period, period.sums(), newest=newest, tells=rule.tells)
        if any(set(column.parts[0][1].marks) != {GAP} for column in columns):
            return True
    return not periods


def _asked(token: AccessToken, catalogue: Catalogue, *, scope_id: str | None) -> list[_Asked]:
    grant = token.grant
    found = []
    for place, details in enumerate(() if grant is None else grant.enabled_authorization_details):
        scope = catalogue.scope(details["type"])
        if scope is None or scope_id not in (None, scope.id):
            continue
        opens = opened(scope, details)
        numbers, ids = frozenset(numbers_asked(scope.type.id, details)), frozenset[str]()
        if scope.type.consent and grant is not None and place < len(grant.selections):
            selection = Selection.from_stored(grant.selections[place])
            ids = selection.ids if selection.kind == "aggregation_selection" else ids
        if "include_usage_segments" in opens and (numbers or ids):
            chosen = value_formats(scope, details) if "include_usage_segment_value_types" in scope.fields else None
            found.append(_Asked(numbers, ids, bounds_of(details), chosen, shown=INCLUDE in opens))
    return found


def _find(
    session: Session, token: AccessToken, asked: Sequence[_Asked], *, catalogue: Catalogue, now: datetime
) -> tuple[list[SeenSums], list[AggregationAnswerRow]]:
    """The segments, and which of them are told for the first time."""
    rows = aggregations.known_groups(
        session,
        numbers=frozenset[str]().union(*(each.numbers for each in asked)),
        ids=frozenset[str]().union(*(each.ids for each in asked)) & _own_groups(session, token, now=now),
        known=known_to(session, token),
    )
    free = _consented(session, token, now=now)
    told = _Told(session)
    found: list[SeenSums] = []
    new: dict[tuple[str, int, str], AggregationAnswerRow] = {}
    for each in asked:
        for row in (row for row in rows if each.names(row)):
            found += _of_group(told, token, each, row, free=free, new=new, catalogue=catalogue, now=now)
    return found, list(new.values())


def _of_group(
    told: _Told,
    token: AccessToken,
    asked: _Asked,
    row: AggregationRow,
    *,
    free: frozenset[str],
    new: dict[tuple[str, int, str], AggregationAnswerRow],
    catalogue: Catalogue,
    now: datetime,
) -> Iterator[SeenSums]:
    bounds = asked.bounds
    as_of = None if bounds.as_of is None or bounds.as_of >= now else bounds.as_of
    limits = _Limits(bounds.start, bounds.end, as_of)
    periods = told.periods(row.aggregation_id, now, limits)
    months = {period.period[0] for period in periods}
    answers = [
        *aggregations.answers_about(told.session, months, registration_id=token.registration_id),
        *new.values(),
    ]
    newest = newest_of(periods)
    for month in sorted(months):
        here = [each for each in answers if each.period_start == month]
        before = next((each for each in here if each.aggregation_id == row.aggregation_id), None)
        at = now if before is None else before.members_at
        members = told.customers(row.aggregation_id, at)
        others = {
            each.aggregation_id: told.customers(each.aggregation_id, each.members_at)
            for each in here
            if each.aggregation_id != row.aggregation_id
        }
        rule = catalogue.sum_rule
        # Who consented may be told apart; everybody else stands in cells that are large enough.
        if not differ_safely(rule, [members, *others.values()], consented=free):
            continue
        of_month = [period for period in told.periods(row.aggregation_id, at, limits) if period.period[0] == month]
        judged = None if members <= free else rule
        for period, alike in _alike(of_month, judged):
            keys = [key for key in alike if asked.opens(key)]
            if not keys:
                continue
            yield SeenSums(
                row, _segment_id(row, period, bounds), period, keys, newest, judged, as_of, shown=asked.shown
            )
        if before is None and of_month:
            reader = _EVERYBODY if judged is not None else token.registration_id
            answer = AggregationAnswerRow(
                aggregation_id=row.aggregation_id, period_start=month, registration_id=reader, members_at=now
            )
            new[row.aggregation_id, month, reader] = answer


def _alike(periods: Sequence[SumPeriod], rule: SumRule | None) -> Iterator[tuple[SumPeriod, list[SumKey]]]:
    """
    The sums of one month that may stand beside each other.

    Sums of one kind of use at different intervals or in different units are told of the same Customers, or of some who
    differ by enough: else an hour less its four quarters would speak of few.
    """
    kept: dict[SumPeriod, list[SumKey]] = {period: [] for period in periods}
    sets: list[frozenset[int]] = []
    every = [(period, key, customers) for period in periods for key, customers in columns_of(period)]
    for period, key, customers in sorted(every, key=lambda each: -len(each[2])):
        if rule is None or differ_safely(rule, [*sets, customers]):
            sets.append(customers)
            kept[period].append(key)
    for period, keys in kept.items():
        if keys:
            yield period, sorted(keys)


def _segment_id(row: AggregationRow, period: SumPeriod, bounds: Bounds) -> str:
    cuts = [_inside(bound, period.period) for bound in (bounds.start, bounds.end)]
    return trimmed_segment_id(period.segment_id(row.aggregation_id), *cuts)


def _inside(bound: datetime | None, month: tuple[int, int]) -> int | None:
    second = None if bound is None else (bound - _EPOCH) // timedelta(seconds=1)
    return second if second is not None and month[0] < second < month[1] else None


def _own_groups(session: Session, token: AccessToken, *, now: datetime) -> frozenset[str]:
    """The groups that something of the Grant's Customer belongs to now; only these can be shared."""
    customer_id = None if token.grant is None else token.grant.customer_id
    if customer_id is None:
        return frozenset()
    return frozenset(row.aggregation_id for row, _, _ in aggregations.members_of_customer(session, customer_id, at=now))


def _consented(session: Session, token: AccessToken, *, now: datetime) -> frozenset[str]:
    """The Customers whose sub-Grants of this Grant hold now."""
    parts: Iterable[Any] = () if token.grant is None else grants.parts_of(session, token.grant.grant_id)
    held = (each.customer_id for each in parts if status_of(each, now=now) in SUFFICIENT)
    return frozenset(customer_id for customer_id in held if customer_id is not None)
