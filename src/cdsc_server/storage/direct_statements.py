"""Bill Statements under direct Grants, over everybody's, the newest first."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, false, or_, select
from sqlalchemy.orm import Session, aliased

from cdsc_server.storage.accounts import AccountRow
from cdsc_server.storage.among import among
from cdsc_server.storage.bill_statements import BillStatementRow, Place, beyond
from cdsc_server.storage.customers import customer_key_of
from cdsc_server.storage.direct_rules import Reached, found

_ROW: Final = BillStatementRow
_ACCOUNT: Final = aliased(AccountRow)
#: Parameters of the listing whose values stand in one column.
_COLUMNS: Final = {
    "cds_billstatement_ids": _ROW.bill_statement_id,
    "cds_account_ids": _ROW.account_id,
    "account_numbers": _ROW.account_number,
}


def permitted_statements(
    session: Session,
    reached: Sequence[Reached],
    *,
    customer_ids: Collection[str] | None,
    asked: Mapping[str, Any],
    after: date | None = None,
    before: date | None = None,
    place: Place | None = None,
    backward: bool = False,
    limit: int,
) -> Iterator[tuple[BillStatementRow, tuple[bool, ...]]]:
    """
    The statements that any of these entries opens, each with whether each of them does, one after another from a place.

    Args:
        customer_ids: whose they can only be, where these are few.
        asked: filters by parameter; what does not pass may come all the same.
        after, before: only those of these days and between.
        backward: in the opposite order.
        limit: how many are fetched at once.
    """
    by = [_held(each) for each in reached]
    columns = (_ROW.statement_date, _ROW.modified, _ROW.bill_statement_id)
    rows = (
        select(_ROW, *(condition.label(f"by_{n}") for n, condition in enumerate(by)))
        .where(or_(false(), *by))
        .order_by(*(column.asc() if backward else column.desc() for column in columns))
        .limit(limit)
    )
    if customer_ids is not None:
        rows = rows.where(_ROW.customer_key.in_([customer_key_of(each) for each in customer_ids]))
    if after is not None:
        rows = rows.where(_ROW.statement_date >= after)
    if before is not None:
        rows = rows.where(_ROW.statement_date <= before)
    for name, column in _COLUMNS.items():
        if name in asked:
            rows = rows.where(among(column, asked[name]))
    while True:
        chunk = session.execute(rows if place is None else rows.where(beyond(place, backward=backward))).all()
        yield from ((row, tuple(flags)) for row, *flags in chunk)
        if len(chunk) < limit:
            return
        last = chunk[-1][0]
        place = Place(last.statement_date, last.modified, last.bill_statement_id)


def _held(reached: Reached) -> ColumnElement[bool]:
    account, entry = _ACCOUNT, reached.entry
    billed = found(
        account.customer_key == _ROW.customer_key,
        account.account_id == _ROW.account_id,
        reached.bills(account),
    )
    conditions = [_ROW.known <= reached.at, billed]
    if entry.first_bill is not None:
        conditions.append(_ROW.statement_date >= entry.first_bill)
    if entry.last_bill is not None:
        conditions.append(_ROW.statement_date <= entry.last_bill)
    return and_(*conditions)
