"""The token half of the authorization_code grant (RFC 6749 4.1.3); the other half is the authorization endpoint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant as _AuthorizationCodeGrant

from cdsc_server.errors import InvalidGrant
from cdsc_server.oauth.client_authentication import ProvenClient
from cdsc_server.oauth.rfc9396_rar import read_details
from cdsc_server.services import codes


@dataclass(frozen=True)
class PresentedCode:
    """A stored code in the form Authlib's grant and its PKCE extension ask questions of."""

    row: Any

    @property
    def code_challenge(self) -> str:
        return str(self.row.code_challenge)

    def get_redirect_uri(self) -> str | None:
        """What the token request must repeat; None when the authorization request named none (RFC 6749 4.1.3)."""
        return self.row.redirect_uri if self.row.redirect_uri_sent else None


class AuthorizationCodeGrant(_AuthorizationCodeGrant):
    """Authlib's grant, with a code that is used up in the same transaction that issues the tokens."""

    TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic"]  # noqa: RUF012  (Authlib's name and form)

    def query_authorization_code(self, code: str, client: ProvenClient) -> PresentedCode:
        """
        The code, when it was given to this Client Object and the redirect_uri is the one it was given for.

        Raises:
            InvalidGrant: otherwise.
        """
        row = codes.find_code(code, client=client.proven, clock=self.server.ports.clock)
        if row is None:
            raise InvalidGrant("code: it is unknown", detail=f"client {client.client_id}")
        # Authlib compares it only when the authorization request named one.
        if self.request.payload.redirect_uri not in (None, row.redirect_uri):
            raise InvalidGrant("redirect_uri: it is not the one of the authorization request", field="redirect_uri")
        return PresentedCode(row)

    def create_token_response(self) -> tuple[int, dict[str, Any], list[tuple[str, str]]]:
        """
        Use the code up and issue the tokens, as one; authorization_details make the access token narrower.

        Raises:
            InvalidGrant: used before, expired, or its Grant has ended.
            InvalidAuthorizationDetails: wider than the Grant; the code is not used up.
        """
        issued = codes.redeem_code(
            self.request.authorization_code.row,
            client=self.request.client.proven,
            details=read_details(self.request.form.get("authorization_details")),
            catalogue=self.server.catalogue,
            clock=self.server.ports.clock,
            settings=self.server.settings,
        )
        return 200, issued.to_wire(), self.TOKEN_RESPONSE_HEADER
