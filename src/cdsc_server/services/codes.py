"""Authorization codes: issued at approval, redeemed once (RFC 6749 4.1.2)."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from cdsc_server.domain.catalogue import Catalogue
from cdsc_server.domain.issued_tokens import IssuedToken
from cdsc_server.domain.narrowing import narrowed, scope_of
from cdsc_server.domain.secrets import secret_hash
from cdsc_server.errors import InvalidGrant
from cdsc_server.ports import Clock
from cdsc_server.services import tokens
from cdsc_server.services.clients import AuthenticatedClient, authenticate_again
from cdsc_server.settings import Settings
from cdsc_server.storage import authorizations
from cdsc_server.storage.authorizations import CodeRow
from cdsc_server.storage.db import transaction
from cdsc_server.storage.grants import find_grant


def issue_code(
    session: Session,
    *,
    client_id: str,
    grant_id: str,
    redirect_uri: str,
    redirect_uri_sent: bool,
    code_challenge: str,
    now: datetime,
    settings: Settings,
) -> str:
    """
    A new code for a Grant that was approved in the same transaction; only its hash is stored.

    Args:
        redirect_uri_sent: whether the authorization request named the redirect_uri; the token request must then too.
        code_challenge: of method S256.
    """
    code = secrets.token_urlsafe(32)
    session.add(
        CodeRow(
            code_hash=secret_hash(code),
            client_id=client_id,
            grant_id=grant_id,
            redirect_uri=redirect_uri,
            redirect_uri_sent=redirect_uri_sent,
            code_challenge=code_challenge,
            created=now,
            expires=now + timedelta(seconds=settings.code_seconds),
        )
    )
    return code


def find_code(code: str, *, client: AuthenticatedClient, clock: Clock) -> Any:
    """
    The code with its Grant, also a used or expired one; None when it is unknown or another Client Object's.

    Args:
        client: recognised, perhaps out of date, and then authenticated again.

    Raises:
        InvalidClient: it cannot authenticate any more.
    """
    now, code_hash = clock.now(), secret_hash(code)
    row = authorizations.find_code_for(client.proof, code_hash, now=now)
    if row is None:
        client = authenticate_again(client, clock=clock)
        row = authorizations.find_code_for(client.proof, code_hash, now=now)
    return None if row is None or row.code_hash is None else row


def redeem_code(
    row: Any,
    *,
    client: AuthenticatedClient,
    details: Sequence[Any] | None,
    catalogue: Catalogue,
    clock: Clock,
    settings: Settings,
) -> IssuedToken:
    """
    Exchange a code whose redirect_uri and code_verifier were found right, once.

    A second use ends every token that came from the first (RFC 6749 4.1.2).

    Args:
        row: from `find_code`.
        details: authorization_details of the token request, which make the access token narrower than the Grant;
            None for all of it. The refresh token stands for all of it in any case.

    Raises:
        InvalidGrant: used before, expired, or its Grant gives no access any more.
        InvalidAuthorizationDetails: asks for more than was granted; the code is not used up.
    """
    now = clock.now()
    if ended := tokens.why_grant_ended(row, now=now):
        raise InvalidGrant("code: what it stood for has ended", detail=f"{ended} {row.grant_id}")
    with transaction() as session:
        if authorizations.claim_code(session, row.code_hash, now=now):
            part = (
                None if details is None else _part(session, row, details, client=client, catalogue=catalogue, now=now)
            )
            return _issue(session, row, part, client=client, now=now, settings=settings)
    # In a transaction of its own, because the refusal must not undo it.
    with transaction() as session:
        authorizations.revoke_tokens(session, now=now, code_hash=row.code_hash)
    raise InvalidGrant("code: it was used before or has expired", detail=f"client {client.client_id}")


def _part(
    session: Session,
    row: Any,
    details: Sequence[Any],
    *,
    client: AuthenticatedClient,
    catalogue: Catalogue,
    now: datetime,
) -> list[dict[str, Any] | None]:
    """What is asked for of the Grant, which is held so that nobody reduces it before the token is there."""
    grant = find_grant(session, row.grant_id, registration_id=client.registration_id, lock=True)
    if grant is None or grant.enabled_authorization_details != row.enabled_authorization_details:
        raise InvalidGrant("code: what it stands for changed meanwhile; ask again", detail=f"grant {row.grant_id}")
    return narrowed(catalogue, row.enabled_authorization_details, words=(), details=details, at=now)


def _issue(
    session: Session,
    row: Any,
    part: list[dict[str, Any] | None] | None,
    *,
    client: AuthenticatedClient,
    now: datetime,
    settings: Settings,
) -> IssuedToken:
    expires = tokens.access_end(now, settings.access_token_seconds, grant_expires=row.grant_expires)
    opened, _ = tokens.narrowed_view(row.enabled_authorization_details, row.selections, part)
    scope = row.enabled_scope if part is None else scope_of(part)
    new_token = partial(tokens.new_token, client=client, now=now, grant_id=row.grant_id, code_hash=row.code_hash)
    access, access_row = new_token(kind=tokens.ACCESS, scope=scope, expires=expires, authorization_details=part)
    refresh, refresh_row = new_token(kind=tokens.REFRESH, scope=row.enabled_scope, expires=None)
    authorizations.add_tokens(session, [access_row, refresh_row])
    return IssuedToken(
        access,
        int((expires - now).total_seconds()),
        scope,
        refresh_token=refresh,
        authorization_details=opened,
        cds_grant_ids=[row.grant_id],
    )
