"""The blueprint of the console, and what its pages have in common."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from flask import Blueprint, Response, render_template, request

from cdsc_server.domain.operators import Role, opens
from cdsc_server.errors import InvalidRequest, Problem
from cdsc_server.services import console, identifying
from cdsc_server.storage.keyset import Cursor
from cdsc_server.web import problems
from cdsc_server.web.console.door import PATH, current_session
from cdsc_server.web.context import catalogue, ports, settings
from cdsc_server.web.pages import guarded
from cdsc_server.web.paging import PARAMETER, asked_place, page_url

#: Rows on a page of a listing.
SIZE: Final = 25
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

blueprint = Blueprint("console", __name__, url_prefix=PATH)
blueprint.problem_style = "page"  # type: ignore[attr-defined]


# Functions run last to first: this one finds the header that `guarded` has set.
@blueprint.after_request
def _own_forms_only(response: Response) -> Response:
    policy = response.headers["Content-Security-Policy"].split("; ")
    kept = [part for part in policy if not part.startswith("form-action ")]
    response.headers["Content-Security-Policy"] = "; ".join([*kept, "form-action 'self'"])
    return response


blueprint.after_request(guarded)


@blueprint.errorhandler(Problem)
def _problem(problem: Problem) -> Response:
    response = problems.answer(problem)
    response.set_data(show("problem.html", problem=problem).get_data())
    return response


def show(template: str, *, status: int = 200, **values: Any) -> Response:
    """A page of the console from its template."""
    session = current_session()
    who = None if session is None else session.operator
    body = render_template(
        f"console/{template}",
        operator=who,
        token="" if session is None else session.form_secret,
        may=lambda *roles: who is not None and opens(who.roles, frozenset(map(Role, roles))),
        waiting_count=console.count_waiting() if who is not None else 0,
        unidentified_count=identifying.count_unidentified(clock=ports().clock) if who is not None else 0,
        zone=catalogue().utility.timezone,
        age=lambda since: age(since, ports().clock.now()),
        here=request.path,
        link=link,
        **values,
    )
    return Response(body, status=status, mimetype="text/html")


def age(since: datetime, now: datetime) -> str:
    """How long something waits, as in "4 days"."""
    waited = max(now - since, timedelta())
    for unit, word in ((timedelta(days=1), "day"), (timedelta(hours=1), "hour"), (timedelta(minutes=1), "minute")):
        if waited >= unit:
            count = waited // unit
            return f"{count} {word}" if count == 1 else f"{count} {word}s"
    return "just now"


def asked_cursor() -> Cursor | None:
    """
    The place in a listing that this request asks for; None for its front.

    Raises:
        InvalidRequest: not a place in a listing.
    """
    place = asked_place((int, str, bool))
    if place is None:
        return None
    microseconds, id, backwards = place
    try:
        at = _EPOCH + timedelta(microseconds=microseconds)
    except OverflowError as fault:
        raise InvalidRequest(f"{PARAMETER} is not a place in this listing", field=PARAMETER) from fault
    if "\0" in id:
        raise InvalidRequest(f"{PARAMETER} is not a place in this listing", field=PARAMETER)
    return Cursor(backwards, at, id)


def link(cursor: Cursor | None) -> str | None:
    """The address, on this server, of the page at a place of the listing that this request reads; None for None."""
    if cursor is None:
        return None
    address = page_url(((cursor.at - _EPOCH) // timedelta(microseconds=1), cursor.id, cursor.backwards))
    return None if address is None else address.removeprefix(settings().base_url)
