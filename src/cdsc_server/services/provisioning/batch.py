"""What a kind of record is to those that take records in, and the batch of records that it gets to store."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from cdsc_server.domain.catalogue import Catalogue
from cdsc_server.domain.provisioned.record import RecordKind
from cdsc_server.errors import RecordFault
from cdsc_server.storage.provisioned import ProvisionedRow

Object = Mapping[str, Any]


@dataclass(slots=True)
class Given:
    """
    A record that is sound by itself, and is new or says something new.

    Attributes:
        line: where it stands in what was handed in; None where it came alone.
        body: its members.
        before: as it was handed in last; None for a new one.
        customer_id: whose it is; set by the kind where it belongs to one Customer for good.
    """

    line: int | None
    id: str
    body: Object
    before: ProvisionedRow | None
    customer_id: str | None = None


@dataclass
class Batch:
    """
    Records of one kind, each with an id of its own, in the order in which they came.

    Args:
        now: becomes `modified` of what they change.
        given: those to store; the kind leaves out what it rejects.
        named: by kind and id, the records that these refer to; each is there.
    """

    session: Session
    now: datetime
    catalogue: Catalogue
    given: Sequence[Given]
    named: Mapping[str, Mapping[str, ProvisionedRow]]
    faults: list[RecordFault] = field(default_factory=list)
    rejected: set[str] = field(default_factory=set)

    def reject(self, given: Given, member: str, rule: str, *, conflict: bool = False) -> None:
        """Say that a record cannot be stored."""
        self.faults.append(RecordFault(given.line, member, rule, conflict))
        self.rejected.add(given.id)


@dataclass(frozen=True)
class Kind:
    """
    One kind of record.

    Args:
        record: what it says of itself.
        store: makes of a batch what Clients and Customers see, in as many statements for many as for one; None where
            the record itself is all there is.
        ended: of its members and this instant by the time of the utility, the members to hand in where one is ended;
            None where it has no end.
        unused: whether nothing depends on it, so that it may be removed; None where it stays for good.
    """

    record: RecordKind
    store: Callable[[Batch], None] | None = None
    ended: Callable[[Object, datetime], Object] | None = None
    unused: Callable[[Session, str], bool] | None = None
