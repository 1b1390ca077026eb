"""Service Contracts (CDS-WG3-01 10.2)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, Index, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from cdsc_server.domain.customer_graph import Kind
from cdsc_server.storage.checked import keep_to_rules
from cdsc_server.storage.customers import OfCustomer, customer_key_of
from cdsc_server.storage.db import DataBase
from cdsc_server.storage.types import ExactJSON, UtcDateTime
from cdsc_server.storage.validity import Held


class ServiceContractRow(OfCustomer, Held, DataBase):
    """A Service Contract; `label` is the Customer's own name for the place, shown on pages only."""

    __tablename__ = "service_contracts"
    __table_args__ = (
        Index(None, "customer_key", "account_id"),
        Index(None, "contract_id"),
        Index(None, "contract_number"),
        # For certificates, which belong to whoever has a price plan.
        Index(None, "rateplan_code"),
    )

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


# The order of the listings: of direct access, which reads across Customers, and of Customers with very many.
Index(None, ServiceContractRow.modified.desc(), ServiceContractRow.contract_id)
Index(None, ServiceContractRow.customer_key, ServiceContractRow.modified.desc(), ServiceContractRow.contract_id)


keep_to_rules(
    ServiceContractRow,
    Kind.SERVICE_CONTRACT,
    {
        "contract_types": "types",
        "contract_entity": "entity",
        "contract_status": "status",
        "service_types": "service_types",
        "service_programs": "programs",
    },
)


def first_contract(session: Session, customer_id: str) -> ServiceContractRow | None:
    """The contract a Customer's list begins with; None when there is none."""
    return session.scalars(
        select(ServiceContractRow)
        .where(ServiceContractRow.customer_key == customer_key_of(customer_id))
        .order_by(ServiceContractRow.label, ServiceContractRow.contract_number, ServiceContractRow.contract_id)
        .limit(1)
    ).first()


def electric_contracts(session: Session, customer_ids: Iterable[str]) -> set[tuple[str, str]]:
    """Customer and id of these Customers' contracts for electricity."""
    row = ServiceContractRow
    keys = [customer_key_of(each) for each in customer_ids]
    rows = session.execute(
        select(row.customer_id, row.contract_id, row.service_types).where(row.customer_key.in_(keys))
    )
    return {(customer_id, contract_id) for customer_id, contract_id, types in rows if "electric" in types}
