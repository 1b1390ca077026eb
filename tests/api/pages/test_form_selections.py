"""The lists a Customer chooses from: what the standard asks of every kind, one test for each thing (9.2.3)."""

from dataclasses import dataclass

import pytest

from cdsc_server.storage.db import transaction
from cdsc_server.storage.grants import GrantRow
from cdsc_server.storage.meter_devices import MeterDeviceRow
from cdsc_server.storage.service_contracts import ServiceContractRow
from tests.factories import customer_data as rows
from tests.factories import people
from tests.support.dom import by_class, by_id, parsed, text_of
from tests.support.rows import cases

MANY = 14


@dataclass(frozen=True)
class Kind:
    """Of one kind of list: the ids of its entries, the field that names them, and what its second entry shows."""

    ids: str
    field: str
    number: str
    name: str
    address: str = ""
    types: str = ""
    account: str = ""

    def id(self, n):
        return self.ids.format(n)


KINDS = {
    "account_selection": Kind("a{}", "account_numbers", "A-a2", "Bakery 02", "5 Quay Road, Ashford Bay"),
    "service_contract_selection": Kind(
        "shop{:04}", "contract_numbers", "C-shop0002", "Shop 0002", "2 shop0002 Street", "Gas, supply", "A-a2"
    ),
    "servicepoint_selection": Kind(
        "p{}", "servicepoint_numbers", "SP-p2", "3 p2 Street", "3 p2 Street", "Electricity, a real place"
    ),
    "meter_device_selection": Kind(
        "m{}", "meter_numbers", "M-m2", "Meter M-m2", "3 p2 Street", "Electricity, counts both ways, smart meter"
    ),
}


def every_kind(line):
    """A case for each kind of list of which the standard asks this."""
    return pytest.mark.parametrize("kind", cases("form_selections.tsv", line))


@pytest.fixture
def listing(app, clock, opened, visitor):
    """Open a form with a list of this kind that has so many entries; gives its address."""

    def opens(kind, *, entries=MANY, **values):
        with app.app_context(), transaction() as session:
            people.baker(session, at=clock.now(), contracts=entries)
            people.baker(session, at=clock.now(), customer_id="bo", contracts=1)
            for n in range(2, entries + 1):
                address = "5 Quay Road\nAshford Bay" if n == 2 else f"{n} Mill Street"
                session.add(rows.account(f"a{n}", name=f"Bakery {n:02}", address=address))
            session.query(ServiceContractRow).filter_by(contract_id="shop0002").one().account_id = "a2"
            meter = session.query(MeterDeviceRow).filter_by(meter_device_id="m2").one()
            meter.types = ["electric_usage", "bidirectional", "ami_meter"]
        return "/consent/" + opened(("distribution_details", {"authorization_form_selection_type": kind, **values}))

    return opens


def boxes(visitor):
    """The entries on the page that have a box."""
    return sorted(value for name, value in visitor.form().boxes if name == "s1")


def ticked(visitor):
    return sorted(visitor.form().values("s1"))


def everything(kind, entries=MANY):
    return sorted(KINDS[kind].id(n) for n in range(1, entries + 1))


def second_entry(visitor, kind):
    """The words of the second entry of its kind."""
    (found,) = (
        text_of(label)
        for label in by_class(by_id(parsed(visitor.text), "s1-list"), "tick")
        if label.find("input").get("value") == KINDS[kind].id(2)
    )
    return found


@every_kind("choice")
def test_a_scope_offers_the_kind_by_its_id(client, kind):
    """In metadata, as a choice of authorization_form_selection_type."""
    scope = client.get("/.well-known/oauth-authorization-server").json["cds_scope_descriptions"]["distribution_details"]

    (field,) = (
        each
        for each in scope["authorization_details_fields_supported"]
        if each["id"] == "authorization_form_selection_type"
    )
    assert kind in [choice["id"] for choice in field["choices"]]


@every_kind("listed")
def test_everything_of_the_kind_is_listed_and_nothing_else(listing, visitor, kind):
    listing(kind)

    assert boxes(visitor) == everything(kind)


@pytest.mark.parametrize(
    ("kind", "fact"), [*(pytest.param(*case.values, line, marks=case.marks, id=f"{case.id}-{line}")
                         for line in ("number", "types", "account", "name", "address")
                         for case in cases("form_selections.tsv", line))]
)  # fmt: skip
def test_an_entry_shows_what_tells_it_from_others(listing, visitor, kind, fact):
    listing(kind)

    assert getattr(KINDS[kind], fact) in second_entry(visitor, kind)


@every_kind("one")
def test_entries_are_ticked_and_unticked_one_by_one(listing, visitor, kind, stored):
    listing(kind, entries=3, **{KINDS[kind].field: ["_all"]})
    visitor.press("approve", untick=(("s1", KINDS[kind].id(1)), ("s1", KINDS[kind].id(3))))

    assert stored(GrantRow)[0].selections[0]["ids"] == [KINDS[kind].id(2)]


@every_kind("all")
def test_one_button_ticks_all_and_one_unticks_all(listing, visitor, kind):
    address = listing(kind, entries=3)
    visitor.press("all-1")
    visitor.load(address)
    assert ticked(visitor) == everything(kind, 3)
    visitor.press("none-1")
    visitor.load(address)

    assert ticked(visitor) == []


@every_kind("future")
@pytest.mark.parametrize("asked", [(), ("_include_future",)])
def test_what_comes_later_can_be_ticked_and_unticked(listing, visitor, kind, stored, asked):
    """Whatever the request asks for."""
    address, later = listing(kind, entries=3, **{KINDS[kind].field: ["_all", *asked]}), (("s1-future", "on"),)
    visitor.press("update", untick=later)
    visitor.load(address)
    assert visitor.form().values("s1-future") == []
    visitor.press("update", tick=later)
    visitor.load(address)
    assert visitor.form().values("s1-future") == ["on"]
    visitor.press("approve", untick=later if asked else ())

    assert stored(GrantRow)[0].selections[0]["include_future"] is (not asked)


@every_kind("search")
def test_a_search_by_each_thing_that_is_shown_finds_the_entry(listing, visitor, kind):
    """Numbers, the account's too; names and addresses where they are shown."""
    address, own = listing(kind), KINDS[kind]
    for words in filter(None, (own.number, own.account, own.name, own.address.partition(",")[0])):
        visitor.press("update-1", s1_find=words)
        visitor.load(address)

        assert boxes(visitor) == [own.id(2)], words


@every_kind("counted")
def test_how_many_are_ticked_stands_above_a_long_list(listing, visitor, kind):
    """Style puts the line first in its list and counts each `one`; the words of it are here."""
    listing(kind, entries=11)
    (choice,) = by_class(parsed(visitor.text), "pick")

    (line,) = (each for each in choice if each.get("class") == "picked")
    assert text_of(line) == "Ticked: of 11"
    assert by_class(line, "n")
    assert sorted(each.get("value") for each in by_class(choice, "one")) == everything(kind, 11)


@every_kind("scrolls")
@pytest.mark.parametrize(("entries", "scrolls"), [(10, False), (11, True)])
def test_lists_above_ten_entries_scroll_by_themselves(listing, visitor, kind, entries, scrolls):
    listing(kind, entries=entries)

    assert ("list-long" in by_id(parsed(visitor.text), "s1-list").get("class").split()) is scrolls


@every_kind("named")
def test_what_the_request_names_is_ticked_at_first(listing, visitor, kind):
    """Each of them, and nothing else."""
    number = KINDS[kind].number
    listing(kind, **{KINDS[kind].field: ["of nobody", number, number.replace("2", "3"), "of nobody else"]})

    assert ticked(visitor) == [KINDS[kind].id(2), KINDS[kind].id(3)]


@every_kind("every")
def test_all_ticks_every_entry(listing, visitor, kind):
    listing(kind, **{KINDS[kind].field: ["_all"]})

    assert ticked(visitor) == everything(kind)


@every_kind("later")
@pytest.mark.parametrize("field", ["account_numbers", "contract_numbers"])
def test_later_ones_are_ticked_when_either_field_asks_for_them(listing, visitor, kind, field):
    listing(kind, entries=3, **{field: ["_all", "_include_future"]})

    assert visitor.form().values("s1-future") == ["on"]
    assert ticked(visitor) == everything(kind, 3)
