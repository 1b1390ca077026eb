"""Purposes as Clients send them: CDS-WG3-01 5.1, 8.2, 8.3."""

from __future__ import annotations

from itertools import count

import pytest

from cdsc_server.domain.purposes import read_purposes, replaced, submitted, submitted_fault
from tests.support import requirement

KEPT = {"name": "Advice", "content": "We advise you.", "related_uri": None, "related_name": None}
SENT = {"id": "", **KEPT, "scopes_supported": []}
LINK = {"related_uri": "https://client.example/x", "related_name": "How we do it"}
#: Changes of a sound Purpose, and the member that is wrong then.
FAULTS = [
    ({"content": ""}, "content"),
    ({"content": " \n\t"}, "content"),
    ({"content": None}, "content"),
    ({"content": 7}, "content"),
    ({"content": "x" * 5001}, "content"),
    ({"name": ""}, "name"),
    ({"name": None}, "name"),
    ({**LINK, "related_uri": "javascript:alert(1)"}, "related_uri"),
    ({**LINK, "related_uri": "https://u@client.example/"}, "related_uri"),
    ({**LINK, "related_uri": "https://[client.example/"}, "related_uri"),
    ({**LINK, "related_uri": "client.example"}, "related_uri"),
    ({**LINK, "related_uri": 7}, "related_uri"),
    ({**LINK, "related_name": None}, "related_name"),
    ({**LINK, "related_name": "  "}, "related_name"),
    ({**LINK, "related_name": "two\nlines"}, "related_name"),
]


@pytest.fixture
def new_id():
    numbers = count(1)
    return lambda: f"new-{next(numbers)}"


@requirement("WG3-01-5.1-01", "WG3-01-8.3-08")
def test_sound_purposes_fit_the_format():
    assert submitted_fault([SENT, {**SENT, **LINK, "content": "Two\nlines"}]) is None


@requirement("WG3-01-5.1-01", "WG3-01-5.1-02", "WG3-01-5.1-03")
@pytest.mark.parametrize(
    ("value", "rule"),
    [
        ([], "must be an array of at least one Purpose"),
        ({}, "must be an array of at least one Purpose"),
        (None, "must be an array of at least one Purpose"),
        (["x"], "must hold sound Purposes; [0].must be a Purpose object"),
        ([SENT, {**SENT, "id": "mine"}], "must hold sound Purposes; [1].id: must be an empty string"),
        ([{**SENT, "scopes_supported": ["a"]}], "must hold sound Purposes; [0].scopes_supported: must be an empty"),
        ([SENT, {**SENT, "scopes_supported": None}], "must hold sound Purposes; [1].scopes_supported: must be an"),
        ([{**SENT, "scopes_supported": ""}], "must hold sound Purposes; [0].scopes_supported: must be an empty"),
        ([SENT] * 51, "must not hold more than 50 Purposes"),
    ],
)
def test_what_is_no_list_of_new_purposes_does_not(value, rule):
    assert (submitted_fault(value) or "").startswith(rule)


@requirement("WG3-01-8.3-07", "WG3-01-8.3-10", "WG3-01-8.3-11", "WG3-01-8.3-12")
@pytest.mark.parametrize(("change", "member"), FAULTS)
def test_a_member_that_breaks_a_rule_is_named(new_id, change, member):
    assert (submitted_fault([{**SENT, **change}]) or "").startswith(f"must hold sound Purposes; [0].{member}: ")
    with pytest.raises(ValueError, match=rf"^mine\.{member}: "):
        replaced({"mine": {**SENT, **change}}, {}, (), new_id=new_id)


@requirement("WG3-01-8.3-10")
def test_a_link_is_sent_as_null_where_there_is_none():
    missing = {name: value for name, value in SENT.items() if name != "related_uri"}

    assert submitted_fault([missing]) == "must hold sound Purposes; [0].related_uri: is missing; send null for none"


def test_each_that_is_submitted_gets_an_id_of_its_own(new_id):
    assert submitted([SENT, {**SENT, **LINK}], new_id=new_id) == {"new-1": KEPT, "new-2": {**KEPT, **LINK}}


@requirement("WG3-01-8.2-01", "WG3-01-8.2-02", "WG3-01-8.2-03", "WG3-01-8.2-04", "WG3-01-8.2-05", "WG3-01-8.2-06")
def test_a_replacement_keeps_changes_adds_and_removes(new_id):
    """By the key; whatever `id` and `scopes_supported` say inside."""
    before = {"mine": KEPT, "gone": KEPT}
    sent = {
        "mine": {**SENT, "id": "other", "content": "We advise you well.", "scopes_supported": ["everything"]},
        "ours": {**SENT, "content": "We do as we like."},
        "unknown": {**SENT, "id": "gone", "name": "Carbon"},
    }

    assert replaced(sent, before, {"ours"}, new_id=new_id) == {
        "mine": {**KEPT, "content": "We advise you well."},
        "new-1": {**KEPT, "name": "Carbon"},
    }


def test_there_is_an_end_to_them(new_id):
    with pytest.raises(ValueError, match="more than 50"):
        replaced({str(n): SENT for n in range(51)}, {}, (), new_id=new_id)


@pytest.mark.parametrize(
    ("table", "fault"),
    [
        ("text", "purposes.ours must be a table"),
        ({"name": "A", "scopes": []}, "purposes.ours.content: must be a string that is not blank"),
        ({"name": "A", "content": "C", "scopes": ["x"]}, "purposes.ours.scopes: 'x' is not a scope that offers"),
    ],
)
def test_a_configured_purpose_with_a_fault_is_told(table, fault):
    faults: list[str] = []
    read_purposes({"ours": table}, {}, faults)

    assert len(faults) == 1
    assert faults[0].startswith(fault)
