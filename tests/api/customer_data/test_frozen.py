"""After sync_until objects are shown as they were then: CDS-WG3-01 7.3.1."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import update

from cdsc_server.storage.accounts import AccountRow
from cdsc_server.storage.authorizations import TokenRow
from cdsc_server.storage.bill_sections import BillSectionRow
from cdsc_server.storage.bill_statements import BillStatementRow
from cdsc_server.storage.customers import customer_key_of
from cdsc_server.storage.db import reading, transaction
from cdsc_server.storage.meter_devices import MeterDeviceRow
from cdsc_server.storage.service_contracts import ServiceContractRow
from cdsc_server.storage.service_points import ServicePointRow
from cdsc_server.storage.versions import ObjectVersionRow
from tests.factories import customer_data
from tests.support import requirement

UNTIL = "2026-03-05T00:00:00Z"
INCLUDES = {
    "include_account_numbers": True,
    "include_account_details": True,
    "include_contract_numbers": True,
    "include_rate_plans": True,
    "include_service_contract_details": True,
}
#: What changes later, by listing: the row, its columns, and the members that show them.
CHANGES = [
    (
        "accounts",
        (AccountRow, "home"),
        {"name": "Ada's new name", "contacts": []},
        ("account_name", "account_contacts"),
    ),
    (
        "service_contracts",
        (ServiceContractRow, "house"),
        {"rateplan_name": "Night rate", "status": "closed", "contract_number": "C-new"},
        ("rateplan_name", "contract_status", "contract_number"),
    ),
    (
        "service_points",
        (ServicePointRow, "house-sp"),
        {"latitude": Decimal("51.10"), "types": ["water"], "premises": []},
        ("latitude", "servicepoint_types", "premises"),
    ),
    (
        "meter_devices",
        (MeterDeviceRow, "m-house"),
        {"meter_number": "M-new", "apps": []},
        ("meter_number", "meter_apps"),
    ),
]
IDS = {
    "accounts": "cds_account_id",
    "service_contracts": "cds_servicecontract_id",
    "service_points": "cds_servicepoint_id",
    "meter_devices": "cds_meterdevice_id",
}


@pytest.fixture
def tokens(app, agreed):
    """Tokens of two Grants over all of Ada that last: one frozen at UNTIL, one that is kept up to date."""
    made = {}
    for name, until in (("frozen", UNTIL), ("live", "infinite")):
        entries = [
            agreed.entry("supply_details", "home", "family", kind="account_selection", sync_until=until, **INCLUDES),
            agreed.entry(
                "distribution_details",
                "home",
                "family",
                kind="account_selection",
                sync_until=until,
                include_service_points=True,
                include_coordinates=True,
                include_premises=True,
                include_meter_numbers=True,
                include_meter_apps=True,
            ),
        ]
        made[name] = agreed.to(*entries, token=name)
    with app.app_context(), transaction() as session:
        session.execute(update(TokenRow).values(expires=datetime(2027, 1, 1, tzinfo=UTC)))
    return made


@pytest.fixture
def change(app, clock):
    """Changes a row of Ada's at the clock's time."""

    def changed(kind, object_id, *, confirmed_only=False, **columns):
        with app.app_context(), transaction() as session:
            row = session.get(kind, (customer_key_of("ada"), object_id))
            row.synced = clock.now()
            if not confirmed_only:
                row.modified = clock.now()
            for name, value in columns.items():
                setattr(row, name, value)

    return changed


@pytest.fixture
def one(get):
    """One object of a listing, found by its id."""

    def found(listing, object_id, token):
        each = get(f"/cds/{listing}", token)[listing]
        [only] = [one for one in each if one[IDS[listing]] == object_id]
        return only

    return found


@requirement("WG3-01-7.3.1-04", "WG3-01-7.3.1-06")
@pytest.mark.parametrize("changes", CHANGES, ids=[each[0] for each in CHANGES])
def test_what_changes_later_is_shown_as_it_was(tokens, clock, change, one, changes):
    """With every digit, and the instant of its last change then; a Grant that goes on shows it as it is."""
    listing, row, columns, members = changes
    before = one(listing, row[1], tokens["frozen"])
    clock.set(datetime(2026, 3, 10, tzinfo=UTC))
    change(*row, **columns)

    frozen, live = one(listing, row[1], tokens["frozen"]), one(listing, row[1], tokens["live"])
    assert frozen == before
    assert all(live[member] != before[member] for member in members)
    assert live["cds_modified"] == "2026-03-10T00:00:00Z"


@requirement("WG3-01-7.3.1-04", "WG3-01-7.3.1-06")
def test_of_several_changes_the_last_before_counts(tokens, clock, change, one):
    for day, name in ((3, "third"), (4, "fourth"), (6, "sixth"), (7, "seventh")):
        clock.set(datetime(2026, 3, day, tzinfo=UTC))
        change(AccountRow, "home", name=name)

    shown = one("accounts", "home", tokens["frozen"])
    assert (shown["account_name"], shown["cds_modified"]) == ("fourth", "2026-03-04T00:00:00Z")
    assert one("accounts", "home", tokens["live"])["account_name"] == "seventh"


@requirement("WG3-01-7.3.1-06")
def test_the_number_of_an_account_on_its_contract_is_that_of_then(tokens, clock, change, one):
    clock.set(datetime(2026, 3, 10, tzinfo=UTC))
    change(AccountRow, "home", account_number="A-new")

    assert one("service_contracts", "house", tokens["frozen"])["account_number"] == "A-home"
    assert one("service_contracts", "house", tokens["live"])["account_number"] == "A-new"


def test_filters_see_what_is_shown(tokens, clock, change, get):
    clock.set(datetime(2026, 3, 10, tzinfo=UTC))
    change(ServiceContractRow, "house", contract_number="C-new")

    def found(token, number):
        return len(get("/cds/service_contracts", tokens[token], contract_numbers=number)["service_contracts"])

    assert (found("frozen", "C-house"), found("frozen", "C-new")) == (1, 0)
    assert (found("live", "C-house"), found("live", "C-new")) == (0, 1)


def test_confirming_what_is_there_keeps_no_version(app, tokens, clock, change, one):
    """Nor does writing the same once more; cds_synced of a Grant that goes on moves."""
    clock.advance(days=1)
    change(AccountRow, "home", confirmed_only=True)
    change(AccountRow, "home", confirmed_only=True, name="Name of home")

    with app.app_context(), reading() as session:
        assert session.query(ObjectVersionRow).count() == 0
    assert one("accounts", "home", tokens["live"])["cds_synced"] == "2026-03-02T12:00:00Z"


def test_a_listing_that_goes_on_asks_nothing_about_the_past(tokens, clock, get, statements):
    """Only who froze pays, with one statement more."""
    clock.set(datetime(2026, 3, 10, tzinfo=UTC))

    def asked(token):
        return [each for each in statements(lambda: get("/cds/accounts", tokens[token])) if "object_versions" in each]

    assert (len(asked("live")), len(asked("frozen"))) == (0, 1)


def test_pages_of_what_changed_later_neither_lose_nor_repeat(app, tokens, clock, change, client):
    """Frozen objects stand where they stand now, so a page goes on where the one before ended."""
    with app.app_context(), transaction() as session:
        session.add_all([customer_data.contract(f"k{n}", "home") for n in range(150)])
    for n in range(0, 150, 7):
        clock.set(datetime(2026, 3, 10, tzinfo=UTC) + timedelta(minutes=n))
        change(ServiceContractRow, f"k{n}", status="closed")
    headers = {"Authorization": f"Bearer {tokens['frozen']}"}
    address, seen = "/cds/service_contracts", []
    while address:
        page = client.get(address, headers=headers).json
        seen += [(each["cds_servicecontract_id"], each["contract_status"]) for each in page["service_contracts"]]
        address = page["next"]

    assert len(seen) == len(set(seen)) == 152
    assert [status for each, status in seen if each.startswith("k")] == ["active"] * 150


@requirement("WG3-01-7.3.1-04", "WG3-01-7.3.1-06")
def test_bills_that_are_corrected_later_are_shown_as_they_were(app, agreed, clock, change, get):
    """The amount due of a statement, and a line of a section; their places in the listing stay."""
    with app.app_context(), transaction() as session:
        session.add(customer_data.statement("bill", "home", date(2026, 1, 31)))
        days = date(2026, 1, 1), date(2026, 1, 31)
        session.add(customer_data.section("part", "home", *days, bill_statement_id="bill", contracts=["house"]))
    for name, until in (("frozen", UNTIL), ("live", "infinite")):
        details, selection = agreed.entry(
            "service_bills",
            "home",
            kind="account_selection",
            include_bill_statements=True,
            include_bill_section_line_items=True,
        )
        agreed.to(({**details, "sync_until": until}, selection), token=name)
    with app.app_context(), transaction() as session:
        session.execute(update(TokenRow).values(expires=datetime(2027, 1, 1, tzinfo=UTC)))
    clock.set(datetime(2026, 3, 10, tzinfo=UTC))
    change(BillStatementRow, "bill", amount_due=Decimal("200.00"))
    change(BillSectionRow, "part", line_items=[])

    def shown(token):
        [statement] = get("/cds/bill_statements", token)["bill_statements"]
        [section] = get("/cds/bill_sections", token)["bill_sections"]
        return str(statement["amount_due"]), len(section["line_items"])

    assert (shown("frozen"), shown("live")) == (("109.90", 1), ("200.00", 0))
