"""Take in tariffs, and which contracts are on them: a document whole or not at all, the same again without a trace."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from cdsc_server.domain.customer_graph import Kind
from cdsc_server.domain.shapes import Fault, under
from cdsc_server.domain.tariffs.documents import tariff_faults
from cdsc_server.errors import FaultyFile
from cdsc_server.ports import Clock
from cdsc_server.services.bill_places import unclear
from cdsc_server.services.import_places import derived_id
from cdsc_server.storage.customers import find_by_id_or_email, find_customer
from cdsc_server.storage.db import transaction
from cdsc_server.storage.service_contracts import ServiceContractRow
from cdsc_server.storage.tariffs import (
    ContractTariffsRow,
    TariffRow,
    assignments_known,
    contracts_numbered,
    tariffs_known,
)
from cdsc_server.storage.versions import written

Object = Mapping[str, Any]

#: Members of a tariff that hold for all its versions, past ones among them.
_LASTING: Final = ("currency", "units", "timezone")


@dataclass(frozen=True, slots=True)
class ImportedTariffs:
    """What became of a document: tariffs and contracts that were new, changed and unchanged."""

    tariffs: Mapping[str, int]
    contracts: Mapping[str, int]


def import_tariffs(document: Any, *, clock: Clock) -> ImportedTariffs:
    """
    Store the tariffs of a document and which contracts are on them, in one transaction.

    Of a tariff and of a contract that the document holds it says everything: what it leaves out is gone. Others stay
    as they are. What was known before is kept for Grants that show it.

    Args:
        document: JSON with every digit (`exact_json.loads`), in the shape of `domain.tariffs.documents.TARIFFS`.

    Raises:
        FaultyFile: with every fault of the document; nothing was stored.
    """
    if faults := tariff_faults(document):
        raise FaultyFile([str(fault) for fault in faults])
    with transaction() as session:
        return store_tariffs(session, document, at=clock.now())


def store_tariffs(session: Session, document: Object, *, at: datetime) -> ImportedTariffs:
    """As `import_tariffs`, inside a transaction and for a document that is right in itself."""
    faults: list[Fault] = []
    given, assignments = document.get("tariffs", []), document.get("assignments", [])
    named = {each["external_tariff_id"] for each in given}
    named |= {one["external_tariff_id"] for each in assignments for one in each["tariffs"]}
    known = {row.external_tariff_id: row for row in tariffs_known(session, named)}
    tariffs: Counter[str] = Counter()
    for number, each in enumerate(given):
        row = known.get(each["external_tariff_id"])
        faults += under(f"tariffs[{number}]", _change_faults(each, row))
        tariffs[
            _store(
                session, row, TariffRow(external_tariff_id=each["external_tariff_id"], modified=at, content=each), at
            )
        ] += 1
    held = {
        **{name: row.content for name, row in known.items()},
        **{each["external_tariff_id"]: each for each in given},
    }
    contracts = _contracts(session, assignments, faults)
    before = assignments_known(session, {contract.customer_id for contract in contracts.values()})
    rows = {(row.customer_key, row.contract_id): row for row in before}
    outcomes: Counter[str] = Counter()
    for number, each in enumerate(assignments):
        faults += under(f"assignments[{number}].tariffs", _assigned_faults(each["tariffs"], held))
        if number in contracts:
            contract = contracts[number]
            on = ContractTariffsRow(
                customer_id=contract.customer_id, contract_id=contract.contract_id, modified=at, tariffs=each["tariffs"]
            )
            outcomes[_store(session, rows.get((on.customer_key, on.contract_id)), on, at)] += 1
    if faults:
        raise FaultyFile([str(fault) for fault in faults])
    return ImportedTariffs(tariffs, outcomes)


def _change_faults(tariff: Object, row: TariffRow | None) -> Iterator[Fault]:
    """Members that are others than before: contracts would no longer be on tariffs of one currency and one unit."""
    if row is not None:
        yield from (
            Fault(member, "of a tariff that is here must stay as it is")
            for member in _LASTING
            if tariff.get(member) != row.content.get(member)
        )


def _assigned_faults(assigned: Sequence[Object], held: Mapping[str, Object]) -> Iterator[Fault]:
    for number, each in enumerate(assigned):
        if each["external_tariff_id"] not in held:
            yield Fault(f"[{number}].external_tariff_id", "names no tariff that is here")
    tariffs = [held[name] for each in assigned if (name := each["external_tariff_id"]) in held]
    for member in _LASTING:
        if len({tariff.get(member) for tariff in tariffs}) > 1:
            yield Fault("", f"must be tariffs of one {member}")


def _contracts(session: Session, assignments: Sequence[Object], faults: list[Fault]) -> dict[int, ServiceContractRow]:
    """The contract of each assignment, by its place; those are left out that a fault is added for."""
    found = contracts_numbered(session, {each["contract_number"] for each in assignments})
    contracts: dict[int, ServiceContractRow] = {}
    seen: set[str] = set()
    for number, each in enumerate(assignments):
        at, those = f"assignments[{number}].contract_number", found.get(each["contract_number"], [])
        if "customer" in each:
            owner = _customer_id(session, each["customer"])
            those = [row for row in those if row.customer_id == owner]
        if len(those) != 1:
            faults.append(unclear(at, Kind.SERVICE_CONTRACT, [row.contract_id for row in those]))
        elif those[0].contract_id in seen:
            faults.append(Fault(at, "must not be that of one before"))
        else:
            contracts[number] = those[0]
            seen.add(those[0].contract_id)
    return contracts


def _customer_id(session: Session, given: str) -> str | None:
    """The id of the Customer with this id, e-mail address, or id in a document of Customers."""
    derived = derived_id("customer of a document", given)
    if find_customer(session, derived) is not None:
        return derived
    rows = find_by_id_or_email(session, given)
    return rows[0].customer_id if len(rows) == 1 else None


def _store(
    session: Session, before: TariffRow | ContractTariffsRow | None, now: TariffRow | ContractTariffsRow, at: datetime
) -> str:
    """Let a row take the place of the one before; says whether it is new, changed or unchanged."""
    if before is None:
        session.add(now)
        return "new"
    if written(_content(before)) == written(_content(now)):
        return "unchanged"
    if before.modified == at:
        # What was written and changed at the same instant was never true in between.
        session.delete(before)
    else:
        before.superseded = at
    session.flush()
    session.add(now)
    return "changed"


def _content(row: TariffRow | ContractTariffsRow) -> Any:
    return row.content if isinstance(row, TariffRow) else row.tariffs
