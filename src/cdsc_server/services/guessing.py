"""
Slowing down who guesses: passwords of Customers and of operators, and secrets of Clients.

Every attempt at a password is counted before it is looked at, by itself: neither a refusal nor many attempts at once
get around the count. Of Clients only failures are counted, so that those who succeed cost nothing;
their secrets are too long to be guessed between two counts.
"""

from __future__ import annotations

import hashlib
import math
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cdsc_server.domain.patience import Patience
from cdsc_server.errors import AccessDenied, TooManyRequests
from cdsc_server.ports import Clock, Held, Limits
from cdsc_server.settings import Settings

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

    def forgive(self, limits: Limits) -> None:
        """It succeeded: forget the failures of the name, and this attempt for the address."""
        limits.forgive(self.name_key, counted_for=self.address_key)


def count_attempt(realm: str, name: str, *, address: str, settings: Settings, limits: Limits, clock: Clock) -> Attempt:
    """
    Count an attempt to sign in, before the password is looked at.

    Args:
        realm: "name" for Customers, "operator" for operators; both share the count of an address.
        name: in lower case, known or not.

    Raises:
        TooManyRequests: too many failures for this name or from this address.
    """
    now, attempt = clock.now(), Attempt(_key(realm, name), _key("address", address))
    if held := _count(attempt, now, settings, limits):
        raise _too_many(held.until, now)
    return attempt


def _count(attempt: Attempt, now: datetime, settings: Settings, limits: Limits) -> Held | None:
    """The key that has to wait, and until when; None when neither has to, and then this attempt is counted."""
    # The address first: one that waits makes no counts for the names it tries.
    keys = {attempt.address_key: settings.address_login_failures, attempt.name_key: settings.login_failures}
    patience = Patience.doubling(timedelta(seconds=settings.login_wait_seconds))
    return limits.attempt(keys, patience=patience, now=now)


class ClientGuesses:
    """
    Failed authentications of Clients, as one process knows them; the counts themselves are shared by all.

    A Client is held back at the address that failed and nowhere else: its client_id is no secret, and nobody who
    knows it may shut it out.
    """

    def __init__(self, settings: Settings, *, limits: Limits, clock: Clock) -> None:
        self._settings, self._limits, self._clock = settings, limits, clock
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
        held = _count(attempt, now, self._settings, self._limits)
        # One failure while others make the address wait holds this Client back no longer than its own failures do.
        self._pairs[client_id, address] = held.until if held and held.key == attempt.name_key else None
        self._pairs.move_to_end((client_id, address))
        while len(self._pairs) > _MOST_PAIRS:
            self._pairs.popitem(last=False)
        if held:
            raise _too_many(held.until, now)

    def succeeded(self, client_id: str, address: str) -> None:
        """Forget the failures of this Client at this address; asks for them only when this process saw some."""
        if (client_id, address) in self._pairs:
            del self._pairs[client_id, address]
            self._limits.forgive(_client_attempt(client_id, address).name_key)

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
