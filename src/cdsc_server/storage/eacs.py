"""
Energy Attribute Certificates (CDS-WG3-01 10.9) and the names of their beneficiaries.

They belong to the utility, not to one Customer: a certificate is applied to everybody on a price plan at once.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, and_, delete, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from cdsc_server.domain.customer_graph import Kind
from cdsc_server.domain.eacs import EVERYBODY, BeneficiaryType, Certificate, Name, Names
from cdsc_server.storage.accounts import AccountRow
from cdsc_server.storage.among import among
from cdsc_server.storage.customers import customer_key_of
from cdsc_server.storage.db import DataBase
from cdsc_server.storage.service_contracts import ServiceContractRow
from cdsc_server.storage.types import ExactJSON, UtcDateTime
from cdsc_server.storage.versions import Versions


class EacRow(DataBase):
    """An Energy Attribute Certificate with its data, which are small enough to stand beside it."""

    __tablename__ = "eacs"

    eac_id: Mapped[str] = mapped_column(String, primary_key=True)
    beneficiary_type: Mapped[str] = mapped_column(String)
    numbers: Mapped[list[str]] = mapped_column(ExactJSON)
    #: Id of one of the configuration's formats.
    format: Mapped[str] = mapped_column(String)
    #: The source whose share of a supply mix it proves; None for none.
    supply_type: Mapped[str | None] = mapped_column(String, default=None)
    period_start: Mapped[datetime] = mapped_column(UtcDateTime)
    period_end: Mapped[datetime] = mapped_column(UtcDateTime)
    media_type: Mapped[str] = mapped_column(String)
    data: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    created: Mapped[datetime] = mapped_column(UtcDateTime)
    modified: Mapped[datetime] = mapped_column(UtcDateTime)
    synced: Mapped[datetime] = mapped_column(UtcDateTime)


class EacBeneficiaryRow(DataBase):
    """A name that a certificate is applied to; one for everybody has the empty name, and no other."""

    __tablename__ = "eac_beneficiaries"
    __table_args__ = (Index(None, "eac_id"),)

    beneficiary_type: Mapped[str] = mapped_column(String, primary_key=True)
    beneficiary: Mapped[str] = mapped_column(String, primary_key=True)
    eac_id: Mapped[str] = mapped_column(ForeignKey("eacs.eac_id"), primary_key=True)


@dataclass(frozen=True)
class Called:
    """What a Customer's Accounts and contracts are called as beneficiaries, and were before they changed."""

    rows: Mapping[Kind, Mapping[str, AccountRow | ServiceContractRow]]
    versions: Versions
    _known: dict[datetime, Names] = field(default_factory=dict)

    def at(self, instant: datetime) -> Names:
        """What they were called at an instant."""
        if instant not in self._known:
            self._known[instant] = {
                kind: {object_id: _names_of(self.versions.at(row, instant)) for object_id, row in rows.items()}
                for kind, rows in self.rows.items()
            }
        return self._known[instant]


def read_names(session: Session, customer_ids: Collection[str], versions: Versions) -> Mapping[str, Called]:
    """What the Accounts and contracts of these Customers are called; two statements, however many they are."""
    keys = [customer_key_of(customer_id) for customer_id in customer_ids]
    found: dict[str, dict[Kind, dict[str, AccountRow | ServiceContractRow]]] = {
        customer_id: {Kind.ACCOUNT: {}, Kind.SERVICE_CONTRACT: {}} for customer_id in customer_ids
    }
    for account in session.scalars(select(AccountRow).where(AccountRow.customer_key.in_(keys))):
        found[account.customer_id][Kind.ACCOUNT][account.account_id] = account
    for contract in session.scalars(select(ServiceContractRow).where(ServiceContractRow.customer_key.in_(keys))):
        found[contract.customer_id][Kind.SERVICE_CONTRACT][contract.contract_id] = contract
    return {customer_id: Called(rows, versions) for customer_id, rows in found.items()}


def _names_of(row: AccountRow | ServiceContractRow) -> frozenset[Name]:
    programs = (BeneficiaryType.PROGRAM, [program["program_number"] for program in row.programs])
    if isinstance(row, AccountRow):
        of_customer = (BeneficiaryType.CUSTOMER, [row.customer_number])
        return _named((BeneficiaryType.ACCOUNT, [row.account_id]), of_customer, programs)
    of_plan = (BeneficiaryType.RATE_PLAN, [row.rateplan_code])
    return _named((BeneficiaryType.SERVICE_CONTRACT, [row.contract_id]), of_plan, programs)


def _named(*names: tuple[BeneficiaryType, Sequence[str | None]]) -> frozenset[Name]:
    return frozenset(Name(type, text) for type, texts in names for text in texts if text)


def certificates_of(session: Session, names: Collection[Name]) -> list[Certificate]:
    """The certificates applied to any of these names, in no order, each with those of the names that it has."""
    by_type: dict[BeneficiaryType, list[str]] = {}
    for name in names:
        by_type.setdefault(name.type, []).append(name.text)
    row, beneficiary = EacRow, EacBeneficiaryRow
    found = session.execute(
        select(
            row.eac_id,
            row.beneficiary_type,
            beneficiary.beneficiary,
            row.numbers,
            row.supply_type,
            row.period_start,
            row.period_end,
            row.created,
        )
        .join(beneficiary, beneficiary.eac_id == row.eac_id)
        .where(
            or_(
                *(
                    and_(beneficiary.beneficiary_type == type, among(beneficiary.beneficiary, texts))
                    for type, texts in sorted(by_type.items())
                )
            )
        )
    )
    certificates: dict[str, Certificate] = {}
    names_of: dict[str, set[Name]] = {}
    for eac_id, kind, text, numbers, supply_type, start, end, created in found:
        type_ = BeneficiaryType(kind)
        named = names_of.setdefault(eac_id, set())
        named.add(Name(type_, text))
        certificates[eac_id] = Certificate(eac_id, type_, frozenset(named), numbers, supply_type, start, end, created)
    return list(certificates.values())


def find_eacs(session: Session, ids: Collection[str]) -> Mapping[str, EacRow]:
    """The certificates with these ids, by id, their data left where they are."""
    rows = session.scalars(select(EacRow).where(among(EacRow.eac_id, ids))) if ids else ()
    return {row.eac_id: row for row in rows}


def read_data(session: Session, eac_id: str) -> bytes:
    """What a certificate says that is there."""
    return session.execute(select(EacRow.data).where(EacRow.eac_id == eac_id)).scalar_one()


def beneficiaries_of(session: Session, eac_id: str) -> list[str]:
    """The beneficiaries of one certificate, in order; none of one for everybody."""
    row = EacBeneficiaryRow
    found = session.scalars(select(row.beneficiary).where(row.eac_id == eac_id, row.beneficiary != EVERYBODY.text))
    return sorted(found)


def set_beneficiaries(session: Session, eac: EacRow, beneficiaries: Collection[str]) -> None:
    """Apply a certificate, which is stored, to these beneficiaries and no others."""
    session.execute(delete(EacBeneficiaryRow).where(EacBeneficiaryRow.eac_id == eac.eac_id))
    texts = [EVERYBODY.text] if eac.beneficiary_type == BeneficiaryType.GENERAL else sorted(set(beneficiaries))
    session.add_all(
        EacBeneficiaryRow(beneficiary_type=eac.beneficiary_type, beneficiary=text, eac_id=eac.eac_id) for text in texts
    )
