"""
Slowing down who guesses: passwords of Customers and of operators, and secrets of Clients.

Every attempt at a password is counted before it is looked at, in a transaction of its own: neither a refusal nor many
attempts at once get around the count. Of Clients only failures are counted, so that those who succeed cost nothing;
their secrets are too long to be guessed between two counts.
"""

from __future__ import annotations

import hashlib
import math
from collections import OrderedDict
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
#: Most pairs of Client and address whose failures one process remembers.
_MOST_PAIRS: Final = 4096


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
    if held := _count(attempt, now, settings):
        raise _too_many(held[1], now)
    return attempt


def _count(attempt: Attempt, now: datetime, settings: Settings) -> tuple[str, datetime] | None:
    """The key that has to wait, and until when; None when neither has to, and then this attempt is counted."""
    rows = []
    limits = (settings.address_login_failures, settings.login_failures)
    with transaction() as session:
        # The address first: one that waits makes no rows for the names it tries.
        for key in (attempt.address_key, attempt.name_key):
            row = customers.lock_failures(session, key, now=now)
            if row.locked_until is not None and row.locked_until > now:
                return key, row.locked_until
            rows.append(row)
        for row, limit in zip(rows, limits, strict=True):
            row.failures = 1 if now - row.last_failure > _FORGOTTEN else row.failures + 1
            row.last_failure = now
            row.locked_until = _locked_until(row.failures - limit, now, settings)
    return None


class ClientGuesses:
    """
    Failed authentications of Clients, as one process knows them; the counts themselves are in the database.

    A Client is held back at the address that failed and nowhere else: its client_id is no secret, and nobody who
    knows it may shut it out.
    """

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings, self._clock = settings, clock
        #: Until when a pair of client_id and address has to wait; None when it failed, but need not wait.
        self._pairs: OrderedDict[tuple[str, str], datetime | None] = OrderedDict()

    def refuse_held(self, client_id: str, address: str) -> None:
        """
        Let nobody try who has to wait, whatever the secret.

        Raises:
            TooManyRequests: too many failures of this Client from this address.
        """
        until, now = self._pairs.get((client_id, address)), self._clock.now()
        if until is not None and until > now:
            raise _too_many(until, now)

    def failed(self, client_id: str, address: str) -> None:
        """
        Count a failure.

        Raises:
            TooManyRequests: too many of this Client from this address, or from this address at all.
        """
        now, attempt = self._clock.now(), _client_attempt(client_id, address)
        held = _count(attempt, now, self._settings)
        # One failure while others make the address wait holds this Client back no longer than its own failures do.
        self._pairs[client_id, address] = held[1] if held and held[0] == attempt.name_key else None
        self._pairs.move_to_end((client_id, address))
        while len(self._pairs) > _MOST_PAIRS:
            self._pairs.popitem(last=False)
        if held:
            raise _too_many(held[1], now)

    def succeeded(self, client_id: str, address: str) -> None:
        """Forget the failures of this Client at this address; asks the database only when this process saw some."""
        if (client_id, address) in self._pairs:
            del self._pairs[client_id, address]
            with transaction() as session:
                customers.forget_failures(session, _client_attempt(client_id, address).name_key)

    @property
    def none_seen(self) -> bool:
        """Whether nobody failed here lately, so that there is nothing to look up."""
        return not self._pairs


def _client_attempt(client_id: str, address: str) -> Attempt:
    return Attempt(_key("client", f"{address} {client_id}"), _key("address", address))


def _too_many(until: datetime, now: datetime) -> TooManyRequests:
    return TooManyRequests("too many attempts", retry_after=math.ceil((until - now).total_seconds()))


def _key(kind: str, what: str) -> str:
    return f"{kind}:{hashlib.sha256(what.encode()).hexdigest()}"


def _locked_until(beyond: int, now: datetime, settings: Settings) -> datetime | None:
    if beyond < 0:
        return None
    # Doubling stops long before the number grows large.
    return now + min(_LONGEST_WAIT, timedelta(seconds=settings.login_wait_seconds * 2 ** min(beyond, 20)))
