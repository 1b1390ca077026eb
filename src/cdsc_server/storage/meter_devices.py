"""Meter Devices and where they are installed over time (CDS-WG3-01 10.4)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from cdsc_server.domain.customer_graph import Kind
from cdsc_server.storage.checked import keep_to_rules
from cdsc_server.storage.customers import OfCustomer, customer_key_of
from cdsc_server.storage.db import DataBase
from cdsc_server.storage.types import ExactJSON, UtcDateTime
from cdsc_server.storage.validity import Held


class MeterDeviceRow(OfCustomer, Held, DataBase):
    """A Meter Device."""

    __tablename__ = "meter_devices"
    __table_args__ = (
        Index(None, "meter_device_id"),
        Index(None, "meter_number"),
    )

    meter_device_id: Mapped[str] = mapped_column(String, primary_key=True)
    meter_number: Mapped[str | None] = mapped_column(String)
    types: Mapped[list[str]] = mapped_column(ExactJSON)
    apps: Mapped[list[dict[str, Any]]] = mapped_column(ExactJSON)
    created: Mapped[datetime] = mapped_column(UtcDateTime)
    modified: Mapped[datetime] = mapped_column(UtcDateTime)
    synced: Mapped[datetime] = mapped_column(UtcDateTime)


# The order of the listings: of direct access, which reads across Customers, and of Customers with very many.
Index(None, MeterDeviceRow.modified.desc(), MeterDeviceRow.meter_device_id)
Index(None, MeterDeviceRow.customer_key, MeterDeviceRow.modified.desc(), MeterDeviceRow.meter_device_id)


keep_to_rules(
    MeterDeviceRow,
    Kind.METER_DEVICE,
    {"meter_types": "types", "meter_apps": "apps"},
)


class InstallationRow(OfCustomer, DataBase):
    """That a Meter Device is or was installed at a Service Point, in [start, end)."""

    __tablename__ = "meter_installations"
    # The key from the other side, as long as the key: PostgreSQL prefers a shorter index even where it fits less.
    __table_args__ = (
        Index(
            "ix_meter_installations_by_service_point", "customer_key", "service_point_id", "meter_device_id", "start"
        ),
    )

    meter_device_id: Mapped[str] = mapped_column(String, primary_key=True)
    service_point_id: Mapped[str] = mapped_column(String, primary_key=True)
    start: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    end: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)


def installations_of(
    session: Session, *, customer_id: str, service_point_id: str, meter_device_id: str
) -> Sequence[InstallationRow]:
    """When a Meter Device was installed at a Service Point, the earliest time first."""
    return session.scalars(
        select(InstallationRow)
        .where(
            InstallationRow.customer_key == customer_key_of(customer_id),
            InstallationRow.service_point_id == service_point_id,
            InstallationRow.meter_device_id == meter_device_id,
        )
        .order_by(InstallationRow.start)
    ).all()


def first_meter(session: Session, customer_id: str) -> MeterDeviceRow | None:
    """The Meter Device with the first number of a Customer; None when there is none."""
    return session.scalars(
        select(MeterDeviceRow)
        .where(MeterDeviceRow.customer_key == customer_key_of(customer_id))
        .order_by(MeterDeviceRow.meter_number, MeterDeviceRow.meter_device_id)
        .limit(1)
    ).first()
