"""Groups of Customers over HTTP, as operators define and look into them."""

from __future__ import annotations

import pytest

from cdsc_server.storage.db import transaction
from tests.factories import groups

BODY = {
    "number": "B-17",
    "name": "Mill House",
    "types": ["confidential", "building", "premise_number"],
    "premise_numbers": ["17"],
    "addresses": ["17 Mill Street"],
    "fictional": True,
}


@pytest.fixture
def program(employ, app):
    with app.app_context(), transaction() as session:
        for name in ("ann", "ben"):
            groups.flat(session, name)
    return employ("reviewer")


@pytest.fixture
def house(program):
    return program.do("POST", "groups", BODY)


def test_a_group_is_defined_shown_and_listed(program, house):
    (listed,) = program.get("groups", search="mill")["groups"]

    assert {name: house[name] for name in ("number", "types", "lists", "customers", "need", "readers", "parts")} == {
        "number": "B-17",
        "types": ["confidential", "building", "premise_number"],
        "lists": {"premise_number": ["17"]},
        "customers": 2,
        "need": "always",
        "readers": [],
        "parts": 0,
    }
    assert house["rule"].startswith("At least 10 Customers")
    assert program.get(f"groups/{house['aggregation_id']}") == house
    assert listed.items() <= house.items()
    assert program.get("groups", search="nowhere")["groups"] == []


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"types": ["building"]}, 400),
        ({"premise_numbers": []}, 400),
        ({"regions": [{"id": "b"}]}, 400),
        ({"colour": "red"}, 400),
        ({"fictional": False}, 409),
    ],
)
def test_a_definition_with_a_fault_changes_nothing(program, house, wrong, status):
    answer = program.ask("POST", "groups", {**BODY, "name": "Other", **wrong})

    assert answer.status_code == status, answer.text
    assert program.get("groups")["groups"][0]["name"] == "Mill House"


def test_a_group_is_opened_and_closed(program, house, box, trail):
    address, reader = f"groups/{house['aggregation_id']}/readers", {"registration_id": box.registration_id}
    opened = program.do("POST", address, {"step": "open", "members": True, **reader})["readers"]
    less = program.do("POST", address, {"step": "open", **reader})["readers"]
    closed = program.do("POST", address, {"step": "close", **reader})["readers"]
    unknown = program.ask("POST", address, {"step": "open", "registration_id": "nobody"})

    assert [(each["registration_id"], each["members"]) for each in (*opened, *less)] == [
        (box.registration_id, True),
        (box.registration_id, False),
    ]
    assert (closed, unknown.status_code) == ([], 404)
    assert sorted({action for _, action, _ in trail()}) == [
        "aggregation.closed",
        "aggregation.defined",
        "aggregation.opened",
    ]


def test_members_and_who_asked_are_listed(app, clock, program, house):
    with app.app_context(), transaction() as session:
        groups.waiting_for(session, "ann", "ben", at=clock.now())
    address = f"groups/{house['aggregation_id']}"

    (member,) = program.get(f"{address}/members", search="ann")["members"]
    (asked,) = program.get(f"{address}/grants")["grants"]

    assert (member["customer_id"], member["premise_numbers"]) == ("ann", ["17"])
    assert len(program.get(f"{address}/members")["members"]) == 2
    assert (asked["grant_id"], asked["status"]) == ("whole", "needs_sub_grants")
    assert sorted((each["customer_id"], each["status"]) for each in asked["sub_grants"]) == [
        ("ann", "needs_authorization"),
        ("ben", "needs_authorization"),
    ]
