"""Bill Sections (CDS-WG3-01 10.6)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from cdsc_server.storage.among import among
from cdsc_server.storage.customers import OfCustomer, customer_key_of
from cdsc_server.storage.db import DataBase
from cdsc_server.storage.types import ExactJSON, UtcDateTime
from cdsc_server.storage.validity import Held


class BillSectionRow(OfCustomer, Held, DataBase):
    """What one service cost on a bill; objects inside it are in wire shape."""

    __tablename__ = "bill_sections"

    bill_section_id: Mapped[str] = mapped_column(String, primary_key=True)
    bill_statement_id: Mapped[str | None] = mapped_column(String, default=None)
    account_id: Mapped[str] = mapped_column(String)
    account_number: Mapped[str] = mapped_column(String)
    types: Mapped[list[str]] = mapped_column(ExactJSON)
    start_date: Mapped[date] = mapped_column(Date)
    end_date: Mapped[date] = mapped_column(Date)
    currency: Mapped[str] = mapped_column(String)
    distribution_entity: Mapped[dict[str, Any] | None] = mapped_column(ExactJSON, default=None)
    supply_entity: Mapped[dict[str, Any] | None] = mapped_column(ExactJSON, default=None)
    contracts: Mapped[list[str]] = mapped_column(ExactJSON)
    service_points: Mapped[list[str]] = mapped_column(ExactJSON)
    meter_devices: Mapped[list[str]] = mapped_column(ExactJSON)
    bill_sections: Mapped[list[str]] = mapped_column(ExactJSON)
    programs: Mapped[list[dict[str, Any]]] = mapped_column(ExactJSON)
    usage_details: Mapped[list[dict[str, Any]]] = mapped_column(ExactJSON)
    cost_details: Mapped[list[dict[str, Any]]] = mapped_column(ExactJSON)
    line_items: Mapped[list[dict[str, Any]]] = mapped_column(ExactJSON)
    created: Mapped[datetime] = mapped_column(UtcDateTime)
    modified: Mapped[datetime] = mapped_column(UtcDateTime)
    synced: Mapped[datetime] = mapped_column(UtcDateTime)


@dataclass(frozen=True, slots=True)
class SectionKey:
    """What decides whether a section is seen, and where it stands in a listing."""

    id: str
    statement_id: str | None
    account_id: str
    account_number: str
    start: date
    end: date
    contracts: Collection[str]
    meter_devices: Collection[str]
    known: datetime
    modified: datetime


def section_keys(session: Session, customer_ids: Collection[str]) -> Mapping[str, Sequence[SectionKey]]:
    """Those of all sections of each of these Customers, without what stands in them."""
    row = BillSectionRow
    columns = (row.bill_section_id, row.bill_statement_id, row.account_id, row.account_number, row.start_date,
               row.end_date, row.contracts, row.meter_devices, row.known, row.modified)  # fmt: skip
    found: dict[str, list[SectionKey]] = {each: [] for each in customer_ids}
    keys = [customer_key_of(each) for each in customer_ids]
    for customer_id, *each in session.execute(select(row.customer_id, *columns).where(row.customer_key.in_(keys))):
        found[customer_id].append(SectionKey(*each))
    return found


def sections_on(
    session: Session, customer_id: str, statement_ids: Collection[str]
) -> Mapping[str, Sequence[BillSectionRow]]:
    """The sections of these statements, by the id of the statement."""
    row = BillSectionRow
    rows = select(row).where(
        row.customer_key == customer_key_of(customer_id), among(row.bill_statement_id, statement_ids)
    )
    found: dict[str, list[BillSectionRow]] = {each: [] for each in statement_ids}
    for section in session.scalars(rows):
        found[section.bill_statement_id or ""].append(section)
    return found


def find_sections(session: Session, wanted: Collection[tuple[str, str]]) -> Mapping[tuple[str, str], BillSectionRow]:
    """The sections of these Customers and ids, by both."""
    row = BillSectionRow
    rows = select(row).where(
        row.customer_key.in_(sorted({customer_key_of(customer_id) for customer_id, _ in wanted})),
        row.bill_section_id.in_(sorted({section_id for _, section_id in wanted})),
    )
    return {(each.customer_id, each.bill_section_id): each for each in session.scalars(rows)} if wanted else {}
