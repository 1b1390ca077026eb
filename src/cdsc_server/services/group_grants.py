"""
Grants for the usage of groups: whether their Customers must consent, and their sub-Grants (CDS-WG3-01 4.11, 4.12).

A Grant that names groups begins as pending. Then it is settled: active where the groups are large enough, else it
waits for a sub-Grant of each of their Customers, given to the Client Object of the same registration that may ask
them. It is settled again whenever one of these changes, and when members come or go.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy.orm import Session

from cdsc_server.domain.aggregation_privacy import ConsentNeed
from cdsc_server.domain.catalogue import Catalogue, Scope
from cdsc_server.domain.clients import ClientStatus
from cdsc_server.domain.details import RequestedEntry
from cdsc_server.domain.grants import FINAL, SUFFICIENT, Bounds, GrantStatus, bounds_of, granted_details
from cdsc_server.domain.group_scopes import (
    AGGREGATION_CONSENT,
    NUMBERS,
    is_about_groups,
    must_name_groups,
    numbers_asked,
)
from cdsc_server.errors import InvalidAuthorizationDetails
from cdsc_server.ports import Clock
from cdsc_server.services import changelog
from cdsc_server.services.clients import AuthenticatedClient
from cdsc_server.services.grants import status_of
from cdsc_server.services.group_usage import can_be_told
from cdsc_server.services.known_groups import known_as
from cdsc_server.services.server_grants import add_grant, change_status
from cdsc_server.storage import aggregations, clients, grants
from cdsc_server.storage.aggregations import AggregationRow
from cdsc_server.storage.clients import ClientRow
from cdsc_server.storage.db import reading, transaction
from cdsc_server.storage.grants import GrantRow

#: About how long a Grant is pending: the work that settles it comes every minute.
_PENDING: Final = timedelta(minutes=2)
_ENDED: Final = FINAL | {GrantStatus.EXPIRED}


def is_about(catalogue: Catalogue, entry: RequestedEntry) -> bool:
    """Whether an entry opens groups alone."""
    return is_about_groups(catalogue.scopes[entry.scope_id].type.id, entry.values)


def check_request(
    session: Session, client: AuthenticatedClient, asked: Sequence[RequestedEntry], *, catalogue: Catalogue
) -> None:
    """
    Refuse to open usage of groups that the Client may not know of, and usage of groups that are not named.

    Raises:
        InvalidAuthorizationDetails: names the entry and the number.

    Spec: CDS-WG3-01 4.11, 4.12.
    """
    row = clients.find_client(session, client.client_id)
    known = known_as(client.registration_id, row)
    for n, entry in enumerate(asked):
        scope, where = catalogue.scopes[entry.scope_id], f"authorization_details[{n}].{NUMBERS}"
        numbers = numbers_asked(scope.type.id, entry.values)
        if not numbers and must_name_groups(scope.type.id, scope.fields, entry.values):
            raise InvalidAuthorizationDetails(f"{where} must name at least one aggregation", field=where)
        found = {each.aggregation_number for each in aggregations.known_groups(session, numbers=numbers, known=known)}
        for number in (each for each in numbers if each not in found):
            raise InvalidAuthorizationDetails(f"{where}: {number!r} is no aggregation of this client", field=where)


def begin(grant: GrantRow, *, catalogue: Catalogue, now: datetime) -> None:
    """Let a new Grant wait until it is settled, when it opens usage of groups."""
    if _asked(grant, catalogue):
        grant.status, grant.eta = GrantStatus.PENDING, now + _PENDING
        grant.enabled_scope, grant.enabled_authorization_details = "", []


def settle_all(*, catalogue: Catalogue, clock: Clock) -> int:
    """Settle every Grant for the usage of groups; gives how many are others now."""
    with reading() as session:
        waiting = [row.grant_id for row in grants.open_without_customer(session) if _asked(row, catalogue)]
    changed = 0
    for grant_id in waiting:
        with transaction() as session:
            grant = grants.lock_grant(session, grant_id)
            if grant is not None:
                changed += settle(session, grant, catalogue=catalogue, now=clock.now())
    return changed


def settle(session: Session, grant: GrantRow, *, catalogue: Catalogue, now: datetime) -> bool:
    """
    Let a locked Grant be what its groups and sub-Grants make it.

    Returns:
        Whether it has another status now, or other sub-Grants.
    """
    status = status_of(grant, now=now)
    if status not in (GrantStatus.PENDING, GrantStatus.NEEDS_SUB_GRANTS, GrantStatus.ACTIVE):
        return False
    client = clients.find_client(session, grant.client_id)
    rows = aggregations.known_groups(
        session, numbers=_asked(grant, catalogue).keys(), known=known_as(grant.registration_id, client)
    )
    parts = _live_parts(session, grant, now=now)
    needing = _needing(session, grant, rows, parts, catalogue=catalogue, first=status is GrantStatus.PENDING, now=now)
    wanted = _wanted(session, needing, now=now)
    changed = _let_go(session, parts, wanted, now=now)
    if wanted.keys() - parts.keys():
        consent, asker = _asker(session, grant, client, catalogue)
        if consent is None or asker is None:
            return _move(session, grant, GrantStatus.ERRORED, _NOBODY_ASKS, now=now) or changed
        for customer_id in sorted(wanted.keys() - parts.keys()):
            _add_part(
                session,
                grant,
                asker,
                consent,
                customer_id=customer_id,
                rows=wanted[customer_id],
                catalogue=catalogue,
                now=now,
            )
            changed = True
    session.flush()
    parts = _live_parts(session, grant, now=now)
    done = all(status_of(parts[each], now=now) in SUFFICIENT for each in wanted)
    after = GrantStatus.ACTIVE if done else GrantStatus.NEEDS_SUB_GRANTS
    what = f"It is active and opens {grant.scope}." if done else f"It waits for {len(wanted)} sub-Grants."
    return _move(session, grant, after, what, now=now) or changed


_NOBODY_ASKS: Final = (
    "Its groups are so small that their Customers must consent, and no Client Object of this registration may ask them."
)


def _asked(grant: GrantRow, catalogue: Catalogue) -> dict[str, list[Bounds]]:
    """The numbers of the groups whose sums it asks for, with the time of these by each entry."""
    found: dict[str, list[Bounds]] = {}
    for details in grant.authorization_details:
        scope = catalogue.scope(details["type"])
        for number in () if scope is None else numbers_asked(scope.type.id, details):
            found.setdefault(number, []).append(bounds_of(details))
    return found


def _live_parts(session: Session, grant: GrantRow, *, now: datetime) -> dict[str, GrantRow]:
    """The sub-Grants that have not ended, by Customer."""
    return {
        str(part.customer_id): part
        for part in grants.parts_of(session, grant.grant_id)
        if status_of(part, now=now) not in _ENDED
    }


def _needing(
    session: Session,
    grant: GrantRow,
    rows: Sequence[AggregationRow],
    parts: Mapping[str, GrantRow],
    *,
    catalogue: Catalogue,
    first: bool,
    now: datetime,
) -> list[AggregationRow]:
    """The groups whose Customers must consent: too small ones, and those found before to tell nothing as they are."""
    before = {
        number
        for part in grants.parts_of(session, grant.grant_id)
        for details in part.authorization_details
        for number in details.get(NUMBERS) or ()
    }
    bounds = _asked(grant, catalogue)
    return [
        row
        for row in rows
        if catalogue.sum_rule.need(row.customers) is ConsentNeed.ALWAYS
        or (row.aggregation_number in before and bool(parts))
        or (
            first
            and not all(
                can_be_told(session, row, catalogue=catalogue, bounds=each, now=now)
                for each in bounds[str(row.aggregation_number)]
            )
        )
    ]


def _wanted(session: Session, rows: Sequence[AggregationRow], *, now: datetime) -> dict[str, list[AggregationRow]]:
    """Who must consent, and to being counted in which groups."""
    found: dict[str, list[AggregationRow]] = {}
    for row in rows:
        for customer_id in aggregations.customers_of(session, row.aggregation_id, at=now):
            found.setdefault(customer_id, []).append(row)
    return found


def _let_go(session: Session, parts: Mapping[str, GrantRow], wanted: Mapping[str, object], *, now: datetime) -> bool:
    """End the sub-Grants of Customers who need not consent any more; they are no part of what goes on without them."""
    over = [part for customer_id, part in parts.items() if customer_id not in wanted]
    for part in over:
        part.parent_id = None
        change_status(session, part, GrantStatus.DISABLED, now=now)
    return bool(over)


def _asker(
    session: Session, grant: GrantRow, client: ClientRow | None, catalogue: Catalogue
) -> tuple[Scope | None, ClientRow | None]:
    """The scope of consents, and the Client Object of the same registration and kind that may ask for them."""
    scope = next((each for each in catalogue.scopes.values() if each.type.id == AGGREGATION_CONSENT), None)
    if scope is None or client is None:
        return None, None
    fictional = known_as(grant.registration_id, client).is_test
    status = ClientStatus.SANDBOX if fictional else ClientStatus.PRODUCTION
    for row in clients.clients_of(session, grant.registration_id):
        if scope.id in row.scope.split() and row.status == status:
            return scope, row
    return scope, None


def _add_part(
    session: Session,
    grant: GrantRow,
    asker: ClientRow,
    scope: Scope,
    *,
    customer_id: str,
    rows: Sequence[AggregationRow],
    catalogue: Catalogue,
    now: datetime,
) -> None:
    premises = aggregations.premises_in(session, customer_id, [row.aggregation_id for row in rows], at=now)
    numbers = sorted(str(row.aggregation_number) for row in rows)
    values = {name: offered.default for name, offered in scope.fields.items()}
    entry = RequestedEntry(scope.id, {**values, NUMBERS: numbers, "premise_numbers": premises or numbers})
    at = now.replace(microsecond=0)
    ended = [part.grant_id for part in grants.parts_of(session, grant.grant_id) if part.customer_id == customer_id]
    part = GrantRow(
        grant_id=secrets.token_urlsafe(16),
        registration_id=asker.registration_id,
        client_id=asker.client_id,
        parent_id=grant.grant_id,
        customer_id=customer_id,
        status=GrantStatus.NEEDS_AUTHORIZATION,
        scope=scope.id,
        authorization_details=[_waiting(granted_details(catalogue, entry, at=at), entry.values)],
        enabled_scope="",
        enabled_authorization_details=[],
        selections=[],
        states=[],
        receipt_confirmations=[],
        created=at,
        modified=at,
    )
    add_grant(session, part, replaces=ended, now=now)


def _waiting(details: dict[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """The details with their dates as they are asked for: they count from the day a Customer agrees."""
    return {name: values.get(name, value) if name == "expires" else value for name, value in details.items()}


def _move(session: Session, grant: GrantRow, after: GrantStatus, what: str, *, now: datetime) -> bool:
    if grant.status == after:
        return False
    opens = after is GrantStatus.ACTIVE
    grant.status, grant.eta, grant.modified = after, None, now
    grant.enabled_scope = grant.scope if opens else ""
    grant.enabled_authorization_details = grant.authorization_details if opens else []
    changelog.grant_changed(session, registration_id=grant.registration_id, grant_id=grant.grant_id, what=what, now=now)
    return True
