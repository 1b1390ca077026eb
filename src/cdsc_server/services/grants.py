"""Grants as their Client sees them: the Grants API (CDS-WG1-02 8)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row
from sqlalchemy.orm import Session

from cdsc_server.domain.catalogue import Catalogue
from cdsc_server.domain.client_limits import limited
from cdsc_server.domain.grants import FINAL, SHUT, GrantStatus, status_at
from cdsc_server.domain.letters import StoppedBy
from cdsc_server.domain.narrowing import scope_of
from cdsc_server.domain.rescoping import Rescoped, asked_entries, rescoped
from cdsc_server.errors import Conflict, InvalidRequest, NotFound
from cdsc_server.ports import Clock
from cdsc_server.services import changelog, own_grants, sharing_mails
from cdsc_server.services.mails import Mailing
from cdsc_server.storage import authorizations, clients, grants
from cdsc_server.storage.db import reading, transaction
from cdsc_server.storage.grants import GrantFilters, GrantRow, Relatives
from cdsc_server.storage.keyset import Cursor, Page

_OVER: Final = FINAL | {GrantStatus.EXPIRED}


@dataclass(frozen=True)
class GrantChange:
    """What a Client asks to change; None leaves it as it is (CDS-WG1-02 8.7)."""

    status: GrantStatus | None = None
    scope: str | None = None
    authorization_details: Sequence[dict[str, Any]] | None = None


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
        return _seen(session, _found(session, grant_id, registration_id))


def modify_grant(
    grant_id: str, change: GrantChange, *, registration_id: str, catalogue: Catalogue, clock: Clock, mailing: Mailing
) -> SeenGrant:
    """
    Close a Grant, give part of it back, or ask for more; the first two hold at once, the last waits for a Customer.

    Returns:
        The Grant as stored. When closed, nothing of it is enabled.

    Raises:
        NotFound: no such Grant in this registration.
        Conflict: it has ended in another way, or is suspended and cannot be widened.
        InvalidScope, InvalidAuthorizationDetails: the change asks for what this Client cannot have.

    Spec: CDS-WG1-02 8.7.
    """
    now = clock.now()
    with transaction() as session:
        row = _found(session, grant_id, registration_id, lock=True)
        if change.status is GrantStatus.CLOSED:
            _close(session, row, mailing=mailing, now=now)
        elif change.scope is not None or change.authorization_details is not None:
            _rescope(session, row, change, catalogue=catalogue, now=now)
        return _seen(session, row)


def _close(session: Session, row: GrantRow, *, mailing: Mailing, now: datetime) -> None:
    if row.status == GrantStatus.CLOSED:
        return
    if row.status in FINAL:
        raise Conflict(f"status: the Grant is {row.status} already", field="status")
    if status_of(row, now=now) != GrantStatus.EXPIRED:
        sharing_mails.tell_of_end(session, row.grant_id, by=StoppedBy.CLIENT, mailing=mailing, now=now)
    row.status, row.enabled_scope, row.enabled_authorization_details = GrantStatus.CLOSED, "", []
    row.modified = now
    own_grants.revoke_tokens_of(session, row, now=now)
    own_grants.end_admin_grants(session, row.grant_id, now=now)
    changelog.grant_ended(
        session, registration_id=row.registration_id, grant_id=row.grant_id, status=GrantStatus.CLOSED, now=now
    )


def _rescope(session: Session, row: GrantRow, change: GrantChange, *, catalogue: Catalogue, now: datetime) -> None:
    status = status_of(row, now=now)
    if status in _OVER:
        raise Conflict(f"the Grant is {status}; there is nothing left to change")
    if change.scope == row.scope and not (row.authorization_details or change.authorization_details):
        return
    client = clients.find_client(session, row.client_id)
    asked = asked_entries(
        catalogue if client is None else limited(catalogue, client.limits),
        row.authorization_details,
        words=(row.scope if change.scope is None else change.scope).split(),
        details=change.authorization_details or (),
        allowed=() if client is None else client.scope.split(),
        at=now.replace(microsecond=0),
    )
    if not asked:
        raise InvalidRequest("scope: nothing would be left; set status to closed instead", field="scope")
    waiting = standing_of(row) is GrantStatus.NEEDS_AUTHORIZATION
    # What such a Grant lists is what is still to be agreed to.
    agreed = row.enabled_authorization_details if waiting else row.authorization_details
    new = rescoped(catalogue, asked, agreed=agreed, enabled=row.enabled_authorization_details)
    if new.widened and status is GrantStatus.SUSPENDED:
        raise Conflict("the Grant is suspended; it can be reduced, but not widened")
    _store_scope(session, row, asked, new, status=_status_after(status, new, asked), now=now)


def _status_after(status: GrantStatus, new: Rescoped, asked: Sequence[Mapping[str, Any]]) -> GrantStatus:
    if new.widened:
        return GrantStatus.NEEDS_AUTHORIZATION
    if (
        status in (GrantStatus.NEEDS_AUTHORIZATION, GrantStatus.PARTIAL)
        and [entry for entry, _ in new.enabled] == asked
    ):
        return GrantStatus.ACTIVE
    return status


def _store_scope(
    session: Session,
    row: GrantRow,
    asked: list[dict[str, Any]],
    new: Rescoped,
    *,
    status: GrantStatus,
    now: datetime,
) -> None:
    # A Grant that has not begun opens nothing meanwhile.
    works = [] if new.widened and status_of(row, now=now) is GrantStatus.FUTURE else new.enabled
    enabled = [entry for entry, _ in works]
    if asked == row.authorization_details and enabled == row.enabled_authorization_details:
        return
    if enabled != row.enabled_authorization_details:
        # Tokens that open a part of it stand beside entries that have moved or shrunk; a refresh gives new ones.
        authorizations.revoke_tokens(session, now=now, grant_id=row.grant_id, narrowed_only=True)
    row.status = status
    row.scope, row.authorization_details = scope_of(asked), asked
    row.enabled_scope, row.enabled_authorization_details = scope_of(enabled), enabled
    # A Grant that no Customer gave has no selections.
    row.selections = [row.selections[place] for _, place in works] if row.selections else []
    row.modified = now
    opens = f"It opens {row.enabled_scope} now." if enabled else "It opens nothing now."
    waits = f" {row.scope} waits for a Customer to authorize it." if new.widened else ""
    changelog.grant_changed(
        session, registration_id=row.registration_id, grant_id=row.grant_id, what=opens + waits, now=now
    )


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


def _seen(session: Session, row: GrantRow) -> SeenGrant:
    return SeenGrant(row, grants.relatives_of(session, [row.grant_id])[row.grant_id])


def _uri(grant_id: str, base_url: str) -> str:
    return f"{base_url}/grants/{grant_id}"


def _found(session: Session, grant_id: str, registration_id: str, *, lock: bool = False) -> GrantRow:
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
