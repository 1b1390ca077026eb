"""What came by the import folder, whether a source has been silent for too long, and the mails that tell of it."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from typing import Final

from cdsc_server.domain.catalogue import Catalogue
from cdsc_server.domain.freshness import SHORT, Freshness, Source, freshness
from cdsc_server.domain.letters import Letter
from cdsc_server.ports import Clock
from cdsc_server.services.mails import Mailing
from cdsc_server.services.operator_mails import tell_operators
from cdsc_server.settings import Settings
from cdsc_server.storage import deliveries
from cdsc_server.storage.db import reading, transaction
from cdsc_server.storage.deliveries import DeliveryRow
from cdsc_server.storage.keyset import Cursor, Page
from cdsc_server.storage.usage import has_intervals

log = logging.getLogger(__name__)

#: Lines of a report that are kept where pages show them.
_MOST_LINES: Final = 51


def note(
    delivery_id: str, *, name: str, outcome: str, lines: Sequence[str], confirms: Collection[Source], clock: Clock
) -> None:
    """
    Write down what became of a delivery; one that was looked at before is told of anew.

    Args:
        delivery_id: the same whenever the same delivery is looked at.
        confirms: the sources it told of, whether or not it brought anything new.
    """
    now = clock.now()
    row = DeliveryRow(
        delivery_id=delivery_id, name=name, outcome=outcome, lines=list(lines[:_MOST_LINES]), looked_at=now
    )
    with transaction() as session:
        session.merge(row)
        deliveries.set_heard_of(session, confirms, now)


def list_deliveries(*, cursor: Cursor | None, size: int) -> Page[DeliveryRow]:
    """A page of what came, the latest first."""
    with reading() as session:
        return deliveries.list_deliveries(session, cursor=cursor, size=size)


def sources(*, catalogue: Catalogue, clock: Clock) -> list[Freshness]:
    """How fresh each source is."""
    with reading() as session:
        last = {Source(source): at for source, at in deliveries.last_heard_of(session).items()}
        kept = {
            source
            for source, lengths in ((Source.SHORT_READINGS, (1, SHORT)), (Source.LONG_READINGS, (SHORT + 1, None)))
            if has_intervals(session, *lengths)
        }
    return freshness(catalogue.scenarios, last, kept=kept, now=clock.now())


def late_sources(*, settings: Settings, catalogue: Catalogue, clock: Clock) -> list[Freshness]:
    """The sources that have been silent for too long; none where no folder is looked through."""
    if not settings.import_dir:
        return []
    return [each for each in sources(catalogue=catalogue, clock=clock) if each.late]


def tell_of_late_sources(*, catalogue: Catalogue, mailing: Mailing, clock: Clock) -> list[Freshness]:
    """
    Mail operators of sources that became late since the last look, each once until it is heard of again.

    Returns:
        All that are late, told of now or before.
    """
    late, now = late_sources(settings=mailing.settings, catalogue=catalogue, clock=clock), clock.now()
    with transaction() as session:
        for source in deliveries.end_alarms(session, but=[each.source for each in late]):
            log.info("a delivery told of %s again", source)
        fresh = [each for each in late if deliveries.raise_alarm(session, each.source, now=now)]
        if fresh:
            tell_operators(session, _letter(fresh, mailing), mailing=mailing, now=now)
    return late


def _letter(fresh: Sequence[Freshness], mailing: Mailing) -> Letter:
    count = len(fresh)
    return Letter(
        kind="late_sources",
        subject="Data of a source is late" if count == 1 else f"Data of {count} sources is late",
        greeting="Hello,",
        lines=("No delivery told of this for longer than the scenarios that this server claims allow:",),
        items=[_told(each) for each in fresh],
        after=("Each is told of once, and again only after it was heard of meanwhile.",),
        lead="What came, with a report of each delivery, is on this page:",
        link=f"{mailing.settings.base_url}/console/imports",
        closing=("{utility}",),
    )


def _told(each: Freshness) -> str:
    since = "nothing has come yet" if each.last is None else f"nothing since {each.last:%Y-%m-%d %H:%M} UTC"
    return f"{each.source.replace('_', ' ')}: {since} ({', '.join(each.scenarios).replace('_', ' ')})"
