"""
Signing in with name and password, and slowing down who guesses.

Every attempt is counted before the password is looked at, in a transaction of its own: neither a refusal nor many
attempts at once get around the count.
"""

from __future__ import annotations

import hashlib
import math
import secrets
from datetime import datetime, timedelta
from typing import Final

from cdsc_server.errors import AccessDenied, TooManyRequests
from cdsc_server.ports import Clock
from cdsc_server.services import sessions
from cdsc_server.services.passwords import password_fits
from cdsc_server.services.sessions import BrowserSession
from cdsc_server.settings import Settings
from cdsc_server.storage import authorizations, customers
from cdsc_server.storage.db import reading, transaction

_LONGEST_WAIT: Final = timedelta(minutes=15)
#: Failures older than this no longer count.
_FORGOTTEN: Final = timedelta(hours=1)


class WrongPassword(AccessDenied):
    """Name and password do not fit; which of the two is not told."""

    status = 403


def sign_in(
    current: BrowserSession, username: str, password: str, *, address: str, settings: Settings, clock: Clock
) -> tuple[str, BrowserSession]:
    """
    Sign a person in.

    The session gets a new secret, so that a secret somebody planted in this browser opens nothing; requests that wait
    for a decision in this browser move along.

    Args:
        username: upper and lower case, and blanks around it, make no difference.
        address: the network address the request came from.

    Returns:
        The secret for the cookie, and the session that replaces the current one.

    Raises:
        WrongPassword: they do not fit.
        TooManyRequests: too many failures for this name or from this address.
    """
    name = username.strip().lower()
    keys = (_key("name", name), _key("address", address))
    _count_attempt(keys, (settings.login_failures, settings.address_login_failures), settings=settings, clock=clock)
    with reading() as session:
        login = customers.find_login(session, name)
    if not password_fits(None if login is None else login.password_hash, password) or login is None:
        raise WrongPassword("name and password do not fit")
    now, secret = clock.now(), secrets.token_urlsafe(32)
    row = sessions.new_row(secret, customer_id=login.customer_id, now=now, settings=settings)
    with transaction() as session:
        customers.forgive(session, keys[0], keys[1])
        customers.remove_session(session, current.session_hash)
        customers.add_session(session, row)
        authorizations.move_requests(session, current.session_hash, row.session_hash)
    return secret, BrowserSession(row.session_hash, row.customer_id, row.form_secret, row.signed_in)


def _key(kind: str, what: str) -> str:
    return f"{kind}:{hashlib.sha256(what.encode()).hexdigest()}"


def _count_attempt(keys: tuple[str, str], limits: tuple[int, int], *, settings: Settings, clock: Clock) -> None:
    now = clock.now()
    with transaction() as session:
        rows = [customers.lock_failures(session, key, now=now) for key in keys]
        waits = [row.locked_until for row in rows if row.locked_until is not None and row.locked_until > now]
        if not waits:
            for row, limit in zip(rows, limits, strict=True):
                row.failures = 1 if now - row.last_failure > _FORGOTTEN else row.failures + 1
                row.last_failure = now
                row.locked_until = _locked_until(row.failures - limit, now, settings)
    if waits:
        seconds = math.ceil((max(waits) - now).total_seconds())
        raise TooManyRequests("too many attempts", retry_after=seconds)


def _locked_until(beyond: int, now: datetime, settings: Settings) -> datetime | None:
    if beyond < 0:
        return None
    # Doubling stops long before the number grows large.
    return now + min(_LONGEST_WAIT, timedelta(seconds=settings.login_wait_seconds * 2 ** min(beyond, 20)))
