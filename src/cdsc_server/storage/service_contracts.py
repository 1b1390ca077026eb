"""Service Contracts (CDS-WG3-01 10.2)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from cdsc_server.storage.db import DataBase
from cdsc_server.storage.types import ExactJSON, UtcDateTime


class ServiceContractRow(DataBase):
    """A Service Contract; `label` is the Customer's own name for the place, shown on pages only."""

    __tablename__ = "service_contracts"
    __table_args__ = (Index(None, "customer_id", "account_id"), Index(None, "contract_id"))

    customer_id: Mapped[str] = mapped_column(String, primary_key=True)
    contract_id: Mapped[str] = mapped_column(String, primary_key=True)
    account_id: Mapped[str] = mapped_column(String)
    contract_number: Mapped[str | None] = mapped_column(String)
    label: Mapped[str] = mapped_column(String)
    address: Mapped[str] = mapped_column(String)
    types: Mapped[list[str]] = mapped_column(ExactJSON)
    entity: Mapped[dict[str, Any] | None] = mapped_column(ExactJSON, default=None)
    status: Mapped[str] = mapped_column(String)
    contract_start: Mapped[date] = mapped_column(Date)
    contract_end: Mapped[date | None] = mapped_column(Date, default=None)
    service_types: Mapped[list[str]] = mapped_column(ExactJSON)
    rateplan_code: Mapped[str] = mapped_column(String)
    rateplan_name: Mapped[str] = mapped_column(String)
    programs: Mapped[list[dict[str, Any]]] = mapped_column(ExactJSON)
    created: Mapped[datetime] = mapped_column(UtcDateTime)
    modified: Mapped[datetime] = mapped_column(UtcDateTime)
    synced: Mapped[datetime] = mapped_column(UtcDateTime)
