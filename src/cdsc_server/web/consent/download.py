"""Download my data: the signed-in Customer takes their own usage with them, as a file of the kind they choose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from flask import Response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from cdsc_server.domain.choosing import Item
from cdsc_server.languages import gettext, marked
from cdsc_server.services import own_downloads, sharing
from cdsc_server.services.own_downloads import Choice
from cdsc_server.services.sessions import BrowserSession
from cdsc_server.web.bearer import public
from cdsc_server.web.context import catalogue, ports
from cdsc_server.web.describe import undocumented
from cdsc_server.web.forms import check_form
from cdsc_server.web.pages import page_blueprint, render
from cdsc_server.web.sessions import current_session
from cdsc_server.web.speech import translated
from cdsc_server.web.streams import compress
from cdsc_server.web.usage_files.answering import file_response
from cdsc_server.web.usage_files.formats import FORMS, Heading

blueprint = translated(page_blueprint("download", __name__))

#: What each kind of file is called, and what it is good for.
_WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "csv": (marked("A table (CSV)"), marked("Opens in Excel, LibreOffice and other programs for tables.")),
    "green_button": (
        marked("Green Button (XML)"),
        marked("For energy advisers and programs that read Green Button files."),
    ),
    "parquet": (marked("Parquet"), marked("For programs that analyse large amounts of data.")),
}


class _Refused(Exception):
    """What was sent makes no download; says why, and which field it is about."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(why)
        self.field, self.why = field, why


@blueprint.get("/my-data/download")
@public
@undocumented("a page")
def form() -> ResponseReturnValue:
    """What can be downloaded, and what was."""
    customer_id = _freshly_signed_in(current_session())
    return _to_sign_in() if customer_id is None else _page(customer_id)


@blueprint.post("/my-data/download")
@public
@undocumented("a page")
def download() -> ResponseReturnValue:
    """The file, or the page again with what is to be put right."""
    customer_id = _freshly_signed_in(check_form(current_session()))
    if customer_id is None:
        return _to_sign_in()
    services = own_downloads.services_of(customer_id, clock=ports().clock)
    utility, clock = catalogue().utility, ports().clock
    try:
        choice, name = _choice(services), _form_name()
    except _Refused as refusal:
        return _page(customer_id, refused=refusal)
    segments = own_downloads.usage_of(customer_id, choice, zone=utility.timezone, ports=ports())
    if segments is None:
        return _page(customer_id, nothing=True)
    own_downloads.note(customer_id, choice, name, clock=clock)
    heading = Heading(gettext("Energy use"), utility.name, utility.timezone.key, clock.now())
    response, body = file_response(FORMS[name], segments, heading)
    if not FORMS[name].compressed:
        compress(response, body)
    return response


def _choice(services: Sequence[Item]) -> Choice:
    """What was chosen; all services, ticked one by one, are all there is."""
    ids, ticked = {item.id for item in services}, frozenset(request.form.getlist("service"))
    if ids and not ticked & ids:
        raise _Refused("services", gettext("Choose at least one service"))
    first, last = _day("first"), _day("last")
    if first is not None and last is not None and last < first:
        raise _Refused("last", gettext("The last day must not lie before the first day"))
    return Choice(None if ids <= ticked else ticked & ids, first, last)


def _day(name: str) -> date | None:
    sent = request.form.get(name, "").strip()
    try:
        return date.fromisoformat(sent) if sent else None
    except ValueError as fault:
        raise _Refused(name, gettext("A day is written like 2026-03-31")) from fault


def _form_name() -> str:
    name = request.form.get("form", "")
    if name not in _offered():
        raise _Refused("form", gettext("Choose a kind of file"))
    return name


def _offered() -> list[str]:
    return [name for name in _WORDS if FORMS[name].available()]


def _page(customer_id: str, *, refused: _Refused | None = None, nothing: bool = False) -> Response:
    sent = request.form if request.method == "POST" else None
    response = render(
        "download.html",
        services=own_downloads.services_of(customer_id, clock=ports().clock),
        ticked=None if sent is None else frozenset(sent.getlist("service")),
        first="" if sent is None else sent.get("first", ""),
        last="" if sent is None else sent.get("last", ""),
        forms=[(name, *map(gettext, _WORDS[name])) for name in _offered()],
        chosen="csv" if sent is None else sent.get("form", ""),
        refused=refused,
        nothing=nothing,
        downloads=own_downloads.downloads_of(customer_id),
        names={name: gettext(title) for name, (title, _) in _WORDS.items()},
        customer_name=sharing.customer_name(customer_id),
        zone=catalogue().utility.timezone,
    )
    response.status_code = 200 if refused is None else 400
    return response


def _freshly_signed_in(session: BrowserSession | None) -> str | None:
    """Who signed in here a short while ago: whoever finds an open browser does not take a person's data with them."""
    if session is None or session.signed_in is None:
        return None
    return session.customer_id if ports().clock.now() - session.signed_in <= own_downloads.FRESH else None


def _to_sign_in() -> ResponseReturnValue:
    return redirect(url_for("sign_in.form", next=request.path), 303)
