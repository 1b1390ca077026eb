"""Customers who are asked to be counted in a total: what a request may say, the form, and what comes of a yes."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from cdsc_server.storage.db import transaction
from tests.factories import groups, people
from tests.factories.oauth import Authentication
from tests.support import requirement
from tests.support.pages import Visitor

SCOPE = "aggregation_consent"
FLATS = ("ann", "ben", "cleo")


@pytest.fixture
def asker(direct):
    """The Client Object that asks Customers, with a place to send them back to."""
    credentials = direct.party.http.get("/credentials", headers=direct.party.bearer).json["credentials"]
    secret = next(each["client_secret"] for each in credentials if each["client_id"] == direct.asker_id)
    return Authentication(direct.asker_id, secret)


@pytest.fixture
def waiting(direct, mill, define, clock):
    """A Grant for the flats at premise 17, whose Customers have to be asked; Ann can sign in."""
    with direct.app.app_context(), transaction() as session:
        for name in FLATS:
            groups.hours(session, name, ["1.0"])
        session.add(people.login("ann@example.com", "ann", at=clock.now()))
    define(groups.building(), groups.building("B-18", premise="18"))
    direct.known("B-17")
    direct.usage("B-17")
    direct.settle()
    clock.advance(seconds=1)
    return direct


def push(direct, asker, *, grant_id=None, **fields):
    """A pushed request for one entry of the scope; gives the answer."""
    entry = {"type": SCOPE, "aggregation_numbers": ["B-17"], "premise_numbers": ["17"], **fields}
    named = {} if grant_id is None else {"cds_grant_id": grant_id}
    asked = {
        **direct.party.asking(scope=SCOPE),
        "client_id": asker.client_id,
        "authorization_details": json.dumps([entry]),
        **named,
    }
    return direct.party.http.post("/oauth/par", data=asked, headers=asker.headers)


@pytest.fixture
def form(waiting, asker):
    """Leads Ann to the form of her sub-Grant, or of any request; gives her browser."""

    def opens(**fields):
        pushed = push(waiting, asker, **fields)
        assert pushed.status_code == 201, pushed.json
        visitor = Visitor(waiting.party.http)
        asked = {"client_id": asker.client_id, "request_uri": pushed.json["request_uri"]}
        visitor.load(waiting.party.http.get("/oauth/authorize", query_string=asked).location)
        visitor.sign_in("ann@example.com")
        return visitor

    return opens


@requirement("WG3-01-6.1.10-11", "WG3-01-6.1.10-12", "WG3-01-6.1.10-13", "WG3-01-6.1.10-14")
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("aggregation_numbers", None),
        ("premise_numbers", None),
        ("error_if_no_preselections", False),
        ("allow_scope_modifications", True),
    ],
)
def test_a_request_that_would_not_say_what_is_counted_is_refused(direct, asker, name, value):
    """With the entry and the field."""
    answer = push(direct, asker, **{name: value})

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_authorization_details")
    assert f"authorization_details[0].{name}" in answer.json["error_description"]


@requirement("WG3-01-4.11-33", "WG3-01-6.1.10-16", "WG3-01-7.1.12-08")
def test_a_customer_authorizes_a_sub_grant_on_the_form(waiting, form):
    """A list that cannot be changed: the number of the group, and what of hers counts in it; nothing of others."""
    ann = form(grant_id=waiting.part_of("ann"))
    page = ann.text
    ann.press("approve")
    statuses = sorted(each["status"] for each in waiting.parts())

    assert "B-17" in page
    assert "M-ann" in page
    assert "M-ben" not in page
    assert "Ben" not in page
    assert 'type="checkbox"' not in page
    assert statuses == ["active", "needs_authorization", "needs_authorization"]


@requirement("WG3-01-7.3.8-04", "WG3-01-7.3.8-05")
def test_expires_is_the_end_of_the_grant(waiting, form):
    """Counted from the yes."""
    ann = form(grant_id=waiting.part_of("ann"), expires="P30D")
    ann.press("approve")
    (part,) = [each for each in waiting.parts() if each["status"] == "active"]
    waiting.clock.advance(timedelta(days=31))

    assert part["expires"][:10] == "2026-03-31"
    headers = waiting.party.http.post(
        "/oauth/token", data={"grant_type": "client_credentials"}, headers=waiting.party.admin.headers
    ).json["access_token"]
    listed = waiting.party.http.get(f"/grants/{part['grant_id']}", headers={"Authorization": f"Bearer {headers}"}).json
    assert (listed["status"], listed["enabled_scope"]) == ("expired", "")


@requirement("WG3-01-6.1.10-15")
def test_who_is_in_none_of_the_groups_cannot_authorize(waiting, form):
    """The page says that nothing fits; nobody is told of it before."""
    ann = form(aggregation_numbers=["B-18"], premise_numbers=["18"])

    assert 'value="approve"' not in ann.text
    assert sorted(each["status"] for each in waiting.parts()) == ["needs_authorization"] * 3
