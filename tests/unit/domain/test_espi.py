"""ESPI's numbers become the words of CDS: units, directions, currencies, time zones; and readings fall onto grids."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdsc_server.domain.currencies import currency_code
from cdsc_server.domain.espi import Intervals, ReadingColumn
from cdsc_server.domain.espi_columns import Collected, Grid, cost_readings, usage_readings
from cdsc_server.domain.espi_formats import ReadingKind, Unknown, Unusable, cost_column, usage_column
from cdsc_server.domain.espi_time import DaylightRule, local_time, timezone_of
from cdsc_server.domain.readings import Quality
from tests.support.requirements import requirement

ELECTRIC, GAS, WATER = 1, 7, 9


def kind(commodity: int | None = ELECTRIC, uom: int | None = 72, **more: int | None) -> ReadingKind:
    return ReadingKind(commodity=commodity, service_kind=more.pop("service_kind", None), uom=uom, **more)


@requirement("WG3-01-10.8.5.1.1-03", "WG3-01-10.8.5.2.1-03", "WG3-01-10.8.5.4.1-03", "WG3-01-10.8.5.5.1-03")
@pytest.mark.parametrize(
    ("commodity", "uom", "multiplier", "form", "value"),
    [
        (ELECTRIC, 72, 0, ("electric_usage", "Wh"), "5"),
        (ELECTRIC, 72, 3, ("electric_usage", "kWh"), "5"),
        (ELECTRIC, 72, 6, ("electric_usage", "MWh"), "5"),
        (ELECTRIC, 72, 2, ("electric_usage", "Wh"), "500"),
        (ELECTRIC, 72, -3, ("electric_usage", "Wh"), "0.005"),
        (ELECTRIC, 38, 0, ("electric_demand", "W"), "5"),
        (ELECTRIC, 38, 3, ("electric_demand", "kW"), "5"),
        (2, 72, 0, ("electric_usage", "Wh"), "5"),
        (26, 72, 0, ("electric_usage", "Wh"), "5"),
        (GAS, 169, -2, ("natural_gas_usage", "therm"), "0.05"),
        (GAS, 132, 3, ("natural_gas_usage", "Btu"), "5000"),
        (GAS, 119, 0, ("natural_gas_usage", "scf"), "5"),
        (GAS, 119, 2, ("natural_gas_usage", "scf"), "500"),
        (GAS, 42, -3, ("natural_gas_usage", "Sm3"), "0.005"),
        (WATER, 42, -3, ("water_usage", "m3"), "0.005"),
        (WATER, 119, 0, ("water_usage", "ft3"), "5"),
        (WATER, 119, 2, ("water_usage", "CCF"), "5"),
        (WATER, 119, 3, ("water_usage", "MCF"), "5"),
        (WATER, 128, 0, ("water_usage", "gal"), "5"),
        (14, 134, 0, ("water_usage", "L"), "5"),
    ],
)
def test_units_and_powers_of_ten_keep_the_digits(commodity, uom, multiplier, form, value):
    column = usage_column(kind(commodity, uom, multiplier=multiplier))

    assert (column.value_format["type"], column.value_format["units"]) == form
    assert Decimal(column.counted(5)).scaleb(-column.scale) == Decimal(value)


@pytest.mark.parametrize(("flow", "direction"), [(1, "forward"), (4, "net"), (19, "reverse"), (0, None), (None, None)])
def test_the_direction_is_said_where_the_file_says_it(flow, direction):
    assert usage_column(kind(flow=flow)).value_format.get("direction") == direction


@requirement("WG3-01-10.8.5.1.2-02", "WG3-01-10.8.5.2.2-02")
@given(value=st.integers(-(2**47), 2**47), uom=st.sampled_from([72, 38]))
def test_what_flows_to_the_grid_is_never_positive(value, uom):
    assert usage_column(kind(uom=uom, flow=19)).counted(value) == -abs(value)
    assert usage_column(kind(uom=uom, flow=1)).counted(value) == value


def test_the_service_tells_the_commodity_when_the_type_does_not():
    assert usage_column(kind(None, 169, service_kind=1)).value_format["type"] == "natural_gas_usage"
    assert usage_column(kind(0, 42, service_kind=2)).value_format["type"] == "water_usage"


@pytest.mark.parametrize(
    "unusable",
    [kind(uom=29), kind(uom=63), kind(GAS, 166), kind(8, 128), kind(None, 72), kind(accumulation=3), kind(10, 31)],
)
def test_what_cds_has_no_word_for_is_told_from_nonsense(unusable):
    assert isinstance(usage_column(unusable), Unusable)
    assert isinstance(usage_column(kind(uom=9999)), Unknown)
    assert isinstance(usage_column(kind(uom=None)), Unknown)


def test_demand_and_tiers_are_named():
    peak = usage_column(kind(uom=38, qualifier=8))
    tiered = usage_column(kind(tier=2))

    assert (peak.value_format["demand_type"], tiered.value_format["tier"]) == ("peak", "tier_2")
    assert usage_column(kind(uom=38)).value_format["demand_type"] == "average"


@requirement("WG3-01-10.8.5.7.1-03", "WG3-01-10.8.5.7.1-04")
def test_costs_count_hundred_thousandths():
    column = cost_column("USD")

    assert column.value_format == {"type": "cost", "currency": "USD", "indexes": [0]}
    assert Decimal(column.counted(819)).scaleb(-column.scale) == Decimal("0.00819")


@pytest.mark.parametrize(("number", "code"), [(840, "USD"), (978, "EUR"), (36, "AUD"), (124, "CAD"), (0, None)])
def test_currencies_have_letters(number, code):
    assert currency_code(number) == code


def bits(rule: DaylightRule) -> int:
    hours, seconds = divmod(rule.seconds, 3600)
    return (
        rule.month << 28
        | rule.operator << 25
        | rule.day_of_month << 20
        | rule.day_of_week << 17
        | hours << 12
        | seconds
    )


@pytest.mark.parametrize(
    ("rule", "day"),
    [
        (0x360E2000, (2024, 3, 10, 2, 0)),
        (0xB40E2000, (2024, 11, 3, 2, 0)),
        (bits(DaylightRule(3, 4, 0, 5, 6300)), (2024, 3, 15, 1, 45)),
        (bits(DaylightRule(3, 7, 0, 7, 3600)), (2024, 3, 31, 1, 0)),
        (bits(DaylightRule(12, 7, 0, 7, 0)), (2024, 12, 29, 0, 0)),
        (bits(DaylightRule(4, 1, 8, 7, 7200)), (2024, 4, 14, 2, 0)),
        (bits(DaylightRule(6, 0, 15, 0, 0)), (2024, 6, 15, 0, 0)),
    ],
)
def test_daylight_rules_are_decoded(rule, day):
    assert DaylightRule.decoded(rule).on(2024) == datetime(*day)  # noqa: DTZ001
    assert bits(DaylightRule.decoded(rule)) == rule


@given(
    st.builds(
        DaylightRule,
        month=st.integers(1, 12),
        operator=st.integers(2, 5) | st.just(7),
        day_of_month=st.just(0),
        day_of_week=st.integers(1, 7),
        seconds=st.integers(0, 86399),
    ),
    st.integers(1990, 2060),
)
def test_a_rule_of_weekdays_gives_that_weekday_of_that_month(rule, year):
    day = DaylightRule.decoded(bits(rule)).on(year)

    assert (day.month, day.isoweekday()) == (rule.month, rule.day_of_week)
    week = (day.day - 1) // 7
    assert (day + timedelta(weeks=1)).month != day.month if rule.operator == 7 else week == rule.operator - 2


@pytest.mark.parametrize(
    ("parameters", "name"),
    [
        ((-18000, 3600, 0x360E2000, 0xB40E2000), "America/New_York"),
        ((-28800, 3600, 0x360E2000, 0xB40E2000), "America/Los_Angeles"),
        ((-12600, 3600, 0x360E2000, 0xB40E2000), "America/St_Johns"),
        ((3600, 3600, 0x3E0E2000, 0xAE0E3000), "Europe/Brussels"),
        ((36000, 3600, 0xA40E2000, 0x440E3000), "Australia/Sydney"),
        ((-25200,), "America/Phoenix"),
        ((-25200, 3600, 0xFFFFFFFF, 0xFFFFFFFF), "America/Phoenix"),
        ((19800,), "Asia/Kolkata"),
        ((20700,), "Asia/Kathmandu"),
        ((-28800,), "Etc/GMT+8"),
        ((7200, 3600, 0x360E2000, 0xB40E2000), "Etc/GMT-2"),
        ((0,), "Etc/UTC"),
    ],
)
def test_a_zone_that_keeps_the_rules_is_found(parameters, name):
    assert timezone_of(*parameters) == name
    assert datetime(2024, 1, 1, tzinfo=ZoneInfo(name)).utcoffset() in {
        timedelta(seconds=parameters[0]),
        timedelta(seconds=sum(parameters[:2])),
    }


@pytest.mark.parametrize("offsets", [(17 * 3600,), (-18000, 4 * 3600, 0x360E2000, 0xB40E2000)])
def test_an_offset_of_no_place_on_earth_is_refused(offsets):
    with pytest.raises(ValueError, match="out of range"):
        timezone_of(*offsets)


COLUMN = ReadingColumn({"type": "electric_usage", "units": "Wh"}, 0)
COST = cost_column("USD")


def collected(rows: list[tuple[int, int, int | None, int | None, Quality | None]]) -> Collected:
    found = Collected()
    found.add(Intervals("m", *([list(column) for column in zip(*rows, strict=True)] if rows else [[]] * 5)))
    return found


def test_days_of_23_24_and_25_hours_fall_onto_grids_of_their_own():
    midnights = [datetime(2024, 3, day, tzinfo=ZoneInfo("America/New_York")) for day in range(8, 14)]
    seconds = [int(each.timestamp()) for each in midnights]
    days = [(a, b - a, 1, None, None) for a, b in pairwise(seconds)]

    grids = collected(days).rows

    assert [(grid.interval // 3600, len(rows)) for grid, rows in grids.items()] == [(24, 2), (23, 1), (24, 2)]


def test_periods_longer_than_a_day_have_a_length_of_their_own():
    bills = [(0, 31 * 86400, 1, None, None), (31 * 86400, 28 * 86400, 2, None, None)]
    ((grid, rows),) = collected(bills).rows.items()

    assert grid == Grid(0, 0)
    assert [(each.interval, each.texts()) for each in usage_readings(grid, rows, COLUMN)] == [
        (31 * 86400, ["1"]),
        (28 * 86400, ["2"]),
    ]


def test_missing_intervals_become_gaps_and_a_long_silence_does_not():
    rows = [(n * 900, 900, n, None, None) for n in (0, 1, 3, 500)]
    ((grid, kept),) = collected(rows).rows.items()

    first, second = usage_readings(grid, kept, COLUMN)

    assert first.texts() == ["0", "1", "", "3"]
    assert (second.start, second.texts()) == (datetime(1970, 1, 6, 5, tzinfo=UTC), ["500"])


def test_rows_without_costs_have_no_cost_column():
    ((grid, kept),) = collected([(0, 900, 1, None, None)]).rows.items()

    assert cost_readings(grid, kept, COST) == []


@given(
    st.lists(
        st.tuples(
            st.integers(0, 3000),
            st.none() | st.integers(-(2**47), 2**47),
            st.none() | st.integers(-(2**47), 2**47),
            st.sampled_from([None, *Quality]),
        ),
        unique_by=lambda row: row[0],
        max_size=40,
    ),
    st.sampled_from([-3, 0, 2, 12]),
)
def test_every_reading_comes_out_of_its_grid_once(drawn, power):
    column = ReadingColumn(COLUMN.value_format, max(-power, 0), 10 ** max(power, 0))
    found: dict[int, tuple[str, Quality | None]] = {}
    for grid, rows in collected(
        [(slot * 900, 900, value, cost, mark) for slot, value, cost, mark in drawn]
    ).rows.items():
        for each in usage_readings(grid, rows, column):
            for n, (text, mark) in enumerate(zip(each.texts(), each.qualities(), strict=True)):
                if text:
                    slot = int(each.start.timestamp()) // 900 + n
                    assert slot not in found
                    found[slot] = (text, mark)

    expected = {s: (format(Decimal(v).scaleb(power), "f"), q) for s, v, _, q in drawn if v is not None}
    assert found == expected


@pytest.mark.parametrize(
    ("name", "start", "end"),
    [
        ("America/New_York", 0x360E2000, 0xB40E2000),
        ("Europe/Brussels", 0x3E0E2000, 0xAE0E3000),
        ("Europe/London", 0x3E0E1000, 0xAE0E2000),
        ("Australia/Sydney", 0xA40E2000, 0x440E3000),
        ("Asia/Tokyo", 0xFFFFFFFF, 0xFFFFFFFF),
    ],
)
def test_rules_of_summer_time_are_written_as_utilities_write_them(name, start, end):
    """Second Sunday of March in New York, last one in Brussels; none where clocks never change."""
    found = local_time(name, 2026)

    assert (found.dst_start, found.dst_end) == (start, end)
    assert timezone_of(found.tz_offset, found.dst_offset, start, end) == name


@pytest.mark.parametrize("name", ["America/Santiago", "Asia/Jerusalem", "Australia/Lord_Howe", "Pacific/Chatham"])
@pytest.mark.parametrize("year", [2024, 2025, 2026])
def test_rules_of_other_zones_lead_to_the_changes_of_their_year(name, year):
    """The first Sunday on or after the second of a month, half an hour, a quarter before three."""
    found, zone = local_time(name, year), ZoneInfo(name)
    changes = [
        (found.dst_start, found.tz_offset, found.dst_offset),
        (found.dst_end, found.tz_offset + found.dst_offset, 0),
    ]

    for rule, before, further in changes:
        instant = DaylightRule.decoded(rule).on(year).replace(tzinfo=timezone(timedelta(seconds=before)))
        offsets = [(instant + step).astimezone(zone).utcoffset() for step in (-timedelta(seconds=1), timedelta())]
        after = found.tz_offset + further
        assert offsets == [timedelta(seconds=before), timedelta(seconds=after)]
