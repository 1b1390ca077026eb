"""Tariffs, and which contract is on which: every version that was ever handed in, with when it was the one known."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Final, cast

from sqlalchemy import String, Table, Text, bindparam, select, type_coerce
from sqlalchemy.orm import Mapped, Session, mapped_column

from cdsc_server.storage.among import among, among_given
from cdsc_server.storage.customers import OfCustomer, customer_key_of
from cdsc_server.storage.db import DataBase
from cdsc_server.storage.known import Known, known_at
from cdsc_server.storage.prepared import Prepared
from cdsc_server.storage.service_contracts import ServiceContractRow
from cdsc_server.storage.types import ExactJSON, UtcDateTime


class TariffRow(Known, DataBase):
    """A tariff as it was handed in."""

    __tablename__ = "tariffs"

    external_tariff_id: Mapped[str] = mapped_column(String, primary_key=True)
    #: In the shape of `domain.tariffs.documents`.
    content: Mapped[dict[str, Any]] = mapped_column(ExactJSON)


class ContractTariffsRow(OfCustomer, Known, DataBase):
    """All tariffs that a Service Contract is and was on."""

    __tablename__ = "contract_tariffs"

    contract_id: Mapped[str] = mapped_column(String, primary_key=True)
    #: external_tariff_id, first day, and the day after the last or none.
    tariffs: Mapped[list[dict[str, Any]]] = mapped_column(ExactJSON)


def tariffs_known(session: Session, ids: Collection[str]) -> Sequence[TariffRow]:
    """The tariffs with these ids, as they are known now."""
    row = TariffRow
    return session.scalars(select(row).where(row.external_tariff_id.in_(sorted(ids)), known_at(row, None))).all()


def tariffs_written(
    session: Session, ids: Collection[str], *, as_of: datetime | None = None
) -> Sequence[tuple[str, datetime, str]]:
    """
    The tariffs with these ids, as they were known at an instant; None is now.

    Returns:
        Of each its id, since when it is known, and its content as JSON that nobody has read yet.
    """
    row = TariffRow
    columns = select(row.external_tariff_id, row.modified, type_coerce(row.content, Text))
    wanted = columns.where(row.external_tariff_id.in_(sorted(ids)), known_at(row, as_of))
    return [(tariff_id, modified, written) for tariff_id, modified, written in session.execute(wanted)]


_ASSIGNMENTS: Final = list(cast("Table", ContractTariffsRow.__table__).columns)


@cache
def _assignments(*, now: bool) -> Prepared:
    row = ContractTariffsRow
    known = known_at(row, None if now else bindparam("as_of", type_=UtcDateTime))
    return Prepared(
        select(*_ASSIGNMENTS).where(among_given(row.customer_key, "customer_keys"), known), _ASSIGNMENTS, writes=False
    )


def assignments_known(session: Session, customer_ids: Collection[str]) -> Sequence[ContractTariffsRow]:
    """What these Customers' contracts are and were on, as it is known now."""
    row = ContractTariffsRow
    keys = [customer_key_of(each) for each in customer_ids]
    return session.scalars(select(row).where(among(row.customer_key, keys), known_at(row, None))).all()


def assignments_written(
    session: Session, customer_ids: Collection[str], *, as_of: datetime | None = None
) -> Sequence[Any]:
    """
    What these Customers' contracts are and were on, as it was known at an instant; None is now.

    Returns:
        Plain values with the names of the columns of `ContractTariffsRow`.
    """
    given: dict[str, Any] = {"customer_keys": [customer_key_of(each) for each in customer_ids]}
    if as_of is not None:
        given["as_of"] = as_of
    return _assignments(now=as_of is None).all(session, given)


def contracts_numbered(session: Session, numbers: Collection[str]) -> Mapping[str, Sequence[ServiceContractRow]]:
    """The contracts with these numbers, by number."""
    row = ServiceContractRow
    rows = select(row).where(row.contract_number.in_(sorted(numbers))).order_by(row.contract_id)
    found: dict[str, list[ServiceContractRow]] = {}
    for each in session.scalars(rows):
        found.setdefault(each.contract_number or "", []).append(each)
    return found
