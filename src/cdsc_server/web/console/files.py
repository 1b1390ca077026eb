"""Files shared with a Client: uploaded, listed, and taken back."""

from __future__ import annotations

from typing import Final

from flask import Response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from cdsc_server.domain.operators import DECIDE, opens
from cdsc_server.errors import Conflict, InvalidRequest, NotFound, Problem
from cdsc_server.services import console, files
from cdsc_server.web.console.blueprint import SIZE, asked_cursor, blueprint, show
from cdsc_server.web.console.door import current_session, operator, signed_in
from cdsc_server.web.console.fields import day_sent
from cdsc_server.web.context import catalogue, ports
from cdsc_server.web.describe import undocumented

#: More than any disk takes; None would mean the limit of every body.
_LARGEST: Final = 1 << 40


@blueprint.url_value_preprocessor
def _room_for_files(endpoint: str | None, _: object) -> None:
    """Lift the limit of bodies for who may share files, before anything asks for the body; it is spooled to disk."""
    if endpoint != "console.share":
        return
    session = current_session()
    if session is not None and session.operator is not None and opens(session.operator.roles, frozenset(DECIDE)):
        request.max_content_length = _LARGEST


@blueprint.get("/clients/<registration_id>/files")
@operator()
@undocumented("a page")
def shared_files(registration_id: str) -> ResponseReturnValue:
    """What was shared with a Client, and the form to share more."""
    return _page(registration_id)


@blueprint.post("/clients/<registration_id>/files")
@operator(*DECIDE)
@undocumented("a page")
def share(registration_id: str) -> ResponseReturnValue:
    """Share a file."""
    try:
        _share(registration_id)
    except (InvalidRequest, Conflict, NotFound) as refusal:
        return _page(registration_id, refusal)
    return redirect(url_for("console.shared_files", registration_id=registration_id, done="shared"), 303)


@blueprint.post("/clients/<registration_id>/files/<file_id>")
@operator(*DECIDE)
@undocumented("a page")
def withdraw(registration_id: str, file_id: str) -> ResponseReturnValue:
    """Share a file no more."""
    files.withdraw_file(file_id, actor=signed_in().username, clock=ports().clock)
    return redirect(url_for("console.shared_files", registration_id=registration_id, done="withdrawn"), 303)


def _share(registration_id: str) -> None:
    form, sent = request.form, request.files.get("file")
    if sent is None or not sent.filename:
        raise InvalidRequest("File: choose one", field="file")
    fitting = files.clients_for_files(registration_id, catalogue=catalogue())
    client_id = form.get("client", "")
    if client_id not in [row.client_id for row in fitting]:
        raise InvalidRequest("Client Object: choose one", field="client")
    files.share_file(
        client_id,
        sent.stream,  # type: ignore[arg-type]
        name=form.get("name", "").strip() or sent.filename,
        description=form.get("description", "").strip().replace("\r\n", "\n"),
        grant_id=form.get("grant") or None,
        ends=day_sent("ends"),
        actor=signed_in().username,
        catalogue=catalogue(),
        clock=ports().clock,
        blobs=ports().blobs,
    )


def _page(registration_id: str, refusal: Problem | None = None) -> Response:
    found = console.registration(registration_id)
    page = files.shared_files(
        registration_id, cursor=asked_cursor() if request.method == "GET" else None, size=SIZE, clock=ports().clock
    )
    return show(
        "files.html",
        status=200 if refusal is None else refusal.status,
        registration=found,
        page=page,
        fitting=files.clients_for_files(registration_id, catalogue=catalogue()),
        grants=list(dict.fromkeys(each.grant.grant_id for each in page.rows if each.open)),
        refusal=refusal,
        sent=request.form,
        done=request.args.get("done", ""),
    )
