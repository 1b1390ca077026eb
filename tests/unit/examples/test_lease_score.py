"""The lease example scores by arithmetic alone, and says a range where it cannot tell."""

from __future__ import annotations

import importlib
import sys
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

ZONE = ZoneInfo("America/New_York")
TODAY = date(2026, 6, 20)
FOLDER = str(Path(__file__).parents[3] / "examples" / "lease_score")


def _load(name: str) -> ModuleType:
    sys.path.insert(0, FOLDER)
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(FOLDER)


scoring, months = _load("scoring"), _load("months")

amounts = st.decimals(0, 5000, places=2)
parts = st.decimals(0, 1, places=3)
years = st.lists(st.builds(scoring.Month, st.just("a month"), amounts, parts), min_size=12, max_size=12)
declared = st.builds(
    scoring.Declared,
    st.none() | st.decimals(1, 20_000, places=2),
    st.none() | st.decimals(0, 10_000, places=2),
    st.none() | st.integers(1, 20),
)
costs = st.none() | st.decimals(-500, 5000, places=2)


@given(years, costs, declared)
def test_the_parts_are_the_score_and_lie_within_their_bounds(year, cost, said):
    made = scoring.score(year, cost, said)

    assert sum(part.most for part in made.parts) == 100
    assert all(0 <= part.low <= part.high <= part.most for part in made.parts)
    assert made.low == sum(part.low for part in made.parts)
    assert 0 <= made.low <= made.high <= 100
    assert made.told == all(part.told for part in made.parts)


@given(years, costs, declared, st.data())
def test_to_say_more_only_narrows_the_range(year, cost, said, data):
    """Nobody's score leaves the range that was told before they said more."""
    left_out = data.draw(st.sets(st.sampled_from(["income", "rent", "people"])))
    less = scoring.Declared(
        **{name: None if name in left_out else getattr(said, name) for name in ("income", "rent", "people")}
    )
    some = scoring.score(year, data.draw(st.sampled_from([cost, None])), less)
    whole = scoring.score(year, cost, said)

    assert some.low <= whole.low <= whole.high <= some.high


@given(years, st.decimals(0, 5000, places=2), st.decimals(0, 500, places=2), declared)
def test_energy_that_costs_more_never_brings_points(year, cost, more, said):
    assert scoring.score(year, cost + more, said).high <= scoring.score(year, cost, said).high


@given(years, costs, declared, st.decimals(0, 5000, places=2))
def test_to_earn_more_never_costs_points(year, cost, said, more):
    if said.income is None:
        return
    richer = scoring.Declared(said.income + more, said.rent, said.people)

    assert scoring.score(year, cost, richer).low >= scoring.score(year, cost, said).low


def test_a_score_is_worked_out_by_hand():
    """Energy 10 % of income: half of 35. With rent 45 %: half of 25. A steady year, as usual for two, all known."""
    year = [scoring.Month("a month", Decimal(225), Decimal(1))] * 12
    made = scoring.score(year, Decimal(300), scoring.Declared(Decimal(3000), Decimal(1050), 2))

    assert [part.low for part in made.parts] == [Decimal("17.5"), Decimal("12.5"), 15, 15, 10]
    assert (made.low, made.told) == (70, True)


def test_nothing_shared_is_a_range_and_no_zero():
    made = scoring.score([scoring.Month("a month", Decimal(0), Decimal(0))] * 12, None, scoring.Declared())

    assert (made.low, made.high) == (0, 90)
    assert made.parts[-1].value == "0.0 % of twelve months"


def _segment(start, hours, value, *, direction="forward", contract="c1", units="kWh", quality="actual"):
    kind = {"type": "electric_usage", "units": units, "direction": direction, "quality": quality}
    return {
        "segment_start": start.isoformat(),
        "interval": 3600,
        "formats": [kind],
        "values": [[None if value is None else {"eu": value}]] * hours,
        "related_servicecontracts": [contract],
    }


def test_what_a_device_behind_the_meter_measured_counts_for_nothing():
    may = datetime(2026, 5, 1, tzinfo=ZONE)
    counted, behind = _segment(may, 744, Decimal(1)), _segment(may, 744, Decimal(5))
    behind["formats"][0]["cdsc_device"] = "plug"

    told = months.monthly([counted, behind], TODAY, ZONE)

    assert told == months.monthly([counted], TODAY, ZONE)
    assert told != months.monthly([], TODAY, ZONE)


def test_months_are_local_whole_and_of_the_grid_only():
    """March has a day of 23 hours; what was sent to the grid, gaps and this month count for nothing."""
    march = datetime(2026, 3, 1, tzinfo=ZONE)
    year = months.monthly(
        [
            _segment(march, 743, Decimal(1)),
            _segment(march, 743, Decimal(-1), direction="reverse"),
            _segment(datetime(2026, 4, 1, tzinfo=ZONE), 360, Decimal(500), units="Wh", quality="estimated"),
            _segment(datetime(2026, 4, 16, tzinfo=ZONE), 360, None),
            _segment(datetime(2026, 6, 1, tzinfo=ZONE), 24, Decimal(9)),
        ],
        TODAY,
        ZONE,
    )
    known = {month.name: (month.kwh, month.known, month.estimated) for month in year if month.known}

    assert [year[0].name, year[-1].name] == ["June 2025", "May 2026"]
    assert known == {"March 2026": (743, 1, 0), "April 2026": (180, Decimal("0.5"), 1)}


def test_of_two_meters_the_sum_is_as_known_as_the_lesser():
    """One meter's year must not pass for a home's that has two."""
    april = datetime(2026, 4, 1, tzinfo=ZONE)
    year = months.monthly([_segment(april, 720, 1), _segment(april, 180, 1, contract="c2")], TODAY, ZONE)

    assert (year[-2].kwh, year[-2].known) == (900, Decimal("0.25"))


def test_a_mean_month_costs_what_all_bills_of_a_time_come_to():
    """Gas and electricity of the same days are added up, and the days counted once."""

    def bill(first, days, cost, currency="USD"):
        return {
            "start_date": first.isoformat(),
            "end_date": (first + timedelta(days=days - 1)).isoformat(),
            "currency": currency,
            "cost_details": [{"types": ["overall_total"], "cost": Decimal(cost)}],
        }

    start = date(2025, 6, 1)
    both = [bill(start, 365, "1200"), bill(start, 365, "600"), bill(start - timedelta(days=90), 30, "99", "CAD")]

    assert months.mean_cost(both) == (150, "USD")
    assert months.mean_cost([]) == (None, "")


@pytest.mark.parametrize("today", [date(2026, 1, 1), date(2026, 12, 31)])
def test_the_last_twelve_months_are_over(today):
    firsts = months.last_months(today)

    assert len(set(firsts)) == 12
    assert firsts[-1] < today.replace(day=1) <= firsts[-1] + timedelta(days=31)
