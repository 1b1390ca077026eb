"""Take in Energy Attribute Certificates: a delivery whole or not at all, and the same one again without a trace."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from cdsc_server.domain.eacs import DeliveredEac
from cdsc_server.errors import InvalidRequest
from cdsc_server.ports import Clock
from cdsc_server.storage.db import transaction
from cdsc_server.storage.eacs import EacRow, beneficiaries_of, find_eacs, read_data, set_beneficiaries


@dataclass(frozen=True, slots=True)
class ImportedEacs:
    """What became of a delivery, counted in certificates."""

    new: int
    changed: int
    unchanged: int


def import_eacs(delivered: Sequence[DeliveredEac], *, formats: Collection[str], clock: Clock) -> ImportedEacs:
    """
    Store certificates in one transaction.

    One that is known is changed in place; what is unchanged keeps its `modified` and is only told to be confirmed.

    Args:
        formats: ids of the formats that Clients are told of.

    Raises:
        InvalidRequest: one that breaks a rule, or comes twice; nothing was stored.

    Spec: CDS-WG3-01 10.9.1.
    """
    for each in delivered:
        if fault := next(each.faults(formats), None):
            raise InvalidRequest(f"{each.source_id}: {fault}")
    twice = next((name for name, count in Counter(each.source_id for each in delivered).items() if count > 1), None)
    if twice is not None:
        raise InvalidRequest(f"{twice} is delivered twice")
    now = clock.now()
    with transaction() as session:
        return store_eacs(session, delivered, at=now)


def store_eacs(session: Session, delivered: Sequence[DeliveredEac], *, at: datetime) -> ImportedEacs:
    """As `import_eacs`, inside a transaction and for certificates that are right."""
    known = find_eacs(session, [each.id for each in delivered])
    outcomes = Counter(_store(session, each, known.get(each.id), at) for each in delivered)
    return ImportedEacs(outcomes["new"], outcomes["changed"], outcomes["unchanged"])


def _store(session: Session, each: DeliveredEac, row: EacRow | None, at: datetime) -> str:
    members = _members(each)
    if row is None:
        row = EacRow(eac_id=each.id, **members, created=at, modified=at, synced=at)
        session.add(row)
        session.flush()
        set_beneficiaries(session, row, each.beneficiaries)
        return "new"
    row.synced = at
    stored = {name: getattr(row, name) for name in members if name != "data"}
    same = {**stored, "data": read_data(session, row.eac_id)} == members
    if same and beneficiaries_of(session, row.eac_id) == sorted(each.beneficiaries):
        return "unchanged"
    for name, value in members.items():
        setattr(row, name, value)
    row.modified = at
    set_beneficiaries(session, row, each.beneficiaries)
    return "changed"


def _members(each: DeliveredEac) -> dict[str, Any]:
    return {
        "beneficiary_type": str(each.beneficiary_type),
        "numbers": list(each.numbers),
        "format": each.format,
        "supply_type": each.supply_type,
        "period_start": each.start,
        "period_end": each.end,
        "media_type": each.media_type,
        "data": each.data,
    }
