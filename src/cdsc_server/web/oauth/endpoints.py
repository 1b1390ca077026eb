"""
Token, PAR, revocation and introspection: Clients call them with their client_id and secret, form in, JSON out.

A stranger learns that authentication failed, and nothing else.
"""

from __future__ import annotations

from typing import Final, cast
from urllib.parse import parse_qsl

from flask import Blueprint, Request, Response, current_app, request
from flask.typing import ResponseReturnValue

from cdsc_server import exact_json
from cdsc_server.errors import InvalidClient, InvalidRequest, TooManyRequests
from cdsc_server.oauth.parameters import grouped, singles
from cdsc_server.oauth.request import FormRequest
from cdsc_server.oauth.server import Answer, Server
from cdsc_server.schemas.oauth import (
    IntrospectionSchema,
    PushedRequestSchema,
    PushedResponseSchema,
    TokenQuerySchema,
    TokenRequestSchema,
    TokenResponseSchema,
)
from cdsc_server.web.bearer import public
from cdsc_server.web.describe import describe
from cdsc_server.web.oauth import failed_authentication
from cdsc_server.web.wire import FORM

EXTENSION: Final = "cdsc_oauth"

blueprint = Blueprint("oauth", __name__, url_prefix="/oauth")
blueprint.problem_style = "oauth"  # type: ignore[attr-defined]
failed_authentication.watch(blueprint)


@blueprint.post("/token")
@public
@describe(
    tag="Authorization",
    section="RFC 6749 3.2, CDS-WG1-02 8.4",
    form=TokenRequestSchema,
    answers={200: TokenResponseSchema},
    problems=(InvalidClient, TooManyRequests),
    client_authentication=True,
)
def token() -> ResponseReturnValue:
    """
    Get a token

    Exchanges a code, refreshes, or answers a Client that comes for itself.
    """
    return _response(_server().create_token_response(_form_request()))


@blueprint.post("/par")
@public
@describe(
    tag="Authorization",
    section="RFC 9126 2",
    form=PushedRequestSchema,
    answers={201: PushedResponseSchema},
    problems=(InvalidClient, TooManyRequests),
    client_authentication=True,
)
def pushed_authorization_request() -> ResponseReturnValue:
    """
    Push an authorization request

    The parameters of an authorization request, kept for the browser that brings the request_uri.
    """
    return _endpoint("pushed_authorization_request")


@blueprint.post("/revoke")
@public
@describe(
    tag="Authorization",
    section="RFC 7009 2",
    form=TokenQuerySchema,
    answers={200: None},
    problems=(InvalidClient, TooManyRequests),
    client_authentication=True,
)
def revoke() -> ResponseReturnValue:
    """
    Revoke a token

    Ends a token of this Client; the Grant lives on. An unknown token is answered the same way.
    """
    return _endpoint("revocation")


@blueprint.post("/introspect")
@public
@describe(
    tag="Authorization",
    section="RFC 7662 2",
    form=TokenQuerySchema,
    answers={200: IntrospectionSchema},
    problems=(InvalidClient, TooManyRequests),
    client_authentication=True,
)
def introspect() -> ResponseReturnValue:
    """
    Look at a token

    What a token of this Client opens now; inactive for every other.
    """
    return _endpoint("introspection")


def _endpoint(name: str) -> Response:
    return _response(cast("Answer", _server().create_endpoint_response(name, _form_request())))


def _server() -> Server:
    return cast("Server", current_app.extensions[EXTENSION])


def _form_request() -> FormRequest:
    """
    The form of this request.

    Raises:
        InvalidRequest: another content type, not UTF-8, parameters in the query, or repeated ones.
    """
    asked: Request = request._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001  (asked many times)
    if asked.mimetype != FORM:
        raise InvalidRequest(f"the body must be {FORM}")
    if asked.query_string and asked.args:
        raise InvalidRequest("parameters belong into the body, not into the query (RFC 6749 3.2)")
    try:
        # Flask's own reading of a form takes five times as long.
        pairs = parse_qsl(asked.get_data().decode(), keep_blank_values=True)
    except ValueError as fault:
        raise InvalidRequest("the body is not UTF-8") from fault
    return FormRequest(singles(grouped(pairs)), {"Authorization": asked.headers.get("Authorization", "")})


def _response(answer: Answer) -> Response:
    return Response(exact_json.dumps(answer.body), status=answer.status, headers=answer.headers)
