"""Grants as their Client sees them: the Grants API (CDS-WG1-02 8)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from cdsc_server.domain.grants import SHUT, GrantStatus, status_at
from cdsc_server.errors import NotFound
from cdsc_server.ports import Clock
from cdsc_server.storage import grants
from cdsc_server.storage.db import reading
from cdsc_server.storage.grants import GrantFilters, GrantRow, Relatives
from cdsc_server.storage.keyset import Cursor, Page


@dataclass(frozen=True)
class SeenGrant:
    """A Grant, with the ids of those around it."""

    row: GrantRow | Row[Any]
    relatives: Relatives


def list_grants(
    registration_id: str, filters: GrantFilters, *, clock: Clock, cursor: Cursor | None, size: int
) -> Page[SeenGrant]:
    """Grants of the registration, last modified first; three statements, however many there are."""
    with reading() as session:
        page = grants.list_grants(session, registration_id, filters, now=clock.now(), cursor=cursor, size=size)
        around = grants.relatives_of(session, [row.grant_id for row in page.rows])
    rows = [SeenGrant(row, around[row.grant_id]) for row in page.rows]
    return Page(rows, previous=page.previous, next=page.next)


def get_grant(grant_id: str, *, registration_id: str) -> SeenGrant:
    """The Grant; NotFound when there is none in this registration."""
    with reading() as session:
        return seen(session, found(session, grant_id, registration_id))


def gives_no_access(row: GrantRow, *, now: datetime) -> bool:
    """Whether its status at `now` shuts the Grant, whatever is enabled (CDS-WG1-02 8.2)."""
    return status_of(row, now=now) in SHUT


def status_of(row: GrantRow | Row[Any], *, now: datetime) -> GrantStatus:
    """Its status as it is at `now`, whether or not anything has noted that yet."""
    return status_at(GrantStatus(row.status), expires=row.expires, not_before=row.not_before, now=now)


def standing_of(grant: GrantRow) -> GrantStatus:
    """The status as it is stored; of a suspended Grant the one it goes back to."""
    if grant.status != GrantStatus.SUSPENDED:
        return GrantStatus(grant.status)
    before = GrantStatus(grant.status_before or GrantStatus.ACTIVE)
    waited = before in (GrantStatus.NEEDS_AUTHORIZATION, GrantStatus.PARTIAL)
    # Its Client may have given back all that it waited for.
    given_back = waited and grant.enabled_authorization_details == grant.authorization_details
    return GrantStatus.ACTIVE if given_back and grant.enabled_scope == grant.scope else before


def seen(session: Session, row: GrantRow) -> SeenGrant:
    """The Grant with those around it; for other use cases."""
    return SeenGrant(row, grants.relatives_of(session, [row.grant_id])[row.grant_id])


def _uri(grant_id: str, base_url: str) -> str:
    return f"{base_url}/grants/{grant_id}"


def found(session: Session, grant_id: str, registration_id: str, *, lock: bool = False) -> GrantRow:
    """As `get_grant`, for other use cases. `lock`: until the transaction ends."""
    row = grants.find_grant(session, grant_id, registration_id=registration_id, lock=lock)
    if row is None:
        raise NotFound("no Grant has this grant_id")
    return row


def to_wire(seen: SeenGrant, *, base_url: str, now: datetime) -> dict[str, Any]:
    """The Grant as the API shows it at `now`; what was ticked stays with the Server (CDS-WG1-02 8.1)."""
    row, status = seen.row, status_of(seen.row, now=now)
    shut = status in SHUT
    return {
        "grant_id": row.grant_id,
        "uri": _uri(row.grant_id, base_url),
        "replacing": [_uri(grant_id, base_url) for grant_id in seen.relatives.replacing],
        "replaced_by": [_uri(grant_id, base_url) for grant_id in seen.relatives.replaced_by],
        "parent": row.parent_id,
        "children": list(seen.relatives.children),
        "created": row.created,
        "modified": row.modified,
        "not_before": row.not_before,
        # A Grant whose time is over gives no access from that instant on, so both say the same.
        "not_after": row.expires,
        "eta": row.eta if status is GrantStatus.PENDING else None,
        "expires": row.expires,
        "status": status,
        "client_id": row.client_id,
        "scope": row.scope,
        "authorization_details": row.authorization_details,
        "states": row.states,
        "receipt_confirmations": row.receipt_confirmations,
        "enabled_scope": "" if shut else row.enabled_scope,
        "enabled_authorization_details": [] if shut else row.enabled_authorization_details,
    }
