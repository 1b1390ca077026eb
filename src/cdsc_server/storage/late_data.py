"""Data of Customers that this Server does not have yet, and when it probably will (CDS-WG3-01 6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, String, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from cdsc_server.storage.db import DataBase
from cdsc_server.storage.types import UtcDateTime


class LateDataRow(DataBase):
    """That what a scope opens of a Customer is still on its way."""

    __tablename__ = "late_data"

    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.customer_id"), primary_key=True)
    scope: Mapped[str] = mapped_column(String, primary_key=True)
    eta: Mapped[datetime] = mapped_column(UtcDateTime)


def late_of(session: Session, customer_id: str) -> Mapping[str, datetime]:
    """The scopes whose data of a Customer is late, each with when it is expected."""
    row = LateDataRow
    rows = session.execute(select(row.scope, row.eta).where(row.customer_id == customer_id))
    return {scope: eta for scope, eta in rows}  # noqa: C416  (a Row is no pair to mypy)


def every_late(session: Session) -> Sequence[LateDataRow]:
    """All that is late, what is expected first in front."""
    return session.scalars(select(LateDataRow).order_by(LateDataRow.eta, LateDataRow.customer_id)).all()


def set_late(session: Session, customer_id: str, scope: str, eta: datetime) -> None:
    """Note that data is late, or expected at another time than before."""
    session.merge(LateDataRow(customer_id=customer_id, scope=scope, eta=eta))
    session.flush()


def clear_late(session: Session, customer_id: str, scope: str) -> bool:
    """Note that data is there; False when nobody waited for it."""
    row = LateDataRow
    gone = delete(row).where(row.customer_id == customer_id, row.scope == scope).returning(row.scope)
    found = session.execute(gone.execution_options(synchronize_session=False)).one_or_none()
    session.expire_all()
    return found is not None
