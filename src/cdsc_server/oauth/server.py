"""Authlib's authorization server with every default that is too soft for us replaced."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import AuthorizationServer

from cdsc_server import errors
from cdsc_server.domain.catalogue import Catalogue
from cdsc_server.errors import InvalidRequest, Problem
from cdsc_server.oauth.client_authentication import ProvenClient, authenticate
from cdsc_server.oauth.operator_credentials import OperatorCredentialsGrant
from cdsc_server.oauth.request import FormRequest
from cdsc_server.oauth.rfc6749_client_credentials import ClientCredentialsGrant
from cdsc_server.oauth.rfc6749_code import AuthorizationCodeGrant
from cdsc_server.oauth.rfc6749_refresh import RefreshTokenGrant
from cdsc_server.oauth.rfc7009 import RevocationEndpoint
from cdsc_server.oauth.rfc7636 import RequiredS256
from cdsc_server.oauth.rfc7662 import IntrospectionEndpoint
from cdsc_server.oauth.rfc9126_par import PushedAuthorizationEndpoint
from cdsc_server.ports import Ports
from cdsc_server.settings import Settings


@dataclass(frozen=True)
class Answer:
    """What an endpoint answers; the web room makes a response of it."""

    status: int
    body: Mapping[str, Any]
    headers: Sequence[tuple[str, str]]


class Server(AuthorizationServer):
    """
    The authorization server of one application.

    Authlib dispatches to grants and endpoints; every refusal leaves as a Problem, so that one place renders them.
    """

    _problems: ClassVar[Mapping[str, type[Problem]]] = {
        kind.code: kind
        for kind in (
            errors.InvalidRequest,
            errors.InvalidClient,
            errors.InvalidGrant,
            errors.InvalidScope,
            errors.UnauthorizedClient,
            errors.UnsupportedGrantType,
        )
    }

    #: Where the use case's own statement judges the client, by grant type or endpoint, and the parameter that takes it
    #: there; without that parameter the refusal would come before the judgement.
    _needs: ClassVar[Mapping[str | None, str]] = {
        ClientCredentialsGrant.GRANT_TYPE: "",
        AuthorizationCodeGrant.GRANT_TYPE: "code",
        RefreshTokenGrant.GRANT_TYPE: "refresh_token",
        IntrospectionEndpoint.ENDPOINT_NAME: "token",
    }

    def __init__(self, settings: Settings, ports: Ports, catalogue: Catalogue) -> None:
        super().__init__()
        self.settings, self.ports, self.catalogue = settings, ports, catalogue
        # Before the grant of Clients, which would not know a service account.
        self.register_grant(OperatorCredentialsGrant)
        self.register_grant(ClientCredentialsGrant)
        self.register_grant(AuthorizationCodeGrant, [RequiredS256()])
        self.register_grant(RefreshTokenGrant)
        self.register_endpoint(IntrospectionEndpoint)
        self.register_endpoint(RevocationEndpoint)
        self.register_endpoint(PushedAuthorizationEndpoint)

    def create_oauth2_request(self, request: FormRequest) -> FormRequest:
        """The request itself: the web room has built it."""
        return request

    def authenticate_client(self, request: FormRequest, methods: Any, endpoint: str = "token") -> ProvenClient:  # noqa: ARG002
        """The Client Object that sends the request, by client_secret_basic only."""
        judged_later = self._needs.get(request.payload.grant_type if endpoint == "token" else endpoint)
        client = authenticate(
            request.headers,
            request.form,
            clock=self.ports.clock,
            judged_later=judged_later is not None and judged_later in {"", *request.form},
        )
        request.auth_method = "client_secret_basic"
        return client

    def create_token_response(self, request: FormRequest) -> Answer:
        """
        Answer a token request.

        Raises:
            Problem: the refusal.
        """
        if request.payload.grant_type is None:
            raise InvalidRequest("grant_type: it is missing", field="grant_type")
        answer: Answer = super().create_token_response(request)
        return answer

    def handle_response(self, status: int, body: Any, headers: Sequence[tuple[str, str]]) -> Answer:
        """Authlib's three parts as an Answer."""
        return Answer(status, body, headers)

    def handle_error_response(self, request: FormRequest, error: OAuth2Error) -> Answer:  # noqa: ARG002
        """Raise what Authlib found as the Problem of the same code."""
        kind = self._problems.get(error.error, errors.InvalidRequest)
        raise kind(str(error.get_error_description() or error.error)) from error

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens."""
