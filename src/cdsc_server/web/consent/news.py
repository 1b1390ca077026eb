"""News: what happened with the data of the signed-in Customer, and which mails the Customer wants of it."""

from __future__ import annotations

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from cdsc_server.services import news, sharing
from cdsc_server.storage.keyset import Cursor
from cdsc_server.web.bearer import public
from cdsc_server.web.brands import page_utility
from cdsc_server.web.context import settings
from cdsc_server.web.cursors import cursor_of, link
from cdsc_server.web.describe import undocumented
from cdsc_server.web.forms import check_form
from cdsc_server.web.pages import page_blueprint, render
from cdsc_server.web.sessions import current_session
from cdsc_server.web.speech import translated

blueprint = translated(page_blueprint("news", __name__))

_SIZE = 25


@blueprint.get("/my-data/news")
@public
@undocumented("a page")
def page() -> ResponseReturnValue:
    """What happened, the latest first, and a choice of mails."""
    session = current_session()
    if session is None or session.customer_id is None:
        return redirect(url_for("sign_in.form", next=request.path), 303)
    zone = page_utility().timezone
    found = news.page_of_news(session.customer_id, cursor=cursor_of(request.args), size=_SIZE, zone=zone)
    return render(
        "news.html",
        entries=found.rows,
        later=_here(found.previous),
        earlier=_here(found.next),
        mails=news.wanted_mails(session.customer_id),
        customer_name=sharing.customer_name(session.customer_id),
        saved=request.args.get("done") == "mails",
        zone=zone,
    )


@blueprint.post("/my-data/news")
@public
@undocumented("a page")
def choose_mails() -> ResponseReturnValue:
    """Keep which mails the Customer wants, of those that may be turned off."""
    session = check_form(current_session())
    if session.customer_id is None:
        return redirect(url_for("sign_in.form", next=request.path), 303)
    news.want_mails(session.customer_id, request.form.getlist("mail"))
    return redirect(url_for("news.page", done="mails"), 303)


def _here(cursor: Cursor | None) -> str | None:
    """The address of a page on this server, without the name it is published under."""
    address = link(cursor)
    return None if address is None else address.removeprefix(settings().base_url)
