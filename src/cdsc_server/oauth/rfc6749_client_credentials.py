"""The client_credentials grant: Client Admin and Grant Admin tokens (RFC 6749 4.4; CDS-WG1-02 3.3.1, 3.3.2)."""

from __future__ import annotations

from typing import Any

from authlib.oauth2.rfc6749.grants import ClientCredentialsGrant as _ClientCredentialsGrant

from cdsc_server.oauth.rfc9396_rar import read_details
from cdsc_server.services.token_requests import client_credentials


class ClientCredentialsGrant(_ClientCredentialsGrant):
    """Authlib's grant with our scopes and details in place of its own token generator, which knows neither."""

    TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic"]  # noqa: RUF012  (Authlib's name and form)

    def validate_requested_scope(self) -> None:
        """Scopes are judged where the token is made, together with the details."""

    def create_token_response(self) -> tuple[int, dict[str, Any], list[tuple[str, str]]]:
        """
        The token of this Client Object.

        Raises:
            Problem: the refusal.
        """
        form = self.request.form
        issued = client_credentials(
            self.request.client.proven,
            scope=form.get("scope"),
            details=read_details(form.get("authorization_details")),
            catalogue=self.server.catalogue,
            clock=self.server.ports.clock,
            settings=self.server.settings,
        )
        return 200, issued.to_wire(), self.TOKEN_RESPONSE_HEADER
