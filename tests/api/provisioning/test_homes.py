"""What Customers and Clients see of installations: each occupant their own time, and nothing of anybody else's."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from cdsc_server.domain.readings import Readings
from cdsc_server.services.households import homes_of
from cdsc_server.services.provisioning.kinds import KINDS
from cdsc_server.storage.accounts import AccountRow
from cdsc_server.storage.customers import CustomerRow
from cdsc_server.storage.db import reading, transaction
from cdsc_server.storage.meter_devices import InstallationRow, MeterDeviceRow
from cdsc_server.storage.service_contracts import ServiceContractRow
from cdsc_server.storage.service_points import ServedContractRow, ServicePointRow
from cdsc_server.storage.usage import UsageBlockPastRow, UsageBlockRow, UsageSeriesRow
from cdsc_server.storage.usage_blocks import find_or_create_series, put_readings, wanted_series
from cdsc_server.storage.usage_packing import unpack
from tests.api.provisioning.homes import BRAND, HOME, HOUSE, METER, contract, stay, user
from tests.support.statements import asked_of

MOVED = datetime(2026, 6, 15, tzinfo=UTC)
DAY = 86400


@pytest.fixture
def rows(app):
    """Rows of a table as they are stored."""

    def all_of(table):
        with app.app_context(), reading() as session:
            return session.query(table).all()

    return all_of


@pytest.fixture
def home(office, rows):
    """The id of a Customer whose home was handed in."""
    answer = office.upload(*HOME)
    assert answer.status_code == 200, answer.text
    (customer,) = rows(CustomerRow)
    return customer.customer_id


def address_of(record):
    """Where a record stands below /provisioning."""
    kind = KINDS[record["kind"]].record
    return f"{kind.path}/{record[kind.id]}"


def put(office, record):
    """The answer to one record, handed in by itself."""
    return office.ask("PUT", address_of(record), {name: value for name, value in record.items() if name != "kind"})


def test_a_home_becomes_what_clients_read(home, rows):
    """A Customer with an Account, a contract at a Service Point, and a meter there."""
    (account,), (point,), (meter,) = rows(AccountRow), rows(ServicePointRow), rows(MeterDeviceRow)
    (agreed,), (served,), (installed,) = rows(ServiceContractRow), rows(ServedContractRow), rows(InstallationRow)

    assert {each.customer_id for each in (account, point, meter, agreed, served, installed)} == {home}
    assert (account.account_number, account.name) == ("A-1", "User1 Example")
    assert [each["value"] for each in account.contacts] == ["u1@example.org", "+27211234567"]
    assert point.address == "Mill Road 4, 7700 Cape Town, ZA"
    assert point.types == ["electric", "single_service", "physical"]
    assert (meter.meter_number, meter.types) == ("M-1", ["electric_usage", "physical_meter"])
    assert (agreed.rateplan_code, agreed.account_id) == ("R1", account.account_id)
    assert installed.start == datetime(2025, 1, 1, tzinfo=UTC)


def test_a_customer_keeps_what_they_chose(app, office, home, rows):
    """The language; all else is the utility's to say."""
    with app.app_context(), transaction() as session:
        session.get_one(CustomerRow, home).language = "fr"
    put(office, user(1, language="de", last_name="Other"))
    (customer,) = rows(CustomerRow)

    assert (customer.language, customer.display_name) == ("fr", "User1 Other")
    assert [each.name for each in rows(AccountRow)] == ["User1 Other"]


@pytest.mark.parametrize("order", [[0, 2, 1, 3, 5, 4], [0, 1, 2, 5, 4, 3]])
def test_records_one_by_one_in_another_order_make_the_same_home(office, rows, order):
    """Whichever comes last ties it together; each a second time changes nothing."""
    made = [put(office, HOME[number]).json["outcome"] for number in order]
    again = [put(office, HOME[number]).json["outcome"] for number in order]
    (point,), (served,), (installed,) = rows(ServicePointRow), rows(ServedContractRow), rows(InstallationRow)

    assert (set(made), set(again)) == ({"new"}, {"unchanged"})
    assert served.service_point_id == installed.service_point_id == point.service_point_id
    assert point.types == ["electric", "single_service", "physical"]


@pytest.mark.parametrize(
    ("record", "field", "status"),
    [
        (user(2, email_address="U1@Example.org"), "email_address", 409),
        (user(2, label_partner="south"), "label_partner", 422),
        (user(2, phone_number="021 1234567"), "phone_number", 422),
        (user(1, is_test=True), "is_test", 409),
        ({**HOUSE, "household_size": Decimal("2.5")}, "household_size", 422),
        ({**HOUSE, "country_code": "South Africa"}, "country_code", 422),
        ({**METER, "external_meter_id": "M-2", "external_installation_id": "I-2"}, "external_installation_id", 422),
        ({**METER, "commodity": "gas"}, "commodity", 409),
        ({**METER, "removed": "2023-01-01T00:00:00Z"}, "removed", 422),
        (stay(2, "A-3", "2026-01-01T00:00:00Z"), "external_account_id", 422),
        (contract(1, "A-1", "2025-01-01", end="2024-12-31"), "end", 422),
    ],
)
def test_what_cannot_be_is_refused(office, home, rows, record, field, status):  # noqa: PLR0917 - three are the case
    """By the member that breaks a rule, and nothing of it is stored."""
    tables = (CustomerRow, AccountRow, ServicePointRow, MeterDeviceRow, ServiceContractRow, InstallationRow)
    before = [[vars(row).copy() for row in rows(table)] for table in tables]
    answer = put(office, record)

    assert (answer.status_code, answer.json["field"]) == (status, field)
    after = [[vars(row) for row in rows(table)] for table in tables]
    assert [_values(each) for each in after] == [_values(each) for each in before]


def _values(found):
    return [{name: value for name, value in each.items() if name != "_sa_instance_state"} for each in found]


def test_two_users_cannot_live_at_one_place_at_a_time(office, home, rows):
    """Of lines, the one that overlaps is told."""
    answer = office.upload(user(2), stay(2, "A-2", "2026-06-15T00:00:00Z"))

    assert (answer.status_code, [each["line"] for each in answer.json["errors"]]) == (422, [2])
    assert "O-1" in answer.json["errors"][0]["rule"]
    assert len(rows(CustomerRow)) == 1


def test_who_moves_in_begins_there_and_who_moves_out_ends(office, home, rows):
    answer = office.upload(
        user(2),
        stay(1, "A-1", "2025-01-01T00:00:00Z", move_out="2026-06-15T00:00:00Z"),
        stay(2, "A-2", "2026-06-15T00:00:00Z"),
        contract(2, "A-2", "2026-06-01"),
    )
    assert answer.status_code == 200, answer.text
    installed = {row.customer_id == home: (row.start, row.end) for row in rows(InstallationRow)}
    served = {row.customer_id == home: (row.start, row.end) for row in rows(ServedContractRow)}

    begun = datetime(2025, 1, 1, tzinfo=UTC)
    assert installed == {True: (begun, MOVED), False: (MOVED, None)}
    # Days of contracts are days of the utility.
    assert (served[True][1], served[False]) == (MOVED, (MOVED, None))
    assert len({row.service_point_id for row in rows(ServicePointRow)}) == 2
    assert len({row.meter_device_id for row in rows(MeterDeviceRow)}) == 2


def test_what_is_known_of_a_household_is_shown_to_who_lives_there_and_to_no_client(app, office, home, rows, clock):
    """Whoever moved out sees it no more, and whoever moves in sees it from then on."""
    office.upload(
        user(2),
        stay(1, "A-1", "2025-01-01T00:00:00Z", move_out="2026-06-15T00:00:00Z"),
        stay(2, "A-2", "2026-06-15T00:00:00Z"),
    )
    (other,) = {row.customer_id for row in rows(CustomerRow)} - {home}

    def seen(customer_id):
        with app.app_context():
            return [(each.address, dict(each.profile)) for each in homes_of(customer_id, clock=clock)]

    known = [("Mill Road 4, 7700 Cape Town, ZA", {"household_size": 3})]
    assert (seen(home), seen(other)) == (known, [])
    clock.set(MOVED)
    assert (seen(home), seen(other)) == ([], known)
    assert not any("household_size" in vars(row) for row in rows(ServicePointRow))


def test_a_stay_that_never_came_to_be_leaves_nothing(office, home, rows):
    """A mistake is put right by a move-out at the move-in."""
    office.upload(stay(1, "A-1", "2025-01-01T00:00:00Z", move_out="2025-01-01T00:00:00Z"))

    found = [rows(table) for table in (ServicePointRow, MeterDeviceRow, InstallationRow, ServedContractRow)]
    assert found == [[], [], [], []]
    assert len(rows(ServiceContractRow)) == 1


def store_year(app, customer_id, meter_device_id, at):
    """Readings of every day of 2026, twice, as somebody corrected them."""
    with app.app_context(), transaction() as session:
        series = find_or_create_series(
            session,
            wanted_series(
                customer_id=customer_id,
                series_id="M-1/forward",
                segment_key="M-1",
                value_format={"type": "electric_usage", "units": "kWh", "direction": "forward"},
                interval_seconds=DAY,
                timezone="UTC",
                meter_device_id=meter_device_id,
                at=at,
            ),
        )
        for number, value in enumerate(("1.0", "1.5")):
            days = Readings.of(datetime(2026, 1, 1, tzinfo=UTC), DAY, [Decimal(value)] * 365)
            put_readings(session, series, days, at=at.replace(microsecond=number))


def days_between(first, last):
    """Seconds at which the days of 2026 from one month and day up to another begin."""
    start, end = (int(datetime(2026, *day, tzinfo=UTC).timestamp()) for day in (first, last))
    return set(range(start, end, DAY))


def test_readings_follow_whoever_lives_there(app, office, clock, home, rows):
    """Also those that were stored before the move was known, in every version that there was."""
    store_year(app, home, rows(MeterDeviceRow)[0].meter_device_id, clock.now())
    clock.advance(seconds=60)
    answer = office.upload(
        user(2),
        stay(1, "A-1", "2025-01-01T00:00:00Z", move_out="2026-06-15T00:00:00Z"),
        stay(2, "A-2", "2026-06-20T00:00:00Z"),
    )
    assert answer.status_code == 200, answer.text
    owners = {(row.customer_key, row.series): row.customer_id == home for row in rows(UsageSeriesRow)}
    told = {True: set(), False: set()}
    past = rows(UsageBlockPastRow)
    for block in rows(UsageBlockRow) + past:
        held = unpack(block.payload, block.start, DAY, block.span // DAY).decimals()
        days = {block.start + DAY * n for n, value in enumerate(held) if value is not None}
        told[owners[block.customer_key, block.series]] |= days

    assert told == {True: days_between((1, 1), (6, 15)), False: days_between((6, 20), (12, 31)) | {1798675200}}
    assert len(past) == 6


@pytest.mark.parametrize(
    ("path", "member"),
    [("meters/M-1", "removed"), ("occupancies/O-1", "move_out"), ("contracts/C-1", "end"), ("users/A-1", "status")],
)
def test_what_ends_now_says_so(office, clock, home, path, member):
    """The record keeps what it was, and a second time changes nothing."""
    ended = office.ask("DELETE", path).json
    clock.advance(seconds=5)

    assert (ended["outcome"], member in ended["record"]) == ("changed", True)
    assert office.ask("DELETE", path).json["outcome"] == "unchanged"


def test_a_brand_stays_while_somebody_has_it(office, home):
    answer = office.ask("DELETE", "label-partners/north")

    assert (answer.status_code, answer.json["code"]) == (409, "conflict")
    assert office.get("label-partners/north")["record"]["name"] == "North"


def test_many_homes_take_as_many_statements_as_few(app, office):
    def homes(first, count):
        lines = []
        for number in range(first, first + count):
            place = {"external_installation_id": f"I-{number}"}
            lines += [user(number), {**HOUSE, **place}, {**METER, **place, "external_meter_id": f"M-{number}"}]
            lines.append({**stay(number, f"A-{number}", "2025-01-01T00:00:00Z"), **place})
            lines.append({**contract(number, f"A-{number}", "2025-01-01"), **place})
        return lines

    office.upload(BRAND)
    few = asked_of(app, lambda: office.upload(*homes(10, 2)))
    many = asked_of(app, lambda: office.upload(*homes(100, 60)))

    assert len(few) == len(many)
