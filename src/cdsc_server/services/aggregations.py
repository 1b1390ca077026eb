"""
Operators define groups of Customers, and the Server keeps their members up to date (CDS-WG3-01 10.7).

A group of fictional Customers and one of real ones are never the same group.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from cdsc_server.domain.aggregations import CONFIDENTIAL, Connection, Definition, cut, definition_faults, ids_of
from cdsc_server.errors import Conflict, InvalidConfiguration, NotFound
from cdsc_server.ports import Clock
from cdsc_server.services.audit import record
from cdsc_server.storage import aggregations
from cdsc_server.storage.aggregations import AggregationRow
from cdsc_server.storage.clients import RegistrationRow
from cdsc_server.storage.connections import read_connections
from cdsc_server.storage.db import reading, transaction


@dataclass(frozen=True)
class Defined:
    """
    A group as it is kept.

    Args:
        parts: into how many it was cut for the listing; 0 for none.
    """

    aggregation_id: str
    number: str
    name: str
    customers: int
    parts: int


def define(
    definitions: Sequence[Definition], *, is_test: bool, country: str, actor: str, clock: Clock
) -> list[Defined]:
    """
    Make these groups, or give those of the same number another definition, and look for their members.

    Args:
        is_test: of fictional Customers, or of real ones.
        country: where the utility is.

    Returns:
        The groups, in the order given.

    Raises:
        InvalidConfiguration: with every fault of every definition; nothing was made.
        Conflict: a group of the number has members of the other kind of Customers.
    """
    faults = [f"{each.number}: {fault}" for each in definitions for fault in definition_faults(each)]
    numbers = [each.number for each in definitions]
    faults += [
        f"{number}: the number stands here twice" for number in sorted({n for n in numbers if numbers.count(n) > 1})
    ]
    if faults:
        raise InvalidConfiguration(faults)
    now = clock.now()
    with transaction() as session:
        rows = [_kept(session, each, is_test=is_test, now=now) for each in definitions]
        _look(session, list(zip(rows, definitions, strict=True)), is_test=is_test, country=country, now=now)
        for row in rows:
            record(
                session,
                actor=actor,
                action="aggregation.defined",
                subject=f"aggregation:{row.aggregation_number}",
                detail={"types": row.types, "customers": row.customers},
                now=now,
            )
        return [_defined(session, row) for row in rows]


def refresh(*, country: str, clock: Clock) -> int:
    """Look for the members of every group again; gives how many groups have others than before."""
    now, changed = clock.now(), 0
    for is_test in (False, True):
        with transaction() as session:
            rows = [row for row in aggregations.all_aggregations(session) if row.is_test is is_test]
            if rows:
                pairs = [(row, _definition(row)) for row in rows]
                changed += _look(session, pairs, is_test=is_test, country=country, now=now)
    return changed


def listed() -> list[Defined]:
    """Every group, by number."""
    with reading() as session:
        return [_defined(session, row) for row in aggregations.all_aggregations(session)]


def open_for(number: str, registration_id: str, *, members: bool = False, actor: str, clock: Clock) -> bool:
    """
    Let the Clients of a registration know of a group.

    Args:
        members: whether they may also read its members, with what their Grants open of these; doing it again without
            takes that back.

    Returns:
        False when they were let just that already.

    Raises:
        NotFound: no such group, or no such registration.
    """
    now = clock.now()
    with transaction() as session:
        row = _found(session, number)
        if session.get(RegistrationRow, registration_id) is None:
            raise NotFound("no registration has this id")
        opened = aggregations.open_for(session, row.aggregation_id, registration_id, members=members, at=now)
        if opened:
            _note_reader(session, "aggregation.opened", row, registration_id, actor=actor, now=now, members=members)
        return opened


def close_for(number: str, registration_id: str, *, actor: str, clock: Clock) -> bool:
    """
    Let the Clients of a registration know of a confidential group no more, from the next request on.

    Returns:
        False when they did not.

    Raises:
        NotFound: no such group.
    """
    now = clock.now()
    with transaction() as session:
        row = _found(session, number)
        closed = aggregations.close_for(session, row.aggregation_id, registration_id)
        if closed:
            _note_reader(session, "aggregation.closed", row, registration_id, actor=actor, now=now)
        return closed


def _note_reader(
    session: Session, action: str, row: AggregationRow, registration_id: str, *, actor: str, now: datetime, **more: bool
) -> None:
    subject = f"aggregation:{row.aggregation_number}"
    detail = {"registration": registration_id, **more}
    record(session, actor=actor, action=action, subject=subject, detail=detail, now=now)


def _found(session: Session, number: str) -> AggregationRow:
    row = aggregations.find_aggregation(session, number, lock=True)
    if row is None:
        raise NotFound(f"no aggregation has the number {number}")
    return row


def _kept(session: Session, definition: Definition, *, is_test: bool, now: datetime) -> AggregationRow:
    """The row of a definition, new or changed."""
    facts: dict[str, Any] = {
        "name": definition.name,
        "types": list(definition.types),
        "confidential": CONFIDENTIAL in definition.types,
        "lists": {name: sorted(values) for name, values in sorted(definition.lists.items())},
        "published": definition.published,
        "addresses": list(definition.addresses),
        "regions": [dict(region) for region in definition.regions],
    }
    row = aggregations.find_aggregation(session, definition.number, lock=True)
    if row is not None and row.is_test is not is_test:
        kind = "fictional" if row.is_test else "real"
        raise Conflict(f"the aggregation {definition.number} is one of {kind} Customers")
    if row is None:
        row = AggregationRow(
            aggregation_id=_new_id(),
            aggregation_number=definition.number,
            is_test=is_test,
            created=now,
            modified=now,
            synced=now,
            **facts,
        )
        session.add(row)
        session.flush()
    elif any(getattr(row, name) != value for name, value in facts.items()):
        for name, value in facts.items():
            setattr(row, name, value)
        row.modified = now
    return row


def _look(
    session: Session,
    pairs: Sequence[tuple[AggregationRow, Definition]],
    *,
    is_test: bool,
    country: str,
    now: datetime,
) -> int:
    """Look for the members of these groups in one walk over all Customers; gives how many groups changed."""
    found: list[list[Connection]] = [[] for _ in pairs]
    for connection in read_connections(session, is_test=is_test, now=now):
        for place, (_, definition) in enumerate(pairs):
            belongs = definition.members(connection, country=country)
            if belongs is not None:
                found[place].append(belongs)
    return sum(
        _settle(session, row, definition, connections, now=now)
        for (row, definition), connections in zip(pairs, found, strict=True)
    )


def _settle(
    session: Session, row: AggregationRow, definition: Definition, found: Sequence[Connection], *, now: datetime
) -> bool:
    changed = aggregations.set_members(session, row.aggregation_id, ids_of(found), at=now)
    row.customers = len({each.customer_id for each in found if each.contracts})
    parts = cut(definition, found)
    rows = list(aggregations.parts_of(session, row.aggregation_id))
    for place in range(len(rows), len(parts)):
        part = _part(row, place, now)
        session.add(part)
        session.flush()
        rows.append(part)
    for place, part in enumerate(rows):
        part.types, part.confidential, part.published = row.types, row.confidential, row.published
        part.regions, part.synced = row.regions, now
        wanted = ids_of(parts[place]) if place < len(parts) else {}
        if aggregations.set_members(session, part.aggregation_id, wanted, at=now):
            changed, part.modified = True, now
    if changed:
        row.modified = now
    row.synced = now
    return changed


def _part(row: AggregationRow, place: int, now: datetime) -> AggregationRow:
    return AggregationRow(
        aggregation_id=_new_id(),
        parent_id=row.aggregation_id,
        part=place,
        name=f"{row.name}, part {place + 1}",
        types=row.types,
        confidential=row.confidential,
        is_test=row.is_test,
        lists={},
        published=row.published,
        addresses=[],
        regions=row.regions,
        created=now,
        modified=now,
        synced=now,
    )


def _definition(row: AggregationRow) -> Definition:
    return Definition(
        number=str(row.aggregation_number),
        name=row.name,
        types=tuple(row.types),
        lists={name: frozenset(values) for name, values in row.lists.items()},
        addresses=tuple(row.addresses),
        regions=tuple(row.regions),
    )


def _defined(session: Session, row: AggregationRow) -> Defined:
    parts = len(aggregations.parts_in_use(session, [row.aggregation_id]).get(row.aggregation_id, ()))
    return Defined(row.aggregation_id, str(row.aggregation_number), row.name, row.customers, parts)


def _new_id() -> str:
    return "ag_" + secrets.token_hex(12)
