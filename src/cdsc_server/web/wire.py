"""What goes on the wire: JSON with every digit, bodies read strictly."""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, request
from flask.json.provider import JSONProvider

from cdsc_server import exact_json
from cdsc_server.errors import InvalidRequest, UnsupportedMediaType


class ExactJSONProvider(JSONProvider):
    """Flask's JSON with our rules: Decimal as a number with its digits, instants as RFC 3339."""

    def dumps(self, obj: Any, **_: Any) -> str:
        return exact_json.dumps(obj).decode()

    def loads(self, s: str | bytes, **_: Any) -> Any:
        return exact_json.loads(s)

    def response(self, *args: Any, **kwargs: Any) -> Response:
        obj = self._prepare_response_obj(args, kwargs)
        return Response(exact_json.dumps(obj), mimetype="application/json")


def install(app: Flask) -> None:
    """Make the application read and write JSON our way."""
    app.json = ExactJSONProvider(app)


def json_body() -> dict[str, Any]:
    """
    The request's body, which must be one JSON object.

    Raises:
        UnsupportedMediaType: Content-Type is not application/json.
        InvalidRequest: not JSON, or not an object.
    """
    if request.mimetype != "application/json":
        raise UnsupportedMediaType("the body must be application/json")
    try:
        body = exact_json.loads(request.get_data())
    except ValueError as fault:
        raise InvalidRequest("the body is not JSON") from fault
    if not isinstance(body, dict):
        raise InvalidRequest("the body must be a JSON object")
    return body
