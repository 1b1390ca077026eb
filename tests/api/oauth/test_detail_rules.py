"""Combinations of authorization details that cannot be: told by entry, field and rule, and nothing is kept."""

import json

import pytest

from cdsc_server.storage.authorizations import AuthorizationRequestRow
from cdsc_server.storage.db import reading
from tests.factories.oauth import register
from tests.support import requirement

SCOPES = "cds_client_admin account_list account_programs service_programs supply_details distribution_details rate_plan"

CONTRACTS = {"authorization_form_selection_type": "service_contract_selection"}
SUPPLY = {"type": "supply_details", **CONTRACTS, "merge_selection_with": "rate_plan"}
PLAN = {"type": "rate_plan", "merge_selection_with": "supply_details"}
METERS = {"type": "distribution_details", **CONTRACTS, "merge_selection_with": "rate_plan"}

SOUND = [
    pytest.param([SUPPLY, PLAN], id="two that name each other"),
    pytest.param([SUPPLY, {**PLAN, "merge_selection_with": "distribution_details"}, METERS], id="a chain"),
    pytest.param(
        [{**SUPPLY, "contract_numbers": ["1", "2"]}, {**PLAN, "contract_numbers": ["2", "1"]}], id="the same numbers"
    ),
    pytest.param([{**SUPPLY, "meter_numbers": None}, PLAN], id="null"),
    pytest.param([{**SUPPLY, "purpose": "service"}, {**PLAN, "purpose": "service"}], id="the same purpose"),
    pytest.param([{"type": "account_programs"}, {"type": "service_programs"}], id="programs by default"),
    pytest.param([{"type": "account_programs", "account_programs": ["BB-1"]}], id="programs"),
    pytest.param([{"type": "distribution_details", "addresses": ["1 main street, anytown"]}], id="addresses"),
]

#: Entries; the place and field that the refusal names, and its rule; rows of the register.
REFUSED = [
    ([SUPPLY], "[0].merge_selection_with", "is no other scope of the request", ("WG3-01-7.4.2-05", "WG3-01-7.4.2-06")),
    (
        [{**PLAN, "merge_selection_with": "nobody"}],
        "[0].merge_selection_with",
        "is no other scope",
        ("WG3-01-7.4.2-06",),
    ),
    ([{**PLAN, "merge_selection_with": "rate_plan"}], "[0].merge_selection_with", "is no other", ("WG3-01-7.4.2-06",)),
    ([SUPPLY, {"type": "rate_plan"}], "[0].merge_selection_with", "has no merge_selection_with", ("WG3-01-7.4.2-08",)),
    (
        [{**SUPPLY, "authorization_form_selection_type": "account_selection"}, PLAN],
        "[1].authorization_form_selection_type",
        "must be the same",
        ("WG3-01-7.4.2-09",),
    ),
    ([{**SUPPLY, "purpose": "service"}, PLAN], "[1].purpose", "must be the same", ("WG3-01-7.4.2-10",)),
    (
        [SUPPLY, {**PLAN, "allow_scope_modifications": False}],
        "[1].allow_scope_modifications",
        "must be the same",
        ("WG3-01-7.4.2-11",),
    ),
    (
        [{**SUPPLY, "contract_numbers": ["1"]}, {**PLAN, "contract_numbers": ["2"]}],
        "[1].contract_numbers",
        "must be the same",
        ("WG3-01-7.4.2-12",),
    ),
    (
        [{**SUPPLY, "service_types": ["electric"]}, PLAN],
        "[1].service_types",
        "must be the same",
        ("WG3-01-7.4.2-12",),
    ),
    (
        [{**METERS, "premise_numbers": ["17"]}, {**PLAN, "merge_selection_with": "distribution_details"}],
        "[0].premise_numbers",
        "must be null",
        ("WG3-01-7.4.2-13",),
    ),
    ([{**SUPPLY, "merge_selection_with": 7}, PLAN], "[0].merge_selection_with", "must be a string", ()),
    ([{**SUPPLY, "merge_selection_with": ""}, PLAN], "[0].merge_selection_with", "must have 1 to", ()),
    (
        [{"type": "account_programs", "account_programs": None}],
        "[0].account_programs",
        "must not be null",
        ("WG3-01-6.1.2-14",),
    ),
    (
        [{"type": "service_programs", "service_programs": None}],
        "[0].service_programs",
        "must not be null",
        ("WG3-01-6.1.3-15",),
    ),
    ([{"type": "account_programs", "account_programs": []}], "[0].account_programs", "must not be empty", ()),
    ([{"type": "account_programs", "account_programs": ["XX"]}], "[0].account_programs", "'XX' is not one of", ()),
    ([{"type": "account_programs", "service_programs": ["NM-2"]}], "[0].service_programs", "is not a field of", ()),
    ([{"type": "rate_plan", "error_if_no_preselections": 1}], "[0].error_if_no_preselections", "true or false", ()),
    ([{"type": "rate_plan", "error_if_no_preselections": None}], "[0].error_if_no_preselections", "true or", ()),
    ([{"type": "distribution_details", "meter_types": ["steam"]}], "[0].meter_types", "'steam' is not one of", ()),
    ([{"type": "distribution_details", "addresses": "1 Main St"}], "[0].addresses", "must be an array", ()),
]


@pytest.fixture
def party(client):
    return register(client, SCOPES)


@pytest.fixture
def pushed(party):
    """Pushes an authorization request for these entries; gives the answer."""

    def push(details):
        form = party.asking(scope=None, authorization_details=json.dumps(details))
        return party.http.post("/oauth/par", data=form, headers=party.app.headers)

    return push


@requirement("WG3-01-6.1.2-15", "WG3-01-6.1.3-16", "WG3-01-7.4.2-15")
@pytest.mark.parametrize("details", SOUND)
def test_what_fits_together_is_taken(pushed, details):
    assert pushed(details).status_code == 201


@pytest.mark.parametrize(
    ("details", "where", "rule"),
    [
        pytest.param(*row[:3], marks=[requirement(*row[3])] if row[3] else [], id=f"{n} {row[1]}")
        for n, row in enumerate(REFUSED)
    ],
)
def test_what_does_not_fit_together_is_refused_and_not_kept(app, pushed, details, where, rule):
    refusal = pushed(details)

    assert (refusal.status_code, refusal.json["error"]) == (400, "invalid_authorization_details")
    assert refusal.json["error_description"].startswith(f"authorization_details{where} ")
    assert rule in refusal.json["error_description"]
    with app.app_context(), reading() as session:
        assert session.query(AuthorizationRequestRow).count() == 0
