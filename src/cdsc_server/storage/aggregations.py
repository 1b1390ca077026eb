"""
Aggregations: groups of Customers' Service Points, their members over time, who may know of them (CDS-WG3-01 10.7).

Members are never removed: `until` says when one left, so that a month can go on being told with whom it was told first.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    String,
    and_,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from cdsc_server.domain.customer_graph import Kind
from cdsc_server.domain.direct_access import MATCHED, Filter
from cdsc_server.storage.among import among
from cdsc_server.storage.clients import ClientRow
from cdsc_server.storage.customers import OfCustomer, customer_key_of
from cdsc_server.storage.db import DataBase
from cdsc_server.storage.direct_listing import id_of, table_of
from cdsc_server.storage.direct_rules import has_any_of
from cdsc_server.storage.listing import Place, beyond
from cdsc_server.storage.service_points import ServicePointRow
from cdsc_server.storage.types import ExactJSON, UtcDateTime

#: Rows written by one statement.
_TOGETHER: Final = 1000


class AggregationRow(DataBase):
    """A group, or a part of one that is too large to be listed in one piece."""

    __tablename__ = "aggregations"
    __table_args__ = (Index(None, "parent_id", "part"), Index(None, "modified", "aggregation_id"))

    aggregation_id: Mapped[str] = mapped_column(String, primary_key=True)
    #: Of a part, the whole. A part is listed beside it and has no data of its own.
    parent_id: Mapped[str | None] = mapped_column(ForeignKey("aggregations.aggregation_id"), default=None)
    part: Mapped[int] = mapped_column(Integer, default=0)
    #: By which Clients ask for it; None for a part.
    aggregation_number: Mapped[str | None] = mapped_column(String, unique=True, default=None)
    name: Mapped[str] = mapped_column(String)
    types: Mapped[list[str]] = mapped_column(ExactJSON)
    #: Only Clients for whom it was opened may know of it.
    confidential: Mapped[bool] = mapped_column(Boolean)
    #: A group of fictional Customers: the only kind a sandbox Client Object may meet (CDS-WG1-02 5.1).
    is_test: Mapped[bool] = mapped_column(Boolean)
    #: What belongs to it: values by Aggregation Type.
    lists: Mapped[dict[str, list[str]]] = mapped_column(ExactJSON)
    #: The members of the Aggregation that its types add, as Clients read them.
    published: Mapped[dict[str, list[str]]] = mapped_column(ExactJSON)
    addresses: Mapped[list[str]] = mapped_column(ExactJSON)
    #: Aggregation Regions as defined; a geographic one holds its GeoJSON.
    regions: Mapped[list[dict[str, Any]]] = mapped_column(ExactJSON)
    #: How many Customers have members in it now.
    customers: Mapped[int] = mapped_column(Integer, default=0)
    created: Mapped[datetime] = mapped_column(UtcDateTime)
    modified: Mapped[datetime] = mapped_column(UtcDateTime)
    #: When the members were last looked for.
    synced: Mapped[datetime] = mapped_column(UtcDateTime)


class AggregationMemberRow(OfCustomer, DataBase):
    """That an object of a Customer belongs to a group, in [since, until)."""

    __tablename__ = "aggregation_members"
    __table_args__ = (Index(None, "aggregation_id", "kind", "object_id"),)

    aggregation_id: Mapped[str] = mapped_column(ForeignKey("aggregations.aggregation_id"), primary_key=True)
    #: A `customer_graph.Kind`.
    kind: Mapped[str] = mapped_column(String, primary_key=True)
    object_id: Mapped[str] = mapped_column(String, primary_key=True)
    since: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    until: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)


class AggregationReaderRow(DataBase):
    """That the Clients of a registration may know of a group, and perhaps of what it is made of."""

    __tablename__ = "aggregation_readers"

    aggregation_id: Mapped[str] = mapped_column(ForeignKey("aggregations.aggregation_id"), primary_key=True)
    registration_id: Mapped[str] = mapped_column(ForeignKey("registrations.registration_id"), primary_key=True)
    created: Mapped[datetime] = mapped_column(UtcDateTime)
    #: Whether they may read its members, with what their Grants open of these (CDS-WG3-01 4.11, 7.2.2 to 7.2.4).
    members: Mapped[bool] = mapped_column(Boolean, default=False)


class AggregationAnswerRow(DataBase):
    """That a month of a group was told, and with which members: what is told later must not give them away."""

    __tablename__ = "aggregation_answers"
    __table_args__ = (Index(None, "period_start"),)

    aggregation_id: Mapped[str] = mapped_column(ForeignKey("aggregations.aggregation_id"), primary_key=True)
    #: First second of the month.
    period_start: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    #: To whom, where Customers consented to that; empty for everybody who may know of the group.
    registration_id: Mapped[str] = mapped_column(String, primary_key=True)
    #: The members are those of this instant, now and for ever.
    members_at: Mapped[datetime] = mapped_column(UtcDateTime)


def find_aggregation(session: Session, number: str, *, lock: bool = False) -> AggregationRow | None:
    """The group of this number."""
    statement = select(AggregationRow).where(AggregationRow.aggregation_number == number)
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    return session.scalars(statement).one_or_none()


def all_aggregations(session: Session) -> Sequence[AggregationRow]:
    """Every group, by number, without parts."""
    whole = select(AggregationRow).where(AggregationRow.parent_id.is_(None))
    return session.scalars(whole.order_by(AggregationRow.aggregation_number)).all()


def parts_of(session: Session, aggregation_id: str) -> Sequence[AggregationRow]:
    """The parts of a group in order, also those that are empty now."""
    parts = select(AggregationRow).where(AggregationRow.parent_id == aggregation_id)
    return session.scalars(parts.order_by(AggregationRow.part)).all()


def parts_in_use(session: Session, aggregation_ids: Collection[str]) -> dict[str, list[str]]:
    """The ids of the parts of each of these groups that have members, in order; groups in one piece are not there."""
    found: dict[str, list[str]] = {}
    row = AggregationMemberRow
    filled = exists().where(row.aggregation_id == AggregationRow.aggregation_id, row.until.is_(None))
    statement = (
        select(AggregationRow.parent_id, AggregationRow.aggregation_id)
        .where(among(AggregationRow.parent_id, aggregation_ids), filled)
        .order_by(AggregationRow.parent_id, AggregationRow.part)
    )
    for parent_id, part_id in session.execute(statement) if aggregation_ids else ():
        found.setdefault(str(parent_id), []).append(part_id)
    return found


@dataclass(frozen=True)
class Known:
    """
    Whose eyes look at groups.

    Args:
        is_test: of a sandbox Client Object, which meets fictional Customers only.
    """

    registration_id: str
    is_test: bool

    def holds(self) -> ColumnElement[bool]:
        """Whether they may know of a group: it is open to all, or was opened for them; of a part, the whole counts."""
        return and_(
            AggregationRow.is_test.is_(self.is_test), or_(AggregationRow.confidential.is_(False), self._opened())
        )

    def holds_members(self) -> ColumnElement[bool]:
        """Whether they may know what a group is made of: an operator opened that for them."""
        return and_(AggregationRow.is_test.is_(self.is_test), self._opened(AggregationReaderRow.members.is_(True)))

    def _opened(self, *further: ColumnElement[bool]) -> ColumnElement[bool]:
        return exists().where(
            AggregationReaderRow.aggregation_id
            == func.coalesce(AggregationRow.parent_id, AggregationRow.aggregation_id),
            AggregationReaderRow.registration_id == self.registration_id,
            *further,
        )


def newest_known(
    session: Session, known: Known, *, place: Place | None, backward: bool, limit: int
) -> Sequence[AggregationRow]:
    """
    Groups and their parts that are in use, the last modified first.

    Args:
        place: they begin right after it, or when read backward right before it and in the opposite order.
    """
    row = AggregationRow
    order = (row.modified.asc(), row.aggregation_id.desc()) if backward else (row.modified.desc(), row.aggregation_id)
    member = AggregationMemberRow
    filled = exists().where(member.aggregation_id == row.aggregation_id, member.until.is_(None))
    rows = select(row).where(known.holds(), or_(row.parent_id.is_(None), filled)).order_by(*order)
    if place is not None:
        rows = rows.where(beyond(row, row.aggregation_id, place, backward=backward))
    return session.scalars(rows.limit(limit)).all()


def find_known(session: Session, aggregation_id: str, known: Known) -> AggregationRow | None:
    """The group, when they may know of it."""
    return session.scalars(
        select(AggregationRow).where(AggregationRow.aggregation_id == aggregation_id, known.holds())
    ).one_or_none()


def known_groups(
    session: Session, *, numbers: Collection[str], ids: Collection[str] = (), known: Known
) -> Sequence[AggregationRow]:
    """The whole groups of these numbers or with these ids that they may know of, by number."""
    row = AggregationRow
    named = or_(among(row.aggregation_number, numbers), among(row.aggregation_id, ids))
    rows = select(row).where(row.parent_id.is_(None), named, known.holds()).order_by(row.aggregation_number)
    return session.scalars(rows).all()


def with_open_members(session: Session, known: Known, rows: Sequence[AggregationRow]) -> frozenset[str]:
    """The ids of those among these groups and parts of which they may know what they are made of."""
    ids = [row.aggregation_id for row in rows]
    found = select(AggregationRow.aggregation_id).where(among(AggregationRow.aggregation_id, ids))
    return frozenset(session.scalars(found.where(known.holds_members()))) if ids else frozenset()


def open_for(
    session: Session, aggregation_id: str, registration_id: str, *, members: bool = False, at: datetime
) -> bool:
    """
    Let the Clients of a registration know of a group.

    Args:
        members: whether they may also read what it is made of.

    Returns:
        False when they were let just that already.
    """
    row = session.get(AggregationReaderRow, (aggregation_id, registration_id))
    if row is not None and row.members is members:
        return False
    if row is None:
        row = AggregationReaderRow(aggregation_id=aggregation_id, registration_id=registration_id, created=at)
        session.add(row)
    row.members = members
    session.flush()
    return True


def readers_of(session: Session, aggregation_id: str) -> Sequence[AggregationReaderRow]:
    """The registrations that a group was opened for, the first first."""
    row = AggregationReaderRow
    rows = select(row).where(row.aggregation_id == aggregation_id).order_by(row.created, row.registration_id)
    return session.scalars(rows).all()


def members_open_to(
    session: Session, customer_id: str, *, at: datetime
) -> Sequence[tuple[AggregationReaderRow, str, ClientRow]]:
    """Who may know that objects of a Customer belong to a group: since when, its name, and each Client Object."""
    reader, group, member = AggregationReaderRow, AggregationRow, AggregationMemberRow
    belongs = exists().where(
        member.aggregation_id == group.aggregation_id, member.customer_key == customer_key_of(customer_id), *_at(at)
    )
    found = session.execute(
        select(reader, group.name, ClientRow)
        .join(group, group.aggregation_id == reader.aggregation_id)
        .join(ClientRow, ClientRow.registration_id == reader.registration_id)
        .where(reader.members, belongs)
        .order_by(group.name, ClientRow.client_id)
    )
    return [(row, name, client) for row, name, client in found]


def close_for(session: Session, aggregation_id: str, registration_id: str) -> bool:
    """Let them know of it no more; False when they did not."""
    row = session.get(AggregationReaderRow, (aggregation_id, registration_id))
    if row is not None:
        session.delete(row)
        session.flush()
    return row is not None


def member_ids(
    session: Session, aggregation_ids: Collection[str], *, kinds: Collection[Kind], at: datetime
) -> dict[tuple[str, Kind], list[str]]:
    """The ids of the members of each group by kind, in order, as of an instant."""
    found: dict[tuple[str, Kind], list[str]] = {}
    row = AggregationMemberRow
    statement = (
        select(row.aggregation_id, row.kind, row.object_id)
        .where(among(row.aggregation_id, aggregation_ids), row.kind.in_([str(kind) for kind in kinds]), *_at(at))
        .order_by(row.aggregation_id, row.kind, row.object_id)
    )
    for aggregation_id, kind, object_id in session.execute(statement) if aggregation_ids and kinds else ():
        found.setdefault((aggregation_id, Kind(kind)), []).append(object_id)
    return found


def customers_of(session: Session, aggregation_id: str, *, at: datetime) -> frozenset[str]:
    """The Customers who have members in a group as of an instant."""
    row = AggregationMemberRow
    members = select(row.customer_id).where(row.aggregation_id == aggregation_id, *_at(at)).distinct()
    return frozenset(session.scalars(members))


def members_of_customer(
    session: Session, customer_id: str, *, at: datetime
) -> Sequence[tuple[AggregationRow, Kind, str]]:
    """The whole groups that objects of a Customer belong to, each with kind and id, by number of the group."""
    row = AggregationMemberRow
    statement = (
        select(AggregationRow, row.kind, row.object_id)
        .join(AggregationRow, AggregationRow.aggregation_id == row.aggregation_id)
        .where(row.customer_key == customer_key_of(customer_id), AggregationRow.parent_id.is_(None), *_at(at))
        .order_by(AggregationRow.aggregation_number, row.kind, row.object_id)
    )
    return [(group, Kind(kind), object_id) for group, kind, object_id in session.execute(statement)]


def in_groups(
    kind: Kind, member: Any, known: Known, *, numbers: Collection[str] | None, at: datetime
) -> ColumnElement[bool]:
    """
    Whether an object belongs to a group of which they may know the members.

    Args:
        member: the table of its kind, or an alias of that.
        numbers: of the groups; None for any.
    """
    row = aliased(AggregationMemberRow)
    named = [] if numbers is None else [among(AggregationRow.aggregation_number, numbers)]
    return exists().where(
        row.customer_key == member.customer_key,
        row.object_id == getattr(member, id_of(kind)),
        row.kind == str(kind),
        row.since <= at,
        or_(row.until.is_(None), row.until > at),
        AggregationRow.aggregation_id == row.aggregation_id,
        AggregationRow.parent_id.is_(None),
        known.holds_members(),
        *named,
    )


def members_matching(session: Session, only: Filter, *, at: datetime) -> dict[Kind, frozenset[str]]:
    """The ids of the members of any group that match a filter, of each kind that it names; a statement for each."""
    row, found = AggregationMemberRow, {}
    for kind in {MATCHED[name][0] for name in only}:
        table, row_id = table_of(kind)
        matching = (
            has_any_of(table, path, only[name]) for name, (of, path) in MATCHED.items() if of is kind and name in only
        )
        members = select(row.object_id).join(
            table, and_(table.customer_key == row.customer_key, row_id == row.object_id)
        )
        found[kind] = frozenset(session.scalars(members.where(row.kind == str(kind), *matching, *_at(at))))
    return found


def premises_in(session: Session, customer_id: str, aggregation_ids: Collection[str], *, at: datetime) -> list[str]:
    """The numbers of the premises of a Customer's Service Points in these groups, sorted."""
    row, point = AggregationMemberRow, ServicePointRow
    key = customer_key_of(customer_id)
    statement = (
        select(point.premises)
        .join(row, (row.customer_key == point.customer_key) & (row.object_id == point.service_point_id))
        .where(
            row.customer_key == key,
            row.kind == str(Kind.SERVICE_POINT),
            among(row.aggregation_id, aggregation_ids),
            *_at(at),
        )
    )
    return sorted({each["premise_number"] for premises in session.scalars(statement) for each in premises})


def set_members(
    session: Session, aggregation_id: str, wanted: Iterable[tuple[str, Kind, str]], *, at: datetime
) -> bool:
    """
    Let exactly these be the members from an instant on.

    Args:
        wanted: Customer, kind and id.

    Returns:
        Whether anything changed.
    """
    row = AggregationMemberRow
    present = select(row.customer_id, row.kind, row.object_id).where(row.aggregation_id == aggregation_id, *_at(at))
    before = {(customer_id, Kind(kind), object_id) for customer_id, kind, object_id in session.execute(present)}
    after = set(wanted)
    for customer_id, kind, object_id in sorted(before - after):
        session.execute(
            update(row)
            .where(
                row.customer_key == customer_key_of(customer_id),
                row.aggregation_id == aggregation_id,
                row.kind == str(kind),
                row.object_id == object_id,
                row.until.is_(None),
            )
            .values(until=at),
            execution_options={"synchronize_session": False},
        )
    new = sorted(after - before)
    for first in range(0, len(new), _TOGETHER):
        session.add_all(
            row(customer_id=customer_id, aggregation_id=aggregation_id, kind=str(kind), object_id=object_id, since=at)
            for customer_id, kind, object_id in new[first : first + _TOGETHER]
        )
        session.flush()
    return before != after


def _at(instant: datetime) -> tuple[ColumnElement[bool], ...]:
    row = AggregationMemberRow
    return row.since <= instant, or_(row.until.is_(None), row.until > instant)


def answers_about(
    session: Session, periods: Collection[int], *, registration_id: str
) -> Sequence[AggregationAnswerRow]:
    """
    What was told of these months: to everybody, and to a registration by consent.

    Args:
        periods: first seconds of months.
    """
    row = AggregationAnswerRow
    rows = select(row).where(row.period_start.in_(sorted(periods)), row.registration_id.in_(("", registration_id)))
    return session.scalars(rows.order_by(row.period_start, row.aggregation_id, row.registration_id)).all()


def lock_answers(session: Session) -> None:
    """Wait until nobody else writes down what is told; held until the transaction ends."""
    first = select(func.min(AggregationRow.aggregation_id)).scalar_subquery()
    session.execute(
        select(AggregationRow.aggregation_id).where(AggregationRow.aggregation_id == first).with_for_update()
    )
