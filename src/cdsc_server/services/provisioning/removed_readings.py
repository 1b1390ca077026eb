"""Take readings of a meter away that should never have come; what Clients read before stays for those who froze."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from cdsc_server.errors import InvalidRequest, NotFound
from cdsc_server.exact_json import instant
from cdsc_server.ports import Clock
from cdsc_server.services.audit import record as record_audit
from cdsc_server.storage.customers import customer_key_of
from cdsc_server.storage.db import transaction
from cdsc_server.storage.metered_places import metered_places
from cdsc_server.storage.provisioned import find_record
from cdsc_server.storage.usage import UsageSeriesRow, mark_all_synced, series_of_meters
from cdsc_server.storage.usage_blocks import erase


@dataclass(frozen=True, slots=True)
class Asked:
    """
    Which readings of a meter to take away: those that lie wholly in [start, end).

    Args:
        value_type, direction: of their Value Format (CDS-WG3-01 10.8.5); None for any.
    """

    start: datetime
    end: datetime
    value_type: str | None = None
    direction: str | None = None


def remove_readings(external_meter_id: str, asked: Asked, *, actor: str, clock: Clock) -> int:
    """
    Take readings of a meter away from whoever has them, in one transaction.

    Where they were, Clients read null, and `cds_modified` moves. Readings of the same time may come again.

    Args:
        actor: as `audit.record`.

    Returns:
        How many readings there were.

    Raises:
        NotFound: there is no such meter.
        InvalidRequest: the time does not end after its start.

    Spec: CDS-WG3-01 10.8.
    """
    if asked.end <= asked.start:
        raise InvalidRequest("must be after start", field="end")
    now = clock.now()
    with transaction() as session:
        gone, touched = 0, []
        for series in _series(session, external_meter_id, asked):
            if removed := erase(session, series, start=asked.start, end=asked.end, at=now):
                gone += removed
                touched.append((series.customer_key, series.series_id))
        if gone:
            mark_all_synced(session, touched, at=now)
            told = {"start": instant(asked.start), "end": instant(asked.end), "readings": gone}
            named = {"type": asked.value_type, "direction": asked.direction}
            record_audit(
                session,
                actor=actor,
                action="provisioning.readings_removed",
                subject=f"meter:{external_meter_id}",
                detail=told | {name: value for name, value in named.items() if value is not None},
                now=now,
            )
    return gone


def _series(session: Session, external_meter_id: str, asked: Asked) -> list[UsageSeriesRow]:
    """The series of a meter that are asked for, under all who have or had it."""
    meter = find_record(session, "meter", external_meter_id)
    if meter is None:
        raise NotFound("there is no meter of this id")
    places = metered_places(session, {meter.body.get("meter_number", external_meter_id)})
    held = {(customer_key_of(place.customer_id), place.meter_device_id) for place in places}
    wanted = {"type": asked.value_type, "direction": asked.direction}
    return [
        series
        for series in series_of_meters(session, held, lock=True)
        if all(value is None or series.value_format.get(name) == value for name, value in wanted.items())
    ]
