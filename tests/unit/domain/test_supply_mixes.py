"""Supply mixes as they are handed in: what is wrong with one, and what of a sound one can be told."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdsc_server.domain.provisioned.supply_mixes import SUPPLY_MIX
from cdsc_server.domain.readings import Quality
from cdsc_server.domain.supply_mixes import mix_of
from tests.factories.supply_mixes import supply_mix
from tests.support import requirement

NOW = datetime(2026, 1, 1, tzinfo=UTC)
TYPES = ("wind", "solar", "hydro", "coal")


def faults(record):
    return [str(fault) for fault in SUPPLY_MIX.faults_of(record)]


@st.composite
def hourly_days(draw):
    """A day by the hour, each hour cut at random into shares of any number of digits that make exactly 1."""
    digits = draw(st.integers(0, 40))
    cut = st.lists(st.integers(0, 10**digits), min_size=len(TYPES) - 1, max_size=len(TYPES) - 1).map(sorted)
    hours = [[0, *draw(cut), 10**digits] for _ in range(24)]
    shares = {
        source: [f"{Decimal(f'{hour[number + 1] - hour[number]}e-{digits}'):f}" for hour in hours]
        for number, source in enumerate(TYPES)
    }
    return supply_mix(of=shares, start="2025-03-01", end="2025-03-02", interval=3600)


def told(record, start, end):
    """Bounds and columns of what can be told of [start, end), counted in seconds from the first of the mix."""
    mix = mix_of(record, created=NOW, modified=NOW)
    part = mix.within(mix.start + start, mix.start + end)
    series = [(source, {"supply_type": source}) for source in mix.sources]
    return (
        None
        if part is None
        else (part[0] - mix.start, part[1] - mix.start, mix.columns(record["sources"], series, *part))
    )


@requirement("WG3-01-10.8.5.3.2-01", "WG3-01-10.8.5.3.2-04")
@given(record=hourly_days(), low=st.integers(-9999, 99_999), span=st.integers(1, 99_999))
def test_what_is_open_has_shares_that_make_one_and_lie_within(record, low, span):
    """Nothing outside of what is open is told, and what is told keeps every digit."""
    hours = [hour for hour in range(24) if low <= hour * 3600 and (hour + 1) * 3600 <= low + span]

    found = told(record, low, low + span)

    assert faults(record) == []
    if not hours:
        assert found is None
    else:
        *bounds, columns = found
        assert bounds == [hours[0] * 3600, hours[-1] * 3600 + 3600]
        shares = [[str(each) for each in source["shares"][hours[0] : hours[-1] + 1]] for source in record["sources"]]
        assert [[f"{each:f}" for each in column.parts[0][1].decimals()] for column in columns] == [
            [f"{Decimal(each):f}" for each in of_source] for of_source in shares
        ]


@given(record=hourly_days(), hour=st.integers(0, 23), digit=st.integers(1, 60))
def test_shares_that_make_a_hair_more_than_one_are_refused(record, hour, digit):
    """However many digits they have: a sum that was rounded would let it pass."""
    shares = record["sources"][0]["shares"]
    with localcontext(prec=120):
        shares[hour] = Decimal(shares[hour]) + Decimal(f"1e-{digit}")

    assert len(faults(record)) == 1


@pytest.mark.parametrize(
    ("members", "refused"),
    [
        (
            {"of": {"wind": "0.7", "coal": "0.2"}},
            "sources must have shares that make exactly 1: those numbered 0 make 0.9",
        ),
        ({"of": {"wind": "1.5", "coal": "-0.5"}}, "sources[0].shares[0] must be from 0 to 1"),
        ({"of": {"wind": ["0.5", "0.5"]}}, "sources[0].shares must be 1"),
        ({"of": {"carbonfree": "0.6", "wind": "0.4"}}, "sources[0].supply_type carbonfree stands for wind, too"),
        ({"external_tariff_id": None}, "external_tariff_id is missing"),
        ({"attribution": "base"}, "external_tariff_id must be left out"),
        ({"grid_region": "N"}, "grid_region must be left out"),
        ({"end": "2025-01-01"}, "end must be after start"),
        ({"start": "0001-01-01", "timezone": "Europe/Brussels"}, "start must be 2000-01-01 or later"),
        ({"sources": []}, "sources must not be empty"),
        ({"interval": 7000}, "interval must divide the time"),
        ({"interval": 3600}, "interval must not be there more than 2980 times"),
    ],
)
def test_what_members_say_wrongly_of_each_other_is_refused(members, refused):
    found = faults(supply_mix(**members))

    assert found[0].startswith(refused), found


def test_a_share_of_a_whole_period_is_an_estimate_for_a_part_of_it():
    """A year that was 70 % wind says nothing certain of its March."""
    year = 365 * 86_400
    _, _, whole = told(supply_mix(), -5, year + 5)
    start, end, part = told(supply_mix(), 86_400, 2 * 86_400)

    assert [column.quality for column in (*whole, *part)] == [None, None, Quality.ESTIMATED, Quality.ESTIMATED]
    assert (start, end, part[0].parts[0][1].interval) == (86_400, 172_800, 86_400)
    assert [column.parts[0][1].texts() for column in part] == [["0.70"], ["0.3"]]


def test_a_carbon_intensity_is_that_of_every_interval():
    record = supply_mix(of={"coal": ["1"] * 24}, start="2025-03-01", end="2025-03-02", interval=3600)
    record["sources"][0]["carbon_intensity"] = Decimal("820.50")

    *_, (column,) = told(record, 0, 3 * 3600)

    assert [(key, readings.texts()) for key, readings in column.parts] == [("sm", ["1"] * 3), ("ci", ["820.50"] * 3)]


def test_an_hour_that_comes_twice_has_a_share_each_time():
    """A day of 25 hours is 25 intervals; 24 are refused."""
    day = {"timezone": "Europe/Brussels", "start": "2025-10-26", "end": "2025-10-27", "interval": 3600}

    assert faults(supply_mix(of={"wind": ["1"] * 25}, **day)) == []
    assert faults(supply_mix(of={"wind": ["1"] * 24}, **day)) != []
