"""Token introspection (RFC 7662): a Client asks about its own tokens, and learns nothing about others."""

from __future__ import annotations

from typing import Any

from authlib.consts import default_json_headers
from authlib.oauth2.rfc7662 import IntrospectionEndpoint as _IntrospectionEndpoint

from cdsc_server.domain.access_tokens import AccessToken
from cdsc_server.errors import InvalidRequest
from cdsc_server.oauth.request import FormRequest
from cdsc_server.services import tokens


class IntrospectionEndpoint(_IntrospectionEndpoint):
    """Authlib's endpoint; an unknown hint is searched past (RFC 7662 2.1), where its own would refuse."""

    def create_endpoint_response(self, request: FormRequest) -> tuple[int, dict[str, Any], list[tuple[str, str]]]:
        """
        What the token opens now; `active` is false for one that opens nothing, is unknown, or is another Client's.

        Raises:
            Problem: not authenticated, or no token was named.
        """
        client = self.authenticate_endpoint_client(request)
        if "token" not in request.form:
            raise InvalidRequest("token: it is missing", field="token")
        found = tokens.introspect(request.form["token"], client=client.proven, clock=self.server.ports.clock)
        body = {"active": False} if found is None else introspection(*found, issuer=self.server.settings.base_url)
        return 200, body, default_json_headers


def introspection(kind: str, token: AccessToken, *, issuer: str) -> dict[str, Any]:
    """
    The answer about a live token (RFC 7662 2.2, RFC 9396 9).

    Args:
        kind: tokens.ACCESS or tokens.REFRESH; only an access token has a token_type.
    """
    body: dict[str, Any] = {
        "active": True,
        "scope": token.scope,
        "client_id": token.client_id,
        "iss": issuer,
        "iat": int(token.issued.timestamp()),
    }
    if kind == tokens.ACCESS:
        body["token_type"] = "Bearer"  # noqa: S105  (RFC 6750's name)
    if token.expires is not None:
        body["exp"] = int(token.expires.timestamp())
    if token.grant is not None:
        body["authorization_details"] = list(token.authorization_details)
        body["cds_grant_ids"] = [token.grant.grant_id]
    return body
