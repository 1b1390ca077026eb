"""
Servers with one fault each: a wrapper around our own application that plants it.

A fault that the kit does not notice would make every report of the kit worthless.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl, urlencode

from werkzeug.wrappers import Request, Response

App = Callable[..., Any]
Body = dict[str, Any]

METADATA = "/.well-known/cds-server-metadata.json"
OAUTH = "/.well-known/oauth-authorization-server"
ADMIN, GRANT_ADMIN, USAGE = "cds_client_admin", "cds_grant_admin", "usage_data"


@dataclass(frozen=True)
class Fault:
    """What is wrong, the row that says so, the plan that must find it, and the wrapper that plants it."""

    name: str
    row: str
    plan: str
    wrap: Callable[[App], App]


def answer(app: App, request: Request) -> Response:
    """What the sound application says, not compressed."""
    request.environ["HTTP_ACCEPT_ENCODING"] = "identity"
    return Response.from_app(app, request.environ)


def answering(path: str, change: Callable[[Body], Any], method: str = "GET") -> Callable[[App], App]:
    """JSON answers at a path, or below it when it ends in a slash, are changed on their way out."""

    def wrap(app: App) -> App:
        @Request.application
        def faulty(request: Request) -> Response:
            response = answer(app, request)
            hit = request.path.startswith(path) if path.endswith("/") else request.path == path
            if hit and request.method == method and response.is_json:
                body = response.get_json()
                changed = change(body)
                response.set_data(json.dumps(body if changed is None else changed))
            return response

        return faulty

    return wrap


def responding(path: str, change: Callable[[Request, Response], Response | None]) -> Callable[[App], App]:
    """Answers at a path and below are changed as a whole, status and headers included."""

    def wrap(app: App) -> App:
        @Request.application
        def faulty(request: Request) -> Response:
            response = answer(app, request)
            return (change(request, response) if request.path.startswith(path) else None) or response

        return faulty

    return wrap


def asking(path: str, change: Callable[[dict[str, str]], None]) -> Callable[[App], App]:
    """Forms and queries at a path are changed before the application sees them."""

    def wrap(app: App) -> App:
        def faulty(environ: dict[str, Any], start_response: Any) -> Any:
            if environ["PATH_INFO"] == path:
                query = dict(parse_qsl(environ["QUERY_STRING"], keep_blank_values=True))
                if environ.get("CONTENT_TYPE") == "application/x-www-form-urlencoded":
                    form = dict(parse_qsl(_drain(environ).decode(), keep_blank_values=True))
                    change(form)
                    _fill(environ, urlencode(form).encode())
                elif query:
                    change(query)
                    environ["QUERY_STRING"] = urlencode(query)
            return app(environ, start_response)

        return faulty

    return wrap


def sending(path: str, change: Callable[[Body], None], method: str = "POST") -> Callable[[App], App]:
    """JSON bodies at a path and below are changed before the application sees them."""

    def wrap(app: App) -> App:
        def faulty(environ: dict[str, Any], start_response: Any) -> Any:
            if environ["PATH_INFO"].startswith(path) and environ["REQUEST_METHOD"] == method:
                body = json.loads(_drain(environ))
                if isinstance(body, dict):
                    change(body)
                _fill(environ, json.dumps(body).encode())
            return app(environ, start_response)

        return faulty

    return wrap


def _drain(environ: dict[str, Any]) -> bytes:
    return environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))


def _fill(environ: dict[str, Any], body: bytes) -> None:
    environ["wsgi.input"], environ["CONTENT_LENGTH"] = BytesIO(body), str(len(body))


def member(name: str, value: Any) -> Callable[[Body], None]:
    """Give a member this value."""
    return lambda body: body.__setitem__(name, value)


def without(name: str) -> Callable[[Body], None]:
    """Leave a member out."""

    def change(body: Body) -> None:
        body.pop(name, None)

    return change


def within(*path: Any, then: Callable[[Any], Any]) -> Callable[[Body], None]:
    """Change what lies at a path of keys and indexes."""

    def change(body: Body) -> None:
        found: Any = body
        for step in path:
            found = found[step]
        then(found)

    return change


def each(name: str, then: Callable[[Body], Any]) -> Callable[[Body], None]:
    """Change every object of a listing; a single object too, so that both doors tell the same."""

    def change(body: Body) -> None:
        for thing in body.get(name, [body]):
            then(thing)

    return change


def scope(name: str, then: Callable[[Body], Any]) -> Callable[[Body], None]:
    """Change a scope description."""
    return within("cds_scope_descriptions", name, then=then)


def field(form: str, then: Callable[[Body], Any]) -> Callable[[Body], None]:
    """Change the first authorization details field of this format."""

    def change(body: Body) -> None:
        for described in body["cds_scope_descriptions"].values():
            if described["id"] != GRANT_ADMIN:
                for found in described["authorization_details_fields_supported"]:
                    if found["format"] == form:
                        then(found)
                        return

    return change


def named_field(name: str, then: Callable[[Body], Any]) -> Callable[[Body], None]:
    """Change the authorization details field of this id, of a scope description."""

    def change(described: Body) -> None:
        for found in described["authorization_details_fields_supported"]:
            if found["id"] == name:
                then(found)

    return change


def registration_field(**members: Any) -> Callable[[Body], None]:
    """Describe a registration field; None leaves a member out."""
    sound = {
        "id": "company",
        "type": "registration_field",
        "description": "The company's name.",
        "documentation": "https://utility.example/docs",
        "field_name": "cds_company",
        "format": "string",
    }
    described = {name: value for name, value in {**sound, **members}.items() if value is not None}
    return member("cds_registration_fields", {"company": described})


def status(code: int, method: str = "GET", when: int | None = None) -> Callable[[Request, Response], None]:
    """Answer this status, always or instead of one other."""

    def change(request: Request, response: Response) -> None:
        if request.method == method and when in (None, response.status_code):
            response.status_code = code

    return change


def media_type(name: str) -> Callable[[Request, Response], None]:
    """Call the answer something else."""

    def change(request: Request, response: Response) -> None:
        response.mimetype = name

    return change


def refusing(words: bytes) -> Callable[[Request, Response], None]:
    """Answer 400 to bodies that hold these words."""

    def change(request: Request, response: Response) -> None:
        if words in request.get_data():
            response.status_code = 400

    return change


def second_entry(**members: Any) -> Callable[[Body], None]:
    """Add a coverage entry after the first, changed later than it unless `members` say other."""

    def change(body: Body) -> None:
        entries = body["coverage_entries"]
        if entries:
            entries.append({**copy.deepcopy(entries[0]), "id": "second", "updated": "2999-01-01T00:00:00Z", **members})

    return change


def from_the_query(app: App) -> App:
    """A token in the query opens what one in the header does."""

    def faulty(environ: dict[str, Any], start_response: Any) -> Any:
        token = dict(parse_qsl(environ["QUERY_STRING"])).get("access_token")
        if token:
            environ["HTTP_AUTHORIZATION"], environ["QUERY_STRING"] = f"Bearer {token}", ""
        return app(environ, start_response)

    return faulty


def overlay(name: str) -> Callable[[App], App]:
    """What a PUT says of a member is shown from then on, although it is the server's."""
    told: dict[str, Any] = {}

    def wrap(app: App) -> App:
        def before(body: Body) -> None:
            if name in body:
                told[name] = body.pop(name)

        def after(body: Body) -> None:
            if "client_id" in body:
                body.update(told)

        return answering("/clients/", after)(sending("/clients/", before, "PUT")(app))

    return wrap


def html(request: Request, response: Response) -> Response:
    """A page that only people can pass."""
    return Response("<title>Are you human?</title>", status=403, mimetype="text/html")


def json_answer(body: Body, code: int) -> Callable[[Request, Response], Response]:
    """This instead of what the application says."""
    return lambda *_: Response(json.dumps(body), status=code, mimetype="application/json")


def instead(method: str, when: int, body: Body, code: int = 200) -> Callable[[Request, Response], Response | None]:
    """This instead of one status."""

    def change(request: Request, response: Response) -> Response | None:
        if request.method == method and response.status_code == when:
            return Response(json.dumps(body), status=code, mimetype="application/json")
        return None

    return change


def details_without_values(form: dict[str, str]) -> None:
    """Let nothing of an entry but its type be judged."""
    if "authorization_details" in form:
        entries = json.loads(form["authorization_details"])
        form["authorization_details"] = json.dumps([{"type": entry["type"]} for entry in entries])


def challenged(form: dict[str, str]) -> None:
    """Take a request without a challenge, or with a plain one."""
    form.setdefault("code_challenge", "k" * 43)
    form["code_challenge_method"] = "S256"


def only_described(body: Body) -> None:
    """Register what is described and forget the rest."""
    body["scope"] = " ".join(word for word in body["scope"].split() if word != "kit_no_such_scope")
