"""
Where a Client's link brings a browser: the request is judged, kept, and the person led to the form.

Who follows a wrong link sees a page; a Client that asks wrongly is told at its own redirect_uri, and nowhere else.
"""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from cdsc_server.errors import InvalidRequest, UntrustedRequest
from cdsc_server.oauth.authorization import RefusedRequest, judge
from cdsc_server.oauth.parameters import grouped, single
from cdsc_server.oauth.rfc9207 import refusal_location
from cdsc_server.schemas.oauth import AuthorizationRequestSchema
from cdsc_server.services import authorization_requests
from cdsc_server.web.bearer import public
from cdsc_server.web.context import catalogue, ports, settings
from cdsc_server.web.describe import Answer, describe
from cdsc_server.web.pages import guarded
from cdsc_server.web.sessions import ensure_session
from cdsc_server.web.speech import translated

blueprint = translated(Blueprint("authorize", __name__))
blueprint.problem_style = "page"  # type: ignore[attr-defined]
blueprint.after_request(guarded)


@blueprint.route("/oauth/authorize", methods=["GET", "POST"])
@public
@describe(
    tag="Authorization",
    section="RFC 6749 3.1, RFC 9126 4, RFC 9207, CDS-WG1-02 8.3",
    query=AuthorizationRequestSchema,
    form=AuthorizationRequestSchema,
    answers={
        303: Answer(
            description="On to the form, or back to redirect_uri with error, error_description, state and iss.",
            media_type=None,
            headers={"Location": "Where the browser goes."},
        )
    },
    problems=(UntrustedRequest,),
)
def authorize() -> ResponseReturnValue:
    """
    Ask a Customer

    A Client leads a browser here. The Customer signs in, reads what is asked, and decides.
    Who comes with a wrong client_id or redirect_uri sees a page and is led nowhere.
    """
    source = request.form if request.method == "POST" else request.args
    parameters = grouped(source.items(multi=True))
    try:
        request_id = _pushed(parameters) if "request_uri" in parameters else _plain(parameters)
    except RefusedRequest as refused:
        if refused.redirect_uri is None:
            raise refused.problem from refused
        location = refusal_location(
            refused.problem, redirect_uri=refused.redirect_uri, state=refused.state, issuer=settings().base_url
        )
        return redirect(location, 303)
    return redirect(url_for("consent.form", request_id=request_id), 303)


def _plain(parameters: dict[str, list[str]]) -> str:
    asked = judge(parameters, catalogue=catalogue(), clock=ports().clock)
    return authorization_requests.begin(
        asked,
        client_id=parameters["client_id"][0],
        session_hash=ensure_session().session_hash,
        settings=settings(),
        clock=ports().clock,
    )


def _pushed(parameters: dict[str, list[str]]) -> str:
    """Only client_id and request_uri count; whatever else the link holds is not looked at (RFC 9126 4)."""
    try:
        client_id, request_uri = single(parameters, "client_id"), single(parameters, "request_uri")
    except InvalidRequest as fault:
        raise UntrustedRequest(fault.description, field=fault.field) from fault
    if client_id is None or request_uri is None:
        raise UntrustedRequest("client_id: it is missing beside request_uri", field="client_id")
    return authorization_requests.open_pushed(
        request_uri,
        client_id=client_id,
        session_hash=ensure_session().session_hash,
        settings=settings(),
        clock=ports().clock,
    )
