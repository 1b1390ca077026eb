"""Bill Statements (CDS-WG3-01 10.5)."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Date, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from cdsc_server.storage.customers import OfCustomer
from cdsc_server.storage.db import DataBase
from cdsc_server.storage.types import ExactDecimal, ExactJSON, UtcDateTime


class BillStatementRow(OfCustomer, DataBase):
    """A Bill Statement: unpaid balance plus charges that count make exactly `amount_due` (10.5.1)."""

    __tablename__ = "bill_statements"
    __table_args__ = (Index(None, "customer_key", "account_id", "statement_date"),)

    bill_statement_id: Mapped[str] = mapped_column(String, primary_key=True)
    account_id: Mapped[str] = mapped_column(String)
    account_number: Mapped[str] = mapped_column(String)
    statement_date: Mapped[date] = mapped_column(Date)
    currency: Mapped[str] = mapped_column(String)
    previous_balance_amount: Mapped[Decimal] = mapped_column(ExactDecimal)
    previous_balance_paid: Mapped[Decimal] = mapped_column(ExactDecimal)
    previous_balance_unpaid: Mapped[Decimal] = mapped_column(ExactDecimal)
    new_charges_amount: Mapped[Decimal] = mapped_column(ExactDecimal)
    #: NewCharge objects (10.5.2) in wire shape.
    new_charges: Mapped[list[dict[str, Any]]] = mapped_column(ExactJSON)
    new_balance_amount: Mapped[Decimal] = mapped_column(ExactDecimal)
    amount_due: Mapped[Decimal] = mapped_column(ExactDecimal)
    amount_due_date: Mapped[date] = mapped_column(Date)
    created: Mapped[datetime] = mapped_column(UtcDateTime)
    modified: Mapped[datetime] = mapped_column(UtcDateTime)
    synced: Mapped[datetime] = mapped_column(UtcDateTime)
