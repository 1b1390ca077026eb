"""Fields of forms that several pages of the console have."""

from __future__ import annotations

from datetime import date, datetime, time

from flask import request

from cdsc_server.errors import InvalidRequest
from cdsc_server.web.context import catalogue


def day_sent(name: str) -> datetime | None:
    """
    The first moment of a day that was filled in, in the time of the utility; None when the field is empty.

    Raises:
        InvalidRequest: not a day.
    """
    sent = request.form.get(name, "").strip()
    if not sent:
        return None
    try:
        return datetime.combine(date.fromisoformat(sent), time(), tzinfo=catalogue().utility.timezone)
    except ValueError as fault:
        raise InvalidRequest("A day is written like 2026-03-31", field=name) from fault
