"""The client_credentials grant of service accounts, the programs of the operator (RFC 6749 4.4)."""

from __future__ import annotations

from typing import Any

from authlib.oauth2.rfc6749.grants import BaseGrant, TokenEndpointMixin

from cdsc_server.errors import InvalidAuthorizationDetails
from cdsc_server.oauth.client_authentication import is_service_account, presented
from cdsc_server.oauth.request import FormRequest
from cdsc_server.services.service_accounts import issue_token


class OperatorCredentialsGrant(BaseGrant, TokenEndpointMixin):
    """Authlib's place in the dispatch, ahead of the grant of Clients; authenticating and issuing are one use case."""

    GRANT_TYPE = "client_credentials"

    @classmethod
    def check_token_endpoint(cls, request: FormRequest) -> bool:
        """Whether a service account asks."""
        return bool(super().check_token_endpoint(request)) and is_service_account(request.headers)

    def validate_token_request(self) -> None:
        """
        What can be judged by the request alone.

        Raises:
            InvalidAuthorizationDetails: there are some.
        """
        if "authorization_details" in self.request.form:
            raise InvalidAuthorizationDetails("authorization_details: scopes of service accounts take none")

    def create_token_response(self) -> tuple[int, dict[str, Any], list[tuple[str, str]]]:
        """
        The token of this service account.

        Raises:
            Problem: the refusal.
        """
        client_id, secret = presented(self.request.headers, self.request.form)
        issued = issue_token(
            client_id,
            secret,
            scope=self.request.form.get("scope"),
            clock=self.server.ports.clock,
            settings=self.server.settings,
        )
        return 200, issued.to_wire(), self.TOKEN_RESPONSE_HEADER
