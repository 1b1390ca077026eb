"""Importing Green Button files: every reading arrives, a repetition changes nothing, a broken file leaves no trace."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from cdsc_server.connectors.greenbutton.feed import open_feed
from cdsc_server.domain.readings import Quality
from cdsc_server.errors import InvalidFile, InvalidRequest
from cdsc_server.services import import_usage
from cdsc_server.services.imports import Imported, import_green_button
from cdsc_server.storage.accounts import AccountRow
from cdsc_server.storage.customers import CustomerRow, LoginRow
from cdsc_server.storage.db import reading, transaction
from cdsc_server.storage.meter_devices import InstallationRow, MeterDeviceRow
from cdsc_server.storage.models import metadata
from cdsc_server.storage.service_contracts import ServiceContractRow
from cdsc_server.storage.service_points import ServedContractRow, ServicePointRow
from cdsc_server.storage.usage import find_series
from cdsc_server.storage.usage_segments import SegmentPeriod, read_columns, segment_periods
from tests.factories.greenbutton import (
    BASE,
    HOUR,
    START,
    WATT_HOURS,
    Point,
    Reading,
    Row,
    document,
    element,
    entries,
    entry,
    feed_file,
    hourly,
    one_row,
    resource,
)
from tests.support.requirements import requirement

SAMPLES = sorted((Path(__file__).parents[2] / "examples" / "greenbutton").glob("*.xml"))


@pytest.fixture(autouse=True)
def _context(app: Flask) -> Iterator[None]:
    with app.app_context():
        yield


@pytest.fixture
def take_in(clock):
    """Import a file at the clock's time."""

    def take_in(*points: Point, file: io.BytesIO | None = None, customer: str | None = None) -> Imported:
        with open_feed(file or feed_file(*points)) as feed:
            return import_green_button(feed, clock=clock, customer=customer)

    return take_in


def take_in_path(path: Path, clock) -> Imported:
    with path.open("rb") as file, open_feed(file) as feed:
        return import_green_button(feed, clock=clock)


def segments(customer_id: str) -> list[tuple[SegmentPeriod, list]]:
    with reading() as session:
        return list(read_columns(session, segment_periods(session, find_series(session, customer_id))))


def stored(customer_id: str) -> dict[int, dict[str, str]]:
    """Texts of all values by second and Value Object member."""
    found: dict[int, dict[str, str]] = {}
    for period, columns in segments(customer_id):
        for column in columns:
            for member, readings in column.parts:
                for n, text in enumerate(readings.texts()):
                    if text:
                        second = int(period.segment_start.timestamp()) + n * period.interval
                        assert member not in found.setdefault(second, {})
                        found[second][member] = text
    return found


def everything() -> dict[str, list[tuple]]:
    """All rows of all tables, but for the instants of synchronisation, which a repetition may move."""
    with reading() as session:
        return {
            name: sorted(
                map(tuple, session.execute(select(*(c for c in table.c if c.name != "synced"))).all()), key=repr
            )
            for name, table in metadata.tables.items()
        }


def rows(kind: type) -> list:
    with reading() as session:
        return list(session.scalars(select(kind)))


def plain_readings(path: Path) -> Iterator[tuple[int, str, str | None]]:
    """Start, value and cost of every IntervalReading, by a reading of the text that knows nothing of our parser."""
    for found in re.findall(r"<IntervalReading>(.*?)</IntervalReading>", path.read_text(), re.DOTALL):
        cost = re.search(r"<cost>(.*?)</cost>", found)
        start, value = re.search(r"<start>(.*?)</start>", found), re.search(r"<value>(.*?)</value>", found)
        yield int(start[1]), value[1], cost and cost[1]


@requirement("WG3-01-10.8.5.1.2-01", "WG3-01-10.8.5.7-01")
@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem[:12])
def test_every_reading_and_cost_of_a_real_file_is_there_digit_for_digit(path, clock):
    done = take_in_path(path, clock)

    expected = {
        start: {"eu": value} | ({"c": f"0.{int(cost):05}"} if cost else {})
        for start, value, cost in plain_readings(path)
    }
    assert expected
    assert stored(done.customer_ids[0]) == expected
    assert done.readings == sum(map(len, expected.values()))


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem[:12])
def test_importing_a_file_twice_changes_nothing(path, clock):
    first = take_in_path(path, clock)
    before, listed = everything(), segments(first.customer_ids[0])
    clock.advance(days=1)

    again = take_in_path(path, clock)

    assert everything() == before
    assert [period.segment_id for period, _ in segments(first.customer_ids[0])] == [p.segment_id for p, _ in listed]
    assert (again.blocks.new, again.blocks.corrected, again.new_customers) == (0, 0, 0)
    assert again.blocks.unchanged == first.blocks.new


def test_months_are_cut_where_the_file_lives(clock):
    """The sample of 2011 has twelve months of Pacific time; March is an hour short and November an hour long."""
    done = take_in_path(SAMPLES[0], clock)

    found = segments(done.customer_ids[0])

    assert [period.count for period, _ in found] == [744, 672, 743, 720, 744, 720, 744, 744, 720, 744, 721, 744]
    assert found[0][0].segment_start == datetime(2011, 1, 1, 8, tzinfo=UTC)


@requirement("WG3-01-10.8.5.7.1-04")
def test_costs_stand_beside_the_values_they_cover(take_in):
    done = take_in(one_row(hourly([273, 274], costs=[819, None])))

    ((_, columns),) = segments(done.customer_ids[0])

    assert [column.value_format["type"] for column in columns] == ["electric_usage", "cost"]
    assert columns[1].value_format == {"type": "cost", "currency": "USD", "indexes": [0]}
    assert [readings.texts() for column in columns for _, readings in column.parts] == [["273", "274"], ["0.00819", ""]]


def test_gaps_and_qualities_are_kept(take_in):
    readings = [
        Reading(qualities=[19]),
        Reading(START + HOUR, qualities=[19]),
        Reading(START + 3 * HOUR, qualities=[8]),
    ]
    done = take_in(one_row(readings))

    ((_, columns),) = segments(done.customer_ids[0])

    assert {column.quality: column.parts[0][1].texts() for column in columns} == {
        Quality.REVENUE: ["100", "100", "", ""],
        Quality.ESTIMATED: ["", "", "", "100"],
    }


@requirement("WG3-01-10.8.5.1.2-02")
def test_exported_energy_is_negative_and_in_a_row_of_its_own(take_in):
    there, back = Row("1", blocks=[hourly([5])]), Row("2", WATT_HOURS | {"flowDirection": 19}, blocks=[hourly([7])])
    done = take_in(Point(rows=[there, back]))

    found = {
        columns[0].value_format["direction"]: columns[0].parts[0][1].texts()
        for _, columns in segments(done.customer_ids[0])
    }

    assert found == {"forward": ["5"], "reverse": ["-7"]}
    assert rows(MeterDeviceRow)[0].types == ["electric_usage", "bidirectional"]


def test_bills_of_any_length_are_a_segment_each(take_in):
    days = [31, 29, 33]
    starts = [START + 86400 * sum(days[:n]) for n in range(3)]
    done = take_in(
        one_row([Reading(s, 1000 + n, d * 86400, 5) for n, (s, d) in enumerate(zip(starts, days, strict=True))])
    )

    found = segments(done.customer_ids[0])

    assert [(period.interval // 86400, period.count) for period, _ in found] == [(31, 1), (29, 1), (33, 1)]
    assert stored(done.customer_ids[0]) == {s: {"eu": str(1000 + n), "c": "0.00005"} for n, s in enumerate(starts)}


def test_days_keep_their_place_across_a_clock_change(take_in):
    """Local days of 24, 23 and 24 hours."""
    lengths = [86400, 82800, 86400]
    first = int(datetime(2024, 3, 9, 5, tzinfo=UTC).timestamp())
    days = [Reading(first + sum(lengths[:n]), n + 1, length) for n, length in enumerate(lengths)]
    done = take_in(one_row(days))

    assert stored(done.customer_ids[0]) == {day.start: {"eu": str(day.value)} for day in days}


def test_a_file_makes_the_objects_it_names(take_in, clock):
    inner = (
        "<status>1</status><ServiceDeliveryPoint><tariffProfile>E-1</tariffProfile>"
        "<customerAgreement>C-42</customerAgreement></ServiceDeliveryPoint><nominalServiceVoltage><uom>29</uom>"
        "<value>240</value></nominalServiceVoltage>"
    )
    done = take_in(one_row(hourly([1]), inner=inner))

    (contract,), (account,), (point,) = rows(ServiceContractRow), rows(AccountRow), rows(ServicePointRow)
    assert (contract.contract_number, contract.rateplan_code, contract.status) == ("C-42", "E-1", "active")
    assert (contract.service_types, contract.contract_start.isoformat()) == (["electric", "metered"], "2024-01-01")
    assert (contract.label, contract.account_id, contract.modified) == ("Point 1", account.account_id, clock.now())
    assert (account.account_number, point.types, point.voltage) == (
        "7",
        ["electric", "single_service", "edge"],
        Decimal(240),
    )
    (served,), (installed,) = rows(ServedContractRow), rows(InstallationRow)
    assert served.start == installed.start == datetime.fromtimestamp(START, UTC)
    assert {each.customer_id for each in (account, contract, point, served, installed)} == set(done.customer_ids)


def test_a_new_customer_has_no_login(take_in):
    done = take_in(one_row(hourly([1])))

    assert [row.customer_id for row in rows(CustomerRow)] == list(done.customer_ids)
    assert rows(LoginRow) == []


def test_points_of_one_retail_customer_share_an_account_and_others_do_not(take_in):
    done = take_in(Point("1", customer="7"), Point("2", kind=1, customer="7"), Point("1", customer="8"))

    assert (len(done.customer_ids), done.new_customers, done.accounts, done.meters) == (2, 2, 2, 3)
    assert sorted(tuple(row.service_types) for row in rows(ServiceContractRow)) == [
        ("electric", "metered"),
        ("electric", "metered"),
        ("natural_gas", "metered"),
    ]


@pytest.mark.parametrize("given", ["c-1", "Ada@Example.org"])
def test_a_file_is_attached_to_a_customer_who_is_there_already(take_in, clock, given):
    with transaction() as session:
        session.add(CustomerRow(customer_id="c-1", display_name="Ada", email="ada@example.org", created=clock.now()))

    done = take_in(one_row(hourly([1])), customer=given)

    assert (done.customer_ids, done.new_customers) == (("c-1",), 0)
    assert stored("c-1") == {START: {"eu": "1"}}


def test_a_customer_who_is_not_there_is_not_made(take_in, clock):
    with pytest.raises(InvalidRequest, match="there is no Customer"):
        take_in(one_row(hourly([1])), customer="nobody@example.org")

    assert not any(everything().values())


def test_an_address_that_two_customers_share_is_no_answer(take_in, clock):
    with transaction() as session:
        for number in "12":
            session.add(CustomerRow(customer_id=number, display_name="", email="a@example.org", created=clock.now()))

    with pytest.raises(InvalidRequest, match="several Customers"):
        take_in(one_row(hourly([1])), customer="a@example.org")


def test_a_corrected_file_changes_what_it_corrects(take_in, clock):
    """January stays as it was; February gets a new version, and the old one is kept."""
    february = START + 31 * 86400
    take_in(Point(rows=[Row(blocks=[hourly([1, 2]), hourly([3, 4], february)])]))
    january = everything()["usage_blocks"][0]
    clock.advance(days=1)

    done = take_in(Point(rows=[Row(blocks=[hourly([1, 2]), hourly([3, 5], february)])]))

    assert (done.blocks.new, done.blocks.corrected, done.blocks.unchanged) == (0, 1, 1)
    assert stored(done.customer_ids[0])[february + HOUR] == {"eu": "5"}
    kept = everything()
    assert january in kept["usage_blocks"]
    assert len(kept["usage_blocks_past"]) == 1
    for table in ("accounts", "service_contracts", "service_points", "meter_devices"):
        assert all(clock.now() not in row for row in kept[table])


def test_a_later_file_adds_to_what_is_there(take_in, clock):
    take_in(one_row(hourly([3, 4], START + 2 * HOUR)))
    clock.advance(days=1)

    done = take_in(one_row(hourly([1, 2, 3])))

    assert stored(done.customer_ids[0]) == {START + n * HOUR: {"eu": str(n + 1)} for n in range(4)}
    assert len(rows(CustomerRow)) == len(rows(ServiceContractRow)) == len(rows(InstallationRow)) == 1
    assert rows(InstallationRow)[0].start == datetime.fromtimestamp(START, UTC)


def test_names_and_voltages_that_a_later_file_has_are_taken_over(take_in, clock):
    point = one_row(hourly([1]))
    take_in(point)
    clock.advance(days=1)
    point.inner = "<isVirtual>true</isVirtual><nominalServiceVoltage><value>240</value></nominalServiceVoltage>"
    person = entry(f"{BASE}/RetailCustomer/7", resource("RetailCustomer", element("name", "Ada Byron")))
    utility = entry(f"{BASE}/x", resource("ApplicationInformation", element("dataCustodianId", "Example Power")))

    take_in(file=io.BytesIO(document([*entries(point), person, utility])))

    (account,), (place,), (meter,) = rows(AccountRow), rows(ServicePointRow), rows(MeterDeviceRow)
    assert (account.name, place.voltage, meter.types) == ("Ada Byron", 240, ["electric_usage", "virtual_meter"])
    assert account.modified == place.modified == meter.modified == clock.now()
    assert rows(ServiceContractRow)[0].modified < clock.now()


@requirement("WG3-01-10.1.4-06")
def test_the_account_names_the_utility_and_the_customer(take_in):
    """A utility without a number of its own is known by its id."""
    person = entry(f"{BASE}/RetailCustomer/7", resource("RetailCustomer", element("name", "Ada Byron")))
    utility = entry(f"{BASE}/x", resource("ApplicationInformation", element("dataCustodianId", "Example Power")))

    take_in(file=io.BytesIO(document([*entries(one_row(hourly([1]))), person, utility])))

    (account,) = rows(AccountRow)
    assert (account.name, account.entity["entity_name"]) == ("Ada Byron", "Example Power")
    assert account.entity["entity_number"] == account.entity["id"]
    assert rows(CustomerRow)[0].display_name == "Ada Byron"


def test_readings_are_stored_many_at_a_time_with_the_same_result(take_in, monkeypatch):
    monkeypatch.setattr(import_usage, "_TOGETHER", 5)
    blocks = [hourly(range(3 * n, 3 * n + 3), START + 3 * n * HOUR) for n in range(20)]

    done = take_in(Point(rows=[Row(blocks=blocks)]))

    assert stored(done.customer_ids[0]) == {START + n * HOUR: {"eu": str(n)} for n in range(60)}


def test_what_the_customer_named_stays(take_in, clock):
    take_in(one_row(hourly([1])))
    with transaction() as session:
        session.scalars(select(ServiceContractRow)).one().label = "Home"
    clock.advance(days=1)

    take_in(one_row(hourly([1])))

    assert rows(ServiceContractRow)[0].label == "Home"


def test_a_file_that_forgets_its_zone_is_still_cut_as_before(take_in, clock):
    point = one_row(hourly([1]))
    first = take_in(point)
    before = [period.segment_id for period, _ in segments(first.customer_ids[0])]
    point.time = None

    take_in(point)

    assert [period.segment_id for period, _ in segments(first.customer_ids[0])] == before


def test_a_broken_file_leaves_no_trace(take_in):
    broken = document(entries(one_row([*hourly([1] * 5000), Reading(START + 5000 * HOUR, "x")])))

    with pytest.raises(InvalidFile, match="value is not an integer"):
        take_in(file=io.BytesIO(broken))

    assert not any(everything().values())
