"""When the documents we publish were first there and last changed; what they say is computed from configuration."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, Session, mapped_column

from cdsc_server.storage.db import DataBase
from cdsc_server.storage.types import UtcDateTime


class PublishedDocumentRow(DataBase):
    """One published document, known by its content's digest."""

    __tablename__ = "published_documents"

    name: Mapped[str] = mapped_column(String, primary_key=True)
    #: SHA-256 of the document without its own dates.
    digest: Mapped[str] = mapped_column(String)
    created: Mapped[datetime] = mapped_column(UtcDateTime)
    updated: Mapped[datetime] = mapped_column(UtcDateTime)


def find(session: Session, name: str) -> PublishedDocumentRow | None:
    """The document of this name; None before its first publication."""
    return session.get(PublishedDocumentRow, name)
