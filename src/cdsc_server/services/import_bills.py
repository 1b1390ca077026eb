"""Take in bills with their files: each document whole or not at all, and the same document again without a trace."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, BinaryIO, Final

from sqlalchemy.orm import Session

from cdsc_server.domain.bill_rules import bill_faults
from cdsc_server.domain.bills import missing
from cdsc_server.domain.server_files import media_type_of
from cdsc_server.domain.shapes import Fault
from cdsc_server.errors import FaultyFile, InvalidRequest
from cdsc_server.ports import BlobStore, Clock
from cdsc_server.services.bill_places import BillPlace, places_of
from cdsc_server.services.bill_rows import columns_of, section_rows, statement_id_of, statement_row, take_over
from cdsc_server.services.import_instants import said_as_of
from cdsc_server.services.imports import existing_customer
from cdsc_server.storage.bill_sections import BillSectionRow, sections_on
from cdsc_server.storage.bill_statements import BillFile, find_statements
from cdsc_server.storage.db import reading, transaction
from cdsc_server.storage.validity import hold_as_of
from cdsc_server.storage.versions import note_earlier

Object = Mapping[str, Any]

#: The bytes of a file by the name the document has for it; raises OSError.
OpenFile = Callable[[str], BinaryIO]

_CHUNK: Final = 1 << 20
_PDF: Final = "application/pdf"


@dataclass(frozen=True, slots=True)
class ImportedBills:
    """
    What became of a document.

    Attributes:
        new, corrected, unchanged: Bill Statements; one whose sections changed is corrected.
        sections: Bill Sections that they have now.
        files: of theirs.
        differences: by bill_number, what a bill lacks to its amount due; a charge of ours tells it.
    """

    new: int
    corrected: int
    unchanged: int
    sections: int
    files: int
    differences: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class _Bill:
    statement: Object
    place: BillPlace
    file: BillFile | None


def import_bills(
    document: Any, *, open_file: OpenFile, blobs: BlobStore, clock: Clock, customer: str | None = None
) -> ImportedBills:
    """
    Store the Bill Statements of a document with their Bill Sections and files, in one transaction.

    Ids are derived from Account and number, so a second import finds what the first one made. What is unchanged keeps
    its `modified`; a statement that comes again takes the place of the one before, with its sections.

    Args:
        document: JSON with every digit (`exact_json.loads`), in the shape of `domain.bill_shapes.BILLS`.
        customer: e-mail address or id of the Customer whose bills they are; None where their Accounts tell.

    Raises:
        FaultyFile: with every fault of the document; nothing was stored.
        InvalidRequest: no such Customer, or more than one with this e-mail address.

    Spec: CDS-WG3-01 7.3.1, 10.5, 10.6.
    """
    if faults := bill_faults(document):
        raise FaultyFile([str(fault) for fault in faults])
    at = said_as_of(document, now=clock.now())
    statements: Sequence[Object] = document["bill_statements"]
    with reading() as session:
        _places(session, statements, customer)
    # Before the transaction, because it takes its time; a file that nothing points at is of no harm.
    files = _stored_files(statements, open_file, blobs)
    with transaction() as session:
        hold_as_of(session, at)
        places = _places(session, statements, customer)
        changes = list(store_bills(session, statements, places, files, at=at, now=clock.now()))
    return ImportedBills(
        new=changes.count("new"),
        corrected=changes.count("corrected"),
        unchanged=changes.count("unchanged"),
        sections=sum(len(place.sections) for place in places),
        files=len([file for file in files if file]),
        differences=dict(_differences(statements)),
    )


def _places(session: Session, statements: Sequence[Object], customer: str | None) -> Sequence[BillPlace]:
    """Where the statements belong; FaultyFile where that is unclear for any, or where two are one."""
    customer_id = None if customer is None else existing_customer(session, customer)
    faults: list[Fault] = []
    places = places_of(session, statements, customer_id=customer_id, faults=faults)
    if not faults:
        first: dict[str, int] = {}
        for number, each in enumerate(zip(statements, places, strict=True)):
            if first.setdefault(statement_id_of(*each), number) != number:
                rule = "must not be that of one before for the same Account"
                faults.append(Fault(f"bill_statements[{number}].bill_number", rule))
    if faults:
        raise FaultyFile([str(fault) for fault in faults])
    return places


def _stored_files(statements: Sequence[Object], open_file: OpenFile, blobs: BlobStore) -> list[BillFile | None]:
    """The file of each statement, all of them looked at before the first is stored."""
    faults = [fault for number, each in enumerate(statements) for fault in _file_faults(number, each, open_file)]
    if faults:
        raise FaultyFile([str(fault) for fault in faults])
    return [_stored_file(each, open_file, blobs) for each in statements]


def _file_faults(number: int, statement: Object, open_file: OpenFile) -> Iterator[Fault]:
    name = statement.get("file")
    if name is None:
        return
    at = f"bill_statements[{number}].file"
    try:
        mimetype = media_type_of(name, statement.get("file_mimetype"))
        with open_file(name) as content:
            if mimetype == _PDF and content.read(5) != b"%PDF-":
                yield Fault(at, "must be a PDF file, which it is said to be")
    except InvalidRequest as fault:
        yield Fault(f"{at}_mimetype", fault.description)
    except OSError as fault:
        yield Fault(at, f"cannot be read: {fault.strerror or fault}")


def _stored_file(statement: Object, open_file: OpenFile, blobs: BlobStore) -> BillFile | None:
    name = statement.get("file")
    if name is None:
        return None
    with open_file(name) as content:
        stored = blobs.put(iter(lambda: content.read(_CHUNK), b""))
    return BillFile(stored.content_hash, stored.size, media_type_of(name, statement.get("file_mimetype")))


def store_bills(
    session: Session,
    statements: Sequence[Object],
    places: Sequence[BillPlace],
    files: Sequence[BillFile | None],
    *,
    at: datetime,
    now: datetime,
) -> Iterator[str]:
    """
    As `import_bills`, inside a transaction and for bills that are right, Customer by Customer.

    Args:
        places, files: of each statement.
        at: the instant they hold as of.

    Returns:
        Of each whether it was new, corrected or unchanged.
    """
    by_customer: dict[str, list[_Bill]] = {}
    for bill in (_Bill(*each) for each in zip(statements, places, files, strict=True)):
        by_customer.setdefault(bill.place.customer_id, []).append(bill)
    for customer_id, own in by_customer.items():
        yield from _store_own(session, customer_id, own, at, now)


def _store_own(
    session: Session, customer_id: str, bills: Sequence[_Bill], at: datetime, now: datetime
) -> Iterator[str]:
    ids = [statement_id_of(bill.statement, bill.place) for bill in bills]
    known = find_statements(session, customer_id, ids)
    sections = sections_on(session, customer_id, known.keys())
    for bill, statement_id in zip(bills, ids, strict=True):
        own = {each.bill_section_id: each for each in sections.get(statement_id, ())}
        fresh_sections = section_rows(bill.statement, bill.place, at=at, now=now)
        fresh = statement_row(bill.statement, bill.place, bill.file, at=at, now=now)
        if statement_id in known and at < known[statement_id].synced:
            # What it is now, a later word has said; sections that are gone by now stay away.
            there = [each for each in fresh_sections if each.bill_section_id in own]
            said: list[tuple[Any, Object]] = [(own[each.bill_section_id], columns_of(each)) for each in there]
            said.append((known[statement_id], columns_of(fresh)))
            noted = [note_earlier(session, row, told, at=at, now=now) for row, told in said]
            yield "corrected" if any(noted) else "unchanged"
            continue
        sections_changed = _replace(session, own, fresh_sections)
        if statement_id not in known:
            session.add(fresh)
            yield "new"
        else:
            changed = take_over(known[statement_id], fresh)
            yield "corrected" if changed or sections_changed else "unchanged"


def _replace(session: Session, own: Mapping[str, BillSectionRow], fresh: Sequence[BillSectionRow]) -> bool:
    """Let these sections take the place of those the statement had, and say whether that changed anything."""
    ids = {row.bill_section_id for row in fresh}
    gone = [row for section_id, row in own.items() if section_id not in ids]
    added = [row for row in fresh if row.bill_section_id not in own]
    changed = [take_over(own[row.bill_section_id], row) for row in fresh if row.bill_section_id in own]
    for row in gone:
        session.delete(row)
    session.add_all(added)
    return bool(gone or added or any(changed))


def _differences(statements: Sequence[Object]) -> Iterator[tuple[str, Decimal]]:
    for each in statements:
        lacks = missing(each["new_charges"], unpaid=each["previous_balance_unpaid"], due=each["amount_due"])
        if lacks:
            yield each["bill_number"], lacks
