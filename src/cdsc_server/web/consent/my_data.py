"""Who has my data: the signed-in Customer sees every Grant and ends it with two clicks."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime
from typing import Final

from flask import Response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from cdsc_server.domain.lessening import Less
from cdsc_server.errors import InvalidRequest
from cdsc_server.exact_json import instant
from cdsc_server.languages import gettext
from cdsc_server.services import customer_changes, own_access, own_mixes, sharing
from cdsc_server.services.cleared import cleared_for
from cdsc_server.services.households import homes_of
from cdsc_server.web.bearer import public
from cdsc_server.web.brands import page_utility
from cdsc_server.web.context import catalogue, mailing, ports
from cdsc_server.web.describe import undocumented
from cdsc_server.web.forms import check_form
from cdsc_server.web.pages import page_blueprint, render
from cdsc_server.web.sessions import current_session
from cdsc_server.web.speech import translated

blueprint = translated(page_blueprint("my_data", __name__))

_COLUMNS: Final = ("listing", "answers", "objects", "earliest", "latest", "last")


@blueprint.get("/my-data")
@public
@undocumented("a page")
def overview() -> ResponseReturnValue:
    """Every Grant of who is signed in, their own apps, and who reads without asking them."""
    customer_id = _customer_id()
    if customer_id is None:
        return _to_sign_in()
    shares = sharing.shares_of(customer_id, catalogue=catalogue(), clock=ports().clock, keys=ports().keys)
    return render(
        "my-data.html",
        shares=shares,
        cleared=cleared_for(customer_id, catalogue=catalogue(), clock=ports().clock),
        homes=homes_of(customer_id, clock=ports().clock),
        mixes=own_mixes.mixes_of(customer_id, clock=ports().clock),
        own=own_access.apps_of(customer_id, catalogue=catalogue()),
        stopped=request.args.get("done") == "stop",
        customer_name=sharing.customer_name(customer_id),
        zone=page_utility().timezone,
    )


@blueprint.post("/my-data/own/<client_id>")
@public
@undocumented("a page")
def stop_own(client_id: str) -> ResponseReturnValue:
    """Stop an app of the Customer's own; it takes one click, as the other apps do once they are opened."""
    session = check_form(current_session())
    if session.customer_id is None:
        return _to_sign_in()
    sharing.stop_own(client_id, session.customer_id, clock=ports().clock, mailing=mailing())
    return redirect(url_for("my_data.overview", done="stop"), 303)


@blueprint.get("/my-data/<grant_id>")
@public
@undocumented("a page")
def detail(grant_id: str) -> ResponseReturnValue:
    """One Grant; somebody else's is not there."""
    customer_id = _customer_id()
    if customer_id is None:
        return _to_sign_in()
    share = sharing.share_of(grant_id, customer_id, catalogue=catalogue(), clock=ports().clock, keys=ports().keys)
    zone = page_utility().timezone
    log = sharing.log_of(grant_id, customer_id, zone=zone, clock=ports().clock)
    choices = customer_changes.choices_of(grant_id, customer_id, catalogue=catalogue(), clock=ports().clock)
    done = request.args.get("done", "")
    return render("grant.html", share=share, log=log, choices=choices, done=done, zone=zone)


@blueprint.get("/my-data/<grant_id>/reads.csv")
@public
@undocumented("a page")
def reads(grant_id: str) -> ResponseReturnValue:
    """The whole access log of one Grant, an hour or a day in each line, for other programs; instants in UTC."""
    customer_id = _customer_id()
    if customer_id is None:
        return _to_sign_in()
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerow(("span", "from", *_COLUMNS))
    for row in sharing.whole_log_of(grant_id, customer_id):
        values = ["day" if row.folded else "hour", row.hour, *(getattr(row, name) for name in _COLUMNS)]
        writer.writerow([instant(value) if isinstance(value, datetime) else value for value in values])
    response = Response(table.getvalue(), mimetype="text/csv")
    response.headers["Content-Disposition"] = 'attachment; filename="reads.csv"'
    return response


@blueprint.post("/my-data/<grant_id>")
@public
@undocumented("a page")
def change(grant_id: str) -> ResponseReturnValue:
    """Stop sharing, pause it, let it go on, share less or for longer."""
    session = check_form(current_session())
    if session.customer_id is None:
        return _to_sign_in()
    if (done := _change(grant_id, session.customer_id)) is None:
        return redirect(url_for("my_data.detail", grant_id=grant_id), 303)
    return redirect(url_for("my_data.detail", grant_id=grant_id, done=done), 303)


def _change(grant_id: str, customer_id: str) -> str | None:
    """Do what the pressed button says; gives it when it changed something that the page then tells."""
    do, clock, post = request.form.get("do", ""), ports().clock, mailing()
    match do:
        case "stop":
            sharing.stop(grant_id, customer_id, clock=clock, mailing=post)
            return None
        case "pause":
            changed = customer_changes.pause(grant_id, customer_id, clock=clock, mailing=post)
        case "go-on":
            changed = customer_changes.go_on(grant_id, customer_id, clock=clock, mailing=post)
        case "longer":
            changed = customer_changes.share_longer(
                grant_id, customer_id, catalogue=catalogue(), clock=clock, mailing=post
            )
        case "less":
            changed = customer_changes.lessen(
                grant_id, customer_id, _less(), catalogue=catalogue(), clock=clock, mailing=post
            )
        case _:
            return None
    return do if changed else None


def _less() -> dict[int, Less]:
    """What came for each part that was shown, by its place."""
    sent = request.form
    return {
        int(n): Less(
            ticked=frozenset(sent.getlist(f"p{n}")),
            future=f"p{n}-future" in sent,
            left_out=n in sent.getlist("leave_out"),
            start=_day(f"p{n}-start"),
            end=_day(f"p{n}-end"),
        )
        for n in sent.getlist("part")
        if n.isdecimal()
    }


def _day(name: str) -> date | None:
    sent = request.form.get(name, "").strip()
    try:
        return date.fromisoformat(sent) if sent else None
    except ValueError as fault:
        raise InvalidRequest(gettext("A day is written like 2026-03-31. Nothing has been changed.")) from fault


def _customer_id() -> str | None:
    session = current_session()
    return None if session is None else session.customer_id


def _to_sign_in() -> ResponseReturnValue:
    return redirect(url_for("sign_in.form", next=request.path), 303)
