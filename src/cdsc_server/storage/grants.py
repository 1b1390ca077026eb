"""Grants and their receipts: the record of what was agreed (CDS-WG1-02 8)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from cdsc_server.storage.db import DataBase
from cdsc_server.storage.types import ExactJSON, UtcDateTime


class GrantRow(DataBase):
    """A Grant (CDS-WG1-02 8.1), with the selection the Customer made and the words the Customer read."""

    __tablename__ = "grants"
    __table_args__ = (
        Index(None, "registration_id", "modified", "grant_id"),
        Index(None, "customer_id", "created"),
        Index(None, "client_id"),
    )

    grant_id: Mapped[str] = mapped_column(String, primary_key=True)
    registration_id: Mapped[str] = mapped_column(ForeignKey("registrations.registration_id"))
    client_id: Mapped[str] = mapped_column(ForeignKey("clients.client_id"))
    #: None for access the Server gave without a Customer (client_credentials).
    customer_id: Mapped[str | None] = mapped_column(ForeignKey("customers.customer_id"), default=None)
    status: Mapped[str] = mapped_column(String)
    scope: Mapped[str] = mapped_column(String)
    #: CDS vocabulary, absolute dates, preselection fields left out (CDS-WG3-01 6.1).
    authorization_details: Mapped[list[dict[str, Any]]] = mapped_column(ExactJSON)
    enabled_scope: Mapped[str] = mapped_column(String)
    enabled_authorization_details: Mapped[list[dict[str, Any]]] = mapped_column(ExactJSON)
    #: What was ticked, one domain/grants.Selection beside each of authorization_details; never sent to the Client.
    selections: Mapped[list[dict[str, Any]]] = mapped_column(ExactJSON)
    states: Mapped[list[str]] = mapped_column(ExactJSON)
    receipt_confirmations: Mapped[list[str]] = mapped_column(ExactJSON)
    created: Mapped[datetime] = mapped_column(UtcDateTime)
    modified: Mapped[datetime] = mapped_column(UtcDateTime)
    not_before: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)
    not_after: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)
    expires: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)


class ReceiptRow(DataBase):
    """What one approval looked like: the frozen words, found by a path nobody can guess."""

    __tablename__ = "receipts"
    __table_args__ = (Index(None, "grant_id"),)

    #: SHA-256 of the secret in the receipt's address.
    path_hash: Mapped[str] = mapped_column(String, primary_key=True)
    path_sealed: Mapped[bytes] = mapped_column()
    confirmation: Mapped[str] = mapped_column(String, unique=True)
    grant_id: Mapped[str] = mapped_column(ForeignKey("grants.grant_id"))
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.customer_id"))
    #: The form's content as it was shown: see services/consent.FrozenForm.
    form: Mapped[dict[str, Any]] = mapped_column(ExactJSON)
    created: Mapped[datetime] = mapped_column(UtcDateTime)
