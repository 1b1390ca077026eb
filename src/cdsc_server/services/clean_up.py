"""Work that recurs: remove what has ended, expire Grants. Safe to run twice, at once, or after a crash."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from cdsc_server.domain.grants import GrantStatus
from cdsc_server.domain.letters import StoppedBy
from cdsc_server.ports import Clock
from cdsc_server.services import changelog, grant_reviews, sharing_mails
from cdsc_server.services.mails import Mailing
from cdsc_server.services.server_grants import settle_parent, unsettle_parent
from cdsc_server.storage import clean_up
from cdsc_server.storage.db import transaction
from cdsc_server.storage.grants import GrantRow

#: How long ended rows are kept: a code or request that comes late must still be told apart from an unknown one, and
#: those of a day be counted when it is over (services/metrics.SETTLING).
KEPT: Final = timedelta(days=1, hours=6)
BATCH: Final = 500


def remove_ended(*, clock: Clock, batches: int = 100) -> int:
    """
    Delete ended requests, codes, tokens, sessions and failure counts, one short transaction a batch.

    Returns:
        How many rows went.
    """
    removed = 0
    for _ in range(batches):
        with transaction() as session:
            gone = clean_up.remove_ended(session, before=clock.now() - KEPT, limit=BATCH)
        removed += gone
        if not gone:
            break
    return removed


def expire_grants(*, mailing: Mailing, clock: Clock) -> int:
    """Move Grants whose time has come or is over, tell their Clients, and their Customers of ends; returns how many."""
    now = clock.now()
    with transaction() as session:
        expired = clean_up.expire_grants(session, now=now)
        ended = [grant_id for grant_id, _ in expired]
        grant_reviews.withdraw_ended(session, ended, why="The time of the Grant is over.", now=now)
        for grant_id, registration_id in expired:
            changelog.grant_ended(
                session, registration_id=registration_id, grant_id=grant_id, status=GrantStatus.EXPIRED, now=now
            )
            unsettle_parent(session, session.get_one(GrantRow, grant_id), now=now)
            sharing_mails.tell_of_end(session, grant_id, by=StoppedBy.TIME, mailing=mailing, now=now)
        begun = clean_up.begin_grants(session, now=now)
        for grant_id in begun:
            grant = session.get_one(GrantRow, grant_id)
            what = f"Its time has come. It is active and opens {grant.enabled_scope}."
            changelog.grant_changed(
                session, registration_id=grant.registration_id, grant_id=grant_id, what=what, now=now
            )
            settle_parent(session, grant, now=now)
    return len(expired) + len(begun)
