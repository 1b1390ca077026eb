"""Token revocation (RFC 7009): ends a token, never the Grant behind it."""

from __future__ import annotations

from typing import Any

from authlib.consts import default_json_headers
from authlib.oauth2.rfc7009 import RevocationEndpoint as _RevocationEndpoint

from cdsc_server.errors import InvalidRequest
from cdsc_server.oauth.client_authentication import is_service_account, presented
from cdsc_server.oauth.request import FormRequest
from cdsc_server.services import tokens
from cdsc_server.services.service_accounts import revoke_token


class RevocationEndpoint(_RevocationEndpoint):
    """Authlib's endpoint; an unknown hint is searched past (RFC 7009 2.1), where its own would refuse."""

    def create_endpoint_response(self, request: FormRequest) -> tuple[int, dict[str, Any], list[tuple[str, str]]]:
        """
        End the token; the answer is the same whether there was one.

        Raises:
            Problem: not authenticated, or no token was named.
        """
        operator = is_service_account(request.headers)
        client = None if operator else self.authenticate_endpoint_client(request)
        if "token" not in request.form:
            raise InvalidRequest("token: it is missing", field="token")
        token, clock = request.form["token"], self.server.ports.clock
        if client is None:
            revoke_token(*presented(request.headers, request.form), token, clock=clock)
        else:
            tokens.revoke(token, client_id=client.client_id, clock=clock)
        return 200, {}, default_json_headers
