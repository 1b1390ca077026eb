"""Service Points and the contracts served there over time (CDS-WG3-01 10.3)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Index, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from cdsc_server.domain.customer_graph import Kind
from cdsc_server.storage.checked import keep_to_rules
from cdsc_server.storage.customers import OfCustomer, customer_key_of
from cdsc_server.storage.db import DataBase
from cdsc_server.storage.types import ExactDecimal, ExactJSON, UtcDateTime
from cdsc_server.storage.validity import Held


class ServicePointRow(OfCustomer, Held, DataBase):
    """A Service Point as one Customer knows it: the next occupant of the place has a row of their own."""

    __tablename__ = "service_points"
    __table_args__ = (
        Index(None, "service_point_id"),
        Index(None, "servicepoint_number"),
    )

    service_point_id: Mapped[str] = mapped_column(String, primary_key=True)
    servicepoint_number: Mapped[str | None] = mapped_column(String)
    types: Mapped[list[str]] = mapped_column(ExactJSON)
    address: Mapped[str | None] = mapped_column(String)
    latitude: Mapped[Decimal | None] = mapped_column(ExactDecimal, default=None)
    longitude: Mapped[Decimal | None] = mapped_column(ExactDecimal, default=None)
    premises: Mapped[list[dict[str, Any]]] = mapped_column(ExactJSON)
    #: Extension field cdsc_voltage (11.6): nominal volts, None when unknown.
    voltage: Mapped[Decimal | None] = mapped_column(ExactDecimal, default=None)
    created: Mapped[datetime] = mapped_column(UtcDateTime)
    modified: Mapped[datetime] = mapped_column(UtcDateTime)
    synced: Mapped[datetime] = mapped_column(UtcDateTime)


# The order of the listings: of direct access, which reads across Customers, and of Customers with very many.
Index(None, ServicePointRow.modified.desc(), ServicePointRow.service_point_id)
Index(None, ServicePointRow.customer_key, ServicePointRow.modified.desc(), ServicePointRow.service_point_id)


keep_to_rules(
    ServicePointRow,
    Kind.SERVICE_POINT,
    {"servicepoint_types": "types", "premises": "premises"},
)


class ServedContractRow(OfCustomer, DataBase):
    """That a contract is or was served at a Service Point, in [start, end)."""

    __tablename__ = "served_contracts"
    # The key from the other side, as long as the key: PostgreSQL prefers a shorter index even where it fits less.
    __table_args__ = (
        Index("ix_served_contracts_by_contract", "customer_key", "contract_id", "service_point_id", "start"),
    )

    service_point_id: Mapped[str] = mapped_column(String, primary_key=True)
    contract_id: Mapped[str] = mapped_column(String, primary_key=True)
    start: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    end: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)


def served_contracts_of(
    session: Session, *, customer_id: str, service_point_id: str, contract_id: str
) -> Sequence[ServedContractRow]:
    """When a contract was served at a Service Point, the earliest time first."""
    return session.scalars(
        select(ServedContractRow)
        .where(
            ServedContractRow.customer_key == customer_key_of(customer_id),
            ServedContractRow.service_point_id == service_point_id,
            ServedContractRow.contract_id == contract_id,
        )
        .order_by(ServedContractRow.start)
    ).all()


def points_numbered(session: Session, customer_ids: Collection[str]) -> Mapping[str, Sequence[str | None]]:
    """The numbers of these Customers' Service Points, by Customer; those without a Service Point are left out."""
    row = ServicePointRow
    keys = [customer_key_of(each) for each in customer_ids]
    found: dict[str, list[str | None]] = {}
    for customer_id, number in session.execute(
        select(row.customer_id, row.servicepoint_number).where(row.customer_key.in_(keys))
    ):
        found.setdefault(customer_id, []).append(number)
    return found
