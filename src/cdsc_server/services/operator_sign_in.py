"""
Signing in at the console, and the sessions of its browsers: a realm apart from that of the Customers.

A session ends when no page was asked for `session_seconds`, and after a working day in any case.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cdsc_server.domain.operators import Role
from cdsc_server.domain.secrets import secret_hash
from cdsc_server.ports import Clock, Limits
from cdsc_server.services.audit import record
from cdsc_server.services.guessing import WrongPassword, count_attempt
from cdsc_server.services.passwords import password_fits
from cdsc_server.settings import Settings
from cdsc_server.storage import operators
from cdsc_server.storage.db import one_look, reading, transaction
from cdsc_server.storage.operators import OperatorRow, OperatorSessionRow

_LONGEST: Final = timedelta(hours=12)
#: A page within this time of the last one moves no end, which spares a write; the end is later by as much.
_STEP: Final = timedelta(seconds=15)

#: Of what a browser says of itself, so much is kept.
_LONGEST_BROWSER: Final = 200

REALM: Final = "operator"


@dataclass(frozen=True)
class Operator:
    """Who is signed in."""

    username: str
    display_name: str
    roles: frozenset[Role]


@dataclass(frozen=True)
class OperatorSession:
    """
    A browser at the console.

    Args:
        operator: None until somebody has signed in.
        form_secret: stands in every form, so that no other site can send one.
    """

    session_hash: str
    operator: Operator | None
    form_secret: str


def resume(secret: str, *, settings: Settings, clock: Clock) -> OperatorSession | None:
    """The session this cookie belongs to, with its end moved on; None when it is unknown or has ended."""
    now = clock.now()
    with one_look() as session:
        found = operators.find_session(session, secret_hash(secret), now=now)
    if found is None:
        return None
    row, account = found
    if account is not None and account.disabled is not None:
        return None
    if now - row.last_seen >= _STEP:
        with transaction() as session:
            operators.touch_session(session, row.session_hash, seen=now, expires=_end(row.created, now, settings))
    return _session(row, account)


def begin(*, settings: Settings, clock: Clock) -> tuple[str, OperatorSession]:
    """A session in which nobody is signed in yet: the secret for its cookie, and the session."""
    secret = secrets.token_urlsafe(32)
    row = _new_row(secret, None, now=clock.now(), settings=settings)
    with transaction() as session:
        operators.remove_expired_sessions(session, now=clock.now())
        session.add(row)
    return secret, _session(row, None)


def sign_in(
    current: OperatorSession,
    username: str,
    password: str,
    *,
    address: str,
    browser: str = "",
    settings: Settings,
    limits: Limits,
    clock: Clock,
) -> tuple[str, OperatorSession]:
    """
    Sign an operator in; the session gets a new secret.

    Args:
        address: the network address the request came from.
        browser: what it says it is, for the list of sessions.

    Returns:
        The secret for the cookie, and the session that replaces the current one.

    Raises:
        WrongPassword: they do not fit, or the account is disabled.
        TooManyRequests: too many failures for this name or from this address.
    """
    name = username.strip().lower()
    attempt = count_attempt(REALM, name, address=address, settings=settings, limits=limits, clock=clock)
    with reading() as session:
        account = operators.find_operator(session, name)
    live = account is not None and account.disabled is None
    if not password_fits(account.password_hash if account is not None and live else None, password) or account is None:
        raise WrongPassword("name and password do not fit")
    now, secret = clock.now(), secrets.token_urlsafe(32)
    row = _new_row(secret, account.username, browser=browser[:_LONGEST_BROWSER], now=now, settings=settings)
    with transaction() as session:
        # What was disabled or changed while the password was looked at would otherwise leave this session behind.
        now_stored = operators.find_operator(session, name, lock=True)
        if now_stored is None or now_stored.disabled or now_stored.password_hash != account.password_hash:
            raise WrongPassword("name and password do not fit")
        operators.remove_session(session, current.session_hash)
        session.add(row)
        record(session, actor=name, action="operator.signed_in", subject=f"operator:{name}", now=now)
    attempt.forgive(limits)
    return secret, _session(row, account)


def sign_out(current: OperatorSession, *, clock: Clock) -> None:
    """End the session."""
    with transaction() as session:
        operators.remove_session(session, current.session_hash)
        if current.operator is not None:
            name = current.operator.username
            record(session, actor=name, action="operator.signed_out", subject=f"operator:{name}", now=clock.now())


def _session(row: OperatorSessionRow, account: OperatorRow | None) -> OperatorSession:
    operator = (
        None
        if account is None
        else Operator(account.username, account.display_name, frozenset(map(Role, account.roles)))
    )
    return OperatorSession(row.session_hash, operator, row.form_secret)


def _new_row(
    secret: str, username: str | None, *, browser: str = "", now: datetime, settings: Settings
) -> OperatorSessionRow:
    return OperatorSessionRow(
        session_hash=secret_hash(secret),
        username=username,
        form_secret=secrets.token_urlsafe(32),
        created=now,
        last_seen=now,
        browser=browser,
        expires=_end(now, now, settings),
    )


def _end(created: datetime, now: datetime, settings: Settings) -> datetime:
    return min(now + timedelta(seconds=settings.session_seconds) + _STEP, created + _LONGEST)
