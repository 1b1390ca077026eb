"""
What objects of Customers were before they changed, for Grants that show them as of an earlier instant (7.3.1).

Whoever changes such a row in a session leaves its version before here: one place for all that write them.
Webhooks are told from here, too, that something arrived.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, TypeAlias

from sqlalchemy import BigInteger, Date, String, event, inspect, select
from sqlalchemy.orm import Mapped, Session, UOWTransaction, mapped_column

from cdsc_server import exact_json
from cdsc_server.domain.durations import read_datetime
from cdsc_server.storage.accounts import AccountRow
from cdsc_server.storage.among import among
from cdsc_server.storage.arrivals import note_arrivals
from cdsc_server.storage.bill_sections import BillSectionRow
from cdsc_server.storage.bill_statements import BillStatementRow
from cdsc_server.storage.db import DataBase
from cdsc_server.storage.meter_devices import MeterDeviceRow
from cdsc_server.storage.service_contracts import ServiceContractRow
from cdsc_server.storage.service_points import ServicePointRow
from cdsc_server.storage.types import ExactDecimal, ExactJSON, UtcDateTime
from cdsc_server.storage.validity import held_as_of

#: The id of each kind of row that is kept.
_IDS: Final[Mapping[type[Any], str]] = {
    AccountRow: "account_id",
    ServiceContractRow: "contract_id",
    ServicePointRow: "service_point_id",
    MeterDeviceRow: "meter_device_id",
    BillStatementRow: "bill_statement_id",
    BillSectionRow: "bill_section_id",
}
_CLASSES: Final = {row.__tablename__: row for row in _IDS}
#: Say of when the source speaks, and nothing of the object.
_CONFIRMED: Final = frozenset({"synced", "known", "valid"})

Key: TypeAlias = tuple[str, int, str]


class ObjectVersionRow(DataBase):
    """An object as it was from `valid` until `superseded`, instants of its source."""

    __tablename__ = "object_versions"

    # First in the keys: all of a Customer's rows lie side by side.
    customer_key: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    table: Mapped[str] = mapped_column(String, primary_key=True)
    object_id: Mapped[str] = mapped_column(String, primary_key=True)
    superseded: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    valid: Mapped[datetime] = mapped_column(UtcDateTime)
    #: Every column by its name.
    content: Mapped[dict[str, Any]] = mapped_column(ExactJSON)


@event.listens_for(Session, "before_flush")
def _keep(session: Session, _context: UOWTransaction, _instances: Any) -> None:
    as_of, customer_ids = held_as_of(session), set()
    for row in session.new:
        if type(row) in _IDS:
            customer_ids.add(row.customer_id)
            row.known, row.valid = row.known or as_of or row.created, row.valid or as_of or row.modified
    for row in list(session.dirty):
        if type(row) in _IDS and session.is_modified(row):
            before = _before(row)
            if before is None:
                continue
            row.valid = as_of or row.modified
            customer_ids.add(row.customer_id)
            # What was written and changed as of the same instant was never true in between.
            if before["valid"] < row.valid:
                session.add(_version(row, before["valid"], row.valid, before))
    note_arrivals(session, customer_ids)


def _version(row: Any, valid: datetime, superseded: datetime, content: dict[str, Any]) -> ObjectVersionRow:
    return ObjectVersionRow(
        customer_key=row.customer_key,
        table=row.__tablename__,
        object_id=getattr(row, _IDS[type(row)]),
        superseded=superseded,
        valid=valid,
        content=content,
    )


def _before(row: Any) -> dict[str, Any] | None:
    """The columns as they are stored; None when nothing of the object is another now."""
    state, found, changed = inspect(row), {}, False
    for attribute in state.mapper.column_attrs:
        history = state.attrs[attribute.key].load_history()
        now = getattr(row, attribute.key)
        found[attribute.key] = history.deleted[0] if history.deleted else now
        changed = changed or (bool(history.deleted) and attribute.key not in _CONFIRMED)
    return found if changed else None


@dataclass(frozen=True)
class Versions:
    """Earlier versions of some objects, those of each the oldest first."""

    known: Mapping[Key, list[ObjectVersionRow]] = field(default_factory=dict)

    def at(self, row: Any, instant: datetime, *, kind: type[Any] | None = None) -> Any:
        """
        A row as it was at an instant; itself where it has not changed since.

        Args:
            kind: what a row is that was read as plain values.

        One that its source confirmed later counts as confirmed at the instant: it was true then, and what came after is
        nobody's who froze (7.3.1).
        """
        kind, then = kind or type(row), row
        if row.valid > instant:
            then = self.find(kind, row.customer_key, getattr(row, _IDS[kind]), instant) or row
        return then if then.synced <= instant else _confirmed_at(kind, then, instant)

    def find(self, kind: type[Any], customer_key: int, object_id: str, instant: datetime) -> Any:
        """An object as it was at an instant, when it has changed since; else None."""
        for version in self.known.get((kind.__tablename__, customer_key, object_id), ()):
            if instant < version.superseded:
                return _restored(version)
        return None


def note_earlier(session: Session, row: Any, told: Mapping[str, Any], *, at: datetime, now: datetime) -> bool:
    """
    Keep what a source says of a stored object as of an instant, when it was confirmed as of a later one already.

    What the object is now stays; only who froze in between is shown it. What is older than a confirmation of the same
    state says nothing new.

    Args:
        told: columns by name.
        at: the instant it holds as of.
        now: becomes `modified` of what is shown of then.

    Returns:
        Whether it was anything else than what was known of then.

    Spec: CDS-WG3-01 7.3.1.
    """
    if row.valid <= at:
        return False
    version = ObjectVersionRow
    found = session.scalar(
        select(version)
        .where(
            version.customer_key == row.customer_key,
            version.table == row.__tablename__,
            version.object_id == getattr(row, _IDS[type(row)]),
            version.valid <= at,
            version.superseded > at,
        )
        .limit(1)
    )
    instants = {"modified": now, "synced": at, "valid": at}
    if found is None:
        columns = {column.key: getattr(row, column.key) for column in inspect(type(row)).columns}
        session.add(_version(row, at, row.known, {**columns, **told, **instants, "known": at}))
        row.known = at
        return True
    then = _restored(found)
    if at < then.synced:
        return False
    if all(written(getattr(then, name)) == written(value) for name, value in told.items()):
        found.content = {**found.content, "synced": at}
        return False
    if found.valid < at:
        session.add(_version(row, found.valid, at, found.content))
    found.valid, found.content = at, {**found.content, **told, **instants}
    return True


def written(value: Any) -> bytes:
    """A value of a column as a source writes it: 1.50 is another one than 1.5."""
    return exact_json.dumps(value)


#: Of objects that are shown as they are.
AS_THEY_ARE: Final = Versions()


def read_versions(
    session: Session, customer_keys: Iterable[int], *, since: datetime, ids: Collection[str] | None = None
) -> Versions:
    """
    The versions of objects of these Customers that were still true at an instant or later.

    Args:
        ids: of objects of any kind; None for all.
    """
    row = ObjectVersionRow
    rows = select(row).where(row.customer_key.in_(sorted(set(customer_keys))), row.superseded > since)
    if ids is not None:
        rows = rows.where(among(row.object_id, ids))
    found: dict[Key, list[ObjectVersionRow]] = {}
    for version in session.scalars(rows.order_by(row.superseded)):
        found.setdefault((version.table, version.customer_key, version.object_id), []).append(version)
    return Versions(found)


def _confirmed_at(kind: type[Any], row: Any, instant: datetime) -> Any:
    """A copy of a row that says so; the row itself may belong to a session, which would store it."""
    values = {column.key: getattr(row, column.key) for column in inspect(kind).columns if column.key != "customer_key"}
    return kind(**{**values, "synced": instant})


def _restored(version: ObjectVersionRow) -> Any:
    kind = _CLASSES[version.table]
    columns = {column.key: column.type for column in inspect(kind).columns}
    values = {name: _value(columns[name], value) for name, value in version.content.items() if name != "customer_key"}
    return kind(**values)


def _value(kind: Any, value: Any) -> Any:
    """A value of a column, back from JSON."""
    if value is None:
        return None
    if isinstance(kind, UtcDateTime):
        return read_datetime(value)
    if isinstance(kind, Date):
        return date.fromisoformat(value)
    return Decimal(value) if isinstance(kind, ExactDecimal) else value
