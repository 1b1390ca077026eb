"""No Customer Data without a token that opens it, and every listing where metadata say it is (CDS-WG3-01 2, 5, 10)."""

from __future__ import annotations

import pytest

from tests.factories.oauth import register
from tests.support import requirement

#: Members of metadata and the list that each address answers with.
LISTINGS = {
    "cds_accounts_api": "accounts",
    "cds_servicecontracts_api": "service_contracts",
    "cds_servicepoints_api": "service_points",
    "cds_meterdevices_api": "meter_devices",
    "cds_billstatement_api": "bill_statements",
    "cds_billsection_api": "bill_sections",
    "cds_usagesegments_api": "usage_segments",
}
#: Members of metadata and the ids of what hangs on the house.
OF_THE_HOUSE = {
    "cds_accounts_api": ["family", "home"],
    "cds_servicecontracts_api": ["house"],
    "cds_servicepoints_api": ["house-sp"],
    "cds_meterdevices_api": ["m-house", "m-old"],
}


@pytest.fixture
def metadata(client):
    return client.get("/.well-known/oauth-authorization-server").json


@pytest.fixture
def address(metadata, settings):
    return lambda member: metadata[member].removeprefix(settings.base_url)


@requirement("WG3-01-2-09", "WG3-01-12.3-02")
@pytest.mark.parametrize("member", LISTINGS)
def test_nothing_is_told_without_a_token(client, home, address, member):
    """Nor with one that nobody issued."""
    for headers in ({}, {"Authorization": "Bearer made-up"}):
        answer = client.get(address(member), headers=headers)

        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert not LISTINGS.values() & answer.json.keys()


@requirement("WG3-01-2-09")
@pytest.mark.parametrize("member", LISTINGS)
def test_a_token_for_something_else_opens_none(client, agreed, address, member):
    """That of a Client Admin, and one for the accounts or for the price plan, whichever does not open it."""
    admin = register(client).bearer["Authorization"].removeprefix("Bearer ")
    agreed.to(agreed.entry("account_list", "home", kind="account_selection"), token="accounts")
    agreed.to(agreed.entry("rate_plan", "house"), token="plan")
    other = "plan" if member == "cds_accounts_api" else "accounts"

    for token in (admin, other):
        answer = client.get(address(member), headers={"Authorization": f"Bearer {token}"})

        assert answer.status_code == 403
        assert answer.json["code"] == "insufficient_scope"


@requirement("WG3-01-10-01", "WG3-01-3-02")
def test_every_address_answers_with_its_list(get, agreed, address, metadata):
    agreed.to(
        agreed.entry("distribution_details", "house", include_accounts=True, include_service_contracts=True,
                     include_service_points=True),
        agreed.entry("bill_statements", "home", kind="account_selection"),
        agreed.entry("service_bills", "house"),
        agreed.entry("usage_data", "house"),
    )  # fmt: skip

    assert metadata["cds_customerdata_version"] == "v1"
    for member, name in LISTINGS.items():
        assert isinstance(get(address(member))[name], list)


@requirement("WG3-01-10.1.10-01", "WG3-01-10.2.7-01", "WG3-01-10.3.5-01", "WG3-01-10.4.5-01")
@pytest.mark.parametrize("member", OF_THE_HOUSE)
def test_an_address_lists_what_the_token_opens_and_nothing_else(get, agreed, address, member):
    includes = dict.fromkeys(("include_accounts", "include_service_contracts", "include_service_points"), True)
    agreed.to(agreed.entry("distribution_details", "house", **includes))
    found = get(address(member))[LISTINGS[member]]

    assert sorted(each[member.replace("s_api", "_id")] for each in found) == OF_THE_HOUSE[member]


@requirement("WG3-01-5-26")
def test_metadata_of_a_client_object_name_the_same_addresses(client, metadata, settings):
    party = register(client)
    shown = client.get(f"/clients/{party.app.client_id}", headers=party.bearer).json
    server = client.get(shown["cds_server_metadata"].removeprefix(settings.base_url), headers=party.bearer).json
    own = client.get(server["oauth_metadata"].removeprefix(settings.base_url), headers=party.bearer).json

    names = {name for name in metadata if name.startswith("cds_") and name.endswith("_api")}
    assert names >= LISTINGS.keys()
    assert {name: own[name] for name in names} == {name: metadata[name] for name in names}


@requirement("WG3-01-3-05", "WG3-01-7-01", "WG3-01-9-01")
def test_scopes_of_customer_data_are_described_with_their_fields(metadata):
    """And can be asked for by authorization_details (RFC 9396 10)."""
    described = metadata["cds_scope_descriptions"]
    asked = {name: each for name, each in described.items() if "code" in each["response_types_supported"]}

    assert set(asked) <= set(metadata["scopes_supported"])
    for name, scope in asked.items():
        assert set(scope["authorization_details_types_supported"]) <= set(
            metadata["authorization_details_types_supported"]
        )
        assert scope["authorization_details_fields_supported"], name
        assert scope["type"].startswith("cds_")


@requirement("WG3-01-4-03")
def test_no_document_names_a_scenario(client, metadata):
    """They are for contracts; Clients see scopes and fields."""
    text = client.get("/.well-known/oauth-authorization-server").text
    text += client.get("/.well-known/cds-server-metadata.json").text

    for name in ("meter_data", "customer_tariffs", "customer_programs", "bill_amount_due", "customer_bills"):
        assert f'"{name}"' not in text
