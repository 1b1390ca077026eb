"""Sums of the series of a group: every digit, a gap instead of half a sum, and nothing the rule keeps back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from cdsc_server.domain.customer_graph import Kind
from cdsc_server.domain.readings import Quality, Readings
from cdsc_server.storage.aggregations import AggregationRow, set_members
from cdsc_server.storage.customers import customer_key_of
from cdsc_server.storage.meter_devices import InstallationRow
from cdsc_server.storage.usage_blocks import put_readings
from cdsc_server.storage.usage_sums import columns_of, newest_of, read_sums, series_of_group, sum_periods
from tests.support import requirement
from tests.unit.storage.usage_support import ENERGY, LATER, NOW, committed, engine_on, series_of

START = datetime(2026, 3, 10, tzinfo=UTC)
HOUR = {"interval_seconds": 3600, "timezone": "UTC"}

COST = {"type": "cost", "currency": "USD", "indexes": []}
PEAK = {"type": "electric_demand", "units": "kW", "demand_type": "peak"}
REGISTER = {"type": "meter_readings", "units": "kWh", "register": None}
WIND = {"type": "electric_supply_mix", "indexes": [], "attribution": "base", "supply_type": "wind"}


@pytest.fixture
def engine(database_url):
    engine = engine_on(database_url)
    yield engine
    engine.dispose()


def group(session: Session, *meters: str, group_id: str = "g") -> None:
    """A group of meters, each of a Customer of the same name; "ann/2" is her second meter."""
    stamps = dict.fromkeys(("created", "modified", "synced"), NOW)
    session.add(
        AggregationRow(aggregation_id=group_id, name="G", types=["public"], confidential=False, is_test=True, lists={},
                       published={}, addresses=[], regions=[], **stamps)
    )  # fmt: skip
    session.flush()
    set_members(session, group_id, [(name.partition("/")[0], Kind.METER_DEVICE, name) for name in meters], at=NOW)


def store(session: Session, meter: str, *texts: str, start=START, at=NOW, qualities=None, **fields) -> None:
    """Readings of a meter as written; "" is a gap."""
    plain = {"customer_id": meter.partition("/")[0], "meter_device_id": meter, "segment_key": meter, **HOUR}
    row = series_of(session, f"{meter}/{fields.pop('name', 'use')}", **{**plain, **fields})
    readings = Readings.written(start, row.interval_seconds, texts, qualities=qualities)
    put_readings(session, row, readings, at=at)


def told(session: Session, *, tells=None, group_id="g", as_of=None, **bounds):
    """The decimals of every sum of every segment."""
    periods = sum_periods(session, series_of_group(session, group_id, at=LATER), as_of=as_of, **bounds)
    newest = newest_of(periods)
    return [
        [column.parts[0][1].decimals() for column in read_sums(session, each, each.sums(), newest=newest, tells=tells,
                                                               as_of=as_of)]
        for each in periods
    ]  # fmt: skip


def d(*texts: str):
    return [None if not text else Decimal(text) for text in texts]


def test_values_are_added_slot_by_slot(engine):
    """Also of two meters of one Customer; what is no member's stays out."""
    with committed(engine) as session:
        group(session, "ann", "ann/2", "ben")
        store(session, "ann", "1.10", "2.20")
        store(session, "ann/2", "0.05", "0.05")
        store(session, "ben", "3.00", "4.00")
        store(session, "cleo", "100.00", "100.00")

        assert told(session) == [[d("4.15", "6.25")]]


@given(data=st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_no_digit_is_lost_however_long_and_uneven_the_numbers_are(engine, data):
    """Past 64 bits, below the eighteenth decimal, and negative."""
    number = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**22), max_value=10**22)
    rows = data.draw(st.lists(st.lists(number, min_size=2, max_size=2), min_size=1, max_size=4))
    # Every attempt has a group of its own in the one database.
    name = uuid4().hex
    with committed(engine) as session:
        meters = [f"{name}-{place}" for place in range(len(rows))]
        group(session, *meters, group_id=name)
        for meter, values in zip(meters, rows, strict=True):
            store(session, meter, *(format(value, "f") for value in values))

        (((first, second),),) = told(session, group_id=name)

    exactly = [sum(map(Fraction, column)) for column in zip(*rows, strict=True)]
    assert [Fraction(first), Fraction(second)] == exactly


def test_sums_have_the_digits_of_the_finest_part(engine):
    """1.10 and 0.255 are 1.355, and 1.10 and 1.10 are 2.20."""
    with committed(engine) as session:
        group(session, "ann", "ben")
        store(session, "ann", "1.10", "1.10")
        store(session, "ben", "0.255", "1.100")

        ((column,),) = told(session)

    assert [str(each) for each in column] == ["1.355", "2.200"]


def test_where_a_member_lacks_its_reading_there_is_no_sum(engine):
    """A sum that is too small would be wrong, and would tell what the missing part is once it comes."""
    with committed(engine) as session:
        group(session, "ann", "ben")
        store(session, "ann", "1", "1", "1", "1")
        store(session, "ben", "2", "", "2")

        # Three of ben's hours are there; his fourth may still come.
        assert told(session) == [[d("3", "", "3", "")]]


def test_who_came_later_or_left_has_no_part_before_or_after(engine):
    """A meter that was taken away has nothing to come, and neither has one that is silent for a week."""
    with committed(engine) as session:
        group(session, "ann", "ben", "cleo", "dora")
        store(session, "ann", *["1"] * 200)
        store(session, "ben", "2", start=START + timedelta(hours=2))
        store(session, "cleo", "4")
        store(session, "dora", "8")
        session.add(
            InstallationRow(
                customer_id="ben",
                meter_device_id="ben",
                service_point_id="p",
                start=START,
                end=START + timedelta(hours=3),
            )
        )

        ((column,),) = told(session)

    assert column[:4] == d("13", "1", "3", "1")
    assert column[-1] == Decimal(1)


def test_only_what_can_be_added_is_added(engine):
    """Peaks, shares, registers and periods of uneven length are left out; each kind has a sum of its own."""
    with committed(engine) as session:
        group(session, "ann", "ben")
        for meter in ("ann", "ben"):
            store(session, meter, "1")
            store(session, meter, "-2", name="back", value_format={**ENERGY, "direction": "reverse"})
            store(session, meter, "3", name="peak", value_key="ed", value_format=PEAK)
            store(session, meter, "0.4", name="mix", value_key="sm", value_format=WIND)
            store(session, meter, "5", name="register", value_key="r", value_format=REGISTER)
            store(session, meter, "6", name="plug", value_format={**ENERGY, "cdsc_device": "plug"})
        (period,) = sum_periods(session, series_of_group(session, "g", at=LATER))
        assert len(period.sums()) == 2
        columns = read_sums(session, period, period.sums(), newest=0, tells=None)

    assert {column.value_format["direction"]: column.parts[0][1].decimals() for column in columns} == {
        "forward": d("2"),
        "reverse": d("-4"),
    }


def test_intervals_of_different_lengths_are_segments_of_their_own(engine):
    """An hour is never added to a quarter of one."""
    with committed(engine) as session:
        group(session, "ann", "ben")
        store(session, "ann", "1")
        store(session, "ben", "2", "2", interval_seconds=900)
        periods = sum_periods(session, series_of_group(session, "g", at=LATER))

    assert [(each.grid.interval, each.count) for each in periods] == [(900, 2), (3600, 1)]
    assert len({each.segment_id("g") for each in periods}) == 2


def test_bounds_leave_whole_value_sets_only(engine):
    """Half past begins with the next hour and ends with the one before."""
    with committed(engine) as session:
        group(session, "ann")
        store(session, "ann", "1", "2", "3", "4")
        half = timedelta(minutes=30)

        assert told(session, start=START + half) == [[d("2", "3", "4")]]
        assert told(session, end=START + timedelta(hours=2) + half) == [[d("1", "2")]]
        assert told(session, start=START + half, end=START + timedelta(hours=1)) == []


def test_the_rule_is_asked_of_each_interval(engine):
    """How many Customers, the two largest parts, and the whole, whatever the signs."""
    asked = []

    def tells(customers, largest, second, total):
        asked.append((customers, largest, second, total))
        return customers > 1

    with committed(engine) as session:
        group(session, "ann", "ann/2", "ben")
        store(session, "ann", "1.0", "5.0")
        store(session, "ann/2", "1.0", "1.0")
        store(session, "ben", "-3.0")
        session.add(
            InstallationRow(customer_id="ben", meter_device_id="ben", service_point_id="p", start=START, end=NOW)
        )

        assert told(session, tells=tells) == [[d("-1.0", "")]]

    assert asked == [(2, 30, 20, 50), (1, 60, 0, 60)]


@given(rows=st.lists(st.tuples(*[st.integers(-999, 999)] * 2), min_size=1, max_size=6))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_rule_is_told_the_two_largest_parts_whoever_comes_first(engine, rows):
    """As whoever wants to work out one of them would."""
    asked, name = [], uuid4().hex
    with committed(engine) as session:
        meters = [f"{name}-{place}" for place in range(len(rows))]
        group(session, *meters, group_id=name)
        for meter, values in zip(meters, rows, strict=True):
            store(session, meter, *map(str, values))

        told(session, tells=lambda *facts: bool(asked.append(facts)), group_id=name)

    parts = [sorted(map(abs, column), reverse=True) for column in zip(*rows, strict=True)]
    assert asked == [(len(rows), each[0], [*each, 0][1], sum(each)) for each in parts]


def test_corrections_and_the_past_are_told_as_they_were_known(engine):
    """As of an instant before a correction the sum is what it was."""
    with committed(engine) as session:
        group(session, "ann", "ben")
        store(session, "ann", "1")
        store(session, "ben", "2")
        store(session, "ben", "5", at=LATER)

        assert told(session) == [[d("6")]]
        assert told(session, as_of=NOW) == [[d("3")]]


def test_a_sum_of_one_quality_has_it_and_else_is_worked_out(engine):
    """It says no more than is known of every part."""
    with committed(engine) as session:
        group(session, "ann", "ben")
        store(session, "ann", "1", qualities=Quality.VALID)
        store(session, "ben", "2", qualities=Quality.VALID)
        store(session, "ben", "2", name="cost", value_key="c", value_format=COST)
        store(session, "ann", "2", name="cost", value_key="c", value_format=COST, qualities=Quality.RAW)
        (period,) = sum_periods(session, series_of_group(session, "g", at=LATER))
        columns = read_sums(session, period, period.sums(), newest=0, tells=None)

    assert {column.value_format["type"]: column.quality for column in columns} == {
        "electric_usage": Quality.VALID,
        "cost": Quality.CALCULATED,
    }


@requirement("WG3-01-12.3-05")
def test_who_has_a_part_in_each_sum_is_known_before_a_value_is_read(engine):
    """So that sums which differ by few can be kept back."""
    with committed(engine) as session:
        group(session, "ann", "ann/2", "ben")
        store(session, "ann", "1")
        store(session, "ann/2", "1")
        store(session, "ben", "1", name="cost", value_key="c", value_format=COST)
        (period,) = sum_periods(session, series_of_group(session, "g", at=LATER))

    assert {key.value_key: customers for key, customers in columns_of(period)} == {
        "eu": frozenset({customer_key_of("ann")}),
        "c": frozenset({customer_key_of("ben")}),
    }
