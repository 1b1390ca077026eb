"""client_secret_basic, the one way Clients authenticate (RFC 6749 2.3.1; CDS-WG1-02 3.3.1, 3.3.2)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote_plus

from authlib.oauth2.rfc6749 import ClientMixin

from cdsc_server.domain.clients import SECRET_BASIC
from cdsc_server.domain.operators import ACCOUNT_PREFIX
from cdsc_server.errors import InvalidClient, InvalidRequest
from cdsc_server.ports import Clock
from cdsc_server.services import clients
from cdsc_server.services.clients import AuthenticatedClient


@dataclass(frozen=True)
class ProvenClient(ClientMixin):
    """An authenticated Client Object in the form Authlib's grants ask questions of."""

    proven: AuthenticatedClient

    @property
    def client_id(self) -> str:
        return self.proven.client_id

    def get_client_id(self) -> str:
        return self.proven.client_id

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type in self.proven.grant_types

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:  # noqa: ARG002
        return method == SECRET_BASIC


def authenticate(
    headers: Mapping[str, str], form: Mapping[str, str], *, clock: Clock, judged_later: bool = False
) -> ProvenClient:
    """
    Who sends this request.

    Args:
        judged_later: whether the use case's own statement sees to it that the proof still holds.
        form: a client_id in it must be the same; a client_secret in it would be a second method (RFC 6749 2.3).

    Raises:
        InvalidClient: no or wrong Basic authentication, or an unknown, expired or disabled client.
        InvalidRequest: two ways of authentication at once.
    """
    client_id, secret = presented(headers, form)
    prove = clients.recognise if judged_later else clients.authenticate
    return ProvenClient(prove(client_id, secret, clock=clock))


def presented(headers: Mapping[str, str], form: Mapping[str, str]) -> tuple[str, str]:
    """
    The client_id and secret that a request presents; refuses as `authenticate`.

    Raises:
        InvalidClient: no or malformed Basic authentication, or another client_id in the form.
        InvalidRequest: two ways of authentication at once.
    """
    if "client_secret" in form or "client_assertion" in form:
        raise InvalidRequest("client_secret: authenticate in the Authorization header only", field="client_secret")
    client_id, secret = _basic(headers.get("Authorization", ""))
    if form.get("client_id", client_id) != client_id:
        raise InvalidClient("client_id: it is not the client of the Authorization header", detail=client_id)
    return client_id, secret


def is_service_account(headers: Mapping[str, str]) -> bool:
    """Whether a service account of the operator, and no Client Object, presents itself."""
    try:
        return _basic(headers.get("Authorization", ""))[0].startswith(ACCOUNT_PREFIX)
    except InvalidClient:
        return False


def _basic(header: str) -> tuple[str, str]:
    scheme, _, encoded = header.partition(" ")
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        text = ""
    # Both halves are form-encoded before they are joined (RFC 6749 2.3.1).
    client_id, secret = map(unquote_plus, (text.partition(":")[0], text.partition(":")[2]))
    if scheme.lower() != "basic" or not (client_id and secret and client_id.isprintable()):
        raise InvalidClient("authenticate with client_id and client_secret by HTTP Basic")
    return client_id, secret
