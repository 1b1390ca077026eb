"""Faults in what a server does that claims a scenario (CDS-WG3-01 4)."""

from __future__ import annotations

import json

from tests.conformance.faults import OAUTH, Fault, answering, asking, each, instead, member, responding, scope, without

READ = {
    "WG3-01-4.1-21": "accounts",
    "WG3-01-4.1-22": "service_contracts",
    "WG3-01-4.1-23": "service_points",
    "WG3-01-4.1-24": "meter_devices",
    "WG3-01-4.1-25": "usage_segments",
    "WG3-01-4.2-14": "accounts",
    "WG3-01-4.2-15": "service_contracts",
    "WG3-01-4.2-16": "bill_statements",
    "WG3-01-4.2-17": "bill_sections",
}


def _fault(name, row, wrap):
    return Fault(name, row, "scenarios", wrap)


def _without_numbers(form):
    """What a token is asked for is not narrowed to groups."""
    entries = json.loads(form.get("authorization_details", "[]"))
    for entry in entries:
        entry.pop("aggregation_numbers", None)
    if entries:
        form["authorization_details"] = json.dumps(entries)


def _begun(body):
    for entry in body.get("authorization_details") or []:
        if "statement_date_start" in entry:
            entry["statement_date_start"] = "2000-01-01"


def _both_sorts(client):
    client["scope"] += " account_list query_accounts"


def _part(**members):
    """Sub-Grants with other members."""
    return answering("/grants", each("grants", lambda grant: grant.update(members) if grant.get("parent") else None))


def _whole(**members):
    """Grants that wait for others, with other members."""
    return answering("/grants", each("grants", lambda grant: grant.update(members) if grant.get("children") else None))


def _asked_by_the_reader(body):
    [reader] = {grant["client_id"] for grant in body["grants"] if grant.get("children")}
    for grant in body["grants"]:
        if grant.get("parent"):
            grant["client_id"] = reader


def _without_requirements(body):
    for described in body["cds_scope_descriptions"].values():
        if described["type"].startswith("cds_query_"):
            described["registration_requirements"] = []


SCENARIO_FAULTS = [
    *(_fault(f"no {listing}", row, answering(f"/cds/{listing}", member(listing, []))) for row, listing in READ.items()),
    _fault("nothing proves who it is", "WG3-01-4.1-20", answering(OAUTH, _without_requirements)),
    _fault("nothing proves who pays", "WG3-01-4.2-13", answering(OAUTH, _without_requirements)),
    _fault(
        "steps are hidden",
        "WG3-01-4.5-02",
        answering(OAUTH, scope("rate_plan", member("registration_requirements", []))),
    ),
    _fault("bills of long ago", "WG3-01-4.7-05", answering("/oauth/token", _begun, "POST")),
    _fault("sums nobody asked for", "WG3-01-4.11-10", asking("/oauth/token", _without_numbers)),
    _fault("sums nobody asked for", "WG3-01-4.12-08", asking("/oauth/token", _without_numbers)),
    _fault("a token for everything", "WG3-01-4.11-11", responding("/oauth/token", instead("POST", 400, {}))),
    _fault("a token for everything", "WG3-01-4.12-09", responding("/oauth/token", instead("POST", 400, {}))),
    _fault(
        "sums without a number",
        "WG3-01-4.11-14",
        answering("/cds/aggregations", each("aggregations", member("aggregation_number", None))),
    ),
    _fault(
        "sums without a number",
        "WG3-01-4.12-12",
        answering("/cds/aggregations", each("aggregations", without("aggregation_number"))),
    ),
    _fault("points that are nowhere", "WG3-01-4.11-15", answering("/cds/service_points", member("service_points", []))),
    _fault(
        "points of another group",
        "WG3-01-4.11-16",
        answering("/cds/aggregations", each("aggregations", member("grouped_servicepoints", ["x"]))),
    ),
    _fault("two sorts in one", "WG3-01-4.11-25", answering("/clients", each("clients", _both_sorts))),
    _fault("parts of nothing", "WG3-01-4.11-22", _part(parent="x")),
    _fault("parts that begin open", "WG3-01-4.11-23", _part(status="pending")),
    _fault("the reader asks", "WG3-01-4.11-24", answering("/grants", _asked_by_the_reader)),
    _fault("parts open the whole", "WG3-01-4.11-26", _part(scope="group_usage aggregation_consent")),
    _fault("parts of nobody", "WG3-01-4.11-27", _part(authorization_details=[{"type": "aggregation_consent"}])),
    _fault("a part is lost", "WG3-01-4.11-29", _whole(children=["x"])),
    _fault("it does not wait", "WG3-01-4.11-30", _whole(status="active")),
    _fault("open while it waits", "WG3-01-4.11-31", _whole(enabled_scope="group_usage")),
    _fault("details while it waits", "WG3-01-4.11-32", _whole(enabled_authorization_details=[{"type": "group_usage"}])),
]
