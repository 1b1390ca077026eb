"""
Service accounts: OAuth clients of the operator itself, for programs that do what operators do at the console.

They are no Client Objects: they register nothing, hold no Grant, and their tokens open nothing of Clients or Customers
but what the admin API shows and the provisioning API takes in. Changes are on the audit trail, and so is what they do,
as "service:<name>".
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy.orm import Session

from cdsc_server.domain.issued_tokens import IssuedToken
from cdsc_server.domain.operators import ACCOUNT_PREFIX, SERVICE_ACTOR, Role, scopes_of
from cdsc_server.domain.secrets import secret_hash
from cdsc_server.errors import Conflict, InvalidClient, InvalidRequest, InvalidScope, InvalidToken, NotFound
from cdsc_server.ports import Clock
from cdsc_server.services.audit import record
from cdsc_server.settings import Settings
from cdsc_server.storage import service_accounts
from cdsc_server.storage.db import one_look, reading, transaction
from cdsc_server.storage.service_accounts import OperatorTokenRow, ServiceAccountRow

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
_NOBODY: Final = secret_hash("")


@dataclass(frozen=True)
class NewAccount:
    """A service account with its secret, which nobody can read again."""

    client_id: str
    name: str
    secret: str


@dataclass(frozen=True)
class ServiceAccount:
    """Who holds a live operator token, and what that is for."""

    client_id: str
    name: str
    roles: frozenset[Role]
    scopes: frozenset[str]

    @property
    def actor(self) -> str:
        """How the audit trail calls it."""
        return SERVICE_ACTOR + self.name


def add_account(name: str, *, roles: Collection[Role], actor: str, clock: Clock) -> NewAccount:
    """
    Make a service account.

    Raises:
        InvalidRequest: the name breaks its rule, or there is no role.
        Conflict: the name is taken; names are never given again, because the audit trail holds them.
    """
    called, secret, now = name.strip().lower(), secrets.token_urlsafe(32), clock.now()
    if not _NAME.fullmatch(called):
        raise InvalidRequest("name: letters, digits, '.', '_' and '-', at most 63, a letter or digit first")
    if not roles:
        raise InvalidRequest("roles: a service account has at least one")
    client_id = ACCOUNT_PREFIX + secrets.token_hex(12)
    with transaction() as session:
        if service_accounts.account_named(session, called) is not None:
            raise Conflict(f"there is a service account {called} already")
        session.add(
            ServiceAccountRow(
                client_id=client_id, name=called, roles=sorted(roles), secret_hash=secret_hash(secret), created=now
            )
        )
        record(
            session,
            actor=actor,
            action="service_account.added",
            subject=SERVICE_ACTOR + called,
            detail={"client_id": client_id, "roles": sorted(roles)},
            now=now,
        )
    return NewAccount(client_id, called, secret)


def list_accounts() -> Sequence[ServiceAccountRow]:
    """Every account, disabled or not."""
    with reading() as session:
        return service_accounts.list_accounts(session)


def rotate_secret(name: str, *, actor: str, clock: Clock) -> NewAccount:
    """
    Give an account another secret; the old one, and every token that came of it, end at once.

    Raises:
        NotFound: there is no such account.
        Conflict: it is disabled.
    """
    secret, now = secrets.token_urlsafe(32), clock.now()
    with transaction() as session:
        row = _enabled(session, name)
        row.secret_hash = secret_hash(secret)
        service_accounts.revoke_tokens(session, row.client_id, now=now)
        record(session, actor=actor, action="service_account.rotated", subject=SERVICE_ACTOR + row.name, now=now)
    return NewAccount(row.client_id, row.name, secret)


def disable_account(name: str, *, actor: str, clock: Clock) -> None:
    """
    Close an account for good, and end its tokens.

    Raises:
        NotFound: there is no such account.
        Conflict: it is disabled already.
    """
    now = clock.now()
    with transaction() as session:
        row = _enabled(session, name)
        row.disabled = now
        service_accounts.revoke_tokens(session, row.client_id, now=now)
        record(session, actor=actor, action="service_account.disabled", subject=SERVICE_ACTOR + row.name, now=now)


def issue_token(client_id: str, secret: str, *, scope: str | None, clock: Clock, settings: Settings) -> IssuedToken:
    """
    An access token for a service account.

    Args:
        scope: one or both that its roles open; None for the first of them.

    Raises:
        InvalidClient: unknown, wrong or disabled; which of them is for the log only.
        InvalidScope: another scope, or one that its roles do not open.
    """
    now, token = clock.now(), secrets.token_urlsafe(32)
    seconds = settings.admin_token_seconds
    with transaction() as session:
        # Locked, so that a token is issued before the account is closed or its secret changed, and ends then; or never.
        account = _authenticated(session, client_id, secret)
        opened = scopes_of(frozenset(map(Role, account.roles)))
        asked = opened[:1] if scope is None else tuple(each for each in opened if each in scope.split())
        if not asked or (scope is not None and set(scope.split()) != set(asked)):
            raise InvalidScope(f"scope: the roles of this account open {' and '.join(opened)} only", field="scope")
        session.add(
            OperatorTokenRow(
                token_hash=secret_hash(token),
                client_id=client_id,
                scope=" ".join(asked),
                issued=now,
                expires=now + timedelta(seconds=seconds),
            )
        )
    return IssuedToken(token, seconds, " ".join(asked))


def revoke_token(client_id: str, secret: str, token: str, *, clock: Clock) -> None:
    """
    End a token of this account; one that is unknown or somebody else's is no fault and changes nothing.

    Raises:
        InvalidClient: as `issue_token`.

    Spec: RFC 7009 2.2.
    """
    with transaction() as session:
        _authenticated(session, client_id, secret)
        service_accounts.revoke_tokens(session, client_id, now=clock.now(), token_hash=secret_hash(token))


def resolve_token(token: str, *, clock: Clock) -> ServiceAccount:
    """
    The account that holds a bearer token.

    Raises:
        InvalidToken: unknown, expired, revoked, or its account is disabled; which of them is for the log only.
    """
    with one_look() as session:
        found = service_accounts.find_token(session, secret_hash(token))
    refusal = "the access token is unknown, expired or revoked"
    if found is None:
        raise InvalidToken(refusal, detail="no such operator token")
    row, account = found
    if row.revoked is not None or row.expires <= clock.now() or account.disabled is not None:
        raise InvalidToken(refusal, detail=f"it has ended, service account {account.name}")
    roles = frozenset(map(Role, account.roles))
    return ServiceAccount(account.client_id, account.name, roles, frozenset(row.scope.split()))


def _authenticated(session: Session, client_id: str, secret: str) -> ServiceAccountRow:
    row = service_accounts.find_account(session, client_id, lock=True)
    fits = hmac.compare_digest(_NOBODY if row is None else row.secret_hash, secret_hash(secret))
    if row is None or not fits or row.disabled is not None:
        raise InvalidClient("client authentication failed", detail=f"service account {client_id}")
    return row


def _enabled(session: Session, name: str) -> ServiceAccountRow:
    row = service_accounts.account_named(session, name.strip().lower())
    if row is None:
        raise NotFound(f"there is no service account {name}")
    if row.disabled is not None:
        raise Conflict(f"{row.name} is disabled already")
    return row
