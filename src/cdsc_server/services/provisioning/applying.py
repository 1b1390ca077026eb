"""Take in records of any kinds: all of them or none, and the same ones again without a trace."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from cdsc_server import exact_json
from cdsc_server.domain.catalogue import Catalogue
from cdsc_server.domain.provisioned.record import RecordKind
from cdsc_server.errors import Conflict, FaultyRecords, InvalidRequest, NotFound, RecordFault
from cdsc_server.ports import Clock
from cdsc_server.services.audit import record as record_audit
from cdsc_server.services.provisioning.batch import Batch, Given, Kind, Object
from cdsc_server.services.provisioning.kinds import KINDS
from cdsc_server.storage import provisioned
from cdsc_server.storage.db import reading, transaction
from cdsc_server.storage.keyset import Cursor, Page
from cdsc_server.storage.provisioned import ProvisionedRow, ProvisioningUploadRow

#: Records that are looked up and stored together.
WINDOW: Final = 500
#: Faults that are told; whoever has as many has to look at the source anyway.
MOST_FAULTS: Final = 100
#: How long the key of an upload is remembered.
KEPT: Final = timedelta(days=7)

_ORDER: Final = {name: number for number, name in enumerate(KINDS)}


@dataclass(frozen=True, slots=True)
class Record:
    """
    What was handed in, before anybody has looked at it.

    Args:
        kind: a name of `KINDS`, if it is right.
        body: JSON with every digit.
        line: where it stands, counted from 1; None where it came alone.
    """

    kind: Any
    body: Any
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """What became of records, all of which were taken in."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    repeated: bool = False

    @property
    def accepted(self) -> int:
        """How many there were."""
        return self.new + self.changed + self.unchanged


@dataclass(frozen=True, slots=True)
class Upload:
    """
    What lets a repeated upload be known.

    Args:
        sender: client_id of the service account.
        key: the sender's own, the same for the same upload.
        content_hash: SHA-256 of what was sent.
    """

    sender: str
    key: str
    content_hash: str

    @property
    def id(self) -> str:
        """The same for the same sender and key, and for nothing else."""
        return hashlib.sha256(exact_json.dumps([self.sender, self.key])).hexdigest()


def apply_records(
    records: Iterable[Record],
    *,
    subject: str,
    actor: str,
    catalogue: Catalogue,
    clock: Clock,
    upload: Upload | None = None,
) -> Report:
    """
    Store records in one transaction, a window at a time, so that any number of them takes the same memory.

    Args:
        records: they may refer to records before them.
        subject: what the audit trail calls them, such as "user:A-1001".
        actor: as `audit.record`.
        upload: where it was taken in before, its answer is given again and nothing is done.

    Raises:
        FaultyRecords: with what is wrong with them; nothing was stored.
        Conflict: the key came before with another content, or somebody stored one of the same records at this instant.
    """
    now = clock.now()
    try:
        with transaction() as session:
            if upload is not None and (known := _taken_before(session, upload, now)) is not None:
                return known
            report = store_records(session, records, catalogue=catalogue, now=now)
            counts = {"new": report.new, "changed": report.changed, "unchanged": report.unchanged}
            if upload is not None:
                provisioned.finish_upload(session, upload.id, counts)
            if report.new or report.changed:
                record_audit(
                    session, actor=actor, action="provisioning.applied", subject=subject, detail=counts, now=now
                )
    except IntegrityError as fault:
        raise Conflict("one of these was stored by somebody else at this instant; send it again") from fault
    return report


def store_records(session: Session, records: Iterable[Record], *, catalogue: Catalogue, now: datetime) -> Report:
    """
    As `apply_records`, inside a transaction of the caller's.

    Raises:
        FaultyRecords: the caller's transaction has to be undone.
    """
    storing = _Storing(session, catalogue, now)
    for window in storing.windows(records):
        for name, some in sorted(window.items(), key=lambda each: _ORDER[each[0]]):
            storing.take(KINDS[name], some)
        session.flush()
        if len(storing.faults) >= MOST_FAULTS:
            break
    if storing.faults:
        ordered = sorted(storing.faults, key=lambda fault: fault.line or 0)
        raise FaultyRecords(ordered[:MOST_FAULTS], more=len(ordered) >= MOST_FAULTS)
    return Report(storing.outcomes["new"], storing.outcomes["changed"], storing.outcomes["unchanged"])


@dataclass(frozen=True, slots=True)
class Applied:
    """A record as it is stored, and what handing it in has done: "new", "changed" or "unchanged"."""

    row: ProvisionedRow
    outcome: str


def put_record(name: str, external_id: str, body: Object, *, actor: str, catalogue: Catalogue, clock: Clock) -> Applied:
    """
    Take in one record.

    Args:
        external_id: its id; the body may hold the same.

    Raises:
        FaultyRecords: what is wrong with it.
        Conflict: it would be right, were it not for what is here already.
    """
    member = KINDS[name].record.id
    if body.get(member, external_id) != external_id:
        raise FaultyRecords([RecordFault(None, member, "must be the one of the address")])
    whole = Record(name, {member: external_id, **body})
    try:
        report = apply_records([whole], subject=f"{name}:{external_id}", actor=actor, catalogue=catalogue, clock=clock)
    except FaultyRecords as refusal:
        first = refusal.faults[0]
        if not first.conflict:
            raise
        raise Conflict(f"{first}; nothing was stored", field=first.field) from refusal
    outcome = "new" if report.new else "changed" if report.changed else "unchanged"
    return Applied(get_record(name, external_id), outcome)


def get_record(name: str, external_id: str) -> ProvisionedRow:
    """
    A record as it was handed in last.

    Raises:
        NotFound: there is none.
    """
    with reading() as session:
        row = provisioned.find_record(session, name, external_id)
    if row is None:
        raise NotFound(f"there is no {KINDS[name].record.noun} of this id")
    return row


def page_of_records(name: str, *, above: str | None, cursor: Cursor | None, size: int) -> Page[ProvisionedRow]:
    """A page of the records of a kind, the last modified first; only those under one where it is given."""
    with reading() as session:
        return provisioned.page_of_records(session, name, above=above, cursor=cursor, size=size)


def end_record(name: str, external_id: str, *, actor: str, catalogue: Catalogue, clock: Clock) -> Applied:
    """
    Let what a record stands for end now; what has ended stays as it is.

    Raises:
        NotFound: there is none.
        Conflict: it cannot end now.
    """
    row = get_record(name, external_id)
    ended = KINDS[name].ended
    if ended is None:
        raise InvalidRequest(f"a {KINDS[name].record.noun} has no end")
    body = ended(row.body, clock.now().astimezone(catalogue.utility.timezone))
    return put_record(name, external_id, body, actor=actor, catalogue=catalogue, clock=clock)


def remove_record(name: str, external_id: str, *, actor: str, clock: Clock) -> None:
    """
    Forget a record that nothing depends on.

    Raises:
        NotFound: there is none.
        Conflict: something depends on it.
    """
    kind = KINDS[name]
    with transaction() as session:
        row = provisioned.find_record(session, name, external_id)
        if row is None:
            raise NotFound(f"there is no {kind.record.noun} of this id")
        if kind.unused is None or not kind.unused(session, external_id):
            raise Conflict(f"other records name this {kind.record.noun}; nothing was removed")
        session.delete(row)
        record_audit(
            session, actor=actor, action="provisioning.removed", subject=f"{name}:{external_id}", now=clock.now()
        )


def _taken_before(session: Session, upload: Upload, now: datetime) -> Report | None:
    row = ProvisioningUploadRow(upload_id=upload.id, content_hash=upload.content_hash, report={}, expires=now + KEPT)
    known = provisioned.claim_upload(session, row)
    if known is None:
        return None
    if known.content_hash != upload.content_hash:
        raise Conflict("Idempotency-Key: came with another content before", field="Idempotency-Key")
    return Report(**known.report, repeated=True)


@dataclass
class _Storing:
    """Stores records kind by kind, and notes what is wrong with them."""

    session: Session
    catalogue: Catalogue
    now: datetime
    faults: list[RecordFault] = field(default_factory=list)
    outcomes: Counter[str] = field(default_factory=Counter)
    #: Kind and id of records that were rejected: what refers to them is not told again.
    rejected: set[tuple[str, str]] = field(default_factory=set)

    def windows(self, records: Iterable[Record]) -> Iterator[dict[str, dict[str, Record]]]:
        """Records that are right by themselves, by kind and id, none of them twice in a window."""
        window: dict[str, dict[str, Record]] = {}
        held = 0
        for each in records:
            if not self._is_sound(each):
                if len(self.faults) >= MOST_FAULTS:
                    break
                continue
            external_id = each.body[KINDS[each.kind].record.id]
            if held >= WINDOW or external_id in window.get(each.kind, {}):
                yield window
                window, held = {}, 0
            window.setdefault(each.kind, {})[external_id] = each
            held += 1
        if window:
            yield window

    def take(self, kind: Kind, records: Mapping[str, Record]) -> None:
        """Store records of one kind, given by their ids."""
        record = kind.record
        known = provisioned.find_records(self.session, record.name, records.keys())
        given = [
            Given(each.line, external_id, each.body, row, None if row is None else row.customer_id)
            for external_id, each in records.items()
            if (row := known.get(external_id)) is None or _written(row.body) != _written(each.body)
        ]
        self.outcomes["unchanged"] += len(records) - len(given)
        if not given:
            return
        batch = Batch(self.session, self.now, self.catalogue, given, self._named(record, given))
        self._check_unique(record, batch)
        for each in given:
            self._check_names(record, each, batch)
        batch.given = [each for each in given if each.id not in batch.rejected]
        if batch.given and kind.store is not None:
            kind.store(batch)
        self.faults += batch.faults
        self.rejected |= {(record.name, each) for each in batch.rejected}
        for each in batch.given:
            if each.id not in batch.rejected:
                self._keep(record, each)

    def _is_sound(self, given: Record) -> bool:
        kind = KINDS.get(given.kind) if isinstance(given.kind, str) else None
        if kind is None:
            self.faults.append(RecordFault(given.line, "kind", f"must be one of {', '.join(KINDS)}"))
            return False
        found = [RecordFault(given.line, fault.at, fault.rule) for fault in kind.record.faults_of(given.body)]
        self.faults += found
        external_id = given.body.get(kind.record.id) if isinstance(given.body, dict) else None
        if found and isinstance(external_id, str):
            self.rejected.add((kind.record.name, external_id))
        return not found

    def _named(self, record: RecordKind, given: Sequence[Given]) -> Mapping[str, Mapping[str, ProvisionedRow]]:
        ids: dict[str, set[str]] = {}
        for member, other in record.refers.items():
            ids.setdefault(other, set()).update(each.body[member] for each in given if member in each.body)
        return {
            other: provisioned.find_records(self.session, other, wanted) if wanted else {}
            for other, wanted in ids.items()
        }

    def _check_names(self, record: RecordKind, each: Given, batch: Batch) -> None:
        """What a record names must be there, and what may not change must be as it was."""
        for member, other in record.refers.items():
            name = each.body.get(member)
            if (other, name) in self.rejected:
                batch.rejected.add(each.id)
            elif name is not None and name not in batch.named[other]:
                batch.reject(each, member, f"names no {KINDS[other].record.noun} that is here")
        if each.before is not None:
            for member in record.fixed:
                if each.before.body.get(member) != each.body.get(member):
                    batch.reject(each, member, "must stay as it was first", conflict=True)

    def _check_unique(self, record: RecordKind, batch: Batch) -> None:
        """What no two records may both have must be each one's own."""
        values = {each.id: value for each in batch.given if (value := _unique_value(record, each.body)) is not None}
        holders = provisioned.records_with(self.session, record.name, set(values.values())) if values else {}
        for each in batch.given:
            value = values.get(each.id)
            if value is not None and holders.setdefault(value, each.id) != each.id:
                batch.reject(each, str(record.unique), f"is that of another {record.noun} already", conflict=True)

    def _keep(self, record: RecordKind, each: Given) -> None:
        row = each.before
        self.outcomes["new" if row is None else "changed"] += 1
        if row is None:
            row = ProvisionedRow(kind=record.name, external_id=each.id, body={}, created=self.now, modified=self.now)
            self.session.add(row)
        row.body, row.modified, row.customer_id = dict(each.body), self.now, each.customer_id
        row.above = None if record.above is None else each.body.get(record.above)
        row.unique_value = _unique_value(record, each.body)


def _unique_value(record: RecordKind, body: Object) -> str | None:
    value = None if record.unique is None else body.get(record.unique)
    return None if value is None else str(value).lower()


def _written(body: Object) -> bytes:
    """The same for the same members in any order: 1.50 is another number than 1.5."""
    return exact_json.dumps({name: body[name] for name in sorted(body)})
