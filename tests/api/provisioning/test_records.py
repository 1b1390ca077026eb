"""Records handed in one by one and in lines: all of them or none, and the same ones again without a trace."""

import pytest

from cdsc_server.storage.db import reading
from cdsc_server.storage.provisioned import ProvisionedRow
from tests.support.statements import asked_of

NORTH = {
    "name": "North Power",
    "timezone": "Europe/Berlin",
    "locale": "de",
    "colour": "#7a1f5c",
    "colour_dark": "#f0a8d6",
    "mark": "N",
}


@pytest.fixture
def stored(app):
    def rows():
        with app.app_context(), reading() as session:
            return {(row.kind, row.external_id): row.body for row in session.query(ProvisionedRow)}

    return rows


def brand(name, **members):
    return {"kind": "label_partner", "label_partner": name, "name": name.title(), **members}


def test_a_record_is_read_back_as_it_was_handed_in(office, trail):
    made = office.put("label-partners/north", **NORTH)

    assert made["outcome"] == "new"
    assert made["record"] == {"label_partner": "north", **NORTH}
    assert office.get("label-partners/north") == {name: made[name] for name in made if name != "outcome"}
    assert trail() == [("service:provisioner", "provisioning.applied", "label_partner:north")]


def test_the_same_record_again_changes_nothing(office, clock, trail):
    """In whatever order its members stand."""
    made = office.put("label-partners/north", **NORTH)
    clock.advance(seconds=60)
    again = office.put("label-partners/north", **dict(reversed(NORTH.items())), label_partner="north")

    assert again == {**made, "outcome": "unchanged"}
    assert len(trail()) == 1


def test_another_record_takes_its_place(office, clock):
    office.put("label-partners/north", **NORTH)
    clock.advance(seconds=60)
    changed = office.put("label-partners/north", name="North")

    assert changed["outcome"] == "changed"
    assert changed["record"] == {"label_partner": "north", "name": "North"}
    assert changed["modified"] > changed["created"]


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({}, "name"),
        ({"name": "N", "label_partner": "south"}, "label_partner"),
        ({"name": "N", "nmae": "N"}, "'nmae'"),
        ({"name": "N", "timezone": "Europe/Nowhere"}, "timezone"),
        ({"name": "N", "locale": "nl"}, "locale"),
        ({"name": "N", "sender_address": "north"}, "sender_address"),
        ({"name": "N", "website": "javascript:alert(1)"}, "website"),
        ({"name": "N", "mark": "<b>"}, "mark"),
        ({"name": "N", "colour": "#7a1f5c"}, "colour"),
        ({"name": "N", "colour": "red;}", "colour_dark": "#f0a8d6"}, "colour"),
        ({"name": "N", "colour": "#999999", "colour_dark": "#f0a8d6"}, "colour"),
        ({"name": "N", "colour": "#7a1f5c", "colour_dark": "#7a1f5c"}, "colour_dark"),
    ],
)
def test_what_breaks_a_rule_is_refused_by_its_name(office, stored, members, field):
    answer = office.ask("PUT", "label-partners/north", members)

    assert (answer.status_code, answer.json["code"], answer.json["field"]) == (422, "faulty_records", field)
    assert answer.mimetype == "application/problem+json"
    assert [error["field"] for error in answer.json["errors"]] == [field]
    assert stored() == {}


def test_an_id_that_cannot_stand_in_an_address_is_refused(office, stored):
    assert office.ask("PUT", "label-partners/no rth", {"name": "N"}).status_code == 422
    assert stored() == {}


def test_listings_have_pages(office, clock):
    """The last modified first."""
    for number in range(3):
        office.upload(*(brand(f"b{number}-{each:02}") for each in range(40)))
        clock.advance(seconds=1)
    first = office.get("label-partners")
    cursor = first["next"].partition("cursor=")[2]
    second = office.get("label-partners", cursor=cursor)
    ids = [each["record"]["label_partner"] for page in (first, second) for each in page["records"]]

    assert [len(first["records"]), len(second["records"]), second["next"]] == [100, 20, None]
    assert ids == [f"b{number}-{each:02}" for number in (2, 1, 0) for each in reversed(range(40))]


def test_a_brand_that_nobody_has_is_removed(office, clock, stored, trail):
    office.put("label-partners/north", **NORTH)
    clock.advance(seconds=1)

    assert office.ask("DELETE", "label-partners/north").status_code == 204
    assert stored() == {}
    assert office.ask("GET", "label-partners/north").status_code == 404
    assert trail()[-1][1:] == ("provisioning.removed", "label_partner:north")


def test_lines_are_taken_in_as_a_whole(office, stored, trail):
    answer = office.upload(brand("north"), b"", brand("south"), brand("north", mark="N"))

    assert answer.json == {"accepted": 3, "new": 2, "changed": 1, "unchanged": 0, "repeated": False}
    assert stored()["label_partner", "north"]["mark"] == "N"
    assert len(trail()) == 1
    assert office.upload(brand("south")).json["unchanged"] == 1
    assert len(trail()) == 1


def test_one_bad_line_keeps_all_out(office, stored, trail):
    """The answer names each with its line, member and rule."""
    answer = office.upload(brand("north"), brand("south", mark="SSS"), {"kind": "brand"}, brand("west", locale="nl"))

    assert (answer.status_code, answer.json["code"]) == (422, "faulty_records")
    assert [(each["line"], each["field"]) for each in answer.json["errors"]] == [
        (2, "mark"),
        (3, "kind"),
        (4, "locale"),
    ]
    assert answer.json["more"] is False
    assert (stored(), trail()) == ({}, [])


@pytest.mark.parametrize("line", [b"{", b"[1]", b"{" + b" " * 2_000_000 + b"}"])
def test_what_is_no_line_of_json_keeps_all_out(office, stored, line):
    answer = office.upload(brand("north"), line)

    assert (answer.status_code, answer.json["errors"][0]["line"]) == (422, 2)
    assert stored() == {}


def test_a_repeated_upload_gets_the_first_answer(office, clock, stored):
    """What was changed since stays as it is."""
    first = office.upload(brand("north"), key="monday-1")
    office.put("label-partners/north", **NORTH)
    again = office.upload(brand("north"), key="monday-1")

    assert again.json == {**first.json, "repeated": True}
    assert stored()["label_partner", "north"]["mark"] == "N"
    other = office.upload(brand("south"), key="monday-1")
    assert (other.status_code, other.json["field"]) == (409, "Idempotency-Key")
    assert set(stored()) == {("label_partner", "north")}


def test_a_key_is_used_up_only_by_what_was_taken_in(office, stored):
    """Whoever puts a line right sends the upload again under its name."""
    assert office.upload(brand("north", mark="NNN"), key="monday-1").status_code == 422

    assert office.upload(brand("north", mark="NN"), key="monday-1").json["new"] == 1


def test_many_records_take_as_many_statements_as_few(app, office):
    few = asked_of(app, lambda: office.upload(*(brand(f"a{each}") for each in range(3))))
    many = asked_of(app, lambda: office.upload(*(brand(f"b{each}") for each in range(300))))

    assert len(few) == len(many) > 0
