"""What the Server's Messages must hold, by type; and where what they are about is found."""

from __future__ import annotations

from decimal import Decimal

import pytest

from cdsc_server.domain.message_posts import related_of
from cdsc_server.domain.messages import STATUSES, MessageStatus, MessageType, RelatedTo, RelatedType, message_faults
from tests.support import requirement

BASE = "https://utility.example/cds"
ANYTHING = {
    "description": "because",
    "related": RelatedTo("client", "c"),
    "has_previous": True,
    "updates_requested": [{"field": "f", "name": "n", "description": "d", "previous_value": None, "new_value": 1}],
    "grants_requested": [{"scope": "usage_data", "authorization_details": []}],
    "amount": Decimal("1"),
    "currency": "EUR",
}
RELATED = {
    MessageType.PAYMENT_REQUEST: RelatedType.PAYMENT_FORM,
    MessageType.ONLINE_FORM_REQUEST: RelatedType.ONLINE_FORM,
    MessageType.PDF_FORM_REQUEST: RelatedType.PDF_FORM,
}


def faults(type, status=None, **changes):
    """Faults of a Message that holds everything, with these changes."""
    status = status or min(STATUSES[type])
    related = RelatedTo(RELATED[type], "/there") if type in RELATED else ANYTHING["related"]
    return message_faults(type, MessageStatus(status), **{**ANYTHING, "related": related, **changes})


@requirement("WG1-02-6.2-01", "WG1-02-6.3-01", "WG1-02-6.3-02", "WG1-02-6.3-06", "WG1-02-6.3-07", "WG1-02-6.3-09")
@pytest.mark.parametrize(
    ("types", "statuses"),
    [
        ("notification private_message client_submission", "complete"),
        ("support_request", "pending complete"),
        ("production_request grant_request", "pending complete rejected"),
        ("field_changes", "pending complete rejected errored"),
        (
            "server_request payment_request online_form_request pdf_form_request request_update",
            "open pending complete rejected errored",
        ),
    ],
)
def test_each_type_has_its_statuses(types, statuses):
    """As section 6.3 lists them; nothing else is sent."""
    for type in map(MessageType, types.split()):
        assert {status for status in MessageStatus if not faults(type, status)} == set(statuses.split())


@requirement("WG1-02-6.1-18", "WG1-02-6.1-19", "WG1-02-6.1-20", "WG1-02-6.1-21", "WG1-02-6.1-24")
def test_what_asks_the_client_for_something_says_where():
    for type, kind in RELATED.items():
        assert faults(type, related=None) == [f"a {type} relates to {kind}"]
        assert faults(type, related=RelatedTo("more_info", "https://utility.example")) != []
    for type in (MessageType.SERVER_REQUEST, MessageType.FIELD_CHANGES):
        assert faults(type, related=None) == [f"a {type} relates to something"]


@requirement("WG1-02-6.1-13", "WG1-02-6.1-14", "WG1-02-6.5-01", "WG1-02-6.5-02", "WG1-02-6.5-03")
@requirement("WG1-02-6.5-06", "WG1-02-6.5-07", "WG1-02-6.1-26", "WG1-02-6.1-27", "WG1-02-6.3-08", "WG1-02-6.2-04")
@pytest.mark.parametrize(
    ("type", "changes"),
    [
        ("server_request", {"updates_requested": None}),
        ("server_request", {"updates_requested": [{"name": "n", "description": "d"}]}),
        ("server_request", {"updates_requested": [{"field": "f", "description": "d"}]}),
        ("server_request", {"updates_requested": [{"field": "f", "name": "n"}]}),
        ("field_changes", {"updates_requested": []}),
        ("field_changes", {"updates_requested": [{"field": "f", "new_value": 1}]}),
        ("field_changes", {"updates_requested": [{"field": "f", "previous_value": 1}]}),
        ("grant_request", {"grants_requested": None}),
        ("payment_request", {"amount": None}),
        ("payment_request", {"currency": None}),
        ("request_update", {"has_previous": False}),
        ("request_update", {"status": "rejected", "description": " "}),
    ],
)
def test_a_message_without_what_its_type_needs_is_not_sent(type, changes):
    assert faults(MessageType(type), changes.get("status")) == []

    assert faults(MessageType(type), **changes) != []


@requirement("WG1-02-6.4-01")
@pytest.mark.parametrize(
    ("kind", "key", "address"),
    [
        ("client", "c1", "/clients/c1"),
        ("client_list", "", "/clients"),
        ("grant", "g1", "/grants/g1"),
        ("grant_list", "grant_ids=a+b", "/grants?grant_ids=a+b"),
        ("message", "m1", "/messages/m1"),
        ("message_list", "message_ids=m1", "/messages?message_ids=m1"),
        ("credential", "k1", "/credentials/k1"),
        ("credential_list", "client_ids=c1", "/credentials?client_ids=c1"),
    ],
)
def test_an_object_of_our_apis_has_one_address_both_ways(kind, key, address):
    """What is stored knows nothing of the public address of the server."""
    assert RelatedTo(kind, key).uri(BASE) == BASE + address
    assert related_of(BASE + address, BASE) == RelatedTo(kind, key)


def test_anything_else_is_more_information():
    for address in ("https://elsewhere.example/clients/c1", f"{BASE}/clientsandmore", f"{BASE}/clients/c1/x", BASE):
        assert related_of(address, BASE) == RelatedTo("more_info", address)


def test_pages_of_this_server_move_with_it():
    assert RelatedTo("online_form", "/forms/1").uri(BASE) == f"{BASE}/forms/1"
    assert RelatedTo("payment_form", "https://pay.example/1").uri(BASE) == "https://pay.example/1"
