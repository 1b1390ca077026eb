"""Groups so small that their Customers must consent: the Grant that waits, and its sub-Grants."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from cdsc_server.storage.db import transaction
from cdsc_server.web.context import mailing
from tests.factories import groups
from tests.support import requirement

USAGE = "/cds/usage_segments"
FLATS = ("ann", "ben", "cleo")


@pytest.fixture
def waiting(mill, define, direct):
    """A Grant for the three flats at premise 17, settled once; gives its token."""
    with direct.app.app_context(), transaction() as session:
        for name in FLATS:
            groups.hours(session, name, ["1.0", "2.0"])
    define(groups.building())
    direct.known("B-17")
    token = direct.usage("B-17")
    direct.settle()
    return token


def values(get, token):
    found = get(USAGE, token)["usage_segments"]
    return [[None if one[0] is None else one[0]["eu"] for one in segment["values"]] for segment in found]


@requirement(*(f"WG3-01-4.11-{n}" for n in (21, 22, 23, 24, 26, 27, 29, 30, 31, 32)))
@requirement("WG3-01-10.7.7-04", "WG3-01-10.7.7-05", "WG3-01-12.3-03")
def test_each_customer_of_a_small_group_has_a_sub_grant_that_waits(waiting, direct, get):
    """For the Client Object that may ask them; nothing is opened meanwhile."""
    parent, parts = direct.parent(), direct.parts()

    assert (parent["status"], parent["enabled_scope"], parent["enabled_authorization_details"]) == (
        "needs_sub_grants",
        "",
        [],
    )
    assert sorted(parent["children"]) == sorted(each["grant_id"] for each in parts)
    assert len(parts) == len(FLATS)
    for part in parts:
        assert (part["parent"], part["status"]) == (parent["grant_id"], "needs_authorization")
        assert (part["client_id"], part["scope"]) == (direct.asker_id, "aggregation_consent")
        assert part["client_id"] != parent["client_id"]
        (details,) = part["authorization_details"]
        assert (details["aggregation_numbers"], details["premise_numbers"]) == (["B-17"], ["17"])
        assert part["enabled_scope"] == ""
    assert get(USAGE, waiting, status=403)["code"] == "insufficient_scope"
    assert direct.settle() == 0


@requirement("WG3-01-4.11-25")
def test_direct_access_and_consent_are_never_one_client_object(direct):
    """Two Client Objects of one registration."""
    clients = direct.party.http.get("/clients", headers=direct.party.bearer).json["clients"]

    for each in clients:
        words = set(each["scope"].split())
        assert not (words & {"group_usage", "query_aggregations"} and "aggregation_consent" in words)


@requirement("WG3-01-4.11-36", "WG3-01-10.7.7-06", "WG3-01-10.7.7-07")
def test_when_all_have_agreed_the_grant_is_active_and_its_token_reads(waiting, direct, get):
    """Not before the last of them; then every interval is told."""
    direct.agree("ann", "ben")
    still = direct.parent()["status"]
    direct.agree("cleo")

    assert still == "needs_sub_grants"
    assert direct.parent()["status"] == "active"
    assert direct.parent()["enabled_scope"] == "group_usage"
    assert values(get, waiting) == [[Decimal("3.0"), Decimal("6.0")]]


@requirement("WG3-01-12.3-03")
def test_when_one_ends_the_grant_opens_nothing_and_asks_again(waiting, direct, get):
    """At the very next call; a new sub-Grant takes the place of the ended one."""
    direct.agree(*FLATS)
    direct.stop("ben")
    at_once, refused = direct.parent()["status"], get(USAGE, waiting, status=403)["code"]
    direct.settle()
    parts = {each["grant_id"]: each for each in direct.parts()}
    (ended,) = [each for each in parts.values() if each["status"] == "revoked"]
    (new,) = [each for each in parts.values() if each["status"] == "needs_authorization"]
    direct.agree("ben")

    assert (at_once, refused) == ("needs_sub_grants", "insufficient_scope")
    assert new["replacing"][0].endswith(ended["grant_id"])
    assert direct.parent()["status"] == "active"
    assert len(values(get, waiting)) == 1


def test_a_consent_that_runs_out_ends_it_too(waiting, direct):
    """As if its Customer had ended it."""
    from cdsc_server.services import clean_up
    from cdsc_server.storage import grants
    from cdsc_server.storage.grants import GrantRow

    direct.agree(*FLATS)
    parent_id = direct.parent()["grant_id"]
    with direct.app.app_context(), transaction() as session:
        rows = grants.parts_of(session, parent_id)
        session.get_one(GrantRow, rows[0].grant_id).expires = direct.clock.now() + timedelta(hours=1)
    direct.clock.advance(timedelta(hours=2))
    with direct.app.app_context():
        clean_up.expire_grants(mailing=mailing(), clock=direct.clock)

    with direct.app.app_context(), transaction() as session:
        (parent,) = [row for row in grants.open_without_customer(session) if row.scope == "group_usage"]
        assert (parent.status, parent.enabled_scope) == ("needs_sub_grants", "")


def test_who_moves_in_is_asked_and_who_moves_out_is_let_go(waiting, direct, define, get):
    """With the next look for members."""
    from sqlalchemy import select

    from cdsc_server.storage.service_points import ServicePointRow

    direct.agree(*FLATS)
    direct.clock.advance(timedelta(minutes=5))
    with direct.app.app_context(), transaction() as session:
        groups.flat(session, "dora")
        session.scalars(select(ServicePointRow).where(ServicePointRow.service_point_id == "ann")).one().premises = []
    define(groups.building())
    direct.settle()
    statuses = sorted(each["status"] for each in direct.parts())

    assert statuses == ["active", "active", "needs_authorization"]
    assert [each["status"] for each in direct.grants(statuses="disabled")] == ["disabled"]
    assert direct.parent()["status"] == "needs_sub_grants"
    direct.agree("dora")
    assert direct.parent()["status"] == "active"


def test_where_nobody_may_ask_the_grant_is_errored(mill, define, direct):
    """A registration without a Client Object for consents cannot get them."""
    with direct.app.app_context(), transaction() as session:
        from tests.factories.access import ClientRow

        session.get_one(ClientRow, direct.asker_id).scope = "account_list"
    define(groups.building())
    direct.known("B-17")
    direct.usage("B-17")
    direct.settle()

    assert direct.parent()["status"] == "errored"
    assert direct.parts() == []


@requirement("WG3-01-4.11-19", "WG3-01-4.11-21")
def test_a_group_that_one_customer_outweighs_needs_consent_however_many_there_are(define, direct, get):
    """Nothing of it could be told otherwise."""
    with direct.app.app_context(), transaction() as session:
        for number in range(12):
            groups.flat(session, f"t{number:02}", premise="20")
            groups.hours(session, f"t{number:02}", ["900.0" if number == 0 else "1.0"])
    define(groups.building("B-20", premise="20"))
    direct.known("B-20")
    token = direct.usage("B-20")
    direct.settle()
    waits = direct.parent()["status"]
    direct.agree(*(f"t{number:02}" for number in range(12)))

    assert waits == "needs_sub_grants"
    assert values(get, token) == [[Decimal("911.0")]]


def test_what_else_a_request_names_a_group_for_does_not_decide_how_its_sums_are_told(define, direct):
    """An entry that lists it has a time of its own, in which there may be nothing to tell."""
    with direct.app.app_context(), transaction() as session:
        for number in range(12):
            groups.flat(session, f"t{number:02}", premise="20")
            groups.hours(session, f"t{number:02}", ["900.0" if number == 0 else "1.0"])
    define(groups.building("B-20", premise="20"))
    direct.known("B-20")
    named = {"aggregation_numbers": ["B-20"]}
    listing = {"type": "query_aggregations", **named, "segment_start": "PT0S"}
    direct.ask({"type": "group_usage", **named, "segment_start": "P1Y"}, listing)
    direct.settle()

    [grant] = direct.grants(statuses="needs_sub_grants")
    assert len(direct.grants(parents=grant["grant_id"])) == 12


@pytest.mark.parametrize("starts", [("P1Y", "PT0S"), ("PT0S", "P1Y")])
def test_each_time_that_sums_are_asked_for_counts_whichever_comes_last(define, direct, starts):
    with direct.app.app_context(), transaction() as session:
        for number in range(12):
            groups.flat(session, f"t{number:02}", premise="20")
            groups.hours(session, f"t{number:02}", ["900.0" if number == 0 else "1.0"])
    define(groups.building("B-20", premise="20"))
    direct.known("B-20")
    asked = [{"type": "group_usage", "aggregation_numbers": ["B-20"], "segment_start": start} for start in starts]
    assert direct.ask(*asked).status_code == 200
    direct.settle()

    assert len(direct.grants(statuses="needs_sub_grants")) == 1
