"""Take in tariffs, and which contracts are on them: a document whole or not at all, the same again without a trace."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from cdsc_server.domain.customer_graph import Kind
from cdsc_server.domain.shapes import Fault, under
from cdsc_server.domain.tariffs.documents import DEFAULT_UNITS, LASTING, tariff_faults
from cdsc_server.errors import FaultyFile
from cdsc_server.ports import Clock
from cdsc_server.services.bill_places import unclear
from cdsc_server.services.import_places import derived_id
from cdsc_server.services.told_of_many import note_assignments, note_tariffs
from cdsc_server.storage.customers import find_by_id_or_email, find_customer
from cdsc_server.storage.db import transaction
from cdsc_server.storage.known import succeed
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
    held = {row.external_tariff_id: row.content for row in tariffs_known(session, named)}
    for number, each in enumerate(given):
        faults += under(f"tariffs[{number}]", _change_faults(each, held.get(each["external_tariff_id"])))
    held |= {each["external_tariff_id"]: each for each in given}
    contracts = _contracts(session, assignments, faults)
    for number, each in enumerate(assignments):
        faults += under(f"assignments[{number}].tariffs", assigned_faults(each["tariffs"], held))
    if faults:
        raise FaultyFile([str(fault) for fault in faults])
    wanted = {(row.customer_id, row.contract_id): assignments[number]["tariffs"] for number, row in contracts.items()}
    return ImportedTariffs(keep_tariffs(session, given, at=at), keep_contract_tariffs(session, wanted, at=at))


def keep_tariffs(session: Session, tariffs: Sequence[Object], *, at: datetime) -> Counter[str]:
    """Let tariffs that are sound be what is known from an instant on; counts new, changed and unchanged ones."""
    known = {
        row.external_tariff_id: row for row in tariffs_known(session, {each["external_tariff_id"] for each in tariffs})
    }
    outcomes = {
        name: _store(session, known.get(name), TariffRow(external_tariff_id=name, modified=at, content=dict(each)), at)
        for each in tariffs
        for name in (each["external_tariff_id"],)
    }
    note_tariffs(session, {name for name, outcome in outcomes.items() if outcome == "changed"}, at=at)
    return Counter(outcomes.values())


def keep_contract_tariffs(
    session: Session, wanted: Mapping[tuple[str, str], Sequence[Object]], *, at: datetime
) -> Counter[str]:
    """
    Let contracts be on these tariffs and no others, as it is known from an instant on; counted as `keep_tariffs`.

    Args:
        wanted: by Customer and contract.
    """
    known = {
        (row.customer_id, row.contract_id): row
        for row in assignments_known(session, {customer_id for customer_id, _ in wanted})
    }
    outcomes: Counter[str] = Counter()
    concerned = set()
    for (customer_id, contract_id), tariffs in wanted.items():
        row = ContractTariffsRow(
            customer_id=customer_id, contract_id=contract_id, modified=at, tariffs=[dict(each) for each in tariffs]
        )
        outcome = _store(session, known.get((customer_id, contract_id)), row, at)
        outcomes[outcome] += 1
        if outcome != "unchanged":
            concerned.add(customer_id)
    note_assignments(session, concerned, at=at)
    return outcomes


def assigned_faults(assigned: Sequence[Object], held: Mapping[str, Object]) -> Iterator[Fault]:
    """
    What the tariffs of one contract name wrongly.

    Args:
        held: the tariffs that there are, by id.
    """
    for number, each in enumerate(assigned):
        if each["external_tariff_id"] not in held:
            yield Fault(f"[{number}].external_tariff_id", "names no tariff that is here")
    tariffs = [held[name] for each in assigned if (name := each["external_tariff_id"]) in held]
    for member in LASTING:
        if len({_said(tariff, member) for tariff in tariffs}) > 1:
            yield Fault("", f"must be tariffs of one {member}")


def _change_faults(tariff: Object, before: Object | None) -> Iterator[Fault]:
    """Members that are others than before: contracts would no longer be on tariffs of one currency and one unit."""
    if before is not None:
        yield from (
            Fault(member, "of a tariff that is here must stay as it is")
            for member in LASTING
            if _said(tariff, member) != _said(before, member)
        )


def _said(tariff: Object, member: str) -> Any:
    return tariff.get(member, DEFAULT_UNITS if member == "units" else None)


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
    if before is not None and written(_content(before)) == written(_content(now)):
        return "unchanged"
    succeed(session, before, now, at=at)
    return "new" if before is None else "changed"


def _content(row: TariffRow | ContractTariffsRow) -> Any:
    return row.content if isinstance(row, TariffRow) else row.tariffs
