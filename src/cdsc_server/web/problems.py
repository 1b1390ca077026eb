"""
Problems as responses, in one place: RFC 6749 form on OAuth endpoints, RFC 9457 elsewhere, pages for people.

A blueprint says which of the three it speaks by `blueprint.problem_style`; JSON of RFC 9457 is the default.
"""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, current_app, render_template, request
from marshmallow import ValidationError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from cdsc_server import exact_json
from cdsc_server.errors import (
    FaultyRecords,
    InvalidClient,
    InvalidRequest,
    NotFound,
    Problem,
    RecordFault,
    TooLarge,
    TooManyRequests,
)
from cdsc_server.languages import gettext

log = logging.getLogger(__name__)

#: Set on blueprints: "oauth" or "page".
STYLE = "problem_style"


def install(app: Flask) -> None:
    """Answer every Problem, ValidationError and HTTP error of the application."""
    app.register_error_handler(Problem, answer)
    app.register_error_handler(ValidationError, _invalid)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)


def style() -> str:
    """How the endpoint of this request speaks of problems."""
    blueprint = current_app.blueprints.get(request.blueprint or "")
    return str(getattr(blueprint, STYLE, "problem"))


def answer(problem: Problem) -> Response:
    """The response that tells the caller of a problem; the operator's part goes to the log."""
    log.info(
        "refused %s %s: %s %s %s", request.method, request.endpoint, problem.code, problem.description, problem.detail
    )
    spoken = style()
    if spoken == "page":
        response = current_app.make_response(
            render_template("problem.html", problem=problem, told=gettext(problem.description))
        )
    elif spoken == "oauth":
        response = _json({"error": problem.code, "error_description": problem.description}, "application/json")
    else:
        response = _json(_rfc9457(problem), "application/problem+json")
    response.status_code = problem.status
    _headers(response, problem)
    return response


def _headers(response: Response, problem: Problem) -> None:
    response.headers["Cache-Control"] = "no-store"
    if isinstance(problem, TooManyRequests):
        response.headers["Retry-After"] = str(problem.retry_after)
    if isinstance(problem, InvalidClient):
        response.headers["WWW-Authenticate"] = 'Basic realm="cdsc"'
    elif problem.code in ("invalid_token", "insufficient_scope"):
        # RFC 6750 3: a caller without any token is told the scheme only.
        known = f', error="{problem.code}"' if "Authorization" in request.headers else ""
        response.headers["WWW-Authenticate"] = f'Bearer realm="cdsc"{known}'


def _rfc9457(problem: Problem) -> dict[str, Any]:
    body: dict[str, Any] = {
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "code": problem.code,
        "detail": problem.description,
    }
    if problem.field is not None:
        body["field"] = problem.field
    if isinstance(problem, FaultyRecords):
        body |= {"errors": [_record_fault(fault) for fault in problem.faults], "more": problem.more}
    return body


def _record_fault(fault: RecordFault) -> dict[str, Any]:
    told = {"field": fault.field, "rule": fault.rule}
    return told if fault.line is None else {"line": fault.line, **told}


def _json(body: dict[str, Any], mimetype: str) -> Response:
    return Response(exact_json.dumps(body), mimetype=mimetype)


def _invalid(fault: ValidationError) -> Response:
    field, rule = first_fault(fault.messages)
    return answer(InvalidRequest(f"{field}: {rule}", field=field))


def first_fault(messages: Any) -> tuple[str, str]:
    """The first fault of marshmallow's nested messages as (path, rule)."""
    path = ""
    while isinstance(messages, dict):
        key, messages = next(iter(messages.items()))
        path = path if key == "_schema" else f"{path}.{key}" if path else str(key)
    return path or "body", str(messages[0] if isinstance(messages, list) else messages)


def _http(fault: HTTPException) -> Response:
    if isinstance(fault, RequestEntityTooLarge):
        return answer(TooLarge("the body is larger than this server takes"))
    if fault.code == HTTPStatus.NOT_FOUND:
        return answer(NotFound("nothing is at this address"))
    if fault.code is not None and 300 <= fault.code < 400:
        return fault.get_response()  # type: ignore[return-value]
    problem = InvalidRequest(fault.description or fault.name)
    problem.status = fault.code or 400  # type: ignore[misc]
    response = answer(problem)
    # Allow, for one, belongs to 405.
    for name, value in fault.get_headers():
        if name not in ("Content-Type",):
            response.headers.setdefault(name, value)
    return response


def _unexpected(fault: Exception) -> Response:
    log.error("failed %s %s", request.method, request.endpoint, exc_info=fault)
    problem = Problem("something broke on our side; nothing was changed")
    problem.status, problem.code = 500, "server_error"  # type: ignore[misc]
    return answer(problem)
