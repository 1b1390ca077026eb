"""What the utility's own systems handed in, by the ids they have for it, as they did; and uploads of such records."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from cdsc_server.storage.among import among
from cdsc_server.storage.customers import CustomerRow
from cdsc_server.storage.db import DataBase
from cdsc_server.storage.inserts import insert_into
from cdsc_server.storage.keyset import Cursor, Page, page
from cdsc_server.storage.types import ExactJSON, UtcDateTime


class ProvisionedRow(DataBase):
    """
    A record under an id of the utility's own systems; the id never becomes another record's.

    It names what was made of it. That is what Clients read; this is what the utility said last.
    """

    __tablename__ = "provisioned"
    __table_args__ = (
        UniqueConstraint("kind", "unique_value"),
        Index(None, "kind", "modified", "external_id"),
        Index(None, "kind", "above"),
    )

    #: A domain.provisioned kind.
    kind: Mapped[str] = mapped_column(String, primary_key=True)
    external_id: Mapped[str] = mapped_column(String, primary_key=True)
    #: Id of the record that it stands under.
    above: Mapped[str | None] = mapped_column(String, default=None)
    #: What no other record of the kind may have too, in lower case.
    unique_value: Mapped[str | None] = mapped_column(String, default=None)
    #: Whose it is; None where that changes or it is nobody's.
    customer_id: Mapped[str | None] = mapped_column(ForeignKey("customers.customer_id"), default=None, index=True)
    #: Members as they were handed in, by name.
    body: Mapped[dict[str, Any]] = mapped_column(ExactJSON)
    created: Mapped[datetime] = mapped_column(UtcDateTime)
    modified: Mapped[datetime] = mapped_column(UtcDateTime)


class ProvisioningUploadRow(DataBase):
    """An upload that was taken in: the same one again gets the answer of the first."""

    __tablename__ = "provisioning_uploads"
    __table_args__ = (Index(None, "expires"),)

    #: SHA-256 of who sent it and of the key they gave it.
    upload_id: Mapped[str] = mapped_column(String, primary_key=True)
    content_hash: Mapped[str] = mapped_column(String)
    #: The answer.
    report: Mapped[dict[str, Any]] = mapped_column(ExactJSON)
    expires: Mapped[datetime] = mapped_column(UtcDateTime)


def find_records(session: Session, kind: str, external_ids: Collection[str]) -> dict[str, ProvisionedRow]:
    """Records of a kind by their ids."""
    row = ProvisionedRow
    found = session.scalars(select(row).where(row.kind == kind, among(row.external_id, external_ids)))
    return {each.external_id: each for each in found}


def find_record(session: Session, kind: str, external_id: str) -> ProvisionedRow | None:
    """One record."""
    return session.get(ProvisionedRow, (kind, external_id))


def label_partner_of(session: Session, customer_id: str) -> dict[str, Any] | None:
    """What was handed in of the brand that a Customer has; None for the utility's own."""
    return session.scalar(
        select(ProvisionedRow.body)
        .join(CustomerRow, CustomerRow.label_partner == ProvisionedRow.external_id)
        .where(ProvisionedRow.kind == "label_partner", CustomerRow.customer_id == customer_id)
    )


def records_with(session: Session, kind: str, unique_values: Collection[str]) -> dict[str, str]:
    """By value, the id of the record of a kind that has it."""
    row = ProvisionedRow
    found = session.execute(
        select(row.unique_value, row.external_id).where(row.kind == kind, among(row.unique_value, unique_values))
    )
    return {str(value): external_id for value, external_id in found}


def records_under(session: Session, kind: str, above: Collection[str]) -> list[ProvisionedRow]:
    """Records of a kind that stand under any of these."""
    row = ProvisionedRow
    rows = select(row).where(row.kind == kind, among(row.above, above)).order_by(row.external_id)
    return list(session.scalars(rows))


def records_of_customer(session: Session, kind: str, customer_id: str) -> list[ProvisionedRow]:
    """Records of a kind that belong to a Customer for good."""
    row = ProvisionedRow
    rows = select(row).where(row.customer_id == customer_id, row.kind == kind).order_by(row.external_id)
    return list(session.scalars(rows))


def page_of_records(
    session: Session, kind: str, *, above: str | None, cursor: Cursor | None, size: int
) -> Page[ProvisionedRow]:
    """A page of the records of a kind, the last modified first; only those under one where it is given."""
    row = ProvisionedRow
    rows = select(row).where(row.kind == kind)
    if above is not None:
        rows = rows.where(row.above == above)
    return page(session, rows, at=row.modified, id=row.external_id, cursor=cursor, size=size)


def claim_upload(session: Session, row: ProvisioningUploadRow) -> ProvisioningUploadRow | None:
    """
    Begin an upload; None when it is the first of its id.

    Another one of the same id that is under way at the time is waited for.

    Returns:
        The one that was taken in before.
    """
    values = {name: getattr(row, name) for name in ("upload_id", "content_hash", "report", "expires")}
    statement = insert_into(session, ProvisioningUploadRow).values(values).on_conflict_do_nothing()
    if session.scalar(statement.returning(ProvisioningUploadRow.upload_id)) is not None:
        return None
    return session.get_one(ProvisioningUploadRow, row.upload_id)


def finish_upload(session: Session, upload_id: str, report: dict[str, Any]) -> None:
    """Keep the answer of an upload."""
    row = ProvisioningUploadRow
    session.execute(update(row).where(row.upload_id == upload_id).values(report=report))
