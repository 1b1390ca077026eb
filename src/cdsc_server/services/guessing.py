"""
Slowing down who guesses passwords, of Customers and of operators.

Every attempt is counted before the password is looked at, in a transaction of its own: neither a refusal nor many
attempts at once get around the count.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from cdsc_server.errors import AccessDenied, TooManyRequests
from cdsc_server.ports import Clock
from cdsc_server.settings import Settings
from cdsc_server.storage import customers
from cdsc_server.storage.db import transaction

_LONGEST_WAIT: Final = timedelta(minutes=15)
#: Failures older than this no longer count.
_FORGOTTEN: Final = timedelta(hours=1)


class WrongPassword(AccessDenied):
    """Name and password do not fit; which of the two is not told."""

    status = 403


@dataclass(frozen=True)
class Attempt:
    """An attempt that was counted."""

    name_key: str
    address_key: str

    def forgive(self, session: Session) -> None:
        """It succeeded: forget the failures of the name, and this attempt for the address."""
        customers.forgive(session, self.name_key, self.address_key)


def count_attempt(realm: str, name: str, *, address: str, settings: Settings, clock: Clock) -> Attempt:
    """
    Count an attempt to sign in, before the password is looked at.

    Args:
        realm: "name" for Customers, "operator" for operators; both share the count of an address.
        name: in lower case, known or not.

    Raises:
        TooManyRequests: too many failures for this name or from this address.
    """
    now, attempt = clock.now(), Attempt(_key(realm, name), _key("address", address))
    limits = (settings.login_failures, settings.address_login_failures)
    with transaction() as session:
        rows = [customers.lock_failures(session, key, now=now) for key in (attempt.name_key, attempt.address_key)]
        waits = [row.locked_until for row in rows if row.locked_until is not None and row.locked_until > now]
        if not waits:
            for row, limit in zip(rows, limits, strict=True):
                row.failures = 1 if now - row.last_failure > _FORGOTTEN else row.failures + 1
                row.last_failure = now
                row.locked_until = _locked_until(row.failures - limit, now, settings)
    if waits:
        seconds = math.ceil((max(waits) - now).total_seconds())
        raise TooManyRequests("too many attempts", retry_after=seconds)
    return attempt


def _key(kind: str, what: str) -> str:
    return f"{kind}:{hashlib.sha256(what.encode()).hexdigest()}"


def _locked_until(beyond: int, now: datetime, settings: Settings) -> datetime | None:
    if beyond < 0:
        return None
    # Doubling stops long before the number grows large.
    return now + min(_LONGEST_WAIT, timedelta(seconds=settings.login_wait_seconds * 2 ** min(beyond, 20)))
