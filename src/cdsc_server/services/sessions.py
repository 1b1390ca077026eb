"""
Sessions of browsers: a random secret in a cookie, its SHA-256 in the database.

A browser is remembered for an hour after its last page, so that a half-filled form survives; who signed in there counts
as away after `session_seconds`.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cdsc_server.ports import Clock
from cdsc_server.settings import Settings
from cdsc_server.storage import customers
from cdsc_server.storage.customers import SessionRow
from cdsc_server.storage.db import transaction

#: How long a browser, and with it what was ticked on a form, is remembered after its last page.
REMEMBERED: Final = timedelta(hours=1)
#: A page within this time of the last one moves no end, which spares a write; the end is later by as much.
_STEP: Final = timedelta(seconds=15)


@dataclass(frozen=True)
class BrowserSession:
    """
    A browser as views and use cases see it.

    Args:
        session_hash: what rows bound to this browser hold.
        customer_id: who is signed in, None for nobody.
        form_secret: stands in every form, so that no other site can send one.
        was_away: somebody was signed in, until too long ago.
        language: what the pages of this browser are in; None when nobody asked for one.
    """

    session_hash: str
    customer_id: str | None
    form_secret: str
    signed_in: datetime | None = None
    was_away: bool = False
    language: str | None = None


def hashed(secret: str) -> str:
    """What the database keeps of a secret of 256 random bits."""
    return hashlib.sha256(secret.encode()).hexdigest()


def resume(secret: str, *, settings: Settings, clock: Clock) -> BrowserSession | None:
    """The session this cookie belongs to, with its end moved on; None when it is unknown or has ended."""
    now = clock.now()
    row = customers.look_up_session(hashed(secret), now=now)
    if row is None:
        return None
    away = row.customer_id is not None and now >= row.last_seen + timedelta(seconds=settings.session_seconds) + _STEP
    if now - row.last_seen >= _STEP and not away:
        with transaction() as session:
            customers.touch_session(session, row.session_hash, seen=now, expires=_end(now, settings))
    return BrowserSession(
        session_hash=row.session_hash,
        customer_id=None if away else row.customer_id,
        form_secret=row.form_secret,
        signed_in=None if away else row.signed_in,
        was_away=away,
        language=row.language,
    )


def begin(*, settings: Settings, clock: Clock) -> tuple[str, BrowserSession]:
    """A session of a browser not seen before: the secret for its cookie, and the session."""
    secret = secrets.token_urlsafe(32)
    row = new_row(secret, customer_id=None, now=clock.now(), settings=settings)
    with transaction() as session:
        customers.add_session(session, row)
    return secret, BrowserSession(row.session_hash, None, row.form_secret)


def end(current: BrowserSession) -> None:
    """Sign out: the session and everything that only it could open are gone."""
    with transaction() as session:
        customers.remove_session(session, current.session_hash)


def choose_language(current: BrowserSession, language: str) -> None:
    """Answer this browser in a language from now on, and write to who is signed in there in it."""
    with transaction() as session:
        customers.set_language(session, current.session_hash, language, customer_id=current.customer_id)


def new_row(
    secret: str, *, customer_id: str | None, now: datetime, settings: Settings, language: str | None = None
) -> SessionRow:
    """The row of a session that starts now."""
    return SessionRow(
        session_hash=hashed(secret),
        customer_id=customer_id,
        form_secret=secrets.token_urlsafe(32),
        created=now,
        last_seen=now,
        signed_in=None if customer_id is None else now,
        language=language,
        expires=_end(now, settings),
    )


def _end(now: datetime, settings: Settings) -> datetime:
    return now + max(REMEMBERED, timedelta(seconds=settings.session_seconds)) + _STEP
