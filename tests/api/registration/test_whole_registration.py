"""A server of Customer Data has all of CDS-WG1-02 beside it (CDS-WG3-01 3)."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from tests.factories.oauth import register
from tests.support import requirement

OAUTH = "/.well-known/oauth-authorization-server"
#: Members of the metadata that CDS-WG1-02 3.2 requires, and what a program finds at those that are an API.
APIS = {
    "cds_clients_api": "clients",
    "cds_messages_api": "unread",
    "cds_credentials_api": "credentials",
    "cds_grants_api": "grants",
}
MEMBERS = (
    "cds_oauth_version", "cds_human_registration", "cds_test_accounts", "cds_scope_descriptions",
    "cds_registration_fields", "registration_endpoint", "token_endpoint", "authorization_endpoint",
    "revocation_endpoint", "introspection_endpoint", "pushed_authorization_request_endpoint",
)  # fmt: skip


@requirement("WG3-01-3-01")
def test_metadata_name_all_that_registration_takes(client):
    document = client.get(OAUTH).json

    assert document["cds_accounts_api"]
    assert [name for name in (*MEMBERS, *APIS) if not document.get(name)] == []
    for name in ("cds_human_registration", "cds_test_accounts"):
        assert client.get(urlsplit(document[name]).path).status_code == 200


@requirement("WG3-01-3-01")
@pytest.mark.parametrize("api", APIS)
def test_what_a_registration_gives_is_at_its_api(client, api):
    """With the token of its Client Admin, and to nobody else."""
    address = urlsplit(client.get(OAUTH).json[api]).path
    party = register(client)

    answer = client.get(address, headers=party.bearer)

    assert answer.status_code == 200
    assert answer.json[APIS[api]]
    assert client.get(address).status_code == 401
