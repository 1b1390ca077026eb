"""Bill Statements (CDS-WG3-01 10.5)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, cast

from sqlalchemy import BigInteger, ColumnElement, Date, Index, String, Table, and_, bindparam, func, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from cdsc_server.domain.bill_disclosure import Billing, Statement
from cdsc_server.storage.among import among, among_given
from cdsc_server.storage.customers import OfCustomer, customer_key_of
from cdsc_server.storage.db import DataBase
from cdsc_server.storage.prepared import Prepared
from cdsc_server.storage.types import ExactDecimal, ExactJSON, UtcDateTime
from cdsc_server.storage.validity import Held


@dataclass(frozen=True, slots=True)
class BillFile:
    """A bill as the Customer got it; the BlobStore has its bytes under `content_hash`."""

    content_hash: str
    size: int
    mimetype: str


class BillStatementRow(OfCustomer, Held, DataBase):
    """A Bill Statement: unpaid balance plus charges that count make exactly `amount_due` (10.5.1)."""

    __tablename__ = "bill_statements"
    __table_args__ = (
        Index(None, "customer_key", "account_id", "statement_date"),
        Index("ix_bill_statements_newest", "customer_key", "statement_date", "modified", "bill_statement_id"),
        # For direct access, which reads across Customers.
        Index(None, "statement_date", "modified", "bill_statement_id"),
    )

    bill_statement_id: Mapped[str] = mapped_column(String, primary_key=True)
    account_id: Mapped[str] = mapped_column(String)
    account_number: Mapped[str] = mapped_column(String)
    statement_date: Mapped[date] = mapped_column(Date)
    currency: Mapped[str] = mapped_column(String)
    previous_balance_amount: Mapped[Decimal] = mapped_column(ExactDecimal)
    previous_balance_paid: Mapped[Decimal] = mapped_column(ExactDecimal)
    previous_balance_unpaid: Mapped[Decimal] = mapped_column(ExactDecimal)
    new_charges_amount: Mapped[Decimal] = mapped_column(ExactDecimal)
    #: NewCharge objects (10.5.2) in wire shape.
    new_charges: Mapped[list[dict[str, Any]]] = mapped_column(ExactJSON)
    new_balance_amount: Mapped[Decimal] = mapped_column(ExactDecimal)
    amount_due: Mapped[Decimal] = mapped_column(ExactDecimal)
    amount_due_date: Mapped[date] = mapped_column(Date)
    #: What keeps the supply on, and by when; both or neither.
    shutoff_prevention_minimum_due: Mapped[Decimal | None] = mapped_column(ExactDecimal, default=None)
    shutoff_prevention_date: Mapped[date | None] = mapped_column(Date, default=None)
    #: AccountProgram objects (10.1.8) in force during the statement's period, in wire shape.
    programs: Mapped[list[dict[str, Any]]] = mapped_column(ExactJSON, default_factory=list)
    #: All three, or none where there is no file.
    file_hash: Mapped[str | None] = mapped_column(String, default=None)
    file_size: Mapped[int | None] = mapped_column(BigInteger, default=None)
    file_mimetype: Mapped[str | None] = mapped_column(String, default=None)
    created: Mapped[datetime] = mapped_column(UtcDateTime)
    modified: Mapped[datetime] = mapped_column(UtcDateTime)
    synced: Mapped[datetime] = mapped_column(UtcDateTime)


def file_of(row: BillStatementRow) -> BillFile | None:
    """The bill itself, None where there is no file."""
    if row.file_hash is None or row.file_size is None or row.file_mimetype is None:
        return None
    return BillFile(row.file_hash, row.file_size, row.file_mimetype)


#: More Accounts than this are looked for here instead of being sent to the database.
_MOST_SENT = 500
#: Rows fetched at once.
_CHUNK = 200


@dataclass(frozen=True, slots=True)
class Place:
    """A place between two statements of a listing: right after, or read backward right before, the one named."""

    day: date
    modified: datetime
    id: str


def newest_statements(
    session: Session,
    customer_id: str,
    billings: Sequence[Billing],
    *,
    after: date | None = None,
    before: date | None = None,
    place: Place | None = None,
    backward: bool = False,
) -> Iterator[BillStatementRow]:
    """
    The statements that any of these billings holds, the newest first, one after another from a place on.

    Args:
        after, before: only those of these days and between.
        backward: in the opposite order.

    Returns:
        Plain values with the names of the columns.
    """
    if not billings:
        return
    accounts = frozenset[str]().union(*(billing.accounts for billing in billings))
    few = len(accounts) <= _MOST_SENT
    given: dict[str, Any] = {
        "customer_key": customer_key_of(customer_id),
        "first": max(after or date.min, min(billing.first or date.min for billing in billings)),
        "last": min(before or date.max, max(billing.last or date.max for billing in billings)),
    }
    if few:
        given["accounts"] = sorted(accounts)
    while True:
        placed = {} if place is None else {"day": place.day, "modified": place.modified, "id": place.id}
        chunk = _page(backward, few, placed=bool(placed)).all(session, {**given, **placed})
        # The days and Accounts of several billings may open more than each of them does.
        yield from (
            row
            for row in chunk
            if any(billing.holds(row.account_id, row.statement_date, row.known) for billing in billings)
        )
        if len(chunk) < _CHUNK:
            return
        place = Place(chunk[-1].statement_date, chunk[-1].modified, chunk[-1].bill_statement_id)


@cache
def _page(backward: bool, few: bool, *, placed: bool) -> Prepared:
    table = BillStatementRow
    columns = list(cast("Table", table.__table__).columns)
    rows = select(*columns).where(
        table.customer_key == bindparam("customer_key"),
        table.statement_date >= bindparam("first"),
        table.statement_date <= bindparam("last"),
    )
    if few:
        rows = rows.where(among_given(table.account_id, "accounts"))
    if placed:
        place: Any = (bindparam("day"), bindparam("modified"), bindparam("id"))
        rows = rows.where(_beyond(*place, backward=backward))
    order = (table.statement_date, table.modified, table.bill_statement_id)
    rows = rows.order_by(*(column.asc() if backward else column.desc() for column in order)).limit(_CHUNK)
    return Prepared(rows, columns, writes=False)


def beyond(place: Place, *, backward: bool) -> ColumnElement[bool]:
    """Whether a statement stands after a place, or before it when read backward."""
    return _beyond(place.day, place.modified, place.id, backward=backward)


def _beyond(day: Any, modified: Any, id: Any, *, backward: bool) -> ColumnElement[bool]:
    table = BillStatementRow
    if backward:
        newer, later, further = table.statement_date > day, table.modified > modified, table.bill_statement_id > id
    else:
        newer, later, further = table.statement_date < day, table.modified < modified, table.bill_statement_id < id
    return or_(newer, and_(table.statement_date == day, or_(later, and_(table.modified == modified, further))))


def find_statement(session: Session, customer_id: str, statement_id: str) -> BillStatementRow | None:
    """The statement of this id."""
    return session.get(BillStatementRow, (customer_key_of(customer_id), statement_id))


def find_last_day(session: Session, customer_id: str) -> date | None:
    """The date of the newest statement of a Customer."""
    row = BillStatementRow
    return session.scalar(select(func.max(row.statement_date)).where(row.customer_key == customer_key_of(customer_id)))


def find_statements(session: Session, customer_id: str, ids: Collection[str]) -> Mapping[str, BillStatementRow]:
    """The statements with these ids, by id."""
    row = BillStatementRow
    rows = select(row).where(row.customer_key == customer_key_of(customer_id), among(row.bill_statement_id, ids))
    return {each.bill_statement_id: each for each in session.scalars(rows)}


def naming_statements(session: Session, customer_ids: Collection[str]) -> Mapping[tuple[str, str], Sequence[Statement]]:
    """By Customer and id of a Bill Section, the statements a charge of which names it."""
    row = BillStatementRow
    rows = select(row.customer_id, row.account_id, row.statement_date, row.known, row.new_charges).where(
        row.customer_key.in_([customer_key_of(each) for each in customer_ids])
    )
    found: dict[tuple[str, str], list[Statement]] = {}
    for customer_id, account_id, day, known, charges in session.execute(rows):
        for section_id in {each for charge in charges for each in charge.get("related_billsections", ())}:
            found.setdefault((customer_id, section_id), []).append((account_id, day, known))
    return found


def find_days(
    session: Session, customer_ids: Collection[str], ids: Collection[str]
) -> Mapping[tuple[str, str], Statement]:
    """Account, date and first instant of the statements of these Customers with these ids, by Customer and id."""
    row = BillStatementRow
    rows = select(row.customer_id, row.bill_statement_id, row.account_id, row.statement_date, row.known).where(
        row.customer_key.in_([customer_key_of(each) for each in customer_ids]), row.bill_statement_id.in_(sorted(ids))
    )
    return {
        (customer_id, each): (account, day, known) for customer_id, each, account, day, known in session.execute(rows)
    }
