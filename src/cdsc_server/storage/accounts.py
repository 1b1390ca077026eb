"""Accounts (CDS-WG3-01 10.1). Customer-side tables carry the Customer's key, so that they can be distributed by it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from cdsc_server.domain.customer_graph import Kind
from cdsc_server.storage.among import among
from cdsc_server.storage.checked import keep_to_rules
from cdsc_server.storage.customers import OfCustomer, customer_key_of
from cdsc_server.storage.db import DataBase
from cdsc_server.storage.types import ExactJSON, UtcDateTime
from cdsc_server.storage.validity import Held


class AccountRow(OfCustomer, Held, DataBase):
    """An Account; embedded objects are kept in the wire shape of the standard."""

    __tablename__ = "accounts"
    __table_args__ = (
        Index(None, "account_id"),
        Index(None, "customer_key", "parent_id"),
        # For operators, who know nothing but the number on a bill.
        Index(None, "account_number"),
    )

    account_id: Mapped[str] = mapped_column(String, primary_key=True)
    parent_id: Mapped[str | None] = mapped_column(String, default=None)
    customer_number: Mapped[str | None] = mapped_column(String, default=None)
    #: In the order of Python's strings, whatever the language of the database: some listings stand in it.
    account_number: Mapped[str] = mapped_column(String().with_variant(String(collation="C"), "postgresql"))
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


# The order of the listings: of direct access, which reads across Customers, and of Customers with very many.
Index(None, AccountRow.modified.desc(), AccountRow.account_id)
Index(None, AccountRow.customer_key, AccountRow.modified.desc(), AccountRow.account_id)


keep_to_rules(
    AccountRow,
    Kind.ACCOUNT,
    {
        "account_entity": "entity",
        "account_types": "types",
        "account_status": "status",
        "account_contacts": "contacts",
        "account_programs": "programs",
    },
)


def customers_by_number(session: Session, number: str, *, limit: int) -> set[str]:
    """Ids of the Customers who have an Account of this number; several suppliers may have given the same."""
    found = select(AccountRow.customer_id).where(AccountRow.account_number == number).distinct().limit(limit)
    return set(session.scalars(found))


def numbers_of(session: Session, customer_ids: Collection[str]) -> dict[str, list[str]]:
    """The account numbers of each of these Customers, sorted."""
    found: dict[str, list[str]] = {customer_id: [] for customer_id in customer_ids}
    keys = [customer_key_of(customer_id) for customer_id in customer_ids]
    rows = session.execute(
        select(AccountRow.customer_id, AccountRow.account_number)
        .where(AccountRow.customer_key.in_(keys))
        .order_by(AccountRow.account_number)
    )
    for customer_id, number in rows:
        found[customer_id].append(number)
    return found


def find_account(session: Session, customer_id: str, account_id: str) -> AccountRow | None:
    """An Account of a Customer by its id."""
    return session.get(AccountRow, (customer_key_of(customer_id), account_id))


@dataclass(frozen=True, slots=True)
class NamedAccount:
    """An Account with what it is named by."""

    customer_id: str
    account_id: str
    account_number: str


def named_accounts(session: Session, names: Collection[str], *, customer_id: str | None = None) -> list[NamedAccount]:
    """The Accounts, or those of one Customer, whose id or number is among these."""
    row = AccountRow
    rows = select(row.customer_id, row.account_id, row.account_number).where(
        or_(among(row.account_id, names), among(row.account_number, names))
    )
    if customer_id is not None:
        rows = rows.where(row.customer_key == customer_key_of(customer_id))
    return [NamedAccount(*each) for each in session.execute(rows)]
