"""The operations of the OpenAPI document: one for each method of each described route."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from flask import Flask
from werkzeug.routing import Rule

from cdsc_server.errors import (
    FaultyRecords,
    InsufficientScope,
    InvalidClient,
    InvalidRequest,
    InvalidToken,
    NotAcceptable,
    NotFound,
    Problem,
    TooLarge,
    TooManyRequests,
    UnsupportedMediaType,
)
from cdsc_server.schemas.problems import FaultyRecordsSchema, OAuthErrorSchema, ProblemSchema
from cdsc_server.web.bearer import access_of
from cdsc_server.web.describe import Answer, Description, description_of, roles_of
from cdsc_server.web.docs.books import BOOKS, Book
from cdsc_server.web.problems import STYLE

#: Names of the security schemes; `web/docs/security.py` describes them.
OAUTH2: Final = "oauth2"
CLIENT_SECRET: Final = "client_secret"  # noqa: S105 - the name of a scheme

_METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")
_WRITING: Final = frozenset({"POST", "PUT", "PATCH"})
#: Sections of a docstring that are for whoever reads the code.
_FOR_DEVELOPERS: Final = re.compile(r"^(Args|Returns|Raises|Yields|Spec):", re.MULTILINE)

View = Callable[..., Any]


@dataclass(frozen=True)
class Operation:
    """A method of a route, and its Operation Object with marshmallow classes where schemas belong."""

    path: str
    method: str
    content: Mapping[str, Any]


def operations(app: Flask, book: Book) -> Iterator[Operation]:
    """Every described operation of the application that a document tells of, by path and then by method."""
    taken: set[str] = set()
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        view = app.view_functions[rule.endpoint]
        description = description_of(view)
        if description is None or _told_in(view) != book.scope:
            continue
        methods = [method for method in _METHODS if method in (rule.methods or ())]
        for method in methods:
            name = rule.endpoint.replace(".", "_") + (f"_{method.lower()}" if len(methods) > 1 else "")
            if name in taken:
                raise ValueError(f"two operations would be called {name}: give {rule.rule} an endpoint of its own")
            taken.add(name)
            content = {"operationId": name, **_operation(app, rule, view, description, method)}
            yield Operation(path_of(rule), method.lower(), content)


def _told_in(view: View) -> str | None:
    """The scope of the document that tells of a view."""
    access = access_of(view)
    return access if access in {book.scope for book in BOOKS} else None


def path_of(rule: Rule) -> str:
    """The route as a path template."""
    return re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", r"{\1}", rule.rule)


def _operation(app: Flask, rule: Rule, view: View, description: Description, method: str) -> dict[str, Any]:
    writing = method in _WRITING
    summary, text = _words(view)
    content: dict[str, Any] = {
        "tags": [description.tag],
        "summary": summary,
        "description": "\n\n".join(
            part for part in (text, _caller(view, description), _implements(description.section)) if part
        ),
        "security": _security(view, description),
    }
    parameters = _path_parameters(rule, description)
    if description.query is not None and not (writing and description.form is not None):
        parameters.append({"in": "query", "schema": description.query})
    parameters += [{"in": "header", "name": name, **_header(text)} for name, text in description.headers.items()]
    if parameters:
        content["parameters"] = parameters
    read = description.body or description.form
    if writing and read is not None:
        media_type = "application/json" if description.body else "application/x-www-form-urlencoded"
        content["requestBody"] = {"required": True, "content": {media_type: {"schema": read}}}
    if writing and description.raw:
        content["requestBody"] = {"required": True, "content": {each: {} for each in description.raw}}
    content["responses"] = {
        **{str(status): _answer(status, answer) for status, answer in description.answers.items()},
        **_refusals(app, rule, view, description, writing=writing),
    }
    content["responses"] = dict(sorted(content["responses"].items()))
    return content


def _words(view: View) -> tuple[str, str]:
    """Summary and description from the docstring of a view."""
    summary, _, text = (inspect.getdoc(view) or "").partition("\n")
    if (end := _FOR_DEVELOPERS.search(text)) is not None:
        text = text[: end.start()]
    return summary.strip().rstrip("."), text.strip()


def _implements(section: str) -> str:
    return f"Implements {section}." if section else ""


def _caller(view: View, description: Description) -> str:
    """Who may call, in words: readers of the page see no locks."""
    if description.client_authentication:
        return "The Client authenticates with its client_id and client_secret."
    match access_of(view):
        case None | "public":
            return ""
        case "grant":
            return "Needs an access token that points at a Grant."
        case scope if roles_of(view) is not None:
            roles = " or ".join(f"`{role}`" for role in dict.fromkeys([*(roles_of(view) or ()), "admin"]))
            who = f"with the role {roles}" if roles_of(view) else "with any role"
            return f"Needs an access token with scope `{scope}` of a service account {who}."
        case scope:
            return f"Needs an access token with scope `{scope}`."


def _security(view: View, description: Description) -> list[dict[str, list[str]]]:
    if description.client_authentication:
        return [{CLIENT_SECRET: []}]
    match access_of(view):
        case None | "public":
            return []
        case "grant":
            # Any scope that a Customer approves may open it: the Grant decides, so no scope is listed.
            return [{OAUTH2: []}]
        case scope:
            return [{OAUTH2: [scope]}]


def _path_parameters(rule: Rule, description: Description) -> list[dict[str, Any]]:
    return [
        {
            "in": "path",
            "name": name,
            "required": True,
            "schema": {"type": "string"},
            **({"description": description.path[name]} if name in description.path else {}),
        }
        for name in re.findall(r"<(?:[^:<>]+:)?([^<>]+)>", rule.rule)
    ]


def _answer(status: int, answer: Answer) -> dict[str, Any]:
    content: dict[str, Any] = {"description": answer.description or HTTPStatus(status).phrase}
    if answer.headers:
        content["headers"] = {name: _header(text) for name, text in sorted(answer.headers.items())}
    if answer.media_type is not None:
        content["content"] = {answer.media_type: {} if answer.schema is None else {"schema": answer.schema}}
        content["content"].update({media_type: {} for media_type in answer.files})
    return content


def _header(text: str) -> dict[str, Any]:
    return {"description": text, "schema": {"type": "string"}}


def _refusals(app: Flask, rule: Rule, view: View, description: Description, *, writing: bool) -> dict[str, Any]:
    """Responses for the kinds of refusal, those of one status together."""
    # Any address may be malformed.
    kinds: list[type[Problem]] = [*description.problems, InvalidRequest]
    if description.client_authentication:
        kinds.append(InvalidClient)
    elif access_of(view) not in (None, "public"):
        kinds += [InvalidToken, InsufficientScope]
    if any(answer.files for answer in description.answers.values()):
        kinds.append(NotAcceptable)
    if writing and (description.body or description.form or description.raw):
        kinds.append(TooLarge)
    if writing and (description.body or description.raw):
        kinds.append(UnsupportedMediaType)
    if rule.arguments:
        kinds.append(NotFound)
    by_status: dict[int, list[type[Problem]]] = {}
    for kind in dict.fromkeys(kinds):
        by_status.setdefault(kind.status, []).append(kind)
    spoken = getattr(app.blueprints.get(rule.endpoint.rpartition(".")[0]), STYLE, "problem")
    return {str(status): _refusal(same, spoken) for status, same in by_status.items()}


def _refusal(kinds: list[type[Problem]], spoken: str) -> dict[str, Any]:
    lines = sorted(f"`{kind.code}`: {_first_paragraph(kind)}" for kind in kinds)
    content: dict[str, Any] = {"description": "\n\n".join(lines)}
    if any(issubclass(kind, (InvalidToken, InsufficientScope, InvalidClient)) for kind in kinds):
        content["headers"] = {"WWW-Authenticate": _header("The scheme to use (RFC 9110 11.6.1).")}
    if any(issubclass(kind, TooManyRequests) for kind in kinds):
        content["headers"] = {"Retry-After": _header("Seconds to wait at least.")}
    match spoken:
        case "oauth":
            content["content"] = {"application/json": {"schema": OAuthErrorSchema}}
        case "page":
            content["content"] = {"text/html": {}}
        case _:
            schema = FaultyRecordsSchema if FaultyRecords in kinds else ProblemSchema
            content["content"] = {"application/problem+json": {"schema": schema}}
    return content


def _first_paragraph(kind: type[Problem]) -> str:
    text = (inspect.getdoc(kind) or "").partition("\n\n")[0]
    return " ".join(text.split())
