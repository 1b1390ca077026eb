"""
Grants of Clients that come for themselves, by client_credentials (CDS-WG1-02 8, 8.4).

A Client Admin has one Grant, a Grant Admin one for each Grant it asks a token for, and scopes of direct access or of
the operator's own one for each of the details they are asked with. The first token request makes it, all later ones
share it until its Client closes it; then the next request makes another.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from cdsc_server.domain.catalogue import CLIENT_ADMIN, Catalogue
from cdsc_server.domain.details import RequestedEntry
from cdsc_server.domain.grants import FINAL, SHUT, GrantStatus, granted_details, status_at
from cdsc_server.domain.narrowing import scope_of
from cdsc_server.errors import UnauthorizedClient
from cdsc_server.services import changelog
from cdsc_server.services.clients import AuthenticatedClient
from cdsc_server.storage import authorizations, clients, grants
from cdsc_server.storage.db import transaction
from cdsc_server.storage.grants import GrantRow

#: Grants of Client Admins that this process has seen, by client_id; the statement that stores a token judges them.
_known: OrderedDict[str, str] = OrderedDict()
_MOST_KNOWN: Final = 4096
#: Grants of one Client Object that asks with details; a token request reads them all.
MOST_OPEN: Final = 100


def of_client_admin(client: AuthenticatedClient, *, now: datetime) -> tuple[str, bool]:
    """
    The grant_id of a Client Admin's own Grant, and whether it was made just now.

    It may have ended in another process; `forget` it then and ask again.

    Raises:
        UnauthorizedClient: an operator holds it.
    """
    known = _known.get(client.client_id)
    if known is not None:
        return known, False
    with transaction() as session:
        # Of two first requests at once, the second waits here and finds what the first made.
        clients.find_client(session, client.client_id, lock=True)
        row = _usable(grants.latest_own_grant(session, client.client_id, admin_of=None), now=now)
        made = row is None
        row = row or _new(session, client, CLIENT_ADMIN, [], now=now)
    _known[client.client_id] = row.grant_id
    while len(_known) > _MOST_KNOWN:
        _known.popitem(last=False)
    return row.grant_id, made


def forget(client_id: str) -> None:
    """Look again at the next request."""
    _known.pop(client_id, None)


def of_grant_admin(
    session: Session, client: AuthenticatedClient, entry: dict[str, Any], *, target: GrantRow, now: datetime
) -> str | None:
    """
    Make, or bring up to date, a Grant Admin's own Grant for the Grant it administers.

    Args:
        entry: of the token request, with type, client_id and grant_id.
        target: the Grant it names, locked.

    Returns:
        The grant_id when something was made or changed; None when it stands as it stood.

    Raises:
        UnauthorizedClient: an operator holds it.
    """
    found = grants.latest_own_grant(session, client.client_id, admin_of=target.grant_id, lock=True)
    row = _usable(found, expires=target.expires, now=now)
    if row is None:
        made = _new(session, client, entry["type"], [entry], admin_of=target.grant_id, expires=target.expires, now=now)
        return made.grant_id
    if row.expires == target.expires:
        return None
    # The Customer agreed to another end since.
    row.expires, row.modified = target.expires, now
    return row.grant_id


def of_details(
    session: Session,
    client: AuthenticatedClient,
    asked: Sequence[RequestedEntry],
    *,
    catalogue: Catalogue,
    now: datetime,
) -> tuple[GrantRow, bool]:
    """
    The Grant for what is asked of direct access or of a scope of the operator's own, and whether it was made just now.

    Relative dates count from the request that made it, so the same words mean the same Grant later on.

    Args:
        asked: entries of its scopes. The Client Object is held, so that of two first requests one makes the Grant.

    Raises:
        UnauthorizedClient: an operator holds it, or too many others are open.

    Spec: CDS-WG1-02 3.9.
    """

    def details(at: datetime) -> list[dict[str, Any]]:
        return [granted_details(catalogue, entry, at=at) for entry in asked]

    rows = grants.own_grants_of(session, client.client_id, limit=MOST_OPEN)
    for row in rows:
        if row.authorization_details == details(row.created) and _usable(row, now=now):
            return row, False
    if len(rows) == MOST_OPEN:
        raise UnauthorizedClient(f"this client has {MOST_OPEN} Grants; close those that it needs no more")
    return _new(session, client, scope_of(details(now)), details(now), now=now), True


def end_admin_grants(session: Session, grant_id: str, *, now: datetime) -> None:
    """With a Grant that has ended for good, end those that Grant Admins had of it, and tell of them."""
    for row in grants.admin_grants_of(session, grant_id):
        if row.status in FINAL:
            continue
        row.status, row.enabled_scope, row.enabled_authorization_details = GrantStatus.DISABLED, "", []
        row.modified = now
        changelog.grant_ended(
            session, registration_id=row.registration_id, grant_id=row.grant_id, status=GrantStatus.DISABLED, now=now
        )


def revoke_tokens_of(session: Session, row: GrantRow, *, now: datetime) -> None:
    """End the tokens of a Grant; of a Grant Admin's, its tokens for the Grant it administers."""
    if row.admin_of is None:
        authorizations.revoke_tokens(session, now=now, grant_id=row.grant_id)
    else:
        authorizations.revoke_tokens(session, now=now, grant_id=row.admin_of, client_id=row.client_id)


def _usable(row: GrantRow | None, *, expires: datetime | None = None, now: datetime) -> GrantRow | None:
    """The Grant when it opens something; None when there is none, or its Client closed it, or its time ran out."""
    if row is None or row.status in (GrantStatus.CLOSED, GrantStatus.EXPIRED):
        return None
    status = status_at(GrantStatus(row.status), expires=expires, not_before=row.not_before, now=now)
    if status in SHUT:
        raise UnauthorizedClient(f"the Grant of this client is {status}", detail=f"grant {row.grant_id}")
    return row


def _new(
    session: Session,
    client: AuthenticatedClient,
    scope: str,
    details: Sequence[Mapping[str, Any]],
    *,
    admin_of: str | None = None,
    expires: datetime | None = None,
    now: datetime,
) -> GrantRow:
    row = GrantRow(
        grant_id=secrets.token_urlsafe(16),
        registration_id=client.registration_id,
        client_id=client.client_id,
        admin_of=admin_of,
        status=GrantStatus.ACTIVE,
        scope=scope,
        authorization_details=[dict(entry) for entry in details],
        enabled_scope=scope,
        enabled_authorization_details=[dict(entry) for entry in details],
        selections=[],
        states=[],
        receipt_confirmations=[],
        created=now,
        modified=now,
        expires=expires,
    )
    session.add(row)
    session.flush()
    return row
