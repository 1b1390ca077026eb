"""Pushed authorization requests (RFC 9126): the Client sends the parameters itself, before anybody sees a page."""

from __future__ import annotations

import secrets
from typing import Any, Final

from authlib.consts import default_json_headers
from authlib.oauth2.rfc6749 import TokenEndpoint

from cdsc_server.errors import InvalidRequest
from cdsc_server.oauth.authorization import RefusedRequest, judge
from cdsc_server.oauth.request import FormRequest
from cdsc_server.services import authorization_requests

PREFIX: Final = "urn:ietf:params:oauth:request_uri:"


class PushedAuthorizationEndpoint(TokenEndpoint):
    """Shaped as Authlib's own endpoints are; Authlib has none for this."""

    ENDPOINT_NAME = "pushed_authorization_request"

    def create_endpoint_response(self, request: FormRequest) -> tuple[int, dict[str, Any], list[tuple[str, str]]]:
        """
        Keep the request for as long as a browser needs to arrive.

        Raises:
            Problem: not authenticated, or what the authorization endpoint would refuse.
        """
        client = self.authenticate_endpoint_client(request)
        if "request_uri" in request.form:
            raise InvalidRequest("request_uri: it cannot be pushed itself (RFC 9126 2.1)", field="request_uri")
        settings, clock = self.server.settings, self.server.ports.clock
        parameters = {name: [value] for name, value in request.form.items()} | {"client_id": [client.client_id]}
        try:
            asked = judge(parameters, catalogue=self.server.catalogue, clock=clock)
        except RefusedRequest as refused:
            raise refused.problem from refused
        request_uri = PREFIX + secrets.token_urlsafe(32)
        authorization_requests.push(
            asked, request_uri, client_id=client.client_id, clock=clock, seconds=settings.pushed_request_seconds
        )
        body = {"request_uri": request_uri, "expires_in": settings.pushed_request_seconds}
        return 201, body, default_json_headers
