"""
The checks of an authorization request, in their order; the order is the contract, so it stands in one place.

Run before anybody signs in; a pushed request is judged when it is pushed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from cdsc_server.domain.authorization_requests import AuthorizationRequest
from cdsc_server.domain.catalogue import Catalogue
from cdsc_server.domain.client_limits import offered_to
from cdsc_server.domain.clients import ClientStatus
from cdsc_server.domain.details import RequestedEntry, read_request
from cdsc_server.domain.merging import check_merges
from cdsc_server.errors import (
    InvalidRequest,
    InvalidScope,
    Problem,
    UnsupportedResponseType,
    UntrustedRequest,
)
from cdsc_server.oauth.parameters import single, singles
from cdsc_server.oauth.rfc7636 import checked_challenge
from cdsc_server.oauth.rfc9396_rar import read_details
from cdsc_server.ports import Clock
from cdsc_server.services import authorization_requests, grant_approvals
from cdsc_server.storage.clients import ClientRow

_PROMPTS: Final = ("login", "consent")


class RefusedRequest(Exception):
    """
    An authorization request that breaks a rule.

    Args:
        redirect_uri: where the Client wants to be told, once it is known to be its own; None until then.
        state: to be repeated there.
    """

    def __init__(self, problem: Problem, *, redirect_uri: str | None, state: str | None) -> None:
        super().__init__(problem.description)
        self.problem, self.redirect_uri, self.state = problem, redirect_uri, state


@dataclass(frozen=True)
class Asking:
    """A request on its way through the checks; each fills in what it found."""

    parameters: Mapping[str, list[str]]
    catalogue: Catalogue
    at: datetime
    client: ClientRow | None = None
    redirect_uri: str | None = None
    scope: str = ""
    entries: tuple[RequestedEntry, ...] = ()
    code_challenge: str = ""

    def get(self, name: str) -> str | None:
        """The one value of a parameter, None when it is absent; InvalidRequest when it is repeated."""
        return single(self.parameters, name)

    def known_client(self) -> ClientRow:
        """The Client Object, which the first check has found."""
        if self.client is None:
            raise LookupError("check_client comes first")
        return self.client


def judge(parameters: Mapping[str, list[str]], *, catalogue: Catalogue, clock: Clock) -> AuthorizationRequest:
    """
    The request that these parameters make, with the Client Object's defaults.

    Args:
        parameters: every value of every parameter.

    Raises:
        RefusedRequest: the first check that fails.
    """
    asking = Asking(parameters, catalogue, clock.now())
    for check in CHECKS:
        try:
            asking = check(asking)
        except Problem as problem:
            redirect_uri = asking.redirect_uri if problem.may_redirect else None
            state = parameters.get("state", [])
            # A repeated state cannot be repeated back.
            raise RefusedRequest(
                problem, redirect_uri=redirect_uri, state=state[0] if len(state) == 1 and state[0] else None
            ) from problem
    return AuthorizationRequest(
        redirect_uri=asking.redirect_uri or "",
        redirect_uri_sent=asking.get("redirect_uri") is not None,
        state=asking.get("state"),
        code_challenge=asking.code_challenge,
        scope=asking.scope,
        entries=asking.entries,
        prompt=asking.get("prompt"),
        ui_locales=asking.get("ui_locales"),
        cds_grant_id=asking.get("cds_grant_id"),
    )


def check_client(asking: Asking) -> Asking:
    """A Client Object that may ask Customers at all; from here on its own limits hold (CDS-WG1-02 5.1)."""
    client_id = _trusted(asking, "client_id")
    client = None if client_id is None else authorization_requests.find_client(client_id)
    if client is None or client.status == ClientStatus.DISABLED or not client.response_types:
        raise UntrustedRequest("client_id: it is missing, unknown or not allowed to ask customers", field="client_id")
    return replace(asking, client=client, catalogue=offered_to(asking.catalogue, client))


def check_redirect_uri(asking: Asking) -> Asking:
    """One of the Client Object's own, compared character by character; its default when none is named."""
    client, sent = asking.known_client(), _trusted(asking, "redirect_uri")
    redirect_uri = client.default_redirect_uri if sent is None else sent
    if redirect_uri is None or redirect_uri not in client.redirect_uris:
        raise UntrustedRequest("redirect_uri: it is not registered for this client", field="redirect_uri")
    return replace(asking, redirect_uri=redirect_uri)


def check_response_type(asking: Asking) -> Asking:
    """`code`, which is all there is (CDS-WG3-01 9.3.2 shows a page otherwise)."""
    response_type = _trusted(asking, "response_type")
    if response_type is None:
        raise UntrustedRequest("response_type: it is missing", field="response_type")
    if response_type not in asking.known_client().response_types:
        raise UnsupportedResponseType("response_type: it must be code", field="response_type")
    return asking


def check_repeated(asking: Asking) -> Asking:
    """No parameter twice (RFC 6749 3.1), and none that would bring parameters from elsewhere."""
    given = singles(asking.parameters)
    for name in ("request", "request_uri"):
        if name in given:
            raise InvalidRequest(f"{name}: it is not supported here", field=name)
    if given.get("response_mode", "query") != "query":
        raise InvalidRequest("response_mode: it must be query", field="response_mode")
    return asking


def check_pkce(asking: Asking) -> Asking:
    """A challenge of method S256, from every Client."""
    challenge = checked_challenge(asking.get("code_challenge"), asking.get("code_challenge_method"))
    return replace(asking, code_challenge=challenge)


def check_scope(asking: Asking) -> Asking:
    """Words registered for the Client Object; its default when none are named (CDS-WG1-02 5.1)."""
    client, scope = asking.known_client(), asking.get("scope")
    if scope is None:
        # Details of its own say what is asked for; the default scope would add to it.
        return replace(asking, scope="" if asking.get("authorization_details") else client.default_scope or "")
    for word in scope.split(" "):
        described = asking.catalogue.scope(word)
        if described is None or described.id not in client.scope.split():
            raise InvalidScope(f"scope: {word!r} is not registered for this client", field="scope")
    return replace(asking, scope=scope)


def check_authorization_details(asking: Asking) -> Asking:
    """Entries within what the scope descriptions offer; the Client Object's default when none are named."""
    client = asking.known_client()
    details = read_details(asking.get("authorization_details"))
    if details is None:
        details = [entry for entry in client.default_authorization_details or () if _asked_for(asking, entry["type"])]
    entries = read_request(
        asking.catalogue, asking.scope, details, allowed=frozenset(client.scope.split()), at=asking.at
    )
    if not entries:
        raise InvalidScope("scope: nothing is asked for", field="scope")
    check_merges(asking.catalogue, entries)
    return replace(asking, entries=entries)


def _asked_for(asking: Asking, kind: str) -> bool:
    """Whether a default entry belongs to what this request names; one that names nothing takes all defaults."""
    words = (asking.get("scope") or "").split()
    return not words or asking.catalogue.scope(kind) in [asking.catalogue.scope(word) for word in words]


def check_prompt(asking: Asking) -> Asking:
    """`login` asks for a new sign-in; a form is always shown, so `none` cannot be."""
    for word in (asking.get("prompt") or "").split():
        if word not in _PROMPTS:
            raise InvalidRequest(f"prompt: {word!r} is not one of {', '.join(_PROMPTS)}", field="prompt")
    return asking


def check_cds_grant_id(asking: Asking) -> Asking:
    """A Grant of this Client Object that waits for a Customer, with just these scopes (CDS-WG1-02 8.3); judged last."""
    grant_id = asking.get("cds_grant_id")
    if grant_id is None:
        return asking
    entries = grant_approvals.entries_to_approve(
        grant_id,
        asking.known_client(),
        requested=asking.entries,
        words=asking.scope.split(),
        details=read_details(asking.get("authorization_details")) or (),
        catalogue=asking.catalogue,
        now=asking.at,
    )
    return replace(asking, entries=entries)


def _trusted(asking: Asking, name: str) -> str | None:
    """A parameter whose repetition leaves nobody to redirect to."""
    try:
        return asking.get(name)
    except InvalidRequest as fault:
        raise UntrustedRequest(fault.description, field=name) from fault


#: First refusal wins. Until check_redirect_uri has passed there is nowhere to redirect to (RFC 6749 4.1.2.1).
CHECKS: Final[tuple[Callable[[Asking], Asking], ...]] = (
    check_client,
    check_redirect_uri,
    check_response_type,
    check_repeated,
    check_pkce,
    check_scope,
    check_authorization_details,
    check_prompt,
    check_cds_grant_id,
)
