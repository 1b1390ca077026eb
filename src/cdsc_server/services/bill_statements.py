"""Bill Statements as far as a Grant opens them, in pages."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from types import MappingProxyType
from typing import Any, BinaryIO, Final, Generic
from urllib.parse import quote

from sqlalchemy.orm import Session

from cdsc_server.domain.bill_disclosure import Billing, billings
from cdsc_server.domain.bills import adding_up, naming_only
from cdsc_server.domain.detail_fields import optional_fields
from cdsc_server.domain.disclosure import earliest, frozen_at
from cdsc_server.errors import InsufficientScope, NotFound
from cdsc_server.ports import BlobStore
from cdsc_server.services.customer_data import PAGE, Access, DirectAccess, Shown, cut
from cdsc_server.services.direct_objects import few_customers
from cdsc_server.services.homes import home_of, homes_of
from cdsc_server.services.opened_sections import opened_sections
from cdsc_server.storage.bill_statements import (
    BillFile,
    BillStatementRow,
    Place,
    file_of,
    find_statement,
    newest_statements,
)
from cdsc_server.storage.customer_graph import read_graph
from cdsc_server.storage.customers import customer_key_of
from cdsc_server.storage.db import reading
from cdsc_server.storage.direct_rules import Reached
from cdsc_server.storage.direct_statements import permitted_statements
from cdsc_server.storage.versions import AS_THEY_ARE, Versions, read_versions

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
    access: Access | DirectAccess,
    *,
    show: Callable[[SeenStatement], Shown | None],
    base_url: str,
    asked: Mapping[str, Any] = MappingProxyType({}),
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
        asked: the filters that `show` judges, by parameter.
        after, before: only those of these days and between.
        place: the page begins right after it, or when read backward ends right before it.

    Raises:
        InsufficientScope: the Grant opens no Bill Statements.

    Spec: CDS-WG3-01 10.5.4.
    """
    if not any("include_bill_statements" in entry.opens for entry in access.entries):
        raise InsufficientScope("this access token does not open any bill statements")
    with reading() as session:
        bounds: dict[str, Any] = {"after": after, "before": before, "place": place, "backward": backward}
        if isinstance(access, DirectAccess):
            found = _permitted(session, access, asked=asked, **bounds)
        else:
            found = _agreed(session, access, **bounds)
        page, goes_on, began = cut(
            ((each.row, shown) for each in found if (shown := show(_seen(each, base_url))) is not None),
            begun=place is not None,
            backward=backward,
        )
    return StatementPage(
        [shown for _, shown in page],
        following=_place(page[-1][0]) if goes_on else None,
        preceding=_place(page[0][0]) if began else None,
    )


def open_file(
    access: Access | DirectAccess, statement_id: str, *, blobs: BlobStore
) -> tuple[BillStatementRow, BillFile, BinaryIO]:
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
        if isinstance(access, DirectAccess):
            found = _permitted(session, access, asked={"cds_billstatement_ids": {statement_id}})
        else:
            found = _agreed_one(session, access, statement_id)
        for each in found:
            file = file_of(each.then)
            if file is not None and OPTIONAL["file_uri"] in each.opens:
                return each.then, file, blobs.open(file.content_hash)
    raise NotFound("no bill statement with a file has this id")


@dataclass(frozen=True, slots=True)
class _Opened:
    """
    A Bill Statement that is open.

    Args:
        row: as it is now, by which it stands in the listing.
        then: as it is shown.
        opens: the include fields of the entries that open it.
        sections: ids of the Bill Sections that may be told.
    """

    row: BillStatementRow
    then: BillStatementRow
    opens: frozenset[str]
    sections: Collection[str] = ()


def _agreed(session: Session, access: Access, **bounds: Any) -> Iterator[_Opened]:
    """The statements that a Customer opened."""
    home = home_of(session, access)
    opened = billings(access.entries, home.graph, now=access.now)
    # Only charges name sections.
    charges = any(OPTIONAL["new_charges"] in each.opens for each in opened)
    sections = opened_sections(session, [home])[access.customer_id] if charges else {}
    versions = _versions(session, access, [customer_key_of(access.customer_id)])
    for row in newest_statements(session, access.customer_id, opened, **bounds):
        yield _opened(row, opened, versions, sections)


def _agreed_one(session: Session, access: Access, statement_id: str) -> Iterator[_Opened]:
    row = find_statement(session, access.customer_id, statement_id)
    if row is not None:
        opened = billings(access.entries, read_graph(session, access.customer_id), now=access.now)
        yield _opened(row, opened, _versions(session, access, [row.customer_key]))


def _opened(
    row: BillStatementRow, opened: Sequence[Billing], versions: Versions, sections: Collection[str] = ()
) -> _Opened:
    """A statement as those of the billings show it that hold it."""
    holding = [each for each in opened if each.holds(row.account_id, row.statement_date, row.known)]
    as_of = max((each.as_of for each in holding), default=row.modified)
    then = versions.at(row, as_of, kind=BillStatementRow)
    return _Opened(row, then, frozenset[str]().union(*(each.opens for each in holding)), sections)


def _versions(session: Session, access: Access | DirectAccess, customer_keys: Iterable[int]) -> Versions:
    """Earlier versions of the statements of these Customers, where a Grant has frozen."""
    frozen = earliest(access.entries, now=access.now)
    return AS_THEY_ARE if frozen is None else read_versions(session, customer_keys, since=frozen)


def _permitted(session: Session, access: DirectAccess, *, asked: Mapping[str, Any], **bounds: Any) -> Iterator[_Opened]:
    """The statements that direct access opens."""
    entries = [entry for entry in access.entries if "include_bill_statements" in entry.opens]
    opened = {opened for entry in access.entries for opened in entry.opens}
    naming = {OPTIONAL["new_charges"], "include_bill_sections"} <= opened
    found = permitted_statements(
        session,
        [Reached.by(entry, access.permission, now=access.now) for entry in entries],
        customer_ids=few_customers(session, access.permission),
        asked=asked,
        limit=PAGE + 1,
        **bounds,
    )
    while together := list(islice(found, PAGE + 1)):
        customers = sorted({row.customer_id for row, _ in together}) if naming else []
        sections = opened_sections(session, homes_of(session, access, customers)) if customers else {}
        versions = _versions(session, access, {row.customer_key for row, _ in together})
        for row, by in together:
            opening = [entry for entry, does in zip(entries, by, strict=True) if does]
            as_of = max(frozen_at(entry, access.now) for entry in opening)
            opens = frozenset[str]().union(*(entry.opens for entry in opening))
            yield _Opened(row, versions.at(row, as_of), opens, sections.get(row.customer_id, {}))


def _seen(opened: _Opened, base_url: str) -> SeenStatement:
    row = opened.then
    path = f"/cds/bill_statements/{quote(row.bill_statement_id, safe='')}/file"
    filed = file_of(row) is not None
    absent = set[str]() if filed else {"file_mimetype"}
    fields = frozenset(name for name, by in OPTIONAL.items() if by in opened.opens) - absent
    return SeenStatement(row, fields, base_url + path if filed else None, opened.sections)


def _place(row: BillStatementRow) -> Place:
    return Place(row.statement_date, row.modified, row.bill_statement_id)
