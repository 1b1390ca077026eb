"""The refresh_token grant (RFC 6749 6): no rotation, and never more than was granted."""

from __future__ import annotations

from typing import Any

from authlib.oauth2.rfc6749 import UnauthorizedClientError
from authlib.oauth2.rfc6749.grants import RefreshTokenGrant as _RefreshTokenGrant

from cdsc_server.errors import InvalidRequest
from cdsc_server.oauth.rfc9396_rar import read_details
from cdsc_server.services.token_requests import refresh


class RefreshTokenGrant(_RefreshTokenGrant):
    """Authlib's place in the dispatch; judging and issuing are one use case of ours."""

    TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic"]  # noqa: RUF012  (Authlib's name and form)

    def validate_token_request(self) -> None:
        """
        Authenticate the Client Object.

        Raises:
            Problem: the refusal.
        """
        client = self.authenticate_token_endpoint_client()
        if not client.check_grant_type(self.GRANT_TYPE):
            raise UnauthorizedClientError("this client may not use refresh_token")
        if "refresh_token" not in self.request.form:
            raise InvalidRequest("refresh_token: it is missing", field="refresh_token")
        self.request.client = client

    def create_token_response(self) -> tuple[int, dict[str, Any], list[tuple[str, str]]]:
        """
        A new access token; the refresh token stays.

        Raises:
            Problem: the refusal.
        """
        form = self.request.form
        issued = refresh(
            self.request.client.proven,
            form["refresh_token"],
            scope=form.get("scope"),
            details=read_details(form.get("authorization_details")),
            catalogue=self.server.catalogue,
            clock=self.server.ports.clock,
            settings=self.server.settings,
        )
        return 200, issued.to_wire(), self.TOKEN_RESPONSE_HEADER
