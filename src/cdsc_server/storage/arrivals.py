"""Notes of data that was written, which a job turns into events for webhooks."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple, cast

from sqlalchemy import BigInteger, ColumnElement, Integer, String, Table, and_, delete, insert, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from cdsc_server.domain.grants import GrantStatus
from cdsc_server.domain.webhooks import WebhookStatus
from cdsc_server.storage.db import DataBase
from cdsc_server.storage.grants import GrantRow
from cdsc_server.storage.types import UtcDateTime
from cdsc_server.storage.webhooks import WebhookRow


class Arrived(NamedTuple):
    """
    Who sees what was written.

    Attributes:
        value_type: whoever reads values of this type; None where anybody may.
        at: when it was written; None where a Grant may see it that froze before.
    """

    value_type: str | None = None
    at: datetime | None = None


_ANYTHING: Final = Arrived()


class ArrivalRow(DataBase):
    """That data of a Customer was written. Rows are only added, so that no two writers wait for each other."""

    __tablename__ = "arrivals"

    arrival: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True, init=False
    )
    customer_id: Mapped[str] = mapped_column(String)
    #: What an `Arrived` says.
    value_type: Mapped[str | None] = mapped_column(String, default=None)
    at: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)


_ARRIVALS = cast("Table", ArrivalRow.__table__)


def note_arrivals(session: Session, customer_ids: Collection[str], arrived: Collection[Arrived] = (_ANYTHING,)) -> None:
    """
    Note that data of these Customers was written; nothing as long as there is no webhook.

    Args:
        arrived: what of each of them.
    """
    if customer_ids and arrived and is_anybody_told(session):
        rows = [{"customer_id": each, **one._asdict()} for each in sorted(customer_ids) for one in arrived]
        session.execute(insert(_ARRIVALS), rows)


def is_anybody_told(session: Session) -> bool:
    """Whether there is a webhook."""
    return session.scalars(select(WebhookRow.webhook_id).limit(1)).first() is not None


def take_arrivals(session: Session, *, limit: int) -> Mapping[str, frozenset[Arrived]]:
    """Take the oldest notes away; returns of each Customer what was written."""
    oldest = select(ArrivalRow.arrival).order_by(ArrivalRow.arrival).limit(limit).scalar_subquery()
    taken = session.execute(
        delete(ArrivalRow)
        .where(ArrivalRow.arrival.in_(oldest))
        .returning(ArrivalRow.customer_id, ArrivalRow.value_type, ArrivalRow.at)
        .execution_options(synchronize_session=False)
    )
    found: dict[str, set[Arrived]] = {}
    for customer_id, value_type, at in taken.all():
        found.setdefault(customer_id, set()).add(Arrived(value_type, at))
    return {customer_id: frozenset(arrived) for customer_id, arrived in found.items()}


def customers_told(session: Session, *, after: str, limit: int) -> Sequence[str]:
    """Customers over whom there are Grants that Clients with a webhook are told of; by id, those after one."""
    customer = GrantRow.customer_id
    found = select(customer).where(_is_told(), customer > after).distinct().order_by(customer).limit(limit)
    return [str(each) for each in session.scalars(found)]


def grants_told(session: Session, customer_ids: Collection[str]) -> Sequence[GrantRow]:
    """Live Grants over these Customers whose Clients have a webhook."""
    row = GrantRow
    return session.scalars(
        select(row).where(row.customer_id.in_(customer_ids), _is_told()).order_by(row.grant_id)
    ).all()


def _is_told() -> ColumnElement[bool]:
    told = select(WebhookRow.registration_id).where(WebhookRow.status != WebhookStatus.DISABLED)
    row = GrantRow
    return and_(row.status == GrantStatus.ACTIVE, row.enabled_scope != "", row.registration_id.in_(told))
