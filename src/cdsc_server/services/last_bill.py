"""Scopes that begin with the Customer's last bill, whatever a request says (CDS-WG3-01 4.7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from cdsc_server.domain.detail_fields import STATEMENTS
from cdsc_server.services.consent_form import Asked
from cdsc_server.storage.bill_statements import find_last_day


def beginning_with_it(
    session: Session, asked: Sequence[Asked], *, customer_id: str, zone: ZoneInfo, now: datetime
) -> tuple[Asked, ...]:
    """
    What is asked, with bills from the day of the last one where the scope says so; from today where there is none.

    Args:
        now: the instant of the Grant, or of looking at the form for it.
    """
    if not any(each.scope.from_last_bill for each in asked):
        return tuple(asked)
    today = now.astimezone(zone).date()
    last = find_last_day(session, customer_id)
    start = today if last is None else min(last, today)
    return tuple(
        replace(each, entry=replace(each.entry, values={**each.entry.values, STATEMENTS.start: start.isoformat()}))
        if each.scope.from_last_bill
        else each
        for each in asked
    )
