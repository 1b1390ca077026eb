"""Files the Server shares with a Client; their bytes are in the BlobStore (CDS-WG1-02 9)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from cdsc_server.storage.db import DataBase
from cdsc_server.storage.grants import GrantRow
from cdsc_server.storage.keyset import Cursor, Page, page
from cdsc_server.storage.types import UtcDateTime


class ServerFileRow(DataBase):
    """A Server-Provided File (CDS-WG1-02 9.1), shared by one Grant."""

    __tablename__ = "server_files"
    __table_args__ = (Index(None, "grant_id", "modified", "file_id"),)

    file_id: Mapped[str] = mapped_column(String, primary_key=True)
    grant_id: Mapped[str] = mapped_column(ForeignKey("grants.grant_id"))
    name: Mapped[str] = mapped_column(String)
    description: Mapped[str] = mapped_column(String)
    mime_type: Mapped[str] = mapped_column(String)
    size: Mapped[int] = mapped_column(BigInteger)
    content_hash: Mapped[str] = mapped_column(String)
    created: Mapped[datetime] = mapped_column(UtcDateTime)
    modified: Mapped[datetime] = mapped_column(UtcDateTime)
    #: Since when the Server shares it no more.
    withdrawn: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)


def find_file(session: Session, file_id: str) -> ServerFileRow | None:
    """The file, withdrawn ones too."""
    return session.get(ServerFileRow, file_id)


def list_shared(session: Session, registration_id: str, *, cursor: Cursor | None, size: int) -> Page[ServerFileRow]:
    """Every file that was shared with a registration, last modified first; withdrawn ones too."""
    return page(
        session,
        select(ServerFileRow)
        .join(GrantRow, GrantRow.grant_id == ServerFileRow.grant_id)
        .where(GrantRow.registration_id == registration_id),
        at=ServerFileRow.modified,
        id=ServerFileRow.file_id,
        cursor=cursor,
        size=size,
    )


def list_files(
    session: Session, grant_id: str, file_ids: Collection[str], *, cursor: Cursor | None, size: int
) -> Page[ServerFileRow]:
    """Those of these files that the Grant shares, last modified first."""
    return page(
        session,
        select(ServerFileRow).where(
            ServerFileRow.grant_id == grant_id,
            ServerFileRow.file_id.in_(file_ids),
            ServerFileRow.withdrawn.is_(None),
        ),
        at=ServerFileRow.modified,
        id=ServerFileRow.file_id,
        cursor=cursor,
        size=size,
    )
