"""What came by the import folder, and whether a source has been silent for too long."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from cdsc_server.domain.catalogue import Catalogue
from cdsc_server.domain.freshness import SHORT, Freshness, Source, freshness
from cdsc_server.ports import Clock
from cdsc_server.settings import Settings
from cdsc_server.storage import deliveries
from cdsc_server.storage.db import reading, transaction
from cdsc_server.storage.deliveries import DeliveryRow
from cdsc_server.storage.keyset import Cursor, Page
from cdsc_server.storage.usage import has_intervals

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
        last = {Source(row.source): row.heard_of for row in deliveries.last_heard_of(session)}
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
