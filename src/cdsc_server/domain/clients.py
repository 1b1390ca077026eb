"""Client Objects: their statuses, and which of them a registration makes (CDS-WG1-02 4.2, 5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

from cdsc_server.domain.catalogue import CLIENT_ADMIN, Catalogue, Scope
from cdsc_server.errors import InvalidClientMetadata

SECRET_BASIC: Final = "client_secret_basic"  # noqa: S105  (the name of a method)

#: The page that shows a receipt or an error to a Customer whose Client has no page of its own (CDS-WG1-02 4.2).
DEFAULT_REDIRECT_PATH: Final = "/receipt-redirect"

_LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")


class ClientStatus(StrEnum):
    """CDS-WG1-02 5.2."""

    PRODUCTION = "production"
    SANDBOX = "sandbox"
    DISABLED = "disabled"


@dataclass(frozen=True)
class PlannedClient:
    """
    A Client Object that a registration makes.

    Args:
        scopes: in the order of the catalogue; all of them agree in response types, grant types and authentication.
    """

    scopes: tuple[Scope, ...]
    status: ClientStatus
    status_options: tuple[ClientStatus, ...]

    @property
    def scope(self) -> str:
        """The scope string."""
        return " ".join(scope.id for scope in self.scopes)

    @property
    def response_types(self) -> tuple[str, ...]:
        return self.scopes[0].type.response_types

    @property
    def grant_types(self) -> tuple[str, ...]:
        return self.scopes[0].type.grant_types

    @property
    def auth_method(self) -> str | None:
        """How it authenticates at the token endpoint; None for one that never does, and has no Credential."""
        return next(iter(self.scopes[0].type.auth_methods), None)

    @property
    def authorization_details_types(self) -> tuple[str, ...]:
        """Types that may stand in authorization_details: the scope ids, but none for the Client Admin."""
        return tuple(scope.id for scope in self.scopes if scope.id != CLIENT_ADMIN)


def planned_clients(catalogue: Catalogue, scope: str) -> tuple[PlannedClient, ...]:
    """
    The Client Objects for a registration of these scope words, the Client Admin first.

    Raises:
        InvalidClientMetadata: a word this Server does not describe, or no cds_client_admin.

    Spec: CDS-WG1-02 4.1, 4.2.
    """
    asked = [_described(catalogue, word) for word in scope.split()]
    if CLIENT_ADMIN not in {scope.id for scope in asked}:
        raise InvalidClientMetadata(f"scope: {CLIENT_ADMIN} must be among the words (CDS-WG1-02 4.1)", field="scope")
    # A scope that grant admin tokens reach brings its grant admin along, asked for or not.
    asked += [catalogue.scopes[scope.grant_admin_scope] for scope in asked if scope.grant_admin_scope]
    wanted = {scope.id for scope in asked}
    registered = [scope for scope in catalogue.scopes.values() if scope.id in wanted]
    production = (ClientStatus.PRODUCTION, ClientStatus.DISABLED)
    sandbox = (ClientStatus.SANDBOX, ClientStatus.DISABLED)
    planned = [PlannedClient((catalogue.scopes[CLIENT_ADMIN],), ClientStatus.PRODUCTION, (ClientStatus.PRODUCTION,))]
    planned += [
        PlannedClient((scope,), ClientStatus.PRODUCTION, production)
        for scope in registered
        if scope.type.together is None and scope.id != CLIENT_ADMIN
    ]
    direct = tuple(scope for scope in registered if scope.type.direct)
    if direct:
        # Where nothing has to be done first, nothing is withheld (CDS-WG1-02 4.2).
        steps = any(scope.registration_requirements for scope in direct)
        status = ClientStatus.SANDBOX if steps else ClientStatus.PRODUCTION
        planned.append(PlannedClient(direct, status, sandbox if steps else production))
    consent = tuple(scope for scope in registered if scope.type.consent)
    if consent:
        planned.append(PlannedClient(consent, ClientStatus.SANDBOX, sandbox))
    return tuple(planned)


def _described(catalogue: Catalogue, word: str) -> Scope:
    scope = catalogue.scope(word)
    if scope is None:
        raise InvalidClientMetadata(f"scope: {word!r} is not described in cds_scope_descriptions", field="scope")
    return scope


def checked_scope(catalogue: Catalogue, words: Sequence[str], *, like: str) -> str:
    """
    A new scope for a Client Object that has the scope `like`: only scopes of the same kind fit into it.

    Raises:
        InvalidClientMetadata: unknown, or of a kind that needs a Client Object of its own (CDS-WG1-02 4.2).
    """
    kinds = {catalogue.scopes[word].type.together for word in like.split() if word in catalogue.scopes}
    chosen = [_described(catalogue, word) for word in words]
    for scope in chosen:
        if scope.id not in like.split() and (scope.type.together is None or kinds != {scope.type.together}):
            raise InvalidClientMetadata(f"scope: {scope.id} cannot be part of this client", field="scope")
    ids = {scope.id for scope in chosen}
    return " ".join(scope_id for scope_id in catalogue.scopes if scope_id in ids)


def checked_redirect_uri(uri: str) -> str:
    """
    A redirect URI that may be registered: https, or http on the machine of the person itself (RFC 8252 7.3).

    Raises:
        InvalidClientMetadata: anything else, with the rule.
    """
    parts = urlsplit(uri)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise InvalidClientMetadata(f"redirect_uris: {uri} must start with https://", field="redirect_uris")
    if not parts.hostname or "#" in uri or "@" in parts.netloc or len(uri) > 2000 or not uri.isprintable():
        raise InvalidClientMetadata(
            "redirect_uris: each needs a host and holds neither fragment nor user name (RFC 6749 3.1.2)",
            field="redirect_uris",
        )
    return uri
