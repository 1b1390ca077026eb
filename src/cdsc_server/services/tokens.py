"""Access tokens: found, judged, and ended."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any, Final

from cdsc_server.domain.access_tokens import AccessToken, GrantView
from cdsc_server.domain.catalogue import CLIENT_ADMIN
from cdsc_server.domain.clients import ClientStatus
from cdsc_server.domain.direct_access import Permission, Reach
from cdsc_server.domain.grants import SHUT, GrantStatus, status_at
from cdsc_server.domain.secrets import secret_hash
from cdsc_server.errors import InvalidToken
from cdsc_server.ports import Clock
from cdsc_server.services.clients import AuthenticatedClient, authenticate_again
from cdsc_server.storage import authorizations
from cdsc_server.storage.db import transaction

ACCESS: Final = "access"
REFRESH: Final = "refresh"

_REFUSAL = "the access token is unknown, expired or revoked, or what it opened has ended"


def resolve_access_token(secret: str, *, clock: Clock) -> AccessToken:
    """
    What a bearer token stands for now.

    Raises:
        InvalidToken: unknown, expired, revoked; its Client Object is disabled; its Grant gives no access.
            The caller does not learn which; the log does.

    Spec: CDS-WG1-02 8.2.
    """
    row = authorizations.find_token_with_grant(secret_hash(secret))
    if row is None or row.kind != ACCESS:
        raise InvalidToken(_REFUSAL, detail="no such access token")
    ended = why_ended(row, now=clock.now())
    if ended:
        raise InvalidToken(_REFUSAL, detail=f"{ended}, client {row.client_id}, grant {row.grant_id}")
    return read_token(row)


def introspect(secret: str, *, client: AuthenticatedClient, clock: Clock) -> tuple[str, AccessToken] | None:
    """
    Whether a token of this Client Object is access or refresh, and what it opens; None when it opens nothing.

    A token of another Client Object is told apart from an unknown one by nobody (RFC 7662 2.2).

    Args:
        client: who asks; recognised, perhaps out of date, and then authenticated again.

    Raises:
        InvalidClient: it cannot authenticate any more.
    """
    now, token_hash = clock.now(), secret_hash(secret)
    row = authorizations.find_token_for(client.proof, token_hash, now=now)
    if row is None:
        client = authenticate_again(client, clock=clock)
        row = authorizations.find_token_for(client.proof, token_hash, now=now)
    if row is None or row.kind is None or why_ended(row, now=now):
        return None
    return row.kind, read_token(row)


def revoke(secret: str, *, client_id: str, clock: Clock) -> None:
    """
    End a token of this Client Object; with a refresh token also what came from the same code. The Grant lives on.

    An unknown token, or one of another Client Object, is no fault and changes nothing (RFC 7009 2.2).
    """
    token_hash = secret_hash(secret)
    row = authorizations.find_token_with_grant(token_hash)
    if row is None or row.client_id != client_id:
        return
    with transaction() as session:
        if row.kind == REFRESH and row.code_hash is not None:
            authorizations.revoke_tokens(session, now=clock.now(), code_hash=row.code_hash)
        else:
            authorizations.revoke_tokens(session, now=clock.now(), token_hash=token_hash)


def new_token(
    *,
    kind: str,
    client: AuthenticatedClient,
    scope: str,
    now: datetime,
    expires: datetime | None,
    grant_id: str | None = None,
    authorization_details: list[dict[str, Any] | None] | None = None,
    code_hash: str | None = None,
) -> tuple[str, dict[str, Any]]:
    """
    A new token and the row to store, which holds only its hash.

    Args:
        kind: ACCESS or REFRESH.
        authorization_details: see `narrowed_view`.
    """
    secret = secrets.token_urlsafe(32)
    return secret, {
        "token_hash": secret_hash(secret),
        "kind": kind,
        "client_id": client.client_id,
        "registration_id": client.registration_id,
        "credential_id": client.credential_id,
        "grant_id": grant_id,
        "scope": scope,
        "authorization_details": authorization_details,
        "code_hash": code_hash,
        "issued": now,
        "expires": expires,
    }


def access_end(now: datetime, seconds: int, *, grant_expires: datetime | None) -> datetime:
    """When an access token of this life ends: never after its Grant."""
    end = now + timedelta(seconds=seconds)
    return end if grant_expires is None else min(end, grant_expires)


def why_ended(row: Any, *, now: datetime) -> str | None:
    """Why a token found by `find_token_with_grant` opens nothing now; None when it does."""
    if row.revoked is not None:
        return "revoked"
    if row.expires is not None and row.expires <= now:
        return "expired"
    if ClientStatus.DISABLED in (row.client_status, row.grant_client_status):
        return "client disabled"
    # A refresh token outlives a Credential that ran out as planned; one ended early takes it along (CDS-WG1-02 7.6).
    if row.kind == ACCESS and row.credential_expires is not None and row.credential_expires <= now:
        return "credential expired"
    return None if row.grant_id is None else why_grant_ended(row, now=now)


def why_grant_ended(row: Any, *, now: datetime) -> str | None:
    """Why the Grant read along with a token or code gives no access now; None when it does (CDS-WG1-02 8.2)."""
    if row.grant_status is None:
        return "grant gone"
    status = status_at(
        GrantStatus(row.grant_status), expires=row.grant_expires, not_before=row.grant_not_before, now=now
    )
    return f"grant {status}" if status in SHUT else None


def read_token(row: Any) -> AccessToken:
    """The token of a row that has not ended; refresh tokens are read the same way."""
    if row.scope == CLIENT_ADMIN:
        # Its Grant is its own, and opens no Customer data.
        kind, scope, grant = "client_admin", row.scope, None
    else:
        kind = "grant" if row.grant_client_id == row.client_id else "grant_admin"
        details, selections = narrowed_view(
            row.enabled_authorization_details, row.selections, row.authorization_details
        )
        # A token for all of a Grant follows it, whatever it opened when the token was issued.
        whole = kind == "grant" and row.authorization_details is None
        scope = row.enabled_scope if whole else row.scope
        permission = None if row.customer_id else Permission(row.grant_client_id, Reach(row.grant_client_reach))
        grant = GrantView(row.grant_id, row.grant_client_id, row.customer_id, details, selections, permission)
    return AccessToken(
        client_id=row.client_id,
        registration_id=row.registration_id,
        scope=scope,
        kind=kind,
        authorization_details=[] if grant is None else grant.enabled_authorization_details,
        credential_id=row.credential_id,
        issued=row.issued,
        expires=row.expires,
        grant=grant,
    )


def narrowed_view(
    enabled: list[dict[str, Any]], selections: list[dict[str, Any]], narrowed: list[dict[str, Any] | None] | None
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """
    The entries a token opens, with the selection of each.

    Args:
        narrowed: what the token was asked for, one beside each enabled entry and None for one left out;
            None for all of them.
    """
    if narrowed is None:
        return enabled, selections
    kept = [
        (entry, selection)
        for entry, _, selection in zip(narrowed, enabled, selections, strict=False)
        if entry is not None
    ]
    return [entry for entry, _ in kept], [selection for _, selection in kept]
