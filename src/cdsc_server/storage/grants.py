"""Grants and their receipts: the record of what was agreed (CDS-WG1-02 8)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    Boolean,
    ColumnElement,
    ForeignKey,
    Index,
    Row,
    String,
    Text,
    and_,
    case,
    func,
    literal,
    or_,
    select,
    text,
    type_coerce,
    update,
)
from sqlalchemy.orm import InstrumentedAttribute, Mapped, Session, mapped_column

from cdsc_server import exact_json
from cdsc_server.domain.grants import FINAL, GrantStatus
from cdsc_server.storage.among import among
from cdsc_server.storage.db import DataBase
from cdsc_server.storage.keyset import Cursor, Page, plain_page
from cdsc_server.storage.types import ExactJSON, UtcDateTime

_OVER: Final = FINAL | {GrantStatus.EXPIRED}
_FUTURE: Final = text("status = 'future'")
_ADMIN: Final = text("admin_of IS NOT NULL")
_ENDED: Final = text("status IN ('revoked', 'closed')")
_UNIDENTIFIED: Final = text("status = 'pending' AND customer_id IS NULL")


class GrantRow(DataBase):
    """A Grant (CDS-WG1-02 8.1), with the selection the Customer made and the words the Customer read."""

    __tablename__ = "grants"
    __table_args__ = (
        Index(None, "registration_id", "modified", "grant_id"),
        Index(None, "customer_id", "created"),
        Index(None, "client_id"),
        Index(None, "parent_id"),
        # For the work that moves a Grant when its time has come; most have neither.
        Index(None, "expires", sqlite_where=text("expires IS NOT NULL"), postgresql_where=text("expires IS NOT NULL")),
        Index(None, "not_before", sqlite_where=_FUTURE, postgresql_where=_FUTURE),
        # For Grants that wait for data, which are few.
        Index(
            "ix_grants_loading",
            "customer_id",
            sqlite_where=text("loading IS NOT NULL"),
            postgresql_where=text("loading IS NOT NULL"),
        ),
        # For counting what ended on a day.
        Index("ix_grants_ended", "modified", sqlite_where=_ENDED, postgresql_where=_ENDED),
        Index(None, "admin_of", sqlite_where=_ADMIN, postgresql_where=_ADMIN),
        # For the queue of Grants of which nobody knows whose they are.
        Index(None, "created", "grant_id", sqlite_where=_UNIDENTIFIED, postgresql_where=_UNIDENTIFIED),
    )

    grant_id: Mapped[str] = mapped_column(String, primary_key=True)
    registration_id: Mapped[str] = mapped_column(ForeignKey("registrations.registration_id"))
    client_id: Mapped[str] = mapped_column(ForeignKey("clients.client_id"))
    #: The Grant this one is a part of.
    parent_id: Mapped[str | None] = mapped_column(ForeignKey("grants.grant_id"), default=None)
    #: Of a Grant Admin's own Grant, the Grant it administers.
    admin_of: Mapped[str | None] = mapped_column(ForeignKey("grants.grant_id"), default=None)
    #: None for access the Server gave without a Customer (client_credentials).
    customer_id: Mapped[str | None] = mapped_column(ForeignKey("customers.customer_id"), default=None)
    status: Mapped[str] = mapped_column(String)
    #: While suspended, the status it goes back to.
    status_before: Mapped[str | None] = mapped_column(String, default=None)
    #: While suspended: its Customer paused it, and may let it go on.
    paused: Mapped[bool] = mapped_column(Boolean, default=False)
    scope: Mapped[str] = mapped_column(String)
    #: CDS vocabulary, absolute dates, preselection fields left out (CDS-WG3-01 6.1).
    authorization_details: Mapped[list[dict[str, Any]]] = mapped_column(ExactJSON)
    enabled_scope: Mapped[str] = mapped_column(String)
    enabled_authorization_details: Mapped[list[dict[str, Any]]] = mapped_column(ExactJSON)
    #: What was ticked, a domain/grants.Selection beside each of enabled_authorization_details; not for the Client.
    selections: Mapped[list[dict[str, Any]]] = mapped_column(ExactJSON)
    states: Mapped[list[str]] = mapped_column(ExactJSON)
    receipt_confirmations: Mapped[list[str]] = mapped_column(ExactJSON)
    created: Mapped[datetime] = mapped_column(UtcDateTime)
    modified: Mapped[datetime] = mapped_column(UtcDateTime)
    not_before: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)
    #: While a change of it waits for an operator: the id of its Message, and what the Grant was before.
    review: Mapped[dict[str, Any] | None] = mapped_column(ExactJSON, default=None)
    #: What was agreed to and waits for late data: entries, each with its selection; None when nothing does.
    loading: Mapped[list[dict[str, Any]] | None] = mapped_column(ExactJSON, default=None)
    #: Whether some of it never came.
    failed_loading: Mapped[bool] = mapped_column(default=False)
    #: While pending, about when that ends.
    eta: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)
    expires: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)


class ReplacementRow(DataBase):
    """A Grant that took the place of another."""

    __tablename__ = "grant_replacements"
    __table_args__ = (Index(None, "replaced_id"),)

    grant_id: Mapped[str] = mapped_column(ForeignKey("grants.grant_id"), primary_key=True)
    replaced_id: Mapped[str] = mapped_column(ForeignKey("grants.grant_id"), primary_key=True)


class ReceiptRow(DataBase):
    """What one approval looked like: the frozen words, found by a path nobody can guess."""

    __tablename__ = "receipts"
    __table_args__ = (Index(None, "grant_id"), Index(None, "created"))

    #: SHA-256 of the secret in the receipt's address.
    path_hash: Mapped[str] = mapped_column(String, primary_key=True)
    path_sealed: Mapped[bytes] = mapped_column()
    confirmation: Mapped[str] = mapped_column(String, unique=True)
    grant_id: Mapped[str] = mapped_column(ForeignKey("grants.grant_id"))
    #: None while it is not known who it was that did not sign in.
    customer_id: Mapped[str | None] = mapped_column(ForeignKey("customers.customer_id"))
    #: The form's content as it was shown: see services/receipts.frozen.
    form: Mapped[dict[str, Any]] = mapped_column(ExactJSON)
    #: Of somebody who did not sign in: the address that was proven as `contact`, and what they named as `selections`.
    stated: Mapped[dict[str, Any] | None] = mapped_column(ExactJSON, default=None)
    created: Mapped[datetime] = mapped_column(UtcDateTime)

    @property
    def unidentified(self) -> bool:
        """Whether nobody knows yet who it was that did not sign in; its Grant has opened nothing then."""
        return self.customer_id is None and self.stated is not None


@dataclass(frozen=True)
class GrantFilters:
    """Filters of the Grants listing (CDS-WG1-02 8.5); None filters nothing, several intersect."""

    grant_ids: Collection[str] | None = None
    parents: Collection[str] | None = None
    statuses: Collection[str] | None = None
    client_ids: Collection[str] | None = None
    scopes: Collection[str] | None = None
    states: Collection[str] | None = None
    receipt_confirmations: Collection[str] | None = None
    after: datetime | None = None
    before: datetime | None = None


@dataclass(frozen=True)
class Relatives:
    """grant_ids of the Grants around one, in the order they came."""

    children: tuple[str, ...] = ()
    replacing: tuple[str, ...] = ()
    replaced_by: tuple[str, ...] = ()


def find_grant(session: Session, grant_id: str, *, registration_id: str, lock: bool = False) -> GrantRow | None:
    """The Grant; None when there is none, or none of this registration."""
    statement = select(GrantRow).where(GrantRow.grant_id == grant_id, GrantRow.registration_id == registration_id)
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    return session.scalars(statement).one_or_none()


def relatives_of(session: Session, grant_ids: Collection[str]) -> Mapping[str, Relatives]:
    """What stands around each of these Grants; two statements, however many there are."""
    if not grant_ids:
        return {}
    found: dict[str, dict[str, list[str]]] = {
        grant_id: {"children": [], "replacing": [], "replaced_by": []} for grant_id in grant_ids
    }
    order = (GrantRow.created, GrantRow.grant_id)
    parts = select(GrantRow.parent_id, GrantRow.grant_id).where(among(GrantRow.parent_id, grant_ids)).order_by(*order)
    for parent_id, grant_id in session.execute(parts):
        found[str(parent_id)]["children"].append(grant_id)
    # Not a join: PostgreSQL would read every Grant there is to put a few in order.
    created = select(GrantRow.created).where(GrantRow.grant_id == ReplacementRow.grant_id).scalar_subquery()
    swaps = (
        select(ReplacementRow.grant_id, ReplacementRow.replaced_id)
        .where(or_(among(ReplacementRow.grant_id, grant_ids), among(ReplacementRow.replaced_id, grant_ids)))
        .order_by(created, ReplacementRow.grant_id, ReplacementRow.replaced_id)
    )
    for grant_id, replaced_id in session.execute(swaps):
        if grant_id in found:
            found[grant_id]["replacing"].append(replaced_id)
        if replaced_id in found:
            found[replaced_id]["replaced_by"].append(grant_id)
    return {
        grant_id: Relatives(**{name: tuple(ids) for name, ids in lists.items()}) for grant_id, lists in found.items()
    }


def grants_by_id(session: Session, grant_ids: Collection[str]) -> dict[str, GrantRow]:
    """These Grants, of any registration."""
    return {row.grant_id: row for row in session.scalars(select(GrantRow).where(GrantRow.grant_id.in_(grant_ids)))}


def lock_grant(session: Session, grant_id: str) -> GrantRow | None:
    """The Grant of any registration, held until this transaction ends."""
    statement = select(GrantRow).where(GrantRow.grant_id == grant_id).with_for_update()
    return session.scalars(statement.execution_options(populate_existing=True)).one_or_none()


def latest_own_grant(session: Session, client_id: str, *, admin_of: str | None, lock: bool = False) -> GrantRow | None:
    """
    The newest Grant that a Client Object has for itself; None when it never had one.

    Args:
        admin_of: of a Grant Admin, the Grant it administers.
    """
    statement = (
        select(GrantRow)
        .where(
            GrantRow.client_id == client_id,
            GrantRow.admin_of.is_(None) if admin_of is None else GrantRow.admin_of == admin_of,
        )
        .order_by(GrantRow.created.desc(), GrantRow.grant_id.desc())
        .limit(1)
    )
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    return session.scalars(statement).one_or_none()


def own_grants_of(session: Session, client_id: str, *, limit: int) -> Sequence[GrantRow]:
    """The newest Grants that a Client Object has for itself, without those it closed or that ran out."""
    return session.scalars(
        select(GrantRow)
        .where(
            GrantRow.client_id == client_id,
            GrantRow.status.not_in((GrantStatus.CLOSED, GrantStatus.EXPIRED)),
        )
        .order_by(GrantRow.created.desc(), GrantRow.grant_id.desc())
        .limit(limit)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()


def open_without_customer(session: Session) -> Sequence[GrantRow]:
    """The Grants that Clients have for themselves, as far as they open something or may soon."""
    statuses = (GrantStatus.PENDING, GrantStatus.NEEDS_SUB_GRANTS, GrantStatus.ACTIVE)
    return session.scalars(
        select(GrantRow)
        .where(GrantRow.customer_id.is_(None), GrantRow.admin_of.is_(None), GrantRow.status.in_(statuses))
        .order_by(GrantRow.grant_id)
    ).all()


def admin_grants_of(session: Session, grant_id: str) -> Sequence[GrantRow]:
    """The Grants that Grant Admins have of a Grant, held until this transaction ends."""
    statement = select(GrantRow).where(GrantRow.admin_of == grant_id).order_by(GrantRow.grant_id).with_for_update()
    return session.scalars(statement.execution_options(populate_existing=True)).all()


def parts_of(session: Session, parent_id: str) -> Sequence[GrantRow]:
    """The sub-Grants of a Grant, as they are stored now."""
    statement = select(GrantRow).where(GrantRow.parent_id == parent_id)
    return session.scalars(statement.execution_options(populate_existing=True)).all()


def parts_by_parent(session: Session, parent_ids: Collection[str]) -> dict[str, list[GrantRow]]:
    """The sub-Grants of these Grants, by the id of the Grant; one statement, however many there are."""
    found: dict[str, list[GrantRow]] = {parent_id: [] for parent_id in parent_ids}
    statement = select(GrantRow).where(among(GrantRow.parent_id, found)).order_by(GrantRow.created, GrantRow.grant_id)
    for row in session.scalars(statement):
        found[str(row.parent_id)].append(row)
    return found


def loading_grants(session: Session, customer_id: str | None = None) -> Sequence[GrantRow]:
    """The Grants, of a Customer or of anybody, that wait for late data and have not ended; held until this ends."""
    statement = select(GrantRow).where(GrantRow.loading.is_not(None), GrantRow.status.not_in(_OVER))
    if customer_id is not None:
        statement = statement.where(GrantRow.customer_id == customer_id)
    statement = statement.order_by(GrantRow.grant_id).with_for_update()
    return session.scalars(statement.execution_options(populate_existing=True)).all()


def in_review(session: Session, grant_ids: Collection[str]) -> Sequence[GrantRow]:
    """Those of these Grants of which a change waits for an operator, as they are stored now."""
    if not grant_ids:
        return []
    statement = select(GrantRow).where(among(GrantRow.grant_id, grant_ids), GrantRow.review.is_not(None))
    return session.scalars(statement.execution_options(populate_existing=True)).all()


def add_replacements(session: Session, grant_id: str, replaced: Collection[str]) -> None:
    """Note that a Grant took the place of these."""
    session.add_all(ReplacementRow(grant_id=grant_id, replaced_id=replaced_id) for replaced_id in replaced)
    session.flush()


def list_grants(
    session: Session, registration_id: str, filters: GrantFilters, *, now: datetime, cursor: Cursor | None, size: int
) -> Page[Row[Any]]:
    """Grants of a registration, last modified first; statuses as they are at `now`."""
    return plain_page(
        session,
        GrantRow.__table__,
        GrantRow.registration_id == registration_id,
        *_conditions(filters, now),
        at=GrantRow.modified,
        id=GrantRow.grant_id,
        cursor=cursor,
        size=size,
    )


def _conditions(filters: GrantFilters, now: datetime) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if filters.grant_ids is not None:
        conditions.append(GrantRow.grant_id.in_(filters.grant_ids))
    if filters.parents is not None:
        conditions.append(GrantRow.parent_id.in_(filters.parents))
    if filters.statuses is not None:
        conditions.append(_status_at(now).in_(filters.statuses))
    if filters.client_ids is not None:
        conditions.append(GrantRow.client_id.in_(filters.client_ids))
    if filters.scopes is not None:
        conditions.append(or_(literal(value=False), *map(_in_scope, filters.scopes)))
    for wanted, column in (
        (filters.states, GrantRow.states),
        (filters.receipt_confirmations, GrantRow.receipt_confirmations),
    ):
        if wanted is not None:
            conditions.append(or_(literal(value=False), *(_holds(column, _json(value)) for value in wanted)))
    if filters.after is not None:
        conditions.append(GrantRow.created >= filters.after)
    if filters.before is not None:
        conditions.append(GrantRow.created <= filters.before)
    return conditions


def _status_at(now: datetime) -> ColumnElement[str]:
    """The status at `now`, as domain.grants.status_at says it for a row in hand."""
    over = and_(GrantRow.status.not_in(FINAL), GrantRow.expires.is_not(None), GrantRow.expires <= now)
    begun = and_(GrantRow.status == GrantStatus.FUTURE, or_(GrantRow.not_before.is_(None), GrantRow.not_before <= now))
    return case((over, GrantStatus.EXPIRED.value), (begun, GrantStatus.ACTIVE.value), else_=GrantRow.status)


def _in_scope(word: str) -> ColumnElement[bool]:
    spaced = literal(" ") + GrantRow.scope + literal(" ")
    return or_(
        func.replace(spaced, f" {word} ", "") != spaced,
        _holds(GrantRow.authorization_details, f'"type":{_json(word)}'),
    )


def _holds(column: InstrumentedAttribute[Any], part: str) -> ColumnElement[bool]:
    """Whether stored JSON has this part; unlike LIKE, which on SQLite takes upper and lower case for the same."""
    stored = type_coerce(column, Text)
    return func.replace(stored, part, "") != stored


def _json(value: str) -> str:
    return exact_json.dumps(value).decode()


def grant_of_customer(session: Session, grant_id: str, customer_id: str | None) -> GrantRow | None:
    """The Grant of this Customer, or with None of nobody known; None when there is none, or none of theirs."""
    statement = select(GrantRow).where(GrantRow.grant_id == grant_id, GrantRow.customer_id == customer_id)
    return session.scalars(statement).one_or_none()


def grants_of_customer(session: Session, customer_id: str) -> Sequence[GrantRow]:
    """Every Grant of a Customer, the latest first."""
    return session.scalars(
        select(GrantRow)
        .where(GrantRow.customer_id == customer_id)
        .order_by(GrantRow.created.desc(), GrantRow.grant_id.desc())
    ).all()


def stop_grant(session: Session, grant_id: str, customer_id: str | None, *, now: datetime) -> bool:
    """End a Grant for its Customer, or with None of nobody known; False when it had ended, or is not theirs."""
    stopped = session.execute(
        update(GrantRow)
        .where(GrantRow.grant_id == grant_id, GrantRow.customer_id == customer_id, GrantRow.status.not_in(_OVER))
        .values(
            status=GrantStatus.REVOKED,
            enabled_scope="",
            enabled_authorization_details=[],
            modified=now,
        )
        .returning(GrantRow.grant_id)
        .execution_options(synchronize_session=False)
    )
    return stopped.one_or_none() is not None


def find_receipt(session: Session, path_hash: str) -> ReceiptRow | None:
    """The receipt at the address with this hash."""
    return session.get(ReceiptRow, path_hash)


def latest_receipt(session: Session, grant_id: str) -> ReceiptRow | None:
    """The newest receipt of a Grant."""
    return session.scalars(
        select(ReceiptRow).where(ReceiptRow.grant_id == grant_id).order_by(ReceiptRow.created.desc()).limit(1)
    ).one_or_none()


def receipts_of_grants(session: Session, grant_ids: Collection[str]) -> Sequence[ReceiptRow]:
    """The receipts of these Grants, the oldest first."""
    return session.scalars(
        select(ReceiptRow).where(ReceiptRow.grant_id.in_(grant_ids)).order_by(ReceiptRow.created)
    ).all()


def confirmation_taken(session: Session, confirmation: str) -> bool:
    """Whether a receipt has this confirmation number."""
    return (
        session.scalars(select(ReceiptRow.grant_id).where(ReceiptRow.confirmation == confirmation)).first() is not None
    )
