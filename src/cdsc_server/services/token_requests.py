"""Tokens for Clients that come without a Customer, and refreshed ones (RFC 6749 4.4, 6; CDS-WG1-02 3.3.1, 3.3.2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from cdsc_server.domain.catalogue import CLIENT_ADMIN, GRANT_ADMIN, Catalogue
from cdsc_server.domain.client_limits import offered_to
from cdsc_server.domain.details import read_request
from cdsc_server.domain.direct_access import Permission, Reach
from cdsc_server.domain.issued_tokens import IssuedToken
from cdsc_server.domain.narrowing import narrowed, scope_of
from cdsc_server.domain.secrets import secret_hash
from cdsc_server.errors import InvalidAuthorizationDetails, InvalidGrant, InvalidScope, Problem
from cdsc_server.ports import Clock
from cdsc_server.services import direct_access, group_grants, own_grants, tokens
from cdsc_server.services.clients import AuthenticatedClient, OutOfDate, authenticate_again
from cdsc_server.services.grants import gives_no_access
from cdsc_server.settings import Settings
from cdsc_server.storage import authorizations, clients
from cdsc_server.storage.db import transaction
from cdsc_server.storage.grants import GrantRow, find_grant

_ENTRY = "authorization_details[0]"


def client_credentials(
    client: AuthenticatedClient,
    *,
    scope: str | None,
    details: Sequence[Any] | None,
    catalogue: Catalogue,
    clock: Clock,
    settings: Settings,
) -> IssuedToken:
    """
    A token for the Client Object itself: as Client Admin, as Grant Admin of one Grant, for direct access to Customer
    data, or for an operator's own scope.

    Args:
        client: recognised, perhaps out of date; then it is authenticated again.
        scope: None for the Client Object's own.
        details: None when the parameter is absent.

    Raises:
        InvalidClient: it cannot authenticate any more.
        InvalidScope: not the scope of this Client Object.
        InvalidAuthorizationDetails: not exactly what the scope asks for.
        UnauthorizedClient: of direct access, when no operator permits any.
    """
    try:
        return _for_client(client, scope=scope, details=details, catalogue=catalogue, clock=clock, settings=settings)
    except (OutOfDate, Problem):
        # A refusal may rest on what the Client Object was before.
        client = authenticate_again(client, clock=clock)
    return _for_client(client, scope=scope, details=details, catalogue=catalogue, clock=clock, settings=settings)


def _for_client(
    client: AuthenticatedClient,
    *,
    scope: str | None,
    details: Sequence[Any] | None,
    catalogue: Catalogue,
    clock: Clock,
    settings: Settings,
) -> IssuedToken:
    for word in (client.scope if scope is None else scope).split():
        described = catalogue.scope(word)
        if described is None or described.id not in client.scope.split():
            raise InvalidScope(f"scope: {word!r} is not registered for this client", field="scope")
    if client.scope == CLIENT_ADMIN:
        if details:
            raise InvalidAuthorizationDetails(f"authorization_details: {CLIENT_ADMIN} takes none")
        return _client_admin(client, clock=clock, settings=settings)
    if any(described.type.direct or described.type.own for described in catalogue.scopes_of(client.scope.split())):
        words = client.scope if scope is None and not details else scope or ""
        return _with_details(client, words, details or (), catalogue=catalogue, clock=clock, settings=settings)
    return _grant_admin(client, details or (), catalogue=catalogue, clock=clock, settings=settings)


def _client_admin(client: AuthenticatedClient, *, clock: Clock, settings: Settings) -> IssuedToken:
    now = clock.now()
    grant_id, made = own_grants.of_client_admin(client, now=now)
    expires = now + timedelta(seconds=settings.admin_token_seconds)
    secret, row = tokens.new_token(
        kind=tokens.ACCESS, client=client, scope=CLIENT_ADMIN, now=now, expires=expires, grant_id=grant_id
    )
    # Stored as long as the Client Object and its Grant are what they were when they were recognised.
    if not authorizations.add_token_for(client.proof, row, now=now):
        own_grants.forget(client.client_id)
        raise OutOfDate
    return IssuedToken(secret, settings.admin_token_seconds, CLIENT_ADMIN, cds_grant_ids=[grant_id] if made else None)


def _grant_admin(
    client: AuthenticatedClient, details: Sequence[Any], *, catalogue: Catalogue, clock: Clock, settings: Settings
) -> IssuedToken:
    """CDS-WG1-02 3.3.2: one entry, one Grant, and every scope of it must name this Grant Admin scope."""
    admin_scope, owner, grant_id = _grant_admin_entry(client, details, catalogue)
    entry, now = {"type": admin_scope, "client_id": owner, "grant_id": grant_id}, clock.now()
    with transaction() as session:
        # Held, so that nobody ends it between here and the token.
        grant = find_grant(session, grant_id, registration_id=client.registration_id, lock=True)
        if grant is None or grant.client_id != owner:
            raise _refusal("grant_id", "names no Grant of this client_id that this client can see")
        if gives_no_access(grant, now=now) or not grant.enabled_scope or not _reaches(grant, admin_scope, catalogue):
            raise _refusal("grant_id", f"names a Grant that {admin_scope} does not open")
        own = own_grants.of_grant_admin(session, client, entry, target=grant, now=now)
        expires = tokens.access_end(now, settings.admin_token_seconds, grant_expires=grant.expires)
        secret, row = tokens.new_token(
            kind=tokens.ACCESS, client=client, scope=admin_scope, now=now, expires=expires, grant_id=grant_id
        )
        if not authorizations.add_token_within(session, client.proof, row, now=now):
            raise OutOfDate
    return IssuedToken(
        secret,
        int((expires - now).total_seconds()),
        admin_scope,
        authorization_details=[entry],
        cds_grant_ids=[own] if own else None,
    )


def _with_details(
    client: AuthenticatedClient,
    words: str,
    details: Sequence[Any],
    *,
    catalogue: Catalogue,
    clock: Clock,
    settings: Settings,
) -> IssuedToken:
    """CDS-WG1-02 3.8, 3.9, CDS-WG3-01 6.2: fields as offered, with their defaults, from the first request on."""
    now = clock.now()
    with transaction() as session:
        row = clients.find_client(session, client.client_id, lock=True)
        offered = catalogue if row is None else offered_to(catalogue, row)
        allowed = frozenset(client.scope.split())
        asked = read_request(offered, words, details, allowed=allowed, at=now)
        group_grants.check_request(session, client, asked, catalogue=catalogue)
        own = [entry for entry in asked if not group_grants.is_about(catalogue, entry)]
        if row is not None and any(catalogue.scopes[entry.scope_id].type.direct for entry in own):
            direct_access.check_request(session, Permission(client.client_id, Reach(row.reach)), asked)
        grant, made = own_grants.of_details(session, client, asked, catalogue=offered, now=now)
        if made:
            group_grants.begin(grant, catalogue=catalogue, now=now)
        expires = tokens.access_end(now, settings.admin_token_seconds, grant_expires=grant.expires)
        secret, values = tokens.new_token(
            kind=tokens.ACCESS, client=client, scope=grant.scope, now=now, expires=expires, grant_id=grant.grant_id
        )
        if not authorizations.add_token_within(session, client.proof, values, now=now):
            raise OutOfDate
        opened, granted = grant.enabled_authorization_details, grant.enabled_scope
    return IssuedToken(
        secret,
        int((expires - now).total_seconds()),
        granted,
        authorization_details=opened,
        cds_grant_ids=[grant.grant_id] if made else None,
    )


def _grant_admin_entry(
    client: AuthenticatedClient, details: Sequence[Any], catalogue: Catalogue
) -> tuple[str, str, str]:
    if len(details) != 1 or not isinstance(details[0], Mapping):
        raise InvalidAuthorizationDetails(
            "authorization_details: exactly one entry with type, client_id and grant_id is needed",
            field="authorization_details",
        )
    entry = details[0]
    described = catalogue.scope(entry["type"]) if isinstance(entry.get("type"), str) else None
    if described is None or described.type.id != GRANT_ADMIN or described.id not in client.scope.split():
        raise _refusal("type", "is not a Grant Admin scope of this client")
    for name in ("client_id", "grant_id"):
        if not isinstance(entry.get(name), str) or not 1 <= len(entry[name]) <= 1000:
            raise _refusal(name, "is missing or not a string of 1 to 1000 characters")
    if unknown := set(entry) - {"type", "client_id", "grant_id"}:
        raise _refusal(sorted(unknown)[0], "is not a field of this type")
    return described.id, entry["client_id"], entry["grant_id"]


def _reaches(grant: GrantRow, admin_scope: str, catalogue: Catalogue) -> bool:
    scopes = [catalogue.scope(word) for word in grant.enabled_scope.split()]
    return all(scope is not None and scope.grant_admin_scope == admin_scope for scope in scopes)


def _refusal(name: str, rule: str) -> InvalidAuthorizationDetails:
    return InvalidAuthorizationDetails(f"{_ENTRY}.{name} {rule}", field=f"{_ENTRY}.{name}")


def refresh(
    client: AuthenticatedClient,
    refresh_token: str,
    *,
    scope: str | None,
    details: Sequence[Any] | None,
    catalogue: Catalogue,
    clock: Clock,
    settings: Settings,
) -> IssuedToken:
    """
    A new access token for the Grant of a refresh token, for all of it or for less.

    The refresh token stays as it is: the Client proves itself by its secret, and a lost answer costs nothing.

    Args:
        client: recognised, perhaps out of date; then it is authenticated again.
        scope, details: None when absent; only what is named is opened then, and never more than the Grant opens.

    Raises:
        InvalidClient: it cannot authenticate any more.
        InvalidGrant: unknown, revoked, another Client Object's, or its Grant gives no access any more.
        InvalidScope, InvalidAuthorizationDetails: asks for more than was granted.

    Spec: RFC 6749 6, RFC 9396 6.
    """
    now, token_hash = clock.now(), secret_hash(refresh_token)
    row = authorizations.find_token_for(client.proof, token_hash, now=now)
    if row is None:
        client = authenticate_again(client, clock=clock)
        row = authorizations.find_token_for(client.proof, token_hash, now=now)
    if row is None or row.kind != tokens.REFRESH:
        raise InvalidGrant("refresh_token: it is unknown", detail=f"client {client.client_id}")
    if ended := tokens.why_ended(row, now=now):
        raise InvalidGrant("refresh_token: it has ended", detail=f"{ended}, grant {row.grant_id}")
    enabled, part, granted_scope = row.enabled_authorization_details, None, row.enabled_scope
    if scope is not None or details is not None:
        words = (scope or "").split()
        part = narrowed(catalogue, enabled, words=words, details=details or (), at=now)
        granted_scope = scope_of(part)
    opened, _ = tokens.narrowed_view(enabled, row.selections, part)
    expires = tokens.access_end(now, settings.access_token_seconds, grant_expires=row.grant_expires)
    secret, values = tokens.new_token(
        kind=tokens.ACCESS,
        client=client,
        scope=granted_scope,
        now=now,
        expires=expires,
        grant_id=row.grant_id,
        authorization_details=part,
        code_hash=row.code_hash,
    )
    with transaction() as session:
        # Locked, so that a revocation at the same moment stops this, or comes after it and finds the new token.
        if not authorizations.lock_live_token(session, token_hash):
            raise InvalidGrant("refresh_token: it has ended", detail="revoked while it was used")
        if part is not None:
            # What was cut out must still be there when the token is: nobody reduces the Grant in between.
            grant = find_grant(session, row.grant_id, registration_id=client.registration_id, lock=True)
            if grant is None or grant.enabled_authorization_details != enabled:
                raise InvalidGrant("refresh_token: what it stands for changed meanwhile; ask again")
        authorizations.add_tokens(session, [values])
    return IssuedToken(secret, int((expires - now).total_seconds()), granted_scope, authorization_details=opened)
