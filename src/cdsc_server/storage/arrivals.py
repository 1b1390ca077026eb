"""Notes of data that was written, which a job turns into events for webhooks."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import cast

from sqlalchemy import BigInteger, Integer, String, Table, delete, insert, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from cdsc_server.domain.grants import GrantStatus
from cdsc_server.domain.webhooks import WebhookStatus
from cdsc_server.storage.db import DataBase
from cdsc_server.storage.grants import GrantRow
from cdsc_server.storage.webhooks import WebhookRow


class ArrivalRow(DataBase):
    """That data of a Customer was written. Rows are only added, so that no two writers wait for each other."""

    __tablename__ = "arrivals"

    arrival: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True, init=False
    )
    customer_id: Mapped[str] = mapped_column(String)


_ARRIVALS = cast("Table", ArrivalRow.__table__)


def note_arrivals(session: Session, customer_ids: Collection[str]) -> None:
    """Note that data of these Customers was written; nothing as long as there is no webhook."""
    if customer_ids and session.scalars(select(WebhookRow.webhook_id).limit(1)).first() is not None:
        session.execute(insert(_ARRIVALS), [{"customer_id": each} for each in sorted(customer_ids)])


def take_arrivals(session: Session, *, limit: int) -> frozenset[str]:
    """Take the oldest notes away; returns whose data was written."""
    oldest = select(ArrivalRow.arrival).order_by(ArrivalRow.arrival).limit(limit).scalar_subquery()
    taken = session.scalars(
        delete(ArrivalRow)
        .where(ArrivalRow.arrival.in_(oldest))
        .returning(ArrivalRow.customer_id)
        .execution_options(synchronize_session=False)
    )
    return frozenset(taken.all())


def grants_told(session: Session, customer_ids: Collection[str]) -> Sequence[tuple[str, str]]:
    """Live Grants over these Customers whose Clients have a webhook; grant_id and registration_id of each."""
    grant = GrantRow
    told = select(WebhookRow.registration_id).where(WebhookRow.status != WebhookStatus.DISABLED)
    found = session.execute(
        select(grant.grant_id, grant.registration_id)
        .where(
            grant.customer_id.in_(customer_ids),
            grant.status == GrantStatus.ACTIVE,
            grant.enabled_scope != "",
            grant.registration_id.in_(told),
        )
        .order_by(grant.grant_id)
    )
    return [(grant_id, registration_id) for grant_id, registration_id in found]
