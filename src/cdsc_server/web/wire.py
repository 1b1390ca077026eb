"""What goes on the wire: JSON with every digit, bodies read strictly."""

from __future__ import annotations

from typing import Any, Final

from flask import Flask, Request, Response, request
from flask.json.provider import JSONProvider

from cdsc_server import exact_json
from cdsc_server.errors import InvalidRequest, NotFound, UnsupportedMediaType

#: The media type of a form without files.
FORM: Final = "application/x-www-form-urlencoded"

_NUL: Final = "\0"


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
    """Make the application read and write JSON our way, and refuse text that cannot be stored."""
    app.json = ExactJSONProvider(app)
    app.before_request(_refuse_nul)


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
    if b"\\u0000" in request.get_data() and _holds_nul(body):
        raise InvalidRequest("the body holds U+0000")
    return body


def _refuse_nul() -> None:
    """
    Refuse U+0000 in the address and in a form: PostgreSQL's text cannot hold it, so it can match nothing we know.

    Raises:
        NotFound: it stands in the path.
        InvalidRequest: it stands in a parameter.
    """
    # The request itself: what stands for it looks it up each time.
    asked: Request = request._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
    if _NUL in asked.path:
        raise NotFound("nothing is at this address")
    if _holds_coded_nul(asked.query_string) or _form_holds_nul(asked):
        raise InvalidRequest("a parameter holds U+0000")


def _form_holds_nul(asked: Request) -> bool:
    if asked.mimetype == FORM:
        # A form without it need not be read a second time by whoever reads it in another way than Flask.
        return _holds_coded_nul(asked.get_data())
    return asked.mimetype == "multipart/form-data" and any(
        _NUL in name or any(_NUL in value for value in values) for name, values in asked.form.lists()
    )


def _holds_coded_nul(encoded: bytes) -> bool:
    return b"%00" in encoded or b"\0" in encoded


def _holds_nul(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_NUL in name or _holds_nul(item) for name, item in value.items())
    if isinstance(value, list):
        return any(map(_holds_nul, value))
    return isinstance(value, str) and _NUL in value
