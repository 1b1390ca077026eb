"""Tokens for direct access: CDS-WG3-01 6.2, 7.4.3."""

import pytest

from tests.api.direct_access.conftest import SCOPES
from tests.support import requirement

ALL = SCOPES.split()


@requirement("WG3-01-6.2-01", "WG3-01-6-02", "WG3-01-6-03", "WG3-01-7-02")
def test_a_token_makes_a_grant_at_once_that_holds_what_was_asked_for(direct):
    """Preselection stays in it, because it filters; what was left out is there with its default."""
    direct.permit("ada")
    answer = direct.ask({"type": "query_accounts", "account_numbers": ["A-home"], "sync_until": "P1Y"})

    assert answer.status_code == 200
    [grant] = direct.grants()
    assert answer.json["cds_grant_ids"] == [grant["grant_id"]]
    assert (grant["status"], grant["scope"], grant["enabled_scope"]) == ("active", "query_accounts", "query_accounts")
    [entry] = grant["authorization_details"]
    assert grant["enabled_authorization_details"] == answer.json["authorization_details"] == [entry]
    assert (entry["account_numbers"], entry["meter_numbers"]) == (["A-home"], None)
    assert (entry["include_account_numbers"], entry["include_meter_devices"]) == (True, False)
    assert entry["sync_until"].startswith("2027-")


def test_the_same_words_mean_the_same_grant_later_on(direct, clock):
    direct.permit("ada")
    first = direct.ask({"type": "query_accounts", "sync_until": "P1Y"})
    clock.advance(days=3)
    again = direct.ask({"type": "query_accounts", "sync_until": "P1Y"})

    assert again.json["authorization_details"] == first.json["authorization_details"]
    assert "cds_grant_ids" not in again.json
    assert len(direct.grants()) == 1


def test_without_details_a_token_is_for_every_scope_or_those_that_are_named(direct):
    direct.permit("ada")

    assert direct.ask().json["scope"].split() == ALL
    assert direct.ask(scope="query_meter_devices query_accounts").json["scope"] == "query_meter_devices query_accounts"
    assert {grant["scope"] for grant in direct.grants()} == {"query_meter_devices query_accounts", SCOPES}


@requirement("WG3-01-6.2-04", "WG3-01-7.2-01")
def test_who_is_permitted_nothing_gets_no_token_and_no_grant(direct):
    answer = direct.ask()

    assert (answer.status_code, answer.json["error"]) == (400, "unauthorized_client")
    assert direct.grants() == []


@pytest.mark.parametrize(
    ("entry", "fault"),
    [
        ({"account_numbers": []}, "account_numbers must not be empty"),
        ({"account_numbers": "A-home"}, "account_numbers must be an array of strings"),
        ({"addresses": ["1 home Street"]}, "addresses is not a field of query_accounts"),
        ({"allow_scope_modifications": True}, "allow_scope_modifications is not a field of query_accounts"),
        ({"include_bill_sections": True}, "include_bill_sections is not a field of query_accounts"),
    ],
)
@requirement("WG3-01-7.1.13-04")
def test_what_does_not_fit_is_refused_and_makes_no_grant(direct, entry, fault):
    direct.permit("ada")
    answer = direct.ask({"type": "query_accounts", **entry})

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_authorization_details")
    assert fault in answer.json["error_description"]
    assert direct.grants() == []


@requirement("WG3-01-7.4.3-09", "WG3-01-7.4.3-10")
@pytest.mark.parametrize(
    "entry",
    [
        {},
        {"account_numbers": None},
        {"account_numbers": ["_all"]},
        {"account_numbers": ["A-nobody"]},
        {"account_numbers": ["A-bobs"]},
        {"account_numbers": ["A-home"], "meter_types": ["water_usage"]},
    ],
)
def test_lists_that_have_to_match_are_checked_before_there_is_a_grant(direct, entry):
    """They are missing, or match nothing that this Client may see, whether or not somebody has it."""
    direct.permit("ada")
    answer = direct.ask({"type": "query_accounts", "error_if_no_preselections": True, **entry})

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_authorization_details")
    assert direct.grants() == []


@requirement("WG3-01-7.4.3-09")
def test_lists_that_have_to_match_and_do_are_the_filter(direct, get):
    direct.permit("ada")
    token = direct.token("query_accounts", error_if_no_preselections=True, account_numbers=["A-home", "A-nobody"])

    assert [each["cds_account_id"] for each in get("/cds/accounts", token)["accounts"]] == ["home"]


@requirement("WG3-01-7.4.3-11")
@pytest.mark.parametrize("entry", [{}, {"account_numbers": None}, {"account_numbers": ["A-nobody"]}])
def test_lists_that_need_not_match_are_not_checked(direct, get, entry):
    """Saying so and saying nothing is the same."""
    direct.permit("ada")

    def listed(**fields):
        return get("/cds/accounts", direct.token("query_accounts", **entry, **fields))["accounts"]

    assert listed(error_if_no_preselections=False) == listed()
    assert len(listed()) == (0 if entry.get("account_numbers") else 2)


def test_customers_cannot_be_asked_for_direct_access(party, direct):
    """It has a Client Object of its own."""
    form = party.asking(scope=None, authorization_details='[{"type": "query_accounts"}]')
    answer = party.http.post("/oauth/par", data=form, headers=party.app.headers)

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_authorization_details")


#: The durations that each scope of section 6.2 must offer.
BOUNDS = {
    "query_bill_statements": {"statement_date_start", "statement_date_end"},
    "query_bill_sections": {"start_date", "end_date"},
    "query_usage": {"segment_start", "segment_end"},
}


@requirement(*(f"WG3-01-6.2.{n}-0{m}" for n in (1, 2, 3, 4, 5, 6, 8) for m in (1, 2, 3)))
@pytest.mark.parametrize("scope_id", ALL)
def test_metadata_describes_each_scope(client, scope_id):
    metadata = client.get("/.well-known/oauth-authorization-server").json
    scope = metadata["cds_scope_descriptions"][scope_id]

    assert scope["type"] == f"cds_{scope_id}"
    assert (scope["response_types_supported"], scope["grant_types_supported"]) == ([], ["client_credentials"])
    offered = {field["id"]: field["description"] for field in scope["authorization_details_fields_supported"]}
    assert offered.keys() >= {"sync_until", *BOUNDS.get(scope_id, ())}
    # There is no form, and no Customer looks at one.
    assert not [text for text in offered.values() if "form" in text.split() or "Customer" in text.split()]
