"""Accounts (CDS-WG3-01 10.1). Customer-side tables carry the Customer's key, so that they can be distributed by it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from cdsc_server.storage.customers import OfCustomer
from cdsc_server.storage.db import DataBase
from cdsc_server.storage.types import ExactJSON, UtcDateTime


class AccountRow(OfCustomer, DataBase):
    """An Account; embedded objects are kept in the wire shape of the standard."""

    __tablename__ = "accounts"
    __table_args__ = (
        Index(None, "account_id"),
        # For operators, who know nothing but the number on a bill.
        Index(None, "account_number"),
    )

    account_id: Mapped[str] = mapped_column(String, primary_key=True)
    parent_id: Mapped[str | None] = mapped_column(String, default=None)
    customer_number: Mapped[str | None] = mapped_column(String, default=None)
    account_number: Mapped[str] = mapped_column(String)
    #: Entity (10.1.4) or None.
    entity: Mapped[dict[str, Any] | None] = mapped_column(ExactJSON, default=None)
    name: Mapped[str] = mapped_column(String)
    address: Mapped[str] = mapped_column(String)
    types: Mapped[list[str]] = mapped_column(ExactJSON)
    status: Mapped[str] = mapped_column(String)
    contacts: Mapped[list[dict[str, Any]]] = mapped_column(ExactJSON)
    programs: Mapped[list[dict[str, Any]]] = mapped_column(ExactJSON)
    created: Mapped[datetime] = mapped_column(UtcDateTime)
    modified: Mapped[datetime] = mapped_column(UtcDateTime)
    synced: Mapped[datetime] = mapped_column(UtcDateTime)
