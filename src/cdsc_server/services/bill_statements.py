"""Bill Statements as far as a Grant opens them, in pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Generic

from cdsc_server.domain.bill_disclosure import Billing, billings
from cdsc_server.domain.bills import adding_up
from cdsc_server.domain.detail_fields import optional_fields
from cdsc_server.errors import InsufficientScope
from cdsc_server.services.customer_data import Access, Shown, cut
from cdsc_server.storage.bill_statements import BillStatementRow, Place, newest_statements
from cdsc_server.storage.customer_graph import read_graph
from cdsc_server.storage.db import reading

#: The optional fields with the include field that opens each.
OPTIONAL: Final[Mapping[str, str]] = optional_fields("bill_statement")


@dataclass(frozen=True, slots=True)
class SeenStatement:
    """
    A Bill Statement with what may be told of it.

    Args:
        fields: the open optional fields, by their names in the standard.
    """

    row: BillStatementRow
    fields: frozenset[str]

    @property
    def new_charges(self) -> list[dict[str, Any]]:
        """The charges, which with what was unpaid before make exactly the amount due."""
        row = self.row
        return adding_up(
            row.new_charges,
            unpaid=row.previous_balance_unpaid,
            due=row.amount_due,
            id=f"{row.bill_statement_id}-difference",
        )


@dataclass(frozen=True, slots=True)
class StatementPage(Generic[Shown]):
    """Up to 100 statements as they are shown, and where the pages beside this one begin; None when there is none."""

    statements: Sequence[Shown]
    following: Place | None
    preceding: Place | None


def list_statements(
    access: Access,
    *,
    show: Callable[[SeenStatement], Shown | None],
    after: date | None = None,
    before: date | None = None,
    place: Place | None = None,
    backward: bool = False,
) -> StatementPage[Shown]:
    """
    A page of the visible Bill Statements, by date and then by `modified`, the newest first.

    Args:
        show: the statement as the Client is shown it; None when a filter leaves it out.
        after, before: only those of these days and between.
        place: the page begins right after it, or when read backward ends right before it.

    Raises:
        InsufficientScope: the Grant opens no Bill Statements.

    Spec: CDS-WG3-01 10.5.4.
    """
    if not any("include_bill_statements" in entry.opens for entry in access.entries):
        raise InsufficientScope("this access token does not open any bill statements")
    with reading() as session:
        opened = billings(access.entries, read_graph(session, access.customer_id), now=access.now)
        rows = newest_statements(
            session, access.customer_id, opened, after=after, before=before, place=place, backward=backward
        )
        page, goes_on, began = cut(_shown(rows, opened, show), begun=place is not None, backward=backward)
    return StatementPage(
        [shown for _, shown in page],
        following=_place(page[-1][0]) if goes_on else None,
        preceding=_place(page[0][0]) if began else None,
    )


def _shown(
    rows: Iterator[BillStatementRow], opened: Sequence[Billing], show: Callable[[SeenStatement], Shown | None]
) -> Iterator[tuple[BillStatementRow, Shown]]:
    for row in rows:
        opens = frozenset[str]().union(
            *(each.opens for each in opened if each.holds(row.account_id, row.statement_date, row.created))
        )
        shown = show(SeenStatement(row, frozenset(name for name, by in OPTIONAL.items() if by in opens)))
        if shown is not None:
            yield row, shown


def _place(row: BillStatementRow) -> Place:
    return Place(row.statement_date, row.modified, row.bill_statement_id)
