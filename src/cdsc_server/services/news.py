"""News of Customers: what they find in their area, what they want no mail of, and what time alone makes news."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from cdsc_server.domain.news import OPTIONAL, NewsKind, headline
from cdsc_server.ports import Clock
from cdsc_server.services import sharing_mails
from cdsc_server.services.mails import Mailing
from cdsc_server.storage import news
from cdsc_server.storage.db import reading, transaction
from cdsc_server.storage.grants import GrantRow
from cdsc_server.storage.keyset import Cursor, Page

#: Grants told of in one transaction.
_BATCH: Final = 200
#: How far back a first read is looked for: a worker may have stood still for so long.
_LOOK_BACK: Final = timedelta(hours=6)


@dataclass(frozen=True)
class Entry:
    """
    An entry as its Customer reads it.

    Args:
        grant_id: None where it is about no Grant.
    """

    kind: NewsKind
    words: str
    grant_id: str | None
    at: datetime
    fresh: bool


def page_of_news(customer_id: str, *, cursor: Cursor | None, size: int, zone: ZoneInfo) -> Page[Entry]:
    """A page of the Customer's news, the latest first, in the language that is spoken; it counts as read from then."""
    with transaction() as session:
        found = news.list_news(session, customer_id, cursor=cursor, size=size)
        entries = [
            Entry(
                kind=NewsKind(row.kind),
                words=headline(NewsKind(row.kind), app=row.client_name, until=row.until, zone=zone),
                grant_id=row.grant_id,
                at=row.at,
                fresh=not row.read,
            )
            for row in found.rows
        ]
        news.mark_read(session, customer_id, [row.news_id for row in found.rows if not row.read])
    return Page(entries, found.previous, found.next)


def wanted_mails(customer_id: str) -> dict[NewsKind, bool]:
    """Whether the Customer wants a mail of each kind that may be turned off."""
    with reading() as session:
        unwanted = news.unwanted(session, customer_id)
    return {kind: kind not in unwanted for kind in OPTIONAL}


def want_mails(customer_id: str, kinds: Collection[str]) -> None:
    """Keep that the Customer wants mails of these kinds, and of no other that may be turned off."""
    with transaction() as session:
        news.set_unwanted(session, customer_id, [kind for kind in OPTIONAL if kind not in kinds])


def tell_of_ends(*, days: int, mailing: Mailing, clock: Clock) -> int:
    """Tell Customers of Grants that end within so many days, each end once; returns how many."""
    now = clock.now()

    def found(session: Session) -> Sequence[GrantRow]:
        return news.ending(session, after=now, before=now + timedelta(days=days), limit=_BATCH)

    return _tell(NewsKind.ENDS_SOON, found, mailing=mailing, now=now)


def tell_of_first_reads(*, mailing: Mailing, clock: Clock) -> int:
    """Tell Customers of apps that have begun to read, each Grant once; returns how many."""
    now = clock.now()
    since = (now - _LOOK_BACK).replace(minute=0, second=0, microsecond=0)

    def found(session: Session) -> Sequence[GrantRow]:
        return news.first_read(session, since=since, limit=_BATCH)

    return _tell(NewsKind.BEGAN, found, mailing=mailing, now=now)


def _tell(kind: NewsKind, found: Callable[[Session], Sequence[GrantRow]], *, mailing: Mailing, now: datetime) -> int:
    told = 0
    while True:
        with transaction() as session:
            rows = found(session)
            for grant in rows:
                sharing_mails.tell_of_time(session, grant, kind, mailing=mailing, now=now)
        told += len(rows)
        if len(rows) < _BATCH:
            return told
