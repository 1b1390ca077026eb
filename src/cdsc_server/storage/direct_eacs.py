"""Energy Attribute Certificates of whichever Customers a Client is permitted to read directly."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, TypeAlias

from sqlalchemy import ColumnElement, Text, and_, exists, false, literal, or_, select, type_coerce, union
from sqlalchemy.orm import Session, aliased

from cdsc_server.domain.customer_graph import Kind
from cdsc_server.domain.eacs import BeneficiaryType, Certificate, Name
from cdsc_server.storage.accounts import AccountRow
from cdsc_server.storage.among import among
from cdsc_server.storage.direct_rules import Reached, has_any_of
from cdsc_server.storage.eacs import EacBeneficiaryRow, EacRow
from cdsc_server.storage.service_contracts import ServiceContractRow
from cdsc_server.storage.supply_mixes import SupplyMixRow
from cdsc_server.storage.tariffs import ContractTariffsRow
from cdsc_server.storage.usage import UsageSeriesRow

#: Where a certificate stands: start of its period, creation, id.
Place: TypeAlias = tuple[datetime, datetime, str]

#: Programs asked for in one statement.
_TOGETHER: Final = 50
_TABLES: Final[Mapping[Kind, type[Any]]] = {Kind.ACCOUNT: AccountRow, Kind.SERVICE_CONTRACT: ServiceContractRow}
#: The column by which an object is called, by the type of the name; programs stand inside a column.
_COLUMNS: Final[Mapping[Kind, Mapping[BeneficiaryType, str]]] = {
    Kind.ACCOUNT: {BeneficiaryType.ACCOUNT: "account_id", BeneficiaryType.CUSTOMER: "customer_number"},
    Kind.SERVICE_CONTRACT: {
        BeneficiaryType.SERVICE_CONTRACT: "contract_id",
        BeneficiaryType.RATE_PLAN: "rateplan_code",
    },
}
_PROGRAMS: Final[Mapping[Kind, str]] = {
    Kind.ACCOUNT: "account_programs[].program_number",
    Kind.SERVICE_CONTRACT: "service_programs[].program_number",
}


def certificates(
    session: Session, *, ids: Collection[str] | None, place: Place | None, backward: bool, limit: int
) -> list[Certificate]:
    """
    Certificates with all of their beneficiaries, in the order of CDS-WG3-01 10.9.4, or against it when read backward.

    Args:
        ids: only these; None for all.
        place: they begin right after it, or when read backward end right before it.
    """
    row = EacRow
    rows = select(
        row.eac_id, row.beneficiary_type, row.numbers, row.supply_type, row.period_start, row.period_end, row.created
    )
    if ids is not None:
        rows = rows.where(among(row.eac_id, ids))
    if place is not None:
        rows = rows.where(_beyond(place, backward=backward))
    if backward:
        rows = rows.order_by(row.period_start, row.created, row.eac_id.desc())
    else:
        rows = rows.order_by(row.period_start.desc(), row.created.desc(), row.eac_id)
    found = session.execute(rows.limit(limit)).all()
    names = _names(session, [each.eac_id for each in found])
    return [
        Certificate(
            each.eac_id,
            BeneficiaryType(each.beneficiary_type),
            frozenset(names.get(each.eac_id, ())),
            each.numbers,
            each.supply_type,
            each.period_start,
            each.period_end,
            each.created,
        )
        for each in found
    ]


def _beyond(place: Place, *, backward: bool) -> ColumnElement[bool]:
    row = EacRow
    # With the column's own type, because SQLite keeps instants as text of one width.
    start, created = (literal(at, row.period_start.type) for at in place[:2])
    earlier, sooner = row.period_start < start, row.created < created
    later = row.eac_id > place[2]
    if backward:
        earlier, sooner, later = row.period_start > start, row.created > created, row.eac_id < place[2]
    same = row.period_start == start
    return or_(earlier, and_(same, or_(sooner, and_(row.created == created, later))))


def _names(session: Session, ids: Collection[str]) -> Mapping[str, set[Name]]:
    row = EacBeneficiaryRow
    found: dict[str, set[Name]] = {}
    rows = select(row.eac_id, row.beneficiary_type, row.beneficiary).where(among(row.eac_id, ids))
    for eac_id, kind, text in session.execute(rows):
        found.setdefault(eac_id, set()).add(Name(BeneficiaryType(kind), text))
    return found


def names_reached(
    session: Session, one: Reached, kind: Kind, ids: Collection[str], names: Iterable[Name], *, unchanged: bool = False
) -> set[Name]:
    """
    Which beneficiaries of these certificates are names of an object of a kind that an entry reaches.

    Names are compared as they are now, as everything that decides what belongs to a Grant of direct access.

    Args:
        kind: Accounts or contracts.
        names: the same beneficiaries, of which programs are looked for one by one.
        unchanged: only those of objects that are still what they were at the instant whose state the entry shows.
    """
    table, beneficiary = _TABLES[kind], EacBeneficiaryRow
    called = []
    for type_, column in _COLUMNS[kind].items():
        row = aliased(table)
        is_called = getattr(row, column) == beneficiary.beneficiary
        # Not EXISTS, for which PostgreSQL may look up what everything of a table is called.
        found_one = select(literal(1)).where(is_called, *_told(one, kind, row, unchanged=unchanged)).limit(1)
        called.append(and_(beneficiary.beneficiary_type == type_, found_one.scalar_subquery().is_not(None)))
    pairs = select(beneficiary.beneficiary_type, beneficiary.beneficiary).distinct()
    found = {
        Name(BeneficiaryType(type_), text)
        for type_, text in session.execute(pairs.where(among(beneficiary.eac_id, ids), or_(*called)))
    }
    programs = sorted(name for name in names if name.type is BeneficiaryType.PROGRAM)
    for first in range(0, len(programs), _TOGETHER):
        together = programs[first : first + _TOGETHER]
        conditions = []
        for name in together:
            row = aliased(table)
            takes_part = has_any_of(row, _PROGRAMS[kind], frozenset({name.text}))
            conditions.append(exists().where(takes_part, *_told(one, kind, row, unchanged=unchanged)))
        there = session.execute(select(*conditions)).one()
        found.update(name for name, is_there in zip(together, there, strict=True) if is_there)
    return found


def _told(one: Reached, kind: Kind, row: Any, *, unchanged: bool) -> tuple[ColumnElement[bool], ...]:
    return (one.reaches(kind, row), *([row.valid <= one.at] if unchanged else []))


def customers_with_mixes(
    session: Session, entries: Sequence[Reached], *, after: int | None, limit: int
) -> Sequence[tuple[int, str]]:
    """Keys and ids of the Customers with an individual supply mix and an Account that any of these entries holds."""
    series, tariffs, account = UsageSeriesRow, ContractTariffsRow, AccountRow
    form = type_coerce(series.value_format, Text)
    told = form.contains('"electric_supply_mix"'), form.contains('"individual"')
    bought = exists().where(SupplyMixRow.external_tariff_id.is_not(None))
    of_each = []
    for table, conditions in ((series, told), (tariffs, (bought,))):
        held = exists().where(
            account.customer_key == table.customer_key, or_(false(), *(one.holds(account) for one in entries))
        )
        rows = select(table.customer_key, table.customer_id).where(*conditions, held)
        of_each.append(rows if after is None else rows.where(table.customer_key > after))
    found = session.execute(union(*of_each).order_by("customer_key").limit(limit))
    return [(key, customer_id) for key, customer_id in found]
