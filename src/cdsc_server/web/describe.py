"""
What a view says of itself for the OpenAPI document, beside the code that makes it true.

    @blueprint.get("/grants")
    @bearer("cds_client_admin")
    @describe(tag="Grants", section="CDS-WG1-02 8.5", query=GrantFilters, answers={200: GrantListingSchema})
    def list_grants() -> ResponseReturnValue:
        '''
        List Grants

        The Grants of every Client Object of this registration, the last modified first.
        '''

The docstring's first line is the summary, the rest the description.
Security comes from `@bearer`, path parameters from the route, the form of refusals from the blueprint: none is
repeated here.
`web/docs/document.py` reads these declarations from the routes of the running application.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, TypeVar

from marshmallow import Schema

from cdsc_server.errors import Problem

View = TypeVar("View", bound=Callable[..., Any])

#: Every tag with what stands under it, in the order of the document.
TAGS: Final = {
    "Metadata": "What this server offers, and to whom; open to all.",
    "Registration": "How a Client comes to be, and how it looks after its Client Objects.",
    "Authorization": "OAuth 2.0: ask a Customer, get a token, look at it, hand it back.",
    "Grants": "What was agreed; the record that decides what a token opens.",
    "Webhooks": "Calls of this server to an address of a Client, when something has changed; no standard has them.",
    "Files": "Files that this server shares with a Client, each by a Grant of its own making.",
    "Customer data": "What Customers agreed to share, as far as the token's Grant opens it.",
    "Plain addresses": "The same listings under plain names, limited to what the scope of that name opens.",
    "Records": "What the utility's own systems hand in, by the ids they have for it.",
    "Files of changes": "Delta files and readings in bulk, as back offices write them.",
    "Service": "Looking after the server itself.",
    "Reviews": "What waits for an operator, and what is decided.",
    "Clients": "Registrations, their Client Objects, and what each of those may ask for.",
    "Messages": "What Clients and this server write to each other.",
    "Grants of Clients": "What was agreed: made by hand, held, let go on, ended.",
    "Groups of Customers": "Buildings, areas and other sets of Customers whose sums Clients may read.",
    "Shared files": "Files that this server shares with a Client.",
    "Audit trail": "Who did what to what, and when.",
    "Metrics": "How the server did: availability, performance, consents.",
    "Accounts": "Who works at the console, and who holds this token.",
}

_DESCRIPTION: Final = "__described__"
_ROLES: Final = "__roles__"
_REASON: Final = "__undocumented__"


@dataclass(frozen=True)
class Answer:
    """
    One answer that is not a refusal.

    Args:
        schema: the body; None when there is none or when it is not JSON.
        description: what it tells; the phrase of the status when empty.
        media_type: of the body; None when there is no body.
        headers: name and meaning of headers that a caller acts on.
        files: further media types, which a caller gets by asking for them.
    """

    schema: type[Schema] | None = None
    description: str = ""
    media_type: str | None = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    files: Sequence[str] = ()


@dataclass(frozen=True)
class Description:
    """The declaration of a view; see `describe`."""

    tag: str
    section: str
    query: type[Schema] | None
    body: type[Schema] | Mapping[str, Any] | None
    form: type[Schema] | None
    raw: Sequence[str]
    headers: Mapping[str, str]
    answers: Mapping[int, Answer]
    problems: tuple[type[Problem], ...]
    client_authentication: bool
    path: Mapping[str, str]


def describe(
    *,
    tag: str,
    section: str,
    answers: Mapping[int, Answer | type[Schema] | None],
    query: type[Schema] | None = None,
    body: type[Schema] | Mapping[str, Any] | None = None,
    form: type[Schema] | None = None,
    raw: Sequence[str] = (),
    headers: Mapping[str, str] = MappingProxyType({}),
    problems: Sequence[type[Problem]] = (),
    client_authentication: bool = False,
    path: Mapping[str, str] = MappingProxyType({}),
) -> Callable[[View], View]:
    """
    Declare what a view takes and answers.

    Args:
        tag: one of TAGS.
        section: the section it implements, such as "CDS-WG1-02 5.3" or "RFC 7009 2"; empty for what no standard has.
        answers: by status; a schema stands for a JSON body of it, None for an answer without body.
        query: parameters in the query; each field becomes one.
        body: JSON body of POST, PUT and PATCH; a JSON Schema as it stands where there is no class.
        form: application/x-www-form-urlencoded body of POST, PUT and PATCH.
        raw: media types of a body of POST that is neither.
        headers: meaning of headers in the request by name, none of which must be there.
        problems: kinds of refusal beyond those that follow from query, body and bearer token.
        client_authentication: whether the Client authenticates with its client_id and secret (RFC 6749 2.3.1).
        path: meaning of path parameters by name.

    Raises:
        ValueError: the tag is unknown, or more than one kind of body is given.
    """
    if tag not in TAGS:
        raise ValueError(f"{tag!r} is not one of {', '.join(TAGS)}")
    if (body is not None) + (form is not None) + bool(raw) > 1:
        raise ValueError("an operation reads either JSON or a form or a file")
    description = Description(
        tag=tag,
        section=section,
        query=query,
        body=body,
        form=form,
        raw=tuple(raw),
        headers=headers,
        answers={status: _answer(answer) for status, answer in answers.items()},
        problems=tuple(problems),
        client_authentication=client_authentication,
        path=path,
    )

    def mark(view: View) -> View:
        setattr(view, _DESCRIPTION, description)
        return view

    return mark


def _answer(answer: Answer | type[Schema] | None) -> Answer:
    if isinstance(answer, Answer):
        return answer
    return Answer(media_type=None) if answer is None else Answer(answer)


def undocumented(reason: str) -> Callable[[View], View]:
    """Leave a view out of the OpenAPI document; the reason is for whoever wonders why."""

    def mark(view: View) -> View:
        setattr(view, _REASON, reason)
        return view

    return mark


def for_roles(roles: Sequence[str], view: View) -> View:
    """Note which roles of operators a view is open to, beside admin; the door itself asks for them."""
    setattr(view, _ROLES, tuple(roles))
    return view


def roles_of(view: Callable[..., Any]) -> tuple[str, ...] | None:
    """Which roles of operators a view is open to, beside admin; empty for all, None when it is not for operators."""
    found = getattr(view, _ROLES, None)
    return found if isinstance(found, tuple) else None


def description_of(view: Callable[..., Any]) -> Description | None:
    """The declaration of a view, under whatever other decorators; None when it has none."""
    # functools.wraps copies attributes, so the outermost function carries it too.
    found = getattr(view, _DESCRIPTION, None)
    return found if isinstance(found, Description) else None


def reason_of(view: Callable[..., Any]) -> str | None:
    """Why the view is left out of the document; None when it is not marked so."""
    found = getattr(view, _REASON, None)
    return found if isinstance(found, str) else None
