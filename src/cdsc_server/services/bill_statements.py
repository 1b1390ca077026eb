"""Bill Statements as far as a Grant opens them, in pages."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, BinaryIO, Final, Generic
from urllib.parse import quote

from cdsc_server.domain.bill_disclosure import Billing, billings
from cdsc_server.domain.bills import adding_up, naming_only
from cdsc_server.domain.detail_fields import optional_fields
from cdsc_server.errors import InsufficientScope, NotFound
from cdsc_server.ports import BlobStore
from cdsc_server.services.customer_data import Access, Shown, cut
from cdsc_server.services.opened_sections import opened_sections
from cdsc_server.storage.bill_statements import BillFile, BillStatementRow, Place, find_statement, newest_statements
from cdsc_server.storage.customer_graph import read_graph
from cdsc_server.storage.db import reading

#: The optional fields with the include field that opens each.
OPTIONAL: Final[Mapping[str, str]] = optional_fields("bill_statement")


@dataclass(frozen=True, slots=True)
class SeenStatement:
    """
    A Bill Statement with what may be told of it.

    Args:
        fields: the open optional fields that it has, by their names in the standard.
        file_uri: where its file is, None when there is none.
        sections: ids of the Bill Sections that may be told.
    """

    row: BillStatementRow
    fields: frozenset[str]
    file_uri: str | None
    sections: Collection[str]

    @property
    def new_charges(self) -> list[dict[str, Any]]:
        """The charges, which with what was unpaid before make exactly the amount due."""
        row = self.row
        return adding_up(
            [naming_only(charge, self.sections) for charge in row.new_charges],
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
    base_url: str,
    after: date | None = None,
    before: date | None = None,
    place: Place | None = None,
    backward: bool = False,
) -> StatementPage[Shown]:
    """
    A page of the visible Bill Statements, by date and then by `modified`, the newest first.

    Args:
        show: the statement as the Client is shown it; None when a filter leaves it out.
        base_url: of this Server, which the addresses of files begin with.
        after, before: only those of these days and between.
        place: the page begins right after it, or when read backward ends right before it.

    Raises:
        InsufficientScope: the Grant opens no Bill Statements.

    Spec: CDS-WG3-01 10.5.4.
    """
    if not any("include_bill_statements" in entry.opens for entry in access.entries):
        raise InsufficientScope("this access token does not open any bill statements")
    with reading() as session:
        graph = read_graph(session, access.customer_id)
        opened = billings(access.entries, graph, now=access.now)
        # Only charges name sections.
        charges = any(OPTIONAL["new_charges"] in each.opens for each in opened)
        sections = opened_sections(session, access, graph).keys() if charges else frozenset[str]()
        rows = newest_statements(
            session, access.customer_id, opened, after=after, before=before, place=place, backward=backward
        )
        page, goes_on, began = cut(
            ((row, shown) for row in rows if (shown := show(_seen(row, opened, sections, base_url))) is not None),
            begun=place is not None,
            backward=backward,
        )
    return StatementPage(
        [shown for _, shown in page],
        following=_place(page[-1][0]) if goes_on else None,
        preceding=_place(page[0][0]) if began else None,
    )


def open_file(access: Access, statement_id: str, *, blobs: BlobStore) -> tuple[BillStatementRow, BillFile, BinaryIO]:
    """
    A Bill Statement, its file, and the bytes of that, seekable and to be closed by the caller.

    Raises:
        InsufficientScope: the Grant opens no files of Bill Statements.
        NotFound: no statement of this id that it opens has a file.

    Spec: CDS-WG3-01 7.2.5.1, 10.5.1 (file_uri).
    """
    if not any({"include_bill_statements", OPTIONAL["file_uri"]} <= entry.opens for entry in access.entries):
        raise InsufficientScope("this access token does not open any files of bill statements")
    with reading() as session:
        opened = billings(access.entries, read_graph(session, access.customer_id), now=access.now)
        row = find_statement(session, access.customer_id, statement_id)
    if row is None or row.file is None or "file_uri" not in _fields(row, opened):
        raise NotFound("no bill statement with a file has this id")
    return row, row.file, blobs.open(row.file.content_hash)


def _seen(row: BillStatementRow, opened: Sequence[Billing], sections: Collection[str], base_url: str) -> SeenStatement:
    path = f"/cds/bill_statements/{quote(row.bill_statement_id, safe='')}/file"
    return SeenStatement(row, _fields(row, opened), None if row.file is None else base_url + path, sections)


def _fields(row: BillStatementRow, opened: Sequence[Billing]) -> frozenset[str]:
    """The optional fields that those of the billings open that hold the statement."""
    opens = frozenset[str]().union(
        *(each.opens for each in opened if each.holds(row.account_id, row.statement_date, row.created))
    )
    absent = {"file_mimetype"} if row.file is None else set[str]()
    return frozenset(name for name, by in OPTIONAL.items() if by in opens) - absent


def _place(row: BillStatementRow) -> Place:
    return Place(row.statement_date, row.modified, row.bill_statement_id)
