"""Whose data Client Objects are permitted to read directly (CDS-WG3-01 6.2)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import BigInteger, ColumnElement, ForeignKey, Index, String, and_, delete, exists, or_, select, text
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from cdsc_server.domain.direct_access import Permission, Reach
from cdsc_server.storage.accounts import AccountRow
from cdsc_server.storage.clients import ClientRow
from cdsc_server.storage.customers import CustomerRow, customer_key_of
from cdsc_server.storage.db import DataBase
from cdsc_server.storage.reviews import RequirementRow
from cdsc_server.storage.types import UtcDateTime

#: Stands for every Account of a Customer, later ones too.
EVERY: str = ""


class PermittedAccountRow(DataBase):
    """That a Client Object may read an Account directly, or every one of its Customer."""

    __tablename__ = "permitted_accounts"
    __table_args__ = (
        Index(None, "customer_id"),
        Index(
            None,
            "requirement_id",
            sqlite_where=text("requirement_id IS NOT NULL"),
            postgresql_where=text("requirement_id IS NOT NULL"),
        ),
    )

    client_id: Mapped[str] = mapped_column(ForeignKey("clients.client_id"), primary_key=True)
    customer_key: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False, init=False)
    #: `EVERY`, or one Account.
    account_id: Mapped[str] = mapped_column(String, primary_key=True)
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.customer_id"))
    #: Why, in words that the Customer reads too.
    reason: Mapped[str] = mapped_column(String, default="")
    created: Mapped[datetime] = mapped_column(UtcDateTime)
    #: The accepted step by which the Client showed that it is this Customer; None where an operator just said so.
    requirement_id: Mapped[str | None] = mapped_column(ForeignKey("requirements.requirement_id"), default=None)

    def __post_init__(self) -> None:
        self.customer_key = customer_key_of(self.customer_id)


#: Under names of their own, made once: they stand in statements that may ask for these tables themselves.
_NAMED, _CUSTOMER = aliased(PermittedAccountRow), aliased(CustomerRow)


def permits(permission: Permission, account: type[AccountRow]) -> ColumnElement[bool]:
    """Whether a Client Object may read an Account of the table, which may be an alias."""
    if permission.reach is Reach.NAMED:
        row = _NAMED
        return exists().where(
            row.client_id == permission.client_id,
            row.customer_key == account.customer_key,
            or_(row.account_id == EVERY, row.account_id == account.account_id),
        )
    customer = _CUSTOMER
    return exists().where(
        customer.customer_key == account.customer_key,
        customer.is_test.is_(permission.reach is Reach.TEST_CUSTOMERS),
    )


def named_customers(session: Session, client_id: str, *, limit: int) -> Sequence[str]:
    """Ids of the Customers named to a Client Object, up to so many."""
    row = PermittedAccountRow
    found = select(row.customer_id).where(row.client_id == client_id).distinct().order_by(row.customer_id)
    return session.scalars(found.limit(limit)).all()


def permitted_accounts(
    session: Session, permission: Permission, customer_ids: Collection[str]
) -> Mapping[str, frozenset[str]]:
    """The Accounts of each of these Customers that a Client Object may read; Customers of whom it may none are out."""
    keys = [customer_key_of(each) for each in customer_ids]
    rows = session.execute(
        select(AccountRow.customer_id, AccountRow.account_id).where(
            and_(AccountRow.customer_key.in_(keys), permits(permission, AccountRow))
        )
    )
    found: dict[str, set[str]] = {}
    for customer_id, account_id in rows:
        found.setdefault(customer_id, set()).add(account_id)
    return {customer_id: frozenset(ids) for customer_id, ids in found.items()}


def permissions_of(session: Session, client_id: str) -> Sequence[PermittedAccountRow]:
    """What is named to a Client Object, by Customer and Account."""
    row = PermittedAccountRow
    return session.scalars(
        select(row).where(row.client_id == client_id).order_by(row.customer_id, row.account_id)
    ).all()


def named_to(session: Session, customer_id: str) -> Sequence[tuple[PermittedAccountRow, ClientRow, str | None]]:
    """
    The Client Objects that an operator named a Customer to, by name; with the number of an Account where that is all.
    """
    row, account = PermittedAccountRow, AccountRow
    of_row = and_(account.customer_key == row.customer_key, account.account_id == row.account_id)
    found = session.execute(
        select(row, ClientRow, account.account_number)
        .join(ClientRow, ClientRow.client_id == row.client_id)
        .outerjoin(account, of_row)
        .where(row.customer_id == customer_id, row.requirement_id.is_(None), ClientRow.reach == Reach.NAMED.value)
        .order_by(ClientRow.client_name, row.client_id, account.account_number)
    )
    return [(permitted, client, number) for permitted, client, number in found]


def reaching(session: Session, reach: Reach) -> Sequence[ClientRow]:
    """The Client Objects that read every Customer, or every fictional one, by name."""
    row = ClientRow
    return session.scalars(select(row).where(row.reach == reach.value).order_by(row.client_name, row.client_id)).all()


def find_permission(
    session: Session, client_id: str, customer_id: str, account_id: str = EVERY
) -> PermittedAccountRow | None:
    """What names an Account, or every one of a Customer, to a Client Object."""
    return session.get(PermittedAccountRow, (client_id, customer_key_of(customer_id), account_id))


def names_anything(session: Session, client_id: str, customer_id: str) -> bool:
    """Whether anything of a Customer is named to a Client Object."""
    row = PermittedAccountRow
    named = select(row.client_id).where(row.client_id == client_id, row.customer_key == customer_key_of(customer_id))
    return session.scalars(named.limit(1)).first() is not None


def permits_anything(session: Session, permission: Permission) -> bool:
    """Whether a Client Object may read anybody's data at all."""
    if permission.reach is not Reach.NAMED:
        return True
    named = PermittedAccountRow.client_id == permission.client_id
    return session.scalars(select(PermittedAccountRow.client_id).where(named).limit(1)).first() is not None


def take_back_all(session: Session, requirement_id: str) -> Sequence[tuple[str, str]]:
    """End all that stands on a step; gives each Client Object with its Customer."""
    row = PermittedAccountRow
    gone = session.execute(
        delete(row)
        .where(row.requirement_id == requirement_id)
        .returning(row.client_id, row.customer_id)
        .execution_options(synchronize_session="fetch")
    )
    return [(client_id, customer_id) for client_id, customer_id in gone]


def own_of(session: Session, customer_id: str) -> Sequence[tuple[PermittedAccountRow, RequirementRow, ClientRow]]:
    """What Client Objects have by showing that they are this Customer, with the step, the oldest first."""
    row = PermittedAccountRow
    found = session.execute(
        select(row, RequirementRow, ClientRow)
        .join(RequirementRow, RequirementRow.requirement_id == row.requirement_id)
        .join(ClientRow, ClientRow.client_id == row.client_id)
        .where(row.customer_id == customer_id)
        .order_by(row.created, row.client_id)
    )
    return [(permitted, step, client) for permitted, step, client in found]
